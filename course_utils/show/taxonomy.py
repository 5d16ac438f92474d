"""The map of the course's models: five families, told apart by where the picture meets the words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from course_utils.show.art import art, scene as default_scene
from course_utils.show.board import Board, Spot
from course_utils.show.palette import NEUTRAL

_ALT = (
    "Diagram of five families. A dual encoder compares two vectors; a fusion encoder mixes picture and words in "
    "every layer; an encoder-decoder looks while it writes; Flamingo and LLaVA connect a vision encoder to a "
    "language model. Numbers name notebooks."
)

_CELL, _LOW, _TALL = 240, 224, 272  # cell width, heights of the first and the second row of cells, px
_X, _Y = (24, 280, 536), (68, 68 + 224 + 12)
_EDGE, _BOX_W, _BOX_H = 8, 104, 32  # cell padding, size of the boxes in its two columns, px
_TOP, _STEP = 84, 48  # first level of boxes under a cell's top, and from level to level, px
_AND_THEN = (
    ("08", "pointing at things", "round pushpin"),
    ("09", "reading documents", "receipt"),
    ("10", "fewer visual tokens", "puzzle piece"),
    ("11", "scaling up", "elephant"),
    ("12", "training objectives", "bullseye"),
    ("13", "your own model", "rocket"),
)


def taxonomy(scene: np.ndarray | None = None) -> Board:
    """Five families of vision-language models, each with the notebooks that build it.

    ``scene`` is the picture that enters every model, uint8[side, side, 3]; left out, a scene of four emoji.
    """
    picture = default_scene() if scene is None else np.asarray(scene)
    b = Board(
        800,
        608,
        "Where does the picture meet the words?",
        "Five families. Dark numbers are the notebooks that build them.",
        "Flamingo after Alayrac et al. 2022. LLaVA after Liu et al. 2023; its language model is frozen in stage 1 and trained in stage 2.",
        alt=_ALT,
        boxes=16,
        words=110,
    )  # more than a figure may hold: it is a map to return to, not to read through
    b.legend(roles=("vision", "language", "fusion"))
    families: Sequence[tuple[str, str, str, Sequence[str], Callable]] = (
        ("Dual encoder", "at the very end, in one number", "CLIP, SigLIP", ("03",), _dual),
        ("Fusion encoder", "in every layer, both ways", "ViLBERT, UNITER", ("01", "04"), _fusion),
        ("Encoder-decoder", "at every word it writes", "CoCa, PaLI", ("02", "05"), _encoder_decoder),
        ("Gated adapter", "between the frozen layers", "Flamingo", ("06",), _flamingo),
        ("Decoder-only", "in front of them, as more tokens", "LLaVA", ("07",), _llava),
    )
    for i, (name, where, models, notebooks, draw) in enumerate(families):
        x, y = _X[i % 3], _Y[i // 3]
        _cell(b, x, y, _TALL if i > 2 else _LOW, name, where, models, notebooks)
        draw(b, x, y, picture)
    _and_then(b, _X[2], _Y[1])
    return b


def _cell(b: Board, x: float, y: float, h: float, name: str, where: str, models: str, notebooks) -> None:
    b.rect(x, y, _CELL, h, NEUTRAL["panel"], r=8, z=0)
    b.text(x + 12, y + 17, name, 10, weight="bold")
    b.text(x + 12, y + 34, where, 8.5, NEUTRAL["ink2"])
    b.text(x + 12, y + 52, models, 8.5, NEUTRAL["ink2"])
    for i, number in enumerate(reversed(notebooks)):
        _badge(b, x + _CELL - _EDGE - 24 - 28 * i, y + 8, number)


def _badge(b: Board, x: float, y: float, number: str) -> None:
    b.rect(x, y, 24, 20, NEUTRAL["ink"], r=5)
    b.text(x + 12, y + 10, number, 8.5, "white", ha="center", weight="bold")


def _left(b: Board, x: float, y: float, level: int, *args, **kwargs) -> Spot:
    return b.box(x + _EDGE, y + _TOP + _STEP * level, _BOX_W, _BOX_H, *args, **kwargs)


def _right(b: Board, x: float, y: float, level: int, *args, **kwargs) -> Spot:
    return b.box(x + _CELL - _EDGE - _BOX_W, y + _TOP + _STEP * level, _BOX_W, _BOX_H, *args, **kwargs)


def _inputs(b: Board, x: float, y: float, level: int, picture: np.ndarray, words: Sequence) -> tuple[Spot, Spot]:
    """The picture under the left column, the words centred under the right one."""
    y = y + _TOP + _STEP * level
    shown = b.picture(picture, x + _EDGE + _BOX_W / 2 - 18, y, 36)
    width = b.tokens_width(words)
    chips = b.tokens(x + _CELL - _EDGE - _BOX_W / 2 - width / 2, y + 6, words)
    return shown, Spot(chips[0].x, y + 6, width, 24)


def _output(b: Board, x: float, y: float, below: tuple[float, float], word: str, role: str = "language") -> None:
    width = b.tokens_width([word])
    (chip,) = b.tokens(below[0] - width / 2, y + 46, [word], role, h=20)
    b.arrow(below, chip.bottom, role=role)


def _dual(b: Board, x: float, y: float, picture: np.ndarray) -> None:
    shown, words = _inputs(b, x, y, 2, picture, ["a", "bus"])
    vision, text = _left(b, x, y, 1, "vision", "vision", "encoder"), _right(b, x, y, 1, "text", "language", "encoder")
    b.arrow(shown.top, vision.bottom, role="vision")
    b.arrow(words.top, text.bottom, role="language")
    meet = b.box(x + 76, y + _TOP, 88, _BOX_H, "similarity", "fusion", size=9.5)
    b.arrow((x + 44, vision.y), (x + 44, meet.left[1]), meet.left, role="vision")
    b.arrow((x + _CELL - 44, text.y), (x + _CELL - 44, meet.right[1]), meet.right, role="language")
    _output(b, x, y, meet.top, "score", "fusion")


def _fusion(b: Board, x: float, y: float, picture: np.ndarray) -> None:
    shown, words = _inputs(b, x, y, 2, picture, ["bus", "?"])
    vision = _left(b, x, y, 1, "vision", "vision", "encoder")
    joint = b.box(x + _EDGE, y + _TOP, _CELL - 2 * _EDGE, _BOX_H, "joint encoder", "fusion")
    b.arrow(shown.top, vision.bottom, role="vision")
    b.arrow(vision.top, (vision.top[0], joint.bottom[1]), role="vision")
    b.arrow(words.top, (words.top[0], joint.bottom[1]), role="language")
    _output(b, x, y, (words.top[0], joint.y), "yes")


def _encoder_decoder(b: Board, x: float, y: float, picture: np.ndarray) -> None:
    shown, words = _inputs(b, x, y, 2, picture, ["a"])
    vision, text = _left(b, x, y, 1, "vision", "vision", "encoder"), _right(b, x, y, 1, "text", "language", "decoder")
    cross = b.box(x + 84, y + _TOP, _CELL - 84 - _EDGE, _BOX_H, "cross-attention", "fusion")
    b.arrow(shown.top, vision.bottom, role="vision")
    b.arrow(words.top, text.bottom, role="language")
    b.arrow((x + 44, vision.y), (x + 44, cross.left[1]), cross.left, role="vision")
    b.arrow(text.top, (text.top[0], cross.bottom[1]), role="language")
    _output(b, x, y, (text.top[0], cross.y), "bus")


def _flamingo(b: Board, x: float, y: float, picture: np.ndarray) -> None:
    shown, words = _inputs(b, x, y, 3, picture, [picture, "a"])
    vision = _left(b, x, y, 2, "vision", "vision", "encoder", frozen=True)
    resampler = _left(b, x, y, 1, "resampler", "fusion")
    layers = [
        _right(b, x, y, 2, "LM", "language", "layers", frozen=True),
        _right(b, x, y, 1, "gated", "fusion", "cross-attention"),
        _right(b, x, y, 0, "LM", "language", "layers", frozen=True),
    ]
    b.arrow(shown.top, vision.bottom, role="vision")
    b.arrow(vision.top, resampler.bottom, role="vision")
    b.arrow(resampler.right, layers[1].left, role="fusion")
    for below, above in zip([words, *layers], layers):
        b.arrow(below.top, above.bottom, role="language")
    _output(b, x, y, layers[-1].top, "bus")


def _llava(b: Board, x: float, y: float, picture: np.ndarray) -> None:
    shown, words = _inputs(b, x, y, 3, picture, ["what", "?"])
    vision = _left(b, x, y, 2, "vision", "vision", "encoder", frozen=True)
    projector = _left(b, x, y, 1, "projector", "fusion")
    model = b.box(x + _EDGE, y + _TOP, _CELL - 2 * _EDGE, _BOX_H, "language model", "language")
    b.arrow(shown.top, vision.bottom, role="vision")
    b.arrow(vision.top, projector.bottom, role="vision")
    b.arrow(projector.top, (projector.top[0], model.bottom[1]), role="fusion")
    b.arrow(words.top, (words.top[0], model.bottom[1]), role="language")
    _output(b, x, y, (words.top[0], model.y), "a bus")


def _and_then(b: Board, x: float, y: float) -> None:
    """The notebooks that belong to no single family."""
    b.rect(x, y, _CELL, _TALL, "white", NEUTRAL["rule"], 1, r=8, z=0)
    b.text(x + 12, y + 18, "And for all of them", 10, weight="bold")
    for i, (number, words, name) in enumerate(_AND_THEN):
        row = y + 40 + 38 * i
        b.picture(art(name), x + 12, row, 28, lw=0)
        _badge(b, x + 52, row + 4, number)
        b.text(x + 88, row + 14, words, 9.5)
