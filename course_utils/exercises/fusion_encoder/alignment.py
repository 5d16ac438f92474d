"""The cheapest way to move the words onto the regions."""

import numpy as np

from course_utils.exercises.core import Case, Exercise, Picture, Verdict
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.models.fusion_encoder import alignment


def cases(seed: int) -> list[Case]:
    """Tables of costs between 0 and 2, as 1 − cosine is; different β and numbers of rounds, last those of the notebook."""
    rng = np.random.default_rng([seed, 406])
    return [
        Case(
            ((2 * rng.random((words, regions))).astype(np.float32), beta, rounds),
            f"T = {words}, N = {regions}, β = {beta}, {rounds} rounds",
        )
        for words, regions, beta, rounds in [(3, 5, 0.5, 7), (7, 4, 0.8, 3), (4, 6, 0.3, 11), (10, 9, 0.5, 50)]
    ]


def optimal_transport(cost, beta, rounds):
    """The plan, float[T, N]."""
    t, n = cost.shape
    a = np.exp(-cost / beta)
    plan, sigma, delta = np.ones_like(cost), np.full(n, 1 / n, cost.dtype), np.full(t, 1 / t, cost.dtype)
    for k in range(rounds):
        q = a * plan
        delta = 1 / (t * (q @ sigma))
        sigma = 1 / (n * (delta @ q))
        plan = delta[:, None] * q * sigma
    return plan


_DELTA, _SIGMA = "delta = 1 / (t * (q @ sigma))", "sigma = 1 / (n * (delta @ q))"


def _before_the_rounds(*lines: str) -> tuple[str, ...]:
    return tuple(f"{line}\n    for k" for line in lines)


MISTAKES = edits(
    optimal_transport,
    (
        "sinkhorn",
        "Q is A itself in every round: that is Sinkhorn's blurred plan. Multiply by the plan so far, Q = A ∘ Π, and it sharpens.",
        "a * plan",
        "a",
    ),
    ("times-beta", "You multiply by β. A = exp(−C / β).", "/ beta", "* beta"),
    ("sign", "The sign is turned round: what costs much gets much. A = exp(−C / β).", "-cost", "cost"),
    ("no-sigma", "σ stays as it was at the start: update it in every round, after δ.", _SIGMA, "pass"),
    ("no-delta", "δ is never computed: every word has 1 / T. δ = 1 / (T · Qσ) in every round.", _DELTA, "pass"),
    (
        "regions-before-words",
        "You compute σ before δ. δ comes first, from the σ of the round before; then σ from that δ.",
        _DELTA,
        "§",
        _SIGMA,
        _DELTA,
        "§",
        _SIGMA,
    ),
    (
        "plain-sums",
        "A plain sum of Q is not enough. Its rows are weighed with σ, its columns with δ: δ = 1 / (T · Qσ), σ = 1 / (N · Qᵀδ).",
        "delta @ q",
        "q.sum(0)",
        "q @ sigma",
        ("q @ sigma", "q.sum(1)"),
    ),
    (
        "mass-of-one",
        "T or N is missing: δ = 1 / (T · Qσ), σ = 1 / (N · Qᵀδ). Together all mass is 1; without them numbers may grow with every round.",
        "for k",
        _before_the_rounds("t = n = 1", "t = 1", "n = 1"),
    ),
    (
        "masses-exchanged",
        "Your columns add up to 1 / T. Every region takes 1 / N: T is the number of rows (words), N of columns (regions).",
        "for k",
        _before_the_rounds("t, n = n, t", "n = t"),
    ),
    (
        "sigma-from-the-start",
        "The rounds do not go on from each other: σ is that of the round before, 1 / N only at first, and Q = A ∘ Π has the plan of the round before.",
        "q = a",
        "sigma = 0 * sigma + 1 / n; q = a",
    ),
    (
        "at-once",
        "σ uses the δ of the round before. It uses the δ that this round has just computed.",
        _DELTA,
        "delta, before = 1 / (t * (q @ sigma)), delta",
        "delta @ q",
        "before @ q",
    ),
    (
        "other-plan",
        "The plan is Π = δ Q σ: a factor is missing, or A stands there for Q.",
        "delta[:, None] * q * sigma",
        ("delta[:, None] * q", "q * sigma", "delta[:, None] * a * sigma"),
    ),
    ("a-overwritten", "A is overwritten with Q. It stays as it is from round to round: Q = A ∘ Π.", "q = a", "q = a = a"),
    (
        "brackets",
        "Under the 1 stands all of it: δ = 1 / (T · Qσ), not 1 / T · (Qσ) or T · Qσ, and σ = 1 / (N · Qᵀδ).",
        "1 / (",
        "(",
        "for k",
        _before_the_rounds("", "t, n = 1 / t, 1 / n"),
    ),
    (
        "rows-of-one",
        "Each row is divided by its sum at the end. Return the plan as the last round leaves it.",
        ("return plan / plan.sum(1, keepdims=True)", "return plan / plan.sum(1, keepdims=True) / t"),
    ),
    ("q", "You return A, or Q of the last round. Return Π = δ Q σ.", ("return q", "return a")),
    (
        "other-rounds",
        "You make another number of rounds: one too few or too many, just one, or always 50. `rounds` says how many.",
        "(rounds)",
        ("(rounds - 1)", "(rounds + 1)", "(1)", "(50)"),
    ),
    ("no-round", "These are the ones of the start: no round is made, or its plan is not kept.", "(rounds)", "(0)"),
    (
        "softmax",
        "Each word decides for itself, as by attention's softmax: nobody sees that a region is full. A plan has fixed sums of rows *and* of columns.",
        ("return a / a.sum(1, keepdims=True) / t", "return a / a.sum(1, keepdims=True)", "return np.eye(n)[cost.argmin(1)] / t"),
    ),
    at="return plan",
)


def _sums(case, expected, got):
    columns, rows = got.sum(0), got.sum(1)
    if not got.any():
        return None
    if (got < 0).any():
        return "There are negative masses. Nothing that is multiplied here can be negative: is A an exp?", "negative"
    if np.abs(columns - 1 / got.shape[1]).max() > 1e-3 and np.abs(rows - 1 / len(got)).max() < 1e-3:
        return "The rows are right, the columns do not add up to 1 / N: σ comes last in a round, and after it Π.", "columns"
    if np.abs(columns - 1 / got.shape[1]).max() > 1e-3:
        return f"The columns add up to {columns.min():.3g} … {columns.max():.3g}. After a round each is 1 / N.", "margins"


def judge(cases: list[Case], answers: list) -> Verdict:
    return judge_values(
        cases,
        answers,
        lambda cost, beta, rounds: optimal_transport(np.float64(cost), beta, rounds),
        MISTAKES,
        returns="the mass that goes from each word to each region, shape (T, N)",
        patterns=[_sums],
        picture=lambda expected, got: Picture("map", expected, got, "word", "region"),
        parts=[("", 1.0, "The plan differs. Take one round by hand: Q, δ, σ, Π, in this order.")],
    )


EXERCISE = Exercise("04.6", "optimal_transport", 2, alignment.optimal_transport, cases, judge)
