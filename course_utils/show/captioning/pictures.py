"""Pictures and words: captions, where a model looked for each word, and detected regions."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib
import numpy as np

from course_utils.errors import BadInput
from course_utils.show.board import Board, spotlight
from course_utils.show.marks import lines, text_width
from course_utils.show.palette import NEUTRAL, ROLE, SEQUENTIAL
from course_utils.world.things import PLACES

_SIDE, _GAP = 112, 12  # of a small picture, px


def captions(pictures: np.ndarray, texts: Sequence[str], title: str, subtitle: str = "", *, right: Sequence[bool] = ()) -> Board:
    """Pictures with a caption under each, four in a row.

    Parameters
    ----------
    pictures : uint8[n, S, S, 3]. right : whether each caption is right, to be marked.
    """
    side, pitch = 136, 192
    below = [lines(text, pitch - 16, 8, mono=True) for text in texts]
    high, rows = side + 34 + 16 * max(map(len, below)), -(-len(texts) // 4)
    b = Board(
        800, 72 + high * rows + 8, title, subtitle, alt=f"{len(texts)} pictures with captions: " + "; ".join(texts)[:150] + ".", words=160
    )
    for i, (picture, several) in enumerate(zip(pictures, below)):
        x, y = Board.PAD + pitch * (i % 4), 76 + high * (i // 4)
        b.picture(picture, x, y, side)
        if len(right):
            b.mark(x + side, y + 2, bool(right[i]), 9)
        for k, line in enumerate(several):
            b.text(x, y + side + 16 + 16 * k, line, 8, ROLE["language"]["deep"], mono=True)
    return b


def first_maps(before: np.ndarray, after: np.ndarray, words: Sequence[str]) -> Board:
    """The maps of a decoder over a square grid, before and after training, one for each word.

    ``before``, ``after``: float[T, N], shares; every map has its own scale.
    """
    rows = int(before.shape[1] ** 0.5)
    b = Board(
        800,
        356,
        "The first look is uniform, before training and after",
        "Shares over 4 × 4 random features, before the word to be said. Dark = more; % = the largest share; one scale.",
        alt=f"Two rows of {len(words)} grids. Before training every map is almost flat. After, the first is still uniform; "
        f"the others look at few places, up to {after.max():.0%}.",
    )
    side, gap, left = 96, 56, 176
    for r, (name, maps) in enumerate((("before training", before), ("after training", after))):
        y = 88 + 132 * r
        b.text(Board.PAD, y + side / 2, name, 9.5, weight="bold")
        for t, (share, word) in enumerate(zip(maps, words)):
            x = left + (side + gap) * t
            if r == 0:
                chip = b.tokens_width([word])
                b.tokens(x + (side - chip) / 2, 60, [word])
            colours = matplotlib.colormaps[SEQUENTIAL](share.reshape(rows, rows))[..., :3]
            b.picture(np.kron(colours, np.ones((8, 8, 1))), x, y + 4, side)
            b.text(x + side / 2, y + side + 16, f"{share.max():.0%}", 8.5, NEUTRAL["ink2"], ha="center")
    return b


def looks(picture: np.ndarray, words: Sequence[str], maps: np.ndarray, title: str = "Where it looks before each word") -> Board:
    """A picture, and for each word of a caption where the model looked, six in a row.

    Parameters
    ----------
    picture : uint8[S, S, 3].
    maps : float[T, 9], the shares of the nine places before each of the T words.

    Raises BadInput if ``maps`` does not have a row of nine shares for each word.
    """
    maps = np.asarray(maps, float)
    if maps.shape != (len(words), 9):
        raise BadInput(f"maps has shape {maps.shape}; give a row of 9 shares for each of the {len(words)} words.")
    across = 6
    rows = -(-(len(words) + 1) // across)
    b = Board(
        800,
        68 + rows * (_SIDE + 52),
        title,
        "Bright = read; % = the brightest place's share. Each look is scaled to its own brightest place.",
        alt="A scene and, for each word, a spotlight: "
        + ", ".join(f"{word} {PLACES[int(p.argmax())]}" for word, p in list(zip(words, maps))[:7])
        + ".",
        words=90,
    )
    for i in range(len(words) + 1):
        x, y = Board.PAD + (_SIDE + _GAP + 2) * (i % across), 72 + (_SIDE + 52) * (i // across)
        shown = picture if i == 0 else spotlight(picture, maps[i - 1].reshape(3, 3))
        b.picture(shown, x, y, _SIDE)
        if i == 0:
            b.text(x, y + _SIDE + 16, "the picture", 8.5, NEUTRAL["ink2"])
            continue
        (chip,) = b.tokens(x, y + _SIDE + 6, [words[i - 1]])
        b.text(x + _SIDE, y + _SIDE + 18, f"{maps[i - 1].max():.0%}", 8.5, ROLE["fusion"]["deep"], ha="right")
    return b


def regions(pictures: np.ndarray, boxes: Sequence[np.ndarray], names: Sequence[Sequence[str]], side: int = 64) -> Board:
    """Pictures with the regions that a detector proposes, and what it calls each.

    Parameters
    ----------
    pictures : uint8[n, S, S, 3], four at most.
    boxes : for each picture float[R, 4], (ymin, xmin, ymax, xmax) in px of a picture of ``side`` px. names : of each box.
    """
    w, pitch = 176, 192
    b = Board(
        800,
        76 + w + 28,
        "Regions: where something stands, and what it is called",
        "What the detector keeps: windows that hold a thing, and do not overlap. Names are its likeliest kinds.",
        alt=f"{len(pictures)} pictures with boxes around things, named " + ", ".join(name for few in names for name in few)[:120] + ".",
        words=60,
    )
    for i, (picture, several, called) in enumerate(zip(pictures, boxes, names)):
        x, y, scale = Board.PAD + pitch * i, 76, w / side
        b.picture(picture, x, y, w)
        for (top, left, bottom, right), name in zip(several, called):
            x0, x1 = (np.clip(x + scale * e, x + 1, x + w - 1) for e in (left, right))
            y0, y1 = (np.clip(y + scale * e, y + 1, y + w - 1) for e in (top, bottom))
            b.line([x0, x1, x1, x0, x0], [y0, y0, y1, y1, y0], ROLE["vision"]["deep"], 1.4, 5)
            wide = text_width(name, 7) + 6
            b.rect(x0, y0, wide, 12, "white", r=2, z=5.5, alpha=0.9)
            b.text(x0 + 3, y0 + 6, name, 7, ROLE["vision"]["deep"])
    return b
