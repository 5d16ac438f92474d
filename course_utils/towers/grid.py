"""A frozen picture encoder: it was taught to name what stands in each place, and is not taught again.

What networks trained on ImageNet's names were to the first VQA models (the stacked attention network read the 14 × 14
grid of a VGG), this tower is to ours: it describes each of the nine places of a 64-pixel scene by 64 numbers.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
from einops import rearrange
from flax import nnx

from course_utils import training
from course_utils.nn import checkpoint
from course_utils.nn.linear import Linear
from course_utils.nn.pixels import normalise
from course_utils.nn.transformer import gelu
from course_utils.world import render
from course_utils.world.atlas import CANVASES
from course_utils.world.scenes import CELLS, Scenes
from course_utils.world.things import COLOURS, KINDS, SIZES, WORDS

SIDE = 64
FEATURES = 64
# What a place can be called: nothing, a sign, or one of the kinds; then its colour, size or word.
NAMES = {"kind": 2 + len(KINDS), "colour": len(COLOURS), "size": len(SIZES), "word": len(WORDS)}


class GridTower(nnx.Module):
    """Cuts the nine places out and describes each by the same two layers; a linear map then names it."""

    def __init__(self, hidden: int = 128, *, rngs: nnx.Rngs):
        cell = CANVASES[SIDE].cell
        self.describe = Linear(3 * cell**2, hidden, rngs=rngs)
        self.condense = Linear(hidden, FEATURES, rngs=rngs)
        self.name = Linear(FEATURES, sum(NAMES.values()), rngs=rngs)

    def features(self, image: jax.Array) -> jax.Array:
        """uint8[B, 64, 64, 3] → float32[B, 9, 64], row by row."""
        starts, cell = CANVASES[SIDE].starts, CANVASES[SIDE].cell
        x = normalise(image)
        x = jnp.stack([x[:, r : r + cell, c : c + cell] for r in starts for c in starts], 1)  # (B, 9, cell, cell, 3)
        return gelu(self.condense(gelu(self.describe(rearrange(x, "b n p q k -> b n (p q k)")))))

    def __call__(self, image: jax.Array) -> dict[str, jax.Array]:
        """uint8[B, 64, 64, 3] → for every entry of ``NAMES`` its logits, float32[B, 9, names]."""
        parts = np.cumsum(list(NAMES.values()))[:-1]
        return dict(zip(NAMES, jnp.split(self.name(self.features(image)), parts, axis=-1)))


def place_names(scenes: Scenes) -> dict[str, np.ndarray]:
    """What there is to say about every place: for every entry of ``NAMES`` int32[B, 9], -1 where it does not apply."""
    names = {what: np.full((len(scenes), CELLS), -1, np.int32) for what in NAMES}
    names["kind"][:] = 0
    row, slot = np.nonzero(scenes.present)
    cell = scenes.cell[row, slot]
    names["kind"][row, cell] = 2 + scenes.kind[row, slot]
    names["colour"][row, cell] = scenes.colour[row, slot]
    names["size"][row, cell] = scenes.size[row, slot]
    signed = np.flatnonzero(scenes.word >= 0)
    names["kind"][signed, scenes.word_cell[signed]] = 1
    names["word"][signed, scenes.word_cell[signed]] = scenes.word[signed]
    return names


def naming_loss(model: GridTower, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Cross-entropies of all names that apply, and the share named right: batches of ``render.stamps``, ``tiles`` and
    :func:`place_names`."""
    image = render.draw(batch["tiles"], {name: batch[name] for name in ("ground", "count", "stamp")})
    loss, right = 0.0, {}
    for what, logits in model(image).items():
        named, applies = batch[what], batch[what] >= 0
        entropy = optax.softmax_cross_entropy_with_integer_labels(logits, jnp.maximum(named, 0))
        loss += jnp.mean(entropy, where=applies)
        right[what] = jnp.mean(logits.argmax(-1) == named, where=applies)
    return loss, right


@functools.cache
def frozen_tower() -> GridTower:
    """The shipped tower. Raises FileNotFoundError or ValueError as ``checkpoint.load``."""
    tower = GridTower(rngs=nnx.Rngs(0))
    checkpoint.load(tower, "grid_tower")
    return tower


def _features(tower: GridTower, batch) -> jax.Array:
    return tower.features(batch["image"])


def scene_features(scenes: Scenes) -> np.ndarray:
    """What the frozen tower sees: float32[B, 9, 64]."""
    return training.predict(frozen_tower(), _features, {"image": np.asarray(render.render(scenes, SIDE))}, size=512)
