"""Who may look at whom: one builder for every attention mask of the course."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def attention_mask(valid: jax.Array, block: jax.Array | None = None) -> jax.Array:
    """Token i attends to token j iff both are valid and j's block does not come after i's.

    Blocks are found by a cumulative sum, so a 1 in ``block`` says "a new block starts here" (the form of big_vision).
    Rows look, columns are looked at; 1 = attends::

        block  0 0 0 0 0     1 1 1 1 1     0 0 0 1 1     0 0 1 0 1     0 0 0 1 1
        valid  1 1 1 1 1     1 1 1 1 1     1 1 1 1 1     1 1 1 1 1     1 1 0 1 1

               1 1 1 1 1     1 0 0 0 0     1 1 1 0 0     1 1 0 0 0     1 1 0 0 0
               1 1 1 1 1     1 1 0 0 0     1 1 1 0 0     1 1 0 0 0     1 1 0 0 0
               1 1 1 1 1     1 1 1 0 0     1 1 1 0 0     1 1 1 1 0     0 0 0 0 0
               1 1 1 1 1     1 1 1 1 0     1 1 1 1 0     1 1 1 1 0     1 1 0 1 0
               1 1 1 1 1     1 1 1 1 1     1 1 1 1 1     1 1 1 1 1     1 1 0 1 1

                 full          causal        prefix        blocks     prefix, padded

    Parameters
    ----------
    valid : bool[B, T], False at padding.
    block : int32 or bool, shape [T] or [B, T]; ``None`` is one block, the full mask.

    Returns
    -------
    bool[B, T, T]
    """
    mask = valid[:, :, None] & valid[:, None, :]
    if block is not None:
        number = jnp.broadcast_to(jnp.cumsum(jnp.asarray(block, jnp.int32), -1), valid.shape)  # (B, T)
        mask &= number[:, None, :] <= number[:, :, None]
    return mask
