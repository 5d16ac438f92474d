"""Notebook 06's model: at first the frozen language model bit for bit, afterwards with the same weights in it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from course_utils import decode, training
from course_utils.models.flamingo import flamingo as F
from course_utils.nn import gated
from course_utils.nn.lm import LanguageModel, LMConfig

V, IMAGE, B, T, I, N, D = 13, 2, 3, 9, 2, 5, 8
OPTIONS = {
    "plain": {},
    "every second": {"every": 2},
    "all pictures": {"sight": "all"},
    "mean": {"resampler": "mean"},
    "none": {"resampler": "none"},
}


def build(**options):
    lm = LanguageModel(LMConfig(V, width=16, depth=2, heads=2, hidden=24), rngs=nnx.Rngs(0))
    return F.Flamingo(lm, F.FlamingoConfig(D, IMAGE, latents=3, depth=1, heads=2, hidden=12, **options), rngs=nnx.Rngs(1))


def opened(model):
    """With gates that let something through."""
    for gate in model.gates:
        if gate is not None:
            gate.alpha[...], gate.beta[...] = jnp.full(1, 0.7), jnp.full(1, -0.4)
    return model


def inputs(seed=0):
    rng = np.random.default_rng(seed)
    tokens = rng.integers(3, V, size=(B, T)).astype(np.int32)
    tokens[:, 1] = tokens[:, 5] = IMAGE
    return tokens, rng.normal(size=(B, I, N, D)).astype(np.float32)


@nnx.jit
def run(model, *args):
    return model(*args)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_at_first_it_is_the_language_model_bit_for_bit(options):
    model, (tokens, features) = build(**options), inputs()
    np.testing.assert_array_equal(run(model, tokens, features), run(model.lm, tokens))
    assert (run(opened(model), tokens, features) != run(model.lm, tokens)).any()


def test_without_gates_it_is_not():
    model, (tokens, features) = build(gated=False), inputs()
    assert np.abs(run(model, tokens, features) - run(model.lm, tokens)).max() > 0.01 and model.openings() == {"attention": [], "think": []}


@pytest.mark.parametrize("sight", ["latest", "all"])
def test_a_picture_reaches_the_tokens_that_may_see_it(sight):
    """Of the second picture nothing reaches what stands before it; of the first, when the latest is seen, later tokens get only
    what the language model itself passes on."""
    model, (tokens, features) = opened(build(sight=sight)), inputs()
    before = run(model, tokens, features)
    second = features.copy()
    second[:, 1] += 1
    changed = (run(model, tokens, second) != before).any((0, 2))
    assert not changed[:5].any() and changed[5:].all()
    _, _, looks = model.read(jnp.asarray(tokens), model.see(jnp.asarray(features)))
    seen = np.asarray(looks[0]).sum((1, 4))  # (B, T, I)
    assert (seen[:, 0] == 0).all() and (seen[:, 1:5, 0] > 0).all() and (seen[:, 1:5, 1] == 0).all()
    assert ((seen[:, 5:, 0] > 0).all(), (seen[:, 5:, 1] > 0).all()) == (sight == "all", True)


def test_only_the_glue_is_trained():
    model, (tokens, features) = build(), inputs()
    frozen = jax.tree.map(np.asarray, nnx.state(model.lm, nnx.Param))
    batch = {"tokens": tokens, "labels": np.roll(tokens, -1, 1), "pictures": np.arange(B * I).reshape(B, I)}
    data = {"pool": features.reshape(B * I, N, D).astype(np.float16)}
    history = training.fit(
        model, F.flamingo_loss, lambda rng: batch, steps=30, chunk=15, learning_rate=1e-2, data=data, trainable=F.GLUE, progress=False
    )
    assert history.loss[-1] < history.loss[0] - 0.1
    jax.tree.map(np.testing.assert_array_equal, frozen, jax.tree.map(np.asarray, nnx.state(model.lm, nnx.Param)))
    assert np.abs([*model.openings()["attention"], *model.openings()["think"]]).min() > 0


def test_cached_decoding_sees_the_same_pictures():
    model, (tokens, features) = opened(build()), inputs(4)
    prompts, length, end = np.where(np.arange(T) < np.array([7, 9, 6])[:, None], tokens, 0), 5, 3
    graph, state = nnx.split(model)

    def cached():
        model = nnx.merge(graph, state)
        start, begin = decode.read_prompts(model.reader(), prompts, model.lm.empty_cache(B, T + length), model.shown(prompts, features))
        return decode.greedy(decode.cached_step(model.reader()), start, B, begin=begin, end=end, length=length)

    def slow():
        model, room, count = nnx.merge(graph, state), jnp.pad(prompts, ((0, 0), (0, length))), (prompts != 0).sum(1)
        texts = room
        told = []
        for _ in range(length):
            logits, *_ = model.read(texts, model.see(features), number=gated.pictures_before(room == IMAGE))  # none that it writes
            token = logits[jnp.arange(B), count - 1].argmax(-1)
            texts, count = texts.at[jnp.arange(B), count].set(token), count + 1
            told.append(token)
        return jnp.stack(told, 1)

    got, expected = np.asarray(jax.jit(cached)().tokens), np.asarray(jax.jit(slow)())
    for ours, theirs in zip(got, expected):
        until = list(theirs).index(end) + 1 if end in theirs else length
        np.testing.assert_array_equal(ours[:until], theirs[:until])


@pytest.mark.parametrize("wrong", [{"resampler": "max"}, {"sight": "next"}, {"every": 0}], ids=str)
def test_what_cannot_be_built_is_refused(wrong):
    with pytest.raises(ValueError, match="choose from|take 1"):
        build(**wrong)
