"""Notebook 01: readers, ways to answer, looks and poolings over the frozen tower; the sets of questions; the scores."""

from typing import Any

from flax import nnx

from course_utils.experiments.canaries import STEPS, Canary
from course_utils.experiments.fusion import architectures, dataset, hops, measures, pointing, pretrained, prior, shootout, trainer
from course_utils.models import fusion


def _few() -> dataset.QuestionSet:
    return dataset.draw("balanced", 256, test=True)


def _scores(model: nnx.Module) -> dict[str, Any]:
    return {"scores": trainer.scores(model, _few())}


def _all_scores() -> dict[str, Any]:
    """Every score of a model that answers well, its right picture exchanged for a control, and of lookup tables."""
    model, data = pretrained.two_looks(), architectures.test_set()
    given, other = trainer.answers(model, data), trainer.answers(model, data, pictures=dataset.another_picture(data))
    values = {
        "right": measures.accuracy(given, data),
        "VQA accuracy": measures.vqa_accuracy(given, data),
        "another picture": measures.vqa_accuracy(other, data),
        **measures.by_type(given, data),
    }
    hit, chance = pointing.pointing(hops.maps(model, data), data)
    same = hops.test_set()
    values |= {"pointing": hit, "by chance": chance, "looks": hops.looks(model, same), "another thing": hops.another_thing(same)}
    for kind in prior.TESTED:
        values[f"lookup, {kind}"] = prior.lookup("biased", kind)
    return values


def _way(way: str, everywhere: bool = False) -> Canary:
    return Canary(lambda: architectures.train(way), _scores, everywhere)


def _looks(score: str, count: int, how: str, **options: Any) -> Canary:
    def measure(model: nnx.Module) -> dict[str, Any]:
        return {"looks": hops.looks(model, hops.test_set()), "right": hops.accuracy(model)}

    return Canary(lambda: hops.train(count, how, score=score), measure, **options)


def _read(reader: str) -> Canary:
    pixels = architectures.READERS[reader][1]

    def measure(model: nnx.Module) -> dict[str, Any]:
        data = _few()
        return {"scores": trainer.scores(model, data, pictures=architectures.pictures(data, pixels))}

    return Canary(lambda: architectures.train_reader(reader), measure, steps=0)


def _sizes() -> dict[str, Any]:
    return {
        "pictures": [architectures.PICTURES, architectures.TEST, hops.PICTURES, hops.TEST, prior.TEST, prior.LIVE, *prior.PICTURES],
        "steps": [architectures.STEPS, hops.STEPS, prior.STEPS, prior.BLIND_STEPS, shootout.STEPS],
        "budgets": shootout.BUDGETS,
    }


def _pool(name: str) -> Canary:
    task, budget = "few products", shootout.BUDGETS[-1]
    return Canary(
        lambda: shootout.train(name, task, budget)[0],
        lambda pool: {"accuracy": shootout.test_accuracy(pool, shootout.task(task))},
        steps=STEPS if name == "mutan" else 0,
    )


# those whose encoders or meeting no other canary has
READERS = ("frozen features · transformer", "frozen features · LSTM, MUTAN", "CNN from pixels · LSTM", "ViT from pixels · LSTM")
CANARIES = {
    "sighted on biased": Canary(
        lambda: prior.train("sighted", "biased"),
        lambda model: {
            f"{kind}, wrong picture {wrong}": prior.accuracy(model, kind, wrong_picture=wrong)
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
    "how answers are scored": Canary(None, _all_scores),
    "sizes": Canary(None, _sizes),
}
