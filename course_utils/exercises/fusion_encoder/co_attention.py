"""Two streams that look at each other."""

import functools

import numpy as np

from course_utils.exercises.arrays import lengths, normal
from course_utils.exercises.core import Case, Exercise, Mistake
from course_utils.exercises.edits import edits
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


def next_x(params, x, y, x_there, y_there, heads):
    """x plus what it saw of y, float[B, T, D]."""
    mask = x_there[:, :, None] & y_there[:, None]
    seen = cross_attention(params["x"], x, y, mask, heads)[0]
    return x + seen


def _exchanged(params, x, y, x_there, y_there, heads):
    return {"x": params["y"], "y": params["x"]}, y, x, y_there, x_there, heads


def co_attention(params, x, y, x_there, y_there, heads):
    """x plus what it saw of y, float[B, T, D]; y plus what it saw of x, float[B, N, D]."""
    args = params, x, y, x_there, y_there, heads
    return next_x(*args), next_x(*_exchanged(*args))


_LOOK, _MASK, _RETURN = '(params["x"], x, y, mask, heads)', "x_there[:, :, None] & y_there[:, None]", "return x + seen"
_OTHER = "co_attention(params, x, y, x_there, y_there, heads)[1]"
MISTAKES = edits(
    next_x,
    # key, what is said of a stream {x} that looks at {y}, then what is typed instead of what
    ("no-residual", "You return what {x} saw without {x} itself: add it.", "return seen"),
    ("unchanged", "{x} comes back as it went in: add what it saw of {y}.", "return x"),
    (
        "not-added",
        "{x} and what it saw are added, once each: no difference, mean or multiple.",
        ("return x - seen", "return (x + seen) / 2", "return x + 2 * seen", "return 2 * x + seen"),
    ),
    (
        "self-attention",
        "{x} looks at itself. Here its queries meet the keys and values of {y}.",
        _LOOK,
        '(params["x"], x, x, x_there[:, :, None] & x_there[:, None], heads)',
    ),
    (
        "one-after-the-other",
        "{x} looks at the *new* {y}. Both look at the same moment, at the streams as they came in: give the new ones other names.",
        _LOOK,
        f'(params["x"], x, {_OTHER}, mask, heads)',
    ),
    (
        "at-what-the-other-saw",
        "{x} looks at what {y} saw. Let it look at {y} itself.",
        _LOOK,
        f'(params["x"], x, {_OTHER} - y, mask, heads)',
    ),
    ("parameters-exchanged", '{x} looks with params["{y}"]. What {x} sees needs params["{x}"].', '["x"]', '["y"]'),
    (
        "mask-reshaped",
        "The mask of {x} looking at {y} is `reshape`d from that of {y} looking at {x}, which mixes its rows. Exchange its last two axes.",
        _MASK,
        "(y_there[:, :, None] & x_there[:, None]).reshape(*x_there.shape, -1)",
    ),
    ("or", "The mask of {x} looking at {y} takes `|`: one of both being there is enough. Both have to be: `&`.", "&", "|"),
    (
        "mask-inverted",
        "The mask of {x} looking at {y} is turned round: True means *attend*, and *there*.",
        _MASK,
        (f"~({_MASK})", "~x_there[:, :, None] & ~y_there[:, None]"),
    ),
    (
        "padding-seen",
        "{x} looks at padding of {y}: the mask needs both, `{x}_there[:, :, None] & {y}_there[:, None, :]`.",
        _MASK,
        (f"{_MASK} | True", "x_there[:, :, None] & (y_there[:, None] | True)"),
    ),
    ("padding-looks", "Padding of {x} looks around: both have to be there.", _MASK, "(x_there[:, :, None] | True) & y_there[:, None]"),
    (
        "padding-zeroed",
        "Padding of {x} is set to 0. Leave it: the mask keeps everybody from looking at it.",
        "return (x + seen) * x_there[..., None]",
    ),
    (
        "normalised",
        "{x} is normalised after adding. That comes in the block around it.",
        "x = x + seen\n    return (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True)",
    ),
    ("one-head", "There is one head. Pass `heads` on.", "mask, heads", "mask, 1"),
    at=_RETURN,
)


def _mistakes(x: str, y: str) -> list[Mistake]:
    """The mistakes in the stream ``x``, which looks at ``y``."""
    return [
        Mistake(key, says.format(x=x, y=y), fn if x == "x" else lambda *args, fn=fn: fn(*_exchanged(*args))) for key, says, fn in MISTAKES
    ]


OUTPUTS = [
    Output(
        f"next_{x}",
        place,
        0.5,
        f"{x} plus what it saw of {y}, shape {shape}",
        _mistakes(x, y),
        remark=f"{x} differs. What does it look at, with which parameters, and which mask?",
    )
    for place, (x, y, shape) in enumerate([("x", "y", "(B, T, D)"), ("y", "x", "(B, N, D)")])
]
EXERCISE = Exercise(
    "04.5", "co_attention", 2, attention.co_attention, cases, functools.partial(judge_outputs, reference=co_attention, outputs=OUTPUTS)
)
