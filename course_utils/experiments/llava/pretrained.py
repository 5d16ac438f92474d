"""The LLaVA to talk to that notebook 07 ships: taught as those that it trains live, for longer, and captions along with the rest."""

from __future__ import annotations

import functools

import numpy as np
from flax import nnx

from course_utils.experiments.llava import arms, dataset, measures, trainer
from course_utils.models.llava.llava import Llava
from course_utils.nn import checkpoint

STEPS, ROUNDS = {1: 300, 2: 1100}, 8


class Taught(nnx.Module):
    """What training changed, and so what is shipped: the vision tower is the shared one."""

    def __init__(self, model: Llava):
        self.projector, self.lm = model.projector, model.lm


def train() -> Taught:
    """Both stages; captions are mixed into the second, and every picture has several conversations."""
    model, pool = trainer.stage_1(steps=STEPS[1]), dataset.pictures()
    data = arms.TRAINED[arms.CAPTIONED]["data"]
    rounds = [dataset.packed(pool, dataset.instructed(pool, seed, **data)) for seed in range(ROUNDS)]
    arrays = {name: np.concatenate([told[name] for told in rounds]) for name in rounds[0]}
    trainer.train(model, pool, arrays, 2, steps=STEPS[2])
    return Taught(model)


def measure(taught: Taught) -> dict[str, float]:
    """Questions and captions of test pictures."""
    model, test = trainer.untrained(), dataset.pictures(test=True)
    model.projector, model.lm = taught.projector, taught.lm
    return measures.vqa(measures.saying(model), test) | measures.captioned(measures.saying(model, longest=24), test)


@functools.cache
def shipped() -> Llava:
    """The shipped model. Raises FileNotFoundError or ValueError as ``checkpoint.load``."""
    model = trainer.untrained()
    checkpoint.load(Taught(model), "llava")
    return model
