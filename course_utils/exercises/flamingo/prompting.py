"""A few examples and a question, and nowhere the answer."""

import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.models.flamingo import prompts


def cases(seed: int) -> list[Case]:
    """The query's picture stands in the pool more than once, first of its name; then (part "none") no picture is shown."""
    rng = np.random.default_rng([seed, 606])
    found = []
    for names, each, shots in [(2, 4, 2), (3, 5, 1), (4, 4, 3), (3, 3, 2)]:
        called = rng.choice(np.arange(20, 300), names, replace=False).tolist()
        rows = rng.permutation(np.repeat(called, each)).tolist()
        numbers = rng.choice(np.arange(400, 900), len(rows), replace=False).tolist()
        asked = rows[1 + len(found)]
        first, *others = [row for row, name in enumerate(rows) if name == asked]
        query = others[0] if len(found) % 2 else others[-1]
        numbers[first] = numbers[query]
        if shots > 1:  # another picture stands among the first of its name twice
            other = next(name for name in called if name != asked)
            one, two, *_ = [row for row, name in enumerate(rows) if name == other]
            numbers[two] = numbers[one]
        pool = [[number, name] for number, name in zip(numbers, rows)]
        if len(found) == 2:  # once more, before everything
            pool, query = [pool[query], *pool], query + 1
        found.append(
            Case((pool, query, shots), f"{names} names, {len(pool)} rows in the pool, {shots} shown of each name, query = {query}")
        )
    pool, query, _ = found[0].args
    return [*found, Case((pool, query, 0), "nothing is shown: shots = 0", part="none")]


_EACH, _IF = "tokens += [IMAGE, IS, name, END]", "picture != asked and seen[name] < shots"
_RETURN, _LOOP = "return tokens + [IMAGE, IS], shown + [asked]", "for picture, name in pool:"
SHOWN_MISTAKES = edits(
    prompts.few_shot_prompt,
    (
        "answer-shown",
        "The query's own picture is among the examples, with its name: the model could look the answer up. Leave it out.",
        "picture != asked and ",
        "",
    ),
    (
        "same-picture",
        "You leave out the query's *row*, but its picture stands in another row, too, with the answer behind it. Compare pictures.",
        _LOOP,
        "for row, (picture, name) in enumerate(pool):",
        "picture != asked",
        "row != query",
    ),
    (
        "query-counts",
        "One example too few: the query's picture is counted among the first `shots` rows, then left out. Leave it out first.",
        _IF,
        "(seen.update([name]) or seen[name] <= shots) and picture != asked",
        "            seen[name] += 1\n",
        "",
    ),
    (
        "name-left-out",
        "Nothing with the query's name is shown: how should the model know it? Only the query's *picture* is left out.",
        "picture != asked",
        "name != pool[query][1]",
    ),
    (
        "only-the-answers-name",
        "Only pictures with the query's name are shown, which gives the answer away: whoever repeats it is right. Show all names.",
        "picture != asked and ",
        "picture != asked and name == pool[query][1] and ",
    ),
    (
        "each-picture-once",
        "A picture that stands in two rows is shown once. Count rows: only the query's picture is left out.",
        "picture != asked and ",
        "picture != asked and picture not in shown and ",
    ),
    ("shots-in-all", "You show `shots` pictures in all. Show so many of *each* name.", "seen[name] < shots", "len(shown) < shots"),
    ("all-shown", "You show everything. Show the first `shots` of each name.", " and seen[name] < shots", ""),
    ("one-too-many", "One example too many of each name: the count goes up to `shots`.", "seen[name] < shots", "seen[name] <= shots"),
    (
        "grouped",
        "You show name after name. Keep the pool's order: else what stands last tells the model something.",
        _LOOP,
        (
            "for picture, name in sorted(pool, key=lambda row: row[1]):",
            "for picture, name in [row for name in dict.fromkeys(name for _, name in pool) for row in pool if row[1] == name]:",
            "for picture, name in sorted(pool, key=lambda row: row[1] == pool[query][1]):",
            "for picture, name in sorted(pool, key=lambda row: row[1] != pool[query][1]):",
        ),
    ),
    ("from-the-end", "You begin at the pool's end. Take the first rows, in the pool's order.", _LOOP, "for picture, name in pool[::-1]:"),
    (
        "last-shots",
        "You take the last rows of each name. Take the first.",
        _LOOP,
        "for row, (picture, name) in enumerate(pool):",
        _IF,
        "picture != asked and sum(n == name and p != asked for p, n in pool[row:]) <= shots",
    ),
    (
        "query-first",
        "The query's picture stands first. It is asked for at the end.",
        _RETURN,
        "return tokens + [IMAGE, IS], [asked] + shown",
    ),
    ("query-not-shown", "The query's picture is missing: the last `<image>` shows it.", _RETURN, "return tokens + [IMAGE, IS], shown"),
    (
        "rows-for-pictures",
        "These are rows of the pool. Return the pictures that stand there.",
        _RETURN,
        "return tokens + [IMAGE, IS], [[p for p, _ in pool].index(p) for p in shown] + [query]",
    ),
    (
        "query-row",
        "The last picture is the query's row. Return the picture that stands there, `pool[query][0]`.",
        _RETURN,
        "return tokens + [IMAGE, IS], shown + [query]",
    ),
)
TOKEN_MISTAKES = edits(
    prompts.few_shot_prompt,
    (
        "answer-given",
        "The answer stands in the prompt. It ends with `<image>` and IS: what comes behind is for the model to say.",
        _RETURN,
        (
            "return tokens + [IMAGE, IS, pool[query][1]], shown",
            "return tokens + [IMAGE, IS, pool[query][1], END], shown",
            "return tokens + [IMAGE, pool[query][1]], shown",
        ),
    ),
    (
        "ends-with-end",
        "The prompt ends with `<end>`. It ends with IS, so that the next token is the name.",
        _RETURN,
        "return tokens + [IMAGE, IS, END], shown",
    ),
    (
        "no-question",
        "The question at the end is missing, or a part of it: `<image>` and IS, behind which comes a name.",
        _RETURN,
        ("return tokens, shown", "return tokens + [IMAGE], shown", "return tokens + [IS], shown"),
    ),
    ("no-begin", "`<begin>` is missing at the front.", "[BEGIN]", "[]"),
    (
        "question-first",
        "The question stands in front of the examples. It comes behind them.",
        _RETURN,
        "return [BEGIN, IMAGE, IS] + tokens[1:], shown",
    ),
    (
        "no-names",
        "The examples have no names: without them there is nothing to learn from.",
        _EACH,
        ("tokens += [IMAGE, IS, END]", "tokens += [IMAGE, IS]", "tokens += [IMAGE]", "tokens += [IMAGE, END]"),
    ),
    (
        "incomplete-example",
        "An example is `<image>`, IS, its name, `<end>`; one of them is missing in yours.",
        _EACH,
        ("tokens += [IMAGE, IS, name]", "tokens += [IMAGE, name, END]", "tokens += [IS, name, END]", "tokens += [IMAGE, name]"),
    ),
    (
        "image-after-text",
        "`<image>` stands behind the name. A token sees pictures before it: the tag comes first.",
        _EACH,
        ("tokens += [IS, name, IMAGE, END]", "tokens += [IS, name, END, IMAGE]"),
    ),
    ("answer-everywhere", "Every example has the query's name. Each has its own.", _EACH, "tokens += [IMAGE, IS, pool[query][1], END]"),
)


def _leak(case, expected, got):
    pool, query, _ = case.args
    if pool[query][0] in got[:-1]:
        return "The query's picture is among the examples, with its name: the model could look the answer up.", "answer-shown"


_SHOWN, _TOKENS = "the pictures shown, the query's last", "the prompt's tokens"
_NONE = ("none", 0.2, "Right with examples, wrong with none: then there is the question alone, behind `<begin>`.")
OUTPUTS = [
    Output(
        "shown",
        1,
        0.5,
        _SHOWN,
        of_output(1, SHOWN_MISTAKES),
        parts=[
            (
                "",
                0.8,
                "Other pictures are shown than should be. Go down the pool by hand: is it the query's picture, and has its name had its `shots`?",
            ),
            _NONE,
        ],
    ),
    Output(
        "tokens",
        0,
        0.5,
        _TOKENS,
        of_output(0, TOKEN_MISTAKES),
        parts=[
            (
                "",
                0.8,
                "The pictures are right, the tokens are not: `<begin>`; for each example `<image>`, IS, name, `<end>`; `<image>`, IS.",
            ),
            _NONE,
        ],
    ),
]
judge = functools.partial(judge_outputs, reference=prompts.few_shot_prompt, outputs=OUTPUTS)
EXERCISE = Exercise("06.6", "few_shot_prompt", 2, prompts.few_shot_prompt, cases, judge)
