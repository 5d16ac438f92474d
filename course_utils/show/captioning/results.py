"""Notebook 02's measured results: things against scores, the pointing game, beams."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils.arms import Arm
from course_utils.errors import BadInput
from course_utils.show import charts, results
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, role as role_of

THINGS = (1, 2, 3, 4, 5)
# arm → the name at the line's end, what it means, role, variant
_LINES = {
    Arm(way="attention"): ("attention", "looks before every word", "fusion", 0),
    Arm(way="uniform"): ("uniform", "the mean, at every word", "vision", 0),
    Arm(way="first input"): ("Show and Tell", "the mean, once, as first input", "vision", 1),
    Arm(way="attention", picture="another"): ("another picture", "attention, wrong picture", "control", 0),
    Arm(way="blind"): ("blind", "sees nothing", "language", 0),
}


def growing(recorded: Mapping, live: Mapping[str, Mapping[int, float]], guess: float | None = None, measure: str = "exact") -> Board:
    """A score against the number of things in the picture: recorded means with intervals, this notebook's runs, a guess.

    Parameters
    ----------
    recorded : (arm, "exact, 3") → Estimate. live : name of a line → {number of things: share}.
    guess : percent, for "uniform" at three things; ``None`` is not drawn.

    Raises
    ------
    BadInput
        If the guess is no number from 0 to 100.
    """
    if guess is not None and (not isinstance(guess, (int, float)) or not 0 <= guess <= 100):
        raise BadInput(f"Your guess is {guess!r}; write percent, a number from 0 to 100, such as 35.")
    means = {arm: [100 * recorded[arm, f"{measure}, {k}"].mean for k in THINGS] for arm in _LINES}
    a, u, first = (means[Arm(way=way)] for way in ("attention", "uniform", "first input"))
    what = "captions that are exactly right" if measure == "exact" else measure
    b = Board(
        800,
        404,
        f"One thing: {u[0]:.0f}% against {a[0]:.0f}%. Three things: {u[2]:.0f}% against {a[2]:.0f}%",
        f"{what[0].upper() + what[1:]}, uniform and attention. Mean of {recorded[Arm(way='attention'), f'{measure}, 1'].seeds} recorded runs, "
        "95% intervals.",
        alt=f"Line chart of {what} against one to five things. "
        + " ".join(
            f"{way}: {', '.join(f'{v:.0f}' for v in values)}."
            for way, values in {"attention": a, "uniform": u, "first input": first}.items()
        ),
        words=80,
    )
    ax = b.axes(88, 84, 452, 252)
    ends = []
    for arm, (name, gloss, role, variant) in _LINES.items():
        found = [recorded[arm, f"{measure}, {k}"] for k in THINGS]
        low, high = ([100 * float(np.clip(getattr(e, side), 0, 1)) for e in found] for side in ("low", "high"))
        charts.series(ax, THINGS, means[arm], low, high, role=role, variant=variant)
        for k, value in live.get(name, {}).items():
            charts.live(ax, k, 100 * value)
        shared = sum(line[2] == role for line in _LINES.values()) > 1  # then the name has its line's own shade
        ends.append((means[arm][-1], name, gloss, role_of(role)["main" if shared and variant == 0 else "deep"]))
    if guess is not None:
        ax.plot(3.1, guess, "<", ms=8, mfc=NEUTRAL["ink"], mec="white", zorder=6, clip_on=False)
    ax.set(
        xlim=(0.85, 5.15),
        ylim=(0, 100),
        yticks=(0, 25, 50, 75, 100),
        xticks=THINGS,
        ylabel=f"{'exact captions' if measure == 'exact' else measure}, %",
        xlabel="things in the picture",
    )
    results.names(b, ax, ends, left=560, gap=32)
    note = "     ".join(["□ this notebook's run"] * bool(live) + ["◂ your guess"] * (guess is not None))
    if note:
        b.text(776, 388, note, 8.5, NEUTRAL["ink2"], ha="right")
    return b


def pointing(recorded: Mapping, live: Mapping[str, Mapping[str, float]] = {}) -> Board:
    """The pointing game by class of words, beside looks that see nothing.

    ``recorded``: (``Arm(way="attention")``, "kind, hits") → Estimate; ``live``: class → {"hits": share}.
    """
    classes, whats = ("kind", "colour", "number"), ("hits", "any thing", "centre")
    of = {(c, w): 100 * recorded[Arm(way="attention"), f"{c}, {w}"].mean for c in classes for w in whats}
    b = Board(
        800,
        276,
        f"On the thing for {of['kind', 'hits']:.0f}% of kinds and {of['colour', 'hits']:.0f}% of colours, {of['number', 'hits']:.0f}% of numbers",
        "The brightest place is one that the word is about. Test captions; mean of "
        f"{recorded[Arm(way='attention'), 'kind, hits'].seeds} recorded runs.",
        alt="Dot chart of the pointing game. "
        + " ".join(f"{c}: {of[c, 'hits']:.0f}%, any thing {of[c, 'any thing']:.0f}%, centre {of[c, 'centre']:.0f}%." for c in classes),
        words=60,
    )
    ax = b.axes(104, 96, 620, 116)
    for y, c in enumerate(classes):
        values = [of[c, w] for w in whats]
        ax.plot([min(values), max(values)], [y, y], color=NEUTRAL["rule"], lw=1.4, zorder=1)
        ax.plot(of[c, "hits"], y, "o", ms=8, color=role_of("fusion")["main"], zorder=4, clip_on=False)
        ax.plot(of[c, "any thing"], y, "o", ms=7, mfc="white", mec=role_of("control")["main"], mew=1.6, zorder=3)
        ax.plot(of[c, "centre"], y, "x", ms=7, mec=role_of("control")["main"], mew=1.6, zorder=3)
        if c in live:
            charts.live(ax, 100 * live[c]["hits"], y)
    ax.set(ylim=(2.5, -0.5), yticks=range(3), yticklabels=classes, xlim=(0, 100), xticks=(0, 25, 50, 75, 100), xlabel="looks that hit, %")
    if live:
        b.text(776, 258, "□ this notebook's run", 8.5, NEUTRAL["ink2"], ha="right")
    ax.tick_params(axis="y", labelcolor=NEUTRAL["ink"], labelsize=9.5)
    for x, words, role in (
        (104, "● attention", "fusion"),
        (216, "○ any thing of the picture, by chance", "control"),
        (496, "× always the centre", "control"),
    ):
        b.text(x, 80, words, 9, role_of(role)["deep"], weight="bold")
    return b


def beams(found: Mapping[int, Mapping[str, float]]) -> Board:
    """What a wider beam brings to one model: scores and log-probability, each on its own scale.

    ``found``: width → {"exact", "SPICE", "CIDEr-D", "log-probability"}, the first of them greedy.
    """
    names = {"log-probability": "log-probability", "exact": "exact captions, %", "SPICE": "SPICE, %", "CIDEr-D": "CIDEr-D, of 10"}
    widths = list(found)
    first, last = found[widths[0]], found[widths[-1]]
    b = Board(
        800,
        316,
        f"A beam of {widths[-1]}: log-probability {last['log-probability'] - first['log-probability']:+.2f}, "
        f"SPICE {100 * (last['SPICE'] - first['SPICE']):+.1f} points, exact {100 * (last['exact'] - first['exact']):+.1f}",
        f"This notebook's run. From greedy (1) to a beam of {widths[-1]}, which does {widths[-1]} times the work. Mind the scales.",
        alt=f"Line charts over beam widths {', '.join(map(str, widths))}. "
        + " ".join(f"{m}: {first[m]:.2f} to {last[m]:.2f}." for m in names),
        words=60,
    )
    for i, (m, name) in enumerate(names.items()):
        ax = b.axes(64 + 184 * i, 104, 128, 144)
        scale = 100 if m in ("exact", "SPICE") else 1
        values = [scale * found[k][m] for k in widths]
        charts.series(ax, range(len(widths)), values, role="language" if m == "log-probability" else "fusion")
        low, high = min(values), max(values)
        room = max(high - low, 0.02 * abs(high), 1e-3)
        ax.set(xticks=range(len(widths)), xticklabels=widths, ylim=(low - room, high + room), xlabel="width")
        ax.locator_params(axis="y", nbins=4)
        b.text(64 + 184 * i, 88, name, 9, weight="bold")
    return b
