"""Notebook 03's signature result: retrieval in art styles never seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils.arms import Arm
from course_utils.errors import BadInput
from course_utils.show import charts
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, role as role_of

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

    Raises
    ------
    BadInput
        If the guess is no number from 0 to 100.
    """
    if guess is not None and (not isinstance(guess, (int, float)) or not 0 <= guess <= 100):
        raise BadInput(f"Your guess is {guess!r}; write percent, a number from 0 to 100, such as 35.")
    rows = {Arm(left_out=style, **fields): about for style in _STYLES for fields, *about in _ROWS}
    of = {arm: recorded[arm, "text R@1"] for arm in rows if (arm, "text R@1") in recorded}
    towers, nearest = ([of[Arm(left_out=style, **fields)] for style in _STYLES] for fields in (_TOWERS, _PIXELS))
    ratios = [e.mean / max(pixels.mean, 1e-6) for e, pixels in zip(towers, nearest)]
    y, place = 0.0, {}
    for arm in of:
        y += 0.7 if place and arm.left_out != next(reversed(place)).left_out else 0.0
        place[arm] = y
        y += 1
    high = 34 * y
    b = Board(
        800,
        164 + high,
        f"In a style never seen, {min(ratios):.1f} to {max(ratios):.1f} times as often right as nearest pixels",
        f"R@1 from picture to name, {gallery} names. Dots: mean of {towers[0].seeds} recorded runs, 95% intervals; pixels: no randomness.",
        "Test pictures are recoloured, scaled and on scene grounds, for the pixels too.",
        alt="Dot chart of R@1, dual encoder against nearest pixels, by style left out: "
        + ", ".join(f"{s} {e.mean:.1%} against {pixels.mean:.1%}" for s, e, pixels in zip(_STYLES, towers, nearest))
        + ".",
        words=110,
    )
    ax = b.axes(300, 84, 400, high)
    top = min(5 * np.ceil(max([100 * e.high for e in of.values()] + [100 * v for v in live.values()] + [guess or 0, 10]) / 5), 100)
    ax.set(
        xlim=(0, top),
        xticks=np.arange(0, top + 1, 5 if top <= 30 else 10 if top <= 60 else 20),
        ylim=(y - 0.5, -0.5),
        yticks=list(place.values()),
        yticklabels=[rows[arm][0] for arm in place],
        xlabel="R@1, %",
    )
    for arm, at in place.items():
        _, gloss, role = rows[arm]
        e = of[arm]
        _row(ax, at, 100 * e.mean, 100 * e.low, 100 * e.high, role)
        ax.annotate(
            gloss,
            (0, at),
            (-6, -10),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            fontsize=8,
            color=NEUTRAL["ink2"],
            va="center",
            ha="right",
            annotation_clip=False,
        )
        if arm == Arm(left_out=arm.left_out, **_TOWERS) and arm.left_out in live:
            charts.live(ax, 100 * live[arm.left_out], at + 0.34)
            if guess is not None:
                ax.plot(guess, at + 0.34, "^", ms=7, mfc=NEUTRAL["ink"], mec="white", zorder=6, clip_on=False)
    ax.tick_params(axis="y", labelcolor=NEUTRAL["ink"], labelsize=9.5)
    for style in _STYLES:
        at = min(at for arm, at in place.items() if arm.left_out == style)
        b.text(Board.PAD, 84 + high * (at + 0.5) / y, style, 9.5, weight="bold")
        b.text(Board.PAD, 84 + high * (at + 0.5) / y + 15, "left out", 8.5, NEUTRAL["ink2"])
    charts.chance(ax, 100 / gallery, "chance", vertical=True)
    key = "     ".join(["□ this notebook's run"] * bool(live) + ([] if guess is None else [f"▲ your guess, {guess:g}%"]))
    b.text(776, high + 150, key, 8.5, NEUTRAL["ink2"], ha="right")
    return b


def _row(ax, y: float, value: float, low: float, high: float, role: str) -> None:
    """One dot on its hairline, with interval and number."""
    shades = role_of(role)
    ax.axhline(y, color=NEUTRAL["rule"], lw=0.8, zorder=1)
    ax.hlines(y, max(low, 0), high, color=shades["main"], lw=7, alpha=0.33, zorder=3)
    ax.plot(value, y, "o", ms=7, mfc="white" if role == "control" else shades["main"], mec=shades["main"], mew=1.6, zorder=4, clip_on=False)
    ax.annotate(
        f"{value:.1f}%",
        (value, y),
        (8, 6),
        textcoords="offset points",
        weight="bold",
        color=shades["deep"],
        annotation_clip=False,
        zorder=5,
    )
