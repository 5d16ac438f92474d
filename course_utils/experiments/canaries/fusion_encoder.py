"""Notebook 04: the dual encoders, both streams, every kind of negative, UNITER's objectives, and the tests of them all."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from flax import nnx

from course_utils.experiments import canaries
from course_utils.experiments import fusion_encoder as experiment
from course_utils.experiments.canaries import Canary
from course_utils.experiments.fusion_encoder import arms, binding, matching, objectives, retrieval
from course_utils.models.fusion_encoder import dual

_PAIRS, _GALLERY = 128, 48
_WHOLE = 8  # steps of a run whose batches are drawn to its end


@functools.cache
def _teacher() -> dual.DualEncoder:
    """A dual encoder that finds everything unlike everything else, as a trained one does."""
    return canaries.sharpened(dual.DualEncoder(dual.DualConfig(depth=0), rngs=nnx.Rngs(3)))


def _bound(model: nnx.Module, hide: str = "") -> dict[str, Any]:
    table = binding.table(model, binding.pairs(_PAIRS), hide=hide)
    return {"table": table, **binding.right(table)}


def _searched(model: nnx.Module) -> dict[str, Any]:
    found = _bound(model) | experiment.decided(model)
    for hide in arms.CONTROLS:
        found[hide] = _bound(model, hide)["table"]
    names = {arms.DUAL: "dual", arms.HARD: "fusion"}
    names |= {arms.HARD.but(shortlist=k): f"dual, then fusion on {k}" for k in retrieval.SHORTLISTS}
    ways = retrieval.run(_teacher(), model, arms.HARD, _GALLERY)
    return found | {f"{names[arm]}, {measure}": value for arm, values in ways.items() for measure, value in values.items()}


def _objectives(model: nnx.Module) -> dict[str, Any]:
    return objectives.run(model, matching.matched(objectives.TEST, 5, test=True))


def _matched(negatives: str, *, measure=_bound, everywhere: bool = False, steps: int = canaries.STEPS, **parts: Any) -> Canary:
    def train() -> nnx.Module:
        return matching.train_fusion(matching.matched(), _teacher(), negatives, **parts)

    return Canary(train, measure, everywhere, steps)


def _hardness() -> dict[str, Any]:
    """How hard negatives become along a run, of which the first steps show nothing."""
    draw = matching.drawing(matching.matched(), _WHOLE)
    return {"hardness": np.array([draw(np.random.default_rng(0))["hardness"] for _ in range(_WHOLE)])}


def _sizes() -> dict[str, Any]:
    return {
        "pictures": [matching.PICTURES, binding.PAIRS, retrieval.PICTURES, objectives.TEST],
        "shortlists": retrieval.SHORTLISTS,
        "steps": [matching.STEPS, matching.DUAL_STEPS],
        **{f"{row['arm'].stream} stream": row["value"] for row in experiment.baselines()},
    }


CANARIES = {
    "dual": Canary(
        lambda: matching.train_dual(matching.matched()),
        lambda model: {
            "similarities": matching.similarities(model, retrieval.gallery("ordinary", _GALLERY))  # of words in any order; twins tie
        },
    ),
    "dual, reading in order": Canary(lambda: matching.train_dual(matching.matched(), depth=1), _bound, steps=0),
    "single stream, hard negatives": _matched("hard", measure=_searched, everywhere=True),
    "single stream, random negatives": _matched("random"),
    "single stream, negatives as they come": _matched("hard, as they come"),
    "single stream, from chance": _matched("hard", align=False),
    "how hard negatives become": Canary(None, _hardness),
    "two streams": _matched("hard", stream="two", steps=0),
    "UNITER": Canary(lambda: objectives.train(matching.matched(), _teacher()), _objectives),
    "sizes": Canary(None, _sizes),
}
