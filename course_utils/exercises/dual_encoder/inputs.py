"""Random embeddings for the losses of notebook 03."""

import numpy as np


def pair(rng: np.random.Generator, count: int, width: int, *, alike: float = 1.0) -> list[np.ndarray]:
    """Embeddings of pictures and of their texts, float32[count, width] each, of very different lengths.

    ``alike``: how much a text points where its picture does.
    """
    image = rng.normal(size=(count, width))
    text = alike * image + rng.normal(size=(count, width))
    return [(x * rng.uniform(0.3, 4, (count, 1))).astype(np.float32) for x in (image, text)]
