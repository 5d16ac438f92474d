"""The model of notebook 03 on one page: two towers, and a table in which everything meets everything."""

from __future__ import annotations

from course_utils.show.art import art
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, ROLE

_PAIRS = (("tiger", "noto"), ("bus", "twemoji"), ("tulip", "fluent"), ("key", "noto"))
_ALT = (
    "Diagram, schematic. Four pictures pass a vision tower, four words a text tower; each becomes a vector. A table holds the "
    "cosine of every picture with every word; the diagonal, the true pairs, is highlighted."
)
_CELL, _LEFT, _TOP = 52, 296, 116  # the table, px


def towers() -> Board:
    """Pictures from the left, words from the right; they only meet in a table of cosines."""
    b = Board(
        800,
        456,
        "Two towers that meet in a table",
        "Each tower sees its own input only. Training makes the diagonal high and everything else low.",
        "Schematic: shades are drawn by hand. Artwork: Noto Emoji, Twemoji, Fluent Emoji.",
        alt=_ALT,
        words=70,
    )
    n, side = len(_PAIRS), _CELL * len(_PAIRS)
    for i, (name, style) in enumerate(_PAIRS):
        y = _TOP + _CELL * i
        b.picture(art(name, style), _LEFT - 44, y + 8, 32, lw=0)
        b.text(_LEFT + _CELL * (i + 0.5), _TOP - 12, name, 9, ROLE["language"]["deep"], ha="center", mono=True)
        for j in range(n):
            b.rect(_LEFT + _CELL * j, y, _CELL - 4, _CELL - 4, ROLE["fusion"]["fill" if i == j else "tint"], r=4)
    b.text(
        _LEFT + side / 2 - 2, _TOP + side + 16, r"cosine of $x_i$ and $y_j$, times a learned scale", 9, ROLE["fusion"]["deep"], ha="center"
    )

    image = b.box(28, 296, 216, 48, "image tower", "vision")
    text = b.box(552, 296, 224, 48, "text tower", "language")
    for i, (name, style) in enumerate(_PAIRS):
        b.picture(art(name, style), 32 + 56 * i, 376, 40, r=4)
    names = [name for name, _ in _PAIRS]
    width = b.tokens_width(names)
    b.tokens(664 - width / 2, 384, names)
    b.arrow((136, 372), image.bottom, role="vision")
    b.arrow((664, 380), text.bottom, role="language")
    middle = _TOP + side / 2 - 2
    b.arrow(image.top, (136, middle), (_LEFT - 52, middle), role="vision")
    b.arrow(text.top, (664, middle), (_LEFT + side + 4, middle), role="language")
    for x, words, role in ((128, "one vector $x_i$\nfor each picture", "vision"), (672, "one vector $y_j$\nfor each text", "language")):
        b.text(x, 256, words, 8.5, ROLE[role]["deep"], ha="right" if x < 400 else "left", linespacing=1.3)
    for x, key, words in ((292, "fill", "belong together"), (416, "tint", "all others")):
        b.rect(x, 364, 12, 12, ROLE["fusion"][key], r=3)
        b.text(x + 18, 370, words, 8.5, NEUTRAL["ink2"])
    return b
