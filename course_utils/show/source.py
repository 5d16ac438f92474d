"""The source of a class or function, as it runs, in the notebook."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable

from IPython.display import HTML
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from course_utils.show.palette import MONO, NEUTRAL


def show(thing: type | Callable) -> HTML:
    """The highlighted source code of a class or function of the course, on a white card.

    Raises TypeError or OSError if ``thing`` has no Python source.
    """
    code = textwrap.dedent(inspect.getsource(thing))
    card = f"background:#FFFFFF;border:1px solid {NEUTRAL['rule']};border-radius:8px;padding:8px 16px;max-width:800px"
    text = f"font-family:'{MONO}',monospace;font-size:12.5px;line-height:1.45;margin:0;white-space:pre-wrap;background:#FFFFFF;color:{NEUTRAL['ink']}"
    return HTML(highlight(code, PythonLexer(), HtmlFormatter(noclasses=True, style="xcode", cssstyles=card, prestyles=text)))
