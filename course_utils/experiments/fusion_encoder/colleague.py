"""A run that looks fine and is wrong: negatives that give themselves away, and the two ways to put it to the test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flax import nnx

from course_utils import runtime, training
from course_utils.experiments.fusion_encoder import binding, trainer
from course_utils.experiments.fusion_encoder.dataset import CaptionedScenes
from course_utils.models import fusion_encoder as fe
from course_utils.models.fusion_encoder import dual
from course_utils.models.fusion_encoder.encoder import matching_loss
from course_utils.text import PAD

STEPS = 200


def their_negatives(rng: np.random.Generator, tokens: np.ndarray) -> np.ndarray:
    """For every caption a very similar one that is wrong: two neighbouring words change places."""
    wrong = tokens.copy()
    for row in wrong:
        place = rng.integers(1, np.count_nonzero(row != PAD) - 1)
        row[place], row[place + 1] = row[place + 1], row[place]
    return wrong


def train(
    data: CaptionedScenes, teacher: dual.DualEncoder, *, seed: int = 0, steps: int = STEPS, watch: Callable | None = None
) -> fe.FusionEncoder:
    """The colleague's fusion encoder: pictures with their captions, and with :func:`their_negatives`."""
    model = trainer.untrained(seed=seed)
    trainer.align_tables(model, teacher)
    size = 2 * trainer.BATCH * runtime.preset().batch

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        row = rng.integers(len(data), size=size)
        tokens = np.concatenate([data.tokens[row], their_negatives(rng, data.tokens[row])])
        return {"image": np.tile(data.features[row], (2, 1, 1)), "tokens": tokens, "match": np.arange(2 * size) < size}

    training.fit(model, matching_loss, sample, steps=steps, learning_rate=trainer.LEARNING_RATE, seed=seed, watch=watch, progress=False)
    return model


def their_accuracy(model: nnx.Module, test: CaptionedScenes, *, another_picture: bool = False) -> float:
    """The share of right decisions on true captions and on :func:`their_negatives`, as the colleague tests."""
    pictures = np.roll(test.features, 1, 0) if another_picture else test.features
    wrong = their_negatives(np.random.default_rng(1), test.tokens)
    scores = [binding.logits(model, tokens, pictures) for tokens in (test.tokens, wrong)]
    return float(((scores[0] > 0).mean() + (scores[1] <= 0).mean()) / 2)
