"""The world on one page: scenes in every art style, asked about, described and pointed at."""

from __future__ import annotations

import textwrap

import numpy as np

from course_utils.show.art import standing
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.world import captions, emoji, questions, referring
from course_utils.world.render import boxes, render
from course_utils.world.scenes import BACKGROUNDS, Scenes, sample

_ALT = (
    "Fifteen small scenes of recoloured emoji in five art styles: five with a question and its answer, five with a "
    "caption in English, Turkish or Indonesian, five with a box around the object that a phrase means."
)
_SIDE, _GAP, _TOP, _PITCH = 144, 8, 118, 228  # px
_LINE = 22  # characters that fit under a scene

_ASKED = (("two-hop", "what colour"), ("count", "how many"), ("knowledge", "which thing"), ("reading", "what"), ("relation", "is the"))
_SPOKEN = (("English", "en"), ("Turkish", "tr"), ("Indonesian", "id"), ("English", "en"), ("Turkish", "tr"))
_POINTED = ("location", "attributes", "long", "location", "attributes")
_CANDIDATES = 2000  # scenes drawn for each place on the page; the first whose words fit is shown


def scene_gallery(seed: int = 0) -> Board:
    """Five art styles across; a question, a caption and a referring expression down. Held-out styles stand right."""
    height = _TOP + 3 * _PITCH - 8
    b = Board(
        800,
        height,
        "Every scene can be asked about, described and pointed at",
        "Pictures at 96 × 96 pixels, as models read them. The right answer is always known, whatever the style.",
        "Artwork: Noto Emoji (two generations), Twemoji, Fluent, FxEmojis; recoloured.",
        alt=_ALT,
        words=260,
    )
    rows = ("ask", _ask), ("describe", _describe), ("point", _point)
    for column, style in enumerate(emoji.STYLES):
        x = Board.PAD + column * (_SIDE + _GAP)
        b.text(x, _TOP - 34, style, 9, weight="bold")
        b.text(x + _SIDE, _TOP - 34, standing(style)[0], 8, standing(style)[1], ha="right")
        for row, (task, act) in enumerate(rows):
            y = _TOP + row * _PITCH
            if not column:
                b.text(Board.PAD, y - 13, task, 8.5, ROLE["fusion"]["deep"], weight="bold")
            scene, lines, slot = act(np.random.default_rng([seed, row, column]), style, column)
            ground = (2 * column + 3 * row) % len(BACKGROUNDS)
            scene = scene.replace(background=np.array([ground], np.int8))
            b.picture(np.asarray(render(scene, 96))[0], x, y, _SIDE, r=5)
            if slot is not None:
                top, left, bottom, right = boxes(scene, 96)[0, slot] * (_SIDE / 96)
                for width, colour in ((3.4, "white"), (1.8, ROLE["fusion"]["main"])):
                    b.rect(x + left - 2, y + top - 2, right - left + 4, bottom - top + 4, "none", colour, width, 3, 3)
            for i, (line, colour, bold) in enumerate(lines):
                b.text(x, y + _SIDE + 13 + 15 * i, line, 8.5, colour, weight="bold" if bold else "normal")
    return b


def _draw(rng: np.random.Generator, style: str, objects: tuple[int, int], sign: float = 0.0) -> Scenes:
    return sample(rng, _CANDIDATES, styles=(style,), split="all", objects=objects, sign=sign)


def _lines(text: str) -> list[str]:
    return textwrap.wrap(text, _LINE)


def _ask(rng: np.random.Generator, style: str, column: int):
    """A scene, a question about it with its answer, no object marked."""
    kind, opening = _ASKED[column]
    scenes = _draw(rng, style, (4, 5), sign=float(kind == "reading"))
    asked = questions.ask(rng, scenes)
    right = np.flatnonzero(asked.type == questions.TYPES.index(kind))
    texts = asked.texts()
    i = next(i for i in right if texts[i].startswith(opening) and len(_lines(texts[i])) <= 2)
    answer = questions.ANSWERS[questions.answer(scenes[i], asked[i])[0]]
    lines = [(line, ROLE["language"]["deep"], False) for line in _lines(texts[i])]
    return scenes[i], [*lines, (answer, ROLE["fusion"]["deep"], True)], None


def _describe(rng: np.random.Generator, style: str, column: int):
    """A scene and its caption."""
    language, code = _SPOKEN[column]
    scenes = _draw(rng, style, (3, 4))
    texts = captions.caption(scenes, "short", code)
    i = next(i for i, text in enumerate(texts) if len(_lines(text)) <= 2)
    lines = [(line, ROLE["language"]["deep"], False) for line in _lines(texts[i])]
    return scenes[i], [*lines, (language, NEUTRAL["ink2"], False)], None


def _point(rng: np.random.Generator, style: str, column: int):
    """A scene, an expression, and the slot of the object that it means."""
    scenes = _draw(rng, style, (5, 5))
    scenes = scenes[referring.referable(scenes, _POINTED[column]).any(1)]
    texts, slots = referring.refer(rng, scenes, _POINTED[column])
    i = next(i for i, text in enumerate(texts) if text.startswith("the ") and len(_lines(text)) <= 2)
    return scenes[i], [(line, ROLE["language"]["deep"], False) for line in _lines(texts[i])], int(slots[i])
