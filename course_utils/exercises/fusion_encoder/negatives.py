"""Exercise 04.3: wrong partners, the likelier the more similar, and never a true one."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.fusion_encoder import drawn
from course_utils.exercises.judging import Mistake, judge_values
from course_utils.models.fusion_encoder import negatives


def cases(seed: int) -> list[Case]:
    """True partners are similar, two of them in some rows; all logits are negative, so that 0 is no low score."""
    rng = np.random.default_rng([seed, 403])
    found = []
    for rows, columns in [(5, 5), (9, 13), (7, 11), (11, 17)]:
        true = np.eye(rows, columns, dtype=bool)
        similarity = 2.5 * drawn.normal(rng, rows, columns) - 16
        similarity[true] = -13 + 2 * rng.random(rows)
        for row, column in ((0, 2), (1, columns - 1)):  # the same caption once more
            true[row, column], similarity[row, column] = True, -8
        args = (similarity.astype(np.float32), true, rng.gumbel(size=(rows, columns)).astype(np.float32))
        found.append(Case(args, f"{rows} rows, {columns} to choose from; rows 0 and 1 have two true partners"))
    return found


def hard_negatives(similarity, true, noise):
    """int[B]: the largest of similarity + noise, true partners left out."""
    return np.where(true, -np.inf, similarity + noise).argmax(1)


def _left_out(fn):
    """A mistake in what is compared: ``fn(similarity, noise)``, true partners left out."""
    return lambda similarity, true, noise: np.where(true, -np.inf, fn(similarity, noise)).argmax(1)


def _diagonal(similarity):
    return np.eye(*similarity.shape, dtype=bool)


MISTAKES = [
    Mistake("true-pair", "You may draw the true partner: it is the most similar of all. Leave out every column where `true` is True.", lambda s, t, n: (s + n).argmax(1)),
    Mistake("diagonal-only", "You leave out the diagonal only. Another column may hold the same caption: it is in `true`, and calling it wrong would teach nonsense.", lambda s, t, n: np.where(_diagonal(s), -np.inf, s + n).argmax(1)),
    Mistake("no-noise", "You always take the most similar wrong partner: the noise is not used. Adding it makes a draw of it.", _left_out(lambda s, n: s)),
    Mistake("no-similarity", "Every wrong partner is equally likely: the similarity is not used. Add the noise to it.", _left_out(lambda s, n: n)),
    Mistake("left-out-with-zero", "True partners get 0 instead of −∞: where the others are negative, 0 wins.", lambda s, t, n: np.where(t, 0, s + n).argmax(1)),
    Mistake("left-out-before-noise", "True partners get 0 before the noise comes: they can still win. Give them −∞.", lambda s, t, n: (np.where(t, 0, s) + n).argmax(1)),
    Mistake("true-only", "You draw among the true partners: the mask is turned round.", lambda s, t, n: np.where(t, s + n, -np.inf).argmax(1)),
    Mistake("least-similar", "You take the smallest (`argmin`): an easy negative. Take the largest.", lambda s, t, n: np.where(t, np.inf, s + n).argmin(1)),
    Mistake("least-similar-sign", "You turn the similarity round: the likelier, the less similar. Add it with its own sign.", _left_out(lambda s, n: n - s)),
    Mistake("noise-subtracted", "You subtract the noise. Gumbel noise is not symmetric: only *adding* it makes the argmax a draw from the softmax.", _left_out(lambda s, n: s - n)),
    Mistake("noise-multiplied", "You multiply by the noise. Add it to the logits.", _left_out(lambda s, n: s * n)),
    Mistake("noise-on-probabilities", "You add the noise to probabilities. The trick is for *logits* (or log-probabilities): leave out the softmax.", lambda s, t, n: np.where(t, -np.inf, drawn.softmax(np.where(t, -np.inf, s)) + n).argmax(1)),
    Mistake("noise-on-probabilities", "You add the noise to probabilities. The trick is for *logits* (or log-probabilities): leave out the softmax.", lambda s, t, n: np.where(t, -np.inf, drawn.softmax(s) + n).argmax(1)),
    Mistake("for-each-column", "You choose a row for each column (axis 0). Choose a column for each row: axis 1, shape (B,).", lambda s, t, n: np.where(t, -np.inf, s + n).argmax(0)),
    Mistake("value", "You return the largest value (`max`). Return where it stands: `argmax`.", lambda s, t, n: np.where(t, -np.inf, s + n).max(1)),
    Mistake("one-hot", "You return a table that marks the chosen column. Return its number: `argmax`, shape (B,).", lambda s, t, n: np.arange(s.shape[1]) == np.where(t, -np.inf, s + n).argmax(1)[:, None]),
    Mistake("ranking", "You return all columns in order. Return the first of each row, shape (B,).", lambda s, t, n: np.argsort(-np.where(t, -np.inf, s + n), axis=1)),
    Mistake("second-best", "You take the second best of all, hoping that the best is true. Leave out what `true` says.", lambda s, t, n: np.argsort(-(s + n), axis=1)[:, 1]),
    Mistake("in-the-rest", "You count among the columns that are left. Return the column's number in the whole table: mask, do not delete.", lambda s, t, n: np.array([np.argmax((row + noise)[~own]) for row, own, noise in zip(s, t, n)])),
    Mistake("axis-kept", "Your answer keeps an axis of length 1: return shape (B,).", lambda s, t, n: np.where(t, -np.inf, s + n).argmax(1)[:, None]),
    Mistake("one-for-all", "You return one number for the whole table: `argmax` needs its axis, `argmax(1)`.", lambda s, t, n: np.where(t, -np.inf, s + n).argmax()),
]  # fmt: skip


def _a_true_one(case, expected, got):
    true, whole = case.args[1], got.astype(int)
    if (got == whole).all() and (whole >= 0).all() and (whole < true.shape[1]).all() and true[np.arange(len(whole)), whole].any():
        row = int(np.flatnonzero(true[np.arange(len(whole)), whole])[0])
        return f"Row {row} gets column {whole[row]}, which is a true partner. Leave out every column where `true` is True.", "draws-true"


def judge(cases: list[Case], answers: list) -> Verdict:
    return judge_values(
        cases, answers, hard_negatives, MISTAKES, returns="one column for each row, shape (B,)", patterns=[_a_true_one],
        parts=[("", 1.0, "The columns differ. Take one row by hand: similarity plus noise, true partners left out, the largest.")],
    )  # fmt: skip


EXERCISE = Exercise("04.3", "hard_negatives", 4, negatives.hard_negatives, cases, judge, compiled=True)
