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
# The given model gets about .42; tests/answers/captioning.py holds answers that get more, and less.
THRESHOLDS = (0.55, 0.7, 0.8, 0.87)


def train_and_write(train: dict, test: dict, way: str = "attention", steps: int = 600) -> np.ndarray:
    """Trains a captioner on ``train`` and writes captions of ``test``, greedily: int[m, 21]."""
    model = captioning.Captioner(captioning.CaptionConfig(way=way), rngs=nnx.Rngs(0))
    arrays = {"image": np.asarray(train["features"]), "tokens": np.asarray(train["tokens"])}
    writing.train(model, arrays, writing.WRITING, steps=steps)
    return captioning.encode(writing.write(model, np.asarray(test["features"])), captioning.LONGEST + 1)


def caption_challenge(train: dict, test: dict) -> np.ndarray:
    """Attention, for a little longer. Much longer learns no more from so few."""
    return train_and_write(train, test, steps=700)


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
    if not np.isfinite(got).all() or (got != np.round(got)).any():
        raise Unusable("There are numbers that are not whole among your tokens.", "not-whole")
    if got.min() < 0 or got.max() >= len(captioning.VOCAB):
        raise Unusable(f"Tokens are whole numbers from 0 to {len(captioning.VOCAB) - 1}.", "out-of-range")
    return float(metric.spice(captioning.texts(got.astype(int)), case.truth).mean())


def judge(cases: list[Case], answers: list) -> Verdict:
    """A quarter of the points for each threshold."""
    return judge_score(
        cases, answers, _score, THRESHOLDS, says="mean SPICE on new pictures", returns="captions as tokens, int[m, T]",
    )  # fmt: skip


EXERCISE = Exercise("02.7", "caption_challenge", 4, caption_challenge, cases, judge, trains=True)
