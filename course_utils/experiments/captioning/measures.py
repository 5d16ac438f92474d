"""How good captions are, by several metrics and by the number of things in the picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.experiments.captioning import dataset
from course_utils.metrics import caption as metric


def scores(written: Sequence[str], data: dataset.CaptionSet) -> dict[str, float]:
    """BLEU, CIDEr-D and SPICE of written captions, in [0, 1] but for CIDEr-D; and ``exact``, the share that is the plain caption."""
    texts = list(map(dataset.cut, written))
    return {
        **{f"BLEU-{n}": float(value) for n, value in enumerate(metric.bleu(texts, data.references), 1)},
        "CIDEr-D": float(metric.cider_d(texts, data.references).mean()),
        "SPICE": float(metric.spice(texts, data.tuples).mean()),
        "exact": float(np.mean([a == b for a, b in zip(written, data.plain)])),
    }


def by_objects(written: Sequence[str], data: dataset.CaptionSet) -> dict[int, tuple[float, float]]:
    """For one to five things in the picture: the mean SPICE, and the share of exact captions."""
    each = metric.spice(list(map(dataset.cut, written)), data.tuples)
    exact = np.array([a == b for a, b in zip(written, data.plain)])
    numbers = sorted(set(data.objects.tolist()))
    return {k: (float(each[data.objects == k].mean()), float(exact[data.objects == k].mean())) for k in numbers}
