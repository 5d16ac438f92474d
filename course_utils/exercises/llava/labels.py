"""What of a conversation is asked for: its answers."""

import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise, Picture
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.models.llava import template
from course_utils.text import IGNORED


def cases(seed: int) -> list[Case]:
    """Conversations of one to three turns, one as long as there is room; then (part "open") ones whose last answer breaks off, in
    the last place or before padding, or has not begun."""
    rng = np.random.default_rng([seed, 702])

    def conversation(turns, marks, unfinished=None):
        begin, user, assistant, end = marks
        text = [begin]
        for k in range(turns):
            question, answer = (rng.choice(np.arange(20, 300), rng.integers(2, 5), replace=False).tolist() for _ in range(2))
            text += [user, *question, assistant, *answer, end]
        return text if unfinished is None else text[: -1 - len(answer)] + answer[:unfinished]

    found = []
    for part, turns, spare in [("", (2, 1, 3), 3), ("", (1, 3), 0), ("open", (2, 1, 2, 1), 0)]:
        marks = rng.choice(np.arange(1, 12), 4, replace=False).tolist()
        texts = [conversation(n, marks, (2, 0, None, 1)[k] if part else None) for k, n in enumerate(turns)]
        tokens = np.zeros((len(texts), max(map(len, texts)) + spare), np.int32)
        if part:
            tokens = tokens[:, : len(texts[0])]
            texts[2] = texts[2][: tokens.shape[1]]
        for row, text in zip(tokens, texts):
            row[: len(text)] = text[: len(row)]
        says = f"B = {len(texts)}, T = {tokens.shape[1]}, turns {', '.join(map(str, turns))}, assistant = {marks[2]}, end = {marks[3]}"
        found.append(Case((tokens, *marks[2:]), says + (", answers that break off" if part else ""), part=part))
    return found


_ASKED, _BEHIND = "(begun > closed) & (behind != PAD)", "np.pad(tokens[:, 1:], ((0, 0), (0, 1)), constant_values=PAD)"
_SPOKEN = "np.pad(begun > closed, ((0, 0), (1, 0)))[:, :-1]"  # what stands there is of an answer
_RETURN = f"return np.where({_ASKED}, behind, IGNORED)"
_RIGHT = f"labels = np.where({_ASKED}, behind, IGNORED)\n    return "
MISTAKES = edits(
    template.answer_labels,
    (
        "not-shifted",
        "Each label is the token at the same place, which the model has already read. It is the token *behind* it.",
        _RETURN,
        (f"return np.where({_SPOKEN} & (tokens != PAD), tokens, IGNORED)", f"return np.where({_ASKED}, tokens, IGNORED)"),
    ),
    (
        "shifted-twice",
        "The labels are shifted by two. Each is the token right behind.",
        _RETURN,
        (
            f"{_RIGHT}np.pad(labels[:, 1:], ((0, 0), (0, 1)), constant_values=IGNORED)",
            f"return np.where({_ASKED}, np.pad(behind[:, 1:], ((0, 0), (0, 1))), IGNORED)",
        ),
    ),
    (
        "shifted-back",
        "The labels are shifted the wrong way: each is the token before. It is the token behind.",
        _RETURN,
        f"return np.pad(np.where({_SPOKEN} & (tokens != PAD), tokens, IGNORED), ((0, 0), (1, 0)), constant_values=IGNORED)[:, :-1]",
    ),
    (
        "half-shifted",
        "You shift only one of two: the label, and whether it counts, are both about the token *behind*.",
        _RETURN,
        f"return np.where({_SPOKEN} & (behind != PAD), behind, IGNORED)",
    ),
    ("end-forgotten", "An answer's `<end>` is not asked for: the model would never learn to stop.", f"{_ASKED} & (behind != end)"),
    ("only-ends", "Only the `<end>`s are asked for. The words of the answers are, too.", f"{_ASKED} & (behind == end)"),
    (
        "answer-begun",
        "An answer's first token is not asked for. The place of `<assistant>` asks for it.",
        f"{_ASKED} & (tokens != assistant)",
    ),
    ("first-word-only", "Only the first token of each answer is asked for. All of it is, and its `<end>`.", "tokens == assistant"),
    (
        "next-question",
        "The `<user>` behind an `<end>` is asked for. Only answers are.",
        "((begun > closed) | (tokens == end)) & (behind != PAD)",
    ),
    ("assistant-asked", "`<assistant>` itself is asked for. It is given.", f"({_ASKED}) | (behind == assistant)"),
    (
        "everything",
        "Questions are asked for as well. Only answers are, and their `<end>`.",
        ("behind != PAD", "True | (behind != PAD)", "(behind != PAD) & (behind != assistant)"),
    ),
    ("questions", "Questions are asked for, and answers are not: it is the other way round.", "begun > closed", "begun == closed"),
    (
        "all-that-follows",
        "From the first answer on all is asked for, questions too. It ends at its `<end>`.",
        "begun > closed",
        "begun > 0",
    ),
    ("nothing-asked", "Every label is −100: nothing is asked for. Answers are, and their `<end>`.", _ASKED, "tokens < 0"),
    ("last-answer-only", "Only the last answer is asked for. Every answer is.", f"{_ASKED} & (begun == begun[:, -1:])"),
    ("first-answer-only", "Only the first answer is asked for. Every answer is.", f"{_ASKED} & (begun == 1)"),
    ("other-ignored", "What is not asked for has another label than −100, and would count.", "IGNORED", ("-1", "end", "100")),
    ("zero-ignored", "What is not asked for has the label 0, a token like others. Take −100 (`IGNORED`).", "IGNORED", "PAD"),
    (
        "padding-asked",
        "Padding is asked for: what stands behind a text, or follows its end, is nobody's answer.",
        _RETURN,
        (
            "return np.where((begun > closed) | (behind == PAD), behind, IGNORED)",
            "return np.where((begun > closed) | (tokens == PAD), behind, IGNORED)",
            "return np.where(begun > closed, behind, IGNORED)",
        ),
    ),
    ("mask-for-labels", "You say only whether a place is asked for. Return the token behind it, or −100.", _RETURN, f"return {_ASKED}"),
    ("one-shorter", "The last place is missing. Its label is −100.", _RETURN, f"return np.where({_ASKED}, behind, IGNORED)[:, :-1]"),
    (
        "over-all",
        "You count through the whole batch. Count in each row: axis 1.",
        "(tokens == mark).cumsum(1)",
        "(tokens == mark).cumsum().reshape(tokens.shape)",
    ),
    ("batch-axis", "You count down the batch. Count along the text: axis 1.", "cumsum(1)", "cumsum(0)"),
    ("wraps-round", "The last place asks for the first token: `roll` goes round. Behind it is nothing.", _BEHIND, "np.roll(tokens, -1, 1)"),
    (
        "unfinished-left-out",
        "An answer that breaks off is not asked for. It counts as far as it goes.",
        f"{_ASKED} & (closed < closed[:, -1:])",
    ),
    at=_ASKED,
)


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("mask", expected != IGNORED, got != IGNORED, "conversation", "place: is it asked for?")


judge = functools.partial(
    judge_values,
    reference=template.answer_labels,
    mistakes=MISTAKES,
    returns="a label for each place, shape (B, T)",
    parts=[
        ("", 0.7, "The labels differ. Take the place of an `<assistant>` by hand, then that of the last token before `<end>`."),
        ("open", 0.3, "Right where every answer ends, wrong where one breaks off: it counts as far as it goes, padding never."),
    ],
    picture=_picture,
    kinds=True,
)
EXERCISE = Exercise("07.3", "answer_labels", 4, template.answer_labels, cases, judge)
