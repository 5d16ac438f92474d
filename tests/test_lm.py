"""The language model, its cache, and what lets it see: by perturbation, and against OpenFlamingo to the last digits."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from course_utils import decode, losses
from course_utils.models.flamingo import published as names
from course_utils.nn import gated, lm, perceiver, published
from course_utils.text import IGNORED

V, B, T = 11, 3, 7
OPTIONS = {"plain": {"window": 0}, "convolution": {"window": 4}, "grouped": {"window": 3, "key_heads": 2}}


def model(**options):
    """Small, its convolution no longer what it starts as."""
    made = lm.LanguageModel(lm.LMConfig(V, width=16, depth=2, heads=4, hidden=12, **options), rngs=nnx.Rngs(0))
    for block in made.blocks:
        if block.mix is not None:
            block.mix.kernel[...] = normal(*block.mix.kernel.shape, seed=5)
    return made


def normal(*shape, seed=0):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def tokens(seed=0, length=T):
    return np.random.default_rng(seed).integers(1, V, size=(B, length)).astype(np.int32)


@nnx.jit
def run(made, x):
    return made(x)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_no_token_sees_what_comes_after_it(options):
    made, x = model(**options), tokens()
    before = run(made, x)
    for place in range(1, T):
        changed = x.copy()
        changed[:, place:] = x[:, place:] % (V - 1) + 1
        after = run(made, changed)
        np.testing.assert_array_equal(after[:, :place], before[:, :place])
        assert (after[:, place] != before[:, place]).any()


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_token_by_token_with_a_cache_is_the_same_as_all_at_once(options):
    """Texts of different lengths, the cache with more room than they need; whole prompts, and one token after the other."""
    made, x = model(**options), tokens()
    expected = run(made, x)
    graph, state = nnx.split(made)

    @jax.jit
    def read(state, x, position, cache):
        return nnx.merge(graph, state).read(nnx.merge(graph, state).embed(x), position, cache)

    cache = made.empty_cache(B, T + 3)
    _, cache = read(state, x[:, :3], np.broadcast_to(np.arange(3), (B, 3)), cache)
    for place in range(2, T):  # the last of the prompt is read again, as decoding does
        got, cache = read(state, x[:, place : place + 1], np.full((B, 1), place), cache)
        np.testing.assert_allclose(got[:, 0], expected[:, place], atol=1e-5)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("width", [0, 3], ids=["greedy", "beam"])
def test_cached_decoding_writes_what_uncached_writes(options, width):
    made, end, length = model(**options), 1, 6
    prompts = np.where(np.arange(T) < np.array([3, 7, 5])[:, None], tokens(3), 0)
    graph, state = nnx.split(made)

    def read(x, position, cache, context):
        return nnx.merge(graph, state).read(nnx.merge(graph, state).embed(x), position, cache)

    def slow(reading, token):
        """All tokens so far in one row, read anew for each word."""
        texts, count = reading
        texts = texts.at[jnp.arange(len(texts)), count].set(token)
        logits = nnx.merge(graph, state)(texts)
        return (texts, count + 1), jax.nn.log_softmax(logits[jnp.arange(len(texts)), count])

    def search(step, start, begin):
        if not width:
            return decode.greedy(step, start, B, begin=begin, end=end, length=length)
        return decode.beam(step, start, B, begin=begin, end=end, length=length, width=width)

    def cached():
        start, begin = decode.read_prompts(read, prompts, made.empty_cache(B, T + length))
        return search(decode.cached_step(read), start, begin)

    def uncached():
        count = (prompts != 0).sum(1) - 1
        room = jnp.asarray(np.pad(prompts, ((0, 0), (0, length))))
        return search(slow, (room, jnp.asarray(count)), prompts[np.arange(B), count])

    got, expected = jax.jit(cached)(), jax.jit(uncached)()
    np.testing.assert_array_equal(got.tokens, expected.tokens)
    np.testing.assert_allclose(got.log_prob, expected.log_prob, atol=1e-5)


def test_rotary_positions_know_distances_only():
    q, k = normal(1, 4, 2, 6, seed=1), normal(1, 4, 2, 6, seed=2)
    at = np.arange(4)[None]
    scores = [jnp.einsum("bthd,bshd->bhts", *(lm.rotate(a, at + shift, 100.0) for a in (q, k))) for shift in (0, 9)]
    np.testing.assert_allclose(*scores, atol=1e-4)
    assert np.abs(scores[0] - jnp.einsum("bthd,bshd->bhts", q, k)).max() > 0.1
    np.testing.assert_allclose(jnp.linalg.norm(lm.rotate(q, at, 100.0), axis=-1), jnp.linalg.norm(q, axis=-1), rtol=1e-5)


def test_the_loss_counts_what_is_asked_for():
    logits = normal(2, 3, V)
    labels = np.array([[4, IGNORED, 2], [IGNORED, IGNORED, 7]])
    loss, metrics = losses.next_token(logits, labels)
    log_probs = jax.nn.log_softmax(logits)
    asked = [(0, 0), (0, 2), (1, 2)]
    assert loss == pytest.approx(-np.mean([log_probs[i, t, labels[i, t]] for i, t in asked]), rel=1e-5)
    assert metrics["accuracy"] == pytest.approx(np.mean([logits[i, t].argmax() == labels[i, t] for i, t in asked]))
    assert losses.next_token(logits, np.full((2, 3), IGNORED))[0] == 0


def test_a_configuration_that_cannot_be_is_refused():
    with pytest.raises(ValueError, match="do not split"):
        lm.LMConfig(V, width=16, heads=4, key_heads=3)
    with pytest.raises(ValueError, match="make them even"):
        lm.LMConfig(V, width=12, heads=4)


# --- what lets it see

PARITY = Path(__file__).parent / "parity"


def fixture(name):
    held = np.load(PARITY / f"openflamingo_{name}.npz")
    return held, {key[2:]: held[key] for key in held if key.startswith("w:")}


def test_the_resampler_is_openflamingos():
    held, weights = fixture("perceiver")
    made = perceiver.PerceiverResampler(24, 4, 2, 3, frames=2, rngs=nnx.Rngs(0))
    published.load(made, weights, names.resampler_names(2))
    with jax.default_matmul_precision("highest"):
        got, looks = run(made, held["x"])
    np.testing.assert_allclose(got, held["output"], atol=1e-5)
    assert looks[0].shape == (2, 3, 3, 4, 2 * 5 + 4)
    np.testing.assert_allclose(looks[0].sum(-1), 1, atol=1e-5)
    with pytest.raises(ValueError, match="show fewer"):
        made(np.zeros((1, 1, 3, 5, 24), np.float32))


def test_the_gated_block_is_openflamingos():
    held, weights = fixture("gated_xattn_latest")
    made = gated.GatedCrossAttention(16, 24, 2, hidden=64, rngs=nnx.Rngs(0))
    published.load(made, weights, names.gated_names())
    mask = gated.media_mask(gated.pictures_before(held["media_locations"]), held["media"].shape[1])
    with jax.default_matmul_precision("highest"):
        got, look = nnx.jit(lambda m, *args: m(*args))(made, held["x"], held["media"], mask)
    np.testing.assert_allclose(got, held["output"], atol=1e-5)
    assert look.shape == (2, 2, 7, 2, 4)


def test_the_media_mask_counts_pictures():
    """Text first, then two pictures side by side, then text."""
    number = gated.pictures_before(jnp.array([[0, 1, 0, 1, 1, 0]], bool))
    assert number.tolist() == [[0, 1, 1, 2, 3, 3]]
    latest, every = (gated.media_mask(number, 3, sight)[0].astype(int).tolist() for sight in gated.SIGHTS)
    assert latest == [[0, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]
    assert every == [[0, 0, 0], [1, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1], [1, 1, 1]]
    with pytest.raises(ValueError, match="latest, all"):
        gated.media_mask(number, 3, "last")


def test_a_gated_block_starts_as_nothing_and_a_token_without_picture_gets_nothing_from_attention():
    x, media = normal(2, 4, 8), normal(2, 3, 2, 6, seed=1)
    mask = gated.media_mask(jnp.array([[0, 1, 1, 2], [1, 1, 1, 3]]), 3)
    made = gated.GatedCrossAttention(8, 6, 2, rngs=nnx.Rngs(0))
    np.testing.assert_array_equal(made(x, media, mask)[0], x)
    made.alpha[...] = jnp.ones(1)
    y, look = made(x, media, mask)
    np.testing.assert_array_equal(y[0, 0], x[0, 0])
    assert not look[0, :, 0].any() and (y[0, 1:] != x[0, 1:]).any(-1).all()
    other, _ = made(x, media.at[0, 1].add(1.0), mask)  # seen by the last token of the first text alone
    assert (other != y).any(-1).tolist() == [[False, False, False, True], [False] * 4]


def test_the_resampler_takes_any_number_of_features():
    made = perceiver.PerceiverResampler(12, 4, 2, 3, rngs=nnx.Rngs(0))
    for count in (5, 9):
        assert made(normal(2, count, 12))[0].shape == (2, 4, 12)
