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

    def of(measure: str, **fields) -> Estimate:
        return recorded[Arm(**fields), measure]

    most = max(arm.pictures for arm in recorded.where(model="blind", taught="biased"))
    sighted, biased, blind, unprejudiced = (
        Arm(model=model, taught=taught, pictures=most)
        for model, taught in (("sighted", "balanced"), ("sighted", "biased"), ("blind", "biased"), ("blind", "balanced"))
    )
    one, shown = Arm(score="dot-product", hops=1, how="plain"), Arm(score="dot-product", hops=2, how="shown")
    few, every = "few products", "all products"
    no_prior = recorded[unprejudiced, "balanced"]
    return {
        "Who is taught on biased questions need not look": recorded[blind, "biased"].low > 0.7,
        "… and falls where the prior is another one": recorded[blind, "flipped"].high < 0.2,
        "Balanced training is worth something on the flipped test": recorded[sighted, "flipped"].low > recorded[biased, "flipped"].high,
        "… and on the balanced one": recorded[sighted, "balanced"].low > recorded[biased, "balanced"].high,
        "Seeing is worth something": recorded[sighted, "balanced"].low > no_prior.high + 0.3,
        "No picture, no answer": abs(recorded[sighted.but(picture="another"), "balanced"].mean - no_prior.mean) < 0.02,
        "A sum is enough for sums": of("1000", task="sum", pooling="concat").low > 0.95,
        "… and hopeless where the answer depends on both": of("1000", task=few, pooling="concat").high < 0.2,
        "MUTAN beats MLB on few products": of("2000", task=few, pooling="mutan").low > of("2000", task=few, pooling="mlb").high,
        "… and concatenation four times as large": of("2000", task=few, pooling="mutan").low
        > of("8000", task=few, pooling="concat-mlp").high,
        "Where all products count, bilinear pooling wins": of("8000", task=every, pooling="bilinear").low
        > of("8000", task=every, pooling="mutan").high,
        "Shown, the first look is on the anchor": recorded[shown, "hop 1 on anchor"].low > 0.8,
        "… and the second on its match": recorded[shown, "hop 2 on target"].low > 0.8,
        "Two looks answer what one does not": recorded[shown, "accuracy"].low > recorded[one, "accuracy"].high + 0.2,
        "The anchor is no answer": recorded[one.but(how="shown"), "accuracy"].mean < recorded[hops.BLIND, "accuracy"].high + 0.02,
        "Unaided, the second look is not found": abs(recorded[one.but(hops=2), "accuracy"].mean - recorded[one, "accuracy"].mean) < 0.05,
        "With another question's picture a model knows no more than a blind one": abs(
            recorded[architectures.ANOTHER_PICTURE, "right"].mean - recorded[architectures.BLIND, "right"].mean
        )
        < 0.03,
        "With its own it knows far more": recorded[Arm(way=architectures.FIRST), "right"].low
        > recorded[architectures.BLIND, "right"].high + 0.3,
    }
