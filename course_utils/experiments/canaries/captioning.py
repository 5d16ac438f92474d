"""Notebook 02: the ways in which a picture reaches the writer, hard attention, regions, beams, and the scores of captions."""

import functools
from typing import Any

import numpy as np

from course_utils.experiments.canaries import Canary
from course_utils.experiments.captioning import attention, dataset, hard_attention, measures, novel, probe, trainer
from course_utils.models import captioning
from course_utils.models.captioning import words
from course_utils.world import captions


@functools.cache
def _few(n: int = 64) -> dataset.CaptionSet:
    whole = dataset.test_set()
    return dataset.CaptionSet(whole.scenes[np.arange(n)], whole.plain[:n], whole.features[:n], whole.tokens[:n])


def _numbers(texts: list[str]) -> np.ndarray:
    """Captions as numbers of words, however long: an untrained model finds no end."""
    table = np.zeros((len(texts), 2 * captioning.LONGEST))
    for row, text in zip(table, texts):
        ids = [words.VOCAB.index(word) for word in captioning.VOCAB.split(text)]
        row[: len(ids)] = ids
    return table


def _captions(model: captioning.Captioner) -> dict[str, Any]:
    few = _few()
    return {
        "written": _numbers(trainer.write(model, few.features)),
        "another picture": _numbers(trainer.write(model, dataset.another_picture(few))),
    }


def _looks(model: captioning.Captioner) -> dict[str, Any]:
    few = _few()
    found = {
        "maps": trainer.attention_maps(model, few.features, few.tokens),
        "beam": list(attention.beams(model, few, 3, power=1.0).values()),
    }
    pointed = {f"pointing, {name}": list(values.values()) for name, values in attention.pointing(model, few).items()}
    return _captions(model) | found | pointed


def _probe(model: captioning.Captioner) -> dict[str, Any]:
    of = probe.cases(_few(), "colour")
    shares = list(probe.measures(model, _few(200)).values())
    return {"shares": shares, **probe.told(model, of, of.thing), "twins": of.others}


def _scores() -> dict[str, Any]:
    """Captions in another wording than the plain one, and the plain ones of neighbours, against the references."""
    few = _few(200)
    worded = captions.caption(few.scenes, rng=np.random.default_rng(1))
    found = {}
    for name, written in (("worded", worded), ("neighbours'", few.plain[1:] + few.plain[:1])):
        found[name] = list(measures.scores(written, few).values())
        found[f"{name}, by things"] = list(measures.by_objects(written, few).values())
    return found


def _hard(training: str, **options: Any) -> Canary:
    def measure(model: captioning.Captioner) -> dict[str, Any]:
        words_, places, baseline = -np.random.default_rng(0).random((3, 5, 7)).astype(np.float32)
        return _captions(model) | {"surrogate": hard_attention.ARMS[training](words_, places, baseline[:, 0])}

    return Canary(lambda: hard_attention.train(attention.train("attention"), surrogate=hard_attention.ARMS[training]), measure, **options)


def _naming(arm: str, **options: Any) -> Canary:
    def measure(model: captioning.Captioner) -> dict[str, Any]:
        drawn, found = novel.draw(64, test=True)
        values = {
            name: list(novel.scores(novel.write(model, regions), drawn).values())
            for name, regions in (("as detected", found), ("renamed", novel.exchange_words(found)))
        }
        return values | {"written": _numbers(novel.write(model, found))}

    return Canary(lambda: novel.train(arm), measure, **options)


def _sizes() -> dict[str, Any]:
    steps = [trainer.STEPS, novel.STEPS, hard_attention.STEPS, *attention.ARMS.values()]
    return {"pictures": [dataset.PICTURES, dataset.TEST, attention.BEAMS], "steps": steps, "widths": attention.WIDTHS}


CANARIES = {
    "attention": Canary(lambda: attention.train("attention"), _looks, everywhere=True),
    "one vector": Canary(lambda: attention.train("initial state"), _captions, steps=0),
    "first input": Canary(lambda: attention.train("first input"), _captions, everywhere=True),
    "uniform": Canary(lambda: attention.train("uniform"), _captions, steps=0),
    "blind": Canary(lambda: attention.train("none"), _captions, steps=0),
    "hard": _hard("REINFORCE"),
    "hard, no reward": _hard("no reward", steps=0),
    "pointing": _naming("pointing"),
    "no words from the detector": _naming("no words from the detector", steps=0),
    "detector": Canary(None, lambda: {"found": [row["value"] for row in novel.baselines()]}),
    "how captions are scored": Canary(None, _scores),
    "probe": Canary(lambda: attention.train("attention"), _probe, steps=0),
    "sizes": Canary(None, _sizes),
}
