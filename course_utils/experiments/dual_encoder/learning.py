"""Pairs of emoji and words, and dual encoders taught on them; how well they find one by the other in a style never seen."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
from flax import nnx

from course_utils import runtime, training
from course_utils.metrics import retrieval
from course_utils.models import dual_encoder as dual
from course_utils.models.dual_encoder import pictures, words
from course_utils.world import emoji

STEPS = 1000
BATCH = 256
LEARNING_RATE = 5e-3
TEST_SEED = 3  # of what is random about test pictures; training never draws it
KS = (1, 5, 10)
_TEXTS = 24  # ways to say a concept, drawn once
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


def concepts(*, new: bool = False) -> np.ndarray:
    """The concepts that are trained on, or those held out. int[n]."""
    known = emoji.load()
    return np.flatnonzero(known.test_concepts if new else known.train_concepts)


def names(rows: np.ndarray) -> list[str]:
    """English names."""
    return [emoji.load().names["en"][k] for k in rows]


def other_styles(left_out: str) -> tuple[str, ...]:
    """The training styles but one. A style that is held out anyway leaves all three."""
    return tuple(style for style in emoji.TRAINING_STYLES if style != left_out)


@functools.cache
def said() -> np.ndarray:
    """For every concept, ways to say it: its name or a few keywords, often in a template. int32[K, ways, T]."""
    rng, table = np.random.default_rng(5), []
    for concept in range(len(emoji.load())):
        phrases = words.phrases(concept)
        for _ in range(_TEXTS):
            if rng.random() < 0.6 or len(phrases) == 1:
                text = phrases[0]
            else:
                chosen = rng.choice(len(phrases), rng.integers(1, min(4, len(phrases))), replace=False)
                text = " ".join(phrases[i] for i in chosen)
            if rng.random() < 0.5:
                text = words.TEMPLATES[rng.integers(len(words.TEMPLATES))].format(text)
            table.append(text)
    return words.vocabulary().encode(table).reshape(len(emoji.load()), _TEXTS, -1)


def sampler(styles: Sequence[str], how: pictures.Variation, batch: int = BATCH, texts: np.ndarray | None = None) -> Callable:
    """``sample(rng)`` of ``batch`` different concepts, each in one of the styles and said in one of its ways.

    ``texts``: other ways than :func:`said`, int32[K, ways, T].
    """
    taught, ways, count = concepts(), said() if texts is None else texts, len(emoji.load())

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        concept = rng.permutation(taught)[:batch]
        row = rng.integers(len(styles), size=len(concept)) * count + concept
        return {**pictures.numbers(rng, row, how), "tokens": ways[concept, rng.integers(ways.shape[1], size=len(concept))]}

    return sample


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
    variation : one of ``VARIATIONS``. ``pairwise``: SigLIP's loss. ``loss``: an info_nce of somebody else's.
    made : another config. ``texts``: other ways to say each concept than :func:`said`, int32[K, ways, T].

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
        sampler(styles, VARIATIONS[variation], BATCH * runtime.preset().batch, texts),
        steps=steps,
        learning_rate=LEARNING_RATE,
        data=pictures.atlas(tuple(styles)),
        seed=seed,
        watch=watch,
        progress=False,
    )
    return model


def seen(model: dual.DualEncoder, images: np.ndarray) -> np.ndarray:
    """Pictures as vectors of length 1: uint8[n, 32, 32, 3] → float32[n, D]."""
    return training.predict(model, dual.image_vectors, {"image": images})


def read(model: dual.DualEncoder, texts: Sequence[str]) -> np.ndarray:
    """Texts as vectors of length 1: float32[n, D]."""
    return training.predict(model, dual.text_vectors, {"tokens": words.vocabulary().encode(texts)})


def drawn_in(style: str, rows: np.ndarray) -> np.ndarray:
    """Those of ``rows`` that a style has drawn."""
    return rows[emoji.load().has(style)[rows]]


@functools.lru_cache(maxsize=8)
def _test_pictures(style: str, rows: bytes) -> np.ndarray:
    return pictures.pictures(style, np.frombuffer(rows, np.int64), pictures.TEST, TEST_SEED)


def test_pictures(style: str, rows: np.ndarray) -> np.ndarray:
    """Recoloured, scaled and on scene grounds, the same for everybody: uint8[n, 32, 32, 3]."""
    return _test_pictures(style, np.asarray(rows, np.int64).tobytes())


def found(table: np.ndarray) -> dict[str, float]:
    """Recalls both ways of a square table, one row a picture, one column its text."""
    right = np.arange(len(table))
    to_text, to_picture = retrieval.recall_at(table, right, KS), retrieval.recall_at(table.T, right, KS)
    return {
        **{f"text R@{k}": float(value) for k, value in zip(KS, to_text)},
        **{f"picture R@{k}": float(value) for k, value in zip(KS, to_picture)},
    }


def table(model: dual.DualEncoder, style: str, rows: np.ndarray) -> np.ndarray:
    """Cosines of a style's test pictures with the names of the same concepts: float32[n, n]."""
    return seen(model, test_pictures(style, rows)) @ read(model, names(rows)).T


def measured(model: dual.DualEncoder, style: str) -> dict[str, float]:
    """Recalls on test pictures of a style: all concepts taught; then new ones, among each other and among all."""
    known, new = (drawn_in(style, concepts(new=which)) for which in (False, True))
    every = np.concatenate([new, known])
    image, text = seen(model, test_pictures(style, new)), read(model, names(every))
    at = np.arange(len(new))
    return {
        **found(table(model, style, known)),
        **{f"new, text R@{k}": float(v) for k, v in zip(KS, retrieval.recall_at(image @ text[: len(new)].T, at, KS))},
        **{f"new among all, text R@{k}": float(v) for k, v in zip(KS, retrieval.recall_at(image @ text.T, at, KS))},
    }
