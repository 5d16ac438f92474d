"""Notebook 07: both stages, what each arm is taught, and the tests of questions, captions, hallucination and exchanges."""

from typing import Any

import jax
import numpy as np
from flax import nnx

from course_utils import training
from course_utils.arms import Arm
from course_utils.experiments.canaries import Canary
from course_utils.experiments.llava import arms, colleague, dataset, hallucination, measures, probe, trainer
from course_utils.models.llava.llava import Llava
from course_utils.world.instructions import FORMATS

_ROWS = 16


def _alone(model: nnx.Module) -> nnx.Module:
    """With towers of its own: canaries sharpen what they are given."""
    return nnx.clone(model)


def _stages() -> nnx.Module:
    model = _alone(trainer.stage_1())
    trainer.stage_2(model)
    return model


def _stage_2(arm: Arm) -> nnx.Module:
    model = trainer.untrained(projector=vars(arm).get("projector", "mlp"))
    trainer.stage_2(model, **arms.TRAINED[arm])
    return _alone(model)


def _logits(model: Llava, batch) -> jax.Array:
    return model(batch["tokens"], batch["source"], batch["features"].astype("float32"))


def _told(model: Llava, test: dataset.Pool | None = None, controls: tuple[str, ...] = ("",)) -> dict[str, Any]:
    """What is said of conversations about test pictures, as numbers: hardly trained, the model is right about none."""
    test = test or dataset.pictures(test=True)
    arrays = dataset.packed(test, dataset.instructed(test)[:_ROWS])
    of = {name: arrays[name] for name in ("tokens", "source")}
    shown = {control: measures.shown(test, control, _ROWS)[:, None] for control in controls}
    return {f"said {control}": training.predict(model, _logits, of | {"features": f}, size=_ROWS) for control, f in shown.items()}


def _everything(model: Llava) -> dict[str, Any]:
    test, drawn = dataset.pictures(test=True), probe.cases()
    found = _told(model, controls=measures.CONTROLS) | measures.own_text(model)
    found |= {f"asked {how}": kinds for how, kinds in hallucination.cases(dataset.pictures().scenes, test.scenes).items()}
    found |= {what: drawn.exchanged(what) for what in probe.EXCHANGES}
    texts, right, _ = measures.asked(test)
    sure = iter(right)
    found |= measures.vqa(lambda features, asked: list(sure), test)
    said = [answer for [(_, answer)] in dataset.captions(test)]
    return found | {"texts": np.array([len(text) for text in texts])} | measures.captioned(lambda features, asked: said[: len(asked)], test)


def _large(model: Llava) -> dict[str, Any]:
    return _told(model, dataset.pictures(96, test=True))


def _colleague() -> nnx.Module:
    model = trainer.untrained()
    colleague.train(model, dataset.pictures())
    return _alone(model)


def _begins(model: Llava) -> dict[str, Any]:
    return {name: array for name, array in model.projector.params.items()}


def _sizes() -> dict[str, Any]:
    return {
        "pictures": [dataset.COUNT, dataset.TEST, measures.CAPTIONS, probe.COUNT],
        "steps": [*trainer.STEPS.values(), colleague.STEPS],
        "forms": [len(prompt) for prompt, _ in FORMATS.values()],
    }


CANARIES = {
    "stages": Canary(_stages, _everything, everywhere=True),
    "large pictures": Canary(lambda: _stage_2(arms.LARGE), _large, steps=0),
    "linear": Canary(lambda: _stage_2(arms.LINEAR), _told, steps=0),
    "blind": Canary(lambda: _stage_2(arms.BLIND), _begins, steps=0),
    **{
        str(arm.data): Canary(lambda arm=arm: _stage_2(arm), _begins, steps=0)
        for arm in (arms.NOT_ACADEMIC, arms.UNPROMPTED, arms.CAPTIONED, arms.ONLY_YES, arms.FEW)
    },
    "colleague": Canary(_colleague, _begins, steps=0),
    "sizes": Canary(None, _sizes),
}
