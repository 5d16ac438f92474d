"""From what people said to what a classifier of answers is trained on."""

from __future__ import annotations

import collections
from collections.abc import Callable

import numpy as np

from course_utils.exercises.arrays import softmax
from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.judges import Output, judge_outputs
from course_utils.metrics.vqa import agreement

_WORDS = (
    "1",
    "2",
    "3",
    "4",
    "ball",
    "bear",
    "blue",
    "bus",
    "cake",
    "car",
    "cat",
    "dog",
    "duck",
    "fish",
    "fox",
    "green",
    "kite",
    "left",
    "lion",
    "no",
    "orange",
    "owl",
    "panda",
    "pizza",
    "red",
    "right",
    "tiger",
    "tree",
    "white",
    "yellow",
    "yes",
)
# A short answer inside a longer one: whoever looks for parts of strings counts too many.
_INSIDE = (("1", "12"), ("no", "snow"), ("red", "bored"), ("car", "carrot"), ("tree", "street"))

Annotations = list[list[str]]


def _ranked(counts: collections.Counter) -> list[str]:
    """The most frequent first, ties in alphabetical order."""
    return sorted(counts, key=lambda answer: (-counts[answer], answer))


def _all(annotations: Annotations) -> list[str]:
    return [answer for given in annotations for answer in given]


def answer_targets(annotations: Annotations, most: int) -> tuple[list[str], np.ndarray]:
    """The ``most`` most frequent answers, and the accuracy that each would get: list of K strings, float32[B, K]."""
    vocabulary = _ranked(collections.Counter(_all(annotations)))[:most]
    targets = [[agreement(given.count(answer), len(given)) for answer in vocabulary] for given in annotations]
    return vocabulary, np.array(targets, np.float32)


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
        ranked = _ranked(counts)
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


def _favourite(given: list[str]) -> str:
    return collections.Counter(given).most_common(1)[0][0]


def _first_said(annotations: Annotations) -> list[str]:
    return list(dict.fromkeys(_all(annotations)))


def _vocabulary(annotations: Annotations, most: int) -> list[str]:
    return answer_targets(annotations, most)[0]


def _by(order: Callable[[collections.Counter], list[str]]):
    """A mistake in the order of the answers by their counts."""
    return lambda annotations, most: order(collections.Counter(_all(annotations)))[:most]


def _counting(what: Callable[[list[str]], list[str]]):
    """A mistake in what is counted: ``what`` is taken from each question's answers."""
    return lambda annotations, most: _ranked(collections.Counter(_all([what(given) for given in annotations])))[:most]


def _by_worth(annotations: Annotations, most: int) -> list[str]:
    """The answers with the largest sum of accuracies."""
    ranked = _ranked(collections.Counter(_all(annotations)))
    worth = {a: sum(agreement(given.count(a), len(given)) for given in annotations) for a in ranked}
    return sorted(worth, key=lambda a: (-round(worth[a], 6), a))[:most]


VOCABULARY_MISTAKES = [
    Mistake(
        "once-per-question",
        "You count each answer once a question. Count what every annotator said: ten who agree are ten.",
        _counting(lambda given: list(set(given))),
    ),
    Mistake(
        "favourites-only",
        "You count only the commonest answer of each question. Count what all annotators said.",
        _counting(lambda given: [_favourite(given)]),
    ),
    Mistake("first-annotator-only", "You count the first annotator only. Count all of them.", _counting(lambda given: given[:1])),
    Mistake(
        "ties-as-they-come",
        "Ties stand in the order in which they were said first, as `Counter.most_common` leaves them. Put them in "
        "alphabetical order: sort by `(-count, answer)`.",
        lambda annotations, most: [answer for answer, _ in collections.Counter(_all(annotations)).most_common(most)],
    ),
    Mistake(
        "ties-reversed",
        "Ties stand in reversed alphabetical order: `reverse=True` turns both keys round. Sort by `(-count, answer)`.",
        _by(lambda counts: sorted(counts, key=lambda answer: (counts[answer], answer), reverse=True)),
    ),
    Mistake(
        "rarest-first",
        "You keep the rarest answers: sorting goes upwards. Sort by `(-count, answer)`.",
        _by(lambda counts: sorted(counts, key=lambda answer: (counts[answer], answer))),
    ),
    Mistake(
        "last-kept",
        "You keep the last of the ranking, not the first.",
        lambda annotations, most: _ranked(collections.Counter(_all(annotations)))[-most:],
    ),
    Mistake(
        "kept-reversed",
        "These are the right answers with the most frequent last. It should come first.",
        lambda annotations, most: _vocabulary(annotations, most)[::-1],
    ),
    Mistake(
        "kept-in-alphabetical-order",
        "These are the right answers in alphabetical order. The most frequent comes first; the alphabet only breaks ties.",
        lambda annotations, most: sorted(_vocabulary(annotations, most)),
    ),
    Mistake(
        "cut-before-ties",
        "You cut first and put ties in alphabetical order after that. At the cut the alphabet decides too: sort all answers by "
        "`(-count, answer)`, then keep the first.",
        lambda annotations, most: _ranked(collections.Counter(dict(collections.Counter(_all(annotations)).most_common(most)))),
    ),
    Mistake(
        "ranked-by-accuracy",
        "You rank by accuracies, added up over the questions. Rank by counts: how many annotators gave the answer.",
        _by_worth,
    ),
    Mistake("alphabet-only", "You keep the first of the alphabet. Keep the most frequent.", _by(sorted)),
    Mistake(
        "first-said",
        "You keep the answers that were said first. Keep those that were said most often.",
        lambda annotations, most: _first_said(annotations)[:most],
    ),
    Mistake(
        "in-the-order-said",
        "These are the right answers in the order in which they were said. The most frequent comes first.",
        lambda annotations, most: [a for a in _first_said(annotations) if a in _vocabulary(annotations, most)],
    ),
    Mistake(
        "all-kept",
        "You keep every answer. Keep the first `most` of the ranking.",
        lambda annotations, most: _ranked(collections.Counter(_all(annotations))),
    ),
    Mistake(
        "all-kept-as-they-come",
        "You keep every answer, in the order in which they were said. Keep the `most` most frequent.",
        lambda annotations, most: _first_said(annotations),
    ),
    Mistake(
        "all-kept-alphabet",
        "You keep every answer. Keep the `most` most frequent.",
        lambda annotations, most: sorted(set(_all(annotations))),
    ),
    Mistake("one-too-few", "There is one too few: `most` answers are kept.", lambda annotations, most: _vocabulary(annotations, most)[:-1]),
    Mistake(
        "one-too-many", "There is one too many: `most` answers are kept.", lambda annotations, most: _vocabulary(annotations, most + 1)
    ),
]


def _nobody_said(case: Case, expected: list[str], got: list[str]) -> tuple[str, str] | None:
    if strange := [word for word in got if word not in _all(case.args[0])]:
        return f"Nobody said {strange[0]!r}. The vocabulary holds `most` answers of the annotators, and nothing else.", "nobody-said"


def _ties(case: Case, expected: list[str], got: list[str]) -> tuple[str, str] | None:
    """The right counts one after the other, and other words."""
    counts = collections.Counter(_all(case.args[0]))
    if [counts[word] for word in got] == [counts[word] for word in expected]:
        return "Answers that are equally frequent stand in alphabetical order, at the cut too: sort by `(-count, answer)`.", "ties"


def _votes(annotations: Annotations, most: int) -> np.ndarray:
    """How many of a question's annotators gave each of the answers kept: int[B, K]."""
    return np.array([[given.count(answer) for answer in _vocabulary(annotations, most)] for given in annotations])


def _of_votes(fn: Callable[[np.ndarray, int], np.ndarray]):
    """A mistake in the formula: ``fn(votes, annotators)``."""
    return lambda annotations, most: fn(_votes(annotations, most), len(annotations[0]))


def _of_targets(fn: Callable[[np.ndarray], np.ndarray]):
    """A mistake in what is done with the accuracies."""
    return lambda annotations, most: fn(answer_targets(annotations, most)[1].astype(float))


def _is_favourite(annotations: Annotations, most: int) -> np.ndarray:
    return np.array([[answer == _favourite(given) for answer in _vocabulary(annotations, most)] for given in annotations])


def _largest_only(targets: np.ndarray) -> np.ndarray:
    return targets * (np.arange(targets.shape[1]) == targets.argmax(1)[:, None])


def _of_kept(annotations: Annotations, most: int) -> np.ndarray:
    """The accuracies among those annotators whose answer is in the vocabulary."""
    votes = _votes(annotations, most)
    return np.array([[agreement(n, max(row.sum(), 1)) for n in row] for row in votes])


TARGET_MISTAKES = [
    Mistake(
        "one-hot",
        "Only the commonest answer of a question gets a 1. Every answer has its accuracy: a second one with three votes gets 0.9.",
        _is_favourite,
    ),
    Mistake(
        "one-hot-of-accuracy",
        "Only the best answer kept gets a 1. Every answer has its accuracy.",
        _of_targets(lambda targets: _largest_only(targets) > 0),
    ),
    Mistake(
        "one-hot-of-first",
        "Each row has a 1 at the answer with the most votes, even where nobody gave one that is kept. Every answer has its accuracy.",
        _of_targets(lambda targets: np.arange(targets.shape[1]) == targets.argmax(1)[:, None]),
    ),
    Mistake(
        "largest-only",
        "Only the best answer of a question has its accuracy. The others have theirs: do not set them to 0.",
        _of_targets(_largest_only),
    ),
    Mistake(
        "favourite-only",
        "Only the commonest answer of a question has its accuracy. The others have theirs: do not set them to 0.",
        lambda annotations, most: _is_favourite(annotations, most) * answer_targets(annotations, most)[1],
    ),
    Mistake(
        "fraction",
        "These are fractions of the annotators. A target is the accuracy of exercise 01.1: four votes of ten are worth 1.",
        _of_votes(lambda n, a: n / a),
    ),
    Mistake(
        "fraction-of-kept",
        "Your rows sum to 1: you divide by the votes for the answers kept. A target is an accuracy, each for itself.",
        _of_votes(lambda n, a: n / np.maximum(n.sum(1, keepdims=True), 1)),
    ),
    Mistake(
        "fraction-of-kept-nan",
        "You divide by the votes for the answers kept, which may be 0. A target is an accuracy, each for itself.",
        _of_votes(lambda n, a: n / n.sum(1, keepdims=True)),
    ),
    Mistake(
        "nobody-left-out",
        "This is min(1, votes / 3) over all annotators. An accuracy leaves out one at a time (exercise 01.1): 2 of ten give 0.6.",
        _of_votes(lambda n, a: np.minimum(1, n / 3)),
    ),
    Mistake("no-minimum", "Targets grow beyond 1: the minimum with 1 is missing.", _of_votes(lambda n, a: n / 3)),
    Mistake("no-minimum-left-out", "Targets grow beyond 1: the minimum with 1 is missing.", _of_votes(lambda n, a: n * (a - 1) / (3 * a))),
    Mistake("counts", "These are votes. A target is the accuracy that the answer would get (exercise 01.1).", _of_votes(lambda n, a: n)),
    Mistake(
        "any",
        "You give 1 to every answer that somebody gave. A target is its accuracy: one vote of ten is worth 0.3.",
        _of_votes(lambda n, a: n > 0),
    ),
    Mistake(
        "three-or-nothing",
        "You give 1 for three votes or more and 0 below. One and two are worth something too.",
        _of_votes(lambda n, a: n >= 3),
    ),
    Mistake("rounded-down", "Your targets are rounded down to whole numbers: keep the fractions.", _of_targets(np.floor)),
    Mistake(
        "agreeing-left-out",
        "You always leave out somebody who agrees. Leave out each of the annotators in turn, and average.",
        _of_votes(lambda n, a: np.clip((n - 1) / 3, 0, 1)),
    ),
    Mistake(
        "two-are-enough", "You divide by 2. It takes three of the others for full accuracy.", _of_votes(lambda n, a: np.minimum(1, n / 2))
    ),
    Mistake(
        "only-for-ten",
        "Your formula is right for ten annotators only: 0, 0.3, 0.6, 0.9, 1. With five, leaving one out weighs more.",
        _of_votes(lambda n, a: np.minimum(1, 0.3 * n)),
    ),
    Mistake(
        "sum-to-one",
        "Your rows sum to 1, as for a softmax. Each answer has its own sigmoid here: leave the accuracies as they are.",
        _of_targets(lambda targets: targets / np.where(targets.sum(1, keepdims=True) == 0, 1, targets.sum(1, keepdims=True))),
    ),
    Mistake(
        "sum-to-one-nan",
        "You divide each row by its sum, which may be 0. Each answer has its own sigmoid here: leave the accuracies as they are.",
        _of_targets(lambda targets: targets / targets.sum(1, keepdims=True)),
    ),
    Mistake("softmax", "You applied a softmax: the rows sum to 1. Leave the accuracies as they are.", _of_targets(softmax)),
    Mistake(
        "best-is-one",
        "You divide each row by its largest number, so that the best answer gets 1. Leave the accuracies as they are.",
        _of_targets(lambda targets: targets / np.where(targets.max(1, keepdims=True) == 0, 1, targets.max(1, keepdims=True))),
    ),
    *[
        Mistake(
            "kinds-exchanged",
            "The two kinds are mixed up: each of the n who gave the answer leaves n − 1 votes behind, each of the others n.",
            _of_votes(lambda n, a, least=least: ((a - n) * np.clip((n - 1) / 3, least, 1) + n * np.clip(n / 3, least, 1)) / a),
        )
        for least in (-1, 0)
    ],
    Mistake(
        "divided-by-ten",
        "There is a 10 in your code where the number of annotators belongs: `len(given)`.",
        lambda annotations, most: answer_targets(annotations, most)[1] * len(annotations[0]) / 10,
    ),
    Mistake(
        "cut-off-not-counted",
        "You leave out annotators whose answer was cut off, so that there are fewer than A. They still count as annotators who gave another answer.",
        _of_kept,
    ),
    Mistake(
        "parts-of-words",
        "You look for an answer inside other answers, as `in` does with strings: '1' is part of '12'. Compare whole answers (`==`, `list.count`).",
        lambda annotations, most: [
            [agreement(sum(answer in said for said in given), len(given)) for answer in _vocabulary(annotations, most)]
            for given in annotations
        ],
    ),
    Mistake(
        "of-each-annotator",
        "You return the accuracy of what each annotator said. A column is an answer of the vocabulary, shape (B, K).",
        lambda annotations, most: [[agreement(given.count(said), len(given)) for said in given] for given in annotations],
    ),
    Mistake(
        "numbers-of-the-best",
        "You return the place of each question's best answer. Return the accuracies of all answers, shape (B, K).",
        _of_targets(lambda targets: targets.argmax(1)),
    ),
    Mistake(
        "transposed", "Your table lies on its side: one row a question, one column an answer, shape (B, K).", _of_targets(np.transpose)
    ),
    Mistake(
        "rows-without-answer-dropped",
        "You drop questions whose answers were all cut off. Keep them, as rows of zeros: shape (B, K).",
        _of_targets(lambda targets: targets[targets.any(1)]),
    ),
    Mistake(
        "mean",
        "You return the mean over the questions. Return a row for each of them, shape (B, K).",
        _of_targets(lambda targets: targets.mean(0)),
    ),
    Mistake(
        "of-all-questions",
        "Every row is alike: you count the votes of all questions together. Count those of each question.",
        _of_votes(lambda n, a: np.broadcast_to(np.minimum(1, n.sum(0) / 3), n.shape)),
    ),
    Mistake("error", "This is 1 − accuracy.", _of_targets(lambda targets: 1 - targets)),
    Mistake(
        "numbers-of-the-favourites",
        "You return the place of each question's commonest answer. Return the accuracies of all answers, shape (B, K).",
        lambda annotations, most: _is_favourite(annotations, most).argmax(1),
    ),
]


_FEW = "Here there are fewer answers than `most`: keep all of them, and give the table one column for each."


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for the vocabulary, half for the targets; a fifth of each where there are fewer answers than most."""
    return judge_outputs(
        cases,
        answers,
        answer_targets,
        [
            Output(
                "vocabulary",
                0,
                0.5,
                "a list of K strings, the most frequent first",
                VOCABULARY_MISTAKES,
                [_nobody_said, _ties],
                parts=[("", 0.8, ""), ("few", 0.2, _FEW)],
            ),
            Output(
                "targets",
                1,
                0.5,
                "one row a question, one column an answer of the vocabulary, shape (B, K)",
                TARGET_MISTAKES,
                parts=[("", 0.8, "The values differ. Take one question and one answer by hand: how many said it?"), ("few", 0.2, _FEW)],
            ),
        ],
    )


EXERCISE = Exercise("01.2", "answer_targets", 4, answer_targets, cases, judge)
