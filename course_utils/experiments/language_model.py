"""How the shared language model was taught, and what it can do with what a text says."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from course_utils import training
from course_utils.nn.lm import LanguageModel
from course_utils.text import IGNORED
from course_utils.towers import language
from course_utils.world import corpus, questions
from course_utils.world import scenes as S
from course_utils.world.corpus import Document

BATCH, RATE = 48, 1e-2
MUON = training.muon(weight_decay=0.01)
_LOOKED_UP = ("colour", "what", "size", "reading")
_HARD_TWICE = (*questions.TYPES, "relation", "two-hop")
# Easy before hard. Answers that are looked up in a description are hardly found among all others: asked for alone, they are
# in 400 steps. Steps, tokens of a document, shares of the kinds of documents, things in a scene, types of questions.
STAGES = (
    (400, 64, (0.7, 0, 0, 0, 0.3), (1, 2), questions.TYPES),
    (900, 80, (0.62, 0.16, 0, 0, 0.22), (1, 4), questions.TYPES),
    (400, 80, (1.0, 0, 0, 0, 0), (2, 4), _LOOKED_UP),
    (1200, 80, (0.82, 0.06, 0, 0, 0.12), (2, 4), _HARD_TWICE),
    (800, 80, (0.56, 0.1, 0.1, 0.1, 0.14), (1, 4), _HARD_TWICE),
)
_BLOCK = 25  # batches that are drawn at once: questions about 1,000 scenes take hardly longer than about 30


def sampler(length: int, shares: Sequence[float], objects: tuple[int, int], types: Sequence[str]) -> Callable:
    """Draws a batch of documents of a stage."""
    waiting: list[dict[str, np.ndarray]] = []

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        if not waiting:
            drawn = corpus.documents(rng, _BLOCK * BATCH, shares, objects=objects, types=types, asked=5)
            waiting.extend(corpus.encode(drawn[k : k + BATCH], length) for k in range(0, len(drawn), BATCH))
        return waiting.pop()

    return sample


def train(stages: Sequence[tuple] = STAGES) -> LanguageModel:
    """The model that is shipped."""
    model = language.untrained()
    for steps, *how in stages:
        training.fit(model, language.reading_loss, sampler(*how), steps=steps, learning_rate=RATE, optimizer=MUON, progress=False)
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


def asked(type_: str, count: int, *, described: bool = True, seed: int = 0) -> list[Document]:
    """One question of a type behind the description of a held-out scene; without it for the control."""
    rng, found = S.generator("test", 610 + seed), []
    while len(found) < count:
        scene = S.sample(rng, 1, objects=(2, 4), sign=float(type_ == "reading"), split="test")
        try:
            (document,) = corpus.with_questions(rng, scene, asked=1, types=(type_,), forms=1)
        except ValueError:  # nothing of this type can be asked of it
            continue
        if not described:
            cut = document.words.index(corpus.END)
            document = Document([corpus.BEGIN, *document.words[cut:]], [False, *document.asked[cut:]])
        if len(document.words) <= corpus.LENGTH:
            found.append(document)
    return found


def measure(model: LanguageModel, count: int = 200) -> dict[str, float]:
    """Shares of answers right by type, with the description and without, and of made-up names of held-out pairs copied at two
    supports, for two and four names."""
    told = {}
    for type_ in questions.TYPES:
        told[type_] = right(model, asked(type_, count)).mean()
        told[f"{type_}, nothing described"] = right(model, asked(type_, count, described=False)).mean()
    for names in (2, 4):
        episodes = corpus.of_names(S.generator("test", 620), count, names=names, shots=2, held_out=True)
        told[f"{names} names"] = right(model, episodes).mean()
    return {what: float(share) for what, share in told.items()}
