"""Notebook 04: the dual encoders, both streams, every kind of negative, UNITER's objectives, and the tests of them all."""

import functools
from typing import Any

import numpy as np
from flax import nnx

from course_utils.experiments import canaries
from course_utils.experiments import fusion_encoder as experiment
from course_utils.experiments.canaries import Canary
from course_utils.experiments.fusion_encoder import arms, binding, dataset, objectives, probe, retrieval, trainer
from course_utils.models.fusion_encoder import dual

_PAIRS, _GALLERY = 128, 48
_WHOLE = 8  # steps of a run whose batches are drawn to its end


@functools.cache
def _teacher() -> dual.DualEncoder:
    """A dual encoder that finds everything unlike everything else, as a trained one does."""
    return canaries.sharpened(dual.DualEncoder(dual.DualConfig(depth=0), rngs=nnx.Rngs(3)))


def _binding(model: nnx.Module, hide: str = "") -> dict[str, Any]:
    table = binding.table(model, binding.pairs(_PAIRS), hide=hide)
    return {"table": table, **binding.accuracies(table)}


def _search(model: nnx.Module) -> dict[str, Any]:
    found = _binding(model) | experiment.pair_accuracy(model)
    for hide in arms.CONTROLS:
        found[hide] = _binding(model, hide)["table"]
    names = {arms.DUAL: "dual", arms.HARD: "fusion"}
    names |= {arms.HARD.but(shortlist=k): f"dual, then fusion on {k}" for k in retrieval.SHORTLISTS}
    ways = retrieval.run(_teacher(), model, arms.HARD, _GALLERY)
    return found | {f"{names[arm]}, {measure}": value for arm, values in ways.items() for measure, value in values.items()}


def _objectives(model: nnx.Module) -> dict[str, Any]:
    return objectives.run(model, dataset.draw(objectives.TEST, 5, test=True))


def _fusion(negatives: str, *, measure=_binding, everywhere: bool = False, steps: int = canaries.STEPS, **parts: Any) -> Canary:
    def train() -> nnx.Module:
        return trainer.train_fusion(dataset.draw(), _teacher(), negatives, **parts)

    return Canary(train, measure, everywhere, steps)


def _probe(model: nnx.Module) -> dict[str, Any]:
    of = probe.cases(_PAIRS)
    found = {
        "pictures": probe.PICTURES,
        "before": probe.scores(model, of),
        "after": probe.scores(model, of, of.thing),
        "looks": probe.looks(model, of),
    }
    return {"shares": list(probe.measures(model, of).values()), "captions": of.tokens, **found}


def _hardness() -> dict[str, Any]:
    """How hard negatives become along a run, of which the first steps show nothing."""
    draw = trainer.sampler(dataset.draw(), _WHOLE)
    return {"hardness": np.array([draw(np.random.default_rng(0))["hardness"] for _ in range(_WHOLE)])}


def _sizes() -> dict[str, Any]:
    return {
        "pictures": [dataset.PICTURES, binding.PAIRS, retrieval.PICTURES, objectives.TEST],
        "shortlists": retrieval.SHORTLISTS,
        "steps": [trainer.STEPS, trainer.DUAL_STEPS],
        **{f"{row['arm'].stream} stream": row["value"] for row in experiment.baselines()},
    }


CANARIES = {
    "dual": Canary(
        lambda: trainer.train_dual(dataset.draw()),
        lambda model: {
            "similarities": trainer.similarities(model, retrieval.gallery("ordinary", _GALLERY))  # of words in any order; twins tie
        },
    ),
    "dual, reading in order": Canary(lambda: trainer.train_dual(dataset.draw(), depth=1), _binding, steps=0),
    "single stream, hard negatives": _fusion("hard", measure=_search, everywhere=True),
    "single stream, random negatives": _fusion("random"),
    "single stream, negatives as they come": _fusion("hard, as they come"),
    "single stream, from chance": _fusion("hard", align=False),
    "how hard negatives become": Canary(None, _hardness),
    "two streams": _fusion("hard", stream="two", steps=0),
    "UNITER": Canary(lambda: objectives.train(dataset.draw(), _teacher()), _objectives),
    "probe": _fusion("hard", measure=_probe, steps=0),
    "sizes": Canary(None, _sizes),
}
