"""Canaries: a few numbers of each model, loss and sampler, which tell whether a recording's code still does what it did.

Training for an hour cannot be repeated after every change of shared code; its first steps can. A canary calls the
experiment's own training, with all of its settings, lets it take ``STEPS`` steps and keeps how many it was to take and at
which rates, what was drawn for the first ones, and their losses; then what the experiment's own measures say of the
model. The numbers are kept with the recording (:mod:`course_utils.experiments.record`), and tests compare them: names,
modules and layout may change freely, an initialiser, mask, loss, sampler, picture, metric, schedule or checkpoint may not.

A module a notebook lists its canaries.
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np
from flax import nnx

from course_utils import runtime, training

STEPS = 3  # of the hundreds that a run takes
SHARPER = 2.0
# What machines and releases may differ by: rounding, and a few near ties among measures that count.
TOLERANCE = {"number": 0.0, "batch": 1e-4, "loss": 1e-3, "measure": 5e-3}
_FLOOR = {"number": 0.0, "batch": 1e-5, "loss": 1e-5, "measure": 2e-3}


@dataclasses.dataclass(frozen=True)
class Canary:
    """``train`` trains a model as the experiment does, or is ``None``; ``measure`` tells of that model (or of nothing) what
    the experiment's measures say: name → number or array.

    ``everywhere``: repeated on Colab's releases as well, where layers, optimizers or searches are implemented otherwise.
    ``steps`` that are taken: none where the loss is that of another canary, and the model, as it starts, tells the rest.
    """

    train: Callable[[], nnx.Module] | None
    measure: Callable[..., Mapping[str, Any]]
    everywhere: bool = False
    steps: int = STEPS


def sing(canary: Canary) -> dict[str, list[float]]:
    """The numbers of a canary: "number/…" are exact, "batch/…", "loss/…" and "measure/…" as the first word of the key.

    Data sets are small, as under ``COURSE_FAST=1``; how large an experiment's really are, a canary of its own keeps.
    """
    with runtime.in_a_hurry(), runtime.compiled_soon():
        with training.first_steps(canary.steps) as runs:
            model = canary.train() if canary.train else None
        found = canary.measure(*([sharpened(model)] if canary.train else []))
    told = {key: numbers for k, run in enumerate(runs) for key, numbers in kept(k, run).items()}
    told |= {f"measure/{name}": digest(np.asarray(value)) for name, value in found.items()}
    return {key: [_short(number) for number in numbers] for key, numbers in told.items()}


def kept(k: int, run: training.Begun) -> dict[str, list[float]]:
    """What is kept of the beginning of the ``k``-th run: its length and parameters, its rates, losses and batches."""
    numbers = {f"number/{k}": [len(run.rates), run.parameters]}
    numbers[f"batch/{k}/rates"] = [float(run.rates.sum()), float(run.rates.max()), float(run.rates[0])]
    if len(run.loss):
        numbers[f"loss/{k}"] = [float(value) for value in run.loss]
    # Arrays are told apart by what they hold, not by what they are called.
    arrays = sorted(digest(np.stack([batch[name] for batch in run.batches])) for name in run.batches[0])
    return numbers | {f"batch/{k}/{j}": values for j, values in enumerate(arrays)}


def digest(array: np.ndarray) -> list[float]:
    """A few numbers that another array hardly shares: its shape, mean, spread, and a mean in which places count unequally.

    A single number is itself.
    """
    values = np.asarray(array, np.float64)
    if values.ndim == 0:
        return [float(values)]
    values = np.nan_to_num(values, nan=-1e3, posinf=1e3, neginf=-1e3)
    places = np.cos(np.arange(values.size)).reshape(values.shape)
    return [*map(float, values.shape), float(values.mean()), float(values.std()), float((places * values).mean())]


def sharpened(model: nnx.Module) -> nnx.Module:
    """``model`` with all matrices ``SHARPER`` times as large, in place: hardly trained, it would find everything alike."""
    params = nnx.state(model, nnx.Param)
    nnx.update(model, jax.tree.map(lambda p: p * SHARPER if p.ndim > 1 else p, params))
    return model


def differences(then: Mapping[str, list[float]], now: Mapping[str, list[float]]) -> list[str]:
    """Each of a canary's numbers that is another one, or on one side only, in words; empty where behaviour is the same."""
    found = []
    for key in sorted(then.keys() | now.keys()):
        old, new = then.get(key), now.get(key)
        if old is None or new is None or not _alike(key.split("/")[0], old, new):
            found.append(f"{key}: {old} then, {new} now")
    return found


def _alike(what: str, old: list[float], new: list[float]) -> bool:
    """Whether two lists of numbers agree within what is allowed for such numbers."""
    if len(old) != len(new):
        return False
    return all(abs(a - b) <= TOLERANCE[what] * max(abs(a), abs(b)) + _FLOOR[what] for a, b in zip(old, new))


def _short(number: float) -> float:
    """Seven digits: as many as float32 has."""
    return float(f"{number:.7g}")
