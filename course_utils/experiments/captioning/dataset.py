"""Pictures with captions as data sets: what notebook 02's experiments train and test on.

Pictures are seen through the frozen tower of notebook 01, once: 64 numbers for each of nine places.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from course_utils import runtime
from course_utils.models import captioning
from course_utils.towers import grid
from course_utils.world import captions, scenes

PICTURES, TEST = 16_000, 1000
REFERENCES = 5  # captions that a written one is compared with
_FEW = 256


@dataclasses.dataclass(frozen=True, eq=False)
class CaptionSet:
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


def from_scenes(drawn: scenes.Scenes) -> CaptionSet:
    """Scenes with what belongs to them."""
    plain = captions.caption(drawn)
    return CaptionSet(drawn, plain, grid.scene_features(drawn), captioning.VOCAB.encode(plain))


@functools.lru_cache(maxsize=4)
def _draw(n: int, seed: int, test: bool) -> CaptionSet:
    return from_scenes(scenes.sample(scenes.generator("test" if test else "train", seed), n))


def draw(n: int = PICTURES, seed: int = 0, *, test: bool = False) -> CaptionSet:
    """Draws ``n`` pictures of one to five things, once; few of them under ``COURSE_FAST=1``."""
    return _draw(min(n, _FEW) if runtime.is_fast() else n, seed, test)


def test_set() -> CaptionSet:
    """The test set: the same for every model."""
    return draw(TEST, test=True)


def another_picture(data: CaptionSet) -> np.ndarray:
    """For every caption the features of another picture."""
    return np.roll(data.features, 1, 0)


def clear() -> None:
    """Lets go of all sets that were drawn."""
    _draw.cache_clear()
