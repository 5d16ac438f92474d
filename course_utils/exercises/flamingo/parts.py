"""What the resampler and the gated block are made of, in NumPy, and their parameters."""

import math

import numpy as np

from course_utils.exercises.arrays import masked_softmax, normal, softmax

_erf = np.vectorize(math.erf, otypes=[float])


def layer_norm(params, x):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * params["scale"] + params["bias"]


def feed_forward(params, x):
    hidden = layer_norm(params["norm"], x) @ params["W_up"]
    return hidden * (1 + _erf(hidden / math.sqrt(2))) / 2 @ params["W_down"]


def heads_of(x, heads):
    """float[B, T, H d] → float[B, H, T, d]."""
    return x.reshape(*x.shape[:2], heads, -1).swapaxes(1, 2)


def attend(q, k, v, heads, mask=None):
    """float[B, T, D] on float[B, S, D] → float[B, T, D], weights float[B, H, T, S]; mask bool[B, 1, T, S]."""
    q, k, v = (heads_of(a, heads) for a in (q, k, v))
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    weights = softmax(scores) if mask is None else masked_softmax(scores, np.broadcast_to(mask, scores.shape))
    y = (weights @ v).swapaxes(1, 2)
    return y.reshape(*y.shape[:2], -1), weights


def matrix(rng: np.random.Generator, rows: int, columns: int, sharp: float = 1.0) -> np.ndarray:
    """What it multiplies keeps about its spread, times ``sharp``."""
    return (sharp * rows**-0.5 * normal(rng, rows, columns)).astype(np.float32)


def norm_parameters(rng: np.random.Generator, width: int) -> dict[str, np.ndarray]:
    """Scales that are not 1 and biases that are not 0."""
    return {"scale": 1 + 0.4 * normal(rng, width), "bias": 0.5 * normal(rng, width)}


def thinking_parameters(rng: np.random.Generator, width: int) -> dict:
    """Of :func:`feed_forward`."""
    return {"norm": norm_parameters(rng, width), "W_up": matrix(rng, width, 2 * width), "W_down": matrix(rng, 2 * width, width)}
