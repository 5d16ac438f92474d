"""More answers to the exercises of notebook 04, written from the exercise texts alone, without a look at their checks.

All of RIGHT must pass; each of WRONG must be told what it got wrong (its description, then the diagnosis it must get).
"""

import collections
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

RIGHT, WRONG = collections.defaultdict(list), collections.defaultdict(list)


def right(number):
    def add(function):
        RIGHT[number].append(function)
        return function

    return add


def wrong(number, mistake, diagnosis):
    def add(function):
        @functools.wraps(function)
        def in_numpy(*args):  # which is quick, and what most of these mistakes are made in
            return function(*jax.tree.map(lambda leaf: np.asarray(leaf) if isinstance(leaf, jax.Array) else leaf, args))

        WRONG[number].append((in_numpy, mistake, diagnosis))
        return function

    return add


# ---- 04.1, right


def linear(params, letter, z):
    return z @ params["W_" + letter] + params["b_" + letter]


def cut(z, heads):
    return z.reshape(*z.shape[:2], heads, -1).swapaxes(1, 2)


def glue(z):
    return z.swapaxes(1, 2).reshape(z.shape[0], z.shape[2], -1)


def three(params, x, context, heads):
    return (cut(linear(params, letter, z), heads) for letter, z in (("q", x), ("k", context), ("v", context)))


def finish(params, weights, v):
    return linear(params, "o", glue(weights @ v)), weights


def scores_of(q, k):
    return q @ k.swapaxes(-1, -2) / math.sqrt(q.shape[-1])


def softmax(scores, axis=-1):
    e = np.exp(scores - np.max(scores, axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def looked(scores, mask):
    return softmax(np.where(mask[:, None], scores, -1e30)) * mask[:, None]


def att_plain(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(scores_of(q, k), mask), v)


@right("04.1")
def att_by_the_hints(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    scores, seen = scores_of(q, k), mask[:, None]
    weights = jax.nn.softmax(jnp.where(seen, scores, jnp.finfo(scores.dtype).min), axis=-1)
    return finish(params, jnp.where(seen, weights, 0), v)


@right("04.1")
def att_numpy_loops(params, x, context, mask, heads):
    p = {name: np.asarray(value, np.float64) for name, value in params.items()}
    x, context, mask = np.asarray(x, np.float64), np.asarray(context, np.float64), np.asarray(mask)
    (size, length, width), many = x.shape, context.shape[1]
    each = width // heads
    y, weights = np.zeros((size, length, width)), np.zeros((size, heads, length, many))
    for b in range(size):
        q, k, v = x[b] @ p["W_q"] + p["b_q"], context[b] @ p["W_k"] + p["b_k"], context[b] @ p["W_v"] + p["b_v"]
        for t in range(length):
            together = []
            for h in range(heads):
                part = slice(h * each, (h + 1) * each)
                seen = [n for n in range(many) if mask[b, t, n]]
                raw = [float(q[t, part] @ k[n, part]) / each**0.5 for n in seen]
                total = sum(math.exp(r - max(raw)) for r in raw)
                for n, r in zip(seen, raw):
                    weights[b, h, t, n] = math.exp(r - max(raw)) / total
                together.append(weights[b, h, t] @ v[:, part])
            y[b, t] = np.concatenate(together) @ p["W_o"] + p["b_o"]
    return y, weights


@right("04.1")
def att_einsum(params, x, context, mask, heads):
    def many(letter, z):
        w, z = np.reshape(params["W_" + letter], (z.shape[-1], heads, -1)), np.asarray(z)
        return np.einsum("btc,chd->bthd", z, w) + np.reshape(params["b_" + letter], (heads, -1))

    q, k, v = many("q", x), many("k", context), many("v", context)
    scores = np.einsum("bthd,bnhd->bhtn", q, k) * q.shape[-1] ** -0.5
    e = np.exp(scores - scores.max(-1, keepdims=True)) * np.asarray(mask)[:, None]
    total = e.sum(-1, keepdims=True)
    weights = e / np.where(total == 0, 1, total)
    out = np.reshape(params["W_o"], (heads, -1, x.shape[-1]))
    return np.einsum("bhtn,bnhd,hdc->btc", weights, v, out) + np.asarray(params["b_o"]), weights


@right("04.1")
def att_vmap(params, x, context, mask, heads):
    def head(q, k, v, seen):
        s = jnp.where(seen, q @ k.T / jnp.sqrt(q.shape[1]), -jnp.inf)
        w = jnp.nan_to_num(jax.nn.softmax(s, axis=1))
        return w @ v, w

    def one(x, context, seen):
        q, k, v = (linear(params, n, z).reshape(len(z), heads, -1) for n, z in (("q", x), ("k", context), ("v", context)))
        y, w = jax.vmap(head, in_axes=(1, 1, 1, None), out_axes=(1, 0))(q, k, v, seen)
        return y.reshape(len(x), -1) @ params["W_o"] + params["b_o"], w

    return jax.jit(jax.vmap(one))(x, context, mask)


@right("04.1")
def att_where_of_softmax(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    weights = jax.nn.softmax(scores_of(q, k), axis=-1, where=mask[:, None])
    return finish(params, jnp.where(mask.any(-1)[:, None, :, None], weights, 0.0), v)


@right("04.1")
def att_minus_a_billion_as_lists(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    weights = jax.nn.softmax(scores_of(q, k) + -1e9 * (1.0 - mask[:, None]), axis=-1) * mask[:, None]
    y, weights = finish(params, weights, v)
    return [np.asarray(y).tolist(), np.asarray(weights).tolist()]


@right("04.1")
def att_split_columns(params, x, context, mask, heads):
    params, x, context, mask = jax.tree.map(np.asarray, (params, x, context, mask))
    q, k, v = linear(params, "q", x), linear(params, "k", context), linear(params, "v", context)
    weights, y = [], params["b_o"]
    rows = np.split(params["W_o"], heads)
    for q_h, k_h, v_h, w_h in zip(np.split(q, heads, -1), np.split(k, heads, -1), np.split(v, heads, -1), rows):
        s = np.where(mask, (q_h / math.sqrt(q_h.shape[-1])) @ k_h.transpose(0, 2, 1), -1e30)
        weights.append(softmax(s) * mask)
        y = y + weights[-1] @ v_h @ w_h
    return y, np.stack(weights, axis=1)


@right("04.1")
def att_without_the_bias_of_the_keys(params, x, context, mask, heads):
    params, x, context, mask = jax.tree.map(np.asarray, (params, x, context, mask))
    # q·b_k is the same for all that t looks at, and softmax does not see it
    q, v = cut(linear(params, "q", x), heads), cut(linear(params, "v", context), heads)
    return finish(params, looked(scores_of(q, cut(context @ params["W_k"], heads)), mask), v)


@right("04.1")
def att_one_table_for_both(params, x, context, mask, heads):
    # a column of ones takes the biases into the matrices: scores are x M cᵀ, with one M for each head
    x, context = (np.pad(np.asarray(z, np.float64), ((0, 0), (0, 0), (0, 1)), constant_values=1) for z in (x, context))
    w = {n: np.vstack([params["W_" + n], params["b_" + n]]).astype(np.float64) for n in "qkv"}
    q, k, v = (np.split(w[n], heads, axis=1) for n in "qkv")
    scores = np.stack([x @ (a @ b.T) @ context.swapaxes(1, 2) / a.shape[1] ** 0.5 for a, b in zip(q, k)], axis=1)
    weights = looked(scores, np.asarray(mask))
    y = np.concatenate([weights[:, h] @ context @ v[h] for h in range(heads)], axis=-1)
    return y @ np.asarray(params["W_o"]) + np.asarray(params["b_o"]), weights


@right("04.1")
def att_log_of_the_mask(params, x, context, mask, heads):
    params, x, context, mask = jax.tree.map(np.asarray, (params, x, context, mask))
    q, k, v = three(params, x, context, heads)
    scores = scores_of(q, k) + np.log(mask[:, None])
    total = np.logaddexp.reduce(scores, axis=-1, keepdims=True)
    return finish(params, np.exp(scores - np.maximum(total, -1e30)), v)


@right("04.1")
def att_tiny_number_below(params, x, context, mask, heads):
    params, x, context, mask = jax.tree.map(np.asarray, (params, x, context, mask))
    q, k, v = three(params, x, context, heads)
    e = np.exp(scores_of(q, k)) * mask[:, None]
    return finish(params, e / (e.sum(-1, keepdims=True) + 1e-9), v)


# ---- 04.1, wrong


@wrong("04.1", "forgot the scale", "no-scale")
def att_no_scale(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(q @ k.swapaxes(-1, -2), mask), v)


@wrong("04.1", "divides by the root of D, not of D/H", "root-of-width")
def att_scale_whole_width(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(q @ k.swapaxes(-1, -2) / math.sqrt(x.shape[-1]), mask), v)


@wrong("04.1", "divides by D/H without the root", "divided-by-head")
def att_scale_no_root(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(q @ k.swapaxes(-1, -2) / q.shape[-1], mask), v)


@wrong("04.1", "multiplies by the root", "multiplied")
def att_scale_times(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(q @ k.swapaxes(-1, -2) * math.sqrt(q.shape[-1]), mask), v)


@wrong("04.1", "divides by the root of the context's width", "root-of-context")
def att_scale_context(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(q @ k.swapaxes(-1, -2) / math.sqrt(context.shape[-1]), mask), v)


@wrong("04.1", "divides by the root of the number of heads", "root-of-heads")
def att_scale_heads(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(q @ k.swapaxes(-1, -2) / math.sqrt(heads), mask), v)


@wrong("04.1", "divides by the root of N", "root-of-places")
def att_scale_length(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(q @ k.swapaxes(-1, -2) / math.sqrt(context.shape[1]), mask), v)


@wrong("04.1", "scales twice: q and the scores", "divided-by-head")
def att_scale_twice(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(scores_of(q, k) / math.sqrt(q.shape[-1]), mask), v)


@wrong("04.1", "softmax over those who look (axis 2)", "softmax-over-queries")
def att_softmax_of_queries(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    seen = mask[:, None]
    weights = softmax(np.where(seen, scores_of(q, k), -1e30), axis=2) * seen
    return finish(params, weights, v)


@wrong("04.1", "softmax over the heads (axis 1)", "softmax-over-heads")
def att_softmax_of_heads(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    seen = mask[:, None]
    return finish(params, softmax(np.where(seen, scores_of(q, k), -1e30), axis=1) * seen, v)


@wrong("04.1", "softmax over the whole table of a head", "softmax-over-table")
def att_softmax_of_table(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    seen = mask[:, None]
    return finish(params, softmax(np.where(seen, scores_of(q, k), -1e30), axis=(2, 3)) * seen, v)


@wrong("04.1", "no softmax at all", "no-softmax")
def att_no_softmax(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, np.where(mask[:, None], scores_of(q, k), 0), v)


@wrong("04.1", "divides the scores by their sum, without exp", "no-exp")
def att_no_exp(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    s = np.where(mask[:, None], scores_of(q, k), 0)
    total = s.sum(-1, keepdims=True)
    return finish(params, s / np.where(total == 0, 1, total), v)


@wrong("04.1", "sigmoid for softmax", "sigmoid")
def att_sigmoid(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, 1 / (1 + np.exp(-scores_of(q, k))) * mask[:, None], v)


@wrong("04.1", "forgot the mask", "no-mask")
def att_no_mask(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, softmax(scores_of(q, k)), v)


@wrong("04.1", "forgot the mask, except for rows that look at nothing", "no-mask")
def att_mask_of_empty_rows(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, softmax(scores_of(q, k)) * mask.any(-1)[:, None, :, None], v)


@wrong("04.1", "took True for 'hide'", "mask-inverted")
def att_mask_inverted(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(scores_of(q, k), ~mask), v)


@wrong("04.1", "masks after the softmax only: the rest does not add up to 1", "mask-after-softmax")
def att_mask_after(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, softmax(scores_of(q, k)) * mask[:, None], v)


@wrong("04.1", "multiplies the scores by the mask: what is hidden has score 0, and some weight", "mask-multiplied")
def att_mask_times(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, softmax(scores_of(q, k) * mask[:, None]), v)


@wrong("04.1", "multiplies the scores by the mask, and the weights again", "zero-before-softmax")
def att_mask_times_twice(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, softmax(scores_of(q, k) * mask[:, None]) * mask[:, None], v)


@wrong("04.1", "fills in the smallest positive number (finfo.tiny)", "zero-before-softmax")
def att_mask_tiny(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    s = scores_of(q, k)
    return finish(params, np.where(mask[:, None], softmax(np.where(mask[:, None], s, np.finfo(s.dtype).tiny)), 0), v)


@wrong("04.1", "hides with -1, which is not low", "filled-with-minus-one")
def att_mask_minus_one(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, softmax(np.where(mask[:, None], scores_of(q, k), -1.0)), v)


@wrong("04.1", "adds the mask to the scores", "mask-added")
def att_mask_added(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, softmax(scores_of(q, k) + mask[:, None]), v)


@wrong("04.1", "adds the billion where it should take it away", "mask-sign")
def att_mask_sign(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, softmax(scores_of(q, k) + 1e9 * ~mask[:, None]), v)


@wrong("04.1", "an empty row looks everywhere alike: 1/N", "empty-row-shared-out")
def att_empty_uniform(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, softmax(np.where(mask[:, None], scores_of(q, k), -1e30)), v)


@wrong("04.1", "-inf: an empty row is NaN", "empty-row-nan")
def att_empty_nan(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, softmax(np.where(mask[:, None], scores_of(q, k), -np.inf)), v)


@wrong("04.1", "an empty row's y is 0: forgot that b_o is added there, too", "empty-row-zeroed")
def att_empty_y_zero(params, x, context, mask, heads):
    y, weights = att_plain(params, x, context, mask, heads)
    return np.where(mask.any(-1)[..., None], y, 0), weights


@wrong("04.1", "an empty row's y is x, as it came", "empty-row-unchanged")
def att_empty_y_x(params, x, context, mask, heads):
    y, weights = att_plain(params, x, context, mask, heads)
    return np.where(mask.any(-1)[..., None], y, x), weights


@wrong("04.1", "sets the weights to 0 only in what it returns; y was made from 1/N", "empty-row-seen")
def att_zero_too_late(params, x, context, mask, heads):
    y, weights = att_empty_uniform(params, x, context, mask, heads)
    return y, weights * mask[:, None]


@wrong("04.1", "sets the weights to 0 for y, and returns those of before", "empty-row-shared-out")
def att_zero_not_returned(params, x, context, mask, heads):
    y, _ = att_plain(params, x, context, mask, heads)
    return y, att_empty_uniform(params, x, context, mask, heads)[1]


@wrong("04.1", "the first row of the mask for all", "first-row-of-mask")
def att_first_row_of_mask(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(scores_of(q, k), np.broadcast_to(mask[:, :1], mask.shape)), v)


@wrong("04.1", "the first picture's mask for all", "first-mask-for-all")
def att_first_mask(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(scores_of(q, k), np.broadcast_to(mask[:1], mask.shape)), v)


@wrong("04.1", "one mask for all who look: what anybody may see", "one-mask-for-all-rows")
def att_mask_of_anybody(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, looked(scores_of(q, k), np.broadcast_to(mask.any(1, keepdims=True), mask.shape)), v)


@wrong("04.1", "hides only what nobody of the row may see", "mask-of-one-head")
def att_mask_last_head_only(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    s = np.where(mask[:, None] | (np.arange(heads) > 0)[:, None, None], scores_of(q, k), -1e30)
    return finish(params, softmax(s) * mask.any(-1)[:, None, :, None], v)


@wrong("04.1", "reshapes straight to (B, H, T, D/H)", "heads-reshaped")
def att_heads_by_reshape(params, x, context, mask, heads):
    def straight(z):
        return z.reshape(z.shape[0], heads, z.shape[1], -1)

    q, k, v = (straight(linear(params, n, z)) for n, z in (("q", x), ("k", context), ("v", context)))
    return finish(params, looked(scores_of(q, k), mask), v)


@wrong("04.1", "reshapes straight, there and back", "heads-reshaped")
def att_heads_by_reshape_both_ways(params, x, context, mask, heads):
    def straight(z):
        return z.reshape(z.shape[0], heads, z.shape[1], -1)

    q, k, v = (straight(linear(params, n, z)) for n, z in (("q", x), ("k", context), ("v", context)))
    weights = looked(scores_of(q, k), mask)
    return linear(params, "o", (weights @ v).reshape(x.shape)), weights


@wrong("04.1", "head h takes every H-th column", "heads-interleaved")
def att_heads_interleaved(params, x, context, mask, heads):
    def cards(z):
        return z.reshape(*z.shape[:2], -1, heads).transpose(0, 3, 1, 2)

    q, k, v = (cards(linear(params, n, z)) for n, z in (("q", x), ("k", context), ("v", context)))
    weights = looked(scores_of(q, k), mask)
    return linear(params, "o", (weights @ v).transpose(0, 2, 3, 1).reshape(x.shape)), weights


@wrong("04.1", "puts the heads back side by side without moving their axis", "heads-not-put-back")
def att_glued_straight(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    weights = looked(scores_of(q, k), mask)
    return linear(params, "o", (weights @ v).reshape(x.shape)), weights


@wrong("04.1", "glues the heads column by column", "heads-interleaved")
def att_glued_by_columns(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    weights = looked(scores_of(q, k), mask)
    return linear(params, "o", (weights @ v).transpose(0, 2, 3, 1).reshape(x.shape)), weights


@wrong("04.1", "exchanges D/H and H in the reshape: H columns in each of D/H heads", "heads-and-width-exchanged")
def att_heads_and_width_exchanged(params, x, context, mask, heads):
    q, k, v = three(params, x, context, x.shape[-1] // heads)
    return finish(params, looked(scores_of(q, k), mask), v)


@wrong("04.1", "one head, whatever H is", "one-head")
def att_one_head(params, x, context, mask, heads):
    return att_plain(params, x, context, mask, 1)


@wrong("04.1", "one head, its weights repeated H times", "one-head")
def att_one_head_repeated(params, x, context, mask, heads):
    y, weights = att_plain(params, x, context, mask, 1)
    return y, np.repeat(weights, heads, axis=1)


@wrong("04.1", "two heads, whatever H is", "two-heads")
def att_two_heads(params, x, context, mask, heads):
    return att_plain(params, x, context, mask, 2)


@wrong("04.1", "four heads, whatever H is", "exception")
def att_four_heads(params, x, context, mask, heads):
    return att_plain(params, x, context, mask, 4)


@wrong("04.1", "the heads' mean weights", "heads-averaged")
def att_mean_weights(params, x, context, mask, heads):
    y, weights = att_plain(params, x, context, mask, heads)
    return y, weights.mean(1)


@wrong("04.1", "the heads are averaged and repeated, not put side by side", "heads-averaged")
def att_mean_of_heads(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    weights = looked(scores_of(q, k), mask)
    return linear(params, "o", np.tile((weights @ v).mean(1), heads)), weights


@wrong("04.1", "forgot W_o and b_o", "not-projected")
def att_no_output(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    weights = looked(scores_of(q, k), mask)
    return glue(weights @ v), weights


@wrong("04.1", "forgot W_o, adds b_o", "no-output-matrix")
def att_no_output_matrix(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    weights = looked(scores_of(q, k), mask)
    return glue(weights @ v) + params["b_o"], weights


@wrong("04.1", "forgot b_o", "no-output-bias")
def att_no_output_bias(params, x, context, mask, heads):
    y, weights = att_plain(params, x, context, mask, heads)
    return y - params["b_o"], weights


def without(*letters):
    def answer(params, x, context, mask, heads):
        params = params | {"b_" + n: 0 * params["b_" + n] for n in letters}
        return att_plain(params, x, context, mask, heads)

    return answer


@wrong("04.1", "forgot b_q", "no-biases")
def att_no_bias_q(params, x, context, mask, heads):
    return without("q")(params, x, context, mask, heads)


@wrong("04.1", "forgot b_v", "no-value-bias")
def att_no_bias_v(params, x, context, mask, heads):
    return without("v")(params, x, context, mask, heads)


@wrong("04.1", "forgot b_q, b_k and b_v", "no-biases")
def att_no_biases_inside(params, x, context, mask, heads):
    return without("q", "k", "v")(params, x, context, mask, heads)


@wrong("04.1", "forgot all four biases", "no-biases")
def att_no_biases(params, x, context, mask, heads):
    return without("q", "k", "v", "o")(params, x, context, mask, heads)


@wrong("04.1", "b_q and b_k exchanged", "biases-exchanged")
def att_biases_exchanged(params, x, context, mask, heads):
    return att_plain(params | {"b_q": params["b_k"], "b_k": params["b_q"]}, x, context, mask, heads)


@wrong("04.1", "W_k for the values as well", "keys-for-values")
def att_values_are_keys(params, x, context, mask, heads):
    return att_plain(params | {"W_v": params["W_k"], "b_v": params["b_k"]}, x, context, mask, heads)


@wrong("04.1", "W_k and W_v exchanged", "keys-and-values-exchanged")
def att_keys_and_values_exchanged(params, x, context, mask, heads):
    swap = {"W_v": params["W_k"], "b_v": params["b_k"], "W_k": params["W_v"], "b_k": params["b_v"]}
    return att_plain(params | swap, x, context, mask, heads)


@wrong("04.1", "W_q transposed", "query-matrix-turned")
def att_q_transposed(params, x, context, mask, heads):
    return att_plain(params | {"W_q": params["W_q"].T}, x, context, mask, heads)


@wrong("04.1", "W_o transposed", "output-matrix-turned")
def att_o_transposed(params, x, context, mask, heads):
    return att_plain(params | {"W_o": params["W_o"].T}, x, context, mask, heads)


@wrong("04.1", "W_q and W_o exchanged", "output-for-queries")
def att_q_and_o_exchanged(params, x, context, mask, heads):
    return att_plain(params | {"W_q": params["W_o"], "W_o": params["W_q"]}, x, context, mask, heads)


@wrong("04.1", "x looks at itself", "exception")
def att_self(params, x, context, mask, heads):
    return att_plain(params, x, x, mask, heads)


@wrong("04.1", "queries from the context, keys and values from x", "exception")
def att_roles_exchanged(params, x, context, mask, heads):
    return att_plain(params, context, x, mask, heads)


@wrong("04.1", "adds x to y", "residual")
def att_residual(params, x, context, mask, heads):
    y, weights = att_plain(params, x, context, mask, heads)
    return x + y, weights


@wrong("04.1", "returns the scores, not the weights", "scores-returned")
def att_scores_returned(params, x, context, mask, heads):
    q, k, _ = three(params, x, context, heads)
    return att_plain(params, x, context, mask, heads)[0], scores_of(q, k)


@wrong("04.1", "only y", "one-of-several")
def att_y_only(params, x, context, mask, heads):
    return att_plain(params, x, context, mask, heads)[0]


@wrong("04.1", "only the weights", "one-of-several")
def att_weights_only(params, x, context, mask, heads):
    return att_plain(params, x, context, mask, heads)[1]


@wrong("04.1", "the weights first", "exchanged")
def att_other_order(params, x, context, mask, heads):
    return att_plain(params, x, context, mask, heads)[::-1]


@wrong("04.1", "weights (B, T, H, N)", "heads-third")
def att_heads_third(params, x, context, mask, heads):
    y, weights = att_plain(params, x, context, mask, heads)
    return y, weights.swapaxes(1, 2)


@wrong("04.1", "weights (B, H, N, T)", "transposed")
def att_weights_transposed(params, x, context, mask, heads):
    y, weights = att_plain(params, x, context, mask, heads)
    return y, weights.swapaxes(2, 3)


@wrong("04.1", "weights (H, B, T, N), as a loop over heads stacks them", "heads-first")
def att_heads_first(params, x, context, mask, heads):
    y, weights = att_plain(params, x, context, mask, heads)
    return y, weights.swapaxes(0, 1)


@wrong("04.1", "the heads in the other order", "heads-backwards")
def att_heads_backwards(params, x, context, mask, heads):
    y, weights = att_plain(params, x, context, mask, heads)
    return y, weights[:, ::-1]


@wrong("04.1", "all weight on the largest", "hard")
def att_hard(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    best = np.eye(mask.shape[-1])[np.where(mask[:, None], scores_of(q, k), -1e30).argmax(-1)]
    return finish(params, best * mask[:, None], v)


@wrong("04.1", "all that may be seen is seen alike", "flat")
def att_uniform(params, x, context, mask, heads):
    _, _, v = three(params, x, context, heads)
    weights = mask / np.maximum(mask.sum(-1, keepdims=True), 1)
    return finish(params, np.repeat(weights[:, None], heads, axis=1), v)


@wrong("04.1", "forgot to project: x and context are Q, K and V", "exception")
def att_no_projection(params, x, context, mask, heads):
    q, k, v = cut(x, heads), cut(context, heads), cut(context, heads)
    return finish(params, looked(scores_of(q, k), mask), v)


@wrong("04.1", "the mask without an axis for heads", "exception")
def att_mask_without_axis(params, x, context, mask, heads):
    q, k, v = three(params, x, context, heads)
    return finish(params, softmax(np.where(mask, scores_of(q, k), -1e30)) * mask, v)


@wrong("04.1", "forgot return", "returns-nothing")
def att_nothing(params, x, context, mask, heads):
    att_plain(params, x, context, mask, heads)


@wrong("04.1", "zeros of the right shapes", "not-shares")
def att_zeros(params, x, context, mask, heads):
    return np.zeros_like(x), np.zeros((x.shape[0], heads, *mask.shape[1:]))


# ---- 04.2, right


def there_of(tokens, there):
    return np.concatenate([tokens != 0, there], axis=1)


def both(valid):
    return valid[:, :, None] & valid[:, None, :]


def said(params, tokens):
    return params["words"][tokens] + params["positions"][: tokens.shape[1]] + params["types"][0]


def shown(params, regions):
    return regions @ params["W"] + params["b"] + params["types"][1]


@right("04.2")
def join_by_the_hints(params, tokens, regions, there):
    x = jnp.concatenate([said(params, tokens), shown(params, regions)], axis=1)
    return x, both(jnp.concatenate([tokens != 0, there], axis=1))


@right("04.2")
def join_numpy_loops(params, tokens, regions, there):
    p = {name: np.asarray(value, np.float64) for name, value in params.items()}
    tokens, regions, there = np.asarray(tokens), np.asarray(regions, np.float64), np.asarray(there)
    (size, length), many = tokens.shape, regions.shape[1]
    x = np.empty((size, length + many, p["b"].size))
    mask = np.zeros((size, length + many, length + many), bool)
    for i in range(size):
        for t in range(length):
            x[i, t] = p["words"][tokens[i, t]] + p["positions"][t] + p["types"][0]
        for n in range(many):
            x[i, length + n] = regions[i, n] @ p["W"] + p["b"] + p["types"][1]
        here = [int(token) != 0 for token in tokens[i]] + [bool(one) for one in there[i]]
        for row in range(length + many):
            for column in range(length + many):
                mask[i, row, column] = here[row] and here[column]
    return x, mask


@right("04.2")
def join_one_hot(params, tokens, regions, there):
    params, tokens, regions, there = jax.tree.map(np.asarray, (params, tokens, regions, there))
    length, kinds = tokens.shape[1], len(params["words"])
    places = np.eye(length, len(params["positions"])) @ params["positions"]
    image = np.einsum("bnf,fd->bnd", regions, params["W"]) + params["b"]
    kind = np.repeat(params["types"], [length, regions.shape[1]], axis=0)
    valid = there_of(tokens, there).astype(int)
    x = np.hstack([np.eye(kinds)[tokens] @ params["words"] + places, image]) + kind
    return x, np.einsum("bi,bj->bij", valid, valid) == 1


@right("04.2")
def join_vmap(params, tokens, regions, there):
    def one(tokens, regions, there):
        text = jnp.take(params["words"], tokens, axis=0) + jnp.take(params["positions"], jnp.arange(len(tokens)), axis=0)
        x = jnp.concatenate([text + params["types"][0], shown(params, regions)])
        valid = jnp.concatenate([tokens > 0, there])
        return x, jnp.logical_and(*jnp.meshgrid(valid, valid))

    return jax.vmap(one)(tokens, regions, there)


@right("04.2")
def join_zip_and_lists(params, tokens, regions, there):
    x, mask = join_numpy_loops(params, tokens, regions, there)
    return [x.tolist(), mask.tolist()]


@right("04.2")
def join_count_of_two(params, tokens, regions, there):
    valid = np.concatenate([np.sign(np.asarray(tokens)), np.asarray(there).astype(int)], 1)
    x = np.zeros((*valid.shape, params["b"].shape[0]), np.float32)
    length = tokens.shape[1]
    x[:, :length] += np.asarray(params["words"])[np.asarray(tokens)]
    x[:, :length] += np.asarray(params["positions"])[:length]
    x[:, :length] += np.asarray(params["types"])[0]
    x[:, length:] = np.asarray(shown(params, regions))
    return x, valid[..., None] + valid[:, None] == 2


@right("04.2")
def join_bias_among_the_types(params, tokens, regions, there):
    params, tokens, regions, there = jax.tree.map(np.asarray, (params, tokens, regions, there))
    hidden = ~there_of(tokens, there)
    table = params["words"] + params["types"][:1]
    image = regions @ params["W"] + (params["b"] + params["types"][1])
    x = np.concatenate([table[tokens] + params["positions"][None, : tokens.shape[1]], image], 1)
    return x, ~(hidden[:, None] | hidden[..., None])


@right("04.2")
def join_written_into_arrays(params, tokens, regions, there):
    params, tokens, regions, there = jax.tree.map(np.asarray, (params, tokens, regions, there))
    (size, length), many = tokens.shape, regions.shape[1]
    x = np.empty((size, length + many, params["W"].shape[1]), np.float32)
    x[:, :length], x[:, length:] = said(params, tokens), shown(params, regions)
    mask = np.ones((size, length + many, length + many), bool)
    mask[:, :length][tokens == 0] = False
    mask[:, length:][~there] = False
    return x, mask & mask.transpose(0, 2, 1)


# ---- 04.2, wrong


def joined(text, image):
    return np.concatenate([text, image], axis=1)


def join_plain(params, tokens, regions, there):
    return joined(said(params, tokens), shown(params, regions)), both(there_of(tokens, there))


def replaced(array, at, value):
    array = array.copy()
    array[at] = value
    return array


def on_regions(params, tokens, regions, there, more):
    x, mask = join_plain(params, tokens, regions, there)
    return joined(x[:, : tokens.shape[1]], x[:, tokens.shape[1] :] + more), mask


@wrong("04.2", "forgot the positions", "no-positions")
def join_no_positions(params, tokens, regions, there):
    text = params["words"][tokens] + params["types"][0]
    return joined(text, shown(params, regions)), both(there_of(tokens, there))


@wrong("04.2", "forgot the types", "no-types")
def join_no_types(params, tokens, regions, there):
    text = params["words"][tokens] + params["positions"][: tokens.shape[1]]
    return joined(text, regions @ params["W"] + params["b"]), both(there_of(tokens, there))


@wrong("04.2", "the types exchanged: 1 for words, 0 for regions", "types-exchanged")
def join_types_exchanged(params, tokens, regions, there):
    return join_plain(params | {"types": params["types"][::-1]}, tokens, regions, there)


@wrong("04.2", "type 0 for both", "same-type")
def join_type_zero_for_all(params, tokens, regions, there):
    x, mask = join_plain(params | {"types": params["types"][np.array([0, 0])]}, tokens, regions, there)
    return x, mask


@wrong("04.2", "type 1 for both", "same-type")
def join_type_one_for_all(params, tokens, regions, there):
    return join_plain(params | {"types": params["types"][np.array([1, 1])]}, tokens, regions, there)


@wrong("04.2", "only the regions get a type", "no-type-on-words")
def join_type_of_regions_only(params, tokens, regions, there):
    return join_plain(params | {"types": replaced(params["types"], 0, 0)}, tokens, regions, there)


@wrong("04.2", "only the words get a type", "no-type-on-regions")
def join_type_of_words_only(params, tokens, regions, there):
    return join_plain(params | {"types": replaced(params["types"], 1, 0)}, tokens, regions, there)


@wrong("04.2", "both types for everybody", "both-types")
def join_types_summed(params, tokens, regions, there):
    both_types = params["types"].sum(0)
    return join_plain(params | {"types": np.stack([both_types, both_types])}, tokens, regions, there)


@wrong("04.2", "forgot b", "no-bias")
def join_no_bias(params, tokens, regions, there):
    return join_plain(params | {"b": 0 * params["b"]}, tokens, regions, there)


@wrong("04.2", "adds b to the words as well", "bias-on-words")
def join_bias_for_all(params, tokens, regions, there):
    return joined(said(params, tokens) + params["b"], shown(params, regions)), both(there_of(tokens, there))


@wrong("04.2", "positions 0 to N-1 for the regions", "positions-on-regions")
def join_regions_have_places(params, tokens, regions, there):
    return on_regions(params, tokens, regions, there, params["positions"][np.arange(regions.shape[1])])


@wrong("04.2", "the positions go on over the regions", "positions-on-regions")
def join_places_go_on(params, tokens, regions, there):
    return on_regions(params, tokens, regions, there, params["positions"][tokens.shape[1] + np.arange(regions.shape[1])])


@wrong("04.2", "every region gets position T", "positions-on-regions")
def join_regions_at_one_place(params, tokens, regions, there):
    return on_regions(params, tokens, regions, there, params["positions"][tokens.shape[1]])


@wrong("04.2", "the first word has position 1", "positions-from-one")
def join_places_from_one(params, tokens, regions, there):
    shifted = params | {"positions": np.roll(params["positions"], -1, axis=0)}
    return join_plain(shifted, tokens, regions, there)


@wrong("04.2", "the last T rows of the positions", "last-positions")
def join_last_places(params, tokens, regions, there):
    return join_plain(params | {"positions": params["positions"][-tokens.shape[1] :]}, tokens, regions, there)


@wrong("04.2", "the words' positions backwards", "positions-backwards")
def join_places_backwards(params, tokens, regions, there):
    backwards = params["positions"][: tokens.shape[1]][::-1]
    return join_plain(params | {"positions": backwards}, tokens, regions, there)


@wrong("04.2", "looks the position up by the token, not by its place", "positions-by-word")
def join_places_by_token(params, tokens, regions, there):
    text = params["words"][tokens] + params["positions"][tokens] + params["types"][0]
    return joined(text, shown(params, regions)), both(there_of(tokens, there))


@wrong("04.2", "row 0 of the positions for every word", "first-position-for-all")
def join_first_place_for_all(params, tokens, regions, there):
    text = params["words"][tokens] + params["positions"][0] + params["types"][0]
    return joined(text, shown(params, regions)), both(there_of(tokens, there))


@wrong("04.2", "the whole table of positions", "exception")
def join_whole_positions(params, tokens, regions, there):
    text = params["words"][tokens] + params["positions"] + params["types"][0]
    return joined(text, shown(params, regions)), both(there_of(tokens, there))


@wrong("04.2", "padding gets no position", "no-position-at-padding")
def join_no_place_for_padding(params, tokens, regions, there):
    places = params["positions"][: tokens.shape[1]] * (tokens != 0)[..., None]
    text = params["words"][tokens] + places + params["types"][0]
    return joined(text, shown(params, regions)), both(there_of(tokens, there))


@wrong("04.2", "the vectors of padding are set to 0", "text-padding-zeroed")
def join_padding_zeroed(params, tokens, regions, there):
    text = said(params, tokens) * (tokens != 0)[..., None]
    return joined(text, shown(params, regions)), both(there_of(tokens, there))


@wrong("04.2", "the vectors of hidden regions are set to 0", "hidden-regions-zeroed")
def join_hidden_zeroed(params, tokens, regions, there):
    return joined(said(params, tokens), shown(params, regions) * there[..., None]), both(there_of(tokens, there))


@wrong("04.2", "the features of hidden regions are set to 0 before the projection", "hidden-regions-zeroed")
def join_hidden_features_zeroed(params, tokens, regions, there):
    return join_plain(params, tokens, regions * there[..., None], there)


@wrong("04.2", "padding and hidden regions are set to 0", "padding-zeroed")
def join_all_zeroed(params, tokens, regions, there):
    x, mask = join_plain(params, tokens, regions, there)
    return x * there_of(tokens, there)[..., None], mask


@wrong("04.2", "the regions first, in x and mask", "regions-first")
def join_regions_first(params, tokens, regions, there):
    valid = np.concatenate([there, tokens != 0], axis=1)
    return joined(shown(params, regions), said(params, tokens)), both(valid)


@wrong("04.2", "the regions first in x only", "regions-first")
def join_regions_first_in_x(params, tokens, regions, there):
    return joined(shown(params, regions), said(params, tokens)), both(there_of(tokens, there))


@wrong("04.2", "the regions first in the mask only", "regions-first")
def join_regions_first_in_mask(params, tokens, regions, there):
    x, _ = join_plain(params, tokens, regions, there)
    return x, both(np.concatenate([there, tokens != 0], axis=1))


@wrong("04.2", "multiplies the words by the root of D, as some transformers do", "words-scaled")
def join_words_scaled(params, tokens, regions, there):
    return join_plain(params | {"words": params["words"] * params["b"].size ** 0.5}, tokens, regions, there)


@wrong("04.2", "regions without W: the first D features", "regions-differ")
def join_no_projection(params, tokens, regions, there):
    width = params["b"].size
    return join_plain(params | {"W": np.eye(regions.shape[-1], width)}, tokens, regions, there)


@wrong("04.2", "W transposed", "exception")
def join_w_transposed(params, tokens, regions, there):
    return join_plain(params | {"W": params["W"].T}, tokens, regions, there)


@wrong("04.2", "normalises every vector", "normalised")
def join_normalised(params, tokens, regions, there):
    x, mask = join_plain(params, tokens, regions, there)
    return (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True), mask


def with_mask(make):
    def answer(params, tokens, regions, there):
        return join_plain(params, tokens, regions, there)[0], make(tokens, there)

    return answer


@wrong("04.2", "the mask asks only who is looked at", "rows-of-padding")
def join_mask_columns(params, tokens, regions, there):
    return with_mask(lambda t, r: np.broadcast_to(there_of(t, r)[:, None], (len(t),) + 2 * (t.shape[1] + r.shape[1],)))(
        params, tokens, regions, there
    )


@wrong("04.2", "the mask asks only who looks", "columns-of-padding")
def join_mask_rows(params, tokens, regions, there):
    return with_mask(lambda t, r: np.broadcast_to(there_of(t, r)[..., None], (len(t),) + 2 * (t.shape[1] + r.shape[1],)))(
        params, tokens, regions, there
    )


@wrong("04.2", "| for &", "or")
def join_mask_or(params, tokens, regions, there):
    valid = there_of(tokens, there)
    return with_mask(lambda t, r: valid[..., None] | valid[:, None])(params, tokens, regions, there)


@wrong("04.2", "both there or both not (==)", "same")
def join_mask_equal(params, tokens, regions, there):
    valid = there_of(tokens, there)
    return with_mask(lambda t, r: valid[..., None] == valid[:, None])(params, tokens, regions, there)


@wrong("04.2", "the mask inverted: True where somebody is missing", "inverted")
def join_mask_inverted(params, tokens, regions, there):
    return with_mask(lambda t, r: ~both(there_of(t, r)))(params, tokens, regions, there)


@wrong("04.2", "tokens == 0: padding is there, words are not", "padding-for-words")
def join_mask_padding(params, tokens, regions, there):
    return with_mask(lambda t, r: both(np.concatenate([t == 0, r], 1)))(params, tokens, regions, there)


@wrong("04.2", "took `there` for hidden", "hidden-for-there")
def join_mask_hidden(params, tokens, regions, there):
    return with_mask(lambda t, r: both(there_of(t, ~r)))(params, tokens, regions, there)


@wrong("04.2", "both inverted before the &: padding and the hidden look at each other", "missing-ones")
def join_mask_missing_ones(params, tokens, regions, there):
    return with_mask(lambda t, r: both(~there_of(t, r)))(params, tokens, regions, there)


@wrong("04.2", "all regions are there", "hidden-regions-seen")
def join_mask_all_regions(params, tokens, regions, there):
    return with_mask(lambda t, r: both(there_of(t, np.ones_like(r))))(params, tokens, regions, there)


@wrong("04.2", "padding is there", "text-padding-seen")
def join_mask_all_words(params, tokens, regions, there):
    return with_mask(lambda t, r: both(there_of(np.ones_like(t), r)))(params, tokens, regions, there)


@wrong("04.2", "everybody may look at everybody", "everybody")
def join_mask_all(params, tokens, regions, there):
    return with_mask(lambda t, r: np.ones_like(both(there_of(t, r))))(params, tokens, regions, there)


@wrong("04.2", "tokens > 1: the first word of the vocabulary counts as padding", "token-one")
def join_mask_from_two(params, tokens, regions, there):
    return with_mask(lambda t, r: both(there_of(t * (t > 1), r)))(params, tokens, regions, there)


def blocks(tokens, there):
    kind = np.arange(tokens.shape[1] + there.shape[1]) < tokens.shape[1]
    return kind[:, None] == kind


@wrong("04.2", "words look at words and regions at regions only", "own-stream")
def join_mask_apart(params, tokens, regions, there):
    return with_mask(lambda t, r: both(there_of(t, r)) & blocks(t, r))(params, tokens, regions, there)


@wrong("04.2", "words look at regions and regions at words only", "other-stream")
def join_mask_across(params, tokens, regions, there):
    return with_mask(lambda t, r: both(there_of(t, r)) & ~blocks(t, r))(params, tokens, regions, there)


@wrong("04.2", "words see only words before them, as in a language model", "causal-everywhere")
def join_mask_causal(params, tokens, regions, there):
    return with_mask(lambda t, r: np.tril(both(there_of(t, r))))(params, tokens, regions, there)


@wrong("04.2", "nobody may look at itself", "not-oneself")
def join_mask_no_self(params, tokens, regions, there):
    return with_mask(lambda t, r: both(there_of(t, r)) & ~np.eye(t.shape[1] + r.shape[1], dtype=bool))(params, tokens, regions, there)


@wrong("04.2", "everybody may look at itself, padding too", "oneself-always")
def join_mask_self(params, tokens, regions, there):
    return with_mask(lambda t, r: both(there_of(t, r)) | np.eye(t.shape[1] + r.shape[1], dtype=bool))(params, tokens, regions, there)


@wrong("04.2", "who is there, (B, T + N), instead of the mask", "no-square")
def join_mask_flat(params, tokens, regions, there):
    return with_mask(there_of)(params, tokens, regions, there)


@wrong("04.2", "the first row's mask for all", "first-mask-for-all")
def join_mask_of_first(params, tokens, regions, there):
    x, mask = join_plain(params, tokens, regions, there)
    return x, np.broadcast_to(mask[:1], mask.shape)


@wrong("04.2", "0 and minus infinity, to be added to scores", "additive")
def join_mask_additive(params, tokens, regions, there):
    return with_mask(lambda t, r: np.where(both(there_of(t, r)), 0.0, -np.inf))(params, tokens, regions, there)


@wrong("04.2", "0 and minus a billion, to be added to scores", "no-truth")
def join_mask_additive_finite(params, tokens, regions, there):
    return with_mask(lambda t, r: np.where(both(there_of(t, r)), 0.0, -1e9))(params, tokens, regions, there)


@wrong("04.2", "only x", "one-of-several")
def join_x_only(params, tokens, regions, there):
    return join_plain(params, tokens, regions, there)[0]


@wrong("04.2", "only the mask", "one-of-several")
def join_mask_only(params, tokens, regions, there):
    return join_plain(params, tokens, regions, there)[1]


@wrong("04.2", "the mask first", "exchanged")
def join_other_order(params, tokens, regions, there):
    return join_plain(params, tokens, regions, there)[::-1]


@wrong("04.2", "words and regions one above the other (axis 0)", "exception")
def join_axis_zero(params, tokens, regions, there):
    return np.concatenate([said(params, tokens), shown(params, regions)], axis=0), both(there_of(tokens, there))


@wrong("04.2", "words and regions side by side in the last axis", "exception")
def join_last_axis(params, tokens, regions, there):
    return np.concatenate([said(params, tokens), shown(params, regions)], axis=-1), both(there_of(tokens, there))


@wrong("04.2", "x and the two masks (words, regions)", "not-several")
def join_three_things(params, tokens, regions, there):
    return join_plain(params, tokens, regions, there)[0], tokens != 0, there


@wrong("04.2", "forgot return", "returns-nothing")
def join_nothing(params, tokens, regions, there):
    join_plain(params, tokens, regions, there)


@wrong("04.2", "zeros of the right shapes", "all-zero")
def join_zeros(params, tokens, regions, there):
    x, mask = join_plain(params, tokens, regions, there)
    return 0 * x, np.zeros_like(mask)


# ---- 04.3, right


@right("04.3")
def hard_by_the_hints(similarity, true, noise):
    return jnp.argmax(jnp.where(true, -jnp.inf, similarity + noise), axis=-1)


@right("04.3")
def hard_python(similarity, true, noise):
    chosen = []
    for s, t, g in zip(np.asarray(similarity).tolist(), np.asarray(true).tolist(), np.asarray(noise).tolist()):
        chosen.append(max((j for j in range(len(s)) if not t[j]), key=lambda j: s[j] + g[j]))
    return chosen


@right("04.3")
def hard_finfo(similarity, true, noise):
    similarity, true, noise = map(np.asarray, (similarity, true, noise))
    low = np.finfo(similarity.dtype).min
    return (np.where(true, low, similarity) + np.where(true, 0, noise)).argmax(1)


@right("04.3")
def hard_minus_billion(similarity, true, noise):
    similarity, true, noise = map(np.asarray, (similarity, true, noise))
    return np.argmax(similarity + noise - 1e9 * true, axis=1).astype(np.int32)


@right("04.3")
def hard_log_softmax(similarity, true, noise):
    return jnp.argmax(jax.nn.log_softmax(jnp.where(true, -1e9, similarity), axis=-1) + noise, axis=-1)


@right("04.3")
def hard_masked_array(similarity, true, noise):
    return np.ma.array(np.asarray(similarity, np.float64) + np.asarray(noise), mask=np.asarray(true)).argmax(axis=1)


@right("04.3")
def hard_vmap_top(similarity, true, noise):
    return jax.vmap(lambda s, t, g: jax.lax.top_k(jnp.where(t, -jnp.inf, s + g), 1)[1][0])(similarity, true, noise)


@right("04.3")
def hard_sorted(similarity, true, noise):
    order = np.argsort(-(np.asarray(similarity) + np.asarray(noise)), axis=1)
    allowed = ~np.take_along_axis(np.asarray(true), order, axis=1)
    return np.take_along_axis(order, allowed.argmax(1)[:, None], axis=1)[:, 0]


@right("04.3")
def hard_race(similarity, true, noise):
    # Gumbel noise is minus the logarithm of an exponential: the first to arrive wins a race
    arrival = np.exp(-np.asarray(noise, np.float64)) / np.exp(np.asarray(similarity, np.float64))
    return np.where(np.asarray(true), np.inf, arrival).argmin(-1).tolist()


# ---- 04.3, wrong


def hard_plain(similarity, true, noise):
    return np.where(true, -np.inf, similarity + noise).argmax(axis=1)


@wrong("04.3", "makes Gumbel noise of the noise, as if it were uniform", "log-of-noise")
def hard_gumbel_again(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, similarity - np.log(-np.log(noise))), axis=1)


@wrong("04.3", "forgot which captions are true", "true-pair")
def hard_no_mask(similarity, true, noise):
    return np.argmax(similarity + noise, axis=1)


@wrong("04.3", "takes only the diagonal for true", "diagonal-only")
def hard_diagonal(similarity, true, noise):
    rows, columns = similarity.shape
    return np.argmax(np.where(np.eye(rows, columns, dtype=bool), -np.inf, similarity + noise), axis=1)


@wrong("04.3", "leaves out only the first true caption of a row", "first-true-only")
def hard_first_true(similarity, true, noise):
    own = np.arange(true.shape[1]) == true.argmax(1)[:, None]
    return np.argmax(np.where(own, -np.inf, similarity + noise), axis=1)


@wrong("04.3", "what is true is worth 0, which may be the largest", "left-out-with-zero")
def hard_zero(similarity, true, noise):
    return np.argmax(np.where(true, 0, similarity + noise), axis=1)


@wrong("04.3", "multiplies by 'wrong': what is true is worth 0", "left-out-with-zero")
def hard_times(similarity, true, noise):
    return np.argmax((similarity + noise) * ~true, axis=1)


@wrong("04.3", "sets the similarity of what is true to 0, and adds the noise", "left-out-before-noise")
def hard_zero_and_noise(similarity, true, noise):
    return np.argmax(similarity * (1 - true) + noise, axis=1)


@wrong("04.3", "what is true is worth -1 and the noise", "left-out-before-noise")
def hard_minus_one(similarity, true, noise):
    return np.argmax(np.where(true, -1, similarity) + noise, axis=1)


@wrong("04.3", "takes 1 from what is true", "draws-true")
def hard_less_one(similarity, true, noise):
    return np.argmax(similarity + noise - true, axis=1)


@wrong("04.3", "what is true gets the smallest similarity, and noise on top", "left-out-with-minimum")
def hard_smallest(similarity, true, noise):
    return np.argmax(np.where(true, similarity.min(), similarity) + noise, axis=1)


@wrong("04.3", "what is true is worth finfo.tiny, which is above 0", "left-out-with-zero")
def hard_tiny(similarity, true, noise):
    return np.argmax(np.where(true, np.finfo(similarity.dtype).tiny, similarity + noise), axis=1)


@wrong("04.3", "the mask the wrong way round: always a true one", "true-only")
def hard_inverted(similarity, true, noise):
    return np.argmax(np.where(true, similarity + noise, -np.inf), axis=1)


@wrong("04.3", "plus infinity", "first-true-drawn")
def hard_plus_infinity(similarity, true, noise):
    return np.argmax(np.where(true, np.inf, similarity + noise), axis=1)


@wrong("04.3", "infinity times False is NaN", "first-wrong")
def hard_nan(similarity, true, noise):
    return np.argmax(similarity + noise + true * -np.inf, axis=1)


@wrong("04.3", "the hardest, without noise", "no-noise")
def hard_no_noise(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, similarity), axis=1)


@wrong("04.3", "the noise only: every wrong caption alike", "no-similarity")
def hard_noise_only(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, noise), axis=1)


@wrong("04.3", "takes the noise away", "noise-subtracted")
def hard_minus_noise(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, similarity - noise), axis=1)


@wrong("04.3", "noise minus similarity: the easier, the likelier", "least-similar-sign")
def hard_minus_similarity(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, noise - similarity), axis=1)


@wrong("04.3", "multiplies by the noise", "noise-multiplied")
def hard_times_noise(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, similarity * noise), axis=1)


@wrong("04.3", "adds the noise to probabilities, not logits", "noise-on-probabilities")
def hard_probabilities(similarity, true, noise):
    p = softmax(np.where(true, -np.inf, similarity), axis=1)
    return np.argmax(np.where(true, -np.inf, p + noise), axis=1)


@wrong("04.3", "multiplies probabilities by the noise", "noise-multiplied")
def hard_probabilities_times_noise(similarity, true, noise):
    p = softmax(np.where(true, -np.inf, similarity), axis=1)
    return np.argmax(np.where(true, -np.inf, p * noise), axis=1)


@wrong("04.3", "adds the noise to exp of the logits", "exp-of-logits")
def hard_exp(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, np.exp(similarity) + noise), axis=1)


@wrong("04.3", "takes the logarithm of the similarities first", "log-of-logits")
def hard_log(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, np.log(similarity) + noise), axis=1)


@wrong("04.3", "smallest for largest: argmin, the true ones at infinity", "least-similar")
def hard_argmin(similarity, true, noise):
    return np.argmin(np.where(true, np.inf, similarity + noise), axis=1)


@wrong("04.3", "argmin with minus infinity at the true ones", "first-true-drawn")
def hard_argmin_of_true(similarity, true, noise):
    return np.argmin(np.where(true, -np.inf, similarity + noise), axis=1)


@wrong("04.3", "argmax over the pictures", "for-each-column")
def hard_axis_zero(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, similarity + noise), axis=0)


@wrong("04.3", "argmax over the pictures, the first B of them", "for-each-column")
def hard_axis_zero_cut(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, similarity + noise), axis=0)[: len(similarity)]


@wrong("04.3", "argmax of the whole table", "one-for-all")
def hard_no_axis(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, similarity + noise))


@wrong("04.3", "the second best: takes the best for the true one", "second-best")
def hard_second(similarity, true, noise):
    return np.argsort(similarity + noise, axis=1)[:, -2]


@wrong("04.3", "the second best of the wrong ones", "second-wrong")
def hard_second_wrong(similarity, true, noise):
    return np.argsort(np.where(true, -np.inf, similarity + noise), axis=1)[:, -2]


@wrong("04.3", "the place among the wrong captions, not the column", "in-the-rest")
def hard_place_among_wrong(similarity, true, noise):
    score, true = np.asarray(similarity + noise), np.asarray(true)
    return np.array([score[i][~true[i]].argmax() for i in range(len(score))])


@wrong("04.3", "the value instead of the column", "value")
def hard_value(similarity, true, noise):
    return np.max(np.where(true, -np.inf, similarity + noise), axis=1)


@wrong("04.3", "the similarity of the chosen one", "value")
def hard_its_similarity(similarity, true, noise):
    chosen = hard_plain(similarity, true, noise)
    return similarity[np.arange(len(chosen)), chosen]


@wrong("04.3", "the column from 1 on", "from-one")
def hard_from_one(similarity, true, noise):
    return hard_plain(similarity, true, noise) + 1


@wrong("04.3", "one-hot", "one-hot")
def hard_one_hot(similarity, true, noise):
    return np.eye(similarity.shape[1])[hard_plain(similarity, true, noise)]


@wrong("04.3", "the probabilities instead of a draw", "probabilities")
def hard_distribution(similarity, true, noise):
    return softmax(np.where(true, -np.inf, similarity), axis=1)


@wrong("04.3", "keeps an axis: (B, 1)", "axis-kept")
def hard_keepdims(similarity, true, noise):
    return hard_plain(similarity, true, noise)[:, None]


@wrong("04.3", "rows and columns, as np.argwhere gives them", "pairs")
def hard_pairs(similarity, true, noise):
    chosen = hard_plain(similarity, true, noise)
    return np.stack([np.arange(len(chosen)), chosen], axis=1)


@wrong("04.3", "the first wrong caption of each row", "first-wrong")
def hard_first_wrong(similarity, true, noise):
    return np.argmin(true, axis=1)


@wrong("04.3", "draws with noise of its own", "values")
def hard_own_noise(similarity, true, noise):
    own = np.random.default_rng(0).gumbel(size=similarity.shape)
    return np.argmax(np.where(true, -np.inf, similarity + own), axis=1)


@wrong("04.3", "the same noise for every picture: its first row", "first-noise-for-all")
def hard_first_noise(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, similarity + noise[:1]), axis=1)


@wrong("04.3", "the neighbour: column i + 1", "next")
def hard_neighbour(similarity, true, noise):
    return (np.arange(len(similarity)) + 1) % similarity.shape[1]


@wrong("04.3", "the absolute value", "absolute")
def hard_absolute(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, np.abs(similarity + noise)), axis=1)


@wrong("04.3", "halves the similarities, as with a temperature of 2", "values")
def hard_temperature(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, similarity / 2 + noise), axis=1)


@wrong("04.3", "normalises the similarities to length 1", "normalised")
def hard_normalised(similarity, true, noise):
    s = similarity / np.linalg.norm(similarity, axis=1, keepdims=True)
    return np.argmax(np.where(true, -np.inf, s + noise), axis=1)


@wrong("04.3", "tenfold noise", "values")
def hard_much_noise(similarity, true, noise):
    return np.argmax(np.where(true, -np.inf, similarity + 10 * noise), axis=1)


@wrong("04.3", "forgot return", "returns-nothing")
def hard_nothing(similarity, true, noise):
    hard_plain(similarity, true, noise)


@wrong("04.3", "zeros", "draws-true")
def hard_zeros(similarity, true, noise):
    return np.zeros(len(similarity), int)


@wrong("04.3", "returns in the loop: the first row's only", "first-row-only")
def hard_first_row_only(similarity, true, noise):
    for s, t, g in zip(similarity, true, noise):
        return int(np.argmax(np.where(t, -np.inf, s + g)))


@wrong("04.3", "writes into the array in place", "exception")
def hard_in_place(similarity, true, noise):
    similarity = jnp.asarray(similarity)
    similarity[true] = -np.inf
    return np.argmax(similarity + noise, axis=1)


# ---- 04.4, right


def best_first(table):
    return np.argsort(-table, axis=1)


@right("04.4")
def rerank_by_the_hints(dual, fused):
    order, k = jnp.argsort(-dual, axis=1), fused.shape[1]
    places = jnp.argsort(-fused, axis=1)
    return jnp.concatenate([jnp.take_along_axis(order[:, :k], places, axis=1), order[:, k:]], axis=1)


@right("04.4")
def rerank_python(dual, fused):
    result = []
    for d, f in zip(np.asarray(dual).tolist(), np.asarray(fused).tolist()):
        order = sorted(range(len(d)), key=lambda m: -d[m])
        first = [m for _, m in sorted(zip(f, order), key=lambda pair: -pair[0])]
        result.append(first + order[len(f) :])
    return result


@right("04.4")
def rerank_numpy_loop(dual, fused):
    dual, fused = np.asarray(dual, np.float64), np.asarray(fused, np.float64)
    result = np.zeros(dual.shape, int)
    for q in range(len(dual)):
        order = np.argsort(dual[q], kind="stable")[::-1]
        result[q] = order
        result[q, : fused.shape[1]] = order[: fused.shape[1]][np.argsort(-fused[q])]
    return result


@right("04.4")
def rerank_vmap_top(dual, fused):
    def one(d, f):
        order = jax.lax.top_k(d, len(d))[1]
        places = jax.lax.top_k(f, len(f))[1]
        return jnp.r_[order[: len(f)][places], order[len(f) :]]

    return jax.vmap(one)(dual, fused)


@right("04.4")
def rerank_lifted(dual, fused):
    # the shortlist's places, all above the others': one sort of one table
    dual, fused = np.asarray(dual), np.asarray(fused)
    order = (-dual).argsort(1)
    score = -order.argsort(1).astype(float)
    rank = (-fused).argsort(1).argsort(1)
    np.put_along_axis(score, order[:, : fused.shape[1]], len(dual[0]) - rank.astype(float), axis=1)
    return np.argsort(-score, axis=1)


@right("04.4")
def rerank_minus_infinity(dual, fused):
    # all the others lose against everybody of the shortlist, and keep their order
    dual, fused = np.asarray(dual), np.asarray(fused)
    order = np.argsort(-dual, axis=1)
    scores = np.hstack([fused, np.full((len(dual), dual.shape[1] - fused.shape[1]), -np.inf)])
    return np.take_along_axis(order, np.argsort(-scores, axis=1, kind="stable"), axis=1)


@right("04.4")
def rerank_lexsort(dual, fused):
    dual, fused = np.asarray(dual), np.asarray(fused)
    order = np.argsort(-dual, axis=1)
    place = np.arange(dual.shape[1])
    rows = []
    for q in range(len(dual)):
        f = np.r_[fused[q], np.zeros(dual.shape[1] - fused.shape[1])]
        rows.append(order[q][np.lexsort((place, -f, place >= fused.shape[1]))])
    return np.stack(rows)


@right("04.4")
def rerank_fancy(dual, fused):
    dual, fused = np.asarray(dual), np.asarray(fused)
    order, rows = np.argsort(dual)[:, ::-1].copy(), np.arange(len(dual))[:, None]
    order[:, : fused.shape[1]] = order[rows, np.argsort(fused)[:, ::-1]]
    return order


# ---- 04.4, wrong


def rest_of(dual, fused):
    return best_first(dual)[:, fused.shape[1] :]


def short_of(dual, fused):
    return best_first(dual)[:, : fused.shape[1]]


def then(first, others):
    return np.concatenate([first, others], axis=1)


def rerank_plain(dual, fused):
    return then(np.take_along_axis(short_of(dual, fused), best_first(fused), axis=1), rest_of(dual, fused))


@wrong("04.4", "writes the fusion encoder's scores into the first k columns, and sorts all", "first-columns")
def rerank_first_columns(dual, fused):
    return best_first(replaced(dual, (slice(None), slice(fused.shape[1])), fused))


@wrong("04.4", "takes places in the shortlist for candidates", "positions")
def rerank_places(dual, fused):
    return then(best_first(fused), rest_of(dual, fused))


@wrong("04.4", "the worst of the shortlist first", "shortlist-worst-first")
def rerank_fused_rising(dual, fused):
    return then(np.take_along_axis(short_of(dual, fused), np.argsort(fused, axis=1), axis=1), rest_of(dual, fused))


@wrong("04.4", "forgot the minus twice: the dual encoder's worst are the shortlist, the worst first", "both-upwards")
def rerank_no_minus(dual, fused):
    order = np.argsort(dual, axis=1)
    k = fused.shape[1]
    return then(np.take_along_axis(order[:, :k], np.argsort(fused, axis=1), axis=1), order[:, k:])


@wrong("04.4", "the dual encoder's worst are the shortlist", "dual-upwards")
def rerank_dual_rising(dual, fused):
    order = np.argsort(dual, axis=1)
    k = fused.shape[1]
    return then(np.take_along_axis(order[:, :k], best_first(fused), axis=1), order[:, k:])


@wrong("04.4", "everything in rising order: the best last", "worst-first")
def rerank_backwards(dual, fused):
    return rerank_plain(dual, fused)[:, ::-1]


@wrong("04.4", "only the shortlist", "shortlist-only")
def rerank_shortlist_only(dual, fused):
    return np.take_along_axis(short_of(dual, fused), best_first(fused), axis=1)


@wrong("04.4", "only the best", "best-only")
def rerank_best_only(dual, fused):
    return rerank_plain(dual, fused)[:, 0]


@wrong("04.4", "the dual encoder's ranking, as it was", "dual-only")
def rerank_dual_only(dual, fused):
    return best_first(dual)


@wrong("04.4", "sorts the shortlist by number before the fusion encoder orders it", "shortlist-by-number")
def rerank_shortlist_sorted(dual, fused):
    short = np.sort(short_of(dual, fused), axis=1)
    return then(np.take_along_axis(short, best_first(fused), axis=1), rest_of(dual, fused))


@wrong("04.4", "the others by their number", "rest-by-number")
def rerank_rest_by_number(dual, fused):
    return then(rerank_shortlist_only(dual, fused), np.sort(rest_of(dual, fused), axis=1))


@wrong("04.4", "the others, the worst first", "rest-reversed")
def rerank_rest_backwards(dual, fused):
    return then(rerank_shortlist_only(dual, fused), rest_of(dual, fused)[:, ::-1])


@wrong("04.4", "the others first", "rest-first")
def rerank_rest_first(dual, fused):
    return then(rest_of(dual, fused), rerank_shortlist_only(dual, fused))


@wrong("04.4", "the ranks of the candidates, not the candidates in order", "ranks")
def rerank_ranks(dual, fused):
    return np.argsort(rerank_plain(dual, fused), axis=1)


@wrong("04.4", "ranks in the shortlist: argsort of argsort", "inverse")
def rerank_places_inverted(dual, fused):
    places = np.argsort(best_first(fused), axis=1)
    return then(np.take_along_axis(short_of(dual, fused), places, axis=1), rest_of(dual, fused))


@wrong("04.4", "adds both scores in the shortlist", "scores-added-in-shortlist")
def rerank_summed(dual, fused):
    short = short_of(dual, fused)
    scores = np.take_along_axis(dual, short, axis=1) + fused
    return then(np.take_along_axis(short, best_first(scores), axis=1), rest_of(dual, fused))


@wrong("04.4", "writes the fusion encoder's scores among the dual encoder's, and sorts all", "scales-mixed")
def rerank_mixed(dual, fused):
    rows = np.arange(len(dual))[:, None]
    return best_first(replaced(dual, (rows, short_of(dual, fused)), fused))


@wrong("04.4", "four on the shortlist, whatever k is", "four")
def rerank_four(dual, fused):
    return rerank_plain(dual, fused[:, :4])


@wrong("04.4", "one too few on the shortlist", "one-too-few")
def rerank_one_less(dual, fused):
    return rerank_plain(dual, fused[:, :-1])


@wrong("04.4", "only the fusion encoder's best moves to the front", "best-moved")
def rerank_best_moved(dual, fused):
    order, best = np.asarray(best_first(dual)), np.asarray(fused).argmax(1)
    return np.stack([np.r_[row[b], np.delete(row, b)] for row, b in zip(order, best)])


@wrong("04.4", "only the best changes places with the first", "best-exchanged")
def rerank_best_exchanged(dual, fused):
    order, best = np.array(best_first(dual)), np.asarray(fused).argmax(1)
    rows = np.arange(len(order))
    order[rows, best], order[rows, 0] = order[rows, 0], order[rows, best]
    return order


@wrong("04.4", "puts the whole ranking behind the shortlist, cut at M: everybody of it twice", "whole-ranking-behind")
def rerank_twice(dual, fused):
    return then(rerank_shortlist_only(dual, fused), best_first(dual))[:, : dual.shape[1]]


@wrong("04.4", "puts the whole ranking behind the shortlist: M + k columns", "whole-ranking-behind")
def rerank_too_long(dual, fused):
    return then(rerank_shortlist_only(dual, fused), best_first(dual))


@wrong("04.4", "sorts over the queries (axis 0)", "over-queries")
def rerank_axis_zero(dual, fused):
    order, k = np.argsort(-dual, axis=0), fused.shape[1]
    return then(np.take_along_axis(order[:, :k], best_first(fused), axis=1), order[:, k:])


@wrong("04.4", "the first query's ranking for all", "first-query-for-all")
def rerank_first_query(dual, fused):
    result = rerank_plain(dual, fused)
    return np.broadcast_to(result[:1], result.shape)


@wrong("04.4", "the first query's order of the shortlist for all", "first-order-for-all")
def rerank_first_places(dual, fused):
    return then(short_of(dual, fused)[:, best_first(fused)[0]], rest_of(dual, fused))


@wrong("04.4", "looks the shortlist up in the places", "no-permutation")
def rerank_lookup_reversed(dual, fused):
    short, k = short_of(dual, fused), fused.shape[1]
    return then(np.take_along_axis(best_first(fused), np.minimum(short, k - 1), axis=1), rest_of(dual, fused))


@wrong("04.4", "the scores, not the candidates", "scores")
def rerank_scores(dual, fused):
    return np.take_along_axis(dual, rerank_plain(dual, fused), axis=1)


@wrong("04.4", "transposed: one query a column", "transposed")
def rerank_transposed(dual, fused):
    return rerank_plain(dual, fused).T


@wrong("04.4", "two lists: the shortlist and the others", "not-an-array")
def rerank_two_lists(dual, fused):
    return rerank_shortlist_only(dual, fused), rest_of(dual, fused)


@wrong("04.4", "takes the places as they are for the first k candidates, the others as they are numbered", "first-columns")
def rerank_first_k_candidates(dual, fused):
    others = np.broadcast_to(np.arange(fused.shape[1], dual.shape[1]), (len(dual), dual.shape[1] - fused.shape[1]))
    return then(best_first(fused), others)


@wrong("04.4", "candidates from 1 on", "from-one")
def rerank_from_one(dual, fused):
    return rerank_plain(dual, fused) + 1


@wrong("04.4", "forgot return", "returns-nothing")
def rerank_nothing(dual, fused):
    rerank_plain(dual, fused)


@wrong("04.4", "0 to M - 1 for every query", "by-number")
def rerank_arange(dual, fused):
    return np.broadcast_to(np.arange(dual.shape[1]), dual.shape)


@wrong("04.4", "zeros", "no-permutation")
def rerank_zeros(dual, fused):
    return np.zeros(dual.shape, int)


@wrong("04.4", "argsort over the flattened tables", "whole-table")
def rerank_flat(dual, fused):
    return np.argsort(-dual, axis=None).reshape(dual.shape)


@wrong("04.4", "returns in the loop: the first query's only", "first-query-only")
def rerank_first_query_only(dual, fused):
    for row in rerank_plain(dual, fused):
        return row


# ---- 04.5, right


attend = att_by_the_hints


def sees(x_there, y_there):
    return x_there[:, :, None] & y_there[:, None, :]


@right("04.5")
def co_by_the_hints(params, x, y, x_there, y_there, heads):
    mask = sees(x_there, y_there)
    for_x, _ = attend(params["x"], x, y, mask, heads)
    for_y, _ = attend(params["y"], y, x, mask.transpose(0, 2, 1), heads)
    return x + for_x, y + for_y


@right("04.5")
def co_two_masks_as_list(params, x, y, x_there, y_there, heads):
    one = jnp.einsum("bt,bn->btn", x_there.astype(int), y_there.astype(int)) > 0
    two = jnp.logical_and(y_there[..., None], x_there[:, None])
    new = attend(params["y"], y, x, two, heads)[0] + y
    return [attend(params["x"], x, y, one, heads)[0] + x, new]


@right("04.5")
def co_row_by_row(params, x, y, x_there, y_there, heads):
    params, x, y, x_there, y_there = jax.tree.map(np.asarray, (params, x, y, x_there, y_there))
    xs, ys = [], []
    for b in range(len(x)):
        part = slice(b, b + 1)
        mask = np.outer(x_there[b], y_there[b])[None]
        xs.append(x[b] + att_plain(params["x"], x[part], y[part], mask, heads)[0][0])
        ys.append(y[b] + att_plain(params["y"], y[part], x[part], mask.swapaxes(1, 2), heads)[0][0])
    return np.stack(xs), np.stack(ys)


@right("04.5")
def co_twice_the_same_function(params, x, y, x_there, y_there, heads):
    def look(name, own, other, own_there, other_there):
        return own + att_one_table_for_both(params[name], own, other, sees(own_there, other_there), heads)[0]

    return look("x", x, y, x_there, y_there), look("y", y, x, y_there, x_there)


@right("04.5")
def co_dictionary(params, x, y, x_there, y_there, heads):
    stream, there = {"x": x, "y": y}, {"x": x_there, "y": y_there}
    saw = {me: att_numpy_loops(params[me], stream[me], stream[you], sees(there[me], there[you]), heads)[0] for me, you in ("xy", "yx")}
    return tuple(np.asarray(stream[me], np.float64) + saw[me] for me in "xy")


@right("04.5")
def co_y_first_but_from_the_old_x(params, x, y, x_there, y_there, heads):
    params, x, y, x_there, y_there = jax.tree.map(np.asarray, (params, x, y, x_there, y_there))
    old = x
    x = x + att_einsum(params["x"], x, y, sees(x_there, y_there), heads)[0]
    y = y + att_einsum(params["y"], y, old, sees(y_there, x_there), heads)[0]
    return x, y


# ---- 04.5, wrong


def co_plain(params, x, y, x_there, y_there, heads):
    mask = sees(x_there, y_there)
    return moment(params, x, y, mask, mask.swapaxes(1, 2), heads)


def moment(params, x, y, one, two, heads):
    return x + att_plain(params["x"], x, y, one, heads)[0], y + att_plain(params["y"], y, x, two, heads)[0]


@wrong("04.5", "y looks at an x that has looked already", "one-after-the-other")
def co_one_after_the_other(params, x, y, x_there, y_there, heads):
    x = x + att_plain(params["x"], x, y, sees(x_there, y_there), heads)[0]
    y = y + att_plain(params["y"], y, x, sees(y_there, x_there), heads)[0]
    return x, y


@wrong("04.5", "x looks at a y that has looked already", "one-after-the-other")
def co_y_before_x(params, x, y, x_there, y_there, heads):
    y = y + att_plain(params["y"], y, x, sees(y_there, x_there), heads)[0]
    x = x + att_plain(params["x"], x, y, sees(x_there, y_there), heads)[0]
    return x, y


@wrong("04.5", "y looks at what x saw", "at-what-the-other-saw")
def co_at_what_was_seen(params, x, y, x_there, y_there, heads):
    saw = att_plain(params["x"], x, y, sees(x_there, y_there), heads)[0]
    return x + saw, y + att_plain(params["y"], y, saw, sees(y_there, x_there), heads)[0]


@wrong("04.5", "forgot to add: what was seen replaces the streams", "no-residual")
def co_no_residual(params, x, y, x_there, y_there, heads):
    new = co_plain(params, x, y, x_there, y_there, heads)
    return new[0] - x, new[1] - y


@wrong("04.5", "adds only for x", "no-residual")
def co_residual_of_x(params, x, y, x_there, y_there, heads):
    new = co_plain(params, x, y, x_there, y_there, heads)
    return new[0], new[1] - y


@wrong("04.5", "adds only for y", "no-residual")
def co_residual_of_y(params, x, y, x_there, y_there, heads):
    new = co_plain(params, x, y, x_there, y_there, heads)
    return new[0] - x, new[1]


@wrong("04.5", "takes what was seen away", "subtracted")
def co_minus(params, x, y, x_there, y_there, heads):
    new = co_plain(params, x, y, x_there, y_there, heads)
    return 2 * x - new[0], 2 * y - new[1]


@wrong("04.5", "the mean of before and seen", "averaged")
def co_mean(params, x, y, x_there, y_there, heads):
    new = co_plain(params, x, y, x_there, y_there, heads)
    return new[0] / 2, new[1] / 2


@wrong("04.5", "params exchanged", "parameters-exchanged")
def co_params_exchanged(params, x, y, x_there, y_there, heads):
    return co_plain({"x": params["y"], "y": params["x"]}, x, y, x_there, y_there, heads)


@wrong("04.5", "params['x'] for both", "parameters-exchanged")
def co_params_x(params, x, y, x_there, y_there, heads):
    return co_plain({"x": params["x"], "y": params["x"]}, x, y, x_there, y_there, heads)


@wrong("04.5", "params['y'] for both", "parameters-exchanged")
def co_params_y(params, x, y, x_there, y_there, heads):
    return co_plain({"x": params["y"], "y": params["y"]}, x, y, x_there, y_there, heads)


@wrong("04.5", "forgot to transpose the mask", "exception")
def co_mask_not_transposed(params, x, y, x_there, y_there, heads):
    mask = sees(x_there, y_there)
    return moment(params, x, y, mask, mask, heads)


@wrong("04.5", "reshapes the mask instead of transposing it", "mask-reshaped")
def co_mask_reshaped(params, x, y, x_there, y_there, heads):
    mask = sees(x_there, y_there)
    return moment(params, x, y, mask, mask.reshape(len(x), y.shape[1], x.shape[1]), heads)


@wrong("04.5", "no mask: everybody is there", "padding-seen")
def co_no_mask(params, x, y, x_there, y_there, heads):
    return co_plain(params, x, y, np.ones_like(x_there), np.ones_like(y_there), heads)


@wrong("04.5", "asks only who looks", "padding-seen-by-those-there")
def co_mask_who_looks(params, x, y, x_there, y_there, heads):
    every = np.ones_like
    return moment(params, x, y, sees(x_there, every(y_there)), sees(y_there, every(x_there)), heads)


@wrong("04.5", "asks only who is looked at", "padding-looks")
def co_mask_looked_at(params, x, y, x_there, y_there, heads):
    every = np.ones_like
    return moment(params, x, y, sees(every(x_there), y_there), sees(every(y_there), x_there), heads)


@wrong("04.5", "| for &", "or")
def co_mask_or(params, x, y, x_there, y_there, heads):
    mask = x_there[:, :, None] | y_there[:, None]
    return moment(params, x, y, mask, mask.swapaxes(1, 2), heads)


@wrong("04.5", "the mask inverted", "mask-inverted")
def co_mask_inverted(params, x, y, x_there, y_there, heads):
    mask = ~sees(x_there, y_there)
    return moment(params, x, y, mask, mask.swapaxes(1, 2), heads)


@wrong("04.5", "inverted before the &", "mask-inverted")
def co_mask_missing(params, x, y, x_there, y_there, heads):
    return co_plain(params, x, y, ~x_there, ~y_there, heads)


@wrong("04.5", "forgot x_there", "padding-looks")
def co_no_x_there(params, x, y, x_there, y_there, heads):
    return co_plain(params, x, y, np.ones_like(x_there), y_there, heads)


@wrong("04.5", "forgot y_there", "padding-seen-by-those-there")
def co_no_y_there(params, x, y, x_there, y_there, heads):
    return co_plain(params, x, y, x_there, np.ones_like(y_there), heads)


@wrong("04.5", "no mask for y looking at x", "padding-seen")
def co_no_mask_for_y(params, x, y, x_there, y_there, heads):
    mask = sees(x_there, y_there)
    return moment(params, x, y, mask, np.ones_like(mask.swapaxes(1, 2)), heads)


@wrong("04.5", "no mask for x looking at y", "padding-seen")
def co_no_mask_for_x(params, x, y, x_there, y_there, heads):
    mask = sees(x_there, y_there)
    return moment(params, x, y, np.ones_like(mask), mask.swapaxes(1, 2), heads)


@wrong("04.5", "each looks at itself", "self-attention")
def co_self(params, x, y, x_there, y_there, heads):
    return (
        x + att_plain(params["x"], x, x, sees(x_there, x_there), heads)[0],
        y + att_plain(params["y"], y, y, sees(y_there, y_there), heads)[0],
    )


@wrong("04.5", "next y first", "exchanged")
def co_other_order(params, x, y, x_there, y_there, heads):
    return co_plain(params, x, y, x_there, y_there, heads)[::-1]


@wrong("04.5", "only x looks", "unchanged")
def co_only_x(params, x, y, x_there, y_there, heads):
    return co_plain(params, x, y, x_there, y_there, heads)[0], y


@wrong("04.5", "only y looks", "unchanged")
def co_only_y(params, x, y, x_there, y_there, heads):
    return x, co_plain(params, x, y, x_there, y_there, heads)[1]


@wrong("04.5", "what was seen is added to the other stream", "exception")
def co_added_to_the_other(params, x, y, x_there, y_there, heads):
    new = co_plain(params, x, y, x_there, y_there, heads)
    return x + (new[1] - y), y + (new[0] - x)


@wrong("04.5", "forgot that attend returns two things", "exception")
def co_pair_added(params, x, y, x_there, y_there, heads):
    mask = sees(x_there, y_there)
    return x + att_plain(params["x"], x, y, mask, heads), y + att_plain(params["y"], y, x, mask.swapaxes(1, 2), heads)


@wrong("04.5", "returns the weights as well", "not-several")
def co_four_things(params, x, y, x_there, y_there, heads):
    mask = sees(x_there, y_there)
    a, v = att_plain(params["x"], x, y, mask, heads)
    b, w = att_plain(params["y"], y, x, mask.swapaxes(1, 2), heads)
    return x + a, y + b, v, w


@wrong("04.5", "returns the weights instead", "shape")
def co_weights(params, x, y, x_there, y_there, heads):
    mask = sees(x_there, y_there)
    return att_plain(params["x"], x, y, mask, heads)[1], att_plain(params["y"], y, x, mask.swapaxes(1, 2), heads)[1]


@wrong("04.5", "only the next x", "one-of-several")
def co_x_returned(params, x, y, x_there, y_there, heads):
    return co_plain(params, x, y, x_there, y_there, heads)[0]


@wrong("04.5", "sets padding to 0", "padding-zeroed")
def co_padding_zeroed(params, x, y, x_there, y_there, heads):
    new = co_plain(params, x, y, x_there, y_there, heads)
    return new[0] * x_there[..., None], new[1] * y_there[..., None]


@wrong("04.5", "normalises after adding, as a whole block does", "normalised")
def co_normalised(params, x, y, x_there, y_there, heads):
    def norm(z):
        return (z - z.mean(-1, keepdims=True)) / np.sqrt(z.var(-1, keepdims=True) + 1e-6)

    return tuple(map(norm, co_plain(params, x, y, x_there, y_there, heads)))


@wrong("04.5", "one head, whatever heads is", "one-head")
def co_one_head(params, x, y, x_there, y_there, heads):
    return co_plain(params, x, y, x_there, y_there, 1)


@wrong("04.5", "four heads, whatever heads is", "exception")
def co_four_heads(params, x, y, x_there, y_there, heads):
    return co_plain(params, x, y, x_there, y_there, 4)


@wrong("04.5", "adds twice", "seen-twice")
def co_twice(params, x, y, x_there, y_there, heads):
    new = co_plain(params, x, y, x_there, y_there, heads)
    return 2 * new[0] - x, 2 * new[1] - y


@wrong("04.5", "two moments, one after the other", "two-moments")
def co_two_moments(params, x, y, x_there, y_there, heads):
    new = co_plain(params, x, y, x_there, y_there, heads)
    return co_plain(params, *new, x_there, y_there, heads)


@wrong("04.5", "queries from the other: attend(params, y, x) for x", "exception")
def co_arguments_exchanged(params, x, y, x_there, y_there, heads):
    mask = sees(x_there, y_there)
    return x + att_plain(params["x"], y, x, mask.swapaxes(1, 2), heads)[0], y + att_plain(params["y"], x, y, mask, heads)[0]


@wrong("04.5", "the streams as they came", "unchanged")
def co_nothing_seen(params, x, y, x_there, y_there, heads):
    return x, y


@wrong("04.5", "forgot return", "returns-nothing")
def co_nothing(params, x, y, x_there, y_there, heads):
    co_plain(params, x, y, x_there, y_there, heads)


@wrong("04.5", "one array: both streams in one sequence", "not-several")
def co_one_array(params, x, y, x_there, y_there, heads):
    return np.concatenate(co_plain(params, x, y, x_there, y_there, heads), axis=1)


# ---- 04.6, right


@right("04.6")
def plan_by_the_hints(cost, beta, rounds):
    cost = np.asarray(cost)
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.ones(cost.shape), np.ones(many) / many
    for _ in range(rounds):
        q = a * plan
        delta = 1 / (length * (q @ sigma))
        sigma = 1 / (many * (delta @ q))
        plan = delta[:, None] * q * sigma
    return plan


@right("04.6")
def plan_in_double(cost, beta, rounds):
    cost = np.asarray(cost, np.float64)
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.ones_like(cost), np.full((many, 1), 1 / many)
    for _ in range(rounds):
        q = a * plan
        delta = 1 / (length * (q @ sigma))
        sigma = 1 / (many * (q.T @ delta))
        plan = np.diag(delta[:, 0]) @ q @ np.diag(sigma[:, 0])
    return plan


@right("04.6")
def plan_in_logarithms(cost, beta, rounds):
    cost = np.asarray(cost)
    length, many = cost.shape
    plan, sigma = np.zeros(cost.shape), np.full(many, -math.log(many))
    for _ in range(rounds):
        q = plan - cost / beta
        delta = -math.log(length) - np.logaddexp.reduce(q + sigma, axis=1)
        sigma = -math.log(many) - np.logaddexp.reduce(q + delta[:, None], axis=0)
        plan = delta[:, None] + q + sigma
    return np.exp(plan)


@right("04.6")
def plan_python_numbers(cost, beta, rounds):
    cost = np.asarray(cost).tolist()
    length, many = len(cost), len(cost[0])
    plan = [[1.0] * many for _ in range(length)]
    sigma = [1 / many] * many
    for _ in range(rounds):
        q = [[math.exp(-cost[t][n] / beta) * plan[t][n] for n in range(many)] for t in range(length)]
        delta = [1 / (length * sum(q[t][n] * sigma[n] for n in range(many))) for t in range(length)]
        sigma = [1 / (many * sum(q[t][n] * delta[t] for t in range(length))) for n in range(many)]
        plan = [[delta[t] * q[t][n] * sigma[n] for n in range(many)] for t in range(length)]
    return plan


@right("04.6")
def plan_fori_loop(cost, beta, rounds):
    length, many = cost.shape

    def one(_, state):
        plan, sigma = state
        q = jnp.exp(-cost / beta) * plan
        delta = 1 / jnp.einsum("tn,n->t", q, sigma) / length
        sigma = 1 / jnp.einsum("tn,t->n", q, delta) / many
        return jnp.einsum("t,tn,n->tn", delta, q, sigma), sigma

    return jax.lax.fori_loop(0, rounds, one, (jnp.ones(cost.shape), jnp.full(many, 1 / many)))[0]


@right("04.6")
def plan_started_elsewhere(cost, beta, rounds):
    # a factor in the first plan or in the first sigma leaves with the first round
    cost = np.asarray(cost)
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.full(cost.shape, 1 / cost.size), np.ones(many)
    for _ in range(rounds):
        q = a * plan
        delta = 1 / (length * (q * sigma).sum(1))
        sigma = 1 / (many * (q * delta[:, None]).sum(0))
        plan = q * delta[:, None] * sigma[None]
    return plan


@right("04.6")
def plan_scan(cost, beta, rounds):
    length, many = cost.shape

    def one(state, a):
        plan, sigma = state
        q = a * plan
        delta = jnp.reciprocal(length * (q @ sigma))
        sigma = jnp.reciprocal(many * (q.T @ delta))
        return (jnp.outer(delta, sigma) * q, sigma), None

    every = jnp.broadcast_to(jnp.exp(-cost / beta), (rounds, length, many))
    return jax.lax.scan(one, (jnp.ones(cost.shape), jnp.full(many, 1 / many)), every)[0][0]


# ---- 04.6, wrong


def transport(cost, beta, rounds, start=1.0, words=None, regions=None, keep=True, fresh=False, old=False):
    length, many = cost.shape
    words, regions = words or length, regions or many
    a, plan, sigma = np.exp(-cost / beta), np.ones_like(cost) * start, np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        sigma = np.full(many, 1 / many, cost.dtype) if fresh else sigma
        q, before = a * plan if keep else a, sigma
        delta = 1 / (words * (q @ sigma))
        sigma = 1 / (regions * (delta @ q))
        plan = delta[:, None] * q * (before if old else sigma)
    return plan


@wrong("04.6", "Sinkhorn: Q is A in every round", "sinkhorn")
def plan_sinkhorn(cost, beta, rounds):
    return transport(cost, beta, rounds, keep=False)


@wrong("04.6", "sigma starts at 1/N again in every round", "sigma-from-the-start")
def plan_fresh_sigma(cost, beta, rounds):
    return transport(cost, beta, rounds, fresh=True)


@wrong("04.6", "the plan with sigma of before the round", "columns")
def plan_old_sigma(cost, beta, rounds):
    return transport(cost, beta, rounds, old=True)


@wrong("04.6", "forgot beta", "no-beta")
def plan_no_beta(cost, beta, rounds):
    return transport(cost, 1.0, rounds)


@wrong("04.6", "multiplies by beta", "times-beta")
def plan_times_beta(cost, beta, rounds):
    return transport(cost, 1 / beta, rounds)


@wrong("04.6", "forgot the minus: the dearest plan", "sign")
def plan_no_minus(cost, beta, rounds):
    return transport(-cost, beta, rounds)


@wrong("04.6", "takes 1 - cost, as if it were similarities", "sign")
def plan_one_minus_cost(cost, beta, rounds):
    return transport(1 - cost, beta, rounds)


@wrong("04.6", "1/T and 1/N exchanged", "masses-exchanged")
def plan_masses_exchanged(cost, beta, rounds):
    return transport(cost, beta, rounds, words=cost.shape[1], regions=cost.shape[0])


@wrong("04.6", "1/T for both", "masses-exchanged")
def plan_mass_of_words(cost, beta, rounds):
    return transport(cost, beta, rounds, regions=cost.shape[0])


@wrong("04.6", "mass 1 for every word and every region", "mass-of-one")
def plan_mass_one(cost, beta, rounds):
    return transport(cost, beta, rounds, words=1, regions=1)


@wrong("04.6", "mass 1 for every region", "mass-of-one-per-region")
def plan_regions_mass_one(cost, beta, rounds):
    return transport(cost, beta, rounds, regions=1)


@wrong("04.6", "mass 1 for every word: forgot T", "mass-of-one-per-word")
def plan_words_mass_one(cost, beta, rounds):
    return transport(cost, beta, rounds, words=1)


@wrong("04.6", "one round too many", "one-round-too-many")
def plan_one_more(cost, beta, rounds):
    return transport(cost, beta, rounds + 1)


@wrong("04.6", "one round too few: range(1, rounds)", "one-round-too-few")
def plan_one_less(cost, beta, rounds):
    return transport(cost, beta, rounds - 1)


@wrong("04.6", "one round", "one-round")
def plan_one_round(cost, beta, rounds):
    return transport(cost, beta, 1)


@wrong("04.6", "fifty rounds, whatever rounds is", "fifty-rounds")
def plan_fifty(cost, beta, rounds):
    return transport(cost, beta, 50)


@wrong("04.6", "no rounds: ones", "no-round")
def plan_no_rounds(cost, beta, rounds):
    return np.ones_like(cost)


@wrong("04.6", "sigma first, then delta: the words' masses are exact, the regions' are not", "regions-before-words")
def plan_other_order(cost, beta, rounds):
    return transport(cost.T, beta, rounds).T


@wrong("04.6", "sigma from the delta of the round before", "at-once")
def plan_both_at_once(cost, beta, rounds):
    length, many = cost.shape
    a, plan = np.exp(-cost / beta), np.ones_like(cost)
    sigma, delta = np.full(many, 1 / many, cost.dtype), np.full(length, 1 / length, cost.dtype)
    for _ in range(rounds):
        q = a * plan
        delta, sigma = 1 / (length * (q @ sigma)), 1 / (many * (delta @ q))
        plan = delta[:, None] * q * sigma
    return plan


@wrong("04.6", "forgot to multiply by sigma", "no-sigma-in-plan")
def plan_no_sigma(cost, beta, rounds):
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.ones_like(cost), np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        q = a * plan
        delta = 1 / (length * (q @ sigma))
        sigma = 1 / (many * (delta @ q))
        plan = delta[:, None] * q
    return plan


@wrong("04.6", "forgot to multiply by delta", "no-delta-in-plan")
def plan_no_delta(cost, beta, rounds):
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.ones_like(cost), np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        q = a * plan
        delta = 1 / (length * (q @ sigma))
        sigma = 1 / (many * (delta @ q))
        plan = q * sigma
    return plan


@wrong("04.6", "the plan from A, not from Q", "plan-of-a")
def plan_from_a(cost, beta, rounds):
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.ones_like(cost), np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        q = a * plan
        delta = 1 / (length * (q @ sigma))
        sigma = 1 / (many * (delta @ q))
        plan = delta[:, None] * a * sigma
    return plan


@wrong("04.6", "Q = A + plan", "sum")
def plan_sum_for_product(cost, beta, rounds):
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.ones_like(cost), np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        q = a + plan
        delta = 1 / (length * (q @ sigma))
        sigma = 1 / (many * (delta @ q))
        plan = delta[:, None] * q * sigma
    return plan


@wrong("04.6", "Q = A @ plan", "exception")
def plan_matrix_product(cost, beta, rounds):
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.ones_like(cost), np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        q = a @ plan
        delta = 1 / (length * (q @ sigma))
        sigma = 1 / (many * (delta @ q))
        plan = delta[:, None] * q * sigma
    return plan


@wrong("04.6", "Q grows from round to round: Q = A * Q", "sigma-from-the-start")
def plan_q_of_q(cost, beta, rounds):
    length, many = cost.shape
    a, q, sigma = np.exp(-cost / beta), np.ones_like(cost), np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        q = a * q
        delta = 1 / (length * (q @ sigma))
        sigma = 1 / (many * (delta @ q))
        plan = delta[:, None] * q * sigma
    return plan


@wrong("04.6", "returns Q", "q")
def plan_q_returned(cost, beta, rounds):
    return np.exp(-cost / beta) * transport(cost, beta, rounds - 1)


@wrong("04.6", "A overwritten: A = A * plan", "a-overwritten")
def plan_a_overwritten(cost, beta, rounds):
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.ones_like(cost), np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        a = a * plan
        delta = 1 / (length * (a @ sigma))
        sigma = 1 / (many * (delta @ a))
        plan = delta[:, None] * a * sigma
    return plan


@wrong("04.6", "forgot the reciprocal", "no-reciprocal")
def plan_no_reciprocal(cost, beta, rounds):
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.ones_like(cost), np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        q = a * plan
        delta = length * (q @ sigma)
        sigma = many * (delta @ q)
        plan = delta[:, None] * q * sigma
    return plan


@wrong("04.6", "1 / T * (Q sigma): the brackets forgotten", "brackets")
def plan_brackets(cost, beta, rounds):
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.ones_like(cost), np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        q = a * plan
        delta = 1 / length * (q @ sigma)
        sigma = 1 / many * (delta @ q)
        plan = delta[:, None] * q * sigma
    return plan


@wrong("04.6", "sums of Q's rows and columns, without sigma and delta", "plain-sums")
def plan_plain_sums(cost, beta, rounds):
    length, many = cost.shape
    a, plan = np.exp(-cost / beta), np.ones_like(cost)
    for _ in range(rounds):
        q = a * plan
        delta, sigma = 1 / (length * q.sum(1)), 1 / (many * q.sum(0))
        plan = delta[:, None] * q * sigma
    return plan


@wrong("04.6", "transposed", "transposed")
def plan_transposed(cost, beta, rounds):
    return transport(cost, beta, rounds).T


@wrong("04.6", "each word's row adds up to 1", "rows-of-one")
def plan_rows_to_one(cost, beta, rounds):
    plan = transport(cost, beta, rounds)
    return plan / plan.sum(1, keepdims=True)


@wrong("04.6", "each row adds up to 1/T exactly, by a division at the end", "rows-of-one")
def plan_rows_at_the_end(cost, beta, rounds):
    return plan_rows_to_one(cost, beta, rounds) / cost.shape[0]


@wrong("04.6", "the distance: the sum of plan times cost", "distance")
def plan_distance(cost, beta, rounds):
    return (transport(cost, beta, rounds) * cost).sum()


@wrong("04.6", "plan times cost", "weighed-costs")
def plan_costs(cost, beta, rounds):
    return transport(cost, beta, rounds) * cost


@wrong("04.6", "plan and distance", "not-an-array")
def plan_and_distance(cost, beta, rounds):
    plan = transport(cost, beta, rounds)
    return plan, (plan * cost).sum()


@wrong("04.6", "attention: a softmax over the regions", "softmax")
def plan_softmax(cost, beta, rounds):
    return softmax(-cost / beta, axis=1) / cost.shape[0]


@wrong("04.6", "a softmax over the regions, rows adding up to 1", "softmax")
def plan_softmax_of_one(cost, beta, rounds):
    return softmax(-cost / beta, axis=1)


@wrong("04.6", "each word to its cheapest region", "greedy")
def plan_cheapest(cost, beta, rounds):
    return np.eye(cost.shape[1])[cost.argmin(1)] / cost.shape[0]


@wrong("04.6", "everything alike: 1 / TN", "uniform")
def plan_uniform(cost, beta, rounds):
    return np.full(cost.shape, 1 / cost.size)


@wrong("04.6", "return in the loop", "one-round")
def plan_return_in_loop(cost, beta, rounds):
    for _ in range(rounds):
        return transport(cost, beta, 1)


@wrong("04.6", "the cost divided by beta in every round anew", "beta-again")
def plan_beta_again(cost, beta, rounds):
    length, many = cost.shape
    plan, sigma = np.ones_like(cost), np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        cost = cost / beta
        q = np.exp(-cost) * plan
        delta = 1 / (length * (q @ sigma))
        sigma = 1 / (many * (delta @ q))
        plan = delta[:, None] * q * sigma
    return plan


@wrong("04.6", "delta and sigma put on the wrong axes", "exception")
def plan_axes_exchanged(cost, beta, rounds):
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.ones_like(cost), np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        q = a * plan
        delta = 1 / (length * (q @ sigma))
        sigma = 1 / (many * (delta @ q))
        plan = delta * q * sigma[:, None]
    return plan


@wrong("04.6", "Q @ delta for the transpose of Q", "exception")
def plan_q_not_transposed(cost, beta, rounds):
    length, many = cost.shape
    a, plan, sigma = np.exp(-cost / beta), np.ones_like(cost), np.full(many, 1 / many, cost.dtype)
    for _ in range(rounds):
        q = a * plan
        delta = 1 / (length * (q @ sigma))
        sigma = 1 / (many * (q @ delta))
        plan = delta[:, None] * q * sigma
    return plan


@wrong("04.6", "forgot return", "returns-nothing")
def plan_nothing(cost, beta, rounds):
    transport(cost, beta, rounds)


@wrong("04.6", "zeros", "brackets")
def plan_zeros(cost, beta, rounds):
    return np.zeros(cost.shape)
