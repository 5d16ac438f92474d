"""MUTAN, a bilinear form whose core has a low rank."""

import functools

import numpy as np

from course_utils.exercises.core import Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.fusion.poolings import AXES, RETURNS, flattened, pooling_cases
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


_SUM = "(m * n).sum(-2)"
MISTAKES = edits(
    mutan,
    ("rank-not-summed", "The R products stand side by side. Add them up (axis −2) before P.", ".sum(-2)", ""),
    (
        "rank-not-added",
        "The R products are added up, and no more: yours are averaged, multiplied, scaled, or the largest is kept.",
        "sum(-2)",
        ("mean(-2)", "max(-2)", "prod(-2)", "sum(-2) / np.sqrt(len(b_M))"),
    ),
    ("one-rank", "You use one of the R products only: does your loop add them up?", ".sum(-2)", ("[..., 0, :]", "[..., -1, :]")),
    (
        "rank-missing",
        "The first or the last of the R products is missing: `range(R)` counts from 0 to R − 1.",
        ".sum",
        ("[..., 1:, :].sum", "[..., :-1, :].sum"),
    ),
    ("summed-over-batch", "You sum over the first axis, the batch. Sum over the rank, the axis before the last (−2).", "sum(-2)", "sum(0)"),
    (
        "product-of-sums",
        "You add up over the rank first. Multiply first: a sum of R products is more than a product of two sums.",
        _SUM,
        "m.sum(-2) * n.sum(-2)",
    ),
    ("sum", "You add M_r ṽ and N_r h̃. They are multiplied, number by number.", "m + n"),
    (
        "no-biases",
        "Biases are missing: each product has one (b_U, b_V, b_M, b_N), and b stands at the end.",
        "v, h =",
        tuple(f"{b} = 0; v, h =" for b in ("b_U = b_V", "b_M = b_N", "b_U = b_V = b_M = b_N", "b_U = b_V = b_M = b_N = b")),
    ),
    ("bias-for-every-rank", "The bias b is added once for each rank. Add it once, after the sum.", "P + b", "P + len(b_M) * b"),
    (
        "core-biases-after-product",
        "b_M and b_N come after the product. Each belongs to its own side: (M_r ṽ + b_M) ∘ (N_r h̃ + b_N).",
        tuple(f"(m - b_M) * (n - b_N) + b_M {sign} b_N" for sign in "+*"),
    ),
    (
        "squashed",
        "You squash with tanh, as MLB does, or with relu. MUTAN has no nonlinearity but its products.",
        _SUM,
        (
            f"np.tanh({_SUM})",
            "(np.tanh(m) * np.tanh(n)).sum(-2)",
            "(np.maximum(m, 0) * np.maximum(n, 0)).sum(-2)",
            "((core(np.tanh(v), M) + b_M) * (core(np.tanh(h), N) + b_N)).sum(-2)",
            "((core(np.maximum(v, 0), M) + b_M) * (core(np.maximum(h, 0), N) + b_N)).sum(-2)",
        ),
    ),
    (
        "cores-mixed-up",
        "M and b_M belong to the picture, N and b_N to the question: yours have changed places, or serve both.",
        (
            "(core(v, N) + b_N) * (core(h, M) + b_M)",
            "m * (core(h, M) + b_M)",
            "m * (core(h, M) + b_N)",
            "(core(v, N) + b_N) * n",
            "(core(v, N) + b_M) * n",
        ),
    ),
    ("one-side", "ṽ or h̃ goes through both cores, and the other is not used.", ("m * (core(v, N) + b_N)", "(core(h, M) + b_M) * n")),
    (
        "cores-transposed",
        "You multiply with a core the wrong way round: M has shape (D, R, D), and its *first* axis meets ṽ; N likewise.",
        ("(core(v, M.T) + b_M) * n", "m * (core(h, N.T) + b_N)", "(core(v, M.T) + b_M) * (core(h, N.T) + b_N)"),
    ),
    (
        "cores-reshaped",
        "You reshape the cores to (R, D, D), which shuffles their numbers: move the axis (`transpose(1, 0, 2)`), or use einsum.",
        "(v, M)",
        "(v, M.reshape(len(b_M), len(M), -1).transpose(1, 0, 2))",
        "(h, N)",
        "(h, N.reshape(len(b_N), len(N), -1).transpose(1, 0, 2))",
    ),
    (
        "no-core",
        "A core is missing: ṽ goes through M_r and h̃ through N_r, for every r, before they are multiplied and added up.",
        _SUM,
        ("v * h", "(m * h[..., None, :]).sum(-2)", "(v[..., None, :] * n).sum(-2)"),
    ),
    ("not-projected", "The last step is missing: multiply the sum, of length D, by P and add b.", "z @ P + b", "z"),
    at="m * n",
) + [flattened(mutan)]
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
