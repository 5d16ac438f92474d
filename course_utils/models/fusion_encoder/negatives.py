"""Wrong partners for image-text matching, drawn from the batch (ALBEF, Li et al., 2021, section 3.2)."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

Choose = Callable[[jax.Array, jax.Array, jax.Array], jax.Array]


def hard_negatives(similarity: jax.Array, true: jax.Array, noise: jax.Array) -> jax.Array:
    """For every row a wrong partner, the likelier the more similar: a draw from a softmax over the wrong columns.

    Adding standard Gumbel noise to logits and taking the largest *is* a draw from their softmax. Where all similarities
    are alike, every wrong partner is equally likely.

    Parameters
    ----------
    similarity : float32[B, P], logits of B pictures (or texts) with P texts (or pictures).
    true : bool[B, P], True where column j is a right partner of row i: its own, and any with the same content.
    noise : float32[B, P], standard Gumbel.

    Returns
    -------
    int[B], never a true partner (as long as a row has a wrong one).
    """
    return jnp.where(true, -jnp.inf, similarity + noise).argmax(-1)
