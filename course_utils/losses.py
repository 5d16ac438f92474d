"""Losses that several notebooks share: of pictures and texts against each other, and of the next token."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from course_utils.nn import init
from course_utils.text import IGNORED

LARGEST_SCALE = 100.0  # CLIP's clip: a cosine is multiplied by 100 at most


def unit(x: jax.Array) -> jax.Array:
    """Vectors of length 1: float[..., D] → float[..., D]. A vector of zeros stays one, with slopes of 0."""
    squared = jnp.sum(x * x, -1, keepdims=True)
    return x * jax.lax.rsqrt(jnp.maximum(squared, 1e-16))


def learned_scale(start: float) -> nnx.Param:
    """A log_scale that begins at ``start``; ``training.fit`` clips it to ln 100 after each step, as CLIP does, so that no pair can
    be made infinitely certain. (Clipped inside the loss it would have no slope above the limit, and stay there.)"""
    return nnx.Param(init.put(start), at_most=math.log(LARGEST_SCALE))


def similarity(image: jax.Array, text: jax.Array, log_scale: jax.Array) -> jax.Array:
    """Cosines of all pairs times exp(log_scale), the reciprocal of a temperature.

    float[B, D], float[B', D], of any lengths → float[B, B'], one row a picture.
    """
    return jnp.exp(log_scale) * unit(image) @ unit(text).T


def info_nce(image: jax.Array, text: jax.Array, log_scale: jax.Array) -> jax.Array:
    """CLIP's loss: which text belongs to this picture, which picture to this text (Radford et al., 2021, figure 3).

    Row i of ``image`` float[B, D] belongs to row i of ``text`` float[B, D]. Two softmax cross-entropies over one table of
    similarities, along its rows and along its columns, averaged. Returns a scalar: ln B for towers that know nothing.
    """
    logits = similarity(image, text, log_scale)
    right = jnp.arange(len(logits))
    rows = optax.softmax_cross_entropy_with_integer_labels(logits, right)
    columns = optax.softmax_cross_entropy_with_integer_labels(logits.T, right)
    return (rows.mean() + columns.mean()) / 2


def siglip(image: jax.Array, text: jax.Array, log_scale: jax.Array, bias: jax.Array) -> jax.Array:
    """SigLIP's loss: for every pair by itself, does it belong together? (Zhai et al., 2023, algorithm 1.)

    −log sigmoid(±(scale · cosine + bias)), + for the B pairs of the diagonal, − for all others; the sum over all B² pairs
    is divided by **B**. Arguments as of :func:`info_nce`; returns a scalar.
    """
    logits = similarity(image, text, log_scale) + bias
    signs = 2 * jnp.eye(len(logits)) - 1
    return -jax.nn.log_sigmoid(signs * logits).sum() / len(logits)


def next_token(logits: jax.Array, labels: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
    """The mean cross-entropy of the tokens that are asked for, and the share of them that is ranked first (``accuracy``).

    ``logits`` float32[B, T, V] behind each token, ``labels`` int32[B, T], the token that follows, :data:`IGNORED` where
    nobody asks. Without any that is asked for, the loss is 0.
    """
    asked = labels != IGNORED
    count = jnp.maximum(asked.sum(), 1)
    entropy = optax.softmax_cross_entropy_with_integer_labels(logits, jnp.where(asked, labels, 0))
    right = logits.argmax(-1) == labels
    return jnp.where(asked, entropy, 0.0).sum() / count, {"accuracy": (right & asked).sum() / count}
