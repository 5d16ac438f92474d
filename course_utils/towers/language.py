"""The frozen language model that later notebooks share: it read the world's texts (:mod:`course_utils.world.corpus`), and
never saw a picture."""

from __future__ import annotations

import functools

import jax
from flax import nnx

from course_utils.losses import next_token
from course_utils.nn import checkpoint
from course_utils.nn.lm import LanguageModel, LMConfig
from course_utils.world.corpus import vocabulary


def untrained(seed: int = 0) -> LanguageModel:
    """The same model before it read anything."""
    return LanguageModel(LMConfig(len(vocabulary()), width=128, depth=4, hidden=320), rngs=nnx.Rngs(seed))


def reading_loss(model: LanguageModel, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Cross-entropy of what is asked for; batches of ``corpus.encode``."""
    return next_token(model(batch["tokens"]), batch["labels"])


@functools.cache
def frozen_language_model() -> LanguageModel:
    """The shipped model. Raises FileNotFoundError or ValueError as ``checkpoint.load``."""
    model = untrained()
    checkpoint.load(model, "language_model")
    return model
