"""Towers of overlapping windows, small CNNs: one keeps the grid of places, one mixes it into a vector."""

from __future__ import annotations

import dataclasses

import jax
from einops import rearrange
from flax import nnx

from course_utils.nn.embed import Positions
from course_utils.nn.linear import Linear
from course_utils.nn.pixels import normalise, overlapping_windows
from course_utils.nn.transformer import gelu


@dataclasses.dataclass(frozen=True)
class WindowGridConfig:
    """A small CNN: one layer for each stride, its output ``widths`` wide; the last width is D."""

    side: int = 64
    strides: tuple[int, ...] = (4, 2)
    widths: tuple[int, ...] = (16, 64)

    @property
    def width(self) -> int:
        return self.widths[-1]

    @property
    def tokens(self) -> int:
        side = self.side
        for stride in self.strides:
            side //= stride
        return side**2

    @classmethod
    def tiny(cls) -> WindowGridConfig:
        """For tests."""
        return cls(side=12, strides=(2, 2), widths=(5, 6))


class WindowGrid(nnx.Module):
    """Convolutions with kernel 2s and stride s, each written as overlapping windows times a matrix.

    On a CPU, XLA's own convolution is tens of times slower inside the ``lax.scan`` of training (not by itself).
    """

    def __init__(self, config: WindowGridConfig, *, rngs: nnx.Rngs):
        if len(config.strides) != len(config.widths):
            raise ValueError(f"There are {len(config.strides)} strides, {len(config.widths)} widths; give one a layer.")
        side = config.side
        for stride in config.strides:
            if stride % 2 or side % stride:
                raise ValueError(f"A stride of {stride} does not fit {side} px; choose an even divisor.")
            side //= stride
        self.strides = config.strides
        channels = (3, *config.widths)
        self.layers = nnx.data(
            [Linear(4 * stride**2 * d_in, d_out, rngs=rngs) for stride, d_in, d_out in zip(config.strides, channels, config.widths)]
        )
        self.positions = Positions(config.tokens, config.width, rngs=rngs)

    def __call__(self, image: jax.Array) -> tuple[jax.Array, dict[str, list[jax.Array]]]:
        """uint8[B, S, S, 3] → grid float32[B, N, D], row by row; ``layers`` float32[B, h, w, D_l] of each layer."""
        x, layers = normalise(image), []
        for stride, layer in zip(self.strides, self.layers):
            x = jax.nn.relu(layer(overlapping_windows(x, stride)))
            layers.append(x)
        return self.positions(rearrange(x, "b h w d -> b (h w) d")), {"layers": layers}


@dataclasses.dataclass(frozen=True)
class WindowConfig:
    """Overlapping windows described alike, in two layers, then mixed: ``stride`` of the first in pixels (its windows are
    twice as wide), ``narrow`` numbers for each of them, ``wide`` for each of the second, ``hidden`` units."""

    side: int = 32
    stride: int = 4
    narrow: int = 32
    wide: int = 64
    hidden: int = 256

    @classmethod
    def tiny(cls) -> WindowConfig:
        """For tests: 4 × 4 windows, then 2 × 2."""
        return cls(side=8, stride=2, narrow=5, wide=3, hidden=7)


class WindowTower(nnx.Module):
    """Overlapping windows, and windows of windows: what is learnt at one place serves at all, as in a small CNN."""

    def __init__(self, config: WindowConfig, width: int, *, rngs: nnx.Rngs):
        if config.stride % 2 or config.side % (2 * config.stride):
            raise ValueError(f"A stride of {config.stride} does not fit {config.side} px; choose an even divisor of half of it.")
        self.stride = config.stride
        places = (config.side // config.stride // 2) ** 2
        self.describe = Linear(3 * (2 * config.stride) ** 2, config.narrow, rngs=rngs)
        self.combine = Linear(16 * config.narrow, config.wide, rngs=rngs)
        self.mix = Linear(places * config.wide, config.hidden, rngs=rngs)
        self.project = Linear(config.hidden, width, rngs=rngs)

    def __call__(self, image: jax.Array) -> tuple[jax.Array, dict]:
        """float32[B, S, S, 3] in 0..1 → float32[B, D]."""
        x = gelu(self.describe(overlapping_windows(normalise(image), self.stride)))  # (B, S/s, S/s, narrow)
        x = gelu(self.combine(overlapping_windows(x, 2)))  # (B, S/2s, S/2s, wide)
        return self.project(gelu(self.mix(rearrange(x, "b h w d -> b (h w d)")))), {}
