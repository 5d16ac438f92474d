"""A conversation in its template."""

import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.models.llava import template


def cases(seed: int) -> list[Case]:
    """Conversations about one picture; then (part "open") with a last answer to be written, or an empty one; then (part "pictures") about none and two."""
    rng = np.random.default_rng([seed, 704])

    def some(count):
        return rng.choice(np.arange(20, 300), count, replace=False).tolist()

    found = []
    for part, turns, pictures in [
        ("", 2, 1),
        ("", 3, 1),
        ("open", 2, 1),
        ("open", 1, 1),
        ("open", 2, 1),
        ("pictures", 2, 0),
        ("pictures", 2, 2),
    ]:
        marks = rng.choice(np.arange(1, 12), 5, replace=False).tolist()
        told = [[some(3 + k), some(4 - k)] for k in range(turns)]
        if part == "open":
            told[-1][1] = [] if len(found) == 4 else None
        shown = {0: "no picture", 1: "a picture", 2: "two pictures"}[pictures]
        says = f"{turns} turns, {shown}" + (f", the last answer is {told[-1][1]}" if part == "open" else "")
        found.append(Case((told, dict(zip(("begin", "user", "assistant", "end", "image"), marks)), pictures), says, part=part))
    return found


_BEGIN, _TAGS = 'tokens, tags = [specials["begin"]], [specials["image"]] * pictures', '[specials["image"]] * pictures'
_ASKED, _SAID = '[specials["user"], *tags, *question, specials["assistant"]]', '[*answer, specials["end"]]'
_RETURN, _ONCE = "return tokens", "        tags = []\n"
MISTAKES = edits(
    template.pack,
    ("no-begin", "`begin` is missing before the first turn.", '[specials["begin"]], ', "[], "),
    (
        "begin-each-turn",
        "`begin` stands in every turn. It stands once, before the first.",
        '[specials["begin"]], ',
        "[], ",
        _ASKED,
        '[specials["begin"], specials["user"], *tags, *question, specials["assistant"]]',
    ),
    ("no-image", "`image` is missing before the first question: it marks where the picture is shown.", "*tags, ", ""),
    ("image-each-turn", "`image` stands in every turn. The picture is shown once, before the first question.", _ONCE, ""),
    (
        "image-last-turn",
        "`image` stands in the last turn. It belongs to the first.",
        "*tags, ",
        "*(tags if question == turns[-1][0] else []), ",
        _ONCE,
        "",
    ),
    ("image-behind-question", "`image` stands behind the question. It comes before.", "*tags, *question", "*question, *tags"),
    (
        "image-before-user",
        "`image` stands before `user`. The user shows it: it comes behind `user`, before the question.",
        _ASKED,
        '[*tags, specials["user"], *question, specials["assistant"]]',
    ),
    ("no-end", "`end` is missing: it closes every answer, so that the model learns to stop.", _SAID, "[*answer]"),
    ("one-end", "`end` stands once, at the end. It closes every answer.", _SAID, "[*answer]", _RETURN, 'return tokens + [specials["end"]]'),
    (
        "end-of-questions",
        "`end` closes questions, too. It closes answers alone.",
        _ASKED,
        (
            '[specials["user"], *tags, *question, specials["end"], specials["assistant"]]',
            '[specials["user"], *tags, *question, specials["assistant"], specials["end"]]',
        ),
    ),
    ("no-user", "`user` is missing before each question.", 'specials["user"], ', ""),
    ("no-assistant", "`assistant` is missing before each answer.", ', specials["assistant"]', ""),
    ("roles-exchanged", "`user` and `assistant` are exchanged: the user asks.", '"user"', "§", '"assistant"', '"user"', "§", '"assistant"'),
    (
        "roles-once",
        "`user` and `assistant` stand in the first turn alone. They stand in each.",
        _ASKED,
        '([specials["user"], *tags, *question, specials["assistant"]] if question == turns[0][0] else [*question])',
    ),
    (
        "roles-behind",
        "`user` and `assistant` stand behind what they say. They stand before it.",
        _ASKED,
        '[*tags, *question, specials["user"]]',
        _SAID,
        '[*answer, specials["assistant"], specials["end"]]',
    ),
    ("answers-left-out", "The answers are missing. The model learns from them.", _SAID, '[specials["end"]]'),
    ("questions-left-out", "The questions are missing.", "*tags, *question, ", "*tags, "),
    ("first-turn-only", "Only the first turn is there. `return` stands behind the loop, not in it.", _ONCE, "        return tokens\n"),
    (
        "last-turn-only",
        "Only the last turn is there: `+=`, not `=`.",
        "        tokens += [specials",
        '        tokens = [specials["begin"], specials',
    ),
    (
        "assistant-missing",
        "Where the last answer is open, `assistant` is missing: it stands before what the model is to write.",
        ', specials["assistant"]]\n',
        "]\n",
        _SAID,
        '[specials["assistant"], *answer, specials["end"]]',
    ),
    (
        "open-closed",
        "Behind the open answer stands `end`, or what should be written. The text stops behind `assistant`.",
        "        if answer is not None:\n            tokens += [*answer, ",
        ("        if True:\n            tokens += [*(answer or []), ", "        if True:\n            tokens += [*(answer or [0]), "),
    ),
    (
        "empty-is-none",
        "An empty answer, `[]`, is taken for an open one: its `end` is missing. Ask `answer is not None`.",
        "answer is not None",
        "answer",
    ),
    (
        "open-left-out",
        "The open turn is missing. Only its answer is left out.",
        "in turns:",
        "in [turn for turn in turns if turn[1] is not None]:",
    ),
    ("always-one-picture", "There is always one `image`. There are `pictures`, 0 too.", _TAGS, '[specials["image"]]'),
    ("at-most-one-picture", "One `image` at most. There are `pictures` of them.", _TAGS, '[specials["image"]] * min(pictures, 1)'),
    ("number-for-tags", "The number of pictures stands in the text. There stand so many `image`s.", _TAGS, "[pictures]"),
)
judge = functools.partial(
    judge_values,
    reference=template.pack,
    mistakes=MISTAKES,
    returns="the conversation's tokens, one list",
    parts=[
        ("", 0.5, "The tokens differ. Write one turn down by hand: who speaks, what, who speaks, what, `end`."),
        (
            "open",
            0.25,
            "Right where all is answered, wrong where the last answer is None, and the text stops behind `assistant`, or empty, and `end` follows.",
        ),
        ("pictures", 0.25, "Right with one picture, wrong with none or two: so many `image`s stand before the first question."),
    ],
)
EXERCISE = Exercise("07.2", "pack", 3, template.pack, cases, judge)
