"""One vector from two: the fusion functions of visual question answering, from concatenation to MUTAN.

Each is a pure function ``pooling(params, v, h)`` of a dictionary of parameters, a picture's vector float32[..., D_v] and
a question's vector float32[..., D_h]; it returns float32[..., D_out]. :func:`shapes` says which parameters each one has,
so their number is known before anything is built.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils.errors import known
from course_utils.nn import init
from course_utils.nn.published import Names, same, transpose

Params = Mapping[str, jax.Array]
Shapes = dict[str, tuple[int, ...]]


def concat_pooling(params: Params, v: jax.Array, h: jax.Array) -> jax.Array:
    """W [v; h] + b: a sum of what v says and what h says."""
    return jnp.concatenate([v, h], -1) @ params["W"] + params["b"]


def concat_mlp_pooling(params: Params, v: jax.Array, h: jax.Array) -> jax.Array:
    """P relu(W [v; h] + a) + b."""
    return jax.nn.relu(jnp.concatenate([v, h], -1) @ params["W"] + params["a"]) @ params["P"] + params["b"]


def product_pooling(params: Params, v: jax.Array, h: jax.Array) -> jax.Array:
    """P (v ∘ h) + b, for vectors of one length (Antol et al., 2015)."""
    return (v * h) @ params["P"] + params["b"]


def bilinear_pooling(params: Params, v: jax.Array, h: jax.Array) -> jax.Array:
    """vᵀ T_k h + b_k for every output k: each pair of features has a weight of its own."""
    return jnp.einsum("...i,...j,ijk->...k", v, h, params["T"]) + params["b"]


def tucker_pooling(params: Params, v: jax.Array, h: jax.Array) -> jax.Array:
    """A bilinear form whose tensor is a small core C between three matrices: P ((U v)ᵀ C (V h)) + b."""
    z = jnp.einsum("...i,...j,ijk->...k", v @ params["U"], h @ params["V"], params["C"])  # (..., D)
    return z @ params["P"] + params["b"]


def mlb_pooling(params: Params, v: jax.Array, h: jax.Array) -> jax.Array:
    """P (tanh(U v) ∘ tanh(V h)) + b: multimodal low-rank bilinear pooling (Kim et al., 2017)."""
    return (jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


def mutan_pooling(params: Params, v: jax.Array, h: jax.Array) -> jax.Array:
    """P Σ_r (M_r ṽ) ∘ (N_r h̃) + b with ṽ = U v and h̃ = V h: Tucker with a core of rank R (Ben-younes et al., 2017).

    Every product has a bias, as in the authors' code.
    """
    v = v @ params["U"] + params["b_U"]  # (..., D)
    h = h @ params["V"] + params["b_V"]
    m = jnp.einsum("...d,drk->...rk", v, params["M"]) + params["b_M"]  # (..., R, D)
    n = jnp.einsum("...d,drk->...rk", h, params["N"]) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


POOLINGS: dict[str, Callable[[Params, jax.Array, jax.Array], jax.Array]] = {
    "concat": concat_pooling,
    "concat-mlp": concat_mlp_pooling,
    "product": product_pooling,
    "bilinear": bilinear_pooling,
    "tucker": tucker_pooling,
    "mlb": mlb_pooling,
    "mutan": mutan_pooling,
}


def shapes(name: str, d_v: int, d_h: int, d_out: int, width: int = 0, rank: int = 0) -> Shapes:
    """The parameters of a pooling: name → shape.

    Parameters
    ----------
    width : D, the size of what is inside "concat-mlp", "tucker", "mlb" and "mutan"; the others have none.
    rank : R of "mutan".

    Raises ValueError if there is no such pooling, if "product" gets two lengths, or a width or rank that is needed is
    below 1.
    """
    known("pooling", name, POOLINGS)
    if name == "product" and d_v != d_h:
        raise ValueError(f"An elementwise product needs two vectors of one length, not {d_v} and {d_h}.")
    if name in ("concat-mlp", "tucker", "mlb", "mutan") and width < 1:
        raise ValueError(f"{name} has an inner width; give a width of at least 1.")
    if name == "mutan" and rank < 1:
        raise ValueError("mutan has a core of some rank; give a rank of at least 1.")
    projections: Shapes = {"U": (d_v, width), "V": (d_h, width), "P": (width, d_out)}
    inside: dict[str, Shapes] = {
        "concat": {"W": (d_v + d_h, d_out)},
        "concat-mlp": {"W": (d_v + d_h, width), "a": (width,), "P": (width, d_out)},
        "product": {"P": (d_v, d_out)},
        "bilinear": {"T": (d_v, d_h, d_out)},
        "tucker": {**projections, "C": (width, width, width)},
        "mlb": projections,
        "mutan": {
            **projections,
            "b_U": (width,),
            "b_V": (width,),
            "M": (width, rank, width),
            "b_M": (rank, width),
            "N": (width, rank, width),
            "b_N": (rank, width),
        },
    }
    return {**inside[name], "b": (d_out,)}


def parameter_count(name: str, d_v: int, d_h: int, d_out: int, width: int = 0, rank: int = 0) -> int:
    """How many numbers a pooling learns; d_v · d_h · d_out + d_out for "bilinear". Arguments as of :func:`shapes`."""
    return sum(math.prod(shape) for shape in shapes(name, d_v, d_h, d_out, width, rank).values())


def widest(name: str, d_v: int, d_h: int, d_out: int, budget: int, rank: int = 0) -> int:
    """The largest inner width with which a pooling stays within a budget of parameters.

    Raises ValueError if not even a width of 1 does, or the pooling has no inner width to choose.
    """

    def count(width: int) -> int:
        return parameter_count(name, d_v, d_h, d_out, width, rank)

    if count(1) == count(2):
        raise ValueError(f"{name} has no inner width: it has {count(1):,} parameters, whatever the budget.")
    if count(1) > budget:
        raise ValueError(f"{name} has {count(1):,} parameters at a width of 1; the budget is {budget:,}.")
    width = 1
    while count(width + 1) <= budget:
        width += 1
    return width


class Pooling(nnx.Module):
    """One of ``POOLINGS`` with parameters of its own.

    ``function``: another implementation of the same pooling, say a learner's.
    """

    def __init__(
        self,
        name: str,
        d_v: int,
        d_h: int,
        d_out: int,
        *,
        width: int = 0,
        rank: int = 0,
        function: Callable[[Params, jax.Array, jax.Array], jax.Array] | None = None,
        rngs: nnx.Rngs,
    ):
        sizes = shapes(name, d_v, d_h, d_out, width, rank)
        self.names = tuple(sizes)
        self.function = function or POOLINGS[name]
        for key, shape in sizes.items():
            setattr(self, key, nnx.Param(init.normal(_std(key, shape))(rngs.params(), shape)))

    def __call__(self, v: jax.Array, h: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
        """float32[..., D_v], float32[..., D_h] → float32[..., D_out], {}."""
        return self.function({name: getattr(self, name)[...] for name in self.names}, v, h), {}


def _std(name: str, shape: tuple[int, ...]) -> float:
    """The spread at which a parameter starts, so that what comes out varies about as much as what goes in."""
    if name.startswith("b") or name == "a":
        return 0.0
    if name in ("M", "N"):  # R products of two are summed
        return shape[0] ** -0.5 * shape[1] ** -0.25
    return math.prod(shape[:-1]) ** -0.5


def mutan_names(rank: int) -> Names:
    """Where the weights of block.bootstrap's ``Mutan([D_h, D_v], D_out)`` go, for :func:`published.load`.

    Its layers "0" are the question's, "1" the picture's.
    """

    def core(w):  # (R · D, D) → (D, R, D)
        return w.T.reshape(w.shape[1], rank, -1)

    def core_bias(b):
        return b.reshape(rank, -1)

    return {
        "linear0.weight": ("V", transpose),
        "linear0.bias": ("b_V", same),
        "linear1.weight": ("U", transpose),
        "linear1.bias": ("b_U", same),
        "merge_linear0.weight": ("N", core),
        "merge_linear0.bias": ("b_N", core_bias),
        "merge_linear1.weight": ("M", core),
        "merge_linear1.bias": ("b_M", core_bias),
        "linear_out.weight": ("P", transpose),
        "linear_out.bias": ("b", same),
    }
