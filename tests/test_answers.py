"""Every right answer passes and every wrong one is told what it got wrong, on several seeds."""

import importlib

import pytest

from course_utils.exercises import checking

MODULES = [importlib.import_module(f"answers.{name}") for name in checking.MODULES.values()]
RIGHT = [(key, fn) for module in MODULES for key, fns in module.RIGHT.items() for fn in fns]
WRONG = [(key, fn, diagnosis) for module in MODULES for key, pairs in module.WRONG.items() for fn, diagnosis in pairs]
EXERCISES = [e for number in checking.MODULES for e in checking._exercises_of(number)]


@pytest.mark.parametrize("key, fn", RIGHT, ids=lambda v: getattr(v, "__name__", v))
@pytest.mark.parametrize("seed", [0, 1, 20_000])
def test_right_answers_pass(key, fn, seed):
    verdict = checking.verdict(key, fn, seed)
    assert verdict.passed, verdict


@pytest.mark.parametrize("key, fn, diagnosis", WRONG)
@pytest.mark.parametrize("seed", [0, 1, 20_000])
def test_wrong_answers_are_told_why(key, fn, diagnosis, seed):
    verdict = checking.verdict(key, fn, seed)
    assert not verdict.passed and verdict.diagnosis == diagnosis, verdict
    assert verdict.headline.endswith((".", "?", "…"))


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_every_exercise_has_enough_answers(exercise):
    assert sum(key == exercise.id for key, _ in RIGHT) >= 2
    wrong = [d for key, _, d in WRONG if key == exercise.id]
    own = set(wrong) - {"values", "shape", "exception", "empty", "returns-nothing", "not-an-array", "not-finite"}
    assert len(wrong) >= 4 and len(own) >= 3
    assert checking.verdict(exercise.id, exercise.reference, 7).passed
