"""A data set's questions as conversations, each about one picture."""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.models.llava import template

_ASKED = ("is there a dog?", "how many are red?", "what colour is the cat?", "where is the boat?", "is it small?")
_SAID = ("yes", "no", "2", "blue", "on the left", "3")


def cases(seed: int) -> list[Case]:
    """Pictures whose rows stand apart, in an order that is not that of their numbers; a question that comes twice, with another answer, and
    that is asked of another picture too."""
    rng = np.random.default_rng([seed, 706])
    found = []
    for pictures, prompt in [([0, 1, 0, 2, 1, 0], "answer in one word"), ([2, 0, 1, 0, 2, 1, 1], "answer in a sentence")]:
        numbers = np.sort(rng.choice(np.arange(10, 99), 3, replace=False))[::-1].tolist()
        said = [str(rng.choice(_SAID)) for _ in pictures]
        asked = {k: rng.permutation(_ASKED).tolist() for k in range(3)}
        rows = [[numbers[k], asked[k][pictures[:i].count(k)], said[i]] for i, k in enumerate(pictures)]
        picture, question, answer = rows[1]
        rows.insert(5, [picture, question, next(other for other in _SAID if other != answer)])
        if rows[0][1] != question:
            rows.insert(3, [rows[0][0], question, rows[0][2]])
        rows += [list(rows[2])] * len(found)
        found.append(Case((rows, prompt), f"{len(rows)} rows about 3 pictures, {prompt!r}"))
    return found


def flat(answer: Any) -> Any:
    """Conversations as one list of words: pictures, questions and answers; anything else as it is."""
    try:
        return [
            line
            for picture, turns in answer
            for line in (f"picture {int(picture)}", *(f"{who}: {text}" for turn in turns for who, text in zip("QA", turn, strict=True)))
        ]
    except (TypeError, ValueError):
        return answer


def flattened(fn):
    return functools.wraps(fn)(lambda *args: flat(fn(*args)))


_FILL, _TURN = "found.setdefault(picture, {}).setdefault(question, answer)", '[f"{question} {prompt}", answer]'
_RETURN = f"return [[picture, [{_TURN} for question, answer in turns.items()]] for picture, turns in found.items()]"
_PAIRS = f"return [[picture, [{_TURN} for question, answer in turns]] for picture, turns in found.items()]"
MISTAKES = edits(
    template.merge,
    ("no-prompt", "The prompt is missing behind the questions.", 'f"{question} {prompt}"', "question"),
    ("prompt-first", "The prompt stands before the question. It comes behind.", "{question} {prompt}", "{prompt} {question}"),
    (
        "prompt-once",
        "The prompt stands behind one question of a conversation. It stands behind each.",
        _TURN,
        tuple(f"""[question + (f" {{prompt}}" if question == [*turns][{k}] else ""), answer]""" for k in (0, -1)),
    ),
    ("prompt-behind-answer", "The prompt stands behind the answer. It belongs to the question.", _TURN, '[question, f"{answer} {prompt}"]'),
    ("no-space", "A space is missing between question and prompt.", "{question} {prompt}", "{question}{prompt}"),
    ("answer-first", "The answer stands before the question.", _TURN, '[answer, f"{question} {prompt}"]'),
    (
        "not-merged",
        "Each question is a conversation of its own. Those about one picture are one.",
        _RETURN,
        f"return [[picture, [{_TURN}]] for picture, turns in found.items() for question, answer in turns.items()]",
    ),
    (
        "every-row",
        "Each row is a conversation of its own. Those about one picture are one.",
        _RETURN,
        f"return [[picture, [{_TURN}]] for picture, question, answer in rows]",
    ),
    (
        "twice",
        "A question stands twice in one conversation. It stands once.",
        _FILL,
        "found.setdefault(picture, []).append((question, answer))",
        _RETURN,
        _PAIRS,
    ),
    ("last-answer", "A question that comes twice keeps its *first* answer.", _FILL, "found.setdefault(picture, {})[question] = answer"),
    (
        "same-pair",
        "A question stands twice, with two answers. Compare questions, not questions with answers.",
        _FILL,
        "found.setdefault(picture, {}).setdefault((question, answer))",
        _RETURN,
        _PAIRS,
    ),
    (
        "asked-once-in-all",
        "A question that was asked about *another* picture is left out.",
        _FILL,
        tuple(
            f"{seen}question in [q for p in found for q in found[p] if p != picture] or {_FILL}"
            for seen in ("", "found.setdefault(picture, {}), ")
        ),
    ),
    (
        "neighbours-only",
        "Only rows that stand side by side are merged. The same picture may come back later.",
        "in rows:",
        "in [((sum(rows[j][0] != rows[j - 1][0] for j in range(1, i + 1)), p), q, a) for i, (p, q, a) in enumerate(rows)]:",
        "[[picture,",
        "[[picture[1],",
    ),
    ("sorted", "The pictures are sorted by number. Keep the order in which they first appear.", "found.items()]", "sorted(found.items())]"),
    ("backwards", "The last picture stands first. Keep the order in which they first appear.", "found.items()]", "[*found.items()][::-1]]"),
    ("last-appearance", "A picture stands where it came last, not first.", _FILL, f"{_FILL}\n        found[picture] = found.pop(picture)"),
    ("questions-sorted", "The questions are sorted. They stand in the order of their rows.", "turns.items()]", "sorted(turns.items())]"),
    ("first-question-only", "Only the first question about each picture is there.", "turns.items()]", "[*turns.items()][:1]]"),
)


def _one_conversation(case, expected, got):
    if sum(line.startswith("picture ") for line in got) == 1:
        return "All pictures are in one conversation. Each has its own.", "one-conversation"


def _not_conversations(answer: Any) -> str:
    match answer:
        case dict():
            found = "Your function returns a dictionary: make a list of its `items()`."
        case [[int() | str(), dict()], *_]:
            found = "The turns of a picture are a dictionary: make a list of its `items()`."
        case [[int() | str(), list()], *_]:
            found = "The turns of a picture are no pairs."
        case _:
            found = "Pictures and their turns are not in pairs."
    return f"{found} Return a list of [picture, turns], where turns is a list of [question, answer]."


def judge(cases: Sequence[Case], answers: Sequence[Any]) -> Verdict:
    """Conversations are compared line by line."""
    verdict = judge_values(
        cases,
        [*map(flat, answers)],
        flattened(template.merge),
        [Mistake(key, says, flattened(fn)) for key, says, fn in MISTAKES],
        returns="a list of [picture, turns], each turn [question, answer]",
        patterns=[_one_conversation],
        parts=[("", 1.0, "The conversations differ. Take the rows of one picture by hand.")],
    )
    return dataclasses.replace(verdict, headline=_not_conversations(answers[0])) if verdict.diagnosis == "not-words" else verdict


EXERCISE = Exercise("07.6", "merge", 2, template.merge, cases, judge)
