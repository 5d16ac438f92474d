"""A surrogate whose slopes are REINFORCE's."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.comparison import agrees, show
from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.judges import Output, judge_outputs
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
    b = len(baseline)
    reward = log_words.sum(1) - baseline
    return np.full(log_words.shape, -1 / b), np.broadcast_to(-reward[:, None] / b, log_places.shape)


def _words(fn):
    """``fn(log_words, log_places, baseline) → what multiplies −1/B in the slopes for log_words``, broadcast."""
    return lambda w, p, r: np.broadcast_to(-fn(w, p, r) / len(r), w.shape)


_places = _words


def _total(x):
    return x.sum(1, keepdims=True)


def _length(x):
    return (x != 0).sum(1, keepdims=True)


def _standardised(w, p, r):
    reward = w.sum(1) - r
    return np.broadcast_to(-(reward / (reward.std() + 1e-8))[:, None] / len(r), p.shape)


WORD_MISTAKES = [
    Mistake(
        "no-stop-gradient",
        "The reward carries slopes of its own: words are pushed by log p(places) too. Put `jax.lax.stop_gradient` around the reward.",
        _words(lambda w, p, r: 1 + _total(p)),
    ),
    Mistake(
        "no-words",
        "The words do not learn: the term log p(words | looks) itself is missing, or its slopes are stopped.",
        _words(lambda w, p, r: np.zeros((1, 1))),
    ),
    Mistake(
        "no-stop-gradient-no-words",
        "The term log p(words | looks) itself is missing, and the reward carries slopes: stop them.",
        _words(lambda w, p, r: _total(p)),
    ),
    Mistake(
        "sign",
        "The sign is turned round: this makes the words less likely. A loss is to become small.",
        _words(lambda w, p, r: -np.ones((1, 1))),
    ),
    Mistake("sum-over-batch", "You add up over the batch. Take the mean over B.", lambda w, p, r: np.full(w.shape, -1.0)),
    Mistake(
        "divided-by-length",
        "You divide each caption by its number of words. Both terms are sums over T.",
        _words(lambda w, p, r: 1 / _length(w)),
    ),
    Mistake(
        "padding-left-out",
        "You leave out the padding. It is 0 already: the sums run over all of T, and their slopes too.",
        _words(lambda w, p, r: (w != 0) * 1.0),
    ),
    Mistake(
        "rewarded-words",
        "You multiply all three: the words too are weighed by reward · log p(places). Add the two terms.",
        _words(lambda w, p, r: (_total(w) - r[:, None]) * _total(p)),
    ),
    Mistake(
        "mean-over-words",
        "You take the mean over the words too. A caption's reward is the sum of its log-probabilities.",
        _words(lambda w, p, r: np.full((1, 1), 1 / w.shape[1])),
    ),
    Mistake(
        "words-times-reward",
        "You multiply the words by the reward too. They have a slope of their own, and need no reward.",
        _words(lambda w, p, r: _total(w) - r[:, None]),
    ),
    Mistake(
        "words-stopped",
        "The slopes of log p(words | looks) are stopped as well. Stop those of the reward only.",
        lambda w, p, r: np.zeros(w.shape),
    ),
]
PLACE_MISTAKES = [
    Mistake(
        "means-everywhere",
        "You take means over T, for the reward too. A caption's log p is the sum over its words.",
        _places(lambda w, p, r: (w.mean(1, keepdims=True) - r[:, None]) / p.shape[1]),
    ),
    Mistake(
        "reward-to-go",
        "A look is rewarded by the words from it on. Here a caption has one reward, for all of its looks: sum over T.",
        _places(lambda w, p, r: np.cumsum(w[:, ::-1], 1)[:, ::-1] - r[:, None]),
    ),
    Mistake(
        "probability-of-places",
        "The reward is multiplied by p(places). Multiply it by log p(places), as it comes.",
        _places(lambda w, p, r: (_total(w) - r[:, None]) * np.exp(_total(p))),
    ),
    Mistake(
        "product",
        "You multiply all three. Add the two terms: log p(words), and reward · log p(places).",
        _places(lambda w, p, r: _total(w) * (_total(w) - r[:, None])),
    ),
    Mistake(
        "joint-reward",
        "The reward has log p(places) in it too. It comes from the words alone: how likely the caption became.",
        _places(lambda w, p, r: _total(w) + _total(p) - r[:, None]),
    ),
    Mistake(
        "mean-baseline",
        "You subtract the mean baseline of the batch. Each caption has its own.",
        _places(lambda w, p, r: _total(w) - r.mean()),
    ),
    Mistake(
        "own-baseline",
        "You subtract the mean reward of the batch. What was expected is the argument `baseline`.",
        _places(lambda w, p, r: _total(w) - _total(w).mean()),
    ),
    Mistake(
        "baseline-for-each-word",
        "You subtract the baseline once for each of the T words. Subtract it once, from their sum.",
        _places(lambda w, p, r: _total(w) - w.shape[1] * r[:, None]),
    ),
    Mistake("standardised", "You divide the rewards by their spread. Take them as they are.", _standardised),
    Mistake(
        "positive-only",
        "Rewards below 0 are lost. A caption that did worse than expected must make its looks rarer.",
        _places(lambda w, p, r: np.maximum(_total(w) - r[:, None], 0)),
    ),
    Mistake(
        "negative-only",
        "Rewards above 0 are lost. A caption that did better than expected must make its looks likelier.",
        _places(lambda w, p, r: np.minimum(_total(w) - r[:, None], 0)),
    ),
    Mistake(
        "reward-of-batch",
        "The reward is the sum over the whole batch. Each caption has its own: sum over T only.",
        _places(lambda w, p, r: w.sum() - r[:, None]),
    ),
    Mistake(
        "divided-by-length",
        "You divide each caption by its number of words. Both terms are sums over T.",
        _places(lambda w, p, r: (_total(w) - r[:, None]) / _length(w)),
    ),
    Mistake(
        "padding-left-out",
        "You leave out the padding. It is 0 already: the sums run over all of T, and their slopes too.",
        _places(lambda w, p, r: (_total(w) - r[:, None]) * (p != 0)),
    ),
    Mistake(
        "no-baseline",
        "The baseline is missing: without it every look is blamed, good or bad, and slopes are noisy.",
        _places(lambda w, p, r: _total(w)),
    ),
    Mistake(
        "baseline-added",
        "You add the baseline. The reward is log p(words) minus what was expected.",
        _places(lambda w, p, r: _total(w) + r[:, None]),
    ),
    Mistake("sign", "The sign is turned round: this makes good looks rarer.", _places(lambda w, p, r: r[:, None] - _total(w))),
    Mistake(
        "no-reward",
        "Looks are made likelier whether they helped or not. Multiply log p(places) by the reward.",
        _places(lambda w, p, r: np.ones((1, 1))),
    ),
    Mistake(
        "no-places",
        "Looks do not learn: add reward · log p(places), and stop the slopes of the reward only.",
        lambda w, p, r: np.zeros(p.shape),
    ),
    Mistake(
        "sum-over-batch",
        "You add up over the batch. Take the mean over B.",
        lambda w, p, r: np.broadcast_to(-(_total(w) - r[:, None]), p.shape),
    ),
    Mistake(
        "reward-of-batch",
        "Every caption gets the reward of the whole batch. Each has its own: sum over T only.",
        _places(lambda w, p, r: np.full((1, 1), (w.sum(1) - r).sum())),
    ),
    Mistake(
        "mean-reward",
        "Every caption gets the mean reward of the batch. Each has its own.",
        _places(lambda w, p, r: np.full((1, 1), (w.sum(1) - r).mean())),
    ),
    Mistake(
        "reward-of-this-word",
        "Each look gets the reward of its own word. Here a caption has one reward, for all of its looks: sum over T first.",
        _places(lambda w, p, r: w - r[:, None]),
    ),
    Mistake(
        "mean-over-words",
        "You take means over T. Both are sums over the words of a caption.",
        _places(lambda w, p, r: (_total(w) - r[:, None]) / p.shape[1]),
    ),
    Mistake(
        "reward-averaged",
        "The reward is a mean over the words. It is their sum: log p of the whole caption.",
        _places(lambda w, p, r: w.mean(1, keepdims=True) - r[:, None]),
    ),
    Mistake(
        "probability-as-reward",
        "The reward is the probability of the caption. Take its logarithm, as it comes.",
        _places(lambda w, p, r: np.exp(_total(w)) - r[:, None]),
    ),
    Mistake("divided-by-baseline", "You divide by the baseline. Subtract it.", _places(lambda w, p, r: _total(w) / r[:, None])),
    Mistake(
        "absolute",
        "You take the reward without its sign. A caption that did worse than expected must make its looks rarer.",
        _places(lambda w, p, r: np.abs(_total(w) - r[:, None])),
    ),
    Mistake(
        "places-as-reward",
        "The reward comes from the places. It comes from the words: how likely the caption became.",
        _places(lambda w, p, r: _total(p) - r[:, None]),
    ),
]


def _turned(expected, answer) -> bool:
    if not isinstance(answer, list) or len(answer) != 2 or agrees(expected[0], answer[0]):
        return False
    return agrees(expected[0], answer[1]) and agrees(expected[1], answer[0])


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for each slope."""
    expected = [reinforce_slopes(*case.args) for case in cases]
    if all(_turned(right, answer) for right, answer in zip(expected, answers)):
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
                PLACE_MISTAKES,
                remark="The slope of each look is −(log p(words) − baseline) / B.",
            ),
            Output("at_words", 0, 0.5, "the slopes for log_words, shape (B, T)", WORD_MISTAKES, remark="The slope of each word is −1 / B."),
        ],
    )


EXERCISE = Exercise("02.6", "reinforce_slopes", 2, losses.reinforce_slopes, cases, judge, compiled=True)
