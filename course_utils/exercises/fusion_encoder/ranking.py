"""The dual encoder proposes, the fusion encoder decides."""

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
    for queries, candidates, k, scale in [(3, 7, 3, 0.25), (5, 9, 2, 0.25), (4, 7, 5, 5), (1, 5, 5, 0.25)]:
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


_SHORTLIST = "np.take_along_axis(short, by_fused, 1)"
MISTAKES = edits(
    rerank,
    (
        "positions",
        "These are positions in the shortlist. Look up which candidates stand there: `jnp.take_along_axis(shortlist, order, axis=1)`.",
        _SHORTLIST,
        "by_fused",
    ),
    ("shortlist-worst-first", "The fusion encoder's worst comes first. `argsort` sorts upwards: negate the scores.", "-fused", "fused"),
    ("worst-first", "Your order begins with the worst. `argsort` sorts upwards: negate the scores.", "return ranking[:, ::-1]"),
    ("dual-upwards", "The shortlist holds the dual encoder's *worst*: `argsort` sorts upwards. Negate the similarities.", "-dual", "dual"),
    (
        "both-upwards",
        "Everything goes upwards: the shortlist holds the dual encoder's worst, and the worst of them stands first. `argsort` sorts upwards: negate both.",
        "(-",
        "(",
    ),
    ("shortlist-by-number", "You sort the shortlist by number. `fused` has the dual encoder's order.", "(short,", "(np.sort(short, 1),"),
    (
        "best-only-moved",
        "Only the fusion encoder's best moves. It puts the whole shortlist in order.",
        _SHORTLIST,
        (
            "[np.r_[row[j], np.delete(row, j)] for row, j in zip(short, fused.argmax(1))]",
            "[row[[j, *(i if i != j else 0 for i in range(1, k))]] for row, j in zip(short, fused.argmax(1))]",
        ),
    ),
    (
        "whole-ranking-behind",
        "The whole ranking follows the shortlist, which so stands there twice. Only the others follow.",
        "rest], 1)",
        ("order], 1)", "order], 1)[:, : dual.shape[1]]"),
    ),
    ("over-queries", "You sort `dual` over the queries (axis 0). Sort each query's candidates: axis 1.", "-dual, axis=1", "-dual, axis=0"),
    (
        "short",
        "Your shortlist is shorter than it should be: `fused` has k columns, and k is not always the same.",
        "k = fused",
        ("fused = fused[:, :4]\n    k = fused", "fused = fused[:, :-1]\n    k = fused"),
    ),
    (
        "other-rest",
        "The others stand in another order or place. They follow the shortlist, in the dual encoder's order.",
        "rest], 1)",
        ("np.sort(rest, 1)], 1)", "rest[:, ::-1]], 1)", "rest], 1)\n    ranking = np.roll(ranking, -k, 1)"),
    ),
    (
        "first-columns",
        "You take column j of `fused` for candidate j. It belongs to the j-th *best* of the dual encoder.",
        (
            "return np.argsort(-np.c_[fused, dual[:, k:]], axis=1)",
            "return np.c_[by_fused, np.tile(np.arange(k, dual.shape[1]), (len(dual), 1))]",
            "return np.c_[by_fused, [[c for c in row if c >= k] for row in order]]",
            "return np.c_[np.take_along_axis(short, np.argsort(-np.take_along_axis(np.pad(fused, ((0, 0), (0, rest.shape[1]))), short, 1), 1), 1), rest]",
        ),
    ),
    (
        "scales-mixed",
        "You put the fusion encoder's scores among the dual encoder's and sort all together. Their scales differ: sort the shortlist by itself.",
        "np.put_along_axis(dual := dual.copy(), short, fused, 1)\n    return np.argsort(-dual, axis=1)",
    ),
    (
        "scores-added",
        "You add both scores and sort all together. Inside the shortlist only the fusion encoder decides; the rest stays behind.",
        "return np.argsort(-dual - np.take_along_axis(np.pad(fused, ((0, 0), (0, rest.shape[1]))), np.argsort(order, 1), 1), axis=1)",
    ),
    (
        "scores-added-in-shortlist",
        "You add both scores. Inside the shortlist only the fusion encoder decides.",
        "-fused",
        "-fused - np.take_along_axis(dual, short, 1)",
    ),
    (
        "ranks",
        "You return which rank each candidate gets. Return candidates in the order of their ranks: one `argsort` too many.",
        "return np.argsort(ranking, 1)",
    ),
    (
        "inverse",
        "Inside the shortlist you apply the inverse order: `argsort` of an `argsort` says where each *goes*. Take what stands at each place.",
        "(short, by_fused,",
        "(short, np.argsort(by_fused, 1),",
    ),
    ("first-query-for-all", "Every row follows the first query. Each has its own shortlist (axis 1).", "return 0 * ranking + ranking[0]"),
    at="return ranking",
)


def _no_order(case, expected, got):
    for row in got:
        if sorted(row.tolist()) != list(range(len(row))):
            twice = [int(v) for v in np.unique(row) if (row == v).sum() > 1]
            more = f"{twice[0]} stands there twice" if twice else f"{row[~np.isin(row, np.arange(len(row)))][0]:.3g} is no candidate"
            return f"Each row holds every candidate once, 0 to {len(row) - 1}: {more}.", "no-permutation"


_REMARK = "The order differs. Take one query by hand: who is on the shortlist, what does the fusion encoder say of each, who is left?"
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
        parts=[("", 1.0, _REMARK)],
        kinds=True,
    ),
)
