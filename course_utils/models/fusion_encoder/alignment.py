"""Word-region alignment: the cheapest way to move the words' mass onto the regions (UNITER, Chen et al., 2020, eq. 4).

The cheapest plan is found by the inexact proximal point method (IPOT; Xie et al., 2018), which only multiplies matrices.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

BETA, ROUNDS = 0.5, 50


def cosine_cost(text: jax.Array, image: jax.Array) -> jax.Array:
    """1 − cosine of every word and region: float32[..., T, D], float32[..., N, D] → float32[..., T, N]."""
    unit = [x / jnp.sqrt((x**2).sum(-1, keepdims=True) + 1e-12) for x in (text, image)]
    return 1 - jnp.einsum("...td,...nd->...tn", *unit)


def optimal_transport(cost: jax.Array, beta: float = BETA, rounds: int = ROUNDS) -> jax.Array:
    """The plan between T words of mass 1 / T and N regions of mass 1 / N that costs least.

    float32[T, N] → float32[T, N]; rows add up to 1 / T (nearly), columns to 1 / N.
    """
    return _ipot(cost, jnp.ones(cost.shape[0], bool), beta, rounds)


def transport_plan(text: jax.Array, image: jax.Array, valid: jax.Array, rounds: int = ROUNDS) -> jax.Array:
    """For every pair its plan, float32[B, T, N], in which padding (``valid`` bool[B, T] is False) has no mass.

    No slopes flow through the plan, as in the published code.
    """
    cost = jax.lax.stop_gradient(cosine_cost(text, image))
    return jax.vmap(lambda c, v: _ipot(c, v, BETA, rounds))(cost, valid)


def alignment_distance(text: jax.Array, image: jax.Array, plan: jax.Array) -> jax.Array:
    """What a plan costs: Σ plan · cost, float32[B]."""
    return (plan * cosine_cost(text, image)).sum((-2, -1))


def _ipot(cost: jax.Array, valid: jax.Array, beta: float, rounds: int) -> jax.Array:
    """Words that are not ``valid`` bool[T] get no mass."""
    kernel = jnp.where(valid[:, None], jnp.exp(-cost / beta), 0.0)  # (T, N)
    words, regions = valid.sum(), cost.shape[1]

    def round_(_, state):
        plan, sigma = state
        q = kernel * plan
        delta = jnp.where(valid, 1 / jnp.where(valid, words * (q @ sigma), 1.0), 0.0)  # (T,)
        sigma = 1 / (regions * (delta @ q))  # (N,)
        return delta[:, None] * q * sigma, sigma

    start = jnp.where(valid[:, None], jnp.ones(cost.shape), 0.0), jnp.full(regions, 1 / regions)
    return jax.lax.fori_loop(0, rounds, round_, start)[0]
