"""Ten people answer each question, as in the VQA data set, and do not always agree."""

from __future__ import annotations

import numpy as np

from course_utils.world.questions.construction import pick
from course_utils.world.questions.forms import ANSWERS, COUNT, Questions
from course_utils.world.questions.oracle import asks, possible
from course_utils.world.scenes import SLOTS

ANNOTATORS = 10


def annotate(rng: np.random.Generator, questions: Questions, answers: np.ndarray, disagreement: float = 0.2) -> np.ndarray:
    """Ten answers a question.

    Each annotator errs with probability ``disagreement``, independently. Errors are plausible and partly shared: every
    question has one tempting wrong answer (of a count, one more or one less), which half of those who err give; the
    others give any other answer that is possible for the question.

    Parameters
    ----------
    answers : int[B], the right answers, indices into ``ANSWERS``.
    disagreement : probability

    Returns
    -------
    int16[B, 10]
        Indices into ``ANSWERS``.

    Raises ValueError if ``disagreement`` is no probability, or an answer is not possible for its question.
    """
    if not 0 <= disagreement <= 1:
        raise ValueError(f"disagreement is {disagreement}; expected a probability between 0 and 1.")
    n, rows = len(questions), np.arange(len(questions))
    wrong = possible(questions)
    answers = np.asarray(answers)
    if answers.shape != (n,):
        raise ValueError(f"answers has shape {answers.shape}; expected one answer for each of {n} questions, ({n},).")
    if not wrong[rows, answers].all():
        i = int((~wrong[rows, answers]).argmax())
        raise ValueError(f"Answer {ANSWERS[answers[i]]!r} is not possible for {questions[i].texts()[0]!r}.")
    wrong[rows, answers] = False
    count = answers.astype(int) - COUNT
    step = np.where(rng.random(n) < 0.5, 1, -1)
    step = np.where((count + step < 0) | (count + step > SLOTS), -step, step)
    tempting = np.where(asks(questions, "count"), COUNT + count + step, pick(rng, wrong))
    any_wrong = pick(rng, np.repeat(wrong, ANNOTATORS, 0)).reshape(n, ANNOTATORS)
    errs, tempted = rng.random((2, n, ANNOTATORS)) < np.array([disagreement, 0.5])[:, None, None]
    given = np.where(errs, np.where(tempted, tempting[:, None], any_wrong), answers[:, None])
    return given.astype(np.int16)
