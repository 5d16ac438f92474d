"""Picture → a grid of vectors; question → one vector. Each encoder is built from its config."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils.nn.embed import Embed, Positions
from course_utils.nn.linear import Linear
from course_utils.nn.lstm import LSTM
from course_utils.nn.masks import attention_mask
from course_utils.nn.norm import LayerNorm
from course_utils.nn.transformer import Transformer
from course_utils.text import PAD
from course_utils.towers.patches import PatchGrid, PatchGridConfig
from course_utils.towers.windows import WindowGrid, WindowGridConfig
from course_utils.world.questions import LONGEST, VOCAB


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


ImageConfig = PatchGridConfig | WindowGridConfig | FeatureConfig
QuestionConfig = LSTMConfig | TransformerConfig


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
    PatchGridConfig: PatchGrid,
    WindowGridConfig: WindowGrid,
    FeatureConfig: FrozenFeatures,
    LSTMConfig: LSTMQuestion,
    TransformerConfig: TransformerQuestion,
}


def build(config: ImageConfig | QuestionConfig, *, rngs: nnx.Rngs) -> nnx.Module:
    """The encoder that a config describes."""
    return ENCODERS[type(config)](config, rngs=rngs)
