"""Whose colour is it? One region is exchanged for its twin's: does the choice between two captions follow?"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from course_utils import runtime, training
from course_utils.arms import Arm
from course_utils.experiments import probe
from course_utils.experiments.fusion_encoder import arms, binding, dataset, trainer
from course_utils.experiments.probe import Cases
from course_utils.models.fusion_encoder import words
from course_utils.towers import grid
from course_utils.world import captions
from course_utils.world import scenes as S
from course_utils.world.things import KINDS

SEEDS = 3
PICTURES, _FEW = 512, 64
THING, ANOTHER = (arms.HARD.but(exchanged=place) for place in ("its thing", "another thing"))
BRIGHTEST = {block: arms.HARD.but(exchanged="brightest place", block=block) for block in (1, 2)}


def cases(n: int = PICTURES, seed: int = 0) -> Cases:
    """New pictures of two things, each with its caption and one in which a thing has the twin's colour: answers 0 and 1.

    ``tokens`` is int32[n, 4, T]: behind these captions the same two, in which the other thing has the twin's colour as well.
    ``at`` is the thing's name. Few under ``COURSE_FAST=1``.
    """
    n = min(n, _FEW) if runtime.is_fast() else n
    rng = S.generator("test", seed)
    scenes = dataset.draw_scenes(rng, 2 * n)
    new, twins = probe.twins(scenes, "colour", rng, dataset.KIND_NAMES)
    kept = np.flatnonzero(new >= 0)[:n]
    scenes, twins, every = scenes[kept], twins[kept], np.arange(len(kept))
    first, opening, asked = rng.integers(2, size=(3, len(kept)))
    order = np.where(first[:, None], [0, 1, 2, 3, 4], [1, 0, 2, 3, 4])
    one, other = scenes.colour.copy(), scenes.colour.copy()
    one[every, asked] = other[every, 1 - asked] = new[kept]
    several = (scenes, scenes.replace(colour=one), scenes.replace(colour=other), twins)
    tokens = np.stack([words.VOCAB.encode(captions.caption(s, order=order, opening=opening)) for s in several], 1)
    kind = np.array([words.VOCAB.index(KINDS[k]) for k in scenes.kind[every, asked]])
    at = (tokens[:, 0] == kind[:, None]).argmax(1)
    thing, another = (scenes.cell[every, slot].astype(int) for slot in (asked, 1 - asked))
    seen, others = (grid.scene_features(s) for s in (scenes, twins))
    return Cases(scenes, twins, seen, others, tokens, at, thing, another, 0 * every, 0 * every + 1)


def scores(model: nnx.Module, of: Cases, place: np.ndarray | None = None) -> np.ndarray:
    """How well both captions match, float32[n, 2]; with ``place`` int[n] after that region was exchanged.

    If it is the other thing's, the captions say so: they are to differ in the thing that is asked for, and in nothing else.
    """
    image, pair = of.features, of.tokens[:, :2]
    if place is not None:
        image, pair = of.exchanged(place), np.where((place == of.another)[:, None, None], of.tokens[:, 2:], pair)
    return np.stack([binding.logits(model, pair[:, k], image) for k in (0, 1)], 1)


def _looks(model: nnx.Module, batch) -> jax.Array:
    _, aux = model(batch["tokens"], batch["image"])
    maps = jnp.stack(aux["attention"], 1).mean(2)  # (B, blocks, T + N, T + N)
    return maps[jnp.arange(len(maps)), :, batch["at"], batch["tokens"].shape[1] :]


def looks(model: nnx.Module, of: Cases) -> np.ndarray:
    """Where the thing's name looks in each block, mean of the heads: float32[n, blocks, 9]."""
    return training.predict(model, _looks, {"tokens": of.tokens[:, 0], "image": of.features, "at": of.at})


def measures(model: nnx.Module, of: Cases) -> dict[tuple[Arm, str], float]:
    """(arm, "follows" or "stays") → share of :func:`probe.outcome`; of looks also how often they "hit" the thing."""
    before, brightest = scores(model, of), looks(model, of).argmax(-1)  # (n, blocks)
    places = {THING: of.thing, **{arm: brightest[:, block - 1] for block, arm in BRIGHTEST.items()}, ANOTHER: of.another}
    found = {
        (arm, name): share for arm, place in places.items() for name, share in probe.outcome(of, before, scores(model, of, place)).items()
    }
    return found | {(arm, "hit"): float((places[arm] == of.thing).mean()) for arm in BRIGHTEST.values()}


def run(seed: int) -> list[dict]:
    """All rows of one seed, of the single stream with hard negatives."""
    data = dataset.draw(seed=seed)
    model = trainer.train_fusion(data, trainer.train_dual(data, seed=seed), arms.HARD.negatives, seed=seed)
    return [row for (arm, measure), share in measures(model, cases()).items() for row in arm.rows({measure: share})]


def example(model: nnx.Module, of: Cases, i: int = 0, block: int = 2) -> dict[str, Any]:
    """Case i, as the figure of the probe takes it: how well both captions match, as probabilities, and a block's look."""
    one = of[np.array([i])]
    logits = np.concatenate([scores(model, one, place) for place in (None, one.thing, one.another)])
    own, twin = one.tokens[0, :2]
    return {
        **of.drawn(i),
        "look": looks(model, one)[0, block - 1],
        "said": words.VOCAB.words(own)[1:],
        "at": int(one.at[0]) - 1,
        "words": tuple(words.VOCAB[tokens[own != twin][0]] for tokens in (own, twin)),
        "chances": 1 / (1 + np.exp(-logits)),
    }
