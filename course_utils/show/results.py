"""Measured results as every notebook draws them: recorded means with intervals, this notebook's runs, the reader's guess."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from course_utils.errors import BadInput
from course_utils.show import charts
from course_utils.show.board import Board
from course_utils.show.marks import text_width
from course_utils.show.palette import NEUTRAL, role as role_of


def check_guess(guess: float | None) -> None:
    """Refuses a guess that is neither ``None`` nor percent.

    Raises BadInput if the guess is no number from 0 to 100, or a share where percent are meant.
    """
    if guess is not None and (not isinstance(guess, (int, float)) or not 0 <= guess <= 100 or 0 < guess < 1):
        raise BadInput(f"Your guess is {guess!r}; write percent, a number from 0 to 100, such as 35.")


def percent(estimates: Collection) -> tuple[list[float], list[float], list[float]]:
    """Means, lower and upper ends of estimates of shares, in percent and within 0 to 100; NaN where one is ``None``."""
    return tuple(
        [np.nan if e is None else 100 * float(np.clip(getattr(e, part), 0, 1)) for e in estimates] for part in ("mean", "low", "high")
    )


def key(b: Board, y: float, live: bool, *guesses: float | None, marker: str = "▲", of: str = "") -> None:
    """What a hollow square is, if there are ``live`` runs, and what the reader's guesses are, if any: at the right, y px down.

    A guess ``of`` one row names that row, and stands at the left.
    """
    given = " and ".join(f"{guess:g}%" for guess in guesses if guess is not None)
    runs, mine = ["□ this notebook's run"] * bool(live), [f"{marker} your guess{of and f' for “{of}”'}, {given}"] * bool(given)
    left, right = (mine, runs) if of else ([], runs + mine)
    for x, side, words in ((Board.PAD, "left", left), (776, "right", right)):
        if words:
            b.text(x, y, "     ".join(words), 8.5, NEUTRAL["ink2"], ha=side)


def legend(b: Board, x: float, y: float, items: Sequence[tuple[str, ...]], *, size: float = 9, weight: str = "bold") -> None:
    """What the marks of a chart stand for, in a row from (x, y): of each its sign, words, and role, or the colours of both."""
    for sign, words, *colours in items:
        first, last = colours if len(colours) == 2 else [role_of(colours[0])["deep"]] * 2
        b.text(x, y, sign, size, first)
        b.text(x + 15, y, words, size, last, weight=weight)
        x += 32 + text_width(words, size, bold=weight == "bold")


def runs(estimates: Collection, spread: str = ", 95% intervals") -> str:
    """How many recorded runs stand behind means, and how their ``spread`` is drawn: one run has none."""
    counts = sorted({e.seeds for e in estimates})
    return "One recorded run" if counts == [1] else f"Mean of {' to '.join(map(str, counts[:1] + counts[1:][-1:]))} recorded runs{spread}"


def dumbbells(
    title: str,
    subtitle: str,
    rows: Sequence[tuple],
    names: tuple[str, str],
    *,
    left: float = 232,
    high: float = 40,
    label: str = "right, %",
    glosses: Sequence[str] = (),
    levels: Sequence[float] = (),
    of: str = "",
) -> Board:
    """Rows of a label and two Estimates of shares, the first hollow and grey.

    Parameters
    ----------
    names : of the two. left : where the axis begins, px; further right if numbers are near 0. high : of a row, px. label : of the axis.
    glosses : what rows mean, in grey below their labels. levels : a guesser's share in the first rows.
    of : how many runs there are, where it is not said of the first row.
    """
    labels, *columns = zip(*rows)
    b = Board(
        800,
        156 + high * len(rows),
        title,
        f"{subtitle} {of or runs(columns[0][:1])}.",
        alt=f"Dot chart, {names[0]} against {names[1]}. " + "; ".join(f"{row}: {a.mean:.0%}, {z.mean:.0%}" for row, a, z in rows) + ".",
        words=100,
    )
    roles, pad = ("control", "fusion"), 6  # pt
    if min(e.mean for column in columns for e in column) < 0.1:
        left, pad = left + 26, 26  # numbers near 0 stand left of the axis
    ax = b.axes(left, 96, 716 - left, high * len(rows))
    charts.dumbbells(ax, labels, list(map(percent, columns)), roles, label=label, fmt="{:.0f}%")
    ax.tick_params(axis="y", pad=pad)
    for y, gloss in enumerate(glosses):
        charts.note(ax, gloss, (0, y), (-pad, -12), xycoords=("axes fraction", "data"), ha="right")
    for y, level in enumerate(levels):
        ax.vlines(100 * level, y + 0.06, y + 0.34, color=NEUTRAL["ink2"], lw=1.4, ls=(0, (1, 1.2)), zorder=5)
    legend(b, left, 78, [*zip("○●", names, roles), *[("┊", "guessing evenly", "control")] * bool(levels)])
    return b


def arms(
    title: str,
    recorded: Mapping,
    live: Mapping[str, float],
    *,
    controls: Sequence[str] = (),
    each: Mapping[str, Sequence[float]] | None = None,
    measure: str = "Right answers on new balanced questions",
    axis: str = "right answers, %",
    chance: float | None = None,
    top: float = 1.0,
    guess: tuple[str, float | None] = ("", None),
) -> Board:
    """Named models as rows: recorded means with intervals, this notebook's runs as squares, controls hollow.

    Parameters
    ----------
    recorded : name → Estimate of a share. live : name → share.
    each : name → the share of every recorded run. They are drawn, small, instead of the intervals: the better choice where
        runs fall into two heaps.
    measure : what is counted, on what, in a few words; ``axis`` the same for the axis.
    chance : the share of a guesser, dotted. ``top`` : where the axis ends, as a share.
    guess : the reader's, of which model, in percent; None is not drawn.

    Raises BadInput if the guess is no number from 0 to 100.
    """
    check_guess(guess[1])
    names = list(recorded)
    height, begin = 36 * len(names), 76 if chance is None else 88  # the word "chance" stands above the rows
    spread = "; small dots: the runs" if each else ", with 95% intervals"
    b = Board(
        800,
        begin + 64 + height,
        title,
        f"{measure}. {runs(recorded.values(), spread)}.",
        alt=f"Dot chart. {measure}: " + ", ".join(f"{name} {recorded[name].mean:.0%}" for name in names) + ".",
        words=90,
    )
    ax = b.axes(268, begin, 460, height)
    mean, low, high = percent(recorded.values())
    roles = ["control" if name in controls else "fusion" for name in names]
    charts.dots(ax, names, mean, None if each else low, None if each else high, roles=roles, fmt="{:.0f}%")
    for y, (name, role) in enumerate(zip(names, roles)):
        if each:
            small = {"ms": 4, "mfc": role_of(role)["main"], "mec": "none", "alpha": 0.45, "zorder": 3, "clip_on": False}
            ax.plot(100 * np.array(each[name]), [y] * len(each[name]), "o", **small)
        if name in live:
            charts.live(ax, 100 * live[name], y)
        if name == guess[0] and guess[1] is not None:
            charts.guess(ax, guess[1], y + 0.33)
    ax.set(xlim=(0, 100 * top), xticks=[25 * top * k for k in range(5)], xlabel=axis)
    if chance is not None:
        charts.chance(ax, 100 * chance, vertical=True)
    key(b, begin + 46 + height, bool(live), guess[1], of=guess[0])
    return b


def lines(
    b: Board,
    ax: Axes,
    x: Sequence[float],
    found: Mapping,
    styles: Mapping[str, tuple[str, str, str, int]],
    live: Mapping[str, Mapping[float, float]],
    *,
    left: float = 592,
    gap: float = 30,
    shift: float = 0.0,
) -> None:
    """Recorded means as lines with intervals and names at their ends, this notebook's runs as squares. Set the y limits before.

    Parameters
    ----------
    found : arm → Estimates of shares, one for each of ``x``. live : arm → {x: share}.
    styles : arm → its name, in grey what it means, role, and variant of :func:`charts.series`.
    left : where the names begin, px; ``gap`` : between two of them at least, px.
    shift : how far along x the lines stand apart, so that intervals do not cover each other.
    """
    ends, roles = [], [styles[arm][2] for arm in found]
    for k, (arm, estimates) in enumerate(found.items()):
        name, gloss, role, variant = styles[arm]
        aside = shift * (k - (len(found) - 1) / 2)
        mean, low, high = percent(estimates)
        charts.series(ax, np.asarray(x) + aside, mean, low, high, role=role, variant=variant)
        for place, share in live.get(arm, {}).items():
            charts.live(ax, place + aside, 100 * share)
        shared = roles.count(role) > 1  # then the name has its line's own shade
        ends.append((mean[-1], name, gloss, role_of(role)["main" if shared and variant == 0 else "deep"]))
    _names(b, ax, ends, left, gap)


def _names(b: Board, ax: Axes, ends: Sequence[tuple[float, str, str, str]], left: float, gap: float) -> None:
    """Names of lines at the right, at the height of their ends but never on top of each other.

    ``ends``: for each line its last value, its name, in grey what it means, and its name's colour. ``left``: pixels.
    """
    box, (low, high) = ax.get_position(), ax.get_ylim()
    top, height = b.h * (1 - box.y1), b.h * box.height
    wanted = sorted((top + height * (high - value) / (high - low), name, gloss, colour) for value, name, gloss, colour in ends)
    places: list[float] = []
    for y, *_ in wanted:
        places.append(max(y, places[-1] + gap) if places else y)
    places[-1] = min(places[-1], top + height)
    for k in range(len(places) - 2, -1, -1):
        places[k] = min(places[k], places[k + 1] - gap)
    for place, (_, name, gloss, colour) in zip(places, wanted):
        b.text(left, place - 7, name, 9.5, colour, weight="bold")
        b.text(left, place + 7, gloss, 8.5, NEUTRAL["ink2"])
