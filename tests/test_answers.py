"""Every right answer passes and every wrong one is told what it got wrong, on several seeds."""

import importlib
import importlib.util
import pkgutil

import answers
import pytest

from course_utils.exercises import checking

MODULES = [importlib.import_module(f"answers.{module.name}") for module in pkgutil.iter_modules(answers.__path__)]
RIGHT = [(key, fn) for module in MODULES for key, fns in module.RIGHT.items() for fn in fns]
WRONG = [(key, *answer) for module in MODULES for key, answers in module.WRONG.items() for answer in answers]
EXERCISES = [e for number in checking.MODULES for e in checking._exercises_of(number)]


def seeds(key: str) -> tuple[int, ...]:
    """The visible cases and others; an answer that trains a model is asked once, and on the newest releases only."""
    if not checking.find(key).trains:
        return 0, 20_000
    if not importlib.util.find_spec("nbgrader"):
        pytest.skip("minutes of training; the reference trains on both stacks")
    return (20_000,)


@pytest.mark.parametrize("key, fn", RIGHT, ids=lambda v: getattr(v, "__name__", v))
def test_right_answers_pass(key, fn):
    for seed in seeds(key):
        verdict = checking.verdict(key, fn, seed)
        assert verdict.passed, (seed, verdict)


@pytest.mark.parametrize("key, fn, mistake, diagnosis", WRONG, ids=lambda v: getattr(v, "__name__", None))
def test_wrong_answers_are_told_why(key, fn, mistake, diagnosis):
    verdict, *others = (checking.verdict(key, fn, seed) for seed in seeds(key))
    assert not verdict.passed and verdict.diagnosis == diagnosis, (mistake, verdict)
    assert verdict.headline.endswith((".", "?", "…")) and verdict.got
    assert not any(other.passed for other in others)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_every_exercise_has_enough_answers(exercise):
    assert sum(key == exercise.id for key, _ in RIGHT) >= 2
    wrong = [d for key, _, _, d in WRONG if key == exercise.id]
    own = set(wrong) - {"values", "shape", "exception", "empty", "returns-nothing", "not-an-array", "not-finite"}
    own -= {"all-zero", "only-0-and-1", "factor", "sign", "close", "no-negatives", "other-order", "rows-alike"}
    own -= {"one-of-several", "not-several", "exchanged", "not-words"}
    assert len(wrong) >= 4 and len(own) >= 3
    assert checking.verdict(exercise.id, exercise.reference, 7).passed
