"""A run that looks fine and is wrong, and the two ways to put it to the test."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from course_utils import training
from course_utils.experiments.fusion import architectures, dataset, trainer
from course_utils.models import fusion
from course_utils.models.fusion.vqa import AnswerDecoder
from course_utils.nn.masks import attention_mask

STEPS = 200


class ColleaguesDecoder(AnswerDecoder):
    """The decoder as the colleague wrote it."""

    def __call__(self, fused: jax.Array, answer: jax.Array):
        x = self.positions(jnp.concatenate([fused[:, None], self.words(answer)], 1))  # (B, 1 + L, D)
        # causal: each place sees itself and what stands before it
        mask = attention_mask(jnp.ones(x.shape[:2], bool), jnp.ones(x.shape[1], int))
        x, aux = self.transformer(x, mask)
        return self.unembed(x[:, 1:]), aux


def train(*, seed: int = 0, steps: int = STEPS, watch: Callable | None = None) -> fusion.VQAGenerator:
    """The colleague's generator, taught as ours is."""
    config = trainer.config()
    model = fusion.VQAGenerator(config, rngs=nnx.Rngs(seed))
    model.decoder = ColleaguesDecoder(config.question.width, depth=config.depth, heads=config.heads, rngs=nnx.Rngs(seed))
    trainer.train(model, architectures.training_set(seed), fusion.writing_loss, steps=steps, seed=seed, watch=watch)
    return model


def _logits_as_in_training(model, batch) -> jax.Array:
    return model(batch["image"], batch["tokens"], batch["answer"])[0]


def their_accuracy(model: fusion.VQAGenerator, data: dataset.QuestionSet, *, pictures: np.ndarray | None = None) -> float:
    """The share of right words as the colleague measures it: with the batch of the training loss, on a test set.

    ``pictures`` as in :func:`trainer.answers`.
    """
    wanted = fusion.ANSWER_TOKENS[data.answer][:, None]
    batch = {"image": data.features if pictures is None else pictures, "tokens": data.tokens, "answer": wanted}
    written = training.predict(model, _logits_as_in_training, batch).argmax(-1)
    return float((written == wanted).mean())
