"""The transformer block, pre-LN: normalise, mix, add; normalise, think, add."""

from __future__ import annotations

import functools

import jax
from flax import nnx

from course_utils.nn.attention import MultiHeadAttention
from course_utils.nn.linear import Linear
from course_utils.nn.norm import LayerNorm

gelu = functools.partial(jax.nn.gelu, approximate=False)  # the erf form; JAX's default is the tanh approximation


class MLP(nnx.Module):
    """Two layers with a gelu between; float32[..., D] → float32[..., D]."""

    def __init__(self, width: int, hidden: int, *, rngs: nnx.Rngs):
        self.up = Linear(width, hidden, rngs=rngs)
        self.down = Linear(hidden, width, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.down(gelu(self.up(x)))


class Block(nnx.Module):
    """x + attention(norm(x)), then x + MLP(norm(x)) (pre-LN: Xiong et al., 2020)."""

    def __init__(self, width: int, heads: int, hidden: int | None = None, *, rngs: nnx.Rngs):
        self.norm_attention = LayerNorm(width, rngs=rngs)
        self.attention = MultiHeadAttention(width, heads, rngs=rngs)
        self.norm_mlp = LayerNorm(width, rngs=rngs)
        self.mlp = MLP(width, hidden or 4 * width, rngs=rngs)

    def __call__(self, x: jax.Array, mask: jax.Array | None = None) -> tuple[jax.Array, jax.Array]:
        """float32[B, T, D], mask bool broadcast to [B, T, T] → float32[B, T, D], weights float32[B, H, T, T]."""
        y, weights = self.attention(self.norm_attention(x), mask=mask)
        x = x + y
        return x + self.mlp(self.norm_mlp(x)), weights


class Transformer(nnx.Module):
    """``depth`` blocks and a last normalisation."""

    def __init__(self, width: int, depth: int, heads: int, *, rngs: nnx.Rngs):
        self.blocks = nnx.data([Block(width, heads, rngs=rngs) for _ in range(depth)])
        self.norm = LayerNorm(width, rngs=rngs)

    def __call__(self, x: jax.Array, mask: jax.Array | None = None) -> tuple[jax.Array, dict[str, list[jax.Array]]]:
        """float32[B, T, D], mask bool broadcast to [B, T, T] → float32[B, T, D]; ``attention`` [B, H, T, T] a block."""
        attention = []
        for block in self.blocks:
            x, weights = block(x, mask)
            attention.append(weights)
        return self.norm(x), {"attention": attention}
