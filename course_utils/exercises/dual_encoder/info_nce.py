"""CLIP's loss, from pictures to texts and from texts to pictures."""

import functools

import numpy as np

from course_utils import losses
from course_utils.exercises.arrays import log_softmax, unit
from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.dual_encoder.inputs import pair
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values


def cases(seed: int) -> list[Case]:
    """Batches of different sizes and scales; embeddings of all lengths, so that a cosine is not a dot product.

    Drawn again where the loss is nearly 0: there it is the rounding of large logits, and no right answer agrees with another.
    """
    rng = np.random.default_rng([seed, 301])
    drawn = []
    for batch, width, log_scale in [(3, 5, 1.1), (7, 4, 1.9), (3, 5, 0.4), (2, 3, 2.4)]:
        args = None
        while args is None or info_nce(*args) < 0.05:
            args = (*pair(rng, batch, width, alike=0.4), np.float32(log_scale + 0.2 * rng.random()))
        drawn.append(Case(args, f"B = {batch}, D = {width}, log_scale = {args[2]:.2f}"))
    return drawn


def info_nce(image, text, log_scale):
    """−log of what the softmax along each row and each column gives the pairs on the diagonal, averaged."""
    a, b = unit(image), unit(text)
    s = np.exp(np.float64(log_scale)) * (a @ b.T)
    rows = -np.diagonal(log_softmax(s))
    columns = -np.diagonal(log_softmax(s.T))
    loss = (rows.mean() + columns.mean()) / 2
    return loss


_SCALE = "np.exp(np.float64(log_scale))"
MISTAKES = edits(
    info_nce,
    ("pictures-only", "This is half of it. Texts look for their pictures as well: average the two.", "return rows.mean()"),
    ("texts-only", "This is half of it. Pictures look for their texts as well: average the two.", "return columns.mean()"),
    ("not-halved", "You add the two directions. Take their mean: divide by 2.", " / 2", ""),
    ("summed", "You add up over the batch. Take the mean of all 2B searches.", "mean()", "sum()", " / 2", (" / 2", "")),
    ("divided-by-all-pairs", "You divide by all B² pairs. There are B searches in each direction: divide by B.", "/ 2", "/ 2 / len(s)"),
    ("sign", "The sign is missing: this grows as the model improves. The loss is −log of the right share.", "return -loss"),
    ("not-normalised", "These are dot products of raw vectors: a long one wins. Divide each by its length first.", "unit(", "("),
    ("text-not-normalised", "The pictures have length 1, the texts do not. Divide them by their lengths too.", "unit(text)", "text"),
    ("image-not-normalised", "The texts have length 1, the pictures do not. Divide them by their lengths too.", "unit(image)", "image"),
    (
        "normalised-over-batch",
        "You take lengths down the columns (axis 0). Each row is a vector: use the last axis.",
        "unit(",
        "unit(axis=0, x=",
    ),
    (
        "one-length-for-all",
        "You divide by one length for all. Each row has its own: `axis=-1, keepdims=True`.",
        "unit(",
        "(lambda x: x / np.linalg.norm(x))(",
    ),
    (
        "squared-length",
        "You divide by the *square* of each length. Take its root.",
        "unit(",
        "(lambda x: x / (x**2).sum(1, keepdims=True))(",
    ),
    ("no-scale", "The scale is missing: multiply by exp(log_scale). Cosines alone make almost flat softmaxes.", _SCALE, "1"),
    ("log-scale-as-scale", "You multiply by log_scale itself. What is learned is a logarithm: multiply by exp(log_scale).", "np.exp(", "("),
    ("divided-by-scale", "You divide by exp(log_scale). It is 1 over the temperature: multiply.", "np.exp(", "np.exp(-"),
    ("fixed-scale", "You always scale by 1 / 0.07, where CLIP starts. The scale is learned: exp(log_scale).", _SCALE, "1 / 0.07"),
    (
        "no-logarithm",
        "The logarithm is missing. The loss is −log of the right one's share.",
        "log_s",
        "s",
        "return loss",
        ("return loss", "return 1 + loss"),
    ),
    ("all-pairs", "You average −log of *all* shares. Only the B pairs on the diagonal belong together.", "np.diagonal", ""),
    (
        "softmax-over-all",
        "There is one softmax over the whole table. Each row is a search, and each column.",
        "return np.log(np.exp(s).sum()) - s.trace() / len(s)",
    ),
    (
        "softmax-twice",
        "There is a softmax too many: the cross-entropy takes the scaled cosines, and makes its own.",
        "(s)",
        "(softmax(s))",
        "(s.T)",
        ("(softmax(s.T))", "(softmax(s).T)"),
    ),
    (
        "sigmoids",
        "You judge every pair by itself, with a sigmoid: that is SigLIP's loss. Here all compete, in a softmax.",
        "return np.log1p(np.exp(s - 2 * s * np.eye(len(s)))).sum() / len(s)",
    ),
    (
        "one-side",
        "You compare one side with itself. Compare the pictures with the texts.",
        "unit(image), unit(text)",
        ("unit(image), unit(image)", "unit(text), unit(text)"),
    ),
    (
        "no-competition",
        "You look at the right pairs only. Nothing pushes the wrong ones apart: let them compete in a softmax.",
        ("return -s.trace() / len(s)", "return 1 - (a * b).sum(1).mean()"),
    ),
    (
        "per-pair",
        "You return one loss a pair. Take the mean over batch and directions.",
        ".mean()",
        "",
        "return loss",
        ("return loss", "return rows"),
    ),
    ("both-returned", "You return both losses. Return their mean: one number.", "return rows.mean(), columns.mean()"),
    (
        "log-of-mean",
        "You average shares before the logarithm. Take −log of each share, then the mean.",
        ("return -np.log(np.exp(-np.r_[rows, columns]).mean())", "return -np.log((np.exp(-rows) + np.exp(-columns)) / 2).mean()"),
    ),
    (
        "first-as-right",
        "You take the first of each row and column for the right one. It stands on the diagonal.",
        "np.diagonal",
        "(lambda t: t[:, 0])",
    ),
    (
        "best-as-right",
        "You take −log of the *largest* share, whichever it is. Take the right one's, on the diagonal.",
        "np.diagonal",
        "(lambda t: t.max(1))",
    ),
    ("table", "This is the table. Its loss: a cross-entropy along rows, one along columns.", ("return s", "return a @ b.T")),
    at="return loss",
)

EXERCISE = Exercise(
    "03.1",
    "info_nce",
    4,
    losses.info_nce,
    cases,
    functools.partial(
        judge_values,
        reference=info_nce,
        mistakes=MISTAKES,
        returns="one number, the loss of the batch",
        parts=[("", 1.0, "The loss differs. Take the smallest batch by hand: its table of scaled cosines, then a softmax along each row.")],
    ),
    compiled=True,
)
