"""Notebook 07's measured results: stages, data, what is forgotten, what is said that is not there, rivals, the probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from course_utils.arms import Arm, Estimate
from course_utils.show import charts, results
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL
from course_utils.world.questions import TYPES

_MAIN = Arm(model="llava", stages="1 and 2")
_UNTRAINED, _STAGE_1, _STAGE_2 = (_MAIN.but(stages=stages) for stages in ("none", "1", "2"))
_ZEROED, _OTHERS, _BLIND = _MAIN.but(control="zeroed"), _MAIN.but(control="other pictures"), _MAIN.but(pictures="blind")
_CAPTIONED, _ONLY_YES, _UNPROMPTED = (_MAIN.but(data=data) for data in ("captions mixed in", "only yes", "no formats asked for"))
_STAGES = {
    _UNTRAINED: "no training",
    _STAGE_1: "stage 1 alone",
    _STAGE_2: "stage 2 alone",
    _MAIN: "both stages",
    _ZEROED: "both, pictures zeroed",
    _OTHERS: "both, other pictures",
    _BLIND: "both, trained blind",
}
# change → its name in the title, the arm without it, and with it
_LARGE = _MAIN.but(side=96)
_CHANGES = {
    "MLP for linear": ("MLP", _MAIN.but(projector="linear"), _MAIN),
    "96 px for 64": ("96 px", _MAIN, _LARGE),
    "academic questions": ("academic", _MAIN.but(data="no academic questions"), _MAIN),
    "formats asked for": ("formats", _UNPROMPTED, _MAIN),
}
_FORMS = {"word": "“answer in one word”", "sentence": "“answer in a sentence”", "None": "no form asked for"}
_ABSENCES = ("random", "popular", "adversarial")
_SHIPPED = _CAPTIONED.but(taught="longer")
_DENIERS = {
    _STAGE_1: ("stage 1 alone", "ink"),
    _MAIN: ("both stages", "fusion"),
    _SHIPPED: ("for longer", "fusion"),
    _ONLY_YES: ("only yes", "ink"),
    _ZEROED: ("zeroed", "control"),
}
_FORGETFUL = {"after stage 1": (_STAGE_1, _UNTRAINED), "after stage 2": (_MAIN, _MAIN), "captions mixed in": (_CAPTIONED, _CAPTIONED)}
_RIVALS = {
    name: Arm(model=model, trained=trained, taught="short answers, captions")
    for name, model, trained in (
        ("LLaVA, all", "llava", "projector and LM"),
        ("its projector alone", "llava", "projector"),
        ("Flamingo’s glue", "flamingo", "resampler and gates"),
    )
}
# what is exchanged → what the answer should do
_EXCHANGES = {"the asked thing": "should follow", "another thing": "should stay"}
_PAD = 26  # pt between the names of rows and the axis, where numbers near 0 stand


def stages(recorded: Mapping, live: Mapping[Arm, float] = {}, guess: float | None = None) -> Board:
    """Right answers after each stage, and controls: recorded means, this notebook's runs, the reader's guess for both stages.

    ``recorded``: (arm, "right") → Estimate. ``live``: arm → share. ``guess``: percent, or None.

    Raises BadInput if the guess is no number from 0 to 100.
    """
    found = {name: recorded[arm, "right"] for arm, name in _STAGES.items()}
    none, first, second, both = (found[_STAGES[arm]].mean for arm in (_UNTRAINED, _STAGE_1, _STAGE_2, _MAIN))
    return results.arms(
        f"Right: {none:.0%} untrained, {first:.0%} by stage 1, {second:.0%} by stage 2, {both:.0%} by both",
        found,
        {_STAGES[arm]: share for arm, share in live.items()},
        controls=[_STAGES[arm] for arm in (_ZEROED, _OTHERS, _BLIND)],
        measure="Right answers about new pictures, in one word",
        guess=(_STAGES[_MAIN], guess),
    )


def by_type(recorded: Mapping) -> Board:
    """Right answers by type of question, beside a model that was trained blind."""
    rows = [(name, *(recorded[arm, f"right, {name}"] for arm in (_BLIND, _MAIN))) for name in TYPES]
    rows.sort(key=lambda row: row[1].mean - row[2].mean)
    (most, *a), *_, (least, *z) = rows
    title = f"What seeing brings: most for {most}, {_gain(*a)} points; least for {least}, {_gain(*z)}"
    return results.dumbbells(
        title, "Right answers by type of question, sorted by the gain.", rows, ("trained blind", "both stages"), high=34
    )


def little_data(recorded: Mapping) -> Board:
    """Whether stage 1 pays, by how much stage 2 has to learn from."""
    sizes = {"all conversations": {}, "256 conversations": {"data": "little"}}
    rows = [(name, *(recorded[arm.but(**data), "right"] for arm in (_STAGE_2, _MAIN))) for name, data in sizes.items()]
    (_, *full), (name, *few) = rows
    title = f"Stage 1 first: {_gain(*full)} points with all conversations, {_gain(*few)} with {name.split()[0]}"
    return results.dumbbells(title, "Right answers by what stage 2 has to learn from.", rows, ("stage 2 alone", "both stages"))


def changes(recorded: Mapping) -> Board:
    """LLaVA-1.5's changes one by one, without and with each."""
    rows = [(name, *(recorded[arm, "right"] for arm in arms)) for name, (_, *arms) in _CHANGES.items()]
    title = ", ".join(f"{name} {_gain(*pair)}" for (name, *_), (_, *pair) in zip(_CHANGES.values(), rows))
    rows[2:2] = [(f"96 px for 64: {name}", *(recorded[arm, f"right, {name}"] for arm in (_MAIN, _LARGE))) for name in ("reading", "size")]
    return results.dumbbells(
        f"One change, in points: {title}", "Right answers, asked in one word, of all types but where said.", rows, ("without", "with")
    )


def formats(recorded: Mapping) -> Board:
    """Whether answers have the form that is asked for, and are right in it, with and without a training that asks for forms."""
    found = {
        m: [tuple(recorded[arm.but(asked=form), m] for arm in (_UNPROMPTED, _MAIN)) for form in _FORMS] for m in ("in the form", "right")
    }
    word, sentence, _ = found["in the form"]
    b = Board(
        800,
        328,
        f"Asked for a sentence: {sentence[1].mean:.0%} answer in one, {sentence[0].mean:.0%} if never taught forms",
        f"A word will do where no form is asked for. Right: in that form, too. {results.runs([word[0]])}.",
        alt="Dot charts, never taught forms and taught. "
        + "; ".join(f"{m}, {form}: {a.mean:.0%}, {z.mean:.0%}" for m, pairs in found.items() for form, (a, z) in zip(_FORMS, pairs))
        + ".",
        words=80,
    )
    for k, (measure, pairs) in enumerate(found.items()):
        ax = b.axes(220 + 304 * k, 124, 204, 144)
        b.text(220 + 304 * k, 106, measure, 10, weight="bold")
        columns = list(map(results.percent, zip(*pairs)))
        charts.dumbbells(ax, _FORMS.values() if k == 0 else [""] * 3, columns, ("control", "fusion"), label="answers, %", fmt="{:.0f}%")
        ax.tick_params(axis="y", pad=_PAD)
    results.legend(b, 220, 80, [("○", "never taught forms", "control"), ("●", "taught forms", "fusion")])
    return b


def forgetting(recorded: Mapping) -> Board:
    """What stage 2 takes: captions after stage 1 against after stage 2, and the language model's own text before and after."""
    found = {m: [recorded[arms[k], m] for arms in _FORGETFUL.values()] for k, m in enumerate(("captions, F1", "own text, nats"))}
    first, second, mixed = (e.mean for e in found["captions, F1"])
    return _columns(
        f"Captions, F1: {first:.2f} after stage 1, {second:.2f} after stage 2, {mixed:.2f} if mixed in",
        "Own text is without pictures, in nats a word, fewer are better.",
        list(_FORGETFUL),
        found,
        ["fusion"] * 3,
        ("language model untouched", "no short captions in it", "stage 2, else the same"),
    )


def rivals(recorded: Mapping) -> Board:
    """LLaVA, its projector alone, and Flamingo's glue, on the same texts and in as many steps."""
    found = {m: [recorded[arm, m] for arm in _RIVALS.values()] for m in ("right", "captions, F1", "own text, nats")}
    sizes = [f"{recorded[arm, 'trained numbers'].mean:,.0f} numbers" for arm in _RIVALS.values()]
    title = ", ".join(f"{name} {e.mean:.0%}" for name, e in zip(_RIVALS, found["right"]))
    subtitle = "Grey: numbers trained. Dotted: the language model as it was."
    return _columns(
        f"Right: {title}", subtitle, list(_RIVALS), found, ("fusion", "fusion", "ink"), sizes, recorded[_UNTRAINED, "own text, nats"]
    )


def hallucination(recorded: Mapping, live: Mapping[Arm, Mapping[str, float]] = {}) -> Board:
    """Is there a …? The share of "yes", and accuracy, by how absent things are drawn.

    ``recorded``: (arm, "random, yes") → Estimate. ``live``: arm → {"random, yes": share}.
    """
    many, high = len(_DENIERS), 26
    names, count = [name for name, _ in _DENIERS.values()] * 3, 3 * many
    places = [k // many * (many + 1) + k % many for k in range(count)]
    only = recorded[_ONLY_YES, "adversarial, yes"].mean
    easy, hard = (recorded[_SHIPPED, f"{how}, accuracy"].mean for how in ("random", "adversarial"))
    b = Board(
        800,
        176 + (places[-1] + 2) * high,
        f"Taught only yes: {only:.0%} yes. For longer, right: {easy:.0%} random, {hard:.0%} adversarial",
        f"Is there a …? For half of the questions there is. {results.runs([recorded[_MAIN, 'random, yes']])}; for longer: one run.",
        alt="Says yes, right. "
        + " ".join(
            f"{how}: "
            + ", ".join(
                f"{name} {recorded[arm, f'{how}, yes'].mean:.0%} {recorded[arm, f'{how}, accuracy'].mean:.0%}"
                for arm, (name, _) in _DENIERS.items()
                if arm not in (_ZEROED, _STAGE_1)
            )
            + "."
            for how in _ABSENCES
        ),
        words=90,
    )
    for k, (measure, head) in enumerate({"yes": "says yes", "accuracy": "right"}.items()):
        left = 264 + 260 * k
        ax = b.axes(left, 108, 196, high * (places[-1] + 1))
        b.text(left, 78, head, 10, weight="bold")
        keys = [(arm, f"{how}, {measure}") for how in _ABSENCES for arm in _DENIERS]
        roles = [role for _, role in _DENIERS.values()] * 3
        mean, low, up = results.percent([recorded[key] for key in keys])
        charts.dots(ax, names if k == 0 else [""] * count, mean, low, up, roles=roles, fmt="{:.0f}%", places=places)
        charts.percent_axis(ax, "x", "answers, %")
        charts.chance(ax, 50, "", vertical=True)
        b.text(left + 196, 78, "dotted: half", 8.5, NEUTRAL["ink2"], ha="right")
        for y, (arm, name) in zip(places, keys):
            if name in live.get(arm, {}):
                charts.live(ax, 100 * live[arm][name], y)
    for k, how in enumerate(_ABSENCES):
        b.text(b.PAD, 108 + high * ((many + 1) * k + 0.5), how, 10, weight="bold")
    results.key(b, 158 + (places[-1] + 2) * high, bool(live), None)
    return b


def exchanges(recorded: Mapping) -> Board:
    """The causal probe over many pictures: how often the answer follows its twin, and how often it stays."""
    rows = [
        (f"{what}{longer}", *(recorded[arm.but(exchanged=what), m] for m in ("stays", "follows")))
        for arm, longer in ((_SHIPPED, ", for longer"), (_MAIN, ""))
        for what in _EXCHANGES
    ]
    title = f"Taught for longer: the asked thing exchanged, {rows[0][2].mean:.0%} follow; another, {rows[1][1].mean:.0%} stay"
    return results.dumbbells(
        title,
        "Right until one place’s patches became its twin’s.",
        rows,
        ("still its own answer", "now the twin’s"),
        high=44,
        label="answers, %",
        glosses=list(_EXCHANGES.values()) * 2,
        of=f"{results.runs([rows[2][1]])}; for longer: one run",
    )


def _columns(
    title: str,
    subtitle: str,
    names: Sequence[str],
    found: Mapping[str, Sequence[Estimate]],
    roles: Sequence[str],
    glosses: Sequence[str] = (),
    before: Estimate | None = None,
) -> Board:
    """Named rows measured in several ways, each on an axis of its own; ``before``: a dotted line of nats."""
    high = 44
    b = Board(
        800,
        160 + high * len(names),
        title,
        f"{subtitle} {results.runs(next(iter(found.values()))[:1])}.",
        alt="Dot charts. "
        + "; ".join(f"{m}: " + ", ".join(f"{n} {e.mean:.2f}" for n, e in zip(names, es)) for m, es in found.items())
        + ".",
        words=90,
    )
    pitch = 576 / len(found)
    for k, (measure, estimates) in enumerate(found.items()):
        left, share = 208 + pitch * k, measure == "right"
        ax = b.axes(left, 112, pitch - 56, high * len(names))
        b.text(left, 78, measure, 10, weight="bold")
        values = [(e.mean, max(e.low, 0), e.high) for e in estimates]
        mean, low, up = results.percent(estimates) if share else zip(*values)
        charts.dots(
            ax,
            names if k == 0 else [""] * len(names),
            mean,
            low,
            up,
            roles=roles,
            fmt="{:.0f}%" if share else "{:.2f}",
            glosses=() if k else glosses,
        )
        if share:
            charts.percent_axis(ax, "x")
        elif measure.endswith("nats"):
            ax.set(xlim=(0, max(1.15 * max(mean), *up, before.mean if before else 0, 0.1)))
            if before:
                charts.chance(ax, before.mean, "before", vertical=True)
        else:
            ax.set(xlim=(0, 1))
    return b


def _gain(a: Estimate, z: Estimate) -> str:
    return f"{round(100 * z.mean) - round(100 * a.mean):+d}".replace("-", "−")
