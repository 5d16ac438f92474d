"""How the shared vision tower was taught, and what its features tell."""

from __future__ import annotations

import numpy as np
import optax
from flax import nnx

from course_utils import training
from course_utils.nn.linear import Linear
from course_utils.towers import vision
from course_utils.towers.grid import NAMES, place_names
from course_utils.world import render
from course_utils.world import scenes as S
from course_utils.world.atlas import CANVASES
from course_utils.world.scenes import Scenes

STEPS, BATCH, RATE = 4500, 16, 1e-2
MUON = training.muon(weight_decay=0.01)


def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Crowded scenes, so that a picture teaches much: ``BATCH`` of them on each canvas."""
    return vision.sample_batch({side: S.sample(rng, BATCH, objects=(3, 5), sign=0.4) for side in CANVASES})


def train(steps: int = STEPS) -> vision.VisionTower:
    """The tower that is shipped."""
    tower = vision.VisionTower(rngs=nnx.Rngs(0))
    tiles = {f"tiles {side}": render.tiles(side) for side in CANVASES}
    training.fit(tower, vision.naming_loss, sample, steps=steps, learning_rate=RATE, optimizer=MUON, data=tiles, progress=False)
    return tower


def of_places(features: np.ndarray, side: int) -> np.ndarray:
    """The mean feature of the patches whose centres lie in each of the nine places: float32[B, N, D] → float32[B, 9, D]."""
    cells = vision.cell_of_patch(side)
    return np.stack([features[:, cells == cell].mean(1) for cell in range(S.CELLS)], 1)


def probe(tower: vision.VisionTower, side: int, *, train: int = 4000, test: int = 1000) -> dict[str, float]:
    """What a linear map of frozen features, taught by itself, tells of held-out scenes: shares of things whose kind, whose
    colour, and whose kind, colour and place are right; ``empty``: of empty places, that they are."""

    def seen(scenes: Scenes) -> np.ndarray:
        features = training.predict(tower, _features, {"image": np.asarray(render.render(scenes, side))})
        return of_places(features, side).reshape(-1, features.shape[-1])

    def draw(split: str, count: int) -> Scenes:
        return S.sample(S.generator(split, 601), count, objects=(2, S.SLOTS), sign=0.3, split=split)

    scenes, others = draw("train", train), draw("test", test)
    x, z = seen(scenes), seen(others)
    x, z = (x - x.mean(0)) / x.std(0), (z - x.mean(0)) / x.std(0)
    names, wanted = ({k: v.ravel() for k, v in place_names(s).items()} for s in (scenes, others))
    told = {}
    for what in ("kind", "colour"):
        rows = np.flatnonzero(names[what] >= 0)
        head = Linear(x.shape[1], NAMES[what], rngs=nnx.Rngs(0))

        def some(rng, rows=rows, what=what):
            chosen = rng.choice(rows, 512)
            return {"x": x[chosen], "name": names[what][chosen]}

        training.fit(head, _probe_loss, some, steps=1500, learning_rate=3e-2, progress=False)
        told[what] = training.predict(head, _told, {"x": z}, size=len(z)).argmax(1)
    thing, empty = wanted["kind"] > 1, wanted["kind"] == 0
    right = {what: (told[what] == wanted[what])[thing] for what in told}
    return {
        "kind": float(right["kind"].mean()),
        "colour": float(right["colour"].mean()),
        "kind, colour and place": float((right["kind"] & right["colour"]).mean()),
        "empty": float((told["kind"] == 0)[empty].mean()),
    }


def _told(head: Linear, batch):
    return head(batch["x"])


def _probe_loss(head: Linear, batch):
    return optax.softmax_cross_entropy_with_integer_labels(head(batch["x"]), batch["name"]).mean(), {}


def measure(tower: vision.VisionTower) -> dict[str, float]:
    """:func:`probe` on both canvases."""
    return {f"{what} at {side} px": share for side in CANVASES for what, share in probe(tower, side).items()}


def _features(tower: vision.VisionTower, batch):
    return tower.features(batch["image"])
