"""Words and regions as one sequence, and who may look at whom."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import lengths, normal, standard
from course_utils.exercises.comparison import agrees
from course_utils.exercises.core import Case, Exercise, Mistake, Picture, Verdict
from course_utils.exercises.judges import Output, judge_outputs
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


def _text(params, tokens, *, type_=0, positions=True):
    x = params["words"][tokens]
    x = x + (params["positions"][: tokens.shape[1]] if positions else 0)
    return x + (0 if type_ is None else params["types"][type_])


def _image(params, regions, *, type_=1, bias=True):
    return regions @ params["W"] + (params["b"] if bias else 0) + (0 if type_ is None else params["types"][type_])


def _valid(tokens, there):
    return np.concatenate([tokens != 0, there], 1)


def join_streams(params, tokens, regions, there):
    """x float[B, T + N, D], mask bool[B, T + N, T + N]."""
    valid = _valid(tokens, there)
    return _both(_text(params, tokens), _image(params, regions)), valid[:, :, None] & valid[:, None]


def _both(text, image):
    return np.concatenate([text, image], 1)


def _of(text=None, image=None):
    """A mistake in one part: keywords of ``_text`` or ``_image``."""
    return lambda params, tokens, regions, there: _both(_text(params, tokens, **(text or {})), _image(params, regions, **(image or {})))


def _x(fn):
    """A mistake in what is done with both parts: ``fn(text, image, params, tokens, there)``."""
    return lambda params, tokens, regions, there: fn(_text(params, tokens), _image(params, regions), params, tokens, there)


X_MISTAKES = [
    Mistake(
        "no-types",
        "No types are added. Without them the encoder cannot tell a word from a region by what it is: `types[0]` and `types[1]`.",
        _of({"type_": None}, {"type_": None}),
    ),
    Mistake("types-exchanged", "The types have changed places: row 0 is for words, row 1 for regions.", _of({"type_": 1}, {"type_": 0})),
    Mistake("same-type", "Words and regions get the same type, row 0. Regions have row 1.", _of(image={"type_": 0})),
    Mistake("same-type", "Words and regions get the same type, row 1. Words have row 0.", _of({"type_": 1})),
    Mistake("no-type-on-regions", "The regions have no type: add `types[1]`.", _of(image={"type_": None})),
    Mistake("no-type-on-words", "The words have no type: add `types[0]`.", _of({"type_": None})),
    Mistake("no-positions", "The words have no positions: without them a text is a bag of words.", _of({"positions": False})),
    Mistake(
        "last-positions",
        "You take the last rows of `positions`. The first word has row 0.",
        lambda p, t, r, h: _both(_text(p, t, positions=False) + p["positions"][-t.shape[1] :], _image(p, r)),
    ),
    Mistake(
        "first-position-for-all",
        "Every word gets position 0. Word t gets row t.",
        lambda p, t, r, h: _both(_text(p, t, positions=False) + p["positions"][0], _image(p, r)),
    ),
    Mistake(
        "positions-from-one",
        "Positions start at row 1. The first word has row 0.",
        lambda p, t, r, h: _both(_text(p, t, positions=False) + p["positions"][1 : 1 + t.shape[1]], _image(p, r)),
    ),
    Mistake(
        "positions-by-word",
        "You look positions up by the word's number. Word t of a text has row t, whatever it says.",
        lambda p, t, r, h: _both(_text(p, t, positions=False) + p["positions"][np.minimum(t, len(p["positions"]) - 1)], _image(p, r)),
    ),
    Mistake(
        "positions-backwards",
        "The positions run backwards. The first word has row 0.",
        lambda p, t, r, h: _both(_text(p, t, positions=False) + p["positions"][t.shape[1] - 1 :: -1][: t.shape[1]], _image(p, r)),
    ),
    Mistake(
        "no-position-at-padding",
        "Padding has no position. Leave its vectors as they come: word t has row t, whatever it says.",
        lambda p, t, r, h: _both(_text(p, t, positions=False) + p["positions"][: t.shape[1]] * (t != 0)[..., None], _image(p, r)),
    ),
    *(
        Mistake(
            "positions-on-regions",
            "The regions have positions as well. Here they are a set: a projection and a type, nothing else.",
            lambda p, t, r, h, rows=rows: _both(_text(p, t), _image(p, r) + p["positions"][rows(t.shape[1], np.arange(r.shape[1]))]),
        )
        for rows in (lambda length, n: n, lambda length, n: length + n, lambda length, n: length + 0 * n)
    ),
    Mistake(
        "both-types",
        "Everybody gets both types. Words have row 0, regions row 1.",
        lambda p, t, r, h: _both(_text(p, t, type_=None), _image(p, r, type_=None)) + p["types"].sum(0),
    ),
    Mistake(
        "bias-on-words",
        "`b` is added to the words as well. It belongs to the regions' projection.",
        lambda p, t, r, h: _both(_text(p, t) + p["b"], _image(p, r)),
    ),
    Mistake(
        "words-scaled",
        "The words' vectors are multiplied by √D. Take them as they are.",
        lambda p, t, r, h: _both(_text(p, t) + (p["b"].size ** 0.5 - 1) * p["words"][t], _image(p, r)),
    ),
    Mistake(
        "normalised",
        "Every vector is normalised. Return the plain sums; the blocks normalise.",
        _x(lambda text, image, *_: standard(_both(text, image))),
    ),
    Mistake("no-bias", "`b` is missing.", _of(image={"bias": False})),
    Mistake(
        "regions-first", "The regions stand first. The words come first, then the regions.", _x(lambda text, image, *_: _both(image, text))
    ),
    Mistake(
        "padding-zeroed",
        "Padding and hidden regions are set to 0. Leave them: the mask keeps everybody from looking at them.",
        _x(lambda text, image, p, t, h: _both(text, image) * _valid(t, h)[..., None]),
    ),
    Mistake(
        "hidden-regions-zeroed",
        "Hidden regions are set to 0. Leave them: the mask keeps everybody from looking at them.",
        _x(lambda text, image, p, t, h: _both(text, image * h[..., None])),
    ),
    Mistake(
        "hidden-regions-zeroed",
        "The features of hidden regions are set to 0. Leave them: the mask keeps everybody from looking at them.",
        lambda p, t, r, h: _both(_text(p, t), _image(p, r * h[..., None])),
    ),
    Mistake(
        "text-padding-zeroed",
        "Padding is set to 0. Leave it: the mask keeps everybody from looking at it.",
        _x(lambda text, image, p, t, h: _both(text * (t != 0)[..., None], image)),
    ),
    Mistake("text-only", "These are the words only. Put the regions behind them (axis 1): T + N tokens.", _x(lambda text, image, *_: text)),
    Mistake(
        "regions-only", "These are the regions only. They come behind the words (axis 1): T + N tokens.", _x(lambda text, image, *_: image)
    ),
]


def _mask(fn):
    """A mistake in the mask: ``fn(words bool[B, T], there bool[B, N], valid bool[B, T + N])``."""
    return lambda params, tokens, regions, there: fn(tokens != 0, there, _valid(tokens, there))


def _square(valid):
    return valid[:, :, None] & valid[:, None]


def _is_word(words, valid):
    return np.broadcast_to(np.arange(valid.shape[1]) < words.shape[1], valid.shape)


def _own_stream(words, there, valid):
    word = _is_word(words, valid)
    return _square(valid) & (word[:, :, None] == word[:, None])


def _causal(words, there, valid):
    word = _is_word(words, valid)
    both = word[:, :, None] & word[:, None]
    return _square(valid) & (np.tri(valid.shape[1], dtype=bool) | ~both)


MASK_MISTAKES = [
    Mistake(
        "everybody", "Everybody may look at everything: padding and hidden regions too.", _mask(lambda w, r, v: np.ones_like(_square(v)))
    ),
    Mistake(
        "rows-of-padding",
        "Nobody looks at padding, but padding looks around: rows that are not there are False as well.",
        _mask(lambda w, r, v: np.broadcast_to(v[:, None], (*v.shape, v.shape[1]))),
    ),
    Mistake(
        "columns-of-padding",
        "Padding looks at nobody, but everybody looks at padding: columns that are not there are False as well.",
        _mask(lambda w, r, v: np.broadcast_to(v[:, :, None], (*v.shape, v.shape[1]))),
    ),
    Mistake(
        "or", "You take `|`: one of both being there is enough. Both have to be: `&`.", _mask(lambda w, r, v: v[:, :, None] | v[:, None])
    ),
    Mistake(
        "same",
        "You compare with `==`: where both are missing, they look at each other. Both have to be there: `&`.",
        _mask(lambda w, r, v: v[:, :, None] == v[:, None]),
    ),
    Mistake(
        "padding-for-words",
        "You take padding for words: a word is there where its token is *not* 0.",
        _mask(lambda w, r, v: _square(np.concatenate([~w, r], 1))),
    ),
    Mistake(
        "hidden-for-there",
        "You take `there` for hidden: it is True where a region is there.",
        _mask(lambda w, r, v: _square(np.concatenate([w, ~r], 1))),
    ),
    Mistake(
        "missing-ones",
        "Padding and hidden regions look at each other, and nobody else does: `valid` is turned round.",
        _mask(lambda w, r, v: _square(~v)),
    ),
    Mistake("token-one", "Token 1 counts as padding. Only 0 is.", lambda p, t, r, h: _square(_valid(t * (t > 1), h))),
    Mistake(
        "first-mask-for-all",
        "The first row's mask is used for the whole batch. Each has its own.",
        _mask(lambda w, r, v: np.broadcast_to(_square(v)[:1], _square(v).shape)),
    ),
    Mistake(
        "oneself-always",
        "Padding and hidden regions look at themselves. Their rows are False everywhere.",
        _mask(lambda w, r, v: _square(v) | np.eye(v.shape[1], dtype=bool)),
    ),
    Mistake(
        "additive",
        "This is a mask to add to scores. Return True where one may look, False elsewhere.",
        _mask(lambda w, r, v: np.where(_square(v), 0, -np.inf)),
    ),
    Mistake(
        "hidden-regions-seen",
        "`there` is not used: hidden regions are looked at.",
        _mask(lambda w, r, v: _square(np.concatenate([w, np.ones_like(r)], 1))),
    ),
    Mistake(
        "text-padding-seen",
        "Padding of the text (token 0) is looked at.",
        _mask(lambda w, r, v: _square(np.concatenate([np.ones_like(w), r], 1))),
    ),
    Mistake(
        "own-stream",
        "Words look at words only, and regions at regions: nothing would ever meet. In one stream everybody looks at everybody.",
        _mask(_own_stream),
    ),
    Mistake(
        "other-stream",
        "Words look at regions only, and regions at words. In one stream everybody looks at everybody, themselves too.",
        _mask(lambda w, r, v: _square(v) & ~_own_stream(w, r, v)),
    ),
    Mistake("causal", "Words look back only, as a writer does. An encoder reads in both directions.", _mask(_causal)),
    Mistake(
        "causal-everywhere",
        "Everybody looks back only, as a writer does. An encoder looks in both directions.",
        _mask(lambda w, r, v: _square(v) & np.tri(v.shape[1], dtype=bool)),
    ),
    Mistake("inverted", "True means *attend*; yours is the opposite.", _mask(lambda w, r, v: ~_square(v))),
    Mistake("not-oneself", "Nobody looks at themselves. They may.", _mask(lambda w, r, v: _square(v) & ~np.eye(v.shape[1], dtype=bool))),
    Mistake(
        "regions-first", "The mask has the regions first. The words come first.", _mask(lambda w, r, v: _square(np.concatenate([r, w], 1)))
    ),
    Mistake(
        "no-square",
        "This says who is there, shape (B, T + N). The mask says who may look at whom: `valid[:, :, None] & valid[:, None, :]`.",
        _mask(lambda w, r, v: v),
    ),
    Mistake(
        "axis-for-heads",
        "There is an axis of length 1 for the heads. The mask is (B, T + N, T + N); attention adds that axis.",
        _mask(lambda w, r, v: _square(v)[:, None]),
    ),
    Mistake(
        "cross-only",
        "This is a mask of words looking at regions, (B, T, N). In one stream all T + N look at all T + N.",
        _mask(lambda w, r, v: w[:, :, None] & r[:, None]),
    ),
]


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
                X_MISTAKES,
                [_one_part],
                remark="The vectors differ. Take one word by hand: its vector, its position, type 0; then one region.",
            ),
            Output(
                "mask",
                1,
                0.5,
                "True where both are there, shape (B, T + N, T + N)",
                MASK_MISTAKES,
                [_no_mask],
                remark="The mask differs.",
                picture=_picture,
            ),
        ],
    )


EXERCISE = Exercise("04.2", "join_streams", 4, single_stream.join_streams, cases, judge, compiled=True)
