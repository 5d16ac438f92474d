"""Checkpoints that later notebooks build on: safetensors in ``data/checkpoints``, half precision, found by name."""

from __future__ import annotations

from pathlib import Path

import jax.numpy as jnp
import numpy as np
from flax import nnx
from safetensors.numpy import load_file, save_file

from course_utils import paths
from course_utils.nn import published


def save(model: nnx.Module, path: Path) -> None:
    """Writes all parameters of ``model`` as float16 under their paths ("describe.kernel")."""
    # in C order: safetensors 0.8.0 writes the bytes of a transposed array as they lie, without a word
    save_file({name: np.array(param[...], np.float16, order="C") for name, param in _parameters(model).items()}, path)


def load(model: nnx.Module, name: str) -> None:
    """Puts the shipped checkpoint ``name`` into ``model``, in place, as float32.

    Raises FileNotFoundError or ValueError if the file is missing or altered, or belongs to a model of another shape;
    the model is then unchanged.
    """
    tensors = load_file(paths.data_file(f"checkpoints/{name}.safetensors"))
    wide = {key: np.asarray(array, jnp.float32) for key, array in tensors.items()}
    published.load(model, wide, {key: (key, published.same) for key in _parameters(model)})


def _parameters(model: nnx.Module) -> dict[str, nnx.Param]:
    return {".".join(map(str, path)): param for path, param in nnx.to_flat_state(nnx.state(model, nnx.Param))}
