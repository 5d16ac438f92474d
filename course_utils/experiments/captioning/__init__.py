"""Notebook 02: one vector against attention, where looks fall, beams, hard attention, and kinds that no caption named.

``dataset``, ``trainer``, ``measures`` (what they share), ``attention``, ``hard_attention``, ``novel`` (experiments), ``detector``
(the checkpoint's training), ``colleague`` (the run that looks fine).
"""

from __future__ import annotations

from course_utils.arms import Arm, Recording
from course_utils.experiments.captioning import attention, dataset, hard_attention, novel

SEEDS = 4  # some minutes each


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
    look, uniform, first = Arm(way="attention"), Arm(way="uniform"), Arm(way="first input")
    pooled = (first, Arm(way="one vector"), uniform)
    hard, no_reward, soft = (Arm(way="hard", training=how) for how in (*hard_attention.ARMS, "none"))
    hits, chance = ({name: recorded[look, f"{name}, {what}"] for name in ("kind", "colour", "number")} for what in ("hits", "any thing"))
    known = recorded[hard, "exact"].low
    return {
        "One vector is enough for one thing": all(recorded[arm, "exact, 1"].low > 0.7 for arm in pooled),
        "… not for three": all(recorded[arm, "exact, 3"].high < 0.2 for arm in pooled),
        "… and not at all for five": all(recorded[arm, "exact, 5"].high < 0.02 for arm in pooled),
        "Those that read once are not short of training": recorded[first, "exact, 2"].low > recorded[uniform, "exact, 2"].high,
        "Attention is enough for three": recorded[look, "exact, 3"].low > 0.7,
        "… and for five, half of the time": recorded[look, "exact, 5"].low > 0.5,
        "Another picture is no picture": abs(recorded[attention.ANOTHER_PICTURE, "SPICE"].mean - recorded[Arm(way="blind"), "SPICE"].mean)
        < 0.05,
        "Looks fall on what colours and kinds are about": all(
            hits[name].low > 0.9 > chance[name].high + 0.4 for name in ("kind", "colour")
        ),
        "… not on what numbers are about": hits["number"].mean < chance["number"].mean and hits["number"].high < hits["kind"].low - 0.5,
        "A beam finds nothing where the words are sure": abs(
            recorded[look.but(width=10), "exact"].mean - recorded[look.but(width=1), "exact"].mean
        )
        < 0.02,
        "Novel kinds come from the detector's words": recorded[Arm(captioner="pointing"), "novel kinds"].low > 0.9,
        "… are not learned": recorded[Arm(captioner="no words from the detector"), "novel kinds"].high < 0.01,
        "… and go where those words go": recorded[novel.EXCHANGED, "novel kinds"].high < 0.2,
        "Hard attention needs a reward": known > max(recorded[no_reward, "exact"].high, recorded[soft, "exact"].high) + 0.2,
        "Without one its looks drift away": recorded[no_reward, "kind, hits"].high < chance["kind"].low,
    }
