"""The source of a class or function, as it runs, in the notebook."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable

from IPython.display import Code


def show(thing: type | Callable) -> Code:
    """The highlighted source code of a class or function of the course.

    Raises
    ------
    TypeError, OSError
        If ``thing`` has no Python source.
    """
    return Code(textwrap.dedent(inspect.getsource(thing)), language="python")
