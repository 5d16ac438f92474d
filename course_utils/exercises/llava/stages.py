"""A step that moves what a stage trains, and nothing else."""

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from course_utils.exercises.arrays import normal
from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.models.llava import stages

# "film" holds "lm", and not all of the tower is called so
_SHAPES = {
    "tower/patches/kernel": (3, 2),
    "tower/film/scale": (3,),
    "tower/projector/kernel": (2, 2),
    "projector/first/kernel": (2, 3),
    "projector/first/bias": (3,),
    "lm/embed/embedding": (4, 2),
    "lm/blocks/0/norm/scale": (2,),
    "lm/head/kernel": (2, 4),
}


def cases(seed: int) -> list[Case]:
    """Stage 1 twice, then (part "two") stage 2; large steps and decay, so that a wrong one shows."""
    rng = np.random.default_rng([seed, 703])
    found = []
    for stage, rate, decay in [(1, 0.3, 0.25), (1, 0.5, 0.1), (2, 0.4, 0.2)]:
        params, slopes = ({name: normal(rng, *shape) for name, shape in _SHAPES.items()} for _ in range(2))
        says = f"stage = {stage}, rate = {rate}, decay = {decay}"
        found.append(Case((params, slopes, stage, rate, decay), says, part="two" if stage == 2 else ""))
    return found


def flat(params: dict, answer: Any) -> Any:
    """A dictionary with names of ``params`` as one vector, in their order; anything else as it is."""
    if not isinstance(answer, dict) or not answer or set(answer) - set(params):
        return answer
    return np.concatenate([np.ravel(answer[name]) for name in params if name in answer])


def flattened(fn):
    return functools.wraps(fn)(lambda params, *rest: flat(params, fn(params, *rest)))


_STEP, _IF, _ELSE = "p - rate * (slopes[name] + decay * p)", 'if name.split("/")[0] in TRAINED[stage]', "else p for"
MISTAKES = edits(
    stages.update,
    (
        "tower-trained",
        "The vision tower moves. It is frozen in both stages.",
        _IF,
        (
            'if name[:2] != "lm" or stage == 2',
            'if name.split("/")[0] in ("tower", *TRAINED[stage])',
            'if stage == 2 or name.startswith("pr")',
        ),
    ),
    ("all-trained", "Everything moves: slopes are given for all, but a stage trains only its parts.", _IF, "if True"),
    ("lm-in-1", "The language model moves in stage 1. There the projector learns alone.", "TRAINED[stage]", "TRAINED[2]"),
    (
        "substring",
        "You look for the part anywhere in the name, but `tower/film/scale` holds `lm`, and the tower a part `projector`. It is what stands before the first `/`.",
        _IF,
        ("if any(part in name for part in TRAINED[stage])", 'if any(part in name.split("/") for part in TRAINED[stage])'),
    ),
    (
        "projector-frozen-in-2",
        "The projector does not move in stage 2. It goes on learning.",
        "in TRAINED[stage]",
        "in TRAINED[stage][-1:]",
    ),
    ("lm-frozen-in-2", "The language model does not move in stage 2. There it learns with the projector.", "TRAINED[stage]", "TRAINED[1]"),
    ("head-frozen", "`lm/head/kernel` does not move in stage 2. It is a part of the language model.", _IF, f'{_IF} and "head" not in name'),
    ("nothing-moves", "Nothing moves: your answer is the parameters as they came.", _STEP, "p"),
    (
        "decay-on-frozen",
        "What is frozen decays. It stays exactly as it was.",
        _ELSE,
        ("else p * (1 - rate * decay) for", "else p * (1 - decay) for"),
    ),
    ("frozen-zeroed", "What is frozen has become 0. Return it as it was.", _ELSE, "else 0 * p for"),
    ("slopes-for-frozen", "In the place of what is frozen stand its slopes. Return it as it was.", _ELSE, "else slopes[name] for"),
    (
        "frozen-left-out",
        "What is frozen is missing in your dictionary. Return all names: those that do not move as they were.",
        f"{_STEP} {_IF} else p for name, p in params.items()",
        f"{_STEP} for name, p in params.items() {_IF}",
    ),
    (
        "uphill",
        "You add the slope. Subtract it.",
        _STEP,
        ("p + rate * (slopes[name] + decay * p)", "p + rate * (slopes[name] - decay * p)"),
    ),
    ("decay-grows", "The decay has the wrong sign: it pushes parameters away from 0. Subtract rate · decay · p.", "+ decay", "- decay"),
    ("decay-without-rate", "The decay is not multiplied by the rate.", _STEP, "p - rate * slopes[name] - decay * p"),
    ("decay-afterwards", "What has moved decays. Decay p as it came.", _STEP, "(p - rate * slopes[name]) * (1 - rate * decay)"),
    ("decays-to-slope", "Decay multiplies the slope. It multiplies p.", "decay * p", "decay * slopes[name]"),
    ("constant-decay", "The decay is the same for all numbers. It is decay times p.", "decay * p", "decay"),
    ("ignores-decay", "Nothing decays: subtract rate · decay · p as well.", " + decay * p", ""),
    ("ignores-rate", "The rate is missing.", "rate * ", ""),
    ("change-only", "These are the changes. Add them to the parameters: p − rate · (…).", _STEP, "-rate * (slopes[name] + decay * p)"),
)


def judge(cases: Sequence[Case], answers: Sequence[Any]) -> Verdict:
    """Dictionaries are compared number by number, in the order of their names."""
    return judge_values(
        cases,
        [flat(case.args[0], answer) for case, answer in zip(cases, answers)],
        flattened(stages.update),
        [Mistake(key, says, flattened(fn)) for key, says, fn in MISTAKES],
        returns="a dictionary with each name of `params` and its array after the step",
        parts=[
            ("", 0.5, "Other numbers than expected in stage 1: there what begins with `projector/` moves, and nothing else."),
            ("two", 0.5, "Stage 1 is right, stage 2 is not: there `projector/` and `lm/` move."),
        ],
    )


EXERCISE = Exercise("07.4", "update", 3, stages.update, cases, judge)
