"""What training does to a language model's own text: documents of the kinds that it was taught on, in which no picture stands."""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import numpy as np
from flax import nnx

from course_utils import runtime, training
from course_utils.losses import next_token
from course_utils.nn.lm import LanguageModel
from course_utils.world import corpus
from course_utils.world import scenes as S

COUNT = 256


def documents() -> dict[str, np.ndarray]:
    """Held-out documents of all kinds."""
    count = COUNT // 16 if runtime.is_fast() else COUNT
    return corpus.encode(corpus.documents(S.generator("test", 650), count, split="test"))


def reading(model: LanguageModel, tokens: jax.Array) -> jax.Array:
    """int32[B, T] → logits of what stands behind each token, float32[B, T, V]."""
    return model(tokens)


def measure(model: nnx.Module, read: Callable[[nnx.Module, jax.Array], jax.Array] = reading) -> dict[str, float]:
    """Nats a word of what is asked for in :func:`documents`, and the share of these words ranked first.

    ``read`` as :func:`reading`, for another kind of model; define it once, at module level.
    """
    of = documents()
    told = training.predict(model, _loss_of(read), of, size=len(of["tokens"]))
    return {"own text, nats": float(told["loss"][0]), "own text, right": float(told["right"][0])}


@functools.cache
def _loss_of(read: Callable) -> Callable:
    """One function for each way to read, so that its program is compiled once."""

    def loss(model: nnx.Module, batch):
        value, told = next_token(read(model, batch["tokens"]), batch["labels"])
        return {"loss": value[None], "right": told["accuracy"][None]}

    return loss
