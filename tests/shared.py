"""What tests of several topics share: arrays, compiled forwards, training that only fits, and recordings with any values."""

import numpy as np
import pytest
from flax import nnx

from course_utils import training
from course_utils.arms import Estimate, Recording
from course_utils.experiments import record

CLOSE = {"rtol": 1e-5, "atol": 2e-6}
ANY_VALUES = pytest.mark.parametrize(("seed", "low", "high"), [(0, 0, 1), (1, 0.97, 1), (2, 0, 0.02), (3, 0.25, 0.3)])
NO_PERCENTAGES = pytest.mark.parametrize("guess", ["40", 140, -1, [50]])


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


@nnx.jit
def run(model, *args):
    """Compiled as a whole: an eager forward would compile every operation by itself."""
    return model(*args)


def fit_nothing(monkeypatch) -> list[dict]:
    """From now on nothing is learnt, but every batch is drawn and fits its loss. Returns the options of every run."""
    runs = []

    def fit(model, loss_fn, sample, *, data=None, **options):
        loss, _ = nnx.eval_shape(loss_fn, model, {**(data or {}), **sample(np.random.default_rng(0))})
        assert loss.shape == ()
        runs.append(options)

    monkeypatch.setattr(training, "fit", fit)
    return runs


def estimate(mean: float, half: float = 0.01, seeds: int = 3) -> Estimate:
    return Estimate(mean, mean - half, mean + half, seeds, (mean - half, mean, mean + half))


def any_recording(number: str, seed: int = 0, low: float = 0.0, high: float = 1.0) -> Recording:
    """A notebook's recording with values anywhere between low and high."""
    rng = np.random.default_rng(seed)
    return Recording({key: estimate(float(rng.uniform(low, high))) for key in record.load(number)})


def tidy(board, words: int = 45) -> None:
    assert board.lint() == [], board.alt
    assert 3 < len(board.alt.split()) <= words, board.alt


def said(board) -> str:
    """All words on a board."""
    return "\n".join(text.get_text() for text in board.ax.texts)
