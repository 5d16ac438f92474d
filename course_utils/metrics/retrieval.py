"""How well something is found: ranks, recall at k, what chance gives, and search in a cache of vectors."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np


def ranks(scores: np.ndarray, target: np.ndarray) -> np.ndarray:
    """How many items are scored at least as high as the right one, itself left out: 0 is the best rank.

    A tie counts against the model: who gives everything the same score has found nothing.

    Parameters
    ----------
    scores : float[Q, G], one row a query, one column an item of the gallery; higher is better.
    target : int[Q], the right item of each query.

    Returns
    -------
    int64[Q]

    Raises ValueError if there is not one target for each query, or one is not in the gallery, or a score is NaN.
    """
    scores, target = np.asarray(scores), np.asarray(target)
    if scores.ndim != 2 or target.shape != scores.shape[:1]:
        raise ValueError(f"scores has shape {scores.shape} and target {target.shape}; expected (Q, G) and (Q,).")
    if target.size and not (0 <= target.min() and target.max() < scores.shape[1]):
        raise ValueError(f"Targets go from {target.min()} to {target.max()}; the gallery has items 0 to {scores.shape[1] - 1}.")
    if np.isnan(scores).any():
        raise ValueError("There is a NaN among the scores: nothing can be ranked.")
    right = np.take_along_axis(scores, target[:, None], 1)
    return (scores >= right).sum(1) - 1


def recall_at(scores: np.ndarray, target: np.ndarray, ks: Sequence[int] = (1, 5, 10)) -> np.ndarray:
    """The share of queries whose right item is among the best k, for every k: float64[len(ks)]. Arguments as :func:`ranks`."""
    found = ranks(scores, target)
    return np.array([(found < k).mean() for k in ks])


def recall(ranking: np.ndarray, truth: np.ndarray, k: int = 1) -> float:
    """R@k: the share of queries with a right candidate among their first k.

    ranking int[Q, M], truth bool[Q, M] in candidates' numbers.
    """
    hits = np.take_along_axis(np.asarray(truth), np.asarray(ranking)[:, :k], 1)
    return float(hits.any(1).mean())


def chance(gallery: int, ks: Sequence[int] = (1, 5, 10)) -> np.ndarray:
    """R@k of a random order of a gallery: min(1, k / G), float64[len(ks)].

    Raises ValueError if the gallery is empty.
    """
    if gallery < 1:
        raise ValueError(f"The gallery has {gallery} items; it needs 1 at least.")
    return np.minimum(1.0, np.asarray(ks) / gallery)


def top_k(cache: jax.Array, queries: jax.Array, k: int) -> tuple[jax.Array, jax.Array]:
    """The k items of a cache with the highest cosines, best first.

    Parameters
    ----------
    cache : float[G, D], vectors of length 1, in any precision (float16 halves the memory).
    queries : float[Q, D], of any length but 0.

    Returns
    -------
    items int32[Q, k], cosines float32[Q, k]

    Raises ValueError if k is not between 1 and G.
    """
    if not 1 <= k <= len(cache):
        raise ValueError(f"k is {k}; the cache has {len(cache)} items, so choose 1 to {len(cache)}.")
    queries = jnp.asarray(queries, jnp.float32)
    unit = queries / jnp.linalg.norm(queries, axis=-1, keepdims=True)
    cosines, items = jax.lax.top_k(unit @ jnp.asarray(cache, jnp.float32).T, k)
    return items, cosines


def zero_shot(image: jax.Array, prompts: jax.Array) -> jax.Array:
    """Cosines of pictures with classes, each class the mean direction of its prompts (Radford et al., 2021, section 3.1.4).

    image float[B, D], prompts float[K, E, D], of any lengths but 0 → float[B, K].
    """

    def unit(x):
        return x / jnp.linalg.norm(x, axis=-1, keepdims=True)

    return unit(image) @ unit(unit(prompts).mean(1)).T
