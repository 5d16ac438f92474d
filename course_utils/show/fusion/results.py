"""Notebook 01's measured results: the language prior, and types of questions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils.arms import Arm, Recording
from course_utils.show import charts, results
from course_utils.show.board import Board

TESTS = ("biased", "balanced", "flipped")
PICTURES = 4000  # of the models that are trained live
# (model, taught) → the name at the line's end, what it means, role, variant of charts.series
_LINES = {
    ("sighted", "balanced"): ("sighted", "taught on balanced", "fusion", 0),
    ("sighted", "biased"): ("sighted", "taught on biased", "vision", 0),
    ("blind", "balanced"): ("blind", "taught on balanced", "control", 0),
    ("blind", "biased"): ("blind", "taught on biased", "language", 0),
}


def prior(recorded: Mapping, live: Mapping[tuple[str, str], Mapping[str, float]], guess: float | None = None) -> Board:
    """Four models on three tests: recorded means with intervals, this notebook's runs, and the reader's guess.

    Parameters
    ----------
    recorded : (arm, measure) → Estimate; arms with ``model``, ``taught`` and ``pictures``, measures the tests.
    live : (model, taught) → accuracy on each test, in [0, 1].
    guess : percent, for the sighted model that was taught on biased questions, on the flipped test; None is not drawn.

    Raises BadInput if the guess is no number from 0 to 100.
    """
    results.check_guess(guess)
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
    charts.percent_axis(ax, "y", "right answers, %")
    ticks = ["biased test\nas in training", "balanced test\nno prior", "flipped test\nanother prior"]
    ax.set(xlim=(-0.12, 2.12), xticks=range(3), xticklabels=ticks)
    squares = {key: {x: live[key][test] for x, test in enumerate(TESTS) if test in live[key]} for key in live}
    results.lines(b, ax, range(3), of, _LINES, squares)
    if guess is not None:
        charts.guess(ax, 2.07, guess, marker="<")
    results.key(b, 386, bool(live), guess, marker="◂")
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
    charts.percent_axis(ax, "y", "right answers, %")
    ax.set(xticks=np.log2(sizes), xticklabels=[f"{n:,}" for n in sizes], xlabel="training pictures")
    results.lines(b, ax, np.log2(sizes), lines, _LINES, {})
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
    drawn = [(blind, "○", "blind", "control"), *((m, "●", n, r) for (n, m), r in zip(models.items(), ("fusion", "language")))]
    columns = [[100 * values[name] for name in types] for values, *_ in drawn]
    charts.dumbbells(ax, types, columns, [role for *_, role in drawn], label="right answers, %")
    results.legend(b, 124, 76, [item for _, *item in drawn])
    return b
