"""Makes the checkpoints that are shipped in ``data/checkpoints``: ``python -m course_utils.experiments.checkpoints``.

The same seed gives the same checkpoint on the same machine; on another the last bits may differ, and with them what
was recorded from it. Make the recordings anew after it: ``make experiments``.
"""

from __future__ import annotations

import argparse

import numpy as np
from flax import nnx

from course_utils import paths, runtime, training
from course_utils.experiments import language_model, vision_tower
from course_utils.experiments.captioning import detector
from course_utils.experiments.dual_encoder import pretrained as towers
from course_utils.experiments.fusion import dataset, measures, pretrained, trainer
from course_utils.experiments.llava import pretrained as llava
from course_utils.models import fusion
from course_utils.nn import checkpoint
from course_utils.towers import grid
from course_utils.world import render, scenes


def grid_tower() -> grid.GridTower:
    """Notebook 01's frozen tower: it names what stands where in scenes of the training split."""

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        drawn = scenes.sample(rng, 128, objects=(2, scenes.SLOTS), sign=0.5)
        return {**render.stamps(drawn, grid.SIDE), **grid.place_names(drawn)}

    tower = grid.GridTower(rngs=nnx.Rngs(0))
    training.fit(tower, grid.naming_loss, sample, steps=8000, learning_rate=3e-3, data={"tiles": render.tiles(grid.SIDE)}, progress=False)
    return tower


def named_right(tower: grid.GridTower, scenes_: scenes.Scenes) -> dict[str, float]:
    """The share of objects (not of empty places) whose kind is named right, of colours, sizes and words."""
    logits = training.predict(tower, _logits, {"image": np.asarray(render.render(scenes_, grid.SIDE))})
    names = grid.place_names(scenes_)
    applies = {what: named > 1 if what == "kind" else named >= 0 for what, named in names.items()}
    return {what: float((logits[what].argmax(-1) == names[what])[applies[what]].mean()) for what in names}


def _logits(tower: grid.GridTower, batch):
    return tower(batch["image"])


def two_looks() -> fusion.VQAClassifier:
    """Notebook 01's model to talk to: as those that it trains live, on more balanced questions and for longer."""
    model = pretrained.untrained()
    trainer.train(model, dataset.draw("balanced", 96_000), fusion.softmax_loss, steps=12_000)
    return model


def _measure_grid_tower(tower: grid.GridTower) -> dict[str, float]:
    return named_right(tower, scenes.sample(scenes.generator("test"), 2000, objects=(2, scenes.SLOTS), sign=0.5, split="test"))


def _measure_two_looks(model: fusion.VQAClassifier) -> dict[str, float]:
    test = dataset.draw("balanced", 4096, test=True)
    given = trainer.answers(model, test)
    return {"all": measures.accuracy(given, test), **measures.by_type(given, test)}


# name → what trains it, what tells how good it is on test scenes
CHECKPOINTS = {
    "grid_tower": (grid_tower, _measure_grid_tower),
    "two_looks": (two_looks, _measure_two_looks),
    "regions": (detector.train, detector.measure),
    "emoji_towers": (towers.train, towers.measure),
    "vision_tower": (vision_tower.train, vision_tower.measure),
    "language_model": (language_model.train, language_model.measure),
    "llava": (llava.train, llava.measure),
}


def make(name: str) -> None:
    """Trains, writes ``data/checkpoints/NAME.safetensors`` and lists its checksum."""
    file = paths.data_dir() / "checkpoints" / f"{name}.safetensors"
    file.parent.mkdir(exist_ok=True)
    train, measure = CHECKPOINTS[name]
    model = train()
    checkpoint.save(model, file)
    paths.list_file(f"checkpoints/{name}.safetensors")
    print(name, {what: round(share, 3) for what, share in measure(model).items()}, "right on test scenes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", default=list(CHECKPOINTS), help="which (default: all)")
    runtime.use_compilation_cache()
    for chosen in parser.parse_args().names:
        make(chosen)
