"""Pictures with kept features, and episodes drawn from them.

A picture is seen through the shared vision tower once, before anything is trained.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

import numpy as np

from course_utils import runtime
from course_utils.models.flamingo import prompts
from course_utils.towers import vision
from course_utils.world import captions, corpus, interleaved
from course_utils.world import scenes as S
from course_utils.world.interleaved import Interleaved, Pictures
from course_utils.world.things import KINDS

LENGTH, PICTURES = 64, 9
ALONE, SEVERAL = 2048, 2048  # pictures of one thing, and of two or three
LEAST = 5  # pictures that a pair of kind and colour needs to be named
NAMES = {"names": 1.0}
ALL = {"names": 0.4, "captions": 0.35, "answers": 0.25}
DESCRIBED = 0.5  # of the pictures of naming episodes: the text says what they show
_FEW, _FEW_KINDS = 256, ("dog", "cat", "car", "fish", "bus", "tulip")


def pictures(alone: int = ALONE, several: int = 0, *, side: int = 64, test: bool = False) -> Pictures:
    """``alone`` pictures of one thing, then ``several`` of two or three; in the test, all of held-out pairs of kind and colour.

    Few of them under ``COURSE_FAST=1``, and then all of few kinds.
    """
    if runtime.is_fast():
        return _pictures(min(alone, _FEW), min(several, _FEW // 4), side, test, _FEW_KINDS)
    return _pictures(alone, several, side, test, KINDS)


@functools.lru_cache(maxsize=6)
def _pictures(alone: int, several: int, side: int, test: bool, kinds: tuple[str, ...]) -> Pictures:
    split = "test" if test else "train"
    rng = S.generator(split, 600)
    drawn = [S.sample(rng, alone, objects=(1, 1), split=split, kinds=kinds)]
    if several:
        drawn.append(S.sample(rng, several, objects=(2, 3), split=split, kinds=kinds))
    scenes = S.concatenate(drawn)
    return Pictures(scenes, vision.patch_features(scenes, side).astype(np.float16))


def of_one_thing(features: np.ndarray, kind: np.ndarray, colour: np.ndarray) -> Pictures:
    """Pictures of which only the features float[n, N, D], and the kind and the colour int[n] of the one thing, are known."""
    scenes = S.sample(np.random.default_rng(0), len(kind), objects=(1, 1))
    named = {"kind": scenes.kind.copy(), "colour": scenes.colour.copy()}
    named["kind"][:, 0], named["colour"][:, 0] = kind, colour
    return Pictures(scenes.replace(**named), np.asarray(features))


@functools.lru_cache(maxsize=8)
def by_pair(pool: Pictures) -> dict[tuple[int, int], np.ndarray]:
    """Of every (kind, colour) the pictures that show it alone, if there are ``LEAST``."""
    pairs, alone = pool.pairs(), pool.scenes.present.sum(1) == 1
    found: dict[tuple[int, int], list[int]] = {}
    for row in np.flatnonzero(alone):
        found.setdefault(tuple(pairs[row].tolist()), []).append(row)
    return {pair: np.array(rows) for pair, rows in sorted(found.items()) if len(rows) >= LEAST}


def episodes(
    rng: np.random.Generator, pool: Pictures, count: int, shares: Mapping[str, float] = NAMES, described: float = DESCRIBED
) -> list[Interleaved]:
    """Training episodes: names (two to four, with one or more shots each), captions in one language, answers in one form."""
    things = pool.scenes.present.sum(1)
    alone, several = np.flatnonzero(things == 1), np.flatnonzero(things > 1)
    found = []
    for what in rng.choice(list(shares), count, p=list(shares.values())):
        if what == "names":
            names = int(rng.integers(2, 5))
            shots = int(rng.integers(1, (PICTURES - 1) // names + 1))
            found.append(interleaved.name_episode(rng, pool, by_pair(pool), names, shots, described))
        elif what == "captions":
            rows = rng.choice(alone, 5) if rng.random() < 0.7 else rng.choice(several, 3)
            found.append(interleaved.caption_episode(rng, pool, rows, str(rng.choice(captions.LANGUAGES))))
        else:
            found.append(interleaved.answer_episode(rng, pool, rng.choice(several, 4), int(rng.integers(len(corpus.ANSWER_FORMS)))))
    return found


def packed(found: list[Interleaved], pack: Callable | None = None) -> dict[str, np.ndarray]:
    """Episodes as arrays of one shape; ``pack``: a learner's :func:`prompts.pack_episode`."""
    return prompts.packed(found, LENGTH, PICTURES, pack) if pack else interleaved.pack(found, LENGTH, PICTURES)
