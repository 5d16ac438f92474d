"""Soft attention over the places of a picture, for one word."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import masked_softmax, normal, parameters, softmax
from course_utils.exercises.core import Case, Exercise, Mistake, Picture, Verdict
from course_utils.exercises.judges import Output, judge_outputs
from course_utils.exercises.patterns import no_shares
from course_utils.models.captioning import attention

_SIZES = [(3, 5, 7, 4, 6), (5, 9, 3, 11, 2), (2, 7, 5, 3, 4), (1, 4, 11, 5, 7)]  # B, N, D_v, k, D


def cases(seed: int) -> list[Case]:
    """Batches of different sizes; in every one some places are missing."""
    rng = np.random.default_rng([seed, 201])
    drawn = []
    for b, n, d_v, k, d in _SIZES:
        params = parameters(rng, {"W_v": (d_v, k), "W_h": (d, k), "b": (k,), "w": (k,)}, spread=1.5, vectors=1.5)
        mask = rng.random((b, n)) < 0.7
        mask[np.arange(b), rng.integers(n, size=b)] = True
        mask[0, 1] = False
        mask[0, 0] = True
        args = (params, normal(rng, b, n, d_v), normal(rng, b, d), mask)
        drawn.append(Case(args, f"B = {b}, N = {n}, D_v = {d_v}, D = {d}, k = {k}, {int((~mask).sum())} places missing"))
    return drawn


def _scores(params, places, h):
    return np.tanh(places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None]) @ params["w"]


def _masked(scores, mask):
    return np.where(mask, scores, -1e30)


def _alpha(params, places, h, mask):
    return masked_softmax(_scores(params, places, h), mask)


def _context(alpha, places):
    return np.einsum("bn,bnd->bd", alpha, places)


def soft_attention(params, places, h, mask):
    """The context, float[B, D_v], and the shares, float[B, N]."""
    alpha = _alpha(params, places, h, mask)
    return _context(alpha, places), alpha


def _of_scores(fn):
    """A mistake after the scores: ``fn(scores, mask)``."""
    return lambda params, places, h, mask: fn(_scores(params, places, h), mask)


def _scored(fn):
    """A mistake in the scores: ``fn(params, places, h) → float[B, N]``."""
    return lambda params, places, h, mask: masked_softmax(fn(params, places, h), mask)


def _seen(params, places, h):
    return places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None]


def _multiplied(params, places, h):
    return np.tanh((places @ params["W_v"]) * (h @ params["W_h"] + params["b"])[:, None]) @ params["w"]


def _dot(params, places, h):
    return np.einsum("bnk,bk->bn", places @ params["W_v"], h @ params["W_h"])


ALPHA_MISTAKES = [
    Mistake(
        "no-mask",
        "Missing places get shares too. Make their scores very low before the softmax: `jnp.where(mask, scores, -1e9)`.",
        _of_scores(lambda s, m: softmax(s)),
    ),
    Mistake(
        "mask-after-softmax",
        "You take missing places out after the softmax, so the others no longer add up to 1. Mask the scores, before it.",
        _of_scores(lambda s, m: softmax(s) * m),
    ),
    Mistake(
        "scores-times-mask",
        "Missing places get the score 0, as `scores * mask` has it, and 0 is no low score. Put a very low number there: `jnp.where(mask, scores, -1e9)`.",
        _of_scores(lambda s, m: softmax(s * m)),
    ),
    Mistake(
        "scores-times-mask-then-mask",
        "You multiply the scores by the mask, and take the missing places out afterwards. Put a very low score there, before the softmax.",
        _of_scores(lambda s, m: softmax(s * m) * m),
    ),
    Mistake(
        "mask-turned",
        "The mask is turned round: True means that the place is there.",
        _of_scores(lambda s, m: softmax(np.where(m, -1e9, s))),
    ),
    Mistake(
        "softmax-over-batch",
        "The softmax runs over the pictures (axis 0), so that pictures compete for a place. It runs over the N places of each: the last axis.",
        _of_scores(lambda s, m: softmax(_masked(s, m), 0)),
    ),
    Mistake(
        "softmax-over-all",
        "The softmax runs over the whole table. Each picture has its own: axis −1, the places.",
        _of_scores(lambda s, m: softmax(_masked(s, m).reshape(1, -1)).reshape(s.shape)),
    ),
    Mistake(
        "no-softmax", "These are the scores. A softmax over the places makes them shares that add up to 1.", _of_scores(lambda s, m: s)
    ),
    Mistake(
        "no-softmax-masked",
        "These are the scores, the missing places at 0. A softmax over the places makes them shares.",
        _of_scores(lambda s, m: np.where(m, s, 0)),
    ),
    Mistake(
        "sigmoid",
        "Each place has a sigmoid of its own. A softmax lets them compete: shares add up to 1.",
        _of_scores(lambda s, m: m / (1 + np.exp(-s))),
    ),
    Mistake(
        "log-softmax",
        "This is the logarithm of the shares. Return the shares.",
        _of_scores(lambda s, m: np.log(softmax(_masked(s, m)) + 1e-30)),
    ),
    Mistake(
        "hard",
        "All attention is on the best place. A softmax shares it out, and its slopes can be learned from.",
        _of_scores(lambda s, m: (np.arange(s.shape[1]) == _masked(s, m).argmax(1)[:, None]) * 1.0),
    ),
    Mistake("softmin", "You look where the scores are lowest: the sign is turned round.", _of_scores(lambda s, m: masked_softmax(-s, m))),
    Mistake(
        "scores-over-their-sum",
        "You divide the scores by their sum. A softmax takes exp of them first, so that shares are never negative.",
        _of_scores(lambda s, m: s * m / (s * m).sum(1, keepdims=True)),
    ),
    Mistake(
        "uniform", "Every place gets the same. The shares have to follow the scores.", _of_scores(lambda s, m: m / m.sum(1, keepdims=True))
    ),
    Mistake(
        "no-tanh",
        "The tanh is missing: without it h adds the same to every place's score, and the softmax does not feel it.",
        _scored(lambda p, v, h: _seen(p, v, h) @ p["w"]),
    ),
    Mistake("relu", "You use relu in the place of tanh.", _scored(lambda p, v, h: np.maximum(_seen(p, v, h), 0) @ p["w"])),
    Mistake(
        "sigmoid-for-tanh", "You use a sigmoid in the place of tanh.", _scored(lambda p, v, h: 1 / (1 + np.exp(-_seen(p, v, h))) @ p["w"])
    ),
    Mistake(
        "no-w", 'You add up the k numbers. Weigh them with w: `… @ params["w"]`.', _scored(lambda p, v, h: np.tanh(_seen(p, v, h)).sum(-1))
    ),
    Mistake(
        "mean-for-w",
        'You average the k numbers. Weigh them with w: `… @ params["w"]`.',
        _scored(lambda p, v, h: np.tanh(_seen(p, v, h)).mean(-1)),
    ),
    Mistake("no-bias", "The bias b is missing, inside the tanh.", _scored(lambda p, v, h: np.tanh(_seen(p, v, h) - p["b"]) @ p["w"])),
    Mistake(
        "bias-twice",
        "The bias b comes in twice. Add it once, to both sides together.",
        _scored(lambda p, v, h: np.tanh(_seen(p, v, h) + p["b"]) @ p["w"]),
    ),
    Mistake(
        "no-state",
        "The state h is missing from the scores: the look would be the same for every word.",
        _scored(lambda p, v, h: np.tanh(v @ p["W_v"] + p["b"]) @ p["w"]),
    ),
    Mistake(
        "tanh-on-each",
        "You take the tanh before the two sides are added. Add first: then h can change which place wins.",
        _scored(lambda p, v, h: (np.tanh(v @ p["W_v"]) + np.tanh(h @ p["W_h"] + p["b"])[:, None]) @ p["w"]),
    ),
    Mistake(
        "tanh-of-score",
        "The tanh stands around the whole score. It stands around the k numbers, before w.",
        _scored(lambda p, v, h: np.tanh(_seen(p, v, h) @ p["w"])),
    ),
    Mistake(
        "tanh-twice",
        "There is a second tanh, around the whole score. One is enough: around the k numbers, before w.",
        _scored(lambda p, v, h: np.tanh(_scores(p, v, h))),
    ),
    Mistake("multiplied", "You multiply the two sides. Here they are added, then tanh.", _scored(_multiplied)),
    Mistake(
        "multiplied",
        "You multiply the two sides. Here they are added, then tanh.",
        _scored(lambda p, v, h: np.tanh((v @ p["W_v"]) * (h @ p["W_h"])[:, None] + p["b"]) @ p["w"]),
    ),
    Mistake(
        "dot-product",
        "This is a scalar product of keys and query. Here the scores are additive: w · tanh(W_v v + W_h h + b).",
        _scored(_dot),
    ),
    Mistake(
        "dot-product-scaled",
        "This is a scaled scalar product, as in a transformer. Here the scores are additive: w · tanh(W_v v + W_h h + b).",
        _scored(lambda p, v, h: _dot(p, v, h) / np.sqrt(len(p["w"]))),
    ),
    Mistake(
        "scaled",
        "You divide the scores by √k, as scalar products need it. Additive scores are left as they are.",
        _scored(lambda p, v, h: _scores(p, v, h) / np.sqrt(len(p["w"]))),
    ),
    Mistake(
        "first-state-for-all",
        "You compare every picture's places with the first state. Each has its own.",
        _scored(lambda p, v, h: _scores(p, v, np.broadcast_to(h[:1], h.shape))),
    ),
    Mistake(
        "first-mask-for-all",
        "You use the first picture's mask for all pictures. Each has its own.",
        lambda p, v, h, m: softmax(_masked(_scores(p, v, h), np.broadcast_to(m[:1], m.shape))),
    ),
    Mistake(
        "places-zeroed",
        "You set the missing places to 0. They still have scores, and get shares: put a very low score there instead.",
        lambda p, v, h, m: softmax(_scores(p, v * m[..., None], h)),
    ),
    Mistake(
        "transposed",
        "Your shares lie on their side: one row a picture, one column a place, shape (B, N).",
        lambda p, v, h, m: _alpha(p, v, h, m).T,
    ),
    Mistake(
        "axis-of-one",
        "Your shares have an axis of length 1 at their end: `[..., 0]` takes it off.",
        lambda p, v, h, m: _alpha(p, v, h, m)[..., None],
    ),
]


def _taking(fn):
    """A mistake in the sum: ``fn(alpha, places, mask)``."""
    return lambda params, places, h, mask: fn(_alpha(params, places, h, mask), places, mask)


CONTEXT_MISTAKES = [
    Mistake(
        "places-not-summed", "You weigh the places, and do not add them up: sum over axis 1.", _taking(lambda a, v, m: a[..., None] * v)
    ),
    Mistake(
        "mean-of-weighted",
        "You take the mean of α_n v_n. The shares add up to 1 already: take the sum.",
        _taking(lambda a, v, m: _context(a, v) / v.shape[1]),
    ),
    Mistake("plain-mean", "You take the plain mean of the places. Weigh each with its share.", _taking(lambda a, v, m: v.mean(1))),
    Mistake(
        "mean-of-present",
        "You take the plain mean of the places that are there. Weigh each with its share.",
        _taking(lambda a, v, m: _context(m / m.sum(1, keepdims=True), v)),
    ),
    Mistake("plain-sum", "You add up all places. Weigh each with its share.", _taking(lambda a, v, m: v.sum(1))),
    Mistake(
        "plain-sum", "You add up the places that are there. Weigh each with its share.", _taking(lambda a, v, m: (v * m[..., None]).sum(1))
    ),
    Mistake(
        "unmasked-shares",
        "The sum is made with shares without the mask. Make it with the shares that you return.",
        lambda p, v, h, m: _context(softmax(_scores(p, v, h)), v),
    ),
    Mistake(
        "best-place",
        "You take the best place only. Weigh each with its share: Σ α_n v_n.",
        _taking(lambda a, v, m: v[np.arange(len(v)), a.argmax(1)]),
    ),
    Mistake("weighted-twice", "The shares come in twice (α²).", _taking(lambda a, v, m: _context(a**2, v))),
    Mistake(
        "sum-of-keys",
        "You add up the k numbers W_v v_n. The places themselves are what is looked at: Σ α_n v_n.",
        lambda p, v, h, m: _context(_alpha(p, v, h, m), v @ p["W_v"]),
    ),
    Mistake(
        "state-added",
        "You add the state to what was seen. The context is Σ α_n v_n alone.",
        lambda p, v, h, m: _context(_alpha(p, v, h, m), v) + h if h.shape[1] == v.shape[2] else _context(_alpha(p, v, h, m), v) * np.nan,
    ),
    Mistake(
        "axis-of-one",
        "Your context has an axis of length 1 in the middle: `[:, 0]` takes it off.",
        _taking(lambda a, v, m: _context(a, v)[:, None]),
    ),
]


def _logarithms(case, expected, got):
    if got.max() < 1e-3 and np.abs(np.exp(got).sum(-1) - 1).max() < 1e-2:
        return "This is the logarithm of the shares. Return the shares.", "log-softmax"


def _share_of_nothing(case, expected, got):
    if np.abs(got[~case.args[3]]).max(initial=0) > 1e-5:
        return "A place that is not there gets a share. Where the mask is False, the share is 0.", "share-of-nothing"


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("map", expected, got, "picture", "place")


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for the shares, half for the context."""
    return judge_outputs(
        cases,
        answers,
        soft_attention,
        [
            Output(
                "alpha",
                1,
                0.5,
                "the shares of the N places for each picture, shape (B, N)",
                ALPHA_MISTAKES,
                [_logarithms, no_shares("The shares of a picture add up to 1 over its places"), _share_of_nothing],
                "The shares differ. Take one picture by hand: its scores, missing places very low, then a softmax.",
                _picture,
            ),
            Output(
                "context",
                0,
                0.5,
                "a vector of length D_v for each picture, shape (B, D_v)",
                CONTEXT_MISTAKES,
                remark="The context is the places, each weighed with its share: Σ α_n v_n.",
            ),
        ],
    )


EXERCISE = Exercise("02.1", "soft_attention", 4, attention.soft_attention, cases, judge, compiled=True)
