"""Notebook 02: one vector against attention, where looks fall, beams, hard attention, and kinds that no caption named.

``dataset``, ``trainer``, ``measures`` (what they share), ``attention``, ``hard_attention``, ``novel``, ``probe`` (experiments), ``detector``
(the checkpoint's training), ``colleague`` (the run that looks fine).
"""

from __future__ import annotations

from typing import Any

from course_utils.arms import Arm, Estimate, Recording
from course_utils.experiments.captioning import attention, dataset, hard_attention, novel, probe

SEEDS = 4  # some minutes each
PARTS = {"probe": probe}


def run(seed: int) -> list[dict]:
    """All rows of one seed."""
    rows = []
    for part in (attention, novel, hard_attention):
        rows += part.run(seed)
        print(f"  {part.__name__.rsplit('.')[-1]} done", flush=True)
    dataset.clear()
    return rows


def baselines() -> list[dict]:
    """What needs no training and has no seed."""
    return novel.baselines()


def claims(recorded: Recording) -> dict[str, bool]:
    """What notebook 02 says of its recording, and whether it holds there."""

    def of(measure: str, **fields: Any) -> Estimate:
        return recorded[Arm(**fields), measure]

    def exact(things: int) -> list[Estimate]:
        return [of(f"exact, {things}", way=way) for way in ("first input", "initial state", "uniform")]

    hits, chance = (
        {name: of(f"{name}, {what}", way="attention") for name in ("kind", "colour", "number")} for what in ("hits", "any thing")
    )
    reward, no_reward, soft = (of("exact", way="hard", training=how) for how in (*hard_attention.ARMS, "none"))
    one, ten = (of("exact", way="attention", width=width).mean for width in (1, 10))
    other, blind = recorded[attention.ANOTHER_PICTURE, "SPICE"].mean, of("SPICE", way="none").mean
    thing, brightest, another = (
        [recorded[arm, f"{what} follows"] for what in ("kind", "colour")] for arm in (probe.THING, probe.BRIGHTEST, probe.ANOTHER)
    )
    return {
        "one vector is enough for one thing": all(e.low > 0.7 for e in exact(1)),
        "one vector is not enough for three": all(e.high < 0.2 for e in exact(3)),
        "one vector fails with five": all(e.high < 0.02 for e in exact(5)),
        "what is read once is not short of training": exact(2)[0].low > exact(2)[2].high,
        "attention is enough for three": of("exact, 3", way="attention").low > 0.7,
        "attention is enough for five, mostly": of("exact, 5", way="attention").low > 0.5,
        "another picture is no picture": abs(other - blind) < 0.05,
        "looks fall on what kinds and colours are about": all(hits[k].low > 0.9 > chance[k].high + 0.4 for k in ("kind", "colour")),
        "looks miss what numbers are about": hits["number"].mean < chance["number"].mean and hits["number"].high < hits["kind"].low - 0.5,
        "words follow the place of their thing": all(e.low > 0.9 for e in thing),
        "and no other thing's": all(e.high < 0.03 for e in another),
        "what is looked at is what is used": all(abs(looked.mean - own.mean) < 0.02 for looked, own in zip(brightest, thing)),
        "a beam finds nothing where words are sure": abs(ten - one) < 0.02,
        "novel kinds come from the detector": of("novel kinds", captioner="pointing").low > 0.9,
        "novel kinds are not learned": of("novel kinds", captioner="no words from the detector").high < 0.01,
        "exchanged words are said": recorded[novel.EXCHANGED, "novel kinds"].high < 0.2,
        "hard attention needs a reward": reward.low > max(no_reward.high, soft.high) + 0.2,
        "without one its looks drift away": of("kind, hits", way="hard", training="no reward").high < chance["kind"].low,
    }
