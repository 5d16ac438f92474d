"""Exercise 02.3: the loss of captions of different lengths."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.judging import Mistake, judge_values
from course_utils.models.captioning import losses


def cases(seed: int) -> list[Case]:
    """Captions of very different lengths; what stands at padding is nonsense that must not count."""
    rng = np.random.default_rng([seed, 203])
    drawn = []
    for b, t, v in [(3, 5, 7), (5, 9, 4), (2, 7, 11), (4, 3, 5)]:
        logits = (2 * rng.normal(size=(b, t, v))).astype(np.float32)
        tokens = rng.integers(0, v, (b, t)).astype(np.int32)
        length = rng.integers(1, t + 1, b)
        length[:2] = t, 1 + t // 3
        mask = np.arange(t) < length[:, None]
        tokens[~mask] = 0
        drawn.append(Case((logits, tokens, mask), f"B = {b}, T = {t}, V = {v}, lengths {', '.join(map(str, length))}"))
    return drawn


def _log_softmax(x, axis=-1):
    x = x - x.max(axis, keepdims=True)
    return x - np.log(np.exp(x).sum(axis, keepdims=True))


def _take(table, tokens):
    return np.take_along_axis(table, tokens[..., None], -1)[..., 0]


def _terms(logits, tokens):
    """-log p of every token, float[B, T]."""
    return -_take(_log_softmax(logits.astype(np.float64)), tokens)


def caption_loss(logits, tokens, mask):
    """The mean of -log p over the words that are there: one number."""
    return _terms(logits, tokens)[mask].mean()


def _of_terms(fn):
    return lambda logits, tokens, mask: fn(_terms(logits, tokens), mask)


def _shifted(logits, tokens, mask):
    return _terms(logits[:, :-1], tokens[:, 1:])[mask[:, 1:]].mean() if mask[:, 1:].any() else np.nan


def _per_caption(terms, mask):
    return (terms * mask).sum(1) / mask.sum(1)


def _binary(logits, tokens, mask):
    is_word = np.arange(logits.shape[-1]) == tokens[..., None]
    return np.where(is_word, np.logaddexp(0, -logits), np.logaddexp(0, logits)).sum(-1)[mask].mean()


MISTAKES = [
    Mistake("pads-in-mean", "Padding counts: you take the mean over all T places. Leave out what the mask says is not there.", _of_terms(lambda x, m: x.mean())),
    Mistake("divided-by-all", "Padding is 0 in the sum, but you divide by all B · T places. Divide by the number of words that are there, `mask.sum()`.", _of_terms(lambda x, m: (x * m).mean())),
    Mistake("mean-of-means", "You average each caption first: a word of a short caption then counts for more. Divide the sum of all by the number of all.", _of_terms(lambda x, m: _per_caption(x, m).mean())),
    Mistake("one-per-caption", "You return one number a caption. Divide the sum of all by the number of all words: one number.", _of_terms(_per_caption)),
    Mistake("sum-over-captions", "You divide by the number of captions. Divide by the number of words that are there, so that length does not matter.", _of_terms(lambda x, m: (x * m).sum() / len(x))),
    Mistake("sum", "This is the sum. Divide it by the number of words that are there.", _of_terms(lambda x, m: (x * m).sum())),
    Mistake("not-reduced", "You return one number a word. Add those that are there, and divide by their number.", _of_terms(lambda x, m: x * m)),
    Mistake("not-reduced-unmasked", "You return one number a place. Add those that the mask allows, and divide by their number.", _of_terms(lambda x, m: x)),
    Mistake("sign", "The sign is turned round: a loss is −log p, which is never negative.", _of_terms(lambda x, m: -x[m].mean())),
    Mistake("mask-turned", "The mask is turned round: you average over the padding. True means that there is a word.", _of_terms(lambda x, m: x[~m].mean())),
    Mistake("no-log", "You average the probabilities. The loss is −log p of each word.", lambda z, t, m: -np.exp(-_terms(z, t))[m].mean()),
    Mistake("one-minus-p", "You average 1 − p. The loss is −log p of each word.", lambda z, t, m: (1 - np.exp(-_terms(z, t)))[m].mean()),
    Mistake("no-softmax", "You take the logits themselves. `jax.nn.log_softmax` makes them log-probabilities.", lambda z, t, m: -_take(z, t)[m].mean()),
    Mistake("softmax-over-time", "The softmax runs over the T places. It runs over the V words: the last axis.", lambda z, t, m: -_take(_log_softmax(z.astype(float), 1), t)[m].mean()),
    Mistake("softmax-over-batch", "The softmax runs over the captions. It runs over the V words: the last axis.", lambda z, t, m: -_take(_log_softmax(z.astype(float), 0), t)[m].mean()),
    Mistake("shifted", "You shift by one: here `logits[b, t]` already predicts `tokens[b, t]`.", _shifted),
    Mistake("log-of-mean", "You take the log of the mean probability. Take the mean of the logs.", lambda z, t, m: -np.log(np.exp(-_terms(z, t))[m].mean())),
    Mistake("logits-masked", "You multiply the logits by the mask: a padded place then costs log V. Multiply the losses, after the log.", lambda z, t, m: _terms(z * m[..., None], t).mean()),
    Mistake("logits-masked-divided", "You multiply the logits by the mask: a padded place then costs log V. Multiply the losses, after the log.", lambda z, t, m: _terms(z * m[..., None], t).sum() / m.sum()),
    Mistake("binary", "You use a sigmoid for each word of the vocabulary. Words exclude each other: a softmax.", _binary),
    Mistake("perplexity", "This is the perplexity, exp of the loss. Return the loss.", lambda z, t, m: np.exp(caption_loss(z, t, m))),
    Mistake("base-2", "You take the logarithm to base 2. Take the natural one.", lambda z, t, m: caption_loss(z, t, m) / np.log(2)),
    Mistake("zero-token-masked", "You leave out every token 0. Here 0 may be a word: the mask says what is there.", lambda z, t, m: _terms(z, t)[t != 0].mean()),
    Mistake("unmasked-sum-over-words", "Padding is in the sum, and you divide by the number of words. Leave it out of the sum too: multiply by the mask first.", _of_terms(lambda x, m: x.sum() / m.sum())),
]  # fmt: skip


def judge(cases: list[Case], answers: list) -> Verdict:
    """All points or none."""
    remark = "The value differs. Take one caption by hand: −log p of each of its words, and what is padding?"
    return judge_values(cases, answers, caption_loss, MISTAKES, returns="one number", parts=[("", 1.0, remark)])


EXERCISE = Exercise("02.3", "caption_loss", 4, losses.caption_loss, cases, judge, compiled=True)
