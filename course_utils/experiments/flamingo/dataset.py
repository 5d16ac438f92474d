"""Pictures with kept features, and episodes drawn from them."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.towers import vision
from course_utils.world import captions, corpus, interleaved
from course_utils.world import scenes as S
from course_utils.world.interleaved import Interleaved, Pictures

LENGTH, PICTURES = 64, 9
SHARES = {"names": 0.6, "captions": 0.2, "answers": 0.2}


@functools.lru_cache(maxsize=4)
def pictures(*, test: bool = False, side: int = 64, alone: int = 6144, several: int = 4096) -> Pictures:
    """``alone`` pictures of one thing, then ``several`` of two or three; for the test, each has a held-out pair."""
    split = "test" if test else "train"
    rng = S.generator(split, 600)
    if test:
        alone, several = alone // 4, several // 4
    drawn = S.concatenate([S.sample(rng, alone, objects=(1, 1), split=split), S.sample(rng, several, objects=(2, 3), split=split)])
    return Pictures(drawn, vision.patch_features(drawn, side).astype(np.float16))


@functools.lru_cache(maxsize=4)
def by_pair(pool: Pictures) -> dict[tuple[int, int], np.ndarray]:
    """Of every (kind, colour) the pictures that show it alone."""
    pairs, alone = pool.pairs(), pool.scenes.present.sum(1) == 1
    found: dict[tuple[int, int], list[int]] = {}
    for row in np.flatnonzero(alone):
        found.setdefault(tuple(pairs[row].tolist()), []).append(row)
    return {pair: np.array(rows) for pair, rows in sorted(found.items())}


def episodes(rng: np.random.Generator, pool: Pictures, count: int, shares: Mapping[str, float] = SHARES) -> list[Interleaved]:
    """Training episodes: names (two to four, with one or more shots each), captions in one language, answers in one form."""
    several = np.flatnonzero(pool.scenes.present.sum(1) > 1)
    found = []
    for what in rng.choice(list(shares), count, p=list(shares.values())):
        if what == "names":
            names = int(rng.integers(2, 5))
            shots = int(rng.integers(1, (PICTURES - 1) // names + 1))
            found.append(interleaved.name_episode(rng, pool, by_pair(pool), names, shots))
        elif what == "captions":
            found.append(interleaved.caption_episode(rng, pool, rng.choice(several, 3), str(rng.choice(captions.LANGUAGES))))
        else:
            found.append(interleaved.answer_episode(rng, pool, rng.choice(several, 4), int(rng.integers(len(corpus.ANSWER_FORMS)))))
    return found


def batch(rng: np.random.Generator, pool: Pictures, count: int, shares: Mapping[str, float] = SHARES) -> dict[str, np.ndarray]:
    """A training batch of :func:`course_utils.models.flamingo.flamingo_loss`."""
    return interleaved.pack(episodes(rng, pool, count, shares), LENGTH, PICTURES)
