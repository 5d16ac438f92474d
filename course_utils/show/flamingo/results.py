"""Notebook 06's measured results: names by shots, what they need, the language model's own text, gates, few-shot tasks."""

from __future__ import annotations

from collections.abc import Mapping

from course_utils.arms import Arm
from course_utils.show import charts, results
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL
from course_utils.show.palette import role as role_of

_MAIN = Arm(model="flamingo")
_NEVER_TAUGHT, _FINE_TUNED, _UNGATED = _MAIN.but(lm="never taught"), _MAIN.but(lm="fine-tuned"), _MAIN.but(gates="none")
_SHOTS = {2: (0, 1, 2, 4), 4: (0, 1, 2)}  # names → shots of each
# arm → name at the line's end, what it means, role, variant
_LINES = {
    _MAIN: ("Flamingo", "frozen LM, gates", "fusion", 0),
    _MAIN.but(control="other pictures"): ("other pictures", "as examples", "control", 1),
    _MAIN.but(control="names shuffled"): ("names shuffled", "over pictures", "control", 1),
    _MAIN.but(control="blind"): ("blind", "empty pictures", "control", 1),
}
_NEEDS = {
    _MAIN: "as it is",
    _MAIN.but(described="never"): "no text says what a picture shows",
    _NEVER_TAUGHT: "LM never taught",
    _FINE_TUNED: "LM fine-tuned",
    _UNGATED: "no gates",
    _MAIN.but(resampler="mean"): "the mean patch, no resampler",
    _MAIN.but(resampler="none"): "all patches, no resampler",
    _MAIN.but(control="blind"): "as it is, blind",
}
_TASKS = {
    "captions": ("captions", "in a language shown by example", (0, 1, 2, 4)),
    "answers": ("answers", "in a form shown by example", (0, 1, 2, 3)),
}
_TAUGHT = Arm(model="flamingo", taught="names, captions, answers")
# what is exchanged → what the answer should do
_EXCHANGES = {
    "the asked picture, for one of the other name": "should follow",
    "both named pictures, for each other": "should follow",
    "the asked picture, for another of its name": "should stay",
    "the third name's picture, for any": "should stay",
}


def by_shots(
    recorded: Mapping, live: Mapping[Arm, Mapping[str, float]] = {}, guess: float | None = None, at: tuple[int, int] = (2, 2)
) -> Board:
    """How often a made-up name is right, against the shots of each name, for two names and for four.

    Parameters
    ----------
    recorded : (arm, "2 names, 4 shots") → Estimate. live : arm → {"2 names, 4 shots": share}.
    guess : percent, for so many names and shots as ``at`` says; ``None`` is not drawn.

    Raises BadInput if the guess is no number from 0 to 100.
    """
    results.check_guess(guess)
    means = {n: [recorded[_MAIN, _setting(n, k)].mean for k in many] for n, many in _SHOTS.items()}
    none, one, *_, most = means[2]
    b = Board(
        800,
        400,
        f"Two names: {none:.0%} right without a shot, {one:.0%} with one of each, {most:.0%} with {_SHOTS[2][-1]}",
        f"The asked name is ranked first among all words. {results.runs([recorded[_MAIN, _setting(2, 1)]])}.",
        alt="Line charts, right names against shots. "
        + " ".join(
            f"{n} names: {', '.join(f'{m:.0%}' for m in means[n])} for {', '.join(map(str, many))} shots." for n, many in _SHOTS.items()
        ),
        words=104,
    )
    unit, left = 46, 72
    for n, many in _SHOTS.items():
        wide = unit * (many[-1] + 0.5)
        ax = b.axes(left, 108, wide, 216)
        b.text(left, 86, f"{'two' if n == 2 else 'four'} names", 10, weight="bold")
        b.text(left + 104, 86, f"dotted: one of {n}", 8.5, NEUTRAL["ink2"])
        charts.percent_axis(ax, "y", "right names, %" if n == 2 else "")
        ax.set(xlim=(-0.25, many[-1] + 0.25), xticks=many, xlabel="shots of each name")
        charts.chance(ax, 100 / n, "")
        found = {arm: [recorded[arm, _setting(n, k)] for k in many] for arm in _LINES}
        squares = {arm: {k: live[arm][_setting(n, k)] for k in many if _setting(n, k) in live[arm]} for arm in _LINES if arm in live}
        results.lines(b, ax, many, found, _LINES, squares, left=left + wide + 14, gap=32, shift=0.11)
        if guess is not None and at[0] == n:
            charts.guess(ax, at[1] + 0.22, guess, marker="<")
        left += wide + 14 + 156
    b.text(b.PAD, 382, "controls side by side, from the left: other pictures, names shuffled, blind", 8.5, NEUTRAL["ink2"])
    results.key(b, 382, bool(live), guess, marker="◂")
    return b


def what_it_needs(
    recorded: Mapping, live: Mapping[Arm, float] = {}, guess: tuple[Arm, float | None] = (_MAIN, None), measure: str = "2 names, 2 shots"
) -> Board:
    """Right names without one part at a time: recorded means, this notebook's runs, and the reader's guess for one arm.

    ``live``: arm → share of ``measure``. Raises BadInput if the guess is no number from 0 to 100.
    """
    found = {name: recorded[arm, measure] for arm, name in _NEEDS.items()}
    as_is, *without, blind = found
    least = min(without, key=lambda name: found[name].mean)
    names, shots = measure.replace(" names", "").replace(" shots", "").split(", ")
    return results.arms(
        f"{found[as_is].mean:.0%} as it is; the least, {found[least].mean:.0%}, with “{least}”",
        found,
        {_NEEDS[arm]: share for arm, share in live.items()},
        controls=(blind,),
        measure=f"Right names, {names} names with {shots} shot{'s' * (shots != '1')} of each",
        axis="right names, %",
        chance=1 / int(names),
        guess=(_NEEDS[guess[0]], guess[1]),
    )


def own_text(recorded: Mapping) -> Board:
    """What the glue does to the language model's own text, in nats a word: fewer is better."""
    alone = recorded[Arm(model="language model"), "own text, nats"]
    found = {
        "the LM alone": alone,
        "Flamingo, untrained": recorded[_MAIN, "at the start, own text, nats"],
        "Flamingo, trained": recorded[_MAIN, "own text, nats"],
        "no gates, untrained": recorded[_UNGATED, "at the start, own text, nats"],
        "no gates, trained": recorded[_UNGATED, "own text, nats"],
        "LM fine-tuned": recorded[_FINE_TUNED, "own text, nats"],
    }
    means = {name: e.mean for name, e in found.items()}
    b = Board(
        800,
        152 + 36 * len(found),
        f"Its own text: {alone.mean:.2f} nats a word alone, {means['Flamingo, trained']:.2f} as Flamingo, "
        f"{means['LM fine-tuned']:.2f} if fine-tuned",
        f"Held-out text without pictures, asked words; fewer is better. {results.runs([recorded[_MAIN, 'own text, nats']])}.",
        alt="Dot chart, nats a word on text without pictures: " + ", ".join(f"{name} {m:.2f}" for name, m in means.items()) + ".",
        words=75,
    )
    ax = b.axes(204, 88, 524, 36 * len(found))
    roles = ["language", "fusion", "fusion", "control", "control", "language"]
    values, low, high = zip(*((e.mean, max(e.low, 0), e.high) for e in found.values()))
    charts.dots(ax, list(found), values, low, high, roles=roles, fmt="{:.2f}")
    charts.chance(ax, alone.mean, "the LM alone", vertical=True)
    ax.set(xlim=(0, 1.1 * max(*means.values(), 0.1)), xlabel="nats a word (0: always sure and right)")
    return b


def gates(recorded: Mapping) -> Board:
    """How far the gates open along a training."""
    moments = [measure.split(" at ")[1] for arm, measure in recorded if arm == _MAIN and measure.startswith("gate of attention at ")]
    styles = {"attention": ("attention", r"the gate $\alpha$", "fusion", 0), "thinking": ("thinking", r"the gate $\beta$", "fusion", 1)}
    found = {what: [recorded[_MAIN, f"gate of {what} at {moment}"] for moment in moments] for what in styles}
    ends = {what: estimates[-1].mean for what, estimates in found.items()}
    b = Board(
        800,
        356,
        f"The gates start shut and end {ends['attention']:.0%} open for attention, {ends['thinking']:.0%} for thinking",
        f"|tanh| of the gates, mean over the blocks; 0 at step 0. {results.runs([found['attention'][0]])}.",
        alt="Line chart of the gates along a training, from 0: "
        + " ".join(f"{what} {found[what][0].mean:.0%} at {moments[0]}, {end:.0%} at the end." for what, end in ends.items()),
        words=60,
    )
    ax = b.axes(84, 88, 536, 200)
    highest = max(e.high for estimates in found.values() for e in estimates)
    charts.percent_axis(ax, "y", "how far open, %")
    top = next(t for t in (20, 40, 60, 80, 100) if t >= 100 * min(highest, 1))
    ax.set(ylim=(0, top), yticks=[k * top / 4 for k in range(5)], xlim=(0, 102), xlabel="of the training's steps, %")
    ax.plot(0, 0, "o", ms=7, mfc="white", mec=role_of("fusion")["main"], mew=1.6, zorder=5, clip_on=False)
    for estimates in found.values():  # from where they start
        ax.plot([0, float(moments[0].rstrip("%"))], [0, 100 * estimates[0].mean], color=role_of("fusion")["main"], lw=1.1, zorder=2)
    results.lines(b, ax, [float(moment.rstrip("%")) for moment in moments], found, styles, {}, left=640, gap=34)
    return b


def few_shot(recorded: Mapping) -> Board:
    """Captions and answers in a way that only examples show, against their number; and the same model fine-tuned."""
    styles = {"in the form": ("in the form", "as the examples", "language", 0), "right": ("right", "and in the form", "fusion", 0)}
    found = {
        task: {what: [recorded[_TAUGHT.but(task=task, shots=k), what] for k in many] for what in styles}
        for task, (*_, many) in _TASKS.items()
    }
    tuned = {task: {what: recorded[_TAUGHT.but(tuned="64 examples", task=task, shots=0), what] for what in styles} for task in _TASKS}
    first, *_, last = (e.mean for e in found["captions"]["in the form"])
    b = Board(
        800,
        416,
        f"Captions in the language shown: {first:.0%} without an example, {last:.0%} with {_TASKS['captions'][-1][-1]}",
        f"One model, no step of training in between. {results.runs([found['captions']['right'][0]])}.",
        alt="Line charts against the number of examples. "
        + " ".join(
            f"{task}, {what}: {', '.join(f'{e.mean:.0%}' for e in found[task][what])}; fine-tuned {tuned[task][what].mean:.0%}."
            for task in _TASKS
            for what in styles
        ),
        words=90,
    )
    for k, (task, (name, gloss, many)) in enumerate(_TASKS.items()):
        left = 72 + 368 * k
        ax = b.axes(left, 120, 208, 208)
        b.text(left, 80, name, 10, weight="bold")
        b.text(left, 97, gloss, 8.5, NEUTRAL["ink2"])
        charts.percent_axis(ax, "y", "of new pictures, %" if k == 0 else "")
        ax.set(xlim=(-0.65, many[-1] + 0.25), xticks=many, xlabel="examples in the prompt")
        results.lines(b, ax, many, found[task], styles, {}, left=left + 222, gap=32, shift=0.05)
        for at, (what, (*_, role, _)) in zip((-0.52, -0.28), styles.items()):
            (mean,), (low,), (high,) = results.percent([tuned[task][what]])
            ax.vlines(at, low, high, color=role_of(role)["main"], lw=5, alpha=0.33, zorder=3)
            ax.plot(at, mean, "o", ms=7, mfc="white", mec=role_of(role)["main"], mew=1.6, zorder=5, clip_on=False)
    results.legend(b, Board.PAD, 398, [("○", "fine-tuned on 64 examples of one kind, none in the prompt", "control")], weight="normal")
    return b


def exchanges(recorded: Mapping) -> Board:
    """The causal probe over many prompts: how often the answer becomes the other name, and how often it stays."""
    found = {what: [recorded[_MAIN.but(exchanged=what), m] for m in ("follows", "stays")] for what in _EXCHANGES}
    (follows, _), *_, (_, stays) = found.values()
    b = Board(
        800,
        168 + 48 * len(found),
        f"The asked picture exchanged: {follows.mean:.0%} follow it. A bystander's: {stays.mean:.0%} stay",
        f"Prompts with three names, answered right before the exchange. {results.runs([follows])}.",
        alt="Dot chart. "
        + "; ".join(f"{what}: {f.mean:.0%} follow, {s.mean:.0%} stay" for what, (f, s) in found.items()).replace(", for", " for")
        + ".",
        words=90,
    )
    ax = b.axes(348, 108, 372, 48 * len(found))
    columns = [results.percent([pair[k] for pair in found.values()]) for k in (0, 1)]
    charts.dumbbells(ax, [""] * len(found), columns, ("fusion", "control"), label="answers, %", fmt="{:.0f}%")
    for y, (what, wanted) in enumerate(_EXCHANGES.items()):
        for dy, words, grey in ((-8, what.replace("another of its name", "another of its own"), False), (9, wanted, True)):
            b.text(304, 132 + 48 * y + dy, words, 8.5, NEUTRAL["ink2"] if grey else None, ha="right")
    results.legend(b, 348, 86, [("●", "now the other name", "fusion"), ("○", "still its own name", "control")])
    return b


def _setting(names: int, shots: int) -> str:
    return f"{names} names, {shots} shots"
