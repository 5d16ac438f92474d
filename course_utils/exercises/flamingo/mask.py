"""Which pictures a token sees."""

import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise, Picture
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.nn import gated


def cases(seed: int) -> list[Case]:
    """Text before, between and behind pictures; two pictures side by side; a text without any (part "none")."""
    rng = np.random.default_rng([seed, 603])
    found = []
    for rows, words, pictures in [(2, 8, 2), (3, 10, 4), (1, 9, 3)]:
        is_picture = np.zeros((rows, words), bool)
        for row in is_picture:
            row[rng.choice(np.arange(1, words - 1), pictures, replace=False)] = True
        is_picture[0, 1:3] = True
        is_picture[0, 3:] &= np.cumsum(is_picture[0, 3:]) <= pictures - 2
        for sight in ("latest", "all"):
            says = f"B = {rows}, T = {words}, I = {pictures}, sight = {sight!r}"
            found.append(Case((is_picture, pictures, sight), says, part="" if sight == "latest" else "all"))
    none = np.zeros((2, 5), bool)
    none[1, 2] = True
    found.append(Case((none, 1, "latest"), "the first text shows no picture", part="none"))
    return found


def media_mask(is_picture, pictures, sight):
    """Which of the pictures each token sees, bool[B, T, I]."""
    number = np.cumsum(is_picture, 1)
    theirs = 1 + np.arange(pictures)
    if sight == "latest":
        return number[..., None] == theirs
    return number[..., None] >= theirs


MISTAKES = edits(
    media_mask,
    (
        "counts-from-0",
        "You count pictures from 0: text before any sees the first, and all others the one that comes next. The first is number 1.",
        "1 + ",
        "",
    ),
    (
        "wraps-round",
        "Text before any picture sees the last: number 0 became index −1, which counts from the end. It sees none.",
        "number[..., None] == theirs",
        "np.eye(pictures, dtype=bool)[number - 1]",
    ),
    (
        "first-before-any",
        "Text before any picture sees the first. It sees none.",
        "np.cumsum(is_picture, 1)",
        "np.maximum(np.cumsum(is_picture, 1), 1)",
    ),
    (
        "before-the-tag",
        "The `<image>` token itself does not see its picture. A cumulative sum counts it in: the tag sees it too.",
        "np.cumsum(is_picture, 1)",
        "np.cumsum(is_picture, 1) - is_picture",
    ),
    (
        "tag-only",
        "Only the `<image>` token sees its picture. All tokens up to the next one do.",
        "[..., None] ==",
        "[..., None] * is_picture[..., None] ==",
    ),
    ("batch-axis", "You count along the batch. Count along the text: axis 1.", "(is_picture, 1)", "(is_picture, 0)"),
    (
        "over-all",
        "You count through the whole batch. Each text begins anew: `axis=1`.",
        "np.cumsum(is_picture, 1)",
        "np.cumsum(is_picture).reshape(is_picture.shape)",
    ),
    ("future", "Tokens see the pictures that come *after* them: ≥ is turned round.", ">=", "<="),
    ("not-this-one", 'With "all", a token sees the latest picture too: ≥, not >.', ">=", ">"),
    ("always-latest", '"all" sees what "latest" sees: every picture before a token, ≥ for ==.', ">=", "=="),
    ("always-all", '"latest" sees what "all" sees: the latest picture alone, == for ≥.', "number[..., None] == ", "number[..., None] >= "),
    (
        "inverted",
        "True and False are exchanged: True means *sees*.",
        "number[..., None] == theirs",
        "number[..., None] != theirs",
        "number[..., None] >= theirs",
        "number[..., None] < theirs",
    ),
    (
        "last-picture",
        "Every token sees the last picture of the text. It sees the last one *before it*.",
        "np.cumsum(is_picture, 1)",
        "is_picture.sum(1, keepdims=True) + 0 * is_picture",
    ),
)


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("mask", expected[0].astype(bool), got[0].astype(bool), "token (first text)", "picture")


judge = functools.partial(
    judge_values,
    reference=media_mask,
    mistakes=MISTAKES,
    returns="which pictures each token sees, bool, shape (B, T, I)",
    parts=[
        ("", 0.5, "The mask differs. Count the pictures up to each token: a cumulative sum."),
        ("all", 0.3, 'Right for "latest", not for "all": there a token sees every picture before it.'),
        ("none", 0.2, "Right where pictures are shown, wrong before any: such a token sees none."),
    ],
    picture=_picture,
)


def course(is_picture, pictures, sight):
    """As the model runs it."""
    return gated.media_mask(gated.pictures_before(is_picture), pictures, sight)


EXERCISE = Exercise("06.3", "media_mask", 2, course, cases, judge)
