"""Soft attention over the places of a picture, for one word."""

import functools

import numpy as np

from course_utils.exercises.arrays import masked_softmax, normal, parameters
from course_utils.exercises.core import Case, Exercise, Picture
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.exercises.patterns import no_shares
from course_utils.models.captioning import attention

_SIZES = [(3, 5, 7, 4, 6), (5, 9, 3, 11, 2), (1, 4, 11, 5, 7)]  # B, N, D_v, k, D


def cases(seed: int) -> list[Case]:
    """Batches of different sizes; in every one some places are missing."""
    rng = np.random.default_rng([seed, 201])
    drawn = []
    for b, n, d_v, k, d in _SIZES:
        params = parameters(rng, {"W_v": (d_v, k), "W_h": (d, k), "b": (k,), "w": (k,)}, spread=1.5, vectors=1.5)
        mask = rng.random((b, n)) < 0.7
        mask[np.arange(b), rng.integers(n, size=b)] = True
        mask[0, :2] = True, False
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


_INSIDE, _CONTEXT, _SHARES = "np.tanh(inside)", 'np.einsum("bn,bnd->bd", alpha, places)', "masked_softmax(scores, mask)"
_W, _SCORES, _STATE = ' @ params["w"]', 'np.tanh(inside) @ params["w"]', '(h @ params["W_h"] + params["b"])[:, None]'
_DOT = 'np.einsum("bnk,bk->bn", places @ params["W_v"], h @ params["W_h"])'

ALPHA_MISTAKES = edits(
    soft_attention,
    (
        "no-mask",
        "Missing places get shares too. Make their scores very low before the softmax: `jnp.where(mask, scores, -1e9)`.",
        "softmax(scores)",
    ),
    ("mask-after-softmax", "You mask after the softmax: shares no longer add up to 1. Mask the scores.", "softmax(scores) * mask"),
    (
        "scores-times-mask",
        "Missing places get a score of 0 (`scores * mask`, or −1e-9 for −1e9), and 0 is no low score. Put one there: `jnp.where(mask, scores, -1e9)`.",
        ("softmax(scores * mask)", "softmax(scores * mask) * mask"),
    ),
    ("mask-turned", "The mask is turned round: True means that the place is there.", "softmax(np.where(mask, -1e9, scores))"),
    (
        "softmax-over-batch",
        "The softmax runs over the pictures (axis 0), so that they compete. It runs over the N places of each: the last axis.",
        "softmax(np.where(mask, scores, -1e30), 0)",
    ),
    (
        "softmax-over-all",
        "The softmax runs over the whole table. Each picture has its own: axis −1, the places.",
        "softmax(np.where(mask, scores, -1e30).reshape(1, -1)).reshape(scores.shape)",
    ),
    ("no-softmax", "These are scores. A softmax over the places makes them shares.", ("scores", "np.where(mask, scores, 0)")),
    ("sigmoid", "Each place has a sigmoid of its own. A softmax lets them compete: shares add up to 1.", "mask * sigmoid(scores)"),
    (
        "hard",
        "All attention is on the best place. A softmax shares it out, and its slopes can be learned from.",
        "np.arange(scores.shape[1]) == np.where(mask, scores, -1e30).argmax(1)[:, None]",
    ),
    ("softmin", "You look where the scores are lowest: the sign is turned round.", "masked_softmax(-scores, mask)"),
    (
        "scores-over-their-sum",
        "You divide the scores by their sum. A softmax takes exp of them first, so that shares are never negative.",
        "scores * mask / (scores * mask).sum(1, keepdims=True)",
    ),
    ("uniform", "Every place gets the same. The shares have to follow the scores.", "mask / mask.sum(1, keepdims=True)"),
    ("no-tanh", "The tanh is missing: h then adds the same to every place's score, and the softmax does not feel it.", _INSIDE, "inside"),
    ("not-tanh", "You use a relu or a sigmoid in the place of tanh.", _INSIDE, ("np.maximum(inside, 0)", "sigmoid(inside)")),
    ("bias-twice", "The bias b comes in twice. Add it once, to both sides together.", ' + params["b"]', ' + 2 * params["b"]'),
    ("no-state", "The state h is missing from the scores: the look would be the same for every word.", _STATE, 'params["b"]'),
    (
        "tanh-on-each",
        "You take the tanh before the two sides are added. Add first: then h can change which place wins.",
        *('places @ params["W_v"] + (', 'np.tanh(places @ params["W_v"]) + np.tanh(', _INSIDE, "inside"),
    ),
    (
        "tanh-of-score",
        "A tanh stands around the whole score. One is enough: around the k numbers, before w.",
        *(_SCORES, ('np.tanh(inside @ params["w"])', f"np.tanh({_SCORES})")),
    ),
    (
        "multiplied",
        "You multiply the two sides. Here they are added, then tanh.",
        *(f"+ {_STATE}", (f"* {_STATE}", '* (h @ params["W_h"])[:, None] + params["b"]')),
    ),
    (
        "dot-product",
        "This is a scalar product of keys and query. Here the scores are additive: w · tanh(W_v v + W_h h + b).",
        *(_SCORES, (_DOT, f'{_DOT} / len(params["w"]) ** 0.5')),
    ),
    ("scaled", "You divide the scores by √k, as scalar products need it. Additive scores do not.", _W, f'{_W} / len(params["w"]) ** 0.5'),
    (
        "places-zeroed",
        "You set the missing places to 0. They still have scores, and get shares: put a very low score there instead.",
        *("places @", "(places * mask[..., None]) @", _SHARES, "softmax(scores)"),
    ),
    at=_SHARES,
)
CONTEXT_MISTAKES = edits(
    soft_attention,
    ("places-not-summed", "You weigh the places, and do not add them up: sum over axis 1.", "alpha[..., None] * places"),
    ("mean-of-weighted", "You take the mean of α_n v_n. Shares add up to 1 already: take the sum.", "places)", "places) / alpha.shape[1]"),
    (
        "not-weighed",
        "You take the plain sum or mean of the places. Weigh each with its share.",
        ("places.sum(1)", "places.mean(1)", "places.sum(1, where=mask[..., None])", "places.mean(1, where=mask[..., None])"),
    ),
    ("unmasked-shares", "The sum is made with shares without the mask. Take those that you return.", "alpha, p", "softmax(scores), p"),
    ("best-place", "You take the best place only. Weigh each: Σ α_n v_n.", "places[np.arange(len(places)), alpha.argmax(1)]"),
    ("sum-of-keys", "You add up the keys W_v v_n. Add up the places: Σ α_n v_n.", "alpha, places", 'alpha, places @ params["W_v"]'),
    at=_CONTEXT,
)


def _logarithms(case, expected, got):
    if got.max() < 1e-3 and np.abs(np.exp(got).sum(-1) - 1).max() < 1e-2:
        return "This is the logarithm of the shares. Return the shares.", "log-softmax"


def _share_of_nothing(case, expected, got):
    if np.abs(got[~case.args[3]]).max(initial=0) > 1e-5:
        return "A place that is not there gets a share. Where the mask is False, the share is 0.", "share-of-nothing"


def _picture(expected, got):
    return Picture("map", expected, got, "picture", "place")


judge = functools.partial(
    judge_outputs,
    reference=soft_attention,
    outputs=[
        Output(
            *("alpha", 1, 0.5, "the shares of the N places for each picture, shape (B, N)", of_output(1, ALPHA_MISTAKES)),
            [_logarithms, no_shares("The shares of a picture add up to 1 over its places"), _share_of_nothing],
            "The shares differ. Take one picture by hand: its scores, missing places very low, then a softmax.",
            _picture,
        ),
        Output(
            *("context", 0, 0.5, "a vector of length D_v for each picture, shape (B, D_v)", of_output(0, CONTEXT_MISTAKES)),
            remark="The context is the places, each weighed with its share: Σ α_n v_n.",
        ),
    ],
)

EXERCISE = Exercise("02.1", "soft_attention", 4, attention.soft_attention, cases, judge, compiled=True)
