"""Hard attention: one place at every word, drawn by its share, taught by REINFORCE (Xu et al., 2015, section 4.1)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flax import nnx

from course_utils.experiments.captioning import growing, writing
from course_utils.models import captioning

SAMPLES = 2  # draws of looks for each caption
STEPS = 1000
ENTROPY = 0.01


def train(*, seed: int = 0, steps: int = STEPS, surrogate: Callable = captioning.reinforce_surrogate, watch: Callable | None = None):
    """A "hard" captioner. ``surrogate``: another implementation, say a learner's."""
    model = captioning.Captioner(captioning.CaptionConfig(way="hard"), rngs=nnx.Rngs(seed))
    data, loss = writing.captioned(seed=seed), captioning.drawn_loss(surrogate, SAMPLES, ENTROPY)

    def chance(rng: np.random.Generator) -> dict[str, np.ndarray]:
        size = writing.BATCH * writing.runtime.preset().batch
        return {"chance": rng.random((size, SAMPLES, captioning.LONGEST)).astype(np.float32)}

    arrays = {"image": data.features, "tokens": data.tokens}
    writing.train(model, arrays, loss, steps=steps, seed=seed, more=chance, watch=watch)
    return model


def without_reward(log_words, log_places, baseline):
    """The control: looks are drawn, and never told whether they were good."""
    return -log_words.sum(-1).mean() + 0.0 * log_places.sum() + 0.0 * baseline.sum()


ARMS = {"hard": captioning.reinforce_surrogate, "hard, no reward": without_reward}


def run(seed: int) -> list[dict]:
    """Hard attention and its control: all scores, SPICE by things, and the pointing game."""
    rows, data = [], writing.test()
    for arm, surrogate in ARMS.items():
        model = train(seed=seed, surrogate=surrogate)
        written = writing.write(model, data.features)
        values = writing.scores(written, data)
        values |= {f"SPICE, {k}": spice for k, (spice, _) in writing.by_objects(written, data).items()}
        values |= {f"{name}, hits": found["hits"] for name, found in growing.pointing(model, data).items()}
        rows += [{"arm": arm, "measure": measure, "value": value} for measure, value in values.items()]
    return rows
