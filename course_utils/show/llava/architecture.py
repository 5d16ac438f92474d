"""LLaVA on one page: a picture becomes vectors that stand among those of the words; and what each stage trains."""

from __future__ import annotations

from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.show.scene_text import read_scene
from course_utils.world.render import render

_ALT = (
    "Diagram, schematic. A frozen vision tower makes patches of a picture, a projector makes vectors of them, which stand among those of "
    "the words; the language model answers “it is red”. Stage 1 trains the projector, stage 2 the language model, too."
)
_BEFORE, _BEHIND = ("<begin>", "<user>"), ("what", "colour", "is", "the", "dog", "?", "<assistant>")
_VECTORS, _STEP = 11, 20  # drawn, px from one to the next
_ROW, _LEFT, _WIDE = 212, 112, 304  # y of the row of vectors; x and width of what leads to it
# stage → what it reads, and whether the tower, the projector and the language model are trained
_STAGES = {"stage 1": ("captions", (False, True, False)), "stage 2": ("conversations", (False, True, True))}
_PARTS = (("tower", "vision", 560), ("projector", "fusion", 622), ("language model", "language", 722))  # x: middle of the column


def architecture() -> Board:
    """The tower, the projector, the row of vectors, the language model, and which of them each stage trains."""
    b = Board(
        800,
        620,
        "To the language model, a picture is strange words",
        "A projector turns patches into vectors as wide as those of words. Nothing else is added.",
        "After Liu et al. 2023 and 2024. Schematic: there are as many vectors as patches, 64 of a picture of 64 × 64 pixels.",
        alt=_ALT,
        words=85,
    )
    b.legend(roles=("fusion", "language"))
    end = _sequence(b)
    b.box(Board.PAD, 124, 752, 52, "language model", "language", "each place sees itself and all before it, vectors or words")
    answer = ("it", "is", "red")
    b.tokens(end - b.tokens_width(answer), 76, answer)
    b.text(end - b.tokens_width(answer) - 10, 89, "the answer", 8.5, NEUTRAL["ink2"], ha="right")
    b.arrow((end - 48, 124), (end - 48, 100), role="language")
    _sight(b)
    _stages(b)
    return b


def _sequence(b: Board) -> float:
    """The row that the language model reads, and the x of its end."""
    first = b.tokens(Board.PAD, _ROW, _BEFORE, size=8.5)[-1]
    left = first.end + 8
    for k in range(_VECTORS):
        b.rect(left + _STEP * k, _ROW, 16, 24, ROLE["fusion"]["fill"], r=4)
    end = left + _STEP * _VECTORS + 4
    *_, last = b.tokens(end, _ROW, _BEHIND, size=8.5)
    b.bracket(end, last.end, _ROW + 32, "vectors of words, from the language model’s own table", "language")
    for x, role in ((first.x + 28, "language"), (_LEFT + _WIDE / 2, "fusion"), (end + 144, "language")):
        b.arrow((x, _ROW), (x, 176), role=role)
    return last.end


def _sight(b: Board) -> None:
    """From the picture up to its vectors."""
    middle = _LEFT + _WIDE / 2
    b.box(_LEFT, 276, _WIDE, 60, "projector", "fusion", r"$\mathrm{GELU}(f\,W_1 + b_1)\,W_2 + b_2$, each patch by itself")
    b.box(_LEFT, 412, _WIDE, 48, "vision tower", "vision", frozen=True)
    for k in range(_VECTORS):
        b.rect(middle - _STEP * _VECTORS / 2 + 2 + _STEP * k, 366, 16, 16, ROLE["vision"]["tint"], ROLE["vision"]["main"], 0.8, r=3)
    b.text(middle + _STEP * _VECTORS / 2 + 8, 374, "patches", 8.5, ROLE["vision"]["deep"])
    b.text(middle - 14, 257, "one vector a patch", 8.5, ROLE["fusion"]["deep"], ha="right")
    b.picture(render(read_scene("red dog left, blue car bottom right", ground="sky"), 64)[0], middle - 48, 484, 96, grid=8)
    for low, high, role in ((484, 460, "vision"), (412, 384, "vision"), (364, 336, "vision"), (276, 238, "fusion")):
        b.arrow((middle, low), (middle, high), role=role)


def _stages(b: Board) -> None:
    """What is trained, stage by stage."""
    left, top = 452, 376
    for name, role, x in _PARTS:
        b.text(x, top, name, 8.5, ROLE[role]["deep"], ha="center", weight="bold")
    for k, (stage, (reads, trained)) in enumerate(_STAGES.items()):
        y = top + 36 + 48 * k
        b.line([left, 776], [y - 20, y - 20], NEUTRAL["rule"], 0.8)
        b.text(left, y - 4, stage, 9.5, weight="bold")
        b.text(left, y + 12, reads, 8.5, NEUTRAL["ink2"])
        for (_, role, x), learns in zip(_PARTS, trained):
            if learns:
                b.rect(x - 8, y - 4, 16, 16, ROLE[role]["fill"], r=4)
            else:
                b.lock(x, y + 4, ROLE[role]["deep"], 1.3)
