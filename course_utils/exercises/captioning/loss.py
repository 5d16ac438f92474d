"""The loss of captions of different lengths."""

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
    for b, t, v in [(3, 5, 7), (5, 9, 4), (4, 3, 5)]:
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
_SHIFTED, _SAID = "logits, tokens, mask = logits[:, {}], tokens[:, {}], mask[:, {}]; log_p = ", "np.eye(logits.shape[-1])[tokens]"

MISTAKES = edits(
    caption_loss,
    ("pads-in-mean", "Padding counts: you take the mean over all T places. Leave out what the mask says is not there.", _COSTS, "costs"),
    (
        "divided-by-all",
        "Padding is 0 in the sum, but you divide by all B · T places. Divide by the number of words that are there, `mask.sum()`.",
        *(_COSTS, "(costs * mask)"),
    ),
    (
        "unmasked-sum-over-words",
        "Padding is in the sum, and you divide by the number of words. Leave it out of the sum too: multiply by the mask first.",
        "costs.sum() / mask.sum()",
    ),
    (
        "logits-masked",
        "You multiply the logits by the mask: a padded place then costs log V. Multiply the losses, after the log.",
        *(_LOGITS, _MASKED, _MEAN, ("costs.mean()", "costs.sum() / mask.sum()")),
    ),
    (
        "mean-of-means",
        "You average each caption, or each place, first: words then do not count alike. Divide the sum of all by the number of all.",
        ("((costs * mask).sum(1) / mask.sum(1)).mean()", "((costs * mask).sum(0) / np.maximum(mask.sum(0), 1)).mean()"),
    ),
    (
        "one-length-for-all",
        "You divide as if all captions were as long as the first or the longest. Divide by the number of words there are, `mask.sum()`.",
        (f"{_SUM} / (mask[0].sum() * len(mask))", f"{_SUM} / (mask.sum(1).max() * len(mask))"),
    ),
    (
        "sum-over-captions",
        "You divide by the number of captions. Divide by the number of words that are there, so that length does not matter.",
        f"{_SUM} / len(mask)",
    ),
    ("sum", "This is the sum. Divide it by the number of words that are there.", ".mean()", ".sum()"),
    (
        "off-by-one",
        "You divide by one more or one less than the number of words that are there, `mask.sum()`.",
        (f"{_SUM} / (mask.sum() + 1)", f"{_SUM} / (mask.sum() - 1)"),
    ),
    (
        "one-caption",
        "This is the loss of one caption alone. Does a `return` stand inside the loop, or does the loop write over what it had?",
        *(_COSTS, ("costs[0][mask[0]]", "costs[-1][mask[-1]]")),
    ),
    (
        "word-left-out",
        "The first word of each caption, or the last, its end, is left out. The mask says that both count.",
        *(_COSTS, ("costs[:, 1:][mask[:, 1:]]", "costs[:, :-1][mask[:, 1:]]")),
    ),
    (
        "one-per-caption",
        "You return one number a caption. Divide the sum of all by the number of all words: one number.",
        "(costs * mask).sum(1) / mask.sum(1)",
    ),
    (
        "not-reduced",
        "You return one number a place. Add those that the mask allows, and divide by their number.",
        ("costs * mask", "costs"),
    ),
    ("sign", "The sign is turned round: a loss is −log p, which is never negative.", "-np.take", "np.take"),
    ("mask-turned", "The mask is turned round: you average over the padding. True means that there is a word.", "[mask]", "[~mask]"),
    (
        "no-log",
        "You average p, or 1 − p. The loss is −log p of each word.",
        _COSTS,
        ("-np.exp(-costs)[mask]", "(1 - np.exp(-costs))[mask]"),
    ),
    ("log-of-mean", "You take the log of the mean probability. Take the mean of the logs.", "-np.log(np.exp(-costs)[mask].mean())"),
    ("no-softmax", "You take the logits themselves. `jax.nn.log_softmax` makes them log-probabilities.", "log_softmax(", "("),
    ("softmax-axis", "The softmax runs over another axis. It runs over the V words: the last.", "float64)", ("float64), 1", "float64), 0")),
    ("softmax-twice", "There are two softmaxes: log_softmax takes the logits as they come.", _LOGITS, f"softmax({_LOGITS})"),
    ("likeliest-word", "You take the likeliest word's probability. Take that of the word in `tokens`.", _TAKEN, "-log_p.max(-1)"),
    (
        "mean-over-vocabulary",
        "You divide by V too. Add up over the vocabulary (all but one are 0), and take the mean over the words that are there.",
        "costs[mask].mean() / logits.shape[-1]",
    ),
    (
        "another-loss",
        "You take a squared error, an entropy, sigmoids, smoothed targets or wrong guesses. A word costs −log p of what was said.",
        _TAKEN,
        (
            f"((np.exp(log_p) - {_SAID}) ** 2).sum(-1)",
            "-(np.exp(log_p) * log_p).sum(-1)",
            f"np.logaddexp(0, np.where({_SAID}, -logits, logits)).sum(-1)",
            f"0.9 * {_TAKEN} - 0.1 * log_p.mean(-1)",
            "logits.argmax(-1) != tokens",
        ),
    ),
    (
        "shifted",
        "You shift by one: here `logits[b, t]` already predicts `tokens[b, t]`.",
        *("log_p = ", (_SHIFTED.format(":-1", "1:", "1:"), _SHIFTED.format("1:", ":-1", ":-1"))),
    ),
    ("perplexity", "This is the perplexity, exp of the loss. Return the loss.", f"np.exp({_MEAN})"),
    ("zero-token-masked", "You leave out every token 0. Here 0 may be a word: the mask says what is there.", _COSTS, "costs[tokens != 0]"),
    at=_MEAN,
)

_REMARK = "The value differs. Take one caption by hand: −log p of each of its words, and what is padding?"

judge = functools.partial(judge_values, reference=caption_loss, mistakes=MISTAKES, returns="one number", parts=[("", 1.0, _REMARK)])

EXERCISE = Exercise("02.3", "caption_loss", 4, losses.caption_loss, cases, judge, compiled=True)
