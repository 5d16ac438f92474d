"""Words and regions as one sequence, and who may look at whom."""

from __future__ import annotations

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


MISTAKES = edits(
    join_streams,
    # in the vectors
    (
        "no-types",
        "No types are added. Without them the encoder cannot tell a word from a region by what it is: `types[0]` and `types[1]`.",
        ' + params["types"][0]',
        "",
        ' + params["types"][1]',
        "",
    ),
    (
        "types-exchanged",
        "The types have changed places: row 0 is for words, row 1 for regions.",
        '["types"][0]',
        '["types"][§]',
        '["types"][1]',
        '["types"][0]',
        "§",
        "1",
    ),
    ("same-type", "Words and regions get the same type, row 0. Regions have row 1.", '["types"][1]', '["types"][0]'),
    ("same-type", "Words and regions get the same type, row 1. Words have row 0.", '["types"][0]', '["types"][1]'),
    ("no-type-on-regions", "The regions have no type: add `types[1]`.", ' + params["types"][1]', ""),
    ("no-type-on-words", "The words have no type: add `types[0]`.", ' + params["types"][0]', ""),
    (
        "no-positions",
        "The words have no positions: without them a text is a bag of words.",
        ' + params["positions"][: tokens.shape[1]]',
        "",
    ),
    ("last-positions", "You take the last rows of `positions`. The first word has row 0.", "[: tokens.shape[1]]", "[-tokens.shape[1] :]"),
    ("first-position-for-all", "Every word gets position 0. Word t gets row t.", "[: tokens.shape[1]]", "[0]"),
    ("positions-from-one", "Positions start at row 1. The first word has row 0.", "[: tokens.shape[1]]", "[1 : 1 + tokens.shape[1]]"),
    (
        "positions-by-word",
        "You look positions up by the word's number. Word t of a text has row t, whatever it says.",
        "[: tokens.shape[1]]",
        '[np.minimum(tokens, len(params["positions"]) - 1)]',
    ),
    ("positions-backwards", "The positions run backwards. The first word has row 0.", "[: tokens.shape[1]]", "[: tokens.shape[1]][::-1]"),
    (
        "no-position-at-padding",
        "Padding has no position. Leave its vectors as they come: word t has row t, whatever it says.",
        'params["positions"][: tokens.shape[1]]',
        'params["positions"][: tokens.shape[1]] * words[..., None]',
    ),
    (
        "positions-on-regions",
        "The regions have positions as well. Here they are a set: a projection and a type, nothing else.",
        "image = ",
        'image = params["positions"][: regions.shape[1]] + ',
    ),
    (
        "positions-on-regions",
        "The regions have positions as well. Here they are a set: a projection and a type, nothing else.",
        "image = ",
        'image = params["positions"][tokens.shape[1] : tokens.shape[1] + regions.shape[1]] + ',
    ),
    (
        "positions-on-regions",
        "The regions have positions as well. Here they are a set: a projection and a type, nothing else.",
        "image = ",
        'image = params["positions"][tokens.shape[1]] + ',
    ),
    (
        "both-types",
        "Everybody gets both types. Words have row 0, regions row 1.",
        '["types"][0]',
        '["types"].sum(0)',
        '["types"][1]',
        '["types"].sum(0)',
    ),
    ("bias-on-words", "`b` is added to the words as well. It belongs to the regions' projection.", "text = ", 'text = params["b"] + '),
    (
        "words-scaled",
        "The words' vectors are multiplied by √D. Take them as they are.",
        'params["words"][tokens]',
        'params["words"][tokens] * params["b"].size ** 0.5',
    ),
    (
        "normalised",
        "Every vector is normalised. Return the plain sums; the blocks normalise.",
        "return x",
        "x = (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)\n    return x",
    ),
    ("no-bias", "`b` is missing.", ' + params["b"]', ""),
    ("regions-first", "The regions stand first. The words come first, then the regions.", "([text, image], 1)", "([image, text], 1)"),
    (
        "padding-zeroed",
        "Padding and hidden regions are set to 0. Leave them: the mask keeps everybody from looking at them.",
        "return x",
        "return x * valid[..., None]",
    ),
    (
        "hidden-regions-zeroed",
        "Hidden regions are set to 0. Leave them: the mask keeps everybody from looking at them.",
        "([text, image], 1)",
        "([text, image * there[..., None]], 1)",
    ),
    (
        "hidden-regions-zeroed",
        "The features of hidden regions are set to 0. Leave them: the mask keeps everybody from looking at them.",
        "regions @",
        "(regions * there[..., None]) @",
    ),
    (
        "text-padding-zeroed",
        "Padding is set to 0. Leave it: the mask keeps everybody from looking at it.",
        "([text, image], 1)",
        "([text * words[..., None], image], 1)",
    ),
    ("text-only", "These are the words only. Put the regions behind them (axis 1): T + N tokens.", "return x", "return text"),
    ("regions-only", "These are the regions only. They come behind the words (axis 1): T + N tokens.", "return x", "return image"),
    # in the mask
    ("everybody", "Everybody may look at everything: padding and hidden regions too.", "return x, mask", "return x, np.ones_like(mask)"),
    (
        "rows-of-padding",
        "Nobody looks at padding, but padding looks around: rows that are not there are False as well.",
        "valid[:, :, None] & valid[:, None]",
        "np.broadcast_to(valid[:, None], (*valid.shape, valid.shape[1]))",
    ),
    (
        "columns-of-padding",
        "Padding looks at nobody, but everybody looks at padding: columns that are not there are False as well.",
        "valid[:, :, None] & valid[:, None]",
        "np.broadcast_to(valid[:, :, None], (*valid.shape, valid.shape[1]))",
    ),
    ("or", "You take `|`: one of both being there is enough. Both have to be: `&`.", " & ", " | "),
    ("same", "You compare with `==`: where both are missing, they look at each other. Both have to be there: `&`.", " & ", " == "),
    ("padding-for-words", "You take padding for words: a word is there where its token is *not* 0.", "[words, there]", "[~words, there]"),
    ("hidden-for-there", "You take `there` for hidden: it is True where a region is there.", "[words, there]", "[words, ~there]"),
    (
        "missing-ones",
        "Padding and hidden regions look at each other, and nobody else does: `valid` is turned round.",
        "valid[:, :, None] & valid[:, None]",
        "~valid[:, :, None] & ~valid[:, None]",
    ),
    ("token-one", "Token 1 counts as padding. Only 0 is.", "tokens != 0", "tokens > 1"),
    (
        "first-mask-for-all",
        "The first row's mask is used for the whole batch. Each has its own.",
        "return x, mask",
        "return x, np.broadcast_to(mask[:1], mask.shape)",
    ),
    (
        "oneself-always",
        "Padding and hidden regions look at themselves. Their rows are False everywhere.",
        "return x, mask",
        "return x, mask | np.eye(mask.shape[1], dtype=bool)",
    ),
    (
        "additive",
        "This is a mask to add to scores. Return True where one may look, False elsewhere.",
        "return x, mask",
        "return x, np.where(mask, 0, -np.inf)",
    ),
    ("hidden-regions-seen", "`there` is not used: hidden regions are looked at.", "[words, there]", "[words, np.ones_like(there)]"),
    ("text-padding-seen", "Padding of the text (token 0) is looked at.", "[words, there]", "[np.ones_like(words), there]"),
    (
        "own-stream",
        "Words look at words only, and regions at regions: nothing would ever meet. In one stream everybody looks at everybody.",
        "return x, mask",
        "word = np.arange(mask.shape[1]) < words.shape[1]\n    return x, mask & (word[:, None] == word)",
    ),
    (
        "other-stream",
        "Words look at regions only, and regions at words. In one stream everybody looks at everybody, themselves too.",
        "return x, mask",
        "word = np.arange(mask.shape[1]) < words.shape[1]\n    return x, mask & (word[:, None] != word)",
    ),
    (
        "causal",
        "Words look back only, as a writer does. An encoder reads in both directions.",
        "return x, mask",
        "word = np.arange(mask.shape[1]) < words.shape[1]\n    return x, mask & (np.tri(mask.shape[1], dtype=bool) | ~(word[:, None] & word))",
    ),
    (
        "causal-everywhere",
        "Everybody looks back only, as a writer does. An encoder looks in both directions.",
        "return x, mask",
        "return x, mask & np.tri(mask.shape[1], dtype=bool)",
    ),
    ("inverted", "True means *attend*; yours is the opposite.", "return x, mask", "return x, ~mask"),
    ("not-oneself", "Nobody looks at themselves. They may.", "return x, mask", "return x, mask & ~np.eye(mask.shape[1], dtype=bool)"),
    ("regions-first", "The mask has the regions first. The words come first.", "[words, there]", "[there, words]"),
    (
        "no-square",
        "This says who is there, shape (B, T + N). The mask says who may look at whom: `valid[:, :, None] & valid[:, None, :]`.",
        "return x, mask",
        "return x, valid",
    ),
    (
        "axis-for-heads",
        "There is an axis of length 1 for the heads. The mask is (B, T + N, T + N); attention adds that axis.",
        "return x, mask",
        "return x, mask[:, None]",
    ),
    (
        "cross-only",
        "This is a mask of words looking at regions, (B, T, N). In one stream all T + N look at all T + N.",
        "return x, mask",
        "return x, words[:, :, None] & there[:, None]",
    ),
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
                of_output(0, MISTAKES),
                [_one_part],
                remark="The vectors differ. Take one word by hand: its vector, its position, type 0; then one region.",
            ),
            Output(
                "mask",
                1,
                0.5,
                "True where both are there, shape (B, T + N, T + N)",
                of_output(1, MISTAKES),
                [_no_mask],
                remark="The mask differs.",
                picture=_picture,
            ),
        ],
    )


EXERCISE = Exercise("04.2", "join_streams", 4, single_stream.join_streams, cases, judge, compiled=True)
