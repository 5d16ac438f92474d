"""The towers of notebook 03 that come with the course: taught by ``experiments.checkpoints`` in all three training styles."""

from __future__ import annotations

import functools

from flax import nnx

from course_utils.experiments.dual_encoder import measures, trainer
from course_utils.models import dual_encoder as dual
from course_utils.nn import checkpoint
from course_utils.world import emoji

STEPS = 2000


def untrained() -> dual.DualEncoder:
    """The model as it starts."""
    return dual.DualEncoder(trainer.config(), rngs=nnx.Rngs(0))


def train() -> dual.DualEncoder:
    """The model after its training, which takes about a minute and a half on two quiet cores."""
    return trainer.train(emoji.TRAINING_STYLES, steps=STEPS)


def measure(model: dual.DualEncoder) -> dict[str, float]:
    """R@1 from picture to name in the styles that it has not met."""
    return {f"{style} R@1": measures.retrieval_measures(model, style)["text R@1"] for style in emoji.HELD_OUT_STYLES}


@functools.cache
def emoji_towers() -> dual.DualEncoder:
    """The shipped model. Raises FileNotFoundError or ValueError as ``checkpoint.load``."""
    model = untrained()
    checkpoint.load(model, "emoji_towers")
    return model
