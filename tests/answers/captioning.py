"""Answers to the exercises of notebook 02, written from their texts.

All of RIGHT must pass; each of WRONG must be told what it got wrong (its description, then the diagnosis it must get).
"""

import math
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from course_utils.experiments.captioning import trainer
from course_utils.models import captioning

# ---- 02.1 soft_attention(params, places, h, mask) → context, alpha


def attention_where(params, places, h, mask):
    keys = places @ params["W_v"]
    query = h @ params["W_h"] + params["b"]
    scores = jnp.tanh(keys + query[:, None, :]) @ params["w"]
    alpha = jax.nn.softmax(jnp.where(mask, scores, -jnp.inf), axis=-1)
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha


def attention_softmax_where(params, places, h, mask):
    scores = jnp.einsum(
        "bnk,k->bn", jnp.tanh(jnp.einsum("bnd,dk->bnk", places, params["W_v"]) + params["b"] + (h @ params["W_h"])[:, None]), params["w"]
    )
    alpha = jax.nn.softmax(scores, axis=1, where=mask)
    return (alpha[:, :, None] * places).sum(axis=1), alpha


def attention_loops(params, places, h, mask):
    params = {name: np.asarray(value, float) for name, value in params.items()}
    contexts, alphas = [], []
    for v, state, there in zip(np.asarray(places, float), np.asarray(h, float), np.asarray(mask)):
        weights = []
        for place, is_there in zip(v, there):
            score = params["w"] @ np.tanh(params["W_v"].T @ place + params["W_h"].T @ state + params["b"])
            weights.append(math.exp(score) if is_there else 0.0)
        alpha = np.array(weights) / sum(weights)
        alphas.append(alpha)
        contexts.append(alpha @ v)
    return np.stack(contexts), np.stack(alphas)


def attention_vmap(params, places, h, mask):
    def one(v, state, there):
        scores = jnp.tanh(v @ params["W_v"] + state @ params["W_h"] + params["b"]) @ params["w"]
        e = jnp.exp(scores) * there
        alpha = e / e.sum()
        return alpha @ v, alpha

    return jax.vmap(one)(places, h, mask)


def _attention(params, places, h, mask):
    return jnp.tanh(places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None]) @ params["w"]


def _context(alpha, places):
    return (alpha[..., None] * places).sum(1)


def attention_no_mask(params, places, h, mask):
    alpha = jax.nn.softmax(_attention(params, places, h, mask))
    return _context(alpha, places), alpha


def attention_mask_after(params, places, h, mask):
    alpha = jax.nn.softmax(_attention(params, places, h, mask)) * mask
    return _context(alpha, places), alpha


def attention_scores_times_mask(params, places, h, mask):
    alpha = jax.nn.softmax(_attention(params, places, h, mask) * mask, -1)
    return _context(alpha, places), alpha


def attention_over_batch(params, places, h, mask):
    alpha = jax.nn.softmax(jnp.where(mask, _attention(params, places, h, mask), -1e9), axis=0)
    return _context(alpha, places), alpha


def attention_mask_turned(params, places, h, mask):
    alpha = jax.nn.softmax(jnp.where(mask, -1e9, _attention(params, places, h, mask)), axis=-1)
    return _context(alpha, places), alpha


def attention_no_tanh(params, places, h, mask):
    scores = (places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None]) @ params["w"]
    alpha = jax.nn.softmax(jnp.where(mask, scores, -1e9), axis=-1)
    return _context(alpha, places), alpha


def attention_dot(params, places, h, mask):
    scores = jnp.einsum("bnk,bk->bn", places @ params["W_v"], h @ params["W_h"])
    alpha = jax.nn.softmax(jnp.where(mask, scores, -1e9), axis=-1)
    return _context(alpha, places), alpha


def attention_not_summed(params, places, h, mask):
    alpha = attention_where(params, places, h, mask)[1]
    return alpha[..., None] * places, alpha


def attention_of_keys(params, places, h, mask):
    alpha = attention_where(params, places, h, mask)[1]
    return _context(alpha, places @ params["W_v"]), alpha


def attention_mean(params, places, h, mask):
    alpha = attention_where(params, places, h, mask)[1]
    return (alpha[..., None] * places).mean(1), alpha


def attention_context_only(params, places, h, mask):
    return attention_where(params, places, h, mask)[0]


def attention_exchanged(params, places, h, mask):
    return attention_where(params, places, h, mask)[::-1]


# ---- 02.2 lstm_step(params, h, c, word, context) → h, c


def lstm_concatenated(params, h, c, word, context):
    x = jnp.concatenate([word, context, h], -1)
    gates = x @ jnp.concatenate([params["W_x"], params["W_z"], params["W_h"]]) + params["b"]
    d = h.shape[-1]
    i, f, g, o = (gates[:, k * d : (k + 1) * d] for k in range(4))
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def lstm_numpy(params, h, c, word, context):
    p = {name: np.asarray(value, np.float64) for name, value in params.items()}
    z = np.asarray(word) @ p["W_x"] + np.asarray(context) @ p["W_z"] + np.asarray(h) @ p["W_h"] + p["b"]
    i, f, g, o = z.reshape(len(z), 4, -1).transpose(1, 0, 2)
    i, f, o = (1 / (1 + np.exp(-x)) for x in (i, f, o))
    new = f * np.asarray(c) + i * np.tanh(g)
    return o * np.tanh(new), new


def lstm_vmap(params, h, c, word, context):
    def one(h, c, word, context):
        i, f, g, o = jnp.split(params["W_x"].T @ word + params["W_z"].T @ context + params["W_h"].T @ h + params["b"], 4)
        new = c / (1 + jnp.exp(-f)) + jnp.tanh(g) / (1 + jnp.exp(-i))
        return jnp.tanh(new) / (1 + jnp.exp(-o)), new

    return jax.vmap(one)(h, c, word, context)


def _z(params, h, word, context):
    return jnp.split(word @ params["W_x"] + context @ params["W_z"] + h @ params["W_h"] + params["b"], 4, -1)


def _s(x):
    return jax.nn.sigmoid(x)


def lstm_ifog(params, h, c, word, context):
    i, f, o, g = _z(params, h, word, context)
    c = _s(f) * c + _s(i) * jnp.tanh(g)
    return _s(o) * jnp.tanh(c), c


def lstm_no_context(params, h, c, word, context):
    return lstm_concatenated({**params, "W_z": 0 * params["W_z"]}, h, c, word, context)


def lstm_no_bias(params, h, c, word, context):
    return lstm_concatenated({**params, "b": 0 * params["b"]}, h, c, word, context)


def lstm_interleaved(params, h, c, word, context):
    z = jnp.concatenate(_z(params, h, word, context), -1)
    i, f, g, o = z[:, 0::4], z[:, 1::4], z[:, 2::4], z[:, 3::4]
    c = _s(f) * c + _s(i) * jnp.tanh(g)
    return _s(o) * jnp.tanh(c), c


def lstm_swapped(params, h, c, word, context):
    i, f, g, o = _z(params, h, word, context)
    c = _s(i) * c + _s(f) * jnp.tanh(g)
    return _s(o) * jnp.tanh(c), c


def lstm_gru(params, h, c, word, context):
    i, f, g, o = _z(params, h, word, context)
    c = (1 - _s(i)) * c + _s(i) * jnp.tanh(g)
    return _s(o) * jnp.tanh(c), c


def lstm_no_tanh(params, h, c, word, context):
    h, c = lstm_concatenated(params, h, c, word, context)
    return h / jnp.tanh(c) * c, c


def lstm_old_cell(params, h, c, word, context):
    i, f, g, o = _z(params, h, word, context)
    return _s(o) * jnp.tanh(c), _s(f) * c + _s(i) * jnp.tanh(g)


def lstm_returns_c_h(params, h, c, word, context):
    return lstm_concatenated(params, h, c, word, context)[::-1]


def lstm_g_sigmoid(params, h, c, word, context):
    i, f, g, o = _z(params, h, word, context)
    c = _s(f) * c + _s(i) * _s(g)
    return _s(o) * jnp.tanh(c), c


def lstm_h_only(params, h, c, word, context):
    return lstm_concatenated(params, h, c, word, context)[0]


# ---- 02.3 caption_loss(logits, tokens, mask) → float


def loss_optax(logits, tokens, mask):
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, tokens), where=mask)


def loss_one_hot(logits, tokens, mask):
    log_p = jax.nn.log_softmax(logits, -1)
    picked = (jax.nn.one_hot(tokens, logits.shape[-1]) * log_p).sum(-1)
    return -jnp.where(mask, picked, 0).sum() / jnp.sum(mask)


def loss_loops(logits, tokens, mask):
    total, count = 0.0, 0
    for z, words, there in zip(np.asarray(logits, float), np.asarray(tokens), np.asarray(mask)):
        for row, word, is_there in zip(z, words, there):
            if is_there:
                total += math.log(np.exp(row).sum()) - row[word]
                count += 1
    return total / count


def loss_indexed(logits, tokens, mask):
    b, t = tokens.shape
    p = jnp.exp(logits - jax.nn.logsumexp(logits, axis=-1, keepdims=True))
    terms = -jnp.log(p[jnp.arange(b)[:, None], jnp.arange(t)[None], tokens])
    return (terms * mask.astype(jnp.float32)).sum() / mask.astype(jnp.float32).sum()


def _ce(logits, tokens):
    return optax.softmax_cross_entropy_with_integer_labels(logits, tokens)


def loss_all(logits, tokens, mask):
    return _ce(logits, tokens).mean()


def loss_zeros_in_mean(logits, tokens, mask):
    return jnp.where(mask, _ce(logits, tokens), 0).mean()


def loss_mean_of_means(logits, tokens, mask):
    return ((_ce(logits, tokens) * mask).sum(1) / mask.sum(1)).mean()


def loss_per_caption(logits, tokens, mask):
    return (_ce(logits, tokens) * mask).sum(1) / mask.sum(1)


def loss_sum(logits, tokens, mask):
    return (_ce(logits, tokens) * mask).sum()


def loss_by_captions(logits, tokens, mask):
    return (_ce(logits, tokens) * mask).sum() / len(tokens)


def loss_positive(logits, tokens, mask):
    return -jnp.mean(_ce(logits, tokens), where=mask)


def loss_turned(logits, tokens, mask):
    return jnp.mean(_ce(logits, tokens), where=~mask)


def loss_shifted(logits, tokens, mask):
    return jnp.mean(_ce(logits[:, :-1], tokens[:, 1:]), where=mask[:, 1:])


def loss_logits(logits, tokens, mask):
    return -jnp.mean(jnp.take_along_axis(logits, tokens[..., None], -1)[..., 0], where=mask)


def loss_over_time(logits, tokens, mask):
    log_p = jax.nn.log_softmax(logits, 1)
    return -jnp.mean(jnp.take_along_axis(log_p, tokens[..., None], -1)[..., 0], where=mask)


def loss_masked_logits(logits, tokens, mask):
    return _ce(logits * mask[..., None], tokens).mean()


# ---- 02.4 beam_step(scores, log_probs, finished, end) → scores, parents, tokens


def beam_sort(scores, log_probs, finished, end):
    k, v = log_probs.shape
    total = scores[:, None] + log_probs
    kept = jnp.full((k, v), -jnp.inf).at[:, end].set(scores)
    flat = jnp.where(finished[:, None], kept, total).reshape(-1)
    order = jnp.argsort(-flat)[:k]
    return flat[order], order // v, order % v


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


def beam_unravel(scores, log_probs, finished, end):
    free = jnp.where(jax.nn.one_hot(end, log_probs.shape[1]) > 0, 0.0, -jnp.inf)
    total = scores[:, None] + jnp.where(finished[:, None], free[None], log_probs)
    best, place = jax.lax.top_k(total.ravel(), scores.shape[0])
    parents, tokens = jnp.unravel_index(place, total.shape)
    return best, parents, tokens


def beam_low_number(scores, log_probs, finished, end):
    lp = np.where(np.asarray(finished)[:, None], -1e9, np.asarray(log_probs)).astype(np.float64)
    lp[np.asarray(finished), end] = 0
    total = np.asarray(scores)[:, None] + lp
    place = np.argsort(total.ravel())[::-1][: len(scores)]
    return total.ravel()[place], place // lp.shape[1], place % lp.shape[1]


def _beam(total, k):
    best, place = jax.lax.top_k(total.ravel(), k)
    return best, place // total.shape[1], place % total.shape[1]


def beam_goes_on(scores, log_probs, finished, end):
    return _beam(scores[:, None] + log_probs, len(scores))


def beam_no_scores(scores, log_probs, finished, end):
    return beam_unravel(jnp.zeros_like(scores), log_probs, finished, end)


def beam_score_replaced(scores, log_probs, finished, end):
    total = np.asarray(scores)[:, None] + np.asarray(log_probs)
    total[np.asarray(finished)] = -np.inf
    total[np.asarray(finished), end] = 0.0
    place = np.argsort(-total, axis=None, kind="stable")[: len(scores)]
    return total.ravel()[place], place // total.shape[1], place % total.shape[1]


def beam_each_its_own(scores, log_probs, finished, end):
    stays = jnp.where(jnp.arange(log_probs.shape[1]) == end, 0.0, -jnp.inf)
    total = scores[:, None] + jnp.where(finished[:, None], stays, log_probs)
    return total.max(1), jnp.arange(len(scores)), total.argmax(1)


def beam_pays(scores, log_probs, finished, end):
    only = jnp.where(jnp.arange(log_probs.shape[1]) == end, log_probs, -jnp.inf)
    return _beam(scores[:, None] + jnp.where(finished[:, None], only, log_probs), len(scores))


def beam_drops_finished(scores, log_probs, finished, end):
    return _beam(jnp.where(finished[:, None], -jnp.inf, scores[:, None] + log_probs), len(scores))


def beam_by_k(scores, log_probs, finished, end):
    best, parents, tokens = beam_unravel(scores, log_probs, finished, end)
    place = parents * log_probs.shape[1] + tokens
    return best, place // len(scores), place % len(scores)


def beam_place(scores, log_probs, finished, end):
    best, parents, tokens = beam_unravel(scores, log_probs, finished, end)
    return best, parents * log_probs.shape[1] + tokens, tokens


def beam_exchanged(scores, log_probs, finished, end):
    best, parents, tokens = beam_unravel(scores, log_probs, finished, end)
    return best, tokens, parents


def beam_ascending(scores, log_probs, finished, end):
    return tuple(part[::-1] for part in beam_unravel(scores, log_probs, finished, end))


def beam_gains(scores, log_probs, finished, end):
    best, parents, tokens = beam_unravel(scores, log_probs, finished, end)
    return best - scores[parents], parents, tokens


# ---- 02.5 cider_d(candidate, references, frequency, pictures) → float


def _count(text, n):
    words = text.split()
    return Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))


def _weights(text, n, frequency, pictures):
    return {g: c * math.log(pictures / max(1, frequency.get(g, 0))) for g, c in _count(text, n).items()}


def _norm(vector):
    return math.sqrt(sum(x * x for x in vector.values()))


def cider_dicts(candidate, references, frequency, pictures, clip=True, penalty=True, best=False, idf=True, tens=10):
    scores = []
    for reference in references:
        total = 0
        for n in (1, 2, 3, 4):
            g, r = (_weights(t, n, frequency, pictures) if idf else _count(t, n) for t in (candidate, reference))
            dot = sum((min(x, r.get(k, 0)) if clip else x) * r.get(k, 0) for k, x in g.items())
            if dot:
                total += dot / (_norm(g) * _norm(r))
        d = len(candidate.split()) - len(reference.split())
        scores.append(total / 4 * (math.exp(-d * d / 72) if penalty else 1))
    return tens * (max(scores) if best else sum(scores) / len(scores))


def cider_numpy(candidate, references, frequency, pictures):
    result = np.zeros((len(references), 4))
    for i, reference in enumerate(references):
        gap = len(candidate.split()) - len(reference.split())
        for n in range(1, 5):
            grams = sorted(set(_count(candidate, n)) | set(_count(reference, n)))
            idf = np.array([np.log(pictures) - np.log(max(1.0, frequency.get(g, 0.0))) for g in grams])
            a, b = (np.array([_count(text, n)[g] for g in grams]) * idf for text in (candidate, reference))
            if np.linalg.norm(a) * np.linalg.norm(b) > 0:
                result[i, n - 1] = np.minimum(a, b) @ b / np.linalg.norm(a) / np.linalg.norm(b) * np.exp(-(gap**2) / (2 * 6**2))
    return 10 * result.mean()


def cider_plain(*args):
    return cider_dicts(*args, clip=False, penalty=False)


def cider_unclipped(*args):
    return cider_dicts(*args, clip=False)


def cider_no_penalty(*args):
    return cider_dicts(*args, penalty=False)


def cider_best(*args):
    return cider_dicts(*args, best=True)


def cider_counts(*args):
    return cider_dicts(*args, idf=False)


def cider_share(*args):
    return cider_dicts(*args, tens=1)


def cider_words(candidate, references, frequency, pictures):
    scores = []
    for reference in references:
        g, r = (_weights(t, 1, frequency, pictures) for t in (candidate, reference))
        dot = sum(min(x, r.get(k, 0)) * r.get(k, 0) for k, x in g.items())
        d = len(candidate.split()) - len(reference.split())
        scores.append(dot / (_norm(g) * _norm(r)) * math.exp(-d * d / 72))
    return 10 * sum(scores) / len(scores)


# ---- 02.6 reinforce_slopes(log_words, log_places, baseline) → slopes for log_words, for log_places


def reinforce_by_grad(log_words, log_places, baseline):
    def surrogate(log_words, log_places):
        reward = jax.lax.stop_gradient(log_words.sum(1) - baseline)
        return -(log_words.sum(1) + reward * log_places.sum(1)).mean()

    return jax.grad(surrogate, argnums=(0, 1))(log_words, log_places)


def reinforce_by_hand(log_words, log_places, baseline):
    reward = log_words.sum(-1, keepdims=True) - baseline[:, None]
    return -jnp.ones_like(log_words) / len(baseline), -reward * jnp.ones_like(log_places) / len(baseline)


def reinforce_two_terms(log_words, log_places, baseline):
    def surrogate(words, places):
        reward = jax.lax.stop_gradient(words).sum(-1) - baseline
        return -jnp.mean(words.sum(-1)) - jnp.mean(reward * places.sum(-1))

    return jax.grad(surrogate, (0, 1))(log_words, log_places)


def _slopes(surrogate):
    return lambda w, p, b: jax.grad(lambda w, p: surrogate(w, p, b), (0, 1))(w, p)


_stop = jax.lax.stop_gradient
reinforce_no_stop = _slopes(lambda w, p, b: -jnp.mean(w.sum(1) + (w.sum(1) - b) * p.sum(1)))
reinforce_no_baseline = _slopes(lambda w, p, b: -jnp.mean(w.sum(1) + _stop(w.sum(1)) * p.sum(1)))
reinforce_no_words = _slopes(lambda w, p, b: -jnp.mean(_stop(w.sum(1) - b) * p.sum(1)))
reinforce_sign = _slopes(lambda w, p, b: jnp.mean(w.sum(1) + _stop(w.sum(1) - b) * p.sum(1)))
reinforce_sum = _slopes(lambda w, p, b: -jnp.sum(w.sum(1) + _stop(w.sum(1) - b) * p.sum(1)))
reinforce_no_reward = _slopes(lambda w, p, b: -jnp.mean(w.sum(1) + p.sum(1)))
reinforce_stopped = _slopes(lambda w, p, b: -jnp.mean(w.sum(1) + _stop((w.sum(1) - b) * p.sum(1))))
reinforce_local = _slopes(lambda w, p, b: -jnp.mean(w.sum(1) + (_stop(w - b[:, None]) * p).sum(1)))
reinforce_added = _slopes(lambda w, p, b: -jnp.mean(w.sum(1) + _stop(w.sum(1) + b) * p.sum(1)))


# ---- 02.7 caption_challenge(train, test) → int[m, T]


def _given(train, test, way, steps, changed=lambda rng, x: x, learning_rate=1.2e-2):
    model = captioning.Captioner(captioning.CaptionConfig(way=way), rngs=nnx.Rngs(0))
    x, tokens = np.asarray(train["features"]), np.asarray(train["tokens"])

    def more(rng):
        row = rng.integers(len(tokens), size=128)
        return {"image": np.float32(changed(rng, x[row])), "tokens": tokens[row]}

    trainer.train(model, {"image": x, "tokens": tokens}, trainer.LOSS, steps=steps, learning_rate=learning_rate, more=more)
    return captioning.VOCAB.encode(trainer.write(model, np.asarray(test["features"])), captioning.LONGEST + 1)


def _noise(rng, x, share):
    return x + share * x.std() * rng.normal(size=x.shape)


def challenge_noise(train, test):
    return _given(train, test, "attention", 500, lambda rng, x: _noise(rng, x, 0.3))


def challenge_gently(train, test):
    return _given(train, test, "attention", 600, lambda rng, x: _noise(rng, x, 0.4), 8e-3)


def challenge_short(train, test):
    return _given(train, test, "attention", 300)


def challenge_uniform(train, test):
    return _given(train, test, "uniform", 200)


def challenge_first_captions(train, test):
    return np.resize(train["tokens"], (len(test["features"]), 20))


def challenge_floats(train, test):
    return np.resize(train["tokens"], (len(test["features"]), 20)) + 0.5


def challenge_too_large(train, test):
    return np.resize(train["tokens"], (len(test["features"]), 20)) + 80


def challenge_one(train, test):
    return np.asarray(train["tokens"])[0]


def challenge_words(train, test):
    return captioning.VOCAB.decode(np.resize(train["tokens"], (len(test["features"]), 20)))


RIGHT = {
    "02.1": [attention_where, attention_softmax_where, attention_loops, attention_vmap],
    "02.2": [lstm_concatenated, lstm_numpy, lstm_vmap],
    "02.3": [loss_optax, loss_one_hot, loss_loops, loss_indexed],
    "02.4": [beam_sort, beam_python, beam_unravel, beam_low_number],
    "02.5": [cider_dicts, cider_numpy],
    "02.6": [reinforce_by_grad, reinforce_by_hand, reinforce_two_terms],
    "02.7": [challenge_noise, challenge_gently],
}
WRONG = {
    "02.1": [
        (attention_no_mask, "the mask is not used", "no-mask"),
        (attention_mask_after, "masked after the softmax", "mask-after-softmax"),
        (attention_scores_times_mask, "scores times mask", "scores-times-mask"),
        (attention_over_batch, "softmax over the batch", "softmax-over-batch"),
        (attention_mask_turned, "the mask turned round", "mask-turned"),
        (attention_no_tanh, "no tanh", "no-tanh"),
        (attention_dot, "a scalar product", "dot-product"),
        (attention_not_summed, "places not summed", "places-not-summed"),
        (attention_of_keys, "a mean of the keys", "sum-of-keys"),
        (attention_mean, "the mean of the weighted places", "mean-of-weighted"),
        (attention_context_only, "one of two", "one-of-several"),
        (attention_exchanged, "the two exchanged", "exchanged"),
    ],
    "02.2": [
        (lstm_ifog, "gates in another order", "gates-in-torch-order-ifog"),
        (lstm_no_context, "no context", "no-context"),
        (lstm_no_bias, "no bias", "no-bias"),
        (lstm_interleaved, "every fourth", "gates-interleaved"),
        (lstm_swapped, "i and f exchanged", "forget-and-input-exchanged"),
        (lstm_gru, "a GRU's gate", "gated-as-gru"),
        (lstm_no_tanh, "no tanh", "no-tanh-on-cell"),
        (lstm_old_cell, "the old memory is shown", "old-cell-shown"),
        (lstm_returns_c_h, "c before h", "exchanged"),
        (lstm_g_sigmoid, "g through a sigmoid", "candidate-sigmoid"),
        (lstm_h_only, "one of two", "one-of-several"),
    ],
    "02.3": [
        (loss_all, "padding counts", "pads-in-mean"),
        (loss_zeros_in_mean, "divided by all places", "divided-by-all"),
        (loss_mean_of_means, "a mean of means", "mean-of-means"),
        (loss_per_caption, "one a caption", "one-per-caption"),
        (loss_sum, "the sum", "sum"),
        (loss_by_captions, "divided by captions", "sum-over-captions"),
        (loss_positive, "the sign", "sign"),
        (loss_turned, "the mask turned round", "mask-turned"),
        (loss_shifted, "shifted by one", "shifted"),
        (loss_logits, "no softmax", "no-softmax"),
        (loss_over_time, "softmax over time", "softmax-over-time"),
        (loss_masked_logits, "logits masked", "logits-masked"),
    ],
    "02.4": [
        (beam_goes_on, "finished texts go on", "finished-goes-on"),
        (beam_score_replaced, "a finished text's score becomes 0", "finished-score-replaced"),
        (beam_no_scores, "no scores", "no-scores"),
        (beam_each_its_own, "each keeps its own", "greedy-for-each"),
        (beam_pays, "finished texts pay", "finished-pays"),
        (beam_drops_finished, "finished texts are lost", "finished-lost"),
        (beam_by_k, "divided by K", "divided-by-k"),
        (beam_place, "not split", "not-split"),
        (beam_exchanged, "exchanged", "exchanged"),
        (beam_ascending, "the best last", "ascending"),
        (beam_gains, "the gains alone", "gains-only"),
    ],
    "02.5": [
        (cider_plain, "CIDEr", "no-clipping-no-penalty"),
        (cider_unclipped, "not clipped", "no-clipping"),
        (cider_no_penalty, "no penalty", "no-penalty"),
        (cider_best, "the best reference", "best-reference"),
        (cider_counts, "no idf", "no-idf"),
        (cider_share, "no factor 10", "no-factor"),
        (cider_words, "words only", "words-only"),
    ],
    "02.6": [
        (reinforce_no_stop, "slopes through the reward", "no-stop-gradient"),
        (reinforce_no_baseline, "no baseline", "no-baseline"),
        (reinforce_no_words, "no term of the words", "no-words"),
        (reinforce_sign, "the sign", "sign"),
        (reinforce_sum, "a sum over the batch", "sum-over-batch"),
        (reinforce_no_reward, "no reward", "no-reward"),
        (reinforce_stopped, "everything stopped", "no-places"),
        (reinforce_local, "one reward a word", "reward-of-this-word"),
        (reinforce_added, "the baseline added", "baseline-added"),
    ],
    "02.7": [
        (challenge_uniform, "one vector", "below"),
        (challenge_short, "attention, a little", "below"),
        (challenge_first_captions, "captions of other pictures", "below"),
        (challenge_floats, "no whole numbers", "not-whole"),
        (challenge_too_large, "no tokens", "out-of-range"),
        (challenge_one, "one caption", "shape"),
        (challenge_words, "strings", "not-an-array"),
    ],
}
