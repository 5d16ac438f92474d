"""Notebook 06's model: at first the frozen language model bit for bit, afterwards with the same weights in it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from course_utils import decode, training
from course_utils.models.flamingo import flamingo as F
from course_utils.models.flamingo import prompts
from course_utils.nn import gated, perceiver
from course_utils.nn.lm import LanguageModel, LMConfig
from course_utils.world import interleaved
from course_utils.world import scenes as S

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


@nnx.jit
def read(model, tokens, features):
    return model.read(tokens, model.see(features))


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_at_first_it_is_the_language_model_bit_for_bit(options):
    model, (tokens, features) = build(**options), inputs()
    np.testing.assert_array_equal(run(model, tokens, features), run(model.lm, tokens))
    assert (run(opened(model), tokens, features) != run(model.lm, tokens)).any()


def test_without_gates_it_is_not():
    model, (tokens, features) = build(gated=False), inputs()
    assert np.abs(run(model, tokens, features) - run(model.lm, tokens)).max() > 0.01 and model.open() == {}


@pytest.mark.parametrize("sight", ["latest", "all"])
def test_a_picture_reaches_the_tokens_that_may_see_it(sight):
    """Of the second picture nothing reaches what stands before it; of the first, when the latest is seen, later tokens get only
    what the language model itself passes on."""
    model, (tokens, features) = opened(build(sight=sight)), inputs()
    before, _, looks = read(model, tokens, features)
    second = features.copy()
    second[:, 1] += 1
    changed = (read(model, tokens, second)[0] != before).any((0, 2))
    assert not changed[:5].any() and changed[5:].all()
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
    assert min(map(float, model.open().values())) > 0


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


# --- what a learner writes, where the model runs it


def test_a_learners_functions_see_the_axes_that_the_text_says():
    """Pictures are one axis, whatever axes they have in a batch; a mask is asked about texts, inside a compiled model too."""
    seen = []

    def layer(params, latents, media, heads):
        seen.append((latents.ndim, media.ndim))
        return perceiver.resampler_layer(params, latents, media, heads)

    def film(features, times):
        seen.append((features.ndim, times.ndim))
        return perceiver.film_features(features, times)

    def sees(is_picture, pictures, sight):
        number = np.cumsum(np.asarray(is_picture), 1)[..., None]
        return number == 1 + np.arange(pictures) if sight == "latest" else number >= 1 + np.arange(pictures)

    made = perceiver.PerceiverResampler(D, 3, 1, 2, frames=4, function=layer, film=film, rngs=nnx.Rngs(0))
    features = np.random.default_rng(0).normal(size=(B, I, 3, N, D)).astype(np.float32)
    found, looks = run(made, features)
    assert found.shape == (B, I, 3, D) and looks[0].shape == (B, I, 2, 3, 3 * N + 3) and set(seen) == {(4, 2), (3, 3)}
    np.testing.assert_allclose(found[1, 1], run(made, features[1, 1])[0], atol=1e-5)
    number = gated.pictures_before(jnp.array([[0, 1, 0, 0, 1], [1, 0, 0, 0, 0]], bool))
    for sight in gated.SIGHTS:
        got = jax.jit(lambda n, sight=sight: gated.by_number(sees)(n, 3, sight))(number)
        np.testing.assert_array_equal(got, gated.media_mask(number, 3, sight))


def test_episodes_are_packed_as_the_world_packs_them():
    rng = np.random.default_rng(3)
    drawn = S.concatenate([S.sample(rng, 600, objects=(1, 1)), S.sample(rng, 60, objects=(2, 3))])
    pool = interleaved.Pictures(drawn, np.zeros((len(drawn), 4, 2), np.float32))
    pairs = pool.pairs()[:600]
    of_pair = {tuple(pair): np.flatnonzero((pairs == pair).all(1)) for pair in np.unique(pairs, axis=0).tolist()}
    of_pair = {pair: rows for pair, rows in of_pair.items() if len(rows) > 2}
    several = np.arange(600, 660)
    found = [interleaved.name_episode(rng, pool, of_pair, 3, 2) for _ in range(5)]
    found += [interleaved.caption_episode(rng, pool, rng.choice(several, 3), language) for language in ("en", "zh", "tr")]
    found += [interleaved.answer_episode(rng, pool, rng.choice(several, 3), form) for form in range(3)]
    wanted, got = interleaved.pack(found, 64, 9), prompts.packed(found, 64, 9)
    assert wanted.keys() == got.keys()
    for key in wanted:
        assert wanted[key].dtype == got[key].dtype
        np.testing.assert_array_equal(wanted[key], got[key])


def test_a_prompt_never_shows_what_it_asks():
    rng = np.random.default_rng(4)
    pool = [[int(picture), 20 + int(picture) % 3] for picture in rng.integers(100, 130, size=60)]
    for query, (picture, name) in enumerate(pool):
        tokens, shown = prompts.few_shot_prompt(pool, query, 2)
        assert shown[-1] == picture and picture not in shown[:-1] and len(shown) == 7 == tokens.count(prompts.IMAGE)
        assert tokens[-2:] == [prompts.IMAGE, prompts.IS] and [tokens.count(n) for n in (20, 21, 22)] == [2, 2, 2]
