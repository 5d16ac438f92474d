"""Two transformers side by side that look at each other: ViLBERT (Lu et al., 2019).

A layer is one moment of co-attention, in which each stream looks at the other, and one block in which each looks at
itself. Blocks and tables are those of the single stream.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils.models.fusion_encoder.attention import Attend, CoAttend, CrossAttention, co_attention
from course_utils.models.fusion_encoder.single_stream import Join, StreamConfig, Tables
from course_utils.nn.linear import Linear
from course_utils.nn.norm import LayerNorm
from course_utils.nn.post_norm import EPSILON, PostNormBlock
from course_utils.nn.transformer import MLP
from course_utils.text import PAD


class CoBlock(nnx.Module):
    """Each stream looks at the other, adds what it saw, and thinks (post-LN). ``function``: another co-attention."""

    def __init__(self, config: StreamConfig, *, function: CoAttend | None = None, attend: Attend | None = None, rngs: nnx.Rngs):
        self.function, self.heads = function or co_attention, config.heads
        width = config.width
        self.look = nnx.data([CrossAttention(width, config.heads, function=attend, rngs=rngs) for _ in range(2)])
        self.norm_look = nnx.data([LayerNorm(width, epsilon=EPSILON, rngs=rngs) for _ in range(2)])
        self.mlp = nnx.data([MLP(width, config.hidden, rngs=rngs) for _ in range(2)])
        self.norm_mlp = nnx.data([LayerNorm(width, epsilon=EPSILON, rngs=rngs) for _ in range(2)])

    def __call__(self, x: jax.Array, y: jax.Array, x_there: jax.Array, y_there: jax.Array) -> tuple[jax.Array, jax.Array]:
        """x float32[B, T, D], y float32[B, N, D], masks bool[B, T] and bool[B, N] → both streams after the block."""
        params = {name: look.params for name, look in zip("xy", self.look)}
        streams = self.function(params, x, y, x_there, y_there, self.heads)
        streams = [norm(stream) for norm, stream in zip(self.norm_look, streams)]
        x, y = (norm(stream + mlp(stream)) for norm, mlp, stream in zip(self.norm_mlp, self.mlp, streams))
        return x, y


class TwoStream(nnx.Module):
    """``config.depth`` times: a moment of co-attention, then each stream by itself.

    The picture's stream starts with one more token, the mean of its regions, as the text's starts with ``<cls>``; the two
    first tokens, multiplied, are the pair as one vector (section 3.1 of the paper).
    """

    def __init__(
        self,
        config: StreamConfig,
        *,
        join: Join | None = None,
        attend: Attend | None = None,
        co_attend: CoAttend | None = None,
        rngs: nnx.Rngs,
    ):
        self.tables = Tables(config, function=join, rngs=rngs)
        attention = functools.partial(CrossAttention, function=attend)

        def block():
            return PostNormBlock(config.width, config.heads, config.hidden, attention=attention, rngs=rngs)

        layers = range(config.depth)
        self.together = nnx.data([CoBlock(config, function=co_attend, attend=attend, rngs=rngs) for _ in layers])
        self.read = nnx.data([block() for _ in layers])
        self.see = nnx.data([block() for _ in layers])
        self.pool = nnx.data([Linear(config.width, config.width, rngs=rngs) for _ in range(2)])

    def __call__(self, tokens: jax.Array, regions: jax.Array, there: jax.Array | None = None) -> tuple[jax.Array, dict]:
        """As :meth:`SingleStream.__call__`, without ``attention``: text float32[B, T, D]; ``image``, ``pooled``."""
        there = jnp.ones(regions.shape[:2], bool) if there is None else there
        whole = (regions * there[..., None]).sum(1) / jnp.maximum(there.sum(1), 1)[:, None]  # (B, D_f)
        there = jnp.pad(there, ((0, 0), (1, 0)), constant_values=True)
        joined, _ = self.tables(tokens, jnp.concatenate([whole[:, None], regions], 1), there)
        x, y = joined[:, : tokens.shape[1]], joined[:, tokens.shape[1] :]  # (B, T, D), (B, 1 + N, D)
        x_there = tokens != PAD
        for together, read, see in zip(self.together, self.read, self.see):
            x, y = together(x, y, x_there, there)
            x, _ = read(x, x_there[:, :, None] & x_there[:, None])
            y, _ = see(y, there[:, :, None] & there[:, None])
        first = [jax.nn.relu(pool(stream[:, 0])) for pool, stream in zip(self.pool, (x, y))]
        return x, {"image": y[:, 1:], "pooled": first[0] * first[1]}
