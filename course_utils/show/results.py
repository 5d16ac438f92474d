"""Measured results as every notebook draws them: recorded means with intervals, this notebook's runs as hollow squares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from course_utils.show import charts
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, role as role_of


def arms(
    title: str, recorded: Mapping, live: Mapping[str, float], *, controls: Sequence[str] = (),
    measure: str = "Right answers on new balanced questions", axis: str = "right answers, %", chance: float | None = None,
    top: float = 1.0,
) -> Board:  # fmt: skip
    """Named models as rows: recorded means with intervals, this notebook's runs as squares, controls hollow.

    Parameters
    ----------
    recorded : name → Estimate of a share. live : name → share.
    measure : what is counted, on what, in a few words; ``axis`` the same for the axis.
    chance : the share of a guesser, dotted. ``top`` : where the axis ends, as a share.
    """
    names = list(recorded)
    seeds = sorted({e.seeds for e in recorded.values()})
    b = Board(
        800, 140 + 36 * len(names), title,
        f"{measure}. Mean of {' to '.join(map(str, sorted({seeds[0], seeds[-1]})))} recorded runs, with 95% intervals.",
        alt=f"Dot chart. {measure}: " + ", ".join(f"{name} {recorded[name].mean:.0%}" for name in names) + ".", words=90,
    )  # fmt: skip
    ax = b.axes(268, 76, 460, 36 * len(names))
    mean, low, high = ([100 * getattr(recorded[name], part) for name in names] for part in ("mean", "low", "high"))
    roles = ["control" if name in controls else "fusion" for name in names]
    charts.dots(ax, names, mean, low, high, roles=roles, fmt="{:.0f}%")
    for y, name in enumerate(names):
        if name in live:
            charts.live(ax, 100 * live[name], y)
    ax.set(xlim=(0, 100 * top), xticks=[25 * top * k for k in range(5)], xlabel=axis)
    if chance is not None:
        charts.chance(ax, 100 * chance, vertical=True)
    if live:
        b.text(776, 122 + 36 * len(names), "□ this notebook's run", 8.5, NEUTRAL["ink2"], ha="right")
    return b


def names(b: Board, ax: Axes, ends: Sequence[tuple[float, str, str, str]], *, left: float, gap: float = 30) -> None:
    """Names of lines at the right, at the height of their ends but never on top of each other.

    ``ends``: for each line its last value, its name, in grey what it means, and its role. ``left``: pixels.
    """
    box, (low, high) = ax.get_position(), ax.get_ylim()
    top, height = b.h * (1 - box.y1), b.h * box.height
    wanted = sorted((top + height * (high - value) / (high - low), name, gloss, role) for value, name, gloss, role in ends)
    places: list[float] = []
    for y, *_ in wanted:
        places.append(max(y, places[-1] + gap) if places else y)
    over = max(0.0, places[-1] - (top + height))
    for place, (_, name, gloss, role) in zip(places, wanted):
        b.text(left, place - over - 7, name, 9.5, role_of(role)["deep"], weight="bold")
        b.text(left, place - over + 7, gloss, 8.5, NEUTRAL["ink2"])
