"""How well an answer agrees with ten people, one of them left out at a time."""

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


_EACH = "np.minimum(1, others / 3)"
MISTAKES = edits(
    vqa_accuracy,
    (
        "nobody-left-out",
        "This is min(1, agreeing / 3) over all annotators. Leave out one at a time and average: 2 of ten give 0.6, not 0.67.",
        "np.minimum(1, n / 3)",
    ),
    ("fraction", "This is the fraction who agree. Three are enough for full accuracy: min(1, agreeing / 3).", "n / a"),
    (
        "majority",
        "You ask whether it is the commonest answer. Every answer earns something: a third for each of the others who gave it.",
        "np.array([np.bincount(row).argmax() for row in given]) == answers",
    ),
    (
        "all-or-nothing",
        "You give 1 from some number of votes on, and 0 below. Three are enough, and one or two are worth something: min(1, agreeing / 3).",
        ("n >= 3", "n > 0", "n > a / 2", "(others > (a - 1) / 2).mean(1)"),
    ),
    ("rounded-down", "A third for each who agrees, and yours are whole numbers before the mean: divide with `/`, not `//`.", "/ 3", "// 3"),
    (
        "agreeing-left-out",
        "You always leave out somebody who agrees. Leave out each of the annotators in turn: mostly it is one who does not.",
        "np.clip((n - 1) / 3, 0, 1)",
    ),
    (
        "one-left-out",
        "You leave out one annotator only, the first or the last. Leave out each in turn, and average.",
        ("accuracies[:, 0]", "accuracies[:, -1]"),
    ),
    ("not-three", "It takes three of the others, neither two nor four: min(1, agreeing / 3).", "/ 3", ("/ 2", "/ 4")),
    ("no-minimum", "Accuracies grow beyond 1: the minimum with 1 is missing.", ("others.mean(1) / 3", "n / 3")),
    (
        "maximum",
        "`max` keeps what is above 1. An accuracy is at most 1: use `min`.",
        ("np.maximum(1, others / 3).mean(1)", "np.maximum(1, n / 3)"),
    ),
    ("counts", "These are the numbers of people who agree. Turn them into accuracies: min(1, agreeing / 3).", "n"),
    ("sum", "You add up the accuracies with one annotator left out. Take their mean.", " / a", ""),
    (
        "not-averaged",
        "Take the mean over who is left out (axis 1): one accuracy a question, shape (B,).",
        ("accuracies", "accuracies.mean(0)"),
    ),
    (
        "annotators-with-each-other",
        "This is how well the annotators agree with each other: your `answers` are not in it.",
        "n[:, None] - same",
        "(given[:, :, None] == given[:, None]).sum(2) - 1",
    ),
    (
        "kinds-exchanged",
        "The two kinds are mixed up: each of the n who agree leaves n − 1 votes behind, each of the other A − n leaves n.",
        "- same",
        "- ~same",
        _EACH,
        (_EACH, "np.clip(others / 3, 0, 1)"),
    ),
    (
        "one-kind-only",
        "You leave out only those who agree, or only the others. Leave out both kinds: n − 1 votes remain for the first, n for the others.",
        ("(accuracies * same).mean(1)", "(accuracies * ~same).mean(1)"),
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
    ("first-question-only", "You return the first question's accuracy only: does `return` stand inside the loop?", "accuracies[0].mean()"),
    (
        "questions-for-annotators",
        "You take the number of questions for that of annotators: A is `given.shape[1]`.",
        "(n * np.minimum(1, (n - 1) / 3) + (len(n) - n) * np.minimum(1, n / 3)) / len(n)",
    ),
    (
        "only-for-ten",
        "Right for ten annotators only: 0, 0.3, 0.6, 0.9, 1. Is there a 10 in your code where `given.shape[1]` belongs?",
        ("np.minimum(1, 0.3 * n)", "accuracies.sum(1) / 10"),
    ),
    at="accuracies.sum(1) / a",
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
