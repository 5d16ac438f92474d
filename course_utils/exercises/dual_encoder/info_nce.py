"""CLIP's loss, from pictures to texts and from texts to pictures."""

from __future__ import annotations

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
    for batch, width, log_scale in [(3, 5, 1.1), (7, 4, 1.9), (5, 11, 0.4), (2, 3, 2.4)]:
        args = None
        while args is None or info_nce(*args) < 0.05:
            args = (*pair(rng, batch, width, alike=0.4), np.float32(log_scale + 0.2 * rng.random()))
        drawn.append(Case(args, f"B = {batch}, D = {width}, log_scale = {args[2]:.2f}"))
    return drawn


def info_nce(image, text, log_scale):
    """−log of what the softmax along each row and each column gives the pairs on the diagonal, averaged."""
    a, b = unit(image), unit(text)
    s = np.exp(np.float64(log_scale)) * (a @ b.T)
    rows = -np.diagonal(log_softmax(s, 1))
    columns = -np.diagonal(log_softmax(s, 0))
    loss = (rows.mean() + columns.mean()) / 2
    return loss


_SCALE, _ROWS, _COLUMNS = "np.exp(np.float64(log_scale))", "np.diagonal(log_softmax(s, 1))", "np.diagonal(log_softmax(s, 0))"
MISTAKES = edits(
    info_nce,
    (
        "pictures-only",
        "This is half of it: every picture looks for its text. Every text looks for its picture as well; take the mean of both.",
        "return loss",
        "return rows.mean()",
    ),
    (
        "texts-only",
        "This is half of it: every text looks for its picture. Every picture looks for its text as well; take the mean of both.",
        "return loss",
        "return columns.mean()",
    ),
    ("not-halved", "You add the two directions. Take their mean: divide by 2.", " / 2", ""),
    ("summed", "You add up over the batch. Take the mean over the B pairs.", "mean()", "sum()"),
    (
        "summed-not-halved",
        "You add up over the batch and both directions. Take the mean of all 2B searches.",
        "mean()",
        "sum()",
        " / 2",
        "",
    ),
    ("divided-by-all-pairs", "You divide by all B² pairs. There are B searches in each direction: divide by B.", "/ 2", "/ 2 / len(s)"),
    (
        "sign",
        "The sign is missing: this grows as the model gets better. A loss is −log of the right one's share.",
        "return loss",
        "return -loss",
    ),
    (
        "not-normalised",
        "These are dot products of the raw vectors: a long one wins whatever its direction. Divide each by its length first.",
        "unit(image), unit(text)",
        "image, text",
    ),
    ("text-not-normalised", "The pictures have length 1, the texts do not. Divide them by their lengths too.", "unit(text)", "text"),
    ("image-not-normalised", "The texts have length 1, the pictures do not. Divide them by their lengths too.", "unit(image)", "image"),
    (
        "normalised-over-batch",
        "You take lengths down the columns (axis 0). Each row is a vector: take them along the last axis.",
        "unit(image), unit(text)",
        "unit(image, 0), unit(text, 0)",
    ),
    (
        "one-length-for-all",
        "You divide by one length for the whole table. Each row has its own: `axis=-1, keepdims=True`.",
        "unit(image), unit(text)",
        "image / np.linalg.norm(image), text / np.linalg.norm(text)",
    ),
    (
        "no-scale",
        "The scale is missing: multiply the cosines by exp(log_scale). Cosines alone, between −1 and 1, make almost flat softmaxes.",
        _SCALE,
        "1",
    ),
    ("log-scale-as-scale", "You multiply by log_scale itself. What is learned is a logarithm: multiply by exp(log_scale).", "np.exp(", "("),
    ("divided-by-scale", "You divide by exp(log_scale). It is 1 over the temperature: multiply.", "np.exp(", "np.exp(-"),
    (
        "divided-by-log-scale",
        "You divide by log_scale. Multiply by exp(log_scale): it is the logarithm of 1 over the temperature.",
        "np.exp(",
        "1 / (",
    ),
    (
        "scale-after-softmax",
        "The scale stands outside of the softmax. Multiply the cosines, before it.",
        _SCALE,
        "1",
        "return loss",
        "return np.exp(log_scale) * loss",
    ),
    (
        "share-not-log",
        "This is 1 minus the share of the right one, without a logarithm. The loss is −log of the share.",
        "log_softmax",
        "softmax",
        "return loss",
        "return 1 + loss",
    ),
    (
        "minus-share",
        "This is minus the share of the right one, without a logarithm. The loss is −log of the share.",
        "log_softmax",
        "softmax",
    ),
    ("all-pairs", "You average −log of *all* shares. Only the B pairs on the diagonal belong together.", "np.diagonal", ""),
    (
        "softmax-over-all",
        "There is one softmax over the whole table. Each row is a search of its own, and each column.",
        "return loss",
        "return -np.diagonal(log_softmax(s.reshape(1, -1)).reshape(s.shape)).mean()",
    ),
    (
        "softmax-twice",
        "There is a softmax too many: the cross-entropy takes the scaled cosines, and makes its own.",
        "(s, 1)",
        "(softmax(s, 1), 1)",
        "(s, 0)",
        "(softmax(s, 0), 0)",
    ),
    (
        "softmax-rows-twice",
        "There is a softmax too many: the cross-entropy takes the scaled cosines, and makes its own.",
        "rows =",
        "s = softmax(s, 1)\n    rows =",
    ),
    (
        "sigmoids",
        "You judge every pair by itself, with a sigmoid: that is SigLIP's loss. Here all compete, in a softmax.",
        "return loss",
        "return np.log1p(np.exp(s - 2 * s * np.eye(len(s)))).sum() / len(s)",
    ),
    (
        "own-left-out",
        "You leave the right pair out of the sum in the softmax. It competes as well: sum over all B.",
        "return loss",
        "e = np.exp(s) * (1 - np.eye(len(s)))\n    return np.log(e.sum(0) * e.sum(1)).mean() / 2 - s.trace() / len(s)",
    ),
    ("distance", "You compare by distances. Compare by cosines.", "(a @ b.T)", "-np.linalg.norm(a[:, None] - b, axis=-1)"),
    ("pictures-with-pictures", "You compare the pictures with each other. Compare them with the texts.", "unit(text)", "unit(image)"),
    ("texts-with-texts", "You compare the texts with each other. Compare them with the pictures.", "unit(image)", "unit(text)"),
    (
        "one-minus-cosine",
        "This is 1 minus the mean cosine of the right pairs. Nothing pushes the wrong ones apart: let them compete in a softmax.",
        "return loss",
        "return 1 - (a * b).sum(1).mean()",
    ),
    ("rows-of-both", "You return one loss a pair. Take the mean: one number for the batch.", ".mean()", ""),
    (
        "rows-only",
        "You return one loss a pair, in one direction. Take the mean over the batch, and over both directions.",
        "return loss",
        "return rows",
    ),
    (
        "both-returned",
        "You return the losses of both directions. Return their mean: one number.",
        "return loss",
        "return rows.mean(), columns.mean()",
    ),
    (
        "both-returned",
        "You return the losses of both directions. Return their mean: one number.",
        "return loss",
        "return columns.mean(), rows.mean()",
    ),
    (
        "squared-length",
        "You divide by the *square* of each length. Take its root: `jnp.linalg.norm`.",
        "unit(image), unit(text)",
        "[x / (x**2).sum(1, keepdims=True) for x in (image, text)]",
    ),
    (
        "sum-of-sizes",
        "You divide by the sum of the absolute values. A vector's length is the root of the sum of its squares.",
        "unit(image), unit(text)",
        "[x / np.abs(x).sum(1, keepdims=True) for x in (image, text)]",
    ),
    ("base-2", "This is the loss with logarithms to base 2. Take natural ones: `jnp.log`.", "/ 2", "/ 2 / np.log(2)"),
    ("scale-twice", "The scale is in it twice: multiply the cosines by exp(log_scale) once.", "np.exp(", "np.exp(2 * "),
    ("fixed-scale", "You always scale by 1 / 0.07, where CLIP starts. The scale is learned: exp(log_scale).", _SCALE, "1 / 0.07"),
    (
        "log-of-mean",
        "You average the shares and take one logarithm. Take −log of each share, then the mean.",
        "return loss",
        "return -np.log(np.exp(-np.r_[rows, columns]).mean())",
    ),
    (
        "log-of-mean-of-both",
        "You average a pair's two shares and take the logarithm of that. Take −log of each share, then the mean.",
        "return loss",
        "return -np.log((np.exp(-rows) + np.exp(-columns)) / 2).mean()",
    ),
    (
        "log-of-mean-in-each",
        "You average the shares of a direction and take one logarithm. Take −log of each share, then the mean.",
        "return loss",
        "return -np.log(np.exp(-rows).mean() * np.exp(-columns).mean()) / 2",
    ),
    (
        "first-as-right",
        "You take the first of each row and column for the right one. The right ones stand on the diagonal.",
        _ROWS,
        "log_softmax(s, 1)[:, 0]",
        _COLUMNS,
        "log_softmax(s, 0)[0]",
    ),
    (
        "best-as-right",
        "You take −log of the *largest* share, whichever it is. Take the right one's, on the diagonal.",
        _ROWS,
        "log_softmax(s, 1).max(1)",
        _COLUMNS,
        "log_softmax(s, 0).max(0)",
    ),
    (
        "no-competition",
        "This is minus the mean scaled cosine of the right pairs. Nothing pushes the wrong ones apart: the logarithm of the softmax's sum is missing.",
        "return loss",
        "return -s.trace() / len(s)",
    ),
    (
        "chance",
        "This is ln B, the loss of towers that know nothing. Look at the shares of the right ones.",
        "return loss",
        "return np.log(len(s))",
    ),
    (
        "table",
        "This is the table of scaled cosines. A cross-entropy along its rows and one along its columns make the loss of it.",
        "return loss",
        "return s",
    ),
    (
        "table-of-cosines",
        "This is the table of cosines. Scale it, and take a cross-entropy along its rows and one along its columns.",
        "return loss",
        "return a @ b.T",
    ),
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
