"""How the shared language model was taught, and what it can do with what a text says."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from course_utils import training
from course_utils.nn.lm import LanguageModel
from course_utils.text import IGNORED
from course_utils.towers import language
from course_utils.world import corpus, questions
from course_utils.world import scenes as S
from course_utils.world.corpus import Document

BATCH = 48
MUON = training.muon(weight_decay=0.01)


class Stage(NamedTuple):
    """``steps`` on documents of ``length`` tokens, in ``shares`` of ``corpus.KINDS_OF_DOCUMENT``, about scenes of ``objects``
    things; questions are of ``types``; ``lists`` of the descriptions are lists."""

    steps: int
    length: int
    shares: tuple[float, ...]
    objects: tuple[int, int] = (2, 4)
    types: tuple[str, ...] = questions.TYPES
    lists: float = 0.0
    rate: float = 1e-2


_HARD = ("relation", "two-hop", "same")
_HARD_TWICE = (*questions.TYPES, "relation", "two-hop")
# Easy before hard. Among all others, what is looked up in a description is hardly found; asked for alone, it is in 400 steps.
# Who is to compare two places has to find them first: so where things are is asked as well.
STAGES = (
    Stage(400, 64, (0.7, 0, 0, 0, 0, 0.3), (1, 2)),
    Stage(900, 80, (0.62, 0, 0.16, 0, 0, 0.22), (1, 4)),
    Stage(400, 80, (1, 0, 0, 0, 0, 0), types=("colour", "what", "size", "reading")),
    Stage(1200, 80, (0.82, 0, 0.06, 0, 0, 0.12), types=_HARD_TWICE),
    Stage(800, 80, (0.56, 0, 0.1, 0.1, 0.1, 0.14), (1, 4), types=_HARD_TWICE),
    Stage(300, 76, (0.9, 0, 0, 0, 0, 0.1), lists=1),
    Stage(200, 64, (0.2, 0.74, 0, 0, 0, 0.06), (2, 3), ("relation", "relation", "relation", "count"), lists=1),
    Stage(200, 72, (0.4, 0.5, 0, 0, 0, 0.1), types=_HARD_TWICE, lists=1),
    Stage(2200, 72, (0.68, 0.24, 0, 0, 0, 0.08), types=(*questions.TYPES, *_HARD, "relation"), lists=0.9, rate=1.2e-2),
    Stage(1500, 72, (0.7, 0.2, 0, 0, 0, 0.1), types=(*questions.TYPES, *_HARD, "two-hop", "same"), lists=0.9),
    Stage(500, 76, (0.5, 0.1, 0.1, 0.1, 0.08, 0.12), (1, 4), (*questions.TYPES, "two-hop", "same"), lists=0.75),
)
_BLOCK = 25  # batches that are drawn at once: questions about 1,000 scenes take hardly longer than about 30


def sampler(stage: Stage) -> Callable[[np.random.Generator], dict[str, np.ndarray]]:
    """Draws a batch of documents of a stage."""
    waiting: list[dict[str, np.ndarray]] = []
    how = {"objects": stage.objects, "types": stage.types, "asked": 6, "lists": stage.lists}

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        if not waiting:
            drawn = corpus.documents(rng, _BLOCK * BATCH, stage.shares, **how)
            waiting.extend(corpus.encode(drawn[k : k + BATCH], stage.length) for k in range(0, len(drawn), BATCH))
        return waiting.pop()

    return sample


def train(stages: Sequence[Stage] = STAGES) -> LanguageModel:
    """The model that is shipped."""
    model = language.untrained()
    for stage in stages:
        fit = functools.partial(training.fit, model, language.reading_loss, sampler(stage), optimizer=MUON, progress=False)
        fit(steps=stage.steps, learning_rate=stage.rate)
    return model


def _ranked_first(model: LanguageModel, batch):
    return model(batch["tokens"]).argmax(-1)


def right(model: LanguageModel, documents: list[Document]) -> np.ndarray:
    """Whether the last word that each document asks for, its end apart, is ranked first: bool[n]."""
    batch = corpus.encode(documents)
    first = training.predict(model, _ranked_first, {"tokens": batch["tokens"]})
    last = np.array([np.flatnonzero(row != IGNORED)[-2] for row in batch["labels"]])
    rows = np.arange(len(documents))
    return first[rows, last] == batch["labels"][rows, last]


def asked(type_: str, count: int, *, lists: float = 1.0, described: bool = True, seed: int = 0) -> list[Document]:
    """One question of a type behind the description of a held-out scene; without it for the control."""
    rng, found = S.generator("test", 610 + seed), []
    while len(found) < count:
        scene = S.sample(rng, 1, objects=(2, 4), sign=float(type_ == "reading"), split="test")
        try:
            (document,) = corpus.with_questions(rng, scene, asked=1, types=(type_,), forms=1, lists=lists)
        except ValueError:  # nothing of this type can be asked of it
            continue
        if not described:
            cut = document.words.index(corpus.END)
            document = Document([corpus.BEGIN, *document.words[cut:]], [False, *document.asked[cut:]])
        if len(document.words) <= corpus.LENGTH:
            found.append(document)
    return found


def measure(model: LanguageModel, count: int = 200) -> dict[str, float]:
    """Shares of answers right by type, behind a list, behind a caption, and behind nothing; and of made-up names of held-out
    pairs copied at two supports, for two and four names."""
    told = {}
    for type_ in questions.TYPES:
        told[type_] = right(model, asked(type_, count)).mean()
        told[f"{type_}, in a caption"] = right(model, asked(type_, count, lists=0.0)).mean()
        told[f"{type_}, nothing described"] = right(model, asked(type_, count, described=False)).mean()
    for names in (2, 4):
        episodes = corpus.of_names(S.generator("test", 620), count, names=names, shots=2, held_out=True)
        told[f"{names} names"] = right(model, episodes).mean()
    return {what: float(share) for what, share in told.items()}
