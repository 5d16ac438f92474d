"""Symbolic scenes: the one truth of which pictures, captions, questions, boxes and masks are views.

A batch of scenes is a struct of NumPy arrays with a batch axis B and a slot axis M = 5. Everything is drawn in NumPy
from one generator, so the same seed gives the same scenes on every device and release.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.world import emoji
from course_utils.world.things import COLOURS, KINDS, PLACES, SIZES, WORDS

SLOTS = 5
CELLS = 9
# Jitter in units of the free room on either side of an object in its cell: -JITTER … JITTER.
JITTER = 4

# Pale and dark grounds, sRGB.
BACKGROUNDS = np.array(
    [(255, 255, 255), (228, 240, 250), (251, 242, 224), (232, 245, 233), (243, 229, 245), (224, 224, 224),
     (60, 72, 100), (74, 68, 62), (46, 74, 62), (30, 30, 36)], np.uint8
)  # fmt: skip

# A tenth of the (kind, colour) pairs is held out: no training scene shows them. Every kind and every colour is met.
HELD_OUT_PAIRS = frozenset((k, (5 * k + 1) % len(COLOURS)) for k in range(len(KINDS)) if k % 5 in (0, 2, 4))


@dataclasses.dataclass(frozen=True, eq=False)
class Scenes:
    """A batch of scenes. An empty slot has ``cell == -1``; filled slots come first, in the order of drawing.

    Attributes
    ----------
    kind, colour, size : int8[B, 5]
        Indices into ``things.KINDS``, ``COLOURS``, ``SIZES``; 0 in empty slots.
    cell : int8[B, 5]
        0..8, row by row, no two alike in one scene; -1 in empty slots.
    dx, dy : int8[B, 5]
        Jitter to the right and down, in -JITTER..JITTER.
    style : int8[B]
        Index into ``emoji.STYLES``.
    background : int8[B]
        Index into ``BACKGROUNDS``.
    word, word_cell : int8[B]
        What a sign says (index into ``things.WORDS``) and where it stands; -1 where there is no sign.
    """

    kind: np.ndarray
    colour: np.ndarray
    size: np.ndarray
    cell: np.ndarray
    dx: np.ndarray
    dy: np.ndarray
    style: np.ndarray
    background: np.ndarray
    word: np.ndarray
    word_cell: np.ndarray

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, rows) -> Scenes:
        """The scenes of some rows, still as a batch: an integer gives a batch of one."""
        rows = np.atleast_1d(np.arange(len(self))[rows])
        return Scenes(**{f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)})

    @property
    def present(self) -> np.ndarray:
        """bool[B, 5]: which slots are filled."""
        return self.cell >= 0

    @property
    def row(self) -> np.ndarray:
        """int8[B, 5]: 0 top, 1 middle, 2 bottom; meaningless in empty slots."""
        return self.cell // 3

    @property
    def column(self) -> np.ndarray:
        """int8[B, 5]: 0 left, 1 middle, 2 right; meaningless in empty slots."""
        return self.cell % 3

    def replace(self, **arrays: np.ndarray) -> Scenes:
        """A copy with some arrays exchanged."""
        return dataclasses.replace(self, **arrays)
