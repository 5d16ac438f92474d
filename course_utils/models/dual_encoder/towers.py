"""The towers: a picture becomes a vector, a text becomes a vector, each without knowing of the other."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils.models.dual_encoder.words import LONGEST, UNKNOWN
from course_utils.nn.embed import Embed, Positions
from course_utils.nn.linear import Linear
from course_utils.nn.masks import attention_mask
from course_utils.nn.norm import LayerNorm
from course_utils.nn.pixels import normalise
from course_utils.nn.transformer import Transformer, gelu
from course_utils.nn.vit import VisionTransformer, ViTConfig
from course_utils.text import PAD
from course_utils.towers.windows import WindowConfig, WindowTower


@dataclasses.dataclass(frozen=True)
class PlacesConfig:
    """Features computed before by a frozen model: ``places`` N, each ``features`` wide; ``hidden`` units."""

    places: int = 9
    features: int = 64
    hidden: int = 128

    @classmethod
    def tiny(cls) -> PlacesConfig:
        """For tests."""
        return cls(places=5, features=7, hidden=3)


@dataclasses.dataclass(frozen=True)
class BagConfig:
    """A bag of words: ``words`` V, ``embedding`` numbers a word."""

    words: int = 2600
    embedding: int = 64

    @classmethod
    def tiny(cls) -> BagConfig:
        """For tests."""
        return cls(words=13, embedding=3)


@dataclasses.dataclass(frozen=True)
class SentenceConfig:
    """A transformer over words: ``words`` V, ``length`` the most tokens, ``hidden`` its width, ``depth`` blocks, ``heads`` H."""

    words: int = 2600
    length: int = LONGEST
    hidden: int = 64
    depth: int = 1
    heads: int = 4

    @classmethod
    def tiny(cls) -> SentenceConfig:
        """For tests."""
        return cls(words=13, length=5, hidden=6, heads=2)


ImageConfig = WindowConfig | ViTConfig | PlacesConfig
TextConfig = BagConfig | SentenceConfig


class ViTTower(nnx.Module):
    """CLIP's vision transformer and a projection."""

    def __init__(self, config: ViTConfig, width: int, *, rngs: nnx.Rngs):
        self.vit = VisionTransformer(config, rngs=rngs)
        self.project = Linear(config.width, width, use_bias=False, rngs=rngs)

    def __call__(self, image: jax.Array) -> tuple[jax.Array, dict]:
        """float32[B, S, S, 3] in 0..1 → float32[B, D]; aux of the vision transformer."""
        x, aux = self.vit(normalise(image))
        return self.project(x), aux


class PlacesTower(nnx.Module):
    """Describes every place alike, from frozen features and where it is, and adds the descriptions up."""

    def __init__(self, config: PlacesConfig, width: int, *, rngs: nnx.Rngs):
        self.norm = LayerNorm(config.features, rngs=rngs)
        self.describe = Linear(config.features, config.hidden, rngs=rngs)
        self.positions = Positions(config.places, config.hidden, rngs=rngs)
        self.again = Linear(config.hidden, config.hidden, rngs=rngs)
        self.project = Linear(config.hidden, width, rngs=rngs)

    def __call__(self, features: jax.Array) -> tuple[jax.Array, dict]:
        """float32[B, N, D_f] → float32[B, D]."""
        x = gelu(self.positions(self.describe(self.norm(features))))  # (B, N, hidden)
        return self.project(gelu(self.again(x)).mean(1)), {}


class WordBag(nnx.Module):
    """The mean of a text's word vectors, projected: order is lost. A word that was never met counts for nothing."""

    def __init__(self, config: BagConfig, width: int, *, rngs: nnx.Rngs):
        self.words = Embed(config.words, config.embedding, rngs=rngs)
        self.project = Linear(config.embedding, width, rngs=rngs)

    def __call__(self, tokens: jax.Array) -> tuple[jax.Array, dict]:
        """int32[B, T] → float32[B, D]."""
        known = (tokens != PAD) & (tokens != UNKNOWN)
        x = jnp.sum(self.words(tokens) * known[..., None], 1) / jnp.maximum(known.sum(1), 1)[:, None]
        return self.project(x), {}


class Sentence(nnx.Module):
    """All words look at each other and know their places; the text is their mean."""

    def __init__(self, config: SentenceConfig, width: int, *, rngs: nnx.Rngs):
        self.words = Embed(config.words, config.hidden, rngs=rngs)
        self.positions = Positions(config.length, config.hidden, rngs=rngs)
        self.transformer = Transformer(config.hidden, config.depth, config.heads, rngs=rngs)
        self.project = Linear(config.hidden, width, rngs=rngs)

    def __call__(self, tokens: jax.Array) -> tuple[jax.Array, dict]:
        """int32[B, T] → float32[B, D]; ``attention`` of the blocks."""
        valid = tokens != PAD
        x, aux = self.transformer(self.positions(self.words(tokens)), attention_mask(valid))
        return self.project(jnp.sum(x * valid[..., None], 1) / jnp.maximum(valid.sum(1), 1)[:, None]), aux


TOWERS: dict[type, type[nnx.Module]] = {
    WindowConfig: WindowTower,
    ViTConfig: ViTTower,
    PlacesConfig: PlacesTower,
    BagConfig: WordBag,
    SentenceConfig: Sentence,
}


def build(config: ImageConfig | TextConfig, width: int, *, rngs: nnx.Rngs) -> nnx.Module:
    """The tower that a config describes, into a space of ``width`` numbers."""
    return TOWERS[type(config)](config, width, rngs=rngs)
