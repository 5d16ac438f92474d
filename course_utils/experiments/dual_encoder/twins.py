"""One scene and its twin with the colours exchanged, against both captions."""

from __future__ import annotations

import numpy as np

from course_utils import training
from course_utils.experiments.dual_encoder import binding
from course_utils.models import dual_encoder as dual


def cosines(model: dual.DualEncoder, test: binding.Pairs, i: int) -> np.ndarray:
    """Cosines of the i-th scene and its twin (rows) with their own captions (columns): float32[2, 2]."""
    features = np.stack([test.features[i], test.swapped_features[i]])
    texts = binding.tokens([test.own[i], test.wrong["colours swapped"][i]])
    seen = training.predict(model, dual.image_vectors, {"image": features})
    return seen @ training.predict(model, dual.text_vectors, {"tokens": texts}).T
