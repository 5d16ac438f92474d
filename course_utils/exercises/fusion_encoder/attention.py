"""Cross-attention with heads and a mask."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import masked_softmax, normal, softmax
from course_utils.exercises.core import Case, Exercise, Mistake, Picture, Verdict
from course_utils.exercises.fusion_encoder import multi_head
from course_utils.exercises.fusion_encoder.multi_head import weights_of
from course_utils.exercises.judges import Output, judge_outputs
from course_utils.exercises.patterns import no_shares
from course_utils.models.fusion_encoder import attention


def cases(seed: int) -> list[Case]:
    """Masks without empty rows first, with a place that nobody may see; then (part "empty") rows that may look at nothing."""
    rng = np.random.default_rng([seed, 401])
    found = []
    for rows, words, places, d, d_context, heads in [(2, 3, 5, 6, 7, 3), (3, 5, 4, 6, 5, 2), (2, 7, 3, 10, 4, 5)]:
        params = multi_head.attention_parameters(rng, d, d_context, heads)
        mask = rng.random((rows, words, places)) < 0.6
        mask[np.arange(rows)[:, None], np.arange(words), rng.integers(places - 1, size=(rows, words))] = True
        mask[0, 0] = np.arange(places) != places // 2
        mask[1, :, -1] = False  # as padding is
        args = (params, normal(rng, rows, words, d), normal(rng, rows, places, d_context), mask, heads)
        found.append(Case(args, f"B = {rows}, T = {words}, N = {places}, D = {d}, D_context = {d_context}, heads = {heads}"))
    params, x, context, mask, heads = found[0].args
    empty = mask.copy()
    empty[0, 1] = empty[1] = False
    says = "some rows of the mask hold no True"
    return [*found, Case((params, x, context, empty, heads), says, part="empty")]


def _of_weights(fn):
    """A mistake in what makes weights of scores: ``fn(scores, mask)``, float and bool [B, H, T, N]."""
    return lambda *args: weights_of(*args, weigh=fn)


def _of_scale(fn):
    """A mistake in the scale: ``fn(scores, D, H)``."""
    return lambda *args: weights_of(*args, scale=fn)


def _then(fn):
    """A mistake in what is done with the right weights."""
    return lambda *args: fn(weights_of(*args))


def _interleaved(x, heads):
    b, t, d = x.shape
    return x.reshape(b, t, d // heads, heads).transpose(0, 3, 1, 2)


def _reshaped(x, heads):
    b, t, d = x.shape
    return x.reshape(b, heads, t, d // heads)


def _with_fill(value):
    return lambda s, m: softmax(np.where(m, s, value))


def _added(dtype):
    """What is hidden is lifted by a billion, beside which float32 does not see the scores."""
    return lambda s, m: softmax(s.astype(dtype) + dtype(1e9) * ~m)


def _shares_without_exp(s, m):
    s = np.where(m, s, 0)
    return s / s.sum(-1, keepdims=True)


def _in_first_head(s, m):
    return softmax(np.where(m | (np.arange(s.shape[1]) > 0)[:, None, None], s, -1e30))


def _root_of(length):
    """A mistake in the scale: the root of ``length(x, context)``."""
    return lambda p, x, c, m, h: weights_of(p, x, c, m, h, scale=lambda s, *_: s / length(x, c) ** 0.5)


def _whole_table(s, m):
    return softmax(np.where(m, s, -1e30).reshape(*s.shape[:2], -1)).reshape(s.shape) * m


def _with(**change):
    """A mistake in the parameters: each keyword takes another's place."""
    return lambda p, *args: weights_of({**p, **{mine: p[other] for mine, other in change.items()}}, *args)


def _nan_where_empty(scores, mask):
    return np.where(mask.any(-1, keepdims=True), masked_softmax(scores, mask), np.nan)


WEIGHT_MISTAKES = [
    Mistake(
        "no-mask",
        "The mask is not used: hidden places get weight. Give them −∞ (or a very low score) before the softmax.",
        _of_weights(lambda s, m: softmax(s)),
    ),
    Mistake(
        "mask-inverted",
        "You hide what should be seen: True means *attend*. `jnp.where(mask, scores, lowest)`.",
        _of_weights(lambda s, m: masked_softmax(s, np.broadcast_to(~m, s.shape))),
    ),
    Mistake(
        "mask-after-softmax",
        "You zero the weights after the softmax: the rest no longer adds up to 1. Hide the *scores*, before it.",
        _of_weights(lambda s, m: softmax(s) * m),
    ),
    Mistake(
        "mask-multiplied",
        "You multiply the scores by the mask: a score of 0 is not low, and still gets weight. Hidden scores must be −∞ or very low.",
        _of_weights(lambda s, m: softmax(s * m)),
    ),
    Mistake(
        "mask-added",
        "You add the mask to the scores: True adds 1, which hides nothing. `jnp.where(mask, scores, lowest)`.",
        _of_weights(lambda s, m: softmax(s + m)),
    ),
    Mistake(
        "zero-before-softmax",
        "Hidden scores are 0 in the softmax, which is not low: they take a part of the 1, and what is left, once you set their weights to 0, does not add up to 1.",
        _of_weights(lambda s, m: softmax(s * m) * m),
    ),
    *(
        Mistake(
            "mask-sign", "What is hidden gets a very *high* score, and all the weight. It needs a very low one.", _of_weights(_added(dtype))
        )
        for dtype in (np.float32, np.float64)
    ),
    Mistake(
        "first-row-of-mask",
        "Everybody looks with the first row of the mask. Row t says what t may see.",
        _of_weights(lambda s, m: masked_softmax(s, np.broadcast_to(m[:, :, :1], s.shape))),
    ),
    Mistake(
        "first-mask-for-all",
        "The first picture's mask is used for the whole batch. Each has its own.",
        _of_weights(lambda s, m: masked_softmax(s, np.broadcast_to(m[:1], s.shape))),
    ),
    Mistake(
        "one-mask-for-all-rows",
        "You make one row of the mask: what anybody may see, everybody sees. Row t says what t may see.",
        _of_weights(lambda s, m: masked_softmax(s, np.broadcast_to(m.any(2, keepdims=True), s.shape))),
    ),
    Mistake(
        "mask-of-one-head", "Only the first head is masked. The mask is the same for all: `mask[:, None]`.", _of_weights(_in_first_head)
    ),
    Mistake(
        "filled-with-zero",
        "Hidden scores become 0, which is not low: e⁰ = 1 still gets weight. Use −∞ or a very low number.",
        _of_weights(_with_fill(0.0)),
    ),
    Mistake(
        "filled-with-minus-one",
        "Hidden scores become −1, which is not low enough. Use `jnp.finfo(scores.dtype).min`.",
        _of_weights(_with_fill(-1.0)),
    ),
    Mistake(
        "softmax-over-queries",
        "The softmax runs over the T who look (axis −2), so that they compete for a place. Each shares itself out over the N places: axis −1.",
        _of_weights(lambda s, m: softmax(np.where(m, s, -1e30), -2)),
    ),
    Mistake(
        "softmax-over-queries",
        "The softmax runs over the T who look (axis −2), so that they compete for a place. Each shares itself out over the N places: axis −1.",
        _of_weights(lambda s, m: softmax(np.where(m, s, -1e30), -2) * m),
    ),
    Mistake(
        "softmax-over-heads",
        "The softmax runs over the heads (axis 1). Each head shares itself out over the places: axis −1.",
        _of_weights(lambda s, m: softmax(np.where(m, s, -1e30), 1)),
    ),
    Mistake(
        "softmax-over-heads",
        "The softmax runs over the heads (axis 1). Each head shares itself out over the places: axis −1.",
        _of_weights(lambda s, m: softmax(np.where(m, s, -1e30), 1) * m),
    ),
    Mistake(
        "softmax-over-table",
        "The softmax runs over all pairs of a head. Each who looks shares itself out over the N places: axis −1.",
        _of_weights(_whole_table),
    ),
    Mistake("no-exp", "You divide the scores by their sum. A softmax takes exp first.", _of_weights(_shares_without_exp)),
    Mistake("scores-returned", "These are the scores, before the mask and the softmax.", _of_weights(lambda s, m: s)),
    Mistake(
        "no-softmax",
        "These are the scores. A softmax over the places makes them shares that add up to 1.",
        _of_weights(lambda s, m: np.where(m, s, 0)),
    ),
    Mistake(
        "sigmoid", "Each place has a sigmoid of its own. A softmax lets the places compete.", _of_weights(lambda s, m: m / (1 + np.exp(-s)))
    ),
    Mistake(
        "hard",
        "All weight is on the best place. A softmax shares it out.",
        _of_weights(lambda s, m: np.arange(s.shape[-1]) == np.where(m, s, -np.inf).argmax(-1)[..., None]),
    ),
    Mistake("no-scale", "The scale is missing: divide the scores by √(D / H).", _of_scale(lambda s, d, h: s)),
    Mistake("root-of-width", "You divide by √D. A head compares D / H numbers: divide by √(D / H).", _of_scale(lambda s, d, h: s / d**0.5)),
    Mistake(
        "divided-by-head",
        "You divide by D / H. A sum of that many products spreads like its root: divide by √(D / H).",
        _of_scale(lambda s, d, h: s / (d // h)),
    ),
    Mistake("divided-by-width", "You divide by D. Divide by √(D / H).", _of_scale(lambda s, d, h: s / d)),
    Mistake("root-of-heads", "You divide by √H. A head compares D / H numbers: divide by √(D / H).", _of_scale(lambda s, d, h: s / h**0.5)),
    Mistake(
        "root-of-context",
        "You divide by the root of the context's width. A head compares D / H numbers: divide by √(D / H).",
        _root_of(lambda x, c: c.shape[2]),
    ),
    Mistake("root-of-places", "You divide by √N. A head compares D / H numbers: divide by √(D / H).", _root_of(lambda x, c: c.shape[1])),
    Mistake("multiplied", "You multiply by √(D / H). Divide.", _of_scale(lambda s, d, h: s * (d // h) ** 0.5)),
    Mistake(
        "heads-interleaved",
        "Your heads take every H-th column. Head h has the D / H columns side by side: reshape to (B, T, H, D / H), in this order.",
        lambda *args: weights_of(*args, cut=_interleaved),
    ),
    Mistake(
        "heads-reshaped",
        "You reshape (B, T, D) to (B, H, T, D / H) in one step, which mixes tokens. Reshape to (B, T, H, D / H), then exchange the two middle axes.",
        lambda *args: weights_of(*args, cut=_reshaped),
    ),
    Mistake(
        "no-biases",
        "b_q is missing: project with `x @ W + b`. Whether b_k is there does not show, for it lifts a whole row of scores.",
        lambda p, *args: weights_of({**p, "b_q": 0}, *args),
    ),
    Mistake(
        "biases-exchanged", "b_q and b_k have changed places.", lambda p, *args: weights_of({**p, "b_q": p["b_k"], "b_k": p["b_q"]}, *args)
    ),
    Mistake("keys-and-values-exchanged", "W_k and W_v have changed places.", _with(W_k="W_v", b_k="b_v")),
    Mistake("query-matrix-turned", "W_q is turned round (`.T`).", lambda p, *args: weights_of({**p, "W_q": p["W_q"].T}, *args)),
    Mistake("output-for-queries", "Q is made with W_o. Its matrix is W_q.", _with(W_q="W_o")),
    Mistake("heads-averaged", "You average over the heads. Each keeps a map of its own: shape (B, H, T, N).", _then(lambda w: w.mean(1))),
    Mistake("heads-summed", "You add up the heads. Each keeps a map of its own: shape (B, H, T, N).", _then(lambda w: w.sum(1))),
    Mistake(
        "one-head",
        "There is one head over the whole width. Split it into H heads: shape (B, H, T, N).",
        lambda p, x, c, m, h: weights_of(p, x, c, m, 1),
    ),
    Mistake(
        "one-head",
        "There is one head over the whole width. Split it into H heads: shape (B, H, T, N).",
        lambda p, x, c, m, h: weights_of(p, x, c, m, 1)[:, 0],
    ),
    Mistake(
        "one-head",
        "There is one head over the whole width, repeated H times. Split it into H heads: shape (B, H, T, N).",
        lambda p, x, c, m, h: weights_of(p, x, c, m, 1).repeat(h, 1),
    ),
    Mistake(
        "heads-and-width-exchanged",
        "H and D / H have changed places: there are H heads, of D / H columns each.",
        lambda p, x, c, m, h: weights_of(p, x, c, m, x.shape[2] // h),
    ),
    Mistake("two-heads", "You make two heads. `heads` says how many there are.", lambda p, x, c, m, h: weights_of(p, x, c, m, 2)),
    Mistake("heads-backwards", "The heads stand in the opposite order: head 0 has the first D / H columns.", _then(lambda w: w[:, ::-1])),
    Mistake(
        "transposed",
        "Your maps lie on their sides: one row for each who looks, one column a place, shape (B, H, T, N).",
        _then(lambda w: w.swapaxes(-1, -2)),
    ),
    Mistake(
        "heads-last", "The axis of the heads stands last: it comes second, shape (B, H, T, N).", _then(lambda w: np.moveaxis(w, 1, -1))
    ),
    Mistake("heads-first", "The axis of the heads stands first: it comes second, shape (B, H, T, N).", _then(lambda w: w.swapaxes(0, 1))),
    Mistake("heads-third", "The axis of the heads stands third: it comes second, shape (B, H, T, N).", _then(lambda w: w.swapaxes(1, 2))),
    Mistake(
        "flat",
        "Every place that may be seen gets the same. The weights have to follow the scores.",
        _of_weights(lambda s, m: masked_softmax(0 * s, np.broadcast_to(m, s.shape))),
    ),
]
# Only a row that may look at nothing tells these from what is right.
EMPTY_MISTAKES = [
    Mistake(
        "empty-row-nan",
        "A row that may look at nothing becomes NaN (0 / 0). Fill with a low *finite* number, and set hidden weights to 0 after the softmax as well.",
        _of_weights(_nan_where_empty),
    ),
    Mistake(
        "empty-row-shared-out",
        "A row that may look at nothing looks everywhere: all its scores are equally low. Set hidden weights to 0 after the softmax as well.",
        _of_weights(_with_fill(-1e30)),
    ),
    Mistake(
        "empty-row-unmasked",
        "A row that may look at nothing looks as if there were no mask. Its weights are all 0.",
        _of_weights(lambda s, m: np.where(m.any(-1, keepdims=True), masked_softmax(s, m), softmax(s))),
    ),
]


def _seen(**change):
    """A mistake in what is made of the values."""
    return lambda params, *args: multi_head.projected(params, multi_head.seen_of(params, *args, **change), "o")


def _finally(fn):
    """A mistake after that: ``fn(params, x, seen)``."""
    return lambda params, x, *args: fn(params, x, multi_head.seen_of(params, x, *args))


def _not_put_back(x):
    b, h, t, d = x.shape
    return x.reshape(b, t, h * d)


def _merged_interleaved(x):
    b, h, t, d = x.shape
    return x.transpose(0, 2, 3, 1).reshape(b, t, h * d)


def _out(params, seen):
    return multi_head.projected(params, seen, "o")


SEEN_MISTAKES = [
    Mistake("not-projected", "W_o and b_o are missing: the heads are only put side by side.", _finally(lambda p, x, seen: seen)),
    Mistake(
        "no-output-matrix",
        "W_o is missing: the heads are only put side by side, and b_o is added.",
        _finally(lambda p, x, seen: seen + p["b_o"]),
    ),
    Mistake("output-matrix-turned", "W_o is turned round (`.T`).", _finally(lambda p, x, seen: seen @ p["W_o"].T + p["b_o"])),
    Mistake("no-output-bias", "b_o is missing.", _finally(lambda p, x, seen: seen @ p["W_o"])),
    Mistake(
        "residual",
        "x is added. Here only what was seen is returned; the block around it adds x.",
        _finally(lambda p, x, seen: x + _out(p, seen)),
    ),
    Mistake(
        "residual-inside",
        "x is added. Here only what was seen is returned; the block around it adds x.",
        _finally(lambda p, x, seen: _out(p, x + seen)),
    ),
    Mistake(
        "keys-for-values",
        "You take the weighted mean of the keys. Values have a projection of their own, W_v and b_v.",
        _seen(values=lambda p, c, letter: multi_head.projected(p, c, "k")),
    ),
    Mistake("no-value-bias", "b_v is missing.", _seen(values=lambda p, c, letter: c @ p["W_v"])),
    Mistake(
        "heads-not-put-back",
        "You reshape (B, H, T, D / H) to (B, T, D) in one step, which mixes tokens. Exchange the two middle axes first.",
        _seen(put_back=_not_put_back),
    ),
    Mistake(
        "heads-interleaved",
        "The heads are put back interleaved. Head h has the D / H columns side by side.",
        _seen(put_back=_merged_interleaved),
    ),
    Mistake(
        "heads-averaged",
        "You average over the heads. Put them side by side: D / H numbers each make D.",
        _seen(put_back=lambda x: np.tile(x.mean(1), x.shape[1])),
    ),
    Mistake(
        "heads-summed",
        "You add up the heads. Put them side by side: D / H numbers each make D.",
        _seen(put_back=lambda x: np.tile(x.sum(1), x.shape[1])),
    ),
    Mistake(
        "plain-mean",
        "You take the plain mean of the values. Weigh each with its share.",
        lambda p, x, c, m, h: _out(
            p, multi_head.seen_of(p, x, c, m, h, weights=np.full((len(x), h, x.shape[1], c.shape[1]), 1 / c.shape[1]))
        ),
    ),
    Mistake(
        "unmasked-values",
        "The values are weighed with weights from before the mask. Use the weights that you return.",
        lambda p, x, c, m, h: _out(p, multi_head.seen_of(p, x, c, np.ones_like(m), h)),
    ),
]
EMPTY_SEEN = [
    Mistake(
        "empty-row-zeroed",
        "A row that may look at nothing has weights 0, and W_o and b_o come after: what is left of it is b_o.",
        lambda p, x, c, m, h: m.any(-1, keepdims=True) * multi_head.attend(p, x, c, m, h)[0],
    ),
    Mistake(
        "empty-row-unchanged",
        "A row that may look at nothing has weights 0, and W_o and b_o come after: what is left of it is b_o, not x.",
        lambda p, x, c, m, h: np.where(m.any(-1, keepdims=True), multi_head.attend(p, x, c, m, h)[0], x),
    ),
    Mistake(
        "empty-row-seen",
        "Where a row may look at nothing, y is made with weights from before they were set to 0. Use those that you return.",
        lambda p, *args: _out(p, multi_head.seen_of(p, *args, weights=_of_weights(_with_fill(-1e30))(p, *args))),
    ),
]


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("map", expected[0, 0], got[0, 0], "who looks (first head)", "place")


_EMPTY = ("empty", 0.25, "Right where every row may see something, wrong for rows of the mask without any True: their weights are all 0.")


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for the weights, half for what was seen; a quarter of each for rows that see nothing."""
    return judge_outputs(
        cases,
        answers,
        multi_head.attend,
        [
            Output(
                "weights",
                1,
                0.5,
                "a map for each head, shape (B, H, T, N)",
                [*WEIGHT_MISTAKES, *EMPTY_MISTAKES],
                [no_shares("In every head, the weights of a row add up to 1 over the places")],
                picture=_picture,
                parts=[("", 0.75, "The weights differ. Take one head and one row by hand: scores, scale, mask, softmax."), _EMPTY],
            ),
            Output(
                "y",
                0,
                0.5,
                "what each of the T tokens saw, shape (B, T, D)",
                [*SEEN_MISTAKES, *EMPTY_SEEN],
                parts=[
                    ("", 0.75, "The weights are right, what was seen is not: values, weighted sum, heads side by side, W_o and b_o."),
                    _EMPTY,
                ],
            ),
        ],
    )


EXERCISE = Exercise("04.1", "cross_attention", 4, attention.cross_attention, cases, judge)
