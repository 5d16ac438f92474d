"""The words of short captions of scenes."""

import numpy as np

from course_utils.text import Vocabulary
from course_utils.world.languages.english import NUMBERS, PLURAL
from course_utils.world.things import COLOURS, KINDS

LONGEST = 14  # tokens: <cls>, "there are", three things, a comma and an "and"
_WORDS = {"there", "is", "are", "a", "an", "and", ",", *NUMBERS.values(), *COLOURS, *KINDS, *(PLURAL[k] for k in KINDS)}
VOCAB = Vocabulary(sorted(_WORDS), specials=("<cls>", "<mask>"), begin="<cls>", length=LONGEST, name="short captions")
MASK = VOCAB.index("<mask>")
COLOUR_WORDS = np.array([VOCAB.index(colour) for colour in COLOURS], np.int32)
KIND_WORDS = np.array([VOCAB.index(kind) for kind in KINDS], np.int32)
