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


def end_label(ax: Axes, at: tuple[float, float], label: str, gloss: str = "", *, color: str) -> None:
    """A name, bold, right of the point ``at``; under it in grey what it means."""
    if label:
        ax.annotate(
            label,
            at,
            (11, 6 if gloss else 0),
            textcoords="offset points",
            va="center",
            color=color,
            weight="bold",
            annotation_clip=False,
            fontsize=9.5,
        )
    if gloss:
        ax.annotate(
            gloss, at, (11, -6), textcoords="offset points", va="center", color=NEUTRAL["ink2"], annotation_clip=False, fontsize=8.5
        )


def chance(ax: Axes, at: float, text: str = "chance", *, side: str = "right", above: bool = False, vertical: bool = False) -> None:
    """The dotted line of a guesser, labelled under (or ``above``) its end: horizontal at y, or ``vertical`` at x."""
    style = {"color": NEUTRAL["mute"], "lw": 1.1, "ls": (0, (1, 2.2)), "zorder": 1}
    if vertical:
        ax.axvline(at, **style)
        ax.annotate(
            text,
            (at, 1),
            (0, 3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            fontsize=8.5,
            color=NEUTRAL["ink2"],
            va="bottom",
            ha="center",
            annotation_clip=False,
        )
        return
    right = side == "right"
    ax.axhline(at, **style)
    ax.annotate(
        text,
        (1 if right else 0, at),
        (-2 if right else 2, 3 if above else -3),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        fontsize=8.5,
        color=NEUTRAL["ink2"],
        va="bottom" if above else "top",
        ha="right" if right else "left",
    )


def paper(ax: Axes, x: float, y: float) -> None:
    """A paper's own number on our axis, where unit and chance level are the same: a hollow diamond."""
    ax.plot(x, y, "D", ms=6.5, mfc="white", mec=NEUTRAL["ink"], mew=1.5, zorder=5, clip_on=False)


def live(ax: Axes, x: float, y: float) -> None:
    """A run of this notebook: a hollow square."""
    ax.plot(x, y, "s", ms=6, mfc="none", mec=NEUTRAL["ink"], mew=1.2, zorder=6, clip_on=False)


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
) -> None:
    """Conditions as rows, each a dot on its own hairline with a pale interval and its number beside it.

    The first name stands at the top; a value of NaN leaves its row empty. A control is hollow and grey. ``papers``
    (float or None for each row) adds hollow diamonds: only where the paper's unit and chance level are ours. Set the
    x limits before or after.

    Raises
    ------
    ValueError
        If the lists differ in length.
    """
    n = len(names)
    roles = [roles] * n if isinstance(roles, str) else list(roles)
    if not all(len(part) == n for part in (values, roles, *(p for p in (lo, hi, papers) if p is not None))):
        raise ValueError(f"dots draws {n} rows, so it needs {n} values, roles, intervals and papers.")
    for row, (value, name) in enumerate(zip(values, roles)):
        if np.isnan(value):
            continue
        shades, control = role_of(name), name == "control"
        if lo is not None:
            ax.hlines(row, lo[row], hi[row], color=shades["main"], lw=7, alpha=0.33, zorder=3)
        ax.plot(value, row, "o", ms=7, mfc="white" if control else shades["main"], mec=shades["main"], mew=1.6, zorder=4, clip_on=False)
        ax.annotate(
            fmt.format(value),
            (value, row),
            (6, 6),
            textcoords="offset points",
            weight="bold",
            color=shades["deep"],
            path_effects=_HALO,
            annotation_clip=False,
            zorder=5,
        )
        if papers is not None and papers[row] is not None:
            paper(ax, papers[row], row)
    ax.set(ylim=(n - 0.5, -0.5), yticks=range(n), yticklabels=names)
    for tick, gloss in zip(ax.get_yticks(), glosses):
        ax.annotate(
            gloss,
            (0, tick),
            (-6, -12),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            fontsize=8.5,
            color=NEUTRAL["ink2"],
            va="center",
            ha="right",
            annotation_clip=False,
        )
    ax.tick_params(axis="y", labelcolor=NEUTRAL["ink"], labelsize=9.5)
    ax.grid(axis="x", visible=False)
    ax.grid(axis="y", visible=True)
    ax.spines["bottom"].set_visible(False)


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
