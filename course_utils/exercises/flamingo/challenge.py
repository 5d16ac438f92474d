"""The open challenge of notebook 06: four new names from one picture each, in few steps."""

import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.judges import judge_score, share_right
from course_utils.experiments.flamingo import dataset, names, trainer
from course_utils.text import PAD
from course_utils.world.corpus import vocabulary

TAUGHT, SHOWN, ASKED = 1536, 512, 512
STEPS = 150
# Of 512 prompts right: .21 after 50 steps, .75 after 100, .89 after 150; .79 after 150 with text beside six pictures in ten.
THRESHOLDS = (0.4, 0.6, 0.75, 0.82)


def name_challenge(train: dict, test: dict) -> np.ndarray:
    """Pictures alone, as in the test: text beside them, which the notebook's own training has, teaches less in few steps."""
    model, _ = trainer.train(dataset.of_one_thing(**train), steps=STEPS, described=0.0)
    features = np.asarray(test["pool"])[np.asarray(test["pictures"])]
    arrays = {"tokens": np.asarray(test["tokens"])}
    return trainer.next_logits(model, arrays, features, np.asarray(test["place"])).argmax(-1)


@functools.cache
def _training_data() -> dict[str, np.ndarray]:
    pool = dataset.pictures(TAUGHT)
    kind, colour = pool.pairs().T
    return {"features": pool.features, "kind": kind, "colour": colour}


def cases(seed: int) -> list[Case]:
    """One case: pictures with kind and colour to learn from, always the same; 512 prompts of the seed."""
    pool = dataset.pictures(SHOWN, test=True)
    arrays = names.episodes(pool, 4, 1, ASKED, 1000 + seed)
    places, called = names.named(arrays)
    tokens = np.where(np.arange(dataset.LENGTH) < places[:, -1:], arrays["tokens"], PAD)  # the answer, and what follows it
    asks = {"tokens": tokens, "place": places[:, -1] - 1, "pictures": arrays["pictures"], "pool": pool.features}
    return [Case((dict(_training_data()), asks), f"{ASKED} prompts with four new names", truth=called[:, -1])]


def judge(cases: list[Case], answers: list) -> Verdict:
    """A quarter of the points for each threshold."""
    return judge_score(
        cases,
        answers,
        lambda case, answer: share_right(case, answer, len(vocabulary())),
        THRESHOLDS,
        says="of the new names right",
        returns="the token of the asked name for each test prompt, int[m]",
    )


EXERCISE = Exercise("06.7", "name_challenge", 4, name_challenge, cases, judge, trains=True)
