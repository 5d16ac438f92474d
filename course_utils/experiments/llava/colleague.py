"""A run that looks fine and is wrong: labels that were shifted already are shifted once more."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from course_utils.experiments.llava import dataset, measures, trainer
from course_utils.experiments.llava.dataset import Pool
from course_utils.models.llava.llava import Llava
from course_utils.text import IGNORED
from course_utils.training import History

STEPS = 100


def her_batch(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Each place predicts the token behind it: so the labels are the tokens, moved by one to the left."""
    labels = np.full_like(arrays["labels"], IGNORED)
    labels[:, :-1] = arrays["labels"][:, 1:]
    return arrays | {"labels": labels}


def train(model: Llava, pool: Pool, *, seed: int = 0, steps: int = STEPS, watch: Callable | None = None) -> History:
    """Stage 2 as the colleague runs it, in place."""
    arrays = her_batch(dataset.packed(pool, dataset.instructed(pool, seed)))
    return trainer.train(model, pool, arrays, 2, seed=seed, steps=steps, watch=watch)


def symptoms(model: Llava, history: History, pool: Pool) -> dict[str, float]:
    """Her loss and her accuracy at the end of training, and what her model answers."""
    texts, _, _ = measures.asked(pool)
    told = measures.vqa(measures.saying(model), pool)
    said = trainer.answers(model, pool.features, [f"{text} {measures.FORMATS['word'][0]}" for text in texts])
    last = {"loss": history.loss[-20:].mean(), "accuracy": history.metrics["accuracy"][-20:].mean()}
    return last | {"right": told["right"], "nothing said": np.mean([not given for given in said])}
