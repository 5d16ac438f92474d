"""A prompt as Flamingo gets it, with what it would say next; and the same prompt with one picture exchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.errors import BadInput
from course_utils.show.board import Board
from course_utils.show.flamingo.reading import PICTURES
from course_utils.show.marks import text_width
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.world.corpus import vocabulary

_MOST = 5  # words shown
_SIDE, _PITCH = 100, 124  # of pictures, px
_CHIP = 28  # px from one row of chips to the next


def prompt(pictures: np.ndarray, said: Sequence[str], chances: np.ndarray, right: str = "") -> Board:
    """Pictures with the words behind them, the last one asked, and the likeliest next words as bars.

    Parameters
    ----------
    pictures : uint8[n, S, S, 3], nine at most.
    said : what stands behind each, such as "is daxo"; behind the last, such as "is".
    chances : float[V], of every word of ``corpus.vocabulary()``, as :func:`next_words` gives.
    right : the word that would be right, to be marked.

    Raises BadInput if there are more than nine pictures, none, or not one text for each.
    """
    if len(pictures) != len(said) or not 0 < len(said) <= PICTURES:
        raise BadInput(f"There are {len(pictures)} pictures and {len(said)} texts; give one to {PICTURES} pictures, and one text for each.")
    words, order = vocabulary(), np.argsort(-np.asarray(chances), kind="stable")
    bars = [(words[k], float(chances[k])) for k in order[:_MOST]]
    best, most = bars[0]
    if right and right not in dict(bars):
        bars.append((right, float(chances[words.index(right)])))
    verdict = "" if not right else ", and is right" if best == right else f"; right is “{right}”, {_percent(dict(bars)[right])}"
    chips = [_chips(text.split()) for text in said[:-1]] + [_chips([*said[-1].split(), "…"])]
    across = -(-len(said) // -(-len(said) // 4))  # as many in every row
    lines = [range(i, min(i + across, len(said))) for i in range(0, len(said), across)]
    heights = [_SIDE + 24 + _CHIP * max(1 + chips[i][-1][1] for i in line) for line in lines]
    b = Board(
        800,
        max(84 + sum(heights), 136 + 32 * len(bars)),
        f"It says “{best}” with {most:.0%}{verdict}",
        f"The prompt as the model reads it; framed: the picture that is asked. Bars: the likeliest of {len(words)} words.",
        alt="A prompt: "
        + "; ".join(f"picture {text}" for text in said[:4])
        + ". Likeliest: "
        + ", ".join(f"{word} {p:.0%}" for word, p in bars[:3])
        + ".",
        words=60,
    )
    y = 80
    for line, height in zip(lines, heights):
        for i in line:
            x, last = Board.PAD + _PITCH * (i % across), i == len(said) - 1
            b.picture(pictures[i], x, y, _SIDE, edge=ROLE["fusion"]["main"] if last else None, lw=2.5 if last else 0.8)
            for word, row, dx in chips[i]:
                b.tokens(x + dx, y + _SIDE + 8 + _CHIP * row, [word], "fusion" if word == "…" else "language")
        y += height
    left = Board.PAD + _PITCH * across + 24
    b.text(left + 76, 88, "next word", 9.5, ROLE["fusion"]["deep"], ha="right", weight="bold")
    for k, (word, p) in enumerate(bars):
        _bar(b, left, 116 + 32 * k, word, p, right=word == right)
    return b


def exchange(said: Sequence[str], names: tuple[str, str], versions: Mapping[str, np.ndarray], chances: Mapping[str, np.ndarray]) -> Board:
    """The causal probe of one prompt: the same words, one picture exchanged, and how likely two names are.

    To exchange a picture is to exchange its tokens: they are made of it alone.

    Parameters
    ----------
    said : what stands behind each picture, such as "is daxo"; behind the last, such as "is".
    names : the one that is right for the prompt as it is, and the other one.
    versions : what was done → uint8[n, S, S, 3], five pictures at most; first the prompt as it is.
    chances : what was done → float[V], as :func:`next_words` gives.

    Raises BadInput if a version has not one picture for each text, or there are more than five.
    """
    if strange := [says for says, pictures in versions.items() if len(pictures) != len(said) or len(said) > 5]:
        raise BadInput(f"“{strange[0]}” has {len(versions[strange[0]])} pictures for {len(said)} texts; give one each, five at most.")
    at = [vocabulary().index(name) for name in names]
    shares = {says: [float(chances[says][k]) for k in at] for says in versions}
    first, *others = versions
    side, pitch, high = 76, 92, 112
    turned = max(others, key=lambda says: shares[says][1] - shares[says][0], default=first)
    b = Board(
        800,
        96 + high * len(versions),
        f"“{names[0]}” is {_percent(shares[first][0])} likely as it is, {_percent(shares[turned][0])} with a picture exchanged",
        "The words stay; framed: another picture in this place. Bars: how likely each of the two names is.",
        alt=f"A prompt with {len(said)} pictures, {names[0]} and {names[1]} after it: "
        + "; ".join(f"{says}: {own:.0%} and {other:.0%}" for says, (own, other) in shares.items())
        + ".",
        words=90,
    )
    for i, text in enumerate([*said[:-1], f"{said[-1]} …"]):
        x = Board.PAD + pitch * i
        b.text(x + side / 2, 86, text, 8, ROLE["language"]["deep"], ha="center", mono=True)
    left = Board.PAD + pitch * len(said) + 12
    for k, (says, pictures) in enumerate(versions.items()):
        y = 104 + high * k
        for i, picture in enumerate(pictures):
            new = not np.array_equal(picture, versions[first][i])
            b.picture(picture, Board.PAD + pitch * i, y, side, edge=ROLE["fusion"]["main"] if new else None, lw=3 if new else 0.8)
        b.text(left, y + 10, says, 9, weight="bold")
        for j, (name, share) in enumerate(zip(names, shares[says])):
            _bar(b, left, y + 36 + 26 * j, name, share, role="fusion" if j == 0 else "ink")
    return b


def _chips(words: Sequence[str]) -> list[tuple[str, int, float]]:
    """Words, each with its row and its x under a picture, in px."""
    found, row, x = [], 0, 0.0
    for word in words:
        wide = max(24, text_width(word, 9, mono=True) + 17)
        if x and x + wide > _PITCH - 8:
            row, x = row + 1, 0.0
        found.append((word, row, x))
        x += wide + 4
    return found


def _bar(b: Board, x: float, y: float, word: str, share: float, *, role: str = "fusion", right: bool = False) -> None:
    """A word, its bar up to the right margin, and its percent, centred at ``y``."""
    b.text(x + 76, y, word, 9, ROLE["language"]["deep"], ha="right", mono=True, weight="bold" if right else "normal")
    wide = 776 - 44 - (x + 88)
    b.rect(x + 88, y - 7, wide, 14, NEUTRAL["panel"], r=3)
    full = max(wide * share, 2)
    b.rect(x + 88, y - 7, full, 14, ROLE[role]["fill"], r=min(3, full / 2))
    b.text(776, y, _percent(share), 9, NEUTRAL["ink2"], ha="right")
    if right:
        b.mark(x + 88 + max(full, 8), y, True, 8)


def _percent(share: float) -> str:
    return f"{share:.0%}" if share >= 0.01 else "<1%"
