"""The full bilinear form, and what it costs."""

import functools

import numpy as np

from course_utils.exercises.core import Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.fusion.poolings import AXES, RETURNS, flattened, pooling_cases
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

FORM_MISTAKES = edits(
    bilinear,
    (
        "bias-not-added-once",
        "The bias b is added once, at the end: not twice, not inside the sum over pairs of features, not subtracted.",
        ("z + 2 * b", f"z + {_SIZES} * b", "z - b"),
    ),
    (
        "diagonal",
        "You multiply feature i of v with feature i of h only. Every feature meets every other: that is what T is large for.",
        "v, h, T",
        "v, h, T * np.eye(*T.shape[:2])[..., None]",
    ),
    (
        "outer-product",
        "This is the outer product of v and h. Weigh its numbers with T, and add them up for every output.",
        (_OUTER, f"({_OUTER}).reshape(*v.shape[:-1], -1)"),
    ),
    (
        "axes-of-T",
        "The axes of T are mixed up. Flatten T and the outer product in one order, v first; `transpose` moves axes, `reshape` shuffles.",
        "v, h, T",
        ("v, h, T.reshape(h.shape[-1], v.shape[-1], -1).swapaxes(0, 1)", "v, h, np.moveaxis(T.reshape(len(b), *T.shape[:-1]), 0, -1)"),
    ),
    ("sum", "You add v_i and h_j. A bilinear form multiplies them.", _FORM, "v @ T.sum(1) + h @ T.sum(0)"),
    (
        "rescaled",
        "You divide the sum over the pairs of features, by their number or its root. A bilinear form does not.",
        "z +",
        (f"z / ({_SIZES}) +", f"z / np.sqrt({_SIZES}) +"),
    ),
    (
        "sums-multiplied",
        "You add up v, h and T each by itself. Multiply v_i, h_j and T_ijk first, then add up over i and j.",
        _FORM,
        "v.sum(-1, keepdims=True) * h.sum(-1, keepdims=True) * T.sum((0, 1))",
    ),
    (
        "all-pairs-of-the-batch",
        "You combine every v of the batch with every h. Each v meets its own h: in einsum both need the same letter, or `...`.",
        _FORM,
        'np.einsum("...i,cj,ijk->...ck", v, h.reshape(-1, h.shape[-1]), T)',
    ),
    (
        "tanh",
        "You squash with tanh, as MLB does. A bilinear form has none.",
        ("np.tanh(z) + b", "np.tanh(z + b)", _FORM.replace("v, h", "np.tanh(v), np.tanh(h)") + " + b"),
    ),
    at="z + b",
)

COUNT_MISTAKES = edits(
    bilinear,
    ("no-bias-counted", "The numbers of b are learned too: add D_out.", "T.size"),
    (
        "sum-of-sizes",
        "You add up the sizes of T's axes. T has D_v · D_h · D_out numbers: that is what makes it expensive.",
        ("sum(T.shape)", "sum(T.shape) + b.size"),
    ),
    (
        "one-output",
        "You count the weights of one output. Each of the D_out outputs has a table, and a bias, of its own.",
        (_SIZES, f"{_SIZES} + b.size", f"{_SIZES} + 1"),
    ),
    ("one-bias", "You count one bias. There are D_out of them.", "b.size", "1"),
    (
        "like-a-linear-layer",
        "This is the count of a linear layer on [v; h]. Here every *pair* of features has its weight: D_v · D_h of them.",
        ("sum(T.shape[:2]) * b.size + b.size", "sum(T.shape[:2]) * b.size"),
    ),
    (
        "once-per-pair",
        "You multiply by the number of pairs of v and h. All of them share the same parameters.",
        f"({_COUNT}) * v.size // v.shape[-1]",
    ),
    ("inputs-counted", "v and h are inputs, they are not learned: count T and b only.", f"{_COUNT} + v.size + h.size"),
    ("arrays", "Count the numbers in T and b, with `.size`: `len` counts arrays, or rows.", ("len(params)", "len(T) + len(b)")),
    at=_COUNT,
)


def _off(case, expected, got):
    if got != expected:
        return f"T has {case.args[0]['T'].size} numbers here and b {case.args[0]['b'].size}; yours is {got:g}.", "miscounted"


REMARK = "The values differ. One output by hand: T[:, :, k] is a table; put v to its left and h to its right."
SAME = ("axes", 0.25, "Right for a batch [B], wrong for other leading axes: the parameters are always the same.")
OUTPUTS = [
    Output("z", 0, 0.5, RETURNS, of_output(0, [*FORM_MISTAKES, flattened(bilinear)]), parts=[("", 0.75, REMARK), AXES]),
    Output("count", 1, 0.5, "one whole number", of_output(1, COUNT_MISTAKES), [_off], parts=[("", 0.75, ""), SAME]),
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
