"""What makes words of a picture: a small map from the vision tower's space into the language model's.

Linear in LLaVA (Liu et al., 2023); two layers with an erf-GELU between in LLaVA-1.5 (Liu et al., 2024, section 3.3). Every
patch is mapped by itself, so that a picture has as many tokens as patches.
"""

from __future__ import annotations

import jax
from flax import nnx

from course_utils.nn.linear import Linear
from course_utils.nn.splice import splice
from course_utils.nn.transformer import gelu

PROJECTORS = ("linear", "mlp")
Params = dict[str, jax.Array]


def project(params: Params, features: jax.Array) -> jax.Array:
    """``features`` float32[..., D] · ``W_1`` (D, W) + ``b_1`` (W,) → float32[..., W]; where there is a ``W_2`` (W, W), a GELU
    and a second layer behind."""
    y = features @ params["W_1"] + params["b_1"]
    return gelu(y) @ params["W_2"] + params["b_2"] if "W_2" in params else y


def insert(params: Params, features: jax.Array, words: jax.Array, patch: jax.Array) -> jax.Array:
    """Patches, projected, in their places among the words.

    Parameters
    ----------
    params : of :func:`project`
    features : float32[B, M, D], all patches of a text's pictures
    words : float32[B, T, W]
    patch : int32[B, T], which patch stands in a place, -1 for a word

    Returns
    -------
    float32[B, T, W]
    """
    return splice(words, project(params, features), patch)


class Projector(nnx.Module):
    """The parameters of :func:`project`, ``kind`` of :data:`PROJECTORS`."""

    def __init__(self, features: int, width: int, kind: str = "mlp", *, rngs: nnx.Rngs):
        self.first = Linear(features, width, rngs=rngs)
        self.second = Linear(width, width, rngs=rngs) if kind == "mlp" else None

    @property
    def params(self) -> Params:
        layers = {"1": self.first} | ({"2": self.second} if self.second is not None else {})
        return {f"{name}_{k}": array for k, layer in layers.items() for name, array in (("W", layer.kernel[...]), ("b", layer.bias[...]))}
