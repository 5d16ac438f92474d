"""Recall at k."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.judges import judge_values
from course_utils.metrics import retrieval


def cases(seed: int) -> list[Case]:
    """Every rank occurs; then more or fewer queries than items, and right items anywhere; then a k beyond the gallery."""
    rng = np.random.default_rng([seed, 303])

    def draw(ranks, right, gallery):
        """Scores without a tie in which query q's right item has rank ``ranks[q]``."""
        rows = []
        for rank, item in zip(ranks, right):
            values = np.sort(rng.permutation(40 * gallery)[:gallery])[::-1] / 20 / gallery - 1  # best first, no two alike
            others = rng.permutation([k for k in range(gallery) if k != item])
            rows.append(np.zeros(gallery))
            rows[-1][np.insert(others, rank, item)] = values
        return np.array(rows, np.float32)

    drawn = []
    for ranks, gallery, ks in [([0, 2, 1, 4, 0], 5, [1, 2, 3]), ([0, 1, 3, 6, 9, 4, 0, 11, 2, 5, 8, 1], 12, [5, 1, 10])]:
        right = np.arange(gallery)
        drawn.append(Case((draw(ranks, right, gallery), right, ks), f"{gallery} queries, {gallery} items, k = {ks}"))
    for ranks, gallery, ks in [([0, 3, 1, 2, 0, 0, 1], 4, [1, 3]), ([5, 0, 2, 1], 9, [2, 4, 1]), ([1, 0, 2], 3, [5, 1])]:
        right = rng.integers(gallery, size=len(ranks))
        right[:2] = (right[0], (right[0] + 1) % gallery)
        says = f"{len(ranks)} queries, {gallery} items, right are {right.tolist()}, k = {ks}"
        drawn.append(Case((draw(ranks, right, gallery), right, ks), says, part="beyond" if max(ks) > gallery else "any"))
    return drawn


def _ranks(scores, right):
    return retrieval.ranks(scores, right)


def recall_at(scores, right, ks):
    return np.array([(_ranks(scores, right) < k).mean() for k in ks])


def _of_ranks(fn):
    """A mistake in what is made of the ranks (0 is best): ``fn(int[Q], ks, G)``."""
    return lambda scores, right, ks: np.array(fn(_ranks(scores, right), np.array(ks), scores.shape[1]))


def _each(fn):
    return _of_ranks(lambda ranks, ks, gallery: [fn(ranks, k, gallery) for k in ks])


def _diagonal(scores, right, ks):
    square = np.arange(len(scores)) % scores.shape[1]
    return recall_at(scores, square, ks)


def _turned(scores, right, ks):
    """The columns as queries: only where there are as many."""
    if scores.shape[0] != scores.shape[1]:
        return recall_at(scores, right, ks)
    return recall_at(scores.T, np.argsort(right) if len(set(right)) == len(right) else right, ks)


def _sorted_down(scores, right, ks):
    order = np.argsort(-np.asarray(scores), 0)
    return np.array([(order[:, :k] == np.asarray(right)[:, None]).any(1).mean() for k in ks])


def _once(scores, right, ks):
    return _each(lambda r, k, g: (r < k).mean())(scores, right, [ks[0]] * len(ks))


def _argsort_once(sign):
    def fn(scores, right, ks):
        order = np.argsort(sign * np.asarray(scores), 1)[np.arange(len(right)), np.asarray(right)]
        return np.array([(order < k).mean() for k in ks])

    return fn


MISTAKES = [
    Mistake(
        "worst-first",
        "You take the k *lowest* scores: `argsort` puts the lowest first. Sort −scores, or take the last k.",
        lambda s, r, ks: recall_at(-s, r, ks),
    ),
    Mistake(
        "one-too-far", "You look at the best k + 1: a rank that counts from 0 must be *below* k.", _each(lambda r, k, g: (r <= k).mean())
    ),
    Mistake(
        "one-too-few",
        "You look at the best k − 1: the rank of the best item is 0 where you count those above it.",
        _each(lambda r, k, g: (r < k - 1).mean()),
    ),
    Mistake(
        "exactly-at-k",
        "You ask whether the right item is *exactly* in place k. It may be anywhere among the best k.",
        _each(lambda r, k, g: (r == k - 1).mean()),
    ),
    Mistake(
        "exactly-at-k-from-0",
        "You ask whether the right item is *exactly* in place k. It may be anywhere among the best k.",
        _each(lambda r, k, g: (r == k).mean()),
    ),
    Mistake("best-only", "You look at the best item only, whatever k is. Look at the best k.", _each(lambda r, k, g: (r == 0).mean())),
    Mistake("first-k-for-all", "You use the first k for all. Each k has its own recall.", _once),
    Mistake(
        "precision",
        "You divide the hits by k: that is a precision. A recall at k asks, of each query, whether the right one is among the best k.",
        _each(lambda r, k, g: (r < k).mean() / k),
    ),
    Mistake(
        "divided-by-gallery",
        "You divide by the number of items. Divide by the number of queries: take their mean.",
        _each(lambda r, k, g: (r < k).sum() / g),
    ),
    Mistake(
        "divided-by-both",
        "You divide by queries *and* items. Each query counts once: take the mean over the queries.",
        _each(lambda r, k, g: (r < k).mean() / g),
    ),
    Mistake("counts", "These are the numbers of hits. Divide by the number of queries.", _each(lambda r, k, g: (r < k).sum())),
    Mistake("percent", "These are percentages. Return shares between 0 and 1.", _each(lambda r, k, g: 100 * (r < k).mean())),
    Mistake("misses", "This is the share of queries that *miss* the right item.", _each(lambda r, k, g: (r >= k).mean())),
    Mistake(
        "chance", "This is what guessing gets, k / G. Look where the right item stands in each row.", _each(lambda r, k, g: min(1, k / g))
    ),
    Mistake(
        "reciprocal-rank",
        "You average 1 / rank. Here each query counts 1 if the right item is among the best k, else 0.",
        _each(lambda r, k, g: (1 / (r + 1)).mean()),
    ),
    Mistake(
        "reciprocal-rank-at-k",
        "You average 1 / rank of those found. Here each query that finds the right item counts 1.",
        _each(lambda r, k, g: np.where(r < k, 1 / (r + 1), 0).mean()),
    ),
    Mistake(
        "in-the-first-columns",
        "You ask whether the right item stands in the first k *columns*. Sort each row by score first.",
        lambda s, r, ks: np.array([(np.asarray(r) < k).mean() for k in ks]),
    ),
    Mistake(
        "scores-not-positions",
        "You compare the scores with k. Compare *ranks*: how many items score higher?",
        lambda s, r, ks: np.array([(np.take_along_axis(np.asarray(s), np.asarray(r)[:, None], 1)[:, 0] < k).mean() for k in ks]),
    ),
    Mistake("columns-as-queries", "You rank down the columns (axis 0). A row is a query: rank along axis 1.", _turned),
    Mistake("sorted-down", "You sort down the columns (axis 0). A row is a query: sort along axis 1.", _sorted_down),
    Mistake("diagonal", "You take it that query i belongs to item i. Which item is right stands in `right`.", _diagonal),
    Mistake(
        "argsort-once",
        "`argsort` tells which item stands in a place. In which place an item stands is `argsort` of that once more.",
        _argsort_once(-1),
    ),
    Mistake(
        "argsort-once-upward",
        "`argsort` tells which item stands in a place, the lowest score first. Count instead how many items score higher.",
        _argsort_once(1),
    ),
    Mistake(
        "mean-rank",
        "This is the mean rank. For each k, return the share of queries whose right item is among the best k.",
        _each(lambda r, k, g: r.mean()),
    ),
    Mistake(
        "mean-rank-from-1",
        "This is the mean rank. For each k, return the share of queries whose right item is among the best k.",
        _each(lambda r, k, g: r.mean() + 1),
    ),
    Mistake(
        "every-k",
        "You return the recall at every k up to the largest. Return one for each k in `ks`.",
        _of_ranks(lambda r, ks, g: [(r < k).mean() for k in range(1, ks.max() + 1)]),
    ),
    Mistake(
        "none-beyond-gallery",
        "A k beyond the gallery gets 0 here. The best k are then all G items, the right one among them: 1.",
        _each(lambda r, k, g: (r < k).mean() if k <= g else 0),
    ),
    Mistake(
        "per-query",
        "You return hits for each query. Take the mean over the queries: one number for each k.",
        _of_ranks(lambda r, ks, g: r[:, None] < ks),
    ),
    Mistake(
        "per-query-turned",
        "You return hits for each query. Take the mean over the queries: one number for each k.",
        _of_ranks(lambda r, ks, g: (r[:, None] < ks).T),
    ),
    Mistake(
        "ranks", "These are ranks. For each k, return the share of queries whose rank is among the best k.", _of_ranks(lambda r, ks, g: r)
    ),
    Mistake("mean-over-ks", "You return one number. Return one recall for each k.", lambda s, r, ks: recall_at(s, r, ks).mean()),
    Mistake(
        "summed-over-ks",
        "You add up over the ks: each recall counts the ones before it again.",
        lambda s, r, ks: np.cumsum(recall_at(s, r, ks)),
    ),
]


def judge(cases: list[Case], answers: list) -> Verdict:
    """Three quarters of the points for a square table, the rest for any number of queries and items, and for any k."""
    return judge_values(
        cases,
        answers,
        recall_at,
        MISTAKES,
        returns="one share for each k, shape (len(ks),)",
        parts=[
            ("", 0.75, "The shares differ. Take one row by hand: how many items score higher than the right one?"),
            ("any", 0.125, "Right where query i belongs to item i, wrong elsewhere: which item is right for query i stands in `right[i]`."),
            ("beyond", 0.125, "Right up to k = G, wrong beyond: with a k larger than the gallery every right item is found."),
        ],
    )


EXERCISE = Exercise("03.3", "recall_at", 4, retrieval.recall_at, cases, judge)
