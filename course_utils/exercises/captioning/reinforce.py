"""A surrogate whose slopes are REINFORCE's."""

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
    for b, t in [(3, 5), (5, 2), (1, 4)]:
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


_EACH, _VALUE, _REWARD, _BASELINE = "return each", "_total(log_words)", "* reward", "baseline[:, None]"
_PER_WORD, _REWARD_MEAN = "each / log_words.shape[1]", "log_words.mean(1, keepdims=True) - baseline[:, None]"
_DIVIDED = "divided-by-length", "You divide each caption by its number of words. Both terms are sums over T."
_PADDING = "padding-left-out", "You leave out the padding. It is 0 already: the sums run over all of T, and their slopes too."
_SUMMED = "sum-over-batch", "You add up over the batch. Take the mean over B."

WORD_MISTAKES = edits(
    reinforce_slopes,
    (
        "no-stop-gradient",
        "The reward carries slopes of its own: words are pushed by log p(places) too. Put `jax.lax.stop_gradient` around the reward.",
        ("return each * (1 + _total(log_places))", "return each * _total(log_places)"),
    ),
    ("no-words", "The words do not learn: log p(words | looks) itself is missing, or its slopes are stopped.", "return 0 * each"),
    ("sign", "The sign is turned round: this makes the words less likely. A loss is to become small.", "return -each"),
    (*_SUMMED, _EACH, "return each * len(each)"),
    (*_DIVIDED, _EACH, "return each / _length(log_words)"),
    (*_PADDING, _EACH, "return each * (log_words != 0)"),
    ("mean-over-words", "You take the mean over the words. A caption's log p is their sum.", "return each / log_words.shape[1]"),
    (
        "words-times-reward",
        "You multiply the words by the reward too. They have a slope of their own, and need no reward: add the two terms.",
        ("return each * reward", "return each * reward * _total(log_places)"),
    ),
    at=_EACH,
)
PLACE_MISTAKES = edits(
    reinforce_slopes,
    (
        "means-over-words",
        "You take means over T, in the reward or behind it. A caption's log p is the sum over its words.",
        *("each * reward", (f"{_PER_WORD} * reward", f"each * ({_REWARD_MEAN})", f"{_PER_WORD} * ({_REWARD_MEAN})")),
    ),
    (
        "reward-of-some-words",
        "A look is rewarded by its own word, or by the words from it on. Here a caption has one reward, for all of its looks: sum over T.",
        *(_VALUE, ("log_words", "np.cumsum(log_words[:, ::-1], 1)[:, ::-1]")),
    ),
    (
        "probability-of-places",
        "The reward is multiplied by p(places). Multiply it by log p(places), as it comes.",
        "* reward * np.exp(_total(log_places))",
    ),
    ("product", "You multiply all three. Add the two: log p(words), and reward · log p(places).", "* reward * _total(log_words)"),
    (
        "places-in-reward",
        "The reward has log p(places) in it. It comes from the words alone: how likely the caption became.",
        *(_VALUE, ("_total(log_words + log_places)", "_total(log_places)")),
    ),
    (
        "one-baseline",
        "You subtract one mean of the batch. Each caption has its own: what was expected is the argument `baseline`.",
        *(_BASELINE, ("baseline.mean()", "_total(log_words).mean()")),
    ),
    (
        "baseline-for-each-word",
        "You subtract the baseline once for each of the T words. Subtract it once, from their sum.",
        *(_BASELINE, "log_words.shape[1] * baseline[:, None]"),
    ),
    ("standardised", "You divide the rewards by their spread. Take them as they are.", "* reward / (reward.std() + 1e-8)"),
    (
        "one-sign-only",
        "You lose the rewards of one sign, or the sign itself. Better than expected makes looks likelier, worse makes them rarer.",
        ("* np.maximum(reward, 0)", "* np.minimum(reward, 0)", "* abs(reward)"),
    ),
    (*_DIVIDED, _REWARD, "* reward / _length(log_words)"),
    (*_PADDING, _REWARD, "* reward * (log_places != 0)"),
    ("no-baseline", "The baseline is missing: without it every look is blamed, good or bad, and slopes are noisy.", _BASELINE, "0"),
    (
        "baseline-misused",
        "You add the baseline, or divide by it. The reward is log p(words) minus what was expected.",
        "- b",
        ("+ b", "/ b"),
    ),
    ("sign", "The sign is turned round: this makes good looks rarer.", "* -reward"),
    ("no-reward", "Looks are made likelier whether they helped or not. Multiply log p(places) by the reward.", ""),
    ("no-places", "Looks do not learn: add reward · log p(places), and stop the slopes of the reward only.", "* 0"),
    (*_SUMMED, _REWARD, "* reward * len(each)"),
    (
        "reward-of-batch",
        "The reward is of the whole batch, its sum or mean. Each caption has its own: sum over T only.",
        *("each * reward", ("each * (log_words.sum() - baseline[:, None])", "each * reward.sum()", "each * reward.mean()")),
    ),
    (
        "probability-as-reward",
        "The reward is the caption's probability. Take its logarithm, as it comes.",
        _VALUE,
        "np.exp(_total(log_words))",
    ),
    at=_REWARD,
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
    places, words = of_output(1, PLACE_MISTAKES), of_output(0, WORD_MISTAKES)
    outputs = [
        Output(
            "at_places",
            1,
            0.5,
            "the slopes for log_places, shape (B, T)",
            places,
            remark="A look's slope is −(log p(words) − baseline) / B.",
        ),
        Output("at_words", 0, 0.5, "the slopes for log_words, shape (B, T)", words, remark="The slope of each word is −1 / B."),
    ]
    return judge_outputs(cases, answers, reinforce_slopes, outputs)


EXERCISE = Exercise("02.6", "reinforce_slopes", 2, losses.reinforce_slopes, cases, judge, compiled=True)
