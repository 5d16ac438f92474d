"""Pictures among words: where a text says ``<image>``, the vectors of a picture stand as if they were words."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp


def make_room(tokens: Sequence[int], widths: Sequence[int], image: int) -> tuple[list[int], list[int], list[int]]:
    """One tag of each picture becomes as many as the picture has vectors.

    Parameters
    ----------
    tokens : a text; ``image`` is the tag
    widths : how many vectors each of its pictures has, in their order, one for each tag

    Returns
    -------
    tokens : with a tag at every place of a picture
    picture, vector : of each place which picture of the text and which vector of it stand there, from 0; -1 for a word
    """
    wide, picture, vector, shown = [], [], [], -1
    for token in tokens:
        shown += token == image
        width = widths[shown] if token == image else 1
        wide += [token] * width
        picture += [shown if token == image else -1] * width
        vector += range(width) if token == image else [-1]
    return wide, picture, vector


def splice(words: jax.Array, vectors: jax.Array, place: jax.Array) -> jax.Array:
    """Words with vectors of pictures in their places.

    words float32[B, T, D]; vectors float32[B, M, D], those without a place are left out; ``place`` int32[B, T], which of the M
    stands there, -1 for a word → float32[B, T, D].
    """
    there = jnp.take_along_axis(vectors, jnp.maximum(place, 0)[..., None], 1)
    return jnp.where(place[..., None] >= 0, there, words)
