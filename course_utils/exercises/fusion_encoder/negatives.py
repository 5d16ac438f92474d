"""Wrong partners, the likelier the more similar, and never a true one."""

import numpy as np

from course_utils.exercises.arrays import normal
from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.models.fusion_encoder import negatives


def cases(seed: int) -> list[Case]:
    """True partners are similar, two of them in some rows; nearly all logits are negative, so that 0 is no low score.

    Then a table of positive logits, and one in which all are alike, as where negatives are random.
    """
    rng = np.random.default_rng([seed, 403])
    found = []
    for rows, columns, lift, spread in [(5, 5, -16, 1), (9, 13, -16, 1), (9, 13, -16, 1), (9, 13, 8, 1), (9, 8, 0, 0)]:
        true = np.eye(rows, columns, dtype=bool)
        true[rows - 1, min(rows, columns) - 1] = True
        similarity = (2.5 * normal(rng, rows, columns) + lift) * spread
        similarity[true] = lift + spread * (3 + 2 * rng.random(true.sum()))
        for row, column in ((0, 2), (1, 0)):  # the same caption once more
            true[row, column], similarity[row, column] = True, lift + 8 * spread
        noise = _with_a_clear_winner(rng, similarity, true)
        if not spread:  # a true one has the most noise
            noise[0, 2], noise[1, 1], noise[2, 2] = noise.max() + rng.random(3)
        args = (similarity.astype(np.float32), true, noise.astype(np.float32))
        says = f"{rows} rows, {columns} to choose from; rows 0 and 1 have two true partners"
        found.append(Case(args, says if spread else f"{says}; all similarities are 0"))
    return found


def _with_a_clear_winner(rng, similarity, true):
    """Gumbel noise with which no two wrong ones are nearly equal at the top: no rounding decides."""
    while True:
        noise = rng.gumbel(size=true.shape)
        top = np.sort(np.where(true, -np.inf, similarity + noise), axis=1)
        if (top[:, -1] - top[:, -2]).min() > 1e-3:
            return noise


def hard_negatives(similarity, true, noise):
    """int[B]: the largest of all, true partners left out."""
    logits = np.where(true, -np.inf, similarity + noise)
    return logits.argmax(1)


_SUM = "similarity + noise"
_OTHERS = "softmax(np.where(true, -np.inf, similarity))"
MISTAKES = edits(
    hard_negatives,
    (
        "true-pair",
        "You may draw the true partner: it is the most similar of all. Leave out every column where `true` is True.",
        "np.where(true, -np.inf, similarity + noise)",
        "similarity + noise",
    ),
    (
        "diagonal-only",
        "You leave out the diagonal only. Another column may hold the same caption: it is in `true`, and calling it wrong would teach nonsense.",
        "(true,",
        "(np.eye(*true.shape, dtype=bool),",
    ),
    (
        "first-true-only",
        "You leave out one true caption of each row. There may be more: leave out every column where `true` is True.",
        "(true,",
        "(np.arange(true.shape[1]) == true.argmax(1)[:, None],",
    ),
    (
        "first-true-drawn",
        "You always draw the first true partner. What is left out must be the worst of all: −∞ for `argmax`, +∞ for `argmin`.",
        "true.argmax(1)",
    ),
    (
        "first-wrong",
        "You always take the first wrong caption. Did you mean the largest of similarity plus noise? Then there are NaNs in it, such as 0 · ∞, and `argmax` takes the first of them.",
        "true.argmin(1)",
    ),
    ("no-noise", "You always take the most similar wrong one: the noise is not used. Adding it makes it a draw.", _SUM, "similarity"),
    ("no-similarity", "Every wrong partner is equally likely: the similarity is not used. Add the noise to it.", _SUM, "noise"),
    ("log-of-noise", "You make Gumbel noise of the noise. It is that already: add it.", _SUM, "similarity - np.log(-np.log(noise))"),
    ("left-out-with-zero", "True partners get 0 instead of −∞: where the others are negative, 0 wins.", "-np.inf", "0"),
    (
        "left-out-before-noise",
        "True partners get 0, −1, the smallest similarity or another number that may be high, and noise: they can still win. Give them −∞.",
        "-np.inf",
        ("noise", "noise - 1", "noise + similarity.min()", "noise + similarity.min(1, keepdims=True)"),
    ),
    ("true-only", "You draw among the true partners: the mask is turned round.", "(true,", "(~true,"),
    ("least-similar", "You take the smallest, an easy negative. Take the largest.", "np.where(true, np.inf, logits).argmin(1)"),
    ("least-similar-sign", "You subtract the similarity: the less similar, the likelier. Add it.", _SUM, "noise - similarity"),
    (
        "noise-subtracted",
        "You subtract the noise. Gumbel noise is not symmetric: only *adding* it makes the argmax a draw from the softmax.",
        _SUM,
        "similarity - noise",
    ),
    ("noise-multiplied", "You multiply by the noise. Add it to the logits.", _SUM, ("similarity * noise", f"{_OTHERS} * noise")),
    (
        "noise-on-probabilities",
        "You add the noise to probabilities, or to exp of the logits. The trick is for *logits* as they are: leave out softmax and exp.",
        _SUM,
        (f"{_OTHERS} + noise", "softmax(similarity) + noise", "np.exp(similarity) + noise"),
    ),
    (
        "for-each-column",
        "You choose a row for each column (axis 0). Choose a column for each row: axis 1, shape (B,).",
        ("logits.argmax(0)", "logits.argmax(0)[: len(true)]"),
    ),
    (
        "value",
        "You return the largest value (`max`), or the similarity there. Return where it stands: `argmax`.",
        ("logits.max(1)", "similarity[np.arange(len(true)), logits.argmax(1)]"),
    ),
    ("from-one", "You count the columns from 1. The first has number 0.", "logits.argmax(1) + 1"),
    (
        "in-the-rest",
        "You count among the columns that are left. Return the column's number in the whole table: mask, do not delete.",
        "np.array([row[~own].argmax() for row, own in zip(logits, true)])",
    ),
    ("one-for-all", "You return one number for the whole table: `argmax` needs its axis, `argmax(1)`.", "logits.argmax()"),
    at="logits.argmax(1)",
)


def _a_true_one(case, expected, got):
    true, whole = case.args[1], got.astype(int)
    if (got == whole).all() and (whole >= 0).all() and (whole < true.shape[1]).all() and true[np.arange(len(whole)), whole].any():
        row = int(np.flatnonzero(true[np.arange(len(whole)), whole])[0])
        return f"Row {row} gets column {whole[row]}, which is a true partner. Leave out every column where `true` is True.", "draws-true"


def judge(cases: list[Case], answers: list) -> Verdict:
    return judge_values(
        cases,
        answers,
        hard_negatives,
        MISTAKES,
        returns="one column for each row, shape (B,)",
        patterns=[_a_true_one],
        parts=[("", 1.0, "The columns differ. Take one row by hand: similarity plus noise, true partners left out, the largest.")],
    )


EXERCISE = Exercise("04.3", "hard_negatives", 4, negatives.hard_negatives, cases, judge, compiled=True)
