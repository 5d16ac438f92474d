"""A small region proposer: where something stands, how large it is, and what it is called (after Ren et al., 2015).

The frozen tower of :mod:`~course_utils.towers.grid` is slid over the picture; from what it sees in each window a small head tells whether the
window is centred on a thing, where its box is, and of which kind it is. The best windows that do not overlap are kept.
"Bottom-up" attention (Anderson et al., 2018) then looks at these regions in the place of a grid.
"""

from __future__ import annotations

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
from einops import rearrange
from flax import nnx

from course_utils import training
from course_utils.metrics.overlap import box_iou
from course_utils.nn import checkpoint
from course_utils.nn.linear import Linear
from course_utils.nn.pixels import normalise
from course_utils.nn.transformer import gelu
from course_utils.towers import grid
from course_utils.world import render
from course_utils.world.atlas import CANVASES
from course_utils.world.scenes import Scenes
from course_utils.world.things import KINDS

CELL = CANVASES[grid.SIDE].cell
STARTS = (0, 7, 14, 21, 28, 36, 43)  # of the windows along either axis, px
MOST = 6  # regions a picture
NEAR = 5  # px between the centres of a window and of a thing that it is to find, along either axis
CORNERS = np.array([(y, x) for y in STARTS for x in STARTS])  # int[W, 2]
HIDDEN = 128


class RegionProposer(nnx.Module):
    """What each window of a picture is centred on. The tower before it is frozen, and no part of it."""

    def __init__(self, *, rngs: nnx.Rngs):
        self.hidden = Linear(HIDDEN, HIDDEN, rngs=rngs)
        self.tell = Linear(HIDDEN, 1 + 4 + len(KINDS), rngs=rngs)

    def __call__(self, seen: jax.Array) -> dict[str, jax.Array]:
        """float32[B, W, 128] of :func:`window_features` → ``thing`` [B, W], ``box`` [B, W, 4] in px, ``kind`` [B, W, K] logits."""
        told = self.tell(gelu(self.hidden(seen)))
        corner = jnp.asarray(np.tile(CORNERS, 2))  # of the window, twice: (ymin, xmin) and (ymax, xmax) start there
        box = corner + CELL / 2 + CELL / 2 * (told[..., 1:5] + jnp.array([-0.7, -0.7, 0.7, 0.7]))
        return {"thing": told[..., 0], "box": box, "kind": told[..., 5:]}


def window_features(tower: grid.GridTower, image: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Windows as the tower sees them: uint8[B, 64, 64, 3] → its first layer [B, W, 128] and its features [B, W, 64]."""
    x = normalise(image)
    x = jnp.stack([x[:, y : y + CELL, z : z + CELL] for y, z in CORNERS], 1)  # (B, W, cell, cell, 3)
    hidden = gelu(tower.describe(rearrange(x, "b w p q k -> b w (p q k)")))
    return hidden, gelu(tower.condense(hidden))


def targets(scenes: Scenes) -> dict[str, np.ndarray]:
    """What the windows are to tell: ``thing`` bool[B, W], ``box`` float32[B, W, 4] px, ``kind`` int32[B, W].

    A window is to find the thing whose centre is nearest to its own, if it is near enough; ``kind`` is -1 where it finds
    none.
    """
    boxes = render.boxes(scenes, grid.SIDE).astype(np.float32)
    centre = (boxes[..., :2] + boxes[..., 2:]) / 2  # (B, M, 2)
    apart = np.abs(centre[:, None] - (CORNERS + CELL / 2)[None, :, None]).max(-1)  # (B, W, M)
    apart = np.where(scenes.present[:, None], apart, np.inf)
    slot, thing = apart.argmin(-1), apart.min(-1) <= NEAR
    rows = np.arange(len(scenes))[:, None]
    return {"thing": thing, "box": boxes[rows, slot], "kind": np.where(thing, scenes.kind[rows, slot], -1).astype(np.int32)}


def proposal_loss(model: RegionProposer, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Is it a thing, where is its box, what is its kind: batches of ``seen`` and of :func:`targets`."""
    told = model(batch["seen"].astype(jnp.float32))
    there = batch["thing"]
    is_thing = optax.sigmoid_binary_cross_entropy(told["thing"], there).mean()
    box = jnp.mean(jnp.abs(told["box"] - batch["box"]), where=there[..., None])
    names = optax.softmax_cross_entropy_with_integer_labels(told["kind"], jnp.maximum(batch["kind"], 0))
    named = jnp.mean(told["kind"].argmax(-1) == batch["kind"], where=there)
    return 5 * is_thing + 0.2 * box + jnp.mean(names, where=there), {"box": box, "kind": named}


@dataclasses.dataclass(frozen=True, eq=False)
class Regions:
    """The regions of B pictures, the surest first.

    Attributes
    ----------
    features : float32[B, 6, 68], the frozen tower's 64 numbers and the box, from -1 to 1.
    box : float32[B, 6, 4], (ymin, xmin, ymax, xmax) in px.
    kind : float32[B, 6, K], the probability of each kind.
    mask : bool[B, 6], False where there are fewer regions.
    """

    features: np.ndarray
    box: np.ndarray
    kind: np.ndarray
    mask: np.ndarray


@functools.cache
def frozen_proposer() -> RegionProposer:
    """The shipped proposer. Raises FileNotFoundError or ValueError as ``checkpoint.load``."""
    model = RegionProposer(rngs=nnx.Rngs(0))
    checkpoint.load(model, "regions")
    return model


class _Eyes(nnx.Module):
    """The tower and the proposer, as one model to predict with."""

    def __init__(self, tower: grid.GridTower, proposer: RegionProposer):
        self.tower, self.proposer = tower, proposer


def _look(eyes: _Eyes, batch) -> dict[str, jax.Array]:
    hidden, features = window_features(eyes.tower, batch["image"])
    told = eyes.proposer(hidden)
    return {**told, "thing": jax.nn.sigmoid(told["thing"]), "kind": jax.nn.softmax(told["kind"]), "features": features}


def propose(scenes: Scenes, proposer: RegionProposer | None = None, *, sure: float = 0.5, overlap: float = 0.3) -> Regions:
    """The regions of every scene.

    Parameters
    ----------
    proposer : another than the shipped one.
    sure : the least probability of a thing. overlap : the greatest IoU of two regions that are both kept.
    """
    eyes = _Eyes(grid.frozen_tower(), proposer or frozen_proposer())
    told = training.predict(eyes, _look, {"image": np.asarray(render.render(scenes, grid.SIDE))}, size=256)
    rows, score, kept, there = np.arange(len(scenes)), told["thing"].copy(), [], []
    for _ in range(MOST):
        best = score.argmax(-1)
        kept.append(best)
        there.append(score[rows, best] >= sure)
        score[box_iou(told["box"], told["box"][rows, best][:, None])[..., 0] > overlap] = -1
        score[rows, best] = -1
    kept, mask = np.stack(kept, 1), np.stack(there, 1)  # (B, 6)
    box, features, kind = (told[name][rows[:, None], kept] for name in ("box", "features", "kind"))
    return Regions(np.concatenate([features, box / (grid.SIDE / 2) - 1], -1).astype(np.float32), box, kind, mask)


def evaluate(regions: Regions, scenes: Scenes, at: float = 0.5) -> dict[str, float]:
    """``recall`` (things with a region of IoU ``at`` or more), ``precision`` (regions with a thing), ``kind`` (found things
    whose likeliest kind is right)."""
    boxes = render.boxes(scenes, grid.SIDE).astype(np.float32)
    overlap = box_iou(boxes, regions.box) * (scenes.present[:, :, None] & regions.mask[:, None])  # (B, M, R)
    hit, best = overlap.max(-1) >= at, overlap.argmax(-1)
    said = regions.kind.argmax(-1)[np.arange(len(scenes))[:, None], best]
    return {
        "recall": float(hit[scenes.present].mean()),
        "precision": float((overlap.max(1) >= at)[regions.mask].mean()),
        "kind": float((said == scenes.kind)[hit].mean()),
    }
