"""Pictures with kept features, and what is asked and answered about them, packed once.

Things keep company: most scenes show kinds of one of the ``THEMES``, and themes are not equally frequent, as in photographs.
So a model can learn what to expect, which the test of hallucination asks for.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from course_utils import runtime
from course_utils.models.llava import chat
from course_utils.towers import vision
from course_utils.world import instructions
from course_utils.world import scenes as S
from course_utils.world.corpus import IMAGE
from course_utils.world.instructions import FORMATS, SHARES, Turns
from course_utils.world.scenes import Scenes
from course_utils.world.things import KINDS, KNOWLEDGE

COUNT, TEST = 4096, 512  # pictures
_FEW = 128  # of either, under COURSE_FAST=1
OBJECTS, SIGN, TURNS = (2, 3), 0.25, 2
# kinds that keep company → the share of scenes that show nothing else; in the others all kinds may meet
THEMES = {"is a vehicle": 0.35, "is an animal": 0.3, "you can eat": 0.1}
LENGTHS = {64: 118, 96: 198}  # side of a picture → places of a text, the picture's vectors among them


@dataclasses.dataclass(frozen=True, eq=False)
class Pool:
    """Scenes (``None``: not known), and what the frozen tower sees of their pictures of ``side`` px: float16[P, N, D]."""

    scenes: Scenes | None
    features: np.ndarray
    side: int = 64

    def __len__(self) -> int:
        return len(self.features)


def themed(rng: np.random.Generator, count: int, split: str = "train") -> Scenes:
    """``count`` scenes in random order, the ``THEMES`` in their shares."""
    parts = rng.multinomial(count, [*THEMES.values(), 1 - sum(THEMES.values())])
    kinds = [*(KNOWLEDGE[theme] for theme in THEMES), KINDS]
    drawn = [S.sample(rng, n, objects=OBJECTS, sign=SIGN, kinds=names, split=split) for n, names in zip(parts, kinds)]
    return S.concatenate(drawn)[rng.permutation(count)]


def pictures(side: int = 64, *, test: bool = False) -> Pool:
    """Those that are trained on, or other ones for tests; few under ``COURSE_FAST=1``."""
    count = TEST if test else COUNT
    return _pictures(side, test, min(count, _FEW) if runtime.is_fast() else count)


@functools.lru_cache(maxsize=6)
def _pictures(side: int, test: bool, count: int) -> Pool:
    drawn = themed(S.generator("train", 700 + test), count)
    return Pool(drawn, vision.patch_features(drawn, side).astype(np.float16), side)


def captions(pool: Pool, seed: int = 0) -> list[Turns]:
    """Of every picture a caption, and nothing that asks for it: what stage 1 reads."""
    told = instructions.write(S.generator("train", 710 + seed), pool.scenes, "caption")
    return [[(IMAGE, turns[0][1])] for turns in told]


def instructed(
    pool: Pool, seed: int = 0, *, shares: Mapping[str, float] = SHARES, formats: Sequence[str] = tuple(FORMATS), only_yes: bool = False
) -> list[Turns]:
    """Of every picture one conversation, the kinds in their ``shares``: what stage 2 reads.

    ``formats`` as :func:`~course_utils.world.instructions.write`. ``only_yes``: nobody asks for what is not there.
    """
    rng = S.generator("train", 720 + seed)
    kinds = rng.choice(list(shares), len(pool), p=list(shares.values()))
    told: list[Turns] = [[] for _ in range(len(pool))]
    for kind in shares:
        rows = np.flatnonzero(kinds == kind)
        for row, turns in zip(rows, instructions.write(rng, pool.scenes[rows], kind, turns=TURNS, formats=formats)):
            told[row] = turns
    return [affirmed(turns) or caption for turns, caption in zip(told, captions(pool, seed))] if only_yes else told


def affirmed(turns: Turns) -> Turns:
    """A conversation without the turns that ask whether something is there and deny it."""
    asked = [(question.removeprefix(f"{IMAGE} "), answer) for question, answer in turns]
    kept = [(q, a) for q, a in asked if not (q.startswith("is there") and "no" in instructions.vocabulary().split(a))]
    return [(f"{IMAGE} {q}" if k == 0 else q, a) for k, (q, a) in enumerate(kept)]


def packed(pool: Pool, told: Sequence[Turns], roles: bool = True, **parts: Callable) -> dict[str, np.ndarray]:
    """Conversations about all pictures of a pool, or its first ones, as arrays; ``parts``: a learner's, for :func:`chat.packed`."""
    patches = pool.features.shape[1]
    arrays = chat.packed(told, instructions.vocabulary(), [[patches]] * len(told), LENGTHS[pool.side], roles=roles, **parts)
    return arrays | {"pictures": np.arange(len(told), dtype=np.int32)[:, None]}
