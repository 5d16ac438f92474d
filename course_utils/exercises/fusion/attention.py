"""One look at the picture."""

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
    for questions, places, d, k in [(3, 5, 7, 7), (5, 9, 3, 11), (1, 4, 11, 5)]:  # k = D first: keys in the place of places show there
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
_SOFTMAX, _OVER_K = "softmax(scores)", f"seen, softmax(keys * query[:, None]{_SCALE})"
_PLACES, _TANH = 'np.einsum("bnk,bk->bn", grid, u)', "np.tanh(keys + query[:, None]).sum(-1)"

MAP_MISTAKES = edits(
    attention_hop,
    (
        "softmax-over-batch",
        "The softmax runs over the questions, or the whole table. Each question shares itself out over its own N places: axis −1.",
        ("softmax(scores, 0)", "softmax(scores.reshape(1, -1)).reshape(scores.shape)"),
    ),
    (
        "softmax-over-k",
        "The softmax runs over the k numbers that are compared. Add them up first, to one score a place; then softmax over places.",
        "seen, p",
        (_OVER_K, f"{_OVER_K}.sum(-1)", f"{_OVER_K}.mean(-1)"),
    ),
    ("no-softmax", "These are the scores. A softmax over the places makes them shares that add up to 1.", ("scores", _SCORES)),
    (
        "half-a-softmax",
        "Half of the softmax is missing: take exp of each score, so that none is negative, and divide by the sum of these.",
        ("np.exp(scores)", "scores / scores.sum(1, keepdims=True)"),
    ),
    ("sigmoid", "Each place has a sigmoid of its own. A softmax lets them compete: the shares add up to 1.", "sigmoid(scores)"),
    (
        "hard",
        "All attention is on the best place. A softmax shares it out, and its slopes can be learned from.",
        "np.arange(scores.shape[1]) == scores.argmax(1)[:, None]",
    ),
    ("log-softmax", "These are logarithms (`log_softmax`). Return the shares.", "np.log(softmax(scores))"),
    ("softmin", "You look where the scores are lowest: the sign is turned round.", "softmax(-scores)"),
    ("no-scale", "1/√k is missing: the scores are too large, and the map is too sharp.", _SCALE, ""),
    (
        "not-root-of-k",
        "The scores are sums of k products, which spread like √k: divide by `k ** 0.5`, neither by k nor by a root of D or N.",
        _SCALE,
        (" / keys.shape[-1]", " * np.sqrt(keys.shape[-1])", " / np.sqrt(u.shape[-1])", " / u.shape[-1]", " / np.sqrt(keys.shape[1])"),
    ),
    (
        "scale-after-softmax",
        "You divide by √k after the softmax. Divide the scores, before it.",
        _SCALE,
        "",
        _SOFTMAX,
        f"{_SOFTMAX}{_SCALE}",
    ),
    (
        "one-matrix",
        "You use one matrix on both sides: W_I (image) belongs to the places, W_Q (question) to u.",
        'grid @ params["W_I"], u @ params["W_Q"]',
        ('grid @ params["W_I"], u @ params["W_I"]', 'grid @ params["W_Q"], u @ params["W_Q"]'),
    ),
    (
        "not-projected",
        "You compare the places with u themselves. Both go through their matrix first, W_I and W_Q.",
        _SCORES + _SCALE,
        (_PLACES + _SCALE, f"{_PLACES} / np.sqrt(u.shape[-1])", _PLACES),
    ),
    (
        "additive",
        "There is a tanh in your scores, as in the paper's. Here they are scalar products of keys and query, as they are.",
        _SCORES + _SCALE,
        (_TANH, _TANH + _SCALE, f'np.einsum("bnk,bk->bn", np.tanh(keys), np.tanh(query)){_SCALE}'),
    ),
    (
        "two-looks",
        "This is the map of a second look, after u has changed. One hop looks once.",
        "seen, p",
        f'seen, softmax(np.einsum("bnk,bk->bn", keys, (u + seen) @ params["W_Q"]){_SCALE})',
    ),
    (
        "all-questions-at-once",
        'You add up the scores over all questions of the batch. In einsum both operands need the same letter b: "bnk,bk->bn".',
        _SCORES,
        'np.einsum("bnk,ck->bn", keys, query)',
    ),
    (
        "cosines",
        "You divide the scores by both lengths. Divide by √k: how long a key is matters here.",
        _SCORES + _SCALE,
        'np.einsum("bnk,bk->bn", unit(keys), unit(query))',
    ),
    at=_SOFTMAX,
)
NEXT_MISTAKES = edits(
    attention_hop,
    ("no-residual", "You return what was seen without u: the question is forgotten. Add u.", "seen"),
    (
        "u-more-than-once",
        "u is added more than once, perhaps inside the sum over the places. Add it once: u + Σ p_n v_n.",
        ("grid.shape[1] * u + seen", "2 * u + seen"),
    ),
    (
        "not-added",
        "Add what was seen to u, and do no more: u + Σ p_n v_n, of length D.",
        ("u - seen", "u * seen", "(u + seen) / 2", "np.tanh(u + seen)", "np.concatenate([u, seen], -1)"),
    ),
    (
        "sum-of-keys",
        "You add up the keys W_I v_n, of length k. Add up the places themselves, as they came: Σ p_n v_n, of length D.",
        "p, grid)",
        "p, keys)",
        "u + seen",
        ("u + seen", "seen", "query + seen", "u + keys.mean(1)", "u + keys.sum(1)"),
    ),
    ("not-weighted", "All places count alike. Weigh each with its share: Σ p_n v_n.", _SEEN, ("grid.mean(1)", "grid.sum(1)")),
    ("best-place", "You add the best place only. Weigh each with its share: Σ p_n v_n.", "p, grid)", "p == p.max(1, keepdims=True), grid)"),
    (
        "mean-of-weighted",
        "You take the mean, or the largest, of p_n v_n over the places. The shares add up to 1 already: take the sum.",
        _SEEN,
        ("(p[..., None] * grid).mean(1)", "(p[..., None] * grid).max(1)"),
    ),
    (
        "places-not-summed",
        "You do not add up the weighted places. Sum over axis 1, to one vector a question, then add u.",
        ("p[..., None] * grid", "u[:, None] + p[..., None] * grid"),
    ),
    ("scores-as-shares", "You weigh the places with their scores. Weigh them with the shares p.", "p, grid)", "scores, grid)"),
    at="u + seen",
)


OUTPUTS = [
    Output(
        "p",
        1,
        0.5,
        "the shares of the N places for each question, shape (B, N)",
        of_output(1, MAP_MISTAKES),
        [no_shares("The shares of a question add up to 1 over the places")],
        "The map differs. Take one question by hand: its scores, divided by √k, then a softmax over places.",
        lambda expected, got: Picture("map", expected, got, "question", "place"),
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
