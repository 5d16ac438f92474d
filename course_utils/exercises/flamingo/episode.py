"""An interleaved episode as a text for training, and what of it is asked for."""

import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise, Picture
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.models.flamingo import prompts
from course_utils.models.flamingo.prompts import IS
from course_utils.text import IGNORED


def cases(seed: int) -> list[Case]:
    """Names, of which the first mention is not asked for; then questions; then captions, which have no words before."""
    rng = np.random.default_rng([seed, 604])

    def some(count, first=20):
        return rng.choice(np.arange(first, first + 280), count, replace=False).tolist()

    one, two = some(2)
    names = [[row, [IS], [name], asked] for row, name, asked in zip(some(4, 400), (one, two, one, two), (False, False, True, True))]
    questions = [[row, some(2 + k), some(3 - k), k != 1] for k, row in enumerate(some(3, 400))]
    captions = [[row, [], some(4), True] for row in some(2, 400)]
    once_more = [[row, some(1), some(2), asked] for row, asked in zip([407, 405, 407], (True, False, False))]
    return [
        Case((names, 19), "four pictures, two names, each asked for from its second picture on"),
        Case((questions, 30), "three questions; the answer to the second is not asked for"),
        Case((captions, 16), "two captions; there are no words before a caption"),
        Case((once_more, 16), "the last picture was shown before; the last answer is not asked for"),
    ]


_TEXT, _ASKED = "[IMAGE, *words, *answer, END]", "[False] * (1 + len(words)) + [ask] * (len(answer) + 1)"
_PAD, _LABELS = "[PAD] * (length - len(tokens))", "zip(tokens[1:], asked[1:])]"
_RETURN = "return tokens, labels, pictures"
TOKEN_MISTAKES = edits(
    prompts.pack_episode,
    (
        "no-begin",
        "`<begin>` is missing before the first turn.",
        "tokens, asked, pictures = [BEGIN], [False]",
        "tokens, asked, pictures = [], []",
    ),
    (
        "begin-each-turn",
        "`<begin>` stands in every turn. It stands once, before the first.",
        "tokens, asked, pictures = [BEGIN], [False]",
        "tokens, asked, pictures = [], []",
        _TEXT,
        "[BEGIN, IMAGE, *words, *answer, END]",
        "(1 + len(words))",
        "(2 + len(words))",
    ),
    ("no-image", "`<image>` is missing: it marks where a picture was shown, before its words.", _TEXT, "[*words, *answer, END]"),
    (
        "image-after-text",
        "`<image>` stands behind the words that are about it. A token sees pictures before it: the tag comes first.",
        _TEXT,
        ("[*words, *answer, IMAGE, END]", "[*words, *answer, END, IMAGE]", "[*words, IMAGE, *answer, END]"),
    ),
    (
        "images-first",
        "All `<image>`s stand together at the front. Each stands where its turn begins.",
        "[BEGIN], [False]",
        "[BEGIN] + [IMAGE] * len(turns), [False] * (1 + len(turns))",
        _TEXT,
        "[*words, *answer, END]",
    ),
    (
        "picture-in-text",
        "The picture's number stands in the text. There stands `<image>`; the number goes to `pictures`.",
        _TEXT,
        "[picture, *words, *answer, END]",
    ),
    ("no-end", "`<end>` is missing: it closes every turn.", _TEXT, "[IMAGE, *words, *answer]"),
    (
        "one-end",
        "`<end>` stands once, behind the episode. It closes every turn.",
        _TEXT,
        "[IMAGE, *words, *answer]",
        "    labels = ",
        "    tokens.append(END)\n    labels = ",
    ),
    ("end-before-answer", "`<end>` stands before the answer. It closes the turn, behind it.", _TEXT, "[IMAGE, *words, END, *answer]"),
    ("answer-first", "The answer stands before the words. It comes behind them.", _TEXT, "[IMAGE, *answer, *words, END]"),
    (
        "answer-hidden",
        "Answers that are asked for are missing in the text. They stand there too: each word is predicted from those *before* it.",
        _TEXT,
        ("[IMAGE, *words, *([] if ask else answer), END]", "[IMAGE, *words, *([PAD] * len(answer) if ask else answer), END]"),
    ),
    (
        "answer-left-out",
        "Answers are missing that are not asked for. They stand in the text, and are read.",
        _TEXT,
        ("[IMAGE, *words, *(answer if ask else []), END]", "[IMAGE, *words, *answer, END] if ask else [IMAGE, *words]"),
    ),
    ("no-words", "The words before the answer are missing.", _TEXT, "[IMAGE, *answer, END]"),
    (
        "asked-only",
        "Turns that are not asked for are missing. They are read: a name has to be learnt from somewhere.",
        "in turns:",
        "in [turn for turn in turns if turn[3]]:",
    ),
    (
        "last-token-cut",
        "The text's last token is missing. Only the labels are one shorter: behind the last token nothing is asked for.",
        _RETURN,
        "last = np.flatnonzero(tokens)[-1]\n    return [*tokens[:last], *tokens[last + 1 :], PAD], labels, pictures",
    ),
    ("padded-in-front", "The padding stands in front. It stands behind the text.", f"tokens + {_PAD}", f"{_PAD} + tokens"),
    (
        "padded-otherwise",
        "The tokens are filled up with something else. Behind the text stands `PAD`.",
        _PAD,
        ("[IGNORED] * (length - len(tokens))", "[END] * (length - len(tokens))", "[BEGIN] * (length - len(tokens))"),
    ),
    ("not-padded", "The tokens are not filled up: put `PAD` behind them until there are `length`.", _PAD, "[]"),
    (
        "labels-for-tokens",
        "The labels stand where the tokens should: `return tokens, labels, pictures`.",
        _RETURN,
        "return labels, tokens, pictures",
    ),
)
LABEL_MISTAKES = edits(
    prompts.pack_episode,
    (
        "not-shifted",
        "Each label is the token at the same place, which the model has already read. It is the token *behind* it.",
        _LABELS,
        "zip(tokens, asked)]",
    ),
    ("shifted-twice", "The labels are shifted by two. Each is the token right behind.", _LABELS, "zip(tokens[2:], asked[2:])]"),
    (
        "shifted-back",
        "The labels are shifted the wrong way: each is the token before. It is the token behind.",
        _LABELS,
        tuple(f"zip([PAD, *tokens[:{end}]], [False, *asked])]" for end in ("-1", "length - 1")),
    ),
    (
        "half-shifted",
        "The label and whether it counts are both about the token *behind*: you shift only one of them.",
        _LABELS,
        ("zip(tokens, asked[1:])]", "zip(tokens[1:], asked)]"),
    ),
    (
        "given-counts",
        "Words or `<image>` count. They are given, not predicted: only the answer counts, and its `<end>`.",
        _ASKED,
        (
            "[ask] * (2 + len(words) + len(answer))",
            "[False] + [ask] * (len(words) + len(answer) + 1)",
            "[False] + [True] * len(words) + [ask] * (len(answer) + 1)",
            "[False] + [ask] * len(words) + [False] * (len(answer) + 1)",
            "[ask] + [False] * len(words) + [ask] * (len(answer) + 1)",
            "[True] + [False] * len(words) + [ask] * (len(answer) + 1)",
        ),
    ),
    (
        "all-answers",
        "Answers count that are not asked for. Where `asked` is False, the text does not determine them: nothing of the turn counts.",
        "[ask] *",
        "[True] *",
    ),
    ("everything", "Every token counts. Only answers that are asked for do, and their `<end>`.", " if counts else IGNORED", ""),
    (
        "end-not-asked",
        "The `<end>` behind an answer does not count. It does: else the model never learns to stop.",
        _ASKED,
        "[False] * (1 + len(words)) + [ask] * len(answer) + [False]",
    ),
    (
        "every-end",
        "Every `<end>` counts. It does where its answer is asked for.",
        _ASKED,
        "[False] * (1 + len(words)) + [ask] * len(answer) + [True]",
    ),
    (
        "answer-begun",
        "The first word of an answer does not count. It does: it is predicted from the word before it, or from `<image>`.",
        _ASKED,
        "[False] * (2 + len(words)) + [ask] * len(answer)",
    ),
    (
        "first-word-only",
        "Only the first word of an answer counts. All of it does, and its `<end>`.",
        _ASKED,
        (
            "[False] * (1 + len(words)) + [ask] + [False] * len(answer)",
            "[False] * (1 + len(words)) + [ask] + [False] * (len(answer) - 1) + [ask]",
        ),
    ),
    (
        "last-turn-only",
        "Only the last turn counts. Every turn does that is asked for.",
        "[ask] *",
        "[ask and (picture, answer) == (turns[-1][0], turns[-1][2])] *",
    ),
    ("asked-inverted", "What is asked for is ignored, and the others count: `asked` is turned round.", "[ask] *", "[not ask] *"),
    (
        "other-ignored",
        "What is not asked for has another label than `IGNORED` (−100): the loss would count it.",
        "else IGNORED",
        ("else PAD", "else -1", "else END"),
    ),
    (
        "zero-ignored",
        "What is not asked for has the label 0. That is `PAD`, a token like others: the loss would count it. Take `IGNORED`.",
        "IGNORED",
        "0",
    ),
    (
        "padding-counts",
        "At the padding stands another label than `IGNORED` (−100): the loss would count it.",
        "labels + [IGNORED] *",
        ("labels + [PAD] *", "labels + [END] *", "labels + [-1] *"),
    ),
    (
        "mask-for-labels",
        "You say only whether a place counts. Return the token behind where it does, else `IGNORED`.",
        "[token if counts else IGNORED for token, counts in",
        "[counts for _, counts in",
        "labels + [IGNORED] *",
        "labels + [False] *",
    ),
    (
        "labels-not-padded",
        "The labels are not filled up: put `IGNORED` behind them until there are `length`.",
        "labels + [IGNORED] * (length - len(labels))",
        "labels",
    ),
)
PICTURE_MISTAKES = edits(
    prompts.pack_episode,
    (
        "places",
        "These are the places of the `<image>`s in the text. Return the pictures' numbers.",
        "[k for k, token in enumerate(tokens) if token == IMAGE]",
    ),
    (
        "counted",
        "You count the pictures. Return their numbers, as the turns give them.",
        ("list(range(len(turns)))", "list(range(1, len(turns) + 1))"),
    ),
    ("sorted", "The pictures are sorted. They stand in the order in which they are shown.", "sorted(pictures)"),
    (
        "once-each",
        "A picture that is shown twice is listed once. There is one for each `<image>`.",
        ("list(dict.fromkeys(pictures))", "sorted(set(pictures))"),
    ),
    ("backwards", "The pictures stand in the other order: the first one shown comes first.", "pictures[::-1]"),
    (
        "asked-for-only",
        "Only the pictures of turns that are asked for are listed. All are shown.",
        "[turn[0] for turn in turns if turn[3]]",
    ),
    (
        "pictures-padded",
        "The pictures are filled up. There is one for each `<image>`, and nothing else.",
        ("pictures + [0] * (length - len(pictures))", "pictures + [-1] * (length - len(pictures))"),
    ),
    (
        "picture-for-each-token",
        "There is a picture at each place of the text. Return one for each `<image>`.",
        "[row for row, words, answer, _ in turns for _ in [0, 0, *words, *answer]]",
    ),
    at="pictures\n",
)


def _labels_drawn(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("map", *(np.array([labels != IGNORED], float) for labels in (expected, got)), "what counts", "place in the text")


OUTPUTS = [
    Output(
        "tokens",
        0,
        0.35,
        "the text, `length` tokens",
        of_output(0, TOKEN_MISTAKES),
        remark="The tokens differ. Write one turn down by hand: `<image>`, its words, its answer, `<end>`.",
    ),
    Output(
        "labels",
        1,
        0.5,
        "what each place has to predict, `length` labels",
        of_output(1, LABEL_MISTAKES),
        picture=_labels_drawn,
        remark="The tokens are right, the labels are not. Take the place before an answer by hand: which token is behind it, and is it asked for?",
    ),
    Output(
        "pictures",
        2,
        0.15,
        "the pictures' numbers, one for each `<image>`",
        of_output(2, PICTURE_MISTAKES),
        remark="The pictures differ: one for each `<image>`, in the order in which they are shown.",
    ),
]
judge = functools.partial(judge_outputs, reference=prompts.pack_episode, outputs=OUTPUTS)
EXERCISE = Exercise("06.4", "pack_episode", 4, prompts.pack_episode, cases, judge)
