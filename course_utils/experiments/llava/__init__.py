"""Notebook 07: what two stages of training make of a picture's patches, on what data, and what is said that is not there.

``dataset``, ``trainer`` (what they share), ``measures``, ``hallucination``, ``probe`` (tests), ``rival`` (06's glue on the same
texts), ``colleague`` (the run that looks fine), ``arms``.
"""

from __future__ import annotations

import numpy as np
from flax import nnx

from course_utils.arms import Arm, Recording
from course_utils.experiments.llava import arms, colleague, dataset, hallucination, measures, probe, rival, trainer
from course_utils.experiments.llava.dataset import Pool
from course_utils.models.flamingo.flamingo import GLUE
from course_utils.models.llava.llava import Llava
from course_utils.models.llava.stages import trainable
from course_utils.world.instructions import CAPTION

SEEDS = 3
LITTLE_STEPS = 100


class _Run:
    """One seed: its pictures, what stage 1 made, and the rows so far."""

    def __init__(self, seed: int):
        self.seed, self.rows = seed, []
        self.test = dataset.pictures(test=True)
        self._begun: dict[tuple, Llava] = {}

    def begun(self, projector: str = "mlp", side: int = 64) -> Llava:
        """A copy of a model after stage 1."""
        if (projector, side) not in self._begun:
            pool, model = dataset.pictures(side), trainer.untrained(seed=self.seed, projector=projector)
            trainer.train(model, pool, dataset.packed(pool, dataset.captions(pool, self.seed), roles=False), 1, seed=self.seed)
            self._begun[projector, side] = model
        return nnx.clone(self._begun[projector, side])

    def taught(self, pool: Pool, first: int | None = None, **data) -> dict[str, np.ndarray]:
        """What stage 2 reads of a pool, or of its ``first`` pictures; ``data`` as :func:`dataset.instructed`."""
        return dataset.packed(pool, dataset.instructed(pool, self.seed, **data)[:first])

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
    pool, test = dataset.pictures(), of.test
    of.ask(arms.UNTRAINED, trainer.untrained(seed=seed), roles=False)
    of.note(arms.UNTRAINED, measures.own_text(trainer.untrained(seed=seed)))
    of.ask(arms.STAGE_1, of.begun(), roles=False)
    for arm, data in arms.DATA.items():
        model, taught = of.begun(), of.taught(pool, **data)
        trainer.train(model, pool, taught, 2, seed=seed)
        of.ask(arm, model)
        if arm in (arms.MAIN, arms.ONLY_YES):
            of.hallucinates(arm, model)
        if arm in (arms.MAIN, arms.CAPTIONED):
            of.note(arm, measures.own_text(model))
        if arm in (arms.MAIN, arms.UNPROMPTED):
            for form in (*measures.FORMATS, None):
                of.note(arm.but(asked=str(form)), measures.vqa(measures.saying(model), test, form=form))
        if arm == arms.MAIN:
            of.hallucinates(arms.CONTROLS["zeroed"], model, "zeroed")
            for control, of_control in arms.CONTROLS.items():
                of.note(of_control, measures.vqa(measures.saying(model), test, control))
            for what, found in probe.measures(measures.saying(model), probe.cases()).items():
                of.note(arm.but(exchanged=what), found)
        print(f"  {vars(arm)} done", flush=True)
    _stages(of, pool)
    _pictures(of, pool)
    _rivals(of, pool)
    model = of.begun()
    of.note(arms.COLLEAGUE, colleague.symptoms(model, colleague.train(model, pool, seed=seed), test))
    return of.rows


def _stages(of: _Run, pool: Pool) -> None:
    """Without stage 1, and with little for stage 2."""
    for arm, how in ((arms.STAGE_2, {}), (arms.FEW, {"first": arms.LITTLE}), (arms.FEW_STAGE_2, {"first": arms.LITTLE})):
        model = trainer.untrained(seed=of.seed) if arm.stages == "2" else of.begun()
        trainer.train(model, pool, of.taught(pool, **how), 2, seed=of.seed, steps=LITTLE_STEPS if how else None)
        of.ask(arm, model)
        print(f"  {vars(arm)} done", flush=True)


def _pictures(of: _Run, pool: Pool) -> None:
    """Another projector, larger pictures, none at all."""
    for arm, projector, side in ((arms.LINEAR, "linear", 64), (arms.LARGE, "mlp", 96), (arms.BLIND, "mlp", 64)):
        blind, seen, model = arm == arms.BLIND, dataset.pictures(side), of.begun(projector, side)
        trainer.train(model, seen, of.taught(seen), 2, seed=of.seed, blind=blind)
        test = dataset.pictures(side, test=True)
        of.ask(arm, model, dataset.Pool(test.scenes, np.zeros_like(test.features), side) if blind else test)
        print(f"  {vars(arm)} done", flush=True)


def _rivals(of: _Run, pool: Pool) -> None:
    """LLaVA, its projector alone, and 06's glue, on the same texts."""
    taught = dataset.packed(pool, rival.told(pool, of.seed), roles=False)
    for arm, stage in ((arms.ALL_TRAINED, 2), (arms.PROJECTOR_ALONE, 1)):
        model = of.begun()
        trainer.train(model, pool, taught, stage, seed=of.seed, steps=trainer.STEPS[2])
        of.ask(arm, model, roles=False)
        of.note(arm, {"trained numbers": rival.trained(model, trainable(stage)), **measures.own_text(model)})
        print(f"  {vars(arm)} done", flush=True)
    glue = rival.flamingo_(pool, of.seed)
    of.note(arms.FLAMINGO, measures.vqa(rival.saying(glue), of.test, form=None) | measures.captioned(rival.saying(glue, 24), of.test, ""))
    of.note(arms.FLAMINGO, {"trained numbers": rival.trained(glue, GLUE), **measures.own_text(glue)})
    print(f"  {vars(arms.FLAMINGO)} done", flush=True)


def baselines() -> list[dict]:
    """Nothing is measured without training."""
    return []


def claims(recorded: Recording) -> dict[str, bool]:
    """What notebook 07 says of its recording, and whether it holds there."""
    return {}
