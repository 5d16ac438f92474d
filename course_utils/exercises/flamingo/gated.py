"""The gated cross-attention block."""

import functools

import numpy as np

from course_utils.exercises.arrays import normal
from course_utils.exercises.core import Case, Exercise, Picture
from course_utils.exercises.edits import edits
from course_utils.exercises.flamingo.parts import attend, feed_forward, layer_norm, matrix, norm_parameters, thinking_parameters
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.nn import gated


def cases(seed: int) -> list[Case]:
    """Every token sees one picture; then (part "none") tokens before any picture; then (part "shut") gates of 0."""
    rng = np.random.default_rng([seed, 602])
    found = []
    for rows, words, pictures, tokens, d, source, heads in [(2, 5, 3, 2, 6, 4, 3), (3, 4, 2, 3, 8, 5, 2), (1, 6, 4, 2, 6, 7, 2)]:
        params = {
            "norm": norm_parameters(rng, d),
            "W_q": matrix(rng, d, d, 1.5),
            "W_kv": matrix(rng, source, 2 * d, 1.5),
            "W_o": matrix(rng, d, d),
            "think": thinking_parameters(rng, d),
            "alpha": np.float32([rng.uniform(0.9, 1.6)]),
            "beta": np.float32([-rng.uniform(0.9, 1.6)]),
        }
        number = np.sort(rng.integers(1, pictures + 1, size=(rows, words)), 1)
        mask = number[..., None] == 1 + np.arange(pictures)
        args = (params, normal(rng, rows, words, d), normal(rng, rows, pictures, tokens, source), mask, heads)
        found.append(Case(args, f"B = {rows}, T = {words}, I = {pictures} pictures of M = {tokens} tokens, D = {d}, heads = {heads}"))
    params, x, media, mask, heads = found[0].args
    early = mask.copy()
    early[:, :2] = False
    shut = params | {"alpha": np.zeros(1, np.float32), "beta": np.zeros(1, np.float32)}
    return [
        *found,
        Case((params, x, media, early, heads), "the first two tokens stand before any picture", part="none"),
        Case((shut, x, media, mask, heads), "both gates are 0", part="shut"),
    ]


def gated_cross_attention(params, x, media, mask, heads):
    """The tokens after the block, float[B, T, D], and where they looked, float[B, H, T, I, M]."""
    rows, pictures, tokens, source = media.shape
    flat = media.reshape(rows, pictures * tokens, source)
    k, v = np.split(flat @ params["W_kv"], 2, -1)
    q = layer_norm(params["norm"], x) @ params["W_q"]
    seen = np.repeat(mask, tokens, -1)[:, None]
    y, weights = attend(q, k, v, heads, seen)
    x = x + np.tanh(params["alpha"]) * (y @ params["W_o"])
    x = x + np.tanh(params["beta"]) * feed_forward(params["think"], x)
    return x, weights.reshape(*weights.shape[:3], pictures, tokens)


LOOK_MISTAKES = edits(
    gated_cross_attention,
    ("no-mask", "The mask is not used: every token sees every picture.", "heads, seen)", "heads)"),
    ("mask-inverted", "You hide what should be seen: True means *attend*.", "heads, seen)", "heads, ~seen)"),
    (
        "mask-tiled",
        "You repeat the mask as a whole (`tile`). A picture's M tokens stand side by side: `jnp.repeat(mask, M, axis=-1)`.",
        "np.repeat(mask, tokens, -1)",
        "np.tile(mask, tokens)",
    ),
    (
        "tokens-first",
        "You lay the tokens out token by token. Keep the M tokens of a picture side by side: reshape (I, M) as it stands.",
        "media.reshape(",
        "media.swapaxes(1, 2).reshape(",
    ),
    ("raw-queries", "The queries are made of x as it came. Normalise it first.", 'layer_norm(params["norm"], x)', "x"),
    ("values-first", "The first D columns of W_kv make the keys, the others the values.", "k, v =", "v, k ="),
    ("one-head", "There is one head over the whole width: pass `heads` on.", "k, v, heads", "k, v, 1"),
)
X_MISTAKES = edits(
    gated_cross_attention,
    ("no-tanh", "The gates are α and β themselves. It is their tanh, which stays between −1 and 1.", "np.tanh", ""),
    ("sigmoid-gates", "You gate with a sigmoid: at 0 it is half open. tanh(0) is 0.", "np.tanh", "sigmoid"),
    ("no-gates", "Both gates are missing: tanh(α) and tanh(β) multiply what is added.", "np.tanh", "1 + 0 *"),
    ("no-second-gate", "β is missing: what was thought is gated too, by tanh(β).", 'np.tanh(params["beta"]) * ', ""),
    (
        "added-to-the-normalised",
        "You add to the normalised x. Queries are made of it; what was seen is added to x as it came.",
        'x = x + np.tanh(params["alpha"])',
        'x = layer_norm(params["norm"], x) + np.tanh(params["alpha"])',
    ),
    ("one-gate", "α gates what was seen, β what was thought: each has its own.", '"beta"', '"alpha"'),
    ("gates-exchanged", "α and β are exchanged.", "alpha", "§", "beta", "alpha", "§", "beta"),
    (
        "gate-on-all",
        "You gate the sum. Only what is added is gated: x itself passes.",
        'x + np.tanh(params["alpha"]) * (y @ params["W_o"])',
        'np.tanh(params["alpha"]) * (x + y @ params["W_o"])',
    ),
    ("not-added", "x is missing: what was seen is added to it.", 'x + np.tanh(params["alpha"])', 'np.tanh(params["alpha"])'),
    ("no-output-matrix", "W_o is missing.", '(y @ params["W_o"])', "y"),
    ("no-thinking", "The feed-forward is missing, and its gate.", 'np.tanh(params["beta"]) * feed_forward(params["think"], x)', "0"),
    (
        "thinks-of-what-was-seen",
        "The feed-forward reads what was seen alone. It reads x with it.",
        'feed_forward(params["think"], x)',
        'feed_forward(params["think"], y @ params["W_o"])',
    ),
    (
        "thinks-before-looking",
        "The feed-forward reads x from before it looked. It reads the new one.",
        'feed_forward(params["think"], x)',
        'feed_forward(params["think"], x - np.tanh(params["alpha"]) * (y @ params["W_o"]))',
    ),
)


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    flat = [a[0, 0].reshape(a.shape[2], -1) for a in (expected, got)]
    return Picture("map", *flat, "token (first head)", "pictures' tokens, side by side")


_NONE = (
    "none",
    0.2,
    "Right where every token sees a picture, wrong for tokens before any: their weights are 0, not NaN and not equal shares.",
)
_SHUT = ("shut", 0.2, "With both gates at 0, x must leave exactly as it came: the language model is what it was.")
OUTPUTS = [
    Output(
        "weights",
        1,
        0.4,
        "where each token looked, shape (B, H, T, I, M)",
        of_output(1, LOOK_MISTAKES),
        picture=_picture,
        parts=[("", 0.8, "The weights differ. What are queries, keys, and who may see what?"), _NONE],
    ),
    Output(
        "x",
        0,
        0.6,
        "the tokens after the block, shape (B, T, D)",
        of_output(0, X_MISTAKES),
        parts=[("", 0.6, "The weights are right, x is not: W_o, gate, sum; feed-forward, gate, sum."), _NONE, _SHUT],
    ),
]
judge = functools.partial(judge_outputs, reference=gated_cross_attention, outputs=OUTPUTS)
EXERCISE = Exercise("06.2", "gated_cross_attention", 4, gated.gated_cross_attention, cases, judge, compiled=True)
