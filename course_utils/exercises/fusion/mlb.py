"""Multimodal low-rank bilinear pooling."""

from __future__ import annotations

import functools

import numpy as np

from course_utils.exercises.core import Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.fusion.poolings import AXES, RETURNS, axis_mistakes, pooling_cases
from course_utils.exercises.judges import judge_values
from course_utils.models.fusion import pooling

cases = pooling_cases("mlb", 103, [(5, 4, 2, 7), (3, 5, 2, 11), (7, 3, 2, 5), (2, 4, 6, 7)])


def mlb(params, v, h):
    U, V, P, b = (params[name] for name in "UVPb")
    x = np.tanh(v @ U)
    y = np.tanh(h @ V)
    z = x * y
    return z @ P + b


_X, _Y, _RETURN = "np.tanh(v @ U)", "np.tanh(h @ V)", "z @ P + b"
_LOGITS = " The output is not squashed: its numbers become logits."
_BEFORE = " It belongs to each side, before they are multiplied."
_SCALAR = "You sum the product to one number, a scalar product. Keep all D of them: `x * y`, then P."

MISTAKES = edits(
    mlb,
    (
        "sum",
        "You add the two sides. MLB multiplies them, number by number: a sum is no more than a linear layer on both.",
        "x * y",
        "x + y",
    ),
    (
        "sum-before-tanh",
        "This is tanh(U v + V h), one hidden layer. Each side has a tanh of its own, and then they are multiplied.",
        "x * y",
        "np.tanh(v @ U + h @ V)",
    ),
    ("difference", "You subtract one side from the other. MLB multiplies them, number by number.", "x * y", "x - y"),
    ("larger", "You keep the larger of the two sides. MLB multiplies them, number by number.", "x * y", "np.maximum(x, y)"),
    ("no-tanh", "The tanh is missing: each side goes through one before they are multiplied.", "np.tanh", ""),
    (
        "tanh-after-product",
        "The tanh stands around the product. Each side has its own, before they are multiplied.",
        "np.tanh",
        "",
        "x * y",
        "np.tanh(x * y)",
    ),
    ("tanh-again", "There is one tanh too many, around the product.", "x * y", "np.tanh(x * y)"),
    ("tanh-on-picture-only", "The picture's side has its tanh; the question's is missing.", _Y, "h @ V"),
    ("tanh-on-question-only", "The question's side has its tanh; the picture's is missing.", _X, "v @ U"),
    ("tanh-before-projection", "The tanh comes before U and V. Project first: tanh(U v), tanh(V h).", " @ U)", ") @ U", " @ V)", ") @ V"),
    ("tanh-of-output", f"There is a tanh around P.{_LOGITS}", "z @ P", "np.tanh(z @ P)"),
    ("tanh-of-everything", f"There is a tanh around the result.{_LOGITS}", _RETURN, f"np.tanh({_RETURN})"),
    ("tanh-around-p-only", f"The tanh stands around P.{_BEFORE}", "np.tanh", "", "z @ P", "np.tanh(z @ P)"),
    ("softmax-of-output", f"There is a softmax around the result.{_LOGITS}", _RETURN, f"softmax({_RETURN})"),
    ("sigmoid-of-output", f"There is a sigmoid around the result.{_LOGITS}", _RETURN, f"sigmoid({_RETURN})"),
    ("tanh-of-output-only", f"The tanh stands around the result.{_BEFORE}", "np.tanh", "", _RETURN, f"np.tanh({_RETURN})"),
    ("sigmoid", "You use a sigmoid on both sides. A tanh lets a side be negative, and turn the other's sign.", "np.tanh", "sigmoid"),
    ("relu", "You use relu on both sides. MLB squashes with tanh.", "np.tanh(", "np.maximum(0, "),
    ("picture-as-gate", "The picture's side goes through a sigmoid. Both sides go through tanh.", _X, "sigmoid(v @ U)"),
    ("question-as-gate", "The question's side goes through a sigmoid. Both sides go through tanh.", _Y, "sigmoid(h @ V)"),
    (
        "softmax-on-question",
        "The question's side goes through a softmax, as attention would. Both sides go through tanh.",
        _Y,
        "softmax(h @ V)",
    ),
    (
        "softmax-on-picture",
        "The picture's side goes through a softmax, as attention would. Both sides go through tanh.",
        _X,
        "softmax(v @ U)",
    ),
    ("no-bias", "The bias b is missing: add it at the end.", " + b", ""),
    ("no-tanh-no-bias", "The tanh of each side is missing, and the bias b at the end.", "np.tanh", "", " + b", ""),
    ("bias-twice", "The bias b is added twice.", "+ b", "+ 2 * b"),
    ("bias-subtracted", "The bias b is subtracted. Add it.", "+ b", "- b"),
    ("bias-multiplied", "You multiply by the bias b. Add it.", "+ b", "* b"),
    ("picture-only", "The question is missing: this is P tanh(U v) + b.", "x * y", "x"),
    ("question-only", "The picture is missing: this is P tanh(V h) + b.", "x * y", "y"),
    ("picture-squared", "The picture is multiplied with itself, not with the question.", "x * y", "x * x"),
    ("question-squared", "The question is multiplied with itself, not with the picture.", "x * y", "y * y"),
    ("picture-added", "You add the picture's side to the product, as a residual. MLB has the product only.", "x * y", "x * y + x"),
    ("question-added", "You add the question's side to the product, as a residual. MLB has the product only.", "x * y", "x * y + y"),
    ("sum-and-product", "You add both sides to their product. MLB has the product only.", "x * y", "x * y + x + y"),
    ("not-projected", "The last step is missing: multiply the product, of length D, by P and add b.", _RETURN, "z"),
    (
        "projected-before-product",
        "You multiply by P before the two sides meet. They meet in D numbers; P comes after.",
        "z @ P",
        "(x @ P) * (y @ P)",
    ),
    (
        "layers-before-product",
        "Each side goes through P and b before they meet. They meet in D numbers; P and b come after.",
        _RETURN,
        "(x @ P + b) * (y @ P + b)",
    ),
    ("concatenation", "You put one side behind the other. MLB multiplies them, number by number.", _RETURN, "np.concatenate([x, y], -1)"),
    ("scalar-product", _SCALAR, "z @ P", "z.sum(-1, keepdims=True) * P.sum(0)"),
    ("scalar-product-only", _SCALAR, _RETURN, "z.sum(-1)"),
    (
        "divided-by-root",
        "You divide the product by √D, as attention does with its scores. MLB does not.",
        "x * y",
        "x * y / np.sqrt(len(P))",
    ),
    ("length-one", "You divide the product by its length. MLB leaves it.", "x * y", "unit(x * y)"),
    (
        "signed-root",
        "You take a signed square root of the product, as MCB does. MLB leaves it.",
        "x * y",
        "np.sign(x * y) * np.sqrt(np.abs(x * y))",
    ),
) + axis_mistakes(mlb)
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
