"""Exercise 02.6: a surrogate whose slopes are REINFORCE's."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.judging import Mistake, Output, judge_outputs
from course_utils.models.captioning import losses


def cases(seed: int) -> list[Case]:
    """Log-probabilities of words and of drawn places, 0 at padding."""
    rng = np.random.default_rng([seed, 206])
    drawn = []
    for b, t in [(3, 5), (5, 2), (2, 7), (1, 4)]:
        there = np.arange(t) < rng.integers(1, t + 1, (b, 1))
        words, places = (-rng.gamma(2.0, 0.7, (b, t)) * there for _ in range(2))
        baseline = -rng.gamma(3.0, 1.0, b)
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


WORD_MISTAKES = [
    Mistake("no-stop-gradient", "The reward carries slopes of its own: words are pushed by log p(places) too. Put `jax.lax.stop_gradient` around the reward.", _words(lambda w, p, r: 1 + _total(p))),
    Mistake("no-words", "The words do not learn: the term log p(words | looks) itself is missing.", _words(lambda w, p, r: np.zeros((1, 1)))),
    Mistake("no-stop-gradient-no-words", "The term log p(words | looks) itself is missing, and the reward carries slopes: stop them.", _words(lambda w, p, r: _total(p))),
    Mistake("sign", "The sign is turned round: this makes the words less likely. A loss is to become small.", _words(lambda w, p, r: -np.ones((1, 1)))),
    Mistake("sum-over-batch", "You add up over the batch. Take the mean over B.", lambda w, p, r: np.full(w.shape, -1.0)),
    Mistake("mean-over-words", "You take the mean over the words too. A caption's reward is the sum of its log-probabilities.", _words(lambda w, p, r: np.full((1, 1), 1 / w.shape[1]))),
    Mistake("words-times-reward", "You multiply the words by the reward too. They have a slope of their own, and need no reward.", _words(lambda w, p, r: _total(w) - r[:, None])),
    Mistake("words-stopped", "The slopes of log p(words | looks) are stopped as well. Stop those of the reward only.", lambda w, p, r: np.zeros(w.shape)),
]  # fmt: skip
PLACE_MISTAKES = [
    Mistake("no-baseline", "The baseline is missing: without it every look is blamed, good or bad, and slopes are noisy.", _places(lambda w, p, r: _total(w))),
    Mistake("baseline-added", "You add the baseline. The reward is log p(words) minus what was expected.", _places(lambda w, p, r: _total(w) + r[:, None])),
    Mistake("sign", "The sign is turned round: this makes good looks rarer.", _places(lambda w, p, r: r[:, None] - _total(w))),
    Mistake("no-reward", "Looks are made likelier whether they helped or not. Multiply log p(places) by the reward.", _places(lambda w, p, r: np.ones((1, 1)))),
    Mistake("no-places", "Looks do not learn: add reward · log p(places).", lambda w, p, r: np.zeros(p.shape)),
    Mistake("sum-over-batch", "You add up over the batch. Take the mean over B.", lambda w, p, r: np.broadcast_to(-(_total(w) - r[:, None]), p.shape)),
    Mistake("reward-of-batch", "Every caption gets the reward of the whole batch. Each has its own: sum over T only.", _places(lambda w, p, r: np.full((1, 1), (w.sum(1) - r).sum()))),
    Mistake("mean-reward", "Every caption gets the mean reward of the batch. Each has its own.", _places(lambda w, p, r: np.full((1, 1), (w.sum(1) - r).mean()))),
    Mistake("reward-of-this-word", "Each look gets the reward of its own word. Here a caption has one reward, for all of its looks: sum over T first.", _places(lambda w, p, r: w - r[:, None])),
    Mistake("mean-over-words", "You take means over T. Both are sums over the words of a caption.", _places(lambda w, p, r: (_total(w) - r[:, None]) / p.shape[1])),
    Mistake("reward-averaged", "The reward is a mean over the words. It is their sum: log p of the whole caption.", _places(lambda w, p, r: w.mean(1, keepdims=True) - r[:, None])),
    Mistake("probability-as-reward", "The reward is the probability of the caption. Take its logarithm, as it comes.", _places(lambda w, p, r: np.exp(_total(w)) - r[:, None])),
    Mistake("divided-by-baseline", "You divide by the baseline. Subtract it.", _places(lambda w, p, r: _total(w) / r[:, None])),
    Mistake("absolute", "You take the reward without its sign. A caption that did worse than expected must make its looks rarer.", _places(lambda w, p, r: np.abs(_total(w) - r[:, None]))),
    Mistake("places-as-reward", "The reward comes from the places. It comes from the words: how likely the caption became.", _places(lambda w, p, r: _total(p) - r[:, None])),
]  # fmt: skip


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for each slope."""
    return judge_outputs(
        cases, answers, reinforce_slopes,
        [
            Output("at_places", 1, 0.5, "the slopes for log_places, shape (B, T)", PLACE_MISTAKES,
                   remark="The slope of each look is −(log p(words) − baseline) / B."),
            Output("at_words", 0, 0.5, "the slopes for log_words, shape (B, T)", WORD_MISTAKES,
                   remark="The slope of each word is −1 / B."),
        ],
    )  # fmt: skip


EXERCISE = Exercise("02.6", "reinforce_slopes", 2, losses.reinforce_slopes, cases, judge, compiled=True)
