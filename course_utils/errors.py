"""Errors that a learner meets: one sentence that says what to do, without a traceback in a notebook."""

from collections.abc import Iterable


class OneSentence(Exception):
    """Mixed into an exception whose message is all that its reader needs."""

    def __str__(self) -> str:  # KeyError would show the message in quotes
        return str(self.args[0])

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class UnknownName(OneSentence, KeyError):
    """A style, language or concept that does not exist; the message says which do."""


class BadInput(OneSentence, ValueError):
    """An argument that a learner typed and that cannot be used; the message says what can."""


def known(what: str, name: object, allowed: Iterable[str]) -> int:
    """The position of a name among those allowed. Raises ValueError with all of them if it is none."""
    allowed = list(allowed)
    if name not in allowed:
        raise ValueError(f"There is no {what} {name!r}. Choose from: {', '.join(allowed)}.")
    return allowed.index(name)
