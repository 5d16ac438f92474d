"""Attention: a weighted mean of values, the weights from how well queries and keys agree (Vaswani et al., 2017)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from einops import rearrange
from flax import nnx

from course_utils.nn.linear import Linear


def masked_softmax(scores: jax.Array, mask: jax.Array | None = None) -> jax.Array:
    """Softmax over the last axis, over the places where ``mask`` (bool, broadcast) is True.

    A row without any such place becomes 0, not NaN.
    """
    if mask is None:
        return jax.nn.softmax(scores, axis=-1)
    lowest = jnp.finfo(scores.dtype).min
    return jnp.where(mask, jax.nn.softmax(jnp.where(mask, scores, lowest), axis=-1), 0.0)


class MultiHeadAttention(nnx.Module):
    """H heads of scaled dot-product attention, side by side in ``width`` dimensions.

    ``source``: width of what is attended to, if it is not that of the queries.
    """

    def __init__(self, width: int, heads: int, *, source: int | None = None, rngs: nnx.Rngs):
        if width % heads:
            raise ValueError(f"A width of {width} does not split into {heads} heads; choose a multiple.")
        self.heads = heads
        self.query = Linear(width, width, rngs=rngs)
        self.key = Linear(source or width, width, rngs=rngs)
        self.value = Linear(source or width, width, rngs=rngs)
        self.out = Linear(width, width, rngs=rngs)

    def __call__(self, x: jax.Array, context: jax.Array | None = None, mask: jax.Array | None = None) -> tuple[jax.Array, jax.Array]:
        """From tokens x to tokens of ``context`` (``None``: to x itself).

        Parameters
        ----------
        x : float32[B, T, D]
        context : float32[B, S, D_source]
        mask : bool, broadcast to [B, T, S], True = attend.

        Returns
        -------
        y : float32[B, T, D]
        weights : float32[B, H, T, S]
        """
        context = x if context is None else context
        q, k, v = (rearrange(a, "b t (h d) -> b h t d", h=self.heads) for a in (self.query(x), self.key(context), self.value(context)))
        scores = jnp.einsum("bhtd,bhsd->bhts", q, k) / q.shape[-1] ** 0.5
        weights = masked_softmax(scores, None if mask is None else mask[:, None])  # (B, H, T, S)
        y = jnp.einsum("bhts,bhsd->bhtd", weights, v)
        return self.out(rearrange(y, "b h t d -> b t (h d)")), weights
