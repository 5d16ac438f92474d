"""Words and regions as one sequence, and who may look at whom."""

import numpy as np

from course_utils.exercises.arrays import lengths, normal
from course_utils.exercises.comparison import agrees
from course_utils.exercises.core import Case, Exercise, Picture, Verdict
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.models.fusion_encoder import single_stream


def cases(seed: int) -> list[Case]:
    """Texts of several lengths, pictures of which some regions are hidden (of the first, too); positions for longer texts."""
    rng = np.random.default_rng([seed, 402])
    found = []
    for rows, length, regions, features, d in [(2, 4, 3, 5, 6), (3, 5, 2, 7, 4), (4, 3, 10, 3, 5)]:
        params = {
            "words": normal(rng, 11, d),
            "positions": normal(rng, length + regions + 4, d),
            "types": normal(rng, 2, d),
            "W": normal(rng, features, d),
            "b": normal(rng, d),
        }
        tokens = np.where(lengths(rng, rows, length), rng.integers(1, 11, (rows, length)), 0).astype(np.int32)
        tokens[0, 1] = 1
        there = rng.random((rows, regions)) < 0.7
        there[0], there[1, regions // 2], there[-1, 0] = True, False, True
        there[0, 0] = False
        args = (params, tokens, normal(rng, rows, regions, features), there)
        found.append(Case(args, f"B = {rows}, T = {length}, N = {regions}, D = {d}"))
    return found


def join_streams(params, tokens, regions, there):
    """x float[B, T + N, D], mask bool[B, T + N, T + N]."""
    words = tokens != 0
    text = params["words"][tokens] + params["positions"][: tokens.shape[1]] + params["types"][0]
    image = regions @ params["W"] + params["b"] + params["types"][1]
    valid = np.concatenate([words, there], 1)
    x, mask = np.concatenate([text, image], 1), valid[:, :, None] & valid[:, None]
    return x, mask


VECTOR_MISTAKES = edits(
    join_streams,
    (
        "no-types",
        "Types are missing: words get `types[0]`, regions `types[1]`, so that the encoder can tell them apart.",
        'params["types"]',
        tuple(f'({kept} * params["types"])' for kept in ("0", "[[0], [1]]", "[[1], [0]]")),
    ),
    ("types-exchanged", "The types have changed places: row 0 is for words, row 1 for regions.", '["types"]', '["types"][::-1]'),
    ("same-type", "All get the same type. Words have row 0, regions row 1.", '["types"]', ('["types"][[0, 0]]', '["types"][[1, 1]]')),
    ("no-positions", "The words have no positions: without them a text is a bag of words.", 'params["pos', '0 * params["pos'),
    (
        "other-positions",
        "Your words get other positions: the first word of a text has row 0, word t has row t, whatever it says.",
        "[: tokens.shape[1]]",
        (
            "[1 : 1 + tokens.shape[1]]",
            "[0]",
            '[np.minimum(tokens, len(params["positions"]) - 1)]',
            "[: tokens.shape[1]] * words[..., None]",
            "[-tokens.shape[1] :]",
            "[: tokens.shape[1]][::-1]",
        ),
    ),
    (
        "positions-on-regions",
        "The regions have positions as well. Here they are a set: a projection and a type, nothing else.",
        "image = ",
        tuple(
            f'image = params["positions"][{at}] + ' for at in (": there.shape[1]", "tokens.shape[1] :][: there.shape[1]", "tokens.shape[1]")
        ),
    ),
    ("regions-first", "The regions stand first. The words come first, then the regions.", "([text, image], 1)", "([image, text], 1)"),
    (
        "padding-zeroed",
        "Padding or hidden regions are set to 0. Leave them: the mask keeps everybody from looking at them.",
        "return x",
        tuple(f"return x * np.c_[{kept}][..., None]" for kept in ("valid", "words, there | True", "words | True, there")),
    ),
    (
        "hidden-regions-zeroed",
        "The features of hidden regions are set to 0. Leave them: the mask keeps everybody from looking at them.",
        "regions @",
        "there[..., None] * regions @",
    ),
)
_OF_STREAMS = "a := np.arange(mask.shape[1]) < tokens.shape[1]"
MASK_MISTAKES = edits(
    join_streams,
    ("everybody", "Everybody may look at everything: padding and hidden regions too.", "return x, mask | True"),
    (
        "rows-of-padding",
        "Nobody looks at padding, but padding looks around: rows that are not there are False as well.",
        "valid[:, :, None] & valid",
        "valid[:, :, None] * 0 | valid",
    ),
    (
        "columns-of-padding",
        "Padding looks at nobody, but everybody looks at padding: columns that are not there are False as well.",
        "& valid",
        "| 0 * valid",
    ),
    ("or", "You take `|`: one of both being there is enough. Both have to be: `&`.", " & ", " | "),
    ("same", "You compare with `==`: where both are missing, they look at each other. Both have to be there: `&`.", " & ", " == "),
    (
        "valid-inverted",
        "You take padding for words, `there` for hidden, or both: a word is there where its token is *not* 0, a region where `there` is True.",
        "[words, there]",
        ("[~words, there]", "[words, ~there]", "[~words, ~there]"),
    ),
    (
        "oneself-always",
        "Padding and hidden regions look at themselves. Their rows are False everywhere.",
        "return x, mask | np.eye(mask.shape[1], dtype=bool)",
    ),
    (
        "additive",
        "This is a mask to add to scores. Return True where one may look, False elsewhere.",
        "return x, np.where(mask, 0, -np.inf)",
    ),
    ("text-padding-seen", "Padding of the text (token 0) is looked at.", "[words, there]", "[words | True, there]"),
    (
        "own-stream",
        "Words look at words only, and regions at regions: nothing would ever meet. In one stream everybody looks at everybody.",
        f"return x, mask & (({_OF_STREAMS})[:, None] == a)",
    ),
    (
        "other-stream",
        "Words look at regions only, and regions at words. In one stream everybody looks at everybody, themselves too.",
        f"return x, mask & (({_OF_STREAMS})[:, None] != a)",
    ),
    (
        "causal",
        "One looks back only, as a writer does. An encoder looks in both directions.",
        ("return x, np.tril(mask)", f"return x, mask & ~np.triu(({_OF_STREAMS})[:, None] & a, 1)"),
    ),
    ("inverted", "True means *attend*; yours is the opposite.", "return x, ~mask"),
    ("regions-first", "The mask has the regions first. The words come first.", "[words, there]", "[there, words]"),
    (
        "no-square",
        "This says who is there, shape (B, T + N). The mask says who may look at whom: `valid[:, :, None] & valid[:, None, :]`.",
        "return x, valid",
    ),
    at="return x, mask",
)


def _one_part(case, expected, got):
    """Where words or regions are right, the others are the ones to look at."""
    length = case.args[1].shape[1]
    words, regions = (agrees(expected[:, part], got[:, part]) for part in (slice(length), slice(length, None)))
    if words != regions:
        right, wrong, how = (
            ("words", "regions", "`regions @ W + b`, and type 1") if words else ("regions", "words", "vector, position, type 0")
        )
        return f"The {right} are right, the {wrong} are not. Take one by hand: {how}.", f"{wrong}-differ"


def _no_mask(case, expected, got):
    if not np.isin(got, (0, 1)).all():
        return "There are other numbers than 0 and 1. Return True where one may look, False elsewhere.", "no-truth"


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("mask", expected[1].astype(bool), got[1].astype(bool), "who looks", "at what")


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for the sequence, half for the mask."""
    return judge_outputs(
        cases,
        answers,
        join_streams,
        [
            Output(
                "x",
                0,
                0.5,
                "one vector for each word, then for each region, shape (B, T + N, D)",
                of_output(0, VECTOR_MISTAKES),
                [_one_part],
                remark="The vectors differ. Take one word by hand: its vector, its position, type 0; then one region.",
            ),
            Output(
                "mask",
                1,
                0.5,
                "True where both are there, shape (B, T + N, T + N)",
                of_output(1, MASK_MISTAKES),
                [_no_mask],
                remark="The mask differs. Both have to be there, who looks and what is looked at: words other than 0, regions where `there` is True.",
                picture=_picture,
                kinds=True,
            ),
        ],
    )


EXERCISE = Exercise("04.2", "join_streams", 4, single_stream.join_streams, cases, judge, compiled=True)
