"""Answers to the exercises of notebook 03, written from their texts.

All of RIGHT must pass; each of WRONG must be told what it got wrong (its description, then the diagnosis it must get).
"""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
from einops import einsum, rearrange

from course_utils.experiments.dual_encoder import pretrained, trainer
from course_utils.models.dual_encoder import words

# ---- 03.1 info_nce(image float[B, D], text float[B, D], log_scale) → number


def unit(x, axis=-1):
    return x / jnp.linalg.norm(x, axis=axis, keepdims=True)


def logits_of(image, text, log_scale):
    return jnp.exp(log_scale) * unit(image) @ unit(text).T


def nce_optax(image, text, log_scale):
    logits = logits_of(image, text, log_scale)
    labels = jnp.arange(len(logits))
    ce = optax.softmax_cross_entropy_with_integer_labels
    return 0.5 * (ce(logits, labels).mean() + ce(logits.T, labels).mean())


def nce_logsumexp(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    both = jax.nn.logsumexp(s, 0) + jax.nn.logsumexp(s, 1)
    return jnp.mean(both / 2 - jnp.diag(s))


def nce_loops(image, text, log_scale):
    image, text = np.asarray(image, float).tolist(), np.asarray(text, float).tolist()

    def cos(a, b):
        return sum(x * y for x, y in zip(a, b)) / math.hypot(*a) / math.hypot(*b)

    total = 0
    for i in range(len(image)):
        row = [math.exp(math.exp(float(log_scale)) * cos(image[i], t)) for t in text]
        column = [math.exp(math.exp(float(log_scale)) * cos(p, text[i])) for p in image]
        total -= math.log(row[i] / sum(row)) + math.log(column[i] / sum(column))
    return total / 2 / len(image)


def nce_one_hot(image, text, log_scale):
    image = image * jax.lax.rsqrt((image**2).sum(-1, keepdims=True))
    text = text * jax.lax.rsqrt((text**2).sum(-1, keepdims=True))
    s = einsum(image, text, "i d, j d -> i j") * jnp.exp(log_scale)
    eye = jnp.eye(len(s))
    return -(eye * (jax.nn.log_softmax(s, 0) + jax.nn.log_softmax(s, 1))).sum() / (2 * len(s))


def nce_vmap(image, text, log_scale):
    image, text = unit(image), unit(text)

    def search(query, gallery, right):
        return -jax.nn.log_softmax(jnp.exp(log_scale) * gallery @ query)[right]

    right = jnp.arange(len(image))
    one = jax.vmap(search, (0, None, 0))
    return jnp.stack([one(image, text, right).mean(), one(text, image, right).mean()]).mean()


def nce_stacked(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    return optax.softmax_cross_entropy_with_integer_labels(jnp.stack([s, s.T]), jnp.arange(len(s))[None].repeat(2, 0)).mean()


def ce(s, axis=-1):
    return -jnp.diag(jax.nn.log_softmax(s, axis))


def nce_rows(image, text, log_scale):
    return ce(logits_of(image, text, log_scale)).mean()


def nce_columns(image, text, log_scale):
    return ce(logits_of(image, text, log_scale), 0).mean()


def nce_same_twice(image, text, log_scale):  # the second softmax runs over the same axis
    s = logits_of(image, text, log_scale)
    return (ce(s, 1).mean() + ce(s.T, 0).mean()) / 2


def nce_sum(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    return ce(s).mean() + ce(s.T).mean()


def nce_batch_sum(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    return (ce(s).sum() + ce(s.T).sum()) / 2


def nce_dot(image, text, log_scale):
    s = jnp.exp(log_scale) * image @ text.T
    return (ce(s).mean() + ce(s.T).mean()) / 2


def nce_half_normalised(image, text, log_scale):
    s = jnp.exp(log_scale) * unit(image) @ text.T
    return (ce(s).mean() + ce(s.T).mean()) / 2


def nce_wrong_axis(image, text, log_scale):
    s = jnp.exp(log_scale) * unit(image, 0) @ unit(text, 0).T
    return (ce(s).mean() + ce(s.T).mean()) / 2


def nce_no_scale(image, text, log_scale):
    return nce_optax(image, text, 0.0)


def nce_log_scale(image, text, log_scale):
    s = log_scale * unit(image) @ unit(text).T
    return (ce(s).mean() + ce(s.T).mean()) / 2


def nce_temperature(image, text, log_scale):
    return nce_optax(image, text, -log_scale)


def nce_sign(image, text, log_scale):
    return -nce_optax(image, text, log_scale)


def nce_per_pair(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    return (ce(s) + ce(s.T)) / 2


def nce_double_softmax(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    return (ce(jax.nn.softmax(s)).mean() + ce(jax.nn.softmax(s.T)).mean()) / 2


def nce_table(image, text, log_scale):
    return logits_of(image, text, log_scale)


def nce_mean_of_all(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    return -(jax.nn.log_softmax(s, 0).mean() + jax.nn.log_softmax(s, 1).mean()) / 2


def nce_nothing(image, text, log_scale):
    raise NotImplementedError


# ---- 03.2 training_step(params, images, words, learning_rate) → params, loss


def linear_loss(params, images, words):
    return nce_optax(images @ params["image"], words @ params["text"], params["log_scale"])


def step_tree(params, images, words, learning_rate):
    loss, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    params = jax.tree.map(lambda p, g: p - learning_rate * g, params, slopes)
    params["log_scale"] = jnp.minimum(params["log_scale"], jnp.log(100))
    return params, loss


def step_closure(params, images, words, learning_rate):
    def objective(image, text, log_scale):
        return nce_logsumexp(images @ image, words @ text, log_scale)

    names = ("image", "text", "log_scale")
    loss, slopes = jax.value_and_grad(objective, argnums=(0, 1, 2))(*(params[n] for n in names))
    new = {n: params[n] - learning_rate * g for n, g in zip(names, slopes)}
    return new | {"log_scale": jnp.clip(new["log_scale"], None, math.log(100))}, loss


def step_optax(params, images, words, learning_rate):
    sgd = optax.sgd(learning_rate)
    loss, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    updates, _ = sgd.update(slopes, sgd.init(params))
    params = optax.apply_updates(params, updates)
    return {k: jnp.minimum(v, jnp.log(100.0)) if k == "log_scale" else v for k, v in params.items()}, loss


def step_as_list(params, images, words, learning_rate):
    return list(step_tree(params, images, words, learning_rate))


def step_uphill(params, images, words, learning_rate):
    loss, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    return jax.tree.map(lambda p, g: p + learning_rate * g, params, slopes), loss


def step_no_rate(params, images, words, learning_rate):
    loss, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    return jax.tree.map(lambda p, g: p - g, params, slopes), loss


def step_image_only(params, images, words, learning_rate):
    def objective(image):
        return linear_loss({**params, "image": image}, images, words)

    loss, slope = jax.value_and_grad(objective)(params["image"])
    return {**params, "image": params["image"] - learning_rate * slope}, loss


def step_not_clipped(params, images, words, learning_rate):
    loss, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, slopes), loss


def step_clipped_to_100(params, images, words, learning_rate):
    params, loss = step_not_clipped(params, images, words, learning_rate)
    return {**params, "log_scale": jnp.minimum(params["log_scale"], 100)}, loss


def step_clip_first(params, images, words, learning_rate):
    clipped = {**params, "log_scale": jnp.minimum(params["log_scale"], jnp.log(100))}
    _, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    return jax.tree.map(lambda p, g: p - learning_rate * g, clipped, slopes), linear_loss(params, images, words)


def step_gradients(params, images, words, learning_rate):
    loss, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    return slopes, loss


def step_loss_after(params, images, words, learning_rate):
    params, _ = step_tree(params, images, words, learning_rate)
    return params, linear_loss(params, images, words)


def step_exchanged(params, images, words, learning_rate):
    return step_tree(params, images, words, learning_rate)[::-1]


def step_params_only(params, images, words, learning_rate):
    return step_tree(params, images, words, learning_rate)[0]


def step_sum_of_directions(params, images, words, learning_rate):
    def doubled(params):
        return 2 * linear_loss(params, images, words)

    loss, slopes = jax.value_and_grad(doubled)(params)
    return jax.tree.map(lambda p, g: p - learning_rate * g, params, slopes), loss / 2


def step_frozen_scale(params, images, words, learning_rate):
    new, loss = step_tree(params, images, words, learning_rate)
    return {**new, "log_scale": jnp.minimum(params["log_scale"], jnp.log(100))}, loss


def step_loss_only(params, images, words, learning_rate):
    return linear_loss(params, images, words)


# ---- 03.3 recall_at(scores float[Q, G], right int[Q], ks) → float[len(ks)]


def recall_ranks(scores, right, ks):
    own = jnp.take_along_axis(scores, right[:, None], 1)
    rank = (scores > own).sum(1)
    return [(rank < k).mean() for k in ks]


def recall_sorting(scores, right, ks):
    order = jnp.argsort(-scores, axis=1)
    return jnp.array([(order[:, :k] == right[:, None]).any(1).mean() for k in ks])


def recall_python(scores, right, ks):
    result = []
    for k in ks:
        hits = 0
        for row, item in zip(scores.tolist(), right.tolist()):
            best = sorted(range(len(row)), key=row.__getitem__, reverse=True)[:k]
            hits += item in best
        result.append(hits / len(right))
    return result


def recall_top_k(scores, right, ks):
    return np.array(
        [np.mean(np.any(np.asarray(jax.lax.top_k(scores, min(k, scores.shape[1]))[1]) == np.asarray(right)[:, None], 1)) for k in ks]
    )


def recall_partition(scores, right, ks):
    scores, right = np.asarray(scores), np.asarray(right)
    shares = []
    for k in ks:
        k = min(k, scores.shape[1])
        best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
        shares.append(np.isin(np.arange(len(right)) * 1000 + right, (best + 1000 * np.arange(len(right))[:, None]).ravel()).mean())
    return np.stack(shares)


def recall_lowest(scores, right, ks):
    order = jnp.argsort(scores, axis=1)
    return jnp.array([(order[:, :k] == right[:, None]).any(1).mean() for k in ks])


def recall_one_more(scores, right, ks):
    rank = (scores > jnp.take_along_axis(scores, right[:, None], 1)).sum(1)
    return jnp.array([(rank <= k).mean() for k in ks])


def recall_exactly(scores, right, ks):
    order = jnp.argsort(-scores, axis=1)
    return jnp.array([(order[:, k - 1] == right).mean() if k <= scores.shape[1] else 0 for k in ks])


def recall_argmax(scores, right, ks):
    return jnp.array([(scores.argmax(1) == right).mean() for _ in ks])


def recall_precision(scores, right, ks):
    return recall_sorting(scores, right, ks) / jnp.array(ks)


def recall_counts(scores, right, ks):
    return recall_sorting(scores, right, ks) * len(right)


def recall_diagonal(scores, right, ks):
    own = (
        jnp.diag(scores)
        if scores.shape[0] == scores.shape[1]
        else scores[jnp.arange(len(scores)), jnp.arange(len(scores)) % scores.shape[1]]
    )
    rank = (scores > own[:, None]).sum(1)
    return jnp.array([(rank < k).mean() for k in ks])


def recall_percent(scores, right, ks):
    return 100 * recall_sorting(scores, right, ks)


def recall_per_query(scores, right, ks):
    order = jnp.argsort(-scores, axis=1)
    return jnp.stack([(order[:, :k] == right[:, None]).any(1) for k in ks], 1).astype(float)


def recall_columns(scores, right, ks):
    return recall_sorting(scores.T, right, ks) if scores.shape[0] == scores.shape[1] else recall_sorting(scores, right, ks)


def recall_mrr(scores, right, ks):
    rank = (scores > jnp.take_along_axis(scores, right[:, None], 1)).sum(1)
    return jnp.array([(1 / (1 + rank)).mean() for _ in ks])


def recall_number(scores, right, ks):
    return recall_sorting(scores, right, ks).mean()


def recall_sorted_down(scores, right, ks):
    order = jnp.argsort(-scores, axis=0)
    return jnp.array([(order[:, :k] == right[:, None]).any(1).mean() for k in ks])


# ---- 03.4 zero_shot(image float[B, D], prompts float[K, E, D]) → float[B, K]


def shot_plain(image, prompts):
    return unit(image) @ unit(unit(prompts).mean(1)).T


def shot_sum(image, prompts):  # a sum points where the mean points
    return einsum(unit(image), unit(unit(prompts).sum(axis=1)), "b d, k d -> b k")


def shot_loops(image, prompts):
    image, prompts = np.asarray(image, float), np.asarray(prompts, float)
    table = np.zeros((len(image), len(prompts)))
    for b, x in enumerate(image):
        for k, ensemble in enumerate(prompts):
            mean = sum(p / np.sqrt(p @ p) for p in ensemble)
            table[b, k] = x @ mean / np.sqrt(x @ x) / np.sqrt(mean @ mean)
    return table


def shot_late(image, prompts):  # the image's length last
    classes = jnp.stack([unit(p).mean(0) for p in prompts])
    return image @ classes.T / jnp.linalg.norm(image, axis=1)[:, None] / jnp.linalg.norm(classes, axis=1)


def shot_flat(image, prompts):
    k, e, _ = prompts.shape
    flat = unit(rearrange(prompts, "k e d -> (k e) d"))
    classes = rearrange(flat, "(k e) d -> k e d", k=k).mean(1)
    return jnp.clip(unit(image) @ unit(classes).T, -1, 1).tolist()


def shot_prompts_raw(image, prompts):
    return unit(image) @ unit(prompts.mean(1)).T


def shot_class_raw(image, prompts):
    return unit(image) @ unit(prompts).mean(1).T


def shot_mean_of_cosines(image, prompts):
    return jnp.einsum("bd,ked->bke", unit(image), unit(prompts)).mean(2)


def shot_image_raw(image, prompts):
    return image @ unit(unit(prompts).mean(1)).T


def shot_raw(image, prompts):
    return image @ prompts.mean(1).T


def shot_max(image, prompts):
    return jnp.einsum("bd,ked->bke", unit(image), unit(prompts)).max(2)


def shot_first(image, prompts):
    return unit(image) @ unit(prompts[:, 0]).T


def shot_softmax(image, prompts):
    return jax.nn.softmax(shot_plain(image, prompts))


def shot_classes(image, prompts):
    return shot_plain(image, prompts).argmax(1)


def shot_transposed(image, prompts):
    return shot_plain(image, prompts).T


def shot_all(image, prompts):
    return jnp.einsum("bd,ked->bke", unit(image), unit(prompts))


# ---- 03.5 search(cache float16[G, D], queries float[Q, D], k) → items int[Q, k], cosines float[Q, k]


def search_top_k(cache, queries, k):
    cosines, items = jax.lax.top_k(unit(queries) @ cache.T.astype(jnp.float32), k)
    return items, cosines


def search_partition(cache, queries, k):
    cosines = np.asarray(unit(queries)) @ np.asarray(cache, np.float32).T
    best = np.argpartition(-cosines, k - 1, axis=1)[:, :k]
    order = np.take_along_axis(best, np.argsort(-np.take_along_axis(cosines, best, 1), 1), 1)
    return order, np.take_along_axis(cosines, order, 1)


def search_python(cache, queries, k):
    items, cosines = [], []
    for q in np.asarray(queries, float):
        scores = np.asarray(cache, float) @ (q / np.linalg.norm(q))
        best = sorted(range(len(scores)), key=lambda i: -scores[i])[:k]
        items.append(best)
        cosines.append([float(scores[i]) for i in best])
    return [items, cosines]


def search_late(cache, queries, k):  # the order does not depend on the query's length: divide at the end
    dots = queries @ cache.astype(queries.dtype).T
    items = jnp.argsort(-dots)[:, :k]
    return items, jnp.take_along_axis(dots, items, -1) / jnp.linalg.norm(queries, axis=-1, keepdims=True)


def search_lowest(cache, queries, k):
    cosines = unit(queries) @ cache.astype(jnp.float32).T
    items = jnp.argsort(cosines)[:, :k]
    return items, jnp.take_along_axis(cosines, items, 1)


def search_ascending(cache, queries, k):
    items, cosines = search_top_k(cache, queries, k)
    return items[:, ::-1], cosines[:, ::-1]


def search_raw(cache, queries, k):
    cosines, items = jax.lax.top_k(queries @ cache.T.astype(jnp.float32), k)
    return items, cosines


def search_exchanged(cache, queries, k):
    return search_top_k(cache, queries, k)[::-1]


def search_items_only(cache, queries, k):
    return search_top_k(cache, queries, k)[0]


def search_not_gathered(cache, queries, k):
    cosines = unit(queries) @ cache.astype(jnp.float32).T
    return jnp.argsort(-cosines)[:, :k], cosines[:, :k]


def search_all(cache, queries, k):
    return search_top_k(cache, queries, len(cache))


def search_over_queries(cache, queries, k):
    cosines = unit(queries) @ cache.astype(jnp.float32).T
    return jnp.argsort(-cosines, axis=0)[:, :k], search_top_k(cache, queries, k)[1]


def search_unsorted(cache, queries, k):
    items, cosines = search_top_k(cache, queries, k)
    return jnp.sort(items, 1), cosines


# ---- 03.6 siglip_loss(image, text, log_scale, bias) → number


def sig_plain(image, text, log_scale, bias):
    z = 2 * jnp.eye(len(image)) - 1
    return -jax.nn.log_sigmoid(z * (logits_of(image, text, log_scale) + bias)).sum() / len(image)


def sig_softplus(image, text, log_scale, bias):
    s = logits_of(image, text, log_scale) + bias
    return (jax.nn.softplus(s).sum() - jnp.trace(s)) / len(s)


def sig_optax(image, text, log_scale, bias):
    s = logits_of(image, text, log_scale) + bias
    return optax.sigmoid_binary_cross_entropy(s, jnp.eye(len(s))).sum(-1).mean()


def sig_loops(image, text, log_scale, bias):
    s = np.asarray(logits_of(image, text, log_scale), float) + float(bias)
    return sum(math.log1p(math.exp(-s[i, j] if i == j else s[i, j])) for i in range(len(s)) for j in range(len(s))) / len(s)


def sig_mean(image, text, log_scale, bias):
    return sig_plain(image, text, log_scale, bias) / len(image)


def sig_sum(image, text, log_scale, bias):
    return sig_plain(image, text, log_scale, bias) * len(image)


def sig_no_bias(image, text, log_scale, bias):
    return sig_plain(image, text, log_scale, 0)


def sig_diagonal(image, text, log_scale, bias):
    return -jax.nn.log_sigmoid(jnp.diag(logits_of(image, text, log_scale)) + bias).mean()


def sig_eye(image, text, log_scale, bias):
    return -jax.nn.log_sigmoid(jnp.eye(len(image)) * (logits_of(image, text, log_scale) + bias)).sum() / len(image)


def sig_flipped(image, text, log_scale, bias):
    z = 1 - 2 * jnp.eye(len(image))
    return -jax.nn.log_sigmoid(z * (logits_of(image, text, log_scale) + bias)).sum() / len(image)


def sig_sign(image, text, log_scale, bias):
    return -sig_plain(image, text, log_scale, bias)


def sig_dot(image, text, log_scale, bias):
    z = 2 * jnp.eye(len(image)) - 1
    return -jax.nn.log_sigmoid(z * (jnp.exp(log_scale) * image @ text.T + bias)).sum() / len(image)


def sig_no_exp(image, text, log_scale, bias):
    z = 2 * jnp.eye(len(image)) - 1
    return -jax.nn.log_sigmoid(z * (log_scale * unit(image) @ unit(text).T + bias)).sum() / len(image)


def sig_rows(image, text, log_scale, bias):
    z = 2 * jnp.eye(len(image)) - 1
    return -jax.nn.log_sigmoid(z * (logits_of(image, text, log_scale) + bias)).sum(1)


def sig_softmax(image, text, log_scale, bias):
    return nce_optax(image, text, log_scale)


# ---- 03.7 name_pictures(pictures uint8[m, 32, 32, 3], names G strings) → int[m]
# (Training for a minute and more, as a learner would, is left to the reference; the shipped towers stand in for it.)


def cosines_of_towers(pictures, texts):
    towers = pretrained.emoji_towers()
    return trainer.image_vectors(towers, np.asarray(pictures)) @ trainer.text_vectors(towers, texts).T


def named_by_towers(pictures, names):
    return cosines_of_towers(pictures, names).argmax(1)


def named_in_templates(pictures, names):
    texts = [template.format(name) for name in names for template in words.TEMPLATES]
    return cosines_of_towers(pictures, texts).reshape(len(pictures), len(names), -1).mean(2).argmax(1).tolist()


def named_at_random(pictures, names):
    return np.random.default_rng(0).integers(len(names), size=len(pictures))


def named_by_untrained(pictures, names):
    towers = pretrained.untrained()
    return (trainer.image_vectors(towers, np.asarray(pictures)) @ trainer.text_vectors(towers, names).T).argmax(1)


def named_with_cosines(pictures, names):
    return cosines_of_towers(pictures, names)


def named_in_words(pictures, names):
    return [names[i] for i in named_by_towers(pictures, names)]


def named_from_one(pictures, names):
    return named_by_towers(pictures, names) + 1 + (np.arange(len(names)) == 0) * len(names)


def named_in_fractions(pictures, names):
    return cosines_of_towers(pictures, names).max(1)


RIGHT = {
    "03.1": [nce_optax, nce_logsumexp, nce_loops, nce_one_hot, nce_vmap, nce_stacked],
    "03.2": [step_tree, step_closure, step_optax, step_as_list],
    "03.3": [recall_ranks, recall_sorting, recall_python, recall_top_k, recall_partition],
    "03.4": [shot_plain, shot_sum, shot_loops, shot_late, shot_flat],
    "03.5": [search_top_k, search_partition, search_python, search_late],
    "03.6": [sig_plain, sig_softplus, sig_optax, sig_loops],
    "03.7": [named_by_towers, named_in_templates],
}

WRONG = {
    "03.1": [
        (nce_rows, "pictures look for texts only", "pictures-only"),
        (nce_columns, "texts look for pictures only", "texts-only"),
        (nce_same_twice, "the softmax of both directions runs over the texts", "pictures-only"),
        (nce_sum, "both directions added", "not-halved"),
        (nce_batch_sum, "summed over the batch", "summed"),
        (nce_dot, "dot products of raw vectors", "not-normalised"),
        (nce_half_normalised, "texts of any length", "text-not-normalised"),
        (nce_wrong_axis, "lengths over the batch", "normalised-over-batch"),
        (nce_no_scale, "no scale", "no-scale"),
        (nce_log_scale, "the logarithm as the scale", "log-scale-as-scale"),
        (nce_temperature, "divided by the scale", "divided-by-scale"),
        (nce_sign, "no minus", "sign"),
        (nce_per_pair, "no mean over the batch", "rows-of-both"),
        (nce_double_softmax, "a softmax before the cross-entropy", "softmax-twice"),
        (nce_table, "the table itself", "table"),
        (nce_mean_of_all, "all pairs count as right", "all-pairs"),
        (nce_nothing, "the stub", "empty"),
    ],
    "03.2": [
        (step_uphill, "adds the slopes", "uphill"),
        (step_no_rate, "no learning rate", "no-learning-rate"),
        (step_image_only, "slopes for the pictures only", "not-moved"),
        (step_not_clipped, "no clip", "not-clipped"),
        (step_clipped_to_100, "log_scale clipped at 100", "not-clipped"),
        (step_clip_first, "clips before the step", "clipped-before-step"),
        (step_gradients, "returns the slopes", "slopes-returned"),
        (step_loss_after, "the loss after the step", "loss-after"),
        (step_exchanged, "loss, params", "exchanged"),
        (step_params_only, "params only", "one-of-several"),
        (step_sum_of_directions, "slopes of a sum of directions", "step-twice-as-large"),
        (step_frozen_scale, "the scale stays", "not-moved"),
        (step_loss_only, "the loss only", "not-several"),
    ],
    "03.3": [
        (recall_lowest, "lowest first", "worst-first"),
        (recall_one_more, "rank ≤ k", "one-too-far"),
        (recall_sorted_down, "sorted along axis 0", "sorted-down"),
        (recall_exactly, "exactly in place k", "exactly-at-k"),
        (recall_argmax, "the best only", "best-only"),
        (recall_precision, "divided by k", "precision"),
        (recall_counts, "hits, not shares", "counts"),
        (recall_diagonal, "query i belongs to item i", "diagonal"),
        (recall_percent, "percent", "percent"),
        (recall_per_query, "no mean", "per-query"),
        (recall_columns, "ranks down the columns", "columns-as-queries"),
        (recall_mrr, "mean reciprocal rank", "reciprocal-rank"),
        (recall_number, "one number", "mean-over-ks"),
    ],
    "03.4": [
        (shot_prompts_raw, "prompts of any length", "prompts-not-normalised"),
        (shot_class_raw, "the mean keeps its length", "class-not-normalised"),
        (shot_mean_of_cosines, "mean of cosines", "class-not-normalised"),
        (shot_image_raw, "pictures of any length", "image-not-normalised"),
        (shot_raw, "nothing normalised", "nothing-normalised"),
        (shot_max, "the best prompt", "best-prompt"),
        (shot_first, "the first prompt", "first-prompt"),
        (shot_softmax, "a softmax", "softmax"),
        (shot_classes, "argmax", "choices"),
        (shot_transposed, "transposed", "transposed"),
        (shot_all, "every prompt", "each-prompt"),
    ],
    "03.5": [
        (search_lowest, "lowest first", "worst-first"),
        (search_ascending, "best last", "ascending"),
        (search_raw, "queries of any length", "query-not-normalised"),
        (search_exchanged, "cosines first", "cosines-first"),
        (search_items_only, "items only", "one-of-several"),
        (search_not_gathered, "cosines of other items", "not-gathered"),
        (search_all, "everything", "all-items"),
        (search_over_queries, "sorted over queries", "over-queries"),
        (search_unsorted, "items in the gallery's order", "in-gallery-order"),
    ],
    "03.6": [
        (sig_mean, "divided by B²", "divided-by-all-pairs"),
        (sig_sum, "not divided", "summed"),
        (sig_no_bias, "no bias", "no-bias"),
        (sig_diagonal, "right pairs only", "right-pairs-only"),
        (sig_eye, "0 off the diagonal", "zero-off-diagonal"),
        (sig_flipped, "signs turned round", "signs-flipped"),
        (sig_sign, "no minus", "sign"),
        (sig_dot, "raw vectors", "not-normalised"),
        (sig_no_exp, "log_scale itself", "log-scale-as-scale"),
        (sig_rows, "one loss a picture", "per-picture"),
        (sig_softmax, "CLIP's loss", "softmax"),
    ],
    "03.7": [
        (named_at_random, "a guess", "below"),
        (named_by_untrained, "never trained", "below"),
        (named_with_cosines, "all cosines", "shape"),
        (named_in_words, "names, not their numbers", "not-an-array"),
        (named_from_one, "numbers beyond the last name", "out-of-range"),
        (named_in_fractions, "cosines, not numbers of names", "not-whole"),
    ],
}
