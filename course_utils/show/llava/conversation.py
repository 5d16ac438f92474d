"""A conversation as LLaVA is trained on it: the tokens, and what each place is asked for."""

from __future__ import annotations

from collections.abc import Sequence

from course_utils.errors import BadInput
from course_utils.show.board import Board
from course_utils.show.marks import text_width
from course_utils.show.palette import NEUTRAL, ROLE, VERDICT
from course_utils.text import IGNORED, PAD
from course_utils.world.corpus import IMAGE
from course_utils.world.instructions import vocabulary

_HIGH = 68  # px from one row to the next


def packed(words: Sequence[str], labels: Sequence[int], patches: int = 64) -> Board:
    """The tokens of one conversation as chips, and under each what its place is asked for; tokens that are asked for are solid.

    Parameters
    ----------
    words : the tokens, as words, with or without the padding behind them, which is left out.
    labels : int[L] as :func:`course_utils.models.llava.chat.packed` makes them, tokens of ``instructions.vocabulary()`` or -100.
    patches : tags of one picture, folded into one chip; under it stands what the last of them is asked for.

    Raises BadInput if there are fewer labels than words, a label is no token, or a picture's tags are fewer or more.
    """
    known, n = vocabulary(), len(words)
    labels = [int(label) for label in labels]
    if len(labels) < n or not all(label == IGNORED or 0 <= label < len(known) for label in labels):
        raise BadInput(f"There are {n} words and {len(labels)} labels; give one label for each, a token of the vocabulary or {IGNORED}.")
    words = [*words, *[known[PAD]] * (len(labels) - n)]
    while words and words[-1] == known[PAD] and labels[len(words) - 1] == IGNORED:
        words.pop()
    n = len(words)
    asked = sum(label != IGNORED for label in labels[:n])
    wrong = sum(label != IGNORED and known[label] != word for label, word in zip(labels, [*words[1:], known[PAD]]))
    chips = _chips(words, labels, patches)
    places, rows = _placed([max(text_width(text, 9, mono=True) + 17, text_width(below, 8, mono=True) + 6) for text, below, *_ in chips])
    b = Board(
        800,
        100 + _HIGH * rows,
        f"Of {n} places, {asked} are asked for a word" + f", {wrong} for another than the next" * bool(wrong),
        "Under each token: what the model has to say there, the word behind it; a dot: nobody asks. Solid: asked for.",
        alt=f"A conversation of {n} tokens. Asked for: {' '.join([text for text, _, solid, _ in chips if solid][:16]) or 'nothing'}"
        + f"; {wrong} labels are not the next token." * bool(wrong),
        words=20 + 3 * n,
    )
    for (text, below, solid, fits), (x, row, wide) in zip(chips, places):
        y, picture = 76 + _HIGH * row, text.startswith(IMAGE)
        shades = ROLE["vision" if picture else "fusion" if solid else "language"]
        b.rect(x, y, wide, 24, shades["fill" if solid else "tint"], shades["main"], 0.8, r=4)
        b.text(x + wide / 2, y + 12.5, text, 9, "white" if solid else shades["deep"], ha="center", mono=True)
        ink = NEUTRAL["mute"] if below == "·" else ROLE["fusion"]["deep"] if fits else VERDICT["wrong"]["deep"]
        b.text(
            x + wide / 2, y + 36, below, 10 if below == "·" else 8, ink, ha="center", mono=True, weight="normal" if below == "·" else "bold"
        )
        if not fits:
            b.mark(x + wide / 2, y + 51, False, 5)
    return b


def _chips(words: list[str], labels: Sequence[int], patches: int) -> list[tuple[str, str, bool, bool]]:
    """Of every chip its text, what is asked of it or ·, whether it is asked for, and whether what is asked stands behind it."""
    found, known, i = [], vocabulary(), 0
    while i < len(words):
        last = i + patches - 1 if words[i] == IMAGE else i
        if words[i] == IMAGE and (tags := words[i : last + 1].count(IMAGE)) != patches:
            raise BadInput(f"At place {i} begins a picture of {tags} tags, but patches is {patches}; give as many as a picture has.")
        label = labels[last]
        below = "·" if label == IGNORED else known[label]
        fits = label == IGNORED or (last + 1 < len(words) and words[last + 1] == below)
        found.append((words[i] + f" × {patches}" * (words[i] == IMAGE), below, i > 0 and labels[i - 1] != IGNORED, fits))
        i = last + 1
    return found


def _placed(widths: Sequence[float]) -> tuple[list[tuple[float, int, float]], int]:
    """Of every chip its x, row and width, and how many rows there are."""
    found, x, row = [], float(Board.PAD), 0
    for wide in widths:
        wide = max(wide, 24)
        if x + wide > 800 - Board.PAD:
            x, row = float(Board.PAD), row + 1
        found.append((x, row, wide))
        x += wide + 4
    return found, row + 1
