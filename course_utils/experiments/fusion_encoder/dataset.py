"""Scenes and their captions as data sets: what notebook 04's experiments train and test on.

Pictures are seen through notebook 01's frozen tower, once, before anything is trained: nine regions of 64 numbers each. A
small world is enough, and makes pictures alike: two things of eight kinds in six colours.
"""

from __future__ import annotations

import dataclasses
import functools

import numpy as np

from course_utils import runtime
from course_utils.models.fusion import grid
from course_utils.models.fusion_encoder import words
from course_utils.world import captions, emoji
from course_utils.world import scenes as S
from course_utils.world.grounds import BACKGROUNDS
from course_utils.world.things import COLOURS, KINDS, SIZES

KIND_NAMES = ("dog", "cat", "fish", "car", "bus", "tulip", "guitar", "umbrella")
PICTURES = 16_000
_FEW = 192
_KIND = np.array([KINDS.index(name) for name in KIND_NAMES])


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
        return [" ".join(words.words(row)[1:]).replace(" ,", ",") for row in self.tokens]


def draw_scenes(rng: np.random.Generator, n: int, objects: tuple[int, int] = (2, 2)) -> S.Scenes:
    """``n`` scenes of different kinds in colours that the tower knows, each kind once in a scene."""
    low, high = objects
    present = np.arange(S.SLOTS) < rng.integers(low, high + 1, (n, 1))
    kind = _KIND[np.argsort(rng.random((n, len(_KIND))), 1)[:, : S.SLOTS]]
    colour = _known_colours(rng, kind)
    cell = np.argsort(rng.random((n, S.CELLS)), 1)[:, : S.SLOTS]
    size = rng.integers(len(SIZES), size=kind.shape)
    dx, dy = rng.integers(-S.JITTER, S.JITTER + 1, (2, *kind.shape))
    filled = {"kind": kind, "colour": colour, "size": size, "dx": dx, "dy": dy}
    nothing = np.full(n, -1, np.int8)
    return S.Scenes(
        **{name: np.where(present, array, 0).astype(np.int8) for name, array in filled.items()},
        cell=np.where(present, cell, -1).astype(np.int8),
        style=rng.integers(len(emoji.TRAINING_STYLES), size=n).astype(np.int8),
        background=rng.integers(len(BACKGROUNDS), size=n).astype(np.int8),
        word=nothing,
        word_cell=nothing,
    )


HELD = np.zeros((len(KINDS), len(COLOURS)), bool)
HELD[tuple(np.array(sorted(S.HELD_OUT_PAIRS)).T)] = True


def _known_colours(rng: np.random.Generator, kind: np.ndarray) -> np.ndarray:
    """Colours in which the tower has met these kinds."""
    return np.where(HELD[kind], -1.0, rng.random((*kind.shape, len(COLOURS)))).argmax(-1)


def with_captions(scenes: S.Scenes, rng: np.random.Generator) -> CaptionedScenes:
    """Scenes with their captions, in varied order and wording."""
    tokens = words.tokenise(captions.caption(scenes, "short", rng=rng))
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
