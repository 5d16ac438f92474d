"""Pictures among words: where a text says ``<image>``, the vectors of a picture stand as if they were words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from course_utils.text import IGNORED, PAD


class Expanded(NamedTuple):
    """Texts with a place for every vector of their pictures.

    Attributes
    ----------
    tokens : int32[B, L], a tag at every place of a picture, padding on the right; places number the texts from the left.
    source : int32[B, L, 2], of each place which picture of its text and which vector of it stand there; -1, -1 for a word.
    labels : int32[B, L], of each place the token that follows where it is asked for, else ``IGNORED``.
    """

    tokens: np.ndarray
    source: np.ndarray
    labels: np.ndarray


def expand(
    texts: Sequence[Sequence[int]], widths: Sequence[Sequence[int]], image: int, length: int, labels: Sequence[Sequence[int]] | None = None
) -> Expanded:
    """Makes room: one tag of each picture becomes as many as the picture has vectors.

    Parameters
    ----------
    texts : tokens, without padding; ``image`` is the tag
    widths : of each text how many vectors each of its pictures has, in their order
    length : L, not less than the longest text needs
    labels : of each token of the texts the one that follows, or ``IGNORED``; without, nothing is asked for. What follows a
        picture is the label of its last vector.

    Raises
    ------
    ValueError
        If a text has more or fewer tags than pictures, or needs more than ``length`` places.
    """
    tokens = np.full((len(texts), length), PAD, np.int32)
    asked = np.full((len(texts), length), IGNORED, np.int32)
    source = np.full((len(texts), length, 2), -1, np.int32)
    for i, (text, counts) in enumerate(zip(texts, widths, strict=True)):
        text = np.asarray(text, np.int32)
        tags = text == image
        if tags.sum() != len(counts):
            raise ValueError(f"Text {i} has {tags.sum()} tags and {len(counts)} pictures; give a picture for each tag.")
        takes = np.ones(len(text), int)
        takes[tags] = counts
        ends = takes.cumsum()
        need = int(takes.sum())
        if need > length:
            raise ValueError(
                f"Text {i} needs {need} places, its pictures' among them, but there is room for {length}; shorten it, or make room."
            )
        word = np.repeat(np.arange(len(text)), takes)
        tokens[i, :need] = text[word]
        nth = np.stack([tags.cumsum()[word] - 1, np.arange(need) - (ends - takes)[word]], 1)
        source[i, :need] = np.where(tags[word][:, None], nth, -1)
        if labels is not None:
            last = takes > 0
            asked[i, ends[last] - 1] = np.asarray(labels[i], np.int32)[last]
    return Expanded(tokens, source, asked)


def splice(words: jax.Array, pictures: jax.Array, source: jax.Array) -> jax.Array:
    """Words with the vectors of pictures in their places.

    words float32[B, T, D]; pictures float32[B, I, M, D], vectors that have no place are left out; ``source`` int32[B, T, 2]
    of :func:`expand` → float32[B, T, D].
    """
    rows = jnp.arange(len(words))[:, None]
    there = pictures[rows, jnp.maximum(source[..., 0], 0), jnp.maximum(source[..., 1], 0)]
    return jnp.where(source[..., :1] >= 0, there, words)
