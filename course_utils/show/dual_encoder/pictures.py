"""What is found for a text: pictures of a style never seen, best first; and what pairs look like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.show.board import Board
from course_utils.show.gallery import tile
from course_utils.show.marks import lines
from course_utils.show.palette import NEUTRAL, VERDICT


def rankings(
    queries: Sequence[str], pictures: np.ndarray, cosines: np.ndarray, right: np.ndarray, *, title: str, subtitle: str, footer: str = ""
) -> Board:
    """Texts as rows, the pictures found for each, best first, with their cosines and ✓ where they are right.

    Parameters
    ----------
    queries : n texts. pictures : uint8[n, k, S, S, 3]. cosines : float[n, k]. right : bool[n, k].
    """
    count, k = cosines.shape
    side, pitch, left = 80, 112, max(150, 56 + 8 * max(map(len, queries)))
    step = (800 - Board.PAD - side - left) / max(k - 1, 1)
    b = Board(
        800,
        112 + pitch * count + (16 if footer else 0),
        title,
        subtitle,
        footer,
        words=120,
        alt=f"For each of {count} texts its {k} best pictures; right among them: "
        + ", ".join(f"{query} {int(hits.sum())}" for query, hits in zip(queries, right))
        + ".",
    )
    for j in range(k):
        b.text(left + step * j + side / 2, 80, str(j + 1), 9, NEUTRAL["ink2"], ha="center")
    for i, query in enumerate(queries):
        y = 92 + pitch * i
        b.tokens(Board.PAD, y + 20, [query], h=28, size=9.5)
        b.text(Board.PAD, y + 64, f"{int(right[i].sum())} of {k} right", 8.5, NEUTRAL["ink2"])
        for j in range(k):
            frame = {"edge": VERDICT["right"]["main"], "lw": 1.4} if right[i, j] else {}
            tile(b, pictures[i, j], left + step * j, y, side, f"{cosines[i, j]:.2f}", right[i, j], **frame)
    return b


def pairs(
    taught: np.ndarray, texts: Sequence[str], tested: np.ndarray, names: Sequence[str], *, styles: Sequence[str], left_out: str
) -> Board:
    """Pairs as training draws them, and test pictures with the names that are looked for.

    taught, tested : uint8[n, S, S, 3]; eight of each at most. ``styles`` drew ``taught``, ``left_out`` drew ``tested``.
    """
    side, step = 72, 94
    b = Board(
        800,
        340,
        "What training draws, and what the test asks",
        "Above: artwork of two styles, moved, scaled, recoloured, on any ground; what is said of it. Below: a third style.",
        alt=f"Two rows of small pictures. Training: {', '.join(texts[:4])} and more. Test: {', '.join(names[:4])} and more.",
        words=140,
    )
    for y, label, images, below in ((100, f"training: {' and '.join(styles)}", taught, texts), (236, f"test: {left_out}", tested, names)):
        b.text(Board.PAD, y - 14, label, 9.5, weight="bold")
        for j, (picture, words) in enumerate(zip(images, below)):
            x = Board.PAD + step * j
            b.picture(picture, x, y, side)
            for i, line in enumerate(lines(words, step - 4, 7.5)[:2]):
                b.text(x, y + side + 11 + 11 * i, line.rstrip(","), 7.5, NEUTRAL["ink2"])
    return b
