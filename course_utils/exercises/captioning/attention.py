"""Soft attention over the places of a picture, for one word."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import masked_softmax, normal, parameters
from course_utils.exercises.core import Case, Exercise, Picture, Verdict
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output
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


def soft_attention(params, places, h, mask):
    """The context, float[B, D_v], and the shares, float[B, N]."""
    inside = places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None]
    scores = np.tanh(inside) @ params["w"]
    alpha = masked_softmax(scores, mask)
    context = np.einsum("bn,bnd->bd", alpha, places)
    return context, alpha


_SCORES, _CONTEXT = 'np.tanh(inside) @ params["w"]', 'np.einsum("bn,bnd->bd", alpha, places)'
_SHARES = "masked_softmax(scores, mask)"

ALPHA_MISTAKES = edits(
    soft_attention,
    (
        "no-mask",
        "Missing places get shares too. Make their scores very low before the softmax: `jnp.where(mask, scores, -1e9)`.",
        *(_SHARES, "softmax(scores)"),
    ),
    (
        "mask-after-softmax",
        "You take missing places out after the softmax, so the others no longer add up to 1. Mask the scores, before it.",
        *(_SHARES, "softmax(scores) * mask"),
    ),
    (
        "scores-times-mask",
        "Missing places get the score 0, as `scores * mask` has it, and 0 is no low score. Put a very low number there: `jnp.where(mask, scores, -1e9)`.",
        *(_SHARES, "softmax(scores * mask)"),
    ),
    (
        "scores-times-mask-then-mask",
        "You multiply the scores by the mask, and take the missing places out afterwards. Put a very low score there, before the softmax.",
        *(_SHARES, "softmax(scores * mask) * mask"),
    ),
    ("mask-turned", "The mask is turned round: True means that the place is there.", _SHARES, "softmax(np.where(mask, -1e9, scores))"),
    (
        "softmax-over-batch",
        "The softmax runs over the pictures (axis 0), so that pictures compete for a place. It runs over the N places of each: the last axis.",
        *(_SHARES, "softmax(np.where(mask, scores, -1e30), 0)"),
    ),
    (
        "softmax-over-all",
        "The softmax runs over the whole table. Each picture has its own: axis −1, the places.",
        *(_SHARES, "softmax(np.where(mask, scores, -1e30).reshape(1, -1)).reshape(scores.shape)"),
    ),
    ("no-softmax", "These are the scores. A softmax over the places makes them shares that add up to 1.", _SHARES, "scores"),
    (
        "no-softmax-masked",
        "These are the scores, the missing places at 0. A softmax over the places makes them shares.",
        *(_SHARES, "np.where(mask, scores, 0)"),
    ),
    ("sigmoid", "Each place has a sigmoid of its own. A softmax lets them compete: shares add up to 1.", _SHARES, "mask * sigmoid(scores)"),
    ("log-softmax", "This is the logarithm of the shares. Return the shares.", _SHARES, "np.log(masked_softmax(scores, mask) + 1e-30)"),
    (
        "hard",
        "All attention is on the best place. A softmax shares it out, and its slopes can be learned from.",
        *(_SHARES, "np.arange(scores.shape[1]) == np.where(mask, scores, -1e30).argmax(1)[:, None]"),
    ),
    ("softmin", "You look where the scores are lowest: the sign is turned round.", _SHARES, "masked_softmax(-scores, mask)"),
    (
        "scores-over-their-sum",
        "You divide the scores by their sum. A softmax takes exp of them first, so that shares are never negative.",
        *(_SHARES, "scores * mask / (scores * mask).sum(1, keepdims=True)"),
    ),
    ("uniform", "Every place gets the same. The shares have to follow the scores.", _SHARES, "mask / mask.sum(1, keepdims=True)"),
    (
        "no-tanh",
        "The tanh is missing: without it h adds the same to every place's score, and the softmax does not feel it.",
        *("np.tanh(inside)", "inside"),
    ),
    ("relu", "You use relu in the place of tanh.", "np.tanh(inside)", "np.maximum(inside, 0)"),
    ("sigmoid-for-tanh", "You use a sigmoid in the place of tanh.", "np.tanh(inside)", "sigmoid(inside)"),
    ("no-w", 'You add up the k numbers. Weigh them with w: `… @ params["w"]`.', ' @ params["w"]', ".sum(-1)"),
    ("mean-for-w", 'You average the k numbers. Weigh them with w: `… @ params["w"]`.', ' @ params["w"]', ".mean(-1)"),
    ("no-bias", "The bias b is missing, inside the tanh.", ' + params["b"]', ""),
    ("bias-twice", "The bias b comes in twice. Add it once, to both sides together.", ' + params["b"]', ' + 2 * params["b"]'),
    (
        "no-state",
        "The state h is missing from the scores: the look would be the same for every word.",
        *('(h @ params["W_h"] + params["b"])[:, None]', 'params["b"]'),
    ),
    (
        "tanh-on-each",
        "You take the tanh before the two sides are added. Add first: then h can change which place wins.",
        *('places @ params["W_v"] + (', 'np.tanh(places @ params["W_v"]) + np.tanh(', "np.tanh(inside)", "inside"),
    ),
    (
        "tanh-of-score",
        "The tanh stands around the whole score. It stands around the k numbers, before w.",
        *(_SCORES, 'np.tanh(inside @ params["w"])'),
    ),
    (
        "tanh-twice",
        "There is a second tanh, around the whole score. One is enough: around the k numbers, before w.",
        *(_SCORES, 'np.tanh(np.tanh(inside) @ params["w"])'),
    ),
    ("multiplied", "You multiply the two sides. Here they are added, then tanh.", " + (h", " * (h"),
    (
        "multiplied",
        "You multiply the two sides. Here they are added, then tanh.",
        *('+ (h @ params["W_h"] + params["b"])[:, None]', '* (h @ params["W_h"])[:, None] + params["b"]'),
    ),
    (
        "dot-product",
        "This is a scalar product of keys and query. Here the scores are additive: w · tanh(W_v v + W_h h + b).",
        *(_SCORES, 'np.einsum("bnk,bk->bn", places @ params["W_v"], h @ params["W_h"])'),
    ),
    (
        "dot-product-scaled",
        "This is a scaled scalar product, as in a transformer. Here the scores are additive: w · tanh(W_v v + W_h h + b).",
        *(_SCORES, 'np.einsum("bnk,bk->bn", places @ params["W_v"], h @ params["W_h"]) / len(params["w"]) ** 0.5'),
    ),
    (
        "scaled",
        "You divide the scores by √k, as scalar products need it. Additive scores are left as they are.",
        *(' @ params["w"]', ' @ params["w"] / len(params["w"]) ** 0.5'),
    ),
    (
        "first-state-for-all",
        "You compare every picture's places with the first state. Each has its own.",
        *("(h @", "(np.broadcast_to(h[:1], h.shape) @"),
    ),
    (
        "first-mask-for-all",
        "You use the first picture's mask for all pictures. Each has its own.",
        *("scores, mask)", "scores, np.broadcast_to(mask[:1], mask.shape))"),
    ),
    (
        "places-zeroed",
        "You set the missing places to 0. They still have scores, and get shares: put a very low score there instead.",
        *("places @", "(places * mask[..., None]) @", _SHARES, "softmax(scores)"),
    ),
    (
        "transposed",
        "Your shares lie on their side: one row a picture, one column a place, shape (B, N).",
        *("context, alpha", "context, alpha.T"),
    ),
    (
        "axis-of-one",
        "Your shares have an axis of length 1 at their end: `[..., 0]` takes it off.",
        *("context, alpha", "context, alpha[..., None]"),
    ),
)
CONTEXT_MISTAKES = edits(
    soft_attention,
    ("places-not-summed", "You weigh the places, and do not add them up: sum over axis 1.", _CONTEXT, "alpha[..., None] * places"),
    (
        "mean-of-weighted",
        "You take the mean of α_n v_n. The shares add up to 1 already: take the sum.",
        *("alpha, places)", "alpha / places.shape[1], places)"),
    ),
    ("plain-mean", "You take the plain mean of the places. Weigh each with its share.", _CONTEXT, "places.mean(1)"),
    (
        "mean-of-present",
        "You take the plain mean of the places that are there. Weigh each with its share.",
        *("alpha, places)", "mask / mask.sum(1, keepdims=True), places)"),
    ),
    ("plain-sum", "You add up all places. Weigh each with its share.", _CONTEXT, "places.sum(1)"),
    ("plain-sum", "You add up the places that are there. Weigh each with its share.", _CONTEXT, "(places * mask[..., None]).sum(1)"),
    (
        "unmasked-shares",
        "The sum is made with shares without the mask. Make it with the shares that you return.",
        *("alpha, places)", "softmax(scores), places)"),
    ),
    (
        "best-place",
        "You take the best place only. Weigh each with its share: Σ α_n v_n.",
        *(_CONTEXT, "places[np.arange(len(places)), alpha.argmax(1)]"),
    ),
    ("weighted-twice", "The shares come in twice (α²).", "alpha, places)", "alpha**2, places)"),
    (
        "sum-of-keys",
        "You add up the k numbers W_v v_n. The places themselves are what is looked at: Σ α_n v_n.",
        *("alpha, places)", 'alpha, places @ params["W_v"])'),
    ),
    (
        "state-added",
        "You add the state to what was seen. The context is Σ α_n v_n alone.",
        *("return context", "return context + (h if h.shape == context.shape else np.nan)"),
    ),
    (
        "axis-of-one",
        "Your context has an axis of length 1 in the middle: `[:, 0]` takes it off.",
        *("return context", "return context[:, None]"),
    ),
)


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
                of_output(1, ALPHA_MISTAKES),
                [_logarithms, no_shares("The shares of a picture add up to 1 over its places"), _share_of_nothing],
                "The shares differ. Take one picture by hand: its scores, missing places very low, then a softmax.",
                _picture,
            ),
            Output(
                "context",
                0,
                0.5,
                "a vector of length D_v for each picture, shape (B, D_v)",
                of_output(0, CONTEXT_MISTAKES),
                remark="The context is the places, each weighed with its share: Σ α_n v_n.",
            ),
        ],
    )


EXERCISE = Exercise("02.1", "soft_attention", 4, attention.soft_attention, cases, judge, compiled=True)
