"""Kinds that no caption ever named, and the region detector knows (after NoCaps, Agrawal et al., 2019)."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
from flax import nnx

from course_utils import runtime
from course_utils.arms import Arm
from course_utils.errors import known
from course_utils.experiments.captioning import dataset, trainer
from course_utils.metrics import caption as metric
from course_utils.models import captioning
from course_utils.models.captioning import pointer, words
from course_utils.towers import regions
from course_utils.world import captions, scenes
from course_utils.world.things import KINDS

NOVEL = ("frog", "penguin", "pizza", "rocket", "cactus", "guitar")
_NOVEL = np.array([KINDS.index(kind) for kind in NOVEL])
STEPS = 600
CONFIG = captioning.CaptionConfig(way="attention", places=regions.MOST, features=64, extra=4, positions=False)
# name → the model, and how many of the numbers after a region's features it reads besides
ARMS = {"pointing": (pointer.PointerCaptioner, 4), "no words from the detector": (captioning.Captioner, 4 + len(KINDS))}
EXCHANGED, DETECTOR = Arm(captioner="pointing", detector="words exchanged"), Arm(baseline="detector")


def _has_novel(drawn: scenes.Scenes) -> np.ndarray:
    return (np.isin(drawn.kind, _NOVEL) & drawn.present).any(1)


def image(found: regions.Regions) -> np.ndarray:
    """What models see of regions: features, box, and the detector's probabilities of all kinds, float32[n, 6, 68 + 32]."""
    return np.concatenate([found.features, found.kind], -1).astype(np.float32)


@functools.lru_cache(maxsize=4)
def _draw(n: int, seed: int, test: bool) -> tuple[scenes.Scenes, regions.Regions]:
    rng = scenes.generator("test" if test else "train", seed)
    drawn = scenes.sample(rng, (3 if not test else 2) * n)
    drawn = drawn[np.flatnonzero(_has_novel(drawn) == test)[:n]]
    return drawn, regions.propose(drawn)


def draw(n: int = dataset.PICTURES, seed: int = 0, *, test: bool = False) -> tuple[scenes.Scenes, regions.Regions]:
    """Pictures and their regions: in training none shows a novel kind, in the test set each shows one at least."""
    return _draw(min(n, 256) if runtime.is_fast() else n, seed, test)


def train(
    arm: str, *, seed: int = 0, steps: int = STEPS, pictures: int = dataset.PICTURES, watch: Callable | None = None
) -> captioning.Captioner:
    """One of ``ARMS``, trained on captions without novel kinds. Raises ValueError if there is no such arm."""
    known("arm", arm, ARMS)
    build, extra = ARMS[arm]
    model = build(captioning.CaptionConfig(**{**CONFIG.__dict__, "extra": extra}), rngs=nnx.Rngs(seed))
    drawn, found = draw(pictures, seed)
    arrays = {"image": image(found), "mask": found.mask, "tokens": captioning.VOCAB.encode(captions.caption(drawn))}
    trainer.train(model, arrays, trainer.LOSS, steps=steps, seed=seed, watch=watch)
    return model


def write(model: captioning.Captioner, found: regions.Regions) -> list[str]:
    """The captions that a model writes of regions."""
    return trainer.write(model, image(found), found.mask)


def exchange_words(found: regions.Regions) -> regions.Regions:
    """The same regions from a detector whose words are exchanged: each kind is called by the next one's name."""
    return regions.Regions(found.features, found.box, np.roll(found.kind, 1, -1), found.mask)


def naming_f1(written: list[str], drawn: scenes.Scenes, novel: bool) -> float:
    """The F1 of naming kinds, over (picture, kind) pairs: of novel kinds, or of all others."""
    says = np.zeros((len(written), len(KINDS)), bool)
    for i, text in enumerate(written):
        kinds = [words.WORD_KIND[words.VOCAB.index(word)] for word in captioning.VOCAB.split(text)]
        says[i, [kind for kind in kinds if kind >= 0]] = True
    shows = np.zeros_like(says)
    row, slot = np.nonzero(drawn.present)
    shows[row, drawn.kind[row, slot]] = True
    counts = np.isin(np.arange(len(KINDS)), _NOVEL) == novel
    says, shows = says[:, counts], shows[:, counts]
    return float(2 * (says & shows).sum() / max((says.sum() + shows.sum()), 1))


def scores(written: list[str], drawn: scenes.Scenes) -> dict[str, float]:
    """F1 of naming novel and known kinds, and SPICE."""
    spice = metric.spice([dataset.cut(text) for text in written], captions.tuples(drawn))
    return {"novel kinds": naming_f1(written, drawn, True), "known kinds": naming_f1(written, drawn, False), "SPICE": float(spice.mean())}


def run(seed: int) -> list[dict]:
    """Both arms, and the pointing one with a detector whose words are exchanged."""
    rows, (drawn, found) = [], draw(dataset.TEST, test=True)
    for name in ARMS:
        model = train(name, seed=seed)
        rows += Arm(captioner=name).rows(scores(write(model, found), drawn))
        if name == "pointing":
            rows += EXCHANGED.rows(scores(write(model, exchange_words(found)), drawn))
    return rows


def baselines() -> list[dict]:
    """How good the detector is on the test pictures."""
    drawn, found = draw(dataset.TEST, test=True)
    return DETECTOR.rows(regions.evaluate(found, drawn))
