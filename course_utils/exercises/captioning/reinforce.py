"""A surrogate whose slopes are REINFORCE's."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.comparison import agrees, show
from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.models.captioning import losses


def cases(seed: int) -> list[Case]:
    """Log-probabilities of words and of drawn places, 0 at padding; some captions do better than expected, some worse."""
    rng = np.random.default_rng([seed, 206])
    drawn = []
    for b, t in [(3, 5), (5, 2), (2, 7), (1, 4)]:
        there = np.arange(t) < rng.integers(1, t + 1, (b, 1))
        words, places = (-rng.gamma(2.0, 0.7, (b, t)) * there for _ in range(2))
        better = np.where(np.arange(b) % 2, -1, 1) * rng.gamma(3.0, 0.5, b)  # than expected, or worse
        baseline = words.sum(1) - better
        drawn.append(Case((words.astype(np.float32), places.astype(np.float32), baseline.astype(np.float32)), f"B = {b}, T = {t}"))
    return drawn


def reinforce_slopes(log_words, log_places, baseline):
    """The slopes for log_words and log_places, float[B, T] each."""
    each = np.full(log_words.shape, -1 / len(baseline))
    reward = _total(log_words) - baseline[:, None]
    return each, each * reward


def _total(x):
    return x.sum(1, keepdims=True)


def _length(x):
    return (x != 0).sum(1, keepdims=True)


_WORDS, _VALUE, _REWARD, _BASELINE = "return each", "_total(log_words)", "* reward", "baseline[:, None]"
_DIVIDED = "divided-by-length", "You divide each caption by its number of words. Both terms are sums over T."
_PADDING = "padding-left-out", "You leave out the padding. It is 0 already: the sums run over all of T, and their slopes too."
_SUMMED = "sum-over-batch", "You add up over the batch. Take the mean over B."

WORD_MISTAKES = edits(
    reinforce_slopes,
    (
        "no-stop-gradient",
        "The reward carries slopes of its own: words are pushed by log p(places) too. Put `jax.lax.stop_gradient` around the reward.",
        *(_WORDS, "return each * (1 + _total(log_places))"),
    ),
    (
        "no-words",
        "The words do not learn: the term log p(words | looks) itself is missing, or its slopes are stopped.",
        *(_WORDS, "return 0 * each"),
    ),
    (
        "no-stop-gradient-no-words",
        "The term log p(words | looks) itself is missing, and the reward carries slopes: stop them.",
        *(_WORDS, "return each * _total(log_places)"),
    ),
    ("sign", "The sign is turned round: this makes the words less likely. A loss is to become small.", _WORDS, "return -each"),
    (*_SUMMED, _WORDS, "return each * len(each)"),
    (*_DIVIDED, _WORDS, "return each / _length(log_words)"),
    (*_PADDING, _WORDS, "return each * (log_words != 0)"),
    (
        "rewarded-words",
        "You multiply all three: the words too are weighed by reward · log p(places). Add the two terms.",
        *(_WORDS, "return each * reward * _total(log_places)"),
    ),
    (
        "mean-over-words",
        "You take the mean over the words too. A caption's reward is the sum of its log-probabilities.",
        *(_WORDS, "return each / log_words.shape[1]"),
    ),
    (
        "words-times-reward",
        "You multiply the words by the reward too. They have a slope of their own, and need no reward.",
        *(_WORDS, "return each * reward"),
    ),
)
PLACE_MISTAKES = edits(
    reinforce_slopes,
    (
        "means-everywhere",
        "You take means over T, for the reward too. A caption's log p is the sum over its words.",
        *(_VALUE, "log_words.mean(1, keepdims=True)", _REWARD, "* reward / log_words.shape[1]"),
    ),
    (
        "reward-to-go",
        "A look is rewarded by the words from it on. Here a caption has one reward, for all of its looks: sum over T.",
        *(_VALUE, "np.cumsum(log_words[:, ::-1], 1)[:, ::-1]"),
    ),
    (
        "probability-of-places",
        "The reward is multiplied by p(places). Multiply it by log p(places), as it comes.",
        *(_REWARD, "* reward * np.exp(_total(log_places))"),
    ),
    (
        "product",
        "You multiply all three. Add the two terms: log p(words), and reward · log p(places).",
        *(_REWARD, "* reward * _total(log_words)"),
    ),
    (
        "joint-reward",
        "The reward has log p(places) in it too. It comes from the words alone: how likely the caption became.",
        *(_VALUE, "_total(log_words + log_places)"),
    ),
    ("mean-baseline", "You subtract the mean baseline of the batch. Each caption has its own.", _BASELINE, "baseline.mean()"),
    (
        "own-baseline",
        "You subtract the mean reward of the batch. What was expected is the argument `baseline`.",
        *(_BASELINE, "_total(log_words).mean()"),
    ),
    (
        "baseline-for-each-word",
        "You subtract the baseline once for each of the T words. Subtract it once, from their sum.",
        *(_BASELINE, "log_words.shape[1] * baseline[:, None]"),
    ),
    ("standardised", "You divide the rewards by their spread. Take them as they are.", _REWARD, "* reward / (reward.std() + 1e-8)"),
    (
        "positive-only",
        "Rewards below 0 are lost. A caption that did worse than expected must make its looks rarer.",
        *(_REWARD, "* np.maximum(reward, 0)"),
    ),
    (
        "negative-only",
        "Rewards above 0 are lost. A caption that did better than expected must make its looks likelier.",
        *(_REWARD, "* np.minimum(reward, 0)"),
    ),
    (
        "reward-of-batch",
        "The reward is the sum over the whole batch. Each caption has its own: sum over T only.",
        *(_VALUE, "log_words.sum()"),
    ),
    (*_DIVIDED, _REWARD, "* reward / _length(log_words)"),
    (*_PADDING, _REWARD, "* reward * (log_places != 0)"),
    ("no-baseline", "The baseline is missing: without it every look is blamed, good or bad, and slopes are noisy.", _BASELINE, "0"),
    ("baseline-added", "You add the baseline. The reward is log p(words) minus what was expected.", "- baseline", "+ baseline"),
    ("sign", "The sign is turned round: this makes good looks rarer.", _REWARD, "* -reward"),
    ("no-reward", "Looks are made likelier whether they helped or not. Multiply log p(places) by the reward.", _REWARD, ""),
    ("no-places", "Looks do not learn: add reward · log p(places), and stop the slopes of the reward only.", _REWARD, "* 0"),
    (*_SUMMED, _REWARD, "* reward * len(each)"),
    ("reward-of-batch", "Every caption gets the reward of the whole batch. Each has its own: sum over T only.", _REWARD, "* reward.sum()"),
    ("mean-reward", "Every caption gets the mean reward of the batch. Each has its own.", _REWARD, "* reward.mean()"),
    (
        "reward-of-this-word",
        "Each look gets the reward of its own word. Here a caption has one reward, for all of its looks: sum over T first.",
        *(_VALUE, "log_words"),
    ),
    ("mean-over-words", "You take means over T. Both are sums over the words of a caption.", _REWARD, "* reward / log_words.shape[1]"),
    (
        "reward-averaged",
        "The reward is a mean over the words. It is their sum: log p of the whole caption.",
        *(_VALUE, "log_words.mean(1, keepdims=True)"),
    ),
    (
        "probability-as-reward",
        "The reward is the probability of the caption. Take its logarithm, as it comes.",
        *(_VALUE, "np.exp(_total(log_words))"),
    ),
    ("divided-by-baseline", "You divide by the baseline. Subtract it.", "- baseline", "/ baseline"),
    (
        "absolute",
        "You take the reward without its sign. A caption that did worse than expected must make its looks rarer.",
        *(_REWARD, "* abs(reward)"),
    ),
    (
        "places-as-reward",
        "The reward comes from the places. It comes from the words: how likely the caption became.",
        *(_VALUE, "_total(log_places)"),
    ),
)


def _other_order(expected, answer) -> bool:
    if not isinstance(answer, list) or len(answer) != 2 or agrees(expected[0], answer[0]):
        return False
    return agrees(expected[0], answer[1]) and agrees(expected[1], answer[0])


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for each slope."""
    expected = [reinforce_slopes(*case.args) for case in cases]
    if all(_other_order(right, answer) for right, answer in zip(expected, answers)):
        says = "These are the right slopes in the other order: those for log_words come first."
        return Verdict(0.0, says, "exchanged", show(expected[0]), show(answers[0]))
    return judge_outputs(
        cases,
        answers,
        reinforce_slopes,
        [
            Output(
                "at_places",
                1,
                0.5,
                "the slopes for log_places, shape (B, T)",
                of_output(1, PLACE_MISTAKES),
                remark="The slope of each look is −(log p(words) − baseline) / B.",
            ),
            Output(
                "at_words",
                0,
                0.5,
                "the slopes for log_words, shape (B, T)",
                of_output(0, WORD_MISTAKES),
                remark="The slope of each word is −1 / B.",
            ),
        ],
    )


EXERCISE = Exercise("02.6", "reinforce_slopes", 2, losses.reinforce_slopes, cases, judge, compiled=True)
