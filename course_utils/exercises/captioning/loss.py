"""The loss of captions of different lengths."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import log_softmax
from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
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


def _take(table, tokens):
    return np.take_along_axis(table, tokens[..., None], -1)[..., 0]


def _terms(logits, tokens):
    """-log p of every token, float[B, T]."""
    return -_take(log_softmax(logits.astype(np.float64)), tokens)


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


def _shifted_back(logits, tokens, mask):
    return _terms(logits[:, 1:], tokens[:, :-1])[mask[:, :-1]].mean()


def _log_p(z):
    return log_softmax(z.astype(np.float64))


def _softmax_twice(logits, tokens, mask):
    return _terms(np.exp(_log_p(logits)), tokens)[mask].mean()


def _without_last(mask):
    return mask & np.pad(mask[:, 1:], ((0, 0), (0, 1)))


def _per_place(terms, mask):
    return (terms * mask).sum(0) / np.maximum(mask.sum(0), 1)


def _smoothed(z, t, m, share=0.1):
    return ((1 - share) * _terms(z, t) - share * _log_p(z).mean(-1))[m].mean()


def _squared_error(z, t, m):
    return ((np.exp(_log_p(z)) - (np.arange(z.shape[-1]) == t[..., None])) ** 2).sum(-1)[m].mean()


MISTAKES = [
    Mistake(
        "pads-in-mean",
        "Padding counts: you take the mean over all T places. Leave out what the mask says is not there.",
        _of_terms(lambda x, m: x.mean()),
    ),
    Mistake(
        "divided-by-all",
        "Padding is 0 in the sum, but you divide by all B · T places. Divide by the number of words that are there, `mask.sum()`.",
        _of_terms(lambda x, m: (x * m).mean()),
    ),
    Mistake(
        "mean-of-means",
        "You average each caption first: a word of a short caption then counts for more. Divide the sum of all by the number of all.",
        _of_terms(lambda x, m: _per_caption(x, m).mean()),
    ),
    Mistake(
        "mean-of-places",
        "You average each of the T places first: a word at a place that few captions have then counts for more. Divide the sum of all by the number of all.",
        _of_terms(lambda x, m: _per_place(x, m).mean()),
    ),
    Mistake(
        "first-length-for-all",
        "You divide as if every caption were as long as the first. Divide by the number of all words that are there, `mask.sum()`.",
        _of_terms(lambda x, m: (x * m).sum() / (m[0].sum() * len(m))),
    ),
    Mistake(
        "longest-for-all",
        "You divide as if every caption were as long as the longest. Divide by the number of all words that are there, `mask.sum()`.",
        _of_terms(lambda x, m: (x * m).sum() / (m.sum(1).max() * len(m))),
    ),
    Mistake(
        "first-caption",
        "This is the loss of the first caption alone. Does a `return` stand inside the loop?",
        _of_terms(lambda x, m: x[0][m[0]].mean()),
    ),
    Mistake(
        "last-caption",
        "This is the loss of the last caption alone. Does your loop write over what it had?",
        _of_terms(lambda x, m: x[-1][m[-1]].mean()),
    ),
    Mistake(
        "first-word-left-out",
        "The first word of each caption is left out. Every word counts.",
        lambda z, t, m: _terms(z, t)[:, 1:][m[:, 1:]].mean(),
    ),
    Mistake(
        "end-left-out",
        "The last word of each caption, its end, is left out. The mask says that it counts too.",
        _of_terms(lambda x, m: x[_without_last(m)].mean()),
    ),
    Mistake(
        "one-too-few", "You divide by one less than the number of words that are there.", _of_terms(lambda x, m: x[m].sum() / (m.sum() - 1))
    ),
    Mistake(
        "one-too-many",
        "You divide by one more than the number of words that are there.",
        _of_terms(lambda x, m: x[m].sum() / (m.sum() + 1)),
    ),
    Mistake("median", "This is the median. Take the mean.", _of_terms(lambda x, m: np.median(x[m]))),
    Mistake("worst-word", "This is the loss of the worst word. Take the mean of all.", _of_terms(lambda x, m: x[m].max())),
    Mistake(
        "one-per-caption",
        "You return one number a caption. Divide the sum of all by the number of all words: one number.",
        _of_terms(_per_caption),
    ),
    Mistake(
        "sum-over-captions",
        "You divide by the number of captions. Divide by the number of words that are there, so that length does not matter.",
        _of_terms(lambda x, m: (x * m).sum() / len(x)),
    ),
    Mistake("sum", "This is the sum. Divide it by the number of words that are there.", _of_terms(lambda x, m: (x * m).sum())),
    Mistake(
        "not-reduced", "You return one number a word. Add those that are there, and divide by their number.", _of_terms(lambda x, m: x * m)
    ),
    Mistake(
        "not-reduced-unmasked",
        "You return one number a place. Add those that the mask allows, and divide by their number.",
        _of_terms(lambda x, m: x),
    ),
    Mistake("sign", "The sign is turned round: a loss is −log p, which is never negative.", _of_terms(lambda x, m: -x[m].mean())),
    Mistake(
        "mask-turned",
        "The mask is turned round: you average over the padding. True means that there is a word.",
        _of_terms(lambda x, m: x[~m].mean()),
    ),
    Mistake("no-log", "You average the probabilities. The loss is −log p of each word.", lambda z, t, m: -np.exp(-_terms(z, t))[m].mean()),
    Mistake("one-minus-p", "You average 1 − p. The loss is −log p of each word.", lambda z, t, m: (1 - np.exp(-_terms(z, t)))[m].mean()),
    Mistake(
        "no-softmax",
        "You take the logits themselves. `jax.nn.log_softmax` makes them log-probabilities.",
        lambda z, t, m: -_take(z, t)[m].mean(),
    ),
    Mistake(
        "softmax-over-time",
        "The softmax runs over the T places. It runs over the V words: the last axis.",
        lambda z, t, m: -_take(log_softmax(z.astype(float), 1), t)[m].mean(),
    ),
    Mistake(
        "softmax-over-batch",
        "The softmax runs over the captions. It runs over the V words: the last axis.",
        lambda z, t, m: -_take(log_softmax(z.astype(float), 0), t)[m].mean(),
    ),
    Mistake("softmax-twice", "There are two softmaxes: log_softmax takes the logits as they come.", _softmax_twice),
    Mistake(
        "likeliest-word",
        "You take the likeliest word's probability. Take that of the word which stands in `tokens`.",
        lambda z, t, m: -_log_p(z).max(-1)[m].mean(),
    ),
    Mistake(
        "mean-over-vocabulary",
        "You divide by the size of the vocabulary too. Add up over its V words (all but one are 0), and take the mean over the words that are there.",
        lambda z, t, m: caption_loss(z, t, m) / z.shape[-1],
    ),
    Mistake(
        "entropy",
        "This is the entropy of the guesses. The loss looks at the word that was said: −log p(word).",
        lambda z, t, m: -(np.exp(_log_p(z)) * _log_p(z)).sum(-1)[m].mean(),
    ),
    Mistake("squared-error", "This is a squared error of the probabilities. The loss is −log p of each word.", _squared_error),
    Mistake("smoothed", "You smooth the targets. Here all that counts is −log p of the word that was said.", _smoothed),
    Mistake(
        "errors", "This is the share of wrong guesses. The loss is −log p of each word.", lambda z, t, m: (z.argmax(-1) != t)[m].mean()
    ),
    Mistake("shifted", "You shift by one, the other way round: here `logits[b, t]` predicts `tokens[b, t]`.", _shifted_back),
    Mistake("shifted", "You shift by one: here `logits[b, t]` already predicts `tokens[b, t]`.", _shifted),
    Mistake(
        "log-of-mean",
        "You take the log of the mean probability. Take the mean of the logs.",
        lambda z, t, m: -np.log(np.exp(-_terms(z, t))[m].mean()),
    ),
    Mistake(
        "logits-masked",
        "You multiply the logits by the mask: a padded place then costs log V. Multiply the losses, after the log.",
        lambda z, t, m: _terms(z * m[..., None], t).mean(),
    ),
    Mistake(
        "logits-masked-divided",
        "You multiply the logits by the mask: a padded place then costs log V. Multiply the losses, after the log.",
        lambda z, t, m: _terms(z * m[..., None], t).sum() / m.sum(),
    ),
    Mistake("binary", "You use a sigmoid for each word of the vocabulary. Words exclude each other: a softmax.", _binary),
    Mistake("perplexity", "This is the perplexity, exp of the loss. Return the loss.", lambda z, t, m: np.exp(caption_loss(z, t, m))),
    Mistake("base-2", "You take the logarithm to base 2. Take the natural one.", lambda z, t, m: caption_loss(z, t, m) / np.log(2)),
    Mistake(
        "zero-token-masked",
        "You leave out every token 0. Here 0 may be a word: the mask says what is there.",
        lambda z, t, m: _terms(z, t)[t != 0].mean(),
    ),
    Mistake(
        "unmasked-sum-over-words",
        "Padding is in the sum, and you divide by the number of words. Leave it out of the sum too: multiply by the mask first.",
        _of_terms(lambda x, m: x.sum() / m.sum()),
    ),
]


def judge(cases: list[Case], answers: list) -> Verdict:
    """All points or none."""
    remark = "The value differs. Take one caption by hand: −log p of each of its words, and what is padding?"
    return judge_values(cases, answers, caption_loss, MISTAKES, returns="one number", parts=[("", 1.0, remark)])


EXERCISE = Exercise("02.3", "caption_loss", 4, losses.caption_loss, cases, judge, compiled=True)
