"""The k best of a cache."""

import functools

import numpy as np

from course_utils.exercises.arrays import unit
from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output
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


def search(cache, queries, k):
    """The numbers of the k items, int[Q, k], and their cosines, float[Q, k], best first."""
    queries, cache = np.asarray(queries, float), np.asarray(cache, float)
    scores = unit(queries) @ cache.T
    items = np.argsort(-scores, axis=1)[:, :k]
    found = np.take_along_axis(scores, items, 1)
    return items, found


ITEM_MISTAKES = edits(
    search,
    ("cosines-first", "These are the cosines. Return the items first: `return items, cosines`.", "items, found", "found, items"),
    ("worst-first", "These are the k *lowest*: `argsort` puts the lowest first. Sort minus the cosines.", "scores"),
    ("ascending", "These are the right items, the best one last. Turn them round.", "[:, :k]", "[:, :k][:, ::-1]"),
    ("all-items", "You return the whole gallery in order. Keep the first k.", "[:, :k]", ""),
    (
        "in-gallery-order",
        "These are the right items in the gallery's order. `argpartition` finds them; sort them by their cosines after it.",
        "return items",
        "return np.sort(items, 1)",
    ),
    (
        "positions-of-items",
        "You return each item's *place in the ranking* (argsort of argsort). Return which items take the first k places.",
        "np.argsort(-scores, 1)",
    ),
    (
        "over-queries",
        "You sort over the queries (axis 0). Each query has a row: sort along axis 1.",
        "return items",
        "return np.argsort(-scores, axis=0)[:, :k]",
    ),
    ("absolute", "You rank by the cosine's size without its sign. Opposite directions are the worst.", "-np.abs(scores)"),
    ("best-left-out", "You leave the best one out: these are places 2 to k + 1.", ":k]", "1 : k + 1]"),
    (
        "counted-from-1",
        "You count the items from 1. Their numbers are those of the cache's rows, from 0.",
        "return items",
        "return items + 1",
    ),
    (
        "queries-for-items",
        "You find the best queries of each item. A row is a query: find its best items.",
        "unit(queries) @ cache.T",
        "cache @ unit(queries).T",
    ),
    (
        "normalised-over-queries",
        "You take lengths down the columns (axis 0). Each query is a row: take them along the last axis.",
        "(queries)",
        "(queries, 0)",
    ),
    at="-scores",
)
COSINE_MISTAKES = edits(
    search,
    ("query-not-normalised", "The queries have lengths of their own: divide them, so that these are cosines, at most 1.", "unit(", "("),
    (
        "one-length-for-all",
        "You divide by one length for all queries. Each has its own: `axis=-1, keepdims=True`.",
        "unit(queries)",
        "queries / np.linalg.norm(queries)",
    ),
    (
        "first-query",
        "These are cosines with the first query, whichever asks. Each query has its own row of the table.",
        ", scores[0][items]",
    ),
    ("distances", "These are distances. Return the cosines.", (", np.sqrt(2 - 2 * found)", ", 1 - found")),
    ("ascending", "These are the right cosines, the best one last. Turn them round.", ", found[:, ::-1]"),
    ("negated", "These are minus the cosines: give the sign back after sorting.", ", -found"),
    (
        "not-gathered",
        "These are the cosines of the gallery's first k items. Take those of the items found: `take_along_axis`.",
        ", scores[:, :k]",
    ),
    ("all-cosines", "These are all cosines. Return those of the k found.", (", scores", ", -np.sort(-scores, 1)")),
    at=", found",
)

EXERCISE = Exercise(
    "03.5",
    "search",
    2,
    retrieval.top_k,
    cases,
    functools.partial(
        judge_outputs,
        reference=search,
        outputs=[
            Output(
                "items",
                0,
                0.5,
                "the numbers of the k items for each query, best first, shape (Q, k)",
                of_output(0, ITEM_MISTAKES),
                remark="The items differ. Take one query by hand: its cosines with all items, then the k highest, best first.",
                kinds=True,
            ),
            Output(
                "cosines",
                1,
                0.5,
                "the cosines of these items, shape (Q, k)",
                of_output(1, COSINE_MISTAKES),
                remark="The cosines differ. The cache has length 1 already, the queries do not.",
            ),
        ],
    ),
)
