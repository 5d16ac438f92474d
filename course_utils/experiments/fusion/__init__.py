"""Notebook 01: the language prior, fusion at equal parameters, one look against two, and ways to answer.

``dataset``, ``trainer``, ``measures`` (what they share), ``prior``, ``shootout``, ``hops``, ``architectures`` (experiments),
``colleague`` (the run that looks fine), ``pretrained`` (the checkpoint). Their results stand in one recording.
"""

from __future__ import annotations

from course_utils.arms import Arm, Estimate, Recording
from course_utils.experiments.fusion import architectures, dataset, hops, prior, shootout

SEEDS = 4  # some minutes each


def run(seed: int) -> list[dict]:
    """All rows of one seed."""
    rows = []
    for part in (prior, hops, architectures, shootout):
        rows += part.run(seed)
        dataset.clear()
        print(f"  {part.__name__.rsplit('.')[-1]} done", flush=True)
    return rows


def baselines() -> list[dict]:
    """What needs no training and has no seed."""
    return hops.ANOTHER_THING.rows({"accuracy": hops.another_thing(hops.test_set())})


def claims(recorded: Recording) -> dict[str, bool]:
    """What notebook 01 says of its recording, and whether it holds there."""
    most = max(arm.pictures for arm in recorded.where(model="blind", taught="biased"))

    def prior(model: str, taught: str, test: str, **more: str) -> Estimate:
        return recorded[Arm(model=model, taught=taught, pictures=most, **more), test]

    def pool(task: str, name: str, budget: str) -> Estimate:
        return recorded[Arm(task=task, pooling=name), budget]

    def look(hops: int, how: str, measure: str = "accuracy") -> Estimate:
        return recorded[Arm(score="dot-product", hops=hops, how=how), measure]

    blind, mutan = prior("blind", "balanced", "balanced"), pool("few products", "mutan", "2000")
    own, other, none = (
        recorded[arm, "right"] for arm in (Arm(way=architectures.FIRST), architectures.ANOTHER_PICTURE, architectures.BLIND)
    )
    return {
        "blind, it knows a biased test": prior("blind", "biased", "biased").low > 0.7,
        "blind, it falls where the prior is another one": prior("blind", "biased", "flipped").high < 0.2,
        **{
            f"balanced training is worth something on the {test} test": prior("sighted", "balanced", test).low
            > prior("sighted", "biased", test).high
            for test in ("flipped", "balanced")
        },
        "eyes are worth something": prior("sighted", "balanced", "balanced").low > blind.high + 0.3,
        "no picture, no answer": abs(prior("sighted", "balanced", "balanced", picture="another").mean - blind.mean) < 0.02,
        "a sum is enough for sums": pool("sum", "concat", "1000").low > 0.95,
        "a sum is hopeless for products": pool("few products", "concat", "1000").high < 0.2,
        "MUTAN beats MLB on few products": mutan.low > pool("few products", "mlb", "2000").high,
        "MUTAN beats a larger MLP on few products": mutan.low > pool("few products", "concat-mlp", "8000").high,
        "full bilinear wins on all": pool("all products", "bilinear", "8000").low > pool("all products", "mutan", "8000").high,
        "shown, the first look is on the anchor": look(2, "shown", "hop 1 on anchor").low > 0.8,
        "shown, the second look is on its match": look(2, "shown", "hop 2 on target").low > 0.8,
        "two looks answer what one does not": look(2, "shown").low > look(1, "plain").high + 0.2,
        "the anchor is no answer": look(1, "shown").mean < recorded[hops.BLIND, "accuracy"].high + 0.02,
        "unaided, the second look is not found": abs(look(2, "plain").mean - look(1, "plain").mean) < 0.05,
        "with another picture it knows no more than blind": abs(other.mean - none.mean) < 0.03,
        "with its own picture it knows far more": own.low > none.high + 0.3,
    }
