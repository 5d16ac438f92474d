"""Notebook 02: the ways in which a picture reaches the writer, hard attention, regions, beams, and the scores of captions."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from course_utils.experiments.canaries import Canary
from course_utils.experiments.captioning import drawing, growing, novel, writing
from course_utils.models import captioning
from course_utils.models.captioning import words
from course_utils.world import captions


@functools.cache
def _few(n: int = 64) -> writing.Captioned:
    whole = writing.test()
    return writing.Captioned(whole.scenes[np.arange(n)], whole.plain[:n], whole.features[:n], whole.tokens[:n])


def _numbers(texts: list[str]) -> np.ndarray:
    """Captions as numbers of words, however long: an untrained model finds no end."""
    table = np.zeros((len(texts), 2 * captioning.LONGEST))
    for row, text in zip(table, texts):
        ids = [words.TOKEN[word] for word in captioning.split(text)]
        row[: len(ids)] = ids
    return table


def _written(model: captioning.Captioner) -> dict[str, Any]:
    few = _few()
    return {
        "written": _numbers(writing.write(model, few.features)),
        "another picture": _numbers(writing.write(model, writing.another_picture(few))),
    }


def _looks(model: captioning.Captioner) -> dict[str, Any]:
    few = _few()
    found = {"maps": writing.maps(model, few.features, few.tokens), "beam": list(growing.beams(model, few, 3, power=1.0).values())}
    pointed = {f"pointing, {name}": list(values.values()) for name, values in growing.pointing(model, few).items()}
    return _written(model) | found | pointed


def _scored() -> dict[str, Any]:
    """Captions in another wording than the plain one, and the plain ones of neighbours, against the references."""
    few = _few(200)
    worded = captions.caption(few.scenes, rng=np.random.default_rng(1))
    found = {}
    for name, written in (("worded", worded), ("neighbours'", few.plain[1:] + few.plain[:1])):
        found[name] = list(writing.scores(written, few).values())
        found[f"{name}, by things"] = list(writing.by_objects(written, few).values())
    return found


def _hard(training: str, **options: Any) -> Canary:
    def measure(model: captioning.Captioner) -> dict[str, Any]:
        words_, places, baseline = -np.random.default_rng(0).random((3, 5, 7)).astype(np.float32)
        return _written(model) | {"surrogate": drawing.ARMS[training](words_, places, baseline[:, 0])}

    return Canary(lambda: drawing.train(growing.train("attention"), surrogate=drawing.ARMS[training]), measure, **options)


def _named(arm: str, **options: Any) -> Canary:
    def measure(model: captioning.Captioner) -> dict[str, Any]:
        drawn, found = novel.seen(64, test=True)
        values = {
            name: list(novel.scores(novel.write(model, regions), drawn).values())
            for name, regions in (("as detected", found), ("renamed", novel.renamed(found)))
        }
        return values | {"written": _numbers(novel.write(model, found))}

    return Canary(lambda: novel.train(arm), measure, **options)


def _sizes() -> dict[str, Any]:
    steps = [writing.STEPS, novel.STEPS, drawing.STEPS, *(times for _, times in growing.ARMS.values())]
    return {"pictures": [writing.PICTURES, writing.TEST, growing.BEAMS], "steps": steps, "widths": growing.WIDTHS}


CANARIES = {
    "attention": Canary(lambda: growing.train("attention"), _looks, everywhere=True),
    "one vector": Canary(lambda: growing.train("one vector"), _written, steps=0),
    "first input": Canary(lambda: growing.train("first input"), _written, everywhere=True),
    "uniform": Canary(lambda: growing.train("uniform"), _written, steps=0),
    "blind": Canary(lambda: growing.train("blind"), _written, steps=0),
    "hard": _hard("REINFORCE"),
    "hard, no reward": _hard("no reward", steps=0),
    "pointing": _named("pointing"),
    "no words from the detector": _named("no words from the detector", steps=0),
    "detector": Canary(None, lambda: {"found": [row["value"] for row in novel.baselines()]}),
    "how captions are scored": Canary(None, _scored),
    "sizes": Canary(None, _sizes),
}
