"""The verdict on answers that came over the border, and the card that shows it. Called in a process of its own, see ``apart``."""

import dataclasses
from typing import Any

import numpy as np

from course_utils.exercises import checks, core
from course_utils.show import feedback

_NO_SCORE = (
    "On the grader's data your function gave no answer that could be scored: it stopped, or returned something of another form. "
    "Does your own check pass? Does your code rely on the number of rows in its data?"
)
_ON_OTHERS = (
    "Right on the cases that your own check shows, not on all of the grader's: look at sizes and values that your check does not try."
)


def judged(
    exercise_id: str, points: float, seed: int, hidden: list[Any] | str, visible: list[Any] | str, failed: str = ""
) -> dict[str, Any]:
    """What an exercise earned, for the instructor, and its ``card`` by MIME type, for the learner.

    ``hidden`` and ``visible`` are the answers to the cases of the two seeds, or why there are none; ``failed``, for the
    instructor, why they could not be judged.
    """
    exercise = checks.find(exercise_id)
    found, shown = judge(exercise, hidden, seed), judge(exercise, visible, checks.VISIBLE_SEED)
    if exercise.trains and not visible:  # only numbers of the hidden cases' verdict: what an answer says may hold them
        shown = found if found.measured else core.Verdict(0.0, _NO_SCORE, found.diagnosis)
    elif found.passed or failed:
        shown = found
    else:
        shown = dataclasses.replace(shown, score=found.score, **({"headline": _ON_OTHERS} if shown.passed else {}))
    card = feedback.card(shown, exercise_id=exercise.id, name=exercise.name, points=points, running="yours")
    return {
        "earned": round(found.score * points, 6),
        "diagnosis": f"judge-failed: {failed}" if failed else found.diagnosis,
        "headline": found.headline,
        "measured": found.measured and found.measured.value,
        "card": {"text/plain": repr(card), "text/html": card._repr_html_()},
    }


def judge(exercise: core.Exercise, found: list[Any] | str, seed: int) -> core.Verdict:
    """The verdict on answers that came over the border, or on the reason why none came."""
    if isinstance(found, str):
        return core.Verdict(0.0, found or "It was not asked.", "no-answer")
    try:
        with np.errstate(all="ignore"):
            return exercise.judge(exercise.cases(seed), found)
    except Exception as error:  # an answer that a judge cannot digest earns nothing, and is the course's to mend
        return core.Verdict(
            0.0, "Your answer has a form that the check does not understand.", f"judge-failed: {type(error).__name__}: {error}"
        )
