"""Is there a …? Object hallucination, asked as POPE does (Li et al., 2023): as many things that are there as that are not.

What is not there is drawn at random, among what is frequent, or among what keeps company with what is there; both are counted
in the scenes that the model was trained on.
"""

from __future__ import annotations

import numpy as np

from course_utils.experiments.llava.dataset import Pool
from course_utils.experiments.llava.measures import Say, shown
from course_utils.metrics.hallucination import pope
from course_utils.world import scenes as S
from course_utils.world.instructions import FORMATS
from course_utils.world.languages.english import article
from course_utils.world.scenes import Scenes
from course_utils.world.things import KINDS

ABSENCES = ("random", "popular", "adversarial")
_FIRST = {"popular": 6, "adversarial": 3}  # so many of the absent kinds that rank highest are drawn from


def present(scenes: Scenes) -> np.ndarray:
    """Which kinds each scene shows: bool[n, K]."""
    there = np.zeros((len(scenes), len(KINDS)), bool)
    row, slot = np.nonzero(scenes.present)
    there[row, scenes.kind[row, slot]] = True
    return there


def cases(trained: Scenes, test: Scenes) -> dict[str, np.ndarray]:
    """Kinds to ask for, int[n] each: ``"there"``, and for each of ``ABSENCES`` one that is not."""
    rng, there = S.generator("test", 740), present(test)
    counted = present(trained).astype(int)
    ranks = {
        "random": np.zeros(there.shape),
        "popular": np.broadcast_to(counted.sum(0), there.shape),
        "adversarial": there @ (counted.T @ counted),
    }
    found = {"there": np.where(there, rng.random(there.shape), -1).argmax(1)}
    for how, rank in ranks.items():
        order = np.argsort(np.where(there, -1, rank + rng.random(there.shape) / 2), 1)[:, ::-1]
        first = _FIRST.get(how, 1)
        found[how] = order[np.arange(len(order)), rng.integers(first, size=len(order))]
    return found


def measure(say: Say, trained: Pool, test: Pool, control: str = "", form: str | None = "word") -> dict[str, float]:
    """Accuracy, share of "yes" and F1 for each way in which absent kinds are drawn; ``form``: of ``FORMATS``, or none is asked for."""
    features, prompt = shown(test, control), FORMATS[form][0] if form else ""
    said = {
        how: say(features, [f"is there {article(KINDS[k])} {KINDS[k]}? {prompt}".strip() for k in kinds])
        for how, kinds in cases(trained.scenes, test.scenes).items()
    }
    truth = np.repeat([True, False], len(test))
    return {f"{how}, {name}": x for how in ABSENCES for name, x in pope(said["there"] + said[how], truth).items()}
