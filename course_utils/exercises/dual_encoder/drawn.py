"""What the exercises of notebook 03 draw and compute alike: embeddings, tables of cosines, softmaxes, in NumPy."""

from __future__ import annotations

import numpy as np


def pair(rng: np.random.Generator, count: int, width: int, *, alike: float = 1.0) -> list[np.ndarray]:
    """Embeddings of pictures and of their texts, float32[count, width] each, of very different lengths.

    ``alike``: how much a text points where its picture does.
    """
    image = rng.normal(size=(count, width))
    text = alike * image + rng.normal(size=(count, width))
    return [(x * rng.uniform(0.3, 4, (count, 1))).astype(np.float32) for x in (image, text)]


def unit(x: np.ndarray, axis: int = -1) -> np.ndarray:
    return x / np.linalg.norm(x, axis=axis, keepdims=True)


def cosines(image: np.ndarray, text: np.ndarray) -> np.ndarray:
    """float[B, B'], one row a picture."""
    return unit(image) @ unit(text).T


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))
