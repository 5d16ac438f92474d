"""Notebook 02's measured results: things against scores, the pointing game, the probe, beams."""

from __future__ import annotations

from collections.abc import Mapping

from course_utils.arms import Arm
from course_utils.show import charts, probe, results
from course_utils.show.board import Board

THINGS = (1, 2, 3, 4, 5)
# arm → the name at the line's end, what it means, role, variant
_LINES = {
    Arm(way="attention"): ("attention", "looks before every word", "fusion", 0),
    Arm(way="uniform"): ("uniform", "the mean, at every word", "vision", 0),
    Arm(way="first input"): ("Show and Tell", "the mean, once, as first input", "vision", 1),
    Arm(way="attention", picture="another"): ("another picture", "attention, wrong picture", "control", 0),
    Arm(way="none"): ("blind", "sees nothing", "language", 0),
}


def by_things(recorded: Mapping, live: Mapping[str, Mapping[int, float]], guess: float | None = None, measure: str = "exact") -> Board:
    """A score against the number of things in the picture: recorded means with intervals, this notebook's runs, a guess.

    Parameters
    ----------
    recorded : (arm, "exact, 3") → Estimate. live : name of a line → {number of things: share}.
    guess : percent, for "uniform" at three things; ``None`` is not drawn.

    Raises BadInput if the guess is no number from 0 to 100.
    """
    results.check_guess(guess)
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
    charts.percent_axis(ax, "y", f"{'exact captions' if measure == 'exact' else measure}, %")
    ax.set(xlim=(0.85, 5.15), xticks=THINGS, xlabel="things in the picture")
    found = {arm: [recorded[arm, f"{measure}, {k}"] for k in THINGS] for arm in _LINES}
    squares = {arm: live[name] for arm, (name, *_) in _LINES.items() if name in live}
    results.lines(b, ax, THINGS, found, _LINES, squares, left=560, gap=32)
    if guess is not None:
        charts.guess(ax, 3.1, guess, marker="<")
    results.key(b, 388, bool(live), guess, marker="◂")
    return b


def pointing_game(recorded: Mapping, live: Mapping[str, Mapping[str, float]] = {}) -> Board:
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
    columns, roles = [[of[c, w] for c in classes] for w in whats], ("fusion", "control", "control")
    charts.dumbbells(ax, classes, columns, roles, label="looks that hit, %", markers="oox")
    for y, c in enumerate(classes):
        if c in live:
            charts.live(ax, 100 * live[c]["hits"], y)
    results.key(b, 258, bool(live))
    words = ("attention", "any thing of the picture, by chance", "always the centre")
    results.legend(b, 104, 80, list(zip("●○×", words, roles)))
    return b


def exchanges(recorded: Mapping, live: Mapping[tuple[Arm, str], float] = {}) -> Board:
    """How often the next word follows an exchanged place. ``recorded``, ``live``: (arm with ``exchanged``, "kind follows") → share."""
    names = {"its place": "its thing", "the brightest": "brightest place", "another thing's": "another thing"}
    rows = {
        f"{what}: {name}": (Arm(way="attention", exchanged=place), f"{what} follows")
        for what in ("colour", "kind")
        for name, place in names.items()
    }
    controls = [name for name in rows if name.endswith("thing's")]
    return probe.shares(recorded, rows, live, controls=controls, measure="One place exchanged: right words that become the twin's")


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
