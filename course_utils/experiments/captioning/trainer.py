"""Captioners trained and made to write: what notebook 02's experiments share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import optax
from flax import nnx

from course_utils import decode, runtime, training
from course_utils.experiments.captioning import dataset
from course_utils.models import captioning

BATCH, LEARNING_RATE = 128, 1.2e-2
STEPS = 600


def train(
    model: nnx.Module,
    arrays: dict[str, np.ndarray],
    loss: Callable,
    *,
    steps: int,
    seed: int = 0,
    more: Callable[[np.random.Generator], dict[str, np.ndarray]] | None = None,
    watch: Callable | None = None,
    learning_rate: float = LEARNING_RATE,
    optimizer: optax.GradientTransformation = training.ADAMW,
) -> training.History:
    """Trains on rows of ``arrays`` (``image``, ``tokens``, … [n, ...]), in place. ``more(rng)`` adds arrays to each batch."""
    size = BATCH * runtime.preset().batch

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        row = rng.integers(len(arrays["tokens"]), size=size)
        return {name: array[row] for name, array in arrays.items()} | (more(rng) if more else {})

    return training.fit(
        model, loss, sample, steps=steps, learning_rate=learning_rate, optimizer=optimizer, seed=seed, watch=watch, progress=False
    )


LOSS = captioning.writing_loss()


def train_captioner(
    way: str,
    *,
    seed: int = 0,
    steps: int = STEPS,
    watch: Callable | None = None,
    attention: Callable | None = None,
    memory: Callable | None = None,
    loss: Callable | None = None,
    data: dataset.CaptionSet | None = None,
    **recipe: Any,
) -> captioning.Captioner:
    """A captioner of the grid, trained by :func:`train`, which gets ``recipe``.

    ``attention``, ``memory``, ``loss``: other implementations, say a learner's.
    """
    model = captioning.Captioner(captioning.CaptionConfig(way=way), rngs=nnx.Rngs(seed))
    if memory is not None:
        model.memory.function = memory
    if attention is not None and way == "attention":
        model.attention.function = attention
    data = data or dataset.draw(seed=seed)
    train(
        model,
        {"image": data.features, "tokens": data.tokens},
        LOSS if loss is None else loss,
        steps=steps,
        seed=seed,
        watch=watch,
        **recipe,
    )
    return model


def _greedy(model: captioning.Captioner, batch) -> decode.Written:
    state = model.start(batch["image"], batch.get("mask"))
    return decode.greedy(model.step, state, len(batch["image"]), begin=captioning.BEGIN, end=captioning.END, length=captioning.LONGEST)


def write(model: captioning.Captioner, image: np.ndarray, mask: np.ndarray | None = None, *, size: int = 256) -> list[str]:
    """The captions that a model writes, word by word, of features float32[n, N, F], ``size`` pictures at a time."""
    batch = {"image": image} | ({} if mask is None else {"mask": mask})
    return captioning.VOCAB.decode(training.predict(model, _greedy, batch, size=size).tokens)


def _attention_maps(model: captioning.Captioner, batch) -> jax.Array:
    return model(batch["image"], batch["tokens"])[1]["maps"]


def attention_maps(model: captioning.Captioner, image: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Where a model looked for each word of given captions: float32[n, T, N]."""
    return training.predict(model, _attention_maps, {"image": image, "tokens": tokens})
