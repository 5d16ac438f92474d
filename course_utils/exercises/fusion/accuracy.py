"""How well an answer agrees with ten people, one of them left out at a time."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.judges import judge_values
from course_utils.metrics.vqa import agreement


def _votes(answers: np.ndarray, given: np.ndarray) -> np.ndarray:
    """How many of the annotators gave each answer: int[B]."""
    return (np.asarray(given) == np.asarray(answers)[:, None]).sum(1)


def vqa_accuracy(answers: np.ndarray, given: np.ndarray) -> np.ndarray:
    """min(1, agreeing / 3), averaged over the ways to leave one annotator out: int[B], int[B, A] → float[B]."""
    return agreement(_votes(answers, given), np.shape(given)[1])


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


def _left_out(answers: np.ndarray, given: np.ndarray) -> np.ndarray:
    """How many of the others agree when annotator a is left out: int[B, A]."""
    same = np.asarray(given) == np.asarray(answers)[:, None]
    return same.sum(1, keepdims=True) - same


def _of_counts(fn):
    """A mistake in the formula: ``fn(votes, annotators)``."""
    return lambda answers, given: fn(_votes(answers, given), np.shape(given)[1])


def _of_left_out(fn):
    """A mistake in what is done with the counts of the others: ``fn(int[B, A])``."""
    return lambda answers, given: fn(_left_out(answers, given))


def _two_kinds(weights, agreeing=lambda n: n - 1, disagreeing=lambda n: n, least=0):
    """A mistake in the two kinds of annotators to leave out: how many of each, and how many of the others agree then.

    Nobody leaves −1 vote behind where all n are counted right; a mistake may cut it off at 0 (``least``) or not.
    """

    def of_counts(n, a):
        agree, disagree = weights(n, a)
        return (agree * np.clip(agreeing(n) / 3, least, 1) + disagree * np.clip(disagreeing(n) / 3, least, 1)) / a

    return _of_counts(of_counts)


def _as_annotators(count):
    """A mistake in A: ``count(B, A)`` in its place. The formula is written out, since A may be less than the votes."""

    def fn(answers, given):
        n, a = _votes(answers, given), count(*np.shape(given))
        return (n * np.minimum(1, (n - 1) / 3) + (a - n) * np.minimum(1, n / 3)) / a

    return fn


def _commonest(answers, given):
    return np.array([np.bincount(row).argmax() for row in np.asarray(given)])


def _of_everybody(answers, given):
    """How well the annotators agree with each other, whatever the answer."""
    given = np.asarray(given)
    others = (given[:, :, None] == given[:, None]).sum(2) - 1
    return np.minimum(1, others / 3).mean(1)


MISTAKES = [
    Mistake(
        "nobody-left-out",
        "This is min(1, agreeing / 3) over all annotators. Leave out one at a time and average: 2 of ten give 0.6, not 0.67.",
        _of_counts(lambda n, a: np.minimum(1, n / 3)),
    ),
    Mistake(
        "fraction",
        "This is the fraction of people who agree. Three who agree are enough for full accuracy: min(1, agreeing / 3).",
        _of_counts(lambda n, a: n / a),
    ),
    Mistake(
        "majority",
        "You ask whether it is the commonest answer. Every answer earns something: a third for each of the others who gave it.",
        lambda answers, given: _commonest(answers, given) == answers,
    ),
    Mistake(
        "more-than-half",
        "You ask whether more than half agree. Three are enough, and one is worth something.",
        _of_counts(lambda n, a: n > a / 2),
    ),
    Mistake("any", "You ask whether anybody agrees. One person is worth a third, and only to the others.", _of_counts(lambda n, a: n > 0)),
    Mistake(
        "all-or-nothing",
        "You give 1 for three or more and 0 below. One or two who agree are worth a third each: do not round down.",
        _of_counts(lambda n, a: n >= 3),
    ),
    Mistake(
        "rounded-down",
        "A third for each who agrees, and yours are whole numbers before the mean: divide with `/`, not `//`.",
        _of_left_out(lambda others: np.minimum(1, others // 3).mean(1)),
    ),
    Mistake(
        "truncated",
        "Your accuracies are cut off to whole numbers (`int`). Keep the fractions.",
        lambda answers, given: np.floor(vqa_accuracy(answers, given)),
    ),
    Mistake(
        "rounded",
        "You round to one decimal. With ten annotators that does not show: with five, 0.533 is right.",
        lambda answers, given: np.round(vqa_accuracy(answers, given), 1),
    ),
    Mistake(
        "agreeing-left-out",
        "You always leave out somebody who agrees. Leave out each of the annotators in turn: mostly it is one who does not.",
        _of_counts(lambda n, a: np.clip((n - 1) / 3, 0, 1)),
    ),
    Mistake(
        "first-left-out",
        "You leave out the first annotator only. Leave out each in turn, and average.",
        lambda answers, given: np.minimum(1, _left_out(answers, given)[:, 0] / 3),
    ),
    Mistake(
        "last-left-out",
        "You leave out the last annotator only. Leave out each in turn, and average.",
        lambda answers, given: np.minimum(1, _left_out(answers, given)[:, -1] / 3),
    ),
    Mistake(
        "two-are-enough",
        "You divide by 2: with you, two who agree are enough. It takes three: min(1, agreeing / 3).",
        _of_left_out(lambda others: np.minimum(1, others / 2).mean(1)),
    ),
    Mistake(
        "two-of-all",
        "You divide by 2 and leave nobody out. It takes three of the others: min(1, agreeing / 3).",
        _of_counts(lambda n, a: np.minimum(1, n / 2)),
    ),
    Mistake(
        "four-needed",
        "You divide by 4. Three of the others are enough: min(1, agreeing / 3).",
        _of_left_out(lambda others: np.minimum(1, others / 4).mean(1)),
    ),
    Mistake("no-minimum", "Accuracies grow beyond 1: the minimum with 1 is missing.", _of_left_out(lambda others: (others / 3).mean(1))),
    Mistake(
        "no-minimum-nobody-left-out",
        "Accuracies grow beyond 1, and nobody is left out: min(1, agreeing / 3) for each one left out.",
        _of_counts(lambda n, a: n / 3),
    ),
    Mistake(
        "maximum",
        "`max` keeps what is above 1. An accuracy is at most 1: use `min`.",
        _of_left_out(lambda others: np.maximum(1, others / 3).mean(1)),
    ),
    Mistake(
        "maximum-nobody-left-out",
        "`max` keeps what is above 1. An accuracy is at most 1: use `min`.",
        _of_counts(lambda n, a: np.maximum(1, n / 3)),
    ),
    Mistake(
        "counts", "These are the numbers of people who agree. Turn them into accuracies: min(1, agreeing / 3).", _of_counts(lambda n, a: n)
    ),
    Mistake(
        "sum",
        "You add up the accuracies with one annotator left out. Take their mean.",
        _of_left_out(lambda others: np.minimum(1, others / 3).sum(1)),
    ),
    Mistake(
        "mean-over-questions",
        "You return one number, the mean over the questions. Return one accuracy a question, shape (B,).",
        lambda answers, given: vqa_accuracy(answers, given).mean(),
    ),
    Mistake(
        "mean-over-wrong-axis",
        "You averaged over the questions (axis 0). Average over who is left out (axis 1): one accuracy a question.",
        _of_left_out(lambda others: np.minimum(1, others / 3).mean(0)),
    ),
    Mistake(
        "not-averaged",
        "You return an accuracy for each annotator left out, shape (B, A). Take their mean: one accuracy a question.",
        _of_left_out(lambda others: np.minimum(1, others / 3)),
    ),
    Mistake(
        "only-himself",
        "You count the one who is left out, and nobody else. Leave one out, and count those who agree among the *others*.",
        lambda answers, given: np.minimum(1, (np.asarray(given) == answers[:, None]) / 3).mean(1),
    ),
    Mistake(
        "added",
        "Each annotator is counted twice where they agree: leaving one out takes a vote away, it does not add one.",
        lambda answers, given: np.minimum(1, (2 * _votes(answers, given)[:, None] - _left_out(answers, given)) / 3).mean(1),
    ),
    Mistake("error", "This is 1 − accuracy.", lambda answers, given: 1 - vqa_accuracy(answers, given)),
    Mistake(
        "disagreeing",
        "You count those who disagree (`!=`). Count those who agree.",
        lambda answers, given: agreement(np.shape(given)[1] - _votes(answers, given), np.shape(given)[1]),
    ),
    Mistake(
        "annotators-with-each-other", "This is how well the annotators agree with each other: your `answers` are not in it.", _of_everybody
    ),
    Mistake(
        "one-too-few-in-the-mean",
        "You divide the sum by one less than there are annotators. There are as many ways to leave one out as annotators.",
        _of_left_out(lambda others: np.minimum(1, others / 3).sum(1) / (others.shape[1] - 1)),
    ),
    *[
        Mistake(
            "kinds-exchanged",
            "The two kinds are mixed up: each of the n who agree leaves n − 1 votes behind, each of the other A − n leaves n.",
            _two_kinds(lambda n, a: (a - n, n), least=least),
        )
        for least in (-1, 0)
    ],
    Mistake(
        "agreeing-only",
        "You leave out only those who agree. Leave out the other A − n as well: n votes remain then.",
        _two_kinds(lambda n, a: (n, 0 * n)),
    ),
    Mistake(
        "disagreeing-only",
        "You leave out only those who disagree. Leave out the n who agree as well: n − 1 votes remain then.",
        _two_kinds(lambda n, a: (0 * n, a - n)),
    ),
    Mistake(
        "half-of-the-others",
        "You ask whether more than half of the others agree. Three are enough, and one or two are worth something.",
        _of_left_out(lambda others: (others > others.shape[1] / 2 - 0.5).mean(1)),
    ),
    Mistake(
        "share-of-the-others",
        "You divide by 0.3 A, three of *ten*. Three of the others are enough, however many there are: divide by 3.",
        _of_left_out(lambda others: np.minimum(1, others / (0.3 * others.shape[1])).mean(1)),
    ),
    Mistake(
        "first-answer-for-all",
        "You compare every question's annotators with the first answer. Each question has its own: `answers[:, None]`.",
        lambda answers, given: vqa_accuracy(np.broadcast_to(answers[:1], answers.shape), given),
    ),
    Mistake(
        "votes-over-questions",
        "You add up over the questions (axis 0). A question's votes stand in its row: `.sum(1)`.",
        lambda answers, given: agreement((np.asarray(given) == np.asarray(answers)[:, None]).sum(0), np.shape(given)[1]),
    ),
    Mistake(
        "questions-for-annotators",
        "You take the number of questions for that of annotators: A is `given.shape[1]`.",
        _as_annotators(lambda b, a: b),
    ),
    Mistake(
        "axis-kept",
        "Your answer keeps an axis of length 1: return shape (B,), without `keepdims` or `[:, None]` at the end.",
        lambda answers, given: vqa_accuracy(answers, given)[:, None],
    ),
    Mistake(
        "first-question-only",
        "You return the first question's accuracy only: does `return` stand inside the loop?",
        lambda answers, given: vqa_accuracy(answers, given)[0],
    ),
    Mistake(
        "only-for-ten",
        "Your formula is right for ten annotators only: 0, 0.3, 0.6, 0.9, 1. With five, leaving one out weighs more.",
        _of_counts(lambda n, a: np.minimum(1, 0.3 * n)),
    ),
    Mistake(
        "divided-by-ten",
        "There is a 10 in your code where the number of annotators belongs: `given.shape[1]`.",
        _of_left_out(lambda others: np.minimum(1, others / 3).sum(1) / 10),
    ),
]


def judge(cases: list[Case], answers: list) -> Verdict:
    """Three quarters of the points for ten annotators, the rest for any number of them."""
    return judge_values(
        cases,
        answers,
        vqa_accuracy,
        MISTAKES,
        returns="one accuracy a question, shape (B,)",
        parts=[
            ("", 0.75, "The accuracies differ. Take one question by hand: leave out each annotator in turn, and count."),
            ("others", 0.25, "Right for ten annotators, wrong for another number of them."),
        ],
    )


EXERCISE = Exercise("01.1", "vqa_accuracy", 4, vqa_accuracy, cases, judge)
