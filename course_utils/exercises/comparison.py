"""What an answer holds, numbers or words, and whether two answers agree."""

from typing import Any

import numpy as np


def agrees(expected: Any, got: Any, tolerance: float = 1e-4) -> bool:
    """Same shape, every number finite where it should be, and within ``tolerance`` of the expected answer's scale.

    Words agree when they are the same. Never true for an empty or missing answer; a NaN agrees only with a NaN (that is
    how a mistake is recognised).
    """
    if (text := words(expected)) is not None:
        return text == words(got)
    expected, got = numbers(expected), numbers(got)
    if expected is None or got is None or got.shape != expected.shape or got.size == 0:
        return False
    if not np.array_equal(np.isfinite(expected), np.isfinite(got)):
        return False
    finite = np.isfinite(expected)
    if not finite.any():
        return np.array_equal(expected, got, equal_nan=True)
    scale = max(float(np.abs(expected[finite]).max()), 1e-6)
    return bool(np.abs(expected[finite] - got[finite]).max() <= tolerance * scale)


_KINDS = {"b": "True and False (bool)", "i": "whole numbers (int)"}


def other_kind(expected: Any, got: Any) -> str | None:
    """A sentence where truth values or whole numbers are expected and ``got`` holds numbers of another kind, else None."""
    wanted, found = np.asarray(expected).dtype, np.asarray(got).dtype
    if wanted.kind in _KINDS and found.kind.replace("u", "i") != wanted.kind:
        return f"The values are right, but they are {found.name}. Return {_KINDS[wanted.kind]}: what follows goes on with them."


def numbers(value: Any) -> np.ndarray | None:
    """``value`` as a float array, or None where it is not numeric."""
    array = _array(value)
    return array.astype(np.float64) if array is not None and array.dtype.kind in "biuf" else None


def words(value: Any) -> Any:
    """``value`` as a string or a list of strings, nested where it has rows; None where it holds anything else."""
    if isinstance(value, np.ndarray):
        return value.tolist() if value.dtype.kind == "U" else None
    if isinstance(value, (list, tuple)) and value:
        parts = [words(part) for part in value]
        return None if any(part is None for part in parts) else parts
    return value if isinstance(value, str) else None


def show(value: Any) -> str:
    """A small array, number or text on as few lines as it needs; of a few different things each below the other."""
    if numbers(value) is None:
        several = isinstance(value, (list, tuple)) and any(isinstance(part, np.ndarray) for part in value)
        return "\n".join(map(show, value)) if several else repr(words(value) or value)
    array = np.asarray(value)
    array = array if array.dtype.kind in "iu" else array.astype(np.float64)
    return np.array2string(array, precision=4, suppress_small=True, threshold=40, edgeitems=3)


def _array(value: Any) -> np.ndarray | None:
    try:
        return np.asarray(value)
    except ValueError:  # a ragged list
        return None
