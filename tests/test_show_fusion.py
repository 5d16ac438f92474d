"""Notebook 01's figures of results: tidy whatever was measured, and honest about it."""

import numpy as np
import pytest
from shared import ANY_VALUES, NO_PERCENTAGES, any_recording, estimate, said, tidy

from course_utils.arms import Arm
from course_utils.errors import BadInput
from course_utils.show import fusion as F, results
from course_utils.world.questions import TYPES

TESTS = ("biased", "balanced", "flipped")
BLIND = Arm(model="blind", taught="biased", pictures=4000)


def recording(seed: int, low: float = 0.0, high: float = 1.0) -> dict:
    """As recorded, with values anywhere between low and high; shares of a look add up to 1, and a guess is a guess."""
    found, rng = any_recording("01", seed, low, high), np.random.default_rng(seed)
    for arm in found.where(score="dot-product"):
        for k in range(1, arm.hops + 1):
            shares = rng.dirichlet(np.ones(4))
            found |= {(arm, f"hop {k} on {on}"): estimate(share) for on, share in zip(("anchor", "target", "other", "empty"), shares)}
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


@ANY_VALUES
def test_figures_are_tidy_whatever_was_measured(seed, low, high):
    recorded = recording(seed, low, high)
    for board in boards(recorded, live=(low + high) / 2):
        tidy(board, words=40)


def test_titles_say_what_was_recorded():
    recorded = recording(0)
    recorded[BLIND, "biased"] = estimate(0.73)
    recorded[BLIND, "flipped"] = estimate(0.15)
    assert "73% right where the prior holds, 15%" in said(F.prior(recorded, {}))
    recorded[Arm(score="dot-product", hops=2, how="shown"), "accuracy"] = estimate(0.69)
    assert "69%" in F.hops(recorded, {}).alt
    types = {name: 0.9 if name == "what" else 0.5 for name in TYPES}
    assert "blind: what" in said(F.by_type({"one": types}, dict.fromkeys(TYPES, 0.4)))


def test_runs_are_counted_and_one_is_no_mean():
    one, three, four = (estimate(0.5, seeds=n) for n in (1, 3, 4))
    assert "One recorded run." in said(results.arms("Arms", {"a": one}, {}))
    assert "Mean of 3 to 4 recorded runs, with 95% intervals." in said(results.arms("Arms", {"a": four, "b": three}, {}))
    assert "Mean of 4 recorded runs, 95% intervals." in said(results.dumbbells("Arms", "Right.", [("a", four, four)], ("0", "1")))


@NO_PERCENTAGES
def test_a_guess_that_is_no_percentage_is_refused(guess):
    with pytest.raises(BadInput, match="percent"):
        F.prior(recording(0), {}, guess)
