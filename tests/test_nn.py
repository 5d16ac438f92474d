"""The layers: what reaches what, what does not, and that they equal other ways to compute the same."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from shared import CLOSE, normal, run

from course_utils.nn import published
from course_utils.nn.attention import MultiHeadAttention, masked_softmax
from course_utils.nn.embed import Embed, Positions, extend_columns, extend_rows
from course_utils.nn.linear import Linear
from course_utils.nn.lstm import LSTM, LSTMCell
from course_utils.nn.masks import attention_mask
from course_utils.nn.transformer import Block, Transformer


def bits(rows):
    return np.array([[int(bit) for bit in row] for row in rows.split()], bool)


@pytest.mark.parametrize(
    ("block", "valid", "expected"),
    [
        (None, "11111", "11111 11111 11111 11111 11111"),
        ("00000", "11111", "11111 11111 11111 11111 11111"),
        ("11111", "11111", "10000 11000 11100 11110 11111"),
        ("00011", "11111", "11100 11100 11100 11110 11111"),
        ("00101", "11111", "11000 11000 11110 11110 11111"),
        ("00011", "11011", "11000 11000 00000 11010 11011"),
    ],
)
def test_masks_are_as_drawn(block, valid, expected):
    block = None if block is None else bits(block)[0]
    np.testing.assert_array_equal(attention_mask(jnp.asarray(bits(valid)), block)[0], bits(expected))


def test_each_row_may_have_a_mask_of_its_own():
    valid, block = jnp.ones((2, 3), bool), jnp.array([[0, 0, 1], [1, 1, 1]])
    got = attention_mask(valid, block)
    np.testing.assert_array_equal(got[0], bits("110 110 111"))
    np.testing.assert_array_equal(got[1], bits("100 110 111"))


def test_masked_softmax():
    scores, mask = normal(3, 5), bits("11011 00000 00100")
    got = np.asarray(masked_softmax(scores, mask))
    np.testing.assert_allclose(got.sum(-1), [1, 0, 1], rtol=1e-6)
    assert (got[~mask] == 0).all()
    np.testing.assert_allclose(got[0, mask[0]], jax.nn.softmax(scores[0, mask[0]]), **CLOSE)
    slopes = jax.grad(lambda s: masked_softmax(s, mask)[:, 2].sum())(scores)
    assert np.isfinite(slopes).all()


def test_attention_by_hand():
    layer = MultiHeadAttention(6, 3, source=7, rngs=nnx.Rngs(0))
    x, context, mask = normal(2, 4, 6), normal(2, 5, 7, seed=1), bits("11011 11111 10000 00110")[None]
    y, weights = run(layer, x, context, mask)
    assert y.shape == (2, 4, 6) and weights.shape == (2, 3, 4, 5)
    q, k, v = (np.asarray(f(a)) for f, a in ((layer.query, x), (layer.key, context), (layer.value, context)))
    expected = np.zeros((2, 4, 6), np.float32)
    for b in range(2):
        for h in range(3):
            part = slice(2 * h, 2 * h + 2)
            for t in range(4):
                scores = np.where(mask[0, t], k[b, :, part] @ q[b, t, part] / np.sqrt(2), -np.inf)
                p = np.exp(scores - scores.max())
                expected[b, t, part] = (p / p.sum()) @ v[b, :, part]
    np.testing.assert_allclose(y, layer.out(expected), **CLOSE)


def test_attention_does_not_know_the_order():
    block, x = Block(6, 3, rngs=nnx.Rngs(0)), normal(2, 7, 6)
    order = np.random.default_rng(1).permutation(7)
    y, weights = run(block, x)
    y_moved, weights_moved = run(block, x[:, order])
    np.testing.assert_allclose(y_moved, np.asarray(y)[:, order], **CLOSE)
    np.testing.assert_allclose(weights_moved, np.asarray(weights)[:, :, order][..., order], **CLOSE)


def test_a_word_reaches_only_what_the_mask_lets_see_it():
    model, x = Transformer(6, 2, 3, rngs=nnx.Rngs(0)), normal(2, 7, 6)
    mask = attention_mask(jnp.ones((2, 7), bool), jnp.array([0, 0, 0, 1, 1, 1, 1]))
    before = np.asarray(run(model, x, mask)[0])
    for t in range(7):
        changed = x.copy()
        changed[:, t] = normal(6, seed=t + 1)  # not + 1: a layer norm would not feel it
        reached = np.abs(np.asarray(run(model, changed, mask)[0]) - before).max((0, 2)) > 1e-4
        np.testing.assert_array_equal(reached, np.asarray(mask)[0, :, t])


def test_padding_changes_nothing():
    model, x = Transformer(6, 2, 2, rngs=nnx.Rngs(0)), normal(2, 5, 6)
    valid = jnp.array([[True] * 5 + [False] * 3] * 2)
    for seed in (1, 2):
        padded = np.concatenate([x, 9 * normal(2, 3, 6, seed=seed)], 1)
        np.testing.assert_allclose(run(model, padded, attention_mask(valid))[0][:, :5], run(model, x)[0], **CLOSE)


def test_the_block_uses_the_erf_gelu():
    block = Block(6, 2, 5, rngs=nnx.Rngs(0))
    x = normal(3, 6)
    up = np.asarray(block.mlp.up(x), np.float64)
    erf = np.vectorize(math.erf)
    expected = (up * 0.5 * (1 + erf(up / np.sqrt(2)))) @ np.asarray(block.mlp.down.kernel[...])
    np.testing.assert_allclose(block.mlp(x), expected, **CLOSE)


def test_a_width_that_does_not_split_is_refused():
    with pytest.raises(ValueError, match="7 does not split into 2 heads"):
        MultiHeadAttention(7, 2, rngs=nnx.Rngs(0))


def test_lstm_is_its_cell_step_by_step():
    lstm, x = LSTM(3, 5, rngs=nnx.Rngs(0)), normal(2, 7, 3)
    y, aux = lstm(x)
    carry = lstm.cell.start(2)
    for t in range(7):
        carry = lstm.cell(carry, x[:, t])
        np.testing.assert_allclose(aux["states"][:, t], carry[0], **CLOSE)
    np.testing.assert_allclose(y, carry[0], **CLOSE)


def test_lstm_cell_equals_flax():
    cell, other = LSTMCell(3, 5, rngs=nnx.Rngs(0)), nnx.LSTMCell(3, 5, rngs=nnx.Rngs(1))
    bias = np.array(cell.input.bias[...]) + normal(20)
    cell.input.bias[...] = jnp.asarray(bias)
    for k, gate in enumerate("ifgo"):  # in Flax the recurrent half carries the bias, and nothing is added to f
        part = slice(5 * k, 5 * k + 5)
        getattr(other, "if_" if gate == "f" else f"i{gate}").kernel[...] = cell.input.kernel[...][:, part]
        getattr(other, f"h{gate}").kernel[...] = cell.recurrent.kernel[...][:, part]
        getattr(other, f"h{gate}").bias[...] = jnp.asarray(bias[part] + (gate == "f"))
    h, c, x = normal(2, 5), normal(2, 5, seed=1), normal(2, 3, seed=2)
    new_h, new_c = cell((h, c), x)
    (other_c, other_h), _ = other((c, h), x)
    np.testing.assert_allclose(new_h, other_h, **CLOSE)
    np.testing.assert_allclose(new_c, other_c, **CLOSE)


def test_lstm_stands_still_at_padding_and_never_looks_ahead():
    lstm, x = LSTM(3, 5, rngs=nnx.Rngs(0)), normal(2, 7, 3)
    mask = np.arange(7) < np.array([[7], [4]])
    y, aux = lstm(x, mask)
    np.testing.assert_allclose(y[1], lstm(x[1:, :4])[0][0], **CLOSE)
    np.testing.assert_array_equal(aux["states"][1, 3:], np.repeat(np.asarray(aux["states"][1, 3:4]), 4, 0))
    changed = x.copy()
    changed[:, 3] += 1
    reached = np.abs(np.asarray(run(lstm, changed)[1]["states"] - run(lstm, x)[1]["states"])).max((0, 2)) > 1e-5
    np.testing.assert_array_equal(reached, np.arange(7) >= 3)


def test_tables():
    table, places = Embed(11, 5, rngs=nnx.Rngs(0)), Positions(7, 5, rngs=nnx.Rngs(0))
    tokens = np.array([[3, 3, 10], [0, 1, 2]])
    x = table(tokens)
    assert x.shape == (2, 3, 5) and np.array_equal(x[0, 0], x[0, 1])
    y = places(x)
    np.testing.assert_allclose(y - x, np.broadcast_to(places.table[...][:3], (2, 3, 5)), atol=1e-6)
    with pytest.raises(ValueError, match="8 tokens but only 7 positions"):
        places(normal(1, 8, 5))
    assert abs(np.asarray(Embed(997, 61, rngs=nnx.Rngs(0)).embedding[...]).std() - 61**-0.5) < 0.01


class Two(nnx.Module):
    def __init__(self):
        self.first, self.second = Linear(3, 5, rngs=nnx.Rngs(0)), Linear(5, 2, use_bias=False, rngs=nnx.Rngs(0))


def published_two():
    """The names of Two's published weights, and the weights."""
    names = {
        "a.weight": ("first.kernel", published.transpose),
        "a.bias": ("first.bias", published.same),
        "b.weight": ("second.kernel", published.transpose),
    }
    return names, {"a.weight": normal(5, 3), "a.bias": normal(5), "b.weight": normal(2, 5)}


def test_published_weights_find_their_places_by_name():
    names, tensors = published_two()
    model = Two()
    published.load(model, tensors, names)
    x = normal(4, 3, seed=1)
    expected = (x @ tensors["a.weight"].T + tensors["a.bias"]) @ tensors["b.weight"].T
    np.testing.assert_allclose(model.second(model.first(x)), expected, **CLOSE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t, n: t.pop("a.bias"), "not there: a.bias"),
        (lambda t, n: t.update(c=normal(1)), "tensors over: c"),
        (lambda t, n: n.update({"a.bias": ("first.shift", published.same)}), "does not have: first.shift"),
        (lambda t, n: (t.pop("a.bias"), n.pop("a.bias")), "empty: first.bias"),
        (lambda t, n: t.update({"b.weight": normal(5, 2)}), r"second.kernel has shape \(5, 2\).*\(2, 5\)"),
    ],
)
def test_published_weights_that_do_not_fit_change_nothing(change, message):
    names, tensors = published_two()
    change(tensors, names)
    model, untouched = Two(), Two()
    with pytest.raises(ValueError, match=message):
        published.load(model, tensors, names)
    np.testing.assert_array_equal(model.first.kernel[...], untouched.first.kernel[...])


# --- more words


def test_more_words_change_no_logit_of_the_words_there_were():
    embed, unembed = Embed(7, 5, rngs=nnx.Rngs(0)), Linear(5, 7, rngs=nnx.Rngs(1))
    longer, wider = extend_rows(embed, 11, rngs=nnx.Rngs(2)), extend_columns(unembed, 11, rngs=nnx.Rngs(3))
    tokens = jnp.array([[0, 6, 3], [2, 2, 5]])
    before, after = unembed(embed(tokens)), wider(longer(tokens))
    assert after.shape == (2, 3, 11)
    np.testing.assert_allclose(after[..., :7], before, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(longer.attend(longer(tokens))[..., :7], embed.attend(embed(tokens)), rtol=1e-5, atol=1e-6)
    assert np.abs(longer(jnp.arange(7, 11))).max(1).min() > 0.01 and np.abs(after[..., 7:]).max((0, 1)).min() > 0.01
    assert extend_columns(Linear(5, 7, use_bias=False, rngs=nnx.Rngs(0)), 9, rngs=nnx.Rngs(1)).bias is None
    for fewer in (lambda: extend_rows(embed, 6, rngs=nnx.Rngs(0)), lambda: extend_columns(unembed, 6, rngs=nnx.Rngs(0))):
        with pytest.raises(ValueError, match="7 words already; 6 would be fewer. Give 7 or more"):
            fewer()
