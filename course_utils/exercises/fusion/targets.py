"""From what people said to what a classifier of answers is trained on."""

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

MANY, OFTEN = 200, 200

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
    """Questions with ten and with five annotators; nobody's answer to the last one is kept. Then many questions, of which each
    annotation may be compared or looked up ``OFTEN`` times: enough to count for every question and answer by itself."""
    rng = np.random.default_rng([seed, 102])
    drawn = [
        (_small(rng), 3),
        (_small(rng), 4),
        (_draw(rng, 7, 10, 5), 5),
        (_draw(rng, 11, 5, 7), 7),
        (_draw(rng, 5, 9, 2), 2),
        (_small(rng), 12),
    ]
    many = [given for _ in range(MANY // 4) for given in _small(rng)]
    return [
        Case(
            (annotations, most),
            f"{len(annotations)} questions, {len(annotations[0])} people each, most = {most}",
            part="few" if most == 12 else "",
        )
        for annotations, most in drawn
    ] + [Case((many, 3), f"{MANY} questions, 10 people each, most = 3", part="many", lookups=OFTEN * 10 * MANY)]


_COUNTED, _KEY, _KEPT = "_all(annotations)", "(-counts[answer], answer)", "ranked[:most]"
_SUM, _BEST = ".sum(1, keepdims=True)", ", np.eye(len(vocabulary))[targets.argmax(1)]"
_FAVOURITE = ", np.array([[answer == _favourite(given) for answer in vocabulary] for given in annotations])"

VOCABULARY_MISTAKES = edits(
    answer_targets,
    (
        "once-per-question",
        "You count each answer once a question. Count what every annotator said: ten who agree are ten.",
        _COUNTED,
        "_all(map(set, annotations))",
    ),
    (
        "one-per-question",
        "You count one answer of each question, the commonest or the first. Count what all annotators said.",
        _COUNTED,
        ("map(_favourite, annotations)", "given[0] for given in annotations"),
    ),
    (
        "ties-as-they-come",
        "Ties stand in the order in which they were said, as `Counter.most_common` leaves them. Sort by `(-count, answer)`.",
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
    (
        "kept-in-another-order",
        "These are the right answers in another order. The most frequent comes first; the alphabet only breaks ties.",
        _KEPT,
        (f"{_KEPT}[::-1]", f"sorted({_KEPT})", "[answer for answer in counts if answer in ranked[:most]]"),
    ),
    (
        "cut-before-ties",
        "You cut first and sort ties after that. The alphabet decides at the cut too: sort all by `(-count, answer)`, then keep the first.",
        "sorted(counts",
        "sorted(dict(counts.most_common(most))",
    ),
    (
        "ranked-by-accuracy",
        "You rank by accuracies, added up over the questions. Rank by counts: how many annotators gave the answer.",
        "counts[answer]",
        "round(sum(agreement(given.count(answer), len(given)) for given in annotations), 6)",
    ),
    (
        "not-ranked",
        "You keep the first of the alphabet, or what was said first. Keep the most frequent.",
        "ranked[",
        ("sorted(counts)[", "list(counts)["),
    ),
    ("all-kept", "You keep every answer. Keep the `most` most frequent.", _KEPT, ("ranked", "list(counts)", "sorted(counts)")),
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
        "Only the best answer of a question gets a 1. Every answer has its accuracy: a second one with three votes gets 0.9.",
        (_FAVOURITE, f"{_BEST} * (targets > 0)", _BEST),
    ),
    (
        "best-only",
        "Only the best answer of a question has its accuracy. The others have theirs: do not set them to 0.",
        (f"{_BEST} * targets", f"{_FAVOURITE} * targets"),
    ),
    (
        "fraction",
        "These are fractions of the annotators. A target is the accuracy of exercise 01.1: four votes of ten are worth 1.",
        ", n / a",
    ),
    (
        "nobody-left-out",
        "This is min(1, votes / 3) over all annotators. An accuracy leaves out one at a time (exercise 01.1): 2 of ten give 0.6.",
        ", np.minimum(1, n / 3)",
    ),
    ("no-minimum", "Targets grow beyond 1: the minimum with 1 is missing.", (", n / 3", ", n * (a - 1) / (3 * a)")),
    ("counts", "These are votes. A target is the accuracy that the answer would get (exercise 01.1).", ", n"),
    (
        "zero-or-one",
        "Your targets are 0 or 1. A target is an accuracy: one vote of ten is worth 0.3, two are worth 0.6.",
        (", n > 0", ", n >= 3", ", np.floor(targets)"),
    ),
    (
        "only-for-ten",
        "Right for ten annotators only: 0, 0.3, 0.6, 0.9, 1. Is there a 10 in your code where `len(given)` belongs?",
        (", np.minimum(1, 0.3 * n)", ", targets * a / 10"),
    ),
    (
        "sum-to-one",
        "Your rows sum to 1, as for a softmax. Each answer has its own sigmoid here: leave the accuracies as they are.",
        (
            f", targets / np.maximum(targets{_SUM}, 1e-9)",
            f", targets / targets{_SUM}",
            f", n / np.maximum(n{_SUM}, 1)",
            f", n / n{_SUM}",
            ", softmax(targets)",
        ),
    ),
    (
        "kinds-exchanged",
        "The two kinds are mixed up: each of the n who gave the answer leaves n − 1 votes behind, each of the others n.",
        (", ((a - n) * np.minimum(1, (n - 1) / 3) + n * np.minimum(1, n / 3)) / a",),
    ),
    (
        "cut-off-not-counted",
        "You leave out annotators whose answer was cut off. They still count among the A, as people who gave another answer.",
        "(n, a)",
        f"(n, np.maximum(n{_SUM}, 1))",
    ),
    (
        "parts-of-words",
        "You look for an answer inside others, as `in` does with strings: '1' is part of '12'. Compare whole answers (`==`, `list.count`).",
        "given.count(answer)",
        "sum(answer in said for said in given)",
    ),
    (
        "numbers-of-the-best",
        "You return the place of each question's best answer. Return the accuracies of all answers, shape (B, K).",
        (", targets.argmax(1)", f"{_FAVOURITE}.argmax(1)"),
    ),
    (
        "rows-without-answer-dropped",
        "You drop questions whose answers were all cut off. Keep them, as rows of zeros: shape (B, K).",
        ", targets[targets.any(1)]",
    ),
    at=", targets",
)
_MANY = "Right, but quadratic: for each annotation or question you look at all annotations again. Count them once, before the loop."
_FEW = "Here there are fewer answers than `most`: keep all of them, and give the table one column for each."


OUTPUTS = [
    Output(
        "vocabulary",
        0,
        0.5,
        "a list of K strings, the most frequent first",
        of_output(0, VOCABULARY_MISTAKES),
        [_nobody_said, _ties],
        parts=[("", 0.7, ""), ("few", 0.2, _FEW), ("many", 0.1, _MANY)],
    ),
    Output(
        "targets",
        1,
        0.5,
        "one row a question, one column an answer of the vocabulary, shape (B, K)",
        of_output(1, TARGET_MISTAKES),
        parts=[
            ("", 0.7, "The values differ. Take one question and one answer by hand: how many said it?"),
            ("few", 0.2, _FEW),
            ("many", 0.1, _MANY),
        ],
    ),
]
EXERCISE = Exercise(
    "01.2", "answer_targets", 4, answer_targets, cases, functools.partial(judge_outputs, reference=answer_targets, outputs=OUTPUTS)
)
