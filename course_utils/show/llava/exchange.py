"""The causal probe of one picture: its patches in one place are those of a twin; what is answered now?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.errors import BadInput
from course_utils.show.board import Board
from course_utils.show.marks import lines
from course_utils.show.palette import NEUTRAL, ROLE

_SIDE, _PITCH, _TOP = 208, 272, 132  # px


def exchange(pictures: np.ndarray, places: Sequence[int], question: str, words: tuple[str, str], said: Sequence[str]) -> Board:
    """One case of the probe: the picture, and with one of two things exchanged, and what is answered to each.

    Parameters
    ----------
    pictures : uint8[3, S, S, 3], as it is, with the asked thing, and with another thing exchanged.
    places : of both things, among the nine.
    words : the right answer, and the twin's.
    said : what is answered to each picture.

    Raises BadInput if there are not three pictures, two places and three answers.
    """
    if (len(pictures), len(places), len(said)) != (3, 2, 3):
        raise BadInput(f"There are {len(pictures)} pictures, {len(places)} places and {len(said)} answers; give three, two and three.")
    own, twin = words
    short = [(line or "(nothing)") + " …" * bool(more) for line, *more in (lines(answer, 150, 9, mono=True) for answer in said)]
    b = Board(
        800,
        420,
        f"“{short[0]}”; the asked thing exchanged: “{short[1]}”; another: “{short[2]}”",
        f"Exchanged: all patches of the framed place, as in a twin picture with “{twin}” everywhere.",
        alt=f"A picture and “{question}”: {short[0]}. The asked thing exchanged: {short[1]}. Another: {short[2]}.",
        words=70,
    )
    b.tokens(b.PAD, 72, question.replace("?", " ?").split())
    cases = (("as it is", own), ("exchanged: the asked thing", twin), ("exchanged: another thing", own))
    for k, ((head, right), picture, answer, shown) in enumerate(zip(cases, pictures, said, short)):
        x, y = b.PAD + _PITCH * k, _TOP + _SIDE + 16
        b.text(x, _TOP - 14, head, 9.5, weight="bold")
        b.picture(picture, x, _TOP, _SIDE)
        if k:
            third = _SIDE / 3
            row, column = divmod(places[k - 1], 3)
            frame = (x + third * column + 1, _TOP + third * row + 1, third - 2, third - 2)
            b.rect(*frame, "none", ROLE["fusion"]["main"], 2, r=4, z=5)
        (chip,) = b.tokens(x, y, [shown], "fusion")
        b.mark(chip.end + 14, y + 12, answer == right)
        b.text(x, y + 42, f"right would be “{right}”", 8.5, NEUTRAL["ink2"])
    return b
