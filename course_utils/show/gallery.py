"""Rows of pictures with a word under each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.show.board import Board, Spot
from course_utils.show.palette import NEUTRAL
from course_utils.world import emoji


def tile(b: Board, picture: np.ndarray, x: float, y: float, side: float, label: str = "", right: bool | None = None, **frame) -> Spot:
    """A picture, a label under it, and ✓ or ✗ at its corner unless ``right`` is None. ``frame`` : see :meth:`Board.picture`."""
    picture = np.asarray(picture)
    spot = b.picture(emoji.on_background(picture) if picture.shape[-1] == 4 else picture, x, y, side, **frame)
    if label:
        b.text(x + side / 2, y + side + 12, label, 8.5, NEUTRAL["ink2"], ha="center")
    if right is not None:
        b.mark(x + side - 2, y + 2, bool(right), 7)
    return spot


def gallery(
    pictures: Sequence[np.ndarray],
    labels: Sequence[str] = (),
    *,
    title: str,
    subtitle: str = "",
    footer: str = "",
    columns: int = 8,
    side: int = 72,
    right: Sequence[bool] | None = None,
) -> Board:
    """Pictures in rows, each with its label under it and, where ``right`` is given, a ✓ or ✗.

    Parameters
    ----------
    pictures : uint8[S, S, 3 or 4], or float in [0, 1]; transparency becomes white.
    columns : pictures a row. side : px. right : bool for each picture.

    Raises ValueError if there is no picture, or not one label (verdict) for each.
    """
    if not len(pictures) or (len(labels) not in (0, len(pictures))) or (right is not None and len(right) != len(pictures)):
        raise ValueError("gallery needs at least one picture, and a label (and a verdict) for each or for none.")
    pitch_x, pitch_y = (800 - 2 * Board.PAD - side) / max(columns - 1, 1), side + (32 if len(labels) else 16)
    pitch_x = min(pitch_x, side + 32)
    rows, top = -(-len(pictures) // columns), 76
    b = Board(
        800,
        top + rows * pitch_y + (24 if footer else 4),
        title,
        subtitle,
        footer,
        words=140,
        alt=f"Pictures: {title}. " + ", ".join(labels),
    )
    for i, picture in enumerate(pictures):
        x, y = Board.PAD + pitch_x * (i % columns), top + pitch_y * (i // columns)
        tile(b, picture, x, y, side, labels[i] if len(labels) else "", None if right is None else right[i])
    return b
