"""The frozen vision transformer that later notebooks share: one set of weights for both canvases.

One block before its end it was taught, patch by patch, to name what stands in the patch's place of the scene; at its end,
to tell from the class token alone which kinds and colours the picture holds.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from course_utils import training
from course_utils.nn import checkpoint
from course_utils.nn.linear import Linear
from course_utils.nn.norm import LayerNorm
from course_utils.nn.pixels import normalise
from course_utils.nn.vit import VisionTransformer, ViTConfig
from course_utils.towers.grid import NAMES, place_names
from course_utils.world import render
from course_utils.world.atlas import CANVASES
from course_utils.world.scenes import Scenes
from course_utils.world.things import COLOURS, KINDS

PATCH, WIDTH = 8, 96
CONFIG = ViTConfig(side=64, patch=PATCH, width=WIDTH, depth=4, heads=4)


class VisionTower(nnx.Module):
    """A vision transformer, a linear map that names what stands where each patch is, and one that says what there is at all."""

    def __init__(self, config: ViTConfig = CONFIG, *, rngs: nnx.Rngs):
        self.vit = VisionTransformer(config, rngs=rngs)
        self.norm = LayerNorm(config.width, rngs=rngs)
        self.name = Linear(config.width, sum(NAMES.values()), rngs=rngs)
        self.tell = Linear(config.width, len(KINDS) + len(COLOURS), rngs=rngs)

    def features(self, image: jax.Array) -> jax.Array:
        """uint8[B, S, S, 3], S = 64 or 96 → what each patch is one block before the end, row by row: float32[B, N, D].

        N = (S / 8)²; the class token is left out.
        """
        return self.vit.before_last(normalise(image))

    def __call__(self, image: jax.Array) -> tuple[dict[str, jax.Array], jax.Array]:
        """uint8[B, S, S, 3] → for every entry of ``NAMES`` the logits of each patch, float32[B, N, names], and those that each
        kind and each colour is there, float32[B, kinds + colours]."""
        token, aux = self.vit(normalise(image))
        parts = np.cumsum(list(NAMES.values()))[:-1]
        named = self.name(self.norm(aux["states"][-2][:, 1:]))
        return dict(zip(NAMES, jnp.split(named, parts, axis=-1))), self.tell(token)


@functools.cache
def cell_of_patch(side: int) -> np.ndarray:
    """In which of a scene's nine places the centre of each patch lies: int[N]."""
    centres = np.arange(side // PATCH) * PATCH + PATCH // 2
    line = np.searchsorted(CANVASES[side].starts, centres, side="right") - 1
    return (3 * line[:, None] + line).ravel()


def patch_names(scenes: Scenes, side: int) -> dict[str, np.ndarray]:
    """For every entry of ``NAMES`` what there is to say of each patch, int32[B, N], -1 where it does not apply."""
    return {what: names[:, cell_of_patch(side)] for what, names in place_names(scenes).items()}


def contents(scenes: Scenes) -> np.ndarray:
    """Whether each kind, then each colour, is there: bool[B, kinds + colours]."""
    there = np.zeros((len(scenes), len(KINDS) + len(COLOURS)), bool)
    row, slot = np.nonzero(scenes.present)
    there[row, scenes.kind[row, slot]] = True
    there[row, len(KINDS) + scenes.colour[row, slot]] = True
    return there


def sample_batch(scenes: dict[int, Scenes]) -> dict[str, np.ndarray]:
    """What :func:`naming_loss` needs of the scenes of each side."""
    batch = {}
    for side, drawn in scenes.items():
        arrays = {**render.stamps(drawn, side), **patch_names(drawn, side), "there": contents(drawn)}
        batch |= {f"{side} {name}": array for name, array in arrays.items()}
    return batch


def naming_loss(model: VisionTower, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Cross-entropies of all names that apply and of what is there, over both canvases, and the shares right; batches of
    :func:`sample_batch`, with ``tiles 64`` and ``tiles 96``."""
    loss, right = 0.0, {}
    for side in CANVASES:
        image = render.draw(batch[f"tiles {side}"], {name: batch[f"{side} {name}"] for name in ("ground", "count", "stamp")})
        names, told = model(image)
        there = batch[f"{side} there"]
        loss += optax.sigmoid_binary_cross_entropy(told, there).mean()
        right[f"there {side}"] = ((told > 0) == there).mean()
        for what, logits in names.items():
            named = batch[f"{side} {what}"]
            applies = named >= 0
            entropy = optax.softmax_cross_entropy_with_integer_labels(logits, jnp.maximum(named, 0))
            count = jnp.maximum(applies.sum(), 1)  # a small batch may show no sign
            loss += jnp.where(applies, entropy, 0.0).sum() / count
            right[f"{what} {side}"] = ((logits.argmax(-1) == named) & applies).sum() / count
    return loss, right


@functools.cache
def frozen_vision_tower() -> VisionTower:
    """The shipped tower. Raises FileNotFoundError or ValueError as ``checkpoint.load``."""
    tower = VisionTower(rngs=nnx.Rngs(0))
    checkpoint.load(tower, "vision_tower")
    return tower


def _features(tower: VisionTower, batch) -> jax.Array:
    return tower.features(batch["image"])


def patch_features(scenes: Scenes, side: int = 64) -> np.ndarray:
    """What the frozen tower sees: float32[B, N, 96], N = 64 or 144."""
    return training.predict(frozen_vision_tower(), _features, {"image": np.asarray(render.render(scenes, side))}, size=256)
