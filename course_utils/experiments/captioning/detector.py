"""Trains notebook 02's region proposer, which ships as a checkpoint (``experiments.checkpoints``)."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from flax import nnx

from course_utils import training
from course_utils.towers import grid, regions
from course_utils.world import render, scenes

PICTURES, STEPS, BATCH = 12_000, 4000, 64


def _first_layer(tower: grid.GridTower, batch):
    return regions.window_features(tower, batch["image"])[0].astype(jnp.float16)


def train() -> regions.RegionProposer:
    """The proposer, taught on scenes of the training split with their boxes; it sees them through the frozen tower."""
    drawn = scenes.sample(scenes.generator("train", 2), PICTURES)
    seen = training.predict(grid.frozen_tower(), _first_layer, {"image": np.asarray(render.render(drawn, grid.SIDE))})
    arrays = {"seen": seen, **regions.targets(drawn)}

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        row = rng.integers(PICTURES, size=BATCH)
        return {name: array[row] for name, array in arrays.items()}

    model = regions.RegionProposer(rngs=nnx.Rngs(0))
    training.fit(model, regions.proposal_loss, sample, steps=STEPS, learning_rate=3e-3, progress=False)
    return model


def measure(model: regions.RegionProposer) -> dict[str, float]:
    """Recall, precision and kinds at IoU 0.5 on test scenes."""
    drawn = scenes.sample(scenes.generator("test", 2), 2000)
    return regions.evaluate(regions.propose(drawn, model), drawn)
