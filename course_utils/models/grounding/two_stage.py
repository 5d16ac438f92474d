"""Grounding in two stages, as before boxes were written: propose regions without reading, then score them against the phrase.

As Rohrbach et al., 2016, and most before TransVG did. What no region covers cannot be found, however well the phrase is understood.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from course_utils import training
from course_utils.metrics.overlap import box_iou
from course_utils.nn.linear import Linear
from course_utils.nn.lm import LanguageModel
from course_utils.nn.transformer import gelu
from course_utils.towers.regions import Regions

ENOUGH = 0.5  # the IoU from which on a region is the thing


class RegionScorer(nnx.Module):
    """Reads the regions, then the phrase; the last word's state is compared with every region. ``lm`` becomes its own."""

    def __init__(self, lm: LanguageModel, features: int, *, rngs: nnx.Rngs):
        self.lm, width = lm, lm.config.width
        self.first, self.second, self.key = (
            Linear(features, width, rngs=rngs),
            Linear(width, width, rngs=rngs),
            Linear(width, width, rngs=rngs),
        )

    def __call__(self, regions: jax.Array, there: jax.Array, tokens: jax.Array, length: jax.Array) -> jax.Array:
        """Features of regions float32[B, R, D], which there are bool[B, R], phrases int32[B, T] of ``length`` int32[B] words →
        scores float32[B, R], very low where there is no region."""
        looked = jnp.where(there[..., None], self.second(gelu(self.first(regions))), 0.0)
        states, _ = self.lm.states(jnp.concatenate([looked, self.lm.embed(tokens)], 1))
        asked = self.lm.norm(states[jnp.arange(len(tokens)), regions.shape[1] + length - 1])
        scores = jnp.einsum("bd,brd->br", asked, self.key(looked)) / asked.shape[-1] ** 0.5
        return jnp.where(there, scores, -1e9)


def right_region(regions: Regions, boxes: np.ndarray) -> np.ndarray:
    """Which region is each scene's thing, boxes in px float[B, 4] → int32[B], -1 where none overlaps it by :data:`ENOUGH`."""
    overlap = box_iou(boxes[:, None], regions.box)[:, 0] * regions.mask
    return np.where(overlap.max(1) >= ENOUGH, overlap.argmax(1), -1).astype(np.int32)


def scoring_loss(model: RegionScorer, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Cross-entropy of the right region, where one is right; beside it the share of these whose best score is right.

    ``picture`` int32[B], rows of ``regions`` float[P, R, D] and ``there`` bool[P, R]; ``tokens`` int32[B, T], ``length`` int32[B],
    ``region`` int32[B] of :func:`right_region`.
    """
    scores = model(batch["regions"][batch["picture"]], batch["there"][batch["picture"]], batch["tokens"], batch["length"])
    proposed = batch["region"] >= 0
    entropy = optax.softmax_cross_entropy_with_integer_labels(scores, jnp.maximum(batch["region"], 0))
    count = jnp.maximum(proposed.sum(), 1)
    right = (scores.argmax(-1) == batch["region"]) & proposed
    return jnp.where(proposed, entropy, 0.0).sum() / count, {"accuracy": right.sum() / count}


def _scores(model: RegionScorer, batch) -> jax.Array:
    return model(batch["regions"], batch["there"], batch["tokens"], batch["length"])


def ground(model: RegionScorer, regions: Regions, tokens: np.ndarray, length: np.ndarray) -> np.ndarray:
    """The box of the best region for one phrase a picture, in px: float32[B, 4]; NaN where nothing was proposed."""
    batch = {"regions": regions.features, "there": regions.mask, "tokens": tokens, "length": length}
    best = training.predict(model, _scores, batch).argmax(1)
    rows = np.arange(len(best))
    return np.where(regions.mask[rows, best][:, None], regions.box[rows, best], np.nan)
