"""More answers to the exercises of notebook 02, written from the exercise texts alone, without a look at their checks.

All of RIGHT must pass; each of WRONG must be told what it got wrong (its description, then the diagnosis it must get).
"""

import collections
import heapq
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
        WRONG[number].append((function, mistake, diagnosis))
        return function

    return add


# ---- 02.1, right


@right("02.1")
def look_loops(params, places, h, mask):
    p = {k: np.asarray(v, float) for k, v in params.items()}
    places, h, mask = np.asarray(places, float), np.asarray(h, float), np.asarray(mask)
    contexts, shares = [], []
    for b in range(len(places)):
        e = []
        for v in places[b]:
            e.append(float(p["w"] @ np.tanh(p["W_v"].T @ v + p["W_h"].T @ h[b] + p["b"])))
        top = max(x for x, there in zip(e, mask[b]) if there)
        grown = [math.exp(x - top) if there else 0.0 for x, there in zip(e, mask[b])]
        alpha = [x / sum(grown) for x in grown]
        shares.append(alpha)
        contexts.append([sum(a * v[d] for a, v in zip(alpha, places[b])) for d in range(places.shape[2])])
    return contexts, shares


@right("02.1")
def look_vmap(params, places, h, mask):
    def one(v, s, there):
        e = jnp.tanh(v @ params["W_v"] + s @ params["W_h"] + params["b"]) @ params["w"]
        a = jax.nn.softmax(e, where=there)
        return a @ v, a

    return jax.vmap(one)(places, h, mask)


@right("02.1")
def look_einsum(params, places, h, mask):
    keys = jnp.einsum("bnd,dk->bnk", places, params["W_v"])
    query = jnp.einsum("bd,dk->bk", h, params["W_h"])
    e = jnp.einsum("bnk,k->bn", jnp.tanh(keys + query[:, None, :] + params["b"]), params["w"])
    grown = jnp.exp(e) * mask
    alpha = grown / grown.sum(1, keepdims=True)
    return (alpha[..., None] * places).sum(1), alpha


@right("02.1")
def look_stacked_weights(params, places, h, mask):
    both = jnp.concatenate([places, jnp.repeat(h[:, None], places.shape[1], axis=1)], axis=-1)
    e = jnp.tanh(both @ jnp.concatenate([params["W_v"], params["W_h"]]) + params["b"]) @ params["w"]
    alpha = jax.nn.softmax(jnp.where(mask, e, -jnp.inf))
    return jnp.matmul(alpha[:, None], places)[:, 0], alpha


@right("02.1")
def look_added_mask(params, places, h, mask):
    e = jnp.tanh(places @ params["W_v"] + (h @ params["W_h"])[:, None] + params["b"]) @ params["w"]
    alpha = jax.nn.softmax(e - 1e9 * (1 - mask), axis=1)
    return [jnp.einsum("bn,bnd->bd", alpha, places), alpha]


@right("02.1")
def look_renormalised(params, places, h, mask):
    e = jnp.tanh(places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None]) @ params["w"]
    alpha = jax.nn.softmax(e, axis=-1) * mask
    alpha /= alpha.sum(-1, keepdims=True)
    return jnp.sum(alpha[:, :, None] * places, axis=1), alpha


@right("02.1")
def look_running(params, places, h, mask):
    params = {name: np.asarray(value) for name, value in params.items()}
    places, h, mask, total, weight, grown = np.asarray(places), np.asarray(h), np.asarray(mask), 0.0, 0.0, []
    for n in range(places.shape[1]):
        e = np.tanh(places[:, n] @ params["W_v"] + h @ params["W_h"] + params["b"]) @ params["w"]
        grown.append(np.where(mask[:, n], np.exp(e), 0))
        weight = weight + grown[-1]
        total = total + grown[-1][:, None] * places[:, n]
    return total / weight[:, None], np.stack(grown, 1) / weight[:, None]


# ---- 02.1, wrong


def scored(params, places, h):
    return jnp.tanh(places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None]) @ params["w"]


def looked(e, places, mask):
    alpha = jax.nn.softmax(jnp.where(mask, e, -1e9), axis=-1)
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


@wrong("02.1", "no mask", "no-mask")
def look_no_mask(params, places, h, mask):
    return looked(scored(params, places, h), places, True)


@wrong("02.1", "mask inverted", "mask-turned")
def look_inverted(params, places, h, mask):
    return looked(scored(params, places, h), places, ~mask)


@wrong("02.1", "mask after the softmax, shares do not add up to 1", "mask-after-softmax")
def look_mask_late(params, places, h, mask):
    alpha = jax.nn.softmax(scored(params, places, h), axis=-1) * mask
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


@wrong("02.1", "missing places get the score 0", "scores-times-mask")
def look_score_zero(params, places, h, mask):
    return looked(scored(params, places, h) * mask, places, True)


@wrong("02.1", "1e-9 instead of -1e9: missing places get a score of about 0", "scores-times-mask")
def look_small_number(params, places, h, mask):
    return looked(jnp.where(mask, scored(params, places, h), 1e-9), places, True)


@wrong("02.1", "multiplies the missing scores by -1e9", "share-of-nothing")
def look_times_minus(params, places, h, mask):
    e = scored(params, places, h)
    return looked(jnp.where(mask, e, e * -1e9), places, True)


@wrong("02.1", "zeroes the missing places, but they still get shares", "places-zeroed")
def look_zeroed_places(params, places, h, mask):
    places = places * mask[..., None]
    return looked(scored(params, places, h), places, True)


@wrong("02.1", "masks for the context only, returns the shares without the mask", "no-mask")
def look_shares_unmasked(params, places, h, mask):
    e = scored(params, places, h)
    return looked(e, places, mask)[0], jax.nn.softmax(e)


@wrong("02.1", "masks the shares, but the context is from all places", "unmasked-shares")
def look_context_unmasked(params, places, h, mask):
    e = scored(params, places, h)
    return looked(e, places, True)[0], looked(e, places, mask)[1]


@wrong("02.1", "softmax over the batch", "softmax-over-batch")
def look_over_batch(params, places, h, mask):
    alpha = jax.nn.softmax(jnp.where(mask, scored(params, places, h), -1e9), axis=0)
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


@wrong("02.1", "one softmax over all the places of all pictures", "softmax-over-all")
def look_over_all(params, places, h, mask):
    alpha = jax.nn.softmax(jnp.where(mask, scored(params, places, h), -1e9), axis=(0, 1))
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


@wrong("02.1", "forgets the bias", "no-bias")
def look_no_bias(params, places, h, mask):
    return looked(jnp.tanh(places @ params["W_v"] + (h @ params["W_h"])[:, None]) @ params["w"], places, mask)


@wrong("02.1", "adds the bias on both sides", "bias-twice")
def look_bias_twice(params, places, h, mask):
    return looked(scored({**params, "b": 2 * params["b"]}, places, h), places, mask)


@wrong("02.1", "adds the bias after the tanh", "no-bias")
def look_bias_late(params, places, h, mask):
    seen = jnp.tanh(places @ params["W_v"] + (h @ params["W_h"])[:, None]) + params["b"]
    return looked(seen @ params["w"], places, mask)


@wrong("02.1", "forgets the tanh", "no-tanh")
def look_no_tanh(params, places, h, mask):
    return looked((places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None]) @ params["w"], places, mask)


@wrong("02.1", "tanh of the places only, the state added behind", "tanh-on-each")
def look_state_late(params, places, h, mask):
    seen = jnp.tanh(places @ params["W_v"]) + (h @ params["W_h"] + params["b"])[:, None]
    return looked(seen @ params["w"], places, mask)


@wrong("02.1", "tanh of each side on its own", "tanh-on-each")
def look_two_tanhs(params, places, h, mask):
    seen = jnp.tanh(places @ params["W_v"]) + jnp.tanh(h @ params["W_h"] + params["b"])[:, None]
    return looked(seen @ params["w"], places, mask)


@wrong("02.1", "tanh around w as well", "tanh-twice")
def look_tanh_of_score(params, places, h, mask):
    return looked(jnp.tanh(scored(params, places, h)), places, mask)


@wrong("02.1", "sigmoid instead of tanh", "sigmoid-for-tanh")
def look_sigmoid_inside(params, places, h, mask):
    seen = jax.nn.sigmoid(places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None])
    return looked(seen @ params["w"], places, mask)


@wrong("02.1", "relu instead of tanh", "relu")
def look_relu(params, places, h, mask):
    seen = jax.nn.relu(places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None])
    return looked(seen @ params["w"], places, mask)


@wrong("02.1", "no state: the same look whatever was said", "no-state")
def look_no_state(params, places, h, mask):
    return looked(scored(params, places, 0 * h), places, mask)


@wrong("02.1", "multiplies the two sides instead of adding them", "multiplied")
def look_product(params, places, h, mask):
    seen = jnp.tanh((places @ params["W_v"]) * (h @ params["W_h"])[:, None] + params["b"])
    return looked(seen @ params["w"], places, mask)


@wrong("02.1", "a scalar product of the two sides, as in section 1", "dot-product")
def look_dot(params, places, h, mask):
    return looked(jnp.einsum("bnk,bk->bn", places @ params["W_v"], h @ params["W_h"]), places, mask)


@wrong("02.1", "forgets w: sums over the inner width", "no-w")
def look_no_w(params, places, h, mask):
    return looked(scored({**params, "w": jnp.ones_like(params["w"])}, places, h), places, mask)


@wrong("02.1", "divides by the root of the inner width", "scaled")
def look_scaled(params, places, h, mask):
    return looked(scored(params, places, h) / len(params["w"]) ** 0.5, places, mask)


@wrong("02.1", "softmax of minus the scores", "softmin")
def look_minus(params, places, h, mask):
    return looked(-scored(params, places, h), places, mask)


@wrong("02.1", "sigmoid instead of softmax", "sigmoid")
def look_sigmoid(params, places, h, mask):
    alpha = jax.nn.sigmoid(scored(params, places, h)) * mask
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


@wrong("02.1", "divides the scores by their sum, without exp", "scores-over-their-sum")
def look_no_exp(params, places, h, mask):
    e = scored(params, places, h) * mask
    alpha = e / e.sum(1, keepdims=True)
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


@wrong("02.1", "exp without the division", "not-shares")
def look_not_divided(params, places, h, mask):
    alpha = jnp.exp(scored(params, places, h)) * mask
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


@wrong("02.1", "the logarithm of the shares", "log-softmax")
def look_logs(params, places, h, mask):
    z, alpha = looked(scored(params, places, h), places, mask)
    return z, jnp.log(alpha + 1e-9)


@wrong("02.1", "only the brightest place", "hard")
def look_hard(params, places, h, mask):
    e = jnp.where(mask, scored(params, places, h), -1e9)
    alpha = jax.nn.one_hot(e.argmax(1), e.shape[1])
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


@wrong("02.1", "the mean of the places that are there", "uniform")
def look_flat(params, places, h, mask):
    return looked(0 * scored(params, places, h), places, mask)


@wrong("02.1", "divides the context by N as well", "mean-of-weighted")
def look_mean_context(params, places, h, mask):
    z, alpha = looked(scored(params, places, h), places, mask)
    return z / places.shape[1], alpha


@wrong("02.1", "the context is the plain sum of the places", "plain-sum")
def look_sum(params, places, h, mask):
    _, alpha = looked(scored(params, places, h), places, mask)
    return (places * mask[..., None]).sum(1), alpha


@wrong("02.1", "weighs the projected places instead of the places", "sum-of-keys")
def look_projected(params, places, h, mask):
    _, alpha = looked(scored(params, places, h), places, mask)
    return jnp.einsum("bn,bnk->bk", alpha, places @ params["W_v"]), alpha


@wrong("02.1", "does not sum: the weighted places (B, N, D_v)", "places-not-summed")
def look_not_summed(params, places, h, mask):
    _, alpha = looked(scored(params, places, h), places, mask)
    return alpha[..., None] * places, alpha


@wrong("02.1", "shares first, context second", "exchanged")
def look_exchanged(params, places, h, mask):
    z, alpha = looked(scored(params, places, h), places, mask)
    return alpha, z


@wrong("02.1", "only the context", "one-of-several")
def look_context_only(params, places, h, mask):
    return looked(scored(params, places, h), places, mask)[0]


@wrong("02.1", "scores instead of shares", "no-softmax")
def look_scores(params, places, h, mask):
    e = scored(params, places, h)
    return looked(e, places, mask)[0], e


@wrong("02.1", "keeps an axis of the shares", "axis-of-one")
def look_axis_kept(params, places, h, mask):
    z, alpha = looked(scored(params, places, h), places, mask)
    return z, alpha[..., None]


@wrong("02.1", "keeps an axis of the context", "axis-of-one")
def look_context_axis_kept(params, places, h, mask):
    z, alpha = looked(scored(params, places, h), places, mask)
    return z[:, None], alpha


@wrong("02.1", "the first picture's state for all pictures", "first-state-for-all")
def look_first_state(params, places, h, mask):
    return looked(scored(params, places, jnp.broadcast_to(h[:1], h.shape)), places, mask)


@wrong("02.1", "the first picture's mask for all pictures", "first-mask-for-all")
def look_first_mask(params, places, h, mask):
    return looked(scored(params, places, h), places, mask[:1])


@wrong("02.1", "no new axis for the state's side", "exception")
def look_no_axis(params, places, h, mask):
    e = jnp.tanh(places @ params["W_v"] + h @ params["W_h"] + params["b"]) @ params["w"]
    return looked(e, places, mask)


@wrong("02.1", "writes into a JAX array", "exception")
def look_in_place(params, places, h, mask):
    e = scored(params, places, h)
    e[~mask] = -1e9
    return looked(e, places, True)


@wrong("02.1", "forgot return", "returns-nothing")
def look_nothing(params, places, h, mask):
    looked(scored(params, places, h), places, mask)


@wrong("02.1", "divides by 0 where a place is missing: NaN", "not-finite")
def look_nan(params, places, h, mask):
    e = jnp.where(mask, scored(params, places, h), -jnp.inf)
    alpha = jnp.exp(e) / jnp.where(mask, jnp.exp(e).sum(1, keepdims=True), 0)
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


@wrong("02.1", "sets the missing scores to -1, which is not enough", "share-of-nothing")
def look_minus_one(params, places, h, mask):
    return looked(jnp.where(mask, scored(params, places, h), -1.0), places, True)


@wrong("02.1", "keeps the first sum(mask) places, wherever the mask is True", "share-of-nothing")
def look_first_ones(params, places, h, mask):
    return looked(scored(params, places, h), places, jnp.arange(mask.shape[1]) < mask.sum(1, keepdims=True))


@wrong("02.1", "softmax with one maximum and one sum for the batch", "softmax-over-all")
def look_batch_sum(params, places, h, mask):
    grown = jnp.exp(scored(params, places, h)) * mask
    alpha = grown / grown.sum()
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


@wrong("02.1", "sums over all places in the denominator, over those that are there above", "mask-after-softmax")
def look_denominator(params, places, h, mask):
    grown = jnp.exp(scored(params, places, h))
    alpha = jnp.where(mask, grown / grown.sum(1, keepdims=True), 0)
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


# ---- 02.2, right


@right("02.2")
def step_numpy(params, h, c, word, context):
    p = {k: np.asarray(v, float) for k, v in params.items()}
    gates = np.asarray(word) @ p["W_x"] + np.asarray(context) @ p["W_z"] + np.asarray(h) @ p["W_h"] + p["b"]
    D = gates.shape[1] // 4
    i, f, g, o = gates[:, :D], gates[:, D : 2 * D], gates[:, 2 * D : 3 * D], gates[:, 3 * D :]
    new = np.asarray(c) / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
    return np.tanh(new) / (1 + np.exp(-o)), new


@right("02.2")
def step_concatenated(params, h, c, word, context):
    weights = jnp.concatenate([params["W_x"], params["W_z"], params["W_h"]])
    gates = jnp.concatenate([word, context, h], -1) @ weights + params["b"]
    i, f, g, o = gates.reshape(len(h), 4, -1).swapaxes(0, 1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


@right("02.2")
def step_vmap(params, h, c, word, context):
    def one(h, c, word, context):
        x = params["W_x"].T @ word + params["W_z"].T @ context + params["W_h"].T @ h + params["b"]
        half = lambda y: (jnp.tanh(y / 2) + 1) / 2
        i, f, g, o = jnp.split(x, 4)
        c = half(f) * c + half(i) * jnp.tanh(g)
        return half(o) * jnp.tanh(c), c

    return jax.vmap(one)(h, c, word, context)


@right("02.2")
def step_loops(params, h, c, word, context):
    p = {k: np.asarray(v, float) for k, v in params.items()}
    h, c, word, context = (np.asarray(a, float) for a in (h, c, word, context))
    D, hs, cs = h.shape[1], [], []
    for b in range(len(h)):
        row_h, row_c = [], []
        for d in range(D):
            i, f, g, o = (
                sum(p["W_x"][:, j] * word[b]) + sum(p["W_z"][:, j] * context[b]) + sum(p["W_h"][:, j] * h[b]) + p["b"][j]
                for j in (d, D + d, 2 * D + d, 3 * D + d)
            )
            row_c.append(c[b, d] / (1 + math.exp(-f)) + math.tanh(g) / (1 + math.exp(-i)))
            row_h.append(math.tanh(row_c[-1]) / (1 + math.exp(-o)))
        hs.append(row_h)
        cs.append(row_c)
    return hs, cs


@right("02.2")
def step_einsum(params, h, c, word, context):
    D = h.shape[-1]
    cut = lambda W: W.reshape(-1, 4, D)
    gates = (
        jnp.einsum("bx,xgd->gbd", word, cut(params["W_x"]))
        + jnp.einsum("bx,xgd->gbd", context, cut(params["W_z"]))
        + jnp.einsum("bx,xgd->gbd", h, cut(params["W_h"]))
        + params["b"].reshape(4, 1, D)
    )
    i, f, o = jax.nn.sigmoid(gates[jnp.array([0, 1, 3])])
    c = f * c + i * jnp.tanh(gates[2])
    return [o * jnp.tanh(c), c]


@right("02.2")
def step_gate_by_gate(params, h, c, word, context):
    D = h.shape[1]

    def gate(k):
        s = slice(k * D, (k + 1) * D)
        return word @ params["W_x"][:, s] + context @ params["W_z"][:, s] + h @ params["W_h"][:, s] + params["b"][s]

    c *= jax.nn.sigmoid(gate(1))
    c += jax.nn.sigmoid(gate(0)) * jnp.tanh(gate(2))
    h = jax.nn.sigmoid(gate(3)) * jnp.tanh(c)
    return h, c


# ---- 02.2, wrong


def gates_of(params, h, word, context):
    return word @ params["W_x"] + context @ params["W_z"] + h @ params["W_h"] + params["b"]


def remembered(i, f, g, o, c):
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


@wrong("02.2", "order i, f, o, g", "gates-in-torch-order-ifog")
def step_ifog(params, h, c, word, context):
    i, f, o, g = jnp.split(gates_of(params, h, word, context), 4, -1)
    return remembered(i, f, g, o, c)


@wrong("02.2", "order i, g, f, o", "gates-as-igfo")
def step_igfo(params, h, c, word, context):
    i, g, f, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    return remembered(i, f, g, o, c)


@wrong("02.2", "order f, i, g, o", "forget-and-input-exchanged")
def step_figo(params, h, c, word, context):
    f, i, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    return remembered(i, f, g, o, c)


@wrong("02.2", "order f, i, o, g", "gates-as-fiog")
def step_fiog(params, h, c, word, context):
    f, i, o, g = jnp.split(gates_of(params, h, word, context), 4, -1)
    return remembered(i, f, g, o, c)


@wrong("02.2", "order o, f, g, i: i and o exchanged", "gates-as-ofgi")
def step_ofgi(params, h, c, word, context):
    o, f, g, i = jnp.split(gates_of(params, h, word, context), 4, -1)
    return remembered(i, f, g, o, c)


@wrong("02.2", "the gates interleaved: column 4 d + k", "gates-interleaved")
def step_interleaved(params, h, c, word, context):
    gates = gates_of(params, h, word, context)
    i, f, g, o = (gates[:, k::4] for k in range(4))
    return remembered(i, f, g, o, c)


@wrong("02.2", "splits the batch", "exception")
def step_split_batch(params, h, c, word, context):
    i, f, g, o = jnp.split(gates_of(params, h, word, context), 4, 0)
    return remembered(i, f, g, o, c)


@wrong("02.2", "reshape that mixes rows: (4, B, D)", "reshaped")
def step_reshape(params, h, c, word, context):
    i, f, g, o = gates_of(params, h, word, context).reshape(4, len(h), -1)
    return remembered(i, f, g, o, c)


@wrong("02.2", "no bias", "no-bias")
def step_no_bias(params, h, c, word, context):
    return remembered(*jnp.split(gates_of({**params, "b": 0}, h, word, context), 4, -1), c)


@wrong("02.2", "the bias with each of the three maps", "bias-thrice")
def step_bias_thrice(params, h, c, word, context):
    return remembered(*jnp.split(gates_of({**params, "b": 3 * params["b"]}, h, word, context), 4, -1), c)


@wrong("02.2", "forgets the context", "no-context")
def step_no_context(params, h, c, word, context):
    return remembered(*jnp.split(gates_of(params, h, word, 0 * context), 4, -1), c)


@wrong("02.2", "forgets the word", "no-word")
def step_no_word(params, h, c, word, context):
    return remembered(*jnp.split(gates_of(params, h, 0 * word, context), 4, -1), c)


@wrong("02.2", "forgets the state", "no-state")
def step_no_state(params, h, c, word, context):
    return remembered(*jnp.split(gates_of(params, 0 * h, word, context), 4, -1), c)


@wrong("02.2", "c where h belongs, in the gates", "cell-for-state")
def step_c_in_gates(params, h, c, word, context):
    return remembered(*jnp.split(gates_of(params, c, word, context), 4, -1), c)


@wrong("02.2", "h where c belongs: forgets h, not c", "state-for-cell")
def step_h_forgotten(params, h, c, word, context):
    return remembered(*jnp.split(gates_of(params, h, word, context), 4, -1), h)


@wrong("02.2", "takes the arguments in the order c, h", "arguments-exchanged")
def step_arguments(params, c, h, word, context):
    return remembered(*jnp.split(gates_of(params, h, word, context), 4, -1), c)


@wrong("02.2", "sigmoid for all four", "candidate-sigmoid")
def step_sigmoid_g(params, h, c, word, context):
    i, f, g, o = jax.nn.sigmoid(jnp.stack(jnp.split(gates_of(params, h, word, context), 4, -1)))
    c = f * c + i * g
    return o * jnp.tanh(c), c


@wrong("02.2", "tanh for all four", "gates-tanh")
def step_tanh_all(params, h, c, word, context):
    i, f, g, o = jnp.split(jnp.tanh(gates_of(params, h, word, context)), 4, -1)
    c = f * c + i * g
    return o * jnp.tanh(c), c


@wrong("02.2", "g without tanh", "candidate-not-squashed")
def step_g_linear(params, h, c, word, context):
    i, f, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * g
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


@wrong("02.2", "no squashing of the gates at all", "gates-not-squashed")
def step_linear(params, h, c, word, context):
    i, f, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    c = f * c + i * jnp.tanh(g)
    return o * jnp.tanh(c), c


@wrong("02.2", "the output gate without its sigmoid", "output-gate-not-squashed")
def step_o_linear(params, h, c, word, context):
    i, f, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return o * jnp.tanh(c), c


@wrong("02.2", "h' without the tanh of c'", "no-tanh-on-cell")
def step_no_last_tanh(params, h, c, word, context):
    i, f, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * c, c


@wrong("02.2", "h' with a sigmoid of c'", "sigmoid-of-cell")
def step_last_sigmoid(params, h, c, word, context):
    i, f, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jax.nn.sigmoid(c), c


@wrong("02.2", "h' from the old c", "old-cell-shown")
def step_old_c(params, h, c, word, context):
    i, f, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    return jax.nn.sigmoid(o) * jnp.tanh(c), remembered(i, f, g, o, c)[1]


@wrong("02.2", "h' without the output gate", "no-output-gate")
def step_no_o(params, h, c, word, context):
    _, c = remembered(*jnp.split(gates_of(params, h, word, context), 4, -1), c)
    return jnp.tanh(c), c


@wrong("02.2", "the memory without the input gate", "no-input-gate")
def step_no_i(params, h, c, word, context):
    _, f, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    c = jax.nn.sigmoid(f) * c + jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


@wrong("02.2", "nothing is forgotten", "no-forget-gate")
def step_no_f(params, h, c, word, context):
    i, _, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    c = c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


@wrong("02.2", "the old memory is dropped", "no-memory")
def step_no_memory(params, h, c, word, context):
    return remembered(*jnp.split(gates_of(params, h, word, context), 4, -1), 0 * c)


@wrong("02.2", "forgets as a GRU does: 1 - i instead of f", "gated-as-gru")
def step_coupled(params, h, c, word, context):
    i, _, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    return remembered(i, -i, g, o, c)


@wrong("02.2", "a forget bias of 1 added", "forget-plus-one")
def step_forget_bias(params, h, c, word, context):
    i, f, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    return remembered(i, f + 1, g, o, c)


@wrong("02.2", "the forget gate as what to erase: 1 - f", "one-minus-forget")
def step_erase(params, h, c, word, context):
    i, f, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    return remembered(i, -f, g, o, c)


@wrong("02.2", "minus instead of plus", "subtracted")
def step_minus(params, h, c, word, context):
    i, f, g, o = jnp.split(gates_of(params, h, word, context), 4, -1)
    c = jax.nn.sigmoid(f) * c - jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


@wrong("02.2", "c first, h second", "exchanged")
def step_exchanged(params, h, c, word, context):
    h, c = remembered(*jnp.split(gates_of(params, h, word, context), 4, -1), c)
    return c, h


@wrong("02.2", "only h", "one-of-several")
def step_h_only(params, h, c, word, context):
    return remembered(*jnp.split(gates_of(params, h, word, context), 4, -1), c)[0]


@wrong("02.2", "returns the old c beside the new h", "old-memory-returned")
def step_returns_old_c(params, h, c, word, context):
    return remembered(*jnp.split(gates_of(params, h, word, context), 4, -1), c)[0], c


@wrong("02.2", "h twice", "exchanged")
def step_h_twice(params, h, c, word, context):
    h, _ = remembered(*jnp.split(gates_of(params, h, word, context), 4, -1), c)
    return h, h


@wrong("02.2", "side by side in one table", "not-several")
def step_one_table(params, h, c, word, context):
    return jnp.concatenate(remembered(*jnp.split(gates_of(params, h, word, context), 4, -1), c), -1)


@wrong("02.2", "word and context exchanged", "exception")
def step_inputs_exchanged(params, h, c, word, context):
    return remembered(*jnp.split(gates_of(params, h, context, word), 4, -1), c)


@wrong("02.2", "the old state is added to the new one", "state-kept")
def step_residual(params, h, c, word, context):
    new, c = remembered(*jnp.split(gates_of(params, h, word, context), 4, -1), c)
    return h + new, c


@wrong("02.2", "in a fixed width of 4", "exception")
def step_fixed_width(params, h, c, word, context):
    gates = gates_of(params, h, word, context)
    return remembered(gates[:, :4], gates[:, 4:8], gates[:, 8:12], gates[:, 12:16], c)


@wrong("02.2", "returns the four gates", "not-several")
def step_returns_gates(params, h, c, word, context):
    return jnp.split(gates_of(params, h, word, context), 4, -1)


@wrong("02.2", "forgot return", "returns-nothing")
def step_nothing(params, h, c, word, context):
    h, c = remembered(*jnp.split(gates_of(params, h, word, context), 4, -1), c)


# ---- 02.3, right


@right("02.3")
def loss_loops(logits, tokens, mask):
    logits, tokens, mask = (np.asarray(a).tolist() for a in (logits, tokens, mask))
    costs = []
    for b in range(len(tokens)):
        for t in range(len(tokens[b])):
            if mask[b][t]:
                top = max(logits[b][t])
                total = sum(math.exp(x - top) for x in logits[b][t])
                costs.append(top + math.log(total) - logits[b][t][tokens[b][t]])
    return sum(costs) / len(costs)


@right("02.3")
def loss_boolean(logits, tokens, mask):
    logits, tokens = np.asarray(logits, float)[np.asarray(mask)], np.asarray(tokens)[np.asarray(mask)]
    logits = logits - logits.max(-1, keepdims=True)
    return np.mean(np.log(np.exp(logits).sum(-1)) - logits[np.arange(len(tokens)), tokens])


@right("02.3")
def loss_logsumexp(logits, tokens, mask):
    said = jnp.einsum("btv,btv->bt", logits, jax.nn.one_hot(tokens, logits.shape[-1]))
    return jnp.average(jax.nn.logsumexp(logits, axis=-1) - said, weights=mask)


@right("02.3")
def loss_vmap(logits, tokens, mask):
    cost = jax.vmap(jax.vmap(lambda x, k: -jax.nn.log_softmax(x)[k]))(logits, tokens)
    return jnp.where(mask, cost, 0).sum() / mask.sum()


@right("02.3")
def loss_flat(logits, tokens, mask):
    V = logits.shape[-1]
    log_p = jax.nn.log_softmax(logits.reshape(-1, V), axis=1)
    cost = -log_p[jnp.arange(tokens.size), tokens.ravel()]
    return jnp.mean(cost, where=mask.ravel())


@right("02.3")
def loss_weighted_captions(logits, tokens, mask):
    log_p = jnp.take_along_axis(jax.nn.log_softmax(logits), tokens[..., None], axis=2).squeeze(-1)
    words = mask.sum(1)
    means = -(log_p * mask).sum(1) / jnp.maximum(words, 1)
    return float((means * words).sum() / words.sum())


@right("02.3")
def loss_mask_first(logits, tokens, mask):
    logits = jnp.where(mask[..., None], logits, 0.0)
    log_p = jnp.take_along_axis(jax.nn.log_softmax(logits), jnp.where(mask, tokens, 0)[..., None], axis=2)[..., 0]
    padding = (~mask).sum()
    return (-log_p.sum() - padding * jnp.log(logits.shape[-1])) / (mask.size - padding)


# ---- 02.3, wrong


def costs_of(logits, tokens):
    logits, tokens = np.asarray(logits), np.asarray(tokens)  # NumPy compiles nothing
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -np.take_along_axis(log_p, tokens[..., None], axis=-1)[..., 0]


@wrong("02.3", "padding included", "pads-in-mean")
def loss_no_mask(logits, tokens, mask):
    return costs_of(logits, tokens).mean()


@wrong("02.3", "divides by all places", "divided-by-all")
def loss_all_places(logits, tokens, mask):
    return (costs_of(logits, tokens) * mask).mean()


@wrong("02.3", "padding above, words below", "unmasked-sum-over-words")
def loss_padding_above(logits, tokens, mask):
    return costs_of(logits, tokens).sum() / mask.sum()


@wrong("02.3", "a mean of captions' means", "mean-of-means")
def loss_mean_of_means(logits, tokens, mask):
    return ((costs_of(logits, tokens) * mask).sum(1) / mask.sum(1)).mean()


@wrong("02.3", "a mean over places of means over captions", "mean-of-places")
def loss_mean_of_columns(logits, tokens, mask):
    return ((costs_of(logits, tokens) * mask).sum(0) / jnp.maximum(mask.sum(0), 1)).mean()


@wrong("02.3", "the sum", "sum")
def loss_sum(logits, tokens, mask):
    return (costs_of(logits, tokens) * mask).sum()


@wrong("02.3", "the sum of a caption, its mean over captions", "sum-over-captions")
def loss_per_caption_sum(logits, tokens, mask):
    return (costs_of(logits, tokens) * mask).sum(1).mean()


@wrong("02.3", "one mean a caption", "one-per-caption")
def loss_per_caption(logits, tokens, mask):
    return (costs_of(logits, tokens) * mask).sum(1) / mask.sum(1)


@wrong("02.3", "one number a place", "not-reduced")
def loss_per_place(logits, tokens, mask):
    return costs_of(logits, tokens) * mask


@wrong("02.3", "no minus", "sign")
def loss_plus(logits, tokens, mask):
    return -(costs_of(logits, tokens) * mask).sum() / mask.sum()


@wrong("02.3", "mask inverted", "mask-turned")
def loss_inverted(logits, tokens, mask):
    return (costs_of(logits, tokens) * ~mask).sum() / (~mask).sum()


@wrong("02.3", "shifted by one: place t predicts word t + 1", "shifted")
def loss_shifted(logits, tokens, mask):
    return (costs_of(logits[:, :-1], tokens[:, 1:]) * mask[:, 1:]).sum() / mask[:, 1:].sum()


@wrong("02.3", "shifted the other way: place t + 1 predicts word t", "shifted")
def loss_shifted_back(logits, tokens, mask):
    return (costs_of(logits[:, 1:], tokens[:, :-1]) * mask[:, :-1]).sum() / mask[:, :-1].sum()


@wrong("02.3", "leaves out the first word of each caption", "first-word-left-out")
def loss_first_left_out(logits, tokens, mask):
    mask = mask.at[:, 0].set(False)
    return (costs_of(logits, tokens) * mask).sum() / mask.sum()


@wrong("02.3", "leaves out the last word (the end) of each caption", "end-left-out")
def loss_end_left_out(logits, tokens, mask):
    mask = mask & jnp.concatenate([mask[:, 1:], jnp.zeros_like(mask[:, :1])], 1)
    return (costs_of(logits, tokens) * mask).sum() / mask.sum()


@wrong("02.3", "logits instead of log-probabilities", "no-softmax")
def loss_no_softmax(logits, tokens, mask):
    said = jnp.take_along_axis(logits, tokens[..., None], -1)[..., 0]
    return -(said * mask).sum() / mask.sum()


@wrong("02.3", "the probability without its logarithm", "no-log")
def loss_no_log(logits, tokens, mask):
    return -(jnp.exp(-costs_of(logits, tokens)) * mask).sum() / mask.sum()


@wrong("02.3", "softmax twice", "softmax-twice")
def loss_two_softmaxes(logits, tokens, mask):
    return (costs_of(jax.nn.softmax(logits), tokens) * mask).sum() / mask.sum()


@wrong("02.3", "softmax over the places", "softmax-over-time")
def loss_over_places(logits, tokens, mask):
    log_p = jnp.take_along_axis(jax.nn.log_softmax(logits, axis=1), tokens[..., None], -1)[..., 0]
    return -(log_p * mask).sum() / mask.sum()


@wrong("02.3", "softmax over the captions", "softmax-over-batch")
def loss_over_captions(logits, tokens, mask):
    log_p = jnp.take_along_axis(jax.nn.log_softmax(logits, axis=0), tokens[..., None], -1)[..., 0]
    return -(log_p * mask).sum() / mask.sum()


@wrong("02.3", "in bits", "base-2")
def loss_bits(logits, tokens, mask):
    return (costs_of(logits, tokens) * mask).sum() / mask.sum() / jnp.log(2.0)


@wrong("02.3", "the perplexity", "perplexity")
def loss_perplexity(logits, tokens, mask):
    return jnp.exp((costs_of(logits, tokens) * mask).sum() / mask.sum())


@wrong("02.3", "the likeliest word instead of the one said", "likeliest-word")
def loss_likeliest(logits, tokens, mask):
    return (costs_of(logits, logits.argmax(-1)) * mask).sum() / mask.sum()


@wrong("02.3", "masks the logits instead of the costs", "logits-masked")
def loss_masked_logits(logits, tokens, mask):
    return costs_of(logits * mask[..., None], tokens).mean()


@wrong("02.3", "masks the logits, then divides by the words", "logits-masked-divided")
def loss_masked_logits_words(logits, tokens, mask):
    return costs_of(logits * mask[..., None], tokens).sum() / mask.sum()


@wrong("02.3", "padding is where the token is 0, whatever the mask says", "zero-token-masked")
def loss_token_zero(logits, tokens, mask):
    mask = tokens != 0
    return (costs_of(logits, tokens) * mask).sum() / mask.sum()


@wrong("02.3", "masks the tokens: padding counts as word 0", "pads-in-mean")
def loss_masked_tokens(logits, tokens, mask):
    return costs_of(logits, tokens * mask).mean()


@wrong("02.3", "the first caption's length for all captions", "first-length-for-all")
def loss_first_length(logits, tokens, mask):
    return (costs_of(logits, tokens) * mask).sum() / (mask[0].sum() * len(mask))


@wrong("02.3", "the first caption only", "first-caption")
def loss_first_caption(logits, tokens, mask):
    return (costs_of(logits[:1], tokens[:1]) * mask[:1]).sum() / mask[:1].sum()


@wrong("02.3", "the last caption only, from a loop that overwrites", "last-caption")
def loss_last_caption(logits, tokens, mask):
    for b in range(len(tokens)):
        loss = (costs_of(logits[b], tokens[b]) * mask[b]).sum() / mask[b].sum()
    return loss


@wrong("02.3", "divides by the number of words of the vocabulary too: a mean over one-hot entries", "mean-over-vocabulary")
def loss_one_hot_mean(logits, tokens, mask):
    table = jax.nn.one_hot(tokens, logits.shape[-1]) * jax.nn.log_softmax(logits)
    return -table[mask].mean()


@wrong("02.3", "binary cross-entropies of all words of the vocabulary", "binary")
def loss_binary(logits, tokens, mask):
    wanted = jax.nn.one_hot(tokens, logits.shape[-1])
    cost = -(wanted * jax.nn.log_sigmoid(logits) + (1 - wanted) * jax.nn.log_sigmoid(-logits)).sum(-1)
    return (cost * mask).sum() / mask.sum()


@wrong("02.3", "the entropy of the guesses, the word plays no part", "entropy")
def loss_entropy(logits, tokens, mask):
    log_p = jax.nn.log_softmax(logits)
    return (-(jnp.exp(log_p) * log_p).sum(-1) * mask).sum() / mask.sum()


@wrong("02.3", "the squared error of the probabilities", "squared-error")
def loss_squares(logits, tokens, mask):
    cost = ((jax.nn.softmax(logits) - jax.nn.one_hot(tokens, logits.shape[-1])) ** 2).sum(-1)
    return (cost * mask).sum() / mask.sum()


@wrong("02.3", "one word too few below", "one-too-few")
def loss_minus_one(logits, tokens, mask):
    return (costs_of(logits, tokens) * mask).sum() / (mask.sum() - 1)


@wrong("02.3", "one more word below, against a division by 0", "one-too-many")
def loss_plus_one(logits, tokens, mask):
    return (costs_of(logits, tokens) * mask).sum() / (mask.sum() + 1)


@wrong("02.3", "label smoothing of a tenth", "smoothed")
def loss_smoothed(logits, tokens, mask):
    cost = 0.9 * costs_of(logits, tokens) - 0.1 * jax.nn.log_softmax(logits).mean(-1)
    return (cost * mask).sum() / mask.sum()


@wrong("02.3", "the median word", "median")
def loss_median(logits, tokens, mask):
    return jnp.median(costs_of(logits, tokens)[mask])


@wrong("02.3", "the worst word", "worst-word")
def loss_worst(logits, tokens, mask):
    return costs_of(logits, tokens)[mask].max()


@wrong("02.3", "the longest caption's length for all captions", "longest-for-all")
def loss_longest(logits, tokens, mask):
    return (costs_of(logits, tokens) * mask).sum() / (mask.sum(1).max() * len(mask))


@wrong("02.3", "the share of wrong guesses", "errors")
def loss_errors(logits, tokens, mask):
    return ((logits.argmax(-1) != tokens) * mask).sum() / mask.sum()


@wrong("02.3", "forgot return", "returns-nothing")
def loss_nothing(logits, tokens, mask):
    (costs_of(logits, tokens) * mask).sum() / mask.sum()


@wrong("02.3", "log of a mean probability instead of a mean log", "log-of-mean")
def loss_log_mean(logits, tokens, mask):
    return -jnp.log((jnp.exp(-costs_of(logits, tokens)) * mask).sum() / mask.sum())


# ---- 02.4, right


def continuations(scores, log_probs, finished, end):
    stays = jnp.where(jnp.arange(log_probs.shape[1]) == end, 0.0, -jnp.inf)
    return scores[:, None] + jnp.where(finished[:, None], stays, log_probs)


def best(total):
    K, V = total.shape
    top, index = jax.lax.top_k(total.ravel(), K)
    return top, index // V, index % V


@right("02.4")
def beam_sorted_list(scores, log_probs, finished, end):
    scores, log_probs, finished = (np.asarray(a).tolist() for a in (scores, log_probs, finished))
    found = []
    for k, score in enumerate(scores):
        if finished[k]:
            found.append((score, k, int(end)))
        else:
            found += [(score + x, k, v) for v, x in enumerate(log_probs[k])]
    found = sorted(found, key=lambda f: -f[0])[: len(scores)]
    while len(found) < len(scores):
        found.append((-math.inf, 0, int(end)))
    return [f[0] for f in found], [f[1] for f in found], [f[2] for f in found]


@right("02.4")
def beam_heap(scores, log_probs, finished, end):
    K, V = log_probs.shape
    scores, log_probs = np.asarray(scores, float), np.asarray(log_probs, float)

    def grown():
        for k in range(K):
            for v in range(V):
                step = log_probs[k, v] if not finished[k] else (0.0 if v == end else -np.inf)
                yield scores[k] + step, k, v

    return tuple(map(np.array, zip(*heapq.nlargest(K, grown(), key=lambda x: x[0]))))


@right("02.4")
def beam_argsort(scores, log_probs, finished, end):
    K, V = log_probs.shape
    table = log_probs.at[jnp.where(finished, jnp.arange(K), K)].set(-jnp.inf, mode="drop")
    table = table.at[jnp.where(finished, jnp.arange(K), K), end].set(0.0, mode="drop")
    total = (scores[:, None] + table).reshape(-1)
    order = jnp.argsort(-total)[:K]
    return total[order], order // V, order % V


@right("02.4")
def beam_numpy(scores, log_probs, finished, end):
    scores, log_probs, finished = np.asarray(scores), np.array(log_probs), np.asarray(finished)
    log_probs[finished] = -np.inf
    log_probs[finished, int(end)] = 0
    total = scores[:, None] + log_probs
    order = np.argsort(total, axis=None, kind="stable")[::-1][: len(scores)]
    parents, tokens = np.unravel_index(order, total.shape)
    return total[parents, tokens], parents, tokens


@right("02.4")
def beam_in_two_rounds(scores, log_probs, finished, end):
    K, V = log_probs.shape
    total = continuations(scores, log_probs, finished, end)
    top, tokens = jax.lax.top_k(total, min(K, V))
    new, index = jax.lax.top_k(top.ravel(), K)
    return new, index // top.shape[1], tokens.ravel()[index]


@right("02.4")
def beam_transposed(scores, log_probs, finished, end):
    K = len(scores)
    total = continuations(scores, log_probs, finished, end).T
    order = jnp.flip(jnp.argsort(total.ravel()))[:K]
    return total.ravel()[order], order % K, order // K


@right("02.4")
def beam_one_by_one(scores, log_probs, finished, end):
    total = continuations(scores, log_probs, finished, end)
    found = []
    for _ in scores:
        k, v = jnp.unravel_index(total.argmax(), total.shape)
        found.append((total[k, v], k, v))
        total = total.at[k, v].set(-jnp.inf)
    return tuple(jnp.stack(x) for x in zip(*found))


@right("02.4")
def beam_large_number(scores, log_probs, finished, end):
    is_end = jnp.arange(log_probs.shape[1]) == end
    log_probs = jnp.where(finished[:, None], jnp.where(is_end, 0.0, -1e30), log_probs)
    return best(scores[:, None] + log_probs)


# ---- 02.4, wrong


@wrong("02.4", "finished beginnings go on like the others", "finished-goes-on")
def beam_unfinished(scores, log_probs, finished, end):
    return best(scores[:, None] + log_probs)


@wrong("02.4", "finished beginnings are thrown out", "finished-lost")
def beam_thrown_out(scores, log_probs, finished, end):
    return best(scores[:, None] + jnp.where(finished[:, None], -jnp.inf, log_probs))


@wrong("02.4", "a finished beginning pays for its end", "finished-pays")
def beam_pays(scores, log_probs, finished, end):
    only = jnp.where(jnp.arange(log_probs.shape[1]) == end, log_probs, -jnp.inf)
    return best(scores[:, None] + jnp.where(finished[:, None], only, log_probs))


@wrong("02.4", "a finished beginning goes on with any word for nothing", "finished-with-any-word")
def beam_all_free(scores, log_probs, finished, end):
    return best(scores[:, None] + jnp.where(finished[:, None], 0.0, log_probs))


@wrong("02.4", "end is free for a finished beginning, the other words stay", "end-free-words-stay")
def beam_end_free(scores, log_probs, finished, end):
    is_end = jnp.arange(log_probs.shape[1]) == end
    return best(scores[:, None] + jnp.where(finished[:, None] & is_end, 0.0, log_probs))


@wrong("02.4", "end is free for all beginnings", "end-free-for-all")
def beam_end_free_for_all(scores, log_probs, finished, end):
    total = continuations(scores, log_probs, finished, end)
    return best(total.at[:, end].set(scores))


@wrong("02.4", "the mask of the finished inverted", "finished-turned")
def beam_inverted(scores, log_probs, finished, end):
    return best(continuations(scores, log_probs, ~finished, end))


@wrong("02.4", "a finished beginning goes on with token 0", "token-0-for-end")
def beam_token_zero(scores, log_probs, finished, end):
    return best(continuations(scores, log_probs, finished, 0))


@wrong("02.4", "the last token is taken for the end", "last-token-for-end")
def beam_last_token(scores, log_probs, finished, end):
    return best(continuations(scores, log_probs, finished, log_probs.shape[1] - 1))


@wrong("02.4", "parents and tokens exchanged", "exchanged")
def beam_exchanged(scores, log_probs, finished, end):
    new, parents, tokens = best(continuations(scores, log_probs, finished, end))
    return new, tokens, parents


@wrong("02.4", "// and % by K", "divided-by-k")
def beam_by_k(scores, log_probs, finished, end):
    total = continuations(scores, log_probs, finished, end)
    K = len(scores)
    top, index = jax.lax.top_k(total.ravel(), K)
    return top, index // K, index % K


@wrong("02.4", "the indices in the flat table as parents", "not-split")
def beam_flat(scores, log_probs, finished, end):
    total = continuations(scores, log_probs, finished, end)
    top, index = jax.lax.top_k(total.ravel(), len(scores))
    return top, index, index % log_probs.shape[1]


@wrong("02.4", "the beginnings' own scores are forgotten", "no-scores")
def beam_no_scores(scores, log_probs, finished, end):
    return best(continuations(0 * jnp.maximum(scores, -1e9), log_probs, finished, end))


@wrong("02.4", "chosen by the totals, but the words' log-probabilities are returned", "words-only")
def beam_returns_words(scores, log_probs, finished, end):
    _, parents, tokens = best(continuations(scores, log_probs, finished, end))
    return log_probs[parents, tokens], parents, tokens


@wrong("02.4", "chosen by the totals, but the parents' scores are returned", "parents-scores")
def beam_returns_parents(scores, log_probs, finished, end):
    _, parents, tokens = best(continuations(scores, log_probs, finished, end))
    return scores[parents], parents, tokens


@wrong("02.4", "greedy: each beginning goes on with its own best word", "greedy-for-each")
def beam_greedy(scores, log_probs, finished, end):
    total = continuations(scores, log_probs, finished, end)
    return total.max(1), jnp.arange(len(scores)), total.argmax(1)


@wrong("02.4", "greedy, then sorted", "greedy-for-each-sorted")
def beam_greedy_sorted(scores, log_probs, finished, end):
    total = continuations(scores, log_probs, finished, end)
    order = jnp.argsort(-total.max(1))
    return total.max(1)[order], order, total.argmax(1)[order]


@wrong("02.4", "only the best beginning goes on", "best-goes-on-alone")
def beam_best_only(scores, log_probs, finished, end):
    total = continuations(scores, log_probs, finished, end)
    best_one = scores.argmax()
    top, tokens = jax.lax.top_k(total[best_one], len(scores))
    return top, jnp.full(len(scores), best_one), tokens


@wrong("02.4", "lowest first", "ascending")
def beam_lowest_first(scores, log_probs, finished, end):
    return tuple(x[::-1] for x in best(continuations(scores, log_probs, finished, end)))


@wrong("02.4", "the K worst", "worst")
def beam_worst(scores, log_probs, finished, end):
    K, V = log_probs.shape
    total = continuations(scores, log_probs, finished, end)
    order = jnp.argsort(total.ravel())[:K]
    return total.ravel()[order], order // V, order % V


@wrong("02.4", "the K best, in the order of the table", "in-table-order")
def beam_unsorted(scores, log_probs, finished, end):
    K, V = log_probs.shape
    total = continuations(scores, log_probs, finished, end)
    index = jnp.sort(jax.lax.top_k(total.ravel(), K)[1])
    return total.ravel()[index], index // V, index % V


@wrong("02.4", "scores sorted, parents and tokens not", "in-table-order")
def beam_half_sorted(scores, log_probs, finished, end):
    K, V = log_probs.shape
    total = continuations(scores, log_probs, finished, end)
    top, index = jax.lax.top_k(total.ravel(), K)
    index = jnp.sort(index)
    return top, index // V, index % V


@wrong("02.4", "multiplies instead of adding", "multiplied")
def beam_product(scores, log_probs, finished, end):
    stays = jnp.where(jnp.arange(log_probs.shape[1]) == end, 1.0, -jnp.inf)
    return best(scores[:, None] * jnp.where(finished[:, None], stays, log_probs))


@wrong("02.4", "probabilities instead of log-probabilities", "probabilities-added")
def beam_exp(scores, log_probs, finished, end):
    stays = jnp.where(jnp.arange(log_probs.shape[1]) == end, 0.0, -jnp.inf)
    return best(scores[:, None] + jnp.where(finished[:, None], stays, jnp.exp(log_probs)))


@wrong("02.4", "returns probabilities", "probabilities-returned")
def beam_returns_exp(scores, log_probs, finished, end):
    new, parents, tokens = best(continuations(scores, log_probs, finished, end))
    return jnp.exp(new), parents, tokens


@wrong("02.4", "halves the scores, as a mean over two words", "averaged")
def beam_mean(scores, log_probs, finished, end):
    new, parents, tokens = best(continuations(scores, log_probs, finished, end))
    return new / 2, parents, tokens


@wrong("02.4", "makes the new scores sum to 1 as probabilities", "normalised")
def beam_normalised(scores, log_probs, finished, end):
    new, parents, tokens = best(continuations(scores, log_probs, finished, end))
    return jax.nn.log_softmax(new), parents, tokens


@wrong("02.4", "a score of minus infinity becomes 0", "infinity-as-zero")
def beam_infinity_zero(scores, log_probs, finished, end):
    return best(continuations(jnp.where(jnp.isinf(scores), 0.0, scores), log_probs, finished, end))


@wrong("02.4", "the finished beginnings first, whatever their scores", "finished-first")
def beam_finished_first(scores, log_probs, finished, end):
    total = continuations(scores, log_probs, finished, end)
    K, V = total.shape
    order = jax.lax.top_k((total + 1e4 * finished[:, None]).ravel(), K)[1]
    return total.ravel()[order], order // V, order % V


@wrong("02.4", "the finished beginnings last, whatever their scores", "finished-lost")
def beam_finished_last(scores, log_probs, finished, end):
    total = continuations(scores, log_probs, finished, end)
    K, V = total.shape
    order = jax.lax.top_k((total - 1e4 * finished[:, None]).ravel(), K)[1]
    return total.ravel()[order], order // V, order % V


@wrong("02.4", "no beginning may go on twice", "greedy-for-each-sorted")
def beam_once(scores, log_probs, finished, end):
    total, found = continuations(scores, log_probs, finished, end), []
    for _ in scores:
        k, v = jnp.unravel_index(total.argmax(), total.shape)
        found.append((total[k, v], k, v))
        total = total.at[k].set(-jnp.inf)
    return tuple(jnp.stack(x) for x in zip(*found))


@wrong("02.4", "no word may be taken twice", "each-word-once")
def beam_each_word_once(scores, log_probs, finished, end):
    total, found = continuations(scores, log_probs, finished, end), []
    for _ in scores:
        k, v = jnp.unravel_index(total.argmax(), total.shape)
        found.append((total[k, v], k, v))
        total = total.at[:, v].set(-jnp.inf)
    return tuple(jnp.stack(x) for x in zip(*found))


@wrong("02.4", "no new end: a beginning that is not finished cannot end", "never-ends")
def beam_no_end(scores, log_probs, finished, end):
    return best(continuations(scores, log_probs.at[:, end].set(-jnp.inf), finished, end))


@wrong("02.4", "twice as many: 2 K of them", "shape")
def beam_too_many(scores, log_probs, finished, end):
    K, V = log_probs.shape
    top, index = jax.lax.top_k(continuations(scores, log_probs, finished, end).ravel(), min(2 * K, K * V))
    return top, index // V, index % V


@wrong("02.4", "always five of them", "shape")
def beam_always_five(scores, log_probs, finished, end):
    V = log_probs.shape[1]
    top, index = jax.lax.top_k(continuations(scores, log_probs, finished, end).ravel(), 5)
    return top, index // V, index % V


@wrong("02.4", "scores and parents only", "not-several")
def beam_two(scores, log_probs, finished, end):
    return best(continuations(scores, log_probs, finished, end))[:2]


@wrong("02.4", "scores and flat indices", "not-several")
def beam_flat_pair(scores, log_probs, finished, end):
    return jax.lax.top_k(continuations(scores, log_probs, finished, end).ravel(), len(scores))


@wrong("02.4", "the K best continuations of each beginning: (K, K)", "shape")
def beam_of_each(scores, log_probs, finished, end):
    total = continuations(scores, log_probs, finished, end)
    top, tokens = jax.lax.top_k(total, len(scores))
    return top, jnp.broadcast_to(jnp.arange(len(scores))[:, None], top.shape), tokens


@wrong("02.4", "counts parents and tokens from 1", "from-1")
def beam_from_one(scores, log_probs, finished, end):
    new, parents, tokens = best(continuations(scores, log_probs, finished, end))
    return new, parents + 1, tokens + 1


@wrong("02.4", "the parents' ranks instead of their places", "ranks")
def beam_ranks(scores, log_probs, finished, end):
    order = jnp.argsort(-scores)
    return best(continuations(scores[order], log_probs[order], finished[order], end))


@wrong("02.4", "divides, but takes no floor", "true-division")
def beam_true_division(scores, log_probs, finished, end):
    V = log_probs.shape[1]
    top, index = jax.lax.top_k(continuations(scores, log_probs, finished, end).ravel(), len(scores))
    return top, index / V, index % V


@wrong("02.4", "scores added along the wrong axis", "exception")
def beam_wrong_axis(scores, log_probs, finished, end):
    stays = jnp.where(jnp.arange(log_probs.shape[1]) == end, 0.0, -jnp.inf)
    return best(scores + jnp.where(finished[:, None], stays, log_probs))


@wrong("02.4", "writes into a JAX array", "exception")
def beam_in_place(scores, log_probs, finished, end):
    log_probs[finished] = -jnp.inf
    log_probs[finished, end] = 0
    return best(scores[:, None] + log_probs)


@wrong("02.4", "forgot return", "returns-nothing")
def beam_nothing(scores, log_probs, finished, end):
    best(continuations(scores, log_probs, finished, end))


# ---- 02.5, right


def grams(text, n):
    words = text.split()
    return collections.Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))


def weight(gram, frequency, pictures):
    return math.log(pictures) - math.log(max(1, frequency.get(gram, 0)))


def vector(text, n, frequency, pictures):
    return {gram: count * weight(gram, frequency, pictures) for gram, count in grams(text, n).items()}


def norm(v):
    return math.sqrt(sum(x * x for x in v.values()))


def consensus(
    candidate,
    references,
    frequency,
    pictures,
    make=vector,
    clip=min,
    size=norm,
    longest=4,
    short=1,
    penalty=lambda d: math.exp(-d * d / 72),
    together=lambda table: 10 * sum(map(sum, table)) / sum(map(len, table)),
):
    table = []
    for reference in references:
        row = []
        for n in range(short, longest + 1):
            g, r = make(candidate, n, frequency, pictures), make(reference, n, frequency, pictures)
            below = size(g) * size(r)
            above = sum(clip(x, r.get(gram, 0)) * r.get(gram, 0) for gram, x in g.items())
            row.append(above / below * penalty(len(candidate.split()) - len(reference.split())) if below else 0.0)
        table.append(row)
    return together(table)


@right("02.5")
def cider_plain(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures)


@right("02.5")
def cider_numpy(candidate, references, frequency, pictures):
    scores = np.zeros((4, len(references)))
    for n in range(1, 5):
        texts = [candidate.split(" "), *(r.split(" ") for r in references)]
        cut = [[" ".join(t[i : i + n]) for i in range(max(0, len(t) - n + 1))] for t in texts]
        known = sorted({gram for c in cut for gram in c})
        if not known:
            continue
        idf = np.log(pictures) - np.log(np.maximum(1, [frequency.get(gram, 0) for gram in known]))
        counts = np.array([[c.count(gram) for gram in known] for c in cut])
        g, *rs = counts * idf
        for j, r in enumerate(rs):
            below = np.linalg.norm(g) * np.linalg.norm(r)
            if below > 0:
                d = len(texts[0]) - len(texts[j + 1])
                scores[n - 1, j] = np.minimum(g, r) @ r / below * np.exp(-(d**2) / (2 * 6**2))
    return 10 * scores.mean()


@right("02.5")
def cider_counts_clipped(candidate, references, frequency, pictures):
    total = 0
    for reference in references:
        d = len(candidate.split()) - len(reference.split())
        for n in range(1, 5):
            g, r = grams(candidate, n), grams(reference, n)
            square = {gram: weight(gram, frequency, pictures) ** 2 for gram in g | r}
            above = sum(min(g[gram], r[gram]) * r[gram] * square[gram] for gram in g & r)
            below = sum(g[x] ** 2 * square[x] for x in g) * sum(r[x] ** 2 * square[x] for x in r)
            total += above / below**0.5 * math.exp(-d * d / 72) if below else 0
    return 2.5 * total / len(references)


@right("02.5")
def cider_over_references_first(candidate, references, frequency, pictures):
    means = []
    for n in (1, 2, 3, 4):
        g = vector(candidate, n, frequency, pictures)
        found = []
        for reference in references:
            r = vector(reference, n, frequency, pictures)
            above = 0.0
            for gram in r:
                if gram in g:
                    above += min(g[gram], r[gram]) * r[gram]
            try:
                cosine = above / (norm(g) * norm(r))
            except ZeroDivisionError:
                cosine = 0.0
            d = abs(len(candidate.split()) - len(reference.split()))
            found.append(cosine * math.exp(-((d / 6) ** 2) / 2))
        means.append(np.mean(found))
    return np.float64(10 * np.mean(means))


@right("02.5")
def cider_array(candidate, references, frequency, pictures):
    return jnp.float32(consensus(candidate, references, frequency, pictures))


@right("02.5")
def cider_by_division(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        v, words = collections.defaultdict(float), text.split()
        for i in range(len(words)):
            if i + n <= len(words):
                gram = " ".join(words[i : i + n])
                seen = frequency[gram] if gram in frequency and frequency[gram] > 1 else 1
                v[gram] += math.log(pictures / seen)
        return dict(v)

    return consensus(candidate, references, frequency, pictures, make=make)


# ---- 02.5, wrong


@wrong("02.5", "no clipping: CIDEr, not CIDEr-D", "no-clipping")
def cider_no_clip(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, clip=lambda g, r: g)


@wrong("02.5", "max instead of min", "larger-weight")
def cider_max(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, clip=max)


@wrong("02.5", "min(g, r) times g", "times-candidate")
def cider_times_g(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, clip=lambda g, r: min(g, r) * g / r if r else 0)


@wrong("02.5", "min(g, r) without r behind it", "min-alone")
def cider_min_only(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, clip=lambda g, r: min(g, r) / r if r else 0)


@wrong("02.5", "min(g, r) squared", "min-squared")
def cider_min_squared(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, clip=lambda g, r: min(g, r) ** 2 / r if r else 0)


@wrong("02.5", "no length penalty", "no-penalty")
def cider_no_penalty(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, penalty=lambda d: 1.0)


@wrong("02.5", "the penalty without the 2", "no-half")
def cider_no_two(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, penalty=lambda d: math.exp(-d * d / 36))


@wrong("02.5", "the penalty without the square below: 2 times 6", "sigma")
def cider_six(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, penalty=lambda d: math.exp(-d * d / 12))


@wrong("02.5", "(2 times 6) squared below", "sigma-twelve")
def cider_twelve_squared(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, penalty=lambda d: math.exp(-d * d / 144))


@wrong("02.5", "-d ** 2 / 2 * 6 ** 2, without brackets", "penalty-without-brackets")
def cider_no_brackets(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, penalty=lambda d: math.exp(-(d**2) / 2 * 6**2))


@wrong("02.5", "d not squared", "d-not-squared")
def cider_d_not_squared(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, penalty=lambda d: math.exp(-abs(d) / 72))


@wrong("02.5", "d not squared and signed: longer costs, shorter gains", "d-not-squared")
def cider_d_signed(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, penalty=lambda d: math.exp(-d / 72))


@wrong("02.5", "no minus in the penalty", "penalty-sign")
def cider_gain(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, penalty=lambda d: math.exp(d * d / 72))


@wrong("02.5", "lengths in letters", "letters-for-words")
def cider_letters(candidate, references, frequency, pictures):
    scores = []
    for r in references:
        alone = consensus(candidate, [r], frequency, pictures, penalty=lambda _: 1.0)
        scores.append(alone * math.exp(-((len(candidate) - len(r)) ** 2) / 72))
    return sum(scores) / len(scores)


@wrong("02.5", "only too short a candidate costs, as in BLEU", "too-short-only")
def cider_short_only(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, penalty=lambda d: math.exp(-(min(d, 0) ** 2) / 72))


@wrong("02.5", "only too long a candidate costs", "too-long-only")
def cider_long_only(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, penalty=lambda d: math.exp(-(max(d, 0) ** 2) / 72))


@wrong("02.5", "the penalty multiplied in twice", "no-half")
def cider_penalty_twice(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, penalty=lambda d: math.exp(-d * d / 36))


@wrong("02.5", "without the 10", "no-factor")
def cider_no_ten(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures) / 10


@wrong("02.5", "in per cent", "factor-100")
def cider_percent(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures) * 10


@wrong("02.5", "sum over n", "sum-over-n")
def cider_sum_over_n(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures) * 4


@wrong("02.5", "sum over references", "sum-over-references")
def cider_sum_over_references(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures) * len(references)


@wrong("02.5", "the best reference", "best-reference")
def cider_best(candidate, references, frequency, pictures):
    return max(consensus(candidate, [r], frequency, pictures) for r in references)


@wrong("02.5", "the worst reference", "worst-reference")
def cider_worst(candidate, references, frequency, pictures):
    return min(consensus(candidate, [r], frequency, pictures) for r in references)


@wrong("02.5", "the first reference only", "first-reference")
def cider_first(candidate, references, frequency, pictures):
    return consensus(candidate, references[:1], frequency, pictures)


@wrong("02.5", "the last reference only", "last-reference")
def cider_last(candidate, references, frequency, pictures):
    return consensus(candidate, references[-1:], frequency, pictures)


@wrong("02.5", "all references as one text", "references-joined")
def cider_joined(candidate, references, frequency, pictures):
    return consensus(candidate, [" ".join(references)], frequency, pictures)


@wrong("02.5", "the mean over the n that are not 0", "zeros-left-out")
def cider_without_zeros(candidate, references, frequency, pictures):
    def together(table):
        kept = [x for row in table for x in row if x]
        return 10 * sum(kept) / len(kept) if kept else 0.0

    return consensus(candidate, references, frequency, pictures, together=together)


@wrong("02.5", "the geometric mean over n, as in BLEU", "product-over-n")
def cider_geometric(candidate, references, frequency, pictures):
    return consensus(
        candidate, references, frequency, pictures, together=lambda table: 10 * sum(math.prod(row) ** 0.25 for row in table) / len(table)
    )


@wrong("02.5", "range(1, 4): n from 1 to 3", "most-3")
def cider_to_three(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, longest=3)


@wrong("02.5", "range(1, 4), but divides by 4", "most-3")
def cider_to_three_of_four(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, longest=3) * 3 / 4


@wrong("02.5", "n = 4 only", "four-words-only")
def cider_four_only(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, short=4)


@wrong("02.5", "n = 1 only", "words-only")
def cider_one_only(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, longest=1)


@wrong("02.5", "all n in one vector", "all-n-in-one")
def cider_one_vector(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        return {k: v for m in range(1, 5) for k, v in vector(text, m, frequency, pictures).items()}

    return consensus(candidate, references, frequency, pictures, make=make, longest=1)


@wrong("02.5", "the last n-gram is lost: range(len(words) - n)", "one-gram-lost")
def cider_one_short(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        words = text.split()
        cut = collections.Counter(" ".join(words[i : i + n]) for i in range(len(words) - n))
        return {gram: count * weight(gram, frequency, pictures) for gram, count in cut.items()}

    return consensus(candidate, references, frequency, pictures, make=make)


@wrong("02.5", "cut-off n-grams at the end of the text", "ragged")
def cider_ragged(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        words = text.split()
        cut = collections.Counter(" ".join(words[i : i + n]) for i in range(len(words)))
        return {gram: count * weight(gram, frequency, pictures) for gram, count in cut.items()}

    return consensus(candidate, references, frequency, pictures, make=make)


@wrong("02.5", "n-grams of letters", "of-letters")
def cider_of_letters(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        cut = collections.Counter(text[i : i + n] for i in range(len(text) - n + 1))
        return {gram: count * weight(gram, frequency, pictures) for gram, count in cut.items()}

    return consensus(candidate, references, frequency, pictures, make=make)


@wrong("02.5", "each n-gram counted once", "sets")
def cider_sets(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        return {gram: weight(gram, frequency, pictures) for gram in grams(text, n)}

    return consensus(candidate, references, frequency, pictures, make=make)


@wrong("02.5", "counts divided by the number of n-grams", "shares")
def cider_shares(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        cut = grams(text, n)
        return {gram: c / cut.total() * weight(gram, frequency, pictures) for gram, c in cut.items()}

    return consensus(candidate, references, frequency, pictures, make=make)


@wrong("02.5", "no weights: counts only", "no-idf")
def cider_counts(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, make=lambda text, n, *_: grams(text, n))


@wrong("02.5", "weights only, each squared in the product", "idf-squared")
def cider_weight_twice(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        return {gram: c * weight(gram, frequency, pictures) ** 2 for gram, c in grams(text, n).items()}

    return consensus(candidate, references, frequency, pictures, make=make)


@wrong("02.5", "an unknown n-gram weighs 0", "unseen-weigh-nothing")
def cider_unknown_zero(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        return {gram: c * weight(gram, frequency, pictures) for gram, c in grams(text, n).items() if gram in frequency}

    return consensus(candidate, references, frequency, pictures, make=make)


@wrong("02.5", "frequency[gram]: an unknown n-gram raises", "exception")
def cider_key_error(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        return {g: c * math.log(pictures / max(1, frequency[g])) for g, c in grams(text, n).items()}

    return consensus(candidate, references, frequency, pictures, make=make)


@wrong("02.5", "1 + frequency instead of max(1, frequency)", "idf-plus-one")
def cider_plus_one(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        return {g: c * math.log(pictures / (1 + frequency.get(g, 0))) for g, c in grams(text, n).items()}

    return consensus(candidate, references, frequency, pictures, make=make)


@wrong("02.5", "tuples as n-grams: none is in the dictionary", "no-idf")
def cider_tuples(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        words = text.split()
        cut = collections.Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
        return {gram: count * weight(gram, frequency, pictures) for gram, count in cut.items()}

    return consensus(candidate, references, frequency, pictures, make=make)


@wrong("02.5", "the weight upside down: log(frequency)", "idf-turned")
def cider_upside_down(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        return {g: c * math.log(max(1, frequency.get(g, 0))) for g, c in grams(text, n).items()}

    return consensus(candidate, references, frequency, pictures, make=make)


@wrong("02.5", "pictures / frequency without the logarithm", "idf-without-log")
def cider_no_log(candidate, references, frequency, pictures):
    def make(text, n, frequency, pictures):
        return {g: c * pictures / max(1, frequency.get(g, 0)) for g, c in grams(text, n).items()}

    return consensus(candidate, references, frequency, pictures, make=make)


@wrong("02.5", "the number of n-grams in the dictionary instead of pictures", "dictionary-size")
def cider_dictionary_size(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, len(frequency))


@wrong("02.5", "the number of references instead of pictures", "references-for-pictures")
def cider_reference_number(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, len(references))


@wrong("02.5", "the sum of the frequencies instead of pictures", "frequencies-for-pictures")
def cider_total_frequency(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, sum(frequency.values()))


@wrong("02.5", "norms of what is left after clipping", "norm-of-clipped")
def cider_norm_clipped(candidate, references, frequency, pictures):
    table = []
    for reference in references:
        for n in range(1, 5):
            g, r = vector(candidate, n, frequency, pictures), vector(reference, n, frequency, pictures)
            g = {gram: min(x, r.get(gram, 0)) for gram, x in g.items()}
            below = norm(g) * norm(r)
            d = len(candidate.split()) - len(reference.split())
            above = sum(x * r.get(gram, 0) for gram, x in g.items())
            table.append(above / below * math.exp(-d * d / 72) if below else 0.0)
    return 10 * sum(table) / len(table)


@wrong("02.5", "norms of the shared n-grams only", "norm-of-shared")
def cider_norm_shared(candidate, references, frequency, pictures):
    table = []
    for reference in references:
        for n in range(1, 5):
            g, r = vector(candidate, n, frequency, pictures), vector(reference, n, frequency, pictures)
            below = norm({k: x for k, x in g.items() if k in r}) * norm({k: x for k, x in r.items() if k in g})
            d = len(candidate.split()) - len(reference.split())
            above = sum(min(x, r.get(gram, 0)) * r.get(gram, 0) for gram, x in g.items())
            table.append(above / below * math.exp(-d * d / 72) if below else 0.0)
    return 10 * sum(table) / len(table)


@wrong("02.5", "norms of the counts, without the weights", "norm-of-counts")
def cider_norm_of_counts(candidate, references, frequency, pictures):
    table = []
    for reference in references:
        for n in range(1, 5):
            g, r = vector(candidate, n, frequency, pictures), vector(reference, n, frequency, pictures)
            below = norm(grams(candidate, n)) * norm(grams(reference, n))
            d = len(candidate.split()) - len(reference.split())
            above = sum(min(x, r.get(gram, 0)) * r.get(gram, 0) for gram, x in g.items())
            table.append(above / below * math.exp(-d * d / 72) if below else 0.0)
    return 10 * sum(table) / len(table)


@wrong("02.5", "norms without the root", "norm-not-rooted")
def cider_no_root(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, size=lambda v: norm(v) ** 2)


@wrong("02.5", "sums instead of norms", "sums-for-norms")
def cider_sums(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, size=lambda v: sum(v.values()))


@wrong("02.5", "no norms", "no-cosine")
def cider_no_norms(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, size=lambda v: 1.0)


@wrong("02.5", "the candidate's norm only", "candidates-norm-only")
def cider_one_norm(candidate, references, frequency, pictures):
    table = []
    for reference in references:
        for n in range(1, 5):
            g, r = vector(candidate, n, frequency, pictures), vector(reference, n, frequency, pictures)
            d = len(candidate.split()) - len(reference.split())
            above = sum(min(x, r.get(gram, 0)) * r.get(gram, 0) for gram, x in g.items())
            table.append(above / norm(g) ** 2 * math.exp(-d * d / 72) if norm(g) else 0.0)
    return 10 * sum(table) / len(table)


@wrong("02.5", "divides by a norm of 0", "exception")
def cider_zero_norm(candidate, references, frequency, pictures):
    table = []
    for reference in references:
        for n in range(1, 5):
            g, r = vector(candidate, n, frequency, pictures), vector(reference, n, frequency, pictures)
            d = len(candidate.split()) - len(reference.split())
            above = sum(min(x, r.get(gram, 0)) * r.get(gram, 0) for gram, x in g.items())
            table.append(above / (norm(g) * norm(r)) * math.exp(-d * d / 72))
    return 10 * sum(table) / len(table)


@wrong("02.5", "a norm of 0 gives NaN, as NumPy does it", "zero-norm")
def cider_nan(candidate, references, frequency, pictures):
    return consensus(candidate, references, frequency, pictures, size=lambda v: norm(v) or math.nan)


@wrong("02.5", "an n whose norm is 0 is left out of the mean", "zero-norm-left-out")
def cider_n_left_out(candidate, references, frequency, pictures):
    means = []
    for r in references:
        kept = [
            consensus(candidate, [r], frequency, pictures, short=n, longest=n)
            for n in range(1, 5)
            if norm(vector(candidate, n, frequency, pictures)) * norm(vector(r, n, frequency, pictures))
        ]
        means.append(sum(kept) / len(kept) if kept else 0.0)
    return sum(means) / len(means)


@wrong("02.5", "the whole caption gives 0 where one norm is 0", "zero-for-all")
def cider_all_zero(candidate, references, frequency, pictures):
    for reference in references:
        for n in range(1, 5):
            if not norm(vector(candidate, n, frequency, pictures)) * norm(vector(reference, n, frequency, pictures)):
                return 0.0
    return consensus(candidate, references, frequency, pictures)


@wrong("02.5", "one number for each n", "one-per-n")
def cider_list(candidate, references, frequency, pictures):
    return [consensus(candidate, references, frequency, pictures, short=n, longest=n) for n in range(1, 5)]


@wrong("02.5", "forgot return", "returns-nothing")
def cider_nothing(candidate, references, frequency, pictures):
    consensus(candidate, references, frequency, pictures)


# ---- 02.6, right


@right("02.6")
def slopes_by_hand(log_words, log_places, baseline):
    B, T = log_words.shape
    reward = np.asarray(log_words, float).sum(1) - np.asarray(baseline, float)
    return np.full((B, T), -1 / B), -np.repeat(reward[:, None], T, axis=1) / B


@right("02.6")
def slopes_loops(log_words, log_places, baseline):
    def surrogate(log_words, log_places):
        total = 0.0
        for b in range(len(log_words)):
            value = sum(log_words[b])
            reward = jax.lax.stop_gradient(value - baseline[b])
            total -= value + reward * sum(log_places[b])
        return total / len(log_words)

    return jax.grad(surrogate, argnums=(0, 1))(log_words, log_places)


@right("02.6")
def slopes_constant_outside(log_words, log_places, baseline):
    reward = np.asarray(log_words).sum(axis=1) - np.asarray(baseline)

    def surrogate(log_words, log_places):
        return -jnp.mean(jnp.einsum("bt->b", log_words) + jnp.einsum("b,bt->b", reward, log_places))

    return jax.grad(surrogate, argnums=(0, 1))(log_words, log_places)


@right("02.6")
def slopes_vmap(log_words, log_places, baseline):
    def one(words, places, expected):
        return -(words.sum() + (jax.lax.stop_gradient(words.sum()) - expected) * places.sum())

    words, places = jax.vmap(jax.grad(one, argnums=(0, 1)))(log_words, log_places, baseline)
    return [words / len(words), places / len(places)]


@right("02.6")
def slopes_of_lists(log_words, log_places, baseline):
    B, T = log_words.shape
    return ([[-1 / B] * T for _ in range(B)], [[-(sum(map(float, log_words[b])) - float(baseline[b])) / B] * T for b in range(B)])


@right("02.6")
def slopes_two_gradients(log_words, log_places, baseline):
    words = jax.grad(lambda x: -x.sum(1).mean())(log_words)
    places = jax.grad(lambda x: -((log_words.sum(1) - baseline) * x.sum(1)).mean())(log_places)
    return words, places


@right("02.6")
def slopes_vjp(log_words, log_places, baseline):
    def captions(log_words, log_places):
        value = log_words.sum(-1)
        reward = jax.lax.stop_gradient(value) - baseline
        return value + jax.lax.stop_gradient(reward) * log_places.sum(-1)

    _, back = jax.vjp(captions, log_words, log_places)
    return back(jnp.full(len(log_words), -1 / len(log_words)))


# ---- 02.6, wrong


def slopes_of(surrogate, log_words, log_places):
    return jax.grad(surrogate, argnums=(0, 1))(log_words, log_places)


@wrong("02.6", "no minus", "sign")
def slopes_plus(log_words, log_places, baseline):
    def surrogate(words, places):
        return jnp.mean(words.sum(1) + jax.lax.stop_gradient(words.sum(1) - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the reward carries slopes", "no-stop-gradient")
def slopes_reward_not_constant(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + (words.sum(1) - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "no baseline", "no-baseline")
def slopes_no_baseline(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + jax.lax.stop_gradient(words.sum(1)) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "baseline added", "baseline-added")
def slopes_baseline_added(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + jax.lax.stop_gradient(words.sum(1) + baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "baseline minus reward", "sign")
def slopes_reward_sign(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + jax.lax.stop_gradient(baseline - words.sum(1)) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the minus before the first term only", "sign")
def slopes_minus_first(log_words, log_places, baseline):
    def surrogate(words, places):
        return jnp.mean(-words.sum(1) + jax.lax.stop_gradient(words.sum(1) - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the minus before the second term only", "sign")
def slopes_minus_second(log_words, log_places, baseline):
    def surrogate(words, places):
        return jnp.mean(words.sum(1) - jax.lax.stop_gradient(words.sum(1) - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "sum over the captions", "sum-over-batch")
def slopes_sum(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.sum(words.sum(1) + jax.lax.stop_gradient(words.sum(1) - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "means over T instead of sums, in the terms but not in the reward", "mean-over-words")
def slopes_mean_over_t(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words + jax.lax.stop_gradient(words.sum(1) - baseline)[:, None] * places)

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "means over T everywhere", "means-everywhere")
def slopes_mean_everywhere(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.mean(1) + jax.lax.stop_gradient(words.mean(1) - baseline) * places.mean(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the reward is a mean over T", "reward-averaged")
def slopes_reward_mean(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + jax.lax.stop_gradient(words.mean(1) - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "each word rewards its own look only", "reward-of-this-word")
def slopes_own_word(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean((words + jax.lax.stop_gradient(words - baseline[:, None]) * places).sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "a look is rewarded by the words from it on", "reward-to-go")
def slopes_to_go(log_words, log_places, baseline):
    def surrogate(words, places):
        to_go = jnp.cumsum(words[:, ::-1], 1)[:, ::-1]
        return -jnp.mean(words.sum(1) + (jax.lax.stop_gradient(to_go - baseline[:, None]) * places).sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "no first term", "no-words")
def slopes_no_words(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(jax.lax.stop_gradient(words.sum(1) - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "no second term", "no-places")
def slopes_no_places(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the looks are taken for constants, not the reward", "no-places")
def slopes_wrong_factor(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + (words.sum(1) - baseline) * jax.lax.stop_gradient(places.sum(1)))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "both factors are taken for constants", "no-places")
def slopes_both_constant(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + jax.lax.stop_gradient((words.sum(1) - baseline) * places.sum(1)))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "everything is taken for a constant", "no-places")
def slopes_all_constant(log_words, log_places, baseline):
    def surrogate(words, places):
        words = jax.lax.stop_gradient(words.sum(1))
        return -jnp.mean(words + (words - baseline) * jax.lax.stop_gradient(places.sum(1)))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the first term uses the constant too: no slopes for the words", "no-words")
def slopes_words_constant(log_words, log_places, baseline):
    def surrogate(words, places):
        words = jax.lax.stop_gradient(words.sum(1))
        return -jnp.mean(words + (words - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the reward times the probability instead of its logarithm", "probability-of-places")
def slopes_probability(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + jax.lax.stop_gradient(words.sum(1) - baseline) * jnp.exp(places.sum(1)))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the reward is a probability", "probability-as-reward")
def slopes_exp_reward(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + jax.lax.stop_gradient(jnp.exp(words.sum(1)) - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the reward plus instead of times log p(s)", "no-reward")
def slopes_added(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + jax.lax.stop_gradient(words.sum(1) - baseline) + places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the product of all three", "product")
def slopes_product(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) * jax.lax.stop_gradient(words.sum(1) - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the reward on both terms", "words-times-reward")
def slopes_reward_on_both(log_words, log_places, baseline):
    def surrogate(words, places):
        reward = jax.lax.stop_gradient(words.sum(1) - baseline)
        return -jnp.mean(reward * (words.sum(1) + places.sum(1)))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the reward is log p of the looks", "places-as-reward")
def slopes_reward_of_places(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + jax.lax.stop_gradient(places.sum(1) - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "log p of words and looks together as the reward", "joint-reward")
def slopes_joint_reward(log_words, log_places, baseline):
    def surrogate(words, places):
        reward = jax.lax.stop_gradient((words + places).sum(1) - baseline)
        return -jnp.mean(words.sum(1) + reward * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the batch's mean baseline for all", "mean-baseline")
def slopes_mean_baseline(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + jax.lax.stop_gradient(words.sum(1) - baseline.mean()) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the batch's own mean as the baseline", "own-baseline")
def slopes_own_baseline(log_words, log_places, baseline):
    def surrogate(words, places):
        value = jax.lax.stop_gradient(words.sum(1))
        return -jnp.mean(words.sum(1) + (value - value.mean()) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the baseline once for each word", "baseline-for-each-word")
def slopes_baseline_per_word(log_words, log_places, baseline):
    def surrogate(words, places):
        reward = jax.lax.stop_gradient((words - baseline[:, None]).sum(1))
        return -jnp.mean(words.sum(1) + reward * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "rewards divided by their spread", "standardised")
def slopes_standardised(log_words, log_places, baseline):
    def surrogate(words, places):
        reward = jax.lax.stop_gradient(words.sum(1) - baseline)
        return -jnp.mean(words.sum(1) + reward / (reward.std() + 1e-8) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "only rewards above the baseline count", "positive-only")
def slopes_positive_only(log_words, log_places, baseline):
    def surrogate(words, places):
        reward = jax.lax.stop_gradient(jnp.maximum(words.sum(1) - baseline, 0))
        return -jnp.mean(words.sum(1) + reward * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the reward's absolute value", "absolute")
def slopes_absolute(log_words, log_places, baseline):
    def surrogate(words, places):
        reward = jax.lax.stop_gradient(jnp.abs(words.sum(1) - baseline))
        return -jnp.mean(words.sum(1) + reward * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "one reward of the whole batch", "reward-of-batch")
def slopes_batch_reward(log_words, log_places, baseline):
    def surrogate(words, places):
        reward = jax.lax.stop_gradient(words.sum() - baseline)
        return -jnp.mean(words.sum(1) + reward * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the mean reward of the batch for all captions", "mean-reward")
def slopes_mean_reward(log_words, log_places, baseline):
    def surrogate(words, places):
        reward = jax.lax.stop_gradient((words.sum(1) - baseline).mean())
        return -jnp.mean(words.sum(1) + reward * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "divides each caption by its number of words", "divided-by-length")
def slopes_per_word(log_words, log_places, baseline):
    def surrogate(words, places):
        reward = jax.lax.stop_gradient(words.sum(1) - baseline)
        return -jnp.mean((words.sum(1) + reward * places.sum(1)) / (log_words != 0).sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "slopes for the looks first", "exchanged")
def slopes_exchanged(log_words, log_places, baseline):
    words, places = slopes_two_gradients(log_words, log_places, baseline)
    return places, words


@wrong("02.6", "slopes for the words only", "one-of-several")
def slopes_words_only(log_words, log_places, baseline):
    return slopes_two_gradients(log_words, log_places, baseline)[0]


@wrong("02.6", "the surrogate itself", "not-several")
def slopes_value(log_words, log_places, baseline):
    reward = log_words.sum(1) - baseline
    return -jnp.mean(log_words.sum(1) + reward * log_places.sum(1))


@wrong("02.6", "the surrogate is one number a caption", "exception")
def slopes_not_a_number(log_words, log_places, baseline):
    def surrogate(words, places):
        return -(words.sum(1) + jax.lax.stop_gradient(words.sum(1) - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "sums over the batch instead of T", "exception")
def slopes_wrong_axis(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(0) + jax.lax.stop_gradient(words.sum(0) - baseline) * places.sum(0))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the surrogate returns nothing", "exception")
def slopes_no_return(log_words, log_places, baseline):
    def surrogate(words, places):
        -jnp.mean(words.sum(1) + jax.lax.stop_gradient(words.sum(1) - baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "takes the padding out of the sums, and so out of the slopes", "padding-left-out")
def slopes_no_padding(log_words, log_places, baseline):
    there = log_words != 0

    def surrogate(words, places):
        words, places = (words * there).sum(1), (places * there).sum(1)
        return -jnp.mean(words + jax.lax.stop_gradient(words - baseline) * places)

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "divides by the baseline", "divided-by-baseline")
def slopes_ratio(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + jax.lax.stop_gradient(words.sum(1) / baseline) * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)
