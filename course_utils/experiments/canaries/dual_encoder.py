"""Notebook 03: two towers and both losses, every variation of the pictures, naming, binding, and the nearest pixels."""

from typing import Any

from course_utils.experiments import dual_encoder as experiment
from course_utils.experiments.canaries import Canary
from course_utils.experiments.dual_encoder import binding, dataset, measures, naming, pixels, pretrained, trainer
from course_utils.metrics import retrieval
from course_utils.models import dual_encoder as dual

_STYLE = "fxemoji"  # the one that has drawn the fewest
_WAY = "colours, gallery on white"  # of comparing pixels


def _table(model: dual.DualEncoder) -> dict[str, Any]:
    return {"cosines": measures.cosines(model, _STYLE, dataset.available(_STYLE, dataset.concepts())[:128])}


def _retrieval(variation: str = "augmented", *, pairwise: bool = False, everywhere: bool = False) -> Canary:
    styles = dataset.other_styles(experiment.ABLATED)
    return Canary(lambda: trainer.train(styles, variation, pairwise=pairwise), _table, everywhere)


def _naming(rows: list[dict]) -> dict[str, float]:
    return {f"{_STYLE}/naming, {row['arm'].labels}{row['measure']}": row["value"] for row in rows}


def _scores() -> dict[str, Any]:
    """Every score of the towers that come with the course."""
    model = pretrained.emoji_towers()
    found = measures.retrieval_measures(model, _STYLE) | _naming(experiment.naming_rows(model, _STYLE))
    labels = {name: [labels.commonest, len(labels.rows), *labels.right] for name, labels in naming.label_sets().items()}
    return found | labels | {"chance": retrieval.chance(100)}


def _pixels() -> dict[str, Any]:
    images = dataset.test_pictures(_STYLE, dataset.available(_STYLE, dataset.concepts())[:31])
    described = {name: describe(images) for name, (describe, _) in pixels.WAYS.items()}
    return {"nearness": pixels.nearness(_WAY, experiment.ABLATED), **described}


def _binding(model: dual.DualEncoder) -> dict[str, Any]:
    test = binding.pairs("test", 300)
    return {**binding.accuracies(model), "cosines": [binding.twin_cosines(model, test, i) for i in range(4)]}


def _sizes() -> dict[str, Any]:
    return {"scenes": [binding.SCENES, binding.TEST], "steps": [trainer.STEPS, binding.STEPS], "varied": pixels.VARIED}


CANARIES = {
    "augmented": _retrieval(everywhere=True),
    "SigLIP": _retrieval(pairwise=True),
    **{variation: _retrieval(variation) for variation in trainer.VARIATIONS if variation != "augmented"},
    "bag of words": Canary(lambda: binding.train("bag of words"), _binding),
    "transformer, swapped captions as negatives": Canary(lambda: binding.train("transformer", "swapped captions"), _binding),
    "how finding and naming are scored": Canary(None, _scores),
    "nearest pixels": Canary(None, _pixels),
    "sizes": Canary(None, _sizes),
}
