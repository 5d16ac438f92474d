"""CLIP's loss, from pictures to texts and from texts to pictures."""

from __future__ import annotations

import numpy as np

from course_utils import losses
from course_utils.exercises.arrays import cosines, log_softmax, softmax, unit
from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.dual_encoder.inputs import pair
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


def _of_logits(fn, table=cosines, scale=np.exp):
    """A loss made of the table of scaled similarities: ``fn(float[B, B])``."""
    return lambda image, text, log_scale: fn(scale(np.float64(log_scale)) * table(image, text))


def _right(logits, axis):
    """−log of what the softmax along an axis gives the pairs on the diagonal: float[B]."""
    return -np.diagonal(log_softmax(logits, axis))


def _both(logits):
    return (_right(logits, 1).mean() + _right(logits, 0).mean()) / 2


info_nce = _of_logits(_both)


def _dot(image, text):
    return image @ text.T


def _sigmoid_pairs(logits):
    signs = 2 * np.eye(len(logits)) - 1
    return np.log1p(np.exp(-signs * logits)).sum() / len(logits)


def _batch_norm(image, text):
    return (image / np.linalg.norm(image)) @ (text / np.linalg.norm(text)).T


def _without_own(logits):
    """The right pair left out of the sum below the fraction."""
    off = np.where(np.eye(len(logits), dtype=bool), -np.inf, logits)
    own = np.diagonal(logits)
    return (np.log(np.exp(off).sum(1)) - own + np.log(np.exp(off).sum(0)) - own).mean() / 2


def _with_lengths(length):
    """Cosines, as they come out where a row's length is not its length."""
    return lambda image, text: (image / length(image)[:, None]) @ (text / length(text)[:, None]).T


def _own_shares(logits):
    """What the softmaxes give the pairs on the diagonal, along the rows and along the columns: float[B] each."""
    return np.diagonal(softmax(logits, 1)), np.diagonal(softmax(logits, 0))


def _against(pick):
    """The loss, if what ``pick(float[B, B])`` takes from each row were the right one."""
    return lambda s: (pick(-log_softmax(s, 1)).mean() + pick(-log_softmax(s, 0).T).mean()) / 2


MISTAKES = [
    Mistake(
        "pictures-only",
        "This is half of it: every picture looks for its text. Every text looks for its picture as well; take the mean of both.",
        _of_logits(lambda s: _right(s, 1).mean()),
    ),
    Mistake(
        "texts-only",
        "This is half of it: every text looks for its picture. Every picture looks for its text as well; take the mean of both.",
        _of_logits(lambda s: _right(s, 0).mean()),
    ),
    Mistake("not-halved", "You add the two directions. Take their mean: divide by 2.", _of_logits(lambda s: 2 * _both(s))),
    Mistake("summed", "You add up over the batch. Take the mean over the B pairs.", _of_logits(lambda s: len(s) * _both(s))),
    Mistake(
        "summed-not-halved",
        "You add up over the batch and both directions. Take the mean of all 2B searches.",
        _of_logits(lambda s: 2 * len(s) * _both(s)),
    ),
    Mistake(
        "divided-by-all-pairs",
        "You divide by all B² pairs. There are B searches in each direction: divide by B.",
        _of_logits(lambda s: _both(s) / len(s)),
    ),
    Mistake(
        "sign",
        "The sign is missing: this grows as the model gets better. A loss is −log of the right one's share.",
        _of_logits(lambda s: -_both(s)),
    ),
    Mistake(
        "not-normalised",
        "These are dot products of the raw vectors: a long one wins whatever its direction. Divide each by its length first.",
        _of_logits(_both, _dot),
    ),
    Mistake(
        "text-not-normalised",
        "The pictures have length 1, the texts do not. Divide them by their lengths too.",
        _of_logits(_both, lambda i, t: unit(i) @ t.T),
    ),
    Mistake(
        "image-not-normalised",
        "The texts have length 1, the pictures do not. Divide them by their lengths too.",
        _of_logits(_both, lambda i, t: i @ unit(t).T),
    ),
    Mistake(
        "normalised-over-batch",
        "You take lengths down the columns (axis 0). Each row is a vector: take them along the last axis.",
        _of_logits(_both, lambda i, t: cosines(i, t, 0)),
    ),
    Mistake(
        "one-length-for-all",
        "You divide by one length for the whole table. Each row has its own: `axis=-1, keepdims=True`.",
        _of_logits(_both, _batch_norm),
    ),
    Mistake(
        "no-scale",
        "The scale is missing: multiply the cosines by exp(log_scale). Cosines alone, between −1 and 1, make almost flat softmaxes.",
        _of_logits(_both, scale=lambda s: 1.0),
    ),
    Mistake(
        "log-scale-as-scale",
        "You multiply by log_scale itself. What is learned is a logarithm: multiply by exp(log_scale).",
        _of_logits(_both, scale=lambda s: s),
    ),
    Mistake(
        "divided-by-scale",
        "You divide by exp(log_scale). It is 1 over the temperature: multiply.",
        _of_logits(_both, scale=lambda s: np.exp(-s)),
    ),
    Mistake(
        "divided-by-log-scale",
        "You divide by log_scale. Multiply by exp(log_scale): it is the logarithm of 1 over the temperature.",
        _of_logits(_both, scale=lambda s: 1 / s),
    ),
    Mistake(
        "scale-after-softmax",
        "The scale stands outside of the softmax. Multiply the cosines, before it.",
        lambda i, t, s: np.exp(s) * _both(cosines(i, t)),
    ),
    Mistake(
        "share-not-log",
        "This is 1 minus the share of the right one, without a logarithm. The loss is −log of the share.",
        _of_logits(lambda s: 1 - (np.diagonal(softmax(s, 1)) + np.diagonal(softmax(s, 0))).mean() / 2),
    ),
    Mistake(
        "minus-share",
        "This is minus the share of the right one, without a logarithm. The loss is −log of the share.",
        _of_logits(lambda s: -(np.diagonal(softmax(s, 1)) + np.diagonal(softmax(s, 0))).mean() / 2),
    ),
    Mistake(
        "all-pairs",
        "You average −log of *all* shares. Only the B pairs on the diagonal belong together.",
        _of_logits(lambda s: -(log_softmax(s, 1) + log_softmax(s, 0)).mean() / 2),
    ),
    Mistake(
        "softmax-over-all",
        "There is one softmax over the whole table. Each row is a search of its own, and each column.",
        _of_logits(lambda s: -np.diagonal(log_softmax(s.reshape(1, -1)).reshape(s.shape)).mean()),
    ),
    Mistake(
        "softmax-twice",
        "There is a softmax too many: the cross-entropy takes the scaled cosines, and makes its own.",
        _of_logits(lambda s: (_right(softmax(s, 1), 1).mean() + _right(softmax(s, 0), 0).mean()) / 2),
    ),
    Mistake(
        "softmax-rows-twice",
        "There is a softmax too many: the cross-entropy takes the scaled cosines, and makes its own.",
        _of_logits(lambda s: _both(softmax(s, 1))),
    ),
    Mistake(
        "sigmoids",
        "You judge every pair by itself, with a sigmoid: that is SigLIP's loss. Here all compete, in a softmax.",
        _of_logits(_sigmoid_pairs),
    ),
    Mistake(
        "own-left-out",
        "You leave the right pair out of the sum in the softmax. It competes as well: sum over all B.",
        _of_logits(_without_own),
    ),
    Mistake(
        "distance",
        "You compare by distances. Compare by cosines.",
        _of_logits(_both, lambda i, t: -np.linalg.norm(unit(i)[:, None] - unit(t)[None], axis=-1)),
    ),
    Mistake(
        "pictures-with-pictures",
        "You compare the pictures with each other. Compare them with the texts.",
        _of_logits(_both, lambda i, t: cosines(i, i)),
    ),
    Mistake(
        "texts-with-texts",
        "You compare the texts with each other. Compare them with the pictures.",
        _of_logits(_both, lambda i, t: cosines(t, t)),
    ),
    Mistake(
        "one-minus-cosine",
        "This is 1 minus the mean cosine of the right pairs. Nothing pushes the wrong ones apart: let them compete in a softmax.",
        lambda i, t, s: 1 - np.diagonal(cosines(i, t)).mean(),
    ),
    Mistake(
        "rows-of-both",
        "You return one loss a pair. Take the mean: one number for the batch.",
        _of_logits(lambda s: (_right(s, 1) + _right(s, 0)) / 2),
    ),
    Mistake(
        "rows-only",
        "You return one loss a pair, in one direction. Take the mean over the batch, and over both directions.",
        _of_logits(lambda s: _right(s, 1)),
    ),
    Mistake(
        "both-returned",
        "You return the losses of both directions. Return their mean: one number.",
        _of_logits(lambda s: np.array([_right(s, 1).mean(), _right(s, 0).mean()])),
    ),
    Mistake(
        "both-returned",
        "You return the losses of both directions. Return their mean: one number.",
        _of_logits(lambda s: np.array([_right(s, 0).mean(), _right(s, 1).mean()])),
    ),
    Mistake(
        "squared-length",
        "You divide by the *square* of each length. Take its root: `jnp.linalg.norm`.",
        _of_logits(_both, _with_lengths(lambda x: (x**2).sum(1))),
    ),
    Mistake(
        "sum-of-sizes",
        "You divide by the sum of the absolute values. A vector's length is the root of the sum of its squares.",
        _of_logits(_both, _with_lengths(lambda x: np.abs(x).sum(1))),
    ),
    Mistake(
        "base-2", "This is the loss with logarithms to base 2. Take natural ones: `jnp.log`.", _of_logits(lambda s: _both(s) / np.log(2))
    ),
    Mistake(
        "scale-twice",
        "The scale is in it twice: multiply the cosines by exp(log_scale) once.",
        _of_logits(_both, scale=lambda s: np.exp(2 * s)),
    ),
    Mistake(
        "fixed-scale",
        "You always scale by 1 / 0.07, where CLIP starts. The scale is learned: exp(log_scale).",
        _of_logits(_both, scale=lambda s: 1 / 0.07),
    ),
    Mistake(
        "log-of-mean",
        "You average the shares and take one logarithm. Take −log of each share, then the mean.",
        _of_logits(lambda s: -np.log(np.mean(_own_shares(s)))),
    ),
    Mistake(
        "log-of-mean-of-both",
        "You average a pair's two shares and take the logarithm of that. Take −log of each share, then the mean.",
        _of_logits(lambda s: -np.log(np.mean(_own_shares(s), 0)).mean()),
    ),
    Mistake(
        "log-of-mean-in-each",
        "You average the shares of a direction and take one logarithm. Take −log of each share, then the mean.",
        _of_logits(lambda s: -np.log(np.mean(_own_shares(s), 1)).mean()),
    ),
    Mistake(
        "first-as-right",
        "You take the first of each row and column for the right one. The right ones stand on the diagonal.",
        _of_logits(_against(lambda loss: loss[:, 0])),
    ),
    Mistake(
        "best-as-right",
        "You take −log of the *largest* share, whichever it is. Take the right one's, on the diagonal.",
        _of_logits(_against(lambda loss: loss.min(1))),
    ),
    Mistake(
        "no-competition",
        "This is minus the mean scaled cosine of the right pairs. Nothing pushes the wrong ones apart: the logarithm of the softmax's sum is missing.",
        _of_logits(lambda s: -np.diagonal(s).mean()),
    ),
    Mistake(
        "chance",
        "This is ln B, the loss of towers that know nothing. Look at the shares of the right ones.",
        _of_logits(lambda s: np.log(len(s))),
    ),
    Mistake(
        "table",
        "This is the table of scaled cosines. A cross-entropy along its rows and one along its columns make the loss of it.",
        _of_logits(lambda s: s),
    ),
    Mistake(
        "table-of-cosines",
        "This is the table of cosines. Scale it, and take a cross-entropy along its rows and one along its columns.",
        _of_logits(lambda s: s, scale=lambda s: 1.0),
    ),
]


def judge(cases: list[Case], answers: list) -> Verdict:
    """One number a batch."""
    return judge_values(
        cases,
        answers,
        info_nce,
        MISTAKES,
        returns="one number, the loss of the batch",
        parts=[("", 1.0, "The loss differs. Take the smallest batch by hand: its table of scaled cosines, then a softmax along each row.")],
    )


EXERCISE = Exercise("03.1", "info_nce", 4, losses.info_nce, cases, judge, compiled=True)
