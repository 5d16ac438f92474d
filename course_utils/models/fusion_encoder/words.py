"""The words of short captions of scenes, as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.world.languages.english import NUMBERS, PLURAL
from course_utils.world.things import COLOURS, KINDS

PAD, START, MASK = 0, 1, 2
_SPECIAL = ("<pad>", "<cls>", "<mask>")
_WORDS = {"there", "is", "are", "a", "an", "and", ",", *NUMBERS.values(), *COLOURS, *KINDS, *(PLURAL[k] for k in KINDS)}
VOCAB = (*_SPECIAL, *sorted(_WORDS))
NUMBER = {word: i for i, word in enumerate(VOCAB)}
COLOUR_WORDS = np.array([NUMBER[colour] for colour in COLOURS], np.int32)
KIND_WORDS = np.array([NUMBER[kind] for kind in KINDS], np.int32)
LONGEST = 14  # tokens: the start, "there are", three things, a comma and an "and"


def split(text: str) -> list[str]:
    """A caption as words; a comma is one."""
    return text.replace(",", " ,").split()


def tokenise(texts: Sequence[str], length: int = LONGEST) -> np.ndarray:
    """int32[B, length]: ``<cls>``, the words, filled up with ``PAD``.

    Raises
    ------
    ValueError
        If a word is no word of short captions, or a caption is too long.
    """
    tokens = np.full((len(texts), length), PAD, np.int32)
    for row, text in zip(tokens, texts):
        words = split(text)
        if unknown := [word for word in words if word not in NUMBER]:
            raise ValueError(f"{unknown[0]!r} is no word of these captions. They are such as 'a red dog and two blue buses'.")
        if len(words) >= length:
            raise ValueError(f"{text!r} has {len(words)} words; there is room for {length - 1}.")
        row[0] = START
        row[1 : 1 + len(words)] = [NUMBER[word] for word in words]
    return tokens


def words(tokens: np.ndarray) -> list[str]:
    """What one row of tokens says, with ``<cls>`` and without padding."""
    return [VOCAB[token] for token in np.asarray(tokens) if token != PAD]
