"""Notebook 03: retrieval in art styles never seen, naming without training for it, and the test of binding.

``learning`` (pairs, training, recalls), ``pixels`` (the baseline), ``naming``, ``binding``, ``linear`` (the learner's own
step), ``cache`` (timing), ``colleague`` (the run that looks fine), ``shipped`` (the checkpoint).
"""

from __future__ import annotations

from course_utils.experiments.dual_encoder import binding, learning, naming, pixels
from course_utils.metrics import retrieval
from course_utils.models.dual_encoder.words import TEMPLATES
from course_utils.world import emoji

SEEDS = 3  # some minutes each
SEEDS_OF_PARTS = 1  # of training with one part of the variation left out, and of SigLIP
LEFT_OUT = emoji.TRAINING_STYLES
# The style in which parts of the training are left out, one at a time.
ABLATED = "twemoji"
ARMS = ("as drawn", "on white", "own colours", "never moved")


def _rows(arm: str, values: dict[str, float]) -> list[dict]:
    return [{"arm": arm, "measure": measure, "value": round(value, 5)} for measure, value in values.items()]


def retrieving(seed: int, left_out: str, variation: str = "augmented", *, pairwise: bool = False) -> list[dict]:
    """One dual encoder that never sees a style, tested in it: arm "style/variation", and naming for the augmented."""
    model = learning.train(learning.other_styles(left_out), variation, seed=seed, pairwise=pairwise)
    rows = _rows(f"{left_out}/{'SigLIP' if pairwise else variation}", learning.measured(model, left_out))
    if variation == "augmented" and not pairwise:
        rows += naming_rows(model, left_out)
    return rows


def naming_rows(model, style: str) -> list[dict]:
    """Zero-shot accuracies of every label set, with one prompt and with all; new concepts by themselves."""
    rows = []
    for name, labels in naming.label_sets().items():
        values = {
            "one prompt": naming.named_right(model, labels, style, retrieval.zero_shot, templates=("{}",)),
            "ensemble": naming.named_right(model, labels, style, retrieval.zero_shot, templates=TEMPLATES),
        }
        if name == "keywords":
            values["ensemble, new"] = naming.named_right(model, labels, style, retrieval.zero_shot, new=True)
        rows += _rows(f"{style}/naming, {name}", values)
    return rows


def run(seed: int) -> list[dict]:
    """All rows of one seed."""
    rows = []
    for style in LEFT_OUT:
        rows += retrieving(seed, style)
        print(f"  {style} done", flush=True)
    for variation in ARMS if seed < SEEDS_OF_PARTS else ARMS[:1]:
        rows += retrieving(seed, ABLATED, variation)
        print(f"  {variation} done", flush=True)
    if seed < SEEDS_OF_PARTS:
        rows += retrieving(seed, ABLATED, pairwise=True)
    for arm in binding.ARMS:
        rows += _rows(f"binding/{arm}", binding.measured(binding.train(arm, seed=seed)))
    return rows


def baselines() -> list[dict]:
    """What needs no training: pixels, chance, the commonest class."""
    rows = []
    for style in LEFT_OUT:
        for way, values in pixels.measured(style).items():
            rows += _rows(f"{style}/{way}", values)
        gallery = len(learning.drawn_in(style, learning.concepts()))
        rows += _rows(f"{style}/chance", {f"text R@{k}": v for k, v in zip(learning.KS, retrieval.chance(gallery).tolist())})
    new = len(learning.concepts(new=True))
    rows += _rows("chance, new", {f"new, text R@{k}": v for k, v in zip(learning.KS, retrieval.chance(new).tolist())})
    for name, labels in naming.label_sets().items():
        rows += _rows(f"naming, {name}", {"commonest": labels.commonest, "chance": 1 / len(labels.classes)})
    return rows
