"""The pointing game: does a look fall on the thing that a question is about? (After Zhang et al., 2016.)"""

from __future__ import annotations

import numpy as np

from course_utils.experiments.fusion import dataset
from course_utils.world import questions as Q


def pointing(maps: np.ndarray, data: dataset.QuestionSet, types: tuple[str, ...] = ("colour", "size")) -> tuple[np.ndarray, float]:
    """Over all questions of some types that name one thing by its kind, where the brightest place is.

    Parameters
    ----------
    maps : float[n, hops, 9], where each hop looked.

    Returns
    -------
    hits : float[hops], the share of questions for which the brightest place holds the thing.
    chance : the same for a look at any thing of the scene.
    """
    kind, scenes = data.questions.argument("kind"), data.scenes
    meant = scenes.present & (scenes.kind == kind[:, None])
    named = np.isin(data.questions.type, [Q.TYPES.index(name) for name in types])
    rows = np.flatnonzero(named & (kind >= 0) & (meant.sum(1) == 1))
    cell = scenes.cell[rows, meant[rows].argmax(1)]
    hits = (maps[rows].argmax(-1) == cell[:, None]).mean(0)
    return hits, float((1 / scenes.present[rows].sum(1)).mean())
