"""The maps of the course: its models (:func:`taxonomy`), its notebooks (:func:`course_map`), its art styles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.show.art import art, scene, standing
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.show.taxonomy import taxonomy
from course_utils.world import emoji

__all__ = ["course_map", "scene", "style_tour", "taxonomy"]

_COURSE_ALT = (
    "Path through fourteen notebooks: start here; two first models; three patterns; two borrowed language models; "
    "pointing and reading; tokens, scaling and objectives; your own model."
)

_CAPSTONE = ("13", "Your own VLM:\nit answers, captions,\npoints and reads", "rocket")
# part → its notebooks: (number, title, emoji)
_COURSE = (
    ("start", (("00", "Start\nhere", "key"),)),
    ("first models", (("01", "Answer\nquestions", "banana"), ("02", "Write\ncaptions", "owl"))),
    ("three patterns", (("03", "Dual\nencoder", "tiger"), ("04", "Fusion\nencoder", "automobile"), ("05", "Encoder-\ndecoder", "memo"))),
    ("borrow a language model", (("06", "Flamingo", "flamingo"), ("07", "LLaVA", "llama"))),
    ("point and read", (("08", "Grounding", "round pushpin"), ("09", "Documents", "receipt"))),
    ("inside the machine", (("10", "Visual\ntokens", "puzzle piece"), ("11", "Scaling", "elephant"), ("12", "Objectives", "bullseye"))),
    ("put together", (_CAPSTONE,)),
)
_W, _H, _GAP = 80, 108, 16  # a station and the way to the next, px
_ROWS = (104, 276)  # tops of the two rows of stations, px


def course_map() -> Board:
    """The fourteen notebooks as a path in seven parts."""
    b = Board(
        800,
        420,
        "Fourteen notebooks lead to a vision-language model of your own",
        "Each runs alone; its core path takes at most 90 minutes.",
        "Artwork: Noto Emoji, Google.",
        alt=_COURSE_ALT,
    )
    for row, parts in enumerate((_COURSE[:4], _COURSE[4:])):
        x, y = Board.PAD, _ROWS[row]
        for part, notebooks in parts:
            start = x
            for notebook in notebooks:
                width = _W if notebook is not _CAPSTONE else 3 * _W + 2 * _GAP
                _station(b, x, y, width, *notebook)
                x += width + _GAP
            _part(b, start, x - _GAP, y - 12, part)
            if x < b.w - Board.PAD:
                b.arrow((x - _GAP, y + _H / 2), (x, y + _H / 2), head=6, gap=2)
    turn, right = (_ROWS[0] + _H + 16), b.w - Board.PAD
    b.arrow(
        (right, _ROWS[0] + _H / 2),
        (right + 12, _ROWS[0] + _H / 2),
        (right + 12, turn),
        (12, turn),
        (12, _ROWS[1] + _H / 2),
        (Board.PAD, _ROWS[1] + _H / 2),
        head=6,
        gap=2,
    )
    return b


def _station(b: Board, x: float, y: float, w: float, number: str, title: str, name: str) -> None:
    b.rect(x, y, w, _H, NEUTRAL["panel"], r=8, z=1)
    b.text(x + 10, y + 14, number, 8.5, NEUTRAL["ink2"], weight="bold")
    if w > _W:
        b.picture(art(name), x + 28, y + 24, 64, lw=0)
        b.text(x + 112, y + _H / 2, title, 9.5, linespacing=1.3)
        return
    b.picture(art(name), x + w / 2 - 20, y + 24, 40, lw=0)
    lines = title.split("\n")
    for i, line in enumerate(lines):
        b.text(x + w / 2, y + 89 + 15 * (i - (len(lines) - 1) / 2), line, 8.5, ha="center", va="baseline")


def _part(b: Board, x0: float, x1: float, y: float, name: str) -> None:
    b.text(x0, y - 10, name, 8.5, ROLE["ink"]["deep"], weight="bold")
    b.line([x0, x1], [y, y], NEUTRAL["rule"], 1.4)


def style_tour(names: Sequence[str] = ("tiger", "honeybee", "banana", "pizza", "bus", "tulip", "guitar")) -> Board:
    """The same emoji in every art style, at the 32×32 pixels that a model reads; held-out styles have a blue edge.

    Raises
    ------
    KeyError
        If a name is no concept's English name; the message gives close ones.
    ValueError
        If there are no names, or more than eight.
    """
    if not 1 <= len(names) <= 8:
        raise ValueError(f"style_tour shows one to eight emoji, not {len(names)}.")
    known = emoji.load()
    concepts = [known.index(name) for name in names]
    tile, left, top = 72, 136, 100
    pitch = min(92, (800 - Board.PAD - left) / len(names))
    row_tops = [top + 84 * i + (20 if style in emoji.HELD_OUT_STYLES else 0) for i, style in enumerate(emoji.STYLES)]
    missing = any(not known.has(style)[concepts].all() for style in emoji.STYLES)
    undrawn = " A dash: this artist never drew it." if missing else ""
    b = Board(
        800,
        row_tops[-1] + tile + 44,
        "One thing, many hands: the same emoji in every art style",
        "At 32 × 32 pixels, as a model reads them. Styles outlined in blue are never trained on.",
        "Noto (Google, two generations), Twemoji, Fluent (Microsoft), FxEmojis (Mozilla)." + undrawn,
        words=60,
        alt=f"Grid of pictures: {', '.join(names)}, each as {len(emoji.STYLES)} artists draw it; two styles are outlined as held out.",
    )
    for j, name in enumerate(names):
        b.text(left + pitch * j + tile / 2, top - 16, name.replace(" ", "\n"), 8.5, NEUTRAL["ink2"], ha="center")
    for y, style in zip(row_tops, emoji.STYLES):
        words, color = standing(style)
        b.text(Board.PAD, y + tile / 2 - 8, style, 9.5, weight="bold")
        b.text(Board.PAD, y + tile / 2 + 9, words, 8.5, color)
        for j, k in enumerate(concepts):
            _tile(b, left + pitch * j, y, tile, known.pictures(style)[k], style in emoji.HELD_OUT_STYLES)
    return b


def _tile(b: Board, x: float, y: float, side: float, picture: np.ndarray, held_out: bool) -> None:
    """One emoji on white; a dash where the artist never drew it."""
    edge, lw = (ROLE["vision"]["main"], 1.4) if held_out else (NEUTRAL["rule"], 0.8)
    b.rect(x, y, side, side, "white", edge, lw)
    b.picture(emoji.on_background(picture), x + 4, y + 4, side - 8, r=3, lw=0)
    if not picture[..., 3].any():
        b.text(x + side / 2, y + side / 2, "–", 12.5, NEUTRAL["mute"], ha="center")
