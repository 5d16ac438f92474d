"""Two linear towers on a few concepts: pixels times a matrix, counts of words times a matrix, trained by somebody's step."""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import numpy as np

from course_utils.experiments.dual_encoder import dataset
from course_utils.models.dual_encoder import pictures, words
from course_utils.models.dual_encoder.words import UNKNOWN
from course_utils.nn import init
from course_utils.text import PAD

STEPS = 300
CHUNK = 50
CONCEPTS = 128  # every batch holds all of them
WIDTH = 64
LEARNING_RATE = 0.3
_SIDE = 16  # pixels


@functools.cache
def rows() -> np.ndarray:
    """The concepts that are learnt here. int[128]."""
    return np.random.default_rng(0).permutation(dataset.concepts())[:CONCEPTS]


@functools.cache
def pixels(style: str, how: pictures.Variation = pictures.NONE) -> np.ndarray:
    """Pictures of :func:`rows` at half the size, laid out as rows, without the mean of all artwork: float32[128, 768]."""

    def flat(style, how):
        drawn = pictures.pictures(style, rows(), how, dataset.TEST_SEED).astype(np.float32) / 127.5 - 1
        return drawn.reshape(CONCEPTS, _SIDE, 2, _SIDE, 2, 3).mean((2, 4)).reshape(CONCEPTS, -1)

    centre = np.mean([flat(training, pictures.NONE) for training in ("noto", "fluent")], (0, 1))
    return flat(style, how) - centre


def counts(tokens: np.ndarray) -> np.ndarray:
    """How often each word occurs: int32[B, T] → float32[B, V]."""
    table = np.zeros((len(tokens), len(words.vocabulary())), np.float32)
    known = (tokens != PAD) & (tokens != UNKNOWN)
    np.add.at(table, (np.broadcast_to(np.arange(len(tokens))[:, None], tokens.shape)[known], tokens[known]), 1)
    return table


def start(seed: int = 0) -> dict[str, jax.Array]:
    """Parameters before training: ``image`` float32[768, 64], ``text`` float32[V, 64], ``log_scale``."""
    rng, pixels_ = np.random.default_rng(seed), 3 * _SIDE**2
    return {
        "image": init.put(rng.normal(0, pixels_**-0.5, (pixels_, WIDTH))),
        "text": init.put(rng.normal(0, 0.5, (len(words.vocabulary()), WIDTH))),
        "log_scale": init.put(np.log(1 / 0.07)),
    }


@functools.partial(jax.jit, static_argnames="step")
def _chunk(step, params, images, texts, rate):
    return jax.lax.scan(lambda params, batch: step(params, *batch, rate), params, (images, texts))


def train(step: Callable, *, seed: int = 0, steps: int = STEPS) -> tuple[dict[str, jax.Array], np.ndarray]:
    """Takes ``step(params, images, words, learning_rate) → params, loss`` many times: parameters, loss float32[steps].

    Every picture comes from one of two styles, noto and fluent, as drawn; every text is one of a concept's ways to be said.
    """
    rng, ways = np.random.default_rng(seed), dataset.all_texts()[rows()]
    art = np.stack([pixels("noto"), pixels("fluent")])
    params, history, each = start(seed), [], np.arange(CONCEPTS)
    size = min(CHUNK, steps)
    for _ in range(steps // size):
        images = np.stack([art[rng.integers(2, size=CONCEPTS), each] for _ in range(size)])
        texts = np.stack([counts(ways[each, rng.integers(ways.shape[1], size=CONCEPTS)]) for _ in range(size)])
        params, loss = _chunk(step, params, images, texts, np.float32(LEARNING_RATE))
        history.append(np.asarray(loss))
    return params, np.concatenate(history)


def table(params: dict[str, jax.Array], style: str, how: pictures.Variation = pictures.NONE) -> np.ndarray:
    """Cosines of a style's pictures with the names of the same concepts: float32[128, 128]."""
    image = pixels(style, how) @ np.asarray(params["image"])
    text = counts(words.vocabulary().encode(dataset.names(rows()))) @ np.asarray(params["text"])
    return (image / np.linalg.norm(image, axis=1, keepdims=True)) @ (text / np.linalg.norm(text, axis=1, keepdims=True)).T
