"""What may cross between a student's process and the grader's: arrays, numbers, text, and lists and dictionaries of them.

A frame is JSON, which describes the value, followed by the raw bytes of its arrays. Reading one evaluates nothing and
unpickles nothing; its size, depth and number of parts are bounded before anything is allocated. The student's side calls
:func:`hold` and :func:`reply`; the grader's side writes the cases, reads the answers and judges them elsewhere.
"""

import contextlib
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from course_utils import runtime
from course_utils.exercises import core

LARGEST = 64_000_000  # bytes of a frame
DEEPEST, MOST = 8, 100_000  # levels of nesting, parts
LONGEST = 100_000  # characters of one string
HEAD = 8_000_000  # bytes of the JSON before the arrays
_DTYPES = frozenset("bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split())
_MAGIC = b"VLMA1\n"
_DAMAGED = "The answers came back damaged."


class Unreadable(ValueError):
    """A frame that is too large, cut off, or holds what may not cross; the message says which."""


def encode(value: Any) -> bytes:
    """A frame of ``value``: NumPy arrays, numbers, bool, ``None``, str, :class:`core.Problem`, lists, dictionaries.

    Raises
    ------
    Unreadable
        If anything else is in it, or it is too large.
    """
    buffers: list[bytes] = []

    def plain(v: Any, depth: int) -> Any:
        if depth > DEEPEST:
            raise Unreadable(f"The answer is nested more than {DEEPEST} levels deep.")
        if v is None or type(v) in (bool, int, str):
            if type(v) is int and v.bit_length() > 64:
                raise Unreadable("The answer holds a whole number of more than 64 bits.")
            return {"v": v[:LONGEST] if type(v) is str else v}
        if isinstance(v, float):
            return {"f": float(v).hex()}  # NaN and infinities too
        if isinstance(v, core.Problem):
            return {"p": [str(v.kind)[:200], str(v.message)[:500], str(v.line)[:500], int(v.number)]}
        if isinstance(v, (list, tuple)):
            return {"l": [plain(x, depth + 1) for x in v]}
        if isinstance(v, dict):
            return {"d": [[str(k), plain(x, depth + 1)] for k, x in v.items()]}
        array = np.asarray(v)
        if array.nbytes > LARGEST:
            raise Unreadable(f"The answer has {array.nbytes / 1e6:.0f} MB; at most {LARGEST / 1e6:g} are read.")
        if array.dtype.kind == "U":
            return {"s": [list(array.shape), [str(x)[:LONGEST] for x in array.ravel()]]}
        if array.dtype.name not in _DTYPES:
            raise Unreadable(f"The answer holds a {type(v).__name__} ({array.dtype}), which is neither array, number nor text.")
        buffers.append(np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes())
        return {"a": [array.dtype.name, list(array.shape)]}

    head = json.dumps(plain(value, 0)).encode()
    if len(head) > HEAD:
        raise Unreadable(f"The answer has {len(head) / 1e6:.0f} MB of text and numbers; at most {HEAD / 1e6:g} are read.")
    frame = b"".join([_MAGIC, len(head).to_bytes(8, "little"), head, *buffers])
    if len(frame) > LARGEST:
        raise Unreadable(f"The answer has {len(frame) / 1e6:.0f} MB; at most {LARGEST / 1e6:g} are read.")
    return frame


def decode(frame: bytes) -> Any:
    """The value of a frame; arrays are new and writable. Nothing in it is trusted.

    Raises
    ------
    Unreadable
        If it is not a frame, too large, or longer or shorter than it says.
    """
    start = len(_MAGIC) + 8
    if len(frame) > LARGEST or not frame.startswith(_MAGIC) or len(frame) < start:
        raise Unreadable(_DAMAGED)
    size = int.from_bytes(frame[len(_MAGIC) : start], "little")
    if size > min(len(frame) - start, HEAD):
        raise Unreadable("The answers came back cut off.")
    try:
        head = json.loads(frame[start : start + size])
    except (ValueError, RecursionError):
        raise Unreadable(_DAMAGED) from None
    at, parts, text = start + size, 0, 0  # text: bytes of arrays of strings, each of which takes as much as the longest

    def value(node: Any, depth: int) -> Any:
        nonlocal at, parts, text
        parts += 1
        if depth > DEEPEST or parts > MOST:
            raise Unreadable("The answers came back with too many parts.")
        if type(node) is not dict or len(node) != 1:
            raise Unreadable(_DAMAGED)
        ((kind, v),) = node.items()
        if kind == "v" and (v is None or type(v) in (bool, int, str)):
            if (type(v) is int and v.bit_length() > 64) or (type(v) is str and len(v) > LONGEST):
                raise Unreadable(_DAMAGED)
            return v
        if kind == "f" and type(v) is str and len(v) < 64:
            return float.fromhex(v)
        if kind == "p" and _are(v, (str, str, str, int)):
            return core.Problem(*v)
        if kind == "l" and type(v) is list:
            return [value(x, depth + 1) for x in v]
        if kind == "d" and type(v) is list and all(type(x) is list and len(x) == 2 and type(x[0]) is str for x in v):
            return {k: value(x, depth + 1) for k, x in v}
        if kind == "s" and _are(v, (list, list)) and all(type(x) is str for x in v[1]):
            text += 4 * len(v[1]) * max(map(len, v[1]), default=0)
            if text > LARGEST:
                raise Unreadable("The answers came back with too much text.")
            return np.array(v[1], dtype=np.str_).reshape(_shape(v[0], len(v[1])))
        if kind == "a" and _are(v, (str, list)) and v[0] in _DTYPES:
            dtype = np.dtype(v[0]).newbyteorder("<")
            shape = _shape(v[1])
            count = int(np.prod(shape, dtype=object))
            if count * dtype.itemsize > len(frame) - at:
                raise Unreadable("The answers came back cut off.")
            array = np.frombuffer(frame, dtype, count, at).reshape(shape).astype(v[0])
            at += count * dtype.itemsize
            return array
        raise Unreadable(_DAMAGED)

    try:
        result = value(head, 0)
    except (ValueError, OverflowError) as error:
        raise error if isinstance(error, Unreadable) else Unreadable(_DAMAGED) from None
    if at != len(frame):
        raise Unreadable("The answers came back longer than they say.")
    return result


def _are(values: Any, types: tuple[type, ...]) -> bool:
    return type(values) is list and len(values) == len(types) and all(type(v) is t for v, t in zip(values, types))


def _shape(sizes: list, count: int | None = None) -> tuple[int, ...]:
    """No size of an array without numbers is larger than one with numbers could have: some walk along it."""
    if len(sizes) > 8 or not all(type(n) is int and n >= 0 for n in sizes) or np.prod([max(n, 1) for n in sizes], dtype=object) > LARGEST:
        raise Unreadable("The answers came back with an impossible shape.")
    if count is not None and int(np.prod(sizes, dtype=object)) != count:
        raise Unreadable("The answers came back with an impossible shape.")
    return tuple(sizes)


def read(path: Path) -> bytes:
    """The bytes of a frame that somebody else wrote: of an ordinary file only, and never more than :data:`LARGEST`.

    Raises
    ------
    Unreadable
        If there is no such file, or it is a link, a pipe, or too large.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise Unreadable("No answers came back.") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("No answers came back.")
    with os.fdopen(descriptor, "rb") as file:
        frame = file.read(LARGEST + 1)
    if len(frame) > LARGEST:
        raise Unreadable(f"The answers have more than {LARGEST / 1e6:g} MB.")
    return frame


# --- the student's side

_held: dict[str, Callable] = {}


def hold(exercise_id: str, fn: Callable) -> None:
    """Remembers the function that answers an exercise, as it was where the notebook hands it in."""
    _held[exercise_id] = fn


def reply(exercise_id: str, asked: str, answered: str, *, in_full: bool = False) -> None:
    """Runs the held function on the cases in the file ``asked`` and writes its answers to the file ``answered``.

    ``in_full``: without ``COURSE_FAST``, for an answer that trains.
    """
    cases = [core.Case(tuple(args), "") for args in decode(Path(asked).read_bytes())]
    with runtime.in_full() if in_full else contextlib.nullcontext():
        answers = core.answer(_held[exercise_id], cases)
    try:
        frame = encode(answers)
    except Unreadable as error:
        frame = encode([core.Problem("Unreadable", str(error))] * len(answers))
    Path(answered).write_bytes(frame)


def ask(cases: list[core.Case]) -> bytes:
    """A frame of the cases' arguments, and of nothing else: their truths stay here."""
    return encode([list(case.args) for case in cases])


def answers(frame: bytes, cases: list[core.Case]) -> list[Any]:
    """The answers in a frame, one for each case.

    Raises
    ------
    Unreadable
        If it is damaged or does not answer every case.
    """
    found = decode(frame)
    if type(found) is not list or len(found) != len(cases):
        raise Unreadable("The answers came back incomplete.")
    return found
