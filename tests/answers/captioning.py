"""Answers to the exercises of notebook 02."""

import collections
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
from answers import right, slips, unwritten, wrong
from flax import nnx

from course_utils.experiments.captioning import trainer
from course_utils.models import captioning

unwritten("02.1", "02.2", "02.3", "02.4", "02.5", "02.6")

# ---- 02.1 soft_attention(params, places, h, mask) → context, alpha


def attention_numpy(params, places, h, mask):
    W_v, W_h, b, w = (np.asarray(params[name]) for name in ("W_v", "W_h", "b", "w"))
    places, h, mask = np.asarray(places), np.asarray(h), np.asarray(mask)
    keys = places @ W_v
    query = h @ W_h + b
    seen = np.tanh(keys + query[:, None])
    scores = np.where(mask, seen @ w, -1e9)
    weights = np.exp(scores - scores.max(1, keepdims=True))
    alpha = weights / weights.sum(1, keepdims=True)
    context = (alpha[..., None] * places).sum(1)
    return context, alpha


right("02.1")(attention_numpy)


@right("02.1")
def attention_loops(params, places, h, mask):
    p = {name: np.asarray(value, float) for name, value in params.items()}
    contexts, alphas = [], []
    for v, state, there in zip(np.asarray(places, float), np.asarray(h, float), np.asarray(mask)):
        weights = []
        for place, is_there in zip(v, there):
            score = p["w"] @ np.tanh(p["W_v"].T @ place + p["W_h"].T @ state + p["b"])
            weights.append(math.exp(score) if is_there else 0.0)
        alphas.append([weight / sum(weights) for weight in weights])
        contexts.append([sum(a * place[d] for a, place in zip(alphas[-1], v)) for d in range(v.shape[1])])
    return contexts, alphas


@right("02.1")
def attention_vmap(params, places, h, mask):
    def one(v, state, there):
        scores = jnp.tanh(v @ params["W_v"] + state @ params["W_h"] + params["b"]) @ params["w"]
        alpha = jax.nn.softmax(scores, where=there)
        return alpha @ v, alpha

    return jax.vmap(one)(places, h, mask)


@right("02.1")
def attention_renormalised(params, places, h, mask):
    scores = jnp.tanh(places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None]) @ params["w"]
    alpha = jax.nn.softmax(scores, axis=-1) * mask
    alpha /= alpha.sum(-1, keepdims=True)
    return [jnp.einsum("bn,bnd->bd", alpha, places), alpha]


@right("02.1")
def attention_running_sums(params, places, h, mask):
    params = {name: np.asarray(value) for name, value in params.items()}
    places, h, mask, total, weight, weights = np.asarray(places), np.asarray(h), np.asarray(mask), 0.0, 0.0, []
    for n in range(places.shape[1]):
        scores = np.tanh(places[:, n] @ params["W_v"] + h @ params["W_h"] + params["b"]) @ params["w"]
        weights.append(np.where(mask[:, n], np.exp(scores), 0))
        weight = weight + weights[-1]
        total = total + weights[-1][:, None] * places[:, n]
    return total / weight[:, None], np.stack(weights, 1) / weight[:, None]


def scores_of(params, places, h):
    return jnp.tanh(places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None]) @ params["w"]


def context_of(alpha, places):
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


@wrong("02.1", "zeroes the missing places, but they still get shares", "places-zeroed")
def attention_of_zeroed_places(params, places, h, mask):
    places = places * mask[..., None]
    return context_of(jax.nn.softmax(scores_of(params, places, h)), places)


@wrong("02.1", "keeps the first sum(mask) places, wherever the mask is True", "share-of-nothing")
def attention_to_the_first_places(params, places, h, mask):
    first = jnp.arange(mask.shape[1]) < mask.sum(1, keepdims=True)
    return context_of(jax.nn.softmax(jnp.where(first, scores_of(params, places, h), -1e9)), places)


@wrong("02.1", "one sum of weights for the batch", "softmax-over-all")
def attention_divided_by_the_batch(params, places, h, mask):
    weights = jnp.exp(scores_of(params, places, h)) * mask
    return context_of(weights / weights.sum(), places)


@wrong("02.1", "sums over all places in the denominator, over those that are there above", "mask-after-softmax")
def attention_divided_by_all_places(params, places, h, mask):
    weights = jnp.exp(scores_of(params, places, h))
    return context_of(jnp.where(mask, weights / weights.sum(1, keepdims=True), 0), places)


@wrong("02.1", "only the brightest place", "hard")
def attention_to_the_brightest(params, places, h, mask):
    scores = jnp.where(mask, scores_of(params, places, h), -1e9)
    return context_of(jax.nn.one_hot(scores.argmax(1), scores.shape[1]), places)


@wrong("02.1", "divides by 0 where a place is missing: NaN", "not-finite")
def attention_not_a_number(params, places, h, mask):
    weights = jnp.exp(jnp.where(mask, scores_of(params, places, h), -jnp.inf))
    return context_of(weights / jnp.where(mask, weights.sum(1, keepdims=True), 0), places)


@wrong("02.1", "no new axis for the state's side", "exception")
def attention_without_new_axis(params, places, h, mask):
    scores = jnp.tanh(places @ params["W_v"] + h @ params["W_h"] + params["b"]) @ params["w"]
    return context_of(jax.nn.softmax(jnp.where(mask, scores, -1e9)), places)


@wrong("02.1", "writes into a JAX array", "exception")
def attention_in_place(params, places, h, mask):
    scores = scores_of(params, places, h)
    scores[~mask] = -1e9
    return context_of(jax.nn.softmax(scores), places)


slips(
    "02.1",
    attention_numpy,
    ("no-mask", "no mask", "np.where(mask, seen @ w, -1e9)", "seen @ w"),
    ("mask-turned", "mask inverted", "where(mask", "where(~mask"),
    ("scores-times-mask", "−1e-9, which is no low score", "-1e9", "-1e-9"),
    ("scores-times-mask", "missing places get the score 0", "np.where(mask, seen @ w, -1e9)", "seen @ w * mask"),
    ("unmasked-shares", "masks the shares, but the context is from all places", "alpha[..., None]", "softmax(seen @ w)[..., None]"),
    ("softmax-over-batch", "softmax over the batch", "(1, keepdims", "(0, keepdims"),
    ("ignores-b", "forgets the bias", " + b", ""),
    ("bias-twice", "adds the bias on both sides", " + b", " + 2 * b"),
    ("no-tanh", "forgets the tanh", "np.tanh(keys + query[:, None])", "keys + query[:, None]"),
    ("tanh-on-each", "tanh of the places only, the state added behind", "keys + query[:, None])", "keys) + query[:, None]"),
    ("tanh-of-score", "tanh around w as well", "seen @ w", "np.tanh(seen @ w)"),
    ("not-tanh", "sigmoid instead of tanh", "np.tanh", "sigmoid"),
    ("no-state", "no state: the same look whatever was said", "h @ W_h", "0 * h @ W_h"),
    ("multiplied", "multiplies the two sides instead of adding them", " + b", "", "keys + query[:, None]", "keys * query[:, None] + b"),
    ("dot-product", "a scalar product of the two sides, as in section 1", "seen @ w", 'np.einsum("bnk,bk->bn", keys, h @ W_h)'),
    ("ignores-w", "forgets w: sums over the inner width", "seen @ w", "seen.sum(-1)"),
    ("scaled", "divides by the root of the inner width", "seen @ w", "seen @ w / len(w) ** 0.5"),
    ("softmin", "softmax of minus the scores", "seen @ w", "-(seen @ w)"),
    ("sigmoid", "sigmoid instead of softmax", "weights / weights.sum(1, keepdims=True)", "sigmoid(scores)"),
    ("scores-over-their-sum", "without exp", "np.where(mask, seen @ w, -1e9)", "seen @ w * mask", "weights / weights", "scores / scores"),
    ("not-shares", "exp without the division", " - scores.max(1, keepdims=True)", "", " / weights.sum(1, keepdims=True)", ""),
    ("log-softmax", "the logarithm of the shares", "context, alpha", "context, np.log(alpha + 1e-9)"),
    ("uniform", "the mean of the places that are there", "seen @ w", "0 * (seen @ w)"),
    ("mean-of-weighted", "divides the context by N as well", "places).sum(1)", "places).mean(1)"),
    ("not-weighed", "the context is the plain sum of the places", "alpha[..., None]", "mask[..., None]"),
    ("sum-of-keys", "weighs the projected places instead of the places", "alpha[..., None] * places", "alpha[..., None] * keys"),
    ("places-not-summed", "does not sum: the weighted places (B, N, D_v)", "places).sum(1)", "places)"),
    ("exchanged", "shares first, context second", "context, alpha", "alpha, context"),
    ("one-of-several", "only the context", "context, alpha", "context"),
    ("no-softmax", "scores instead of shares", "context, alpha", "context, seen @ w"),
    ("axis-kept", "keeps an axis of the shares", "context, alpha", "context, alpha[..., None]"),
    ("shape", "keeps an axis of the context", "context, alpha", "context[:, None], alpha"),
    ("first-of-h", "the first picture's state for all pictures", "h @ W_h", "h[:1] @ W_h"),
    ("first-of-mask", "the first picture's mask for all pictures", "where(mask", "where(mask[:1]"),
)

# ---- 02.2 lstm_step(params, h, c, word, context) → h, c


def lstm_numpy(params, h, c, word, context):
    W_x, W_z, W_h, b = (np.asarray(params[name]) for name in ("W_x", "W_z", "W_h", "b"))
    h, c, word, context = (np.asarray(x) for x in (h, c, word, context))
    gates = word @ W_x + context @ W_z + h @ W_h + b
    i, f, g, o = np.split(gates, 4, -1)
    i, f, o = (1 / (1 + np.exp(-x)) for x in (i, f, o))
    new = f * c + i * np.tanh(g)
    shown = o * np.tanh(new)
    return shown, new


right("02.2")(lstm_numpy)


@right("02.2")
def lstm_vmap(params, h, c, word, context):
    def one(h, c, word, context):
        gates = params["W_x"].T @ word + params["W_z"].T @ context + params["W_h"].T @ h + params["b"]
        half = lambda y: (jnp.tanh(y / 2) + 1) / 2
        i, f, g, o = jnp.split(gates, 4)
        c = half(f) * c + half(i) * jnp.tanh(g)
        return half(o) * jnp.tanh(c), c

    return jax.vmap(one)(h, c, word, context)


@right("02.2")
def lstm_loops(params, h, c, word, context):
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
def lstm_einsum(params, h, c, word, context):
    D = h.shape[-1]
    inputs = ((word, "W_x"), (context, "W_z"), (h, "W_h"))
    gates = sum(jnp.einsum("bx,xgd->gbd", x, params[name].reshape(-1, 4, D)) for x, name in inputs) + params["b"].reshape(4, 1, D)
    i, f, o = jax.nn.sigmoid(gates[jnp.array([0, 1, 3])])
    c = f * c + i * jnp.tanh(gates[2])
    return [o * jnp.tanh(c), c]


@right("02.2")
def lstm_gate_by_gate(params, h, c, word, context):
    D = h.shape[1]

    def gate(k):
        s = slice(k * D, (k + 1) * D)
        return word @ params["W_x"][:, s] + context @ params["W_z"][:, s] + h @ params["W_h"][:, s] + params["b"][s]

    c *= jax.nn.sigmoid(gate(1))
    c += jax.nn.sigmoid(gate(0)) * jnp.tanh(gate(2))
    h = jax.nn.sigmoid(gate(3)) * jnp.tanh(c)
    return h, c


def gates_of(params, h, word, context):
    return word @ params["W_x"] + context @ params["W_z"] + h @ params["W_h"] + params["b"]


def cell_of(i, f, g, o, c):
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


@wrong("02.2", "the gates interleaved: column 4 d + k", "gates-interleaved")
def lstm_interleaved(params, h, c, word, context):
    gates = gates_of(params, h, word, context)
    return cell_of(*(gates[:, k::4] for k in range(4)), c)


@wrong("02.2", "splits the batch", "exception")
def lstm_split_batch(params, h, c, word, context):
    return cell_of(*jnp.split(gates_of(params, h, word, context), 4, 0), c)


@wrong("02.2", "reshape that mixes rows: (4, B, D)", "reshaped")
def lstm_mixed_rows(params, h, c, word, context):
    return cell_of(*gates_of(params, h, word, context).reshape(4, len(h), -1), c)


@wrong("02.2", "sigmoid for all four", "candidate-not-tanh")
def lstm_sigmoid_for_all(params, h, c, word, context):
    i, f, g, o = jax.nn.sigmoid(jnp.stack(jnp.split(gates_of(params, h, word, context), 4, -1)))
    c = f * c + i * g
    return o * jnp.tanh(c), c


@wrong("02.2", "tanh for all four", "gates-not-sigmoid")
def lstm_tanh_for_all(params, h, c, word, context):
    i, f, g, o = jnp.split(jnp.tanh(gates_of(params, h, word, context)), 4, -1)
    c = f * c + i * g
    return o * jnp.tanh(c), c


@wrong("02.2", "word and context exchanged", "exception")
def lstm_inputs_exchanged(params, h, c, word, context):
    return cell_of(*jnp.split(gates_of(params, h, context, word), 4, -1), c)


@wrong("02.2", "in a fixed width of 4", "exception")
def lstm_of_fixed_width(params, h, c, word, context):
    gates = gates_of(params, h, word, context)
    return cell_of(gates[:, :4], gates[:, 4:8], gates[:, 8:12], gates[:, 12:16], c)


@wrong("02.2", "takes the arguments in the order c, h", "arguments-exchanged")
def lstm_arguments_exchanged(params, c, h, word, context):
    return cell_of(*jnp.split(gates_of(params, h, word, context), 4, -1), c)


slips(
    "02.2",
    lstm_numpy,
    ("gate-order", "order i, f, o, g", "i, f, g, o", "i, f, o, g"),
    ("forget-and-input-exchanged", "order f, i, g, o", "i, f, g, o", "f, i, g, o"),
    ("ignores-b", "no bias", " + b", ""),
    ("bias-repeated", "the bias with each of the three maps", " + b", " + 3 * b"),
    ("no-context", "forgets the context", "context @ W_z + ", ""),
    ("ignores-W_x", "forgets the word", "word @ W_x + ", ""),
    ("no-state", "forgets the state", "h @ W_h + ", ""),
    ("cell-for-state", "c where h belongs, in the gates", "h @ W_h", "c @ W_h"),
    ("state-for-cell", "h where c belongs: forgets h, not c", "f * c", "f * h"),
    ("output-gate-not-sigmoid", "the output gate without its sigmoid", "i, f, o", "i, f"),
    ("no-tanh-on-cell", "h' without the tanh of c'", "np.tanh(new)", "new"),
    ("sigmoid-of-cell", "h' with a sigmoid of c'", "np.tanh(new)", "sigmoid(new)"),
    ("old-cell-shown", "h' from the old c", "np.tanh(new)", "np.tanh(c)"),
    ("no-output-gate", "h' without the output gate", "o * np", "np"),
    ("no-input-gate", "the memory without the input gate", "i * np", "np"),
    ("no-forget-gate", "nothing is forgotten", "f * c", "c"),
    ("no-memory", "the old memory is dropped", "f * c + ", ""),
    ("forgets-otherwise", "forgets as a GRU does: 1 - i instead of f", "f * c", "(1 - i) * c"),
    ("forget-plus-one", "a forget bias of 1 added", "in (i, f, o)", "in (i, f + 1, o)"),
    ("subtracted", "minus instead of plus", "+ i *", "- i *"),
    ("exchanged", "c first, h second", "shown, new", "new, shown"),
    ("one-of-several", "only h", "shown, new", "shown"),
    ("old-memory-returned", "returns the old c beside the new h", "shown, new", "shown, c"),
    ("not-several", "side by side in one table", "shown, new", "np.concatenate([shown, new], -1)"),
    ("state-kept", "the old state is added to the new one", "shown, new", "h + shown, new"),
    ("not-several", "returns the four gates", "shown, new", "np.split(gates, 4, -1)"),
)

# ---- 02.3 caption_loss(logits, tokens, mask) → float


def loss_numpy(logits, tokens, mask):
    logits, tokens, mask = (np.asarray(x) for x in (logits, tokens, mask))
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    cost = -np.take_along_axis(log_p, tokens[..., None], -1)[..., 0]
    total = (cost * mask).sum()
    return total / mask.sum()


right("02.3")(loss_numpy)


@right("02.3")
def loss_optax(logits, tokens, mask):
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, tokens), where=mask)


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
def loss_logsumexp(logits, tokens, mask):
    said = jnp.einsum("btv,btv->bt", logits, jax.nn.one_hot(tokens, logits.shape[-1]))
    return jnp.average(jax.nn.logsumexp(logits, axis=-1) - said, weights=mask)


@right("02.3")
def loss_mask_first(logits, tokens, mask):
    logits = jnp.where(mask[..., None], logits, 0.0)
    log_p = jnp.take_along_axis(jax.nn.log_softmax(logits), jnp.where(mask, tokens, 0)[..., None], axis=2)[..., 0]
    padding = (~mask).sum()
    return (-log_p.sum() - padding * jnp.log(logits.shape[-1])) / (mask.size - padding)


def costs_of(logits, tokens):
    logits, tokens = np.asarray(logits), np.asarray(tokens)  # NumPy compiles nothing
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    return -np.take_along_axis(log_p, tokens[..., None], axis=-1)[..., 0]


@wrong("02.3", "leaves out the last word (the end) of each caption", "word-left-out")
def loss_without_end(logits, tokens, mask):
    mask = mask & jnp.concatenate([mask[:, 1:], jnp.zeros_like(mask[:, :1])], 1)
    return (costs_of(logits, tokens) * mask).sum() / mask.sum()


@wrong("02.3", "softmax over the places", "softmax-axis")
def loss_over_places(logits, tokens, mask):
    log_p = jnp.take_along_axis(jax.nn.log_softmax(logits, axis=1), tokens[..., None], -1)[..., 0]
    return -(log_p * mask).sum() / mask.sum()


@wrong("02.3", "the last caption only, from a loop that overwrites", "one-caption")
def loss_of_last_caption(logits, tokens, mask):
    for b in range(len(tokens)):
        loss = (costs_of(logits[b], tokens[b]) * mask[b]).sum() / mask[b].sum()
    return loss


@wrong("02.3", "divides by the number of words of the vocabulary too: a mean over one-hot entries", "mean-over-vocabulary")
def loss_one_hot_mean(logits, tokens, mask):
    table = jax.nn.one_hot(tokens, logits.shape[-1]) * jax.nn.log_softmax(logits)
    return -table[mask].mean()


@wrong("02.3", "binary cross-entropies of all words of the vocabulary", "another-loss")
def loss_binary(logits, tokens, mask):
    wanted = jax.nn.one_hot(tokens, logits.shape[-1])
    cost = -(wanted * jax.nn.log_sigmoid(logits) + (1 - wanted) * jax.nn.log_sigmoid(-logits)).sum(-1)
    return (cost * mask).sum() / mask.sum()


@wrong("02.3", "the entropy of the guesses, the word plays no part", "another-loss")
def loss_entropy(logits, tokens, mask):
    log_p = jax.nn.log_softmax(logits)
    return (-(jnp.exp(log_p) * log_p).sum(-1) * mask).sum() / mask.sum()


@wrong("02.3", "the squared error of the probabilities", "another-loss")
def loss_squares(logits, tokens, mask):
    cost = ((jax.nn.softmax(logits) - jax.nn.one_hot(tokens, logits.shape[-1])) ** 2).sum(-1)
    return (cost * mask).sum() / mask.sum()


@wrong("02.3", "the median word", "values")
def loss_median(logits, tokens, mask):
    return jnp.median(costs_of(logits, tokens)[mask])


slips(
    "02.3",
    loss_numpy,
    ("pads-in-mean", "padding included", "total / mask.sum()", "cost.mean()"),
    ("divided-by-all", "divides by all places", "/ mask.sum()", "/ mask.size"),
    ("unmasked-sum-over-words", "padding above, words below", "(cost * mask)", "cost"),
    ("mean-of-means", "a mean of captions' means", "total / mask.sum()", "((cost * mask).sum(1) / mask.sum(1)).mean()"),
    ("sum", "the sum", " / mask.sum()", ""),
    ("sum-over-captions", "the sum of a caption, its mean over captions", "/ mask.sum()", "/ len(mask)"),
    ("one-per-caption", "one mean a caption", ".sum()", ".sum(1)"),
    ("not-reduced", "one number a place", "total / mask.sum()", "cost * mask"),
    ("sign", "no minus", "-np.take", "np.take"),
    ("mask-turned", "mask inverted", "tokens, mask))", "tokens, ~mask))"),
    ("shifted", "place t predicts word t + 1", "(logits, tokens, mask))", "(logits[:, :-1], tokens[:, 1:], mask[:, 1:]))"),
    ("no-softmax", "logits instead of log-probabilities", " - np.log(np.exp(logits).sum(-1, keepdims=True))", ""),
    ("no-log", "the probability without its logarithm", "(cost *", "(-np.exp(-cost) *"),
    ("softmax-twice", "softmax twice", "(logits, tokens, mask))", "(softmax(logits), tokens, mask))"),
    ("values", "in bits", "total /", "total / np.log(2) /"),
    ("perplexity", "the perplexity", "total / mask.sum()", "np.exp(total / mask.sum())"),
    ("likeliest-word", "the likeliest word instead of the one said", "tokens[..., None]", "logits.argmax(-1)[..., None]"),
    ("logits-masked", "masks the logits, not the costs", "in (logits", "in (logits * mask[..., None]", "total / mask.sum()", "cost.mean()"),
    ("zero-token-masked", "padding is where the token is 0, whatever the mask says", "tokens, mask))", "tokens, tokens != 0))"),
    ("one-length-for-all", "the first caption's length for all captions", "/ mask.sum()", "/ (mask[0].sum() * len(mask))"),
    ("off-by-one", "one word too few below", "/ mask.sum()", "/ (mask.sum() - 1)"),
    ("log-of-mean", "log of a mean, not a mean log", "(cost *", "(np.exp(-cost) *", "total / mask.sum()", "-np.log(total / mask.sum())"),
)

# ---- 02.4 beam_step(scores, log_probs, finished, end) → scores, parents, tokens


def beam_numpy(scores, log_probs, finished, end):
    scores, finished, steps = np.asarray(scores), np.asarray(finished), np.array(log_probs)
    K, V = steps.shape
    stays = np.where(np.arange(V) == end, 0, -np.inf)
    steps[finished] = stays
    total = (scores[:, None] + steps).ravel()
    order = np.argsort(-total, kind="stable")[:K]
    new = total[order]
    parents, tokens = order // V, order % V
    return new, parents, tokens


right("02.4")(beam_numpy)


@right("02.4")
def beam_python(scores, log_probs, finished, end):
    options = []
    for parent, (score, row, done) in enumerate(zip(scores.tolist(), log_probs.tolist(), finished.tolist())):
        for token, gain in enumerate(row):
            if not done:
                options.append((score + gain, parent, token))
            elif token == end:
                options.append((score, parent, token))
    options.sort(key=lambda option: -option[0])
    best = options[: len(scores)]
    return [o[0] for o in best], [o[1] for o in best], [o[2] for o in best]


def continuations(scores, log_probs, finished, end):
    stays = jnp.where(jnp.arange(log_probs.shape[1]) == end, 0.0, -jnp.inf)
    return scores[:, None] + jnp.where(finished[:, None], stays, log_probs)


@right("02.4")
def beam_in_two_rounds(scores, log_probs, finished, end):
    K, V = log_probs.shape
    top, tokens = jax.lax.top_k(continuations(scores, log_probs, finished, end), min(K, V))
    new, index = jax.lax.top_k(top.ravel(), K)
    return new, index // top.shape[1], tokens.ravel()[index]


@right("02.4")
def beam_transposed(scores, log_probs, finished, end):
    K = len(scores)
    total = continuations(scores, log_probs, finished, end).T.ravel()
    order = jnp.flip(jnp.argsort(total))[:K]
    return total[order], order % K, order // K


def one_by_one(total, taken):
    found = []
    for _ in range(len(total)):
        k, v = jnp.unravel_index(total.argmax(), total.shape)
        found.append((total[k, v], k, v))
        total = total.at[taken(k, v)].set(-jnp.inf)
    return tuple(jnp.stack(x) for x in zip(*found))


@right("02.4")
def beam_one_by_one(scores, log_probs, finished, end):
    return one_by_one(continuations(scores, log_probs, finished, end), lambda k, v: (k, v))


@right("02.4")
def beam_large_number(scores, log_probs, finished, end):
    free = jnp.where(jax.nn.one_hot(end, log_probs.shape[1]) > 0, 0.0, -1e30)
    total = scores[:, None] + jnp.where(finished[:, None], free, log_probs)
    best, place = jax.lax.top_k(total.ravel(), scores.shape[0])
    return best, *jnp.unravel_index(place, total.shape)


@wrong("02.4", "greedy: each beginning goes on with its own best word", "greedy-for-each")
def beam_greedy(scores, log_probs, finished, end):
    total = continuations(scores, log_probs, finished, end)
    return total.max(1), jnp.arange(len(scores)), total.argmax(1)


@wrong("02.4", "greedy, then sorted", "greedy-for-each")
def beam_greedy_sorted(scores, log_probs, finished, end):
    total = continuations(scores, log_probs, finished, end)
    order = jnp.argsort(-total.max(1))
    return total.max(1)[order], order, total.argmax(1)[order]


@wrong("02.4", "only the best beginning goes on", "from-one-beginning")
def beam_best_alone(scores, log_probs, finished, end):
    best = scores.argmax()
    top, tokens = jax.lax.top_k(continuations(scores, log_probs, finished, end)[best], len(scores))
    return top, jnp.full(len(scores), best), tokens


@wrong("02.4", "no beginning may go on twice", "greedy-for-each")
def beam_each_parent_once(scores, log_probs, finished, end):
    return one_by_one(continuations(scores, log_probs, finished, end), lambda k, v: k)


@wrong("02.4", "no word may be taken twice", "each-word-once")
def beam_each_word_once(scores, log_probs, finished, end):
    return one_by_one(continuations(scores, log_probs, finished, end), lambda k, v: (slice(None), v))


@wrong("02.4", "the K best continuations of each beginning: (K, K)", "shape")
def beam_for_each(scores, log_probs, finished, end):
    top, tokens = jax.lax.top_k(continuations(scores, log_probs, finished, end), len(scores))
    return top, jnp.broadcast_to(jnp.arange(len(scores))[:, None], top.shape), tokens


@wrong("02.4", "the parents' ranks instead of their places", "ranks")
def beam_ranks(scores, log_probs, finished, end):
    order = jnp.argsort(-scores)
    return beam_large_number(scores[order], log_probs[order], finished[order], end)


@wrong("02.4", "writes into a JAX array", "exception")
def beam_in_place(scores, log_probs, finished, end):
    log_probs[finished] = -jnp.inf
    log_probs[finished, end] = 0
    return jax.lax.top_k((scores[:, None] + log_probs).ravel(), len(scores))


slips(
    "02.4",
    beam_numpy,
    ("finished-goes-on", "finished beginnings go on like the others", "steps[finished] = stays", ""),
    (
        "zero-times-infinity",
        "multiplied by who is finished",
        "steps[finished] = stays",
        "steps = finished[:, None] * stays + ~finished[:, None] * steps",
    ),
    ("other-kind", "parents as floats", "order // V", "np.floor(order / V)"),
    ("finished-lost", "finished beginnings are thrown out", "] = stays", "] = -np.inf"),
    ("finished-pays", "a finished beginning pays for its end", "] = stays", "] += stays"),
    ("finished-with-other-words", "a finished beginning goes on with any word for nothing", "] = stays", "] = 0"),
    ("end-free-for-all", "end is free for all beginnings", "] = stays", "] = stays; steps[:, end] = 0"),
    ("finished-turned", "the mask of the finished inverted", "[finished]", "[~finished]"),
    ("token-for-end", "a finished beginning goes on with token 0", "== end", "== 0"),
    ("finished-score-replaced", "a finished text's score becomes 0", "scores[:", "np.where(finished, 0, scores)[:"),
    ("exchanged", "parents and tokens exchanged", "new, parents, tokens", "new, tokens, parents"),
    ("divided-by-k", "// and % by K", "order // V, order % V", "order // K, order % K"),
    ("not-split", "the indices in the flat table as parents", "order // V", "order"),
    ("true-division", "divides, but takes no floor", "order // V", "order / V"),
    ("no-scores", "the beginnings' own scores are forgotten", "scores[:, None] + steps", "steps"),
    ("words-only", "returns the words' log-probabilities", "return new", "return np.asarray(log_probs)[parents, tokens]"),
    ("parents-scores", "returns the parents' scores", "return new", "return scores[parents]"),
    ("not-highest-first", "lowest first", "[:K]", "[:K][::-1]"),
    ("worst", "the K worst", "-total", "total"),
    ("other-order", "scores sorted, parents and tokens not", "total[order]", "total[order]; order.sort()"),
    ("multiplied", "multiplies instead of adding", "end, 0", "end, 1", "[:, None] +", "[:, None] *"),
    ("probabilities-added", "probabilities instead of log-probabilities", "np.array(log_probs)", "np.exp(log_probs)"),
    ("not-the-totals", "returns probabilities", "return new", "return np.exp(new)"),
    ("values", "a score of minus infinity becomes 0", "scores[:", "np.where(np.isinf(scores), 0, scores)[:"),
    ("never-ends", "a beginning that is not finished cannot end", "steps[fin", "steps[:, end] = -np.inf; steps[fin"),
    ("shape", "twice as many: 2 K of them", "[:K]", "[: 2 * K]"),
    ("not-several", "scores and parents only", "new, parents, tokens", "new, parents"),
    ("from-1", "counts parents and tokens from 1", "new, parents, tokens", "new, parents + 1, tokens + 1"),
    ("exception", "scores added along the wrong axis", "scores[:, None]", "scores"),
)

# ---- 02.5 cider_d(candidate, references, frequency, pictures) → float


def cider_nested_loops(candidate, references, frequency, pictures):
    table = []
    for reference in references:
        for n in range(1, 5):
            g, r = {}, {}
            for text, vector in ((candidate, g), (reference, r)):
                words = text.split()
                for i in range(len(words) - n + 1):
                    gram = " ".join(words[i : i + n])
                    idf = math.log(pictures / max(1, frequency.get(gram, 0)))
                    vector[gram] = vector.get(gram, 0) + idf
            above = sum(min(x, r.get(k, 0)) * r.get(k, 0) for k, x in g.items())
            below = math.hypot(*g.values()) * math.hypot(*r.values())
            d = len(candidate.split()) - len(reference.split())
            penalty = math.exp(-(d**2) / (2 * 6**2))
            table.append(above / below * penalty if below else 0.0)
    return 10 * np.mean(table)


right("02.5")(cider_nested_loops)


def grams(text, n):
    words = text.split()
    return collections.Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))


def weight(gram, frequency, pictures):
    return math.log(pictures) - math.log(max(1, frequency.get(gram, 0)))


def vector(text, n, frequency, pictures):
    return {gram: count * weight(gram, frequency, pictures) for gram, count in grams(text, n).items()}


def norm(v):
    return math.sqrt(sum(x * x for x in v.values()))


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
    return jnp.float32(10 * scores.mean())


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


def clipped_cosine(g, r):
    below = norm(g) * norm(r)
    return sum(min(x, r.get(gram, 0)) * r.get(gram, 0) for gram, x in g.items()) / below if below else 0.0


def fade(candidate, reference):
    return math.exp(-((len(candidate.split()) - len(reference.split())) ** 2) / 72)


@wrong("02.5", "only single words", "not-all-n")
def cider_of_words(candidate, references, *counted):
    g, scores = vector(candidate, 1, *counted), []
    for reference in references:
        scores.append(clipped_cosine(g, vector(reference, 1, *counted)) * fade(candidate, reference))
    return 10 * sum(scores) / len(scores)


@wrong("02.5", "all n in one vector", "all-n-in-one")
def cider_one_vector(candidate, references, *counted):
    def whole(text):
        return {gram: x for n in range(1, 5) for gram, x in vector(text, n, *counted).items()}

    return 10 * np.mean([clipped_cosine(whole(candidate), whole(r)) * fade(candidate, r) for r in references])


@wrong("02.5", "lengths in letters", "letters-for-words")
def cider_lengths_in_letters(candidate, references, *counted):
    alone = [cider_nested_loops(candidate, [r], *counted) / fade(candidate, r) for r in references]
    return np.mean([x * math.exp(-((len(candidate) - len(r)) ** 2) / 72) for x, r in zip(alone, references)])


@wrong("02.5", "the best reference", "one-reference")
def cider_of_best_reference(candidate, references, *counted):
    return max(cider_nested_loops(candidate, [r], *counted) for r in references)


@wrong("02.5", "the worst reference", "one-reference")
def cider_of_worst_reference(candidate, references, *counted):
    return min(cider_nested_loops(candidate, [r], *counted) for r in references)


@wrong("02.5", "the whole caption gives 0 where one norm is 0", "zero-for-all")
def cider_zero_for_all(candidate, references, *counted):
    if not all(norm(vector(text, n, *counted)) for text in (candidate, *references) for n in range(1, 5)):
        return 0.0
    return cider_nested_loops(candidate, references, *counted)


@wrong("02.5", "an n whose norm is 0 is left out of the mean", "zero-norm-left-out")
def cider_zero_norm_left_out(candidate, references, *counted):
    means = []
    for reference in references:
        pairs = [[vector(text, n, *counted) for text in (candidate, reference)] for n in range(1, 5)]
        kept = [clipped_cosine(g, r) for g, r in pairs if norm(g) * norm(r)]
        means.append(10 * fade(candidate, reference) * sum(kept) / max(1, len(kept)))
    return sum(means) / len(means)


@wrong("02.5", "norms of the counts, without the weights", "norm-of-part")
def cider_norm_of_counts(candidate, references, *counted):
    table = []
    for reference in references:
        for n in range(1, 5):
            g, r = vector(candidate, n, *counted), vector(reference, n, *counted)
            below = norm(grams(candidate, n)) * norm(grams(reference, n))
            above = clipped_cosine(g, r) * norm(g) * norm(r)
            table.append(above / below * fade(candidate, reference) if below else 0.0)
    return 10 * sum(table) / len(table)


slips(
    "02.5",
    cider_nested_loops,
    ("no-clipping-no-penalty", "CIDEr: neither clipping nor penalty", "min(x, r.get(k, 0))", "x", " * penalty", ""),
    ("no-clipping", "no clipping: CIDEr, not CIDEr-D", "min(x, r.get(k, 0))", "x"),
    ("clipped-otherwise", "max instead of min", "min(x", "max(x"),
    ("no-penalty", "no length penalty", " * penalty", ""),
    ("penalty-width", "the penalty without the 2", "(2 * 6**2)", "6**2"),
    ("penalty-distance", "d not squared", "d**2", "abs(d)"),
    ("one-sided", "only too short a candidate costs, as in BLEU", "d**2", "min(d, 0) ** 2"),
    ("no-factor", "without the 10", "10 * ", ""),
    ("sum-over-n", "sum over n", "np.mean(table)", "sum(table) / len(references)"),
    ("sum-over-references", "sum over references", "np.mean(table)", "sum(table) / 4"),
    ("references-joined", "all references as one text", "in references", 'in [" ".join(references)]'),
    ("values", "the mean over the n that are not 0", "np.mean(table)", "np.mean([x for x in table if x] or [0])"),
    ("product-over-n", "the geometric mean, as in BLEU", "mean(table)", "mean(np.reshape(table, (-1, 4)).prod(1) ** 0.25)"),
    ("number-of-grams", "the last n-gram is lost: range(len(words) - n)", " - n + 1", " - n"),
    ("of-letters", "n-grams of letters", "text.split()", "text", '" ".join', '"".join'),
    ("sets", "each n-gram counted once", "vector.get(gram, 0) + idf", "idf"),
    ("shares", "counts divided by the number of n-grams", "+ idf", "+ idf / (len(words) - n + 1)"),
    ("no-idf", "no weights: counts only", "+ idf", "+ 1"),
    ("idf-squared", "weights only, each squared in the product", "+ idf", "+ idf**2"),
    ("values", "an unknown n-gram weighs 0", "+ idf", "+ idf * (gram in frequency)"),
    ("exception", "frequency[gram]: an unknown n-gram raises", "frequency.get(gram, 0)", "frequency[gram]"),
    ("idf-plus-one", "1 + frequency instead of max(1, frequency)", "max(1, f", "(1 + f"),
    ("idf-turned", "the weight upside down: log(frequency)", "pictures / ", ""),
    ("idf-without-log", "pictures / frequency without the logarithm", "math.log(", "("),
    ("not-pictures", "the number of n-grams in the dictionary instead of pictures", "pictures /", "len(frequency) /"),
    ("not-norms", "norms without the root", "*r.values())", "*r.values()); below **= 2"),
    ("no-cosine", "no norms", " / below", ""),
    ("one-norm", "the candidate's norm only", "*r.values()", "*g.values()"),
    ("exception", "divides by a norm of 0", " if below else 0.0", ""),
    ("zero-norm", "a norm of 0 gives NaN, as NumPy does it", "else 0.0", "else math.nan"),
    ("shape", "one number for each n", "np.mean(table)", "np.reshape(table, (-1, 4)).mean(0)"),
)

# ---- 02.6 reinforce_slopes(log_words, log_places, baseline) → slopes for log_words, for log_places


def slopes_by_grad(log_words, log_places, baseline):
    def surrogate(words, places):
        value = words.sum(1)
        reward = jax.lax.stop_gradient(value - baseline)
        return -jnp.mean(value + reward * places.sum(1))

    return jax.grad(surrogate, argnums=(0, 1))(log_words, log_places)


right("02.6")(slopes_by_grad)


@right("02.6")
def slopes_by_hand(log_words, log_places, baseline):
    B, T = log_words.shape
    reward = np.asarray(log_words, float).sum(1) - np.asarray(baseline, float)
    return np.full((B, T), -1 / B), -np.repeat(reward[:, None], T, axis=1) / B


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
def slopes_vjp(log_words, log_places, baseline):
    def captions(log_words, log_places):
        value = log_words.sum(-1)
        reward = jax.lax.stop_gradient(value) - baseline
        return value + jax.lax.stop_gradient(reward) * log_places.sum(-1)

    _, back = jax.vjp(captions, log_words, log_places)
    return back(jnp.full(len(log_words), -1 / len(log_words)))


def slopes_of(surrogate, *at):
    return jax.grad(surrogate, argnums=(0, 1))(*at)


def constant(x):
    return jax.lax.stop_gradient(x)


@wrong("02.6", "each word rewards its own look only", "reward-of-some-words")
def slopes_of_own_words(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean((words + constant(words - baseline[:, None]) * places).sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "a look is rewarded by the words from it on", "reward-of-some-words")
def slopes_of_words_to_come(log_words, log_places, baseline):
    def surrogate(words, places):
        to_go = jnp.cumsum(words[:, ::-1], 1)[:, ::-1]
        return -jnp.mean(words.sum(1) + (constant(to_go - baseline[:, None]) * places).sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the looks are taken for constants, not the reward", "no-places")
def slopes_of_constant_looks(log_words, log_places, baseline):
    def surrogate(words, places):
        return -jnp.mean(words.sum(1) + (words.sum(1) - baseline) * constant(places.sum(1)))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "everything is taken for a constant", "no-places")
def slopes_of_constants(log_words, log_places, baseline):
    def surrogate(words, places):
        words = constant(words.sum(1))
        return -jnp.mean(words + (words - baseline) * constant(places.sum(1)))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "log p of words and looks together as the reward", "places-in-reward")
def slopes_of_joint_reward(log_words, log_places, baseline):
    def surrogate(words, places):
        reward = constant((words + places).sum(1) - baseline)
        return -jnp.mean(words.sum(1) + reward * places.sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "divides each caption by its number of words", "divided-by-length")
def slopes_for_each_word(log_words, log_places, baseline):
    def surrogate(words, places):
        reward = constant(words.sum(1) - baseline)
        return -jnp.mean((words.sum(1) + reward * places.sum(1)) / (log_words != 0).sum(1))

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "takes the padding out of the sums, and so out of the slopes", "padding-left-out")
def slopes_without_padding(log_words, log_places, baseline):
    def surrogate(words, places):
        words, places = (jnp.where(log_words != 0, x, 0).sum(1) for x in (words, places))
        return -jnp.mean(words + constant(words - baseline) * places)

    return slopes_of(surrogate, log_words, log_places)


@wrong("02.6", "the surrogate itself", "not-several")
def slopes_not_taken(log_words, log_places, baseline):
    reward = log_words.sum(1) - baseline
    return -jnp.mean(log_words.sum(1) + reward * log_places.sum(1))


slips(
    "02.6",
    slopes_by_grad,
    ("sign", "no minus", "-jnp.mean", "jnp.mean"),
    ("no-stop-gradient", "the reward carries slopes", "jax.lax.stop_gradient", ""),
    ("no-baseline", "no baseline", " - baseline", ""),
    ("baseline-misused", "baseline added", "- baseline", "+ baseline"),
    ("sign", "baseline minus reward", "value - baseline", "baseline - value"),
    ("sum-over-batch", "sum over the captions", "jnp.mean", "jnp.sum"),
    ("means-over-words", "means over T everywhere", ".sum(1)", ".mean(1)"),
    ("no-words", "no first term", "value + reward", "reward"),
    ("probability-of-places", "the reward times the probability instead of its logarithm", "places.sum(1)", "jnp.exp(places.sum(1))"),
    ("probability-as-reward", "the reward is a probability", "(value -", "(jnp.exp(value) -"),
    ("no-reward", "no reward", "reward * places", "places"),
    ("product", "the product of all three", "value + reward", "value * reward"),
    ("words-times-reward", "the reward on both terms", "value + reward", "reward * value + reward"),
    ("one-baseline", "the batch's mean baseline for all", "- baseline", "- baseline.mean()"),
    ("baseline-for-each-word", "the baseline once for each word", "(value - baseline)", "((words - baseline[:, None]).sum(1))"),
    ("standardised", "rewards divided by their spread", "reward *", "reward / (reward.std() + 1e-8) *"),
    ("one-sign-only", "only rewards above the baseline count", "reward *", "jnp.maximum(reward, 0) *"),
    ("reward-of-batch", "one reward of the whole batch", "(value -", "(value.sum() -"),
    ("exchanged", "slopes for the looks first", "(0, 1)", "(1, 0)"),
    ("one-of-several", "slopes for the words only", "(0, 1)", "0"),
    ("exception", "the surrogate is one number a caption", "-jnp.mean(", "-("),
    ("exception", "sums over the batch instead of T", ".sum(1)", ".sum(0)"),
)

# ---- 02.7 caption_challenge(train, test) → int[m, T]


def captions_of(train, test, steps, *, noise=0.0, way="attention", learning_rate=1.2e-2):
    model = captioning.Captioner(captioning.CaptionConfig(way=way), rngs=nnx.Rngs(0))
    x, tokens = np.asarray(train["features"]), np.asarray(train["tokens"])

    def more(rng):
        row = rng.integers(len(tokens), size=128)
        images = x[row] + noise * x[row].std() * rng.normal(size=x[row].shape) if noise else x[row]
        return {"image": np.float32(images), "tokens": tokens[row]}

    trainer.train(model, {"image": x, "tokens": tokens}, trainer.LOSS, steps=steps, learning_rate=learning_rate, more=more)
    return captioning.VOCAB.encode(trainer.write(model, np.asarray(test["features"])), captioning.LONGEST + 1)


@right("02.7")
def challenge_noise(train, test):
    return captions_of(train, test, 500, noise=0.3)


@right("02.7")
def challenge_gently(train, test):
    return captions_of(train, test, 600, noise=0.4, learning_rate=8e-3)


@wrong("02.7", "one vector", "below")
def challenge_uniform(train, test):
    return captions_of(train, test, 200, way="uniform")


@wrong("02.7", "attention, a little", "below")
def challenge_short(train, test):
    return captions_of(train, test, 300)


def captions_of_others(train, test):
    return np.resize(train["tokens"], (len(test["features"]), 20))


wrong("02.7", "captions of other pictures", "below")(captions_of_others)


@wrong("02.7", "no whole numbers", "not-whole")
def challenge_floats(train, test):
    return captions_of_others(train, test) + 0.5


@wrong("02.7", "no tokens", "out-of-range")
def challenge_too_large(train, test):
    return captions_of_others(train, test) + 80


@wrong("02.7", "one caption", "shape")
def challenge_one(train, test):
    return np.asarray(train["tokens"])[0]


@wrong("02.7", "strings", "not-an-array")
def challenge_words(train, test):
    return captioning.VOCAB.decode(captions_of_others(train, test))
