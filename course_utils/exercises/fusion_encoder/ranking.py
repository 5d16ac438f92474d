"""The dual encoder proposes, the fusion encoder decides."""

from __future__ import annotations

import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.models.fusion_encoder import ranking


def cases(seed: int) -> list[Case]:
    """Shortlists of different lengths; the two encoders' scores have different scales, now this one's the larger, now that one's."""
    rng = np.random.default_rng([seed, 404])
    found = []
    for queries, candidates, k, scale in [(3, 7, 3, 0.25), (2, 8, 4, 5), (5, 9, 2, 0.25), (4, 7, 5, 5), (1, 5, 5, 0.25)]:
        dual = np.array([rng.permutation(candidates) for _ in range(queries)]) * scale + 0.05 * rng.random((queries, candidates))
        fused = 3 * rng.permuted(np.tile(np.arange(k), (queries, 1)), axis=1) - 4 + rng.random((queries, k))
        fused[0] = np.sort(fused[0])  # the fusion encoder turns the first shortlist round
        says = f"{queries} queries, {candidates} candidates, a shortlist of {k}"
        found.append(Case((dual.astype(np.float32), fused.astype(np.float32)), says))
    return found


def rerank(dual, fused):
    """int[Q, M]: the shortlist by the fusion encoder, then the rest by the dual encoder."""
    k = fused.shape[1]
    order = np.argsort(-dual, axis=1)
    short, rest = order[:, :k], order[:, k:]
    by_fused = np.argsort(-fused, axis=1)
    ranking = np.concatenate([np.take_along_axis(short, by_fused, 1), rest], 1)
    return ranking


_SHORTLIST, _BY_FUSED = "np.take_along_axis(short, by_fused, 1)", "by_fused = np.argsort(-fused, axis=1)"

MISTAKES = edits(
    rerank,
    (
        "positions",
        "These are positions in the shortlist. Look up which candidates stand there: `jnp.take_along_axis(shortlist, order, axis=1)`.",
        _SHORTLIST,
        "by_fused",
    ),
    ("dual-only", "The fusion encoder's scores are not used: this is the dual encoder's order.", "return ranking", "return order"),
    (
        "shortlist-worst-first",
        "The shortlist goes upwards: the fusion encoder's worst comes first. `argsort` sorts upwards: negate the scores.",
        "-fused",
        "fused",
    ),
    (
        "worst-first",
        "Your order goes upwards, the worst first. `argsort` sorts upwards: negate the scores.",
        "return ranking",
        "return ranking[:, ::-1]",
    ),
    ("dual-upwards", "The shortlist holds the dual encoder's *worst*: `argsort` sorts upwards. Negate the similarities.", "-dual", "dual"),
    (
        "both-upwards",
        "Everything goes upwards: the shortlist holds the dual encoder's worst, and the worst of them stands first. `argsort` sorts upwards: negate both.",
        "-dual",
        "dual",
        "-fused",
        "fused",
    ),
    (
        "by-number",
        "These are the candidates by number, in every row. Sort them by their scores.",
        "return ranking",
        "return np.sort(ranking, 1)",
    ),
    (
        "shortlist-by-number",
        "You sort the shortlist by number first. The columns of `fused` are in the dual encoder's order.",
        "(short,",
        "(np.sort(short, 1),",
    ),
    (
        "four",
        "Your shortlist holds at most four. `fused` has k columns, and k is not always 4.",
        "k = fused",
        "fused = fused[:, :4]\n    k = fused",
    ),
    (
        "one-too-few",
        "The last of the shortlist is left where it was: `fused` has k columns.",
        "k = fused",
        "fused = fused[:, :-1]\n    k = fused",
    ),
    (
        "best-moved",
        "Only the fusion encoder's best moves to the front. It puts the whole shortlist in order.",
        _SHORTLIST,
        "[np.r_[row[j], np.delete(row, j)] for row, j in zip(short, fused.argmax(1))]",
    ),
    (
        "best-exchanged",
        "Only the fusion encoder's best and the first change places. It puts the whole shortlist in order.",
        _BY_FUSED,
        "by_fused = np.array([[j, *(i if i != j else 0 for i in range(1, k))] for j in fused.argmax(1)])",
    ),
    (
        "whole-ranking-behind",
        "The whole ranking follows the shortlist, which so stands there twice. Only the others follow.",
        "rest]",
        "order]",
    ),
    (
        "whole-ranking-behind",
        "The whole ranking follows the shortlist, and is cut off at M. Only the others follow.",
        "rest]",
        "order]",
        "return ranking",
        "return ranking[:, : dual.shape[1]]",
    ),
    (
        "over-queries",
        "You sort over the queries (axis 0). Sort each query's candidates: axis 1.",
        "return ranking",
        "return np.argsort(-dual, axis=0)",
    ),
    (
        "over-queries",
        "You sort the dual encoder's scores over the queries (axis 0). Sort each query's candidates: axis 1.",
        "-dual, axis=1",
        "-dual, axis=0",
    ),
    (
        "whole-table",
        "You sort the whole table as one (axis None). Sort each query's candidates: axis 1.",
        "return ranking",
        "return np.argsort(-dual, axis=None).reshape(dual.shape)",
    ),
    (
        "first-order-for-all",
        "Every shortlist is put in the first query's order. Each has its own row of `fused`.",
        _SHORTLIST,
        "short[:, by_fused[0]]",
    ),
    ("transposed", "Your table lies on its side: one row a query, shape (Q, M).", "return ranking", "return ranking.T"),
    ("from-one", "You count the candidates from 1. The first has number 0.", "return ranking", "return ranking + 1"),
    (
        "first-query-only",
        "You return the first query's ranking only. Does `return` stand in the loop?",
        "return ranking",
        "return ranking[0]",
    ),
    (
        "shortlist-only",
        "You return the shortlist only. The other candidates follow it, in the dual encoder's order: shape (Q, M).",
        "return ranking",
        "return ranking[:, :k]",
    ),
    (
        "rest-first",
        "The rest stands first. The shortlist comes first.",
        "return ranking",
        "return np.concatenate([ranking[:, k:], ranking[:, :k]], 1)",
    ),
    ("rest-reversed", "The rest is in reversed order. It stays as the dual encoder has it.", "rest]", "rest[:, ::-1]]"),
    ("rest-by-number", "The rest stands in the order of its numbers. It stays as the dual encoder has it.", "rest]", "np.sort(rest, 1)]"),
    (
        "first-columns",
        "You take column j of `fused` for candidate j. It belongs to the j-th *best* of the dual encoder.",
        "return ranking",
        "return np.argsort(-np.concatenate([fused, dual[:, k:]], 1), axis=1)",
    ),
    (
        "first-columns",
        "You take candidates 0 to k − 1 for the shortlist. It holds the k *best* of the dual encoder.",
        "np.argsort(-dual, axis=1)",
        "np.broadcast_to(np.arange(dual.shape[1]), dual.shape)",
    ),
    (
        "scales-mixed",
        "You put the fusion encoder's scores among the dual encoder's and sort all together. Their scales differ: sort the shortlist by itself.",
        "return ranking",
        "scores = dual.copy()\n    np.put_along_axis(scores, short, fused, 1)\n    return np.argsort(-scores, axis=1)",
    ),
    (
        "scores-added",
        "You add both scores and sort all together. Inside the shortlist only the fusion encoder decides; the rest stays behind.",
        "return ranking",
        "scores = dual.copy()\n    np.put_along_axis(scores, short, np.take_along_axis(dual, short, 1) + fused, 1)\n    return np.argsort(-scores, axis=1)",
    ),
    (
        "scores-added-in-shortlist",
        "You add both scores. Inside the shortlist only the fusion encoder decides.",
        "-fused",
        "-(np.take_along_axis(dual, short, 1) + fused)",
    ),
    (
        "ranks",
        "You return which rank each candidate gets. Return candidates in the order of their ranks: one `argsort` too many.",
        "return ranking",
        "return np.argsort(ranking, 1)",
    ),
    (
        "inverse",
        "Inside the shortlist you apply the inverse order: `argsort` of an `argsort` says where each *goes*. Take what stands at each place.",
        _SHORTLIST,
        "np.take_along_axis(short, np.argsort(by_fused, 1), 1)",
    ),
    (
        "best-only",
        "You return the best candidate of each query. Return all of them in order, shape (Q, M).",
        "return ranking",
        "return ranking[:, 0]",
    ),
    (
        "scores",
        "You return scores. Return the candidates' numbers, the best first.",
        "return ranking",
        "return np.take_along_axis(dual, ranking, 1)",
    ),
    (
        "first-query-for-all",
        "Every row follows the first query. Each has a shortlist of its own (axis 1).",
        "return ranking",
        "return np.broadcast_to(ranking[:1], ranking.shape)",
    ),
)


def _no_order(case, expected, got):
    for row in got:
        if sorted(row.tolist()) != list(range(len(row))):
            twice = [int(v) for v in np.unique(row) if (row == v).sum() > 1]
            more = f"{twice[0]} stands there twice" if twice else f"{row[~np.isin(row, np.arange(len(row)))][0]:.3g} is no candidate"
            return f"Each row holds every candidate once, 0 to {len(row) - 1}: {more}.", "no-permutation"


EXERCISE = Exercise(
    "04.4",
    "rerank",
    4,
    ranking.rerank,
    cases,
    functools.partial(
        judge_values,
        reference=rerank,
        mistakes=MISTAKES,
        returns="all candidates of each query, the best first, shape (Q, M)",
        patterns=[_no_order],
        parts=[
            (
                "",
                1.0,
                "The order differs. Take one query by hand: who is on the shortlist, what does the fusion encoder say of each, who is left?",
            )
        ],
    ),
)
