"""What can be asked: question types, the wording of every question, and the closed vocabulary of answers.

A question is a form and a few symbols. All words a question is made of stand in ``FORMS``; there are about 8,000
different texts, so they are spelled once and looked up afterwards.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import itertools
import string
from collections.abc import Sequence

import numpy as np

from course_utils.errors import known
from course_utils.text import PAD, Vocabulary, split_words
from course_utils.world.scenes import SLOTS
from course_utils.world.things import COLOURS, KINDS, KNOWLEDGE, PLACES, SIZES, WORDS

TYPES = ("exist", "count", "what", "colour", "size", "relation", "two-hop", "same", "knowledge", "reading")

# The places of an answer in ANSWERS, by what it names.
YES, NO, COUNT = 0, 1, 2
KIND = COUNT + SLOTS + 1
COLOUR = KIND + len(KINDS)
SIZE = COLOUR + len(COLOURS)
SIDE = SIZE + len(SIZES)
WORD = SIDE + 4
ANSWERS = ("yes", "no", *map(str, range(SLOTS + 1)), *KINDS, *COLOURS, *SIZES, "left", "right", "above", "below", *WORDS)

RELATIONS = ("to the left of", "to the right of", "above", "below")
PROPERTIES = tuple(KNOWLEDGE)

# The columns of ``Questions.arguments``. The first five and the relation say which object is meant, the anchor is the
# object that the relation, or the comparison of colours, starts from.
ARGUMENTS = ("kind", "colour", "size", "place", "property", "relation", "anchor_kind", "anchor_colour", "word")

# property → as it is worded in "which thing …?", "is there …?", "how many …?", "what colour is …?"
_PROPERTY_WORDS = {
    "you can eat": ("can you eat", "something you can eat", "things can you eat", "the thing you can eat"),
    "is an animal": ("is an animal", "an animal", "animals are there", "the animal"),
    "is a vehicle": ("is a vehicle", "a vehicle", "vehicles are there", "the vehicle"),
    "is a plant": ("is a plant", "a plant", "plants are there", "the plant"),
    "makes music": ("makes music", "something that makes music", "things make music", "the thing that makes music"),
    "has wheels": ("has wheels", "something that has wheels", "things have wheels", "the thing that has wheels"),
    "lays eggs": ("lays eggs", "something that lays eggs", "things lay eggs", "the thing that lays eggs"),
}
_PLURALS = {"fish": "fish", "strawberry": "strawberries", "bus": "buses", "cactus": "cacti"}
_PLACE_WORDS = {"left": "on the left", "middle": "in the middle", "right": "on the right"}

# field of a pattern → (column of the arguments, its wording by value)
_FIELDS: dict[str, tuple[str, Sequence[str]]] = {
    "kind": ("kind", KINDS),
    "a_kind": ("kind", [f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}" for kind in KINDS]),
    "kinds": ("kind", [_PLURALS.get(kind, f"{kind}s") for kind in KINDS]),
    "colour": ("colour", COLOURS),
    "size": ("size", SIZES),
    "place": ("place", [_PLACE_WORDS.get(place, f"at the {place}") for place in PLACES]),
    "which": ("property", [_PROPERTY_WORDS[name][0] for name in PROPERTIES]),
    "something": ("property", [_PROPERTY_WORDS[name][1] for name in PROPERTIES]),
    "things": ("property", [_PROPERTY_WORDS[name][2] for name in PROPERTIES]),
    "the_thing": ("property", [_PROPERTY_WORDS[name][3] for name in PROPERTIES]),
    "relation": ("relation", RELATIONS),
    "anchor": ("anchor_kind", KINDS),
    "anchor_colour": ("anchor_colour", COLOURS),
    "word": ("word", WORDS),
}


@dataclasses.dataclass(frozen=True)
class Form:
    """One wording: its type, what is queried of the scene, and the text with fields for its arguments."""

    type: str
    query: str
    pattern: str

    @functools.cached_property
    def fields(self) -> tuple[str, ...]:
        return tuple(field for _, field, _, _ in string.Formatter().parse(self.pattern) if field)

    @functools.cached_property
    def columns(self) -> tuple[str, ...]:
        return tuple(_FIELDS[field][0] for field in self.fields)


FORMS = tuple(
    Form(*line)
    for line in (
        ("exist", "exist", "is there {a_kind}?"),
        ("exist", "exist", "is there a {colour} {kind}?"),
        ("exist", "exist", "is there a {size} {kind}?"),
        ("exist", "exist", "is there something {colour}?"),
        ("count", "count", "how many {kinds} are there?"),
        ("count", "count", "how many {colour} things are there?"),
        ("count", "count", "how many {size} things are there?"),
        ("what", "kind", "what is {place}?"),
        ("what", "kind", "what is the {colour} thing?"),
        ("what", "kind", "what is the {size} thing?"),
        ("colour", "colour", "what colour is the {kind}?"),
        ("colour", "colour", "what colour is the {size} {kind}?"),
        ("colour", "colour", "what colour is the thing {place}?"),
        ("size", "size", "what size is the {kind}?"),
        ("size", "size", "what size is the {colour} thing?"),
        ("size", "size", "what size is the {colour} {kind}?"),
        ("relation", "holds", "is the {kind} {relation} the {anchor}?"),
        ("relation", "holds", "is the {kind} {relation} the {anchor_colour} thing?"),
        ("relation", "left or right", "is the {kind} to the left or to the right of the {anchor}?"),
        ("relation", "above or below", "is the {kind} above or below the {anchor}?"),
        ("two-hop", "kind", "what is {relation} the {anchor}?"),
        ("two-hop", "kind", "what is {relation} the {anchor_colour} thing?"),
        ("two-hop", "colour", "what colour is the thing {relation} the {anchor}?"),
        ("two-hop", "size", "what size is the thing {relation} the {anchor}?"),
        ("same", "kind", "what has the same colour as the {anchor}?"),
        ("same", "size", "what size is the thing of the same colour as the {anchor}?"),
        ("knowledge", "kind", "which thing {which}?"),
        ("knowledge", "exist", "is there {something}?"),
        ("knowledge", "count", "how many {things}?"),
        ("knowledge", "colour", "what colour is {the_thing}?"),
        ("reading", "word", "what does the sign say?"),
        ("reading", "number", "what number is on the sign?"),
        ("reading", "says", "does the sign say {word}?"),
    )
)
QUERIES = tuple(dict.fromkeys(form.query for form in FORMS))
FORM_TYPE = np.array([TYPES.index(form.type) for form in FORMS], np.int8)
FORM_QUERY = np.array([QUERIES.index(form.query) for form in FORMS], np.int8)
FORM_USES = np.array([[column in form.columns for column in ARGUMENTS] for form in FORMS])  # (forms, A)

# The number of a text: where its form starts, plus its arguments as digits of a mixed-radix number.
_RADIX = [[len(_FIELDS[field][1]) for field in form.fields] for form in FORMS]
_START = np.cumsum([0] + [int(np.prod(radix)) for radix in _RADIX])
_STRIDE = np.zeros((len(FORMS), len(ARGUMENTS)), np.int32)
for _f, _form in enumerate(FORMS):
    for _place, _column in enumerate(_form.columns):
        _STRIDE[_f, ARGUMENTS.index(_column)] = int(np.prod(_RADIX[_f][_place + 1 :]))


@functools.cache
def all_texts() -> tuple[str, ...]:
    """Every text there is, by its number."""
    return tuple(
        form.pattern.format(**dict(zip(form.fields, words)))
        for form in FORMS
        for words in itertools.product(*(_FIELDS[field][1] for field in form.fields))
    )


LONGEST = 14  # tokens of the longest question, its mark included
# All words of questions and, so that an answer can also be written, of answers.
VOCAB = Vocabulary(sorted({word for text in all_texts() for word in split_words(text)} | set(ANSWERS)), length=LONGEST, name="questions")


@functools.cache
def _token_table() -> np.ndarray:
    """int32[texts, longest], filled up with PAD."""
    return VOCAB.encode(all_texts())


@dataclasses.dataclass(frozen=True, eq=False)
class Questions:
    """A batch of questions.

    Attributes
    ----------
    form : int8[B]
        Index into ``FORMS``.
    arguments : int16[B, 9]
        One column for each name in ``ARGUMENTS``, an index into what that column lists; -1 where the form has no such
        argument.
    """

    form: np.ndarray
    arguments: np.ndarray

    def __len__(self) -> int:
        return len(self.form)

    def __getitem__(self, rows) -> Questions:
        """The questions of some rows, still as a batch: an integer gives a batch of one."""
        rows = np.atleast_1d(np.arange(len(self))[rows])
        return Questions(self.form[rows], self.arguments[rows])

    @property
    def type(self) -> np.ndarray:
        """int8[B]: index into ``TYPES``."""
        return FORM_TYPE[self.form]

    @property
    def query(self) -> np.ndarray:
        """int8[B]: index into ``QUERIES``."""
        return FORM_QUERY[self.form]

    @property
    def text_id(self) -> np.ndarray:
        """int32[B]: the number of the text, the same for the same text and only for it."""
        return (_START[self.form] + (self.arguments * _STRIDE[self.form]).sum(1)).astype(np.int32)

    def argument(self, name: str) -> np.ndarray:
        """int16[B]: one column of ``arguments``."""
        return self.arguments[:, ARGUMENTS.index(name)]

    def texts(self) -> list[str]:
        """The questions in English: lower case, no punctuation but the final question mark."""
        texts = all_texts()
        return [texts[i] for i in self.text_id]

    def tokens(self, length: int) -> np.ndarray:
        """int32[B, length]: indices into ``VOCAB``, the question mark a token of its own, filled up with ``PAD``.

        Raises ValueError if a question is longer than ``length``.
        """
        tokens = _token_table()[self.text_id]
        longest = int((tokens != PAD).sum(1).max(initial=0))
        if longest > length:
            raise ValueError(f"length is {length}, but a question here has {longest} tokens; give at least that.")
        return np.pad(tokens[:, :length], ((0, 0), (0, max(0, length - tokens.shape[1]))), constant_values=PAD)


@functools.cache
def all_questions() -> Questions:
    """Every question there is, in the order of ``text_id``."""
    form = np.repeat(np.arange(len(FORMS)), np.diff(_START)).astype(np.int8)
    digits = np.arange(_START[-1]) - _START[form]
    arguments = np.full((len(form), len(ARGUMENTS)), -1, np.int16)
    for f, (spec, radix) in enumerate(zip(FORMS, _RADIX)):
        for column, stride_radix in zip(spec.columns, radix):
            a = ARGUMENTS.index(column)
            arguments[form == f, a] = digits[form == f] // _STRIDE[f, a] % stride_radix
    form.flags.writeable = arguments.flags.writeable = False
    return Questions(form, arguments)


@functools.cache
def _numbers() -> dict[str, int]:
    return {text: i for i, text in enumerate(all_texts())}


def read(texts: Sequence[str]) -> Questions:
    """The questions that texts spell, the inverse of ``Questions.texts``.

    Raises ValueError for a text that is no question here; the message names the closest that are.
    """
    numbers = []
    for text in [texts] if isinstance(texts, str) else texts:
        if text not in _numbers():
            close = difflib.get_close_matches(text, all_texts(), n=3, cutoff=0.0)
            raise ValueError(f"Cannot read the question {text!r}. Close to it: {' · '.join(close)}")
        numbers.append(_numbers()[text])
    return all_questions()[np.array(numbers, int)]


def known_types(types: str | Sequence[str]) -> np.ndarray:
    """int[…]: indices of question types. Raises ValueError with all that exist."""
    types = (types,) if isinstance(types, str) else tuple(types)
    if not types:
        raise ValueError(f"types is empty. Choose from: {', '.join(TYPES)}.")
    return np.array([known("question type", name, TYPES) for name in types])
