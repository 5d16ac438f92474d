"""What a writer gets who sees no picture, and what comes of it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.world.facts import SIGN, inventory
from course_utils.world.instructions import IMAGE
from course_utils.world.render import render
from course_utils.world.scenes import Scenes
from course_utils.world.things import PLACES

_SIDE, _LEFT, _LINE, _CHARS = 176, 300, 15, 68  # px, and characters of a line


def written(scenes: Scenes, told: Mapping[str, Sequence[tuple[str, str]]]) -> Board:
    """One scene: its picture, which nobody sees who writes; its symbols; and of each kind the turns that were written.

    ``told``: kind → turns, as :func:`course_utils.world.instructions.write` makes them of ``scenes``, a batch of one.
    """
    symbols = [
        f"sign “{word}”, {PLACES[cell]}" if kind == SIGN else f"{size} {colour} {kind}, {PLACES[cell]}"
        for cell, kind, colour, size, word in inventory(scenes)[0]
    ]
    blocks = [(kind, _lines(turns)) for kind, turns in told.items()]
    height = max(sum(len(lines) * _LINE + 30 for _, lines in blocks), _SIDE + 66 + _LINE * len(symbols)) + 92
    b = Board(
        800,
        height,
        "Written from the lines at the left, without the picture",
        "One scene in the forms of the training data. Grey: what is asked. Black: what is answered, and learned.",
        alt=f"A scene of {'; '.join(symbols)}. Written about it: " + "; ".join(kind for kind in told) + ".",
        words=230,
    )
    b.picture(np.asarray(render(scenes, 96))[0], b.PAD, 84, _SIDE, r=5)
    b.text(b.PAD, 84 + _SIDE + 22, "what the writer gets", 8.5, ROLE["fusion"]["deep"], weight="bold")
    for k, line in enumerate(symbols):
        b.text(b.PAD, 84 + _SIDE + 42 + _LINE * k, line, 9)
    y = 92
    for kind, lines in blocks:
        b.text(_LEFT, y, kind, 8.5, ROLE["language"]["deep"], weight="bold")
        for k, (line, answered) in enumerate(lines, 1):
            b.text(_LEFT, y + _LINE * k + 2, line, 9, NEUTRAL["ink"] if answered else NEUTRAL["ink2"])
        y += len(lines) * _LINE + 30
    return b


def _lines(turns: Sequence[tuple[str, str]]) -> list[tuple[str, bool]]:
    """The lines of some turns, and whether each is of an answer."""
    return [
        (line, answered)
        for turn in turns
        for text, answered in zip(turn, (False, True))
        for line in textwrap.wrap(text.removeprefix(f"{IMAGE} "), _CHARS)
    ]
