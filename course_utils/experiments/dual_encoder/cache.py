"""What a cache of embeddings saves: seconds a query, with the gallery's pictures encoded once or for every query."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

from course_utils import runtime
from course_utils.experiments.dual_encoder import trainer
from course_utils.models import dual_encoder as dual

SIZES = (256, 1024, 4096)
K = 5


def _seconds(fn: Callable, times: int) -> float:
    """The median of several runs, after one that may compile."""
    fn()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        fn()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def timings(
    model: dual.DualEncoder, images: np.ndarray, query: np.ndarray, search: Callable, sizes: Sequence[int] | None = None
) -> list[dict]:
    """One row a gallery size: seconds of one query ``encoded anew`` and ``cached``, and their ratio.

    ``images`` uint8[n, 32, 32, 3] are repeated to fill a gallery; ``query`` float32[1, D]; ``search(cache, queries, k)``.
    """
    rows = []
    for size in sizes or SIZES[: 1 if runtime.is_fast() else None]:
        gallery = images[np.arange(size) % len(images)]
        cache = trainer.image_vectors(model, gallery)
        anew = _seconds(lambda gallery=gallery: search(trainer.image_vectors(model, gallery), query, K), 3)
        cached = _seconds(lambda cache=cache: search(cache, query, K), 9)
        rows.append({"gallery": size, "encoded anew": anew, "cached": cached, "ratio": anew / cached})
    return rows
