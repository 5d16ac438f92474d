"""Three ways for a picture and a text to meet, side by side: at the end, everywhere, or by looking at each other."""

from __future__ import annotations

import numpy as np

from course_utils.show.board import Board, Spot
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.show.scene_text import read_scene
from course_utils.world.render import render

_ALT = (
    "Diagram, schematic, three columns. Dual encoder: two separate encoders, one vector each, compared by a cosine. Single "
    "stream: one encoder over words and regions. Two streams: two encoders that cross-attend. The last two score a pair."
)
CAPTION = ("a", "red", "car", "and", "…")
_WIDE, _PITCH = 232, 260


def architectures() -> Board:
    """The dual encoder, the single stream (VisualBERT, UNITER) and the two streams (ViLBERT)."""
    b = Board(
        800,
        436,
        "Where do the words meet the regions?",
        "All but the tower that made the regions is trained. K, V: the keys and values that the other side looks at.",
        "Schematic.",
        alt=_ALT,
        boxes=9,
        words=70,
    )
    picture = np.asarray(render(read_scene("red car left, blue dog right", ground="sky"), 96))[0]
    _dual(b, 24, picture)
    _single(b, 24 + _PITCH, picture)
    _two(b, 24 + 2 * _PITCH, picture)
    return b


def _head(b: Board, x: float, name: str, gloss: str) -> None:
    b.text(x + _WIDE / 2, 84, name, 10, weight="bold", ha="center")
    b.text(x + _WIDE / 2, 102, gloss, 8.5, NEUTRAL["ink2"], ha="center")


def _inputs(b: Board, x: float, picture: np.ndarray) -> tuple[Spot, Spot]:
    """The picture with its nine regions at the left, the words at the right."""
    seen = b.picture(picture, x + 8, 348, 56, grid=3)
    width = b.tokens_width(CAPTION, size=7.5, gap=2, min_w=16)
    b.tokens(x + _WIDE - width, 364, CAPTION, size=7.5, gap=2, min_w=16)
    return seen, Spot(x + _WIDE - width, 364, width, 24)


def _dual(b: Board, x: float, picture: np.ndarray) -> None:
    _head(b, x, "dual encoder", "they meet at the end, as two vectors")
    seen, said = _inputs(b, x, picture)
    see = b.box(x, 252, 72, 56, "see", "vision")
    read = b.box(x + 108, 252, 124, 56, "read", "language")
    b.arrow(seen.top, (seen.top[0], 308), role="vision")
    b.arrow(said.top, (said.top[0], 328), (read.bottom[0], 328), read.bottom, role="language")
    dot = b.box(x + 60, 144, 112, 36, "cosine", "fusion")
    b.arrow(see.top, (see.top[0], 216), (dot.x + 28, 216), (dot.x + 28, 180), role="vision")
    b.arrow(read.top, (read.top[0], 216), (dot.end - 28, 216), (dot.end - 28, 180), role="language")
    b.text(x + _WIDE / 2, 232, "one vector each", 8.5, NEUTRAL["ink2"], ha="center")
    b.arrow(dot.top, (dot.top[0], 118), role="fusion")


def _single(b: Board, x: float, picture: np.ndarray) -> None:
    _head(b, x, "single stream", "VisualBERT, UNITER: one sequence")
    seen, said = _inputs(b, x, picture)
    block = b.box(x, 200, _WIDE, 108, "all look at all", "fusion", "self-attention over both")
    b.arrow(seen.top, (seen.top[0], 308), role="vision")
    b.arrow(said.top, (said.top[0], 308), role="language")
    match = b.box(x + 60, 144, 112, 36, "match?", "fusion")
    b.arrow(block.top, match.bottom, role="fusion")
    b.arrow(match.top, (match.top[0], 118), role="fusion")


def _two(b: Board, x: float, picture: np.ndarray) -> None:
    _head(b, x, "two streams", "ViLBERT: each looks at the other")
    seen, said = _inputs(b, x, picture)
    see = b.box(x, 216, 88, 92, "regions", "vision")
    read = b.box(x + 144, 216, 88, 92, "words", "language")
    b.arrow(seen.top, (seen.top[0], 308), role="vision")
    b.arrow((read.bottom[0], said.y), read.bottom, role="language")
    b.arrow((see.end, 244), (read.x, 244), role="vision")
    b.arrow((read.x, 280), (see.end, 280), role="language")
    b.text(x + _WIDE / 2, 232, "K, V", 8.5, ROLE["vision"]["deep"], ha="center")
    b.text(x + _WIDE / 2, 293, "K, V", 8.5, ROLE["language"]["deep"], ha="center")
    match = b.box(x + 60, 144, 112, 36, "match?", "fusion")
    for side, place in ((see, match.x + 28), (read, match.end - 28)):
        b.arrow(side.top, (side.top[0], 198), (place, 198), (place, 180), role="fusion")
    b.arrow(match.top, (match.top[0], 118), role="fusion")
