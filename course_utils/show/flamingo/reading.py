"""Prompts of pictures and words as Flamingo reads them, and what it would say next."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from course_utils import training
from course_utils.errors import BadInput
from course_utils.models.flamingo.flamingo import Flamingo
from course_utils.show.scene_text import read_scene
from course_utils.towers import vision
from course_utils.world.corpus import BEGIN, END, IMAGE, Document, encode, vocabulary
from course_utils.world.render import render

PICTURES, LENGTH = 9, 64  # most pictures of a prompt, and most tokens
SIDE = 64


def drawn(*scenes: str, side: int = SIDE, **look: str) -> np.ndarray:
    """Scenes as readers type them, such as "red dog left": uint8[n, S, S, 3]. ``look`` and what it raises: :func:`read_scene`."""
    return np.concatenate([np.asarray(render(read_scene(scene, **look), side)) for scene in scenes])


def patches(pictures: np.ndarray) -> np.ndarray:
    """What the frozen tower sees in uint8[n, S, S, 3], S = 64 or 96: float32[n, N, D]."""
    return training.predict(vision.frozen_vision_tower(), _patches, {"image": np.asarray(pictures)}, size=PICTURES)


def words_of(said: Sequence[str]) -> list[str]:
    """The whole prompt: ``said`` holds what stands behind each picture, such as "is daxo"; behind the last, what is asked on."""
    return [BEGIN, *(word for text in said for word in (IMAGE, *vocabulary().split(text), END))][:-1]


def behind(document: Document) -> list[str]:
    """What stands behind each picture of a document, without its ends; the inverse of :func:`words_of`."""
    parts = " ".join(document.words).split(IMAGE)[1:]
    return [" ".join(part.replace(END, " ").split()) for part in parts]


def next_words(model: Flamingo, pictures: np.ndarray, said: Sequence[str]) -> np.ndarray:
    """How likely each word of ``corpus.vocabulary()`` is behind a prompt: float32[V].

    Parameters
    ----------
    pictures : uint8[n, S, S, 3], nine at most.
    said : what stands behind each, such as "is daxo"; behind the last, such as "is".

    Raises BadInput if pictures and ``<image>`` tags differ in number, there is none, a word is not in the vocabulary, or the
    prompt is too long.
    """
    words = words_of(said)
    if (tags := words.count(IMAGE)) != len(pictures) or not tags:
        many = "more" if tags > len(pictures) else "fewer"
        told = f"{many} {IMAGE} tags ({tags}) than pictures ({len(pictures)})" if tags or len(pictures) else "no pictures"
        raise BadInput(f"This prompt has {told}; give one picture for each tag.")
    if tags > PICTURES or len(words) > LENGTH:
        raise BadInput(
            f"This prompt has {tags} pictures and {len(words)} tokens, but there is room for {PICTURES} and {LENGTH}; shorten it."
        )
    try:
        tokens = encode([Document(words, [False] * len(words))], LENGTH)["tokens"]
    except ValueError as error:
        raise BadInput(str(error)) from None
    seen = patches(pictures)
    features = np.zeros((1, PICTURES, *seen.shape[1:]), np.float32)
    features[0, :tags] = seen
    batch = {"tokens": tokens, "features": features, "place": np.array([len(words) - 1])}
    return training.predict(model, _next, batch, size=1)[0]


def _patches(tower: vision.VisionTower, batch) -> jax.Array:
    return tower.features(batch["image"])


def _next(model: Flamingo, batch) -> jax.Array:
    logits = model(batch["tokens"], batch["features"])
    return jax.nn.softmax(logits[jnp.arange(len(logits)), batch["place"]])
