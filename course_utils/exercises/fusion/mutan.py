"""MUTAN, a bilinear form whose core has a low rank."""

from __future__ import annotations

import functools

import numpy as np

from course_utils.exercises.core import Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.fusion.poolings import AXES, RETURNS, axis_mistakes, pooling_cases
from course_utils.exercises.judges import judge_values
from course_utils.models.fusion import pooling

cases = pooling_cases("mutan", 105, [(5, 4, 2, 7, 6), (3, 5, 2, 11, 4), (7, 3, 2, 5, 4), (2, 4, 6, 7, 9)])


def mutan(params, v, h):
    U, b_U, V, b_V, M, b_M, N, b_N, P, b = (params[name] for name in "U b_U V b_V M b_M N b_N P b".split())
    v, h = v @ U + b_U, h @ V + b_V
    m = core(v, M) + b_M
    n = core(h, N) + b_N
    z = (m * n).sum(-2)
    return z @ P + b


def core(x, matrices):
    """float[..., R, D], a product for every r."""
    return np.einsum("...d,drk->...rk", x, matrices)


_SUM, _B_M, _B_N = "(m * n).sum(-2)", "core(v, M) + b_M", "core(h, N) + b_N"
_PRODUCT = "core(v, M) * core(h, N)"
_CORE_BIASES = " Each belongs to its own side: (M_r ṽ + b_M) ∘ (N_r h̃ + b_N)."
_TURNED = "You multiply with {} the wrong way round: its shape is (D, R, D), and its *first* axis meets {}."
_RELU = "You cut off negative numbers with relu. MUTAN has no nonlinearity but its products."

MISTAKES = edits(
    mutan,
    ("rank-not-summed", "The R products stand side by side. Add them up (axis −2) before P.", ".sum(-2)", ""),
    ("rank-mean", "You average the R products. They are added up.", "sum(-2)", "mean(-2)"),
    ("rank-max", "You keep the largest of the R products. They are added up.", "sum(-2)", "max(-2)"),
    ("rank-product", "You multiply the R products with each other. They are added up.", "sum(-2)", "prod(-2)"),
    ("first-rank", "You use the first of the R products only. Add up all of them.", ".sum(-2)", "[..., 0, :]"),
    ("first-rank-missing", "The first of the R products is missing: ranks are counted from 0.", ".sum", "[..., 1:, :].sum"),
    ("last-rank-missing", "The last of the R products is missing: `range(R)` ends before R.", ".sum", "[..., :-1, :].sum"),
    ("summed-over-batch", "You sum over the first axis, the batch. Sum over the rank, the axis before the last (−2).", "sum(-2)", "sum(0)"),
    ("last-rank", "You use the last of the R products only: does your loop add them up?", ".sum(-2)", "[..., -1, :]"),
    (
        "product-of-sums",
        "You add up over the rank first and multiply after. Multiply first: a sum of R products is more than a product of two sums.",
        _SUM,
        "m.sum(-2) * n.sum(-2)",
    ),
    ("sum", "You add M_r ṽ and N_r h̃. They are multiplied, number by number.", "m * n", "m + n"),
    (
        "no-biases",
        "All biases inside are missing: each product has one (b_U, b_V, b_M, b_N), and b stands at the end.",
        " + b_",
        " + 0 * b_",
    ),
    ("no-biases-at-all", "All biases are missing: each product has one (b_U, b_V, b_M, b_N, b).", " + b", " + 0 * b"),
    ("no-projection-biases", "b_U and b_V are missing: ṽ = U v + b_U, h̃ = V h + b_V.", " + b_U", "", " + b_V", ""),
    ("no-core-biases", "b_M and b_N are missing: each M_r ṽ has its row of b_M.", " + b_M", "", " + b_N", ""),
    *[(f"no-{name}", f"The bias {name} is missing.", f" + {name}", "") for name in ("b_U", "b_V", "b_M", "b_N")],
    ("no-b", "The bias b is missing.", "P + b", "P"),
    ("bias-for-every-rank", "The bias b is added once for each rank. Add it once, after the sum.", "P + b", "P + len(b_M) * b"),
    ("bias-twice", "The bias b is added twice.", "P + b", "P + 2 * b"),
    ("core-biases-after-product", f"You add b_M and b_N after the product.{_CORE_BIASES}", "m * n", f"{_PRODUCT} + b_M + b_N"),
    ("core-biases-multiplied", f"You multiply the biases with each other and add that.{_CORE_BIASES}", "m * n", f"{_PRODUCT} + b_M * b_N"),
    (
        "tanh-on-projections",
        "You squash ṽ and h̃ with tanh, as MLB does. MUTAN has no tanh.",
        "v @ U + b_U, h @ V + b_V",
        "np.tanh(v @ U + b_U), np.tanh(h @ V + b_V)",
    ),
    ("tanh-in-the-core", "You squash M_r ṽ and N_r h̃ with tanh. MUTAN has no tanh.", "m * n", "np.tanh(m) * np.tanh(n)"),
    ("tanh-of-the-sum", "You squash the sum with tanh. MUTAN has no tanh.", "z @", "np.tanh(z) @"),
    (
        "tanh-everywhere",
        "You squash after every product. MUTAN has no tanh.",
        "core(v",
        "core(np.tanh(v)",
        "core(h",
        "core(np.tanh(h)",
        "m * n",
        "np.tanh(m) * np.tanh(n)",
    ),
    ("relu", _RELU, "core(v", "core(np.maximum(v, 0)", "core(h", "core(np.maximum(h, 0)"),
    ("relu-in-the-core", _RELU, "m * n", "np.maximum(m, 0) * np.maximum(n, 0)"),
    (
        "cores-exchanged",
        "M and N have changed places: M belongs to the picture, N to the question.",
        _B_M,
        "core(v, N) + b_N",
        _B_N,
        "core(h, M) + b_M",
    ),
    (
        "core-matrices-exchanged",
        "The matrices M and N have changed places, and their biases have not.",
        "(v, M)",
        "(v, N)",
        "(h, N)",
        "(h, M)",
    ),
    ("core-biases-exchanged", "The biases b_M and b_N have changed places.", _B_M, "core(v, M) + b_N", _B_N, "core(h, N) + b_M"),
    ("projection-biases-exchanged", "The biases b_U and b_V have changed places.", "U + b_U", "U + b_V", "V + b_V", "V + b_U"),
    ("picture-core-twice", "You use M for the question too. It has its own, N.", _B_N, "core(h, M) + b_M"),
    ("question-core-twice", "You use N for the picture too. It has its own, M.", _B_M, "core(v, N) + b_N"),
    ("picture-matrix-twice", "You use M for the question too, with b_N. The question has its own, N.", "(h, N)", "(h, M)"),
    ("question-matrix-twice", "You use N for the picture too, with b_M. The picture has its own, M.", "(v, M)", "(v, N)"),
    ("picture-twice", "ṽ goes through both cores: h is not used.", "(h, N)", "(v, N)"),
    ("question-twice", "h̃ goes through both cores: v is not used.", "(v, M)", "(h, M)"),
    ("M-transposed", _TURNED.format("M", "ṽ"), "(v, M)", "(v, M.T)"),
    ("N-transposed", _TURNED.format("N", "h̃"), "(h, N)", "(h, N.T)"),
    (
        "cores-transposed",
        "You multiply with the cores the wrong way round: M has shape (D, R, D), and its *first* axis meets ṽ.",
        "(v, M)",
        "(v, M.T)",
        "(h, N)",
        "(h, N.T)",
    ),
    (
        "cores-reshaped",
        "You reshape the cores to (R, D, D). That shuffles their numbers: move the axis (`transpose(1, 0, 2)`), or use einsum.",
        "(v, M)",
        "(v, M.reshape(len(b_M), len(M), -1).transpose(1, 0, 2))",
        "(h, N)",
        "(h, N.reshape(len(b_N), len(N), -1).transpose(1, 0, 2))",
    ),
    ("no-core", "The core is missing: this is ṽ ∘ h̃. Multiply M_r ṽ and N_r h̃ for every r, and add up.", _SUM, "v * h"),
    ("core-of-picture-only", "The question's core is missing: h̃ goes through N_r before it is multiplied.", "m * n", "m * h[..., None, :]"),
    ("core-of-question-only", "The picture's core is missing: ṽ goes through M_r before it is multiplied.", "m * n", "v[..., None, :] * n"),
    ("not-projected", "The last step is missing: multiply the sum, of length D, by P and add b.", "z @ P + b", "z"),
    ("divided-by-root", "You divide the sum by √R. MUTAN does not.", "sum(-2)", "sum(-2) / np.sqrt(len(b_M))"),
) + axis_mistakes(mutan)
REMARK = "The values differ. Look at M_r ṽ and N_r h̃ for one r first, D numbers each."

EXERCISE = Exercise(
    "01.5",
    "mutan_pooling",
    2,
    pooling.mutan_pooling,
    cases,
    functools.partial(judge_values, reference=mutan, mistakes=MISTAKES, returns=RETURNS, parts=[("", 0.75, REMARK), AXES]),
    compiled=True,
)
