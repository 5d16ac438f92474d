"""The figures of notebook 00 that no other notebook draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.arms import Arm
from course_utils.errors import BadInput
from course_utils.show import charts
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.world import emoji

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

    Raises
    ------
    BadInput
        If a guess is no number from 0 to 100.
    """
    guess = {measure: percent for measure, percent in (guess or {}).items() if percent is not None}
    for measure, percent in guess.items():
        if not isinstance(percent, (int, float)) or not 0 <= percent <= 100:
            raise BadInput(f"Your guess for {measure} is {percent!r}; write percent, a number from 0 to 100, such as 35.")
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
    key = ["□ this notebook's run"] + ["▲ your guess"] * bool(guess)
    b.text(776, high + 150, "     ".join(key), 8.5, NEUTRAL["ink2"], ha="right")
    left, right = b.axes(184, 104, 252, high), b.axes(500, 104, 252, high)
    for ax, measure in ((left, "training pictures"), (right, "new emoji")):
        found = [recorded.get((arm, measure)) for arm in rows]
        mean, low, top = ([100 * getattr(e, k) if e else np.nan for e in found] for k in ("mean", "low", "high"))
        charts.dots(
            ax,
            [name for name, *_ in rows.values()],
            mean,
            low,
            top,
            roles=[role for *_, role in rows.values()],
            glosses=[gloss for _, gloss, _ in rows.values()] if ax is left else (),
            fmt="{:.0f}%",
        )
        for y, (name, *_) in enumerate(rows.values()):
            if found[y] is None:
                ax.annotate("no training", (2, y), (0, 8), textcoords="offset points", fontsize=8.5, color=NEUTRAL["ink2"])
            if name in live:
                ax.plot(100 * live[name][ax is right], y, "s", ms=6, mfc="none", mec=NEUTRAL["ink"], mew=1.2, zorder=6, clip_on=False)
            if name == "shuffled labels" and measure in guess:
                ax.plot(guess[measure], y + 0.28, "^", ms=7, mfc=NEUTRAL["ink"], mec="white", zorder=6, clip_on=False)
        ax.set(xlim=(0, 100), xticks=(0, 50, 100), xticklabels=("0", "50", "100%"))
    left.tick_params(axis="y", pad=8)
    right.set_yticklabels([])
    charts.chance(right, 100 / 6, "chance", vertical=True)
    b.text(184, 76, "training pictures", weight="bold")
    b.text(500, 76, "new emoji", weight="bold")
    return b


def found(name: str, chosen: Sequence[int], query: np.ndarray, pictures: np.ndarray, cosines: np.ndarray, same: np.ndarray) -> Board:
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
        spot = b.picture(emoji.on_background(query[n]), Board.PAD, y, side, lw=1.4, edge=ROLE["vision"]["main"])
        b.arrow((spot.right[0] + 12, y + side / 2), (172, y + side / 2))
        for j, picture in enumerate(pictures[n]):
            x = 180 + (side + 28) * j
            b.picture(emoji.on_background(picture), x, y, side)
            b.mark(x + side - 2, y + 2, bool(same[n, j]), 7)
            b.text(x + side / 2, y + side + 12, f"{cosines[n, j]:.2f}", 8.5, NEUTRAL["ink2"], ha="center")
    return b
