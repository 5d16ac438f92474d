"""What can be said about emoji, as tokens: the words of their English names and keywords, and of prompts."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

import numpy as np

from course_utils.world import emoji

PAD, UNKNOWN = 0, 1
LONGEST = 16  # tokens of a text; what comes after is cut off
_WORD = re.compile(r"[^\W_]+")

# What a name is put into, in training and in prompts.
TEMPLATES = ("{}", "a picture of {}", "a drawing of {}", "a small picture of {}", "an emoji of {}", "this is {}", "{} in a picture")


def split(text: str) -> list[str]:
    """The words of a text, in lower case, without punctuation."""
    return _WORD.findall(text.lower())


def phrases(concept: int) -> tuple[str, ...]:
    """The English name of a concept, then those of its keywords that hold a word (some are punctuation)."""
    known = emoji.load()
    return (known.names["en"][concept], *(word for word in known.keywords["en"][concept] if split(word)))


@functools.cache
def vocabulary() -> dict[str, int]:
    """word → token: all words that the texts of *training* concepts and the templates hold, in alphabetical order."""
    texts = [phrase for k in np.flatnonzero(emoji.load().train_concepts) for phrase in phrases(k)]
    words = sorted({word for text in (*texts, *(t.format("") for t in TEMPLATES)) for word in split(text)})
    return {word: token for token, word in enumerate(words, 2)}


def tokens(texts: Sequence[str], length: int = LONGEST) -> np.ndarray:
    """int32[B, T]: one row a text, :data:`PAD` behind it; a word that no training text held is :data:`UNKNOWN`."""
    table = np.full((len(texts), length), PAD, np.int32)
    for row, text in zip(table, texts):
        found = [vocabulary().get(word, UNKNOWN) for word in split(text)][:length]
        row[: len(found)] = found
    return table


def unknown(text: str) -> list[str]:
    """The words of a text that no training text held."""
    return [word for word in split(text) if word not in vocabulary()]
