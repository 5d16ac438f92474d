"""The full bilinear form, and what it costs."""

from __future__ import annotations

import functools

import numpy as np

from course_utils.exercises.core import Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.fusion.poolings import AXES, RETURNS, axis_mistakes, pooling_cases
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.models.fusion import pooling

cases = pooling_cases("bilinear", 106, [(5, 4, 2), (3, 11, 5), (7, 3, 4), (2, 4, 7)])


def bilinear_pooling(params, v, h):
    """vᵀ T_k h + b_k for every output k, and how many numbers are learned: float32[..., D_out], int."""
    return pooling.bilinear_pooling(params, v, h), params["T"].size + params["b"].size


def bilinear(params, v, h):
    T, b = params["T"], params["b"]
    z = np.einsum("...i,...j,ijk->...k", v, h, T)
    count = T.size + b.size
    return z + b, count


_FORM, _COUNT, _SIZES = 'np.einsum("...i,...j,ijk->...k", v, h, T)', "T.size + b.size", "v.shape[-1] * h.shape[-1]"
_OUTER = "v[..., :, None] * h[..., None, :]"
_OUTER_PRODUCT = "This is the outer product of v and h. Weigh its numbers with T, and add them up for every output."
_TANH = "You squash the output with tanh. A bilinear form has none."
_LINEAR = "This is the count of a linear layer on [v; h]. Here every *pair* of features has its weight: D_v · D_h of them."

FORM_MISTAKES = edits(
    bilinear,
    ("no-bias", "The bias b is missing: b_k stands at the end of each output.", "z + b", "z"),
    ("bias-twice", "The bias b is added twice.", "z + b", "z + 2 * b"),
    ("bias-subtracted", "The bias b is subtracted. Add it.", "z + b", "z - b"),
    (
        "bias-for-every-pair",
        "The bias stands inside the sum, so that it is added once for each pair of features. Add it once, at the end.",
        "z + b",
        f"z + {_SIZES} * b",
    ),
    (
        "diagonal",
        "You multiply feature i of v with feature i of h only. Every feature meets every other: that is what T is large for.",
        "v, h, T",
        "v, h, T * np.eye(*T.shape[:2])[..., None]",
    ),
    ("outer-product", _OUTER_PRODUCT, "z + b", _OUTER),
    ("outer-product-in-a-row", _OUTER_PRODUCT, "z + b", f"({_OUTER}).reshape(*v.shape[:-1], -1)"),
    (
        "flattened-the-other-way",
        "The axes of v and h are mixed up in T: flatten outer product and T in one order (v first), and turn T with `transpose`, never `reshape`.",
        "v, h, T",
        "v, h, T.reshape(h.shape[-1], v.shape[-1], -1).swapaxes(0, 1)",
    ),
    (
        "reshaped",
        "You reshape T where its axes have to move: `reshape` shuffles its numbers. Flatten to (D_v · D_h, D_out), or use einsum.",
        "v, h, T",
        "v, h, np.moveaxis(T.reshape(len(b), *T.shape[:-1]), 0, -1)",
    ),
    ("picture-only", "The question is missing: v meets T, h does not.", "v, h, T", "v, np.ones_like(h), T"),
    ("question-only", "The picture is missing: h meets T, v does not.", "v, h, T", "np.ones_like(v), h, T"),
    ("sum", "You add v_i and h_j. A bilinear form multiplies them.", _FORM, "v @ T.sum(1) + h @ T.sum(0)"),
    ("mean", "You average over the pairs of features. Add them up.", "z +", f"z / ({_SIZES}) +"),
    (
        "sums-multiplied",
        "You add up v, h and T each by itself and multiply the sums. Multiply v_i, h_j and T_ijk first, then add up over i and j.",
        _FORM,
        "v.sum(-1, keepdims=True) * h.sum(-1, keepdims=True) * T.sum((0, 1))",
    ),
    (
        "divided-by-root",
        "You divide by a square root, as attention does with its scores. A bilinear form does not.",
        "z +",
        f"z / np.sqrt({_SIZES}) +",
    ),
    (
        "all-pairs-of-the-batch",
        "You combine every v of the batch with every h. Each v meets its own h: in einsum both need the same letter, or `...`.",
        _FORM,
        'np.einsum("...i,cj,ijk->...ck", v, h.reshape(-1, h.shape[-1]), T)',
    ),
    (
        "batch-summed",
        "You add up over the pairs of v and h. Each pair keeps a vector of its own: shape (…, D_out).",
        "z +",
        "z.reshape(-1, len(b)).sum(0) +",
    ),
    ("tanh", _TANH, "z +", "np.tanh(z) +"),
    ("tanh-of-all", _TANH, "z + b", "np.tanh(z + b)"),
    (
        "tanh-on-both",
        "You squash v and h with tanh, as MLB does. A bilinear form takes them as they are.",
        "v, h, T",
        "np.tanh(v), np.tanh(h), T",
    ),
    ("all-outputs-summed", "You add up over the outputs too. Keep a number for each k, shape (…, D_out).", "z + b", "(z + b).sum(-1)"),
)

COUNT_MISTAKES = edits(
    bilinear,
    ("no-bias-counted", "The numbers of b are learned too: add D_out.", _COUNT, "T.size"),
    (
        "sum-of-sizes",
        "You add up the sizes of T's axes. T has D_v · D_h · D_out numbers: that is what makes it expensive.",
        _COUNT,
        "sum(T.shape)",
    ),
    ("sum-of-all-sizes", "You add up the sizes of the axes. T has D_v · D_h · D_out numbers, b has D_out.", "T.size", "sum(T.shape)"),
    ("one-output", "You count the weights of one output. Each of the D_out outputs has a table of its own.", _COUNT, _SIZES),
    (
        "one-output-and-bias",
        "You count one table of weights, and all biases. Each of the D_out outputs has a table of its own.",
        "T.size",
        _SIZES,
    ),
    (
        "one-output-one-bias",
        "You count one output. There are D_out of them, each with a table and a bias of its own.",
        _COUNT,
        f"{_SIZES} + 1",
    ),
    ("one-bias", "You count one bias. There are D_out of them.", "b.size", "1"),
    ("like-a-linear-layer", _LINEAR, "T.size", "sum(T.shape[:2]) * b.size"),
    ("like-a-linear-layer-no-bias", _LINEAR, _COUNT, "sum(T.shape[:2]) * b.size"),
    ("biases-multiplied", "You multiply by the size of b. Its numbers are added.", "size +", "size *"),
    ("arrays", "You count the arrays. Count the numbers in them: `.size`.", _COUNT, "len(params)"),
    ("first-axes", "You count the rows (`len`). Count all numbers: `.size`.", _COUNT, "len(T) + len(b)"),
    ("bytes", "You count bytes. Count the numbers: each has four bytes.", "size", "nbytes"),
    ("inputs-counted", "v and h are inputs, they are not learned: count T and b only.", _COUNT, f"{_COUNT} + v.size + h.size"),
    (
        "once-per-pair",
        "You multiply by the number of pairs of v and h. All of them share the same parameters.",
        _COUNT,
        f"({_COUNT}) * v.size // v.shape[-1]",
    ),
    ("outputs-counted", "You count what comes out. Count what is learned: the numbers of T and b.", _COUNT, "z.size"),
)


def _off(case, expected, got):
    if got != expected:
        return f"T has {case.args[0]['T'].size} numbers here and b {case.args[0]['b'].size}; yours is {got:g}.", "miscounted"


AXES_OF_COUNT = ("axes", 0.25, "Right for a batch [B], wrong for other leading axes: the parameters are always the same.")


REMARK = "The values differ. One output by hand: T[:, :, k] is a table; put v to its left and h to its right."
FORM = of_output(0, FORM_MISTAKES) + axis_mistakes(lambda params, v, h: bilinear(params, v, h)[0])
OUTPUTS = [
    Output("z", 0, 0.5, RETURNS, FORM, parts=[("", 0.75, REMARK), AXES]),
    Output("count", 1, 0.5, "one whole number", of_output(1, COUNT_MISTAKES), [_off], parts=[("", 0.75, ""), AXES_OF_COUNT]),
]

EXERCISE = Exercise(
    "01.6",
    "bilinear_pooling",
    2,
    bilinear_pooling,
    cases,
    functools.partial(judge_outputs, reference=bilinear, outputs=OUTPUTS),
    compiled=True,
)
