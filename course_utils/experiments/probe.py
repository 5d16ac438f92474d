"""The causal probe of every topic: one place of a picture is exchanged for its twin's; does the answer follow?

In the twin everything has one other colour (or kind) that nothing in the picture has. So whichever thing is exchanged, the
new word is true of something, and only a model that knows *of what* tells the places apart.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from course_utils.errors import known
from course_utils.intervene import exchanged
from course_utils.world import render
from course_utils.world import scenes as S
from course_utils.world.things import COLOURS, KINDS

WHATS = ("kind", "colour")


@dataclasses.dataclass(frozen=True, eq=False)
class Cases:
    """n pictures of several things, of each of which one is asked for.

    Attributes
    ----------
    scenes, twins : batches of n. features, others : float32[n, 9, 64], what the frozen tower sees of both.
    tokens : int32[n, ...], captions. at : int[n], the word of them that is about the thing.
    thing, another : int[n], the place of the thing, and of another one.
    own, twin : int[n], the right answer, and what it would be if the thing were as in the twin.
    """

    scenes: S.Scenes
    twins: S.Scenes
    features: np.ndarray
    others: np.ndarray
    tokens: np.ndarray
    at: np.ndarray
    thing: np.ndarray
    another: np.ndarray
    own: np.ndarray
    twin: np.ndarray

    def __len__(self) -> int:
        return len(self.own)

    def __getitem__(self, rows: np.ndarray) -> Cases:
        return Cases(*(getattr(self, field.name)[rows] for field in dataclasses.fields(self)))

    def exchanged(self, place: np.ndarray) -> np.ndarray:
        """The features with those of ``place`` int[n] exchanged for the twins': float32[n, 9, 64]."""
        return exchanged(self.features, place, self.others)

    def drawn(self, i: int) -> dict[str, Any]:
        """Case i for a figure: ``pictures`` uint8[3, 96, 96, 3], as it is, with the thing and with the other one exchanged;
        their ``places``."""
        scene, twin, places = self.scenes[[i]], self.twins[[i]], (int(self.thing[i]), int(self.another[i]))
        batch = [scene]
        for place in places:
            here = scene.cell == place
            batch.append(scene.replace(**{what: np.where(here, getattr(twin, what), getattr(scene, what)) for what in WHATS}))
        return {"pictures": np.asarray(render.render(S.concatenate(batch), 96)), "places": places}


def twins(scenes: S.Scenes, what: str, rng: np.random.Generator, kinds: Sequence[str] = KINDS) -> tuple[np.ndarray, S.Scenes]:
    """The twin of each scene and its new ``what``, int[B]; where any would show a held-out pair, the scene itself and -1.

    ``kinds``: those that a model knows. Raises ValueError if ``what`` is neither "kind" nor "colour".
    """
    known("property", what, WHATS)
    has, names = getattr(scenes, what), KINDS if what == "kind" else COLOURS
    held_out = S.HELD_OUT.T[scenes.colour] if what == "kind" else S.HELD_OUT[scenes.kind]  # (B, M, names)
    taken = ((held_out | (has[..., None] == np.arange(len(names)))) & scenes.present[..., None]).any(1)
    free = ~taken & np.isin(names, (*kinds, *COLOURS))
    new = np.where(free.any(1), np.where(free, rng.random(free.shape), -1).argmax(1), -1)
    changed = scenes.present & (new >= 0)[:, None]
    return new, scenes.replace(**{what: np.where(changed, new[:, None], has).astype(np.int8)})


def another_thing(scenes: S.Scenes, cell: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The cell of a thing that does not stand in ``cell`` int[B]: int[B], -1 where there is none."""
    others = scenes.present & (scenes.cell != cell[:, None])
    slot = np.where(others, rng.random(others.shape), -1).argmax(1)
    return np.where(others.any(1), scenes.cell[np.arange(len(scenes)), slot], -1).astype(int)


def outcome(of: Cases, before: np.ndarray, after: np.ndarray) -> dict[str, float]:
    """What an exchange did, by the scores of all answers before and after it, float32[n, C] each.

    Of the cases in which the thing's own answer was the likeliest: ``follows``, the share in which it is now the twin's;
    ``stays``, in which it still is. Both are 0 if there is no such case.
    """
    right = before.argmax(-1) == of.own
    now, n = after.argmax(-1), max(int(right.sum()), 1)
    return {"follows": float((now == of.twin)[right].sum() / n), "stays": float((now == of.own)[right].sum() / n)}
