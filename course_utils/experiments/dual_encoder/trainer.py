"""Dual encoders taught on pairs of emoji and words, and their vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from flax import nnx

from course_utils import runtime, training
from course_utils.experiments.dual_encoder import dataset
from course_utils.models import dual_encoder as dual
from course_utils.models.dual_encoder import pictures, words

STEPS = 1000
BATCH = 256
LEARNING_RATE = 5e-3
# Training with parts of the variation left out.
VARIATIONS = {
    "augmented": pictures.ALL,
    "as drawn": pictures.NONE,
    "never moved": pictures.Variation(tint=0.25, recolour=0.25, grey=0.05, ground="both"),
    "own colours": pictures.Variation((0.6, 1.1), 4.0, True, ground="both"),
    "on white": pictures.Variation((0.6, 1.1), 4.0, True, 0.25, 0.25, 0.05),
}


def config(**changes) -> dual.DualConfig:
    """The miniature: windows, a bag of words, 96 numbers. ``changes``: fields of DualConfig."""
    taught = {"image": dual.WindowConfig(hidden=192), "text": dual.BagConfig(len(words.vocabulary()), embedding=48), "width": 96}
    return dual.DualConfig(**taught | changes)


def train(
    styles: Sequence[str],
    variation: str = "augmented",
    *,
    seed: int = 0,
    steps: int = STEPS,
    pairwise: bool = False,
    loss: Callable | None = None,
    watch: Callable | None = None,
    made: dual.DualConfig | None = None,
    texts: np.ndarray | None = None,
) -> dual.DualEncoder:
    """A dual encoder of emoji in some styles and their English words.

    Parameters
    ----------
    variation : one of ``VARIATIONS``: "augmented", "as drawn", "never moved", "own colours", "on white".
    pairwise : SigLIP's loss. ``loss``: another info_nce, say yours. ``made``: a DualConfig other than ``config()``.
    texts : other ways to say each concept than ``dataset.all_texts()``, int32[K, ways, T].

    Raises
    ------
    ValueError
        If there is no such variation.
    """
    if variation not in VARIATIONS:
        raise ValueError(f"There is no variation {variation!r}. Choose from: {', '.join(VARIATIONS)}.")
    model = dual.DualEncoder(made or config(biased=pairwise), loss=loss, rngs=nnx.Rngs(seed))
    training.fit(
        model,
        dual.pairwise_loss if pairwise else dual.contrastive_loss,
        dataset.sampler(styles, VARIATIONS[variation], BATCH * runtime.preset().batch, texts),
        steps=steps,
        learning_rate=LEARNING_RATE,
        data=pictures.atlas(tuple(styles)),
        seed=seed,
        watch=watch,
        progress=False,
    )
    return model


def image_vectors(model: dual.DualEncoder, images: np.ndarray) -> np.ndarray:
    """Pictures as vectors of length 1: uint8[n, 32, 32, 3] → float32[n, D]."""
    return training.predict(model, dual.image_vectors, {"image": images})


def text_vectors(model: dual.DualEncoder, texts: Sequence[str]) -> np.ndarray:
    """Texts as vectors of length 1: float32[n, D]."""
    return training.predict(model, dual.text_vectors, {"tokens": words.vocabulary().encode(texts)})
