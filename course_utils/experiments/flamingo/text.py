"""What the glue does to the language model's own text (:mod:`course_utils.experiments.own_text`)."""

from __future__ import annotations

import jax
import numpy as np

from course_utils.experiments import own_text as measured
from course_utils.models.flamingo import flamingo
from course_utils.nn.lm import LanguageModel


def beside_nothing(model: flamingo.Flamingo, tokens: jax.Array) -> jax.Array:
    """As :func:`course_utils.experiments.own_text.reading`, with an empty picture that no word sees."""
    return model(tokens, np.zeros((len(tokens), 1, 1, model.config.features), np.float32))


def own_text(model: flamingo.Flamingo | LanguageModel) -> dict[str, float]:
    """As :func:`course_utils.experiments.own_text.measure`."""
    return measured.measure(model, measured.reading if isinstance(model, LanguageModel) else beside_nothing)
