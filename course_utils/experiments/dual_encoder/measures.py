"""How well pictures and words find each other in a style never seen."""

from __future__ import annotations

import numpy as np

from course_utils.experiments.dual_encoder import dataset, trainer
from course_utils.metrics import retrieval
from course_utils.models import dual_encoder as dual

KS = (1, 5, 10)


def recalls(table: np.ndarray) -> dict[str, float]:
    """Recalls both ways of a square table, one row a picture, one column its text."""
    right = np.arange(len(table))
    to_text, to_picture = retrieval.recall_at(table, right, KS), retrieval.recall_at(table.T, right, KS)
    return {
        **{f"text R@{k}": float(value) for k, value in zip(KS, to_text)},
        **{f"picture R@{k}": float(value) for k, value in zip(KS, to_picture)},
    }


def cosines(model: dual.DualEncoder, style: str, rows: np.ndarray) -> np.ndarray:
    """Cosines of a style's test pictures with the names of the same concepts: float32[n, n]."""
    return trainer.image_vectors(model, dataset.test_pictures(style, rows)) @ trainer.text_vectors(model, dataset.names(rows)).T


def retrieval_measures(model: dual.DualEncoder, style: str) -> dict[str, float]:
    """Recalls on test pictures of a style: all concepts taught; then new ones, among each other and among all."""
    known, new = (dataset.available(style, dataset.concepts(new=which)) for which in (False, True))
    every = np.concatenate([new, known])
    image, text = trainer.image_vectors(model, dataset.test_pictures(style, new)), trainer.text_vectors(model, dataset.names(every))
    at = np.arange(len(new))
    return {
        **recalls(cosines(model, style, known)),
        **{f"new, text R@{k}": float(v) for k, v in zip(KS, retrieval.recall_at(image @ text[: len(new)].T, at, KS))},
        **{f"new among all, text R@{k}": float(v) for k, v in zip(KS, retrieval.recall_at(image @ text.T, at, KS))},
    }
