"""Captions as numbers: the vocabulary of this world's short captions, and what kind of word each one is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.world.languages.english import NUMBERS, PLURAL
from course_utils.world.things import COLOURS, KINDS

PAD, BEGIN, END = 0, 1, 2
_JOINTS = (",", "and", "there", "is", "are")
_COUNTS = ("a", *NUMBERS.values())
_NOUNS = (*KINDS, *(PLURAL[kind] for kind in KINDS if PLURAL[kind] != kind))
VOCAB = ("<pad>", "<begin>", "<end>", *_JOINTS, *_COUNTS, *COLOURS, *_NOUNS)
TOKEN = {word: token for token, word in enumerate(VOCAB)}
LONGEST = 20  # tokens of the longest plain short caption, its end included

CLASSES = ("kind", "colour", "number", "joint")
_CLASS = {word: 0 for word in _NOUNS} | {word: 1 for word in COLOURS} | {word: 2 for word in _COUNTS}
# int[V]: for every word its place in CLASSES; "joint" for commas, "and", and the end
WORD_CLASS = np.array([_CLASS.get(word, 3) for word in VOCAB])
# int[V]: for every word the kind that it names, in either number; -1 for other words
WORD_KIND = np.full(len(VOCAB), -1)
WORD_KIND[[TOKEN[PLURAL[kind]] for kind in KINDS]] = np.arange(len(KINDS))
WORD_KIND[[TOKEN[kind] for kind in KINDS]] = np.arange(len(KINDS))
# int[V]: for every word its colour; -1 for other words
TOKEN_COLOUR = np.array([COLOURS.index(word) if word in COLOURS else -1 for word in VOCAB])
# int[K]: the token that names each kind, one of it and several
SINGULAR = np.array([TOKEN[kind] for kind in KINDS])
PLURALS = np.array([TOKEN[PLURAL[kind]] for kind in KINDS])


def split(caption: str) -> list[str]:
    """The words of a caption; a comma is a word of its own."""
    return caption.replace(",", " ,").split()


def encode(captions: Sequence[str], length: int = LONGEST) -> np.ndarray:
    """int32[n, length]: each caption's words, ``END``, then ``PAD``.

    Raises
    ------
    ValueError
        If a caption holds a word that the vocabulary does not have, or is too long; the message names it.
    """
    tokens = np.full((len(captions), length), PAD, np.int32)
    for i, caption in enumerate(captions):
        words = split(caption)
        if unknown := [word for word in words if word not in TOKEN]:
            raise ValueError(f"{unknown[0]!r} is no word of short captions.")
        if len(words) >= length:
            raise ValueError(f"{caption!r} has {len(words)} words; with its end it does not fit into {length}.")
        tokens[i, : len(words) + 1] = [*(TOKEN[word] for word in words), END]
    return tokens


def text(tokens: Sequence[int]) -> str:
    """The caption that int[T] spells, up to its end."""
    words = []
    for token in tokens:
        if token == END:
            break
        words.append(VOCAB[token])
    return " ".join(words).replace(" ,", ",")


def texts(tokens: np.ndarray) -> list[str]:
    """The captions that int[n, T] spell."""
    return [text(row) for row in np.asarray(tokens).tolist()]
