"""Slips that happen in any exercise: an argument ignored, exchanged or turned round, an answer turned, averaged or cut.

They are made from the right function and its signature, and tried after the mistakes that an exercise lists itself. So an
exercise lists what only its own subject can go wrong with; where a better sentence is known for one of these, it lists that
under the same key, and is tried first.
"""

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course_utils.exercises.arrays import softmax
from course_utils.exercises.core import Mistake

Path = tuple[int | str, ...]  # of an argument: its place, and its name in a dictionary of parameters


def slips(reference: Callable, args: tuple) -> Iterator[Mistake]:
    """Mistakes in the use of ``reference``, as far as its arguments in one case, ``args``, allow them."""
    given = list(_arguments(reference, args))
    for name, path, value in given:
        for key, says, change in _of_argument(name, value):
            yield Mistake(key, says, _with(reference, {path: change}))
    for (one, path, value), (other, elsewhere, another) in itertools.combinations(given, 2):
        if np.shape(value) == np.shape(another) and np.asarray(value).dtype.kind == np.asarray(another).dtype.kind:
            yield Mistake(f"exchanged-{one}-{other}", f"`{one}` and `{other}` are exchanged.", _exchanged(reference, path, elsewhere))
    for key, says, change in _OF_ANSWER:
        yield Mistake(key, says, lambda *a, change=change: change(np.asarray(reference(*a))))


def _arguments(reference: Callable, args: tuple) -> Iterator[tuple[str, Path, Any]]:
    """Of every argument that holds numbers its name, path and value; of a dictionary those of its parameters."""
    for place, (name, value) in enumerate(zip(inspect.signature(reference).parameters, args)):
        if isinstance(value, dict):
            yield from ((key, (place, key), entry) for key, entry in value.items() if isinstance(entry, (np.ndarray, float)))
        elif isinstance(value, (np.ndarray, bool, int, float)):
            yield name, (place,), value


def _of_argument(name: str, value: Any) -> Iterator[tuple[str, str, Callable]]:
    ignored = f"ignores-{name}", f"`{name}` makes no difference to your answer: where does it belong?"
    if np.asarray(value).dtype.kind == "f":
        yield *ignored, np.zeros_like
        yield *ignored, np.ones_like
    if np.asarray(value).dtype.kind == "b":
        yield *ignored, np.ones_like
    if np.ndim(value) and len(value) > 1:
        yield f"reversed-{name}", f"You take `{name}` from its end.", lambda a: a[::-1]
        if np.ndim(value) > 1:
            yield (
                f"first-of-{name}",
                f"Every row of your answer uses the first row of `{name}`. Does your loop use its own variable?",
                lambda a: np.broadcast_to(a[:1], a.shape),
            )


_OF_ANSWER = (
    ("transposed", "Your answer lies on its side: its last two axes are exchanged.", lambda y: y.swapaxes(-1, -2) if y.ndim > 1 else y),
    ("axis-kept", "An axis of length 1 is left over: which sum or mean kept it?", lambda y: y[..., None]),
    ("axis-kept", "An axis of length 1 is left over, in front.", lambda y: y[None]),
    ("first-only", "You return the first row only; there is one for each.", lambda y: y[0] if y.ndim else y),
    ("averaged", "You return a mean over everything. Keep one number for each.", lambda y: y.mean() if y.ndim else y),
    ("averaged", "You return a mean over the rows. Keep them apart.", lambda y: y.mean(0) if y.ndim else y),
    ("summed", "You return a sum over everything. Keep one number for each.", lambda y: y.sum() if y.ndim else y),
    ("softmax", "There is a softmax too many at the end.", lambda y: softmax(y) if y.ndim else y),
)


def _with(reference: Callable, changes: dict[Path, Callable]) -> Callable:
    """``reference`` with some of its arguments changed before."""

    def slipped(*args):
        args = [dict(a) if isinstance(a, dict) else a for a in args]
        for (place, *key), change in changes.items():
            holder, at = (args[place], key[0]) if key else (args, place)
            holder[at] = change(holder[at])
        return reference(*args)

    return slipped


def _exchanged(reference: Callable, one: Path, other: Path) -> Callable:
    def value(args: tuple, path: Path) -> Any:
        return args[path[0]][path[1]] if len(path) > 1 else args[path[0]]

    return lambda *args: _with(reference, {one: lambda _: value(args, other), other: lambda _: value(args, one)})(*args)
