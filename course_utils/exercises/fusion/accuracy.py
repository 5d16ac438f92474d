"""How well an answer agrees with ten people, one of them left out at a time."""

from __future__ import annotations

import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values


def vqa_accuracy(answers: np.ndarray, given: np.ndarray) -> np.ndarray:
    """min(1, agreeing / 3), averaged over the ways to leave one annotator out: int[B], int[B, A] → float[B]."""
    answers, given = np.asarray(answers), np.asarray(given)
    same = given == answers[:, None]
    n, a = same.sum(1), given.shape[1]
    others = n[:, None] - same  # who agree, of those who are not left out
    accuracies = np.minimum(1, others / 3)
    return accuracies.sum(1) / a


def _question(rng: np.random.Generator, votes: int, annotators: int) -> tuple[int, np.ndarray]:
    """A random answer, and what the annotators said, in any order: ``votes`` of them gave it, the others few others.

    One answer is the commonest, so that nothing depends on how a tie is broken. With four votes of ten it is another.
    """
    while True:
        answer, *others = rng.permutation(19)[: 2 if (votes, annotators) == (4, 10) else 4]
        given = rng.permutation(np.where(np.arange(annotators) < votes, answer, rng.choice(others, annotators)))
        *_, second, first = sorted([0, *np.unique(given, return_counts=True)[1]])
        if second < first:
            return answer, given


def _draw(rng: np.random.Generator, votes: list[int], annotators: int) -> tuple[np.ndarray, np.ndarray]:
    answers, given = zip(*[_question(rng, n, annotators) for n in votes])
    return np.array(answers, np.int32), np.array(given, np.int32)


def _in_turns(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """One question nine times, and the annotators move on by one place each time: nobody's place may matter."""
    answer, given = _question(rng, 2, 10)
    return np.full(9, answer, np.int32), np.array([np.roll(given, k) for k in range(9)], np.int32)


def cases(seed: int) -> list[Case]:
    """0 to 10 of ten people agree, some counts a few times; then five and seven people."""
    rng = np.random.default_rng([seed, 101])
    return [
        Case(_draw(rng, [0, 1, 2, 3, 4], 10), "of ten people 0, 1, 2, 3, 4 gave the answer"),
        Case(_draw(rng, list(range(11)), 10), "of ten people 0, 1, 2, …, 10 gave the answer"),
        Case(_in_turns(rng), "two of ten gave the answer, nine times, in turns"),
        Case(_draw(rng, [2, 0, 3, 1, 5, 4, 2], 5), "of five people 2, 0, 3, 1, 5, 4, 2 gave the answer", part="others"),
        Case(_draw(rng, [1, 7, 3], 7), "of seven people 1, 7, 3 gave the answer", part="others"),
    ]


_MEAN, _OTHERS, _EACH = "accuracies.sum(1) / a", "n[:, None] - same", "np.minimum(1, others / 3)"
_FORMULA = "(n * np.minimum(1, (n - 1) / 3) + (a - n) * np.minimum(1, n / 3)) / a"
_MAXIMUM = "`max` keeps what is above 1. An accuracy is at most 1: use `min`."
_KINDS = "The two kinds are mixed up: each of the n who agree leaves n − 1 votes behind, each of the other A − n leaves n."

MISTAKES = edits(
    vqa_accuracy,
    (
        "nobody-left-out",
        "This is min(1, agreeing / 3) over all annotators. Leave out one at a time and average: 2 of ten give 0.6, not 0.67.",
        _MEAN,
        "np.minimum(1, n / 3)",
    ),
    (
        "fraction",
        "This is the fraction of people who agree. Three who agree are enough for full accuracy: min(1, agreeing / 3).",
        _MEAN,
        "n / a",
    ),
    (
        "majority",
        "You ask whether it is the commonest answer. Every answer earns something: a third for each of the others who gave it.",
        _MEAN,
        "np.array([np.bincount(row).argmax() for row in given]) == answers",
    ),
    ("more-than-half", "You ask whether more than half agree. Three are enough, and one is worth something.", _MEAN, "n > a / 2"),
    ("any", "You ask whether anybody agrees. One person is worth a third, and only to the others.", _MEAN, "n > 0"),
    (
        "all-or-nothing",
        "You give 1 for three or more and 0 below. One or two who agree are worth a third each: do not round down.",
        _MEAN,
        "n >= 3",
    ),
    ("rounded-down", "A third for each who agrees, and yours are whole numbers before the mean: divide with `/`, not `//`.", "/ 3", "// 3"),
    ("truncated", "Your accuracies are cut off to whole numbers (`int`). Keep the fractions.", _MEAN, "accuracies.mean(1) // 1"),
    (
        "rounded",
        "You round to one decimal. With ten annotators that does not show: with five, 0.533 is right.",
        _MEAN,
        "accuracies.mean(1).round(1)",
    ),
    (
        "agreeing-left-out",
        "You always leave out somebody who agrees. Leave out each of the annotators in turn: mostly it is one who does not.",
        _MEAN,
        "np.clip((n - 1) / 3, 0, 1)",
    ),
    ("first-left-out", "You leave out the first annotator only. Leave out each in turn, and average.", _MEAN, "accuracies[:, 0]"),
    ("last-left-out", "You leave out the last annotator only. Leave out each in turn, and average.", _MEAN, "accuracies[:, -1]"),
    ("two-are-enough", "You divide by 2: with you, two who agree are enough. It takes three: min(1, agreeing / 3).", "/ 3", "/ 2"),
    (
        "two-of-all",
        "You divide by 2 and leave nobody out. It takes three of the others: min(1, agreeing / 3).",
        _MEAN,
        "np.minimum(1, n / 2)",
    ),
    ("four-needed", "You divide by 4. Three of the others are enough: min(1, agreeing / 3).", "/ 3", "/ 4"),
    ("no-minimum", "Accuracies grow beyond 1: the minimum with 1 is missing.", _EACH, "others / 3"),
    (
        "no-minimum-nobody-left-out",
        "Accuracies grow beyond 1, and nobody is left out: min(1, agreeing / 3) for each one left out.",
        _MEAN,
        "n / 3",
    ),
    ("maximum", _MAXIMUM, "minimum", "maximum"),
    ("maximum-nobody-left-out", _MAXIMUM, _MEAN, "np.maximum(1, n / 3)"),
    ("counts", "These are the numbers of people who agree. Turn them into accuracies: min(1, agreeing / 3).", _MEAN, "n"),
    ("sum", "You add up the accuracies with one annotator left out. Take their mean.", " / a", ""),
    (
        "mean-over-questions",
        "You return one number, the mean over the questions. Return one accuracy a question, shape (B,).",
        _MEAN,
        "accuracies.mean()",
    ),
    (
        "mean-over-wrong-axis",
        "You averaged over the questions (axis 0). Average over who is left out (axis 1): one accuracy a question.",
        _MEAN,
        "accuracies.mean(0)",
    ),
    (
        "not-averaged",
        "You return an accuracy for each annotator left out, shape (B, A). Take their mean: one accuracy a question.",
        _MEAN,
        "accuracies",
    ),
    (
        "only-himself",
        "You count the one who is left out, and nobody else. Leave one out, and count those who agree among the *others*.",
        _OTHERS,
        "same",
    ),
    (
        "added",
        "Each annotator is counted twice where they agree: leaving one out takes a vote away, it does not add one.",
        "- same",
        "+ same",
    ),
    ("error", "This is 1 − accuracy.", _MEAN, f"1 - {_MEAN}"),
    ("disagreeing", "You count those who disagree (`!=`). Count those who agree.", "==", "!="),
    (
        "annotators-with-each-other",
        "This is how well the annotators agree with each other: your `answers` are not in it.",
        _OTHERS,
        "(given[:, :, None] == given[:, None]).sum(2) - 1",
    ),
    (
        "one-too-few-in-the-mean",
        "You divide the sum by one less than there are annotators. There are as many ways to leave one out as annotators.",
        "/ a",
        "/ (a - 1)",
    ),
    ("kinds-exchanged", _KINDS, "- same", "- ~same"),
    ("kinds-exchanged", _KINDS, "- same", "- ~same", _EACH, "np.clip(others / 3, 0, 1)"),
    (
        "agreeing-only",
        "You leave out only those who agree. Leave out the other A − n as well: n votes remain then.",
        _MEAN,
        "(accuracies * same).mean(1)",
    ),
    (
        "disagreeing-only",
        "You leave out only those who disagree. Leave out the n who agree as well: n − 1 votes remain then.",
        _MEAN,
        "(accuracies * ~same).mean(1)",
    ),
    (
        "half-of-the-others",
        "You ask whether more than half of the others agree. Three are enough, and one or two are worth something.",
        _EACH,
        "others > (a - 1) / 2",
    ),
    (
        "share-of-the-others",
        "You divide by 0.3 A, three of *ten*. Three of the others are enough, however many there are: divide by 3.",
        "others / 3",
        "others / (0.3 * a)",
    ),
    (
        "first-answer-for-all",
        "You compare every question's annotators with the first answer. Each question has its own: `answers[:, None]`.",
        "answers[:, None]",
        "answers[0]",
    ),
    (
        "votes-over-questions",
        "You add up over the questions (axis 0). A question's votes stand in its row: `.sum(1)`.",
        _OTHERS,
        "same",
        _MEAN,
        _FORMULA,
        "same.sum(1)",
        "same.sum(0)",
    ),
    (
        "questions-for-annotators",
        "You take the number of questions for that of annotators: A is `given.shape[1]`.",
        _MEAN,
        _FORMULA,
        "given.shape[1]",
        "given.shape[0]",
    ),
    (
        "axis-kept",
        "Your answer keeps an axis of length 1: return shape (B,), without `keepdims` or `[:, None]` at the end.",
        _MEAN,
        "accuracies.mean(1, keepdims=True)",
    ),
    (
        "first-question-only",
        "You return the first question's accuracy only: does `return` stand inside the loop?",
        _MEAN,
        "accuracies[0].mean()",
    ),
    (
        "only-for-ten",
        "Your formula is right for ten annotators only: 0, 0.3, 0.6, 0.9, 1. With five, leaving one out weighs more.",
        _MEAN,
        "np.minimum(1, 0.3 * n)",
    ),
    ("divided-by-ten", "There is a 10 in your code where the number of annotators belongs: `given.shape[1]`.", "/ a", "/ 10"),
)
PARTS = [  # three quarters of the points for ten annotators
    ("", 0.75, "The accuracies differ. Take one question by hand: leave out each annotator in turn, and count."),
    ("others", 0.25, "Right for ten annotators, wrong for another number of them."),
]

EXERCISE = Exercise(
    "01.1",
    "vqa_accuracy",
    4,
    vqa_accuracy,
    cases,
    functools.partial(judge_values, reference=vqa_accuracy, mistakes=MISTAKES, returns="one accuracy a question, shape (B,)", parts=PARTS),
)
