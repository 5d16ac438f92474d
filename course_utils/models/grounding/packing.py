"""Texts in which coordinates stand among the words, as arrays for a model that reads and writes both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from course_utils.models.grounding.codes import Code
from course_utils.models.grounding.sequence import Layout
from course_utils.text import IGNORED, PAD, Vocabulary
from course_utils.world.languages.english import SIZE_WORDS
from course_utils.world.things import COLOURS, KINDS

Piece = str | float  # a word, or a coordinate: a fraction of the picture's side
END, IMAGE, BOX, POINT, MASK, NAME, DETECT, CAPTION = "<end>", "<image>", "<box>", "<point>", "<mask>", "<name>", "<detect>", "<caption>"
NOWHERE = -1.0  # stands for a coordinate where there is none
WORDS = (
    *("a", "an", "and", "the", "thing", "one", "sign", "that", "is", "which", "nearest", "picture"),
    *("leftmost", "rightmost", "topmost", "highest", "bottommost", "lowest"),
    *("to", "of", "on", "in", "at", "left", "right", "top", "middle", "bottom", "above", "below", "underneath"),
    *(word for words in SIZE_WORDS.values() for word in words),
    *COLOURS,
)


class Text(NamedTuple):
    """Words and coordinates, and how many of them stand there before anything is asked for."""

    pieces: Sequence[Piece]
    given: int


def vocabulary(bins: int) -> Vocabulary:
    """Specials and words, then a token for each of ``bins`` locations, then the kinds of things."""
    words = Vocabulary(WORDS, specials=(END, IMAGE, BOX, POINT, MASK, NAME, DETECT, CAPTION), length=32, name="the words that point")
    return words.extended(specials=[f"<loc{k:04d}>" for k in range(bins)]).extended(words=KINDS)


def layout(words: Vocabulary, code: Code) -> Layout:
    """Where a :func:`vocabulary` of ``code.bins`` locations has them. Raises ValueError as :class:`Layout` does."""
    return Layout(code, words.index("<loc0000>"), len(KINDS), words.index(END), len(words))


def pack(texts: Sequence[Text], words: Vocabulary, places: Layout, patches: int, length: int | None = None) -> dict[str, np.ndarray]:
    """Texts for :func:`~course_utils.models.grounding.grounder.grounding_loss`, each behind ``patches`` places of a picture.

    Returns
    -------
    ``tokens`` int32[n, L]; ``labels`` int32[n, L], behind each place the token that is asked for; ``fractions`` float32[n, L],
    behind each place the coordinate that is asked for, :data:`NOWHERE` where it is none. L is ``length``, or what the longest needs.

    Raises
    ------
    ValueError
        If a word is unknown, or a text is longer than ``length``.
    """
    need = patches + max((len(text.pieces) for text in texts), default=0)
    length = need if length is None else length
    if need > length:
        raise ValueError(f"A text needs {need} places, the picture's {patches} among them, but there is room for {length}.")
    tokens, image = np.full((len(texts), length), PAD, np.int32), words.index(IMAGE)
    labels, fractions = np.full(tokens.shape, IGNORED, np.int32), np.full(tokens.shape, NOWHERE, np.float32)
    tokens[:, :patches] = image
    for i, (pieces, given) in enumerate(texts):
        for place, piece in enumerate(pieces, patches):
            told = isinstance(piece, str)
            tokens[i, place] = words.index(piece) if told else places.first + places.code.numbers(piece)
            if place >= patches + given:
                labels[i, place - 1] = tokens[i, place]
                fractions[i, place - 1] = NOWHERE if told else piece
    return {"tokens": tokens, "labels": labels, "fractions": fractions}


def boxes_of(tokens: np.ndarray, places: Layout) -> np.ndarray:
    """The boxes that four tokens a row write, int[n, 4] → float64[n, 4]; NaN for what is no box."""
    numbers = np.asarray(tokens) - places.first
    boxes = places.code.decode(numbers)
    good = ((numbers >= 0) & (numbers < places.code.bins)).all(-1) & (boxes[:, :2] < boxes[:, 2:]).all(-1)
    return np.where(good[:, None], boxes, np.nan)
