"""What is wrong with an answer, in a learner's words: a headline, and a short key that tests and reports count."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from course_utils.exercises.comparison import agrees, numbers, words
from course_utils.exercises.core import Case, Mistake, Problem
from course_utils.exercises.counted import TooOften
from course_utils.exercises.patterns import PATTERNS, Pattern, rows_alike
from course_utils.exercises.slips import slips

Found = tuple[str, str]  # a headline and a diagnosis


@dataclasses.dataclass(frozen=True)
class Attempt:
    """The answers to the cases of one part, some of them wrong, and what their exercise knows.

    ``cases``, ``answers`` and ``expected`` have one entry a case; ``index`` is the first whose answer is wrong: the one that
    is explained. ``reference`` is None where general slips are not looked for. The others are arguments of
    :func:`course_utils.exercises.judges.judge_values`.
    """

    cases: Sequence[Case]
    answers: Sequence[Any]
    expected: Sequence[np.ndarray]
    index: int
    reference: Callable | None
    mistakes: Sequence[Mistake]
    patterns: Sequence[Pattern]
    returns: str
    remark: str
    tolerance: float

    @property
    def case(self) -> Case:
        return self.cases[self.index]

    @property
    def answer(self) -> Any:
        return self.answers[self.index]

    @property
    def right(self) -> np.ndarray:
        return self.expected[self.index]


def explain(attempt: Attempt) -> Found:
    """The headline and the diagnosis of an attempt: those of the first that applies.

    1. There is no answer: an exception, an empty stub, no ``return``.
    2. A mistake that the exercise lists, or else a slip that happens in any, gives the same answers to all cases of the part.
    3. The answer does not hold numbers, or words, as it should.
    4. Numbers: the shape is another. Words: one of the exercise's patterns fits, which may be about how many there are.
    5. Numbers: there are NaNs or infinities. Words: there are more or fewer.
    6. Numbers: one of the exercise's patterns fits, or else a general one. Words: they stand in another order.
    7. The remark of the part, and where numbers differ most or words differ first.
    """
    if found := _no_answer(attempt) or _known_mistake(attempt):
        return found
    return (_wrong_words if attempt.right.dtype.kind == "U" else _wrong_numbers)(attempt)


def _no_answer(attempt: Attempt) -> Found | None:
    if found := missing(attempt.answer):
        says, key = found
        return says + (_shapes(attempt.case) if key == "exception" and _misfits(attempt.answer) else ""), key


def _known_mistake(attempt: Attempt) -> Found | None:
    for mistake in attempt.mistakes:
        if _imitates(mistake, attempt):
            return mistake.says, mistake.key
    for slip in _slips(attempt):
        with contextlib.suppress(Exception):  # not every slip can be made with every argument
            if _imitates(slip, attempt):
                return slip.says, slip.key


def _slips(attempt: Attempt) -> Iterator[Mistake]:
    """The general slips, for answers that are numbers and say something; where all rows are alike, a pattern says more."""
    got = numbers(attempt.answer)
    if attempt.reference is None or got is None or not got.any() or not np.isfinite(got).all():
        return iter(())
    if got.shape == attempt.right.shape and rows_alike(attempt.case, attempt.right, got):
        return iter(())
    return slips(attempt.reference, attempt.case.args)


def _imitates(mistake: Mistake, attempt: Attempt) -> bool:
    with np.errstate(all="ignore"):
        for case, answer in zip(attempt.cases, attempt.answers, strict=True):
            try:
                imitated = np.asarray(mistake.fn(*case.args))
            except ValueError:  # shapes that fit by chance in an earlier case
                if isinstance(answer, Problem):
                    continue
                raise
            if not agrees(imitated, answer, attempt.tolerance):
                return False
    return True


def _wrong_numbers(attempt: Attempt) -> Found:
    expected, got = attempt.right, numbers(attempt.answer)
    if got is None:
        return f"{what_it_is(attempt.answer)} It should be {attempt.returns}.", "not-an-array"
    if got.shape != expected.shape:
        more = _other_things(attempt.answer, expected)
        return more or f"The shape is {tuple(got.shape)}, expected {tuple(expected.shape)}: {attempt.returns}.", "shape"
    if not np.isfinite(got).all():
        return "There are NaNs or infinities in your answer. Where could a division meet 0?", "not-finite"
    for pattern in (*attempt.patterns, *PATTERNS):
        if found := pattern(attempt.case, expected, got):
            return found
    return f"{_remark(attempt)} {_worst(expected, got)}", "values"


def _wrong_words(attempt: Attempt) -> Found:
    expected, got, answer = attempt.right.tolist(), words(attempt.answer), attempt.answer
    if not isinstance(got, list) or not all(isinstance(word, str) for word in got):
        pairs = isinstance(answer, list) and [pair for pair in answer if isinstance(pair, list) and pair]
        if pairs and len(pairs) == len(answer) and all(isinstance(pair[0], str) for pair in pairs):
            return f"Your list holds pairs, such as {tuple(answer[0])}: keep the first of each.", "pairs"
        return f"{what_it_is(answer)} It should be {attempt.returns}.", "not-words"
    for pattern in attempt.patterns:
        if found := pattern(attempt.case, expected, got):
            return found
    if len(got) != len(expected):
        return f"There are {len(got)}, expected {len(expected)}: {attempt.returns}.", "shape"
    if sorted(got) == sorted(expected):
        return "These are the right ones in another order.", "other-order"
    k = next(k for k, (right, word) in enumerate(zip(expected, got)) if right != word)
    return f"{_remark(attempt)} At place {k}: expected {expected[k]!r}, got {got[k]!r}.", "values"


def _remark(attempt: Attempt) -> str:
    return attempt.remark or f"Expected {attempt.returns}."


def missing(answer: Any) -> Found | None:
    """What to say, and a key, where there is no answer at all: an exception, an empty stub, no ``return``."""
    if answer is None:
        return "Your function returns nothing. Does it end with `return`?", "returns-nothing"
    if not isinstance(answer, Problem):
        return None
    if answer.kind == "NotImplementedError":
        return "There is nothing here yet: replace the line `raise NotImplementedError`.", "empty"
    if answer.kind == TooOften.__name__:
        return f"It was stopped in line {answer.number}: `{answer.line}`.", "quadratic"
    return f"Your code stopped with {answer}." + advice(answer), "exception"


def advice(problem: Problem) -> str:
    """What to do about exceptions that arrays are known for."""
    text = problem.message.lower()
    if problem.kind == "TracerBoolConversionError" or "TracerBool" in problem.kind:
        return " Inside `vmap` or `jit` a Python `if` cannot look at a value: use `jnp.where`."
    if "unhashable type" in text and "array" in text:
        return " The numbers in a JAX array cannot be counted by `Counter` or kept in a set: `.tolist()` makes plain ones."
    if _misfits(problem, _PRODUCTS):
        return (
            " In `x @ W` the last axis of x meets the first of W, and both must be equally long. Is it the matrix of the "
            "other input? Is one turned round (`.T`)? Did a sum take away the wrong axis? Or is `*` meant?"
        )
    if _misfits(problem, _ELEMENTWISE):
        return (
            " `+`, `*` and `==` need equal shapes, up to axes of length 1: a number or a vector for each row of a table gets "
            "one with `x[:, None]` or `keepdims=True`. Otherwise, write down the shape of each side: which step gave one of them the wrong length?"
        )
    if _misfits(problem, _EINSUM):
        return " In einsum the letters name the axes in their order: write down the shapes, and compare."
    return ""


# words of the exceptions of JAX and NumPy where shapes do not fit
_PRODUCTS = ("dot_general", "matmul", "contracting")
_ELEMENTWISE = ("broadcast", "incompatible shapes")
_EINSUM = ("einsum", "einstein", "size of label")


def _misfits(problem: Problem, kinds: tuple[str, ...] = (*_PRODUCTS, *_ELEMENTWISE, *_EINSUM)) -> bool:
    """Whether shapes that do not fit stopped a function."""
    return any(kind in problem.message.lower() for kind in kinds)


def _shapes(case: Case) -> str:
    """A sentence with the shapes of the parameters that a case passes, if it does."""
    shapes = [
        f"{name} {np.shape(array)}"
        for argument in case.args
        if isinstance(argument, dict)
        for name, array in argument.items()
        if not isinstance(array, dict)
    ]
    return f" Shapes here: {', '.join(shapes)}." if shapes else ""


def what_it_is(answer: Any) -> str:
    """One sentence about an answer that does not hold what it should."""
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


def sketch(value: Any) -> str:
    """What a value holds, without its numbers: "numbers of shape (3, 5)", "4 strings", "a dictionary of u, p"."""
    if (text := words(value)) is not None:
        return "a string" if isinstance(text, str) else f"{len(text)} strings"
    if (array := numbers(value)) is not None:
        return f"numbers of shape {array.shape}" if array.shape else "a number"
    if isinstance(value, dict):
        return f"a dictionary of {', '.join(value)}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(sketch, value))
    return f"a {type(value).__name__}"
