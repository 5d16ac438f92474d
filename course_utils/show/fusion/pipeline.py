"""The model of notebook 01 on one page: a picture and a question meet in two looks, and an answer comes out."""

from __future__ import annotations

import numpy as np

from course_utils.show.board import Board, Spot, spotlight
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.show.scene_text import read_scene
from course_utils.world.render import render
from course_utils.world.scenes import Scenes

_ALT = (
    "Diagram, schematic. A picture passes a frozen tower and becomes a grid of nine vectors; an LSTM turns the question "
    "into u. Two attention looks take in the grid. A classifier then chooses an answer, or a decoder writes it."
)
QUESTION = ("what", "has", "the", "same", "colour", "as", "the", "dog", "?")
# What two looks are meant to do with this question: find the dog, then the other thing of its colour. Drawn by hand.
_LOOKS = np.array([[1, 1, 1, 1, 2, 1, 16, 1, 1], [1, 1, 14, 1, 2, 1, 3, 1, 1]], float)
_CHOICES = (("guitar", 0.74), ("dog", 0.14), ("tulip", 0.08))  # lengths of the bars, of no model

_LEFT, _WIDE = 24, 192  # the column of vision, px
_LOOK, _LOOK_W = 400, 248  # the column in which they meet
_TOWER, _LSTM, _LOOK_Y, _HEADS = 400, 492, (384, 284), 180  # tops of boxes, px


def scene() -> Scenes:
    """The scene of the diagram."""
    return read_scene("blue dog bottom left, blue guitar top right, red tulip middle, yellow bus top left", ground="sky")


def pipeline() -> Board:
    """From a picture and a question to an answer, by two looks; as the alternative to choosing, a decoder writes."""
    b = Board(
        800,
        632,
        "A question looks twice, then it is answered",
        "Solid parts are trained. A look adds a weighted mean of the nine vectors to the question.",
        "Schematic: where the looks fall and how long the bars are is drawn by hand, as the idea has it; not measured.",
        alt=_ALT,
    )
    b.legend(roles=("language", "fusion"))
    picture = np.asarray(render(scene(), 96))[0]

    shown = b.picture(picture, _LEFT + 32, 464, 128)
    tower = b.box(_LEFT, _TOWER, _WIDE, 44, "tower", "vision", "learned to name", frozen=True)
    grid = _grid(b, _LEFT + 36, 252, 120)
    b.text(_LEFT + _WIDE / 2, 236, "a vector $v_n$ for each place", 8.5, ROLE["vision"]["deep"], ha="center")
    b.arrow(shown.top, tower.bottom, role="vision")
    b.arrow(tower.top, grid.bottom, role="vision")

    middle = _LOOK + _LOOK_W / 2
    width = b.tokens_width(QUESTION)
    chips = Spot(776 - width, 568, width, 24)
    b.tokens(chips.x, chips.y, QUESTION)
    lstm = b.box(_LOOK, _LSTM, _LOOK_W, 44, "LSTM", "language")
    looks = [
        b.box(_LOOK, y, _LOOK_W, 56, f"{name} look", "fusion", sub)
        for y, name, sub in zip(_LOOK_Y, ("first", "second"), ("where is the dog?", "what else is blue?"))
    ]
    trunk = 320
    for look, y, weights in zip(looks, _LOOK_Y, _LOOKS):
        turns = [(trunk, grid.right[1]), (trunk, look.left[1])] if look.left[1] != grid.right[1] else []
        b.arrow(grid.right, *turns, look.left, role="vision")
        b.picture(spotlight(picture, weights.reshape(3, 3)), _LOOK + _LOOK_W + 24, y - 12, 80)
    b.text(_LOOK + _LOOK_W + 64, _LOOK_Y[1] - 24, "shares $p_n$", 8.5, ROLE["fusion"]["deep"], ha="center")
    b.arrow((middle, chips.y), lstm.bottom, role="language")
    u = _vector(b, middle, 466)
    b.arrow(lstm.top, (middle, 475), role="language", head=0, gap=0)
    b.arrow((middle, 461), looks[0].bottom, role="language")
    b.text(u.end + 10, 466, "the question as one vector, $u$", 8.5, ROLE["language"]["deep"])
    b.arrow(looks[0].top, looks[1].bottom, role="fusion")
    b.text(middle + 12, 362, r"$u + \Sigma\, p_n v_n$", 9.5, ROLE["fusion"]["deep"])
    _heads(b, middle, looks[1].y)
    return b


def _grid(b: Board, x: float, y: float, side: float) -> Spot:
    """Nine vectors, each a small column of cells, where their places are."""
    step = side / 3
    b.rect(x, y, side, side, ROLE["vision"]["tint"], ROLE["vision"]["main"], 1.1, r=6)
    shades = np.random.default_rng(5).uniform(0.15, 0.95, (9, 4))
    for place in range(9):
        left, top = x + step * (place % 3), y + step * (place // 3)
        for i, shade in enumerate(shades[place]):
            b.rect(left + step / 2 - 5, top + 4 + 8 * i, 10, 7, ROLE["vision"]["main"], r=1.5, z=3, alpha=float(shade))
    for i in (1, 2):
        b.line([x + step * i] * 2, [y, y + side], "white", 1.2, 3)
        b.line([x, x + side], [y + step * i] * 2, "white", 1.2, 3)
    return Spot(x, y, side, side)


def _vector(b: Board, x: float, y: float) -> Spot:
    """A row of cells centred at (x, y)."""
    shades = np.random.default_rng(8).uniform(0.2, 0.95, 8)
    for i, shade in enumerate(shades):
        b.rect(x - 44 + 11 * i, y - 5, 10, 10, "white", r=2, z=5)
        b.rect(x - 44 + 11 * i, y - 5, 10, 10, ROLE["language"]["main"], r=2, z=5.1, alpha=float(shade))
    return Spot(x - 44, y - 5, 88, 10)


def _heads(b: Board, middle: float, top: float) -> None:
    """Choosing from a list, and as the alternative writing."""
    choose = b.box(344, _HEADS, 168, 44, "classifier", "fusion", "chooses")
    write = b.box(592, _HEADS, 168, 44, "decoder", "language", "writes")
    fork = _HEADS + 72
    b.arrow((middle, top), (middle, fork), (choose.bottom[0], fork), choose.bottom, role="fusion")
    b.arrow((middle, top), (middle, fork), (write.bottom[0], fork), write.bottom, role="fusion", dashed=True)
    b.text(choose.end + 40, _HEADS + 22, "or", 9.5, NEUTRAL["ink2"], ha="center")
    for i, (word, share) in enumerate(_CHOICES):
        y = 100 + 18 * i
        b.text(404, y, word, 9, ROLE["language"]["deep"], ha="right", mono=True)
        b.rect(412, y - 5, 100 * share, 10, ROLE["fusion"]["fill"], r=2)
    b.arrow(choose.top, (choose.top[0], 148), role="fusion")
    word = _CHOICES[0][0]
    (chip,) = b.tokens(write.top[0] - b.tokens_width([word]) / 2, 120, [word])
    b.arrow(write.top, chip.bottom, role="language")
