"""Questions about pictures as data sets, and models trained and tested on them: what notebook 01's experiments share.

Pictures are seen through the frozen tower (``towers.grid``), once, before anything is trained: 64 numbers for each
of nine places. So a step of training takes milliseconds, and nothing but question answering is learned.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence

import jax
import numpy as np
from flax import nnx

from course_utils import runtime, training
from course_utils.metrics import vqa as metric
from course_utils.models import fusion
from course_utils.towers import grid
from course_utils.world import questions as Q
from course_utils.world import scenes as S
from course_utils.world.questions import LONGEST

KINDS_OF_SET = ("biased", "flipped", "balanced")
LEARNING_RATE = 4e-3
BATCH = 128
_FEW = 256
IMAGE = fusion.FeatureConfig(tokens=S.CELLS, features=grid.FEATURES)


@dataclasses.dataclass(frozen=True, eq=False)
class Asked:
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


def asked(kind: str, n: int, seed: int = 0, *, test: bool = False, types: str | tuple[str, ...] = Q.TYPES) -> Asked:
    """Draws ``n`` questions with their pictures, once; few of them under ``COURSE_FAST=1``.

    Parameters
    ----------
    kind : "biased" (the text alone suggests an answer that is right 85 times in 100), "flipped" (it suggests a wrong
        one), or "balanced" (every question twice, with two pictures and two answers; ``n`` is even).
    test : scenes that no training set of any seed shows.

    Raises
    ------
    ValueError
        If there is no such kind of set, or a balanced one has an odd ``n``.
    """
    return _asked(kind, min(n, _FEW) if runtime.is_fast() else n, seed, test, types)


@functools.lru_cache(maxsize=12)
def _asked(kind: str, n: int, seed: int, test: bool, types: str | tuple[str, ...]) -> Asked:
    rng = S.generator("test" if test else "train", seed)
    if kind == "balanced":
        if n % 2:
            raise ValueError(f"n is {n}; a balanced set has two pictures for each question, so give an even number.")
        pairs = Q.pairs(rng, n // 2, types)
        scenes = S.concatenate([pairs.a, pairs.b])
        questions = pairs.questions[np.tile(np.arange(n // 2), 2)]
        answer = np.concatenate([pairs.answer_a, pairs.answer_b])
    elif kind in KINDS_OF_SET:
        scenes, questions, answer = Q.biased(rng, n, types, flipped=kind == "flipped")
    else:
        raise ValueError(f"There is no set {kind!r}. Choose from: {', '.join(KINDS_OF_SET)}.")
    return Asked(
        scenes,
        questions,
        answer.astype(np.int32),
        Q.annotate(rng, questions, answer),
        grid.scene_features(scenes),
        questions.tokens(LONGEST),
    )


def forget() -> None:
    """Lets go of all sets that were drawn: they are large."""
    _asked.cache_clear()


def config(meeting: fusion.PoolingConfig | fusion.StackConfig = fusion.StackConfig(), **parts) -> fusion.VQAConfig:
    """A model that sees the frozen features and meets the question's vector as ``meeting`` says."""
    return fusion.VQAConfig(**{"image": IMAGE, "fusion": meeting, **parts})


def train(
    model: nnx.Module,
    data: Asked,
    loss: Callable = fusion.sigmoid_loss,
    *,
    steps: int,
    seed: int = 0,
    targets: np.ndarray | None = None,
    pictures: np.ndarray | None = None,
    more: dict[str, np.ndarray] | None = None,
    watch: Callable | None = None,
) -> training.History:
    """Trains a classifier or generator on ``data``, in place.

    Parameters
    ----------
    targets : float32[n, K], soft scores of another vocabulary (default: those of all 72 answers).
    pictures : [n, ...], what the model sees of them (default: the frozen features).
    more : arrays [n, ...] that this loss needs in a batch besides.
    """
    arrays = {"image": data.features if pictures is None else pictures, "tokens": data.tokens, **(more or {})}
    if loss is fusion.sigmoid_loss:
        arrays["targets"] = data.targets if targets is None else np.asarray(targets, np.float32)
    else:
        arrays["answer"] = data.answer
    size = BATCH * runtime.preset().batch

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        row = rng.integers(len(data), size=size)
        return {name: array[row] for name, array in arrays.items()}

    return training.fit(model, loss, sample, steps=steps, learning_rate=LEARNING_RATE, seed=seed, watch=watch, progress=False)


def logits(model, batch) -> jax.Array:
    return model(batch["image"], batch["tokens"])[0]


def scores(model: nnx.Module, data: Asked, *, pictures: np.ndarray | None = None) -> np.ndarray:
    """Logits: float32[n, K] of a classifier, float32[n, 1, V] of a generator.

    ``pictures`` [n, ...]: what the model sees (default: the frozen features of the right pictures).
    """
    seen = data.features if pictures is None else pictures
    return training.predict(model, logits, {"image": seen, "tokens": data.tokens})


def answers(model: nnx.Module, data: Asked, *, pictures: np.ndarray | None = None) -> np.ndarray:
    """The answers that a model gives: int[n], indices into ``ANSWERS``; -1 where a generator wrote no answer at all."""
    score = scores(model, data, pictures=pictures)
    return score.argmax(-1) if score.ndim == 2 else fusion.TOKEN_ANSWERS[score[:, 0].argmax(-1)]


def right(given: np.ndarray, data: Asked) -> float:
    """The share of answers int[n] that are right."""
    return float((given == data.answer).mean())


def accuracy(given: np.ndarray, data: Asked) -> float:
    """The mean VQA accuracy of answers int[n]."""
    votes = (data.given == np.asarray(given)[:, None]).sum(1)
    return float(metric.agreement(votes).mean())


def by_type(given: np.ndarray, data: Asked) -> dict[str, float]:
    """The share of right answers for each question type that was asked, in the order of ``TYPES``."""
    means = metric.by_type(given == data.answer, [Q.TYPES[t] for t in data.questions.type])
    return {name: means[name][0] for name in Q.TYPES if name in means}


def another_picture(data: Asked) -> np.ndarray:
    """For every question the picture of another one: float32[n, 9, 64]."""
    order = np.random.default_rng(11).permutation(len(data))
    other = np.empty_like(order)
    other[order] = np.roll(order, 1)
    return data.features[other]


def commonest_answer(taught: Asked, data: Asked) -> np.ndarray:
    """What a lookup table answers: for each text the commonest answer in training, int[n].

    Texts that training did not show get the commonest answer of their form.
    """
    k = len(Q.ANSWERS)
    of_form = _commonest(taught.questions.form, taught.answer, k)
    of_text = _commonest(taught.questions.text_id, taught.answer, k)
    overall = np.bincount(taught.answer).argmax()
    pairs: Sequence[tuple[int, int]] = list(zip(data.questions.text_id.tolist(), data.questions.form.tolist()))
    return np.array([of_text.get(text, of_form.get(form, overall)) for text, form in pairs])


def _commonest(key: np.ndarray, answer: np.ndarray, k: int) -> dict[int, int]:
    joint, count = np.unique(key.astype(np.int64) * k + answer, return_counts=True)
    order = np.argsort(count, kind="stable")  # the commonest comes last and stays
    return {int(j // k): int(j % k) for j in joint[order]}
