"""What needs no training: the nearest pixels. Every way to compare them is tried, and the best one is the baseline."""

import numpy as np

from course_utils.experiments.dual_encoder import dataset, measures
from course_utils.metrics import retrieval
from course_utils.models.dual_encoder import pictures

BEST = "nearest"
VARIED = 8  # drawings of each picture of the gallery, varied as the test pictures are


def _colours(images: np.ndarray) -> np.ndarray:
    return images.reshape(len(images), -1).astype(np.float32) / 255


def _shapes(images: np.ndarray) -> np.ndarray:
    """Grey, without its mean, of length 1: what is left is where it is lighter and where darker."""
    grey = (images @ np.array([0.299, 0.587, 0.114], np.float32)).reshape(len(images), -1)
    grey = grey - grey.mean(1, keepdims=True)
    return grey / np.maximum(np.linalg.norm(grey, axis=1, keepdims=True), 1e-6)


WAYS = {
    "colours, gallery on white": (_colours, 0),
    "colours, gallery varied": (_colours, VARIED),
    "shapes, gallery on white": (_shapes, 0),
    "shapes, gallery varied": (_shapes, VARIED),
}


def nearness(way: str, left_out: str) -> np.ndarray:
    """How near each test picture is to the nearest picture of each concept in the other styles: float32[n, n].

    "varied": the gallery holds eight drawings of each picture, recoloured, scaled and on grounds as the test pictures.
    """
    describe, varied = WAYS[way]
    rows = dataset.available(left_out, dataset.concepts())
    query = describe(dataset.test_pictures(left_out, rows))
    best = np.full((len(rows), len(rows)), -np.inf, np.float32)
    for style in dataset.other_styles(left_out):
        for k in range(max(varied, 1)):
            how = pictures.TEST if varied else pictures.NONE
            gallery = describe(pictures.pictures(style, rows, how, seed=100 + k))
            best = np.maximum(best, 2 * query @ gallery.T - (gallery**2).sum(1))
    return best


def recalls(left_out: str) -> dict[str, dict[str, float]]:
    """R@1, 5, 10 of every way, and of the best at R@1 under the name ``BEST``."""
    found = {}
    for way in WAYS:
        table = nearness(way, left_out)
        recalls = retrieval.recall_at(table, np.arange(len(table)), measures.KS)
        found[way] = {f"text R@{k}": float(value) for k, value in zip(measures.KS, recalls)}
    return {BEST: max(found.values(), key=lambda recalls: recalls["text R@1"]), **found}
