"""From what people said to what a classifier of answers is trained on."""

from __future__ import annotations

import collections
import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.metrics.vqa import agreement

_WORDS = "1 2 3 4 ball bear blue bus cake car cat dog duck fish fox green kite left lion no orange owl panda pizza red right tiger tree white yellow yes".split()
# A short answer inside a longer one: whoever looks for parts of strings counts too many.
_INSIDE = (("1", "12"), ("no", "snow"), ("red", "bored"), ("car", "carrot"), ("tree", "street"))

Annotations = list[list[str]]


def _all(annotations: Annotations) -> list[str]:
    return [answer for given in annotations for answer in given]


def _favourite(given: list[str]) -> str:
    return collections.Counter(given).most_common(1)[0][0]


def answer_targets(annotations: Annotations, most: int) -> tuple[list[str], np.ndarray]:
    """The ``most`` most frequent answers, and the accuracy that each would get: list of K strings, float32[B, K]."""
    counts = collections.Counter(_all(annotations))
    ranked = sorted(counts, key=lambda answer: (-counts[answer], answer))
    vocabulary = ranked[:most]
    n = np.array([[given.count(answer) for answer in vocabulary] for given in annotations])
    a = np.array([[len(given)] for given in annotations])
    targets = np.float32(agreement(n, a))
    return vocabulary, targets


def _annotations(rng: np.random.Generator, votes: dict[str, int]) -> list[str]:
    """One question's annotations, in any order: each answer as often as it has votes."""
    return [str(answer) for answer in rng.permutation([answer for answer, n in votes.items() for _ in range(n)])]


def _small(rng: np.random.Generator) -> Annotations:
    """Four questions of ten people. ``a`` has the most votes and is no question's favourite; ``c`` and ``e`` have five each.

    The alphabet puts e first, the order in which things are said c; the letters of a are part of d.
    """
    a, d = _INSIDE[rng.integers(len(_INSIDE))]
    b, c, e, f, g, h, i = (str(word) for word in rng.permutation([word for word in _WORDS if word != a])[:7])
    e, c = sorted((c, e))
    votes = [{b: 5, a: 4, c: 1}, {c: 4, a: 3, d: 3}, {e: 5, a: 3, b: 1, d: 1}, {f: 3, g: 3, h: 2, i: 2}]
    return [_annotations(rng, of_one) for of_one in votes]


def _draw(rng: np.random.Generator, questions: int, annotators: int, most: int) -> Annotations:
    """Random annotations where a tie stands at the cut, and the last question's answers are all cut off."""
    while True:
        rare, common = np.split(rng.permutation(_WORDS)[: annotators + 2 * most + 3], [annotators])
        frequent = 1 / np.arange(1, len(common) + 1)
        annotations = [
            [str(answer) for answer in rng.choice(rng.choice(common, 5, False, frequent / frequent.sum()), annotators)]
            for _ in range(questions - 1)
        ] + [[str(answer) for answer in rng.choice(rare, annotators)]]
        counts = collections.Counter(_all(annotations))
        ranked, _ = answer_targets(annotations, len(counts))
        tie = len(ranked) > most and counts[ranked[most - 1]] == counts[ranked[most]]
        if tie and not set(ranked[:most]) & set(annotations[-1]):
            return annotations


def cases(seed: int) -> list[Case]:
    """Questions with ten and with five annotators; nobody's answer to the last one is kept."""
    rng = np.random.default_rng([seed, 102])
    drawn = [
        (_small(rng), 3),
        (_small(rng), 4),
        (_draw(rng, 7, 10, 5), 5),
        (_draw(rng, 11, 5, 7), 7),
        (_draw(rng, 5, 9, 2), 2),
        (_small(rng), 12),
    ]
    return [
        Case(
            (annotations, most),
            f"{len(annotations)} questions, {len(annotations[0])} people each, most = {most}",
            part="few" if most == 12 else "",
        )
        for annotations, most in drawn
    ]


_COUNTED, _KEY, _KEPT = "_all(annotations)", "(-counts[answer], answer)", "ranked[:most]"
_VOTES, _ACCURACY, _OF_ANSWER = "given.count(answer)", "agreement(n, a)", "answer == _favourite(given)"
_NO_MINIMUM = "Targets grow beyond 1: the minimum with 1 is missing."
_KINDS = "The two kinds are mixed up: each of the n who gave the answer leaves n − 1 votes behind, each of the others n."
_BEST, _SUM = "np.eye(len(vocabulary))[targets.argmax(1)]", ".sum(1, keepdims=True)"

VOCABULARY_MISTAKES = edits(
    answer_targets,
    (
        "once-per-question",
        "You count each answer once a question. Count what every annotator said: ten who agree are ten.",
        _COUNTED,
        "_all(map(set, annotations))",
    ),
    (
        "favourites-only",
        "You count only the commonest answer of each question. Count what all annotators said.",
        _COUNTED,
        "map(_favourite, annotations)",
    ),
    ("first-annotator-only", "You count the first annotator only. Count all of them.", _COUNTED, "given[0] for given in annotations"),
    (
        "ties-as-they-come",
        "Ties stand in the order in which they were said first, as `Counter.most_common` leaves them. Put them in alphabetical order: sort by `(-count, answer)`.",
        _KEY,
        "-counts[answer]",
    ),
    (
        "ties-reversed",
        "Ties stand in reversed alphabetical order: `reverse=True` turns both keys round. Sort by `(-count, answer)`.",
        _KEY,
        "(counts[answer], answer), reverse=True",
    ),
    ("rarest-first", "You keep the rarest answers: sorting goes upwards. Sort by `(-count, answer)`.", "-counts", "counts"),
    ("last-kept", "You keep the last of the ranking, not the first.", "[:most]", "[-most:]"),
    ("kept-reversed", "These are the right answers with the most frequent last. It should come first.", _KEPT, f"{_KEPT}[::-1]"),
    (
        "kept-in-alphabetical-order",
        "These are the right answers in alphabetical order. The most frequent comes first; the alphabet only breaks ties.",
        _KEPT,
        f"sorted({_KEPT})",
    ),
    (
        "cut-before-ties",
        "You cut first and put ties in alphabetical order after that. At the cut the alphabet decides too: sort all answers by `(-count, answer)`, then keep the first.",
        "sorted(counts",
        "sorted(dict(counts.most_common(most))",
    ),
    (
        "ranked-by-accuracy",
        "You rank by accuracies, added up over the questions. Rank by counts: how many annotators gave the answer.",
        "counts[answer]",
        "round(sum(agreement(given.count(answer), len(given)) for given in annotations), 6)",
    ),
    ("alphabet-only", "You keep the first of the alphabet. Keep the most frequent.", _KEY, "answer"),
    ("first-said", "You keep the answers that were said first. Keep those that were said most often.", "ranked[", "list(counts)["),
    (
        "in-the-order-said",
        "These are the right answers in the order in which they were said. The most frequent comes first.",
        _KEPT,
        "[answer for answer in counts if answer in ranked[:most]]",
    ),
    ("all-kept", "You keep every answer. Keep the first `most` of the ranking.", "[:most]", ""),
    (
        "all-kept-as-they-come",
        "You keep every answer, in the order in which they were said. Keep the `most` most frequent.",
        _KEPT,
        "list(counts)",
    ),
    ("all-kept-alphabet", "You keep every answer. Keep the `most` most frequent.", _KEPT, "sorted(counts)"),
    ("one-too-few", "There is one too few: `most` answers are kept.", _KEPT, f"{_KEPT}[:-1]"),
    ("one-too-many", "There is one too many: `most` answers are kept.", "[:most]", "[: most + 1]"),
)


def _nobody_said(case: Case, expected: list[str], got: list[str]) -> tuple[str, str] | None:
    if strange := [word for word in got if word not in _all(case.args[0])]:
        return f"Nobody said {strange[0]!r}. The vocabulary holds `most` answers of the annotators, and nothing else.", "nobody-said"


def _ties(case: Case, expected: list[str], got: list[str]) -> tuple[str, str] | None:
    """The right counts one after the other, and other words."""
    counts = collections.Counter(_all(case.args[0]))
    if [counts[word] for word in got] == [counts[word] for word in expected]:
        return "Answers that are equally frequent stand in alphabetical order, at the cut too: sort by `(-count, answer)`.", "ties"


TARGET_MISTAKES = edits(
    answer_targets,
    (
        "one-hot",
        "Only the commonest answer of a question gets a 1. Every answer has its accuracy: a second one with three votes gets 0.9.",
        _VOTES,
        _OF_ANSWER,
        _ACCURACY,
        "n",
    ),
    (
        "one-hot-of-accuracy",
        "Only the best answer kept gets a 1. Every answer has its accuracy.",
        ", targets",
        f", {_BEST} * (targets > 0)",
    ),
    (
        "one-hot-of-first",
        "Each row has a 1 at the answer with the most votes, even where nobody gave one that is kept. Every answer has its accuracy.",
        ", targets",
        f", {_BEST}",
    ),
    (
        "largest-only",
        "Only the best answer of a question has its accuracy. The others have theirs: do not set them to 0.",
        ", targets",
        f", {_BEST} * targets",
    ),
    (
        "favourite-only",
        "Only the commonest answer of a question has its accuracy. The others have theirs: do not set them to 0.",
        _VOTES,
        f"({_OF_ANSWER}) * {_VOTES}",
    ),
    (
        "fraction",
        "These are fractions of the annotators. A target is the accuracy of exercise 01.1: four votes of ten are worth 1.",
        _ACCURACY,
        "n / a",
    ),
    (
        "fraction-of-kept",
        "Your rows sum to 1: you divide by the votes for the answers kept. A target is an accuracy, each for itself.",
        _ACCURACY,
        f"n / np.maximum(n{_SUM}, 1)",
    ),
    (
        "fraction-of-kept-nan",
        "You divide by the votes for the answers kept, which may be 0. A target is an accuracy, each for itself.",
        _ACCURACY,
        f"n / n{_SUM}",
    ),
    (
        "nobody-left-out",
        "This is min(1, votes / 3) over all annotators. An accuracy leaves out one at a time (exercise 01.1): 2 of ten give 0.6.",
        _ACCURACY,
        "np.minimum(1, n / 3)",
    ),
    ("no-minimum", _NO_MINIMUM, _ACCURACY, "n / 3"),
    ("no-minimum-left-out", _NO_MINIMUM, _ACCURACY, "n * (a - 1) / (3 * a)"),
    ("counts", "These are votes. A target is the accuracy that the answer would get (exercise 01.1).", _ACCURACY, "n"),
    ("any", "You give 1 to every answer that somebody gave. A target is its accuracy: one vote of ten is worth 0.3.", _ACCURACY, "n > 0"),
    ("three-or-nothing", "You give 1 for three votes or more and 0 below. One and two are worth something too.", _ACCURACY, "n >= 3"),
    ("rounded-down", "Your targets are rounded down to whole numbers: keep the fractions.", ", targets", ", np.floor(targets)"),
    (
        "agreeing-left-out",
        "You always leave out somebody who agrees. Leave out each of the annotators in turn, and average.",
        _ACCURACY,
        "np.clip((n - 1) / 3, 0, 1)",
    ),
    ("two-are-enough", "You divide by 2. It takes three of the others for full accuracy.", _ACCURACY, "np.minimum(1, n / 2)"),
    (
        "only-for-ten",
        "Your formula is right for ten annotators only: 0, 0.3, 0.6, 0.9, 1. With five, leaving one out weighs more.",
        _ACCURACY,
        "np.minimum(1, 0.3 * n)",
    ),
    (
        "sum-to-one",
        "Your rows sum to 1, as for a softmax. Each answer has its own sigmoid here: leave the accuracies as they are.",
        ", targets",
        f", targets / np.maximum(targets{_SUM}, 1e-9)",
    ),
    (
        "sum-to-one-nan",
        "You divide each row by its sum, which may be 0. Each answer has its own sigmoid here: leave the accuracies as they are.",
        ", targets",
        f", targets / targets{_SUM}",
    ),
    ("softmax", "You applied a softmax: the rows sum to 1. Leave the accuracies as they are.", ", targets", ", softmax(targets)"),
    (
        "best-is-one",
        "You divide each row by its largest number, so that the best answer gets 1. Leave the accuracies as they are.",
        ", targets",
        ", targets / np.maximum(targets.max(1, keepdims=True), 1e-9)",
    ),
    ("kinds-exchanged", _KINDS, _ACCURACY, "((a - n) * np.minimum(1, (n - 1) / 3) + n * np.minimum(1, n / 3)) / a"),
    ("kinds-exchanged", _KINDS, _ACCURACY, "((a - n) * np.clip((n - 1) / 3, 0, 1) + n * np.minimum(1, n / 3)) / a"),
    (
        "divided-by-ten",
        "There is a 10 in your code where the number of annotators belongs: `len(given)`.",
        ", targets",
        ", targets * a / 10",
    ),
    (
        "cut-off-not-counted",
        "You leave out annotators whose answer was cut off, so that there are fewer than A. They still count as annotators who gave another answer.",
        "(n, a)",
        f"(n, np.maximum(n{_SUM}, 1))",
    ),
    (
        "parts-of-words",
        "You look for an answer inside other answers, as `in` does with strings: '1' is part of '12'. Compare whole answers (`==`, `list.count`).",
        _VOTES,
        "sum(answer in said for said in given)",
    ),
    (
        "of-each-annotator",
        "You return the accuracy of what each annotator said. A column is an answer of the vocabulary, shape (B, K).",
        "in vocabulary",
        "in given",
    ),
    (
        "numbers-of-the-best",
        "You return the place of each question's best answer. Return the accuracies of all answers, shape (B, K).",
        ", targets",
        ", targets.argmax(1)",
    ),
    ("transposed", "Your table lies on its side: one row a question, one column an answer, shape (B, K).", ", targets", ", targets.T"),
    (
        "rows-without-answer-dropped",
        "You drop questions whose answers were all cut off. Keep them, as rows of zeros: shape (B, K).",
        ", targets",
        ", targets[targets.any(1)]",
    ),
    ("mean", "You return the mean over the questions. Return a row for each of them, shape (B, K).", ", targets", ", targets.mean(0)"),
    (
        "of-all-questions",
        "Every row is alike: you count the votes of all questions together. Count those of each question.",
        _ACCURACY,
        "np.broadcast_to(np.minimum(1, n.sum(0) / 3), n.shape)",
    ),
    ("error", "This is 1 − accuracy.", ", targets", ", 1 - targets"),
    (
        "numbers-of-the-favourites",
        "You return the place of each question's commonest answer. Return the accuracies of all answers, shape (B, K).",
        _VOTES,
        _OF_ANSWER,
        ", targets",
        ", n.argmax(1)",
    ),
)


_FEW = "Here there are fewer answers than `most`: keep all of them, and give the table one column for each."


OUTPUTS = [
    Output(
        "vocabulary",
        0,
        0.5,
        "a list of K strings, the most frequent first",
        of_output(0, VOCABULARY_MISTAKES),
        [_nobody_said, _ties],
        parts=[("", 0.8, ""), ("few", 0.2, _FEW)],
    ),
    Output(
        "targets",
        1,
        0.5,
        "one row a question, one column an answer of the vocabulary, shape (B, K)",
        of_output(1, TARGET_MISTAKES),
        parts=[("", 0.8, "The values differ. Take one question and one answer by hand: how many said it?"), ("few", 0.2, _FEW)],
    ),
]
EXERCISE = Exercise(
    "01.2", "answer_targets", 4, answer_targets, cases, functools.partial(judge_outputs, reference=answer_targets, outputs=OUTPUTS)
)
