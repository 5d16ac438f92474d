"""Fusion functions at equal numbers of parameters: one panel a task, one line a function."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils.arms import Arm
from course_utils.show import charts
from course_utils.show.board import Board
from course_utils.show.marks import text_width
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
            mean, low, high = ([100 * getattr(e, part) for _, e in found] for part in ("mean", "low", "high"))
            charts.series(ax, x, mean, low, high, role=role, variant=variant)
            if (task, name) in live:
                ax.plot(np.log2(budget), 100 * live[task, name], "s", ms=6, mfc="none", mec=NEUTRAL["ink"], mew=1.2, zorder=6)
        floor = 100 * recorded[Arm(task=task, baseline="commonest answer"), "accuracy"].mean
        charts.chance(ax, floor, "" if k else "commonest answer", above=floor < 12)
        ax.set(
            xticks=np.log2(budgets),
            xticklabels=[f"{n // 1000}k" for n in budgets],
            ylim=(0, 100),
            yticks=(0, 25, 50, 75, 100),
            xlabel="parameters",
            xlim=np.log2(budgets)[[0, -1]] + (-0.15, 0.15),
        )
        if k:
            ax.set_yticklabels([])
        else:
            ax.set_ylabel("right answers, %")
    x = 80
    for label, role, variant in _POOLINGS.values():
        line = (role_of(role)["main"], role_of(role)["deep"], NEUTRAL["mute"])[variant]
        b.text(x, 78, "●", 9, line)
        b.text(x + 14, 78, label, 9, NEUTRAL["ink2"] if variant == 2 else role_of(role)["deep"], weight="bold")
        x += 36 + text_width(label, 9, bold=True)
    if live:
        b.text(776, 384, "□ this notebook's run", 8.5, NEUTRAL["ink2"], ha="right")
    return b
