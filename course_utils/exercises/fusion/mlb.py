"""Multimodal low-rank bilinear pooling."""

import functools

import numpy as np

from course_utils.exercises.core import Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.fusion.poolings import AXES, RETURNS, flattened, pooling_cases
from course_utils.exercises.judges import judge_values
from course_utils.models.fusion import pooling

cases = pooling_cases("mlb", 103, [(5, 4, 2, 7), (3, 5, 2, 11), (7, 3, 2, 5), (2, 4, 6, 7)])


def mlb(params, v, h):
    U, V, P, b = (params[name] for name in "UVPb")
    x = np.tanh(v @ U)
    y = np.tanh(h @ V)
    z = x * y
    return z @ P + b


_RETURN = "z @ P + b"
_LATE = ("np.tanh(z) @ P + b", "np.tanh(z @ P) + b", f"np.tanh({_RETURN})")
MISTAKES = edits(
    mlb,
    ("sum", "You add the two sides. MLB multiplies them: a sum is no more than a linear layer on both.", "x + y"),
    (
        "sum-before-tanh",
        "This is tanh(U v + V h), one hidden layer. Each side has a tanh of its own, and then they are multiplied.",
        "np.tanh(v @ U + h @ V)",
    ),
    ("no-tanh", "The tanh is missing: each side goes through one before they are multiplied.", "np.tanh", ""),
    (
        "one-tanh",
        "One side has its tanh, the other's is missing: both go through one before they are multiplied.",
        ("x * (h @ V)", "(v @ U) * y"),
    ),
    ("tanh-too-late", "The tanh comes too late: it belongs to each side, before they are multiplied.", "np.tanh", "", _RETURN, _LATE),
    (
        "squashed-again",
        "Each side has its tanh; you squash once more after the product. Its numbers and the logits stay as they are.",
        _RETURN,
        (*_LATE, f"sigmoid({_RETURN})"),
    ),
    ("tanh-before-projection", "The tanh comes before U and V. Project first: tanh(U v), tanh(V h).", " @ U)", ") @ U", " @ V)", ") @ V"),
    (
        "not-tanh",
        "You squash with a sigmoid or relu. A tanh lets a side be negative, and turn the other's sign.",
        "np.tanh(",
        ("sigmoid(", "np.maximum(0, "),
    ),
    (
        "gate",
        "One side goes through a sigmoid or a softmax, as a gate. Both sides go through tanh.",
        ("x * sigmoid(h @ V)", "sigmoid(v @ U) * y", "x * softmax(h @ V)", "softmax(v @ U) * y"),
    ),
    (
        "bias-not-added-once",
        "The bias b is added once, at the end: not twice, not subtracted, not multiplied.",
        "+ b",
        ("+ 2 * b", "- b", "* b"),
    ),
    (
        "one-side",
        "One of the two sides is not in your product: it is tanh(U v) times tanh(V h), number by number.",
        ("x", "y", "x * x", "y * y"),
    ),
    ("residual", "You add a side to the product, as a residual. MLB has the product only.", ("x * y + x", "x * y + y", "x * y + x + y")),
    ("not-projected", "The last step is missing: multiply the product, of length D, by P and add b.", _RETURN, "z"),
    (
        "projected-before-product",
        "Each side goes through P before they meet. They meet in D numbers; P and b come after.",
        _RETURN,
        ("(x @ P) * (y @ P) + b", "(x @ P + b) * (y @ P + b)"),
    ),
    ("concatenation", "You put one side behind the other. MLB multiplies them.", _RETURN, "np.concatenate([x, y], -1)"),
    (
        "scalar-product",
        "You sum the product to one number, a scalar product. Keep all D of them: `x * y`, then P.",
        _RETURN,
        ("z.sum(-1)", "z.sum(-1, keepdims=True) * P.sum(0) + b"),
    ),
    (
        "rescaled",
        "You divide the product (by √D, or to length 1), or take its root. MLB leaves it as it is.",
        ("x * y / np.sqrt(len(P))", "unit(x * y)", "np.sign(x * y) * np.sqrt(np.abs(x * y))"),
    ),
    at="x * y",
) + [flattened(mlb)]
REMARK = "The values differ. Look at each side by itself first: tanh(U v) and tanh(V h), D numbers each."

EXERCISE = Exercise(
    "01.3",
    "mlb_pooling",
    4,
    pooling.mlb_pooling,
    cases,
    functools.partial(judge_values, reference=mlb, mistakes=MISTAKES, returns=RETURNS, parts=[("", 0.75, REMARK), AXES]),
    compiled=True,
)
