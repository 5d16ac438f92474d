"""Notebook 07: what two stages of training make of a picture's patches, on what data, and what is said that is not there.

``dataset``, ``trainer`` (what they share), ``measures``, ``hallucination``, ``probe`` (tests), ``rival`` (06's glue on the same
texts), ``colleague`` (the run that looks fine), ``arms``.
"""

from __future__ import annotations

import functools

import numpy as np
from flax import nnx

from course_utils.arms import Arm, Recording
from course_utils.experiments.llava import arms, colleague, dataset, hallucination, measures, pretrained, probe, rival, trainer
from course_utils.experiments.llava.dataset import Pool
from course_utils.models.flamingo.flamingo import GLUE
from course_utils.models.llava.llava import Llava
from course_utils.models.llava.stages import trainable
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

    def hallucinates(self, arm: Arm, model: Llava, control: str = "") -> None:
        self.note(arm, hallucination.measure(measures.saying(model, longest=3), dataset.pictures(), self.test, control))


def run(seed: int) -> list[dict]:
    """All rows of one seed."""
    of = _Run(seed)
    untrained = trainer.untrained(seed=seed)
    of.ask(arms.UNTRAINED, untrained, roles=False)
    of.note(arms.UNTRAINED, measures.own_text(untrained))
    of.ask(arms.STAGE_1, of.stage_1("mlp", 64), roles=False)
    for arm, how in arms.TRAINED.items():
        model = of.begun(arm)
        trainer.stage_2(model, seed, **how)
        _asked(of, arm, model)
        print(f"  {vars(arm)} done", flush=True)
    _rivals(of, dataset.pictures())
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


def _rivals(of: _Run, pool: Pool) -> None:
    """LLaVA, its projector alone, and 06's glue, on the same texts."""
    taught = dataset.packed(pool, rival.told(pool, of.seed), roles=False)
    for arm, stage in ((arms.ALL_TRAINED, 2), (arms.PROJECTOR_ALONE, 1)):
        model = of.begun(arms.MAIN)
        trainer.train(model, pool, taught, stage, seed=of.seed, steps=trainer.STEPS[2])
        of.ask(arm, model, roles=False)
        of.note(arm, {"trained numbers": rival.trained(model, trainable(stage)), **measures.own_text(model)})
        print(f"  {vars(arm)} done", flush=True)
    glue = rival.flamingo_(pool, of.seed)
    of.note(arms.FLAMINGO, measures.vqa(rival.saying(glue), of.test, form=None) | measures.captioned(rival.saying(glue, 24), of.test, ""))
    of.note(arms.FLAMINGO, {"trained numbers": rival.trained(glue, GLUE), **measures.own_text(glue)})
    print(f"  {vars(arms.FLAMINGO)} done", flush=True)


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
    return {}
