"""The cheapest way to move the words onto the regions."""

from __future__ import annotations

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
_FULL = "Each word shares itself out by a softmax, as attention does: nobody sees that a region is full. A plan has fixed sums of rows *and* of columns."

MISTAKES = edits(
    optimal_transport,
    # key, what is said, then what is typed instead of what
    (
        "sinkhorn",
        "Q is A itself in every round: that is Sinkhorn's blurred plan. Multiply by the plan so far, Q = A ∘ Π, and it sharpens.",
        "a * plan",
        "a",
    ),
    ("no-beta", "β is not used: A = exp(−C / β).", " / beta", ""),
    ("times-beta", "You multiply by β. A = exp(−C / β).", "/ beta", "* beta"),
    ("sign", "The sign is turned round: what costs much gets much. A = exp(−C / β).", "-cost", "cost"),
    ("no-exp", "A is −C / β: the exp is missing.", "np.exp(-cost / beta)", "-cost / beta"),
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
    ("sigma-without-delta", "σ does not use δ: σ = 1 / (N · Qᵀδ).", "delta @ q", "q.sum(0)"),
    (
        "mass-of-one",
        "Your columns add up to 1 each. Together all mass is 1: every region takes 1 / N, and every word has 1 / T.",
        "t * ",
        "",
        "n * ",
        "",
    ),
    (
        "mass-of-one-per-word",
        "After many rounds your numbers overflow: T is missing in δ = 1 / (T · Qσ), and δ grows T-fold with every round.",
        "t * ",
        "",
    ),
    (
        "mass-of-one-per-region",
        "N is missing in σ = 1 / (N · Qᵀδ): each region takes 1 / N. Without it σ grows N-fold with every round, and overflows after many.",
        "n * ",
        "",
    ),
    (
        "masses-exchanged",
        "Your columns add up to 1 / T. Every region takes 1 / N: T is the number of rows (words), N of columns (regions).",
        "t * ",
        "m * ",
        "n * ",
        "t * ",
        "m * ",
        "n * ",
    ),
    (
        "sigma-from-the-start",
        "The rounds do not go on from each other: σ starts at 1 / N once and is then that of the round before, and Q = A ∘ Π takes the plan of the round before.",
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
    ("no-sigma-in-plan", "σ is missing in the plan: Π = δ Q σ.", " * q * sigma", " * q"),
    ("no-delta-in-plan", "δ is missing in the plan: Π = δ Q σ.", "delta[:, None] * ", ""),
    ("plan-of-a", "The plan is made from A. It is made from Q: Π = δ Q σ.", "* q *", "* a *"),
    ("sum", "Q is the sum of A and Π. ∘ means times, number by number: Q = A ∘ Π.", "a * plan", "a + plan"),
    ("a-overwritten", "A is overwritten with Q. It stays as it is from round to round: Q = A ∘ Π.", "q = a", "q = a = a"),
    (
        "beta-again",
        "The cost is divided by β in every round anew. A = exp(−C / β) stays the same.",
        "q = a",
        "q = np.exp(-cost / beta ** (k + 1))",
    ),
    ("no-reciprocal", "δ and σ are upside down: δ = 1 / (T · Qσ), σ = 1 / (N · Qᵀδ).", "1 / (", "("),
    (
        "brackets",
        "Only T and N stand under the 1: δ = 1 / (T · Qσ), with both below it.",
        "(t * (q @ sigma))",
        "t * (q @ sigma)",
        "(n * (delta @ q))",
        "n * (delta @ q)",
    ),
    (
        "plain-sums",
        "δ and σ come from plain sums of Q. The rows are weighed with σ, the columns with δ: 1 / (T · Qσ), 1 / (N · Qᵀδ).",
        "q @ sigma",
        "q.sum(1)",
        "delta @ q",
        "q.sum(0)",
    ),
    (
        "rows-of-one",
        "Each row is divided by its sum. Return the plan as the last round leaves it.",
        "return plan",
        "return plan / plan.sum(1, keepdims=True)",
    ),
    (
        "rows-of-one",
        "Each row is scaled to 1 / T at the end. Return the plan as the last round leaves it.",
        "return plan",
        "return plan / plan.sum(1, keepdims=True) / t",
    ),
    ("q", "You return Q of the last round. Return Π = δ Q σ.", "return plan", "return q"),
    ("fifty-rounds", "You make 50 rounds. `rounds` says how many.", "(rounds)", "(50)"),
    ("no-round", "These are the ones of the start: no round is made, or its plan is not kept.", "(rounds)", "(0)"),
    ("uniform", "Everything is shared out alike: the cost is not used.", "return plan", "return np.full(cost.shape, 1 / cost.size)"),
    ("one-round", "You stop after one round.", "(rounds)", "(1)"),
    ("one-round-too-few", "There is one round too few.", "(rounds)", "(rounds - 1)"),
    ("one-round-too-many", "There is one round too many.", "(rounds)", "(rounds + 1)"),
    ("softmax", _FULL, "return plan", "return a / a.sum(1, keepdims=True) / t"),
    ("softmax", _FULL, "return plan", "return a / a.sum(1, keepdims=True)"),
    (
        "greedy",
        "Each word goes to its cheapest region: nobody sees that a region is full. A plan has fixed sums of rows *and* of columns.",
        "return plan",
        "return (np.arange(n) == cost.argmin(1)[:, None]) / t",
    ),
    ("distance", "You return what the plan costs. Return the plan, shape (T, N).", "return plan", "return (plan * cost).sum()"),
    ("weighed-costs", "You return plan ∘ cost. Return the plan.", "return plan", "return plan * cost"),
    ("transposed", "The plan lies on its side: one row a word, one column a region, shape (T, N).", "return plan", "return plan.T"),
    ("kernel", "You return A. The plan comes after the rounds.", "return plan", "return a"),
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
        lambda cost, *args: optimal_transport(np.float64(cost), *args),
        MISTAKES,
        returns="the mass that goes from each word to each region, shape (T, N)",
        patterns=[_sums],
        picture=lambda expected, got: Picture("map", expected, got, "word", "region"),
        parts=[("", 1.0, "The plan differs. Take one round by hand: Q, δ, σ, Π, in this order.")],
    )


EXERCISE = Exercise("04.6", "optimal_transport", 2, alignment.optimal_transport, cases, judge)
