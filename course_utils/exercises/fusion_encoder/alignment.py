"""The cheapest way to move the words onto the regions."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import softmax
from course_utils.exercises.core import Case, Exercise, Mistake, Picture, Verdict
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


def _ipot(
    cost,
    beta,
    rounds,
    *,
    kernel=lambda c, b: np.exp(-c / b),
    proximal=True,
    words=None,
    regions=None,
    order="words",
    sigma=True,
    delta=True,
    fresh=False,
    q_of=lambda a, plan: a * plan,
    plan_of=lambda d, q, s, a: d[:, None] * q * s,
    dtype=np.float32,
):
    """The plan; the keywords exchange one step of it. In float32, as a learner's, which may overflow."""
    cost = np.asarray(cost, dtype)
    t, n = map(dtype, cost.shape)
    t, n = dtype(words or t), dtype(regions or n)
    a = kernel(cost, dtype(beta))
    start = np.full(cost.shape[1], 1 / cost.shape[1], dtype)
    plan, s, d = np.ones_like(cost), start, np.full(cost.shape[0], 1 / cost.shape[0], dtype)
    for _ in range(rounds):
        q = q_of(a, plan) if proximal else a
        s = start if fresh else s
        if order == "regions":
            s = 1 / (n * (d @ q))
        d, before = 1 / (t * (q @ s)) if delta else np.full(cost.shape[0], 1 / t), d
        if order in ("words", "at once"):
            s = 1 / (n * ((d if order == "words" else before) @ q)) if sigma else s
        plan = plan_of(d, q, s, a)
    return plan


def optimal_transport(cost, beta, rounds):
    """The plan, float[T, N]."""
    return _ipot(cost, beta, rounds, dtype=np.float64)


def _change(**change):
    return lambda cost, beta, rounds: _ipot(cost, beta, rounds, **change)


def _growing(cost, beta, rounds):
    """A overwritten with A ∘ Π."""
    t, n = map(np.float32, cost.shape)
    a, plan, s = np.exp(-cost / np.float32(beta)), np.ones_like(cost), np.full(cost.shape[1], 1 / n)
    for _ in range(rounds):
        a = a * plan
        d = 1 / (t * (a @ s))
        s = 1 / (n * (d @ a))
        plan = d[:, None] * a * s
    return plan


def _beta_again(cost, beta, rounds):
    t, n = map(np.float32, cost.shape)
    plan, s = np.ones_like(cost), np.full(cost.shape[1], 1 / n)
    for k in range(rounds):
        q = np.exp(-cost / np.float32(beta) ** np.float32(k + 1)) * plan
        d = 1 / (t * (q @ s))
        s = 1 / (n * (d @ q))
        plan = d[:, None] * q * s
    return plan


def _unread(mean):
    """δ and σ by ``mean(times, sums)``: ``times`` is T or N, ``sums`` what it should divide by together with it."""

    def mistaken(cost, beta, rounds):
        t, n = map(np.float32, cost.shape)
        a, plan, s = np.exp(-cost / np.float32(beta)), np.ones_like(cost), np.full(cost.shape[1], 1 / n)
        for _ in range(rounds):
            q = a * plan
            d = mean(t, q @ s)
            s = mean(n, d @ q)
            plan = d[:, None] * q * s
        return plan

    return mistaken


def _plain_sums(cost, beta, rounds):
    t, n = cost.shape
    a, plan = np.exp(-cost / beta), np.ones_like(cost)
    for _ in range(rounds):
        q = a * plan
        plan = q / (t * q.sum(1, keepdims=True)) / (n * q.sum(0))
    return plan


def _rows_sum_to(total):
    def mistaken(cost, beta, rounds):
        plan = optimal_transport(cost, beta, rounds)
        return plan / plan.sum(1, keepdims=True) * total(len(plan))

    return mistaken


def _masses_exchanged(cost, beta, rounds):
    return _ipot(cost, beta, rounds, words=cost.shape[1], regions=cost.shape[0])


def _frozen_sigma(cost, beta, rounds):
    """δ and σ from the first plan, over and over."""
    cost = np.asarray(cost, float)
    t, n = cost.shape
    a, plan, s = np.exp(-cost / beta), np.ones(cost.shape), np.full(cost.shape[1], 1 / n)
    for _ in range(rounds):
        q = a * plan
        d, s = 1 / (t * (q @ s)), 1 / (n * (q.T @ np.ones(t)))
        plan = d[:, None] * q * s
    return plan


def _greedy(cost, beta, rounds):
    cost = np.asarray(cost)
    return (np.arange(cost.shape[1]) == cost.argmin(1)[:, None]) / len(cost)


MISTAKES = [
    Mistake(
        "sinkhorn",
        "Q is A itself in every round: that is Sinkhorn's blurred plan. Multiply by the plan so far, Q = A ∘ Π, and it sharpens.",
        _change(proximal=False),
    ),
    Mistake("no-beta", "β is not used: A = exp(−C / β).", _change(kernel=lambda c, b: np.exp(-c))),
    Mistake("times-beta", "You multiply by β. A = exp(−C / β).", _change(kernel=lambda c, b: np.exp(-c * b))),
    Mistake("sign", "The sign is turned round: what costs much gets much. A = exp(−C / β).", _change(kernel=lambda c, b: np.exp(c / b))),
    Mistake("no-exp", "A is −C / β: the exp is missing.", _change(kernel=lambda c, b: -c / b)),
    Mistake("no-sigma", "σ stays as it was at the start: update it in every round, after δ.", _change(sigma=False)),
    Mistake("no-delta", "δ is never computed: every word has 1 / T. δ = 1 / (T · Qσ) in every round.", _change(delta=False)),
    Mistake(
        "regions-before-words",
        "You compute σ before δ. δ comes first, from the σ of the round before; then σ from that δ.",
        _change(order="regions"),
    ),
    Mistake("sigma-without-delta", "σ does not use δ: σ = 1 / (N · Qᵀδ).", _frozen_sigma),
    Mistake(
        "mass-of-one",
        "Your columns add up to 1 each. Together all mass is 1: every region takes 1 / N, and every word has 1 / T.",
        _change(words=1, regions=1),
    ),
    Mistake(
        "mass-of-one-per-word",
        "After many rounds your numbers overflow: T is missing in δ = 1 / (T · Qσ), and δ grows T-fold with every round.",
        _change(words=1),
    ),
    Mistake(
        "mass-of-one-per-region",
        "N is missing in σ = 1 / (N · Qᵀδ): each region takes 1 / N. Without it σ grows N-fold with every round, and overflows after many.",
        _change(regions=1),
    ),
    Mistake(
        "masses-exchanged",
        "Your columns add up to 1 / T. Every region takes 1 / N: T is the number of rows (words), N of columns (regions).",
        _masses_exchanged,
    ),
    Mistake(
        "sigma-from-the-start",
        "The rounds do not go on from each other: σ starts at 1 / N once and is then that of the round before, and Q = A ∘ Π takes the plan of the round before.",
        _change(fresh=True),
    ),
    Mistake("at-once", "σ uses the δ of the round before. It uses the δ that this round has just computed.", _change(order="at once")),
    Mistake("no-sigma-in-plan", "σ is missing in the plan: Π = δ Q σ.", _change(plan_of=lambda d, q, s, a: d[:, None] * q)),
    Mistake("no-delta-in-plan", "δ is missing in the plan: Π = δ Q σ.", _change(plan_of=lambda d, q, s, a: q * s)),
    Mistake("plan-of-a", "The plan is made from A. It is made from Q: Π = δ Q σ.", _change(plan_of=lambda d, q, s, a: d[:, None] * a * s)),
    Mistake("sum", "Q is the sum of A and Π. ∘ means times, number by number: Q = A ∘ Π.", _change(q_of=lambda a, plan: a + plan)),
    Mistake("a-overwritten", "A is overwritten with Q. It stays as it is from round to round: Q = A ∘ Π.", _growing),
    Mistake("beta-again", "The cost is divided by β in every round anew. A = exp(−C / β) stays the same.", _beta_again),
    Mistake("no-reciprocal", "δ and σ are upside down: δ = 1 / (T · Qσ), σ = 1 / (N · Qᵀδ).", _unread(lambda times, sums: times * sums)),
    Mistake("brackets", "Only T and N stand under the 1: δ = 1 / (T · Qσ), with both below it.", _unread(lambda times, sums: sums / times)),
    Mistake(
        "plain-sums",
        "δ and σ come from plain sums of Q. The rows are weighed with σ, the columns with δ: 1 / (T · Qσ), 1 / (N · Qᵀδ).",
        _plain_sums,
    ),
    Mistake("rows-of-one", "Each row is divided by its sum. Return the plan as the last round leaves it.", _rows_sum_to(lambda t: 1)),
    Mistake(
        "rows-of-one", "Each row is scaled to 1 / T at the end. Return the plan as the last round leaves it.", _rows_sum_to(lambda t: 1 / t)
    ),
    Mistake("q", "You return Q of the last round. Return Π = δ Q σ.", lambda c, b, r: np.exp(-c / b) * _ipot(c, b, r - 1)),
    Mistake("fifty-rounds", "You make 50 rounds. `rounds` says how many.", lambda c, b, r: _ipot(c, b, 50)),
    Mistake("no-round", "These are the ones of the start: no round is made, or its plan is not kept.", lambda c, b, r: np.ones_like(c)),
    Mistake("uniform", "Everything is shared out alike: the cost is not used.", lambda c, b, r: np.full(c.shape, 1 / c.size)),
    Mistake("one-round", "You stop after one round.", lambda c, b, r: _ipot(c, b, 1)),
    Mistake("one-round-too-few", "There is one round too few.", lambda c, b, r: _ipot(c, b, r - 1)),
    Mistake("one-round-too-many", "There is one round too many.", lambda c, b, r: _ipot(c, b, r + 1)),
    Mistake(
        "softmax",
        "Each word shares itself out by a softmax, as attention does: nobody sees that a region is full. A plan has fixed sums of rows *and* of columns.",
        lambda c, b, r: softmax(-c / b) / len(c),
    ),
    Mistake(
        "softmax",
        "Each word shares itself out by a softmax, as attention does: nobody sees that a region is full. A plan has fixed sums of rows *and* of columns.",
        lambda c, b, r: softmax(-c / b),
    ),
    Mistake(
        "greedy",
        "Each word goes to its cheapest region: nobody sees that a region is full. A plan has fixed sums of rows *and* of columns.",
        _greedy,
    ),
    Mistake("distance", "You return what the plan costs. Return the plan, shape (T, N).", lambda c, b, r: (_ipot(c, b, r) * c).sum()),
    Mistake("weighed-costs", "You return plan ∘ cost. Return the plan.", lambda c, b, r: _ipot(c, b, r) * c),
    Mistake(
        "transposed", "The plan lies on its side: one row a word, one column a region, shape (T, N).", lambda c, b, r: _ipot(c, b, r).T
    ),
    Mistake("kernel", "You return A. The plan comes after the rounds.", lambda c, b, r: np.exp(-c / b)),
]


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
        optimal_transport,
        MISTAKES,
        returns="the mass that goes from each word to each region, shape (T, N)",
        patterns=[_sums],
        picture=lambda expected, got: Picture("map", expected, got, "word", "region"),
        parts=[("", 1.0, "The plan differs. Take one round by hand: Q, δ, σ, Π, in this order.")],
    )


EXERCISE = Exercise("04.6", "optimal_transport", 2, alignment.optimal_transport, cases, judge)
