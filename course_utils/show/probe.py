"""The causal probe beside every attention map: one picture, its map, and what an exchange of one place does to the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.errors import BadInput
from course_utils.show import results
from course_utils.show.board import Board, spotlight
from course_utils.show.palette import NEUTRAL, ROLE, role as role_of
from course_utils.world.things import PLACES

_SIDE, _PITCH, _TOP = 168, 195, 128  # px


def exchange(
    pictures: np.ndarray,
    look: np.ndarray,
    places: Sequence[int],
    said: Sequence[str],
    at: int,
    words: Sequence[str],
    chances: np.ndarray,
    *,
    looks: str = "where it looks",
    chance: str = "Bars: the next word.",
) -> Board:
    """A picture, where a word of its caption looks, and what becomes likely when one of two places is exchanged.

    Parameters
    ----------
    pictures : uint8[3, S, S, 3], as it is, and with the first and the second of ``places`` (of the nine) exchanged.
    look : float[9], the shares of the places before anything is exchanged.
    said : the caption's words, of which number ``at`` looks.
    words : the thing's own word, and the twin's. chances : float[3, 2], how likely both are in each picture.
    looks, chance : what the map is, and what the bars are.

    Raises BadInput if ``look`` or ``chances`` has another shape.
    """
    look, chances = np.asarray(look, float), np.asarray(chances, float)
    if look.shape != (9,) or chances.shape != (3, 2):
        raise BadInput(f"look and chances have shapes {look.shape} and {chances.shape}; give float[9] and float[3, 2].")
    own, twin = words
    moved, kept = f"“{twin}” {chances[1, 1]:.0%}", f"“{own}” {chances[2, 0]:.0%}"
    b = Board(
        800,
        360,
        f"Its place exchanged: {moved}; another: {kept}",
        f"Exchanged: one place, as in a twin picture with “{twin}” everywhere. {chance}",
        alt=f"A scene of “{' '.join(said)}”, where “{said[at]}” looks, and two scenes with a place exchanged. "
        f"“{own}” is at {chances[0, 0]:.0%}. Its place exchanged: {moved}. Another: {kept}.",
        words=110,
    )
    said, x = list(said), Board.PAD
    while b.tokens_width(said) > b.w - 2 * Board.PAD and at > 1:  # what was said first makes room
        said, at = ["…", *said[2:]], at - 1
    for k, word in enumerate(said):
        (chip,) = b.tokens(x, 72, [word], "fusion" if k == at else "language", filled=k == at)
        x = chip.end + 4
    lit = spotlight(pictures[0], look.reshape(3, 3))
    heads = ("as it is", looks, "exchanged: its place", "exchanged: another")
    for k, (head, picture) in enumerate(zip(heads, (pictures[0], lit, *pictures[1:]))):
        x = Board.PAD + _PITCH * k
        b.text(x, _TOP - 12, head, 9.5, weight="bold")
        b.picture(picture, x, _TOP, _SIDE)
        y = _TOP + _SIDE + 20
        if k == 1:
            b.text(x, y, f"most at {PLACES[int(look.argmax())]}: {look.max():.0%}", 8.5, NEUTRAL["ink2"])
            continue
        if k > 1:
            row, column = divmod(places[k - 2], 3)
            third = _SIDE / 3
            b.rect(x + third * column + 1, _TOP + third * row + 1, third - 2, third - 2, "none", ROLE["fusion"]["main"], 2, r=4, z=5)
        for line, (word, share) in enumerate(zip(words, chances[max(k - 1, 0)])):
            _bar(b, x, y + 24 * line, word, share, "control" if line == 0 else "fusion")
    return b


def _bar(b: Board, x: float, y: float, word: str, share: float, role: str) -> None:
    """A word, and how likely it is, as a bar of up to 44 px."""
    b.text(x, y, word, 9, ROLE["language"]["deep"], mono=True)
    b.rect(x + 80, y - 6, 44, 12, NEUTRAL["panel"], r=2)
    b.rect(x + 80, y - 6, max(44 * share, 4), 12, role_of(role)["main"], r=2, z=3)
    b.text(x + 129, y, f"{share:.0%}", 9, weight="bold")


def shares(recorded: Mapping, rows: Mapping[str, tuple], live: Mapping, *, controls: Sequence[str], measure: str) -> Board:
    """How often the answer follows, by the place that was exchanged: recorded runs, this notebook's, controls hollow.

    Parameters
    ----------
    rows : name → (arm, its measure), the first of them the thing's own place. live : (arm, measure) → share.
    controls : names of rows in which nothing may follow. measure : what "follows" means, in a few words.
    """
    found = {name: recorded[key] for name, key in rows.items()}
    first, control = found[next(iter(rows))], found[controls[0]]
    return results.arms(
        f"Its place exchanged, the answer follows in {first.mean:.0%}; another's: {control.mean:.0%}",
        found,
        {name: live[key] for name, key in rows.items() if key in live},
        controls=controls,
        each={name: e.values for name, e in found.items()},
        measure=measure,
        axis="answers that follow, %",
    )
