"""Notebook 02's models: what each can see, what each word may know, and gradients that are what they claim."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from course_utils import decode, training
from course_utils.models import captioning as C
from course_utils.models.captioning import one_caption, words
from course_utils.world import captions, scenes

B, T, N, F = 3, 7, 5, 7
SEEING = [way for way in C.WAYS if way != "none"]


def made(way="attention", **parts):
    return C.Captioner(C.CaptionConfig.tiny(way, **parts), rngs=nnx.Rngs(0))


def batch(seed=0):
    rng = np.random.default_rng(seed)
    return jnp.asarray(rng.normal(size=(B, N, F)), jnp.float32), jnp.asarray(rng.integers(3, 11, (B, T)))


# ---- words


def test_captions_survive_becoming_numbers():
    rng = np.random.default_rng(0)
    drawn = scenes.sample(rng, 300)
    for texts, length in ((captions.caption(drawn), C.LONGEST), (captions.caption(drawn, rng=rng), C.LONGEST + 2)):
        assert C.VOCAB.decode(C.VOCAB.encode(texts, length)) == texts


def test_the_longest_caption_fits_and_longer_ones_are_refused():
    longest = "a red dog, a red cat, a red frog, a red bus and a red key"
    assert C.VOCAB.encode([longest])[0, -1] == C.END
    with pytest.raises(ValueError, match="room for 18; shorten it, or give a length of 20"):
        C.VOCAB.encode([longest], C.LONGEST - 1)
    with pytest.raises(ValueError, match="'unicorn'"):
        C.VOCAB.encode(["a unicorn"])


def test_every_word_has_a_class_and_every_noun_a_kind():
    assert C.CLASSES[words.WORD_CLASS[words.VOCAB.index("blue")]] == "colour"
    assert C.CLASSES[words.WORD_CLASS[words.VOCAB.index("two")]] == "number"
    assert C.CLASSES[words.WORD_CLASS[words.VOCAB.index("cacti")]] == "kind"
    assert words.WORD_KIND[words.VOCAB.index("cacti")] == words.WORD_KIND[words.VOCAB.index("cactus")] >= 0
    assert (words.WORD_KIND >= 0).sum() == (words.WORD_CLASS == 0).sum()


# ---- captioners


@pytest.mark.parametrize("way", C.WAYS)
def test_no_word_sees_itself_or_what_comes_after(way):
    image, tokens = batch()
    model = made(way)
    before, _ = model(image, tokens)
    after, _ = model(image, tokens.at[:, 4].set((tokens[:, 4] + 1 - 3) % 8 + 3))
    assert before.shape == (B, T, 11)
    np.testing.assert_allclose(after[:, :5], before[:, :5], atol=1e-6)
    assert np.abs(after[:, 5:] - before[:, 5:]).max() > 1e-4


@pytest.mark.parametrize("way", C.WAYS)
def test_the_picture_matters_to_all_but_the_blind(way):
    image, tokens = batch()
    model = made(way)
    # One channel of a place: the same number on all of them would vanish in the norm that follows.
    changed = np.abs(model(image, tokens)[0] - model(image.at[0, 2, 1].add(3.0), tokens)[0]).max((1, 2))
    assert (changed[1:] == 0).all(), "pictures of a batch do not touch"
    assert (changed[0] > 1e-5) == (way != "none")


@pytest.mark.parametrize("way", C.WAYS)
def test_writing_step_by_step_is_reading_in_one_go(way):
    image, tokens = batch(1)
    model = made(way)
    logits, aux = model(image, tokens)
    state, token, told = model.start(image), jnp.full(B, C.BEGIN), []
    for t in range(T):
        state, log_probs = model.step(state, token)
        told.append(log_probs)
        token = tokens[:, t]
    np.testing.assert_allclose(jnp.stack(told, 1), jax.nn.log_softmax(logits), atol=1e-5)
    assert aux["maps"].shape == (B, T, N)
    if model.looks:
        np.testing.assert_allclose(aux["maps"].sum(-1), 1, rtol=1e-5)


def test_a_place_behind_the_mask_does_not_exist():
    image, tokens = batch()
    mask = jnp.ones((B, N), bool).at[1, 3].set(False)
    model = made()
    logits, aux = model(image, tokens, mask)
    again, _ = model(image.at[1, 3].add(5.0), tokens, mask)
    np.testing.assert_allclose(again, logits, atol=1e-6)
    assert (aux["maps"][1, :, 3] == 0).all()


def test_without_positions_places_may_change_places():
    image, tokens = batch()
    order = np.array([3, 0, 4, 1, 2])
    for positions in (True, False):
        model = made(positions=positions)
        same = np.allclose(model(image[:, order], tokens)[0], model(image, tokens)[0], atol=1e-5)
        assert same == (not positions)


def test_an_unknown_way_is_refused_by_name():
    with pytest.raises(ValueError, match="initial state"):
        made("firstinput")


@pytest.mark.parametrize("way", SEEING)
def test_a_captioner_learns_a_few_captions_by_heart(way):
    image, tokens = batch(2)
    model = made(way, width=32, inner=8)
    data = {"image": np.asarray(image), "tokens": np.asarray(tokens, np.int32)}
    loss = C.reinforce_loss() if way == "hard" else C.writing_loss()

    def sample(rng):
        return {**data, "chance": rng.random((B, 4, T)).astype(np.float32)} if way == "hard" else data

    history = training.fit(model, loss, sample, steps=120, learning_rate=1e-2, progress=False)
    assert history.metrics["words"][-1] > 0.9
    written = decode.greedy(model.step, model.start(image), B, begin=C.BEGIN, end=C.END, length=T)
    np.testing.assert_array_equal(written.tokens, tokens)


# ---- losses


def test_a_place_is_drawn_as_often_as_its_share():
    alpha = jnp.array([[0.1, 0.0, 0.6, 0.3]])
    chance = (jnp.arange(1000) + 0.5) / 1000
    places = C.sample_place(jnp.repeat(alpha, 1000, 0), chance)
    np.testing.assert_allclose(np.bincount(places, minlength=4) / 1000, alpha[0], atol=2e-3)


def all_looks():
    """Two words, three places, one picture: parameters, log p(words | looks), and log p(looks)."""
    rng = np.random.default_rng(5)
    params = {"look": jnp.asarray(rng.normal(size=(2, 3))), "word": jnp.asarray(rng.normal(size=(2, 3)))}

    def words_given(params, looks):  # the second word depends on both looks
        first = jax.nn.log_sigmoid(params["word"][0, looks[0]])
        return jnp.stack([first, jax.nn.log_sigmoid(params["word"][1, looks[1]] + 0.7 * params["word"][0, looks[0]])])

    def places(params, looks):
        log_alpha = jax.nn.log_softmax(params["look"])
        return jnp.stack([log_alpha[0, looks[0]], log_alpha[1, looks[1]]])

    return params, words_given, places, list(itertools.product(range(3), repeat=2))


def test_reinforce_has_the_slopes_of_the_exact_sum():
    """The mean of REINFORCE's slopes over all looks, each with its probability, is the slope of the exact bound."""
    params, words_given, places, looks = all_looks()

    def bound(params):
        return -sum(jnp.exp(places(params, s).sum()) * words_given(params, s).sum() for s in looks)

    exact = jax.grad(bound)(params)
    for baseline in (0.0, -1.3):

        def surrogate(params, s, baseline=baseline):
            return C.reinforce_surrogate(words_given(params, s)[None], places(params, s)[None], jnp.array([baseline]))

        mean = jax.tree.map(jnp.zeros_like, params)
        for s in looks:
            p, slope = float(jnp.exp(places(params, s).sum())), jax.grad(surrogate)(params, s)
            mean = jax.tree.map(lambda a, g, p=p: a + p * g, mean, slope)
        for name in exact:
            np.testing.assert_allclose(mean[name], exact[name], atol=1e-5)


def test_a_baseline_makes_reinforce_less_noisy():
    params, words_given, places, looks = all_looks()
    p = np.array([float(jnp.exp(places(params, s).sum())) for s in looks])

    def spread(baseline):
        slopes = np.stack(
            [
                jax.grad(lambda q, s=s: C.reinforce_surrogate(words_given(q, s)[None], places(q, s)[None], jnp.array([baseline])))(params)[
                    "look"
                ].ravel()
                for s in looks
            ]
        )
        return (p[:, None] * (slopes - p @ slopes) ** 2).sum()

    expected = float(p @ np.array([float(words_given(params, s).sum()) for s in looks]))
    assert spread(expected) < 0.5 * spread(0.0)


# ---- the decoder of one fixed caption


def test_the_first_look_is_uniform_before_training_and_after_and_any_picture_gets_the_caption():
    image = one_caption.random_image()
    model = one_caption.OneCaptionDecoder(rngs=nnx.Rngs(0))
    before, maps = one_caption.write(model, image)
    np.testing.assert_allclose(maps[0], 1 / 16, atol=1e-6)
    one_caption.train(model, image)
    after, maps = one_caption.write(model, image)
    assert after == ["a", "red", "car", "<end>"] != before
    np.testing.assert_allclose(maps[0], 1 / 16, atol=1e-6)
    assert np.abs(maps[1:] - 1 / 16).max() > 0.01
    assert one_caption.write(model, one_caption.random_image(1))[0] == after, "it learned the caption, not the picture"
