"""Notebook 01's measured results: the language prior, and types of questions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils.arms import Arm, Recording
from course_utils.errors import BadInput
from course_utils.show import charts, results
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, role as role_of

TESTS = ("biased", "balanced", "flipped")
PICTURES = 4000  # of the models that are trained live
# (model, taught) → the name at the line's end, what it means, role
_LINES = {
    ("sighted", "balanced"): ("sighted", "taught on balanced", "fusion"),
    ("sighted", "biased"): ("sighted", "taught on biased", "vision"),
    ("blind", "balanced"): ("blind", "taught on balanced", "control"),
    ("blind", "biased"): ("blind", "taught on biased", "language"),
}


def prior(recorded: Mapping, live: Mapping[tuple[str, str], Mapping[str, float]], guess: float | None = None) -> Board:
    """Four models on three tests: recorded means with intervals, this notebook's runs, and the reader's guess.

    Parameters
    ----------
    recorded : (arm, measure) → Estimate; arms with ``model``, ``taught`` and ``pictures``, measures the tests.
    live : (model, taught) → accuracy on each test, in [0, 1].
    guess : percent, for the sighted model that was taught on biased questions, on the flipped test; None is not drawn.

    Raises
    ------
    BadInput
        If the guess is no number from 0 to 100.
    """
    if guess is not None and (not isinstance(guess, (int, float)) or not 0 <= guess <= 100):
        raise BadInput(f"Your guess is {guess!r}; write percent, a number from 0 to 100, such as 35.")
    of = {key: [recorded[_arm(key, PICTURES), test] for test in TESTS] for key in _LINES}
    means = {key: [100 * e.mean for e in found] for key, found in of.items()}
    blind, seeds = means["blind", "biased"], of["blind", "biased"][0].seeds
    b = Board(
        800,
        404,
        f"Blind: {blind[0]:.0f}% right where the prior holds, {blind[2]:.0f}% where it is another",
        f"Ten types of questions, {PICTURES:,} training pictures. Dots: mean of {seeds} recorded runs, with 95% intervals.",
        alt="Line chart, biased, balanced, flipped test. "
        + " ".join(f"{model}, taught {taught}: {', '.join(f'{v:.0f}%' for v in values)}." for (model, taught), values in means.items()),
        words=80,
    )
    ax = b.axes(88, 84, 488, 252)
    ends = []
    for key, (name, gloss, role) in _LINES.items():
        low, high = ([100 * getattr(e, side) for e in of[key]] for side in ("low", "high"))
        charts.series(ax, range(3), means[key], low, high, role=role)
        for x, test in enumerate(TESTS):
            if test in live.get(key, {}):
                charts.live(ax, x, 100 * live[key][test])
        ends.append((means[key][-1], name, gloss, role_of(role)["deep"]))
    if guess is not None:
        ax.plot(2.07, guess, "<", ms=8, mfc=NEUTRAL["ink"], mec="white", zorder=6, clip_on=False)
    ax.set(
        xlim=(-0.12, 2.12),
        ylim=(0, 100),
        yticks=(0, 25, 50, 75, 100),
        xticks=range(3),
        ylabel="right answers, %",
        xticklabels=["biased test\nas in training", "balanced test\nno prior", "flipped test\nanother prior"],
    )
    results.names(b, ax, ends, left=592)
    b.text(
        776,
        386,
        "     ".join(["□ this notebook's run"] * bool(live) + ["◂ your guess"] * (guess is not None)),
        8.5,
        NEUTRAL["ink2"],
        ha="right",
    )
    return b


def _arm(key: tuple[str, str], pictures: int) -> Arm:
    return Arm(model=key[0], taught=key[1], pictures=pictures)


def prior_by_pictures(recorded: Recording) -> Board:
    """The balanced test against the number of training pictures: what a prior costs, at every size."""
    sizes = sorted({arm.pictures for arm in recorded.where(model="sighted")})
    lines = {key: [recorded[_arm(key, n), "balanced"] for n in sizes] for key in _LINES if key != ("blind", "balanced")}
    good, bad = ([100 * e.mean for e in lines["sighted", taught]] for taught in ("balanced", "biased"))
    b = Board(
        800,
        372,
        f"More pictures help; a prior still costs {good[-1] - bad[-1]:.0f} points at {sizes[-1]:,}",
        f"Balanced test, equal numbers of training steps. Mean of {lines['sighted', 'biased'][0].seeds} recorded runs, 95% intervals.",
        alt=f"Line chart over {', '.join(f'{n:,}' for n in sizes)} training pictures. Taught on balanced: "
        f"{', '.join(f'{v:.0f}%' for v in good)}. Taught on biased: {', '.join(f'{v:.0f}%' for v in bad)}.",
    )
    ax = b.axes(88, 84, 488, 220)
    ends = []
    for key, found in lines.items():
        name, gloss, role = _LINES[key]
        mean, low, high = ([100 * getattr(e, part) for e in found] for part in ("mean", "low", "high"))
        charts.series(ax, np.log2(sizes), mean, low, high, role=role)
        ends.append((mean[-1], name, gloss, role_of(role)["deep"]))
    ax.set(
        xticks=np.log2(sizes),
        xticklabels=[f"{n:,}" for n in sizes],
        ylim=(0, 100),
        yticks=(0, 25, 50, 75, 100),
        xlabel="training pictures",
        ylabel="right answers, %",
    )
    results.names(b, ax, ends, left=592)
    return b


def by_type(models: Mapping[str, Mapping[str, float]], blind: Mapping[str, float]) -> Board:
    """The share of right answers for each type of question; hollow and grey, a model that sees nothing.

    Parameters
    ----------
    models : name → {type: share}; two at most, drawn in fusion's and language's colour. The title and the order of the
        types are the first one's.
    """
    first = next(iter(models))
    types = sorted(models[first], key=lambda name: -(models[first][name] - blind[name]))
    b = Board(
        800,
        156 + 30 * len(types),
        f"Far above blind: {', '.join(types[:3])}; hardly: {', '.join(types[-3:])}",
        "Right answers on new balanced questions, recorded; types sorted by how far the first is above blind.",
        alt=f"Dot chart of right answers by type, {first}. "
        + ", ".join(f"{name} {100 * models[first][name]:.0f}%" for name in types)
        + ".",
        words=90,
    )
    ax = b.axes(124, 92, 560, 30 * len(types))
    for y, name in enumerate(types):
        ax.plot([100 * blind[name], 100 * models[first][name]], [y, y], color=NEUTRAL["rule"], lw=1.4, zorder=1)
    drawn = [(blind, "blind", "control"), *((m, n, r) for (n, m), r in zip(models.items(), ("fusion", "language")))]
    for values, label, role in drawn:
        shades = role_of(role)
        ax.plot(
            [100 * values[name] for name in types],
            range(len(types)),
            "o",
            ms=7,
            mec=shades["main"],
            mew=1.6,
            mfc="white" if role == "control" else shades["main"],
            zorder=4,
            clip_on=False,
        )
    for x, (_, label, role) in zip((124, 200, 330), drawn):
        shades = role_of(role)
        b.text(x, 76, ("○ " if role == "control" else "● ") + label, 9, shades["deep"], weight="bold")
    ax.set(
        ylim=(len(types) - 0.5, -0.5),
        yticks=range(len(types)),
        yticklabels=types,
        xlim=(0, 100),
        xticks=(0, 25, 50, 75, 100),
        xlabel="right answers, %",
    )
    ax.tick_params(axis="y", labelcolor=NEUTRAL["ink"], labelsize=9.5)
    return b
