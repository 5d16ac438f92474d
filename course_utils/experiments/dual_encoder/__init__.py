"""Notebook 03: retrieval in art styles never seen, naming without training for it, and the test of binding.

``dataset``, ``trainer``, ``measures`` (what they share), ``pixels`` (the baseline), ``naming``, ``binding``, ``linear_towers``
(the learner's own step), ``cache`` (timing), ``colleague`` (the run that looks fine), ``pretrained`` (the checkpoint).
"""

from __future__ import annotations

from course_utils.arms import Arm, Estimate, Recording
from course_utils.experiments.dual_encoder import binding, dataset, measures, naming, pixels, trainer
from course_utils.metrics import retrieval
from course_utils.models.dual_encoder.words import TEMPLATES
from course_utils.world import emoji

SEEDS = 3  # some minutes each
SEEDS_OF_PARTS = 1  # of training with one part of the variation left out, and of SigLIP
LEFT_OUT = emoji.TRAINING_STYLES
# The style in which parts of the training are left out, one at a time.
ABLATED = "twemoji"
CHANCE_OF_NEW = Arm(baseline="chance", concepts="new")
ARMS = ("as drawn", "on white", "own colours", "never moved")


def _rows(arm: Arm, values: dict[str, float]) -> list[dict]:
    return arm.rows({measure: round(value, 5) for measure, value in values.items()})


def retrieval_rows(seed: int, left_out: str, variation: str = "augmented", *, pairwise: bool = False) -> list[dict]:
    """One dual encoder that never sees a style, tested in it; and naming for the augmented."""
    arm = Arm(left_out=left_out, variation=variation)
    model = trainer.train(dataset.other_styles(left_out), variation, seed=seed, pairwise=pairwise)
    rows = _rows(arm.but(loss="SigLIP") if pairwise else arm, measures.retrieval_measures(model, left_out))
    if variation == "augmented" and not pairwise:
        rows += naming_rows(model, left_out)
    return rows


def naming_rows(model, style: str) -> list[dict]:
    """Zero-shot accuracies of every label set, with one prompt and with all; new concepts by themselves."""
    rows = []
    for name, labels in naming.label_sets().items():
        values = {
            "one prompt": naming.accuracy(model, labels, style, retrieval.zero_shot, templates=("{}",)),
            "ensemble": naming.accuracy(model, labels, style, retrieval.zero_shot, templates=TEMPLATES),
        }
        if name == "keywords":
            values["ensemble, new"] = naming.accuracy(model, labels, style, retrieval.zero_shot, new=True)
        rows += _rows(Arm(left_out=style, labels=name), values)
    return rows


def run(seed: int) -> list[dict]:
    """All rows of one seed."""
    rows = []
    for style in LEFT_OUT:
        rows += retrieval_rows(seed, style)
        print(f"  {style} done", flush=True)
    for variation in ARMS if seed < SEEDS_OF_PARTS else ARMS[:1]:
        rows += retrieval_rows(seed, ABLATED, variation)
        print(f"  {variation} done", flush=True)
    if seed < SEEDS_OF_PARTS:
        rows += retrieval_rows(seed, ABLATED, pairwise=True)
    for arm in binding.ARMS:
        rows += _rows(arm, binding.accuracies(binding.train(**vars(arm), seed=seed)))
    return rows


def baselines() -> list[dict]:
    """What needs no training: pixels, chance, the commonest class."""
    rows = []
    for style in LEFT_OUT:
        for way, values in pixels.recalls(style).items():
            rows += _rows(Arm(left_out=style, pixels=way), values)
        gallery = len(dataset.available(style, dataset.concepts()))
        rows += _rows(
            Arm(left_out=style, baseline="chance"), {f"text R@{k}": v for k, v in zip(measures.KS, retrieval.chance(gallery).tolist())}
        )
    new = len(dataset.concepts(new=True))
    rows += _rows(CHANCE_OF_NEW, {f"new, text R@{k}": v for k, v in zip(measures.KS, retrieval.chance(new).tolist())})
    for name, labels in naming.label_sets().items():
        rows += _rows(Arm(baseline="guess", labels=name), {"commonest": labels.commonest, "chance": 1 / len(labels.classes)})
    return rows


def claims(recorded: Recording) -> dict[str, bool]:
    """What notebook 03 says of its recording, and whether it holds there."""

    def of(measure: str, **fields: str) -> Estimate:
        return recorded[Arm(**fields), measure]

    found, words, r1 = {}, ("keywords", "groups"), "text R@1"
    chance, commonest = ({name: of(what, baseline="guess", labels=name).mean for name in words} for what in ("chance", "commonest"))
    new_by_chance = recorded[CHANCE_OF_NEW, "new, text R@5"].mean
    for style in LEFT_OUT:
        own, best = of(r1, left_out=style, variation="augmented"), of(r1, left_out=style, pixels=pixels.BEST).mean
        new = of("new, text R@5", left_out=style, variation="augmented").mean
        keywords, groups, german = (of("ensemble", left_out=style, labels=name) for name in (*words, "in German"))
        found |= {
            f"{style}: nearest pixels are the best way": best == max(of(r1, left_out=style, pixels=way).mean for way in pixels.WAYS),
            f"{style}: towers are about twice as often right": own.low > 1.5 * best and own.mean > 1.9 * best,
            f"{style}: a hundred times chance": own.mean > 100 * of(r1, left_out=style, baseline="chance").mean,
            f"{style}: new concepts, hardly above chance": new_by_chance < new < 2.5 * new_by_chance,
            f"{style}: keywords, three times a guess": keywords.mean > 3 * chance["keywords"],
            f"{style}: in German, a guess": 3 * chance["keywords"] > 3 * german.low - 1e-6,
            f"{style}: keywords, above the commonest": keywords.mean > commonest["keywords"] + 0.05,
            f"{style}: groups, below the commonest": groups.high < commonest["groups"],
            f"{style}: groups, hardly above a guess": groups.mean < chance["groups"] + 0.05,
            f"{style}: seven prompts are worth no more than one": abs(
                keywords.mean - of("one prompt", left_out=style, labels="keywords").mean
            )
            < 0.02,
        }
    part = {name: of(r1, left_out=ABLATED, variation=name) for name in ("augmented", *ARMS)}
    bag, ordered, negatives = (recorded[arm, "colours swapped"] for arm in binding.ARMS)
    there = [recorded[arm, change].low for arm in binding.ARMS for change in ("another thing", "another colour")]
    return found | {
        "keywords beat the commonest, whichever seed": of("ensemble", left_out=ABLATED, labels="keywords").low > commonest["keywords"],
        "as drawn, pixels are better": part["as drawn"].high < of(r1, left_out=ABLATED, pixels=pixels.BEST).mean,
        "moving matters most": part["never moved"].mean < part["as drawn"].high,
        "colours come second": part["own colours"].mean < part["augmented"].low,
        "of grounds one run shows nothing": part["augmented"].low < part["on white"].mean < part["augmented"].high,
        "all are sure of what is there": min(there) > 0.95,
        "without order, binding is a coin": bag.low == bag.high == 0.5,
        "with order, binding is half known": 0.65 < ordered.mean < 0.85,
        "asked for, binding is learned": negatives.low > 0.85,
    }
