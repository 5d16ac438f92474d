"""SigLIP's loss, every pair by itself."""

import functools

import numpy as np

from course_utils import losses
from course_utils.exercises.arrays import unit
from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.dual_encoder.inputs import pair
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values


def cases(seed: int) -> list[Case]:
    """Batches of different sizes, scales and biases."""
    rng = np.random.default_rng([seed, 306])
    drawn = []
    for batch, width, log_scale, bias in [(3, 5, 1.1, -0.7), (7, 4, 1.7, -2.3), (3, 5, 0.6, 0.4), (2, 3, 2.1, -1.2)]:
        bias = bias - 0.2 * rng.random()
        args = (*pair(rng, batch, width, alike=0.4), np.float32(log_scale), np.float32(bias))
        drawn.append(Case(args, f"B = {batch}, D = {width}, log_scale = {log_scale}, bias = {bias:.2f}"))
    return drawn


def siglip(image, text, log_scale, bias):
    """The sum of −log sigmoid(±(scaled cosine + bias)) over all pairs, divided by B."""
    a, b, n = unit(image), unit(text), len(image)
    signs = 2 * np.eye(n) - 1
    s = np.exp(np.float64(log_scale)) * (a @ b.T) + np.float64(bias)
    terms = np.log1p(np.exp(-signs * s))
    return terms.sum() / n


_SCALE = "np.exp(np.float64(log_scale))"
MISTAKES = edits(
    siglip,
    (
        "divided-by-all-pairs",
        "You take the mean over all B² pairs. Divide the sum by B: with B² the loss of a large batch would hardly move.",
        "sum() / n",
        "mean()",
    ),
    ("summed", "You add up all pairs and do not divide. Divide by B.", " / n", ""),
    ("right-pairs-only", "Only the pairs that belong together count here. All B² pairs do, the others with a minus.", "sum", "trace"),
    (
        "wrong-pairs-only",
        "Only the pairs that do *not* belong together count here. All B² pairs do.",
        "terms.sum()",
        "(terms.sum() - terms.trace())",
    ),
    (
        "all-belong-together",
        "You treat every pair as one that belongs together. Off the diagonal the sign is minus.",
        "2 * np.eye(n) - 1",
        "1",
    ),
    ("signs-flipped", "The signs are turned round: + on the diagonal, − elsewhere.", "2 * np.eye(n) - 1", "1 - 2 * np.eye(n)"),
    (
        "zero-off-diagonal",
        "Off the diagonal your sign is 0: those pairs cost ln 2 whatever they are. It is −1: `2 * eye − 1`.",
        "2 * np.eye(n) - 1",
        "np.eye(n)",
    ),
    ("sign", "The sign is missing: this grows as the model improves. The loss is *minus* the sum of log sigmoids.", "return ", "return -"),
    ("no-bias", "The bias is missing: add it to every scaled cosine.", "0"),
    ("bias-subtracted", "You subtract the bias. Add it.", "+ np", "- np"),
    ("bias-scaled", "You scale the bias too. Scale the cosines, then add it.", "(a @ b.T) + np.float64(bias)", "(a @ b.T + bias)"),
    (
        "bias-not-signed",
        "The sign stands before the scaled cosine alone. It stands before the sum: ±(scale · cosine + bias).",
        "bias * signs",
    ),
    ("bias-exp", "You add exp(bias). Add the bias itself; only the scale is learned as a logarithm.", "np.exp(bias)"),
    ("bias-on-diagonal", "You add the bias to the right pairs only. Add it to every scaled cosine.", "bias * np.eye(n)"),
    (
        "two-directions",
        "There are no two directions here: every pair counts once, and the sum is divided by B.",
        "/ n",
        ("/ n / 2", "/ n * 2"),
    ),
    (
        "no-logarithm",
        "The logarithm is missing: −log sigmoid(±(scale · cosine + bias)).",
        "np.log1p(np.exp(-signs * s))",
        ("1 - sigmoid(signs * s)", "-sigmoid(signs * s)"),
    ),
    ("no-scale", "The scale is missing: multiply the cosines by exp(log_scale).", _SCALE, "1"),
    ("log-scale-as-scale", "You multiply by log_scale itself. Multiply by exp(log_scale).", _SCALE, "log_scale"),
    ("divided-by-scale", "You divide by exp(log_scale). It is 1 over the temperature: multiply.", _SCALE, "np.exp(-log_scale)"),
    ("not-normalised", "These are dot products of raw vectors. Divide each by its length first.", "unit(", "("),
    (
        "one-not-normalised",
        "One side keeps its lengths. Divide pictures *and* texts by theirs.",
        "unit(image), unit(text)",
        ("image, unit(text)", "unit(image), text"),
    ),
    (
        "normalised-over-batch",
        "You take lengths down the columns (axis 0). Each row is a vector: use the last axis.",
        "unit(",
        "unit(axis=0, x=",
    ),
    (
        "softmax",
        "All pairs of a row compete here, in a softmax: that is CLIP's loss. SigLIP asks every pair by itself.",
        "terms.sum() / n",
        "(log_softmax(s) + log_softmax(s.T)).trace() / -2 / n",
    ),
    (
        "per-pair",
        "You return several losses. Add up all pairs and divide by B: one number.",
        "terms.sum() / n",
        ("terms.sum(1)", "terms.mean(1)", "terms"),
    ),
    at="np.float64(bias)",
)

EXERCISE = Exercise(
    "03.6",
    "siglip_loss",
    2,
    losses.siglip,
    cases,
    functools.partial(
        judge_values,
        reference=siglip,
        mistakes=MISTAKES,
        returns="one number, the loss of the batch",
        parts=[
            ("", 1.0, "The loss differs. Take the smallest batch by hand: B² scaled cosines plus the bias, the sign of each, −log sigmoid.")
        ],
    ),
)
