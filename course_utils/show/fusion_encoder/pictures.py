"""Pictures with their captions: twins with exchanged colours, and a shortlist before and after it was looked at again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.show.board import Board
from course_utils.show.marks import lines
from course_utils.show.palette import NEUTRAL, ROLE


def twins(items: Sequence[tuple[np.ndarray, Sequence[str]]]) -> Board:
    """Pairs of pictures whose colours are exchanged, each with its caption; two in a row.

    ``items``: for each pair the two pictures uint8[2, S, S, 3], and their two captions.
    """
    side, rows = 140, -(-len(items) // 2)
    b = Board(
        800,
        76 + 212 * rows,
        "The same words and the same things: only who has which colour differs",
        "Pictures of the binding test, each with its own caption.",
        alt=f"{len(items)} pairs of scenes with two things each; the second has the colours exchanged. "
        + " ".join(f"{a}; {z}." for _, (a, z) in items),
        words=120,
    )
    for i, (pictures, captions) in enumerate(items):
        for k, (picture, caption) in enumerate(zip(pictures, captions)):
            x, y = Board.PAD + 388 * (i % 2) + 184 * k, 80 + 212 * (i // 2)
            b.picture(picture, x, y, side)
            for line, words in enumerate(lines(caption.replace(" and ", "\nand "), 184, 8, mono=True)):
                b.text(x, y + side + 16 + 17 * line, words, 8, ROLE["language"]["deep"], mono=True)
    return b


def shortlist(query: str, pictures: np.ndarray, right: Sequence[bool], before: Sequence[int], after: Sequence[int]) -> Board:
    """A query's shortlist in the dual encoder's order, and in the fusion encoder's.

    Parameters
    ----------
    pictures : uint8[k, S, S, 3], the shortlist; ``right``: which of them the query describes.
    before, after : orders of the k, the best first.
    """
    count, side = len(pictures), 132
    ranks = [next(place for place, j in enumerate(order, 1) if right[j]) if any(right) else 0 for order in (before, after)]
    moved = (
        f"The right picture moves from place {ranks[0]} to place {ranks[1]}" if any(right) else "The right picture is not on this shortlist"
    )
    b = Board(
        800,
        456,
        moved,
        f"“{query}”: the dual encoder's {count} best, then re-ranked.",
        alt=f"Two rows of {count} scenes for “{query}”. {moved}.",
        words=80,
    )
    rows = (("dual encoder", "proposes", "ink", before), ("fusion encoder", "decides", "fusion", after))
    for row, (name, gloss, role, order) in enumerate(rows):
        y = 84 + 180 * row
        color = NEUTRAL["ink2"] if role == "ink" else ROLE[role]["deep"]
        b.text(Board.PAD, y + 56, name, 9.5, color, weight="bold")
        b.text(Board.PAD, y + 74, gloss, 8.5, NEUTRAL["ink2"])
        for place, j in enumerate(order):
            x = 160 + (side + 16) * place
            b.picture(pictures[j], x, y, side, edge=ROLE["right"]["main"] if right[j] else None, lw=2.5 if right[j] else 0.8)
            b.text(x, y + side + 14, f"{place + 1}", 8.5, NEUTRAL["ink2"])
            if right[j]:
                b.mark(x + side - 10, y + 10, True, 9)
    return b
