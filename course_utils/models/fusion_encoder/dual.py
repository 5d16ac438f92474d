"""A small dual encoder of scenes and captions: one vector each, compared by a cosine (notebook 03, on regions)."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils import losses
from course_utils.models.fusion_encoder.words import LONGEST, VOCAB
from course_utils.nn.embed import Embed, Positions
from course_utils.nn.linear import Linear
from course_utils.nn.masks import attention_mask
from course_utils.nn.transformer import Transformer
from course_utils.text import PAD

_SCALE = 2.3  # log of the factor before the cosine, at the start


@dataclasses.dataclass(frozen=True)
class DualConfig:
    """``words`` V, ``length`` the most tokens, ``features`` of a region, ``width`` D; ``depth`` blocks read each side
    before it becomes one vector (0: none, so that order and places are lost)."""

    words: int = len(VOCAB)
    length: int = LONGEST
    features: int = 64
    width: int = 64
    depth: int = 1
    heads: int = 4

    @classmethod
    def tiny(cls, **changes) -> DualConfig:
        """For tests."""
        return cls(**{"words": 11, "length": 5, "features": 7, "width": 6, "heads": 2, **changes})


class DualEncoder(nnx.Module):
    """Regions and words are read apart, and each side is pooled into one vector before they meet.

    Without depth, a picture is the mean of its projected regions, a text the mean of its words: regions and words come to
    lie in one space.
    """

    def __init__(self, config: DualConfig, *, rngs: nnx.Rngs):
        width, deep = config.width, config.depth > 0
        self.project = Linear(config.features, width, rngs=rngs)
        self.words = Embed(config.words, width, rngs=rngs)
        self.positions = Positions(config.length, width, rngs=rngs) if deep else None
        self.look = Transformer(width, config.depth, config.heads, rngs=rngs) if deep else None
        self.read = Transformer(width, config.depth, config.heads, rngs=rngs) if deep else None
        self.log_scale = losses.learned_scale(_SCALE)

    def image(self, regions: jax.Array) -> jax.Array:
        """float32[B, N, D_f] → float32[B, D], of any length."""
        x = self.project(regions)
        return (x if self.look is None else self.look(x)[0]).mean(1)

    def text(self, tokens: jax.Array) -> jax.Array:
        """int32[B, T] → float32[B, D], of any length."""
        valid = tokens != PAD
        x = self.words(tokens)
        x = x if self.read is None else self.read(self.positions(x), attention_mask(valid))[0]
        return x.mean(1, where=valid[..., None])

    def __call__(self, tokens: jax.Array, regions: jax.Array) -> tuple[jax.Array, dict]:
        """How well row i of both match, times the scale: logits float32[B]; ``image``, ``text`` float32[B, D], of length 1."""
        image, text = losses.unit(self.image(regions)), losses.unit(self.text(tokens))
        return jnp.exp(self.log_scale[...]) * (image * text).sum(-1), {"image": image, "text": text}


def contrastive_loss(model: DualEncoder, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """:func:`course_utils.losses.info_nce` over ``image`` float32[B, N, D_f] and ``tokens`` int32[B, T]."""
    loss = losses.info_nce(model.image(batch["image"]), model.text(batch["tokens"]), model.log_scale[...])
    return loss, {}
