"""Emoji: one concept drawn by several artists and named in many languages.

The files are built by ``data/build_emoji.py`` from public artwork (``data/ATTRIBUTION.md`` says whose).
Pictures are decoded when they are first asked for, one sheet at a time, and are read-only.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import gzip
import json
from collections.abc import Iterable

import numpy as np
from PIL import Image

from course_utils.errors import UnknownName
from course_utils.paths import data_file

TRAINING_STYLES = ("noto", "twemoji", "fluent")
HELD_OUT_STYLES = ("noto-v1", "fxemoji")
STYLES = TRAINING_STYLES + HELD_OUT_STYLES
LANGUAGES = ("en", "de", "es", "fr", "it", "nl", "pl", "pt", "ru", "hi", "ja", "ko", "zh")


def on_background(rgba: np.ndarray, background=(255, 255, 255)) -> np.ndarray:
    """Lay pictures on a colour.

    Parameters
    ----------
    rgba : uint8[..., 4]
        Straight alpha, as all pictures here are stored.
    background : numbers in 0..255 that broadcast against ``rgba[..., :3]``
        One colour, or pictures.

    Returns
    -------
    uint8[..., 3]
        ``alpha · colour + (1 - alpha) · background``, rounded. To *resize* a picture, first lay it on its background or
        multiply colour by alpha; averaging straight colours draws a dark fringe.
    """
    alpha = rgba[..., 3:].astype(np.float32) / 255
    mixed = alpha * rgba[..., :3] + (1 - alpha) * np.asarray(background, np.float32)
    return np.round(mixed).astype(np.uint8)


def _unknown(what: str, value, allowed: Iterable[str]) -> str:
    """One sentence that names what there is: all of a short list, the closest of a long one."""
    allowed = list(allowed)
    close = difflib.get_close_matches(str(value), allowed, n=4, cutoff=0.5) if len(allowed) > 14 else []
    if close:
        return f"There is no {what} {value!r}. Did you mean: {', '.join(close)}?"
    return f"There is no {what} {value!r}. Choose from: {', '.join(allowed[:14])}{', …' if len(allowed) > 14 else '.'}"


@functools.cache
def _sheet(style: str, side: int, count: int) -> np.ndarray:
    """Decode one atlas: uint8[count, side, side, 4], read-only."""
    sheet = np.asarray(Image.open(data_file(f"emoji/{style}-{side}.webp")).convert("RGBA"))
    rows, columns = sheet.shape[0] // side, sheet.shape[1] // side
    pictures = sheet.reshape(rows, side, columns, side, 4).transpose(0, 2, 1, 3, 4).reshape(-1, side, side, 4)
    pictures = np.ascontiguousarray(pictures[:count])
    pictures.flags.writeable = False
    return pictures


@dataclasses.dataclass(frozen=True, eq=False)
class Emoji:
    """K concepts, each with a picture in every training style and a name in every language.

    Attributes
    ----------
    hexcodes : tuple of K Unicode code sequences
    groups : tuple of group names; ``group``: int[K], the group of each concept
    names : language → K names; ``keywords``: language → K tuples of words
    train_concepts, test_concepts : bool[K]
        A fixed split: a tenth of every group is held out.
    sprite_names, display_names : English names of the S kinds drawn at 64 px and of the kinds drawn at 160 px
    """

    hexcodes: tuple[str, ...]
    groups: tuple[str, ...]
    group: np.ndarray
    names: dict[str, tuple[str, ...]]
    keywords: dict[str, tuple[tuple[str, ...], ...]]
    test_concepts: np.ndarray
    sprite_names: tuple[str, ...]
    display_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.hexcodes)

    def __repr__(self) -> str:
        return f"Emoji({len(self)} concepts, {len(STYLES)} styles, {len(self.names)} languages)"

    @property
    def train_concepts(self) -> np.ndarray:
        return ~self.test_concepts

    def index(self, name: str) -> int:
        """The position of an English name, in capitals or not.

        Raises
        ------
        UnknownName
            A KeyError; the message gives the concepts that go by this word, in any language, or close names.
        """
        name = name.strip().casefold()
        try:
            return self._positions[name]
        except KeyError:
            pass
        known = self.names["en"]
        meant = [known[k] for k in range(len(self)) if self._goes_by(k, name)][:4]
        if meant:
            raise UnknownName(f"There is no emoji called {name!r} in English. Did you mean: {', '.join(meant)}")
        raise UnknownName(_unknown("emoji called", name, known))

    def _goes_by(self, k: int, word: str) -> bool:
        """Whether concept k has this name or English keyword, in any language."""
        return word in self.keywords["en"][k] or any(word == names[k].casefold() for names in self.names.values())

    @functools.cached_property
    def _positions(self) -> dict[str, int]:
        return {name.casefold(): k for k, name in enumerate(self.names["en"])}

    def pictures(self, style: str) -> np.ndarray:
        """All concepts in one style: uint8[K, 32, 32, 4], straight alpha.

        A concept that a held-out style never drew is fully transparent; ``has(style)`` tells which.
        """
        return _sheet(_style(style, STYLES), 32, len(self))

    def has(self, style: str) -> np.ndarray:
        """Which concepts the style has drawn: bool[K]. All of them in a training style."""
        return self.pictures(style)[..., 3].any((1, 2))

    def sprites(self, style: str) -> np.ndarray:
        """The kinds that scenes are composed of, in the order of ``sprite_names``: uint8[S, 64, 64, 4].

        As in ``pictures``, a kind that a held-out style never drew is fully transparent.
        """
        return _sheet(_style(style, STYLES), 64, len(self.sprite_names))

    def display(self, concept: int | str, style: str = "noto") -> np.ndarray:
        """One picture for figures, sharper than what models see: uint8[160, 160, 4].

        Only ``display_names`` have one, in the training styles. Raises UnknownName (a KeyError) for any other.
        """
        name = concept if isinstance(concept, str) else self.names["en"][concept]
        if name not in self.display_names:
            raise UnknownName(_unknown("display picture of", name, self.display_names))
        return _sheet(_style(style, TRAINING_STYLES), 160, len(self.display_names))[self.display_names.index(name)]


def _style(style: str, allowed: tuple[str, ...]) -> str:
    if style not in allowed:
        raise UnknownName(_unknown("art style", style, allowed))
    return style


class _ByLanguage(dict):
    def __missing__(self, language):
        raise UnknownName(_unknown("language", language, self))


@functools.cache
def load() -> Emoji:
    """Names, groups and splits of all concepts; pictures follow on demand."""
    index = json.loads(data_file("emoji/index.json").read_text(encoding="utf-8"))
    words = json.loads(gzip.decompress(data_file("emoji/names.json.gz").read_bytes()))
    group = np.array(index["group"])
    test = np.zeros(len(group), bool)
    test[index["test_concepts"]] = True
    for array in (group, test):
        array.flags.writeable = False
    return Emoji(
        hexcodes=tuple(index["hexcodes"]),
        groups=tuple(index["groups"]),
        group=group,
        names=_ByLanguage({lang: tuple(words["names"][lang]) for lang in LANGUAGES}),
        keywords=_ByLanguage({lang: tuple(map(tuple, words["keywords"][lang])) for lang in LANGUAGES}),
        test_concepts=test,
        sprite_names=tuple(index["sprites"]),
        display_names=tuple(index["display"]),
    )
