"""One step of training two linear towers."""

import math

import jax
import jax.numpy as jnp
import numpy as np

from course_utils import losses
from course_utils.exercises.arrays import log_softmax, softmax, unit
from course_utils.exercises.core import Case, Exercise, Problem, Verdict
from course_utils.exercises.edits import edits
from course_utils.exercises.explanation import sketch
from course_utils.exercises.judges import Output, judge_outputs, of_output

NAMES = ("image", "text", "log_scale")
LARGEST = math.log(100.0)


def training_step(params, images, words, learning_rate):
    """The next parameters, and the loss before the step: the course's own answer."""

    def loss_of(params):
        return losses.info_nce(images @ params["image"], words @ params["text"], params["log_scale"])

    loss, slopes = jax.value_and_grad(loss_of)(params)
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
        (5, 7, 11, 3, LARGEST + 0.5, 0.0),
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
            loss, slopes = loss_and_slopes(params, images, words)
            if beyond:  # a slope of the scale is as large as the loss there: take a rate that leaves it beyond
                rate = float(np.float32(0.25 / max(abs(slopes["log_scale"]), 0.5)))
            if loss > 0.3 and abs(slopes["log_scale"]) > 0.02:
                break
        says = f"B = {batch}, learning rate {rate:.3g}" + (", and the scale would go beyond 100" if beyond else "")
        drawn.append(Case((params, images, words, np.float32(rate)), says, part="clip" if beyond else ""))
    return drawn


def loss_and_slopes(params, images, words):
    """InfoNCE of two linear towers, and its slopes by the chain rule."""

    def through_length(slope, x):  # from the slope of unit(x)
        u = unit(x)
        return (slope - u * (slope * u).sum(1, keepdims=True)) / np.linalg.norm(x, axis=1, keepdims=True)

    p = {name: np.float64(params[name]) for name in NAMES}
    image, text, scale = images @ p["image"], words @ p["text"], np.exp(p["log_scale"])
    s = scale * unit(image) @ unit(text).T
    loss = -(log_softmax(s, 0) + log_softmax(s, 1)).trace() / 2 / len(s)
    ds = (softmax(s, 0) + softmax(s, 1) - 2 * np.eye(len(s))) / 2 / len(s)
    d_image, d_text = through_length(scale * ds @ unit(text), image), through_length(scale * ds.T @ unit(image), text)
    return loss, {"image": images.T @ d_image, "text": words.T @ d_text, "log_scale": (ds * s).sum()}


def stepped(params, images, words, rate):
    """The three parameters after the step, and the loss before it."""
    loss, slopes = loss_and_slopes(params, images, words)
    new = {name: np.float64(params[name]) - rate * slopes[name] for name in NAMES}
    new["log_scale"] = np.minimum(new["log_scale"], LARGEST)
    return *new.values(), loss


_CLIP, _STEP = 'np.minimum(new["log_scale"], LARGEST)', "np.float64(params[name]) - rate * slopes[name]"
STEP_MISTAKES = edits(
    stepped,
    ("not-moved", "It has not moved, but is learned as well. Take slopes with respect to *all* parameters.", "0 *"),
    ("uphill", "You step uphill: you add the slope. Subtract it, so that the loss falls.", "- rate", "+ rate"),
    ("no-learning-rate", "The learning rate is missing: subtract learning_rate times the slope.", ""),
    ("slopes-returned", "These are the slopes. Return the parameters after the step: p − learning_rate · slope.", _STEP, "slopes[name]"),
    ("only-the-step", "This is the step alone. Add it to the parameters: p − learning_rate · slope.", "np.float64(params[name]) -", "-"),
    (
        "step-twice-as-large",
        "Your step is twice as long as it should be. Are the two directions of the loss added, not averaged?",
        "2 * rate *",
    ),
    at="rate *",
)
IMAGE_MISTAKES = edits(
    stepped,
    (
        "all-clipped",
        "You clip the picture's matrix as well. Only log_scale is clipped.",
        "return *new.values()",
        "return *(np.minimum(p, LARGEST) for p in new.values())",
    ),
)
CLIP_MISTAKES = edits(
    stepped,
    (
        "not-clipped",
        "log_scale goes beyond ln 100 = 4.605: clip it after the step. The *scale* stays below 100, so a clip at 100 is never reached.",
        'new["log_scale"]',
    ),
    (
        "clipped-before-step",
        "You clip before the step, and the step leaves the range again. Clip what comes after it.",
        "np.float64(params[name])",
        "np.minimum(params[name], LARGEST)",
        _CLIP,
        'new["log_scale"]',
    ),
    (
        "set-to-limit",
        "Your log_scale is never below ln 100. It is learned, and only above ln 100 cut off: a *minimum*, not `max`.",
        "LARGEST",
    ),
    (
        "clipped-below",
        "You clip log_scale from below as well. Only s ≤ ln 100 is asked for: a minimum.",
        'np.clip(new["log_scale"], 0, LARGEST)',
    ),
    (
        "clipped-too-low",
        "You clip log_scale too low. The *scale* stays below 100, log_scale below ln 100 = 4.605: `jnp.log(100)`.",
        "LARGEST",
        ("1", "2"),
    ),
    (
        "slope-of-scale",
        "You step by the slope with respect to the *scale*. What is learned is its logarithm, log_scale.",
        "slopes[name]",
        'slopes[name] / np.exp(params["log_scale"])',
    ),
    (
        "scale-returned",
        "This is the scale. Return its logarithm, which is what is learned.",
        "np.minimum(",
        "np.exp(np.minimum(",
        "LARGEST)",
        "LARGEST))",
    ),
    at=_CLIP,
)
LOSS_MISTAKES = edits(
    stepped,
    (
        "clipped-before-loss",
        "You clip before you compute the loss. Take the parameters as they come; clip log_scale after the step.",
        "_slopes(params",
        '_slopes({**params, "log_scale": min(params["log_scale"], LARGEST)}',
    ),
    (
        "loss-after",
        "This is the loss after the step, a second pass. `jax.value_and_grad` gives the one before for nothing.",
        ", loss_and_slopes(new, images, words)[0]",
    ),
    ("summed", "You return B times the loss: it is a mean over the batch.", ", loss * len(images)"),
    ("not-halved", "You return twice the loss: take the mean of both directions.", ", loss * 2"),
    ("sign", "You return minus the loss.", ", -loss"),
    at=", loss",
)


def _output(place, name, returns, mistakes, remark):
    clip = "Right while the scale stays below 100, and wrong where it would go beyond: clip log_scale after the step."
    return Output(name, place, 0.25, returns, of_output(place, mistakes), parts=[("", 0.75, remark), ("clip", 0.25, clip)])


_RULE = "Each parameter becomes p − learning_rate · slope"
OUTPUTS = [
    _output(
        3,
        "loss",
        "one number",
        LOSS_MISTAKES,
        'The loss differs: embed both sides (`images @ params["image"]`, `words @ params["text"]`), then InfoNCE.',
    ),
    _output(0, 'params["image"]', "the picture's matrix after the step", STEP_MISTAKES + IMAGE_MISTAKES, _RULE + "."),
    _output(1, 'params["text"]', "the text's matrix after the step", STEP_MISTAKES, _RULE + "."),
    _output(2, 'params["log_scale"]', "one number", CLIP_MISTAKES + STEP_MISTAKES, _RULE + "; log_scale then stays below ln 100."),
]


def judge(cases: list[Case], answers: list) -> Verdict:
    """A quarter of the points for the loss and for each of the three parameters."""
    plain = []
    for answer in answers:
        match answer:
            case None | Problem():
                plain.append(answer)
                continue
            case [dict() as params, loss] if set(params) == set(NAMES):
                plain.append([*(params[name] for name in NAMES), loss])
                continue
            case [_, dict() as params] if set(params) == set(NAMES):
                says, key = "These are the right things in the other order: `return params, loss`.", "exchanged"
            case [dict() as params, _]:
                says, key = f"Your parameters are {', '.join(params) or 'empty'}; return all of {', '.join(NAMES)}.", "not-several"
            case dict():
                says, key = "Your function returns the parameters only: `return params, loss`.", "one-of-several"
            case _:
                says, key = "Return two things: `return params, loss`, the first a dictionary like the one that came in.", "not-several"
        return Verdict(0.0, says, key, "params, loss", sketch(answer))
    return judge_outputs(cases, plain, stepped, OUTPUTS)


EXERCISE = Exercise("03.2", "training_step", 4, training_step, cases, judge, compiled=True)
