"""The figures of notebook 00 that no other notebook draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.arms import Arm
from course_utils.show import charts, results
from course_utils.show.board import Board
from course_utils.show.gallery import tile
from course_utils.show.palette import NEUTRAL, ROLE

# arm → its name, what it means, role
_ROWS = {
    Arm(supervision="true labels"): ("true labels", "what the emoji show", "vision"),
    Arm(supervision="shuffled labels"): ("shuffled labels", "dealt out at random", "control"),
    Arm(supervision="leaking background"): ("leaking background", "its colour tells the kind", "control"),
    Arm(baseline="nearest pixels"): ("nearest pixels", "copies its kind", "ink"),
    Arm(baseline="commonest kind"): ("commonest kind", "never looks", "ink"),
}


def towers(
    recorded: Mapping,
    live: Mapping[str, tuple[float, float]],
    guess: Mapping[str, float] | None = None,
    *,
    title: str = "All three know their training pictures by heart. New emoji tell them apart.",
) -> Board:
    """Accuracy on training pictures and on new emoji: recorded means with intervals, live runs and a guess on top.

    Only the kinds of supervision in ``live`` are drawn, above the two baselines that need no training.

    Parameters
    ----------
    recorded : (arm, measure) → Estimate, from ``experiments.record.load("00")``.
    live : supervision → (training accuracy, accuracy on new emoji) of this notebook's own runs, in [0, 1].
    guess : the learner's prediction for the shuffled labels, in percent: {"training pictures": …, "new emoji": …};
        None is not drawn.

    Raises BadInput if a guess is no number from 0 to 100.
    """
    guess = {measure: percent for measure, percent in (guess or {}).items() if percent is not None}
    for percent in guess.values():
        results.check_guess(percent)
    rows = {arm: row for arm, row in _ROWS.items() if row[0] in live or (arm, "training pictures") not in recorded}
    seeds, high = recorded[Arm(supervision="true labels"), "new emoji"].seeds, 40 * len(rows)
    b = Board(
        800,
        192 + high,
        title,
        f"Share of pictures named right, six kinds. Dots: mean of {seeds} recorded runs; bars: 95% interval of that mean.",
        "New emoji: concepts never trained on, on white. In training, right = the label taught; on new emoji, the truth.",
        alt="Dot chart of accuracy in training and on new emoji. "
        + " ".join(
            f"{name}: {recorded[arm, 'training pictures'].mean:.0%} and {recorded[arm, 'new emoji'].mean:.0%}."
            for arm, (name, *_) in rows.items()
            if name in live
        ),
        words=90,
    )
    results.key(b, high + 150, True, *guess.values())
    left, right = b.axes(184, 104, 252, high), b.axes(500, 104, 252, high)
    for ax, measure in ((left, "training pictures"), (right, "new emoji")):
        found = [recorded.get((arm, measure)) for arm in rows]
        mean, low, top = results.percent(found)
        labels, glosses, roles = zip(*rows.values())
        charts.dots(ax, labels, mean, low, top, roles=roles, glosses=glosses if ax is left else (), fmt="{:.0f}%")
        for y, name in enumerate(labels):
            if found[y] is None:
                charts.note(ax, "no training", (2, y), (0, 8), va="baseline")
            if name in live:
                charts.live(ax, 100 * live[name][ax is right], y)
            if name == "shuffled labels" and measure in guess:
                charts.guess(ax, guess[measure], y + 0.28)
        ax.set(xlim=(0, 100), xticks=(0, 50, 100), xticklabels=("0", "50", "100%"))
    left.tick_params(axis="y", pad=8)
    right.set_yticklabels([])
    charts.chance(right, 100 / 6, vertical=True)
    b.text(184, 76, "training pictures", weight="bold")
    b.text(500, 76, "new emoji", weight="bold")
    return b


def rankings(name: str, chosen: Sequence[int], query: np.ndarray, pictures: np.ndarray, cosines: np.ndarray, same: np.ndarray) -> Board:
    """A few queries and the pictures found for them, best first, with their cosine and ✓ where the kind is the same.

    Parameters
    ----------
    name : what the similarity was computed from. chosen : which queries to draw, four at most.
    query : uint8[n, S, S, 4]. pictures : uint8[n, k, S, S, 4]. cosines : float[n, k]. same : bool[n, k].
        The title counts all n.
    """
    side, pitch, drawn = 72, 100, list(chosen)[:4]
    b = Board(
        800,
        100 + pitch * len(drawn),
        f"Most similar by {name}: {same.mean():.0%} are of the same kind",
        f"New emoji by an artist never seen. ✓ = same kind. The share is over all {len(query)} queries, {same.shape[1]} finds each.",
        alt=f"{len(drawn)} emoji, each with its {same.shape[1]} most similar training pictures by {name}; {same.mean():.0%} of all finds are of the same kind.",
        words=120,
    )
    b.text(Board.PAD, 84, "query", 8.5, NEUTRAL["ink2"])
    b.text(180, 84, "most similar first, with the cosine", 8.5, NEUTRAL["ink2"])
    for i, n in enumerate(drawn):
        y = 100 + pitch * i
        spot = tile(b, query[n], Board.PAD, y, side, lw=1.4, edge=ROLE["vision"]["main"])
        b.arrow((spot.right[0] + 12, y + side / 2), (172, y + side / 2))
        for j, picture in enumerate(pictures[n]):
            tile(b, picture, 180 + (side + 28) * j, y, side, f"{cosines[n, j]:.2f}", same[n, j])
    return b
