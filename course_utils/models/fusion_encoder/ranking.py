"""A dual encoder proposes, a fusion encoder decides: re-ranking a shortlist."""

import numpy as np


def shortlist(dual: np.ndarray, k: int) -> np.ndarray:
    """The k candidates that the dual encoder likes best, the best first: float[Q, M] → int[Q, k]."""
    return np.argsort(-np.asarray(dual), axis=1, kind="stable")[:, :k]


def rerank(dual: np.ndarray, fused: np.ndarray) -> np.ndarray:
    """All candidates of every query, the best first: the dual encoder's k best in the fusion encoder's order, then the rest.

    Parameters
    ----------
    dual : float[Q, M], the dual encoder's similarities.
    fused : float[Q, k], the fusion encoder's scores of the dual encoder's k best candidates, its best first.

    Returns
    -------
    int[Q, M], numbers of candidates.
    """
    dual, fused = np.asarray(dual), np.asarray(fused)
    order = np.argsort(-dual, axis=1, kind="stable")  # (Q, M)
    k = fused.shape[1]
    first = np.take_along_axis(order[:, :k], np.argsort(-fused, axis=1, kind="stable"), 1)
    return np.concatenate([first, order[:, k:]], 1)
