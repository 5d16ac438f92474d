"""Notebook 07: what two stages of training make of a picture's patches, on what data, and what is said that is not there.

``dataset``, ``trainer`` (what they share), ``measures``, ``hallucination``, ``probe`` (tests), ``colleague`` (the run that looks
fine), ``pretrained`` (the shipped model), ``arms``. 06's glue on the same texts: :mod:`course_utils.experiments.rivals`.
"""

from __future__ import annotations

import functools
import itertools

import numpy as np
from flax import nnx

from course_utils.arms import Arm, Recording
from course_utils.experiments.llava import arms, colleague, dataset, hallucination, measures, pretrained, probe, trainer
from course_utils.experiments.llava.dataset import Pool
from course_utils.models.llava.llava import Llava
from course_utils.world.instructions import CAPTION, FORMATS

SEEDS = 3


class _Run:
    """One seed: its test pictures, what stage 1 made, and the rows so far."""

    def __init__(self, seed: int):
        self.seed, self.rows, self.test = seed, [], dataset.pictures(test=True)
        self.stage_1 = functools.cache(functools.partial(trainer.stage_1, seed))

    def begun(self, arm: Arm) -> Llava:
        """A model as an arm's stage 2 finds it."""
        made, fields = trainer.untrained(seed=self.seed), vars(arm)
        return made if arm.stages == "2" else nnx.clone(self.stage_1(fields.get("projector", "mlp"), fields.get("side", 64)))

    def note(self, arm: Arm, values: dict[str, float]) -> None:
        self.rows += arm.rows(values)

    def ask(self, arm: Arm, model: Llava, test: Pool | None = None, roles: bool = True) -> None:
        """Questions and captions, in the form that a model knows."""
        test = test or self.test
        short, long = (measures.saying(model, test.side, roles, longest) for longest in (8, 24))
        self.note(arm, measures.vqa(short, test, form="word" if roles else None))
        self.note(arm, measures.captioned(long, test, CAPTION[0] if roles else ""))

    def hallucinates(self, arm: Arm, model: Llava, control: str = "", taught: bool = True) -> None:
        """``taught``: by stage 2, what a conversation is, and to answer in a word."""
        say = measures.saying(model, roles=taught, longest=3)
        self.note(arm, hallucination.measure(say, dataset.pictures(), self.test, control, "word" if taught else None))


def run(seed: int) -> list[dict]:
    """All rows of one seed."""
    of = _Run(seed)
    untrained = trainer.untrained(seed=seed)
    for arm, model in ((arms.UNTRAINED, untrained), (arms.STAGE_1, of.stage_1("mlp", 64))):
        of.ask(arm, model, roles=False)
        of.hallucinates(arm, model, taught=False)
    of.note(arms.UNTRAINED, measures.own_text(untrained))
    for arm, how in arms.TRAINED.items():
        model = of.begun(arm)
        trainer.stage_2(model, seed, **how)
        _asked(of, arm, model)
        print(f"  {vars(arm)} done", flush=True)
    model = of.begun(arms.MAIN)
    of.note(arms.COLLEAGUE, colleague.symptoms(model, colleague.train(model, dataset.pictures(), seed=seed), of.test))
    return of.rows


def _asked(of: _Run, arm: Arm, model: Llava) -> None:
    """What an arm is asked after stage 2."""
    side = 96 if arm == arms.LARGE else 64
    test = dataset.pictures(side, test=True)
    of.ask(arm, model, dataset.Pool(test.scenes, np.zeros_like(test.features), side) if arm == arms.BLIND else test)
    if arm == arms.NOT_ACADEMIC:
        of.note(arm, measures.named(measures.saying(model, longest=24), test))
    if arm in (arms.MAIN, arms.ONLY_YES):
        of.hallucinates(arm, model)
    if arm in (arms.MAIN, arms.CAPTIONED):
        of.note(arm, measures.own_text(model))
    if arm in (arms.MAIN, arms.UNPROMPTED):
        for form in (*FORMATS, None):
            of.note(arm.but(asked=str(form)), measures.vqa(measures.saying(model), test, form=form))
    if arm == arms.MAIN:
        of.hallucinates(arms.CONTROLS["zeroed"], model, "zeroed")
        for control, of_control in arms.CONTROLS.items():
            of.note(of_control, measures.vqa(measures.saying(model), test, control))
        for what, found in probe.measures(measures.saying(model), probe.cases()).items():
            of.note(arm.but(exchanged=what), found)


def baselines() -> list[dict]:
    """What needs no training: the shipped model, which was taught for longer."""
    model, test = pretrained.shipped(), dataset.pictures(test=True)
    say = measures.saying(model)
    told = measures.vqa(say, test) | measures.captioned(measures.saying(model, longest=24), test) | measures.own_text(model)
    rows = arms.SHIPPED.rows(told | hallucination.measure(measures.saying(model, longest=3), dataset.pictures(), test))
    for what, found in probe.measures(say, probe.cases()).items():
        rows += arms.SHIPPED.but(exchanged=what).rows(found)
    return rows


def claims(recorded: Recording) -> dict[str, bool]:
    """What notebook 07 says of its recording, and whether it holds there."""

    def mean(arm: Arm, measure: str = "right") -> float:
        return recorded[arm, measure].mean

    def above(arm: Arm, other: Arm, by: float = 0.0, measure: str = "right") -> bool:
        """In every run at least so much above every run of another arm."""
        return min(recorded[arm, measure].values) > max(recorded[other, measure].values) + by

    f1, nats = "captions, F1", "own text, nats"
    asked = {arm: {form: arm.but(asked=str(form)) for form in (*FORMATS, None)} for arm in (arms.MAIN, arms.UNPROMPTED)}
    sees, guesses = ("what", "colour", "size", "two-hop"), ("count", "relation", "reading")
    blind = {name: mean(arms.MAIN, f"right, {name}") - mean(arms.BLIND, f"right, {name}") for name in sees + guesses}
    denied = [f"{how}, " for how in hallucination.ABSENCES]
    return {
        "a frozen language model speaks of what is there": above(arms.STAGE_1, arms.UNTRAINED, 0.2, f1),
        "after stage 1 it is right in a fifth or a fourth": 0.18 < mean(arms.STAGE_1) < 0.3,
        "after stage 1 fewer than half of the answers are one word": mean(arms.STAGE_1, "in the form") < 0.5,
        "both stages are best": above(arms.MAIN, arms.STAGE_2),
        "who sees nothing is right in a third": all(0.3 < mean(arm) < 0.42 for arm in (arms.BLIND, *arms.CONTROLS.values())),
        "seeing brings much": above(arms.MAIN, arms.BLIND, 0.15),
        "it sees things, colours and sizes": all(blind[name] > 0.15 for name in sees),
        "it does not count, compare places or read": all(blind[name] < 0.15 for name in guesses),
        "with little data stage 1 decides": above(arms.FEW, arms.FEW_STAGE_2, 0.08) and mean(arms.FEW_STAGE_2) < 0.4,
        "two layers bring nothing": abs(mean(arms.LINEAR) - mean(arms.MAIN)) < 0.05,
        "larger pictures bring nothing": mean(arms.LARGE) < mean(arms.MAIN) + 0.02,
        "without academic questions nothing is in the form": max(recorded[arms.NOT_ACADEMIC, "in the form"].values) < 0.05,
        "but the right word stands in some answers": mean(arms.NOT_ACADEMIC, "named") > 0.2,
        "a prompt that was not trained is noise": above(asked[arms.UNPROMPTED][None], asked[arms.UNPROMPTED]["word"], 0.1),
        "a trained one is followed": min(min(recorded[asked[arms.MAIN][form], "in the form"].values) for form in FORMATS) > 0.95,
        "and changes no answer": abs(mean(asked[arms.MAIN]["word"]) - mean(asked[arms.MAIN]["sentence"])) < 0.05,
        "asked for no form it gives no word": max(recorded[asked[arms.MAIN][None], "in the form"].values) < 0.05,
        "captions are forgotten": above(arms.STAGE_1, arms.MAIN, 0.1, f1),
        "mixed in they are better than ever": above(arms.CAPTIONED, arms.STAGE_1, 0.15, f1),
        "its own text is forgotten either way": all(above(arm, arms.UNTRAINED, 0.5, nats) for arm in (arms.MAIN, arms.CAPTIONED)),
        "after stage 1 it says no": all(max(recorded[arms.STAGE_1, f"{how}yes"].values) < 0.05 for how in denied),
        "never told no, it says yes": all(min(recorded[arms.ONLY_YES, f"{how}yes"].values) > 0.97 for how in denied),
        "F1 does not show it": all(mean(arms.ONLY_YES, f"{how}F1") > mean(arms.MAIN, f"{how}F1") for how in denied),
        "after 400 steps it can hardly tell": all(mean(arms.MAIN, f"{how}accuracy") < 0.62 for how in denied),
        "the projector alone sees nearly as well": mean(arms.PROJECTOR_ALONE) > mean(arms.ALL_TRAINED) - 0.1,
        "and leaves the language model as it was": mean(arms.PROJECTOR_ALONE, nats) == mean(arms.UNTRAINED, nats),
        "trained along, captions name more": above(arms.ALL_TRAINED, arms.PROJECTOR_ALONE, 0.2, f1),
        "06's glue keeps up": abs(mean(arms.FLAMINGO) - mean(arms.PROJECTOR_ALONE)) < 0.06,
        "at about as much of its own text": all(above(arm, arms.UNTRAINED, 0.5, nats) for arm in (arms.FLAMINGO, arms.ALL_TRAINED)),
        "half follow the asked thing, a third another one": all(
            0.4 < mean(arm.but(exchanged="the asked thing"), "follows") < 0.65
            and 0.2 < mean(arm.but(exchanged="another thing"), "follows") < 0.4
            for arm in (arms.MAIN, arms.SHIPPED)
        ),
        "taught for longer it is right in nearly three of four": 0.68 < mean(arms.SHIPPED) < 0.78,
        "and says what is likely": all(
            mean(arms.SHIPPED, f"{a}, accuracy") > mean(arms.SHIPPED, f"{z}, accuracy")
            for a, z in itertools.pairwise(hallucination.ABSENCES)
        )
        and mean(arms.SHIPPED, "adversarial, yes") > 0.65,
        "the colleague's says nothing": min(recorded[arms.COLLEAGUE, "nothing said"].values) > 0.97,
    }
