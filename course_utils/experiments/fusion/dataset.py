"""Questions about pictures as data sets: what notebook 01's experiments train and test on.

Pictures are seen through the frozen tower (``towers.grid``), once, before anything is trained: 64 numbers for each
of nine places. So a step of training takes milliseconds, and nothing but question answering is learned.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from course_utils import runtime
from course_utils.errors import known
from course_utils.metrics import vqa as metric
from course_utils.towers import grid
from course_utils.world import questions as Q
from course_utils.world import scenes as S
from course_utils.world.questions import LONGEST

KINDS = ("biased", "flipped", "balanced")
_FEW = 256


@dataclasses.dataclass(frozen=True, eq=False)
class QuestionSet:
    """n questions, each about a picture of its own.

    Attributes
    ----------
    scenes, questions : batches of n.
    answer : int32[n], the right answers, indices into ``ANSWERS``.
    given : int16[n, 10], what ten annotators answered.
    features : float32[n, 9, 64], the pictures as the frozen tower sees them.
    tokens : int32[n, 14]
    """

    scenes: S.Scenes
    questions: Q.Questions
    answer: np.ndarray
    given: np.ndarray
    features: np.ndarray
    tokens: np.ndarray

    def __len__(self) -> int:
        return len(self.answer)

    @property
    def targets(self) -> np.ndarray:
        """Soft scores of all answers: float32[n, 72], the accuracy that each would get."""
        votes = (self.given[:, :, None] == np.arange(len(Q.ANSWERS))).sum(1)
        return metric.agreement(votes).astype(np.float32)


def draw(kind: str, n: int, seed: int = 0, *, test: bool = False, types: str | tuple[str, ...] = Q.TYPES) -> QuestionSet:
    """Draws ``n`` questions with their pictures, once; few of them under ``COURSE_FAST=1``.

    Parameters
    ----------
    kind : "biased" (the text alone suggests an answer that is right 85 times in 100), "flipped" (it suggests a wrong
        one), or "balanced" (every question twice, with two pictures and two answers; ``n`` is even).
    test : scenes that no training set of any seed shows.

    Raises ValueError if there is no such kind of set, or a balanced one has an odd ``n``.
    """
    return _draw(kind, min(n, _FEW) if runtime.is_fast() else n, seed, test, types)


@functools.lru_cache(maxsize=12)
def _draw(kind: str, n: int, seed: int, test: bool, types: str | tuple[str, ...]) -> QuestionSet:
    known("set", kind, KINDS)
    rng = S.generator("test" if test else "train", seed)
    if kind == "balanced":
        if n % 2:
            raise ValueError(f"n is {n}; a balanced set has two pictures for each question, so give an even number.")
        pairs = Q.pairs(rng, n // 2, types)
        scenes = S.concatenate([pairs.a, pairs.b])
        questions = pairs.questions[np.tile(np.arange(n // 2), 2)]
        answer = np.concatenate([pairs.answer_a, pairs.answer_b])
    else:
        scenes, questions, answer = Q.biased(rng, n, types, flipped=kind == "flipped")
    return QuestionSet(
        scenes,
        questions,
        answer.astype(np.int32),
        Q.annotate(rng, questions, answer),
        grid.scene_features(scenes),
        questions.tokens(LONGEST),
    )


def clear() -> None:
    """Lets go of all sets that were drawn: they are large."""
    _draw.cache_clear()


def another_picture(data: QuestionSet) -> np.ndarray:
    """For every question the picture of another one: float32[n, 9, 64]."""
    order = np.random.default_rng(11).permutation(len(data))
    other = np.empty_like(order)
    other[order] = np.roll(order, 1)
    return data.features[other]
