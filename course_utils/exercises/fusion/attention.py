"""One look at the picture."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import normal, softmax
from course_utils.exercises.core import Case, Exercise, Mistake, Picture, Verdict
from course_utils.exercises.judges import Output, judge_outputs
from course_utils.exercises.patterns import no_shares
from course_utils.models.fusion import stacked


def cases(seed: int) -> list[Case]:
    """Grids of different sizes, with scores that differ enough for the softmax to look somewhere."""
    rng = np.random.default_rng([seed, 104])
    drawn = []
    for questions, places, d, k in [(3, 5, 7, 4), (5, 9, 3, 11), (2, 7, 5, 3), (1, 4, 11, 5)]:
        # keys and query of spread 1.6 have scores / √k of spread 2.5
        params = {name: 1.6 * d**-0.5 * normal(rng, d, k) for name in ("W_I", "W_Q")}
        args = ({n: w.astype(np.float32) for n, w in params.items()}, normal(rng, questions, places, d), normal(rng, questions, d))
        drawn.append(Case(args, f"B = {questions}, N = {places}, D = {d}, k = {k}"))
    return drawn


def _scores(params, grid, u):
    """(W_I v_n) · (W_Q u), without any scale: float[B, N]."""
    return np.einsum("bnk,bk->bn", grid @ params["W_I"], u @ params["W_Q"])


def _map(params, grid, u):
    return softmax(_scores(params, grid, u) / np.sqrt(params["W_I"].shape[1]))


def _seen(params, grid, u):
    """What the look brings: Σ p_n v_n, float[B, D]."""
    return np.einsum("bn,bnd->bd", _map(params, grid, u), grid)


def attention_hop(params, grid, u):
    """The next u, float[B, D], and where it looked, float[B, N]."""
    return u + _seen(params, grid, u), _map(params, grid, u)


def _of_scores(fn):
    """A mistake in what is done with the scores / √k: ``fn(float[B, N])``."""
    return lambda params, grid, u: fn(_scores(params, grid, u) / np.sqrt(params["W_I"].shape[1]))


def _scaled(by):
    """A mistake in the scale: ``by(N, D, k)`` in the place of √k."""
    return lambda params, grid, u: softmax(_scores(params, grid, u) / by(grid.shape[1], *params["W_I"].shape))


def _hard(x):
    return np.arange(x.shape[-1]) == x.argmax(-1)[..., None]


def _over_k(params, grid, u):
    keys, query = grid @ params["W_I"], u @ params["W_Q"]
    return softmax(keys * query[:, None] / np.sqrt(query.shape[-1]))


def _additive(params, grid, u):
    return softmax(np.tanh(grid @ params["W_I"] + (u @ params["W_Q"])[:, None]).sum(-1))


def _squashed(params, grid, u):
    keys, query = np.tanh(grid @ params["W_I"]), np.tanh(u @ params["W_Q"])
    return softmax(np.einsum("bnk,bk->bn", keys, query) / np.sqrt(query.shape[-1]))


def _all_questions(params, grid, u):
    """Scores of each place with all questions, added up, as an einsum does whose letters are not those of one batch."""
    return _map(params, grid, np.broadcast_to(u.sum(0), u.shape))


def _cosines(params, grid, u):
    keys, query = grid @ params["W_I"], u @ params["W_Q"]
    return softmax(_scores(params, grid, u) / (np.linalg.norm(keys, axis=-1) * np.linalg.norm(query, axis=-1)[:, None]))


MAP_MISTAKES = [
    Mistake(
        "softmax-over-batch",
        "The softmax runs over the questions (axis 0), so that questions compete for a place. Each question shares itself out "
        "over the N places: the last axis.",
        _of_scores(lambda s: softmax(s, 0)),
    ),
    Mistake(
        "softmax-over-all",
        "The softmax runs over the whole table. Each question has its own: axis −1, the places.",
        _of_scores(lambda s: softmax(s.reshape(1, -1)).reshape(s.shape)),
    ),
    Mistake(
        "softmax-over-k",
        "The softmax runs over the k numbers that are compared. Add them up first, to one score a place; then softmax over places.",
        _over_k,
    ),
    Mistake(
        "softmax-over-k-summed",
        "The softmax runs over the k numbers that are compared: every place gets 1. Run it over the N places.",
        lambda params, grid, u: _over_k(params, grid, u).sum(-1),
    ),
    Mistake(
        "softmax-over-k-averaged",
        "The softmax runs over the k numbers that are compared: every place gets the same. Run it over the N places.",
        lambda params, grid, u: _over_k(params, grid, u).mean(-1),
    ),
    Mistake("no-softmax", "These are the scores. A softmax over the places makes them shares that add up to 1.", _of_scores(lambda s: s)),
    Mistake(
        "no-softmax-no-scale", "These are the scores before 1/√k. A softmax over the places makes them shares that add up to 1.", _scores
    ),
    Mistake("not-divided", "You take exp and do not divide by its sum: the shares of a question add up to 1.", _of_scores(np.exp)),
    Mistake(
        "divided-by-sum-of-scores",
        "You divide the scores by their sum. A softmax takes exp of each first, so that none is negative.",
        _of_scores(lambda s: s / s.sum(1, keepdims=True)),
    ),
    Mistake(
        "sigmoid",
        "Each place has a sigmoid of its own. A softmax lets them compete: the shares add up to 1.",
        _of_scores(lambda s: 1 / (1 + np.exp(-s))),
    ),
    Mistake(
        "log-softmax", "This is the logarithm of the shares (`log_softmax`). Return the shares.", _of_scores(lambda s: np.log(softmax(s)))
    ),
    Mistake("hard", "All attention is on the best place. A softmax shares it out, and its slopes can be learned from.", _of_scores(_hard)),
    Mistake("softmax-twice", "There is a second softmax: it makes the map almost flat.", _of_scores(lambda s: softmax(softmax(s)))),
    Mistake("softmin", "You look where the scores are lowest: the sign is turned round.", _of_scores(lambda s: softmax(-s))),
    Mistake("no-scale", "1/√k is missing: the scores are too large, and the map is too sharp.", _scaled(lambda n, d, k: 1)),
    Mistake("divided-by-k", "You divide by k. A sum of k products spreads like √k: divide by `k ** 0.5`.", _scaled(lambda n, d, k: k)),
    Mistake("multiplied-by-root", "You multiply by √k. Divide by it.", _scaled(lambda n, d, k: k**-0.5)),
    Mistake("root-of-d", "You divide by √D. The scores are sums over k numbers: divide by √k.", _scaled(lambda n, d, k: d**0.5)),
    Mistake("divided-by-d", "You divide by D. The scores are sums over k numbers, which spread like √k.", _scaled(lambda n, d, k: d)),
    Mistake("root-of-n", "You divide by √N. The scores are sums over k numbers: divide by √k.", _scaled(lambda n, d, k: n**0.5)),
    Mistake(
        "scale-after-softmax",
        "You divide by √k after the softmax. Divide the scores, before it.",
        lambda params, grid, u: softmax(_scores(params, grid, u)) / np.sqrt(params["W_I"].shape[1]),
    ),
    Mistake(
        "matrices-exchanged",
        "W_I and W_Q have changed places: W_I (image) belongs to the places, W_Q (question) to u.",
        lambda params, grid, u: _map({"W_I": params["W_Q"], "W_Q": params["W_I"]}, grid, u),
    ),
    Mistake(
        "one-matrix",
        "You use W_I on both sides. The question has its own, W_Q.",
        lambda params, grid, u: _map({**params, "W_Q": params["W_I"]}, grid, u),
    ),
    Mistake(
        "other-matrix",
        "You use W_Q on both sides. The picture has its own, W_I.",
        lambda params, grid, u: _map({**params, "W_I": params["W_Q"]}, grid, u),
    ),
    Mistake(
        "not-projected",
        "You compare the places with u themselves. Both go through their matrix first, W_I and W_Q.",
        lambda params, grid, u: softmax(np.einsum("bnd,bd->bn", grid, u) / np.sqrt(params["W_I"].shape[1])),
    ),
    Mistake(
        "not-projected-root-of-d",
        "You compare the places with u themselves. Both go through their matrix first, W_I and W_Q.",
        lambda params, grid, u: softmax(np.einsum("bnd,bd->bn", grid, u) / np.sqrt(u.shape[1])),
    ),
    Mistake(
        "not-projected-no-scale",
        "You compare the places with u themselves. Both go through their matrix first, W_I and W_Q.",
        lambda params, grid, u: softmax(np.einsum("bnd,bd->bn", grid, u)),
    ),
    Mistake("additive", "These scores are sums, tanh(W_I v + W_Q u), as in the paper. Here they are scalar products.", _additive),
    Mistake(
        "additive-scaled",
        "These scores are sums, tanh(W_I v + W_Q u), as in the paper. Here they are scalar products.",
        lambda params, grid, u: softmax(
            np.tanh(grid @ params["W_I"] + (u @ params["W_Q"])[:, None]).sum(-1) / np.sqrt(params["W_I"].shape[1])
        ),
    ),
    Mistake("tanh-on-both", "You squash keys and query with tanh, as MLB does. Here their scalar product is taken as it is.", _squashed),
    Mistake(
        "two-looks",
        "This is the map of a second look, after u has changed. One hop looks once.",
        lambda params, grid, u: _map(params, grid, u + _seen(params, grid, u)),
    ),
    Mistake(
        "all-questions-at-once",
        'You add up the scores over all questions of the batch. In einsum both operands need the same letter b: "bnk,bk->bn".',
        _all_questions,
    ),
    Mistake("cosines", "You divide the scores by both lengths. Divide by √k: how long a key is matters here.", _cosines),
    Mistake("flat", "Every place gets the same. The map has to follow the scores.", _of_scores(lambda s: np.full(s.shape, 1 / s.shape[1]))),
    Mistake(
        "first-question-for-all",
        "You compare every picture with the first question. Each has its own.",
        lambda params, grid, u: _map(params, grid, np.broadcast_to(u[:1], u.shape)),
    ),
    Mistake(
        "transposed",
        "Your map lies on its side: one row a question, one column a place, shape (B, N).",
        lambda params, grid, u: _map(params, grid, u).T,
    ),
    Mistake(
        "axis-of-one",
        "Your map has an axis of length 1 at its end: `[..., 0]` or `squeeze(-1)` takes it off.",
        lambda params, grid, u: _map(params, grid, u)[..., None],
    ),
    Mistake(
        "axis-of-one-inside",
        "Your map has an axis of length 1 in the middle: `[:, 0]` or `squeeze(1)` takes it off.",
        lambda params, grid, u: _map(params, grid, u)[:, None],
    ),
]


def _of_seen(fn):
    """A mistake in what is done with what was seen: ``fn(u, seen)``, float[B, D] each."""
    return lambda params, grid, u: fn(u, _seen(params, grid, u))


def _taking(weights):
    """Another sum over the places: ``weights(p)`` in the place of p."""
    return lambda params, grid, u: u + np.einsum("bn,bnd->bd", weights(_map(params, grid, u)), grid)


NEXT_MISTAKES = [
    Mistake("no-residual", "You return what was seen without u: the question is forgotten. Add u.", _of_seen(lambda u, seen: seen)),
    Mistake("residual-twice", "u is added twice.", _of_seen(lambda u, seen: 2 * u + seen)),
    Mistake(
        "residual-for-every-place",
        "You add u inside the sum, once for each of the N places. Add it once: u + Σ p_n v_n.",
        lambda params, grid, u: grid.shape[1] * u + _seen(params, grid, u),
    ),
    Mistake(
        "axis-of-one",
        "Your next u has an axis of length 1 in the middle: `[:, 0]` or `squeeze(1)` takes it off.",
        _of_seen(lambda u, seen: (u + seen)[:, None]),
    ),
    Mistake("unchanged", "u comes back as it went in: add Σ p_n v_n.", _of_seen(lambda u, seen: u)),
    Mistake("subtracted", "You subtract what was seen. Add it.", _of_seen(lambda u, seen: u - seen)),
    Mistake("averaged", "You average u and what was seen. Add them.", _of_seen(lambda u, seen: (u + seen) / 2)),
    Mistake("multiplied", "You multiply u and what was seen. Add them.", _of_seen(lambda u, seen: u * seen)),
    Mistake(
        "concatenated",
        "You put what was seen behind u. Add them: u keeps its length D.",
        _of_seen(lambda u, seen: np.concatenate([u, seen], -1)),
    ),
    Mistake("tanh", "There is a tanh around the sum. Add, and no more.", _of_seen(lambda u, seen: np.tanh(u + seen))),
    Mistake(
        "sum-of-keys",
        "You add up the keys W_I v_n, of length k. The places themselves are what is looked at: Σ p_n v_n, of length D.",
        lambda params, grid, u: np.einsum("bn,bnk->bk", _map(params, grid, u), grid @ params["W_I"]),
    ),
    Mistake(
        "sum-of-keys-and-query",
        "You add up keys and query, of length k. u + Σ p_n v_n uses u and the places as they came, of length D.",
        lambda params, grid, u: u @ params["W_Q"] + np.einsum("bn,bnk->bk", _map(params, grid, u), grid @ params["W_I"]),
    ),
    Mistake(
        "all-places-alike",
        "You take the mean of the places. Weigh each with its share p.",
        _taking(lambda p: np.full(p.shape, 1 / p.shape[1])),
    ),
    Mistake("plain-sum", "You add up all places. Weigh each with its share p.", _taking(np.ones_like)),
    Mistake(
        "best-place", "You add the best place only. Weigh each with its share p: Σ p_n v_n.", _taking(lambda p: _hard(p).astype(float))
    ),
    Mistake(
        "mean-of-weighted",
        "You take the mean over the places of p_n v_n. The shares add up to 1 already: take the sum.",
        _taking(lambda p: p / p.shape[1]),
    ),
    Mistake("weighted-twice", "The shares come in twice (p²).", _taking(lambda p: p**2)),
    Mistake(
        "largest-weighted",
        "You take the largest p_n v_n. Add them up.",
        lambda params, grid, u: u + (_map(params, grid, u)[..., None] * grid).max(1),
    ),
    Mistake(
        "added-to-every-place",
        "You add u to every place. Add up the places first (axis 1): one vector a question.",
        lambda params, grid, u: u[:, None] + _map(params, grid, u)[..., None] * grid,
    ),
    Mistake(
        "places-not-summed",
        "You weigh the places, and do not add them up: sum over axis 1.",
        lambda params, grid, u: _map(params, grid, u)[..., None] * grid,
    ),
    Mistake(
        "scores-as-shares",
        "You weigh the places with their scores. Weigh them with the shares p, after the softmax.",
        lambda params, grid, u: u + np.einsum("bn,bnd->bd", _scores(params, grid, u) / np.sqrt(params["W_I"].shape[1]), grid),
    ),
]


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("map", expected, got, "question", "place")


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for the map, half for the next u."""
    return judge_outputs(
        cases,
        answers,
        attention_hop,
        [
            Output(
                "p",
                1,
                0.5,
                "the shares of the N places for each question, shape (B, N)",
                MAP_MISTAKES,
                [no_shares("The shares of a question add up to 1 over the places")],
                "The map differs. Take one question by hand: its scores, divided by √k, then a softmax over places.",
                _picture,
            ),
            Output(
                "next_u",
                0,
                0.5,
                "a vector of length D for each question, shape (B, D)",
                NEXT_MISTAKES,
                remark="The next u is u plus the places, each weighed with its share: u + Σ p_n v_n.",
            ),
        ],
    )


EXERCISE = Exercise("01.4", "attention_hop", 4, stacked.dot_product_hop, cases, judge, compiled=True)
