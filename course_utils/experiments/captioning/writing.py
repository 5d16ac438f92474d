"""Pictures with captions as data sets, and captioners trained, made to write, and scored: what notebook 02's experiments
share. Pictures are seen through the frozen tower of notebook 01, once: 64 numbers for each of nine places."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import optax
from flax import nnx

from course_utils import decode, runtime, training
from course_utils.metrics import caption as metric
from course_utils.models import captioning
from course_utils.towers import grid
from course_utils.world import captions, scenes

PICTURES, TEST = 16_000, 1000
REFERENCES = 5  # captions that a written one is compared with
BATCH, LEARNING_RATE = 128, 1.2e-2
STEPS = 600
_FEW = 256


@dataclasses.dataclass(frozen=True, eq=False)
class Captioned:
    """n pictures with their captions.

    Attributes
    ----------
    scenes : batch of n.
    plain : the captions in reading order, which models learn to write.
    features : float32[n, 9, 64], the pictures as the frozen tower sees them.
    tokens : int32[n, 20], ``plain`` as numbers.
    """

    scenes: scenes.Scenes
    plain: list[str]
    features: np.ndarray
    tokens: np.ndarray

    def __len__(self) -> int:
        return len(self.plain)

    @functools.cached_property
    def references(self) -> list[list[str]]:
        """For each picture five captions, the plain one and four that differ in order and wording; commas cut off."""
        rng = np.random.default_rng(5)
        several = [self.plain, *(captions.caption(self.scenes, rng=rng) for _ in range(REFERENCES - 1))]
        return [list(map(cut, texts)) for texts in zip(*several)]

    @functools.cached_property
    def tuples(self) -> list:
        """What is true of each picture, as SPICE counts it."""
        return captions.tuples(self.scenes)

    @functools.cached_property
    def objects(self) -> np.ndarray:
        """int[n], how many things stand in each picture."""
        return self.scenes.present.sum(1)


def cut(caption: str) -> str:
    """A caption with its commas cut off, as the metrics read it."""
    return " ".join(captioning.VOCAB.split(caption))


def captioned_scenes(drawn: scenes.Scenes) -> Captioned:
    """Scenes with what belongs to them."""
    plain = captions.caption(drawn)
    return Captioned(drawn, plain, grid.scene_features(drawn), captioning.VOCAB.encode(plain))


@functools.lru_cache(maxsize=4)
def _captioned(n: int, seed: int, test: bool) -> Captioned:
    return captioned_scenes(scenes.sample(scenes.generator("test" if test else "train", seed), n))


def captioned(n: int = PICTURES, seed: int = 0, *, test: bool = False) -> Captioned:
    """Draws ``n`` pictures of one to five things, once; few of them under ``COURSE_FAST=1``."""
    return _captioned(min(n, _FEW) if runtime.is_fast() else n, seed, test)


def test() -> Captioned:
    """The test set: the same for every model."""
    return captioned(TEST, test=True)


def train(
    model: nnx.Module,
    arrays: dict[str, np.ndarray],
    loss: Callable,
    *,
    steps: int,
    seed: int = 0,
    more: Callable[[np.random.Generator], dict[str, np.ndarray]] | None = None,
    watch: Callable | None = None,
    learning_rate: float = LEARNING_RATE,
    optimizer: optax.GradientTransformation = training.ADAMW,
) -> training.History:
    """Trains on rows of ``arrays`` (``image``, ``tokens``, … [n, ...]), in place. ``more(rng)`` adds arrays to each batch."""
    size = BATCH * runtime.preset().batch

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        row = rng.integers(len(arrays["tokens"]), size=size)
        return {name: array[row] for name, array in arrays.items()} | (more(rng) if more else {})

    return training.fit(
        model, loss, sample, steps=steps, learning_rate=learning_rate, optimizer=optimizer, seed=seed, watch=watch, progress=False
    )


WRITING = captioning.writing_loss()


def captioner(
    way: str,
    *,
    seed: int = 0,
    steps: int = STEPS,
    watch: Callable | None = None,
    attention: Callable | None = None,
    memory: Callable | None = None,
    loss: Callable | None = None,
    data: Captioned | None = None,
    **recipe: Any,
) -> captioning.Captioner:
    """A captioner of the grid, trained by :func:`train`, which gets ``recipe``.

    ``attention``, ``memory``, ``loss``: other implementations, say a learner's.
    """
    model = captioning.Captioner(captioning.CaptionConfig(way=way), rngs=nnx.Rngs(seed))
    if memory is not None:
        model.memory.function = memory
    if attention is not None and way == "attention":
        model.attention.function = attention
    data = data or captioned(seed=seed)
    train(
        model,
        {"image": data.features, "tokens": data.tokens},
        WRITING if loss is None else loss,
        steps=steps,
        seed=seed,
        watch=watch,
        **recipe,
    )
    return model


def _greedy(model: captioning.Captioner, batch) -> decode.Written:
    state = model.start(batch["image"], batch.get("mask"))
    return decode.greedy(model.step, state, len(batch["image"]), begin=captioning.BEGIN, end=captioning.END, length=captioning.LONGEST)


def write(model: captioning.Captioner, image: np.ndarray, mask: np.ndarray | None = None, *, size: int = 256) -> list[str]:
    """The captions that a model writes, word by word, of features float32[n, N, F], ``size`` pictures at a time."""
    batch = {"image": image} | ({} if mask is None else {"mask": mask})
    return captioning.VOCAB.decode(training.predict(model, _greedy, batch, size=size).tokens)


def _maps(model: captioning.Captioner, batch) -> jax.Array:
    return model(batch["image"], batch["tokens"])[1]["maps"]


def maps(model: captioning.Captioner, image: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """Where a model looked for each word of given captions: float32[n, T, N]."""
    return training.predict(model, _maps, {"image": image, "tokens": tokens})


def another_picture(data: Captioned) -> np.ndarray:
    """For every caption the features of another picture."""
    return np.roll(data.features, 1, 0)


def scores(written: Sequence[str], data: Captioned) -> dict[str, float]:
    """All metrics of written captions, in [0, 1] but for CIDEr-D; and ``exact``, the share that is the plain caption."""
    texts = list(map(cut, written))
    return {
        **{f"BLEU-{n}": float(value) for n, value in enumerate(metric.bleu(texts, data.references), 1)},
        "CIDEr-D": float(metric.cider_d(texts, data.references).mean()),
        "METEOR": float(metric.meteor(texts, data.references).mean()),
        "SPICE": float(metric.spice(texts, data.tuples).mean()),
        "exact": float(np.mean([a == b for a, b in zip(written, data.plain)])),
    }


def by_objects(written: Sequence[str], data: Captioned) -> dict[int, tuple[float, float]]:
    """For one to five things in the picture: the mean SPICE, and the share of exact captions."""
    each = metric.spice(list(map(cut, written)), data.tuples)
    exact = np.array([a == b for a, b in zip(written, data.plain)])
    numbers = sorted(set(data.objects.tolist()))
    return {k: (float(each[data.objects == k].mean()), float(exact[data.objects == k].mean())) for k in numbers}


def forget() -> None:
    """Lets go of all sets that were drawn."""
    _captioned.cache_clear()
