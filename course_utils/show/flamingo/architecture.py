"""Flamingo on one page: pictures enter at the left, the text at the right, and gates let the one into the other."""

from __future__ import annotations

import numpy as np

from course_utils.show.board import Board, Spot
from course_utils.show.flamingo.reading import drawn
from course_utils.show.palette import NEUTRAL, ROLE

_ALT = (
    "Diagram, schematic. A frozen tower and a trained resampler make a few tokens of each picture. Trained gated blocks between "
    "frozen language blocks look at them; each word sees the latest picture. Out comes the name “daxo”."
)
_TEXT = ("<begin>", 0, "is", "daxo", "<end>", 1, "is", "wugi", "<end>", 2, "is")  # numbers: pictures
_LEFT, _RIGHT, _TRUNK = (24, 248), (336, 440), 304  # x and width of the two columns; x of what joins them


def architecture() -> Board:
    """The tower, the resampler, gated blocks between the language model's, and which picture each token sees."""
    b = Board(
        800,
        652,
        "Through gates, a frozen language model learns to see",
        "Only the solid magenta parts are trained. A gate starts at its ring, shut: the model as it was.",
        "After Alayrac et al. 2022. Schematic. Not drawn: the gated thinking in each magenta block, behind its attention.",
        alt=_ALT,
        words=85,
    )
    b.legend()
    pictures = drawn("red dog left", "blue car middle", "red dog bottom", side=96, ground="sky")
    _sight(b, pictures)
    _language(b, pictures)
    return b


def _sight(b: Board, pictures: np.ndarray) -> None:
    """From the pictures up to their tokens, and over to the trunk."""
    x, w = _LEFT
    b.box(x, 420, w, 52, "vision tower", "vision", "the same for every picture", frozen=True)
    b.box(x, 264, w, 60, "Perceiver Resampler", "fusion", "M latents look at all patches")
    shades = ROLE["fusion"]
    row = Spot(x, 164, w, 52)
    b.rect(row.x, row.y, row.w, row.h, shades["tint"], r=8)
    b.text(x + w / 2, row.y + 38, "M tokens a picture", 8.5, shades["deep"], ha="center")
    for i, picture in enumerate(pictures):
        left = x + 88 * i
        middle = left + 36
        b.picture(picture, left, 520, 72)
        b.text(middle, 606, f"picture {i + 1}", 8.5, NEUTRAL["ink2"], ha="center")
        b.arrow((middle, 520), (middle, 472), role="vision")
        for k in range(12):
            b.rect(left + 8 + 10 * (k % 6), 364 + 10 * (k // 6), 8, 8, ROLE["vision"]["tint"], ROLE["vision"]["main"], 0.8, r=2)
        b.arrow((middle, 420), (middle, 388), role="vision")
        b.arrow((middle, 360), (middle, 324), role="vision")
        b.arrow((middle, 264), (middle, 216), role="fusion")
        for k in range(4):
            b.rect(middle - 23 + 12 * k, row.y + 10, 10, 10, shades["main"], r=5)
    b.text(x + 80, 402, "patches", 8.5, ROLE["vision"]["deep"], ha="center")


def _language(b: Board, pictures: np.ndarray) -> None:
    """From the text up to the next word."""
    x, w = _RIGHT
    middle = x + w / 2
    words = [pictures[t] if isinstance(t, int) else t for t in _TEXT]
    chips = b.tokens(x + w - b.tokens_width(words, size=8), 520, words, size=8)
    groups = ((0, 0, "sees none"), (1, 4, "sees picture 1"), (5, 8, "sees picture 2"), (9, 10, "picture 3"))
    for first, last, label in groups:
        b.bracket(chips[first].x, chips[last].end, 550, label, "fusion" if first else "ink")
    b.text(middle, 606, "A token sees the latest picture at or before it.", 8.5, NEUTRAL["ink2"], ha="center")
    _gated(b, 412)
    _gated(b, 220)
    b.arrow((_LEFT[0] + _LEFT[1], 190), (_TRUNK, 190), (_TRUNK, 442), (x, 442), role="fusion")
    b.arrow((_TRUNK, 230), (_TRUNK, 250), (x, 250), role="fusion")
    b.box(x, 324, w, 44, "language model, block 1", "language", frozen=True)
    b.box(x, 132, w, 44, "language model, last block", "language", frozen=True)
    for low, high in ((520, 472), (412, 368), (304, 280), (220, 176), (132, 112)):
        b.arrow((middle, low), (middle, high), role="language")
    b.line([middle] * 3, [308, 313, 318], ROLE["language"]["main"], ls="", marker="o", ms=2)
    chip = b.tokens_width(["daxo"])
    b.tokens(middle - chip / 2, 84, ["daxo"])
    b.text(middle + chip / 2 + 10, 97, "the next word", 8.5, NEUTRAL["ink2"])


def _gated(b: Board, y: float) -> None:
    """A gated block, with the curve of its gate at the right."""
    x, w = _RIGHT
    b.box(x, y, w, 60, "", "fusion")
    b.text(x + (w - 76) / 2, y + 20, "gated cross-attention", 10, "white", ha="center", weight="bold")
    b.text(x + (w - 76) / 2, y + 42, r"$x + \tanh(\alpha)\cdot$attention($x$, its picture’s tokens)", 8.5, "white", ha="center")
    left, side = x + w - 76, 64
    b.rect(left, y + 8, side, 44, "white", r=4, z=3)
    t = np.linspace(-1, 1, 41)
    b.line([left + 6, left + side - 6], [y + 30, y + 30], NEUTRAL["mute"], 0.8, 4)
    b.line(left + side / 2 + 26 * t, y + 30 - 15 * np.tanh(2.5 * t), ROLE["fusion"]["main"], 1.8, 5)
    b.rect(left + side / 2 - 4, y + 26, 8, 8, "white", ROLE["fusion"]["deep"], 1.4, r=4, z=6)
    b.text(left + side - 5, y + 43, "tanh", 7.5, ROLE["fusion"]["deep"], ha="right")
