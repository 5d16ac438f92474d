"""Fusion functions at equal numbers of parameters: one panel a task, one line a function."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils.arms import Arm
from course_utils.show import charts, results
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, role as role_of

_TASKS = {"sum": "a sum decides", "few products": "a few products decide", "all products": "all products decide"}
# name → label, role, variant of charts.series: sums in grey, products in colour
_POOLINGS = {
    "concat": ("concat", "ink", 2),
    "concat-mlp": ("concat + MLP", "ink", 1),
    "mlb": ("MLB", "fusion", 0),
    "mutan": ("MUTAN", "vision", 0),
    "bilinear": ("full bilinear", "right", 0),
}


def shootout(recorded: Mapping, live: Mapping[tuple[str, str], float], budget: int) -> Board:
    """Accuracy against the number of parameters, for three tasks.

    Parameters
    ----------
    recorded : (arm, measure) → Estimate; arms with ``task`` and ``pooling``, measures the budgets as text.
    live : (task, pooling) → accuracy of this notebook's runs, at ``budget``.
    """
    budgets = sorted(int(measure) for arm, measure in recorded if arm == Arm(task="sum", pooling="mlb"))
    small = ("concat", "concat-mlp", "mlb", "mutan")
    at = {(task, name): recorded[Arm(task=task, pooling=name), str(budget)] for task in _TASKS for name in small}
    best = {task: max(small, key=lambda name: at[task, name].mean) for task in _TASKS}
    b = Board(
        800,
        400,
        f"At {budget:,} parameters: {_POOLINGS[best['sum']][0]} leads on sums, {_POOLINGS[best['few products']][0]} on few products",
        f"Right answers on new pairs of vectors, by number of parameters. Mean of {at['sum', 'mlb'].seeds} "
        "recorded runs; bars: 95% interval.",
        alt=f"Three line charts. At {budget:,} parameters, concat, concat-mlp, MLB, MUTAN: "
        + " ".join(f"{_TASKS[task]}: " + ", ".join(f"{at[task, name].mean:.0%}" for name in small) + "." for task in _TASKS),
        words=90,
    )
    for k, (task, words) in enumerate(_TASKS.items()):
        left = 80 + 244 * k
        ax = b.axes(left, 124, 200, 192)
        b.text(left, 104, words, 10, weight="bold")
        for name, (_, role, variant) in _POOLINGS.items():
            arm = Arm(task=task, pooling=name)
            found = [(n, recorded[arm, str(n)]) for n in budgets if (arm, str(n)) in recorded]
            x = np.log2([n for n, _ in found])
            charts.series(ax, x, *results.percent([e for _, e in found]), role=role, variant=variant)
            if (task, name) in live:
                charts.live(ax, np.log2(budget), 100 * live[task, name])
        floor = 100 * recorded[Arm(task=task, baseline="commonest answer"), "accuracy"].mean
        charts.chance(ax, floor, "" if k else "commonest answer", above=floor < 12)
        charts.percent_axis(ax, "y", "" if k else "right answers, %")
        ax.set(xticks=np.log2(budgets), xticklabels=[f"{n // 1000}k" for n in budgets], xlabel="parameters")
        ax.set_xlim(np.log2(budgets)[[0, -1]] + (-0.15, 0.15))
        if k:
            ax.set_yticklabels([])
    items = []
    for label, role, variant in _POOLINGS.values():
        main, deep = role_of(role)["main"], role_of(role)["deep"]
        items.append(("●", label, *((main, deep), (deep, deep), (NEUTRAL["mute"], NEUTRAL["ink2"]))[variant]))
    results.legend(b, 80, 78, items)
    results.key(b, 384, bool(live))
    return b
