"""Referring segmentation: a phrase, and of every pixel whether it belongs to what the phrase means.

As LISA (Lai et al., 2024): the language model ends its reading at one token, ``<mask>``, and what it says there is compared with every
pixel by a small decoder, which draws pixels out of patches.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import optax
from einops import rearrange
from flax import nnx

from course_utils import training
from course_utils.models.grounding.grounder import Grounder
from course_utils.models.grounding.packing import MASK
from course_utils.nn.linear import Linear
from course_utils.nn.transformer import gelu
from course_utils.text import Vocabulary


class Segmenter(nnx.Module):
    """A :class:`Grounder`, trained along, and the decoder: ``channels`` C numbers a pixel, ``pixels`` P of them along a patch."""

    def __init__(self, grounder: Grounder, words: Vocabulary, *, channels: int = 8, pixels: int = 8, hidden: int = 96, rngs: nnx.Rngs):
        self.grounder, self.token, self.pixels = grounder, words.index(MASK), pixels
        self.look = Linear(grounder.config.features, hidden, rngs=rngs)
        self.draw = Linear(hidden, channels * pixels**2, rngs=rngs)
        self.ask = Linear(grounder.lm.config.width, channels + 1, rngs=rngs)

    def __call__(self, tokens: jax.Array, features: jax.Array) -> jax.Array:
        """Texts with one ``<mask>`` each, int32[B, T], and float32[B, N, D_features] → logits of each pixel, float32[B, S, S]."""
        states = self.grounder.states(tokens, features)
        at = (tokens == self.token).argmax(-1)
        asked = self.ask(self.grounder.lm.norm(states[jnp.arange(len(tokens)), at]))  # (B, C + 1), the last is a bias
        drawn = self.draw(gelu(self.look(features)))
        side = self.grounder.config.side
        grid = rearrange(drawn, "b (r c) (p q k) -> b (r p) (c q) k", r=side, c=side, p=self.pixels, q=self.pixels)
        return jnp.einsum("bhwk,bk->bhw", grid, asked[:, :-1]) + asked[:, -1, None, None]


def mask_loss(model: Segmenter, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Cross-entropy of every pixel, and one minus the Dice coefficient (Milletari et al., 2016), which does not mind how small a thing
    is; beside it the mean IoU (``iou``).

    ``tokens`` int32[B, T], ``picture`` int32[B], rows of ``pool`` float[P, N, D]; ``mask`` bool[B, S, S].
    """
    logits = model(batch["tokens"], batch["pool"][batch["picture"]].astype("float32"))
    true = batch["mask"].astype(jnp.float32)
    likely = jax.nn.sigmoid(logits)
    dice = (2 * (likely * true).sum((1, 2)) + 1) / (likely.sum((1, 2)) + true.sum((1, 2)) + 1)
    said = logits > 0
    iou = (said & batch["mask"]).sum((1, 2)) / jnp.maximum((said | batch["mask"]).sum((1, 2)), 1)
    return optax.sigmoid_binary_cross_entropy(logits, true).mean() + (1 - dice).mean(), {"iou": iou.mean()}


def _masks(model: Segmenter, batch) -> jax.Array:
    return model(batch["tokens"], batch["features"].astype("float32")) > 0


def masks(model: Segmenter, tokens: np.ndarray, features: np.ndarray) -> np.ndarray:
    """The pixels of what each text means: int32[n, T], float[n, N, D_features] → bool[n, S, S]."""
    return training.predict(model, _masks, {"tokens": tokens, "features": features})
