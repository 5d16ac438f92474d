"""The full bilinear form, and what it costs."""

from __future__ import annotations

import math

import numpy as np

from course_utils.exercises.arrays import same
from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.fusion.poolings import AXES, RETURNS, axis_mistakes, pooling_cases
from course_utils.exercises.judges import Output, judge_outputs
from course_utils.models.fusion import pooling

cases = pooling_cases("bilinear", 106, [(5, 4, 2), (3, 11, 5), (7, 3, 4), (2, 4, 7)])


def bilinear_pooling(params, v, h):
    """vᵀ T_k h + b_k for every output k, and how many numbers are learned: float32[..., D_out], int."""
    return pooling.bilinear_pooling(params, v, h), params["T"].size + params["b"].size


def _form(tensor, v, h):
    return np.einsum("...i,...j,ijk->...k", v, h, tensor)


def _reference(params, v, h):
    return _form(params["T"], v, h) + params["b"], params["T"].size + params["b"].size


def _variant(tensor=same, after=same, bias=1.0):
    """The bilinear form with some of its pieces exchanged."""
    return lambda params, v, h: after(_form(tensor(params["T"]), v, h)) + bias * params["b"]


def _common(v, h):
    """Both vectors cut to the length of the shorter."""
    d = min(v.shape[-1], h.shape[-1])
    return v[..., :d], h[..., :d], d


def _diagonal(params, v, h):
    v, h, d = _common(v, h)
    return np.einsum("...i,...i,iik->...k", v, h, params["T"][:d, :d]) + params["b"]


FORM_MISTAKES = [
    Mistake("no-bias", "The bias b is missing: b_k stands at the end of each output.", _variant(bias=0.0)),
    Mistake("bias-twice", "The bias b is added twice.", _variant(bias=2.0)),
    Mistake("bias-subtracted", "The bias b is subtracted. Add it.", _variant(bias=-1.0)),
    Mistake(
        "bias-for-every-pair",
        "The bias stands inside the sum, so that it is added once for each pair of features. Add it once, at the end.",
        lambda params, v, h: _form(params["T"], v, h) + v.shape[-1] * h.shape[-1] * params["b"],
    ),
    Mistake(
        "diagonal",
        "You multiply feature i of v with feature i of h only. Every feature meets every other: that is what T is large for.",
        _diagonal,
    ),
    Mistake(
        "outer-product",
        "This is the outer product of v and h. Weigh its numbers with T, and add them up for every output.",
        lambda params, v, h: v[..., :, None] * h[..., None, :],
    ),
    Mistake(
        "outer-product-in-a-row",
        "This is the outer product of v and h. Weigh its numbers with T, and add them up for every output.",
        lambda params, v, h: (v[..., :, None] * h[..., None, :]).reshape(*v.shape[:-1], -1),
    ),
    Mistake(
        "flattened-the-other-way",
        "The axes of v and h are mixed up in T: flatten outer product and T in one order (v first), and turn T with `transpose`, never `reshape`.",
        lambda params, v, h: (
            (h[..., :, None] * v[..., None, :]).reshape(*v.shape[:-1], -1) @ params["T"].reshape(-1, params["T"].shape[-1]) + params["b"]
        ),
    ),
    Mistake(
        "reshaped",
        "You reshape T where its axes have to move: `reshape` shuffles its numbers. Flatten to (D_v · D_h, D_out), or use einsum.",
        _variant(lambda t: np.moveaxis(t.reshape(t.shape[-1], *t.shape[:-1]), 0, -1)),
    ),
    Mistake(
        "picture-only",
        "The question is missing: v meets T, h does not.",
        lambda params, v, h: _form(params["T"], v, np.ones_like(h)) + params["b"],
    ),
    Mistake(
        "question-only",
        "The picture is missing: h meets T, v does not.",
        lambda params, v, h: _form(params["T"], np.ones_like(v), h) + params["b"],
    ),
    Mistake(
        "sum",
        "You add v_i and h_j. A bilinear form multiplies them.",
        lambda params, v, h: _form(params["T"], v, np.ones_like(h)) + _form(params["T"], np.ones_like(v), h) + params["b"],
    ),
    Mistake(
        "mean",
        "You average over the pairs of features. Add them up.",
        lambda params, v, h: _form(params["T"], v, h) / (v.shape[-1] * h.shape[-1]) + params["b"],
    ),
    Mistake(
        "sums-multiplied",
        "You add up v, h and T each by itself and multiply the sums. Multiply v_i, h_j and T_ijk first, then add up over i and j.",
        lambda params, v, h: v.sum(-1, keepdims=True) * h.sum(-1, keepdims=True) * params["T"].sum((0, 1)) + params["b"],
    ),
    Mistake(
        "divided-by-root",
        "You divide by a square root, as attention does with its scores. A bilinear form does not.",
        _variant(lambda t: t / np.sqrt(t.shape[0] * t.shape[1])),
    ),
    Mistake(
        "all-pairs-of-the-batch",
        "You combine every v of the batch with every h. Each v meets its own h: in einsum both need the same letter, or `...`.",
        lambda params, v, h: np.einsum("...i,cj,ijk->...ck", v, h.reshape(-1, h.shape[-1]), params["T"]) + params["b"],
    ),
    Mistake(
        "batch-summed",
        "You add up over the pairs of v and h. Each pair keeps a vector of its own: shape (…, D_out).",
        lambda params, v, h: _form(params["T"], v, h).reshape(-1, params["b"].size).sum(0) + params["b"],
    ),
    *axis_mistakes(_variant()),
    Mistake("tanh", "You squash the output with tanh. A bilinear form has none.", _variant(after=np.tanh)),
    Mistake(
        "tanh-of-all", "You squash the output with tanh. A bilinear form has none.", lambda params, v, h: np.tanh(_variant()(params, v, h))
    ),
    Mistake(
        "tanh-on-both",
        "You squash v and h with tanh, as MLB does. A bilinear form takes them as they are.",
        lambda params, v, h: _variant()(params, np.tanh(v), np.tanh(h)),
    ),
    Mistake(
        "all-outputs-summed",
        "You add up over the outputs too. Keep a number for each k, shape (…, D_out).",
        lambda params, v, h: _variant()(params, v, h).sum(-1),
    ),
]


def _of_sizes(fn):
    """A mistake in the count: ``fn(D_v, D_h, D_out)``."""
    return lambda params, v, h: fn(*params["T"].shape)


COUNT_MISTAKES = [
    Mistake("no-bias-counted", "The numbers of b are learned too: add D_out.", _of_sizes(lambda i, j, k: i * j * k)),
    Mistake(
        "sum-of-sizes",
        "You add up the sizes of T's axes. T has D_v · D_h · D_out numbers: that is what makes it expensive.",
        _of_sizes(lambda i, j, k: i + j + k),
    ),
    Mistake(
        "sum-of-all-sizes",
        "You add up the sizes of the axes. T has D_v · D_h · D_out numbers, b has D_out.",
        _of_sizes(lambda i, j, k: i + j + 2 * k),
    ),
    Mistake(
        "one-output",
        "You count the weights of one output. Each of the D_out outputs has a table of its own.",
        _of_sizes(lambda i, j, k: i * j),
    ),
    Mistake(
        "one-output-and-bias",
        "You count one table of weights, and all biases. Each of the D_out outputs has a table of its own.",
        _of_sizes(lambda i, j, k: i * j + k),
    ),
    Mistake(
        "one-output-one-bias",
        "You count one output. There are D_out of them, each with a table and a bias of its own.",
        _of_sizes(lambda i, j, k: i * j + 1),
    ),
    Mistake("one-bias", "You count one bias. There are D_out of them.", _of_sizes(lambda i, j, k: i * j * k + 1)),
    Mistake(
        "like-a-linear-layer",
        "This is the count of a linear layer on [v; h]. Here every *pair* of features has its weight: D_v · D_h of them.",
        _of_sizes(lambda i, j, k: (i + j) * k + k),
    ),
    Mistake(
        "like-a-linear-layer-no-bias",
        "This is the count of a linear layer on [v; h]. Here every *pair* of features has its weight: D_v · D_h of them.",
        _of_sizes(lambda i, j, k: (i + j) * k),
    ),
    Mistake("biases-multiplied", "You multiply by the size of b. Its numbers are added.", _of_sizes(lambda i, j, k: i * j * k * k)),
    Mistake("arrays", "You count the arrays. Count the numbers in them: `.size`.", _of_sizes(lambda i, j, k: 2)),
    Mistake("first-axes", "You count the rows (`len`). Count all numbers: `.size`.", _of_sizes(lambda i, j, k: i + k)),
    Mistake("bytes", "You count bytes. Count the numbers: each has four bytes.", _of_sizes(lambda i, j, k: 4 * (i * j * k + k))),
    Mistake(
        "inputs-counted",
        "v and h are inputs, they are not learned: count T and b only.",
        lambda params, v, h: params["T"].size + params["b"].size + v.size + h.size,
    ),
    Mistake(
        "once-per-pair",
        "You multiply by the number of pairs of v and h. All of them share the same parameters.",
        lambda params, v, h: math.prod(v.shape[:-1]) * (params["T"].size + params["b"].size),
    ),
    Mistake(
        "outputs-counted",
        "You count what comes out. Count what is learned: the numbers of T and b.",
        lambda params, v, h: math.prod(v.shape[:-1]) * params["b"].size,
    ),
]


def _off(case, expected, got):
    if got != expected:
        return f"T has {case.args[0]['T'].size} numbers here and b {case.args[0]['b'].size}; yours is {got:g}.", "miscounted"


AXES_OF_COUNT = ("axes", 0.25, "Right for a batch [B], wrong for other leading axes: the parameters are always the same.")


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for the form, half for the count."""
    remark = "The values differ. One output by hand: T[:, :, k] is a table; put v to its left and h to its right."
    return judge_outputs(
        cases,
        answers,
        _reference,
        [
            Output("z", 0, 0.5, RETURNS, FORM_MISTAKES, parts=[("", 0.75, remark), AXES]),
            Output("count", 1, 0.5, "one whole number", COUNT_MISTAKES, [_off], parts=[("", 0.75, ""), AXES_OF_COUNT]),
        ],
    )


EXERCISE = Exercise("01.6", "bilinear_pooling", 2, bilinear_pooling, cases, judge, compiled=True)
