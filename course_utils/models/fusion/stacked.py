"""Stacked attention: the question looks at the picture, takes in what it saw, and looks again (Yang et al., 2016).

A hop is a pure function ``hop(params, grid, u)`` of the picture's places grid float32[B, N, D] and of the question so
far, u float32[B, D]. It returns the next u, float32[B, D], and where it looked, float32[B, N].
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from course_utils.errors import known
from course_utils.nn import init

Params = Mapping[str, jax.Array]
Hop = Callable[[Params, jax.Array, jax.Array], tuple[jax.Array, jax.Array]]


def additive_hop(params: Params, grid: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
    """p = softmax_N(w · tanh(W_I v_n + W_Q u + b)), then u + Σ p_n v_n: section 3.3 of the paper.

    (The paper adds a number to all scores, which a softmax does not feel; it is left out.)
    """
    seen = jnp.tanh(grid @ params["W_I"] + (u @ params["W_Q"] + params["b"])[:, None])  # (B, N, k)
    p = jax.nn.softmax(seen @ params["w"], axis=-1)  # (B, N)
    return u + jnp.einsum("bn,bnd->bd", p, grid), p


def dot_product_hop(params: Params, grid: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
    """p = softmax_N((W_I v_n) · (W_Q u) / √k), then u + Σ p_n v_n: the scores of a transformer in the same place."""
    keys, query = grid @ params["W_I"], u @ params["W_Q"]  # (B, N, k), (B, k)
    p = jax.nn.softmax(jnp.einsum("bnk,bk->bn", keys, query) / query.shape[-1] ** 0.5, axis=-1)
    return u + jnp.einsum("bn,bnd->bd", p, grid), p


HOPS: dict[str, Hop] = {"additive": additive_hop, "dot-product": dot_product_hop}


class AttentionHop(nnx.Module):
    """One look. ``width``: k, in which places and question are compared; ``function``: another implementation."""

    def __init__(self, score: str, d: int, width: int, *, function: Hop | None = None, rngs: nnx.Rngs):
        known("score", score, HOPS)
        self.function = function or HOPS[score]
        matrix, key = init.lecun_normal(), rngs.params
        self.W_I, self.W_Q = nnx.Param(matrix(key(), (d, width))), nnx.Param(matrix(key(), (d, width)))
        self.names = ("W_I", "W_Q")
        if score == "additive":
            self.b, self.w = nnx.Param(init.put(np.zeros(width))), nnx.Param(init.normal(width**-0.5)(key(), (width,)))
            self.names += ("b", "w")

    def __call__(self, grid: jax.Array, u: jax.Array) -> tuple[jax.Array, jax.Array]:
        """float32[B, N, D], float32[B, D] → float32[B, D], float32[B, N]."""
        return self.function({name: getattr(self, name)[...] for name in self.names}, grid, u)


class StackedAttention(nnx.Module):
    """``hops`` looks at the picture, each starting from what the last one found."""

    def __init__(self, d: int, width: int, *, hops: int = 2, score: str = "dot-product", function: Hop | None = None, rngs: nnx.Rngs):
        if hops < 1:
            raise ValueError(f"hops is {hops}; look at least once.")
        self.hops = nnx.data([AttentionHop(score, d, width, function=function, rngs=rngs) for _ in range(hops)])

    def __call__(self, grid: jax.Array, question: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
        """The question after all looks.

        Parameters
        ----------
        grid : float32[B, N, D]
        question : float32[B, D]

        Returns
        -------
        u : float32[B, D]
        aux : ``maps`` float32[B, hops, N], where each hop looked; every map adds up to 1.
        """
        u, maps = question, []
        for hop in self.hops:
            u, p = hop(grid, u)
            maps.append(p)
        return u, {"maps": jnp.stack(maps, 1)}
