"""The words of this world's short captions, and what kind of word each one is."""

import numpy as np

from course_utils.text import Vocabulary
from course_utils.world.languages.english import NUMBERS, PLURAL
from course_utils.world.things import COLOURS, KINDS

_JOINTS = (",", "and", "there", "is", "are")
_COUNTS = ("a", *NUMBERS.values())
_NOUNS = (*KINDS, *(PLURAL[kind] for kind in KINDS if PLURAL[kind] != kind))
LONGEST = 20  # tokens of the longest plain short caption, its end included
VOCAB = Vocabulary(
    (*_JOINTS, *_COUNTS, *COLOURS, *_NOUNS), specials=("<begin>", "<end>"), end="<end>", length=LONGEST, name="short captions"
)
BEGIN, END = VOCAB.index("<begin>"), VOCAB.index("<end>")

CLASSES = ("kind", "colour", "number", "joint")
_CLASS = {word: 0 for word in _NOUNS} | {word: 1 for word in COLOURS} | {word: 2 for word in _COUNTS}
# int[V]: for every word its place in CLASSES; "joint" for commas, "and", and the end
WORD_CLASS = np.array([_CLASS.get(word, 3) for word in VOCAB])
# int[K]: the token that names each kind, one of it and several
SINGULAR = np.array([VOCAB.index(kind) for kind in KINDS])
PLURALS = np.array([VOCAB.index(PLURAL[kind]) for kind in KINDS])
# int[V]: for every word the kind that it names, in either number; -1 for other words
WORD_KIND = np.full(len(VOCAB), -1)
WORD_KIND[PLURALS] = WORD_KIND[SINGULAR] = np.arange(len(KINDS))
# int[V]: for every word its colour; -1 for other words
TOKEN_COLOUR = np.array([COLOURS.index(word) if word in COLOURS else -1 for word in VOCAB])
