"""How a judge reaches its verdict: shape first, then values, then which known mistake gives the same answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_utils.exercises.core import Case, Problem, Verdict


@dataclasses.dataclass(frozen=True)
class Mistake:
    """A plausible wrong solution: its stable key, the sentence that names it, and the code that makes it."""

    key: str
    says: str
    fn: Callable


def agrees(expected: Any, got: Any, tolerance: float = 1e-4) -> bool:
    """Same shape, every number finite where it should be, and within ``tolerance`` of the expected answer's scale.

    Never true for an empty or missing answer; a NaN agrees only with a NaN (that is how a mistake is recognised).
    """
    expected, got = _numbers(expected), _numbers(got)
    if expected is None or got is None or got.shape != expected.shape or got.size == 0:
        return False
    if not np.array_equal(np.isfinite(expected), np.isfinite(got)):
        return False
    finite = np.isfinite(expected)
    if not finite.any():
        return np.array_equal(expected, got, equal_nan=True)
    scale = max(float(np.abs(expected[finite]).max()), 1e-6)
    return bool(np.abs(expected[finite] - got[finite]).max() <= tolerance * scale)


def judge_values(
    cases: Sequence[Case],
    answers: Sequence[Any],
    reference: Callable,
    mistakes: Sequence[Mistake],
    *,
    returns: str,
    parts: Sequence[tuple[str, float, str]] = (("", 1.0, ""),),
    tolerance: float = 1e-4,
) -> Verdict:
    """Compares numeric answers with the reference, part by part.

    Parameters
    ----------
    returns
        What the function returns, in words with its shape: "one row a query, one column a picture, shape (Q, G)".
    parts
        ``(part, weight, remark)`` in order; the weights sum to 1. A part counts when all of its cases are right and
        every part before it counts. ``remark`` is the headline where this part fails and no mistake is recognised.
    """
    if not cases or len(answers) != len(cases):
        return Verdict(0.0, "Your function gave no answers to compare.", "no-answer")
    score = 0.0
    for part, weight, remark in parts:
        mine = [i for i, case in enumerate(cases) if case.part == part]
        expected = {i: np.asarray(reference(*cases[i].args)) for i in mine}
        wrong = [i for i in mine if isinstance(answers[i], Problem) or not agrees(expected[i], answers[i], tolerance)]
        if wrong:
            i = min(wrong, key=lambda i: expected[i].size)
            headline, key = _explain(cases, answers, mine, i, expected, mistakes, returns, remark, tolerance)
            got = str(answers[i]) if isinstance(answers[i], Problem) else show(answers[i])
            return Verdict(score, headline, key, f"{show(expected[i])}   ({cases[i].says})", got)
        score += weight
    return Verdict(1.0, "Right, on every case.")


def _explain(cases, answers, mine, i, expected, mistakes, returns, remark, tolerance) -> tuple[str, str]:
    """The headline and the diagnosis of a part that fails; ``i`` is its smallest failing case."""
    answer = answers[i]
    if isinstance(answer, Problem):
        if answer.kind == "NotImplementedError":
            return "There is nothing here yet: replace the line `raise NotImplementedError()`.", "empty"
        return f"Your code stopped with {answer}.", "exception"
    if answer is None:
        return "Your function returns nothing. Does it end with `return`?", "returns-nothing"
    for mistake in mistakes:
        with np.errstate(all="ignore"):
            imitation = [np.asarray(mistake.fn(*cases[j].args)) for j in mine]
        if all(agrees(imitated, answers[j], tolerance) for imitated, j in zip(imitation, mine, strict=True)):
            return mistake.says, mistake.key
    numbers = _numbers(answer)
    if numbers is None:
        return f"Your function returns a {type(answer).__name__}; it should return {returns}.", "not-an-array"
    if numbers.shape != expected[i].shape:
        return (
            f"The shape is off: {tuple(numbers.shape)}, expected {tuple(expected[i].shape)} ({returns}).", "shape"
        )  # fmt: skip
    if not np.isfinite(numbers).all():
        return "There are NaNs or infinities in your answer. Where could a division meet 0?", "not-finite"
    return remark or f"The values differ, for {cases[i].says}. Expected {returns}.", "values"


def show(value: Any) -> str:
    """A small array, number or text on as few lines as it needs."""
    numbers = _numbers(value)
    if numbers is None:
        return repr(value)
    return np.array2string(numbers, precision=3, suppress_small=True, threshold=40, edgeitems=3)


def _numbers(value: Any) -> np.ndarray | None:
    """``value`` as a float array, or None where it is not numeric."""
    try:
        array = np.asarray(value)
    except ValueError:  # a ragged list
        return None
    return array.astype(np.float64) if array.dtype.kind in "biuf" else None
