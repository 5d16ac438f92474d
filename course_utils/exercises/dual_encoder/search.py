"""The k best of a cache."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import unit
from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.judges import Output, judge_outputs
from course_utils.metrics import retrieval


def cases(seed: int) -> list[Case]:
    """A cache of unit vectors in half precision, queries of any length; then the whole cache, and one query.

    The vectors are drawn such that half precision leaves their length at 1, for answers that divide by it again.
    """
    rng = np.random.default_rng([seed, 305])
    drawn = []
    for gallery, queries, width, k in [(7, 2, 5, 3), (23, 5, 4, 4), (11, 3, 7, 11), (5, 1, 3, 2)]:
        drafts = unit(rng.normal(size=(4000, width))).astype(np.float16)
        drafts = drafts[np.abs(np.linalg.norm(drafts.astype(float), axis=1) - 1) < 1e-5]
        while True:
            cache = drafts[rng.choice(len(drafts), gallery, replace=False)]
            asked = (rng.normal(size=(queries, width)) * rng.uniform(0.3, 5, (queries, 1))).astype(np.float32)
            found = np.sort(unit(asked) @ cache.astype(float).T, 1)
            if np.diff(found, axis=1).min() > 2e-3 and found[:, -1].min() > 0.3:  # no two so close that rounding decides
                break
        drawn.append(Case((cache, asked, k), f"{gallery} items, {queries} queries, k = {k}"))
    return drawn


def _cosines(cache, queries):
    return unit(np.asarray(queries, float)) @ np.asarray(cache, float).T


def _order(scores, k):
    return np.argsort(-scores, axis=1)[:, :k]


def _found(scores, k):
    return np.take_along_axis(scores, _order(scores, k), 1)


def reference(cache, queries, k):
    scores = _cosines(cache, queries)
    return _order(scores, k), _found(scores, k)


def _over_queries(cache, queries):
    return unit(np.asarray(queries, float), 0) @ np.asarray(cache, float).T


def _items(order):
    """A mistake in which items are returned: ``order(scores float[Q, G], k)``."""
    return lambda cache, queries, k: order(_cosines(cache, queries), k)


ITEM_MISTAKES = [
    Mistake(
        "cosines-first", "These are the cosines. Return the items first: `return items, cosines`.", lambda c, q, k: reference(c, q, k)[1]
    ),
    Mistake(
        "worst-first",
        "These are the k *lowest*: `argsort` puts the lowest first. Sort minus the cosines.",
        _items(lambda s, k: _order(-s, k)),
    ),
    Mistake("ascending", "These are the right items, the best one last. Turn them round.", _items(lambda s, k: _order(s, k)[:, ::-1])),
    Mistake("all-items", "You return the whole gallery in order. Keep the first k.", _items(lambda s, k: _order(s, s.shape[1]))),
    Mistake("one-too-many", "You return one too many.", _items(lambda s, k: _order(s, k + 1))),
    Mistake(
        "in-gallery-order",
        "These are the right items in the gallery's order. `argpartition` finds them; sort them by their cosines after it.",
        _items(lambda s, k: np.sort(_order(s, k), 1)),
    ),
    Mistake(
        "positions-of-items",
        "You return each item's *place in the ranking* (argsort of argsort). Return which items take the first k places.",
        _items(lambda s, k: np.argsort(np.argsort(-s, 1), 1)[:, :k]),
    ),
    Mistake(
        "over-queries",
        "You sort over the queries (axis 0). Each query has a row: sort along axis 1.",
        lambda c, q, k: np.argsort(-_cosines(c, q), axis=0)[:, :k],
    ),
    Mistake("transposed", "Your table lies on its side: one row a query, shape (Q, k).", lambda c, q, k: reference(c, q, k)[0].T),
    Mistake(
        "distance",
        "You rank by the distance to the raw query, so that its length matters. Rank by cosine.",
        lambda c, q, k: np.argsort(np.linalg.norm(np.asarray(q, float)[:, None] - np.asarray(c, float)[None], axis=-1), axis=1)[:, :k],
    ),
    Mistake(
        "absolute",
        "You rank by the size of the cosine without its sign. Opposite directions are the worst.",
        _items(lambda s, k: _order(np.abs(s), k)),
    ),
    Mistake("best-left-out", "You leave the best one out: these are places 2 to k + 1.", _items(lambda s, k: _order(s, k + 1)[:, 1:])),
    Mistake(
        "counted-from-1",
        "You count the items from 1. Their numbers are those of the cache's rows, from 0.",
        _items(lambda s, k: _order(s, k) + 1),
    ),
    Mistake(
        "queries-for-items",
        "You find the best queries of each item. A row is a query: find its best items.",
        _items(lambda s, k: _order(s.T, k)),
    ),
    Mistake(
        "normalised-over-queries",
        "You take lengths down the columns (axis 0). Each query is a row: take them along the last axis.",
        lambda c, q, k: _order(_over_queries(c, q), k),
    ),
    Mistake(
        "first-query",
        "Every query gets what the first one finds. Each has its own row.",
        lambda c, q, k: np.broadcast_to(reference(c, q, k)[0][:1], (len(q), k)),
    ),
]
COSINE_MISTAKES = [
    Mistake(
        "query-not-normalised",
        "The queries have lengths of their own: divide them, so that these are cosines, at most 1.",
        lambda c, q, k: _found(np.asarray(q, float) @ np.asarray(c, float).T, k),
    ),
    Mistake(
        "normalised-over-queries",
        "You take lengths down the columns (axis 0). Each query is a row: take them along the last axis.",
        lambda c, q, k: _found(_over_queries(c, q), k),
    ),
    Mistake(
        "one-length-for-all",
        "You divide by one length for all queries. Each has its own: `axis=-1, keepdims=True`.",
        lambda c, q, k: _found(np.asarray(q, float) / np.linalg.norm(q) @ np.asarray(c, float).T, k),
    ),
    Mistake(
        "first-query",
        "These are cosines with the first query, whichever asks. Each query has its own row of the table.",
        lambda c, q, k: _cosines(c, q)[0][reference(c, q, k)[0]],
    ),
    Mistake("euclidean", "These are distances. Return the cosines.", lambda c, q, k: np.sqrt(2 - 2 * reference(c, q, k)[1])),
    Mistake("lowest", "These belong to the k lowest. Sort minus the cosines.", lambda c, q, k: -_found(-_cosines(c, q), k)),
    Mistake(
        "ascending", "These are the right cosines, the best one last. Turn them round.", lambda c, q, k: _found(_cosines(c, q), k)[:, ::-1]
    ),
    Mistake("negated", "These are minus the cosines: give the sign back after sorting.", lambda c, q, k: -_found(_cosines(c, q), k)),
    Mistake(
        "not-gathered",
        "These are the cosines of the first k items of the gallery. Take those of the items found: `take_along_axis`.",
        lambda c, q, k: _cosines(c, q)[:, :k],
    ),
    Mistake("all-cosines", "These are all cosines. Return those of the k found.", lambda c, q, k: _cosines(c, q)),
    Mistake("sorted-all", "These are all cosines, sorted. Return the first k.", lambda c, q, k: -np.sort(-_cosines(c, q), 1)),
    Mistake("distance", "This is 1 − cosine.", lambda c, q, k: 1 - reference(c, q, k)[1]),
    Mistake("transposed", "Your table lies on its side: one row a query, shape (Q, k).", lambda c, q, k: reference(c, q, k)[1].T),
]


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for the items, half for their cosines."""
    return judge_outputs(
        cases,
        answers,
        reference,
        [
            Output(
                "items",
                0,
                0.5,
                "the numbers of the k items for each query, best first, shape (Q, k)",
                ITEM_MISTAKES,
                remark="The items differ. Take one query by hand: its cosines with all items, then the k highest, best first.",
            ),
            Output(
                "cosines",
                1,
                0.5,
                "the cosines of these items, shape (Q, k)",
                COSINE_MISTAKES,
                remark="The cosines differ. The cache has length 1 already, the queries do not.",
            ),
        ],
    )


EXERCISE = Exercise("03.5", "search", 2, retrieval.top_k, cases, judge)
