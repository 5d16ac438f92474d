"""Gated cross-attention: a frozen language model gets to see, a little at first (Alayrac et al., 2022)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from einops import rearrange
from flax import nnx

from course_utils.nn import init
from course_utils.nn.linear import Linear
from course_utils.nn.norm import LayerNorm
from course_utils.nn.perceiver import EPS, FeedForward, attend

SIGHTS = ("latest", "all")  # which of the pictures before it a token sees


def pictures_before(is_picture: jax.Array) -> jax.Array:
    """How many pictures stand at or before each token: bool[B, T] → int32[B, T], a cumulative sum."""
    return jnp.cumsum(is_picture.astype(jnp.int32), -1)


def media_mask(number: jax.Array, pictures: int, sight: str = "latest") -> jax.Array:
    """Which pictures each token sees: ``number`` int32[B, T] of :func:`pictures_before` → bool[B, T, I], I = ``pictures``.

    ``"latest"``: the last picture before it; ``"all"``: every one before it. A token before any picture sees none.

    Raises
    ------
    ValueError
        If ``sight`` is another.
    """
    if sight not in SIGHTS:
        raise ValueError(f"sight is {sight!r}; choose from {', '.join(SIGHTS)}.")
    theirs = 1 + jnp.arange(pictures)
    return number[..., None] == theirs if sight == "latest" else number[..., None] >= theirs


class GatedCrossAttention(nnx.Module):
    """x + tanh(α) · attention(x, pictures), then x + tanh(β) · think(x). α and β start at 0: at first x leaves as it came.

    ``gated=False``: without the two tanh, the control.
    """

    def __init__(self, width: int, source: int, heads: int, *, hidden: int | None = None, gated: bool = True, rngs: nnx.Rngs):
        if width % heads:
            raise ValueError(f"A width of {width} does not split into {heads} heads; choose a multiple.")
        self.heads = heads
        self.norm = LayerNorm(width, epsilon=EPS, rngs=rngs)
        self.query = Linear(width, width, use_bias=False, rngs=rngs)
        self.key_value = Linear(source, 2 * width, use_bias=False, rngs=rngs)
        self.out = Linear(width, width, use_bias=False, rngs=rngs)
        self.think = FeedForward(width, hidden, rngs=rngs)
        self.attention_gate = nnx.Param(init.zeros(rngs.params(), (1,))) if gated else None
        self.think_gate = nnx.Param(init.zeros(rngs.params(), (1,))) if gated else None

    def __call__(self, x: jax.Array, media: jax.Array, mask: jax.Array) -> tuple[jax.Array, jax.Array]:
        """x float32[B, T, D], media float32[B, I, M, S], mask bool[B, T, I] → x's shape, and weights float32[B, H, T, I, M].

        A token that sees no picture gets nothing from attention.
        """
        pictures, tokens = media.shape[1:3]
        k, v = jnp.split(self.key_value(rearrange(media, "b i m s -> b (i m) s")), 2, axis=-1)
        y, weights = attend(self.query(self.norm(x)), k, v, self.heads, jnp.repeat(mask, tokens, -1)[:, None])
        x = x + _opened(self.attention_gate) * self.out(y)
        x = x + _opened(self.think_gate) * self.think(x)
        return x, rearrange(weights, "b h t (i m) -> b h t i m", i=pictures)


def _opened(gate: nnx.Param | None) -> jax.Array | float:
    return 1.0 if gate is None else jnp.tanh(gate[...])
