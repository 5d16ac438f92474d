"""Answers to the exercises as different people write them: one file a notebook, all registered here.

A right one is written out. A wrong one is an edit of a right one, a row each; some stand by themselves, from people who
have read only the exercise's text.
"""

import collections
from collections.abc import Callable
from typing import Any

from course_utils.exercises.edits import edits

RIGHT: dict[str, list[Callable]] = collections.defaultdict(list)
WRONG: dict[str, list[tuple[Callable, str, str]]] = collections.defaultdict(list)  # with the mistake in words, and its diagnosis


def right(exercise: str) -> Callable:
    """Registers a function as a right answer."""

    def register(fn: Callable) -> Callable:
        RIGHT[exercise].append(fn)
        return fn

    return register


def wrong(exercise: str, mistake: str, diagnosis: str) -> Callable:
    """Registers a function as a wrong answer that must be told ``diagnosis``."""

    def register(fn: Callable) -> Callable:
        WRONG[exercise].append((fn, mistake, diagnosis))
        return fn

    return register


def slips(exercise: str, fn: Callable, *rows: tuple[str, ...]) -> None:
    """Registers edits of ``fn``, a right answer: (diagnosis, mistake in words, old, new, old, new, …) each."""
    WRONG[exercise] += [(slip.fn, slip.says, slip.key) for slip in edits(fn, *rows)]


def empty_stub(*args: Any) -> Any:
    raise NotImplementedError


def nothing_returned(*args: Any) -> None:
    args[0]


def unwritten(*exercises: str) -> None:
    """Registers, for every exercise, the stub as it was released, and a function that forgets to return."""
    for exercise in exercises:
        wrong(exercise, "raise NotImplementedError left", "empty")(empty_stub)
        wrong(exercise, "forgot return", "returns-nothing")(nothing_returned)
