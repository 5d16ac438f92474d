"""What numbers that differ have in common with the expected ones, whatever the exercise is about.

A pattern is ``pattern(case, expected, got) → (headline, diagnosis) or None`` for two arrays of one shape. :data:`PATTERNS`
are tried in every exercise; :func:`no_shares` makes one for those that return shares.
"""

from collections.abc import Callable

import numpy as np

from course_utils.exercises.comparison import agrees
from course_utils.exercises.core import Case

Pattern = Callable[[Case, np.ndarray, np.ndarray], tuple[str, str] | None]


def no_shares(rule: str) -> Pattern:
    """For shares that do not add up to 1 along the last axis, in rows where they should.

    ``rule`` begins the headline, up to what they add up to: "The shares of a question add up to 1 over the places".
    """

    def pattern(case, expected, got):
        sums = got.sum(-1)[np.abs(expected.sum(-1) - 1) < 1e-3]
        worst = sums.flat[np.abs(sums - 1).argmax()]
        if abs(worst - 1) > 1e-3:
            return f"{rule}; yours to {worst:.3g}.", "not-shares"

    return pattern


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
    if expected.dtype.kind == "f" and error <= 1e-2 * np.abs(expected).max():
        return f"Close, but off by up to {error:.1g}: is something rounded, or a guard against 0 too large?", "close"


def _no_negatives(case, expected, got):
    if (expected < 0).any() and agrees(np.maximum(expected, 0), got):
        return "Negative numbers became 0. Keep them.", "no-negatives"


def _other_order(case, expected, got):
    if expected.dtype.kind == "i" and (np.sort(expected, -1) == np.arange(expected.shape[-1] if expected.ndim else 0)).all():
        return None  # where an order is asked for, its own remark says more
    if expected.size > 2 and agrees(np.sort(expected, axis=None), np.sort(got, axis=None)):
        return "These are the right numbers in the wrong places: something is sorted, reversed or reshaped.", "other-order"


def rows_alike(case, expected, got):
    if expected.ndim > 1 and len(expected) > 1 and agrees(np.broadcast_to(expected[:1], expected.shape), got):
        return "Every row is the first row again. Does your loop use its own variable?", "rows-alike"


PATTERNS = (_all_zero, _true_or_false, _close, _factor, _no_negatives, _other_order, rows_alike)
