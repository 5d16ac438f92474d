"""One transformer reads words and regions as one sequence: VisualBERT (Li et al., 2019) and UNITER (Chen et al., 2020).

What tells a word from a region is a *type* that is added to each; who may look at whom is a mask. Everything else is BERT.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils.models.fusion_encoder.attention import Attend, CrossAttention
from course_utils.models.fusion_encoder.words import LONGEST, VOCAB
from course_utils.nn import init
from course_utils.nn.linear import Linear
from course_utils.nn.masks import attention_mask
from course_utils.nn.norm import LayerNorm
from course_utils.nn.post_norm import EPSILON, PostNormBlock
from course_utils.text import PAD

Join = Callable[[Mapping[str, jax.Array], jax.Array, jax.Array, jax.Array], tuple[jax.Array, jax.Array]]


@dataclasses.dataclass(frozen=True)
class StreamConfig:
    """An encoder of texts and regions.

    ``words`` V, ``length`` the most tokens of a text, ``features`` of a region, ``width`` D, ``depth`` blocks with
    ``heads`` H and ``hidden`` units in each MLP; ``boxes``: where a region is, is told to the model (UNITER) or not
    (VisualBERT).
    """

    words: int = len(VOCAB)
    length: int = LONGEST
    features: int = 64
    width: int = 64
    depth: int = 2
    heads: int = 4
    hidden: int = 128
    boxes: bool = False
    region_positions: int = 1

    @classmethod
    def tiny(cls, **changes) -> StreamConfig:
        """For tests."""
        return cls(**{"words": 11, "length": 5, "features": 7, "width": 6, "depth": 1, "heads": 2, "hidden": 9, **changes})


def join_streams(params: Mapping[str, jax.Array], tokens: jax.Array, regions: jax.Array, there: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Words and regions as one sequence, and who may look at whom.

    Parameters
    ----------
    params : ``words`` (V, D), ``positions`` (L, D), ``types`` (2, D): a word's in row 0, a region's in row 1; ``W``
        (D_f, D), ``b`` (D,).
    tokens : int32[B, T], ``PAD`` = 0 at padding.
    regions : float32[B, N, D_f]; there : bool[B, N].

    Returns
    -------
    x : float32[B, T + N, D]: each word's vector plus its place's plus type 0; then each region's projection plus type 1.
    mask : bool[B, T + N, T + N]: True where both are there.
    """
    text = params["words"][tokens] + params["positions"][: tokens.shape[1]] + params["types"][0]  # (B, T, D)
    image = regions @ params["W"] + params["b"] + params["types"][1]  # (B, N, D)
    valid = jnp.concatenate([tokens != PAD, there], 1)  # (B, T + N)
    return jnp.concatenate([text, image], 1), attention_mask(valid)


class Tables(nnx.Module):
    """The embeddings of VisualBERT: of words, places and types, for the text and for the picture."""

    def __init__(self, config: StreamConfig, *, function: Join | None = None, rngs: nnx.Rngs):
        self.function = function or join_streams
        table = functools.partial(_table, config.width, rngs)
        self.words, self.positions, self.types = table(config.words), table(config.length), table(2)
        self.region_types, self.region_positions = table(2), table(config.region_positions)
        self.project = Linear(config.features, config.width, rngs=rngs)
        self.norm = LayerNorm(config.width, epsilon=EPSILON, rngs=rngs)
        self.boxes = Linear(_BOX, config.width, rngs=rngs) if config.boxes else None

    def __call__(self, tokens: jax.Array, regions: jax.Array, there: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The normalised sequence float32[B, T + N, D], and its mask bool[B, T + N, T + N]."""
        # A published table of region types has a first row for texts, which is not used; every region has position 0.
        region = self.region_types[...][1] + self.region_positions[...][0]
        params = {
            "words": self.words[...],
            "positions": self.positions[...],
            "W": self.project.kernel[...],
            "types": jnp.stack([self.types[...][0], region]),
            "b": self.project.bias[...],
        }
        x, mask = self.function(params, tokens, regions, there)
        if self.boxes is not None:
            x = x.at[:, tokens.shape[1] :].add(self.boxes(cell_boxes(regions.shape[1])))
        return self.norm(x), mask


class SingleStream(nnx.Module):
    """VisualBERT; with ``config.boxes`` UNITER's input, in which a region also says where it is.

    ``join``, ``attend``: other implementations of :func:`join_streams` and ``cross_attention``, say a learner's.
    """

    def __init__(self, config: StreamConfig, *, join: Join | None = None, attend: Attend | None = None, rngs: nnx.Rngs):
        self.tables = Tables(config, function=join, rngs=rngs)
        attention = functools.partial(CrossAttention, function=attend)
        self.blocks = nnx.data(
            [PostNormBlock(config.width, config.heads, config.hidden, attention=attention, rngs=rngs) for _ in range(config.depth)]
        )
        self.pool = Linear(config.width, config.width, rngs=rngs)

    def __call__(self, tokens: jax.Array, regions: jax.Array, there: jax.Array | None = None) -> tuple[jax.Array, dict]:
        """Reads a text and a picture together.

        Parameters
        ----------
        tokens : int32[B, T]
        regions : float32[B, N, D_f]
        there : bool[B, N], False where a region is hidden; ``None``: all are there.

        Returns
        -------
        text : float32[B, T, D], every word in the light of the picture.
        aux : ``image`` float32[B, N, D]; ``pooled`` float32[B, D], the pair as one vector, in -1..1; ``attention``
            float32[B, H, T + N, T + N] of each block.
        """
        there = jnp.ones(regions.shape[:2], bool) if there is None else there
        x, mask = self.tables(tokens, regions, there)
        attention = []
        for block in self.blocks:
            x, weights = block(x, mask)
            attention.append(weights)
        text, image = x[:, : tokens.shape[1]], x[:, tokens.shape[1] :]
        return text, {"image": image, "pooled": jnp.tanh(self.pool(x[:, 0])), "attention": attention}


_BOX = 7  # numbers that say where a region is


def cell_boxes(regions: int) -> jax.Array:
    """Where the cells of a square grid are, as UNITER says it: left, top, right, bottom, width, height, area.

    float32[regions, 7], in shares of the picture. One more than a square number: the first is the whole picture.
    Raises ValueError for any other number.
    """
    side = math.isqrt(regions)
    if regions not in (side**2, side**2 + 1) or regions == 2:
        raise ValueError(f"{regions} regions are no square grid, so they have no boxes.")
    top, left = (jnp.arange(side**2) // side) / side, (jnp.arange(side**2) % side) / side
    one = jnp.full(side**2, 1 / side)
    boxes = jnp.stack([left, top, left + one, top + one, one, one, one * one], 1)
    whole = jnp.array([[0.0, 0, 1, 1, 1, 1, 1]])
    return boxes if regions == side**2 else jnp.concatenate([whole, boxes])


def _table(width: int, rngs: nnx.Rngs, count: int) -> nnx.Param:
    return nnx.Param(init.normal(0.3)(rngs.params(), (count, width)))
