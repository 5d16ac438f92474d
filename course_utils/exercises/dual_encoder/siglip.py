"""SigLIP's loss, every pair by itself."""

from __future__ import annotations

import numpy as np

from course_utils import losses
from course_utils.exercises.arrays import cosines, log_softmax, sigmoid, unit
from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.dual_encoder.inputs import pair
from course_utils.exercises.judges import judge_values


def cases(seed: int) -> list[Case]:
    """Batches of different sizes, scales and biases."""
    rng = np.random.default_rng([seed, 306])
    drawn = []
    for batch, width, log_scale, bias in [(3, 5, 1.1, -0.7), (7, 4, 1.7, -2.3), (5, 11, 0.6, 0.4), (2, 3, 2.1, -1.2)]:
        bias = bias - 0.2 * rng.random()
        args = (*pair(rng, batch, width, alike=0.4), np.float32(log_scale), np.float32(bias))
        drawn.append(Case(args, f"B = {batch}, D = {width}, log_scale = {log_scale}, bias = {bias:.2f}"))
    return drawn


def _signs(n):
    return 2 * np.eye(n) - 1


def _terms(logits, signs):
    """−log sigmoid(± logit) of every pair."""
    return np.log1p(np.exp(-signs * logits))


def _ones(n):
    return np.ones((n, n))


def _variant(table=cosines, scale=np.exp, bias=lambda b: b, weigh_bias=_ones, signs=_signs, weigh=_ones, reduce=lambda t: t.sum() / len(t)):
    """SigLIP's loss with some of its pieces exchanged."""

    def fn(image, text, log_scale, b):
        n = len(image)
        logits = scale(np.float64(log_scale)) * table(image, text) + bias(np.float64(b)) * weigh_bias(n)
        return reduce(_terms(logits, signs(n)) * weigh(n))

    return fn


reference = _variant()


def _info_nce(image, text, log_scale, b):
    s = np.exp(np.float64(log_scale)) * cosines(image, text) + b
    return -(np.diagonal(log_softmax(s, 1)) + np.diagonal(log_softmax(s, 0))).mean() / 2


def _scaled_with_bias(image, text, log_scale, b):
    s = np.exp(np.float64(log_scale)) * (cosines(image, text) + b)
    return _terms(s, _signs(len(s))).sum() / len(s)


def _balanced(terms):
    """The mean over the right pairs plus the mean over the others."""
    own = np.eye(len(terms), dtype=bool)
    return terms[own].mean() + terms[~own].mean()


def _plain_sigmoid(image, text, log_scale, b):
    s = _signs(len(image)) * (np.exp(np.float64(log_scale)) * cosines(image, text) + b)
    return -sigmoid(s).sum() / len(s)


MISTAKES = [
    Mistake(
        "divided-by-all-pairs",
        "You take the mean over all B² pairs. The sum is divided by B: with B² the loss of a large batch would hardly move.",
        _variant(reduce=np.mean),
    ),
    Mistake("summed", "You add up all pairs and do not divide. Divide by B.", _variant(reduce=np.sum)),
    Mistake(
        "right-pairs-only",
        "Only the pairs that belong together count here. All B² pairs do, the others with a minus.",
        _variant(weigh=np.eye),
    ),
    Mistake(
        "wrong-pairs-only",
        "Only the pairs that do *not* belong together count here. All B² pairs do.",
        _variant(weigh=lambda n: 1 - np.eye(n)),
    ),
    Mistake(
        "all-belong-together",
        "You treat every pair as one that belongs together. Off the diagonal the sign is minus.",
        _variant(signs=_ones),
    ),
    Mistake("signs-flipped", "The signs are turned round: + on the diagonal, − elsewhere.", _variant(signs=lambda n: -_signs(n))),
    Mistake(
        "zero-off-diagonal",
        "Off the diagonal your sign is 0, so that those pairs cost ln 2 whatever they are. It is −1: `2 * eye − 1`.",
        _variant(signs=np.eye),
    ),
    Mistake(
        "sign",
        "The sign is missing: this grows as the model gets better. The loss is *minus* the sum of log sigmoids.",
        lambda *a: -reference(*a),
    ),
    Mistake("no-bias", "The bias is missing: add it to every scaled cosine.", _variant(bias=lambda b: 0 * b)),
    Mistake("bias-subtracted", "You subtract the bias. Add it.", _variant(bias=lambda b: -b)),
    Mistake("bias-scaled", "You scale the bias too. Scale the cosines, then add it.", _scaled_with_bias),
    Mistake(
        "bias-not-signed",
        "The sign stands before the scaled cosine alone. It stands before the sum: ±(scale · cosine + bias).",
        _variant(weigh_bias=_signs),
    ),
    Mistake("bias-exp", "You add exp(bias). Add the bias itself; only the scale is learned as a logarithm.", _variant(bias=np.exp)),
    Mistake("bias-on-diagonal", "You add the bias to the right pairs only. Add it to every scaled cosine.", _variant(weigh_bias=np.eye)),
    Mistake(
        "bias-off-diagonal",
        "You add the bias to the wrong pairs only. Add it to every scaled cosine.",
        _variant(weigh_bias=lambda n: 1 - np.eye(n)),
    ),
    Mistake("balanced", "You average right and wrong pairs apart. Add up all pairs, and divide by B once.", _variant(reduce=_balanced)),
    Mistake(
        "halved",
        "This is half of it. There are no two directions here: every pair counts once, and the sum is divided by B.",
        _variant(reduce=lambda t: t.sum() / len(t) / 2),
    ),
    Mistake(
        "doubled",
        "This is twice as much. There are no two directions here: every pair counts once.",
        _variant(reduce=lambda t: 2 * t.sum() / len(t)),
    ),
    Mistake(
        "base-2", "This is the loss with logarithms to base 2. Take natural ones.", _variant(reduce=lambda t: t.sum() / len(t) / np.log(2))
    ),
    Mistake(
        "one-minus-sigmoid",
        "This is 1 − sigmoid, without a logarithm: −log sigmoid(±(scale · cosine + bias)).",
        _variant(reduce=lambda t: (1 - np.exp(-t)).sum() / len(t)),
    ),
    Mistake(
        "divided-by-width",
        "You divide by D, the length of the vectors. Divide by B, the number of pairs that belong together.",
        lambda i, t, s, b: reference(i, t, s, b) * len(i) / i.shape[1],
    ),
    Mistake("no-scale", "The scale is missing: multiply the cosines by exp(log_scale).", _variant(scale=lambda s: 1.0)),
    Mistake("log-scale-as-scale", "You multiply by log_scale itself. Multiply by exp(log_scale).", _variant(scale=lambda s: s)),
    Mistake(
        "divided-by-scale", "You divide by exp(log_scale). It is 1 over the temperature: multiply.", _variant(scale=lambda s: np.exp(-s))
    ),
    Mistake(
        "not-normalised", "These are dot products of the raw vectors. Divide each by its length first.", _variant(lambda i, t: i @ t.T)
    ),
    Mistake("text-not-normalised", "The pictures have length 1, the texts do not.", _variant(lambda i, t: unit(i) @ t.T)),
    Mistake("image-not-normalised", "The texts have length 1, the pictures do not.", _variant(lambda i, t: i @ unit(t).T)),
    Mistake(
        "normalised-over-batch",
        "You take lengths down the columns (axis 0). Each row is a vector: take them along the last axis.",
        _variant(lambda i, t: cosines(i, t, 0)),
    ),
    Mistake("softmax", "All pairs of a row compete here, in a softmax: that is CLIP's loss. SigLIP asks every pair by itself.", _info_nce),
    Mistake("no-logarithm", "The logarithm is missing: −log sigmoid(±(scale · cosine + bias)).", _plain_sigmoid),
    Mistake("per-picture", "You return one loss a picture. Add them up and divide by B: one number.", _variant(reduce=lambda t: t.sum(1))),
    Mistake("table", "You return one loss a pair. Add them up and divide by B: one number.", _variant(reduce=lambda t: t)),
    Mistake(
        "mean-per-picture",
        "You return one loss a picture. Add up all pairs and divide by B: one number.",
        _variant(reduce=lambda t: t.mean(1)),
    ),
]


def judge(cases: list[Case], answers: list) -> Verdict:
    """One number a batch."""
    return judge_values(
        cases,
        answers,
        reference,
        MISTAKES,
        returns="one number, the loss of the batch",
        parts=[
            ("", 1.0, "The loss differs. Take the smallest batch by hand: B² scaled cosines plus the bias, the sign of each, −log sigmoid.")
        ],
    )


EXERCISE = Exercise("03.6", "siglip_loss", 2, losses.siglip, cases, judge)
