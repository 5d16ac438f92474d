"""``check`` for the learner, ``grade`` for the grader: the same cases and the same judge."""

import contextlib
import dataclasses
import difflib
import importlib
import os
from collections.abc import Callable
from typing import Any

import jax
import numpy as np

from course_utils import registry, runtime
from course_utils.exercises import core, judges

VISIBLE_SEED = 0  # of the cases that a learner's own check shows; only these appear in feedback
_passed: set[str] = set()
_trained: dict[str, tuple[Callable, core.Verdict]] = {}  # the last check of an exercise that trains


def find(exercise_id: str) -> core.Exercise:
    """The exercise with this id, such as ``"00.1"``.

    Raises
    ------
    KeyError
        If there is none; the message names the closest ones.
    """
    for exercise in _exercises_of(exercise_id[:2]):
        if exercise.id == exercise_id:
            return exercise
    known = [e.id for number in registry.TOPICS for e in _exercises_of(number)]
    close = [e.id for e in _exercises_of(exercise_id[:2])] or difflib.get_close_matches(exercise_id, known, n=3) or known[:5]
    raise KeyError(f"There is no exercise {exercise_id!r}. Did you mean {', '.join(close)}?")


def _exercises_of(number: str) -> tuple[core.Exercise, ...]:
    if number not in registry.TOPICS:
        return ()
    return importlib.import_module(f"course_utils.exercises.{registry.TOPICS[number]}").EXERCISES


def verdict(exercise_id: str, fn: Callable, seed: int) -> core.Verdict:
    """Runs ``fn`` on the cases of ``seed`` and judges its answers. Never raises for what ``fn`` does.

    Under ``COURSE_FAST=1`` the first case of each part is all that is asked.
    """
    exercise = find(exercise_id)
    if not callable(fn):
        return core.Verdict(0.0, f"This is no function but a {type(fn).__name__}. Pass the function itself, uncalled.", "no-function")
    with np.errstate(all="ignore"), runtime.in_full() if exercise.trains else contextlib.nullcontext():
        cases = exercise.cases(seed)
        few = runtime.asks_few()
        if few:
            cases = [case for k, case in enumerate(cases) if case.part not in {earlier.part for earlier in cases[:k]}]
        result = exercise.judge(cases, core.answer(fn, cases))
    return dataclasses.replace(result, headline=_FEW_ASKED) if few and result.headline == judges.RIGHT else result


def check(exercise_id: str, fn: Callable) -> Callable:
    """Shows the learner how their function does, and returns the one that the notebook goes on with.

    That is the learner's own where it passes, else the course's; the card says which. An exercise that trains is not run
    under ``COURSE_FAST=1``.
    """
    from IPython.display import display

    from course_utils.show import feedback

    exercise = find(exercise_id)
    if exercise.trains and runtime.is_fast():
        result, mine = core.Verdict(0.0, "COURSE_FAST=1 leaves out what trains for longer than a moment.", "not-run"), True
    else:
        result = verdict(exercise_id, fn, VISIBLE_SEED)
        mine = result.accepted
        if exercise.trains:
            _trained[exercise_id] = (fn, result)
        (_passed.add if mine else _passed.discard)(exercise_id)
        if mine and exercise.compiled and not _compiles(exercise, fn):
            result, mine = dataclasses.replace(result, headline=_NOT_COMPILED), False
    siblings = [e.id for e in _exercises_of(exercise_id[:2])]
    display(
        feedback.card(
            result,
            exercise_id=exercise_id,
            name=exercise.name,
            points=exercise.points,
            done=sum(e in _passed for e in siblings),
            total=len(siblings),
            running="yours" if mine else "course",
        )
    )
    return fn if mine else exercise.reference


_FEW_ASKED = "Right, on the cases that were tried: COURSE_FAST=1 tries one of each part."
_NOT_COMPILED = (
    "Right, on every case. The notebook will train with it, which JAX can only do with arrays of its own: "
    "write `jnp` for `np`, return arrays, and it runs yours."
)


def _compiles(exercise: core.Exercise, fn: Callable) -> bool:
    """Whether JAX can trace ``fn``, and gets arrays of the reference's shapes from it."""
    arguments = exercise.cases(VISIBLE_SEED)[0].args
    known = {k: argument for k, argument in enumerate(arguments) if isinstance(argument, (bool, int, str))}  # such as heads

    def shapes(f: Callable) -> list[Any]:
        def traced(rest: list[Any]) -> Any:
            rest = iter(rest)
            return f(*(known[k] if k in known else next(rest) for k in range(len(arguments))))

        found = jax.eval_shape(traced, [argument for k, argument in enumerate(arguments) if k not in known])
        return [leaf.shape for leaf in jax.tree.leaves(found)]

    try:
        return shapes(fn) == shapes(exercise.reference)
    except Exception:  # whatever a learner's code raises when it is traced
        return False


def grade(exercise_id: str, fn: Callable) -> float:
    """The points that ``fn`` earns on cases of the grader's own seed (``$COURSE_GRADING_SEED``).

    What ``fn`` prints is swallowed, so that hidden cases cannot be read off the hand-in. An exercise that trains runs in
    full where that seed is set. Without it, the function that was checked is not trained again: it earns what the check
    said. Under ``COURSE_FAST=1`` it is not run and earns 0.
    """
    exercise = find(exercise_id)
    if exercise.trains and "COURSE_GRADING_SEED" not in os.environ:
        checked, known = _trained.get(exercise_id, (None, None))
        if checked is fn:
            return known.score * exercise.points
        if runtime.is_fast():
            return 0.0
    seed = int(os.environ.get("COURSE_GRADING_SEED", VISIBLE_SEED + 1))
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        result = verdict(exercise_id, fn, seed)
    return result.score * exercise.points
