"""One look at the picture."""

from __future__ import annotations

import functools

import numpy as np

from course_utils.exercises.arrays import normal, softmax
from course_utils.exercises.core import Case, Exercise, Picture
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output
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


def attention_hop(params, grid, u):
    """The next u, float[B, D], and where it looked, float[B, N]."""
    keys, query = grid @ params["W_I"], u @ params["W_Q"]
    scores = np.einsum("bnk,bk->bn", keys, query) / np.sqrt(keys.shape[-1])
    p = softmax(scores)
    seen = np.einsum("bn,bnd->bd", p, grid)
    return u + seen, p


_SCALE, _SCORES, _SEEN = " / np.sqrt(keys.shape[-1])", 'np.einsum("bnk,bk->bn", keys, query)', 'np.einsum("bn,bnd->bd", p, grid)'

MAP_MISTAKES = edits(
    attention_hop,
    (
        "softmax-over-batch",
        "The softmax runs over the questions (axis 0), so that questions compete for a place. Each question shares itself out over the N places: the last axis.",
        "softmax(scores)",
        "softmax(scores, 0)",
    ),
    (
        "softmax-over-all",
        "The softmax runs over the whole table. Each question has its own: axis −1, the places.",
        "softmax(scores)",
        "softmax(scores.reshape(1, -1)).reshape(scores.shape)",
    ),
    (
        "softmax-over-k",
        "The softmax runs over the k numbers that are compared. Add them up first, to one score a place; then softmax over places.",
        "seen, p",
        "seen, softmax(keys * query[:, None] / np.sqrt(keys.shape[-1]))",
    ),
    (
        "softmax-over-k-summed",
        "The softmax runs over the k numbers that are compared: every place gets 1. Run it over the N places.",
        "seen, p",
        "seen, softmax(keys * query[:, None] / np.sqrt(keys.shape[-1])).sum(-1)",
    ),
    (
        "softmax-over-k-averaged",
        "The softmax runs over the k numbers that are compared: every place gets the same. Run it over the N places.",
        "seen, p",
        "seen, softmax(keys * query[:, None] / np.sqrt(keys.shape[-1])).mean(-1)",
    ),
    ("no-softmax", "These are the scores. A softmax over the places makes them shares that add up to 1.", "softmax(scores)", "scores"),
    (
        "no-softmax-no-scale",
        "These are the scores before 1/√k. A softmax over the places makes them shares that add up to 1.",
        "softmax(scores)",
        "scores",
        _SCALE,
        "",
    ),
    (
        "not-divided",
        "You take exp and do not divide by its sum: the shares of a question add up to 1.",
        "softmax(scores)",
        "np.exp(scores)",
    ),
    (
        "divided-by-sum-of-scores",
        "You divide the scores by their sum. A softmax takes exp of each first, so that none is negative.",
        "softmax(scores)",
        "scores / scores.sum(1, keepdims=True)",
    ),
    (
        "sigmoid",
        "Each place has a sigmoid of its own. A softmax lets them compete: the shares add up to 1.",
        "softmax(scores)",
        "sigmoid(scores)",
    ),
    (
        "log-softmax",
        "This is the logarithm of the shares (`log_softmax`). Return the shares.",
        "softmax(scores)",
        "np.log(softmax(scores))",
    ),
    (
        "hard",
        "All attention is on the best place. A softmax shares it out, and its slopes can be learned from.",
        "softmax(scores)",
        "np.arange(scores.shape[1]) == scores.argmax(1)[:, None]",
    ),
    ("softmax-twice", "There is a second softmax: it makes the map almost flat.", "softmax(scores)", "softmax(softmax(scores))"),
    ("softmin", "You look where the scores are lowest: the sign is turned round.", "softmax(scores)", "softmax(-scores)"),
    ("no-scale", "1/√k is missing: the scores are too large, and the map is too sharp.", _SCALE, ""),
    ("divided-by-k", "You divide by k. A sum of k products spreads like √k: divide by `k ** 0.5`.", _SCALE, " / keys.shape[-1]"),
    ("multiplied-by-root", "You multiply by √k. Divide by it.", _SCALE, " * np.sqrt(keys.shape[-1])"),
    ("root-of-d", "You divide by √D. The scores are sums over k numbers: divide by √k.", _SCALE, " / np.sqrt(u.shape[-1])"),
    ("divided-by-d", "You divide by D. The scores are sums over k numbers, which spread like √k.", _SCALE, " / u.shape[-1]"),
    ("root-of-n", "You divide by √N. The scores are sums over k numbers: divide by √k.", _SCALE, " / np.sqrt(keys.shape[1])"),
    (
        "scale-after-softmax",
        "You divide by √k after the softmax. Divide the scores, before it.",
        _SCALE,
        "",
        "softmax(scores)",
        "softmax(scores) / np.sqrt(keys.shape[-1])",
    ),
    (
        "matrices-exchanged",
        "W_I and W_Q have changed places: W_I (image) belongs to the places, W_Q (question) to u.",
        "W_I",
        "§",
        "W_Q",
        "W_I",
        "§",
        "W_Q",
    ),
    ("one-matrix", "You use W_I on both sides. The question has its own, W_Q.", "W_Q", "W_I"),
    ("other-matrix", "You use W_Q on both sides. The picture has its own, W_I.", "W_I", "W_Q"),
    (
        "not-projected",
        "You compare the places with u themselves. Both go through their matrix first, W_I and W_Q.",
        "keys, query)",
        "grid, u)",
    ),
    (
        "not-projected-root-of-d",
        "You compare the places with u themselves. Both go through their matrix first, W_I and W_Q.",
        "keys, query)",
        "grid, u)",
        _SCALE,
        " / np.sqrt(u.shape[-1])",
    ),
    (
        "not-projected-no-scale",
        "You compare the places with u themselves. Both go through their matrix first, W_I and W_Q.",
        "keys, query)",
        "grid, u)",
        _SCALE,
        "",
    ),
    (
        "additive",
        "These scores are sums, tanh(W_I v + W_Q u), as in the paper. Here they are scalar products.",
        _SCORES,
        "np.tanh(keys + query[:, None]).sum(-1)",
        _SCALE,
        "",
    ),
    (
        "additive-scaled",
        "These scores are sums, tanh(W_I v + W_Q u), as in the paper. Here they are scalar products.",
        _SCORES,
        "np.tanh(keys + query[:, None]).sum(-1)",
    ),
    (
        "tanh-on-both",
        "You squash keys and query with tanh, as MLB does. Here their scalar product is taken as it is.",
        "keys, query)",
        "np.tanh(keys), np.tanh(query))",
    ),
    (
        "two-looks",
        "This is the map of a second look, after u has changed. One hop looks once.",
        "seen, p",
        'seen, softmax(np.einsum("bnk,bk->bn", keys, (u + seen) @ params["W_Q"]) / np.sqrt(keys.shape[-1]))',
    ),
    (
        "all-questions-at-once",
        'You add up the scores over all questions of the batch. In einsum both operands need the same letter b: "bnk,bk->bn".',
        "u @",
        "np.broadcast_to(u.sum(0), u.shape) @",
    ),
    (
        "cosines",
        "You divide the scores by both lengths. Divide by √k: how long a key is matters here.",
        _SCALE,
        " / np.linalg.norm(keys, axis=-1) / np.linalg.norm(query, axis=-1)[:, None]",
    ),
    (
        "flat",
        "Every place gets the same. The map has to follow the scores.",
        "softmax(scores)",
        "np.full(scores.shape, 1 / scores.shape[1])",
    ),
    (
        "first-question-for-all",
        "You compare every picture with the first question. Each has its own.",
        "u @",
        "np.broadcast_to(u[:1], u.shape) @",
    ),
    ("transposed", "Your map lies on its side: one row a question, one column a place, shape (B, N).", "seen, p", "seen, p.T"),
    (
        "axis-of-one",
        "Your map has an axis of length 1 at its end: `[..., 0]` or `squeeze(-1)` takes it off.",
        "seen, p",
        "seen, p[..., None]",
    ),
    (
        "axis-of-one-inside",
        "Your map has an axis of length 1 in the middle: `[:, 0]` or `squeeze(1)` takes it off.",
        "seen, p",
        "seen, p[:, None]",
    ),
)
NEXT_MISTAKES = edits(
    attention_hop,
    ("no-residual", "You return what was seen without u: the question is forgotten. Add u.", "u + seen", "seen"),
    ("residual-twice", "u is added twice.", "u + seen", "2 * u + seen"),
    (
        "residual-for-every-place",
        "You add u inside the sum, once for each of the N places. Add it once: u + Σ p_n v_n.",
        "u + seen",
        "grid.shape[1] * u + seen",
    ),
    (
        "axis-of-one",
        "Your next u has an axis of length 1 in the middle: `[:, 0]` or `squeeze(1)` takes it off.",
        "u + seen",
        "(u + seen)[:, None]",
    ),
    ("unchanged", "u comes back as it went in: add Σ p_n v_n.", "u + seen", "u"),
    ("subtracted", "You subtract what was seen. Add it.", "u + seen", "u - seen"),
    ("averaged", "You average u and what was seen. Add them.", "u + seen", "(u + seen) / 2"),
    ("multiplied", "You multiply u and what was seen. Add them.", "u + seen", "u * seen"),
    ("concatenated", "You put what was seen behind u. Add them: u keeps its length D.", "u + seen", "np.concatenate([u, seen], -1)"),
    ("tanh", "There is a tanh around the sum. Add, and no more.", "u + seen", "np.tanh(u + seen)"),
    (
        "sum-of-keys",
        "You add up the keys W_I v_n, of length k. The places themselves are what is looked at: Σ p_n v_n, of length D.",
        "p, grid)",
        "p, keys)",
        "u + seen",
        "seen",
    ),
    (
        "sum-of-keys-and-query",
        "You add up keys and query, of length k. u + Σ p_n v_n uses u and the places as they came, of length D.",
        "p, grid)",
        "p, keys)",
        "u + seen",
        "query + seen",
    ),
    ("all-places-alike", "You take the mean of the places. Weigh each with its share p.", _SEEN, "grid.mean(1)"),
    ("plain-sum", "You add up all places. Weigh each with its share p.", _SEEN, "grid.sum(1)"),
    (
        "best-place",
        "You add the best place only. Weigh each with its share p: Σ p_n v_n.",
        "p, grid)",
        "p == p.max(1, keepdims=True), grid)",
    ),
    (
        "mean-of-weighted",
        "You take the mean over the places of p_n v_n. The shares add up to 1 already: take the sum.",
        "p, grid)",
        "p / p.shape[1], grid)",
    ),
    ("weighted-twice", "The shares come in twice (p²).", "p, grid)", "p**2, grid)"),
    ("largest-weighted", "You take the largest p_n v_n. Add them up.", _SEEN, "(p[..., None] * grid).max(1)"),
    (
        "added-to-every-place",
        "You add u to every place. Add up the places first (axis 1): one vector a question.",
        "u + seen",
        "u[:, None] + p[..., None] * grid",
    ),
    ("places-not-summed", "You weigh the places, and do not add them up: sum over axis 1.", "u + seen", "p[..., None] * grid"),
    (
        "scores-as-shares",
        "You weigh the places with their scores. Weigh them with the shares p, after the softmax.",
        "p, grid)",
        "scores, grid)",
    ),
)


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("map", expected, got, "question", "place")


OUTPUTS = [
    Output(
        "p",
        1,
        0.5,
        "the shares of the N places for each question, shape (B, N)",
        of_output(1, MAP_MISTAKES),
        [no_shares("The shares of a question add up to 1 over the places")],
        "The map differs. Take one question by hand: its scores, divided by √k, then a softmax over places.",
        _picture,
    ),
    Output(
        "next_u",
        0,
        0.5,
        "a vector of length D for each question, shape (B, D)",
        of_output(0, NEXT_MISTAKES),
        remark="The next u is u plus the places, each weighed with its share: u + Σ p_n v_n.",
    ),
]

EXERCISE = Exercise(
    "01.4",
    "attention_hop",
    4,
    stacked.dot_product_hop,
    cases,
    functools.partial(judge_outputs, reference=attention_hop, outputs=OUTPUTS),
    compiled=True,
)
