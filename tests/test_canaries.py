"""Recordings belong to what the code does; what changes a result turns a canary red, what moves or renames does not."""

import dataclasses
import importlib.util
import json
import math
import types

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx

from course_utils import losses, paths, registry, training
from course_utils.experiments import canaries, record
from course_utils.nn import init, masks
from course_utils.nn.attention import MultiHeadAttention
from course_utils.nn.embed import Embed
from course_utils.nn.linear import Linear

COLAB = importlib.util.find_spec("nbgrader") is None  # Colab's releases: only what is implemented otherwise there
ALL = [
    (number, name) for number in registry.TOPICS for name, canary in record.canaries_of(number).items() if canary.everywhere or not COLAB
]


@pytest.mark.parametrize("number, name", ALL)
def test_the_code_does_what_was_recorded(number, name):
    assert record.stale_code(number, name) == ""


@pytest.mark.parametrize("number", sorted(registry.TOPICS))
def test_every_canary_is_kept_and_sees_what_it_is_for(number):
    kept = json.loads(paths.data_file(f"results/{number}.json").read_text())["canaries"]
    assert set(kept) == set(record.canaries_of(number))
    for name, numbers in kept.items():
        whole = [value for values in numbers.values() for value in values]
        assert len(whole) > 1, name
        assert all(math.isfinite(value) for value in whole), name
        canary = record.canaries_of(number)[name]
        assert ("batch/0/rates" in numbers) == (canary.train is not None)
        assert len(numbers.get("loss/0", [])) == (canary.steps if canary.train else 0)
        assert any(key.startswith("measure/") for key in numbers)


# --- what turns a canary red: a small model of everything that the course's have


class Reader(nnx.Module):
    """Words, places and a mask."""

    def __init__(self, *, rngs):
        self.words = Embed(11, 6, rngs=rngs)
        self.attention = MultiHeadAttention(6, 2, rngs=rngs)
        self.out = Linear(6, 5, rngs=rngs)

    def __call__(self, tokens):
        x = self.words(tokens)
        y, _ = self.attention(x, mask=masks.attention_mask(tokens > 0))
        return self.out(jnp.mean(x + y, 1, where=(tokens > 0)[..., None]))


@dataclasses.dataclass
class World:
    """What an experiment is made of; each test changes one thing."""

    model: type = Reader
    steps: int = 40
    rate: float | np.ndarray = 0.05
    optimizer: optax.GradientTransformation = training.ADAMW

    def tokens(self, rng, n=32):
        drawn = rng.integers(1, 11, (n, 7))
        return np.where(np.arange(7) < rng.integers(3, 8, (n, 1)), drawn, 0).astype(np.int32)

    def pictures(self, tokens):
        return np.eye(5, dtype=np.float32)[tokens[:, 0] % 5]

    def sample(self, rng):
        tokens = self.tokens(rng)
        return {"tokens": tokens, "image": self.pictures(tokens)}

    def loss(self, model, batch):
        return losses.info_nce(model(batch["tokens"]), batch["image"], jnp.float32(2.0)), {}

    def metric(self, right):
        return right.mean()

    def frozen(self):
        return "regions"

    def canary(self):
        def train():
            model = self.model(rngs=nnx.Rngs(0))
            training.fit(model, self.loss, self.sample, steps=self.steps, learning_rate=self.rate, optimizer=self.optimizer, progress=False)
            return model

        def measure(model):
            tokens = self.tokens(np.random.default_rng(9), 64)
            right = (np.asarray(model(tokens)).argmax(-1) == tokens[:, 0] % 5).astype(float)
            return {"right": self.metric(right), "frozen": np.asarray(_checkpoint(self.frozen()))}

        return canaries.Canary(train, measure)


def _checkpoint(name):
    from safetensors.numpy import load_file

    return min(load_file(paths.data_file(f"checkpoints/{name}.safetensors")).items())[1]


@pytest.fixture(scope="module")
def before():
    return canaries.sing(World().canary())


def changed(before, world):
    """The words before the first stroke of the keys that differ."""
    return {what.split("/")[0] for what in canaries.differences(before, canaries.sing(world.canary()))}


@pytest.mark.newest
def test_the_same_code_gives_the_same_numbers(before):
    assert changed(before, World()) == set()


@pytest.mark.newest
def test_a_changed_initialiser_is_seen(before, monkeypatch):
    wider = types.SimpleNamespace(normal=lambda std: init.normal(1.05 * std), lecun_normal=init.lecun_normal)
    monkeypatch.setattr("course_utils.nn.embed.init", wider)
    assert "loss" in changed(before, World())


@pytest.mark.newest
def test_a_changed_mask_is_seen(before, monkeypatch):
    monkeypatch.setattr(masks, "attention_mask", lambda valid, block=None: jnp.ones((*valid.shape, valid.shape[1]), bool))
    assert "loss" in changed(before, World())


def redrawn(world, rng):
    tokens = world.tokens(rng, 33)[:32]  # the same number, drawn from another stream
    return {"tokens": tokens, "image": world.pictures(tokens)}


def rescaled(scale):
    return lambda world, model, batch: (losses.info_nce(model(batch["tokens"]), batch["image"], jnp.float32(scale)), {})


@pytest.mark.newest
@pytest.mark.parametrize(
    "part, other, seen",
    [
        ("loss", rescaled(2.1), {"loss"}),
        ("loss", rescaled(1.9), {"loss"}),
        ("sample", redrawn, {"batch", "loss"}),
        ("pictures", lambda world, tokens: 0.99 * World.pictures(world, tokens), {"batch"}),
        ("metric", lambda world, right: right[1:].mean() + 1 / len(right), {"measure"}),
        ("frozen", lambda world: "grid_tower", {"measure"}),
    ],
)
def test_a_changed_part_is_seen(before, part, other, seen):
    found = changed(before, type("Other", (World,), {part: other})())
    assert found == seen if seen == {"measure"} else found >= seen


@pytest.mark.newest
def test_a_changed_schedule_is_seen(before, monkeypatch):
    assert changed(before, World(rate=0.04)) >= {"batch"}
    assert changed(before, World(steps=50)) >= {"number", "batch"}
    assert "batch" in changed(before, World(rate=training.warmup_cosine(0.05, 40, warmup=0.2)))
    whole = training.warmup_cosine(0.05, 40)
    whole[30:] = 0  # long after the steps that are taken
    assert changed(before, World(rate=whole)) == {"batch"}


@pytest.mark.newest
def test_a_changed_optimizer_is_seen(before):
    assert "loss" in changed(before, World(optimizer=optax.scale(1.0)))


@pytest.mark.newest
def test_what_moves_or_is_renamed_is_no_change(before):
    class Moved(nnx.Module):  # another module, other names of its parameters, in the order of other letters
        def __init__(self, *, rngs):
            self.zebra = Embed(11, 6, rngs=rngs)
            self.mixed = MultiHeadAttention(6, 2, rngs=rngs)
            self.answer = Linear(6, 5, rngs=rngs)

        def __call__(self, tokens):
            x = self.zebra(tokens)
            valid = tokens > 0
            y, _ = self.mixed(x, None, masks.attention_mask(valid))
            return self.answer(jnp.mean(x + y, 1, where=valid[..., None]))

    class Renamed(World):
        def sample(self, rng):
            return {"seen": (batch := super().sample(rng))["image"], "read": batch["tokens"]}

        def loss(self, model, batch):
            return super().loss(model, {"tokens": batch["read"], "image": batch["seen"]})

    assert changed(before, Renamed(model=Moved)) == set()


# --- the numbers themselves


@pytest.mark.newest
def test_a_digest_tells_arrays_apart():
    x = np.random.default_rng(0).normal(size=(5, 7))
    told = canaries.digest(x)
    assert told[:2] == [5, 7] and canaries.digest(np.float32(3.5)) == [3.5]
    for other in (x.T, x[::-1], x[:, ::-1], x + 1e-2, 1.01 * x, np.where(x > 1, np.nan, x)):
        assert canaries.differences({"measure/x": told}, {"measure/x": canaries.digest(other)})
    assert not canaries.differences({"measure/x": told}, {"measure/x": canaries.digest(x + 1e-7)})


@pytest.mark.newest
def test_what_is_missing_or_new_is_a_difference():
    assert canaries.differences({"loss/0": [1.0]}, {}) and canaries.differences({}, {"loss/0": [1.0]})
    assert canaries.differences({"loss/0": [1.0]}, {"loss/0": [1.0, 1.0]})
    assert canaries.differences({"number/0": [40.0]}, {"number/0": [40.0001]})


@pytest.mark.newest
def test_a_stale_recording_says_what_differs_and_what_to_do(monkeypatch):
    one = canaries.Canary(None, lambda: {"right": 0.5})
    monkeypatch.setattr(record, "canaries_of", lambda number: {"true labels": one})
    said = record.stale_code("00", "true labels")
    assert "“true labels”" in said and "run `make experiments NN=00`, or mend the code" in said and "numbers differ, such as" in said


@pytest.mark.newest
def test_only_the_first_steps_are_taken_and_the_run_is_noted():
    world, model = World(), Reader(rngs=nnx.Rngs(0))

    def fit(**options):
        return training.fit(model, world.loss, world.sample, steps=40, learning_rate=0.05, progress=False, **options)

    with training.first_steps(2) as runs:
        history = fit()
    (run,) = runs
    assert history.done == 2 and len(run.rates) == 40 and len(run.batches) == 2
    np.testing.assert_array_equal(run.rates, training.warmup_cosine(0.05, 40))
    np.testing.assert_array_equal(run.loss, history.loss)
    assert run.parameters == sum(leaf.size for leaf in jax.tree.leaves(nnx.state(model, nnx.Param)))
    model = Reader(rngs=nnx.Rngs(0))
    np.testing.assert_allclose(fit(chunk=2).loss[:2], run.loss, rtol=1e-5)
    assert fit().done == 40, "afterwards runs are whole again"
