"""Picture → a grid of vectors; question → one vector. Each encoder is built from its config."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from einops import rearrange
from flax import nnx

from course_utils.nn.embed import Embed, Positions
from course_utils.nn.linear import Linear
from course_utils.nn.lstm import LSTM
from course_utils.nn.masks import attention_mask
from course_utils.nn.norm import LayerNorm
from course_utils.nn.transformer import Transformer, gelu
from course_utils.world.questions import PAD, VOCAB

LONGEST = 14  # tokens of the longest question


@dataclasses.dataclass(frozen=True)
class PatchConfig:
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
    def tiny(cls, depth: int = 0) -> PatchConfig:
        """For tests: nine places."""
        return cls(side=9, patch=3, hidden=7, width=6, depth=depth, heads=2)


@dataclasses.dataclass(frozen=True)
class WindowConfig:
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
    def tiny(cls) -> WindowConfig:
        """For tests."""
        return cls(side=12, strides=(2, 2), widths=(5, 6))


@dataclasses.dataclass(frozen=True)
class FeatureConfig:
    """Features computed before by a frozen model: ``tokens`` N places, each ``features`` wide; ``width`` D."""

    tokens: int = 64
    features: int = 64
    width: int = 64

    @classmethod
    def tiny(cls) -> FeatureConfig:
        """For tests."""
        return cls(tokens=5, features=7, width=6)


@dataclasses.dataclass(frozen=True)
class LSTMConfig:
    """``words`` V, ``embedding`` width of a word, ``width`` D."""

    words: int = len(VOCAB)
    embedding: int = 32
    width: int = 64

    @classmethod
    def tiny(cls) -> LSTMConfig:
        """For tests."""
        return cls(embedding=5, width=6)


@dataclasses.dataclass(frozen=True)
class TransformerConfig:
    """``words`` V, ``length`` the most tokens, ``width`` D, ``depth`` blocks with ``heads`` H."""

    words: int = len(VOCAB)
    length: int = LONGEST
    width: int = 64
    depth: int = 1
    heads: int = 4

    @classmethod
    def tiny(cls) -> TransformerConfig:
        """For tests."""
        return cls(width=6, depth=1, heads=2)


ImageConfig = PatchConfig | WindowConfig | FeatureConfig
QuestionConfig = LSTMConfig | TransformerConfig


class PatchTower(nnx.Module):
    """Cuts the picture into patches and describes each alike; with ``depth`` they then look at each other."""

    def __init__(self, config: PatchConfig, *, rngs: nnx.Rngs):
        if config.side % config.patch:
            raise ValueError(f"Patches of {config.patch} px do not fill {config.side} px; choose a divisor.")
        self.patch = config.patch
        self.describe = Linear(3 * config.patch**2, config.hidden, rngs=rngs)
        self.project = Linear(config.hidden, config.width, rngs=rngs)
        self.positions = Positions(config.tokens, config.width, rngs=rngs)
        self.mix = Transformer(config.width, config.depth, config.heads, rngs=rngs) if config.depth else None

    def __call__(self, image: jax.Array) -> tuple[jax.Array, dict]:
        """uint8[B, S, S, 3] → grid float32[B, N, D], row by row; ``attention`` of the blocks."""
        x = rearrange(_scaled(image), "b (r p) (c q) k -> b (r c) (p q k)", p=self.patch, q=self.patch)  # (B, N, 3 P²)
        x = self.positions(self.project(gelu(self.describe(x))))  # (B, N, D)
        return (x, {"attention": []}) if self.mix is None else self.mix(x)


class WindowCNN(nnx.Module):
    """Convolutions with kernel 2s and stride s, each written as overlapping windows times a matrix.

    On a CPU, XLA's own convolution is tens of times slower inside the ``lax.scan`` of training (not by itself).
    """

    def __init__(self, config: WindowConfig, *, rngs: nnx.Rngs):
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
        x, layers = _scaled(image), []
        for stride, layer in zip(self.strides, self.layers):
            x = jax.nn.relu(layer(overlapping_windows(x, stride)))
            layers.append(x)
        return self.positions(rearrange(x, "b h w d -> b (h w) d")), {"layers": layers}


class FrozenFeatures(nnx.Module):
    """Features computed before, projected to the model's width: nothing of the picture is learnt here but that."""

    def __init__(self, config: FeatureConfig, *, rngs: nnx.Rngs):
        self.norm = LayerNorm(config.features, rngs=rngs)
        self.project = Linear(config.features, config.width, rngs=rngs)
        self.positions = Positions(config.tokens, config.width, rngs=rngs)

    def __call__(self, features: jax.Array) -> tuple[jax.Array, dict]:
        """float32[B, N, D_f] → grid float32[B, N, D]."""
        return self.positions(self.project(self.norm(features))), {}


class LSTMQuestion(nnx.Module):
    """Reads the question word by word; what is left at its end is the question."""

    def __init__(self, config: LSTMConfig, *, rngs: nnx.Rngs):
        self.words = Embed(config.words, config.embedding, rngs=rngs)
        self.lstm = LSTM(config.embedding, config.width, rngs=rngs)
        self.norm = LayerNorm(config.width, rngs=rngs)

    def __call__(self, tokens: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
        """int32[B, T] → float32[B, D]; ``states`` float32[B, T, D]."""
        last, aux = self.lstm(self.words(tokens), tokens != PAD)
        return self.norm(last), aux


class TransformerQuestion(nnx.Module):
    """All words look at each other; the question is their mean."""

    def __init__(self, config: TransformerConfig, *, rngs: nnx.Rngs):
        self.words = Embed(config.words, config.width, rngs=rngs)
        self.positions = Positions(config.length, config.width, rngs=rngs)
        self.transformer = Transformer(config.width, config.depth, config.heads, rngs=rngs)

    def __call__(self, tokens: jax.Array) -> tuple[jax.Array, dict]:
        """int32[B, T] → float32[B, D]; ``states`` float32[B, T, D], ``attention`` of the blocks."""
        valid = tokens != PAD
        states, aux = self.transformer(self.positions(self.words(tokens)), attention_mask(valid))
        return jnp.mean(states, 1, where=valid[..., None]), {"states": states, **aux}


ENCODERS: dict[type, type[nnx.Module]] = {
    PatchConfig: PatchTower,
    WindowConfig: WindowCNN,
    FeatureConfig: FrozenFeatures,
    LSTMConfig: LSTMQuestion,
    TransformerConfig: TransformerQuestion,
}


def build(config: ImageConfig | QuestionConfig, *, rngs: nnx.Rngs) -> nnx.Module:
    """The encoder that a config describes."""
    return ENCODERS[type(config)](config, rngs=rngs)


def overlapping_windows(x: jax.Array, stride: int) -> jax.Array:
    """Windows of side 2s, one every s pixels, half a stride of zeros around: [B, H, W, C] → [B, H/s, W/s, 4 s² C].

    In a window stand its four quarters one after the other, each s × s × C. ``stride`` is even.
    """
    half = stride // 2
    x = jnp.pad(x, ((0, 0), (half, half), (half, half), (0, 0)))
    x = rearrange(x, "b (h p) (w q) c -> b h w (p q c)", p=stride, q=stride)  # (B, H/s + 1, W/s + 1, s² C)
    return jnp.concatenate([x[:, :-1, :-1], x[:, :-1, 1:], x[:, 1:, :-1], x[:, 1:, 1:]], -1)


def _scaled(image: jax.Array) -> jax.Array:
    """uint8 in 0..255 → float32 in -1..1."""
    return image.astype(jnp.float32) / 127.5 - 1
