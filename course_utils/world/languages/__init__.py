"""The grammars of captions, one module a language, and the few tools they share.

Each grammar has four functions: ``realise(facts, choose, opening)`` words :class:`~course_utils.world.facts.Facts`, and
``read(text)`` gives them back or raises :class:`NotInGrammar`; ``split(text)`` gives the words of a text, and
``join(words)`` the text. ``choose(options)`` picks one of several wordings that mean the same; the first is the plain one.
``opening`` says whether a caption says that things are there; ``None``: ``choose`` does.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from course_utils.world.facts import Thing

Choose = Callable[[Sequence], object]


class NotInGrammar(ValueError):
    """A text that is no caption of the language. The message says where reading stopped and what was missing."""


class Phrases:
    """A table phrase → meaning to look up at a position of a text; the longest phrase wins."""

    def __init__(self, meanings: Mapping[str, object], *, spaced: bool = True):
        self.meanings = dict(meanings)
        longest_first = sorted(self.meanings, key=len, reverse=True)
        # where words are spaced, a phrase ends where a word ends: "sepeda" is not the beginning of "sepedanya"
        ends = [re.escape(phrase) + (r"(?!\w)" if spaced and phrase[-1].isalnum() else "") for phrase in longest_first]
        self.pattern = re.compile(f" *({'|'.join(ends)})")


class Reader:
    """A text and how far it has been read."""

    def __init__(self, text: str):
        self.text, self.position = text, 0

    def take(self, phrases: Phrases):
        """The meaning of the phrase that comes next, and step over it; None, and stay, if there is none."""
        if (match := phrases.pattern.match(self.text, self.position)) is None:
            return None
        self.position = match.end()
        return phrases.meanings[match[1]]

    def need(self, phrases: Phrases, what: str):
        """As :meth:`take`, but raises NotInGrammar if there is none."""
        if (meaning := self.take(phrases)) is None:
            raise self.error(f"expected {what}")
        return meaning

    def end(self) -> None:
        """Raises NotInGrammar unless everything has been read."""
        if self.text[self.position :].strip(" ") not in ("", ".", "。"):
            raise self.error("expected the end")

    def error(self, what: str) -> NotInGrammar:
        rest = self.text[self.position :].strip()
        return NotInGrammar(f"Cannot read {self.text!r}: {what} before {rest or 'the end'!r}.")


def chooser(numbers: Iterable[float]) -> Choose:
    """Choices that use up random numbers in [0, 1), one each."""
    numbers = iter(numbers)
    return lambda options: options[int(next(numbers) * len(options))]


def choose_opening(options: Sequence, opening: bool | None, choose: Choose):
    """Of two wordings, without and with an opening, the one wished for."""
    return choose(options) if opening is None else options[opening]


def listing(items: Sequence[str], comma: str, last: str) -> str:
    """``a, b and c``."""
    return last.join(filter(None, (comma.join(items[:-1]), items[-1])))


def in_several_places(things: Sequence[Thing]) -> bool:
    """Whether some things stand in several places: then "and" already joins places and cannot join things too."""
    return any(len(thing.places) > 1 for thing in things)


def lexicon(text: str) -> dict[str, str]:
    """kind → noun, of a text ``dog köpek, cat kedi, …``."""
    return dict(entry.split(maxsplit=1) for entry in text.strip().split(","))


def inverse(table: Mapping[str, str | tuple[str, ...]]) -> dict[str, str]:
    """symbol → wording or wordings, turned round into wording → symbol."""
    return {wording: symbol for symbol, wordings in table.items() for wording in ((wordings,) if isinstance(wordings, str) else wordings)}


def check_places(reader: Reader, thing: Thing) -> Thing:
    """The thing, if it has a place for each of its number or none at all."""
    if thing.places and len(thing.places) != thing.count:
        raise reader.error(f"{thing.count} things with {len(thing.places)} places")
    return thing
