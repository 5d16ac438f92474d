"""A run that looks fine and is wrong, and the ways to put it to the test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flax import nnx

from course_utils import training
from course_utils.experiments.captioning import dataset, trainer
from course_utils.models import captioning
from course_utils.models.captioning import words

STEPS = 200


def colleagues_loss(logits, tokens, mask):
    """The loss as the colleague wrote it."""
    log_p = captioning.log_probs_of(logits, tokens)  # (B, T)
    return -log_p.mean()


_LOSS = captioning.writing_loss(colleagues_loss)


def train(way: str = "uniform", *, seed: int = 0, steps: int = STEPS, watch: Callable | None = None) -> captioning.Captioner:
    """The colleague's captioner."""
    return trainer.train_captioner(way, seed=seed, steps=steps, loss=_LOSS, watch=watch)


def _likeliest(model: nnx.Module, batch):
    return model(batch["image"], batch["tokens"])[0].argmax(-1)


def their_accuracy(model: captioning.Captioner, data: dataset.CaptionSet) -> float:
    """The share of right tokens as the colleague measures it."""
    guessed = training.predict(model, _likeliest, {"image": data.features, "tokens": data.tokens})
    return float(np.mean(guessed == data.tokens))


def accuracy_of(model: captioning.Captioner, data: dataset.CaptionSet, names: tuple[str, ...]) -> float:
    """The same, of words of some classes alone ("kind", "colour", …)."""
    guessed = training.predict(model, _likeliest, {"image": data.features, "tokens": data.tokens})
    classes = [captioning.CLASSES.index(name) for name in names]
    counts = np.isin(words.WORD_CLASS[data.tokens], classes) & (data.tokens != captioning.PAD)
    return float(np.mean((guessed == data.tokens)[counts]))
