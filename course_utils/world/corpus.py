"""The world as text, for a language model that never saw it: descriptions with questions, dialogues, captions in four
languages, and episodes in which made-up names are given and asked for. A description is a caption, or a list as a detector
would give it.

A document is a list of words and special tokens, and says of each whether it is asked for: answers are, where the text
determines them; what merely describes is not. Captions are asked for whole.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from course_utils import paths
from course_utils.text import IGNORED, PAD, Vocabulary, split_words
from course_utils.world import captions, dialogue, facts, questions
from course_utils.world.scenes import HELD_OUT, Scenes, sample
from course_utils.world.things import COLOURS, KINDS

LENGTH = 80  # tokens of a document
BEGIN, END, IMAGE = "<begin>", "<end>", "<image>"
# names that nothing has: of the two parts of each, every part is in eight names
MADE_UP = tuple(
    map("".join, itertools.product(("da", "wu", "bli", "to", "fe", "zo", "ki", "mu"), ("xo", "gi", "ket", "fa", "pi", "rba", "lu", "nib")))
)
ANSWER_FORMS = ("{}", "the answer is {}", "i say {}")
LISTED = 0.75  # of the descriptions are lists
_ROWS, _COLUMNS = ("top", "middle", "bottom"), ("left", "middle", "right")
KINDS_OF_DOCUMENT = ("questions", "places", "dialogue", "captions", "translation", "names")


class Document(NamedTuple):
    """Words and special tokens, and whether each is asked for."""

    words: list[str]
    asked: list[bool]

    def say(self, words: Sequence[str], asked: bool) -> None:
        """Appends words."""
        self.words.extend(words)
        self.asked.extend([asked] * len(words))


@functools.cache
def vocabulary() -> Vocabulary:
    """The words of all documents, in the order of ``data/words.txt``, made-up names last."""
    words = paths.data_file("words.txt").read_text(encoding="utf-8").split()
    return Vocabulary((*words, *MADE_UP), specials=(BEGIN, END, IMAGE), length=LENGTH, name="the language model")


def listed(rng: np.random.Generator, scenes: Scenes) -> list[list[str]]:
    """Of every thing its size, colour, kind, row and column, in random order: "small red dog top left large …"; of a sign
    ``sign says "stop" middle right``."""
    found = []
    for things in facts.inventory(scenes):
        words = []
        for i in rng.permutation(len(things)):
            cell, kind, colour, size, word = things[i]
            words += [kind, "says", f'"{word}"'] if word else [size, colour, kind]
            words += [_ROWS[cell // 3], _COLUMNS[cell % 3]]
        found.append(words)
    return found


def described(rng: np.random.Generator, scenes: Scenes, lists: float = LISTED) -> list[Document]:
    """A description of each scene that determines every answer: a list in ``lists`` of the cases, else a full caption."""
    texts, as_lists = captions.caption(scenes, "full", rng=rng), listed(rng, scenes)
    found = []
    for text, words, is_list in zip(texts, as_lists, rng.random(len(scenes)) < lists):
        document = Document([BEGIN], [False])
        document.say([*(words if is_list else split_words(text)), END], False)
        found.append(document)
    return found


def with_questions(
    rng: np.random.Generator,
    scenes: Scenes,
    *,
    asked: int = 4,
    types: Sequence[str] = questions.TYPES,
    forms: int = len(ANSWER_FORMS),
    lists: float = LISTED,
) -> list[Document]:
    """A description of each scene, then up to ``asked`` different questions of the ``types``, each with its answer in one form
    a document, one of the first ``forms``. A question that is drawn again is left out: its answer could be copied."""
    found, before = described(rng, scenes, lists), [set() for _ in range(len(scenes))]
    form = np.where(rng.random(len(scenes)) < 0.7, 0, rng.integers(forms, size=len(scenes)))
    for _ in range(asked):
        drawn = questions.ask(rng, scenes, types)
        answers = questions.answer(scenes, drawn)
        for document, known, text, answer, f in zip(found, before, drawn.texts(), answers, form):
            if text not in known:
                _ask(document, text, ANSWER_FORMS[f].format(questions.ANSWERS[answer]))
            known.add(text)
    return found


def with_places(
    rng: np.random.Generator, scenes: Scenes, *, types: Sequence[str] = questions.TYPES, asked: int = 4, lists: float = LISTED
) -> list[Document]:
    """A description of each scene; where things are that one name fits ("where is the red dog ? top left"); then questions of
    the ``types``, ``asked`` in all. Who is to compare places has to find them first."""
    found = described(rng, scenes, lists)
    drawn = [questions.ask(rng, scenes, types) for _ in range(2)]
    answers = [questions.answer(scenes, of) for of in drawn]
    texts = [of.texts() for of in drawn]
    for i, (document, things) in enumerate(zip(found, facts.inventory(scenes))):
        named = [(colour, kind) for _, kind, colour, *_ in things]
        alone = [thing for thing, name in zip(things, named) if named.count(name) == 1]
        for k in rng.permutation(len(alone))[: max(asked - len(drawn), 1)]:
            cell, kind, colour, *_ = alone[k]
            name = [colour, kind] if colour else [kind]
            document.say(["where", "is", "the", *name, "?"], False)
            document.say([_ROWS[cell // 3], _COLUMNS[cell % 3], END], True)
        for said, answer in {of[i]: a[i] for of, a in zip(texts, answers)}.items():
            _ask(document, said, questions.ANSWERS[answer])
    return found


def with_dialogue(rng: np.random.Generator, scenes: Scenes, *, turns: int = 4) -> list[Document]:
    """A description of each scene, then a dialogue about it."""
    found = described(rng, scenes)
    for document, talk in zip(found, dialogue.dialogue(rng, scenes, turns)):
        for question, answer in talk:
            _ask(document, question, answer)
    return found


def of_captions(rng: np.random.Generator, scenes: Scenes, *, each: int = 3) -> list[Document]:
    """Captions of different scenes, ``each`` a document, all in one language and at one level."""
    found = []
    for rows in np.array_split(rng.permutation(len(scenes)), max(len(scenes) // each, 1)):
        language, level = str(rng.choice(captions.LANGUAGES)), str(rng.choice(captions.LEVELS[:2]))
        document = Document([BEGIN], [False])
        for text in captions.caption(scenes[rows], level, language, rng):
            document.say([*captions.split(text, language), END], True)
        found.append(document)
    return found


def of_translations(rng: np.random.Generator, scenes: Scenes) -> list[Document]:
    """A short caption of each scene in one language, then the same in another."""
    texts = {language: captions.caption(scenes, "short", language) for language in captions.LANGUAGES}
    found = []
    for i in range(len(scenes)):
        document = Document([BEGIN], [False])
        for k, language in enumerate(rng.permutation(captions.LANGUAGES)[:2].tolist()):
            document.say([*captions.split(texts[language][i], language), END], k > 0)
        found.append(document)
    return found


def of_names(
    rng: np.random.Generator, count: int, *, names: int | None = None, mentions: int = 12, shots: int | None = None, held_out: bool = False
) -> list[Document]:
    """Episodes in which things have made-up names: "a red dog is daxo", said ``mentions`` times in all.

    A name is asked for from its second mention on. ``names`` of them in each (``None``: 2 to 4); with ``shots`` each is said
    so many times, and one of them once more. ``held_out``: of pairs of kind and colour that no other document shows.
    """
    pairs = np.argwhere(HELD_OUT == held_out)
    found = []
    for _ in range(count):
        many = names or int(rng.integers(2, 5))
        things = pairs[rng.choice(len(pairs), many, replace=False)]
        called = rng.choice(MADE_UP, many, replace=False).tolist()
        document, known = Document([BEGIN], [False]), set()
        if shots:
            order = [*rng.permutation(np.repeat(np.arange(many), shots)), rng.integers(many)]
        else:
            order = [*rng.permutation(many), *rng.integers(many, size=max(mentions - many, 0))]
        for which in map(int, order):
            kind, colour = things[which]
            document.say(["a", COLOURS[colour], KINDS[kind], "is"], False)
            document.say([called[which], END], which in known)
            known.add(which)
        found.append(document)
    return found


def _ask(document: Document, question: str, answer: str) -> None:
    document.say(split_words(question), False)
    document.say([*split_words(answer), END], True)


def documents(
    rng: np.random.Generator,
    count: int,
    shares: Sequence[float] = (0.3, 0.1, 0.15, 0.15, 0.1, 0.2),
    split: str = "train",
    *,
    objects: tuple[int, int] | None = None,
    **questions: Any,
) -> list[Document]:
    """``count`` documents of all kinds, in the shares of ``KINDS_OF_DOCUMENT``, in random order.

    ``objects``: from how many to how many things a scene has; else as suits the kind. ``questions``: as
    :func:`with_questions` takes them.
    """
    each = rng.multinomial(count, shares)
    each_captions = 3

    def draw(n: int, least: int = 1) -> Scenes:
        return sample(rng, n, objects=objects or (least, 4), sign=0.3, split=split)

    found = []
    for n, make in zip(
        each,
        (
            lambda n: with_questions(rng, draw(n, 2), **questions),
            lambda n: with_places(rng, draw(n, 2), **{name: given for name, given in questions.items() if name != "forms"}),
            lambda n: with_dialogue(rng, draw(n, 2)),
            lambda n: of_captions(rng, draw(n * each_captions), each=each_captions),
            lambda n: of_translations(rng, draw(n)),
            lambda n: of_names(rng, n),
        ),
    ):
        found += make(n) if n else []
    return [found[i] for i in rng.permutation(len(found))]


def encode(found: Sequence[Document], length: int = LENGTH) -> dict[str, np.ndarray]:
    """Documents as ``tokens`` int32[n, length], cut or padded, and ``labels`` of the same shape: of every token the one
    behind it where that is asked for, else :data:`~course_utils.text.IGNORED`."""
    numbers = vocabulary().index
    tokens = np.full((len(found), length), PAD, np.int32)
    labels = np.full((len(found), length), IGNORED, np.int32)
    for row, asked, document in zip(tokens, labels, found):
        words = np.array([numbers(word) for word in document.words[: length + 1]], np.int32)
        row[: len(words)] = words[:length]
        behind = np.where(document.asked[1 : len(words)], words[1:], IGNORED)
        asked[: len(behind)] = behind
    return {"tokens": tokens, "labels": labels}
