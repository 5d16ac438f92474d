"""Notebook 01: readers, ways to answer, looks and poolings over the frozen tower; the sets of questions; the scores."""

from __future__ import annotations

from typing import Any

from flax import nnx

from course_utils.experiments.canaries import STEPS, Canary
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
    values = {
        "right": asking.right(given, data),
        "VQA accuracy": asking.accuracy(given, data),
        "another picture": asking.accuracy(other, data),
        **asking.by_type(given, data),
    }
    hit, chance = pointing.pointing(hops.maps(model, data), data)
    same = hops.test()
    values |= {"pointing": hit, "by chance": chance, "looks": hops.looks(model, same), "another thing": hops.another_thing(same)}
    for kind in prior.TESTED:
        values[f"lookup, {kind}"] = prior.lookup("biased", kind)
    return values


def _way(way: str, everywhere: bool = False) -> Canary:
    return Canary(lambda: answering.train(way), _scores, everywhere)


def _looks(score: str, count: int, how: str, **options: Any) -> Canary:
    def measure(model: nnx.Module) -> dict[str, Any]:
        return {"looks": hops.looks(model, hops.test()), "right": hops.right(model)}

    return Canary(lambda: hops.train(count, how, score=score), measure, **options)


def _read(reader: str) -> Canary:
    pixels = answering.READERS[reader][1]

    def measure(model: nnx.Module) -> dict[str, Any]:
        data = _few()
        return {"scores": asking.scores(model, data, pictures=answering.pictures(data, pixels))}

    return Canary(lambda: answering.read(reader), measure, steps=0)


def _sizes() -> dict[str, Any]:
    return {
        "pictures": [answering.PICTURES, answering.TEST, hops.PICTURES, hops.TEST, prior.TEST, prior.LIVE, *prior.PICTURES],
        "steps": [answering.STEPS, hops.STEPS, prior.STEPS, prior.BLIND_STEPS, shootout.STEPS],
        "budgets": shootout.BUDGETS,
    }


def _pool(name: str) -> Canary:
    task, budget = "few products", shootout.BUDGETS[-1]
    return Canary(
        lambda: shootout.train(name, task, budget)[0],
        lambda pool: {"accuracy": shootout.right(pool, shootout.task(task))},
        steps=STEPS if name == "mutan" else 0,
    )


# those whose encoders or meeting no other canary has
READERS = ("frozen features · transformer", "frozen features · LSTM, MUTAN", "CNN from pixels · LSTM", "ViT from pixels · LSTM")
CANARIES = {
    "sighted on biased": Canary(
        lambda: prior.train("sighted", "biased"),
        lambda model: {
            f"{kind}, wrong picture {wrong}": prior.right(model, kind, wrong_picture=wrong)
            for kind in prior.TESTED
            for wrong in (False, True)
        },
    ),
    "blind on balanced": Canary(lambda: prior.train("blind", "balanced"), _scores),
    "classifier, soft scores": _way("classifier, soft scores", everywhere=True),
    "generator": _way("generator", everywhere=True),
    "two looks, the first shown": _looks("dot-product", 2, "shown"),
    "one look, additive": _looks("additive", 1, "plain", steps=0),
    **{reader: _read(reader) for reader in READERS},
    **{f"pooling by {name}": _pool(name) for name in fusion.POOLINGS},
    "how answers are scored": Canary(None, _scored),
    "sizes": Canary(None, _sizes),
}
