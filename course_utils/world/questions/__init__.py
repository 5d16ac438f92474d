"""Questions about scenes, answered from the symbols: balanced pairs, a biased split, and annotators who disagree.

>>> rng = np.random.default_rng(0)
>>> drawn = pairs(rng, 64, types=("colour", "relation"))
>>> drawn.questions.texts()[0], ANSWERS[drawn.answer_a[0]], ANSWERS[drawn.answer_b[0]]
>>> answer(compose([{"kind": "dog", "colour": "blue"}]), read("what colour is the dog?"))

The modules, from the words to the data: ``forms`` (types, wording, vocabulary), ``oracle`` (answers and why there is
none), ``sampling`` (questions about given scenes), ``construction`` and ``pairs`` (scenes built around questions),
``annotators``.
"""

from course_utils.world.questions.annotators import ANNOTATORS, annotate
from course_utils.world.questions.forms import (
    ANSWERS,
    ARGUMENTS,
    FORMS,
    LONGEST,
    TYPES,
    VOCAB,
    Form,
    Questions,
    all_questions,
    all_texts,
    read,
)
from course_utils.world.questions.oracle import answer, answerable, possible
from course_utils.world.questions.pairs import Pairs, biased, favourite, pairs
from course_utils.world.questions.sampling import ask

__all__ = [
    "ANNOTATORS",
    "ANSWERS",
    "ARGUMENTS",
    "FORMS",
    "LONGEST",
    "TYPES",
    "VOCAB",
    "Form",
    "Pairs",
    "Questions",
    "all_questions",
    "all_texts",
    "annotate",
    "answer",
    "answerable",
    "ask",
    "biased",
    "favourite",
    "pairs",
    "possible",
    "read",
]
