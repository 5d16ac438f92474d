"""Notebook 02: the ways in which a picture reaches the writer, hard attention, regions, beams, and the scores of captions."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from course_utils.experiments.canaries import Canary
from course_utils.experiments.captioning import drawing, growing, novel, writing
from course_utils.models import captioning
from course_utils.world import captions

_REGIONS = 512  # pictures in which regions are proposed: thousands take long


@functools.cache
def _few(n: int = 64) -> writing.Captioned:
    whole = writing.test()
    return writing.Captioned(whole.scenes[np.arange(n)], whole.plain[:n], whole.features[:n], whole.tokens[:n])


def _written(model: captioning.Captioner) -> dict[str, Any]:
    few = _few()
    return {"written": captioning.encode(writing.write(model, few.features)),
            "another picture": captioning.encode(writing.write(model, writing.another_picture(few)))}  # fmt: skip


def _looks(model: captioning.Captioner) -> dict[str, Any]:
    few = _few()
    found = {"maps": writing.maps(model, few.features, few.tokens), "beam": list(growing.beams(model, few, 3).values()),
             "beam by length": list(growing.beams(model, few, 3, power=1.0).values())}  # fmt: skip
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


def _hard(arm: str) -> Canary:
    return Canary(
        lambda: drawing.train(growing.train("attention"), surrogate=drawing.ARMS[arm]),
        lambda model: _written(model) | {"maps": writing.maps(model, _few().features, _few().tokens)},
    )


def _named(arm: str) -> Canary:
    def measure(model: captioning.Captioner) -> dict[str, Any]:
        drawn, found = novel.seen(64, test=True)
        values = {name: list(novel.scores(novel.write(model, regions), drawn).values())
                  for name, regions in (("as detected", found), ("renamed", novel.renamed(found)))}  # fmt: skip
        return values | {"written": captioning.encode(novel.write(model, found))}

    return Canary(lambda: novel.train(arm, pictures=_REGIONS), measure)


CANARIES = {
    "attention": Canary(lambda: growing.train("attention"), _looks, everywhere=True),
    "one vector": Canary(lambda: growing.train("one vector"), _written),
    "first input": Canary(lambda: growing.train("first input"), _written, everywhere=True),
    "uniform": Canary(lambda: growing.train("uniform"), _written),
    "blind": Canary(lambda: growing.train("blind"), _written),
    **{arm: _hard(arm) for arm in drawing.ARMS},
    **{arm: _named(arm) for arm in novel.ARMS},
    "detector": Canary(None, lambda: {"found": [row["value"] for row in novel.baselines()]}),
    "how captions are scored": Canary(None, _scored),
}  # fmt: skip
