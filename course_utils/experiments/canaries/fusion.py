"""Notebook 01: readers, ways to answer, looks and poolings over the frozen tower; the sets of questions; the scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flax import nnx

from course_utils.experiments.canaries import Canary
from course_utils.experiments.fusion import answering, asking, hops, pointing, prior, shipped, shootout
from course_utils.models import fusion


def _few() -> asking.Asked:
    return asking.asked("balanced", 256, test=True)


def _scores(model: nnx.Module) -> dict[str, Any]:
    return {"scores": asking.scores(model, _few())}


def _scored() -> dict[str, Any]:
    """Every score of a model that answers well, its right picture exchanged for a control, and of lookup tables."""
    model, data = shipped.two_looks(), answering.test()
    given, other = asking.answers(model, data), asking.answers(model, data, pictures=asking.another_picture(data))
    values = {"right": asking.right(given, data), "VQA accuracy": asking.accuracy(given, data),
              "another picture": asking.accuracy(other, data), **asking.by_type(given, data)}  # fmt: skip
    hit, chance = pointing.pointing(hops.maps(model, data), data)
    same = hops.test()
    values |= {"pointing": hit, "by chance": chance, "looks": hops.looks(model, same), "another thing": hops.another_thing(same)}
    for kind in prior.TESTED:
        values[f"lookup, {kind}"] = prior.lookup("biased", kind)
    return values


def _way(way: str, everywhere: bool = False) -> Canary:
    return Canary(lambda: answering.train(way), _scores, everywhere)


def _looks(score: str, count: int, how: str) -> Canary:
    return Canary(
        lambda: hops.train(count, how, score=score),
        lambda model: {"looks": hops.looks(model, hops.test()), "right": hops.right(model)},
    )  # fmt: skip


def _read(reader: str, everywhere: bool = False) -> Canary:
    pixels = answering.READERS[reader][1]

    def measure(model: nnx.Module) -> dict[str, Any]:
        data = _few()
        return {"scores": asking.scores(model, data, pictures=answering.pictures(data, pixels))}

    return Canary(lambda: answering.read(reader), measure, everywhere)


def _pool(name: str) -> Canary:
    """One step more than a model: the value is the accuracy of a pooling that has hardly learned."""
    found: dict[str, Callable] = {}

    def train() -> nnx.Module:
        pool, found["the"] = shootout.train(name, "few products", shootout.BUDGETS[-1])
        return pool

    return Canary(train, lambda pool: {"accuracy": shootout.right(pool, found["the"])})


CANARIES = {
    "sighted on biased": Canary(lambda: prior.train("sighted", "biased"), lambda model: {
        f"{kind}, wrong picture {wrong}": prior.right(model, kind, wrong_picture=wrong) for kind in prior.TESTED for wrong in (False, True)
    }),
    "blind on balanced": Canary(lambda: prior.train("blind", "balanced", pictures=prior.PICTURES[-1]), _scores),
    "classifier, soft scores": _way("classifier, soft scores", everywhere=True),
    "generator": _way("generator", everywhere=True),
    "two looks, the first shown": _looks("dot-product", 2, "shown"),
    "one look, additive": _looks("additive", 1, "plain"),
    **{reader: _read(reader) for reader in answering.READERS if reader != "frozen features · LSTM"},
    **{f"pooling by {name}": _pool(name) for name in fusion.POOLINGS},
    "how answers are scored": Canary(None, _scored),
}  # fmt: skip
