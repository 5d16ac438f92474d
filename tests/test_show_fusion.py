"""Notebook 01's figures of results: tidy whatever was measured, and honest about it."""

import numpy as np
import pytest

from course_utils.arms import Arm, Estimate, Recording
from course_utils.errors import BadInput
from course_utils.show import fusion as F, results
from course_utils.world.questions import TYPES

TESTS = ("biased", "balanced", "flipped")
BLIND = Arm(model="blind", taught="biased", pictures=4000)


def estimate(mean: float, half: float = 0.01, seeds: int = 4) -> Estimate:
    return Estimate(mean, mean - half, mean + half, seeds)


def recording(rng: np.random.Generator, low: float = 0.0, high: float = 1.0) -> dict:
    """Every arm that the figures read, with values anywhere between low and high."""

    def draw() -> Estimate:
        return estimate(float(rng.uniform(low, high)))

    found = Recording()
    for model in ("sighted", "blind"):
        for taught in ("biased", "balanced"):
            for n in (1000, 4000, 16_000):
                found |= {(Arm(model=model, taught=taught, pictures=n), test): draw() for test in TESTS}
    for task in ("sum", "few products", "all products"):
        found[Arm(task=task, baseline="commonest answer"), "accuracy"] = draw()
        for name in ("concat", "concat-mlp", "mlb", "mutan", "bilinear"):
            found |= {(Arm(task=task, pooling=name), str(n)): draw() for n in ((8000,) if name == "bilinear" else (1000, 2000, 4000, 8000))}
    for count in (1, 2):
        for how in ("plain", "shown"):
            arm = Arm(score="dot-product", hops=count, how=how)
            found[arm, "accuracy"] = draw()
            for k in range(1, count + 1):
                shares = rng.dirichlet(np.ones(4))
                found |= {(arm, f"hop {k} on {on}"): estimate(s) for on, s in zip(("anchor", "target", "other", "empty"), shares)}
    found[Arm(questions="same", baseline="another thing"), "accuracy"] = estimate(0.4, 0)
    return found


def boards(recorded: dict, live: float):
    yield F.prior(recorded, {("sighted", "biased"): dict.fromkeys(TESTS, live)}, 35)
    yield F.prior(recorded, {})
    yield F.prior_by_pictures(recorded)
    yield F.shootout(recorded, {("sum", "mlb"): live, ("few products", "mutan"): live}, 2000)
    yield F.hops(recorded, {Arm(score="dot-product", hops=2, how="shown"): {"accuracy": live}})
    types = {name: recorded[BLIND.but(model="sighted"), "biased"].mean for name in TYPES}
    yield F.by_type({"one answer": types, "writing": types}, types)
    named = {name: recorded[BLIND.but(model="sighted"), "biased"] for name in ("classifier, soft scores", "generator", "blind")}
    yield results.arms("Arms", named, {"generator": live}, controls=("blind",))
    yield results.arms("Arms", named, {}, each={name: [live, live / 2] for name in named}, chance=0.5)


@pytest.mark.parametrize(("seed", "low", "high"), [(0, 0, 1), (1, 0.97, 1), (2, 0, 0.02), (3, 0.25, 0.3)])
def test_figures_are_tidy_whatever_was_measured(seed, low, high):
    recorded = recording(np.random.default_rng(seed), low, high)
    for board in boards(recorded, live=(low + high) / 2):
        assert board.lint() == [], board.alt
        assert 8 < len(board.alt.split()) <= 40, board.alt


def test_titles_say_what_was_recorded():
    recorded = recording(np.random.default_rng(0))
    recorded[BLIND, "biased"] = estimate(0.73)
    recorded[BLIND, "flipped"] = estimate(0.15)
    words = [text.get_text() for text in F.prior(recorded, {}).ax.texts]
    assert any("73%" in text and "15%" in text for text in words)
    recorded[Arm(score="dot-product", hops=2, how="shown"), "accuracy"] = estimate(0.69)
    assert "69%" in F.hops(recorded, {}).alt
    types = {name: 0.9 if name == "what" else 0.5 for name in TYPES}
    assert any("blind: what" in text.get_text() for text in F.by_type({"one": types}, dict.fromkeys(TYPES, 0.4)).ax.texts)


@pytest.mark.parametrize("guess", ["40", 140, -1])
def test_a_guess_that_is_no_percentage_is_refused(guess):
    with pytest.raises(BadInput, match="percent"):
        F.prior(recording(np.random.default_rng(0)), {}, guess)
