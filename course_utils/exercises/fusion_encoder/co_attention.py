"""Two streams that look at each other."""

from __future__ import annotations

import functools

import numpy as np

from course_utils.exercises.arrays import lengths, normal
from course_utils.exercises.core import Case, Exercise, Mistake
from course_utils.exercises.fusion_encoder.attention import attention_parameters, cross_attention
from course_utils.exercises.judges import Output, judge_outputs
from course_utils.models.fusion_encoder import attention


def cases(seed: int) -> list[Case]:
    """Streams of different lengths with padding."""
    rng = np.random.default_rng([seed, 405])
    found = []
    for rows, words, regions, d, heads in [(2, 3, 5, 6, 3), (3, 6, 4, 6, 2), (2, 5, 3, 4, 2)]:
        params = {name: attention_parameters(rng, d, d, heads) for name in "xy"}
        x_there, y_there = lengths(rng, rows, words), lengths(rng, rows, regions)[::-1]
        args = (params, normal(rng, rows, words, d), normal(rng, rows, regions, d), x_there, y_there.copy(), heads)
        found.append(Case(args, f"B = {rows}, T = {words}, N = {regions}, D = {d}, heads = {heads}"))
    return found


def _mask(looks, seen):
    return looks[:, :, None] & seen[:, None]


def _x_saw(params, x, y, x_there, y_there, heads):
    return cross_attention(params["x"], x, y, _mask(x_there, y_there), heads)[0]


def _y_saw(params, x, y, x_there, y_there, heads):
    return cross_attention(params["y"], y, x, _mask(y_there, x_there), heads)[0]


def co_attention(params, x, y, x_there, y_there, heads):
    """x plus what it saw of y, float[B, T, D]; y plus what it saw of x, float[B, N, D]."""
    args = (params, x, y, x_there, y_there, heads)
    return x + _x_saw(*args), y + _y_saw(*args)


def _swapped(params, x, y, x_there, y_there, heads):
    return {"x": params["y"], "y": params["x"]}, x, y, x_there, y_there, heads


def _everybody(params, x, y, x_there, y_there, heads):
    return params, x, y, np.ones_like(x_there), np.ones_like(y_there), heads


def _columns_only(params, x, y, x_there, y_there, heads, *, of):
    """Rows of padding look around."""
    return (params, x, y, np.ones_like(x_there), y_there, heads) if of == "x" else (params, x, y, x_there, np.ones_like(y_there), heads)


def _standard(x):
    """Mean 0 and standard deviation 1 along the last axis."""
    return (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)


_WORDS = {"x": ("x", "y", _x_saw, 1), "y": ("y", "x", _y_saw, 2)}


def _mistakes(of: str) -> list[Mistake]:
    """The mistakes in one stream."""
    me, other, saw, place = _WORDS[of]

    def mine(args):
        return args[place]

    def masked_by(mask):
        """A mistake in the mask: ``mask(looks, seen)``."""

        def mistaken(params, x, y, x_there, y_there, heads):
            stream, context, looks, seen = (x, y, x_there, y_there) if of == "x" else (y, x, y_there, x_there)
            return stream + cross_attention(params[of], stream, context, mask(looks, seen), heads)[0]

        return mistaken

    def self_attention(params, x, y, x_there, y_there, heads):
        stream, there = (x, x_there) if of == "x" else (y, y_there)
        return stream + cross_attention(params[of], stream, stream, _mask(there, there), heads)[0]

    def after_the_other(params, x, y, x_there, y_there, heads):
        if of == "x":
            return x + _x_saw(params, x, y + _y_saw(params, x, y, x_there, y_there, heads), x_there, y_there, heads)
        return y + _y_saw(params, x + _x_saw(params, x, y, x_there, y_there, heads), y, x_there, y_there, heads)

    def after_what_the_other_saw(params, x, y, x_there, y_there, heads):
        if of == "x":
            return x + _x_saw(params, x, _y_saw(params, x, y, x_there, y_there, heads), x_there, y_there, heads)
        return y + _y_saw(params, _x_saw(params, x, y, x_there, y_there, heads), y, x_there, y_there, heads)

    return [
        Mistake("no-residual", f"You return what {me} saw without {me} itself: add it.", lambda *a: saw(*a)),
        Mistake("unchanged", f"{me} comes back as it went in: add what it saw of {other}.", lambda *a: mine(a)),
        Mistake("self-attention", f"{me} looks at itself. Here its queries meet the keys and values of {other}.", self_attention),
        Mistake(
            "one-after-the-other",
            f"{me} looks at the *new* {other}. Both look at the same moment, at the streams as they came in: give the new ones other names.",
            after_the_other,
        ),
        Mistake("at-what-the-other-saw", f"{me} looks at what {other} saw. It looks at {other} as it came in.", after_what_the_other_saw),
        Mistake(
            "parameters-exchanged",
            f'{me} looks with params["{other}"]. What {me} sees needs params["{me}"].',
            lambda *a: mine(a) + saw(*_swapped(*a)),
        ),
        Mistake(
            "mask-reshaped",
            f"The mask of {me} looking at {other} is `reshape`d from that of {other} looking at {me}, which mixes its rows. Exchange its last two axes.",
            masked_by(lambda looks, seen: _mask(seen, looks).reshape(len(looks), looks.shape[1], -1)),
        ),
        Mistake(
            "or",
            f"The mask of {me} looking at {other} takes `|`: one of both being there is enough. Both have to be: `&`.",
            masked_by(lambda looks, seen: looks[:, :, None] | seen[:, None]),
        ),
        Mistake(
            "mask-inverted",
            f"The mask of {me} looking at {other} is turned round: True means *attend*.",
            masked_by(lambda looks, seen: ~_mask(looks, seen)),
        ),
        Mistake(
            "mask-inverted",
            "You take padding for what is there, and what is there for padding.",
            masked_by(lambda looks, seen: _mask(~looks, ~seen)),
        ),
        Mistake(
            "padding-seen",
            f"{me} looks at padding of {other}: the mask is True only where both are there.",
            lambda *a: mine(a) + saw(*_everybody(*a)),
        ),
        Mistake(
            "padding-seen-by-those-there",
            f"{me} looks at padding of {other}: the mask needs both, `{me}_there[:, :, None] & {other}_there[:, None, :]`.",
            lambda *a: mine(a) + saw(*_columns_only(*a, of=other)),
        ),
        Mistake(
            "padding-looks",
            f"Padding of {me} looks around: the mask is True only where both are there.",
            lambda *a: mine(a) + saw(*_columns_only(*a, of=of)),
        ),
        Mistake("subtracted", "You subtract what was seen. Add it.", lambda *a: mine(a) - saw(*a)),
        Mistake("averaged", "You average a stream and what it saw. Add them.", lambda *a: (mine(a) + saw(*a)) / 2),
        Mistake("seen-twice", "What was seen is added twice.", lambda *a: mine(a) + 2 * saw(*a)),
        Mistake(
            "two-moments",
            "These are two moments, one after the other. Return the streams after the first.",
            lambda params, x, y, *a: mine((params, *(after := co_attention(params, x, y, *a)))) + saw(params, *after, *a),
        ),
        Mistake(
            "padding-zeroed",
            f"Padding of {me} is set to 0. Leave it: the mask keeps everybody from looking at it.",
            lambda *a: (mine(a) + saw(*a)) * a[place + 2][..., None],
        ),
        Mistake(
            "normalised", f"{me} is normalised after adding. That comes in the block around it.", lambda *a: _standard(mine(a) + saw(*a))
        ),
        Mistake("one-head", "There is one head. Pass `heads` on.", lambda *a: mine(a) + saw(*a[:-1], 1)),
        Mistake("added-twice", f"{me} is added twice.", lambda *a: 2 * mine(a) + saw(*a)),
    ]


OUTPUTS = [
    Output(
        f"next_{me}",
        place,
        0.5,
        f"{me} plus what it saw of {other}, shape {shape}",
        _mistakes(me),
        remark=f"{me} differs. What does it look at, with which parameters, and which mask?",
    )
    for place, (me, other, shape) in enumerate([("x", "y", "(B, T, D)"), ("y", "x", "(B, N, D)")])
]
EXERCISE = Exercise(
    "04.5", "co_attention", 2, attention.co_attention, cases, functools.partial(judge_outputs, reference=co_attention, outputs=OUTPUTS)
)
