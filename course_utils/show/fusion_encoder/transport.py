"""A transport plan as a table of shades: how much of every word goes to every region."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib as mpl
import numpy as np

from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, SEQUENTIAL


def transport(picture: np.ndarray, words: Sequence[str], regions: Sequence[str], plan: np.ndarray) -> Board:
    """The picture, and under the names of its regions one row a word; sums stand at the ends.

    Parameters
    ----------
    picture : uint8[S, S, 3]. words : T. regions : N names. plan : float[T, N], shares of all mass.

    Raises ValueError if the plan is not T × N.
    """
    plan = np.asarray(plan, float)
    if plan.shape != (len(words), len(regions)):
        raise ValueError(f"The plan has shape {plan.shape}; expected {(len(words), len(regions))}: a row a word, a column a region.")
    side, left, top, w, h = 112, 236, 116, 46, 26
    fullest = regions[int(plan.sum(0).argmax())]
    b = Board(
        800,
        max(top + h * len(words) + 76, 300),
        "Where the plan sends each word",
        "Percent of all mass. Rows sum to one word's mass, columns to one region's.",
        alt=f"Table of a transport plan, {len(words)} words by {len(regions)} regions; columns sum to {plan.sum(0).min():.1%} to "
        f"{plan.sum(0).max():.1%}, most at {fullest}.",
        boxes=999,
        words=120,
    )
    b.picture(picture, Board.PAD, top, side)
    shades = mpl.colormaps[SEQUENTIAL](plan / plan.max())
    for j, name in enumerate(regions):
        for i, line in enumerate(name.split()):
            b.text(left + w * (j + 0.5), top - 14 - 12 * (len(name.split()) - 1 - i), line, 8, NEUTRAL["ink2"], ha="center")
    for i, word in enumerate(words):
        y = top + h * i
        b.text(left - 10, y + h / 2, word, 8.5, ha="right", mono=True)
        for j in range(len(regions)):
            dark = np.dot(shades[i, j][:3], (0.3, 0.6, 0.1)) < 0.55
            b.rect(left + w * j + 1, y + 1, w - 2, h - 2, mpl.colors.to_hex(shades[i, j]), r=3)
            b.text(left + w * (j + 0.5), y + h / 2, f"{100 * plan[i, j]:.1f}", 8, "#FFFFFF" if dark else NEUTRAL["ink"], ha="center")
        b.text(left + w * len(regions) + 34, y + h / 2, f"{100 * plan[i].sum():.1f}", 8, weight="bold", ha="right")
    y = top + h * len(words) + 14
    for j, total in enumerate(plan.sum(0)):
        b.text(left + w * (j + 0.5), y, f"{100 * total:.1f}", 8, weight="bold", ha="center")
    b.text(left - 10, y, "sum", 8.5, NEUTRAL["ink2"], ha="right")
    b.text(left + w * len(regions) + 34, top - 14, "sum", 8.5, NEUTRAL["ink2"], ha="right")
    return b
