"""Looking at a picture while writing: one memory step, and soft attention over its places (Xu et al., 2015).

Pure functions of parameters and arrays, so that another implementation can stand in their place.
"""

from __future__ import annotations

from collections.abc import Mapping

import jax
import jax.numpy as jnp

from course_utils.nn.attention import masked_softmax
from course_utils.nn.lstm import update

Params = Mapping[str, jax.Array]


def soft_attention(params: Params, places: jax.Array, h: jax.Array, mask: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A weighted mean of the places, the weights from how well each suits the state of the writer.

    e_n = w · tanh(W_v v_n + W_h h + b), α = softmax(e), context = Σ α_n v_n: section 3.1.2 of Xu et al., with the scores
    of Bahdanau et al., 2015.

    Parameters
    ----------
    params : ``W_v`` [D_v, k], ``W_h`` [D, k], ``b`` [k], ``w`` [k].
    places : float32[B, N, D_v]
    h : float32[B, D]
    mask : bool[B, N], False where a picture has no such place.

    Returns
    -------
    context : float32[B, D_v]
    alpha : float32[B, N], 0 where the mask is False.
    """
    seen = jnp.tanh(places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None])  # (B, N, k)
    alpha = masked_softmax(seen @ params["w"], mask)
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


def uniform_attention(params: Params, places: jax.Array, h: jax.Array, mask: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The same mean at every step, whatever the state: a control with the parameters of :func:`soft_attention`."""
    alpha = mask / jnp.maximum(mask.sum(-1, keepdims=True), 1)
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


def lstm_step(params: Params, h: jax.Array, c: jax.Array, word: jax.Array, context: jax.Array) -> tuple[jax.Array, jax.Array]:
    """One step of a memory that reads a word and what was looked at: c' = f ∘ c + i ∘ g, h' = o ∘ tanh(c').

    Parameters
    ----------
    params : ``W_x`` [D_w, 4 D], ``W_z`` [D_v, 4 D], ``W_h`` [D, 4 D], ``b`` [4 D]; the gates lie side by side in the
        order i, f, g, o.
    h, c : float32[B, D]
    word : float32[B, D_w]
    context : float32[B, D_v]

    Returns
    -------
    h, c : float32[B, D], the next ones.
    """
    return update(word @ params["W_x"] + context @ params["W_z"] + h @ params["W_h"] + params["b"], c)
