"""MUTAN, a bilinear form whose core has a low rank."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import same
from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.fusion.poolings import AXES, RETURNS, axis_mistakes, pooling_cases
from course_utils.exercises.judges import judge_values
from course_utils.models.fusion import pooling

cases = pooling_cases("mutan", 105, [(5, 4, 2, 7, 6), (3, 5, 2, 11, 4), (7, 3, 2, 5, 4), (2, 4, 6, 7, 9)])


def _variant(join=np.multiply, over_rank=lambda z: z.sum(-2), side=same, inside=same, joined=same, without=(), **renamed):
    """MUTAN with some of its pieces exchanged; ``without`` names biases left out, ``M="N"`` puts N in M's place."""

    def fn(params, v, h):
        p = dict(params) | {name: params[other] for name, other in renamed.items()}
        p |= {name: np.zeros_like(p[name]) for name in without}
        v, h = side(v @ p["U"] + p["b_U"]), side(h @ p["V"] + p["b_V"])
        m = inside(np.einsum("...d,drk->...rk", v, p["M"]) + p["b_M"])
        n = inside(np.einsum("...d,drk->...rk", h, p["N"]) + p["b_N"])
        return joined(over_rank(join(m, n))) @ p["P"] + p["b"]

    return fn


def _of_cores(fn):
    """The two cores changed by ``fn`` before they are used."""
    return lambda params, v, h: _variant()({**params, "M": fn(params["M"]), "N": fn(params["N"])}, v, h)


def _with_cores(fn):
    """Something else made of the four parts of the core: ``fn(M_r ṽ, b_M, N_r h̃, b_N)``, summed over the rank."""

    def over_rank(p, v, h):
        zeros = np.zeros_like(p["b_M"])
        return fn(_core(v, p["M"], zeros), p["b_M"], _core(h, p["N"], zeros), p["b_N"]).sum(-2)

    return _of_projections(over_rank)


def _of_projections(fn):
    """Something else made of the two projections, float[..., D] each: ``fn(params, ṽ, h̃)``, before P and b."""
    return lambda params, v, h: fn(params, v @ params["U"] + params["b_U"], h @ params["V"] + params["b_V"]) @ params["P"] + params["b"]


def _core(x, matrix, bias):
    return np.einsum("...d,drk->...rk", x, matrix) + bias


def _product_of_sums(p, v, h):
    return _core(v, p["M"], p["b_M"]).sum(-2) * _core(h, p["N"], p["b_N"]).sum(-2)


MISTAKES = [
    Mistake("rank-not-summed", "The R products stand side by side. Add them up (axis −2) before P.", _variant(over_rank=same)),
    Mistake("rank-mean", "You average the R products. They are added up.", _variant(over_rank=lambda z: z.mean(-2))),
    Mistake("rank-max", "You keep the largest of the R products. They are added up.", _variant(over_rank=lambda z: z.max(-2))),
    Mistake("rank-product", "You multiply the R products with each other. They are added up.", _variant(over_rank=lambda z: z.prod(-2))),
    Mistake("first-rank", "You use the first of the R products only. Add up all of them.", _variant(over_rank=lambda z: z[..., 0, :])),
    Mistake(
        "first-rank-missing",
        "The first of the R products is missing: ranks are counted from 0.",
        _variant(over_rank=lambda z: z[..., 1:, :].sum(-2)),
    ),
    Mistake(
        "last-rank-missing",
        "The last of the R products is missing: `range(R)` ends before R.",
        _variant(over_rank=lambda z: z[..., :-1, :].sum(-2)),
    ),
    Mistake(
        "summed-over-batch",
        "You sum over the first axis, the batch. Sum over the rank, the axis before the last (−2).",
        _variant(over_rank=lambda z: z.sum(0)),
    ),
    Mistake(
        "last-rank", "You use the last of the R products only: does your loop add them up?", _variant(over_rank=lambda z: z[..., -1, :])
    ),
    Mistake(
        "product-of-sums",
        "You add up over the rank first and multiply after. Multiply first: a sum of R products is more than a product of two sums.",
        _of_projections(_product_of_sums),
    ),
    Mistake("sum", "You add M_r ṽ and N_r h̃. They are multiplied, number by number.", _variant(join=np.add)),
    Mistake(
        "no-biases",
        "All biases inside are missing: each product has one (b_U, b_V, b_M, b_N), and b stands at the end.",
        _variant(without=("b_U", "b_V", "b_M", "b_N")),
    ),
    Mistake(
        "no-biases-at-all",
        "All biases are missing: each product has one (b_U, b_V, b_M, b_N, b).",
        _variant(without=("b_U", "b_V", "b_M", "b_N", "b")),
    ),
    Mistake("no-projection-biases", "b_U and b_V are missing: ṽ = U v + b_U, h̃ = V h + b_V.", _variant(without=("b_U", "b_V"))),
    Mistake("no-core-biases", "b_M and b_N are missing: each M_r ṽ has its row of b_M.", _variant(without=("b_M", "b_N"))),
    *[Mistake(f"no-{name}", f"The bias {name} is missing.", _variant(without=(name,))) for name in ("b_U", "b_V", "b_M", "b_N", "b")],
    Mistake(
        "bias-for-every-rank",
        "The bias b is added once for each rank. Add it once, after the sum.",
        lambda params, v, h: _variant()({**params, "b": params["b"] * params["M"].shape[1]}, v, h),
    ),
    Mistake("bias-twice", "The bias b is added twice.", lambda params, v, h: _variant()({**params, "b": 2 * params["b"]}, v, h)),
    Mistake(
        "core-biases-after-product",
        "You add b_M and b_N after the product. Each belongs to its own side: (M_r ṽ + b_M) ∘ (N_r h̃ + b_N).",
        _with_cores(lambda m, b_m, n, b_n: m * n + b_m + b_n),
    ),
    Mistake(
        "core-biases-multiplied",
        "You multiply the biases with each other and add that. Each belongs to its own side: (M_r ṽ + b_M) ∘ (N_r h̃ + b_N).",
        _with_cores(lambda m, b_m, n, b_n: m * n + b_m * b_n),
    ),
    Mistake("tanh-on-projections", "You squash ṽ and h̃ with tanh, as MLB does. MUTAN has no tanh.", _variant(side=np.tanh)),
    Mistake("tanh-in-the-core", "You squash M_r ṽ and N_r h̃ with tanh. MUTAN has no tanh.", _variant(inside=np.tanh)),
    Mistake("tanh-of-the-sum", "You squash the sum with tanh. MUTAN has no tanh.", _variant(joined=np.tanh)),
    Mistake("tanh-everywhere", "You squash after every product. MUTAN has no tanh.", _variant(side=np.tanh, inside=np.tanh)),
    Mistake(
        "relu",
        "You cut off negative numbers with relu. MUTAN has no nonlinearity but its products.",
        _variant(side=lambda x: np.maximum(x, 0)),
    ),
    Mistake(
        "relu-in-the-core",
        "You cut off negative numbers with relu. MUTAN has no nonlinearity but its products.",
        _variant(inside=lambda x: np.maximum(x, 0)),
    ),
    Mistake(
        "cores-exchanged",
        "M and N have changed places: M belongs to the picture, N to the question.",
        _variant(M="N", N="M", b_M="b_N", b_N="b_M"),
    ),
    Mistake("core-matrices-exchanged", "The matrices M and N have changed places, and their biases have not.", _variant(M="N", N="M")),
    Mistake("core-biases-exchanged", "The biases b_M and b_N have changed places.", _variant(b_M="b_N", b_N="b_M")),
    Mistake("projection-biases-exchanged", "The biases b_U and b_V have changed places.", _variant(b_U="b_V", b_V="b_U")),
    Mistake("picture-core-twice", "You use M for the question too. It has its own, N.", _variant(N="M", b_N="b_M")),
    Mistake("question-core-twice", "You use N for the picture too. It has its own, M.", _variant(M="N", b_M="b_N")),
    Mistake("picture-matrix-twice", "You use M for the question too, with b_N. The question has its own, N.", _variant(N="M")),
    Mistake("question-matrix-twice", "You use N for the picture too, with b_M. The picture has its own, M.", _variant(M="N")),
    Mistake(
        "picture-twice",
        "ṽ goes through both cores: h is not used.",
        _of_projections(lambda p, v, h: (_core(v, p["M"], p["b_M"]) * _core(v, p["N"], p["b_N"])).sum(-2)),
    ),
    Mistake(
        "question-twice",
        "h̃ goes through both cores: v is not used.",
        _of_projections(lambda p, v, h: (_core(h, p["M"], p["b_M"]) * _core(h, p["N"], p["b_N"])).sum(-2)),
    ),
    *[
        Mistake(
            f"{name}-transposed",
            f"You multiply with {name} the wrong way round: its shape is (D, R, D), and its *first* axis meets {side}.",
            lambda params, v, h, name=name: _variant()({**params, name: params[name].transpose(2, 1, 0)}, v, h),
        )
        for name, side in (("M", "ṽ"), ("N", "h̃"))
    ],
    Mistake(
        "cores-transposed",
        "You multiply with the cores the wrong way round: M has shape (D, R, D), and its *first* axis meets ṽ.",
        _of_cores(lambda core: core.transpose(2, 1, 0)),
    ),
    Mistake(
        "cores-reshaped",
        "You reshape the cores to (R, D, D). That shuffles their numbers: move the axis (`transpose(1, 0, 2)`), or use einsum.",
        _of_cores(lambda core: core.reshape(core.shape[1], core.shape[0], -1).transpose(1, 0, 2)),
    ),
    Mistake(
        "no-core",
        "The core is missing: this is ṽ ∘ h̃. Multiply M_r ṽ and N_r h̃ for every r, and add up.",
        _of_projections(lambda p, v, h: v * h),
    ),
    Mistake(
        "core-of-picture-only",
        "The question's core is missing: h̃ goes through N_r before it is multiplied.",
        _of_projections(lambda p, v, h: (_core(v, p["M"], p["b_M"]) * h[..., None, :]).sum(-2)),
    ),
    Mistake(
        "core-of-question-only",
        "The picture's core is missing: ṽ goes through M_r before it is multiplied.",
        _of_projections(lambda p, v, h: (v[..., None, :] * _core(h, p["N"], p["b_N"])).sum(-2)),
    ),
    Mistake(
        "not-projected",
        "The last step is missing: multiply the sum, of length D, by P and add b.",
        lambda params, v, h: (
            _core(v @ params["U"] + params["b_U"], params["M"], params["b_M"])
            * _core(h @ params["V"] + params["b_V"], params["N"], params["b_N"])
        ).sum(-2),
    ),
    *axis_mistakes(_variant()),
    Mistake("divided-by-root", "You divide the sum by √R. MUTAN does not.", _variant(over_rank=lambda z: z.sum(-2) / np.sqrt(z.shape[-2]))),
]


def judge(cases: list[Case], answers: list) -> Verdict:
    """Three quarters of the points for a batch of vectors, the rest for any leading axes."""
    remark = "The values differ. Look at M_r ṽ and N_r h̃ for one r first, D numbers each."
    return judge_values(cases, answers, _variant(), MISTAKES, returns=RETURNS, parts=[("", 0.75, remark), AXES])


EXERCISE = Exercise("01.5", "mutan_pooling", 2, pooling.mutan_pooling, cases, judge, compiled=True)
