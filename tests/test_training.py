"""The training loop: it learns, it freezes what it should, it splits over devices, and it says what is wrong."""

import json
import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from course_utils import training
from course_utils.nn.linear import Linear


class Net(nnx.Module):
    def __init__(self, rngs):
        self.first = Linear(5, 7, rngs=rngs)
        self.second = Linear(7, 3, rngs=rngs)

    def __call__(self, x):
        return self.second(jnp.tanh(self.first(x)))


TARGET = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)


def sample(rng, rows=16):
    x = rng.normal(size=(rows, 5)).astype(np.float32)
    return {"x": x, "y": x @ TARGET}


def loss_fn(model, batch):
    error = model(batch["x"]) - batch["y"] * batch.get("scale", 1.0)
    return jnp.mean(error**2), {"worst": jnp.abs(error).max()}


def fit(model, **kwargs):
    kwargs = {"steps": 60, "learning_rate": 0.03, "progress": False, "chunk": 20, **kwargs}
    return training.fit(model, loss_fn, kwargs.pop("sample", sample), **kwargs)


def test_it_learns_and_reports_every_step():
    model, seen = Net(nnx.Rngs(0)), []
    history = fit(model, watch=lambda h: seen.append(h.done))
    assert seen == [20, 40, 60] and history.done == 60
    assert history.loss.shape == history.metrics["worst"].shape == (60,)
    assert history.loss[-5:].mean() < 0.2 * history.loss[:5].mean()
    batch = sample(np.random.default_rng(1))
    assert loss_fn(model, batch)[0] < 0.2 * loss_fn(Net(nnx.Rngs(0)), batch)[0], "the model itself was not updated"


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    runs = [fit(Net(nnx.Rngs(0)), seed=seed).loss for seed in (3, 3, 4)]
    np.testing.assert_array_equal(runs[0], runs[1])
    assert not np.array_equal(runs[0], runs[2])


def test_the_filter_freezes_parameters_and_spends_no_optimizer_state_on_them():
    model = Net(nnx.Rngs(0))
    before = jax.tree.map(np.array, nnx.state(model, nnx.Param))
    fit(model, trainable=nnx.All(nnx.Param, nnx.Not(nnx.PathContains("first"))))
    after = nnx.state(model, nnx.Param)
    for name in ("kernel", "bias"):
        np.testing.assert_array_equal(before["first"][name][...], after["first"][name][...])
        assert not np.array_equal(before["second"][name][...], after["second"][name][...])


def test_shared_data_reaches_the_loss():
    model = Net(nnx.Rngs(0))
    fit(model, data={"scale": np.float32(0.0)}, steps=200, optimizer=training.adamw(weight_decay=0.0))
    assert np.abs(model(sample(np.random.default_rng(1))["x"])).mean() < 0.1


COMPILED = []  # an entry for every program that XLA was given
jax.monitoring.register_event_duration_secs_listener(
    lambda event, _, **more: COMPILED.append(event) if event.endswith("backend_compile_duration") else None
)


def programs(work):
    """How many programs are compiled while ``work()`` runs."""
    before = len(COMPILED)
    work()
    return len(COMPILED) - before


def fresh_loss():
    """A loss that no run has seen, so that its program is compiled anew."""
    return lambda model, batch: loss_fn(model, batch)


def test_another_length_or_rate_compiles_nothing_anew():
    loss = fresh_loss()

    def run(seed, **kwargs):
        training.fit(Net(nnx.Rngs(seed)), loss, sample, progress=False, chunk=20, **kwargs)

    assert programs(lambda: run(0, steps=60, learning_rate=0.03)) >= 1
    assert programs(lambda: run(1, steps=120, learning_rate=0.01)) == 0


def test_a_run_of_many_chunks_compiles_one_program():
    def run():
        model = Net(nnx.Rngs(0))
        model.first.bias[...] = jnp.full(7, 0.5)  # a weak type, as Python numbers give; training gives a strong one back
        training.fit(model, fresh_loss(), sample, steps=60, learning_rate=0.03, progress=False, chunk=20)

    run()  # whatever is compiled once only
    assert programs(run) == 1


def test_the_first_step_is_adamw_by_hand():
    model = Net(nnx.Rngs(0))
    w = np.array(model.second.bias[...])
    batch = sample(np.random.default_rng(0))
    grads = jax.grad(lambda m: loss_fn(m, batch)[0])(model)
    norm = np.sqrt(sum(float((g**2).sum()) for g in jax.tree.leaves(grads)))
    g = np.array(grads.second.bias[...]) / max(norm, 1.0)
    training.fit(model, loss_fn, lambda rng: batch, steps=1, learning_rate=np.full(1, 0.1), progress=False)
    # Adam's first direction is g / (|g| + eps), whatever its betas; then decoupled weight decay
    np.testing.assert_allclose(model.second.bias[...], w - 0.1 * (g / (np.abs(g) + 1e-8) + 1e-2 * w), atol=1e-5)


def test_muon_is_optaxs_own():
    params = {"matrix": jax.random.normal(jax.random.key(0), (8, 5)), "vector": jnp.ones(5)}

    def direction(optimizer):
        return optimizer.update(params, optimizer.init(params), params)[0]

    ours, theirs = direction(training.muon(clip=100.0)), direction(optax.contrib.muon(-1.0))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), ours, theirs)


@pytest.mark.parametrize(
    "steps, most, expected", [(60, 50, 30), (300, 50, 50), (7, 50, 7), (53, 50, 50), (4, 50, 4), (1009, 50, 50), (52, 50, 26)]
)
def test_chunks_divide_the_run_or_the_last_is_shorter(steps, most, expected):
    assert training._chunk_size(steps, most) == expected


def test_steps_that_no_chunk_divides_are_taken_once_each():
    seen = []
    model, other = Net(nnx.Rngs(0)), Net(nnx.Rngs(0))
    history = fit(model, steps=23, chunk=10, watch=lambda h: seen.append(h.done))
    assert seen == [10, 20, 23] and history.loss.shape == (23,)
    np.testing.assert_allclose(fit(other, steps=23, chunk=23).loss, history.loss, rtol=1e-4)
    np.testing.assert_allclose(model.first.kernel[...], other.first.kernel[...], atol=1e-5)


@pytest.mark.parametrize("layer", [nnx.Dropout(0.5, rngs=nnx.Rngs(0)), nnx.BatchNorm(7, rngs=nnx.Rngs(0))])
def test_what_changes_without_a_slope_is_refused_by_name(layer):
    model = Net(nnx.Rngs(0))
    model.between = layer
    with pytest.raises(ValueError, match=r"`between\..*LayerNorm"):
        fit(model)


def test_warmup_cosine_rises_to_its_peak_and_ends_at_zero():
    rates = training.warmup_cosine(0.3, 101)
    assert rates.shape == (101,) and rates.dtype == np.float32
    assert 0.28 < rates.max() <= 0.3 and 5 <= rates.argmax() <= 15 and rates[-1] < 1e-3 and (rates >= 0).all()


def test_predict_serves_any_number_of_rows_and_leaves_no_padding():
    model = Net(nnx.Rngs(0))
    x = np.random.default_rng(0).normal(size=(11, 5)).astype(np.float32)
    for size in (3, 11, 64):
        got = training.predict(model, call, {"x": x}, size=size)
        np.testing.assert_allclose(got, np.asarray(model(x)), rtol=1e-5, atol=1e-6)
    none = training.predict(model, call, {"x": x[:0]})
    assert none.shape == (0, 3) and none.dtype == np.float32


def call(model, batch):
    return model(batch["x"])


def test_errors_say_what_to_do_and_lose_nothing():
    model = Net(nnx.Rngs(0))
    kernel = np.array(model.first.kernel[...])
    with pytest.raises(ValueError, match="at least 1"):
        fit(model, steps=0)
    with pytest.raises(ValueError, match="matches no parameter"):
        fit(model, trainable=nnx.BatchStat)
    with pytest.raises(ValueError, match=r"expected one number, or shape \(60,\)"):
        fit(model, learning_rate=np.ones(3))
    with pytest.raises(ValueError, match=r"no longer a finite number at step 0.*smaller learning rate"):
        fit(model, data={"scale": np.float32(np.nan)})
    np.testing.assert_array_equal(kernel, model.first.kernel[...])


def test_an_interrupted_run_keeps_what_it_learnt():
    model = Net(nnx.Rngs(0))
    kernel = np.array(model.first.kernel[...])

    def stop(history):
        if history.done == 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(model, watch=stop)
    assert not np.array_equal(kernel, model.first.kernel[...])
    assert np.isfinite(np.asarray(model(sample(np.random.default_rng(0))["x"]))).all()


def test_the_batch_is_sharded_over_eight_devices_with_the_same_result():
    """In a process of its own: the number of devices is fixed when JAX starts."""
    program = """
import json, jax, numpy as np
from flax import nnx
from course_utils import training
from test_training import Net, loss_fn, sample, fit
placed = []
real = training._shardings
def spy():
    everywhere, split = real()
    def record(a):
        out = split(a); placed.append([len(out.sharding.device_set), out.addressable_shards[0].data.shape[1]]); return out
    return everywhere, record
training._shardings = spy
losses = [fit(Net(nnx.Rngs(0)), sample=lambda rng, n=n: sample(rng, n)).loss[-1].item() for n in (16, 13)]
print(json.dumps({"devices": jax.device_count(), "losses": losses, "placed": sorted(map(list, set(map(tuple, placed))))}))
"""
    env = os.environ | {
        "XLA_FLAGS": "--xla_force_host_platform_device_count=8",
        "PYTHONPATH": os.pathsep.join([os.path.dirname(__file__), os.environ.get("PYTHONPATH", "")]),
    }
    out = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    report = json.loads(out.stdout.strip().splitlines()[-1])
    assert report["devices"] == 8
    assert report["placed"] == [[8, 2], [8, 13]]  # 16 rows: 2 a device; 13 rows: a copy on each
    alone = [fit(Net(nnx.Rngs(0)), sample=lambda rng, n=n: sample(rng, n)).loss[-1] for n in (16, 13)]
    np.testing.assert_allclose(report["losses"], alone, rtol=1e-4)
