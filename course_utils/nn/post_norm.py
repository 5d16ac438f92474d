"""The transformer block of BERT, post-LN: mix, add, normalise; think, add, normalise."""

from __future__ import annotations

from collections.abc import Callable

import jax
from flax import nnx

from course_utils.nn.attention import MultiHeadAttention
from course_utils.nn.norm import LayerNorm
from course_utils.nn.transformer import MLP

EPSILON = 1e-12  # of BERT's normalisations; Flax's own is 1e-6


class PostNormBlock(nnx.Module):
    """norm(x + attention(x)), then norm(x + MLP(x)) (Vaswani et al., 2017, section 3.1; BERT and what came from it).

    Looking at ``context`` instead of itself makes it a block of cross-attention. ``attention`` builds what looks:
    called as :class:`MultiHeadAttention`, which it is.
    """

    def __init__(self, width: int, heads: int, hidden: int | None = None, *, attention: Callable = MultiHeadAttention, rngs: nnx.Rngs):
        self.attention = attention(width, heads, rngs=rngs)
        self.norm_attention = LayerNorm(width, epsilon=EPSILON, rngs=rngs)
        self.mlp = MLP(width, hidden or 4 * width, rngs=rngs)
        self.norm_mlp = LayerNorm(width, epsilon=EPSILON, rngs=rngs)

    def __call__(self, x: jax.Array, mask: jax.Array | None = None, context: jax.Array | None = None) -> tuple[jax.Array, jax.Array]:
        """x float32[B, T, D], context float32[B, S, D] (``None``: x itself), mask bool broadcast to [B, T, S].

        Returns float32[B, T, D], and the weights float32[B, H, T, S].
        """
        y, weights = self.attention(x, context, mask)
        x = self.norm_attention(x + y)
        return self.norm_mlp(x + self.mlp(x)), weights
