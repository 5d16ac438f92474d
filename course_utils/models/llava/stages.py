"""What each stage of training changes: the projector alone, then the language model with it; never the vision tower."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils.errors import known

TRAINED = {1: ("projector",), 2: ("projector", "lm")}  # Liu et al., 2023, section 4.2


def trainable(stage: int) -> Any:
    """The filter for :func:`course_utils.training.fit`. Raises ValueError if there is no such stage."""
    known("stage", str(stage), map(str, TRAINED))
    return nnx.All(nnx.Param, nnx.Any(*map(nnx.PathContains, TRAINED[int(stage)])))


def update(params: Mapping[str, jax.Array], slopes: Mapping[str, jax.Array], stage: int, rate: float, decay: float) -> dict[str, jax.Array]:
    """A step of gradient descent with decoupled decay: p − rate · (slope + decay · p) for what ``stage`` trains.

    ``params`` and ``slopes``: float32 arrays of any shapes by their names, ``"tower/…"``, ``"projector/…"`` or ``"lm/…"``;
    returns all of ``params``, those that are frozen as they were.
    """
    return {name: p - rate * (slopes[name] + decay * p) if name.split("/")[0] in TRAINED[stage] else p for name, p in params.items()}


def moved(update: Callable, model: nnx.Module, stage: int) -> Any:
    """A filter as :func:`trainable`, made from what ``update`` moves, :func:`update` or a learner's."""
    paths = ["/".join(map(str, path)) for path, _ in nnx.to_flat_state(nnx.state(model, nnx.Param))]
    still = dict.fromkeys(paths, jnp.zeros(1))
    after = update(still, dict.fromkeys(paths, jnp.ones(1)), stage, 1.0, 0.0)
    names = frozenset(name for name in paths if after[name][0] != 0)
    return nnx.All(nnx.Param, lambda path, value: "/".join(map(str, path)) in names)
