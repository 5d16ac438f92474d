"""Which colour belongs to which thing: two scenes that a bag of words cannot tell apart, and who can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.arms import Arm
from course_utils.show import charts, results
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL

_CHANGES = ("another thing", "another colour", "colours swapped")
# arm → the name at the line's end, what it means, role, variant of charts.series
_ARMS = {
    Arm(text="bag of words", negatives="in-batch"): ("bag of words", "order is lost", "language", 0),
    Arm(text="transformer", negatives="in-batch"): ("transformer", "reads in order", "fusion", 0),
    Arm(text="transformer", negatives="swapped captions"): ("transformer", "saw swapped captions", "fusion", 1),
}


def two_scenes(pictures: Sequence[np.ndarray], captions: Sequence[str], cosines: np.ndarray) -> Board:
    """Two scenes and two captions, with every cosine: uint8[S, S, 3] twice, text twice, float[2, 2] one row a scene."""
    b = Board(
        800,
        316,
        "The same things, the same colours, exchanged",
        "Cosine of each scene with both captions, by the model that was just trained. ✓: the scene's own caption.",
        alt="Two scenes with the same two things, their colours exchanged; cosines with both captions: "
        + ", ".join(f"{c:.2f}" for c in np.ravel(cosines))
        + ".",
        words=90,
    )
    for i, picture in enumerate(pictures):
        y = 76 + 116 * i
        b.picture(picture, Board.PAD, y, 100)
        for j, caption in enumerate(captions):
            top, best = y + 12 + 42 * j, cosines[i, j] >= cosines[i].max() - 1e-6
            b.tokens(152, top, [caption], h=28, size=9)
            b.text(624, top + 14, f"{cosines[i, j]:.3f}", 10, weight="bold" if best else "normal", ha="right")
            if i == j:
                b.mark(648, top + 14, True, 8)
    return b


def binding(recorded: Mapping, live: Mapping[str, float]) -> Board:
    """How often the right of two captions scores higher, by how the other one is wrong.

    Parameters
    ----------
    recorded : (arm, measure) → Estimate; arms with ``text`` and ``negatives``, measures the kinds of wrong captions.
    live : kind of wrong caption → share, of this notebook's bag of words.
    """
    found = {arm: [recorded[arm, change] for change in _CHANGES] for arm in _ARMS}
    bag, ordered, asked = (100 * values[-1].mean for values in found.values())
    b = Board(
        800,
        372,
        f"Colours swapped: bag of words right in {bag:.0f} of 100, transformers {ordered:.0f} and {asked:.0f}",
        f"The right caption against a wrong one, new scenes. Dots: mean of {next(iter(found.values()))[0].seeds} recorded runs, 95% intervals.",
        alt="Line chart: right caption preferred to another thing, another colour, colours swapped. "
        + " ".join(f"{_ARMS[arm][0]}, {_ARMS[arm][1]}: {', '.join(f'{e.mean:.0%}' for e in values)}." for arm, values in found.items()),
        words=80,
    )
    ax = b.axes(88, 84, 480, 220)
    charts.percent_axis(ax, "y", "right caption preferred, %", end=104)
    ax.set(xlim=(-0.2, 2.12), xticks=range(3), xticklabels=_CHANGES)
    squares = {"bag of words": {x - 0.06: live[change] for x, change in enumerate(_CHANGES) if change in live}}
    results.lines(b, ax, range(3), found, _ARMS, squares, left=600, gap=32, shift=0.06)
    charts.chance(ax, 50, side="left", above=True)
    b.text(328, 344, "how the other caption is wrong", 9, NEUTRAL["ink2"], ha="center")
    results.key(b, 356, bool(live))
    return b
