"""An intervention: the same features, but those of one place are another picture's.

A map of attention shows where a model looks. Whether it uses what it finds there, only a change tells: exchange that place,
leave all others as they are, and see whether the answer follows.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from course_utils.errors import BadInput

Array = np.ndarray | jax.Array


def exchanged(features: Array, place: Array, twins: Array, of: np.ndarray | None = None) -> Array:
    """The same features, with one place's replaced by those that a twin has there.

    Parameters
    ----------
    features, twins : [B, N, ...], of N places each: regions float[B, 9, D], or the tokens of N pictures float[B, N, M, D].
    place : int[B], which place is exchanged in each row.
    of : int[N], to which place each of the N belongs, say the patches of a picture to its places; else each is one by itself.

    Returns
    -------
    [B, N, ...], a NumPy array of NumPy arrays, else JAX's. What is not exchanged stays the same, bit for bit.

    Raises BadInput if shapes or types of features and twins differ, or ``place`` is not one place for each row.
    """
    if features.ndim < 2 or features.shape != twins.shape or features.dtype != twins.dtype:
        told = " and ".join(f"{a.dtype}{list(a.shape)}" for a in (features, twins))
        raise BadInput(f"Features and twins are {told}; give two arrays [B, N, ...] of one shape and type.")
    rows, count = features.shape[:2]
    of = np.arange(count) if of is None else np.asarray(of)
    places, place = int(of.max()) + 1, np.asarray(place)
    if place.shape != (rows,) or not np.issubdtype(place.dtype, np.integer):
        raise BadInput(f"place is {place.dtype}{list(place.shape)}; give one whole number for each of the {rows} rows.")
    if strange := [int(p) for p in place if not 0 <= p < places]:
        raise BadInput(f"There is no place {strange[0]}: the {places} places are 0 to {places - 1}.")
    here = (of == place[:, None]).reshape(rows, count, *[1] * (features.ndim - 2))
    return (jnp if isinstance(features, jax.Array) else np).where(here, twins, features)
