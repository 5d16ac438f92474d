"""How a judge reaches its verdict: the answers are compared with the reference's, and the first wrong one is explained.

:func:`judge_values` judges a function that returns one thing, :func:`judge_outputs` one that returns several. An answer
that is better or worse, not right or wrong, gets partial credit from :func:`judge_score`.
"""

import dataclasses
import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from course_utils.exercises.comparison import agrees, numbers, other_kind, show, words
from course_utils.exercises.core import Case, Measured, Mistake, Picture, Problem, Verdict
from course_utils.exercises.explanation import Attempt, explain, missing, sketch, what_it_is
from course_utils.exercises.patterns import Pattern

Draw = Callable[[np.ndarray, np.ndarray], Picture]  # of expected and got


@dataclasses.dataclass(frozen=True)
class Output:
    """One of several things that a function returns, judged by itself: arguments of :func:`judge_values`, and

    ``name``, the variable that holds it in the exercise's text; ``place``, where it stands among what is returned;
    ``weight``, the share of the points; half of it is earned by right values of another ``kind`` where kinds are told apart. The mistakes' functions return this output alone. ``parts`` is for cases that are
    grouped; without it, all cases that belong to no part are judged, under ``remark``.
    """

    name: str
    place: int
    weight: float
    returns: str
    mistakes: Sequence[Mistake]
    patterns: Sequence[Pattern] = ()
    remark: str = ""
    picture: Draw | None = None
    parts: Sequence[tuple[str, float, str]] = ()
    kinds: bool = False


def of_output(place: int, mistakes: Iterable[tuple[str, str, Callable]]) -> list[Mistake]:
    """What mistakes that return all outputs are for the one at ``place``."""
    return [Mistake(key, says, lambda *args, fn=fn: fn(*args)[place]) for key, says, fn in mistakes]


RIGHT = "Right, on every case."


def judge_values(
    cases: Sequence[Case],
    answers: Sequence[Any],
    reference: Callable,
    mistakes: Sequence[Mistake],
    *,
    returns: str,
    patterns: Sequence[Pattern] = (),
    parts: Sequence[tuple[str, float, str]] = (("", 1.0, ""),),
    picture: Draw | None = None,
    tolerance: float = 1e-4,
    kinds: bool = False,
) -> Verdict:
    """Compares answers, numbers or words, with the reference, part by part.

    Parameters
    ----------
    returns
        What the function returns, in words with its shape: "a table with one row a query, shape (Q, G)".
    patterns
        ``pattern(case, expected, got) → (headline, diagnosis) or None``: tried, before the general ones, on answers of
        the right shape that no mistake imitates. Where words are expected, both are lists of them, of any length.
    parts
        ``(part, weight, remark)`` in order; the weights sum to 1. A part counts when all of its cases are right and
        every part before it counts. ``remark`` is the headline where this part fails and no mistake is recognised.
    picture
        ``picture(expected, got)`` draws numbers of the right shape that are wrong.
    kinds
        Whether truth values, whole numbers and others are told apart: the notebook indexes or masks with them.
    """
    if not cases or len(answers) != len(cases):
        return Verdict(0.0, "Your function gave no answers to compare.", "no-answer")
    score = 0.0
    for part, weight, remark in parts:
        mine = [i for i, case in enumerate(cases) if case.part == part]
        asked, answered = [cases[i] for i in mine], [answers[i] for i in mine]
        expected = [np.asarray(reference(*case.args)) for case in asked]
        wrong = [k for k, answer in enumerate(answered) if isinstance(answer, Problem) or not agrees(expected[k], answer, tolerance)]
        if wrong:  # an exercise lists the case that reads best first
            slips_of = reference if part == parts[0][0] else None  # the remark of a later part says what is special about it
            attempt = Attempt(asked, answered, expected, wrong[0], slips_of, mistakes, patterns, returns, remark, tolerance)
            headline, key = explain(attempt)
            if part != parts[0][0] and key in ("exception", "quadratic", "shape"):
                headline = f"{remark} {headline}"
            return Verdict(score, headline, key, *_side_by_side(attempt), _picture(attempt, picture))
        score += weight
    told = other_kind(expected[0], answered[0]) if kinds and mine else None
    return Verdict(0.5, told, "other-kind", show(expected[0]), show(answered[0])) if told else Verdict(1.0, RIGHT)


def _side_by_side(attempt: Attempt) -> tuple[str, str]:
    """What was expected, with the case in words, and what was got."""
    wanted = show(attempt.right)
    wanted += ("\n" if "\n" in wanted else "   ") + f"({attempt.case.says})"
    return wanted, str(attempt.answer) if isinstance(attempt.answer, Problem) else show(attempt.answer)


def _picture(attempt: Attempt, picture: Draw | None) -> Picture | None:
    got = numbers(attempt.answer)
    return picture(attempt.right, got) if picture and got is not None and got.shape == attempt.right.shape else None


def judge_outputs(cases: Sequence[Case], answers: Sequence[Any], reference: Callable, outputs: Sequence[Output]) -> Verdict:
    """Judges every output by itself: each that is right earns its weight, the first that is wrong is explained.

    ``reference`` returns all outputs in their places; ``outputs`` come in the order in which they are judged.
    """
    in_place = sorted(outputs, key=lambda output: output.place)
    for case, answer in zip(cases, answers):
        right = reference(*case.args)
        if found := _not_several(right, answer, in_place):
            wanted = ", ".join(f"{output.name}: {sketch(value)}" for output, value in zip(in_place, right))
            return Verdict(0.0, *found, wanted, sketch(answer))
    verdicts = [
        judge_values(
            cases,
            [answer[output.place] if isinstance(answer, list) else answer for answer in answers],
            functools.wraps(reference)(lambda *args, place=output.place: reference(*args)[place]),
            output.mistakes,
            returns=output.returns,
            patterns=output.patterns,
            parts=output.parts or (("", 1.0, output.remark),),
            picture=output.picture,
            kinds=output.kinds,
        )
        for output in outputs
    ]
    failed = [(output.name, verdict) for output, verdict in zip(outputs, verdicts) if not verdict.passed]
    if not failed:
        return Verdict(1.0, RIGHT)
    name, verdict = min(failed, key=lambda named: named[1].diagnosis == "exception")  # a mistake that is recognised says more
    if verdict.diagnosis not in ("no-answer", "empty", "exception", "quadratic", "returns-nothing"):
        verdict = dataclasses.replace(verdict, headline=f"{name}: {verdict.headline}")
    return dataclasses.replace(verdict, score=sum(o.weight * v.score for o, v in zip(outputs, verdicts)))


def _not_several(expected: Sequence[Any], answer: Any, outputs: Sequence[Output]) -> tuple[str, str] | None:
    """What to say, and a key, where an answer is not several values in their order."""
    if isinstance(answer, Problem) or answer is None:
        return None

    def fits(right: Any, got: Any) -> bool:
        if words(right) is not None:
            return words(got) is not None
        return numbers(got) is not None and np.shape(numbers(got)) == np.shape(right)

    advice = f"return {len(outputs)} values, `return {', '.join(output.name for output in outputs)}`."
    if alone := [(not agrees(right, answer), i) for i, right in enumerate(expected) if fits(right, answer)]:
        return f"Your function returns {outputs[min(alone)[1]].name} only: {advice}", "one-of-several"
    if not isinstance(answer, list) or len(answer) != len(outputs):
        things = f"{len(answer)} things" if isinstance(answer, list) else f"one {type(answer).__name__}"
        return f"Your function returns {things}: {advice}", "not-several"
    straight, reverse = ([*map(fits, expected, order)] for order in (answer, answer[::-1]))
    if not all(straight) and all(reverse):
        return f"These are the right things in the other order: {advice}", "exchanged"
    return None


class Unusable(ValueError):
    """An answer that no score can be given: a sentence that says why, and its diagnosis."""

    def __init__(self, says: str, key: str):
        super().__init__(says)
        self.key = key


def choices(answer: Any, count: int, options: int) -> np.ndarray:
    """``answer`` as ``count`` choices among ``options``: int[count], each from 0 to ``options - 1``.

    Raises Unusable if it is anything else.
    """
    got = numbers(answer)
    if got is None:
        raise Unusable(what_it_is(answer), "not-an-array")
    if got.shape != (count,):
        advice = " Choose one of the scores in each row (`argmax`)." if got.shape == (count, options) else ""
        raise Unusable(f"The shape is {got.shape}, expected {(count,)}.{advice}", "shape")
    if not np.isfinite(got).all():
        raise Unusable("There are NaNs or infinities in your answer.", "not-finite")
    if (got != np.round(got)).any():
        raise Unusable(f"There is {got[got != np.round(got)][0]:.3g} among your numbers, which is not whole.", "not-whole")
    if got.min() < 0 or got.max() >= options:
        worst = got.min() if got.min() < 0 else got.max()
        raise Unusable(f"There is {worst:.0f} among your numbers; they go from 0 to {options - 1}.", "out-of-range")
    return got.astype(int)


def share_right(case: Case, answer: Any, options: int) -> float:
    """The share of choices among ``options`` that are those of ``case.truth``. Raises Unusable as :func:`choices`."""
    return float((choices(answer, len(case.truth), options) == case.truth).mean())


def judge_score(
    cases: Sequence[Case],
    answers: Sequence[Any],
    score: Callable[[Case, Any], float],
    thresholds: Sequence[float],
    *,
    says: str,
    returns: str,
) -> Verdict:
    """Partial credit: the mean score over the cases, and a share of the points for every threshold that it reaches.

    Parameters
    ----------
    score
        ``score(case, answer) → share in [0, 1]``, with the help of ``case.truth``; raises :class:`Unusable` for an answer
        that cannot be scored.
    thresholds
        Rising; the k-th that is reached earns k / len(thresholds) of the points.
    says
        What the score is a share of, after a number: "of the hidden questions answered right".
    returns
        What the function returns, in words with its shape.
    """
    if not cases or len(answers) != len(cases):
        return Verdict(0.0, "Your function gave no answers to compare.", "no-answer")
    values = []
    for case, answer in zip(cases, answers):
        if found := missing(answer):
            return Verdict(0.0, *found, returns, str(answer))
        try:
            values.append(float(score(case, answer)))
        except Unusable as error:
            return Verdict(0.0, f"{error} Return {returns}.", error.key, returns, show(answer))
    value = float(np.mean(values))
    measured = Measured(value if np.isfinite(value) else 0.0, tuple(thresholds))
    reached, n = measured.reached, len(thresholds)
    if reached == n:
        headline = f"{value:.1%} {says}: every threshold is reached."
    else:
        so_far = f"{reached} of {n} thresholds reached, the next is" if reached else "the first threshold is"
        headline = f"{value:.1%} {says}: {so_far} {thresholds[reached]:.0%}."
    goal = f"at least {thresholds[min(reached, n - 1)]:.0%} {says}"
    return Verdict(reached / n, headline, "" if reached == n else "below", goal, f"{value:.1%}", measured=measured)
