"""What makes words of a picture: a small map from the vision tower's space into the language model's.

Linear in LLaVA (Liu et al., 2023); two layers with an erf-GELU between in LLaVA-1.5 (Liu et al., 2024, section 3.3). Every
patch is mapped by itself, so that a picture has as many tokens as patches.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
from flax import nnx

from course_utils.nn.linear import Linear
from course_utils.nn.transformer import gelu

Params = dict[str, jax.Array]


def linear_projection(params: Params, features: jax.Array) -> jax.Array:
    """``features`` float32[..., D] · ``W_1`` (D, W) + ``b_1`` (W,) → float32[..., W]."""
    return features @ params["W_1"] + params["b_1"]


def mlp_projection(params: Params, features: jax.Array) -> jax.Array:
    """:func:`linear_projection`, a GELU, and a second layer, ``W_2`` (W, W) and ``b_2`` (W,); float32[..., D] → float32[..., W]."""
    return gelu(linear_projection(params, features)) @ params["W_2"] + params["b_2"]


PROJECTIONS = {"linear": linear_projection, "mlp": mlp_projection}


class Projector(nnx.Module):
    """The map ``kind``, of :data:`PROJECTIONS`, computed by its function or by a learner's ``function``."""

    def __init__(self, features: int, width: int, kind: str = "mlp", *, function: Callable | None = None, rngs: nnx.Rngs):
        self.function = function or PROJECTIONS[kind]
        self.first = Linear(features, width, rngs=rngs)
        self.second = Linear(width, width, rngs=rngs) if kind == "mlp" else None

    @property
    def params(self) -> Params:
        layers = {"1": self.first} | ({"2": self.second} if self.second is not None else {})
        return {f"{name}_{k}": array for k, layer in layers.items() for name, array in (("W", layer.kernel[...]), ("b", layer.bias[...]))}

    def __call__(self, features: jax.Array) -> jax.Array:
        """float32[..., D] → float32[..., W]."""
        return self.function(self.params, features)
