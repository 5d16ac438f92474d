"""A picture cut into patches and laid out as the sequence that a transformer reads."""

from __future__ import annotations

import numpy as np

from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, ROLE


def patches(picture: np.ndarray, rows: np.ndarray, patch: int) -> Board:
    """A picture with its patch lines, and its patches one after the other.

    Parameters
    ----------
    picture : uint8[S, S, 3]. rows : [N, P² · 3] in 0..255, the patches of that picture, as ``patchify`` returns them.
    patch : P. At most 16 patches are drawn.

    Raises ValueError if there are more than 16 patches.
    """
    count, across = len(rows), picture.shape[0] // patch
    if count > 16:
        raise ValueError(f"patches draws up to 16 patches, not {count}; choose larger ones.")
    b = Board(
        800,
        316,
        f"A picture of {picture.shape[0]} × {picture.shape[0]} pixels becomes {count} words of {rows.shape[1]} numbers",
        f"Patches of {patch} × {patch} pixels, row by row. Each is multiplied by one matrix and becomes a token.",
        alt=f"A picture cut into {across} by {across} patches, and the {count} patches in reading order, numbered.",
        words=60,
    )
    spot = b.picture(picture, Board.PAD, 84, 192, edge=ROLE["vision"]["main"], lw=1.1, grid=across)
    step = 192 / across
    for n in range(count):
        at = 84 + step * (n // across + 0.5)
        b.rect(Board.PAD + step * (n % across + 0.5) - 10, at - 8, 20, 16, "white", r=4, z=4)
        b.text(Board.PAD + step * (n % across + 0.5), at, str(n), 8.5, NEUTRAL["ink"], ha="center", z=5)
    b.arrow((spot.end + 12, 180), (268, 180), role="vision")
    side, gap = 48, 12
    per_row = 8
    for n, row in enumerate(np.asarray(rows)):
        x, y = 284 + (side + gap) * (n % per_row), 100 + 96 * (n // per_row)
        b.picture(row.reshape(patch, patch, 3).astype(np.uint8), x, y, side, r=4, edge=ROLE["vision"]["main"])
        b.text(x + side / 2, y + side + 12, str(n), 8.5, NEUTRAL["ink2"], ha="center")
    return b
