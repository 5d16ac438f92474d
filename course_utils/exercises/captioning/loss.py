"""The loss of captions of different lengths."""

from __future__ import annotations

import functools

import numpy as np

from course_utils.exercises.arrays import log_softmax
from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.models.captioning import losses


def cases(seed: int) -> list[Case]:
    """Captions of very different lengths, the first one short; what stands at padding is nonsense that must not count."""
    rng = np.random.default_rng([seed, 203])
    drawn = []
    for b, t, v in [(3, 5, 7), (5, 9, 4), (2, 7, 11), (4, 3, 5)]:
        logits = (2 * rng.normal(size=(b, t, v))).astype(np.float32)
        tokens = rng.integers(0, v, (b, t)).astype(np.int32)
        length = rng.integers(1, t + 1, b)
        length[:2] = 1 + t // 3, t - (t > 6)
        mask = np.arange(t) < length[:, None]
        tokens[~mask] = 0
        drawn.append(Case((logits, tokens, mask), f"B = {b}, T = {t}, V = {v}, lengths {', '.join(map(str, length))}"))
    return drawn


def caption_loss(logits, tokens, mask):
    """The mean of -log p over the words that are there: one number."""
    log_p = log_softmax(logits.astype(np.float64))
    costs = -np.take_along_axis(log_p, tokens[..., None], -1)[..., 0]
    return costs[mask].mean()


_COSTS, _MEAN, _SUM, _MASKED = "costs[mask]", "costs[mask].mean()", "(costs * mask).sum()", "logits * mask[..., None]"
_TAKEN, _LOGITS = "-np.take_along_axis(log_p, tokens[..., None], -1)[..., 0]", "logits.astype(np.float64)"
_LOGITS_MASKED = "You multiply the logits by the mask: a padded place then costs log V. Multiply the losses, after the log."

MISTAKES = edits(
    caption_loss,
    ("pads-in-mean", "Padding counts: you take the mean over all T places. Leave out what the mask says is not there.", *(_COSTS, "costs")),
    (
        "divided-by-all",
        "Padding is 0 in the sum, but you divide by all B · T places. Divide by the number of words that are there, `mask.sum()`.",
        *(_COSTS, "(costs * mask)"),
    ),
    (
        "mean-of-means",
        "You average each caption first: a word of a short caption then counts for more. Divide the sum of all by the number of all.",
        *(_MEAN, "((costs * mask).sum(1) / mask.sum(1)).mean()"),
    ),
    (
        "mean-of-places",
        "You average each of the T places first: a word at a place that few captions have then counts for more. Divide the sum of all by the number of all.",
        *(_MEAN, "((costs * mask).sum(0) / np.maximum(mask.sum(0), 1)).mean()"),
    ),
    (
        "first-length-for-all",
        "You divide as if every caption were as long as the first. Divide by the number of all words that are there, `mask.sum()`.",
        *(_MEAN, f"{_SUM} / (mask[0].sum() * len(mask))"),
    ),
    (
        "longest-for-all",
        "You divide as if every caption were as long as the longest. Divide by the number of all words that are there, `mask.sum()`.",
        *(_MEAN, f"{_SUM} / (mask.sum(1).max() * len(mask))"),
    ),
    ("first-caption", "This is the loss of the first caption alone. Does a `return` stand inside the loop?", _COSTS, "costs[0][mask[0]]"),
    ("last-caption", "This is the loss of the last caption alone. Does your loop write over what it had?", _COSTS, "costs[-1][mask[-1]]"),
    ("first-word-left-out", "The first word of each caption is left out. Every word counts.", _COSTS, "costs[:, 1:][mask[:, 1:]]"),
    (
        "end-left-out",
        "The last word of each caption, its end, is left out. The mask says that it counts too.",
        *(_COSTS, "costs[:, :-1][mask[:, 1:]]"),
    ),
    ("one-too-few", "You divide by one less than the number of words that are there.", _MEAN, f"{_SUM} / (mask.sum() - 1)"),
    ("one-too-many", "You divide by one more than the number of words that are there.", _MEAN, f"{_SUM} / (mask.sum() + 1)"),
    ("median", "This is the median. Take the mean.", _MEAN, "np.median(costs[mask])"),
    ("worst-word", "This is the loss of the worst word. Take the mean of all.", _MEAN, "costs[mask].max()"),
    (
        "one-per-caption",
        "You return one number a caption. Divide the sum of all by the number of all words: one number.",
        *(_MEAN, "(costs * mask).sum(1) / mask.sum(1)"),
    ),
    (
        "sum-over-captions",
        "You divide by the number of captions. Divide by the number of words that are there, so that length does not matter.",
        *(_MEAN, f"{_SUM} / len(mask)"),
    ),
    ("sum", "This is the sum. Divide it by the number of words that are there.", ".mean()", ".sum()"),
    ("not-reduced", "You return one number a word. Add those that are there, and divide by their number.", _MEAN, "costs * mask"),
    ("not-reduced-unmasked", "You return one number a place. Add those that the mask allows, and divide by their number.", _MEAN, "costs"),
    ("sign", "The sign is turned round: a loss is −log p, which is never negative.", "-np.take", "np.take"),
    ("mask-turned", "The mask is turned round: you average over the padding. True means that there is a word.", "[mask]", "[~mask]"),
    ("no-log", "You average the probabilities. The loss is −log p of each word.", _COSTS, "-np.exp(-costs)[mask]"),
    ("one-minus-p", "You average 1 − p. The loss is −log p of each word.", _COSTS, "(1 - np.exp(-costs))[mask]"),
    ("no-softmax", "You take the logits themselves. `jax.nn.log_softmax` makes them log-probabilities.", "log_softmax(", "("),
    ("softmax-over-time", "The softmax runs over the T places. It runs over the V words: the last axis.", "float64)", "float64), 1"),
    ("softmax-over-batch", "The softmax runs over the captions. It runs over the V words: the last axis.", "float64)", "float64), 0"),
    ("softmax-twice", "There are two softmaxes: log_softmax takes the logits as they come.", _LOGITS, f"softmax({_LOGITS})"),
    (
        "likeliest-word",
        "You take the likeliest word's probability. Take that of the word which stands in `tokens`.",
        *(_TAKEN, "-log_p.max(-1)"),
    ),
    (
        "mean-over-vocabulary",
        "You divide by the size of the vocabulary too. Add up over its V words (all but one are 0), and take the mean over the words that are there.",
        *(_MEAN, "costs[mask].mean() / logits.shape[-1]"),
    ),
    (
        "entropy",
        "This is the entropy of the guesses. The loss looks at the word that was said: −log p(word).",
        *(_TAKEN, "-(np.exp(log_p) * log_p).sum(-1)"),
    ),
    (
        "squared-error",
        "This is a squared error of the probabilities. The loss is −log p of each word.",
        *(_TAKEN, "((np.exp(log_p) - np.eye(logits.shape[-1])[tokens]) ** 2).sum(-1)"),
    ),
    (
        "smoothed",
        "You smooth the targets. Here all that counts is −log p of the word that was said.",
        *(_COSTS, "(0.9 * costs - 0.1 * log_p.mean(-1))[mask]"),
    ),
    ("errors", "This is the share of wrong guesses. The loss is −log p of each word.", _TAKEN, "logits.argmax(-1) != tokens"),
    (
        "shifted",
        "You shift by one, the other way round: here `logits[b, t]` predicts `tokens[b, t]`.",
        *("logits.", "logits[:, 1:].", "tokens[", "tokens[:, :-1][", "[mask]", "[mask[:, :-1]]"),
    ),
    (
        "shifted",
        "You shift by one: here `logits[b, t]` already predicts `tokens[b, t]`.",
        *("logits.", "logits[:, :-1].", "tokens[", "tokens[:, 1:][", "[mask]", "[mask[:, 1:]]"),
    ),
    ("log-of-mean", "You take the log of the mean probability. Take the mean of the logs.", _MEAN, "-np.log(np.exp(-costs)[mask].mean())"),
    ("logits-masked", _LOGITS_MASKED, _LOGITS, _MASKED, _COSTS, "costs"),
    ("logits-masked-divided", _LOGITS_MASKED, _LOGITS, _MASKED, _MEAN, "costs.sum() / mask.sum()"),
    (
        "binary",
        "You use a sigmoid for each word of the vocabulary. Words exclude each other: a softmax.",
        *(_TAKEN, "np.logaddexp(0, np.where(np.eye(logits.shape[-1])[tokens], -logits, logits)).sum(-1)"),
    ),
    ("perplexity", "This is the perplexity, exp of the loss. Return the loss.", _MEAN, "np.exp(costs[mask].mean())"),
    ("base-2", "You take the logarithm to base 2. Take the natural one.", _MEAN, "costs[mask].mean() / np.log(2)"),
    ("zero-token-masked", "You leave out every token 0. Here 0 may be a word: the mask says what is there.", _COSTS, "costs[tokens != 0]"),
    (
        "unmasked-sum-over-words",
        "Padding is in the sum, and you divide by the number of words. Leave it out of the sum too: multiply by the mask first.",
        *(_MEAN, "costs.sum() / mask.sum()"),
    ),
)

_REMARK = "The value differs. Take one caption by hand: −log p of each of its words, and what is padding?"

judge = functools.partial(judge_values, reference=caption_loss, mistakes=MISTAKES, returns="one number", parts=[("", 1.0, _REMARK)])

EXERCISE = Exercise("02.3", "caption_loss", 4, losses.caption_loss, cases, judge, compiled=True)
