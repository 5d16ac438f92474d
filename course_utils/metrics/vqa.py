"""The accuracy of visual question answering, as the official evaluation of VQA computes it, and what follows from it.

Ten people answered each question. An answer counts in full if three people gave it: min(1, agreeing / 3), averaged
over the ten ways to leave one annotator out (Antol et al., 2015). Answers are compared after a normalisation that
belongs to the metric: "Two." and "the two" are both "2". It is applied only where the annotators disagree; where all say
the same, an answer counts if it is that string, its case included. Give a free answer its :func:`normalise` first where the
annotations are normalised already, as this world's are.
"""

from __future__ import annotations

import collections
import functools
import re
from collections.abc import Iterable, Sequence

import numpy as np

_NUMBERS = {
    "none": "0",
    "zero": "0",
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
    "nine": "9",
    "ten": "10",
}
_ARTICLES = ("a", "an", "the")
_PUNCTUATION = ';/[]"{}()=+\\_-><@`,?!'
_COMMA_IN_NUMBER = re.compile(r"\d,\d")
_PERIOD_BEFORE_NO_DIGIT = re.compile(r"\.(?!\d)")
_SHORT_FORMS = """
    'ow's'at 'twas ain't aren't can't could've couldn't couldn't've didn't doesn't don't hadn't hadn't've hasn't
    haven't he'd he'd've he's how'd how'll how's isn't it'd it'd've it'll ma'am might've mightn't mightn't've must've
    mustn't needn't not've o'clock oughtn't shan't she'd've should've shouldn't shouldn't've somebody'd've somebody'll
    somebody's someone'd someone'd've someone'll someone's something'd something'd've something'll that's there'd
    there'd've there're there's they'd they'd've they'll they're they've wasn't we'd've we've weren't what'll what're
    what's what've when's where'd where's where've who'd who'd've who'll who's who've why'll why're why's won't would've
    wouldn't wouldn't've y'all y'all'd've y'all'll you'd you'd've you'll you're you've
""".split()
# A short form that lost exactly one apostrophe gets it back; "somebody'd" loses its own, a slip of the original.
_CONTRACTIONS = {form[:i] + form[i + 1 :]: form for form in _SHORT_FORMS for i, letter in enumerate(form) if letter == "'"} | {
    "somebody'd": "somebodyd"
}


@functools.lru_cache(maxsize=1 << 16)
def normalise(answer: str) -> str:
    """An answer as the official evaluation compares it.

    In this order: punctuation goes (it becomes a space, or nothing where the answer has a space beside that mark or a
    comma between two digits anywhere), periods go unless a digit follows, letters become lower case, number words
    become digits ("none" becomes "0"), articles go, lost apostrophes come back.

    >>> [normalise(answer) for answer in ("The Two dogs.", "1,000", "3.5", "dont know", "black/white")]
    ['2 dogs', '1000', '3.5', "don't know", 'black white']
    """
    text = cleaned = _trimmed(answer)
    glued = _COMMA_IN_NUMBER.search(text) is not None
    for mark in _PUNCTUATION:
        beside_space = f"{mark} " in text or f" {mark}" in text
        cleaned = cleaned.replace(mark, "" if glued or beside_space else " ")
    # At most 32 periods: the original passes a flag, 32, where the count belongs.
    cleaned = _PERIOD_BEFORE_NO_DIGIT.sub("", cleaned, count=32)
    words = (_NUMBERS.get(word, word) for word in cleaned.lower().split())
    return " ".join(_CONTRACTIONS.get(word, word) for word in words if word not in _ARTICLES)


def _trimmed(answer: str) -> str:
    return answer.replace("\n", " ").replace("\t", " ").strip()


def _comparable(annotations: Sequence[str]) -> tuple[list[str], bool]:
    """One question's annotations as they are compared, and whether answers to it are to be normalised."""
    answers = [_trimmed(answer) for answer in annotations]
    disagree = len(set(answers)) > 1
    return [normalise(answer) for answer in answers] if disagree else answers, disagree


def agreement(votes: np.ndarray, annotators: int = 10) -> np.ndarray:
    """The accuracy of an answer that ``votes`` of the annotators gave: int[...] → float64[...].

    Leaving one annotator out takes a vote away as often as there are votes: with n votes of ten the mean is
    (n · min(1, (n - 1) / 3) + (10 - n) · min(1, n / 3)) / 10, which is 0, .3, .6, .9, 1 for n = 0, 1, 2, 3, 4 or more.
    """
    votes = np.asarray(votes)
    # in thirds of a vote, whole numbers up to the one division
    thirds = votes * np.clip(votes - 1, 0, 3) + (annotators - votes) * np.clip(votes, 0, 3)
    return thirds / (3 * annotators)


def vqa_accuracy(predictions: Sequence[str], annotations: Sequence[Sequence[str]]) -> np.ndarray:
    """The accuracy of each prediction: float64[B] in 0..1.

    Parameters
    ----------
    predictions : B answers.
    annotations : for each question what its annotators answered, usually ten.

    Raises ValueError if the numbers of predictions and of annotated questions differ, or a question has no annotation.
    """
    if isinstance(predictions, str) or len(predictions) != len(annotations):
        raise ValueError(
            f"There are {1 if isinstance(predictions, str) else len(predictions)} predictions and {len(annotations)} "
            "annotated questions; give a list with one prediction for each question."
        )
    scores = np.zeros(len(annotations))
    for i, (prediction, given) in enumerate(zip(predictions, annotations)):
        answers, disagree = _comparable(_some(given, i))
        wanted = normalise(prediction) if disagree else _trimmed(prediction)
        scores[i] = agreement(answers.count(wanted), len(answers))
    return scores


def soft_targets(annotations: Sequence[Sequence[str]], vocabulary: Sequence[str]) -> np.ndarray:
    """What a classifier with a sigmoid for each answer is trained on: float32[B, V].

    Entry (b, k) is the accuracy that ``vocabulary[k]`` would get as the answer to question b (Teney et al., 2018). Rows
    need not add up to 1; a row is 0 where nothing that was said is in the vocabulary.

    Raises ValueError if a question has no annotation.
    """
    places: dict[bool, dict[str, list[int]]] = {True: {}, False: {}}
    for k, answer in enumerate(vocabulary):
        places[True].setdefault(normalise(answer), []).append(k)
        places[False].setdefault(_trimmed(answer), []).append(k)
    targets = np.zeros((len(annotations), len(vocabulary)), np.float32)
    for b, given in enumerate(annotations):
        answers, disagree = _comparable(_some(given, b))
        for answer, votes in collections.Counter(answers).items():
            targets[b, places[disagree].get(answer, [])] = agreement(votes, len(answers))
    return targets


def _some(given: Sequence[str], i: int) -> Sequence[str]:
    if isinstance(given, str) or not len(given):
        raise ValueError(f"Question {i} has {given!r} as its annotations; give a list with at least one answer.")
    return given


def answer_vocabulary(answers: Iterable[str], most: int) -> tuple[str, ...]:
    """The at most ``most`` most frequent answers, normalised, the most frequent first, ties in alphabetical order.

    Raises ValueError if ``most`` is below 1.
    """
    if most < 1:
        raise ValueError(f"most is {most}; keep at least 1 answer.")
    counts = collections.Counter(normalise(answer) for answer in answers)
    return tuple(sorted(counts, key=lambda answer: (-counts[answer], answer))[:most])


def by_type(scores: np.ndarray, types: Sequence[str]) -> dict[str, tuple[float, int]]:
    """Mean score and number of questions of each type, types in alphabetical order.

    Parameters
    ----------
    scores : float[B]
    types : B names.

    Raises ValueError if there is not one type for each score.
    """
    scores, types = np.asarray(scores), np.asarray(types)
    if scores.shape != types.shape:
        raise ValueError(f"scores has shape {scores.shape} and types {types.shape}; give one type for each score.")
    return {str(name): (float(scores[types == name].mean()), int((types == name).sum())) for name in np.unique(types)}
