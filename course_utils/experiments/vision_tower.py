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
    """What a linear map of frozen features, taught by itself, tells of new scenes, and of scenes with a held-out pair each:
    shares of things whose kind, whose colour, and whose kind, colour and place are right; ``empty``: of empty places, that
    they are."""

    def seen(scenes: Scenes) -> np.ndarray:
        features = training.predict(tower, _features, {"image": np.asarray(render.render(scenes, side))})
        return of_places(features, side).reshape(-1, features.shape[-1])

    def draw(stream: str, split: str, count: int) -> Scenes:
        return S.sample(S.generator(stream, 601), count, objects=(2, S.SLOTS), sign=0.3, split=split)

    scenes = draw("train", "train", train)
    x, names = seen(scenes), {what: named.ravel() for what, named in place_names(scenes).items()}
    mean, spread = x.mean(0), x.std(0)
    heads = {what: _probe((x - mean) / spread, names[what], NAMES[what]) for what in ("kind", "colour")}
    told = {}
    for says, split in (("new scenes", "train"), ("held-out pairs", "test")):
        others = draw("test", split, test)
        z, wanted = (seen(others) - mean) / spread, {what: named.ravel() for what, named in place_names(others).items()}
        found = {what: training.predict(head, _told, {"x": z}, size=len(z)).argmax(1) for what, head in heads.items()}
        thing = wanted["kind"] > 1
        right = {what: (found[what] == wanted[what])[thing] for what in found}
        right["kind, colour and place"] = right["kind"] & right["colour"]
        right["empty"] = (found["kind"] == 0)[wanted["kind"] == 0]
        told |= {f"{what}, {says}": float(share.mean()) for what, share in right.items()}
    return told


def _probe(x: np.ndarray, named: np.ndarray, names: int) -> Linear:
    """A linear map from x float32[n, D] to the logits of names, taught where one applies."""
    rows, head = np.flatnonzero(named >= 0), Linear(x.shape[1], names, rngs=nnx.Rngs(0))

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        chosen = rng.choice(rows, 512)
        return {"x": x[chosen], "name": named[chosen]}

    training.fit(head, _probe_loss, sample, steps=1500, learning_rate=3e-2, progress=False)
    return head


def _told(head: Linear, batch):
    return head(batch["x"])


def _probe_loss(head: Linear, batch):
    return optax.softmax_cross_entropy_with_integer_labels(head(batch["x"]), batch["name"]).mean(), {}


def measure(tower: vision.VisionTower) -> dict[str, float]:
    """:func:`probe` on both canvases."""
    return {f"{what} at {side} px": share for side in CANVASES for what, share in probe(tower, side).items()}


def _features(tower: vision.VisionTower, batch):
    return tower.features(batch["image"])
