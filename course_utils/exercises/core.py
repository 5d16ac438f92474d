"""One check, two places: the parts that a learner's notebook and the grader share.

A check is two pure functions. ``cases(seed)`` makes inputs; ``judge(cases, answers)`` compares the answers with what
was expected and returns a :class:`Verdict`. Between them stands :func:`answer`, which runs somebody's function on the
inputs. Only arrays, strings and JSON pass from one to the other, so the middle part can run in another process.
"""

import dataclasses
import functools
import linecache
import traceback
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from course_utils.exercises.counted import counted


@dataclasses.dataclass(frozen=True)
class Case:
    """One call of the learner's function: ``fn(*args)``.

    ``args`` holds NumPy arrays, strings, JSON values, and dictionaries and lists of them only. ``says`` names the case in
    a learner's words ("a picture that is all black"). ``part`` groups the cases that earn a share of the points together.
    ``truth`` is what only the judge sees: it is never passed to the function. ``lookups``: how often the function may compare or
    hash the strings among its arguments, all together; any number if 0.
    """

    args: tuple
    says: str
    part: str = ""
    truth: Any = None
    lookups: int = 0


@dataclasses.dataclass(frozen=True)
class Problem:
    """What stopped a learner's function: the exception, and the line of theirs in which it happened."""

    kind: str
    message: str
    line: str = ""
    number: int = 0

    def __str__(self) -> str:
        where = f" in line {self.number}: `{self.line}`" if self.line else ""
        return f"{self.kind}{where}" + (f" ({self.message})" if self.message else "")


@dataclasses.dataclass(frozen=True)
class Picture:
    """Expected and got as two small matrices, for the learner's card to draw side by side.

    ``kind`` is ``"mask"`` (boolean, errors marked + and −) or ``"map"`` (numbers on one shared scale).
    ``rows`` and ``columns`` name what the axes are, in words.
    """

    kind: str
    expected: np.ndarray
    got: np.ndarray
    rows: str
    columns: str


class Mistake(NamedTuple):
    """A plausible wrong solution: its stable key, the sentence that names it, and the code that makes it."""

    key: str
    says: str
    fn: Callable


@dataclasses.dataclass(frozen=True)
class Measured:
    """How well a challenge's answer does: a share in [0, 1], and the rising thresholds that earn points."""

    value: float
    thresholds: tuple[float, ...]

    @property
    def reached(self) -> int:
        """How many thresholds the value reaches."""
        return sum(self.value >= threshold - 1e-9 for threshold in self.thresholds)


@dataclasses.dataclass(frozen=True)
class Verdict:
    """What a judge found.

    ``score`` is the fraction of the exercise's points earned, in [0, 1]. ``headline`` is one sentence that names the
    misconception; ``expected`` and ``got`` show it on one small example. ``diagnosis`` is a short stable key
    ("not-normalised") that tests and instructors' reports count; it is empty where no known mistake was recognised.
    ``measured`` is there where an answer is not right or wrong but better or worse.
    """

    score: float
    headline: str
    diagnosis: str = ""
    expected: str = ""
    got: str = ""
    picture: Picture | None = None
    measured: Measured | None = None

    @property
    def passed(self) -> bool:
        return self.score >= 1.0

    @property
    def accepted(self) -> bool:
        """Whether the notebook goes on with the learner's function: it is right, or reaches some of the thresholds."""
        return self.passed or (self.measured is not None and self.score > 0)


@dataclasses.dataclass(frozen=True)
class Exercise:
    """An exercise that grades itself.

    ``id`` is ``"NN.k"``; ``name`` is the function that the learner writes; ``points`` is what the notebook's marker
    says (a test compares them). ``reference`` is the course's own version, which the notebook runs until the learner's
    passes. ``compiled``: the notebook compiles and differentiates the function, which NumPy code does not survive.
    ``trains``: the answer trains a model, which takes seconds to a minute.
    """

    id: str
    name: str
    points: int
    reference: Callable
    cases: Callable[[int], Sequence[Case]]
    judge: Callable[[Sequence[Case], Sequence[Any]], Verdict]
    compiled: bool = False
    trains: bool = False


def answer(fn: Callable, cases: Sequence[Case]) -> list[Any]:
    """Runs ``fn`` on a fresh copy of every case's arguments.

    Arrays reach ``fn`` as JAX arrays, and matrix products run at full precision.
    Returns one entry a case: the result with every array as NumPy, or the :class:`Problem` that stopped it. Stops at
    the first problem and repeats it, so that a slow failure is not paid for many times.
    """
    answers: list[Any] = []
    for case in cases:
        try:
            with jax.default_matmul_precision("highest"):  # an accelerator's default would cost a right answer its points
                arguments = [*map(_fresh, case.args)]
                answers.append(_plain(fn(*(counted(arguments, case.lookups) if case.lookups else arguments))))
        except Exception as error:  # whatever a learner's code raises is theirs to see, never a crash of the check
            problem = _problem(fn, error)
            return answers + [problem] * (len(cases) - len(answers))
    return answers


def _fresh(argument: Any) -> Any:
    """A learner's own copy of an argument: arrays as JAX arrays, as everywhere in the notebooks."""
    return jax.tree.map(lambda leaf: jax.device_put(leaf) if isinstance(leaf, np.ndarray) else leaf, argument)


def _plain(value: Any) -> Any:
    """Arrays of any library become NumPy; containers keep their shape; None, bool, str and numbers stay."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return str(value)  # of a class of its own, too
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if callable(value):
        raise TypeError("the answer is a function: call it, and return what it returns")
    array = np.asarray(value)
    if array.dtype == object and isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if array.dtype == object:
        raise TypeError(f"the answer is a {type(value).__name__}, which is neither an array, a number nor text")
    return array.astype(np.float32) if array.dtype == jnp.bfloat16 else array


def _written(fn: Any) -> Any:
    """The function that somebody wrote, under ``jit``, ``vmap``, ``partial``, decorators, or in an object that is called."""
    while True:
        if isinstance(fn, functools.partial):
            fn = fn.func
        elif hasattr(fn, "__wrapped__"):
            fn = fn.__wrapped__
        elif not hasattr(fn, "__code__") and hasattr(type(fn).__call__, "__code__"):
            return type(fn).__call__
        else:
            return fn


def _problem(fn: Callable, error: Exception) -> Problem:
    """Finds the last line of the learner's own code in the traceback."""
    home = getattr(getattr(_written(fn), "__code__", None), "co_filename", None)
    own = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == home]
    message = str(error).strip().split("\n")[0][:200]
    if not own:
        return Problem(type(error).__name__, message)
    frame = own[-1]
    line = (frame.line or linecache.getline(frame.filename, frame.lineno or 0)).strip()
    return Problem(type(error).__name__, message, line, frame.lineno or 0)
