"""The open challenge of notebook 07: questions answered after a training of one's own plan."""

import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.judges import judge_score, share_right
from course_utils.experiments.llava import dataset, trainer
from course_utils.towers import vision
from course_utils.world import instructions, questions
from course_utils.world.scenes import generator

TAUGHT, ASKED = 1024, 512
PLAN = {1: 60, 2: 140}  # steps
THRESHOLDS = (0.42, 0.46, 0.5, 0.54)


def vqa_challenge(train: dict, test: dict) -> np.ndarray:
    """Both stages, the first on captions: what patches mean is cheaper to learn while the language model stays as it is."""
    model, pool = trainer.untrained(), dataset.Pool(None, np.asarray(train["features"]), 64)
    for stage, roles, told in ((1, False, train["captions"]), (2, True, train["turns"])):
        trainer.train(model, pool, dataset.packed(pool, told, roles=roles), stage, steps=PLAN[stage])
    said = trainer.answers(model, np.asarray(test["features"]), test["questions"], longest=4)
    choices = list(test["choices"])
    return np.array([choices.index(word) if word in choices else 0 for word in said])


@functools.cache
def _training_data() -> dict:
    rng = generator("train", 770)
    scenes = dataset.themed(rng, TAUGHT)
    return {
        "features": vision.patch_features(scenes).astype(np.float16),
        "captions": [[[instructions.IMAGE, turns[0][1]]] for turns in instructions.write(rng, scenes, "caption")],
        "turns": [[list(turn) for turn in t] for t in instructions.write(rng, scenes, "vqa", turns=dataset.TURNS, formats=("word",))],
    }


def cases(seed: int) -> list[Case]:
    """One case: pictures and conversations to learn from, always the same; 512 questions of the seed."""
    rng = generator("train", 1000 + seed)
    scenes = dataset.themed(rng, ASKED)
    drawn = questions.ask(rng, scenes)
    asks = {
        "features": vision.patch_features(scenes).astype(np.float16),
        "questions": [f"{text} {instructions.FORMATS['word'][0]}" for text in drawn.texts()],
        "choices": list(questions.ANSWERS),
    }
    return [Case((dict(_training_data()), asks), f"{ASKED} questions about new pictures", truth=questions.answer(scenes, drawn))]


def judge(cases: list[Case], answers: list) -> Verdict:
    """A quarter of the points for each threshold."""
    return judge_score(
        cases,
        answers,
        lambda case, answer: share_right(case, answer, len(questions.ANSWERS)),
        THRESHOLDS,
        says="of the questions right",
        returns="the number of the answer among the choices for each question, int[m]",
    )


EXERCISE = Exercise("07.7", "vqa_challenge", 4, vqa_challenge, cases, judge, trains=True)
