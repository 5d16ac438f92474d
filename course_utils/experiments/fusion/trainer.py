"""Models trained on questions about pictures, and their answers: what notebook 01's experiments share."""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np
from flax import nnx

from course_utils import runtime, training
from course_utils.experiments.fusion import dataset
from course_utils.models import fusion
from course_utils.towers import grid
from course_utils.world import scenes as S

LEARNING_RATE = 4e-3
BATCH = 128
IMAGE = fusion.FeatureConfig(tokens=S.CELLS, features=grid.FEATURES)


def config(meeting: fusion.PoolingConfig | fusion.StackConfig = fusion.StackConfig(), **parts) -> fusion.VQAConfig:
    """A model that sees the frozen features and meets the question's vector as ``meeting`` says."""
    return fusion.VQAConfig(**{"image": IMAGE, "fusion": meeting, **parts})


def train(
    model: nnx.Module,
    data: dataset.QuestionSet,
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


def scores(model: nnx.Module, data: dataset.QuestionSet, *, pictures: np.ndarray | None = None) -> np.ndarray:
    """Logits: float32[n, K] of a classifier, float32[n, 1, V] of a generator.

    ``pictures`` [n, ...]: what the model sees (default: the frozen features of the right pictures).
    """
    seen = data.features if pictures is None else pictures
    return training.predict(model, logits, {"image": seen, "tokens": data.tokens})


def answers(model: nnx.Module, data: dataset.QuestionSet, *, pictures: np.ndarray | None = None) -> np.ndarray:
    """The answers that a model gives: int[n], indices into ``ANSWERS``; -1 where a generator wrote no answer at all."""
    score = scores(model, data, pictures=pictures)
    return score.argmax(-1) if score.ndim == 2 else fusion.TOKEN_ANSWERS[score[:, 0].argmax(-1)]
