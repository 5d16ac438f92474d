"""Notebook 06: made-up names learned from the prompt, what that needs, and what sight costs a frozen language model.

``dataset``, ``trainer`` (what they share), ``names``, ``few_shot``, ``text``, ``probe`` (tests), ``colleague`` (the run that looks
fine), ``cost``, ``arms``.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from course_utils import training
from course_utils.arms import Arm, Estimate, Recording
from course_utils.experiments.flamingo import arms, colleague, cost, dataset, few_shot, names, probe, text, trainer
from course_utils.towers import language

SEEDS = 3
MOMENTS = (0.02, 0.1, 0.25, 0.5, 0.75, 1.0)  # of a training, at which its gates are noted
FEW_SHOT_STEPS = 500


def gates(history: training.History) -> dict[str, float]:
    """How far the gates are open, in the mean over blocks of |tanh|, along a training."""
    steps = [max(round(moment * history.steps) - 1, 0) for moment in MOMENTS]
    metrics = {"attention": history.metrics["gate of attention"], "thinking": history.metrics["gate of thinking"]}
    return {f"gate of {what} at {moment:.0%}": float(found[k]) for what, found in metrics.items() for moment, k in zip(MOMENTS, steps)}


def run(seed: int) -> list[dict]:
    """All rows of one seed."""
    pool, test = dataset.pictures(), dataset.pictures(names.POOL, test=True)
    large = dataset.pictures(names.POOL, side=96, test=True)
    rows = []
    for arm, how in arms.TRAINED.items():
        begun = trainer.untrained(seed=seed, **{name: value for name, value in how.items() if name != "described"})
        if arm in (arms.MAIN, arms.UNGATED):
            rows += arm.rows({f"at the start, {what}": value for what, value in text.own_text(begun).items()})
        model, history = trainer.train(pool, seed=seed, model=begun, **how)
        rows += arm.rows(names.by_shots(model, test) | text.own_text(model))
        if arm == arms.MAIN:
            rows += arm.rows(gates(history))
            for control, of in arms.CONTROLS.items():
                rows += of.rows(names.by_shots(model, test, control))
            for what, found in probe.measures(model, test).items():
                rows += arm.but(exchanged=what).rows(found)
        if "resampler" in vars(arm) or arm == arms.MAIN:
            rows += arm.but(side=96).rows(names.by_shots(model, large))
        print(f"  {vars(arm)} done", flush=True)
    rows += arms.COLLEAGUE.rows(colleague.symptoms(colleague.train(pool, seed=seed), test))
    return rows


def _few_shot(seed: int) -> list[dict]:
    pool, test = dataset.pictures(several=dataset.SEVERAL), dataset.pictures(names.POOL, few_shot.POOL, test=True)
    model, _ = trainer.train(pool, seed=seed, shares=dataset.ALL, steps=FEW_SHOT_STEPS)
    rows = arms.FEW_SHOT.rows(names.by_shots(model, test))
    for task, many in few_shot.SHOTS.items():
        for shots in many:
            rows += arms.FEW_SHOT.but(task=task, shots=shots).rows(few_shot.measure(model, test, task, shots))
        told = [
            few_shot.measure(few_shot.tuned(model, pool, task, which, seed), test, task, 0, kinds=(which,))
            for which in few_shot.KINDS[task]
        ]
        rows += arms.TUNED.but(task=task, shots=0).rows({what: np.mean([t[what] for t in told]) for what in told[0]})
        print(f"  {task} done", flush=True)
    return rows


def _cost(seed: int) -> list[dict]:
    """The same on every seed, but for what the machine does beside it."""
    found, rows = cost.measure(), []
    for arm in (arms.GLUE_ALONE, arms.EVERYTHING):
        of = found[arm.learns]
        rows += arm.rows({"seconds": of["s"], "MB of slopes": of["slopes_bytes"] / 1e6, "MB of optimizer": of["optimizer_bytes"] / 1e6})
    return rows + arms.GLUE_ALONE.rows({"share of seconds": found["seconds"]["ratio"], "share of operations": found["flops"]})


# recorded with the rest, or alone
PARTS = {"few shot": SimpleNamespace(run=_few_shot, SEEDS=SEEDS), "cost": SimpleNamespace(run=_cost, SEEDS=SEEDS)}


def baselines() -> list[dict]:
    """What needs no training: the language model alone."""
    return arms.LM_ALONE.rows(text.own_text(language.frozen_language_model()))


def claims(recorded: Recording) -> dict[str, bool]:
    """What notebook 06 says of its recording, and whether it holds there."""
    pictured = [setting for setting in names.SETTINGS if setting[1]]

    def near_guessing(arm: Arm) -> bool:
        return all(abs(recorded[arm, names.SETTINGS[setting]].mean - 1 / setting[0]) < 0.1 for setting in pictured)

    def own_text(arm: Arm, at: str = "") -> Estimate:
        return recorded[arm, f"{at}own text, nats"]

    two = {arm: recorded[arm, "2 names, 2 shots"] for arm in arms.TRAINED}
    main, alone = two[arms.MAIN], own_text(arms.LM_ALONE).mean
    exchanges = {
        what: recorded[arms.MAIN.but(exchanged=what), "follows" if follows else "stays"] for what, follows in probe.EXCHANGES.items()
    }
    language, form = (recorded[arms.FEW_SHOT.but(task=task, shots=1), "in the form"] for task in few_shot.SHOTS)
    unasked = [recorded[arms.FEW_SHOT.but(task=task, shots=0), "in the form"] for task in few_shot.SHOTS]
    colleague_, blind, fair = (recorded[arms.COLLEAGUE, what].mean for what in ("her test", "her test, blind", "any name asked"))
    time, operations = (recorded[arms.GLUE_ALONE, f"share of {what}"] for what in ("seconds", "operations"))
    return {
        "two names, two shots: nearly always": min(main.values) > 0.9,
        "one shot is enough": min(recorded[arms.MAIN, "2 names, 1 shots"].values) > 0.9,
        "without a shot nobody knows": recorded[arms.MAIN, "2 names, 0 shots"].mean < 0.03,
        "four names, one shot": min(recorded[arms.MAIN, "4 names, 1 shots"].values) > 0.8,
        **{f"{control}: as who guesses": near_guessing(arm) for control, arm in arms.CONTROLS.items()},
        "a language model that was never taught guesses": near_guessing(arms.NEVER_TAUGHT),
        "no text beside pictures is needed": two[arms.UNDESCRIBED].mean > main.mean - 0.05,
        "names need no gates": two[arms.UNGATED].mean > main.mean - 0.05,
        "names gain nothing where the language model is fine-tuned": two[arms.FINE_TUNED].mean < main.mean + 0.03,
        "a mean loses names": max(two[arms.MEAN].values) < min(main.values) - 0.1,
        "large pictures through the same resampler": recorded[arms.MAIN.but(side=96), "2 names, 2 shots"].mean > main.mean - 0.05,
        "untrained gates change nothing": own_text(arms.MAIN, "at the start, ").mean == alone,
        "open gates cost some of its own text": alone < own_text(arms.MAIN).mean < 2 * alone,
        "without gates its own text is lost, and does not come back": min(
            own_text(arms.UNGATED).mean, own_text(arms.UNGATED, "at the start, ").mean
        )
        > 5 * alone,
        "fine-tuned, it forgets": own_text(arms.FINE_TUNED).mean > 1.5 * own_text(arms.MAIN).mean,
        "gates open by a part": all(0.1 < recorded[arms.MAIN, f"gate of {what} at 100%"].mean < 0.6 for what in ("attention", "thinking")),
        **{f"exchanged: {what}": min(share.values) > 0.85 for what, share in exchanges.items()},
        "the colleague's is always right, with and without eyes": colleague_ > 0.99 and blind > 0.99,
        "and guesses where any name may be asked": abs(fair - 1 / 3) < 0.05,
        "one example tells the form": min(language.low, form.low) > max(e.high for e in unasked),
        "tuning on 64 examples makes no more answers right": all(
            recorded[arms.TUNED.but(task=task, shots=0), "right"].mean
            < recorded[arms.FEW_SHOT.but(task=task, shots=1), "right"].mean + 0.03
            for task in few_shot.SHOTS
        ),
        "freezing saves about what the operations say": time.mean < 1.1 * operations.mean,
    }
