"""One step of training two linear towers."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from course_utils import losses
from course_utils.exercises.core import Case, Exercise, Mistake, Problem, Verdict
from course_utils.exercises.judges import Output, judge_outputs

NAMES = ("image", "text", "log_scale")
LARGEST = math.log(100.0)


def loss_of(params, images, words):
    """InfoNCE of two linear towers."""
    return losses.info_nce(images @ params["image"], words @ params["text"], params["log_scale"])


def training_step(params, images, words, learning_rate):
    """The next parameters, and the loss before the step: the course's own answer."""
    loss, slopes = jax.value_and_grad(loss_of)(params, images, words)
    params = jax.tree.map(lambda p, slope: p - learning_rate * slope, params, slopes)
    return {**params, "log_scale": jnp.minimum(params["log_scale"], LARGEST)}, loss


def cases(seed: int) -> list[Case]:
    """Steps as large as the parameters, so that a wrong one shows; in the last two the scale stays beyond 100.

    In the second, numbers of a matrix are beyond the scale's limit, so that a clip of all parameters shows.
    """
    rng = np.random.default_rng([seed, 302])
    drawn = []
    for batch, pixels, vocabulary, width, log_scale, rate in [
        (5, 7, 11, 3, 1.2, 3.0),
        (3, 4, 5, 2, 2.0, 2.0),
        (7, 5, 6, 4, LARGEST + 0.5, 0.0),
        (2, 3, 13, 5, LARGEST + 0.4, 0.0),
    ]:
        beyond = log_scale > LARGEST
        while True:
            params = {
                "image": 0.5 * rng.normal(size=(pixels, width)).astype(np.float32),
                "text": 0.5 * rng.normal(size=(vocabulary, width)).astype(np.float32),
                "log_scale": np.float32(log_scale),
            }
            if batch == 3:  # beyond ln 100 too, where nothing but log_scale is clipped
                params["image"][0] = 6 * np.sign(params["image"][0])
                params["image"][0, 0] = 6
            images = rng.normal(size=(batch, pixels)).astype(np.float32)
            words = rng.integers(0, 3, (batch, vocabulary)).astype(np.float32)
            words[:, 0] = 1
            loss, slopes = _loss_and_slopes(params, images, words)
            if beyond:  # a slope of the scale is as large as the loss there: take a rate that leaves it beyond
                rate = float(np.float32(0.25 / max(abs(slopes["log_scale"]), 0.5)))
            if loss > 0.3 and abs(slopes["log_scale"]) > 0.02:
                break
        says = f"B = {batch}, learning rate {rate:.3g}" + (", and the scale would go beyond 100" if beyond else "")
        drawn.append(Case((params, images, words, np.float32(rate)), says, part="clip" if beyond else ""))
    return drawn


_compiled = jax.jit(jax.value_and_grad(loss_of))  # eagerly every operation of every shape would be a program of its own


@functools.lru_cache(maxsize=256)
def _slopes_of(key):
    params, images, words = _unpacked(key)
    with jax.default_matmul_precision("highest"):
        loss, slopes = _compiled(params, images, words)
    return float(loss), {name: np.asarray(slope, np.float64) for name, slope in slopes.items()}


def _packed(*arrays):
    return tuple((a.shape, np.asarray(a, np.float32).tobytes()) for a in arrays)


def _unpacked(key):
    arrays = [np.frombuffer(data, np.float32).reshape(shape) for shape, data in key]
    return dict(zip(NAMES, arrays[:3])), *arrays[3:]


def _loss_and_slopes(params, images, words):
    return _slopes_of(_packed(*(params[name] for name in NAMES), images, words))


def _after_step(name, direction=lambda slope, p, b: -slope, after=None):
    """The next ``params[name]``, with a mistake in the direction or in what comes after."""

    def fn(params, images, words, rate):
        _, slopes = _loss_and_slopes(params, images, words)
        p = np.float64(params[name])
        stepped = p + np.float64(rate) * direction(slopes[name], p, len(images))
        return stepped if after is None else after(stepped)

    return fn


def _clip(log_scale):
    return np.minimum(log_scale, LARGEST)


def reference(params, images, words, rate):
    """The three parameters after the step, and the loss before it."""
    return (
        *(_after_step(name)(params, images, words, rate) for name in NAMES[:2]),
        _after_step("log_scale", after=_clip)(params, images, words, rate),
        np.float64(_loss_and_slopes(params, images, words)[0]),
    )


def _without_rate(name):
    def fn(params, images, words, rate):
        return _after_step(name)(params, images, words, 1.0)

    return fn


def _general_mistakes(name, after=None):
    """Mistakes that any parameter can suffer."""
    keep = after or (lambda x: x)
    thing = {"image": "the picture's matrix", "text": "the text's matrix", "log_scale": "log_scale"}[name]
    return [
        Mistake(
            "not-moved",
            f"It has not moved: {thing} is learned as well. Take slopes with respect to *all* parameters.",
            lambda params, i, w, r: keep(np.float64(params[name])),
        ),
        Mistake(
            "uphill",
            "You step uphill: you add the slope. Subtract it, so that the loss falls.",
            _after_step(name, lambda s, p, b: s, after),
        ),
        Mistake(
            "no-learning-rate",
            "The learning rate is missing: subtract learning_rate times the slope.",
            lambda *a: keep(_without_rate(name)(*a)),
        ),
        Mistake(
            "slopes-returned",
            "These are the slopes. Return the parameters after the step: p − learning_rate · slope.",
            lambda params, i, w, r: _loss_and_slopes(params, i, w)[1][name],
        ),
        Mistake(
            "only-the-step",
            "This is the step alone. Add it to the parameters: p − learning_rate · slope.",
            lambda params, i, w, r: -np.float64(r) * _loss_and_slopes(params, i, w)[1][name],
        ),
        Mistake(
            "step-twice-as-large",
            "Your step is twice as long as it should be. Are the two directions of the loss added, not averaged?",
            _after_step(name, lambda s, p, b: -2 * s, after),
        ),
        Mistake(
            "summed-loss",
            "Your step is B times as long as it should be: the loss is a mean over the batch, not a sum.",
            _after_step(name, lambda s, p, b: -b * s, after),
        ),
        Mistake(
            "averaged-again",
            "Your step is B times too short: the loss is a mean over the batch already.",
            _after_step(name, lambda s, p, b: -s / b, after),
        ),
        Mistake(
            "sign-of-slope",
            "You step by the sign of the slope. Plain gradient descent steps by the slope itself.",
            _after_step(name, lambda s, p, b: -np.sign(s), after),
        ),
        Mistake(
            "unit-step",
            "You divide the slope by its length. Plain gradient descent steps by the slope itself.",
            _after_step(name, lambda s, p, b: -s / np.sqrt((s**2).sum()), after),
        ),
        Mistake("all-clipped", f"You clip {thing} as well. Only log_scale is clipped.", _after_step(name, after=_clip)),
        Mistake(
            "decayed",
            "There is a weight decay in your step: p − learning_rate · slope, and no more.",
            _after_step(name, lambda s, p, b: -s - p, after),
        ),
    ]


def _after(params, images, words, rate):
    """The loss of the same batch after the step."""
    image, text, log_scale, _ = reference(params, images, words, rate)
    stepped = {"image": np.float32(image), "text": np.float32(text), "log_scale": np.float32(log_scale)}
    return _loss_and_slopes(stepped, images, words)[0]


def _of_clipped(params, images, words, rate):
    """The loss with a scale that is clipped before it."""
    return _loss_and_slopes({**params, "log_scale": _clip(params["log_scale"])}, images, words)[0]


CLIP_MISTAKES = [
    Mistake(
        "not-clipped",
        "log_scale goes beyond ln 100 = 4.605: clip it after the step. It is the *scale* that stays below 100, so a clip at 100 is never reached.",
        _after_step("log_scale"),
    ),
    Mistake(
        "clipped-before-step",
        "You clip before the step, and the step leaves the range again. Clip what comes after it.",
        lambda p, i, w, r: min(float(p["log_scale"]), LARGEST) + (_after_step("log_scale")(p, i, w, r) - float(p["log_scale"])),
    ),
    Mistake(
        "set-to-limit",
        "You set log_scale to ln 100 always. It is learned; only above ln 100 it is cut off: a minimum.",
        lambda p, i, w, r: LARGEST,
    ),
    Mistake(
        "maximum", "`max` keeps log_scale *above* ln 100. Use a minimum.", _after_step("log_scale", after=lambda s: np.maximum(s, LARGEST))
    ),
    Mistake(
        "clipped-to-one",
        "You clip log_scale at 1. The scale stays below 100: log_scale below ln 100 = 4.605.",
        _after_step("log_scale", after=lambda s: np.minimum(s, 1.0)),
    ),
    Mistake(
        "clipped-below",
        "You clip log_scale from below as well. Only s ≤ ln 100 is asked for: a minimum.",
        _after_step("log_scale", after=lambda s: np.clip(s, 0, LARGEST)),
    ),
    Mistake(
        "clipped-at-log10",
        "You clip log_scale at 2, the logarithm of 100 to base 10. Take the natural one, ln 100 = 4.605: `jnp.log(100)`.",
        _after_step("log_scale", after=lambda s: np.minimum(s, 2.0)),
    ),
    Mistake(
        "slope-of-scale",
        "You step by the slope with respect to the *scale*. What is learned is its logarithm, log_scale.",
        lambda p, i, w, r: _clip(
            np.float64(p["log_scale"]) - np.float64(r) * _loss_and_slopes(p, i, w)[1]["log_scale"] / np.exp(np.float64(p["log_scale"]))
        ),
    ),
    Mistake(
        "scale-returned",
        "This is the scale. Return its logarithm, which is what is learned.",
        lambda *a: np.exp(_after_step("log_scale", after=_clip)(*a)),
    ),
]
LOSS_MISTAKES = [
    Mistake(
        "clipped-before-loss",
        "The scale is clipped already when you compute the loss. Take the parameters as they come; clip log_scale after the step.",
        _of_clipped,
    ),
    Mistake(
        "loss-after",
        "This is the loss after the step, which costs a second pass. `jax.value_and_grad` gives the one before for nothing.",
        _after,
    ),
    Mistake(
        "summed", "You return B times the loss: it is a mean over the batch.", lambda p, i, w, r: len(i) * _loss_and_slopes(p, i, w)[0]
    ),
    Mistake(
        "not-halved", "You return twice the loss: take the mean of both directions.", lambda p, i, w, r: 2 * _loss_and_slopes(p, i, w)[0]
    ),
    Mistake("sign", "You return minus the loss.", lambda p, i, w, r: -_loss_and_slopes(p, i, w)[0]),
]


def _parts(remark):
    return (
        ("", 0.75, remark),
        ("clip", 0.25, "Right while the scale stays below 100, and wrong where it would go beyond: clip log_scale after the step."),
    )


OUTPUTS = [
    Output(
        "loss",
        3,
        0.25,
        "one number",
        LOSS_MISTAKES,
        parts=_parts('The loss differs: embed both sides (`images @ params["image"]`, `words @ params["text"]`), then InfoNCE.'),
    ),
    Output(
        'params["image"]',
        0,
        0.25,
        "the picture's matrix after the step",
        _general_mistakes("image"),
        parts=_parts("Each parameter becomes p − learning_rate · slope."),
    ),
    Output(
        'params["text"]',
        1,
        0.25,
        "the text's matrix after the step",
        _general_mistakes("text"),
        parts=_parts("Each parameter becomes p − learning_rate · slope."),
    ),
    Output(
        'params["log_scale"]',
        2,
        0.25,
        "one number",
        [*CLIP_MISTAKES, *_general_mistakes("log_scale", _clip), *_general_mistakes("log_scale")],
        parts=_parts("Each parameter becomes p − learning_rate · slope; log_scale then stays below ln 100."),
    ),
]


def _laid_out(answer):
    """(params, loss) as four values in their order; anything else as it is, with a sentence where it is neither."""
    if isinstance(answer, (list, tuple)) and len(answer) == 2:
        for params, loss in (answer, answer[::-1]):
            if isinstance(params, dict) and set(params) == set(NAMES):
                return ("exchanged" if params is not answer[0] else "", [*(params[name] for name in NAMES), loss])
        if isinstance(answer[0], dict):
            return f"Your parameters are {', '.join(answer[0]) or 'empty'}; return all of {', '.join(NAMES)}.", None
    if isinstance(answer, dict):
        return "one-of-several", None
    if answer is None or isinstance(answer, Problem):
        return "", answer
    return "Return two things: `return params, loss`, the first a dictionary like the one that came in.", None


def judge(cases: list[Case], answers: list) -> Verdict:
    """A quarter of the points for the loss and for each of the three parameters."""
    plain = []
    for answer in answers:
        fault, laid_out = _laid_out(answer)
        if fault == "exchanged":
            return Verdict(
                0.0, "These are the right things in the other order: `return params, loss`.", "exchanged", "params, loss", "loss, params"
            )
        if fault == "one-of-several":
            return Verdict(
                0.0, "Your function returns the parameters only: `return params, loss`.", "one-of-several", "params, loss", "params"
            )
        if fault:
            return Verdict(0.0, fault, "not-several", "params, loss", type(answer).__name__)
        plain.append(laid_out)
    return judge_outputs(cases, plain, reference, OUTPUTS)


EXERCISE = Exercise("03.2", "training_step", 4, training_step, cases, judge, compiled=True)
