"""The Perceiver Resampler: any number of picture features become a fixed, small number of tokens (Alayrac et al., 2022).

After the public OpenFlamingo: normalisations before everything, linear maps without biases, keys and values in one map.
"""

from __future__ import annotations

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


def attend(q: jax.Array, k: jax.Array, v: jax.Array, heads: int, mask: jax.Array | None = None) -> tuple[jax.Array, jax.Array]:
    """Scaled dot-product attention in ``heads`` parts: float32[..., T, D] on [..., S, D] twice → float32[..., T, D] and the
    weights float32[..., H, T, S]. ``mask``: bool, broadcast to [..., 1, T, S]; a row without True becomes 0."""
    q, k, v = (rearrange(a, "... t (h d) -> ... h t d", h=heads) for a in (q, k, v))
    scores = jnp.einsum("...td,...sd->...ts", q, k) / q.shape[-1] ** 0.5
    weights = masked_softmax(scores, mask)
    return rearrange(jnp.einsum("...ts,...sd->...td", weights, v), "... h t d -> ... t (h d)"), weights


class FeedForward(nnx.Module):
    """Normalise, widen, gelu, narrow; float32[..., D] → float32[..., D]."""

    def __init__(self, width: int, hidden: int | None = None, *, rngs: nnx.Rngs):
        self.norm = LayerNorm(width, epsilon=EPS, rngs=rngs)
        self.up = Linear(width, hidden or 4 * width, use_bias=False, rngs=rngs)
        self.down = Linear(hidden or 4 * width, width, use_bias=False, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.down(gelu(self.up(self.norm(x))))


class PerceiverLayer(nnx.Module):
    """Latents look at the features *and at themselves*, then think."""

    def __init__(self, width: int, heads: int, *, rngs: nnx.Rngs):
        self.heads = heads
        self.norm_media = LayerNorm(width, epsilon=EPS, rngs=rngs)
        self.norm_latents = LayerNorm(width, epsilon=EPS, rngs=rngs)
        self.query = Linear(width, width, use_bias=False, rngs=rngs)
        self.key_value = Linear(width, 2 * width, use_bias=False, rngs=rngs)
        self.out = Linear(width, width, use_bias=False, rngs=rngs)
        self.think = FeedForward(width, rngs=rngs)

    def __call__(self, latents: jax.Array, media: jax.Array) -> tuple[jax.Array, jax.Array]:
        """latents float32[..., M, D], media float32[..., N, D] → float32[..., M, D], weights float32[..., H, M, N + M]."""
        z = self.norm_latents(latents)
        k, v = jnp.split(self.key_value(jnp.concatenate([self.norm_media(media), z], -2)), 2, axis=-1)
        y, weights = attend(self.query(z), k, v, self.heads)
        latents = latents + self.out(y)
        return latents + self.think(latents), weights


class PerceiverResampler(nnx.Module):
    """``latents`` learned vectors read a picture in ``depth`` layers; with ``frames`` a film, each frame marked by a vector."""

    def __init__(self, width: int, latents: int, depth: int, heads: int, *, frames: int | None = None, rngs: nnx.Rngs):
        if width % heads:
            raise ValueError(f"A width of {width} does not split into {heads} heads; choose a multiple.")
        self.latents = nnx.Param(init.normal(1.0)(rngs.params(), (latents, width)))
        self.frames = nnx.Param(init.normal(1.0)(rngs.params(), (frames, width))) if frames else None
        self.layers = nnx.data([PerceiverLayer(width, heads, rngs=rngs) for _ in range(depth)])
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
            features = rearrange(features + self.frames[...][:count, None], "... f n d -> ... (f n) d")
        latents = jnp.broadcast_to(self.latents[...], (*features.shape[:-2], *self.latents.shape))
        found = []
        for layer in self.layers:
            latents, weights = layer(latents, features)
            found.append(weights)
        return self.norm(latents), found
