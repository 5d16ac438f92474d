"""Cross-attention with heads and a mask."""

import numpy as np

from course_utils.exercises.arrays import masked_softmax, normal
from course_utils.exercises.core import Case, Exercise, Picture, Verdict
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.exercises.patterns import no_shares
from course_utils.models.fusion_encoder import attention


def cases(seed: int) -> list[Case]:
    """Masks without empty rows first, with a place that nobody may see; then (part "empty") rows that may look at nothing."""
    rng = np.random.default_rng([seed, 401])
    found = []
    for rows, words, places, d, d_context, heads in [(2, 3, 5, 6, 7, 3), (3, 5, 4, 6, 5, 2), (2, 7, 3, 10, 4, 5)]:
        params = attention_parameters(rng, d, d_context, heads)
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


def attention_parameters(rng: np.random.Generator, d: int, d_context: int, heads: int) -> dict[str, np.ndarray]:
    """Scores of spread 2 or so, so that the softmax looks somewhere; biases that are not 0."""
    sharp = 1.5
    shapes = {"W_q": (d, d, sharp), "W_k": (d_context, d, sharp), "W_v": (d_context, d, 1), "W_o": (d, d, 1)}
    params = {name: (by * rows**-0.5 * normal(rng, rows, columns)).astype(np.float32) for name, (rows, columns, by) in shapes.items()}
    return params | {f"b_{letter}": (0.6 * normal(rng, d)).astype(np.float32) for letter in "qkvo"}


def split(x, heads):
    """float[B, T, H d] → float[B, H, T, d]; head h has the columns h d … (h + 1) d."""
    b, t, d = x.shape
    return x.reshape(b, t, heads, d // heads).transpose(0, 2, 1, 3)


def merge(x):
    """float[B, H, T, d] → float[B, T, H d]."""
    b, h, t, d = x.shape
    return x.transpose(0, 2, 1, 3).reshape(b, t, h * d)


def cross_attention(params, x, context, mask, heads):
    """What every token saw, float[B, T, D], and where it looked, float[B, H, T, N]."""
    width = x.shape[-1] // heads
    mask = mask[:, None]
    q = split(x @ params["W_q"] + params["b_q"], heads)
    k = split(context @ params["W_k"] + params["b_k"], heads)
    v = split(context @ params["W_v"] + params["b_v"], heads)
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(width)
    weights = masked_softmax(scores, mask)
    seen = merge(weights @ v)
    y = seen @ params["W_o"] + params["b_o"]
    return y, weights


WEIGHT_MISTAKES = edits(
    cross_attention,
    ("no-mask", "The mask is not used: hidden places get weight. Give them −∞ or a very low score before softmax.", "softmax(scores)"),
    (
        "mask-inverted",
        "You hide what should be seen: True means *attend*, `jnp.where(mask, scores, low)`.",
        "(scores, mask)",
        "(scores, ~mask)",
    ),
    (
        "mask-after-softmax",
        "You zero the weights after the softmax: the rest no longer adds up to 1. Hide the *scores*, before it.",
        "softmax(scores) * mask",
    ),
    (
        "mask-multiplied",
        "Hidden scores are about 0, which is not low: e⁰ = 1 still gets weight. Give them −∞ or a very low score, not `scores * mask`.",
        ("softmax(scores * mask)", "softmax(np.where(mask, scores, -1))"),
    ),
    (
        "mask-added",
        "You add the mask to the scores: True adds 1, which hides nothing. `jnp.where(mask, scores, low)`.",
        "softmax(scores + mask)",
    ),
    (
        "zero-before-softmax",
        "Hidden scores are 0 in the softmax, which is not low: they take a part of the 1, and what is left, once you set their weights to 0, does not add up to 1.",
        "softmax(scores * mask) * mask",
    ),
    (
        "mask-sign",
        "What is hidden gets a very *high* score, and all the weight. It needs a very low one.",
        ("softmax(np.float32(scores) + np.float32(1e9) * ~mask)", "softmax(np.float64(scores) + 1e9 * ~mask)"),
    ),
    (
        "first-row-of-mask",
        "All look with the first row of the mask. Row t says what t may see.",
        "(scores, mask)",
        "(scores, mask[:, :, :1])",
    ),
    (
        "softmax-over-queries",
        "The softmax runs over the T who look (axis −2), so that they compete for a place. Each shares itself out over the N places: axis −1.",
        ("softmax(np.where(mask, scores, -1e30), -2)", "softmax(np.where(mask, scores, -1e30), -2) * mask"),
    ),
    (
        "softmax-over-heads",
        "The softmax runs over the heads (axis 1). Each head shares itself out over the places: axis −1.",
        ("softmax(np.where(mask, scores, -1e30), 1)", "softmax(np.where(mask, scores, -1e30), 1) * mask"),
    ),
    (
        "no-softmax",
        "These are the scores. A softmax over the places makes them shares that add up to 1.",
        ("scores", "np.where(mask, scores, 0)"),
    ),
    ("no-scale", "The scale is missing: divide the scores by √(D / H).", " / np.sqrt(width)", ""),
    ("root-of-width", "You divide by √D. A head compares D / H numbers: divide by √(D / H).", "np.sqrt(width)", "np.sqrt(x.shape[2])"),
    ("divided-by-head", "You divide by D / H. A sum of so many products grows like the root: √(D / H).", "np.sqrt(width)", "width"),
    ("multiplied", "You multiply by √(D / H). Divide.", "/ np.sqrt(width)", "* np.sqrt(width)"),
    (
        "other-scale",
        "Your scale is another. A head compares D / H numbers: divide by √(D / H).",
        "np.sqrt(width)",
        ("x.shape[2]", "np.sqrt(heads)", "np.sqrt(context.shape[2])", "np.sqrt(context.shape[1])"),
    ),
    (
        "heads-interleaved",
        "Your heads take every H-th column. Head h has the D / H columns side by side: reshape to (B, T, H, D / H), in this order.",
        "split(",
        "(lambda x, h: x.reshape(*x.shape[:2], -1, h).transpose(0, 3, 1, 2))(",
    ),
    (
        "heads-reshaped",
        "You reshape (B, T, D) to (B, H, T, D / H) in one step, which mixes tokens. Reshape to (B, T, H, D / H), then exchange the two middle axes.",
        "split(",
        "(lambda x, h: x.reshape(len(x), h, x.shape[1], -1))(",
    ),
    ("query-matrix-turned", "W_q is turned round (`.T`).", 'params["W_q"]', 'params["W_q"].T'),
    ("one-head", "There is one head over the whole width. Split it into H heads: shape (B, H, T, N).", "width =", "heads = 1\n    width ="),
    (
        "heads-for-width",
        "H and D / H are exchanged: there are H heads of D / H columns.",
        "width =",
        "heads = x.shape[2] // heads\n    width =",
    ),
    (
        "heads-axis",
        "The axis of the heads stands elsewhere: it comes second, shape (B, H, T, N).",
        "y, weights",
        ("y, weights.swapaxes(1, 2)", "y, weights.swapaxes(0, 1)", "y, np.moveaxis(weights, 1, -1)"),
    ),
    (
        "empty-row-nan",
        "A row that may look at nothing becomes NaN (0 / 0). Fill with a low *finite* number, and set hidden weights to 0 after the softmax as well.",
        "np.where(mask.any(-1, keepdims=True), masked_softmax(scores, mask), np.nan)",
    ),
    (
        "empty-row-shared-out",
        "A row that may look at nothing looks everywhere: all its scores are equally low. Set hidden weights to 0 after the softmax as well.",
        "softmax(np.where(mask, scores, -1e30))",
    ),
    at="masked_softmax(scores, mask)",
)
SEEN_MISTAKES = edits(
    cross_attention,
    ("not-projected", "W_o is missing: the heads are only put side by side.", ' @ params["W_o"] + params["b_o"]', ("", ' + params["b_o"]')),
    ("residual", "x is added. Return what was seen only; the block around it adds x.", "y = seen", ("y = x + seen", "y = (x + seen)")),
    (
        "keys-for-values",
        "You take the weighted mean of the keys. Values have their own projection, W_v and b_v.",
        "W_v",
        "W_k",
        "b_v",
        "b_k",
    ),
    (
        "heads-not-put-back",
        "You reshape (B, H, T, D / H) to (B, T, D) in one step, which mixes tokens. Exchange the two middle axes first.",
        "merge(weights @ v)",
        "(weights @ v).reshape(x.shape)",
    ),
    (
        "heads-interleaved",
        "The heads are put back interleaved. Head h has the D / H columns side by side.",
        "merge(weights @ v)",
        "(weights @ v).transpose(0, 2, 3, 1).reshape(x.shape)",
    ),
    (
        "unmasked-values",
        "Values are weighed with weights from before the mask. Use those you return.",
        "weights @ v",
        "softmax(scores) @ v",
    ),
    (
        "empty-row-zeroed",
        "A row that may look at nothing has weights 0, and W_o and b_o come after: what is left of it is b_o.",
        "return y",
        ("return mask[:, 0].any(-1, keepdims=True) * y", "return np.where(mask[:, 0].any(-1, keepdims=True), y, x)"),
    ),
    (
        "empty-row-seen",
        "Where a row may look at nothing, y is made with weights from before they were set to 0. Use those that you return.",
        "weights @ v",
        "softmax(np.where(mask, scores, -1e30)) @ v",
    ),
)


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("map", expected[0, 0], got[0, 0], "who looks (first head)", "place")


_EMPTY = ("empty", 0.25, "Right where every row may see something, wrong for rows of the mask without any True: their weights are all 0.")


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for the weights, half for what was seen; a quarter of each for rows that see nothing."""
    return judge_outputs(
        cases,
        answers,
        cross_attention,
        [
            Output(
                "weights",
                1,
                0.5,
                "a map for each head, shape (B, H, T, N)",
                of_output(1, WEIGHT_MISTAKES),
                [no_shares("In every head, the weights of a row add up to 1 over the places")],
                picture=_picture,
                parts=[("", 0.75, "The weights differ. Take one head and one row by hand: scores, scale, mask, softmax."), _EMPTY],
            ),
            Output(
                "y",
                0,
                0.5,
                "what each of the T tokens saw, shape (B, T, D)",
                of_output(0, SEEN_MISTAKES),
                parts=[
                    ("", 0.75, "The weights are right, what was seen is not: values, weighted sum, heads side by side, W_o, b_o."),
                    _EMPTY,
                ],
            ),
        ],
    )


EXERCISE = Exercise("04.1", "cross_attention", 4, attention.cross_attention, cases, judge)
