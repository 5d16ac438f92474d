"""Measured results as every notebook draws them: recorded means with intervals, this notebook's runs as hollow squares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from course_utils.show import charts
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, role as role_of


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
) -> Board:
    """Named models as rows: recorded means with intervals, this notebook's runs as squares, controls hollow.

    Parameters
    ----------
    recorded : name → Estimate of a share. live : name → share.
    each : name → the share of every recorded run. They are drawn, small, instead of the intervals: the better choice where
        runs fall into two heaps.
    measure : what is counted, on what, in a few words; ``axis`` the same for the axis.
    chance : the share of a guesser, dotted. ``top`` : where the axis ends, as a share.
    """
    names = list(recorded)
    seeds = sorted({e.seeds for e in recorded.values()})
    height, begin = 36 * len(names), 76 if chance is None else 88  # the word "chance" stands above the rows
    spread = "; small dots: the runs" if each else ", with 95% intervals"
    b = Board(
        800,
        begin + 64 + height,
        title,
        f"{measure}. Mean of {' to '.join(map(str, sorted({seeds[0], seeds[-1]})))} recorded runs{spread}.",
        alt=f"Dot chart. {measure}: " + ", ".join(f"{name} {recorded[name].mean:.0%}" for name in names) + ".",
        words=90,
    )
    ax = b.axes(268, begin, 460, height)
    mean, low, high = ([100 * getattr(recorded[name], part) for name in names] for part in ("mean", "low", "high"))
    roles = ["control" if name in controls else "fusion" for name in names]
    charts.dots(ax, names, mean, None if each else low, None if each else high, roles=roles, fmt="{:.0f}%")
    for y, name in enumerate(names):
        if each:
            shade = role_of(roles[y])["main"]
            ax.plot(
                100 * np.array(each[name]), [y] * len(each[name]), "o", ms=4, mfc=shade, mec="none", alpha=0.45, zorder=3, clip_on=False
            )
        if name in live:
            charts.live(ax, 100 * live[name], y)
    ax.set(xlim=(0, 100 * top), xticks=[25 * top * k for k in range(5)], xlabel=axis)
    if chance is not None:
        charts.chance(ax, 100 * chance, vertical=True)
    if live:
        b.text(776, begin + 46 + height, "□ this notebook's run", 8.5, NEUTRAL["ink2"], ha="right")
    return b


def names(b: Board, ax: Axes, ends: Sequence[tuple[float, str, str, str]], *, left: float, gap: float = 30) -> None:
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
