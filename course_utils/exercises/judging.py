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
    patterns: Sequence[Callable[[Case, np.ndarray, np.ndarray], tuple[str, str] | None]] = (),
    parts: Sequence[tuple[str, float, str]] = (("", 1.0, ""),),
    tolerance: float = 1e-4,
) -> Verdict:
    """Compares numeric answers with the reference, part by part.

    Parameters
    ----------
    returns
        What the function returns, in words with its shape: "a table with one row a query, shape (Q, G)".
    patterns
        ``pattern(case, expected, got) → (headline, diagnosis) or None``: tried, before the general ones, on answers of
        the right shape that no mistake imitates.
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
            i = wrong[0]  # an exercise lists the case that reads best first
            headline, key = _explain(cases, answers, mine, i, expected, mistakes, patterns, returns, remark, tolerance)
            got = str(answers[i]) if isinstance(answers[i], Problem) else show(answers[i])
            return Verdict(score, headline, key, f"{show(expected[i])}   ({cases[i].says})", got)
        score += weight
    return Verdict(1.0, "Right, on every case.")


def _explain(cases, answers, mine, i, expected, mistakes, patterns, returns, remark, tolerance) -> tuple[str, str]:
    """The headline and the diagnosis of a part that fails; ``i`` is the first case that fails."""
    answer = answers[i]
    if isinstance(answer, Problem):
        if answer.kind == "NotImplementedError":
            return "There is nothing here yet: replace the line `raise NotImplementedError`.", "empty"
        return f"Your code stopped with {answer}." + _shape_advice(answer), "exception"
    if answer is None:
        return "Your function returns nothing. Does it end with `return`?", "returns-nothing"
    for mistake in mistakes:
        with np.errstate(all="ignore"):
            imitation = [np.asarray(mistake.fn(*cases[j].args)) for j in mine]
        if all(agrees(imitated, answers[j], tolerance) for imitated, j in zip(imitation, mine, strict=True)):
            return mistake.says, mistake.key
    numbers = _numbers(answer)
    if numbers is None:
        return f"{_what(answer)} It should be {returns}.", "not-an-array"
    if numbers.shape != expected[i].shape:
        more = _other_things(answer, expected[i])
        shapes = f"The shape is {tuple(numbers.shape)}, expected {tuple(expected[i].shape)}: {returns}."
        return more or shapes, "shape"
    if not np.isfinite(numbers).all():
        return "There are NaNs or infinities in your answer. Where could a division meet 0?", "not-finite"
    for pattern in (*patterns, *PATTERNS):
        if found := pattern(cases[i], expected[i], numbers):
            return found
    return f"{remark or f'Expected {returns}.'} {_worst(expected[i], numbers)}", "values"


def _shape_advice(problem: Problem) -> str:
    """What to look at when arrays do not fit together."""
    text = problem.message.lower()
    if problem.kind == "TracerBoolConversionError" or "TracerBool" in problem.kind:
        return " Inside `vmap` or `jit` a Python `if` cannot look at a value: use `jnp.where`."
    if any(word in text for word in ("broadcast", "incompatible shapes", "dot_general", "matmul", "contracting")):
        return (
            " The shapes do not fit. A number for each row needs shape (n, 1) to divide a table (`keepdims=True`); "
            "a product of two tables of rows needs `.T` on the second."
        )
    return ""


def _what(answer: Any) -> str:
    """One sentence about an answer that holds no table of numbers."""
    if isinstance(answer, list) and answer and all(isinstance(part, (list, np.ndarray)) for part in answer):
        lengths = [len(part) if isinstance(part, list) else part.shape for part in answer]
        if len({str(length) for length in lengths}) > 1:
            return f"Your function returns several things, of lengths or shapes {', '.join(map(str, lengths))}."
    if isinstance(answer, np.ndarray):
        return f"Your array has dtype {answer.dtype}."
    return f"Your function returns a {type(answer).__name__}."


def _other_things(answer: Any, expected: np.ndarray) -> str:
    """A sentence where the expected table is one of several things returned."""
    if isinstance(answer, list) and any(getattr(part, "shape", None) == expected.shape for part in answer):
        return f"Your function returns {len(answer)} things; return only the one of shape {tuple(expected.shape)}."
    return ""


def _worst(expected: np.ndarray, got: np.ndarray) -> str:
    """Where the largest difference is."""
    place = np.unravel_index(np.abs(expected - got).argmax(), expected.shape)
    where = f" at {tuple(int(k) for k in place)}" if place else ""
    return f"The largest difference is{where}: expected {expected[place]:.3g}, got {got[place]:.3g}."


# ---- patterns: what numbers that differ have in common with the expected ones, whatever the exercise is about


def _all_zero(case, expected, got):
    if np.abs(expected).max() > 0 and not got.any():
        return "Every number is 0. Was the result of `.at[…].set(…)` assigned? Was something rounded to an integer?", "all-zero"


def _true_or_false(case, expected, got):
    if set(np.unique(got)) <= {0.0, 1.0} and not set(np.unique(expected)) <= {0.0, 1.0}:
        return "Your answer only holds 0s and 1s: give the numbers themselves, not a decision about them.", "only-0-and-1"


def _factor(case, expected, got):
    """The same numbers times one constant."""
    k = float((expected * got).sum() / max((expected**2).sum(), 1e-12))
    if abs(k) > 1e-6 and abs(k - 1) > 1e-3 and expected.size > 1 and agrees(k * expected, got, 1e-3):
        if agrees(-expected, got, 1e-3):
            return "The sign is flipped.", "sign"
        return f"Right up to one factor: all your numbers are {k:.3g} times as large as they should be.", "factor"


def _close(case, expected, got):
    error = np.abs(expected - got).max()
    if error <= 1e-2 * np.abs(expected).max():
        return f"Close, but off by up to {error:.1g}: is something rounded, or a guard against 0 too large?", "close"


def _no_negatives(case, expected, got):
    if (expected < 0).any() and agrees(np.maximum(expected, 0), got):
        return "Negative numbers became 0. Keep them.", "no-negatives"


def _other_order(case, expected, got):
    if expected.size > 2 and agrees(np.sort(expected, axis=None), np.sort(got, axis=None)):
        return "These are the right numbers in the wrong places: something is sorted, reversed or reshaped.", "other-order"


def _rows_alike(case, expected, got):
    if expected.ndim > 1 and len(expected) > 1 and agrees(np.broadcast_to(expected[:1], expected.shape), got):
        return "Every row is the first row again. Does your loop use its own variable?", "rows-alike"


PATTERNS = (_all_zero, _true_or_false, _close, _factor, _no_negatives, _other_order, _rows_alike)


def show(value: Any) -> str:
    """A small array, number or text on as few lines as it needs."""
    numbers = _numbers(value)
    if numbers is None:
        return repr(value)
    return np.array2string(numbers, precision=4, suppress_small=True, threshold=40, edgeitems=3)


def _numbers(value: Any) -> np.ndarray | None:
    """``value`` as a float array, or None where it is not numeric."""
    try:
        array = np.asarray(value)
    except ValueError:  # a ragged list
        return None
    return array.astype(np.float64) if array.dtype.kind in "biuf" else None
