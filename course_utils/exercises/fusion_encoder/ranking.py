"""The dual encoder proposes, the fusion encoder decides."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
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


def _order(scores):
    return np.argsort(-np.asarray(scores), axis=1, kind="stable")


def _parts(dual, fused):
    """The shortlist, in the dual encoder's order, and the rest."""
    order, k = _order(dual), np.shape(fused)[1]
    return order[:, :k], order[:, k:]


def rerank(dual, fused):
    """int[Q, M]: the shortlist by the fusion encoder, then the rest by the dual encoder."""
    short, rest = _parts(dual, fused)
    return np.concatenate([np.take_along_axis(short, _order(fused), 1), rest], 1)


def _with(fn):
    """A mistake in how both are put together: ``fn(short, rest, fused)``."""
    return lambda dual, fused: fn(*_parts(dual, fused), np.asarray(fused))


def _first_columns(dual, fused):
    """Column j of ``fused`` taken for candidate j."""
    scores = np.array(dual)
    scores[:, : np.shape(fused)[1]] = fused
    return _order(scores)


def _mixed(dual, fused):
    """The shortlist's scores replaced, and all sorted together."""
    scores = np.array(dual, float)
    np.put_along_axis(scores, _parts(dual, fused)[0], np.asarray(fused, float), 1)
    return _order(scores)


def _added(dual, fused):
    scores = np.array(dual, float)
    short = _parts(dual, fused)[0]
    np.put_along_axis(scores, short, np.take_along_axis(scores, short, 1) + fused, 1)
    return _order(scores)


def _summed_in_shortlist(dual, fused):
    short, rest = _parts(dual, fused)
    both = np.take_along_axis(np.asarray(dual), short, 1) + fused
    return np.concatenate([np.take_along_axis(short, _order(both), 1), rest], 1)


def _over_queries(dual, fused):
    order, k = np.argsort(-np.asarray(dual), axis=0), np.shape(fused)[1]
    return np.concatenate([np.take_along_axis(order[:, :k], _order(fused), 1), order[:, k:]], 1)


def _exchanged(short, rest, fused):
    short, rows, best = short.copy(), np.arange(len(short)), fused.argmax(1)
    short[rows, best], short[:, 0] = short[:, 0].copy(), short[rows, best]
    return np.concatenate([short, rest], 1)


def _turned_round(dual, fused):
    """Positions for candidates the other way: where each of the shortlist goes."""
    short, rest = _parts(dual, fused)
    return np.concatenate([np.take_along_axis(short, np.argsort(_order(fused), 1), 1), rest], 1)


MISTAKES = [
    Mistake(
        "positions",
        "These are positions in the shortlist. Look up which candidates stand there: `jnp.take_along_axis(shortlist, order, axis=1)`.",
        _with(lambda short, rest, f: np.concatenate([_order(f), rest], 1)),
    ),
    Mistake("dual-only", "The fusion encoder's scores are not used: this is the dual encoder's order.", lambda dual, fused: _order(dual)),
    Mistake(
        "shortlist-worst-first",
        "The shortlist goes upwards: the fusion encoder's worst comes first. `argsort` sorts upwards: negate the scores.",
        _with(lambda short, rest, f: np.concatenate([np.take_along_axis(short, np.argsort(f, 1), 1), rest], 1)),
    ),
    Mistake(
        "worst-first",
        "Your order goes upwards, the worst first. `argsort` sorts upwards: negate the scores.",
        lambda dual, fused: rerank(dual, fused)[:, ::-1],
    ),
    Mistake(
        "dual-upwards",
        "The shortlist holds the dual encoder's *worst*: `argsort` sorts upwards. Negate the similarities.",
        lambda dual, fused: rerank(-np.asarray(dual), fused),
    ),
    Mistake(
        "both-upwards",
        "Everything goes upwards: the shortlist holds the dual encoder's worst, and the worst of them stands first. `argsort` sorts upwards: negate both.",
        lambda dual, fused: rerank(-np.asarray(dual), -np.asarray(fused)),
    ),
    Mistake(
        "by-number",
        "These are the candidates by number, in every row. Sort them by their scores.",
        lambda dual, fused: np.broadcast_to(np.arange(np.shape(dual)[1]), np.shape(dual)),
    ),
    Mistake(
        "shortlist-by-number",
        "You sort the shortlist by number first. The columns of `fused` are in the dual encoder's order.",
        _with(lambda short, rest, f: np.concatenate([np.take_along_axis(np.sort(short, 1), _order(f), 1), rest], 1)),
    ),
    Mistake(
        "four",
        "Your shortlist holds at most four. `fused` has k columns, and k is not always 4.",
        lambda dual, fused: rerank(dual, np.asarray(fused)[:, :4]),
    ),
    Mistake(
        "one-too-few",
        "The last of the shortlist is left where it was: `fused` has k columns.",
        lambda dual, fused: rerank(dual, np.asarray(fused)[:, :-1]),
    ),
    Mistake(
        "best-moved",
        "Only the fusion encoder's best moves to the front. It puts the whole shortlist in order.",
        _with(lambda short, rest, f: np.concatenate([[np.r_[row[j], np.delete(row, j)] for row, j in zip(short, f.argmax(1))], rest], 1)),
    ),
    Mistake(
        "best-exchanged",
        "Only the fusion encoder's best and the first change places. It puts the whole shortlist in order.",
        _with(_exchanged),
    ),
    Mistake(
        "whole-ranking-behind",
        "The whole ranking follows the shortlist, which so stands there twice. Only the others follow.",
        lambda dual, fused: np.concatenate([rerank(dual, fused)[:, : np.shape(fused)[1]], _order(dual)], 1),
    ),
    Mistake(
        "whole-ranking-behind",
        "The whole ranking follows the shortlist, and is cut off at M. Only the others follow.",
        lambda dual, fused: np.concatenate([rerank(dual, fused)[:, : np.shape(fused)[1]], _order(dual)], 1)[:, : np.shape(dual)[1]],
    ),
    Mistake(
        "over-queries",
        "You sort over the queries (axis 0). Sort each query's candidates: axis 1.",
        lambda dual, fused: np.argsort(-np.asarray(dual), axis=0),
    ),
    Mistake(
        "over-queries", "You sort the dual encoder's scores over the queries (axis 0). Sort each query's candidates: axis 1.", _over_queries
    ),
    Mistake(
        "whole-table",
        "You sort the whole table as one (axis None). Sort each query's candidates: axis 1.",
        lambda dual, fused: np.argsort(-np.asarray(dual), axis=None).reshape(np.shape(dual)),
    ),
    Mistake(
        "first-order-for-all",
        "Every shortlist is put in the first query's order. Each has its own row of `fused`.",
        _with(lambda short, rest, f: np.concatenate([short[:, _order(f)[0]], rest], 1)),
    ),
    Mistake("transposed", "Your table lies on its side: one row a query, shape (Q, M).", lambda dual, fused: rerank(dual, fused).T),
    Mistake("from-one", "You count the candidates from 1. The first has number 0.", lambda dual, fused: rerank(dual, fused) + 1),
    Mistake(
        "first-query-only",
        "You return the first query's ranking only. Does `return` stand in the loop?",
        lambda dual, fused: rerank(dual, fused)[0],
    ),
    Mistake(
        "shortlist-only",
        "You return the shortlist only. The other candidates follow it, in the dual encoder's order: shape (Q, M).",
        _with(lambda short, rest, f: np.take_along_axis(short, _order(f), 1)),
    ),
    Mistake(
        "rest-first",
        "The rest stands first. The shortlist comes first.",
        _with(lambda short, rest, f: np.concatenate([rest, np.take_along_axis(short, _order(f), 1)], 1)),
    ),
    Mistake(
        "rest-reversed",
        "The rest is in reversed order. It stays as the dual encoder has it.",
        _with(lambda short, rest, f: np.concatenate([np.take_along_axis(short, _order(f), 1), rest[:, ::-1]], 1)),
    ),
    Mistake(
        "rest-by-number",
        "The rest stands in the order of its numbers. It stays as the dual encoder has it.",
        _with(lambda short, rest, f: np.concatenate([np.take_along_axis(short, _order(f), 1), np.sort(rest, 1)], 1)),
    ),
    Mistake(
        "first-columns", "You take column j of `fused` for candidate j. It belongs to the j-th *best* of the dual encoder.", _first_columns
    ),
    Mistake(
        "first-columns",
        "You take candidates 0 to k − 1 for the shortlist. It holds the k *best* of the dual encoder.",
        _with(lambda short, rest, f: np.concatenate([_order(f), np.broadcast_to(f.shape[1] + np.arange(rest.shape[1]), rest.shape)], 1)),
    ),
    Mistake(
        "scales-mixed",
        "You put the fusion encoder's scores among the dual encoder's and sort all together. Their scales differ: sort the shortlist by itself.",
        _mixed,
    ),
    Mistake(
        "scores-added",
        "You add both scores and sort all together. Inside the shortlist only the fusion encoder decides; the rest stays behind.",
        _added,
    ),
    Mistake(
        "scores-added-in-shortlist", "You add both scores. Inside the shortlist only the fusion encoder decides.", _summed_in_shortlist
    ),
    Mistake(
        "ranks",
        "You return which rank each candidate gets. Return candidates in the order of their ranks: one `argsort` too many.",
        lambda dual, fused: np.argsort(rerank(dual, fused), 1),
    ),
    Mistake(
        "inverse",
        "Inside the shortlist you apply the inverse order: `argsort` of an `argsort` says where each *goes*. Take what stands at each place.",
        _turned_round,
    ),
    Mistake(
        "best-only",
        "You return the best candidate of each query. Return all of them in order, shape (Q, M).",
        lambda dual, fused: rerank(dual, fused)[:, 0],
    ),
    Mistake(
        "scores",
        "You return scores. Return the candidates' numbers, the best first.",
        lambda dual, fused: np.take_along_axis(np.asarray(dual), rerank(dual, fused), 1),
    ),
    Mistake(
        "first-query-for-all",
        "Every row follows the first query. Each has a shortlist of its own (axis 1).",
        lambda dual, fused: np.broadcast_to(rerank(dual, fused)[:1], np.shape(dual)),
    ),
]


def _no_order(case, expected, got):
    for row in got:
        if sorted(row.tolist()) != list(range(len(row))):
            twice = [int(v) for v in np.unique(row) if (row == v).sum() > 1]
            more = f"{twice[0]} stands there twice" if twice else f"{row[~np.isin(row, np.arange(len(row)))][0]:.3g} is no candidate"
            return f"Each row holds every candidate once, 0 to {len(row) - 1}: {more}.", "no-permutation"


def judge(cases: list[Case], answers: list) -> Verdict:
    return judge_values(
        cases,
        answers,
        rerank,
        MISTAKES,
        returns="all candidates of each query, the best first, shape (Q, M)",
        patterns=[_no_order],
        parts=[
            (
                "",
                1.0,
                "The order differs. Take one query by hand: who is on the shortlist, what does the fusion encoder say of each, who is left?",
            )
        ],
    )


EXERCISE = Exercise("04.4", "rerank", 4, ranking.rerank, cases, judge)
