"""Chart parts in the course's manner, for ``board.axes(...)`` or any matplotlib axes.

Lines are named at their end, never in a legend. Intervals are pale bars or bands without caps. A control is grey,
dashed and hollow; chance is dotted; a paper's number is a hollow diamond.
"""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.patheffects as effects
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from course_utils.show.palette import NEUTRAL, role as role_of

_DASHES = (0, (3.2, 2.2))
_HALO = [effects.withStroke(linewidth=3, foreground="white")]


def series(
    ax: Axes, x, y, lo=None, hi=None, *, role: str = "fusion", label: str = "", gloss: str = "", band: bool = False, variant: int = 0
) -> None:
    """One line, its interval, and its name at the end.

    Parameters
    ----------
    x, y : float[n]. lo, hi : float[n], the interval, drawn as bars at the points, or as a ``band``.
    label, gloss : the name, and in grey what it means ("blind" / "question only").
    variant : 0 the hero, main colour; 1 a second model of the same role, deep colour; 2 context, thin grey.
    """
    x, y, shades, control = np.asarray(x), np.asarray(y), role_of(role), role == "control"
    color = (shades["main"], shades["deep"], NEUTRAL["mute"])[variant]
    if lo is not None and band:
        ax.fill_between(x, lo, hi, color=color, alpha=0.16, lw=0, zorder=2)
    elif lo is not None:
        ax.vlines(x, lo, hi, color=color, lw=5, alpha=0.33, zorder=3)
    ax.plot(x, y, color=color, lw=1.4 if control or variant == 2 else 2.2, ls=_DASHES if control else "-", zorder=3)
    points = slice(-1, None) if band or len(x) > 12 else slice(None)
    ax.plot(x[points], y[points], "o", ms=7, mfc="white" if control else color, mec=color, mew=1.6, zorder=4, clip_on=False)
    end_label(ax, (x[-1], y[-1]), label, gloss, color=NEUTRAL["ink2"] if variant == 2 else shades["deep"])


def note(ax: Axes, text: str, at: tuple[float, float], shift: tuple[float, float], **style) -> None:
    """Small grey words ``shift`` pt away from the point ``at``. ``style``: other arguments of matplotlib's ``annotate``."""
    grey = {"va": "center", "color": NEUTRAL["ink2"], "fontsize": 8.5, "annotation_clip": False}
    ax.annotate(text, at, shift, textcoords="offset points", **(grey | style))


def end_label(ax: Axes, at: tuple[float, float], label: str, gloss: str = "", *, color: str) -> None:
    """A name, bold, right of the point ``at``; under it in grey what it means."""
    if label:
        note(ax, label, at, (11, 6 if gloss else 0), color=color, weight="bold", fontsize=9.5)
    if gloss:
        note(ax, gloss, at, (11, -6))


def chance(ax: Axes, at: float, text: str = "chance", *, side: str = "right", above: bool = False, vertical: bool = False) -> None:
    """The dotted line of a guesser, labelled under (or ``above``) its end: horizontal at y, or ``vertical`` at x."""
    style = {"color": NEUTRAL["mute"], "lw": 1.1, "ls": (0, (1, 2.2)), "zorder": 1}
    if vertical:
        ax.axvline(at, **style)
        note(ax, text, (at, 1), (0, 3), xycoords=("data", "axes fraction"), va="bottom", ha="center")
        return
    right = side == "right"
    ax.axhline(at, **style)
    place = {"va": "bottom" if above else "top", "ha": side}
    note(ax, text, (1 if right else 0, at), (-2 if right else 2, 3 if above else -3), xycoords=("axes fraction", "data"), **place)


def percent_axis(ax: Axes, axis: str, label: str = "", *, end: float = 100) -> None:
    """Makes ``axis`` ("x" or "y") one of percent, from 0 to ``end``, with a tick at every quarter of 100."""
    ax.set(**{f"{axis}lim": (0, end), f"{axis}ticks": (0, 25, 50, 75, 100), f"{axis}label": label})


def paper(ax: Axes, x: float, y: float) -> None:
    """A paper's own number on our axis, where unit and chance level are the same: a hollow diamond."""
    ax.plot(x, y, "D", ms=6.5, mfc="white", mec=NEUTRAL["ink"], mew=1.5, zorder=5, clip_on=False)


def live(ax: Axes, x: float, y: float) -> None:
    """A run of this notebook: a hollow square."""
    ax.plot(x, y, "s", ms=6, mfc="none", mec=NEUTRAL["ink"], mew=1.2, zorder=6, clip_on=False)


def guess(ax: Axes, x: float, y: float, *, marker: str = "^") -> None:
    """What the reader expects: a black triangle that points at its row ("^") or line ("<")."""
    ax.plot(x, y, marker, ms=8, mfc=NEUTRAL["ink"], mec="white", zorder=6, clip_on=False)


def dot(
    ax: Axes,
    x: float,
    y: float,
    low: float | None = None,
    high: float | None = None,
    *,
    role: str = "fusion",
    text: str = "",
    ha: str = "left",
    marker: str = "o",
) -> None:
    """One value in a row: a dot, its pale interval, and ``text`` at its right, or with ``ha="right"`` at its left.

    A control is hollow and grey.
    """
    shades, control = role_of(role), role == "control"
    if low is not None:
        ax.hlines(y, low, high, color=shades["main"], lw=7, alpha=0.33, zorder=3)
    face = "white" if control else shades["main"]
    ax.plot(x, y, marker, ms=7, mfc=face, mec=shades["main"], mew=1.6, zorder=3.5 if control else 4, clip_on=False)
    if text:
        bold = {"va": "baseline", "ha": ha, "weight": "bold", "color": shades["deep"], "fontsize": 9.5}
        note(ax, text, (x, y), (6 if ha == "left" else -6, 6), path_effects=_HALO, zorder=5, **bold)


def dots(
    ax: Axes,
    names: Sequence[str],
    values,
    lo=None,
    hi=None,
    *,
    roles: Sequence[str] | str = "fusion",
    glosses: Sequence[str] = (),
    papers=None,
    fmt: str = "{:.0f}",
    places: Sequence[float] = (),
) -> None:
    """Conditions as rows, each a dot on its own hairline with a pale interval and its number beside it.

    The first name stands at the top; a value of NaN leaves its row empty. A control is hollow and grey. ``papers``
    (float or None for each row) adds hollow diamonds: only where the paper's unit and chance level are ours.
    ``places`` : the height of each row, if they do not stand one apart. Set the x limits before or after.

    Raises ValueError if the lists differ in length.
    """
    n = len(names)
    roles = [roles] * n if isinstance(roles, str) else list(roles)
    if not all(len(part) == n for part in (values, roles, *(p for p in (lo, hi, papers) if p is not None))):
        raise ValueError(f"dots draws {n} rows, so it needs {n} values, roles, intervals and papers.")
    places = places or range(n)
    for row, (y, value) in enumerate(zip(places, values)):
        if np.isnan(value):
            continue
        interval = () if lo is None else (lo[row], hi[row])
        dot(ax, value, y, *interval, role=roles[row], text=fmt.format(value))
        if papers is not None and papers[row] is not None:
            paper(ax, papers[row], y)
    _rows(ax, names, places)
    for y, gloss in zip(places, glosses):
        note(ax, gloss, (0, y), (-6, -12), xycoords=("axes fraction", "data"), ha="right")
    ax.spines["bottom"].set_visible(False)


def dumbbells(
    ax: Axes,
    names: Sequence[str],
    columns: Sequence[Sequence],
    roles: Sequence[str],
    *,
    label: str = "",
    markers: Sequence[str] = (),
    fmt: str = "",
) -> None:
    """Rows of several values joined by a hairline, on an axis of percent with its ``label``.

    Parameters
    ----------
    columns : for each role its values, float[rows]; or (values, low, high), to draw intervals.
    markers : for each role, if they are not all dots.
    fmt : how a number is written; then the two outermost of each row stand at their sides.
    """
    columns = [np.atleast_2d(column) for column in columns]
    for y in range(len(names)):
        values = [column[0, y] for column in columns]
        order = np.argsort(values, kind="stable")
        ends = {order[0]: "right", order[-1]: "left"} if fmt else {}
        ax.plot([min(values), max(values)], [y, y], color=NEUTRAL["rule"], lw=1.4, zorder=1)
        for k, (column, role) in enumerate(zip(columns, roles)):
            text = {"text": fmt.format(values[k]), "ha": ends[k]} if k in ends else {}
            dot(ax, *(column[:1, y]), y, *column[1:, y], role=role, marker=markers[k] if markers else "o", **text)
    _rows(ax, names, range(len(names)))
    percent_axis(ax, "x", label)


def _rows(ax: Axes, names: Sequence[str], places: Sequence[float]) -> None:
    """Names of rows at the left, the first at the top, each on a hairline."""
    ax.set(ylim=(places[-1] + 0.5, places[0] - 0.5), yticks=places, yticklabels=names)
    ax.tick_params(axis="y", labelcolor=NEUTRAL["ink"], labelsize=9.5)
    ax.grid(axis="x", visible=False)
    ax.grid(axis="y", visible=True)


def running_mean(loss) -> np.ndarray:
    """A curve without most of its noise, float[n]: each value with a fortieth of the curve on either side."""
    y = np.asarray(loss, float)
    window = max(1, len(y) // 40)
    return np.array([np.mean(y[max(0, i - window) : i + window + 1]) for i in range(len(y))])


def loss_curve(
    ax: Axes, loss, *, every: int = 1, role: str = "fusion", label: str = "", floor: float | None = None, floor_text: str = "guessing"
) -> None:
    """A training loss: the raw values pale, a running mean on top, the last value as a number at the end.

    ``loss`` is float[steps], one value for every ``every`` steps; ``floor`` is the loss of a guesser, dotted.
    """
    y = np.asarray(loss, float)
    x = (np.arange(len(y)) + 1) * every
    shades, smooth = role_of(role), running_mean(y)
    if len(y) > 20:
        ax.plot(x, y, color=shades["main"], lw=0.8, alpha=0.3, zorder=2)
    series(ax, x, smooth, role=role, label=label or f"{smooth[-1]:.2f}", gloss=f"{smooth[-1]:.2f}" if label else "", band=True)
    if floor is not None:
        chance(ax, floor, floor_text, above=True)
    ax.set(xlabel="steps", xlim=(0, x[-1]))
    ax.set_ylim(min(0, 1.08 * np.nanmin(y)), max(1.08 * np.nanmax(y), 1.18 * (floor or 0)))
    ax.yaxis.set_major_locator(MaxNLocator(4))
