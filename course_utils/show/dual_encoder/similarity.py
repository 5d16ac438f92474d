"""A few pictures against a few texts: the table of cosines before and after training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
import numpy as np

from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, ROLE, SEQUENTIAL


def similarities(pictures: np.ndarray, names: Sequence[str], tables: Mapping[str, np.ndarray]) -> Board:
    """Tables of cosines of the same pictures and names side by side, all on one scale; ○ marks the best text of a picture.

    Parameters
    ----------
    pictures : uint8[n, S, S, 3]. names : n. tables : title → float[n, n], two at most, one row a picture.

    Raises ValueError if a table is not n × n, or there are more than two, or n is above 8.
    """
    n = len(names)
    if n > 8 or len(tables) > 2 or any(np.shape(t) != (n, n) for t in tables.values()) or len(pictures) != n:
        raise ValueError(f"similarities draws one or two tables of n × n for n up to 8 pictures and names; n is {n} here.")
    cell, top = 36, 112
    low, high = min(t.min() for t in tables.values()), max(t.max() for t in tables.values())
    hits = {title: int((t.argmax(1) == np.arange(n)).sum()) for title, t in tables.items()}
    b = Board(
        800,
        top + n * cell + 132,
        _titled(f"among {n} names, " + ", ".join(f"{title}: {k} of {n} right" for title, k in hits.items())),
        "Cosine of every picture (row) with every name (column), one scale for all. ○ marks the best name of a picture.",
        alt=f"Tables of cosines, {n} pictures by {n} names. "
        + " ".join(f"{title}: {k} of {n} on the diagonal." for title, k in hits.items()),
        words=80,
    )
    for k, (title, table) in enumerate(tables.items()):
        left = 72 + 376 * k
        b.text(left, 88, title, 10, weight="bold")
        shade = mpl.colormaps[SEQUENTIAL]((table - low) / (high - low or 1))
        for i in range(n):
            y = top + cell * i
            b.picture(pictures[i], left - 40, y + 1, 32, lw=0.6)
            for j in range(n):
                b.rect(left + cell * j, y, cell - 3, cell - 3, mpl.colors.to_hex(shade[i, j]), r=4)
            best = int(table[i].argmax())
            b.ax.plot(left + cell * (best + 0.5) - 1.5, y + cell / 2 - 1.5, "o", ms=6, mfc="white", mec=NEUTRAL["ink"], mew=1.2, zorder=6)
        for j, name in enumerate(names):
            b.text(
                left + cell * (j + 0.5) - 1.5,
                top + n * cell + 4,
                name if len(name) < 14 else name[:12] + "…",
                8,
                ROLE["language"]["deep"],
                rotation=90,
                ha="center",
                va="top",
                mono=True,
            )
    bar = mpl.colormaps[SEQUENTIAL](np.linspace(0, 1, 64))[None, :, :3]
    y = top + n * cell + 112
    b.picture(np.repeat(bar, 2, 0), 120, y - 6, 160, 12, r=3, lw=0)
    for x, words, side in ((112, f"{low:.2f}", "right"), (288, f"{high:.2f}  cosine", "left")):
        b.text(x, y, words, 8.5, NEUTRAL["ink2"], ha=side)
    return b


def _titled(text: str) -> str:
    return text[:1].upper() + text[1:]
