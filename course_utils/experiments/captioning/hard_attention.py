"""Hard attention: one place at every word, drawn by its share, taught by REINFORCE (Xu et al., 2015, section 4.1).

It starts from a model that was taught with soft attention; from scratch it learned little in the same time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flax import nnx

from course_utils import runtime
from course_utils.arms import Arm
from course_utils.experiments.captioning import attention, dataset, measures, trainer
from course_utils.models import captioning

SAMPLES = 2  # draws of looks for each caption
STEPS, LEARNING_RATE = 400, 3e-3
ENTROPY = 0.005


def harden(soft: captioning.Captioner) -> captioning.Captioner:
    """The same parameters, in a model that looks at one place at a time."""
    model = captioning.Captioner(captioning.CaptionConfig(way="hard"), rngs=nnx.Rngs(0))
    nnx.update(model, nnx.state(soft, nnx.Param))
    return model


def train(
    soft: captioning.Captioner,
    *,
    seed: int = 0,
    steps: int = STEPS,
    surrogate: Callable = captioning.reinforce_surrogate,
    watch: Callable | None = None,
) -> captioning.Captioner:
    """A "hard" captioner that starts from a soft one. ``surrogate``: another implementation, say a learner's."""
    model = harden(soft)
    data, loss = dataset.draw(seed=seed), captioning.reinforce_loss(surrogate, SAMPLES, ENTROPY)

    def chance(rng: np.random.Generator) -> dict[str, np.ndarray]:
        size = trainer.BATCH * runtime.preset().batch
        return {"chance": rng.random((size, SAMPLES, captioning.LONGEST)).astype(np.float32)}

    trainer.train(
        model,
        {"image": data.features, "tokens": data.tokens},
        loss,
        steps=steps,
        seed=seed,
        more=chance,
        watch=watch,
        learning_rate=LEARNING_RATE,
    )
    return model


def without_reward(log_words, log_places, baseline):
    """The control: looks are drawn, and never told whether they were good."""
    return -log_words.sum(-1).mean() + 0.0 * log_places.sum() + 0.0 * baseline.sum()


ARMS = {"REINFORCE": captioning.reinforce_surrogate, "no reward": without_reward}


def run(seed: int) -> list[dict]:
    """The soft model made to look at one place, then taught to, with and without a reward: scores, SPICE by things, pointing."""
    rows, data, soft = [], dataset.test_set(), attention.soft_attention(seed)
    models = {"none": harden(soft)} | {how: train(soft, seed=seed, surrogate=f) for how, f in ARMS.items()}
    for how, model in models.items():
        written = trainer.write(model, data.features)
        values = measures.scores(written, data)
        values |= {f"SPICE, {k}": spice for k, (spice, _) in measures.by_objects(written, data).items()}
        values |= {f"{name}, hits": found["hits"] for name, found in attention.pointing(model, data).items()}
        rows += Arm(way="hard", training=how).rows(values)
    return rows
