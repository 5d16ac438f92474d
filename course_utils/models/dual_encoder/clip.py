"""CLIP as it was published: two transformers, two projections, one scale (Radford et al., 2021).

Loads published weights by their names and gives the same numbers (``tests/parity/clip.npz``). The miniature of the
notebook, :mod:`~course_utils.models.dual_encoder.dual`, has the same form with smaller towers.
"""

from __future__ import annotations

import dataclasses
import math

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils import losses
from course_utils.nn import init
from course_utils.nn.embed import Embed, Positions
from course_utils.nn.linear import Linear
from course_utils.nn.masks import attention_mask
from course_utils.nn.names import clip_blocks, clip_vision, norm
from course_utils.nn.norm import LayerNorm
from course_utils.nn.published import Names, same, transpose
from course_utils.nn.vit import EPS, QuickTransformer, VisionTransformer, ViTConfig


@dataclasses.dataclass(frozen=True)
class TextConfig:
    """``words`` V, ``length`` the most tokens, ``width`` D, ``depth`` blocks with ``heads`` H and ``hidden`` units; ``eos``,
    the token at which a text ends."""

    words: int = 512
    length: int = 16
    width: int = 64
    depth: int = 2
    heads: int = 4
    hidden: int | None = None
    eos: int = 2

    @classmethod
    def tiny(cls) -> TextConfig:
        """For tests."""
        return cls(words=11, length=7, width=6, depth=1, heads=2, hidden=5, eos=3)


class TextTransformer(nnx.Module):
    """Reads from left to right; what stands at the end of the text has read it all."""

    def __init__(self, config: TextConfig, *, rngs: nnx.Rngs):
        self.config = config
        self.words = Embed(config.words, config.width, rngs=rngs)
        self.positions = Positions(config.length, config.width, rngs=rngs)
        self.transformer = QuickTransformer(config.width, config.depth, config.heads, config.hidden, rngs=rngs)
        self.norm_after = LayerNorm(config.width, epsilon=EPS, rngs=rngs)

    def __call__(self, tokens: jax.Array, valid: jax.Array | None = None) -> tuple[jax.Array, dict]:
        """int32[B, T] → what stands at the first end-of-text token, float32[B, D].

        ``valid`` bool[B, T], False at padding; without it everything counts (what follows the end cannot be seen from it
        anyway). aux: ``tokens`` float32[B, T, D], normalised; ``states`` and ``attention`` of the blocks.
        """
        valid = jnp.ones(tokens.shape, bool) if valid is None else valid
        mask = attention_mask(valid, jnp.ones(tokens.shape[1], jnp.int32))  # causal
        x, aux = self.transformer(self.positions(self.words(tokens)), mask)
        x = self.norm_after(x)
        end = (tokens == self.config.eos).argmax(-1)  # (B,)
        return jnp.take_along_axis(x, end[:, None, None], 1)[:, 0], {**aux, "tokens": x}


class CLIP(nnx.Module):
    """Two towers into one space of ``width`` numbers."""

    def __init__(self, image: ViTConfig, text: TextConfig, width: int, *, rngs: nnx.Rngs):
        self.vision = VisionTransformer(image, rngs=rngs)
        self.text = TextTransformer(text, rngs=rngs)
        self.image_projection = Linear(image.width, width, use_bias=False, rngs=rngs)
        self.text_projection = Linear(text.width, width, use_bias=False, rngs=rngs)
        self.log_scale = nnx.Param(init.put(math.log(1 / 0.07)))

    def __call__(self, image: jax.Array, tokens: jax.Array, valid: jax.Array | None = None) -> tuple[jax.Array, dict[str, jax.Array]]:
        """float32[B, S, S, 3], int32[B', T] → logits float32[B, B'], one row a picture.

        aux: ``image`` float32[B, D] and ``text`` float32[B', D] of length 1; ``vision`` and ``reading``, what the towers
        return beside.
        """
        seen, vision = self.vision(image)
        read, reading = self.text(tokens, valid)
        image, text = losses.unit(self.image_projection(seen)), losses.unit(self.text_projection(read))
        logits = losses.similarity(image, text, self.log_scale[...])
        return logits, {"image": image, "text": text, "vision": vision, "reading": reading}


def names(image: ViTConfig, text: TextConfig) -> Names:
    """Where the weights of transformers' ``CLIPModel`` go, for :func:`published.load`."""
    return {
        "logit_scale": ("log_scale", same),
        "visual_projection.weight": ("image_projection.kernel", transpose),
        "text_projection.weight": ("text_projection.kernel", transpose),
        "text_model.embeddings.token_embedding.weight": ("text.words.embedding", same),
        "text_model.embeddings.position_embedding.weight": ("text.positions.table", same),
        **norm("text_model.final_layer_norm", "text.norm_after"),
        **clip_blocks("text_model.", "text.", text.depth),
        **clip_vision("vision_model.", "vision.", image.depth),
    }
