"""Gated cross-attention: a frozen language model gets to see, a little at first (Alayrac et al., 2022)."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from einops import rearrange
from flax import nnx

from course_utils.nn import init
from course_utils.nn.linear import Linear
from course_utils.nn.norm import LayerNorm
from course_utils.nn.perceiver import EPS, FeedForward, Params, attend, feed_forward, layer_norm, norm_params

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


def by_number(mask: Callable) -> Callable:
    """:func:`media_mask` of a function that counts by itself: ``mask(is_picture, pictures, sight)``, bool[B, T] → bool[B, T, I].

    It is asked about one text, a token and then ``pictures`` pictures: what its n-th token sees is what any token of number n
    does. So it works where a text is continued, too, and need not be of JAX.
    """

    def numbered(number: jax.Array, pictures: int, sight: str = "latest") -> jax.Array:
        with jax.ensure_compile_time_eval():
            sees = jnp.asarray(mask(jnp.arange(pictures + 1)[None] > 0, pictures, sight))[0].astype(bool)
        return sees[jnp.minimum(number, pictures)]

    return numbered


def gated_cross_attention(params: Params, x: jax.Array, media: jax.Array, mask: jax.Array, heads: int) -> tuple[jax.Array, jax.Array]:
    """x + tanh(α) · attention(x, pictures), then x + tanh(β) · think(x). While α and β are 0, x leaves as it came.

    Parameters
    ----------
    params : ``norm`` (``scale``, ``bias``), ``W_q`` (D, D), ``W_kv`` (S, 2 D), keys first, ``W_o`` (D, D), ``think``, of
        :func:`course_utils.nn.perceiver.feed_forward`; ``alpha`` and ``beta``, the gates, shape (1,).
    x : float32[B, T, D]. media : float32[B, I, M, S], M tokens of each picture.
    mask : bool[B, T, I], which pictures each token sees. One that sees none gets nothing from attention.

    Returns
    -------
    x : float32[B, T, D]
    weights : float32[B, H, T, I, M]
    """
    pictures, tokens = media.shape[1:3]
    k, v = jnp.split(rearrange(media, "b i m s -> b (i m) s") @ params["W_kv"], 2, axis=-1)
    seen = jnp.repeat(mask, tokens, -1)[:, None]  # (B, 1, T, I M): a picture's tokens stand side by side
    y, weights = attend(layer_norm(params["norm"], x) @ params["W_q"], k, v, heads, seen)
    x = x + jnp.tanh(params["alpha"]) * (y @ params["W_o"])
    x = x + jnp.tanh(params["beta"]) * feed_forward(params["think"], x)
    return x, rearrange(weights, "b h t (i m) -> b h t i m", i=pictures)


class GatedCrossAttention(nnx.Module):
    """The block, computed by ``function``: :func:`gated_cross_attention`, or a learner's.

    α and β start at 0. ``gated=False``, the control: both are infinite and stay so, which leaves the two tanh out. Raises
    ValueError if the heads do not divide the width.
    """

    def __init__(
        self,
        width: int,
        source: int,
        heads: int,
        *,
        hidden: int | None = None,
        gated: bool = True,
        function: Callable | None = None,
        rngs: nnx.Rngs,
    ):
        if width % heads:
            raise ValueError(f"A width of {width} does not split into {heads} heads; choose a multiple.")
        self.heads, self.function = heads, function or gated_cross_attention
        self.norm = LayerNorm(width, epsilon=EPS, rngs=rngs)
        self.query = Linear(width, width, use_bias=False, rngs=rngs)
        self.key_value = Linear(source, 2 * width, use_bias=False, rngs=rngs)
        self.out = Linear(width, width, use_bias=False, rngs=rngs)
        self.think = FeedForward(width, hidden, rngs=rngs)
        self.alpha = nnx.Param(init.zeros(rngs.params(), (1,))) if gated else None
        self.beta = nnx.Param(init.zeros(rngs.params(), (1,))) if gated else None

    @property
    def params(self) -> Params:
        return {
            "norm": norm_params(self.norm),
            "W_q": self.query.kernel[...],
            "W_kv": self.key_value.kernel[...],
            "W_o": self.out.kernel[...],
            "think": self.think.params,
            "alpha": jnp.inf if self.alpha is None else self.alpha[...],
            "beta": jnp.inf if self.beta is None else self.beta[...],
        }

    def __call__(self, x: jax.Array, media: jax.Array, mask: jax.Array) -> tuple[jax.Array, jax.Array]:
        """As :func:`gated_cross_attention`."""
        return self.function(self.params, x, media, mask, self.heads)
