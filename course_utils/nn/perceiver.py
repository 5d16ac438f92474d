"""The Perceiver Resampler: any number of picture features become a fixed, small number of tokens (Alayrac et al., 2022).

After the public OpenFlamingo: normalisations before everything, linear maps without biases, keys and values in one map.
What a learner writes stands here as functions of their parameters; the layers run them, or a learner's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from einops import rearrange
from flax import nnx

from course_utils.nn import init
from course_utils.nn.attention import masked_softmax
from course_utils.nn.linear import Linear
from course_utils.nn.norm import LayerNorm
from course_utils.nn.transformer import gelu

EPS = 1e-5  # of PyTorch's normalisations
Params = Mapping[str, Any]


def layer_norm(params: Params, x: jax.Array) -> jax.Array:
    """Mean 0 and variance 1 along the last axis, times ``scale``, plus ``bias``; float32[..., D] → the same shape."""
    centred = x - x.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt((centred**2).mean(-1, keepdims=True) + EPS) * params["scale"] + params["bias"]


def feed_forward(params: Params, x: jax.Array) -> jax.Array:
    """Normalise (``norm``), widen (``W_up``), gelu, narrow (``W_down``); float32[..., D] → the same shape."""
    return gelu(layer_norm(params["norm"], x) @ params["W_up"]) @ params["W_down"]


def attend(q: jax.Array, k: jax.Array, v: jax.Array, heads: int, mask: jax.Array | None = None) -> tuple[jax.Array, jax.Array]:
    """Scaled dot-product attention in ``heads`` parts: float32[..., T, D] on [..., S, D] twice → float32[..., T, D] and the
    weights float32[..., H, T, S]. ``mask``: bool, broadcast to [..., 1, T, S]; a row without True becomes 0."""
    q, k, v = (rearrange(a, "... t (h d) -> ... h t d", h=heads) for a in (q, k, v))
    scores = jnp.einsum("...td,...sd->...ts", q, k) / q.shape[-1] ** 0.5
    weights = masked_softmax(scores, mask)
    return rearrange(jnp.einsum("...ts,...sd->...td", weights, v), "... h t d -> ... t (h d)"), weights


def resampler_layer(params: Params, latents: jax.Array, media: jax.Array, heads: int) -> tuple[jax.Array, jax.Array]:
    """Latents look at the features *and at themselves*, then think; both are added to them.

    Parameters
    ----------
    params : ``norm_media`` and ``norm_latents`` (``scale``, ``bias``), ``W_q`` (D, D), ``W_kv`` (D, 2 D), keys first,
        ``W_o`` (D, D); ``think``, of :func:`feed_forward`.
    latents : float32[..., M, D]. media : float32[..., N, D]

    Returns
    -------
    latents : float32[..., M, D]
    weights : float32[..., H, M, N + M], the features first
    """
    z = layer_norm(params["norm_latents"], latents)
    seen = jnp.concatenate([layer_norm(params["norm_media"], media), z], -2)  # (..., N + M, D)
    k, v = jnp.split(seen @ params["W_kv"], 2, axis=-1)
    y, weights = attend(z @ params["W_q"], k, v, heads)
    latents = latents + y @ params["W_o"]
    return latents + feed_forward(params["think"], latents), weights


def film_features(features: jax.Array, times: jax.Array) -> jax.Array:
    """The frames of a film one behind the other, each marked by a vector that says when: float32[..., F, N, D] → [..., F N, D].

    ``times`` float32[F or more, D]: frame f has row f.
    """
    return rearrange(features + times[: features.shape[-3], None], "... f n d -> ... (f n) d")


class FeedForward(nnx.Module):
    """The parameters of :func:`feed_forward`."""

    def __init__(self, width: int, hidden: int | None = None, *, rngs: nnx.Rngs):
        self.norm = LayerNorm(width, epsilon=EPS, rngs=rngs)
        self.up = Linear(width, hidden or 4 * width, use_bias=False, rngs=rngs)
        self.down = Linear(hidden or 4 * width, width, use_bias=False, rngs=rngs)

    @property
    def params(self) -> Params:
        return {"norm": norm_params(self.norm), "W_up": self.up.kernel[...], "W_down": self.down.kernel[...]}


def norm_params(norm: LayerNorm) -> Params:
    """As :func:`layer_norm` takes them."""
    return {"scale": norm.scale[...], "bias": norm.bias[...]}


class PerceiverLayer(nnx.Module):
    """One layer, computed by ``function``: :func:`resampler_layer`, or a learner's."""

    def __init__(self, width: int, heads: int, *, function: Callable | None = None, rngs: nnx.Rngs):
        self.heads, self.function = heads, function or resampler_layer
        self.norm_media = LayerNorm(width, epsilon=EPS, rngs=rngs)
        self.norm_latents = LayerNorm(width, epsilon=EPS, rngs=rngs)
        self.query = Linear(width, width, use_bias=False, rngs=rngs)
        self.key_value = Linear(width, 2 * width, use_bias=False, rngs=rngs)
        self.out = Linear(width, width, use_bias=False, rngs=rngs)
        self.think = FeedForward(width, rngs=rngs)

    @property
    def params(self) -> Params:
        return {
            "norm_media": norm_params(self.norm_media),
            "norm_latents": norm_params(self.norm_latents),
            "W_q": self.query.kernel[...],
            "W_kv": self.key_value.kernel[...],
            "W_o": self.out.kernel[...],
            "think": self.think.params,
        }

    def __call__(self, latents: jax.Array, media: jax.Array) -> tuple[jax.Array, jax.Array]:
        """As :func:`resampler_layer`. A function sees one axis of pictures, whatever axes they have here."""
        flat = (a.reshape(-1, *a.shape[-2:]) for a in (latents, media))
        found = self.function(self.params, *flat, self.heads)
        return tuple(a.reshape(*latents.shape[:-2], *a.shape[1:]) for a in found)


class PerceiverResampler(nnx.Module):
    """``latents`` learned vectors read a picture in ``depth`` layers; with ``frames`` a film, each frame marked by a vector.

    ``function``: what computes a layer, see :class:`PerceiverLayer`; ``film``: what makes features of a film,
    :func:`film_features` or a learner's. Raises ValueError if the heads do not divide the width.
    """

    def __init__(
        self,
        width: int,
        latents: int,
        depth: int,
        heads: int,
        *,
        frames: int | None = None,
        function: Callable | None = None,
        film: Callable = film_features,
        rngs: nnx.Rngs,
    ):
        if width % heads:
            raise ValueError(f"A width of {width} does not split into {heads} heads; choose a multiple.")
        self.film = film
        self.latents = nnx.Param(init.normal(1.0)(rngs.params(), (latents, width)))
        self.frames = nnx.Param(init.normal(1.0)(rngs.params(), (frames, width))) if frames else None
        self.layers = nnx.data([PerceiverLayer(width, heads, function=function, rngs=rngs) for _ in range(depth)])
        self.norm = LayerNorm(width, epsilon=EPS, rngs=rngs)

    def __call__(self, features: jax.Array) -> tuple[jax.Array, list[jax.Array]]:
        """float32[..., N, D], N any number → float32[..., M, D], and of each layer the weights float32[..., H, M, N + M].

        With frames: float32[..., F, N, D], at most as many as there are vectors for.

        Raises
        ------
        ValueError
            If there are more frames than vectors.
        """
        if self.frames is not None:
            count = features.shape[-3]
            if count > len(self.frames[...]):
                raise ValueError(f"There are {count} frames, but vectors for {len(self.frames[...])}; build more or show fewer.")
            films = self.film(features.reshape(-1, *features.shape[-3:]), self.frames[...])
            features = films.reshape(*features.shape[:-3], *films.shape[1:])
        latents = jnp.broadcast_to(self.latents[...], (*features.shape[:-2], *self.latents.shape))
        found = []
        for layer in self.layers:
            latents, weights = layer(latents, features)
            found.append(weights)
        return self.norm(latents), found
