"""A result that looks fine and is wrong, and the ways to put it to the test."""

import numpy as np

BATCH = 8


def their_recall(image: np.ndarray, text: np.ndarray, batch: int = BATCH) -> float:
    """R@1 as the colleague measures it: row i of ``image`` belongs to row i of ``text``, float32[n, D] each."""
    hits = []
    for start in range(0, len(image), batch):
        a, b = image[start : start + batch], text[start : start + batch]
        hits.append((a @ b.T).argmax(1) == np.arange(len(a)))
    return float(np.concatenate(hits).mean())
