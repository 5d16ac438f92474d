"""Questions with a chosen answer: balanced pairs of scenes one edit apart, and a split with a language prior.

Scenes are built around the question, not found for it: first the text, then two of its possible answers, then a scene
in which the first is right and one object has the attribute (or the sign the word) that one edit turns into the second.
So the text says nothing about the answer, and no count of objects does either, since no edit changes it.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence

import numpy as np

from course_utils.errors import known
from course_utils.world import emoji
from course_utils.world.questions import construction
from course_utils.world.questions.construction import pick
from course_utils.world.questions.forms import ANSWERS, ARGUMENTS, COUNT, FORM_TYPE, FORMS, TYPES, Questions, all_questions, known_types
from course_utils.world.questions.oracle import asks, possible
from course_utils.world.scenes import HELD_OUT, SPLITS, Scenes


@dataclasses.dataclass(frozen=True, eq=False)
class Pairs:
    """B questions, each with two scenes one edit apart in which its answers differ.

    ``answer_a``, ``answer_b``: int16[B], indices into ``ANSWERS``.
    """

    a: Scenes
    b: Scenes
    questions: Questions
    answer_a: np.ndarray
    answer_b: np.ndarray

    def __len__(self) -> int:
        return len(self.questions)


@functools.cache
def _askable(split: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts that can have two answers in the split: their numbers, and where each form's begin and how many they are."""
    questions = all_questions()
    good = possible(questions, split).sum(1) >= 2
    kind, anchor = questions.argument("kind"), questions.argument("anchor_kind")
    good &= (kind < 0) | (kind != anchor)
    if split == "test":  # five of a kind must be able to show a held-out pair
        good &= ~asks(questions, "count") | (kind < 0) | HELD_OUT.any(1)[kind]
    numbers = np.flatnonzero(good)
    count = np.bincount(questions.form[numbers], minlength=len(FORMS))
    return numbers, np.cumsum(count) - count, count


def _texts(rng: np.random.Generator, n: int, types: str | Sequence[str], split: str) -> Questions:
    """Draw questions: types, then forms of a type, then texts of a form are equally likely."""
    wanted = known_types(types)
    forms = FORM_TYPE == wanted[rng.integers(len(wanted), size=n)][:, None]
    form = pick(rng, forms)
    numbers, start, count = _askable(split)
    return all_questions()[numbers[start[form] + (rng.random(n) * count[form]).astype(int)]]


def _other(rng: np.random.Generator, questions: Questions, answers: np.ndarray, split: str) -> np.ndarray:
    """Another possible answer; of a count n the one that makes the pair (0, 1), (2, 3) or (4, 5)."""
    allowed = possible(questions, split)
    allowed[np.arange(len(answers)), answers] = False
    paired = COUNT + ((answers - COUNT) ^ 1)
    return np.where(asks(questions, "count"), paired, pick(rng, allowed)).astype(np.int16)


def pairs(
    rng: np.random.Generator,
    n: int,
    types: str | Sequence[str] = TYPES,
    *,
    split: str = "train",
    styles: Sequence[str] = emoji.TRAINING_STYLES,
) -> Pairs:
    """Draw ``n`` balanced pairs.

    Parameters
    ----------
    types : question types, equally likely.
    split : as in ``scenes.sample``; in ``"test"`` both scenes show a held-out pair, on an object that is not edited.
    styles : art styles, equally likely.

    Raises ValueError if a type, split or style is unknown; the message gives the allowed values.
    """
    _check(n, split)
    questions = _texts(rng, n, types, split)
    answer_a = pick(rng, possible(questions, split)).astype(np.int16)
    answer_b = _other(rng, questions, answer_a, split)
    a, b = construction.build(rng, questions, answer_a, answer_b, split, styles)
    return Pairs(a, b, questions, answer_a, answer_b)


def _hash(x: np.ndarray) -> np.ndarray:
    """A hash of uint64 that is the same everywhere (the last steps of SplitMix64)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@functools.cache
def _favourites(split: str, flipped: bool) -> np.ndarray:
    """int16[texts]: the answer that the biased split favours for every text; flipped, the next one in the hash's order.

    Relations to two objects are some thousand texts, more than anyone meets often; they share a favourite if they begin
    alike, up to the second object, as questions that people ask do.
    """
    questions = all_questions()
    opening = questions.arguments.astype(np.int64) + 1
    relation = questions.type == TYPES.index("relation")
    for name in ("anchor_kind", "anchor_colour"):
        opening[relation, ARGUMENTS.index(name)] = 0
    key = questions.form.astype(np.uint64)
    for column in opening.T:
        key = _hash(key * np.uint64(64) + column.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15))
    score = _hash(key[:, None] + np.arange(len(ANSWERS), dtype=np.uint64)) >> np.uint64(12)
    order = np.argsort(np.where(possible(questions, split), -score.astype(np.int64), 1), axis=1, kind="stable")
    return order[:, int(flipped)].astype(np.int16)


def favourite(questions: Questions, *, split: str = "train", flipped: bool = False) -> np.ndarray:
    """The answer that :func:`biased` favours: int16[B]."""
    return _favourites(split, flipped)[questions.text_id]


def biased(
    rng: np.random.Generator,
    n: int,
    types: str | Sequence[str] = TYPES,
    *,
    strength: float = 0.85,
    flipped: bool = False,
    split: str = "train",
    styles: Sequence[str] = emoji.TRAINING_STYLES,
) -> tuple[Scenes, Questions, np.ndarray]:
    """Draw scenes with one question each, whose answer the text alone gives away most of the time.

    Every text has a favourite answer, found by a hash of its symbols. It is the right one with probability
    ``strength``; the other possible answers share the rest. ``flipped=True`` favours another answer just as strongly,
    so that the first favourite is rare: who learnt the prior now fails.

    Returns
    -------
    scenes, questions, answers int16[B]

    Raises ValueError if ``strength`` is no probability, or a type, split or style is unknown.
    """
    _check(n, split)
    if not 0 <= strength <= 1:
        raise ValueError(f"strength is {strength}; expected a probability between 0 and 1.")
    questions = _texts(rng, n, types, split)
    answers = favourite(questions, split=split, flipped=flipped)
    others = possible(questions, split)
    others[np.arange(n), answers] = False
    answers = np.where(rng.random(n) < strength, answers, pick(rng, others)).astype(np.int16)
    scenes, _ = construction.build(rng, questions, answers, _other(rng, questions, answers, split), split, styles)
    return scenes, questions, answers


def _check(n: int, split: str) -> None:
    if n < 0:
        raise ValueError(f"n is {n}; expected the number of questions to draw, 0 or more.")
    known("split", split, SPLITS)
