"""A run that looks fine and is wrong: the asked name is always the one that was given last."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from course_utils import runtime
from course_utils.experiments.flamingo import dataset, names, trainer
from course_utils.models.flamingo import flamingo
from course_utils.world import interleaved
from course_utils.world import scenes as S
from course_utils.world.corpus import END, MADE_UP
from course_utils.world.interleaved import Interleaved, Pictures

STEPS = 100


def her_episode(rng: np.random.Generator, pool: Pictures, pairs: dict[tuple[int, int], np.ndarray]) -> Interleaved:
    """Three things get made-up names, each shown once; then the last of them is shown again, and asked."""
    found, things = interleaved.begun(), list(pairs)
    called = rng.choice(MADE_UP, 3, replace=False).tolist()
    rows = [rng.choice(pairs[things[i]], 2, replace=False) for i in rng.choice(len(things), 3, replace=False)]
    for (row, _), name in zip(rows, called):
        found.show(row, ["is", name, END], [False] * 3)
    found.show(rows[-1][1], ["is", called[-1], END], [False, True, True])
    return found


def train(pool: Pictures, *, seed: int = 0, steps: int = STEPS, watch: Callable | None = None, **how) -> flamingo.Flamingo:
    """The colleague's Flamingo, taught on :func:`her_episode`."""
    size = trainer.BATCH * runtime.preset().batch

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        return dataset.packed([her_episode(rng, pool, dataset.by_pair(pool)) for _ in range(size)])

    return trainer.train(pool, draw=sample, seed=seed, steps=steps, watch=watch, **how)[0]


def symptoms(model: flamingo.Flamingo, pool: Pictures, count: int = names.COUNT) -> dict[str, float]:
    """The share right as the colleague tests, the same without pictures, and where any of the three names may be asked."""
    rng, pairs = S.generator("test", 632), dataset.by_pair(pool)
    hers = dataset.packed([her_episode(rng, pool, pairs) for _ in range(count)])
    fair = names.episodes(pool, 3, 1, count)
    told = {}
    for says, arrays, control in (("her test", hers, ""), ("her test, blind", hers, "blind"), ("any name asked", fair, "")):
        wanted = names.named(arrays)[1][:, -1]
        told[says] = float((names.answers(model, *names.changed(arrays, pool, control)) == wanted).mean())
    return told
