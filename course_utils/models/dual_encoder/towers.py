"""The towers: a picture becomes a vector, a text becomes a vector, each without knowing of the other."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from einops import rearrange
from flax import nnx

from course_utils.models.dual_encoder.words import LONGEST, PAD, UNKNOWN
from course_utils.nn.embed import Embed, Positions
from course_utils.nn.linear import Linear
from course_utils.nn.masks import attention_mask
from course_utils.nn.norm import LayerNorm
from course_utils.nn.transformer import Transformer, gelu
from course_utils.nn.vit import VisionTransformer, ViTConfig, patchify


@dataclasses.dataclass(frozen=True)
class PatchConfig:
    """Patches described alike, then mixed by an MLP: ``side`` and ``patch`` in pixels, ``narrow`` numbers a patch,
    ``hidden`` units."""

    side: int = 32
    patch: int = 4
    narrow: int = 32
    hidden: int = 512

    @classmethod
    def tiny(cls) -> PatchConfig:
        """For tests: nine patches."""
        return cls(side=9, patch=3, narrow=5, hidden=7)


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


ImageConfig = PatchConfig | WindowConfig | ViTConfig | PlacesConfig
TextConfig = BagConfig | SentenceConfig


class PatchTower(nnx.Module):
    """Cuts a picture into patches, describes each alike, mixes all descriptions."""

    def __init__(self, config: PatchConfig, width: int, *, rngs: nnx.Rngs):
        self.patch = config.patch
        patches = (config.side // config.patch) ** 2
        self.describe = Linear(3 * config.patch**2, config.narrow, rngs=rngs)
        self.mix = Linear(patches * config.narrow, config.hidden, rngs=rngs)
        self.project = Linear(config.hidden, width, rngs=rngs)

    def __call__(self, image: jax.Array) -> tuple[jax.Array, dict]:
        """float32[B, S, S, 3] in 0..1 → float32[B, D]."""
        x = gelu(self.describe(patchify(2 * image - 1, self.patch)))  # (B, N, narrow)
        return self.project(gelu(self.mix(rearrange(x, "b n d -> b (n d)")))), {}


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
        x = gelu(self.describe(overlapping(2 * image - 1, self.stride)))  # (B, S/s, S/s, narrow)
        x = gelu(self.combine(overlapping(x, 2)))  # (B, S/2s, S/2s, wide)
        return self.project(gelu(self.mix(rearrange(x, "b h w d -> b (h w d)")))), {}


def overlapping(x: jax.Array, stride: int) -> jax.Array:
    """Windows of side 2s, one every s, half a stride of zeros around: [B, H, W, C] → [B, H/s, W/s, 4 s² C]; s is even."""
    half = stride // 2
    x = jnp.pad(x, ((0, 0), (half, half), (half, half), (0, 0)))
    x = rearrange(x, "b (h p) (w q) c -> b h w (p q c)", p=stride, q=stride)  # (B, H/s + 1, W/s + 1, s² C)
    return jnp.concatenate([x[:, :-1, :-1], x[:, :-1, 1:], x[:, 1:, :-1], x[:, 1:, 1:]], -1)


class ViTTower(nnx.Module):
    """CLIP's vision transformer and a projection."""

    def __init__(self, config: ViTConfig, width: int, *, rngs: nnx.Rngs):
        self.vit = VisionTransformer(config, rngs=rngs)
        self.project = Linear(config.width, width, use_bias=False, rngs=rngs)

    def __call__(self, image: jax.Array) -> tuple[jax.Array, dict]:
        """float32[B, S, S, 3] in 0..1 → float32[B, D]; aux of the vision transformer."""
        x, aux = self.vit(2 * image - 1)
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
    PatchConfig: PatchTower,
    WindowConfig: WindowTower,
    ViTConfig: ViTTower,
    PlacesConfig: PlacesTower,
    BagConfig: WordBag,
    SentenceConfig: Sentence,
}


def build(config: ImageConfig | TextConfig, width: int, *, rngs: nnx.Rngs) -> nnx.Module:
    """The tower that a config describes, into a space of ``width`` numbers."""
    return TOWERS[type(config)](config, width, rngs=rngs)
