"""Scenes and their captions as data sets: what notebook 04's experiments train and test on.

Pictures are seen through notebook 01's frozen tower, once, before anything is trained: nine regions of 64 numbers each. A
small world is enough, and makes pictures alike: two things of eight kinds in six colours.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from course_utils import runtime
from course_utils.towers import grid
from course_utils.models.fusion_encoder import words
from course_utils.world import captions
from course_utils.world import scenes as S
from course_utils.world.things import COLOURS, KINDS

KIND_NAMES = ("dog", "cat", "fish", "car", "bus", "tulip", "guitar", "umbrella")
PICTURES = 16_000
_FEW = 192


@dataclasses.dataclass(frozen=True, eq=False)
class CaptionedScenes:
    """n pictures, each with a caption that says what stands in it.

    Attributes
    ----------
    scenes : a batch of n.
    features : float32[n, 9, 64], the regions as the frozen tower sees them.
    tokens : int32[n, 14], the captions. content : int32[n], equal where two captions say the same.
    """

    scenes: S.Scenes
    features: np.ndarray
    tokens: np.ndarray
    content: np.ndarray

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, rows) -> CaptionedScenes:
        return CaptionedScenes(self.scenes[rows], self.features[rows], self.tokens[rows], self.content[rows])

    @property
    def texts(self) -> list[str]:
        return words.VOCAB.decode(self.tokens)


def draw_scenes(rng: np.random.Generator, n: int, objects: tuple[int, int] = (2, 2)) -> S.Scenes:
    """``n`` scenes of different kinds in colours that the tower knows."""
    return S.sample(rng, n, objects=objects, kinds=KIND_NAMES, distinct=True)


def with_captions(scenes: S.Scenes, rng: np.random.Generator) -> CaptionedScenes:
    """Scenes with their captions, in varied order and wording."""
    tokens = words.VOCAB.encode(captions.caption(scenes, "short", rng=rng))
    return CaptionedScenes(scenes, grid.scene_features(scenes), tokens, content(scenes))


def content(scenes: S.Scenes) -> np.ndarray:
    """What a short caption says of a scene of up to three things, as a number: int32[n], whatever their places."""
    base = 1 + len(KINDS) * len(COLOURS)
    thing = np.where(scenes.present, 1 + scenes.kind.astype(int) * len(COLOURS) + scenes.colour, 0)
    return (-np.sort(-thing, 1)[:, :3] @ base ** np.arange(3)).astype(np.int32)


@functools.lru_cache(maxsize=6)
def draw(n: int = PICTURES, seed: int = 0, *, test: bool = False, objects: tuple[int, int] = (2, 2)) -> CaptionedScenes:
    """``n`` pictures with captions; few of them under ``COURSE_FAST=1``. ``test``: scenes that no training set shows."""
    rng = S.generator("test" if test else "train", seed)
    return with_captions(draw_scenes(rng, min(n, _FEW) if runtime.is_fast() else n, objects), rng)
