"""Attention with heads in NumPy, each of its steps to be exchanged, and random parameters for it."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import masked_softmax, normal


def attention_parameters(rng: np.random.Generator, d: int, d_context: int, heads: int) -> dict[str, np.ndarray]:
    """Scores of spread 2 or so, so that the softmax looks somewhere; biases that are not 0."""
    sharp = 1.5
    shapes = {"W_q": (d, d, sharp), "W_k": (d_context, d, sharp), "W_v": (d_context, d, 1), "W_o": (d, d, 1)}
    params = {name: (by * rows**-0.5 * normal(rng, rows, columns)).astype(np.float32) for name, (rows, columns, by) in shapes.items()}
    return params | {f"b_{letter}": (0.6 * normal(rng, d)).astype(np.float32) for letter in "qkvo"}


def split(x, heads):
    """float[B, T, H d] → float[B, H, T, d]; head h has the columns h d … (h + 1) d."""
    b, t, d = x.shape
    return x.reshape(b, t, heads, d // heads).transpose(0, 2, 1, 3)


def merge(x):
    """float[B, H, T, d] → float[B, T, H d]."""
    b, h, t, d = x.shape
    return x.transpose(0, 2, 1, 3).reshape(b, t, h * d)


def root_of_head(scores, d, heads):
    return scores / np.sqrt(d // heads)


def projected(params, x, letter):
    return x @ params[f"W_{letter}"] + params[f"b_{letter}"]


def weights_of(params, x, context, mask, heads, *, weigh=masked_softmax, scale=root_of_head, cut=split, project=projected):
    """Where every head looks, float[B, H, T, N]; the keywords exchange one step of it."""
    q, k = cut(project(params, x, "q"), heads), cut(project(params, context, "k"), heads)
    return weigh(scale(q @ k.swapaxes(-1, -2), x.shape[-1], heads), mask[:, None])


def seen_of(params, x, context, mask, heads, *, values=projected, put_back=merge, weights=None, cut=split):
    """What was seen before the last projection, float[B, T, D]."""
    weights = weights_of(params, x, context, mask, heads) if weights is None else weights
    return put_back(weights @ cut(values(params, context, "v"), heads))


def attend(params, x, context, mask, heads):
    """What every token saw, float[B, T, D], and where it looked, float[B, H, T, N]."""
    return projected(params, seen_of(params, x, context, mask, heads), "o"), weights_of(params, x, context, mask, heads)
