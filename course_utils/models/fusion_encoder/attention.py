"""Attention from one stream to another, as a function of its parameters: what a learner writes, and what models run.

``cross_attention(params, x, context, mask, heads)`` returns what every token of x has seen, float32[B, T, D], and where
it looked, float32[B, H, T, N]. ``params`` holds ``W_q`` (D, D), ``W_k``, ``W_v`` (D_context, D), ``W_o`` (D, D) and the
biases ``b_q``, ``b_k``, ``b_v``, ``b_o`` (D,).

``co_attention(params, x, y, x_there, y_there, heads)`` lets two streams look at each other at the same moment (ViLBERT).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from einops import rearrange
from flax import nnx

from course_utils.nn.attention import MultiHeadAttention, masked_softmax

Params = Mapping[str, jax.Array]
Attend = Callable[[Params, jax.Array, jax.Array, jax.Array, int], tuple[jax.Array, jax.Array]]
CoAttend = Callable[..., tuple[jax.Array, jax.Array]]
_LETTERS = {"query": "q", "key": "k", "value": "v", "out": "o"}


def cross_attention(params: Params, x: jax.Array, context: jax.Array, mask: jax.Array, heads: int) -> tuple[jax.Array, jax.Array]:
    """softmax(Q Kᵀ / √(D / H)) V in every head, over the places where the mask is True (Vaswani et al., 2017, 3.2).

    Parameters
    ----------
    x : float32[B, T, D], who looks. context : float32[B, N, D_context], what is looked at.
    mask : bool[B, T, N], True = attend. A row without any True looks at nothing: its weights are 0.
    """
    q = rearrange(x @ params["W_q"] + params["b_q"], "b t (h d) -> b h t d", h=heads)
    k = rearrange(context @ params["W_k"] + params["b_k"], "b n (h d) -> b h n d", h=heads)
    v = rearrange(context @ params["W_v"] + params["b_v"], "b n (h d) -> b h n d", h=heads)
    scores = jnp.einsum("bhtd,bhnd->bhtn", q, k) / q.shape[-1] ** 0.5
    weights = masked_softmax(scores, mask[:, None])  # (B, H, T, N)
    seen = rearrange(jnp.einsum("bhtn,bhnd->bhtd", weights, v), "b h t d -> b t (h d)")
    return seen @ params["W_o"] + params["b_o"], weights


def co_attention(
    params: Mapping[str, Params],
    x: jax.Array,
    y: jax.Array,
    x_there: jax.Array,
    y_there: jax.Array,
    heads: int,
    attend: Attend = cross_attention,
) -> tuple[jax.Array, jax.Array]:
    """Each stream's queries on the other's keys and values, both as they were before (ViLBERT, figure 2b).

    Parameters
    ----------
    params : ``{"x": …, "y": …}``, the parameters of what x sees of y, and of what y sees of x.
    x : float32[B, T, D], y : float32[B, N, D]
    x_there : bool[B, T], y_there : bool[B, N], False at padding.

    Returns
    -------
    x plus what it saw, y plus what it saw.
    """
    mask = x_there[:, :, None] & y_there[:, None, :]  # (B, T, N)
    seen_by_x, _ = attend(params["x"], x, y, mask, heads)
    seen_by_y, _ = attend(params["y"], y, x, mask.swapaxes(1, 2), heads)
    return x + seen_by_x, y + seen_by_y


class CrossAttention(MultiHeadAttention):
    """The course's attention, computed by ``function``: :func:`cross_attention`, or a learner's."""

    def __init__(self, width: int, heads: int, *, function: Attend | None = None, rngs: nnx.Rngs):
        super().__init__(width, heads, rngs=rngs)
        self.function = function or cross_attention

    @property
    def params(self) -> dict[str, jax.Array]:
        """As :func:`cross_attention` takes them."""
        layers = {letter: getattr(self, name) for name, letter in _LETTERS.items()}
        return {
            **{f"W_{letter}": layer.kernel[...] for letter, layer in layers.items()},
            **{f"b_{letter}": layer.bias[...] for letter, layer in layers.items()},
        }

    def __call__(self, x: jax.Array, context: jax.Array | None = None, mask: jax.Array | None = None) -> tuple[jax.Array, jax.Array]:
        """As :meth:`MultiHeadAttention.__call__`, the mask bool[B, T, S] or ``None``, which is True everywhere."""
        context = x if context is None else context
        if mask is None:
            mask = jnp.ones((len(x), x.shape[1], context.shape[1]), bool)
        return self.function(self.params, x, context, mask, self.heads)
