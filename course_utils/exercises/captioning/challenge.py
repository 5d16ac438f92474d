"""The open challenge of notebook 02: captions learned from few pictures."""

from __future__ import annotations

import functools

import numpy as np
from flax import nnx

from course_utils.exercises.comparing import numbers
from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.explaining import what_it_is
from course_utils.exercises.judging import Unusable, judge_score
from course_utils.experiments.captioning import writing
from course_utils.metrics import caption as metric
from course_utils.models import captioning
from course_utils.models.fusion import grid
from course_utils.world import captions, scenes

TAUGHT, ASKED = 2000, 1000
# The given model gets about .73; tests/answers/captioning.py holds answers that get more, and less.
THRESHOLDS = (0.78, 0.84, 0.88, 0.91)


def train_and_write(train: dict, test: dict, way: str = "attention", steps: int = 600, sample=None, loss=None) -> np.ndarray:
    """Trains a captioner on ``train`` and writes captions of ``test``, greedily: int[m, 20]."""
    model = captioning.Captioner(captioning.CaptionConfig(way=way), rngs=nnx.Rngs(0))
    arrays = {"image": np.asarray(train["features"]), "tokens": np.asarray(train["tokens"])}
    writing.train(model, arrays, loss or writing.WRITING, steps=steps, more=sample)
    return captioning.encode(writing.write(model, np.asarray(test["features"])))


def _shuffled(train: dict):
    """Pictures whose places change their features and whose captions stay true of the bag of things, for ``more``."""
    features, tokens = np.asarray(train["features"]), np.asarray(train["tokens"])

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        row = rng.integers(len(tokens), size=writing.BATCH)
        noisy = features[row] * np.exp(0.1 * rng.normal(size=(len(row), 9, 1)))
        return {"image": noisy.astype(np.float32), "tokens": tokens[row]}

    return sample


def caption_challenge(train: dict, test: dict) -> np.ndarray:
    """Attention, for longer, on pictures whose features are disturbed a little."""
    return train_and_write(train, test, steps=1600, sample=_shuffled(train))


@functools.cache
def _taught() -> dict[str, np.ndarray]:
    drawn = scenes.sample(scenes.generator("train", 7), TAUGHT)
    return {"features": grid.scene_features(drawn), "tokens": captioning.encode(captions.caption(drawn))}


def cases(seed: int) -> list[Case]:
    """One case: 2,000 captioned pictures to learn from, always the same; 1,000 of the seed to caption."""
    drawn = scenes.sample(scenes.generator("test", 100 + seed), ASKED)
    tuples = captions.tuples(drawn)
    return [Case((dict(_taught()), {"features": grid.scene_features(drawn)}), f"{ASKED:,} new pictures", truth=tuples)]


def _score(case: Case, answer) -> float:
    got = numbers(answer)
    if got is None:
        raise Unusable(what_it_is(answer), "not-an-array")
    if got.ndim != 2 or len(got) != ASKED:
        raise Unusable(f"The shape is {got.shape}, expected ({ASKED}, T): one caption a picture, as tokens.", "shape")
    if not np.isfinite(got).all() or (got != np.round(got)).any() or got.min() < 0 or got.max() >= len(captioning.VOCAB):
        raise Unusable(f"Tokens are whole numbers from 0 to {len(captioning.VOCAB) - 1}.", "out-of-range")
    return float(metric.spice(captioning.texts(got.astype(int)), case.truth).mean())


def judge(cases: list[Case], answers: list) -> Verdict:
    """A quarter of the points for each threshold."""
    return judge_score(
        cases, answers, _score, THRESHOLDS, says="mean SPICE on new pictures", returns="captions as tokens, int[m, 20]",
    )  # fmt: skip


EXERCISE = Exercise("02.7", "caption_challenge", 4, caption_challenge, cases, judge, trains=True)
