"""Greedy and beam search over tiny models whose every text can be counted out."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from course_utils import decode

V, T, BEGIN, END = 3, 3, 0, 2


def tiny(batch: int, seed: int = 0, sharp: float = 2.0):
    """A model whose next word depends on all words before it, through a state of two arrays."""
    rng = np.random.default_rng(seed)
    mix, read, out = rng.normal(size=(5, 5)), 2 * rng.normal(size=(V, 5)), sharp * rng.normal(size=(5, V))
    state = {"h": jnp.asarray(rng.normal(size=(batch, 5)), jnp.float32), "told": jnp.zeros(batch, jnp.int32)}

    def step(state, token):
        h = jnp.tanh(state["h"] @ mix + jnp.asarray(read)[token])
        return {"h": h, "told": state["told"] + 1}, jax.nn.log_softmax(h @ out)

    return step, state


def beam(step, state, batch, **options):
    """Compiled, which is quicker than not."""
    return jax.jit(lambda s: decode.beam(step, s, batch, begin=BEGIN, end=END, length=T, **options))(state)


def log_prob(step, state, row, text):
    """The log-probability of one text, word by word."""
    one, step = jax.tree.map(lambda a: a[row : row + 1], state), jax.jit(step)
    token, total = BEGIN, 0.0
    for word in text:
        one, log_probs = step(one, jnp.array([token]))
        total, token = total + float(log_probs[0, word]), word
    return total


def every_text():
    """All texts of at most T words: those that end, and those that are cut off."""
    for n in range(1, T + 1):
        for words in itertools.product(range(V), repeat=n):
            if END not in words[:-1] and (words[-1] == END or n == T):
                yield words


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_beam_of_one_is_greedy(seed):
    step, state = tiny(7, seed)
    one = decode.greedy(step, state, 7, begin=BEGIN, end=END, length=T)
    several = beam(step, state, 7, width=1)
    np.testing.assert_array_equal(several.tokens[:, 0], one.tokens)
    np.testing.assert_allclose(several.log_prob[:, 0], one.log_prob, rtol=1e-5)
    np.testing.assert_array_equal(several.length[:, 0], one.length)


@pytest.mark.parametrize("power", [0.0, 0.7, 1.0])
def test_a_wide_beam_is_exhaustive_search(power):
    step, state = tiny(3)
    wide = beam(step, state, 3, width=V**T, power=power)
    for row in range(3):
        score = {words: log_prob(step, state, row, words) for words in every_text()}
        ranked = sorted(score, key=lambda words: -score[words] / len(words) ** power)
        for place, words in enumerate(ranked[:6]):
            got = wide.tokens[row, place].tolist()
            assert got[: len(words)] == list(words) and set(got[len(words) :]) <= {END}
            assert float(wide.log_prob[row, place]) == pytest.approx(score[words], abs=1e-4)
            assert int(wide.length[row, place]) == len(words)


def test_greedy_takes_the_likeliest_word_every_time():
    step, state = tiny(3, 4)
    written = decode.greedy(step, state, 3, begin=BEGIN, end=END, length=T)
    for row in range(3):
        words, one, token = [], jax.tree.map(lambda a, r=row: a[r : r + 1], state), BEGIN
        while len(words) < T and token != END:
            one, log_probs = step(one, jnp.array([token]))
            token = int(log_probs.argmax())
            words.append(token)
        assert written.tokens[row, : len(words)].tolist() == words
        assert (np.asarray(written.tokens[row, len(words) :]) == END).all()
        assert float(written.log_prob[row]) == pytest.approx(log_prob(step, state, row, words), abs=1e-4)


def test_a_wider_beam_never_finds_less_on_these_models():
    step, state = tiny(23, 5, 1.0)
    best = [np.asarray(beam(step, state, 23, width=k).log_prob[:, 0]) for k in (1, 2, V**T)]
    assert (best[2] >= best[1] - 1e-5).all() and (best[2] >= best[0] - 1e-5).all() and (best[2] > best[0] + 0.01).any()


def test_dividing_by_the_length_prefers_longer_texts():
    log_probs = jnp.log(jnp.array([0.55, 0.0, 0.45]))  # "end" now: .45; one word, then "end": .25, or .50 a word

    def step(state, token):
        return state, jnp.broadcast_to(log_probs, (len(token), V))

    lengths = [int(decode.beam(step, {}, 1, begin=BEGIN, end=END, length=T, width=4, power=power).length[0, 0]) for power in (0.0, 1.0)]
    assert lengths == [1, 3]


def test_both_searches_compile():
    step, state = tiny(2)
    eager = decode.beam(step, state, 2, begin=BEGIN, end=END, length=T, width=3)
    np.testing.assert_array_equal(eager.tokens, beam(step, state, 2, width=3).tokens)


def test_drawn_words_come_as_often_as_the_model_says():
    """First words of 4,000 texts of one model, plain and sharpened; at temperature 0 all are the likeliest."""
    step, state = tiny(1, 6, sharp=0.5)
    many = 4000
    state = jax.tree.map(lambda a: jnp.repeat(a, many, 0), state)
    p = np.exp(step(state, jnp.full(many, BEGIN))[1][0])
    assert p.max() < 0.9

    run = jax.jit(lambda noise: decode.sample(step, state, many, noise, begin=BEGIN, end=END))

    def draw(temperature, seed=0):
        return run(decode.gumbel(np.random.default_rng(seed), many, T, V, temperature))

    for temperature, expected in ((1.0, p), (0.5, p**2 / (p**2).sum())):
        first = np.bincount(np.asarray(draw(temperature).tokens)[:, 0], minlength=V) / many
        np.testing.assert_allclose(first, expected, atol=4 * 0.5 / many**0.5)
    got, other, greedy = draw(1.0), draw(1.0, 1), decode.greedy(step, state, many, begin=BEGIN, end=END, length=T)
    assert (got.tokens != other.tokens).any()
    np.testing.assert_array_equal(draw(0.0).tokens, greedy.tokens)
    for row in range(2):
        words = np.asarray(got.tokens)[row, : int(got.length[row])].tolist()
        assert float(got.log_prob[row]) == pytest.approx(log_prob(step, state, row, words), abs=1e-4)
        assert END not in words[:-1] and set(np.asarray(got.tokens)[row, len(words) :]) <= {END}
