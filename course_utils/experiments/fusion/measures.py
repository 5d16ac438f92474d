"""How many answers are right, in all and by type; and what a lookup table would answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.experiments.fusion import dataset
from course_utils.metrics import vqa as metric
from course_utils.world import questions as Q


def accuracy(given: np.ndarray, data: dataset.QuestionSet) -> float:
    """The share of answers int[n] that are right."""
    return float((given == data.answer).mean())


def vqa_accuracy(given: np.ndarray, data: dataset.QuestionSet) -> float:
    """The mean VQA accuracy of answers int[n]."""
    votes = (data.given == np.asarray(given)[:, None]).sum(1)
    return float(metric.agreement(votes).mean())


def by_type(given: np.ndarray, data: dataset.QuestionSet) -> dict[str, float]:
    """The share of right answers for each question type that was asked, in the order of ``TYPES``."""
    means = metric.by_type(given == data.answer, [Q.TYPES[t] for t in data.questions.type])
    return {name: means[name][0] for name in Q.TYPES if name in means}


def commonest_answer(taught: dataset.QuestionSet, data: dataset.QuestionSet) -> np.ndarray:
    """What a lookup table answers: for each text the commonest answer in training, int[n].

    Texts that training did not show get the commonest answer of their form.
    """
    k = len(Q.ANSWERS)
    of_form = _commonest(taught.questions.form, taught.answer, k)
    of_text = _commonest(taught.questions.text_id, taught.answer, k)
    overall = np.bincount(taught.answer).argmax()
    pairs: Sequence[tuple[int, int]] = list(zip(data.questions.text_id.tolist(), data.questions.form.tolist()))
    return np.array([of_text.get(text, of_form.get(form, overall)) for text, form in pairs])


def _commonest(key: np.ndarray, answer: np.ndarray, k: int) -> dict[int, int]:
    joint, count = np.unique(key.astype(np.int64) * k + answer, return_counts=True)
    order = np.argsort(count, kind="stable")  # the commonest comes last and stays
    return {int(j // k): int(j % k) for j in joint[order]}
