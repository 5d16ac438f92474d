"""Notebook 03's signature result: retrieval in art styles never seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils.arms import Arm
from course_utils.show import charts, results
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL

_STYLES = ("noto", "twemoji", "fluent")
_TOWERS, _PIXELS = {"variation": "augmented"}, {"pixels": "nearest"}  # fields of their arms, beside the style left out
# fields, name, what it means, role
_ROWS = (
    (_TOWERS, "dual encoder", "pictures varied", "fusion"),
    ({"variation": "as drawn"}, "dual encoder", "pictures as drawn", "control"),
    (_PIXELS, "nearest pixels", "the best of four ways", "vision"),
)


def retrieval(recorded: Mapping, live: Mapping[str, float], guess: float | None = None, *, gallery: int) -> Board:
    """R@1 from picture to name, for each style left out: the dual encoder, without variation, and nearest pixels.

    Parameters
    ----------
    recorded : (arm, measure) → Estimate; arms with ``left_out`` and ``variation`` or ``pixels``.
    live : style → R@1 of this notebook's run, in [0, 1]. gallery : how many names there are to choose from.
    guess : percent, for the dual encoder on the live style; None is not drawn.

    Raises BadInput if the guess is no number from 0 to 100.
    """
    results.check_guess(guess)
    rows = {Arm(left_out=style, **fields): about for style in _STYLES for fields, *about in _ROWS}
    of = {arm: recorded[arm, "text R@1"] for arm in rows if (arm, "text R@1") in recorded}
    towers, nearest = ([of[Arm(left_out=style, **fields)] for style in _STYLES] for fields in (_TOWERS, _PIXELS))
    ratios = [e.mean / max(pixels.mean, 1e-6) for e, pixels in zip(towers, nearest)]
    y, place = 0.0, {}
    for arm in of:
        y += 0.7 if place and arm.left_out != next(reversed(place)).left_out else 0.0
        place[arm] = y
        y += 1
    height = 34 * y
    b = Board(
        800,
        164 + height,
        f"In a style never seen, {min(ratios):.1f} to {max(ratios):.1f} times as often right as nearest pixels",
        f"R@1 from picture to name, {gallery} names. Dots: mean of {towers[0].seeds} recorded runs, 95% intervals; pixels: no randomness.",
        "Test pictures are recoloured, scaled and on scene grounds, for the pixels too.",
        alt="Dot chart of R@1, dual encoder against nearest pixels, by style left out: "
        + ", ".join(f"{s} {e.mean:.1%} against {pixels.mean:.1%}" for s, e, pixels in zip(_STYLES, towers, nearest))
        + ".",
        words=110,
    )
    ax = b.axes(300, 84, 400, height)
    top = min(5 * np.ceil(max([100 * e.high for e in of.values()] + [100 * v for v in live.values()] + [guess or 0, 10]) / 5), 100)
    mean, low, high = results.percent(of.values())
    labels, glosses, roles = zip(*(rows[arm] for arm in of))
    charts.dots(ax, labels, mean, low, high, roles=roles, glosses=glosses, fmt="{:.1f}%", places=list(place.values()))
    ax.set(xlim=(0, top), xticks=np.arange(0, top + 1, 5 if top <= 30 else 10 if top <= 60 else 20), xlabel="R@1, %")
    for style in live:
        at = place[Arm(left_out=style, **_TOWERS)] + 0.34
        charts.live(ax, 100 * live[style], at)
        if guess is not None:
            charts.guess(ax, guess, at)
    for style in _STYLES:
        at = min(at for arm, at in place.items() if arm.left_out == style)
        b.text(Board.PAD, 84 + height * (at + 0.5) / y, style, 9.5, weight="bold")
        b.text(Board.PAD, 84 + height * (at + 0.5) / y + 15, "left out", 8.5, NEUTRAL["ink2"])
    charts.chance(ax, 100 / gallery, vertical=True)
    results.key(b, height + 150, bool(live), guess)
    return b
