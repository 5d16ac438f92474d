"""The vision transformer as CLIP has it: patches become tokens, and a class token reads them.

After Dosovitskiy et al., 2021 (patches), and Radford et al., 2021, whose tower differs from the course's other
transformers in four places: quick_gelu, eps 1e-5, a normalisation before the first block, patches without a bias.
"""

from __future__ import annotations

import dataclasses
import math

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils.nn import init
from course_utils.nn.embed import Positions
from course_utils.nn.linear import Linear
from course_utils.nn.norm import LayerNorm
from course_utils.nn.pixels import patchify
from course_utils.nn.transformer import MLP, Block

EPS = 1e-5


def quick_gelu(x: jax.Array) -> jax.Array:
    """x · sigmoid(1.702 x), the approximation that CLIP was trained with."""
    return x * jax.nn.sigmoid(1.702 * x)


class QuickMLP(MLP):
    """Two layers with a quick_gelu between; float32[..., D] → float32[..., D]."""

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.down(quick_gelu(self.up(x)))


class QuickBlock(Block):
    """The course's pre-LN block with CLIP's activation and eps."""

    def __init__(self, width: int, heads: int, hidden: int | None = None, *, rngs: nnx.Rngs):
        super().__init__(width, heads, hidden, rngs=rngs)
        self.norm_attention = LayerNorm(width, epsilon=EPS, rngs=rngs)
        self.norm_mlp = LayerNorm(width, epsilon=EPS, rngs=rngs)
        self.mlp = QuickMLP(width, hidden or 4 * width, rngs=rngs)


class QuickTransformer(nnx.Module):
    """``depth`` blocks one after the other, without a normalisation around them."""

    def __init__(self, width: int, depth: int, heads: int, hidden: int | None = None, *, rngs: nnx.Rngs):
        self.blocks = nnx.data([QuickBlock(width, heads, hidden, rngs=rngs) for _ in range(depth)])

    def __call__(self, x: jax.Array, mask: jax.Array | None = None) -> tuple[jax.Array, dict[str, list[jax.Array]]]:
        """float32[B, T, D], mask bool broadcast to [B, T, T] → the same shape.

        aux: ``states``, what goes into the first block and comes out of each, float32[B, T, D]; ``attention``
        float32[B, H, T, T] a block.
        """
        states, attention = [x], []
        for block in self.blocks:
            x, weights = block(x, mask)
            states.append(x)
            attention.append(weights)
        return x, {"states": states, "attention": attention}


@dataclasses.dataclass(frozen=True)
class ViTConfig:
    """``side`` and ``patch`` P in pixels; ``width`` D, ``depth`` blocks with ``heads`` H and ``hidden`` units."""

    side: int = 32
    patch: int = 8
    width: int = 64
    depth: int = 2
    heads: int = 4
    hidden: int | None = None

    @property
    def patches(self) -> int:
        """How many patches a picture has, without the class token."""
        return (self.side // self.patch) ** 2

    @classmethod
    def tiny(cls) -> ViTConfig:
        """For tests: nine patches and the class token."""
        return cls(side=9, patch=3, width=6, depth=2, heads=2, hidden=7)


def interpolated(table: jax.Array, patches: int) -> jax.Array:
    """The positions of a class token and a square of patches, for a square of ``patches`` of them, linearly in between.

    float32[1 + N, D] → float32[1 + patches, D]; the class token keeps its own (Dosovitskiy et al., 2021, section 3.2).
    """
    if len(table) == 1 + patches:
        return table
    (old, new), width = (math.isqrt(count) for count in (len(table) - 1, patches)), table.shape[1]
    square = jax.image.resize(table[1:].reshape(old, old, width), (new, new, width), "linear", antialias=False)
    return jnp.concatenate([table[:1], square.reshape(-1, width)])


class VisionTransformer(nnx.Module):
    """Patches, a class token, positions, blocks; the class token is what the picture is described by."""

    def __init__(self, config: ViTConfig, *, rngs: nnx.Rngs):
        self.config = config
        self.embed = Linear(3 * config.patch**2, config.width, use_bias=False, rngs=rngs)
        self.class_token = nnx.Param(init.normal(config.width**-0.5)(rngs.params(), (config.width,)))
        self.positions = Positions(1 + config.patches, config.width, rngs=rngs)
        self.norm_before = LayerNorm(config.width, epsilon=EPS, rngs=rngs)
        self.transformer = QuickTransformer(config.width, config.depth, config.heads, config.hidden, rngs=rngs)
        self.norm_after = LayerNorm(config.width, epsilon=EPS, rngs=rngs)

    def __call__(self, image: jax.Array) -> tuple[jax.Array, dict]:
        """float32[B, S, S, 3] → the class token at the end, normalised, float32[B, D].

        A picture of another side than the configuration's gets positions in between (:func:`interpolated`).
        aux: ``tokens`` float32[B, 1 + N, D] before that normalisation, the class token first; ``states`` and
        ``attention`` of :class:`QuickTransformer`.
        """
        x = self.embed(patchify(image, self.config.patch))  # (B, N, D)
        first = jnp.broadcast_to(self.class_token[...], (len(x), 1, x.shape[-1]))
        table = interpolated(self.positions.table[...], x.shape[1])
        x = self.norm_before(jnp.concatenate([first, x], 1) + table)  # (B, 1 + N, D)
        x, aux = self.transformer(x)
        return self.norm_after(x[:, 0]), {"tokens": x, **aux}

    def before_last(self, image: jax.Array) -> jax.Array:
        """What each patch is one block before the end, row by row: float32[B, S, S, 3] → float32[B, N, D].

        The class token is left out, and so is the last normalisation (Liu et al., 2023, section 4.1).
        """
        return self(image)[1]["states"][-2][:, 1:]
