"""Made-up names of pictures, given in the prompt and asked for: how often they are right, and what a test may take away."""

from __future__ import annotations

import numpy as np

from course_utils import runtime
from course_utils.errors import known
from course_utils.experiments.flamingo import dataset, trainer
from course_utils.models.flamingo import flamingo
from course_utils.world import corpus, interleaved
from course_utils.world import scenes as S
from course_utils.world.interleaved import Pictures

COUNT, POOL = 400, 768
_FEW = 16
CONTROLS = ("", "blind", "names shuffled", "other pictures")
# (names, shots of each) → what a recording calls it
SETTINGS = {(names, shots): f"{names} names, {shots} shots" for names, many in ((2, (0, 1, 2, 4)), (4, (0, 1, 2))) for shots in many}


def episodes(pool: Pictures, names: int, shots: int, count: int = COUNT, seed: int = 0) -> dict[str, np.ndarray]:
    """Test episodes, packed; few under ``COURSE_FAST=1``. No text says what a picture shows."""
    count = min(count, _FEW) if runtime.is_fast() else count
    rng, pairs = S.generator("test", 630 + seed), dataset.by_pair(pool)
    return dataset.packed([interleaved.name_episode(rng, pool, pairs, names, shots) for _ in range(count)])


def named(arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Where the name of each picture stands, and which it is: int[n, shown] twice; the asked one last."""
    is_name = arrays["tokens"] >= len(corpus.vocabulary()) - len(corpus.MADE_UP)
    places = np.stack([np.flatnonzero(row) for row in is_name])
    return places, np.take_along_axis(arrays["tokens"], places, 1)


def changed(arrays: dict[str, np.ndarray], pool: Pictures, control: str) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Episodes and the features of their pictures, with what a control takes away: all pictures (``"blind"``), which of the
    names each support has (``"names shuffled"``), what the supports show (``"other pictures"``).

    Raises ValueError if there is no such control.
    """
    known("control", control, CONTROLS)
    rng = np.random.default_rng(631)
    places, names = named(arrays)
    shown = places.shape[1]
    arrays = {name: array.copy() for name, array in arrays.items()}
    if control == "names shuffled":
        for row, at, drawn in zip(arrays["tokens"], places, names):
            row[at[:-1]] = rng.choice(np.unique(drawn), shown - 1)
    if control == "other pictures":
        arrays["pictures"][:, : shown - 1] = rng.integers(len(pool), size=(len(names), shown - 1))
    features = pool.features[arrays["pictures"]]
    return arrays, np.zeros_like(features) if control == "blind" else features


def answers(model: flamingo.Flamingo, arrays: dict[str, np.ndarray], features: np.ndarray) -> np.ndarray:
    """Which token comes first where the last name stands: int[n]."""
    places, _ = named(arrays)
    return trainer.next_logits(model, arrays, features, places[:, -1] - 1).argmax(-1)


def accuracy(model: flamingo.Flamingo, pool: Pictures, names: int, shots: int, control: str = "", count: int = COUNT) -> float:
    """The share of episodes whose last name is ranked first among all words. Raises ValueError as :func:`changed`."""
    arrays = episodes(pool, names, shots, count)
    wanted = named(arrays)[1][:, -1]
    return float((answers(model, *changed(arrays, pool, control)) == wanted).mean())


def by_shots(model: flamingo.Flamingo, pool: Pictures, control: str = "", count: int = COUNT) -> dict[str, float]:
    """:func:`accuracy` in all ``SETTINGS``."""
    return {says: accuracy(model, pool, *setting, control, count) for setting, says in SETTINGS.items()}
