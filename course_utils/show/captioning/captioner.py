"""The captioner of notebook 02 on one page: it looks, reads the last word, and says the next."""

from __future__ import annotations

import numpy as np

from course_utils.show.board import Board, Spot, spotlight
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.show.scene_text import read_scene
from course_utils.world.render import render

_ALT = (
    "Diagram, schematic. A picture passes a frozen tower and becomes nine vectors. Before every word, attention weighs them "
    "by the state; the LSTM reads the last word and the context, and the next word comes out."
)
_WORDS = ("a", "yellow", "bus", ",")
_LOOKS = np.array(
    [[3, 1, 1, 1, 1, 1, 2, 1, 1], [20, 1, 1, 1, 1, 1, 1, 1, 1], [24, 1, 1, 1, 1, 1, 1, 1, 1], [4, 1, 4, 1, 3, 1, 3, 1, 2]], float
)


def captioner() -> Board:
    """Four steps of a caption: the same three parts, again and again."""
    b = Board(
        800,
        560,
        "Look, read, say: the same three parts before every word",
        "Solid parts are trained. The state goes right and decides where to look; the LSTM also reads the last word.",
        "Schematic: where the looks fall is drawn by hand, not measured.",
        alt=_ALT,
        boxes=13,
        words=70,
    )
    b.legend(roles=("language", "fusion"))
    scene = read_scene("blue dog bottom left, red guitar top right, yellow bus top left", ground="sky")
    picture = np.asarray(render(scene, 96))[0]
    shown = b.picture(picture, 32, 392, 112)
    tower = b.box(24, 320, 128, 44, "tower", "vision", frozen=True)
    grid = Spot(40, 208, 96, 80)
    b.rect(grid.x, grid.y, grid.w, grid.h, ROLE["vision"]["tint"], ROLE["vision"]["main"], 1.1)
    b.text(88, 236, "nine places", 9.5, ROLE["vision"]["deep"], ha="center")
    b.text(88, 258, "$v_1 … v_9$", 9.5, ROLE["vision"]["deep"], ha="center")
    b.arrow(shown.top, tower.bottom, role="vision")
    b.arrow(tower.top, grid.bottom, role="vision")
    left, pitch, wide = 216, 144, 112
    trunk = 372
    columns = []
    for t, (word, shares) in enumerate(zip(_WORDS, _LOOKS)):
        x = left + pitch * t
        middle = x + wide / 2
        look = b.box(x, 300, wide, 44, "attention", "fusion")
        memory = b.box(x, 200, wide, 44, "LSTM", "language")
        b.picture(spotlight(picture, shares.reshape(3, 3)), middle - 36, 392, 72)
        b.text(middle, 476, rf"shares $\alpha_{t + 1}$", 8.5, ROLE["fusion"]["deep"], ha="center")
        b.arrow((middle, 300), (middle, 244), role="fusion")
        b.arrow((middle, 200), (middle, 152), role="language")
        chip = b.tokens_width([word])
        b.tokens(middle - chip / 2, 124, [word])
        columns.append((look, memory))
    for t, ((_, memory), (look, after)) in enumerate(zip(columns, columns[1:])):
        b.arrow(memory.right, after.left, role="language")
        between = memory.right[0] + 10
        b.arrow((between, memory.right[1]), (between, look.left[1]), look.left, role="language")
        b.arrow(
            (memory.top[0] + b.tokens_width([_WORDS[t]]) / 2, 136),
            (between + 8, 136),
            (between + 8, 210),
            (after.left[0], 210),
            role="language",
        )
    b.arrow(grid.right, (196, grid.right[1]), (196, columns[0][1].left[1]), columns[0][1].left, role="vision")
    b.arrow((196, columns[0][1].left[1]), (196, columns[0][0].left[1]), columns[0][0].left, role="vision")
    b.arrow(grid.right, (176, grid.right[1]), (176, trunk), (left + wide / 2, trunk), columns[0][0].bottom, role="vision")
    for look, _ in columns[1:]:
        b.arrow((left + wide / 2, trunk), (look.bottom[0], trunk), look.bottom, role="vision")
    b.text(left + pitch * 3 + wide / 2 + 6, 272, "context", 8.5, ROLE["fusion"]["deep"])
    b.text(left + wide - 2, 262, "$h, c$", 9, ROLE["language"]["deep"], ha="right")
    b.text(190, 190, "first $h, c$", 8.5, ROLE["vision"]["deep"], ha="right")
    b.text(left + 8, 137, "says", 8.5, NEUTRAL["ink2"])
    return b
