"""What the checks compute with, in NumPy: random inputs, softmaxes, cosines."""

from collections.abc import Mapping

import numpy as np


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Standard normal numbers, float32[shape]."""
    return rng.normal(size=shape).astype(np.float32)


def parameters(rng: np.random.Generator, shapes: Mapping[str, tuple[int, ...]], *, spread: float, vectors: float) -> dict[str, np.ndarray]:
    """Normal parameters of these shapes, float32, drawn in their order.

    Those named b… and those with one axis have the standard deviation ``vectors``. The others have ``spread`` over the root
    of their first axis: what they multiply keeps about its spread, times ``spread``.
    """

    def deviation(name: str, shape: tuple[int, ...]) -> float:
        return vectors if name.startswith("b") or len(shape) == 1 else spread * shape[0] ** -0.5

    return {name: (rng.normal(size=shape) * deviation(name, shape)).astype(np.float32) for name, shape in shapes.items()}


def lengths(rng: np.random.Generator, rows: int, most: int) -> np.ndarray:
    """bool[rows, most], True up to a length of at least 2; the first row is full, the others are not."""
    length = np.r_[most, rng.integers(2, most, max(rows - 1, 0))]
    return np.arange(most) < length[:, None]


def softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


def log_softmax(x: np.ndarray, axis: int = -1) -> np.ndarray:
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def masked_softmax(scores: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Over the last axis, where ``mask`` is True; 0 elsewhere, and in rows without any True."""
    top = np.where(mask, scores, -1e30).max(-1, keepdims=True)
    e = np.where(mask, np.exp(np.minimum(scores - top, 0)), 0.0)
    total = e.sum(-1, keepdims=True)
    return e / np.where(total == 0, 1, total)


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def unit(x: np.ndarray, axis: int = -1) -> np.ndarray:
    """Vectors of length 1; NaN where ``x`` has length 0."""
    return x / np.linalg.norm(x, axis=axis, keepdims=True)


def cosines(a: np.ndarray, b: np.ndarray, axis: int = -1) -> np.ndarray:
    """float[A, D], float[B, D] → float[A, B]. ``axis`` is that of the lengths; only the last is right."""
    return unit(a, axis) @ unit(b, axis).T


def same(x: np.ndarray) -> np.ndarray:
    """What stands where a step is left out."""
    return x
