"""A tower of patches: pictures cut into squares, each described by itself, which may then look at each other."""

from __future__ import annotations

import dataclasses

import jax
from flax import nnx

from course_utils.nn.embed import Positions
from course_utils.nn.linear import Linear
from course_utils.nn.pixels import normalise, patchify
from course_utils.nn.transformer import Transformer, gelu


@dataclasses.dataclass(frozen=True)
class PatchGridConfig:
    """A patch tower: ``side`` and ``patch`` in pixels, ``hidden``, ``width`` D; ``depth`` blocks make it a ViT."""

    side: int = 64
    patch: int = 8
    hidden: int = 128
    width: int = 64
    depth: int = 0
    heads: int = 4

    @property
    def tokens(self) -> int:
        return (self.side // self.patch) ** 2

    @classmethod
    def tiny(cls, depth: int = 0) -> PatchGridConfig:
        """For tests: nine places."""
        return cls(side=9, patch=3, hidden=7, width=6, depth=depth, heads=2)


class PatchGrid(nnx.Module):
    """Cuts the picture into patches and describes each alike; with ``depth`` they then look at each other."""

    def __init__(self, config: PatchGridConfig, *, rngs: nnx.Rngs):
        if config.side % config.patch:
            raise ValueError(f"Patches of {config.patch} px do not fill {config.side} px; choose a divisor.")
        self.patch = config.patch
        self.describe = Linear(3 * config.patch**2, config.hidden, rngs=rngs)
        self.project = Linear(config.hidden, config.width, rngs=rngs)
        self.positions = Positions(config.tokens, config.width, rngs=rngs)
        self.mix = Transformer(config.width, config.depth, config.heads, rngs=rngs) if config.depth else None

    def __call__(self, image: jax.Array) -> tuple[jax.Array, dict]:
        """uint8[B, S, S, 3] → grid float32[B, N, D], row by row; ``attention`` of the blocks."""
        x = self.positions(self.project(gelu(self.describe(patchify(normalise(image), self.patch)))))  # (B, N, D)
        return (x, {"attention": []}) if self.mix is None else self.mix(x)
