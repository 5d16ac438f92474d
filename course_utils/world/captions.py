"""Captions of scenes in four languages that agree little, at four levels of detail, and their way back.

>>> caption(scenes, "short")                  # ["a red dog and two yellow bananas", …]
>>> caption(scenes, "full", "tr", rng)        # varied in order and wording
>>> parse("a red dog and two yellow bananas") # Counter({("dog",): 1, ("dog", "red"): 1, ("banana",): 2, …})

The texts are captions, not sentences: lower case, no full stop, clauses separated by semicolons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from types import MappingProxyType

import numpy as np

from course_utils.errors import known
from course_utils.world import facts as symbols
from course_utils.world.languages import chinese, chooser, english, indonesian, turkish
from course_utils.world.scenes import Scenes

LEVELS = symbols.LEVELS
_GRAMMARS = MappingProxyType({"en": english, "tr": turkish, "id": indonesian, "zh": chinese})
LANGUAGES = tuple(_GRAMMARS)
_DRAWS = 64  # random numbers a caption: more than the choices of the longest one


def caption(
    scenes: Scenes,
    level: str = "short",
    language: str = "en",
    rng: np.random.Generator | None = None,
    *,
    order: np.ndarray | None = None,
    opening: np.ndarray | None = None,
) -> list[str]:
    """One caption a scene.

    Parameters
    ----------
    level : ``"names"`` says how many of which kind; ``"short"`` adds colours and what signs say; ``"full"`` adds sizes
        and places; ``"relations"`` adds how neighbours stand to each other.
    language : ``"en"``, ``"tr"`` (Turkish), ``"id"`` (Indonesian) or ``"zh"`` (Chinese)
    rng : varies order and wording; without it, reading order and the plain wording.
    order : int[B, 5], the slots of each scene in the order in which their things are named (a sign last); else ``rng``, or
        reading order, decides.
    opening : bool[B], whether a caption says that things are there ("there is", "var", "ada", "图中有"; not where a Chinese
        caption begins with a place); else ``rng``, or the plain wording, which has none, decides.

    Raises ValueError if the level or language is unknown; the message gives the allowed values. If ``order`` does not
    name every slot once.
    """
    grammar = _grammar(language)
    batch = symbols.extract(scenes, level, order)
    opens = [None] * len(batch) if opening is None else np.asarray(opening, bool).tolist()
    if rng is None:
        return [grammar.realise(facts, lambda options: options[0], opened) for facts, opened in zip(batch, opens)]
    texts = []
    for facts, opened, draws in zip(batch, opens, rng.random((len(batch), _DRAWS))):
        numbers = iter(draws.tolist())
        things = sorted(facts.things, key=lambda _: next(numbers)) if order is None else facts.things
        relations = sorted(facts.relations, key=lambda _: next(numbers))
        relations = [relation.inverse() if next(numbers) < 0.5 else relation for relation in relations]
        shuffled = symbols.Facts(tuple(things), tuple(relations))
        texts.append(grammar.realise(shuffled, chooser(numbers), opened))
    return texts


def split(text: str, language: str = "en") -> list[str]:
    """The words of a caption, marks too; of a Chinese one, which has no spaces, the phrases of its grammar.

    ``join(split(text, language), language) == text``. Raises ValueError if the language is unknown.
    """
    return _grammar(language).split(text)


def join(words: Iterable[str], language: str = "en") -> str:
    """The caption that words make. Raises ValueError if the language is unknown."""
    return _grammar(language).join(words)


def read(text: str, language: str = "en") -> symbols.Facts:
    """The facts that a caption states, in the order of the text. Raises as :func:`parse`."""
    return _grammar(language).read(text)


def parse(text: str, language: str = "en") -> Counter:
    """The scene-graph tuples that a caption states, with their counts: see :func:`~course_utils.world.facts.graph`.

    ``parse(caption(scenes, level, language, rng)[i], language) == tuples(scenes, level)[i]``.

    Raises
    ------
    NotInGrammar (a ValueError)
        If the text is no caption of the language; the message says where reading stopped.
    ValueError
        If the language is unknown.
    """
    return symbols.graph(read(text, language))


def tuples(scenes: Scenes, level: str = "short") -> list[Counter]:
    """The scene-graph tuples of each scene at a level of detail, with their counts."""
    return [symbols.graph(facts) for facts in symbols.extract(scenes, level)]


def _grammar(language: str):
    known("caption language", language, LANGUAGES)
    return _GRAMMARS[language]
