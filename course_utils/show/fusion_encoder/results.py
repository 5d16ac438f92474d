"""Notebook 04's measured results: who binds, which negatives taught it, what a search costs, what UNITER's objectives do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.arms import Arm
from course_utils.show import charts, results
from course_utils.show.board import Board
from course_utils.show.palette import role as role_of

_DUAL, _HARD, _RANDOM = Arm(model="dual", depth=0), Arm(stream="single", negatives="hard"), Arm(stream="single", negatives="random")
_TWO = _HARD.but(stream="two")
_BINDING = {
    _DUAL: "dual",
    Arm(model="dual", depth=1): "dual, reading in order",
    _RANDOM: "fusion, random negatives",
    _HARD.but(negatives="hard, as they come"): "fusion, negatives as they come",
    _HARD.but(start="chance"): "fusion, from chance",
    _HARD: "fusion, hard negatives",
    _RANDOM.but(stream="two"): "two streams, random negatives",
    _TWO: "two streams, hard negatives",
    _HARD.but(control="another picture"): "hard negatives, another picture",
}
# (of which model, measure) → what to call it
_NEGATIVES = {
    (_HARD, "random pairs judged right"): "random pairs",
    (_HARD, "R@1 ordinary"): "R@1, ordinary gallery",
    (_HARD, "R@1 alike"): "R@1, twins in it",
    (_HARD, "binding, caption"): "binding",
    (_TWO, "random pairs judged right"): "two streams, random pairs",
    (_TWO, "binding, caption"): "two streams, binding",
}


def binding(recorded: Mapping, live: Mapping[Arm, float], guess: float | None = None) -> Board:
    """The binding test of every model: recorded runs and their means, this notebook's runs, and the reader's guess for the
    fusion encoder that was taught with random negatives.

    Parameters
    ----------
    recorded : (arm, measure) → Estimate. live : arm → share of captions told right.
    guess : percent, or None.

    Raises BadInput if the guess is no number from 0 to 100.
    """
    found = {name: recorded[arm, "binding, caption"] for arm, name in _BINDING.items()}
    dual, hard, random = (found[_BINDING[arm]].mean for arm in (_DUAL, _HARD, _RANDOM))
    return results.arms(
        f"Binding: dual {dual:.0%}, fusion {hard:.0%}, or {random:.0%} with random negatives",
        found,
        {_BINDING[arm]: share for arm, share in live.items()},
        controls=("hard negatives, another picture",),
        each={name: e.values for name, e in found.items()},
        measure="Pictures that get their own caption, not their twin's",
        axis="told right, %",
        chance=0.5,
        guess=(_BINDING[_RANDOM], guess),
    )


def negatives(recorded: Mapping) -> Board:
    """The same fusion encoders, taught with random and with hard negatives, on tests from easy to hard."""
    rows = [(label, recorded[of.but(negatives="random"), m], recorded[of, m]) for (of, m), label in _NEGATIVES.items()]
    gains = {label: round(100 * z.mean) - round(100 * a.mean) for label, a, z in rows}
    return results.dumbbells(
        f"Hard negatives: {gains['binding']:+d} points on binding, {gains['random pairs']:+d} on random pairs".replace("-", "−"),
        "The same networks and steps; a single stream where nothing is said.",
        rows,
        ("random negatives", "hard negatives"),
        left=212,
    )


def objectives(recorded: Mapping) -> Board:
    """What is hidden, guessed with its own partner and with another one's; where words point, with and without alignment."""
    arm, without = (Arm(stream="single", objectives=which) for which in ("all four", "without alignment"))
    rows = [
        (label, recorded[control], recorded[arm, measure])
        for label, measure, control in (
            ("hidden kind, by its picture", "hidden kinds", (arm, "hidden kinds, another picture")),
            ("hidden colour, by its picture", "hidden colours", (arm, "hidden colours, another picture")),
            ("hidden region's kind, by its text", "hidden regions", (arm, "hidden regions, another text")),
            ("plan on the thing, by alignment", "pointing by plan", (without, "pointing by plan")),
            ("attention on the thing, by alignment", "pointing by attention", (without, "pointing by attention")),
        )
    ]
    return results.dumbbells(
        f"A hidden colour: {rows[1][2].mean:.0%} right with its own picture, {rows[1][1].mean:.0%} with another",
        "Each row with, or (hollow) without, what stands behind its comma.",
        rows,
        ("without", "with"),
        left=276,
        levels=(1 / 8, 1 / 6, 1 / 8),
    )


def cost(recorded: Mapping, pictures: int, shortlists: Sequence[int], live: Mapping[str, Mapping[str, float]]) -> Board:
    """R@1 against forward passes: the dual encoder alone, shortlists of several lengths, and all pairs.

    ``pictures``: how many there are in the gallery, and captions to search with; ``live``: way → ``R@1``, ``passes``.
    """
    ways = [("dual alone", 2 * pictures, recorded[_DUAL, "R@1 alike"])]
    ways += [(f"k = {k}", pictures * (2 + k), recorded[_HARD.but(shortlist=k), "R@1 alike"]) for k in shortlists]
    ways += [("all pairs", pictures**2, recorded[_HARD, "R@1 alike"])]
    first, few, last = ways[0], ways[2], ways[-1]
    b = Board(
        800,
        376,
        f"R@1 from {first[2].mean:.0%} to {few[2].mean:.0%} with {few[1]:,} passes; all {last[1]:,} give {last[2].mean:.0%}",
        f"{pictures} captions look for {pictures} pictures, twins among them. {results.runs([first[2]])}.",
        alt="Line chart, R@1 against forward passes. "
        + ", ".join(f"{name}: {passes:,} passes, {e.mean:.0%}" for name, passes, e in ways)
        + ".",
        words=70,
    )
    ax = b.axes(84, 92, 640, 216)
    x = np.log2([passes for _, passes, _ in ways])
    charts.series(ax, x, *results.percent([e for *_, e in ways]), role="fusion")
    for (name, _, e), at in zip(ways, x):
        charts.note(ax, name, (at, 1), (0, 4), xycoords=("data", "axes fraction"), va="baseline", ha="center")
        number = {"va": "baseline", "weight": "bold", "fontsize": 9, "color": role_of("fusion")["deep"]}
        charts.note(ax, f"{e.mean:.0%}", (at, 100 * e.mean), (6, -13 if e.mean > 0.1 else 6), **number)
    for way in live.values():
        charts.live(ax, np.log2(way["passes"]), 100 * way["R@1"])
    ticks = [2**n for n in range(int(x[0]), int(x[-1]) + 1)]
    charts.percent_axis(ax, "y", "right picture first, %")
    labels = [f"{n:,}" for n in ticks]
    ax.set(xticks=np.log2(ticks), xticklabels=labels, xlabel="forward passes (each step doubles)", xlim=(x[0] - 0.4, x[-1] + 0.4))
    results.key(b, 358, bool(live))
    return b
