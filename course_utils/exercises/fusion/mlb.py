"""Multimodal low-rank bilinear pooling."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import same, sigmoid, softmax, unit
from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.fusion.poolings import AXES, RETURNS, axis_mistakes, pooling_cases
from course_utils.exercises.judges import judge_values
from course_utils.models.fusion import pooling

cases = pooling_cases("mlb", 103, [(5, 4, 2, 7), (3, 5, 2, 11), (7, 3, 2, 5), (2, 4, 6, 7)])


def _relu(x):
    return np.maximum(x, 0)


def _variant(picture=np.tanh, question=np.tanh, join=np.multiply, joined=same, after=same, bias=1.0):
    """MLB with some of its pieces exchanged."""

    def fn(params, v, h):
        z = joined(join(picture(v @ params["U"]), question(h @ params["V"])))
        return after(z @ params["P"]) + bias * params["b"]

    return fn


def _of_each(fn):
    """Something else made of the two sides after tanh, float[..., D] each: ``fn(params, picture, question)``."""
    return lambda params, v, h: fn(params, np.tanh(v @ params["U"]), np.tanh(h @ params["V"]))


MISTAKES = [
    Mistake(
        "sum",
        "You add the two sides. MLB multiplies them, number by number: a sum is no more than a linear layer on both.",
        _variant(join=np.add),
    ),
    Mistake(
        "sum-before-tanh",
        "This is tanh(U v + V h), one hidden layer. Each side has a tanh of its own, and then they are multiplied.",
        _variant(same, same, np.add, np.tanh),
    ),
    Mistake("difference", "You subtract one side from the other. MLB multiplies them, number by number.", _variant(join=np.subtract)),
    Mistake("larger", "You keep the larger of the two sides. MLB multiplies them, number by number.", _variant(join=np.maximum)),
    Mistake("no-tanh", "The tanh is missing: each side goes through one before they are multiplied.", _variant(same, same)),
    Mistake(
        "tanh-after-product",
        "The tanh stands around the product. Each side has its own, before they are multiplied.",
        _variant(same, same, joined=np.tanh),
    ),
    Mistake("tanh-again", "There is one tanh too many, around the product.", _variant(joined=np.tanh)),
    Mistake("tanh-on-picture-only", "The picture's side has its tanh; the question's is missing.", _variant(question=same)),
    Mistake("tanh-on-question-only", "The question's side has its tanh; the picture's is missing.", _variant(picture=same)),
    Mistake(
        "tanh-before-projection",
        "The tanh comes before U and V. Project first: tanh(U v), tanh(V h).",
        lambda params, v, h: _variant(same, same)(params, np.tanh(v), np.tanh(h)),
    ),
    Mistake("tanh-of-output", "There is a tanh around P. The output is not squashed: its numbers become logits.", _variant(after=np.tanh)),
    Mistake(
        "tanh-of-everything",
        "There is a tanh around the result. The output is not squashed: its numbers become logits.",
        lambda params, v, h: np.tanh(_variant()(params, v, h)),
    ),
    Mistake(
        "tanh-around-p-only",
        "The tanh stands around P. It belongs to each side, before they are multiplied.",
        _variant(same, same, after=np.tanh),
    ),
    Mistake(
        "softmax-of-output",
        "There is a softmax around the result. The output is not squashed: its numbers become logits.",
        lambda params, v, h: softmax(_variant()(params, v, h)),
    ),
    Mistake(
        "sigmoid-of-output",
        "There is a sigmoid around the result. The output is not squashed: its numbers become logits.",
        lambda params, v, h: sigmoid(_variant()(params, v, h)),
    ),
    Mistake(
        "tanh-of-output-only",
        "The tanh stands around the result. It belongs to each side, before they are multiplied.",
        lambda params, v, h: np.tanh(_variant(same, same)(params, v, h)),
    ),
    Mistake(
        "sigmoid", "You use a sigmoid on both sides. A tanh lets a side be negative, and turn the other's sign.", _variant(sigmoid, sigmoid)
    ),
    Mistake("relu", "You use relu on both sides. MLB squashes with tanh.", _variant(_relu, _relu)),
    Mistake("picture-as-gate", "The picture's side goes through a sigmoid. Both sides go through tanh.", _variant(picture=sigmoid)),
    Mistake("question-as-gate", "The question's side goes through a sigmoid. Both sides go through tanh.", _variant(question=sigmoid)),
    Mistake(
        "softmax-on-question",
        "The question's side goes through a softmax, as attention would. Both sides go through tanh.",
        _variant(question=softmax),
    ),
    Mistake(
        "softmax-on-picture",
        "The picture's side goes through a softmax, as attention would. Both sides go through tanh.",
        _variant(picture=softmax),
    ),
    Mistake("no-bias", "The bias b is missing: add it at the end.", _variant(bias=0.0)),
    Mistake("no-tanh-no-bias", "The tanh of each side is missing, and the bias b at the end.", _variant(same, same, bias=0.0)),
    Mistake("bias-twice", "The bias b is added twice.", _variant(bias=2.0)),
    Mistake("bias-subtracted", "The bias b is subtracted. Add it.", _variant(bias=-1.0)),
    Mistake("bias-multiplied", "You multiply by the bias b. Add it.", lambda params, v, h: _variant(bias=0.0)(params, v, h) * params["b"]),
    Mistake("picture-only", "The question is missing: this is P tanh(U v) + b.", _variant(join=lambda x, y: x)),
    Mistake("question-only", "The picture is missing: this is P tanh(V h) + b.", _variant(join=lambda x, y: y)),
    Mistake("picture-squared", "The picture is multiplied with itself, not with the question.", _variant(join=lambda x, y: x * x)),
    Mistake("question-squared", "The question is multiplied with itself, not with the picture.", _variant(join=lambda x, y: y * y)),
    Mistake(
        "picture-added",
        "You add the picture's side to the product, as a residual. MLB has the product only.",
        _variant(join=lambda x, y: x * y + x),
    ),
    Mistake(
        "question-added",
        "You add the question's side to the product, as a residual. MLB has the product only.",
        _variant(join=lambda x, y: x * y + y),
    ),
    Mistake("sum-and-product", "You add both sides to their product. MLB has the product only.", _variant(join=lambda x, y: x * y + x + y)),
    Mistake(
        "not-projected",
        "The last step is missing: multiply the product, of length D, by P and add b.",
        _of_each(lambda params, x, y: x * y),
    ),
    Mistake(
        "projected-before-product",
        "You multiply by P before the two sides meet. They meet in D numbers; P comes after.",
        _of_each(lambda params, x, y: (x @ params["P"]) * (y @ params["P"]) + params["b"]),
    ),
    Mistake(
        "layers-before-product",
        "Each side goes through P and b before they meet. They meet in D numbers; P and b come after.",
        _of_each(lambda params, x, y: (x @ params["P"] + params["b"]) * (y @ params["P"] + params["b"])),
    ),
    Mistake(
        "concatenation",
        "You put one side behind the other. MLB multiplies them, number by number.",
        _of_each(lambda params, x, y: np.concatenate([x, y], -1)),
    ),
    Mistake(
        "scalar-product",
        "You sum the product to one number, a scalar product. Keep all D of them: `x * y`, then P.",
        _of_each(lambda params, x, y: (x * y).sum(-1, keepdims=True) * params["P"].sum(0) + params["b"]),
    ),
    Mistake(
        "scalar-product-only",
        "You sum the product to one number, a scalar product. Keep all D of them: `x * y`, then P.",
        _of_each(lambda params, x, y: (x * y).sum(-1)),
    ),
    Mistake(
        "divided-by-root",
        "You divide the product by √D, as attention does with its scores. MLB does not.",
        _variant(joined=lambda z: z / np.sqrt(z.shape[-1])),
    ),
    Mistake("length-one", "You divide the product by its length. MLB leaves it.", _variant(joined=unit)),
    *axis_mistakes(_variant()),
    Mistake(
        "signed-root",
        "You take a signed square root of the product, as MCB does. MLB leaves it.",
        _variant(joined=lambda z: np.sign(z) * np.sqrt(np.abs(z))),
    ),
]


def judge(cases: list[Case], answers: list) -> Verdict:
    """Three quarters of the points for a batch of vectors, the rest for any leading axes."""
    remark = "The values differ. Look at each side by itself first: tanh(U v) and tanh(V h), D numbers each."
    return judge_values(cases, answers, _variant(), MISTAKES, returns=RETURNS, parts=[("", 0.75, remark), AXES])


EXERCISE = Exercise("01.3", "mlb_pooling", 4, pooling.mlb_pooling, cases, judge, compiled=True)
