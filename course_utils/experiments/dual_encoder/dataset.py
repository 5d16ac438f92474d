"""Pairs of emoji and words: concepts, ways to say them, batches for training and pictures for tests."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np

from course_utils.models.dual_encoder import pictures, words
from course_utils.world import emoji

TEST_SEED = 3  # of what is random about test pictures; training never draws it
_TEXTS = 24  # ways to say a concept, drawn once


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
def all_texts() -> np.ndarray:
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


def sampler(styles: Sequence[str], how: pictures.Variation, batch: int, texts: np.ndarray | None = None) -> Callable:
    """``sample(rng)`` of ``batch`` different concepts, each in one of the styles and said in one of its ways.

    ``texts``: other ways than :func:`all_texts`, int32[K, ways, T].
    """
    taught, ways, count = concepts(), all_texts() if texts is None else texts, len(emoji.load())

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        concept = rng.permutation(taught)[:batch]
        row = rng.integers(len(styles), size=len(concept)) * count + concept
        return {**pictures.numbers(rng, row, how), "tokens": ways[concept, rng.integers(ways.shape[1], size=len(concept))]}

    return sample


def available(style: str, rows: np.ndarray) -> np.ndarray:
    """Those of ``rows`` that a style has drawn."""
    return rows[emoji.load().has(style)[rows]]


@functools.lru_cache(maxsize=8)
def _test_pictures(style: str, rows: bytes) -> np.ndarray:
    return pictures.pictures(style, np.frombuffer(rows, np.int64), pictures.TEST, TEST_SEED)


def test_pictures(style: str, rows: np.ndarray) -> np.ndarray:
    """Recoloured, scaled and on scene grounds, the same for everybody: uint8[n, 32, 32, 3]."""
    return _test_pictures(style, np.asarray(rows, np.int64).tobytes())
