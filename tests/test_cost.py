"""What `make bench` says of decoding and of training the glue: what is counted is right, and what is timed runs; no time is tested."""

import jax
import numpy as np
import pytest
from flax import nnx

from course_utils.experiments import timing
from course_utils.experiments.flamingo import cost
from course_utils.models.flamingo.flamingo import Flamingo, FlamingoConfig
from course_utils.instructor import bench, bench_decoding
from course_utils.nn.lm import LanguageModel, LMConfig

SHAPE = {"texts": 8, "length": 32, "pictures": 4, "patches": 32}


@pytest.fixture(scope="module")
def model():
    """Wide for its depth, so that products of matrices are most of what it costs, as in the course's model."""
    lm = LanguageModel(LMConfig(60, width=64, depth=2, heads=2, hidden=96, key_heads=1), rngs=nnx.Rngs(0))
    return Flamingo(lm, FlamingoConfig(48, 5, depth=1, heads=2, latents=3, every=2), rngs=nnx.Rngs(1))


@pytest.fixture(scope="module")
def report(model):
    return cost.measure(3, model, **SHAPE)


def test_the_formula_counts_what_xla_counts(model):
    """XLA also counts what is no product of matrices: a tenth on top at most."""
    batch, formula = cost.random_batch(model, **SHAPE), cost.step_flops(cost.forward_flops(model, **SHAPE))
    xla = {arm: cost.counted(cost.lowered_step(model, batch, trainable)[0]) for arm, trainable in cost.TRAINED.items()}
    for arm in cost.TRAINED:
        assert 1 <= xla[arm] / formula[arm] < 1.1
    bounds = [found["glue"] / found["everything"] for found in (formula, xla)]
    assert bounds[0] == pytest.approx(bounds[1], abs=0.01) and bounds[0] < 0.9  # not far below 1: slopes pass through what is frozen


def test_slopes_and_optimizer_of_the_glue_hold_nothing_of_the_language_model(model):
    batch = cost.random_batch(model, **SHAPE)
    count = {
        name: sum(leaf.size for leaf in jax.tree.leaves(nnx.state(part, nnx.Param))) for name, part in (("all", model), ("lm", model.lm))
    }
    for arm, numbers in (("glue", count["all"] - count["lm"]), ("everything", count["all"])):
        slopes, optimizer = cost.trees(model, batch, cost.TRAINED[arm])
        inside = ["lm" in path for path in nnx.to_flat_state(slopes).paths]
        assert any(inside) == (arm == "everything") and not all(inside)
        assert cost.size(slopes) == 4 * numbers
        assert 0 <= cost.size(optimizer) - 8 * numbers <= 16  # two means of each, and the count of steps


@pytest.mark.newest
def test_training_is_measured(model):
    report = cost.measure(3, model, **SHAPE)
    assert list(report) == ["glue", "everything", "seconds", "flops", "xla"]
    for arm in cost.TRAINED:
        assert list(report[arm]) == ["slopes_bytes", "optimizer_bytes", "flops", "xla", "s"] and min(report[arm].values()) > 0
    assert 0 < report["seconds"]["from"] <= report["seconds"]["ratio"] <= report["seconds"]["to"]


def test_the_ratio_is_of_medians_and_its_interval_holds_it():
    rng = np.random.default_rng(0)
    under = rng.lognormal(0, 0.1, 15)
    found = timing.ratio(3 * under, under)
    assert found == pytest.approx({"ratio": 3, "from": 3, "to": 3})
    found = timing.ratio(3 * rng.lognormal(0, 0.1, 15), under)
    assert found["from"] < found["ratio"] < found["to"]


def test_jobs_take_turns():
    told = []
    seconds = timing.in_turns({name: lambda name=name: told.append(name) for name in "ab"}, 3)
    assert "".join(told) == "ab" * 4 and [len(found) for found in seconds.values()] == [3, 3]


@pytest.mark.newest
def test_decoding_is_measured_where_both_ways_write_the_same():
    model = LanguageModel(LMConfig(20, width=8, depth=1, heads=2, hidden=8), rngs=nnx.Rngs(0))
    found = bench_decoding.measure_batch(model, 2, rounds=3, length=8, part=2)
    assert list(found) == ["cached_tokens_per_s", "uncached_tokens_per_s", "cached_is_faster", "last_2_against_first"]
    assert all(value > 0 for value in (found["cached_tokens_per_s"], found["cached_is_faster"]["from"]))


def test_broken_numbers_are_cut_to_three_digits():
    assert bench.short({"a": [1234567, 0.123456, 98765.4], "b": {"c": "0.123456"}}) == {
        "a": [1234567, 0.123, 98800.0],
        "b": {"c": "0.123456"},
    }
