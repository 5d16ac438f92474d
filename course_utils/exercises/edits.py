"""A mistake as an edit: the right function with a piece of its text exchanged, as a learner would have typed it."""

import inspect
import re
import textwrap
from collections.abc import Callable

from course_utils.exercises import arrays
from course_utils.exercises.core import Mistake


def edits(fn: Callable, *rows: tuple, at: str = "") -> list[Mistake]:
    """The mistakes that are edits of ``fn``, a function of some module.

    Parameters
    ----------
    rows
        (key, sentence, old, new, old, new, …): every ``old`` gives way to the ``new`` behind it wherever it stands in the
        function's text, one pair after the other. A ``new`` may use what is in the function's module and in
        :mod:`course_utils.exercises.arrays`. The last may be a tuple of several: one mistake for each, told alike.
    at
        The ``old`` of the rows that name none: (key, sentence, new).

    Raises
    ------
    ValueError
        If an ``old`` is not in the text: the edit is out of date.
    """
    text = textwrap.dedent(inspect.getsource(fn))
    text = text[re.search(r"^def ", text, re.MULTILINE).start() :]  # what its decorators do is done once
    return [
        Mistake(key, says, _edit(fn, text, key, [*(pieces or [at]), new]))
        for key, says, *pieces, last in rows
        for new in (last if isinstance(last, tuple) else (last,))
    ]


def _edit(fn: Callable, text: str, key: str, pieces: list[str]) -> Callable:
    for old, new in zip(pieces[::2], pieces[1::2], strict=True):
        if old not in text:
            raise ValueError(f"The mistake {key!r} is out of date: {fn.__name__} holds no {old!r}.")
        text = text.replace(old, new)
    space = {**vars(arrays), **fn.__globals__}
    exec(compile(text, f"<{fn.__name__}, {key}>", "exec"), space)
    return space[fn.__name__]
