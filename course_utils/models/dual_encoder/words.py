"""What can be said about emoji: the words of their English names and keywords, and of prompts."""

from __future__ import annotations

import functools

import numpy as np

from course_utils.text import Vocabulary, split_lower
from course_utils.world import emoji

UNKNOWN = 1
LONGEST = 16  # tokens of a text; what comes after is cut off, with a warning

# What a name is put into, in training and in prompts.
TEMPLATES = ("{}", "a picture of {}", "a drawing of {}", "a small picture of {}", "an emoji of {}", "this is {}", "{} in a picture")


def phrases(concept: int) -> tuple[str, ...]:
    """The English name of a concept, then those of its keywords that hold a word (some are punctuation)."""
    known = emoji.load()
    return (known.names["en"][concept], *(word for word in known.keywords["en"][concept] if split_lower(word)))


def vocabulary_of(texts, length: int) -> Vocabulary:
    """All words of some texts, in alphabetical order, behind ``<unknown>``, which any other word becomes."""
    words = sorted({word for text in texts for word in split_lower(text)})
    return Vocabulary(
        words, specials=("<unknown>",), unknown="<unknown>", length=length, cut=True, split=split_lower, name="names and keywords"
    )


@functools.cache
def vocabulary() -> Vocabulary:
    """All words that the texts of *training* concepts and the templates hold."""
    texts = [phrase for k in np.flatnonzero(emoji.load().train_concepts) for phrase in phrases(k)]
    return vocabulary_of((*texts, *(template.format("") for template in TEMPLATES)), LONGEST)
