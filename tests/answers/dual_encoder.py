"""Answers to the exercises of notebook 03."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
from einops import einsum, rearrange

from answers import right, slips, unwritten, wrong
from course_utils.exercises.dual_encoder.step import loss_and_slopes
from course_utils.experiments.dual_encoder import pretrained, trainer
from course_utils.models.dual_encoder import words

unwritten("03.1", "03.2", "03.3", "03.4", "03.5", "03.6")


def unit(x, axis=-1):
    return x / jnp.linalg.norm(x, axis=axis, keepdims=True)


def logits_of(image, text, log_scale):
    return jnp.exp(log_scale) * unit(image) @ unit(text).T


def losses_of(s):
    return -jnp.diag(jax.nn.log_softmax(s))


# ---- 03.1 info_nce(image float[B, D], text float[B, D], log_scale) → number


@right("03.1")
def nce_optax(image, text, log_scale):
    logits = logits_of(image, text, log_scale)
    labels = jnp.arange(len(logits))
    ce = optax.softmax_cross_entropy_with_integer_labels
    return 0.5 * (ce(logits, labels).mean() + ce(logits.T, labels).mean())


@right("03.1")
def nce_logsumexp(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    both = jax.nn.logsumexp(s, 0) + jax.nn.logsumexp(s, 1)
    return jnp.mean(both / 2 - jnp.diag(s))


@right("03.1")
def nce_loops(image, text, log_scale):
    image, text = np.asarray(image, float).tolist(), np.asarray(text, float).tolist()

    def scaled(x, y):
        return math.exp(log_scale) * sum(a * b for a, b in zip(x, y)) / math.hypot(*x) / math.hypot(*y)

    total = 0.0
    for x, y in zip(image, text):
        total += math.log(sum(math.exp(scaled(x, other)) for other in text))
        total += math.log(sum(math.exp(scaled(other, y)) for other in image))
        total -= 2 * scaled(x, y)
    return total / (2 * len(image))


@right("03.1")
def nce_vmap(image, text, log_scale):
    image, text = unit(image), unit(text)

    def search(query, gallery, item):
        return -jax.nn.log_softmax(jnp.exp(log_scale) * gallery @ query)[item]

    own = jnp.arange(len(image))
    one = jax.vmap(search, (0, None, 0))
    return jnp.stack([one(image, text, own).mean(), one(text, image, own).mean()]).mean()


def nce_sums(image, text, log_scale):
    image, text = np.float64(image), np.float64(text)
    x = image / np.linalg.norm(image, axis=1, keepdims=True)
    y = text / np.linalg.norm(text, axis=1, keepdims=True)
    s = np.exp(log_scale) * x @ y.T
    own = np.diag(s)
    rows = np.log(np.exp(s).sum(1)) - own
    columns = np.log(np.exp(s).sum(0)) - own
    loss = (rows + columns) / 2
    return loss.mean()


right("03.1")(nce_sums)
slips(
    "03.1",
    nce_sums,
    ("pictures-only", "pictures look for texts only", "loss.mean()", "rows.mean()"),
    ("texts-only", "texts look for pictures only", "loss.mean()", "columns.mean()"),
    ("pictures-only", "both directions along the rows", ".sum(0)", ".sum(1)"),
    ("not-halved", "both directions added", " / 2", ""),
    ("summed", "summed over the batch", ".mean()", ".sum()"),
    ("not-normalised", "dot products of raw vectors", "x @ y.T", "image @ text.T"),
    ("text-not-normalised", "texts of any length", "y.T", "text.T"),
    ("no-scale", "no scale", "np.exp(log_scale) * ", ""),
    ("log-scale-as-scale", "the logarithm as the scale", "np.exp(log_scale)", "log_scale"),
    ("divided-by-scale", "divided by the scale", "np.exp(log_scale)", "np.exp(-log_scale)"),
    ("sign", "no minus", "return ", "return -"),
    ("table", "the table itself", "loss.mean()", "s"),
    ("all-pairs", "all pairs count as right", "np.diag(s)", "s.mean()"),
    ("squared-length", "squared lengths: no square root", "keepdims=True)", "keepdims=True) ** 2"),
    ("fixed-scale", "the scale is always CLIP's start", "np.exp(log_scale)", "1 / 0.07"),
    ("log-of-mean", "-log of the two shares' mean", "(rows + columns) / 2", "-np.log((np.exp(-rows) + np.exp(-columns)) / 2)"),
    ("no-competition", "minus the right logit: no logarithm of a sum", "loss.mean()", "-own.mean()"),
    ("both-returned", "both directions returned, not averaged", "loss.mean()", "rows.mean(), columns.mean()"),
)


@wrong("03.1", "lengths over the batch", "normalised-over-batch")
def nce_lengths_over_batch(image, text, log_scale):
    s = jnp.exp(log_scale) * unit(image, 0) @ unit(text, 0).T
    return (losses_of(s).mean() + losses_of(s.T).mean()) / 2


@wrong("03.1", "no mean over the batch", "per-pair")
def nce_each_pair(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    return (losses_of(s) + losses_of(s.T)) / 2


@wrong("03.1", "a softmax before the cross-entropy", "softmax-twice")
def nce_double_softmax(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    return (losses_of(jax.nn.softmax(s)) + losses_of(jax.nn.softmax(s.T))).mean() / 2


@wrong("03.1", "the softmax of both directions runs over the texts", "pictures-only")
def nce_transposed_twice(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    return (losses_of(s) - jnp.diag(jax.nn.log_softmax(s.T, 0))).mean() / 2


@wrong("03.1", "the right one is taken from the first column", "first-as-right")
def nce_first_column(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    ce = optax.softmax_cross_entropy_with_integer_labels
    return (ce(s, jnp.zeros(len(s), int)) + ce(s.T, jnp.zeros(len(s), int))).mean() / 2


@wrong("03.1", "the best one instead of the right one", "best-as-right")
def nce_best(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    return -(jax.nn.log_softmax(s).max(1) + jax.nn.log_softmax(s.T).max(1)).mean() / 2


@wrong("03.1", "-log of the mean share", "log-of-mean")
def nce_log_of_mean(image, text, log_scale):
    s = logits_of(image, text, log_scale)
    return -jnp.log(jnp.diag(jax.nn.softmax(s, 0) + jax.nn.softmax(s, 1)).mean() / 2)


@wrong("03.1", "logarithm of an unscaled negative cosine", "not-finite")
def nce_log_of_cosine(image, text, log_scale):
    return jnp.log(-jnp.abs(logits_of(image, text, log_scale))).mean()


# ---- 03.2 training_step(params, images, words, learning_rate) → params, loss


def linear_loss(params, images, words):
    return nce_optax(images @ params["image"], words @ params["text"], params["log_scale"])


def descended(params, slopes, rate):
    return jax.tree.map(lambda p, g: p - rate * g, params, slopes)


@right("03.2")
def step_tree(params, images, words, learning_rate):
    loss, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    params = descended(params, slopes, learning_rate)
    params["log_scale"] = jnp.minimum(params["log_scale"], jnp.log(100))
    return params, loss


@right("03.2")
def step_closure(params, images, words, learning_rate):
    def objective(image, text, log_scale):
        return nce_logsumexp(images @ image, words @ text, log_scale)

    names = ("image", "text", "log_scale")
    loss, slopes = jax.value_and_grad(objective, argnums=(0, 1, 2))(*(params[n] for n in names))
    new = {n: params[n] - learning_rate * g for n, g in zip(names, slopes)}
    return new | {"log_scale": jnp.log(jnp.clip(jnp.exp(new["log_scale"]), None, 100))}, loss


@right("03.2")
def step_optax(params, images, words, learning_rate):
    sgd = optax.sgd(learning_rate)
    loss, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    updates, _ = sgd.update(slopes, sgd.init(params))
    params = optax.apply_updates(params, updates)
    return {k: jnp.minimum(v, jnp.log(100.0)) if k == "log_scale" else v for k, v in params.items()}, loss


def step_by_hand(params, images, words, rate):
    loss, slopes = loss_and_slopes(params, images, words)
    limit = np.log(100)
    new = {name: np.float64(params[name]) - rate * slopes[name] for name in params}
    new["log_scale"] = min(new["log_scale"], limit)
    return new, loss


@right("03.2")
def step_as_plain_numbers(params, images, words, learning_rate):
    new, loss = step_by_hand(params, images, words, learning_rate)
    return [{name: np.asarray(new[name]).tolist() for name in sorted(new)}, float(loss)]


right("03.2")(step_by_hand)
slips(
    "03.2",
    step_by_hand,
    ("uphill", "adds the slope", "- rate", "+ rate"),
    ("no-learning-rate", "no learning rate", "rate * ", ""),
    ("not-clipped", "no clip", "np.log(100)", "np.inf"),
    ("not-clipped", "clips log_scale at 100", "np.log(100)", "100"),
    ("all-clipped", "clips every parameter", "return new", "return {name: np.minimum(p, limit) for name, p in new.items()}"),
    ("clipped-too-low", "clips at the common logarithm of 100", "np.log(", "np.log10("),
    ("clipped-below", "clips log_scale below as well, at 0", "min(new", "max(0, min(new", "limit)", "limit))"),
    ("not-moved", "log_scale is not learned", "    limit =", '    slopes["log_scale"] = 0\n    limit ='),
    (
        "slope-of-scale",
        "the slope of the scale, not of its logarithm",
        "limit =",
        'slopes["log_scale"] /= np.exp(params["log_scale"])\n    limit =',
    ),
    ("loss-after", "the loss after the step", "return new, loss", "return new, loss_and_slopes(new, images, words)[0]"),
    ("slopes-returned", "the slopes instead of the parameters", "return new", "return slopes"),
    ("exchanged", "returns loss, params", "return new, loss", "return loss, new"),
    ("one-of-several", "returns the parameters only", "return new, loss", "return new"),
    ("step-twice-as-large", "slopes of a sum of directions", "rate * ", "2 * rate * "),
    ("not-several", "returns the matrices without log_scale", "return new", 'del new["log_scale"]\n    return new'),
    ("not-several", "returns four things", "return new", "return *new.values()"),
    ("not-several", "changes params in place and returns the loss alone", "return new, loss", "return loss"),
    ("values", "the last row of the pictures is left out", "(params, images, words)", "(params, images[:-1], words[:-1])"),
)


@wrong("03.2", "slopes for the pictures only", "not-moved")
def step_image_only(params, images, words, learning_rate):
    def objective(image):
        return linear_loss({**params, "image": image}, images, words)

    loss, slope = jax.value_and_grad(objective)(params["image"])
    return {**params, "image": params["image"] - learning_rate * slope}, loss


@wrong("03.2", "clips before the step", "clipped-before-step")
def step_clip_first(params, images, words, learning_rate):
    clipped = {**params, "log_scale": jnp.minimum(params["log_scale"], jnp.log(100))}
    loss, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    return descended(clipped, slopes, learning_rate), loss


@wrong("03.2", "clips before the loss is computed", "clipped-before-loss")
def step_clip_before_loss(params, images, words, learning_rate):
    params["log_scale"] = jnp.minimum(params["log_scale"], jnp.log(100))
    loss, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    return descended(params, slopes, learning_rate), loss


@wrong("03.2", "clips before and after, so that the slopes are those at the limit", "clipped-before-loss")
def step_clip_twice(params, images, words, learning_rate):
    return step_by_hand({**params, "log_scale": min(params["log_scale"], np.log(100))}, images, words, learning_rate)


@wrong("03.2", "the slope flows through the direction as if lengths were fixed", "values")
def step_lengths_fixed(params, images, words, learning_rate):
    def objective(params):
        image, text = images @ params["image"], words @ params["text"]
        lengths = [jax.lax.stop_gradient(jnp.linalg.norm(v, axis=1, keepdims=True)) for v in (image, text)]
        s = jnp.exp(params["log_scale"]) * image / lengths[0] @ (text / lengths[1]).T
        return (losses_of(s) + losses_of(s.T)).mean() / 2

    loss, slopes = jax.value_and_grad(objective)(params)
    params = descended(params, slopes, learning_rate)
    return {**params, "log_scale": jnp.minimum(params["log_scale"], jnp.log(100))}, loss


@wrong("03.2", "the embeddings of the batch instead of the matrices", "shape")
def step_embeddings(params, images, words, learning_rate):
    new, loss = step_by_hand(params, images, words, learning_rate)
    return {**new, "image": images @ new["image"], "text": words @ new["text"]}, loss


@wrong("03.2", "adds the slopes, and no clip", "uphill")
def step_uphill(params, images, words, learning_rate):
    loss, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    return optax.apply_updates(params, jax.tree.map(lambda g: learning_rate * g, slopes)), loss


@wrong("03.2", "no learning rate, and no clip", "no-learning-rate")
def step_no_rate(params, images, words, learning_rate):
    loss, slopes = jax.value_and_grad(linear_loss)(params, images, words)
    return jax.tree.map(jnp.subtract, params, slopes), loss


# ---- 03.3 recall_at(scores float[Q, G], right int[Q], ks) → float[len(ks)]


@right("03.3")
def recall_sorting(scores, right, ks):
    order = jnp.argsort(-scores, axis=1)
    return jnp.array([(order[:, :k] == right[:, None]).any(1).mean() for k in ks])


@right("03.3")
def recall_sets(scores, right, ks):
    hits = []
    for k in ks:
        found = 0
        for row, item in zip(scores.tolist(), right.tolist()):
            found += item in set(sorted(range(len(row)), key=row.__getitem__, reverse=True)[:k])
        hits.append(found / len(right))
    return hits


@right("03.3")
def recall_top_k(scores, right, ks):
    best = [np.asarray(jax.lax.top_k(scores, min(k, scores.shape[1]))[1]) for k in ks]
    return np.array([np.mean(np.any(items == np.asarray(right)[:, None], 1)) for items in best])


@right("03.3")
def recall_cumulated(scores, right, ks):
    scores = np.asarray(scores)
    size = scores.shape[1]
    place = [int((row > row[r]).sum()) for row, r in zip(scores, right)]
    share = np.cumsum(np.bincount(place, minlength=size)) / len(place)
    return np.array([share[min(int(k), size) - 1] for k in ks], dtype=np.float64)


def recall_places(scores, right, ks):
    scores = np.asarray(scores)
    places = np.argsort(np.argsort(-scores, axis=1), axis=1)
    place = places[np.arange(len(right)), right]
    shares = [(place < k).mean() for k in ks]
    return shares


right("03.3")(recall_places)
slips(
    "03.3",
    recall_places,
    ("one-too-far", "one place too generous: <= k", "place < k", "place <= k"),
    ("one-too-few", "one place too strict: the right item counts as above itself", "place < k", "place + 1 < k"),
    ("argsort-once", "argsort once, taken for places", "np.argsort(np.argsort(-scores, axis=1), axis=1)", "np.argsort(-scores, axis=1)"),
    ("counts", "the number of queries instead of the share", ".mean()", ".sum()"),
    ("divided-by-gallery", "divided by the number of items", ".mean()", ".sum() / scores.shape[1]"),
    ("precision", "divided by k, as a precision", ".mean()", ".mean() / k"),
    ("columns-as-queries", "sorted by columns: for each item the best queries", "axis=1", "axis=0"),
    ("every-k", "every k up to the largest", "in ks", "in range(1, max(ks) + 1)"),
    ("first-k-for-all", "only the first k", "place < k", "place < ks[0]"),
    ("mean-rank", "the mean place", "place < k", "place + 1"),
    ("misses", "share missed instead of found", "place < k", "place >= k"),
    ("none-beyond-gallery", "a k beyond the gallery finds nothing", ".mean()", ".mean() * (k <= scores.shape[1])"),
    ("values", "wraps around: k modulo the size of the gallery", "place < k", "place < k % scores.shape[1]"),
    ("chance", "chance", "(place < k).mean()", "min(1, k / scores.shape[1])"),
    ("averaged", "one number", "return shares", "return np.mean(shares)"),
    ("reciprocal-rank", "mean reciprocal rank", "(place < k)", "(1 / (1 + place))"),
)


@wrong("03.3", "lowest first", "worst-first")
def recall_lowest(scores, right, ks):
    order = jnp.argsort(scores, axis=1)
    return jnp.array([(order[:, :k] == right[:, None]).any(1).mean() for k in ks])


@wrong("03.3", "sorted along axis 0", "sorted-down")
def recall_sorted_down(scores, right, ks):
    order = jnp.argsort(-scores, axis=0)
    return jnp.array([(order[:, :k] == right[:, None]).any(1).mean() for k in ks])


@wrong("03.3", "the item in place k only", "exactly-at-k")
def recall_exactly(scores, right, ks):
    order = jnp.argsort(-scores, axis=1)
    return jnp.array([(order[:, k - 1] == right).mean() if k <= scores.shape[1] else 0 for k in ks])


@wrong("03.3", "the best only", "best-only")
def recall_argmax(scores, right, ks):
    return jnp.array([(scores.argmax(1) == right).mean() for _ in ks])


@wrong("03.3", "query i belongs to item i", "diagonal")
def recall_diagonal(scores, right, ks):
    return recall_sorting(scores, jnp.arange(len(scores)) % scores.shape[1], ks)


@wrong("03.3", "no mean", "per-query")
def recall_hits(scores, right, ks):
    order = jnp.argsort(-scores, axis=1)
    return jnp.stack([(order[:, :k] == right[:, None]).any(1) for k in ks], 1).astype(float)


@wrong("03.3", "ranks down the columns, where there are as many", "columns-as-queries")
def recall_turned(scores, right, ks):
    return recall_sorting(scores.T if scores.shape[0] == scores.shape[1] else scores, right, ks)


@wrong("03.3", "fails where k exceeds the gallery", "exception")
def recall_no_overflow(scores, right, ks):
    ordered = -np.sort(-np.asarray(scores), axis=1)
    own = np.asarray(scores)[np.arange(len(right)), right]
    return [(own >= ordered[:, k - 1]).mean() for k in ks]


# ---- 03.4 zero_shot(image float[B, D], prompts float[K, E, D]) → float[B, K]


@right("03.4")
def shot_plain(image, prompts):
    return unit(image) @ unit(unit(prompts).mean(1)).T


@right("03.4")
def shot_flat(image, prompts):
    flat = unit(rearrange(prompts, "k e d -> (k e) d"))
    classes = rearrange(flat, "(k e) d -> k e d", k=len(prompts)).mean(1)
    return jnp.clip(einsum(unit(image), unit(classes), "b d, k d -> b k"), -1, 1)


@right("03.4")
def shot_loops(image, prompts):
    classes = []
    for ways in np.asarray(prompts, np.float64):
        total = np.zeros(ways.shape[-1])
        for way in ways:
            total += way / math.sqrt((way**2).sum())
        classes.append(total / math.sqrt((total**2).sum()))
    return [[float(x @ c) / math.sqrt(float(x @ x)) for c in classes] for x in np.asarray(image, np.float64)]


@right("03.4")
def shot_mean_of_cosines(image, prompts):  # divided by the length of the mean
    cosines = jnp.einsum("bd,ked->bke", unit(image), unit(prompts)).mean(-1)
    return cosines / jnp.linalg.norm(unit(prompts).mean(1), axis=-1)


def shot_steps(image, prompts):
    x = image / np.linalg.norm(image, axis=-1, keepdims=True)
    p = prompts / np.linalg.norm(prompts, axis=-1, keepdims=True)
    mean = p.mean(1)
    y = mean / np.linalg.norm(mean, axis=-1, keepdims=True)
    c = x @ y.T
    return c


right("03.4")(shot_steps)
slips(
    "03.4",
    shot_steps,
    ("class-not-normalised", "the mean keeps its length", "y.T", "mean.T"),
    ("prompts-raw-mean-raw", "prompts keep their lengths, and the mean too", "y.T", "prompts.mean(1).T"),
    ("transposed", "the table turned round", "return c", "return c.T"),
    ("averaged-over-classes", "averaged over the classes", "p.mean(1)", "p.mean(0)"),
    ("wrong-axis", "lengths along the prompts, axis 1", "norm(prompts, axis=-1", "norm(prompts, axis=1"),
    ("prompts-not-normalised", "one length for all prompts of a class", "norm(prompts, axis=-1", "norm(prompts, axis=(1, 2)"),
    ("absolute", "the absolute value of the cosine", "return c", "return abs(c)"),
    ("choices", "the number of the best class", "return c", "return c.argmax(1)"),
    ("distance", "minus the distance instead of the cosine", "x @ y.T", "-np.linalg.norm(x[:, None] - y, axis=-1)"),
    ("angles", "angles", "return c", "return np.arccos(c)"),
    ("sum-not-normalised", "the sum of the unit prompts, not of length 1", "y.T", "p.sum(1).T"),
)


@wrong("03.4", "mean of cosines", "class-not-normalised")
def shot_cosines_averaged(image, prompts):
    return jnp.einsum("bd,ked->bke", unit(image), unit(prompts)).mean(2)


@wrong("03.4", "prompts of any length", "prompts-not-normalised")
def shot_prompts_raw(image, prompts):
    return unit(image) @ unit(prompts.mean(1)).T


@wrong("03.4", "pictures of any length", "image-not-normalised")
def shot_image_raw(image, prompts):
    return image @ unit(unit(prompts).mean(1)).T


@wrong("03.4", "nothing normalised", "nothing-normalised")
def shot_raw(image, prompts):
    return einsum(image, prompts, "b d, k e d -> b k") / prompts.shape[1]


@wrong("03.4", "the best prompt", "best-prompt")
def shot_best(image, prompts):
    return jnp.stack([(unit(image) @ unit(p).T).max(1) for p in prompts], 1)


@wrong("03.4", "the first prompt", "one-prompt")
def shot_first(image, prompts):
    return jnp.einsum("bd,kd->bk", unit(image), unit(prompts[:, 0]))


@wrong("03.4", "a softmax", "softmax")
def shot_shares(image, prompts):
    return jax.nn.softmax(shot_plain(image, prompts))


@wrong("03.4", "every prompt", "each-prompt")
def shot_every(image, prompts):
    return jax.vmap(lambda x: unit(prompts) @ unit(x))(image)


# ---- 03.5 search(cache float16[G, D], queries float[Q, D], k) → items int[Q, k], cosines float[Q, k]


@right("03.5")
def search_top_k(cache, queries, k):
    cosines, items = jax.lax.top_k(unit(queries) @ cache.T.astype(jnp.float32), k)
    return items, cosines


@right("03.5")
def search_partition(cache, queries, k):
    table = np.einsum("gd,qd->qg", np.float32(cache), np.float32(unit(queries)))
    rows = np.arange(len(table))[:, None]
    some = np.argpartition(-table, k - 1, axis=1)[:, :k]
    items = some[rows, np.argsort(-table[rows, some], axis=1)]
    return items, table[rows, items]


@right("03.5")
def search_loops(cache, queries, k):
    items, values = [], []
    for q in np.asarray(queries, np.float64):
        q = q / math.sqrt((q**2).sum())
        cosines = [float(np.float64(row) @ q) for row in np.asarray(cache)]
        best = sorted(range(len(cosines)), key=cosines.__getitem__, reverse=True)[: int(k)]
        items.append(best)
        values.append([cosines[g] for g in best])
    return items, values


@right("03.5")
def search_unit_cache(cache, queries, k):  # half precision leaves lengths of almost 1
    table = unit(queries) @ unit(cache.astype(jnp.float32)).T
    items = jnp.flip(jnp.argsort(table, axis=1), axis=1)[:, :k]
    return items, jnp.sort(table, axis=1)[:, ::-1][:, :k]


def search_gather(cache, queries, k):
    cache, queries = np.float64(cache), np.float64(queries)
    q = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    table = q @ cache.T
    items = np.argsort(-table, axis=1)[:, :k]
    values = np.take_along_axis(table, items, axis=1)
    return items, values


right("03.5")(search_gather)
slips(
    "03.5",
    search_gather,
    ("one-of-several", "the items only", "return items, values", "return items"),
    ("other-kind", "items as floats", "return items, values", "return 1.0 * items, values"),
    ("one-of-several", "the cosines only", "return items, values", "return values"),
    ("all-cosines", "the cosines of all items", "return items, values", "return items, table"),
    ("shape", "always five", ":k]", ":5]"),
    ("queries-for-items", "the best k queries of each item", "q @ cache.T", "cache @ q.T"),
    ("transposed", "one row an item: transposed", "return items, values", "return items.T, values.T"),
    ("best-left-out", "the best one skipped: places 2 to k + 1", "[:, :k]", "[:, 1 : k + 1]"),
    ("counted-from-1", "items counted from 1", "return items", "return items + 1"),
    ("distances", "distances", "return items, values", "return items, np.sqrt(2 - 2 * values)"),
    ("negated", "minus the cosines: of argsort of minus the table", "return items, values", "return items, -values"),
    ("positions-of-items", "places instead of items", "return items", "return np.argsort(np.argsort(-table))[:, :k]"),
    ("one-length-for-all", "one length for all queries", ", axis=1, keepdims=True", ""),
    ("normalised-over-queries", "the queries' lengths along axis 0", "axis=1, keepdims", "axis=0, keepdims"),
    ("in-gallery-order", "the items sorted by number", "    values", "    items.sort()\n    values"),
    ("first-query", "right items, their cosines of the first query", "np.take_along_axis(table, items, axis=1)", "table[0][items]"),
)


@wrong("03.5", "lowest first", "worst-first")
def search_lowest(cache, queries, k):
    distances, items = jax.lax.top_k(-unit(queries) @ cache.T.astype(jnp.float32), k)
    return items, -distances


@wrong("03.5", "best last, of argsort", "ascending")
def search_last(cache, queries, k):
    table = unit(queries) @ cache.astype(jnp.float32).T
    return jnp.argsort(table)[:, -k:], jnp.sort(table)[:, -k:]


@wrong("03.5", "queries of any length", "query-not-normalised")
def search_raw(cache, queries, k):
    return jax.lax.top_k(queries @ cache.T.astype(jnp.float32), k)[::-1]


@wrong("03.5", "cosines first, as top_k returns them", "cosines-first")
def search_exchanged(cache, queries, k):
    return jax.lax.top_k(unit(queries) @ cache.T.astype(jnp.float32), k)


@wrong("03.5", "cosines of other items", "not-gathered")
def search_not_gathered(cache, queries, k):
    cosines = unit(queries) @ cache.astype(jnp.float32).T
    return jnp.argsort(-cosines)[:, :k], cosines[:, :k]


@wrong("03.5", "everything", "all-items")
def search_everything(cache, queries, k):
    return search_top_k(cache, queries, len(cache))


@wrong("03.5", "sorted over queries", "over-queries")
def search_over_queries(cache, queries, k):
    cosines = unit(queries) @ cache.astype(jnp.float32).T
    return jnp.argsort(-cosines, axis=0)[:, :k], -jnp.sort(-cosines, axis=1)[:, :k]


@wrong("03.5", "items in the gallery's order, cosines the best first", "in-gallery-order")
def search_unsorted(cache, queries, k):
    items, cosines = search_top_k(cache, queries, k)
    return jnp.sort(items, 1), cosines


# ---- 03.6 siglip_loss(image, text, log_scale, bias) → number


@right("03.6")
def siglip_softplus(image, text, log_scale, bias):
    s = logits_of(image, text, log_scale) + bias
    return (jax.nn.softplus(s).sum() - jnp.trace(s)) / len(s)


@right("03.6")
def siglip_optax(image, text, log_scale, bias):
    s = logits_of(image, text, log_scale) + bias
    return optax.sigmoid_binary_cross_entropy(s, jnp.eye(len(s))).sum(-1).mean()


@right("03.6")
def siglip_loops(image, text, log_scale, bias):
    x, y, total = unit(image), unit(text), 0.0
    for i in range(len(x)):
        for j in range(len(y)):
            z = 1 if i == j else -1
            total += math.log(1 + math.exp(-z * (math.exp(log_scale) * float(x[i] @ y[j]) + float(bias))))
    return total / len(x)


def siglip_pairs(image, text, log_scale, bias):
    image, text = np.float64(image), np.float64(text)
    x = image / np.linalg.norm(image, axis=1, keepdims=True)
    y = text / np.linalg.norm(text, axis=1, keepdims=True)
    s = np.exp(log_scale) * (x @ y.T) + bias
    z = 2 * np.eye(len(x)) - 1
    pairs = np.logaddexp(0, -z * s)
    return pairs.sum() / len(x)


right("03.6")(siglip_pairs)
slips(
    "03.6",
    siglip_pairs,
    ("divided-by-all-pairs", "divided by all pairs", "pairs.sum() / len(x)", "pairs.mean()"),
    ("bias-not-signed", "the sign stands before the table, not before the bias", "-z * s", "-z * (s - bias) - bias"),
    ("no-bias", "no bias", " + bias", ""),
    ("bias-scaled", "bias inside the scale", "(x @ y.T) + bias", "(x @ y.T + bias)"),
    ("bias-exp", "exp of the bias", "+ bias", "+ np.exp(bias)"),
    ("bias-on-diagonal", "the bias only where pairs belong together", "+ bias", "+ bias * np.eye(len(x))"),
    ("no-scale", "no scale", "np.exp(log_scale) * ", ""),
    ("sign", "the minus is missing", "return ", "return -"),
    ("two-directions", "halved, as if there were two directions", "pairs.sum()", "pairs.sum() / 2"),
    ("no-logarithm", "1 minus the sigmoid instead of minus its logarithm", "pairs.sum()", "(1 - np.exp(-pairs)).sum()"),
    ("bias-subtracted", "the bias subtracted", "+ bias", "- bias"),
    ("softmax", "CLIP's loss, in double precision", "pairs.sum() / len(x)", "nce_sums(image, text, log_scale)"),
)


@wrong("03.6", "summed, not divided", "summed")
def siglip_sum(image, text, log_scale, bias):
    return siglip_softplus(image, text, log_scale, bias) * len(image)


@wrong("03.6", "right pairs only", "right-pairs-only")
def siglip_diagonal(image, text, log_scale, bias):
    return -jax.nn.log_sigmoid(jnp.diag(logits_of(image, text, log_scale)) + bias).mean()


@wrong("03.6", "0 off the diagonal", "zero-off-diagonal")
def siglip_eye(image, text, log_scale, bias):
    return -jax.nn.log_sigmoid(jnp.eye(len(image)) * (logits_of(image, text, log_scale) + bias)).sum() / len(image)


@wrong("03.6", "signs turned round", "signs-flipped")
def siglip_flipped(image, text, log_scale, bias):
    s = logits_of(image, text, log_scale) + bias
    return optax.sigmoid_binary_cross_entropy(s, 1 - jnp.eye(len(s))).sum(-1).mean()


@wrong("03.6", "raw vectors", "not-normalised")
def siglip_raw(image, text, log_scale, bias):
    s = jnp.exp(log_scale) * image @ text.T + bias
    return (jax.nn.softplus(s).sum() - jnp.trace(s)) / len(s)


@wrong("03.6", "log_scale not exponentiated", "log-scale-as-scale")
def siglip_no_exp(image, text, log_scale, bias):
    s = log_scale * unit(image) @ unit(text).T + bias
    return optax.sigmoid_binary_cross_entropy(s, jnp.eye(len(s))).sum(-1).mean()


@wrong("03.6", "one loss a picture", "per-pair")
def siglip_rows(image, text, log_scale, bias):
    s = logits_of(image, text, log_scale) + bias
    return optax.sigmoid_binary_cross_entropy(s, jnp.eye(len(s))).sum(-1)


@wrong("03.6", "CLIP's loss", "softmax")
def siglip_as_clip(image, text, log_scale, bias):
    return nce_optax(image, text, log_scale)


# ---- 03.7 name_pictures(pictures uint8[m, 32, 32, 3], names G strings) → int[m]
# (Training for a minute and more, as a learner would, is left to the reference; the shipped towers stand in for it.)


def cosines_of_towers(pictures, texts):
    towers = pretrained.emoji_towers()
    return trainer.image_vectors(towers, np.asarray(pictures)) @ trainer.text_vectors(towers, texts).T


@right("03.7")
def named_by_towers(pictures, names):
    return cosines_of_towers(pictures, names).argmax(1)


@right("03.7")
def named_in_templates(pictures, names):
    texts = [template.format(name) for name in names for template in words.TEMPLATES]
    return cosines_of_towers(pictures, texts).reshape(len(pictures), len(names), -1).mean(2).argmax(1).tolist()


@wrong("03.7", "a guess", "below")
def named_at_random(pictures, names):
    return np.random.default_rng(0).integers(len(names), size=len(pictures))


@wrong("03.7", "never trained", "below")
def named_by_untrained(pictures, names):
    towers = pretrained.untrained()
    return (trainer.image_vectors(towers, np.asarray(pictures)) @ trainer.text_vectors(towers, names).T).argmax(1)


@wrong("03.7", "all cosines", "shape")
def named_with_cosines(pictures, names):
    return cosines_of_towers(pictures, names)


@wrong("03.7", "names, not their numbers", "not-an-array")
def named_in_words(pictures, names):
    return [names[i] for i in named_by_towers(pictures, names)]


@wrong("03.7", "numbers beyond the last name", "out-of-range")
def named_from_one(pictures, names):
    return named_by_towers(pictures, names) + 1 + (np.arange(len(names)) == 0) * len(names)


@wrong("03.7", "cosines, not numbers of names", "not-whole")
def named_in_fractions(pictures, names):
    return cosines_of_towers(pictures, names).max(1)
