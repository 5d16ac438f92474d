"""The model of notebook 01 that comes with the course: two looks at frozen features, trained by
``experiments.checkpoints`` on more balanced questions and for longer than a notebook can wait."""

from __future__ import annotations

from flax import nnx

from course_utils.experiments.fusion import trainer
from course_utils.models import fusion
from course_utils.nn import checkpoint


def untrained() -> fusion.VQAClassifier:
    """The model as it starts."""
    return fusion.VQAClassifier(trainer.config(), rngs=nnx.Rngs(0))


def two_looks() -> fusion.VQAClassifier:
    """The trained model. Raises FileNotFoundError or ValueError as ``checkpoint.load``."""
    model = untrained()
    checkpoint.load(model, "two_looks")
    return model
