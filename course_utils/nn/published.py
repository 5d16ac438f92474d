"""Weights of published models, found by their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import numpy as np
from flax import nnx

# Where a published tensor goes: a path into the model ("encoder.query.kernel"), and what is done to it on the way.
Names = Mapping[str, tuple[str, Callable[[np.ndarray], np.ndarray]]]


def same(array: np.ndarray) -> np.ndarray:
    """Nothing changes on the way (biases, embeddings, scales)."""
    return array


def transpose(array: np.ndarray) -> np.ndarray:
    """PyTorch keeps a linear layer's weight as (out, in), Flax as (in, out)."""
    return array.T


def load(model: nnx.Module, tensors: Mapping[str, np.ndarray], names: Names) -> None:
    """Puts published ``tensors`` into ``model``, in place.

    Every tensor must be used and every parameter of the model filled.

    Raises ValueError naming what is missing, left over or of another shape; the model is then unchanged.
    """
    params = {".".join(map(str, path)): param for path, param in nnx.to_flat_state(nnx.state(model, nnx.Param))}
    targets = {path for path, _ in names.values()}
    for what, wrong in {
        "The map names tensors that are not there": set(names) - set(tensors),
        "The map leaves tensors over": set(tensors) - set(names),
        "The map fills parameters that the model does not have": targets - set(params),
        "The map leaves parameters of the model empty": set(params) - targets,
    }.items():
        if wrong:
            raise ValueError(f"{what}: {', '.join(sorted(wrong))}.")
    arrays = {path: np.asarray(change(tensors[name])) for name, (path, change) in names.items()}
    for path, array in arrays.items():
        if array.shape != params[path].shape:
            raise ValueError(f"{path} has shape {params[path].shape}; the published tensor gives {array.shape}.")
    filled = [
        (key, param.replace(jax.device_put(arrays[".".join(map(str, key))])))
        for key, param in nnx.to_flat_state(nnx.state(model, nnx.Param))
    ]
    nnx.update(model, nnx.from_flat_state(filled))
