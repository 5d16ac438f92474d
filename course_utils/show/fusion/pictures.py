"""Pictures under one question: balanced pairs with their two answers, and where a model looked before it answered."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.errors import BadInput
from course_utils.show.board import Board, spotlight
from course_utils.show.marks import lines, text_width
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.world.things import PLACES

LEAST = 0.05  # smaller shares are not printed
_GAP = 8  # px
_COUNT = {1: "one look", 2: "two looks", 3: "three looks"}


def pairs(items: Sequence[tuple[np.ndarray, str, Sequence[str]]]) -> Board:
    """Balanced pairs, three in a row: one question, two pictures, two answers.

    Parameters
    ----------
    items : for each pair the two pictures, uint8[2, S, S, 3]; the question; the two answers.
    """
    pitch, side = 264, 108
    width = 2 * side + _GAP
    several = [lines(question, width, 9, mono=True) for _, question, _ in items]
    most, rows = max(map(len, several), default=1), -(-len(items) // 3)
    high = 18 * most + side + 60
    b = Board(
        800,
        76 + high * rows,
        "One question, two similar pictures, two answers",
        "A balanced pair: the words alone cannot tell which answer is right.",
        alt=f"{len(items)} balanced pairs, each a question over two similar pictures. "
        + " ".join(f"{question} {a}, {z}." for _, question, (a, z) in items),
        words=100,
    )
    for i, (pictures, _, answers) in enumerate(items):
        x, y = Board.PAD + pitch * (i % 3), 84 + high * (i // 3)
        top = y + 18 * most + 4
        for k, line in enumerate(several[i]):
            b.text(x, top - 16 - 18 * (len(several[i]) - 1 - k), line, 9, ROLE["language"]["deep"], mono=True)
        for k, (picture, answer) in enumerate(zip(pictures, answers)):
            left = x + (side + _GAP) * k
            b.picture(picture, left, top, side)
            b.tokens(left + (side - b.tokens_width([answer])) / 2, top + side + 8, [answer], "fusion")
    return b


def looks(picture: np.ndarray, question: str, answer: str, maps: np.ndarray, said: str) -> Board:
    """Where each look went, what was said, and what is true.

    Parameters
    ----------
    picture : uint8[S, S, 3], the scene.
    answer, said : the right answer, and the model's.
    maps : float[hops, 9], the shares that each look gave to the nine places, row by row; three hops at most.

    Raises BadInput if ``maps`` is of another shape.
    """
    maps = np.asarray(maps, float)
    if maps.ndim != 2 or maps.shape[1] != 9 or not 1 <= len(maps) <= 3:
        raise BadInput(f"maps has shape {maps.shape}; give one row of 9 shares for each of one to three looks.")
    ok, count = said == answer, len(maps)
    side, gap = (184, 16) if count < 3 else (132, 16)
    verdict = "and is right" if ok else "and is wrong"
    b = Board(
        800,
        152 + side,
        f"After {_COUNT[count]} the model says “{said}” {verdict}",
        f"Bright = read; % = share of a place, from {LEAST:.0%} up. Each look is scaled to its own brightest place.",
        alt=f"A scene and the question “{question}”. "
        + " ".join(f"Look {k} gives {p.max():.0%} to the {_place(p)}." for k, p in enumerate(maps, 1))
        + f" The model says {said}; right is {answer}.",
    )
    b.tokens(Board.PAD, 72, question.replace("?", " ?").split())
    top = 112
    b.picture(picture, Board.PAD, top, side)
    for cut in (side / 3, 2 * side / 3):
        b.line([Board.PAD + cut] * 2, [top, top + side], NEUTRAL["mute"], 0.6, 3)
        b.line([Board.PAD, Board.PAD + side], [top + cut] * 2, NEUTRAL["mute"], 0.6, 3)
    b.text(Board.PAD, top + side + 14, "its nine places", 8.5, NEUTRAL["ink2"])
    for k, p in enumerate(maps):
        x = Board.PAD + (side + gap) * (k + 1)
        b.picture(spotlight(picture, p.reshape(3, 3)), x, top, side)
        _shares(b, x, top, side, p)
        b.text(x, top + side + 14, f"look {k + 1}", 8.5, ROLE["fusion"]["deep"], weight="bold")
    x = Board.PAD + (side + gap) * (count + 1) + 8
    for y, label, word, role in ((top + 8, "the model says", said, "fusion"), (top + 72, "right is", answer, "right")):
        b.text(x, y, label, 8.5, NEUTRAL["ink2"])
        (chip,) = b.tokens(x, y + 12, [word], role)
        if role == "fusion":
            b.mark(chip.end + 16, y + 24, ok, 9)
    return b


def place_shares(shares: np.ndarray, least: float = LEAST) -> list[tuple[int, str]]:
    """The places that get at least a share ``least``, and how much, in words."""
    return [(n, f"{share:.0%}") for n, share in enumerate(shares) if share >= least]


def _shares(b: Board, x: float, y: float, side: float, shares: np.ndarray) -> None:
    cell = side / 3
    for n, words in place_shares(shares):
        left, bottom = x + cell * (n % 3) + 4, y + cell * (n // 3 + 1) - 4
        wide = text_width(words, 8) + 8
        b.rect(left, bottom - 15, wide, 15, "white", r=3, z=5, alpha=0.9)
        b.text(left + wide / 2, bottom - 7.5, words, 8, ha="center")


def _place(shares: np.ndarray) -> str:
    return PLACES[int(shares.argmax())]
