"""The open challenge of notebook 02: captions learned from few pictures."""

import functools

import numpy as np
from flax import nnx

from course_utils.exercises.comparison import numbers
from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.explanation import what_it_is
from course_utils.exercises.judges import Unusable, judge_score
from course_utils.experiments.captioning import trainer
from course_utils.metrics import caption as metric
from course_utils.models import captioning
from course_utils.towers import grid
from course_utils.world import captions, scenes

TAUGHT, ASKED = 500, 1000
# The given model gets about .27; attention for 300 or 600 steps .635 or .66, with noise on its features .70 to .74.
THRESHOLDS = (0.4, 0.55, 0.62, 0.68)
STEPS, BATCH = 400, 64
NOISE = 0.3  # of the features' own spread


def caption_challenge(train: dict, test: dict) -> np.ndarray:
    """Attention, with other noise on the features in every batch: int[m, 21].

    What is learned by heart from 500 pictures is their features' exact values; noise takes these away, and no caption
    becomes false by it.
    """
    features, tokens = (np.asarray(train[name]) for name in ("features", "tokens"))

    def noisy(rng: np.random.Generator) -> dict[str, np.ndarray]:
        row = rng.integers(len(tokens), size=BATCH)
        noise = rng.normal(size=features[row].shape) * NOISE * features.std()
        return {"image": (features[row] + noise).astype(np.float32), "tokens": tokens[row]}

    model = captioning.Captioner(captioning.CaptionConfig(), rngs=nnx.Rngs(0))
    trainer.train(model, {"image": features, "tokens": tokens}, trainer.LOSS, steps=STEPS, more=noisy)
    return captioning.VOCAB.encode(trainer.write(model, np.asarray(test["features"])), captioning.LONGEST + 1)


@functools.cache
def _training_data() -> dict[str, np.ndarray]:
    drawn = scenes.sample(scenes.generator("train", 7), TAUGHT)
    return {"features": grid.scene_features(drawn), "tokens": captioning.VOCAB.encode(captions.caption(drawn))}


def cases(seed: int) -> list[Case]:
    """One case: 500 captioned pictures to learn from, always the same; 1,000 of the seed to caption."""
    drawn = scenes.sample(scenes.generator("test", 100 + seed), ASKED)
    tuples = captions.tuples(drawn)
    return [Case((dict(_training_data()), {"features": grid.scene_features(drawn)}), f"{ASKED:,} new pictures", truth=tuples)]


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
    return float(metric.spice(captioning.VOCAB.decode(got.astype(int)), case.truth).mean())


def judge(cases: list[Case], answers: list) -> Verdict:
    """A quarter of the points for each threshold."""
    return judge_score(cases, answers, _score, THRESHOLDS, says="mean SPICE on new pictures", returns="captions as tokens, int[m, T]")


EXERCISE = Exercise("02.7", "caption_challenge", 4, caption_challenge, cases, judge, trains=True)
