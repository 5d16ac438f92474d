"""Exercise 04.6: the cheapest way to move the words onto the regions."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.core import Case, Exercise, Picture, Verdict
from course_utils.exercises.fusion_encoder import drawn
from course_utils.exercises.judging import Mistake, judge_values
from course_utils.models.fusion_encoder import alignment


def cases(seed: int) -> list[Case]:
    """Tables of costs between 0 and 2, as 1 − cosine is; different β and numbers of rounds."""
    rng = np.random.default_rng([seed, 406])
    return [
        Case(((2 * rng.random((words, regions))).astype(np.float32), beta, rounds), f"T = {words}, N = {regions}, β = {beta}, {rounds} rounds")
        for words, regions, beta, rounds in [(3, 5, 0.5, 7), (7, 4, 0.8, 3), (4, 6, 0.3, 11)]
    ]


def _ipot(cost, beta, rounds, *, kernel=lambda c, b: np.exp(-c / b), proximal=True, words=None, regions=None, order="words", sigma=True, delta=True):
    cost = np.asarray(cost, float)
    t, n = cost.shape
    t, n = words or t, regions or n
    a = kernel(cost, beta)
    plan, s = np.ones(cost.shape), np.full(cost.shape[1], 1 / cost.shape[1])
    d = np.ones(cost.shape[0])
    for _ in range(rounds):
        q = a * plan if proximal else a
        if order == "regions":
            s = 1 / (n * (d @ q))
        d = 1 / (t * (q @ s)) if delta else np.full(cost.shape[0], 1 / t)
        if order == "words":
            s = 1 / (n * (d @ q)) if sigma else s
        plan = d[:, None] * q * s
    return plan


def optimal_transport(cost, beta, rounds):
    """The plan, float[T, N]."""
    return _ipot(cost, beta, rounds)


def _change(**change):
    return lambda cost, beta, rounds: _ipot(cost, beta, rounds, **change)


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
    Mistake("sinkhorn", "Q is A itself in every round: that is Sinkhorn's blurred plan. Multiply by the plan so far, Q = A ∘ Π, and it sharpens.", _change(proximal=False)),
    Mistake("no-beta", "β is not used: A = exp(−C / β).", _change(kernel=lambda c, b: np.exp(-c))),
    Mistake("times-beta", "You multiply by β. A = exp(−C / β).", _change(kernel=lambda c, b: np.exp(-c * b))),
    Mistake("sign", "The sign is turned round: what costs much gets much. A = exp(−C / β).", _change(kernel=lambda c, b: np.exp(c / b))),
    Mistake("no-exp", "A is −C / β: the exp is missing.", _change(kernel=lambda c, b: -c / b)),
    Mistake("no-sigma", "σ stays as it was at the start: update it in every round, after δ.", _change(sigma=False)),
    Mistake("no-delta", "δ is never computed: every word has 1 / T. δ = 1 / (T · Qσ) in every round.", _change(delta=False)),
    Mistake("regions-before-words", "You compute σ before δ. δ comes first, from the σ of the round before; then σ from that δ.", _change(order="regions")),
    Mistake("sigma-without-delta", "σ does not use δ: σ = 1 / (N · Qᵀδ).", _frozen_sigma),
    Mistake("mass-of-one", "Each word has mass 1 and each region too. Together the words have mass 1: 1 / T each, and the regions 1 / N.", _change(words=1, regions=1)),
    Mistake("mass-of-one-per-word", "Each word has mass 1. Together they have: 1 / T each.", _change(words=1)),
    Mistake("mass-of-one-per-region", "Each region has mass 1. Together they have: 1 / N each.", _change(regions=1)),
    Mistake("masses-exchanged", "T and N have changed places: T is the number of rows (words), N of columns (regions).", _masses_exchanged),
    Mistake("one-round", "You stop after one round.", lambda c, b, r: _ipot(c, b, 1)),
    Mistake("one-round-too-few", "There is one round too few.", lambda c, b, r: _ipot(c, b, r - 1)),
    Mistake("one-round-too-many", "There is one round too many.", lambda c, b, r: _ipot(c, b, r + 1)),
    Mistake("softmax", "Each word shares itself out by a softmax, as attention does: nobody sees that a region is full. A plan has fixed sums of rows *and* of columns.", lambda c, b, r: drawn.softmax(-c / b) / len(c)),
    Mistake("softmax", "Each word shares itself out by a softmax, as attention does: nobody sees that a region is full. A plan has fixed sums of rows *and* of columns.", lambda c, b, r: drawn.softmax(-c / b)),
    Mistake("greedy", "Each word goes to its cheapest region: nobody sees that a region is full. A plan has fixed sums of rows *and* of columns.", _greedy),
    Mistake("distance", "You return what the plan costs. Return the plan, shape (T, N).", lambda c, b, r: (_ipot(c, b, r) * c).sum()),
    Mistake("weighed-costs", "You return plan ∘ cost. Return the plan.", lambda c, b, r: _ipot(c, b, r) * c),
    Mistake("transposed", "The plan lies on its side: one row a word, one column a region, shape (T, N).", lambda c, b, r: _ipot(c, b, r).T),
    Mistake("kernel", "You return A. The plan comes after the rounds.", lambda c, b, r: np.exp(-c / b)),
]  # fmt: skip


def _sums(case, expected, got):
    columns, rows = got.sum(0), got.sum(1)
    if (got < 0).any():
        return "There are negative masses. Nothing that is multiplied here can be negative: is A an exp?", "negative"
    if np.abs(columns - 1 / got.shape[1]).max() > 1e-3 and np.abs(rows - 1 / len(got)).max() < 1e-3:
        return "The rows are right, the columns do not add up to 1 / N: σ comes last in a round, and after it Π.", "columns"
    if np.abs(columns - 1 / got.shape[1]).max() > 1e-3:
        return f"The columns add up to {columns.min():.3g} … {columns.max():.3g}. After a round each is 1 / N.", "margins"


def judge(cases: list[Case], answers: list) -> Verdict:
    return judge_values(
        cases, answers, optimal_transport, MISTAKES, returns="the mass that goes from each word to each region, shape (T, N)",
        patterns=[_sums], picture=lambda expected, got: Picture("map", expected, got, "word", "region"),
        parts=[("", 1.0, "The plan differs. Take one round by hand: Q, δ, σ, Π, in this order.")],
    )  # fmt: skip


EXERCISE = Exercise("04.6", "optimal_transport", 2, alignment.optimal_transport, cases, judge)
