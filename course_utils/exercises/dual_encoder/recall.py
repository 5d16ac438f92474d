"""Recall at k."""

import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
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


def recall_at(scores, right, ks):
    """One share for each k: float[len(ks)]."""
    ranks = retrieval.ranks(scores, right)
    recalls = np.array([(ranks < k).mean() for k in ks])
    return recalls


_RANKS, _HITS = "retrieval.ranks(scores, right)", "(ranks < k).mean()"
MISTAKES = edits(
    recall_at,
    (
        "none-beyond-gallery",
        "A k beyond the gallery gets 0 here. The best k are then all G items, the right one among them: 1.",
        "mean()",
        "mean() * (k <= scores.shape[1])",
    ),
    (
        "worst-first",
        "You take the k *lowest* scores: `argsort` puts the lowest first. Sort −scores, or take the last k.",
        "ranks(scores",
        "ranks(-scores",
    ),
    ("one-too-far", "You look at the best k + 1: a rank that counts from 0 must be *below* k.", "<= k"),
    ("one-too-few", "You look at the best k − 1: the best item has rank 0 where you count those above it.", "< k - 1"),
    ("exactly-at-k", "You ask whether the right item is *exactly* in place k. It may be anywhere among the best k.", ("== k - 1", "== k")),
    ("best-only", "You look at the best item only, whatever k is. Look at the best k.", "< 1"),
    ("first-k-for-all", "You use the first k for all. Each k has its own recall.", "< ks[0]"),
    (
        "precision",
        "You divide the hits by k: a precision. Recall asks of each query whether the right one is among the best k.",
        "n()",
        "n() / k",
    ),
    (
        "divided-by-gallery",
        "You divide by the number of items. Divide by the number of queries: take the mean.",
        "mean()",
        "sum() / scores.shape[1]",
    ),
    ("counts", "These are the numbers of hits. Divide by the number of queries.", "mean()", "sum()"),
    ("misses", "This is the share of queries that *miss* the right item.", ">= k"),
    ("chance", "This is what guessing gets, k / G. Look where the right item stands in each row.", _HITS, "min(1, k / scores.shape[1])"),
    (
        "reciprocal-rank",
        "You average 1 / rank. Each query counts 1 if the right item is among the best k, else 0.",
        "(ranks < k)",
        ("(1 / (ranks + 1))", "((ranks < k) / (ranks + 1))"),
    ),
    (
        "columns-as-queries",
        "You rank down the columns (axis 0). A row is a query: rank along axis 1.",
        "ranks(scores",
        "ranks(scores.T if len(scores) == scores.shape[1] else scores",
    ),
    (
        "sorted-down",
        "You sort down the columns (axis 0). A row is a query: sort along axis 1.",
        _HITS,
        "(np.argsort(-scores, 0)[:, :k] == right[:, None]).any(1).mean()",
    ),
    (
        "diagonal",
        "You take it that query i belongs to item i. Which item is right stands in `right`.",
        ", right)",
        ", np.arange(len(right)) % scores.shape[1])",
    ),
    (
        "argsort-once",
        "`argsort` tells which item stands in a place. In which place an item stands is `argsort` of that once more.",
        _RANKS,
        ("np.argsort(-scores, 1)[np.arange(len(right)), right]", "np.argsort(scores, 1)[np.arange(len(right)), right]"),
    ),
    (
        "mean-rank",
        "This is the mean rank. Return the share of queries whose right item is among the best k.",
        _HITS,
        ("ranks.mean()", "ranks.mean() + 1"),
    ),
    ("every-k", "You return the recall at every k up to the largest. Return one for each k in `ks`.", "in ks", "in range(1, max(ks) + 1)"),
    (
        "per-query",
        "You return hits for each query. Take the mean over the queries: one number for each k.",
        ".mean()",
        "",
        "return recalls",
        ("return recalls", "return recalls.T"),
    ),
    ("ranks", "These are ranks. For each k, return the share of queries whose rank is among the best k.", "return recalls", "return ranks"),
    at="< k",
)

EXERCISE = Exercise(
    "03.3",
    "recall_at",
    4,
    retrieval.recall_at,
    cases,
    functools.partial(
        judge_values,
        reference=recall_at,
        mistakes=MISTAKES,
        returns="one share for each k, shape (len(ks),)",
        parts=[
            ("", 0.75, "The shares differ. Take one row by hand: how many items score higher than the right one?"),
            ("any", 0.125, "Right where query i belongs to item i, wrong elsewhere: which item is right for query i stands in `right[i]`."),
            ("beyond", 0.125, "Right up to k = G, wrong beyond: with a k larger than the gallery every right item is found."),
        ],
    ),
)
