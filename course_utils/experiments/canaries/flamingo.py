"""Notebook 06: the glue and its controls, what they are taught on, and the tests of names, tasks, text and exchanges."""

from collections.abc import Callable
from typing import Any

import numpy as np
from flax import nnx

from course_utils.experiments import canaries, flamingo as experiment, own_text
from course_utils.experiments.canaries import Canary
from course_utils.experiments.flamingo import arms, colleague, cost, dataset, few_shot, names, probe, text, trainer

_COUNT = 16


def _test(**more: int):
    return dataset.pictures(names.POOL, test=True, **more)


def _logits(model: nnx.Module, control: str = "", **more: int) -> np.ndarray:
    """What is said of test episodes, as numbers: hardly trained, the model is right about none."""
    arrays = names.episodes(_test(), 2, 2, _COUNT)
    changed, features = names.changed(arrays, _test(**more), control)
    return trainer.next_logits(model, changed, features, names.named(arrays)[0][:, -1] - 1)


def _told(model: nnx.Module) -> dict[str, Any]:
    return {"names": _logits(model), **text.own_text(model)}


def _everything(model: nnx.Module) -> dict[str, Any]:
    prompts = probe.Prompts(model, _test(), _COUNT)
    found = _told(model) | {control: _logits(model, control) for control in names.CONTROLS[1:]}
    found |= {what: prompts.logits(prompts.exchanged(what)) for what in probe.EXCHANGES}
    return found | {"large pictures": _logits(model, side=96)}


def _tasks(model: nnx.Module) -> dict[str, Any]:
    pool = dataset.pictures(names.POOL, few_shot.POOL, test=True)
    rng, found = np.random.default_rng(0), {}
    for task, kinds in few_shot.KINDS.items():
        drawn = [few_shot.episode(rng, pool, task, kinds[k % len(kinds)], 1) for k in range(_COUNT)]
        prompts, wanted = zip(*map(few_shot.prompt, drawn))
        found[f"{task}, prompts"] = dataset.packed(prompts)["tokens"]
        right = [few_shot.right(task, kinds[k % len(kinds)], pool, d.pictures[-1], w, w) for k, (d, w) in enumerate(zip(drawn, wanted))]
        found[f"{task}, the right answer"] = np.mean(right, 0)
    return found


def _taught(measure: Callable = _told, steps: int = canaries.STEPS, everywhere: bool = False, **how: Any) -> Canary:
    return Canary(lambda: _alone(trainer.train(dataset.pictures(), **how)[0]), measure, everywhere, steps)


def _alone(model: nnx.Module) -> nnx.Module:
    """With a language model of its own: canaries sharpen what they are given."""
    return nnx.clone(model)


def _sizes() -> dict[str, Any]:
    return {
        "pictures": [dataset.ALONE, dataset.SEVERAL, names.POOL, few_shot.POOL],
        "asked": [names.COUNT, few_shot.COUNT, own_text.COUNT],
        "steps": [trainer.STEPS, experiment.FEW_SHOT_STEPS, few_shot.STEPS, colleague.STEPS],
        "tuning": [few_shot.EXAMPLES, few_shot.RATE],
    }


def _cost() -> dict[str, Any]:
    model, shape = cost.build(), {"texts": 2, "length": 8, "pictures": 2, "patches": 4}
    batch = cost.random_batch(model, **shape)
    found = dict(cost.step_flops(cost.forward_flops(model, **shape)))
    for name, trainable in cost.TRAINED.items():
        found |= {f"{name}, {what}": cost.size(tree) for what, tree in zip(("slopes", "optimizer"), cost.trees(model, batch, trainable))}
    return found


CANARIES = {
    "names": _taught(_everything, everywhere=True),
    "nothing described": _taught(steps=0, **arms.TRAINED[arms.UNDESCRIBED]),
    "no gates": _taught(steps=0, **arms.TRAINED[arms.UNGATED]),
    "language model never taught": _taught(steps=0, **arms.TRAINED[arms.NEVER_TAUGHT]),
    "language model fine-tuned": _taught(steps=0, **arms.TRAINED[arms.FINE_TUNED]),
    "mean": _taught(steps=0, **arms.TRAINED[arms.MEAN]),
    "no compression": _taught(steps=0, **arms.TRAINED[arms.UNCOMPRESSED]),
    "colleague": Canary(lambda: _alone(colleague.train(dataset.pictures())), _told, steps=0),
    "few shot": Canary(
        lambda: _alone(trainer.train(dataset.pictures(several=dataset.SEVERAL), shares=dataset.ALL, steps=experiment.FEW_SHOT_STEPS)[0]),
        _tasks,
        steps=0,
    ),
    "cost": Canary(None, _cost),
    "sizes": Canary(None, _sizes),
}
