"""More answers to the exercises of notebook 03, written from the exercise texts, most without a look at their checks.

All of RIGHT must pass; each of WRONG must be told what it got wrong (its description, then the diagnosis it must get).
"""

import collections
import heapq
import math

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


def _unit(x, axis=-1):
    x = np.asarray(x, np.float64)
    return x / np.linalg.norm(x, axis=axis, keepdims=True)


def _lse(x, axis):
    top = x.max(axis, keepdims=True)
    return (top + np.log(np.exp(x - top).sum(axis, keepdims=True))).squeeze(axis)


def _table(image, text, log_scale):
    return np.exp(np.float64(log_scale)) * _unit(image) @ _unit(text).T


# ---- 03.1, right


@right("03.1")
def nce_loops(image, text, log_scale):
    image, text = np.asarray(image).tolist(), np.asarray(text).tolist()

    def cosine(x, y):
        dot = sum(a * b for a, b in zip(x, y))
        return dot / math.sqrt(sum(a * a for a in x)) / math.sqrt(sum(b * b for b in y))

    scale, total = math.exp(log_scale), 0.0
    for i in range(len(image)):
        own = scale * cosine(image[i], text[i])
        total -= own - math.log(sum(math.exp(scale * cosine(image[i], y)) for y in text))
        total -= own - math.log(sum(math.exp(scale * cosine(x, text[i])) for x in image))
    return total / (2 * len(image))


@right("03.1")
def nce_float64_list(image, text, log_scale):
    s = _table(image, text, log_scale)
    return [float((_lse(s, 1) + _lse(s, 0)).mean() / 2 - np.trace(s) / len(s))][0]


@right("03.1")
def nce_one_hot_einsum_float32(image, text, log_scale):
    image, text = np.float32(image), np.float32(text)
    x = image * (image**2).sum(-1, keepdims=True) ** -0.5
    y = text * (text**2).sum(-1, keepdims=True) ** -0.5
    e = np.exp(np.einsum("id,jd->ij", x, y) * np.exp(np.float32(log_scale)))
    own = np.eye(len(image), dtype=np.float32)
    both = own * (np.log(e / e.sum(0)) + np.log(e / e.sum(1, keepdims=True)))
    return -both.sum() / (2 * len(image))


@right("03.1")
def nce_stacked_searches(image, text, log_scale):
    # all 2B searches in one table
    s = _table(image, text, log_scale)
    searches = np.concatenate([s, s.T])
    own = searches[np.arange(2 * len(s)), np.tile(np.arange(len(s)), 2)]
    return np.mean(_lse(searches, 1) - own)


@right("03.1")
def nce_margins(image, text, log_scale):
    # -log of a share is the log of the sum of exp(difference to the right one)
    s = _table(image, text, log_scale)
    own = np.diag(s)
    rows = np.log(np.exp(s - own[:, None]).sum(1))
    columns = np.log(np.exp(s - own[None, :]).sum(0))
    return np.array([(rows + columns).mean() / 2])[0]


@right("03.1")
def nce_scale_into_vectors(image, text, log_scale):
    half = np.exp(np.float32(log_scale) / 2)
    x = half * np.float32(image) / np.linalg.norm(image, axis=1)[:, None]
    y = half * np.float32(text) / np.linalg.norm(text, axis=1)[:, None]
    s = x @ y.T
    total = 0.0
    for i, (row, column) in enumerate(zip(s, s.T)):
        total += np.logaddexp.reduce(row) - row[i] + np.logaddexp.reduce(column) - column[i]
    return 0.5 * total / len(s)


# ---- 03.1, wrong


def _shares_loss(s):
    return ((_lse(s, 1) - np.diag(s)).mean() + (_lse(s, 0) - np.diag(s)).mean()) / 2


@wrong("03.1", "both directions along the rows", "pictures-only")
def nce_same_axis_twice(image, text, log_scale):
    s = _table(image, text, log_scale)
    return ((_lse(s, 1) - np.diag(s)).mean() + (_lse(s, 1) - np.diag(s)).mean()) / 2


@wrong("03.1", "squared lengths: no square root", "squared-length")
def nce_squared_lengths(image, text, log_scale):
    x = image / (image**2).sum(-1, keepdims=True)
    y = text / (text**2).sum(-1, keepdims=True)
    return _shares_loss(np.exp(np.float64(log_scale)) * x @ y.T)


@wrong("03.1", "sum of absolute values as length", "sum-of-sizes")
def nce_l1(image, text, log_scale):
    x = image / np.abs(image).sum(-1, keepdims=True)
    y = text / np.abs(text).sum(-1, keepdims=True)
    return _shares_loss(np.exp(np.float64(log_scale)) * x @ y.T)


@wrong("03.1", "logarithm to base 2", "base-2")
def nce_base_two(image, text, log_scale):
    return _shares_loss(_table(image, text, log_scale)) / np.log(2)


@wrong("03.1", "the scale is applied twice", "scale-twice")
def nce_scale_twice(image, text, log_scale):
    return _shares_loss(np.exp(np.float64(log_scale)) * _table(image, text, log_scale))


@wrong("03.1", "the scale is always CLIP's start, 1 / 0.07", "fixed-scale")
def nce_fixed_scale(image, text, log_scale):
    return _shares_loss(_table(image, text, -np.log(0.07)))


@wrong("03.1", "-log of the mean share", "log-of-mean")
def nce_log_of_mean(image, text, log_scale):
    s = _table(image, text, log_scale)
    own = np.diag(s)
    return -np.log((np.exp(own - _lse(s, 1)) + np.exp(own - _lse(s, 0))).mean() / 2)


@wrong("03.1", "the two shares averaged, then -log", "log-of-mean-of-both")
def nce_log_of_both(image, text, log_scale):
    s = _table(image, text, log_scale)
    own = np.diag(s)
    return -np.log((np.exp(own - _lse(s, 1)) + np.exp(own - _lse(s, 0))) / 2).mean()


@wrong("03.1", "the right one is taken from the first column", "first-as-right")
def nce_first_column(image, text, log_scale):
    s = _table(image, text, log_scale)
    return ((_lse(s, 1) - s[:, 0]).mean() + (_lse(s, 0) - s[0]).mean()) / 2


@wrong("03.1", "the best one instead of the right one", "best-as-right")
def nce_best(image, text, log_scale):
    s = _table(image, text, log_scale)
    return ((_lse(s, 1) - s.max(1)).mean() + (_lse(s, 0) - s.max(0)).mean()) / 2


@wrong("03.1", "the logarithm of the sum is missing: minus the right logit", "no-competition")
def nce_only_pull(image, text, log_scale):
    return -np.diag(_table(image, text, log_scale)).mean()


@wrong("03.1", "both directions returned, not averaged", "both-returned")
def nce_two_numbers(image, text, log_scale):
    s = _table(image, text, log_scale)
    return (_lse(s, 1) - np.diag(s)).mean(), (_lse(s, 0) - np.diag(s)).mean()


@wrong("03.1", "nothing returned", "returns-nothing")
def nce_nothing(image, text, log_scale):
    _shares_loss(_table(image, text, log_scale))


@wrong("03.1", "logarithm of an unscaled negative cosine", "not-finite")
def nce_log_of_cosine(image, text, log_scale):
    return np.log(-np.abs(_table(image, text, log_scale))).mean()


@wrong("03.1", "ln B, whatever the vectors", "chance")
def nce_chance(image, text, log_scale):
    return np.log(len(image))


# ---- 03.2, right


def _slopes(params, images, words):
    """The loss and its three slopes, by hand."""
    images, words = np.asarray(images, np.float64), np.asarray(words, np.float64)
    image, text = images @ np.float64(params["image"]), words @ np.float64(params["text"])
    x, y = _unit(image), _unit(text)
    scale = np.exp(np.float64(params["log_scale"]))
    s, own = scale * x @ y.T, np.eye(len(x))
    loss = _shares_loss(s)
    ds = (np.exp(s - _lse(s, 1)[:, None]) + np.exp(s - _lse(s, 0)[None]) - 2 * own) / (2 * len(x))
    dx, dy = scale * ds @ y, scale * ds.T @ x
    dx = (dx - x * (x * dx).sum(-1, keepdims=True)) / np.linalg.norm(image, axis=-1, keepdims=True)
    dy = (dy - y * (y * dy).sum(-1, keepdims=True)) / np.linalg.norm(text, axis=-1, keepdims=True)
    return loss, {"image": images.T @ dx, "text": words.T @ dy, "log_scale": (ds * s).sum()}


def _step(params, slopes, rate):
    return {name: np.float64(params[name]) - float(rate) * slopes[name] for name in params}


def _clip(params):
    return {**params, "log_scale": min(float(params["log_scale"]), math.log(100))}


@right("03.2")
def step_by_hand(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    return _clip(_step(params, slopes, learning_rate)), loss


@right("03.2")
def step_list_and_floats(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    new = _clip(_step(params, slopes, learning_rate))
    return [{"log_scale": new["log_scale"], "text": new["text"].tolist(), "image": new["image"].tolist()}, float(loss)]


@right("03.2")
def step_clipped_as_scale(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    new = _step(params, slopes, learning_rate)
    new["log_scale"] = np.log(np.minimum(np.exp(new["log_scale"]), 100.0))
    return new, np.asarray(loss, np.float32)


@right("03.2")
def step_by_differences(params, images, words, learning_rate):
    # slopes as differences of the loss a little above and below
    images, words = np.float64(images), np.float64(words)
    flat = np.concatenate([np.ravel(params[name]).astype(float) for name in ("image", "text", "log_scale")])
    cut = np.size(params["image"])

    def loss(flat):
        image, text = flat[:cut].reshape(np.shape(params["image"])), flat[cut:-1].reshape(np.shape(params["text"]))
        return _shares_loss(_table(images @ image, words @ text, flat[-1]))

    new = flat - learning_rate * np.array([loss(flat + e) - loss(flat - e) for e in 1e-5 * np.eye(len(flat))]) / 2e-5
    image, text = new[:cut].reshape(np.shape(params["image"])), new[cut:-1].reshape(np.shape(params["text"]))
    return _clip({"image": image, "text": text, "log_scale": new[-1]}), loss(flat)


@right("03.2")
def step_clipped_both_times(params, images, words, learning_rate):
    # a loss of its own: minus the mean of 2B logarithms of shares
    image, text = images @ np.asarray(params["image"]), words @ np.asarray(params["text"])
    s = _table(image, text, params["log_scale"])
    searches = np.stack([s - _lse(s, 1)[:, None], s - _lse(s, 0)[None]])
    loss = -np.einsum("cii->", searches) / (2 * len(s))
    _, slopes = _slopes(params, images, words)
    moved = {name: np.float32(p - learning_rate * slopes[name]) for name, p in params.items()}
    if moved["log_scale"] > math.log(100):
        moved["log_scale"] = np.float32(math.log(100))
    return moved, loss


# ---- 03.2, wrong


@wrong("03.2", "adds the slope", "uphill")
def step_uphill(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    return _clip(_step(params, slopes, -learning_rate)), loss


@wrong("03.2", "no learning rate", "no-learning-rate")
def step_no_rate(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    return _clip(_step(params, slopes, 1.0)), loss


@wrong("03.2", "clips log_scale at 100", "not-clipped")
def step_clip_hundred(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    new = _step(params, slopes, learning_rate)
    return {**new, "log_scale": min(new["log_scale"], 100.0)}, loss


@wrong("03.2", "clips every parameter", "all-clipped")
def step_clip_all(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    return {name: np.minimum(p, math.log(100)) for name, p in _step(params, slopes, learning_rate).items()}, loss


@wrong("03.2", "clips at the common logarithm of 100", "clipped-at-log10")
def step_clip_log10(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    new = _step(params, slopes, learning_rate)
    return {**new, "log_scale": min(new["log_scale"], np.log10(100))}, loss


@wrong("03.2", "clips before the loss is computed", "clipped-before-loss")
def step_clip_first(params, images, words, learning_rate):
    params = _clip(params)
    loss, slopes = _slopes(params, images, words)
    return _step(params, slopes, learning_rate), loss


@wrong("03.2", "clips before and after, so that the slopes are those at the limit", "clipped-before-loss")
def step_clip_before_and_after(params, images, words, learning_rate):
    params = _clip(params)
    loss, slopes = _slopes(params, images, words)
    return _clip(_step(params, slopes, learning_rate)), loss


@wrong("03.2", "clips log_scale below as well, so that the scale is at least 1", "clipped-below")
def step_clip_below(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    new = _step(params, slopes, learning_rate)
    return {**new, "log_scale": np.clip(new["log_scale"], 0, math.log(100))}, loss


@wrong("03.2", "log_scale is not learned", "not-moved")
def step_scale_stays(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    return _clip({**_step(params, slopes, learning_rate), "log_scale": params["log_scale"]}), loss


@wrong("03.2", "the slope of the scale, not of its logarithm", "slope-of-scale")
def step_slope_of_scale(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    slopes["log_scale"] = slopes["log_scale"] / np.exp(np.float64(params["log_scale"]))
    return _clip(_step(params, slopes, learning_rate)), loss


@wrong("03.2", "the slope flows through the direction as if lengths were fixed", "values")
def step_lengths_fixed(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    images, words = np.float64(images), np.float64(words)
    image, text = images @ params["image"], words @ params["text"]
    x, y, scale = _unit(image), _unit(text), np.exp(np.float64(params["log_scale"]))
    s = scale * x @ y.T
    ds = (np.exp(s - _lse(s, 1)[:, None]) + np.exp(s - _lse(s, 0)[None]) - 2 * np.eye(len(s))) / (2 * len(s))
    slopes["image"] = images.T @ (scale * ds @ y / np.linalg.norm(image, axis=-1, keepdims=True))
    slopes["text"] = words.T @ (scale * ds.T @ x / np.linalg.norm(text, axis=-1, keepdims=True))
    return _clip(_step(params, slopes, learning_rate)), loss


@wrong("03.2", "the loss after the step", "loss-after")
def step_loss_after(params, images, words, learning_rate):
    _, slopes = _slopes(params, images, words)
    new = _clip(_step(params, slopes, learning_rate))
    return new, _slopes(new, images, words)[0]


@wrong("03.2", "the slopes instead of the parameters", "slopes-returned")
def step_slopes_returned(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    return slopes, loss


@wrong("03.2", "returns loss, params", "exchanged")
def step_exchanged(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    return loss, _clip(_step(params, slopes, learning_rate))


@wrong("03.2", "returns the parameters only", "one-of-several")
def step_params_only(params, images, words, learning_rate):
    _, slopes = _slopes(params, images, words)
    return _clip(_step(params, slopes, learning_rate))


@wrong("03.2", "returns the matrices without log_scale", "not-several")
def step_scale_dropped(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    new = _step(params, slopes, learning_rate)
    return {"image": new["image"], "text": new["text"]}, loss


@wrong("03.2", "the embeddings of the batch instead of the matrices", "shape")
def step_embeddings(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    new = _clip(_step(params, slopes, learning_rate))
    return {**new, "image": images @ new["image"], "text": words @ new["text"]}, loss


@wrong("03.2", "returns four things", "not-several")
def step_four(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    new = _clip(_step(params, slopes, learning_rate))
    return new["image"], new["text"], new["log_scale"], loss


@wrong("03.2", "nothing returned", "returns-nothing")
def step_nothing(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images, words)
    _clip(_step(params, slopes, learning_rate))


@wrong("03.2", "changes params in place and returns the loss alone", "not-several")
def step_loss_only(params, images, words, learning_rate):
    return _slopes(params, images, words)[0]


@wrong("03.2", "the last row of the pictures is left out", "values")
def step_last_left_out(params, images, words, learning_rate):
    loss, slopes = _slopes(params, images[:-1], words[:-1])
    return _clip(_step(params, slopes, learning_rate)), loss


# ---- 03.3, right


@right("03.3")
def recall_sets(scores, right, ks):
    scores, hits = np.asarray(scores), []
    for k in ks:
        found = 0
        for q in range(len(right)):
            best = sorted(range(scores.shape[1]), key=lambda g: -float(scores[q][g]))[: int(k)]
            found += int(right[q]) in set(best)
        hits.append(found / len(right))
    return hits


@right("03.3")
def recall_places(scores, right, ks):
    places = np.argsort(np.argsort(-np.asarray(scores), axis=1), axis=1)
    own = places[np.arange(len(right)), np.asarray(right)]
    return np.mean(own[:, None] < np.asarray(ks)[None], axis=0)


@right("03.3")
def recall_counted_from_one(scores, right, ks):
    own = np.asarray(scores)[np.arange(len(right)), right]
    place = (np.asarray(scores) >= own[:, None]).sum(1)
    return tuple(float((place <= k).mean()) for k in ks)


@right("03.3")
def recall_cumulated(scores, right, ks):
    scores = np.asarray(scores)
    size = scores.shape[1]
    place = [int((row > row[r]).sum()) for row, r in zip(scores, right)]
    share = np.cumsum(np.bincount(place, minlength=size)) / len(place)
    return np.array([share[min(int(k), size) - 1] for k in ks], dtype=np.float64)


@right("03.3")
def recall_vectorized(scores, right, ks):
    above = np.vectorize(lambda row, r: (row > row[r]).sum(), signature="(g),()->()")(np.asarray(scores), np.asarray(right))
    return np.stack([np.mean(above < k, dtype=np.float32) for k in ks])


@right("03.3")
def recall_threshold(scores, right, ks):
    # the k-th best score of each row is the threshold
    scores = np.asarray(scores)
    ordered = -np.sort(-scores, axis=1)
    own = np.take_along_axis(scores, np.asarray(right)[:, None], 1)[:, 0]
    return [np.float64(own >= ordered[:, min(k, scores.shape[1]) - 1]).mean() for k in ks]


# ---- 03.3, wrong


def _above(scores, right):
    scores = np.asarray(scores)
    return (scores > scores[np.arange(len(right)), np.asarray(right)][:, None]).sum(1)


@wrong("03.3", "one place too generous: <= k", "one-too-far")
def recall_off_by_one(scores, right, ks):
    return [(_above(scores, right) <= k).mean() for k in ks]


@wrong("03.3", "one place too strict: counts the right item as above itself", "one-too-few")
def recall_too_strict(scores, right, ks):
    return [(_above(scores, right) + 1 < k).mean() for k in ks]


@wrong("03.3", "exactly in place k", "exactly-at-k")
def recall_exactly(scores, right, ks):
    return [(_above(scores, right) == k - 1).mean() for k in ks]


@wrong("03.3", "lowest scores are best", "worst-first")
def recall_ascending(scores, right, ks):
    return [(_above(-np.asarray(scores), right) < k).mean() for k in ks]


@wrong("03.3", "the right item is taken to be on the diagonal", "diagonal")
def recall_diagonal(scores, right, ks):
    scores = np.asarray(scores)
    own = np.arange(len(scores)) % scores.shape[1]
    return [(_above(scores, own) < k).mean() for k in ks]


@wrong("03.3", "argsort once, taken for places", "argsort-once")
def recall_argsort_once(scores, right, ks):
    order = np.argsort(-np.asarray(scores), axis=1)
    return [(order[np.arange(len(right)), right] < k).mean() for k in ks]


@wrong("03.3", "the number of queries instead of the share", "counts")
def recall_counts(scores, right, ks):
    return [float((_above(scores, right) < k).sum()) for k in ks]


@wrong("03.3", "divided by the number of items", "divided-by-gallery")
def recall_by_gallery(scores, right, ks):
    return [(_above(scores, right) < k).sum() / np.shape(scores)[1] for k in ks]


@wrong("03.3", "divided by k, as a precision", "precision")
def recall_precision(scores, right, ks):
    return [(_above(scores, right) < k).mean() / k for k in ks]


@wrong("03.3", "percent", "percent")
def recall_percent(scores, right, ks):
    return [100 * (_above(scores, right) < k).mean() for k in ks]


@wrong("03.3", "sorted by columns: for each item the best queries", "columns-as-queries")
def recall_columns(scores, right, ks):
    scores = np.asarray(scores)
    own = scores[np.arange(len(right)), right]
    above = np.array([(scores[:, r] > o).sum() for r, o in zip(right, own)])
    return [(above < k).mean() for k in ks]


@wrong("03.3", "every k up to the largest", "every-k")
def recall_every_k(scores, right, ks):
    return [(_above(scores, right) < k).mean() for k in range(1, max(ks) + 1)]


@wrong("03.3", "only the first k", "first-k-for-all")
def recall_first_k(scores, right, ks):
    return [(_above(scores, right) < ks[0]).mean()] * len(ks)


@wrong("03.3", "one row a query: not averaged", "per-query")
def recall_hits(scores, right, ks):
    return np.stack([(_above(scores, right) < k) for k in ks], axis=1).astype(float)


@wrong("03.3", "the mean place", "mean-rank-from-1")
def recall_mean_place(scores, right, ks):
    return [float((_above(scores, right) + 1).mean()) for _ in ks]


@wrong("03.3", "share missed instead of found", "misses")
def recall_missed(scores, right, ks):
    return [(_above(scores, right) >= k).mean() for k in ks]


@wrong("03.3", "fails where k exceeds the gallery", "exception")
def recall_no_overflow(scores, right, ks):
    ordered = -np.sort(-np.asarray(scores), axis=1)
    own = np.asarray(scores)[np.arange(len(right)), right]
    return [(own >= ordered[:, k - 1]).mean() for k in ks]


@wrong("03.3", "a k beyond the gallery finds nothing", "exactly-at-k")
def recall_overflow_zero(scores, right, ks):
    return [0.0 if k > np.shape(scores)[1] else (_above(scores, right) < k).mean() for k in ks]


@wrong("03.3", "wraps around: k modulo the size of the gallery", "values")
def recall_wrapped(scores, right, ks):
    size = np.shape(scores)[1]
    return [(_above(scores, right) < k % size).mean() for k in ks]


@wrong("03.3", "chance", "chance")
def recall_chance(scores, right, ks):
    return [min(1.0, k / np.shape(scores)[1]) for k in ks]


# ---- 03.4, right


@right("03.4")
def zero_einsum(image, prompts):
    mean = _unit(np.einsum("ked,ke->kd", np.float64(prompts), 1 / np.linalg.norm(prompts, axis=-1)))
    return np.einsum("bd,kd->bk", _unit(image), mean)


@right("03.4")
def zero_loops(image, prompts):
    classes = []
    for ways in np.asarray(prompts, np.float64):
        total = np.zeros(ways.shape[-1])
        for way in ways:
            total += way / math.sqrt((way**2).sum())
        classes.append(total / math.sqrt((total**2).sum()))  # of a sum as of a mean
    return [[float(x @ c) / math.sqrt(float(x @ x)) for c in classes] for x in np.asarray(image, np.float64)]


@right("03.4")
def zero_apply(image, prompts):
    image, prompts = np.asarray(image), np.asarray(prompts)

    def unit(x):
        return x / np.sqrt((x * x).sum())

    classes = np.apply_along_axis(unit, 1, np.apply_along_axis(unit, 2, prompts).mean(1))
    return np.stack([classes @ unit(x) for x in image])


@right("03.4")
def zero_mean_of_cosines(image, prompts):
    # the mean of the cosines, divided by the length of the mean
    cosines = np.einsum("bd,ked->bke", _unit(image), _unit(prompts)).mean(-1)
    return cosines / np.linalg.norm(_unit(prompts).mean(1), axis=-1)


@right("03.4")
def zero_clipped(image, prompts):
    x, y = _unit(image), _unit(_unit(prompts).mean(axis=1))
    return np.clip(np.inner(x, y), -1, 1).astype(np.float32)


@right("03.4")
def zero_flattened(image, prompts):
    k, e, d = np.shape(prompts)
    flat = _unit(np.reshape(prompts, (k * e, d)))
    averages = np.kron(np.eye(k), np.ones((1, e)) / e)
    return (_unit(averages @ flat) @ _unit(image).T).T


# ---- 03.4, wrong


@wrong("03.4", "the prompts are averaged with their lengths", "prompts-not-normalised")
def zero_long_ones_win(image, prompts):
    return _unit(image) @ _unit(np.mean(prompts, 1)).T


@wrong("03.4", "the mean keeps its length", "class-not-normalised")
def zero_mean_short(image, prompts):
    return _unit(image) @ _unit(prompts).mean(1).T


@wrong("03.4", "lengths nowhere", "nothing-normalised")
def zero_raw(image, prompts):
    return np.float64(image) @ np.mean(prompts, 1).T


@wrong("03.4", "the pictures keep their lengths", "image-not-normalised")
def zero_raw_pictures(image, prompts):
    return np.float64(image) @ _unit(_unit(prompts).mean(1)).T


@wrong("03.4", "prompts keep their lengths, and the mean too", "prompts-raw-mean-raw")
def zero_raw_text(image, prompts):
    return _unit(image) @ np.mean(prompts, 1).T


@wrong("03.4", "the table turned round", "transposed")
def zero_transposed(image, prompts):
    return _unit(_unit(prompts).mean(1)) @ _unit(image).T


@wrong("03.4", "the best prompt of each class instead of the mean", "best-prompt")
def zero_best_prompt(image, prompts):
    return np.einsum("bd,ked->bke", _unit(image), _unit(prompts)).max(-1)


@wrong("03.4", "the first prompt only", "first-prompt")
def zero_first_prompt(image, prompts):
    return _unit(image) @ _unit(prompts[:, 0]).T


@wrong("03.4", "averaged over the classes", "averaged-over-classes")
def zero_over_classes(image, prompts):
    return _unit(image) @ _unit(_unit(prompts).mean(0)).T


@wrong("03.4", "lengths along the prompts, axis 1", "normalised-over-prompts")
def zero_lengths_axis(image, prompts):
    return _unit(image) @ _unit(_unit(prompts, 1).mean(1)).T


@wrong("03.4", "one length for all prompts of a class", "prompts-not-normalised")
def zero_one_length(image, prompts):
    p = np.float64(prompts)
    p = p / np.linalg.norm(p, axis=(1, 2), keepdims=True)
    return _unit(image) @ _unit(p.mean(1)).T


@wrong("03.4", "every cosine, not averaged", "each-prompt")
def zero_all_cosines(image, prompts):
    return np.einsum("bd,ked->bke", _unit(image), _unit(prompts))


@wrong("03.4", "the number of the best class", "choices")
def zero_argmax(image, prompts):
    return (_unit(image) @ _unit(_unit(prompts).mean(1)).T).argmax(1)


@wrong("03.4", "shares: a softmax over the classes", "softmax")
def zero_softmax(image, prompts):
    s = _unit(image) @ _unit(_unit(prompts).mean(1)).T
    return np.exp(s) / np.exp(s).sum(1, keepdims=True)


@wrong("03.4", "the median of the prompts", "median")
def zero_median(image, prompts):
    return _unit(image) @ _unit(np.median(_unit(prompts), axis=1)).T


@wrong("03.4", "minus the distance instead of the cosine", "minus-euclidean")
def zero_distance(image, prompts):
    y = _unit(_unit(prompts).mean(1))
    return -np.linalg.norm(_unit(image)[:, None] - y[None], axis=-1)


@wrong("03.4", "angles", "angles")
def zero_angles(image, prompts):
    return np.arccos(np.clip(_unit(image) @ _unit(_unit(prompts).mean(1)).T, -1, 1))


@wrong("03.4", "the sum of the unit prompts, not of length 1", "sum-not-normalised")
def zero_sum(image, prompts):
    return _unit(image) @ _unit(prompts).sum(1).T


@wrong("03.4", "the mean of the lengths divides the mean", "class-by-squared-length")
def zero_squared(image, prompts):
    y = _unit(prompts).mean(1)
    return _unit(image) @ (y / (y**2).sum(-1, keepdims=True)).T


@wrong("03.4", "the absolute value of the cosine", "absolute")
def zero_absolute(image, prompts):
    return np.abs(_unit(image) @ _unit(_unit(prompts).mean(1)).T)


# ---- 03.5, right


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
def search_float64(cache, queries, k):
    table = _unit(queries) @ np.float64(cache).T
    items = np.flip(np.argsort(table, axis=1), axis=1)[:, :k]
    return items, np.take_along_axis(table, items, axis=1)


@right("03.5")
def search_cache_made_unit_again(cache, queries, k):
    # half precision leaves lengths of almost 1
    table = _unit(queries) @ _unit(np.float32(cache)).T
    items = np.argsort(-table, axis=1)[:, :k]
    return [items.astype(np.int64), np.take_along_axis(table, items, axis=1).astype(np.float32)]


@right("03.5")
def search_heap(cache, queries, k):
    table = np.float32(queries) / np.linalg.norm(queries, axis=-1, keepdims=True) @ np.float32(cache).T
    items = [heapq.nlargest(int(k), range(len(cache)), key=row.__getitem__) for row in table]
    return np.array(items), np.array([row[best] for row, best in zip(table, items)])


@right("03.5")
def search_partition(cache, queries, k):
    table = np.einsum("gd,qd->qg", np.float32(cache), np.float32(_unit(queries)))
    rows = np.arange(len(table))[:, None]
    some = np.argpartition(-table, k - 1, axis=1)[:, :k]
    items = some[rows, np.argsort(-table[rows, some], axis=1)]
    return items, table[rows, items]


@right("03.5")
def search_lengths_last(cache, queries, k):
    # the order does not depend on a query's length
    table = np.float64(queries) @ np.float64(cache).T
    items = np.argsort(table)[:, ::-1][:, :k]
    return items.tolist(), (np.take_along_axis(table, items, 1) / np.linalg.norm(queries, axis=1)[:, None]).tolist()


# ---- 03.5, wrong


def _best(table, k):
    items = np.argsort(-table, axis=1)[:, :k]
    return items, np.take_along_axis(table, items, 1)


def _cosines(cache, queries):
    return _unit(queries) @ np.float64(cache).T


@wrong("03.5", "the queries keep their lengths", "query-not-normalised")
def search_raw(cache, queries, k):
    return _best(np.float64(queries) @ np.float64(cache).T, k)


@wrong("03.5", "best last", "ascending")
def search_best_last(cache, queries, k):
    items, values = _best(_cosines(cache, queries), k)
    return items[:, ::-1], values[:, ::-1]


@wrong("03.5", "the worst k", "worst-first")
def search_worst(cache, queries, k):
    table = _cosines(cache, queries)
    items = np.argsort(table, axis=1)[:, :k]
    return items, np.take_along_axis(table, items, 1)


@wrong("03.5", "cosines, items", "cosines-first")
def search_exchanged(cache, queries, k):
    return _best(_cosines(cache, queries), k)[::-1]


@wrong("03.5", "the items only", "one-of-several")
def search_items_only(cache, queries, k):
    return _best(_cosines(cache, queries), k)[0]


@wrong("03.5", "the cosines only", "one-of-several")
def search_cosines_only(cache, queries, k):
    return _best(_cosines(cache, queries), k)[1]


@wrong("03.5", "the cosines of all items", "all-cosines")
def search_whole_table(cache, queries, k):
    table = _cosines(cache, queries)
    return _best(table, k)[0], table


@wrong("03.5", "the first k columns as cosines", "not-gathered")
def search_first_columns(cache, queries, k):
    table = _cosines(cache, queries)
    return _best(table, k)[0], table[:, :k]


@wrong("03.5", "all items in order, not k", "all-items")
def search_all(cache, queries, k):
    return _best(_cosines(cache, queries), len(cache))


@wrong("03.5", "always five", "shape")
def search_five(cache, queries, k):
    return _best(_cosines(cache, queries), 5)


@wrong("03.5", "the best k queries of each item", "queries-for-items")
def search_for_items(cache, queries, k):
    return _best(_cosines(cache, queries).T, k)


@wrong("03.5", "one row an item: transposed", "transposed")
def search_transposed(cache, queries, k):
    items, values = _best(_cosines(cache, queries), k)
    return items.T, values.T


@wrong("03.5", "one best too many skipped: places 2 to k + 1", "best-left-out")
def search_skips_first(cache, queries, k):
    items, values = _best(_cosines(cache, queries), k + 1)
    return items[:, 1:], values[:, 1:]


@wrong("03.5", "items counted from 1", "counted-from-1")
def search_from_one(cache, queries, k):
    items, values = _best(_cosines(cache, queries), k)
    return items + 1, values


@wrong("03.5", "distances", "euclidean")
def search_distances(cache, queries, k):
    items, values = _best(_cosines(cache, queries), k)
    return items, np.sqrt(2 - 2 * values)


@wrong("03.5", "minus the cosines: of argsort of minus the table", "negated")
def search_minus(cache, queries, k):
    items, values = _best(_cosines(cache, queries), k)
    return items, -values


@wrong("03.5", "places instead of items", "positions-of-items")
def search_places(cache, queries, k):
    table = _cosines(cache, queries)
    places = np.argsort(np.argsort(-table, axis=1), axis=1)
    return places[:, :k], _best(table, k)[1]


@wrong("03.5", "one length for all queries", "one-length-for-all")
def search_one_length(cache, queries, k):
    q = np.float64(queries) / np.linalg.norm(queries)
    return _best(q @ np.float64(cache).T, k)


@wrong("03.5", "the queries' lengths along axis 0", "normalised-over-queries")
def search_axis_zero(cache, queries, k):
    return _best(_unit(queries, 0) @ np.float64(cache).T, k)


@wrong("03.5", "the items sorted by number", "in-gallery-order")
def search_sorted_items(cache, queries, k):
    table = _cosines(cache, queries)
    items = np.sort(_best(table, k)[0], axis=1)
    return items, np.take_along_axis(table, items, 1)


@wrong("03.5", "right items, their cosines of the first query", "first-query")
def search_first_query(cache, queries, k):
    table = _cosines(cache, queries)
    items = _best(table, k)[0]
    return items, table[0][items]


@wrong("03.5", "nothing returned", "returns-nothing")
def search_nothing(cache, queries, k):
    _best(_cosines(cache, queries), k)


# ---- 03.6, right


@right("03.6")
def siglip_loops(image, text, log_scale, bias):
    x, y, total = _unit(image), _unit(text), 0.0
    for i in range(len(x)):
        for j in range(len(y)):
            z = 1 if i == j else -1
            total += math.log(1 + math.exp(-z * (math.exp(log_scale) * float(x[i] @ y[j]) + float(bias))))
    return total / len(x)


@right("03.6")
def siglip_logaddexp(image, text, log_scale, bias):
    s = _table(image, text, log_scale) + np.float64(bias)
    return np.logaddexp(0, s).sum() / len(s) - np.trace(s) / len(s)


@right("03.6")
def siglip_cross_entropy(image, text, log_scale, bias):
    p = 1 / (1 + np.exp(-_table(image, text, log_scale) - bias))
    y = np.eye(len(p))
    return float(-(y * np.log(p) + (1 - y) * np.log1p(-p)).sum(axis=1).mean())


@right("03.6")
def siglip_softplus_float32(image, text, log_scale, bias):
    x = np.float32(image) / np.linalg.norm(image, axis=1, keepdims=True)
    y = np.float32(text) / np.linalg.norm(text, axis=1, keepdims=True)
    s = np.exp(np.float32(log_scale)) * np.einsum("id,jd->ij", x, y) + bias
    s = np.where(np.eye(len(s), dtype=bool), -s, s)
    return (np.maximum(s, 0) + np.log1p(np.exp(-np.abs(s)))).sum(0).mean()


@right("03.6")
def siglip_two_sums(image, text, log_scale, bias):
    s = _table(image, text, log_scale) + float(bias)
    own = np.diag(s)
    others = s[~np.eye(len(s), dtype=bool)]
    return (np.log1p(np.exp(-own)).sum() + np.log1p(np.exp(others)).sum()) / len(s)


@right("03.6")
def siglip_many_times_mean(image, text, log_scale, bias):
    s = _table(image, text, log_scale) + float(bias)
    z = 2 * np.eye(len(s)) - 1
    return np.array(len(s) * np.logaddexp(0, -z * s).mean(), np.float32)


# ---- 03.6, wrong


def _pairs(s, z=None):
    z = 2 * np.eye(len(s)) - 1 if z is None else z
    return np.logaddexp(0, -z * s)


@wrong("03.6", "divided by all pairs", "divided-by-all-pairs")
def siglip_mean(image, text, log_scale, bias):
    return _pairs(_table(image, text, log_scale) + bias).mean()


@wrong("03.6", "signs turned round", "signs-flipped")
def siglip_flipped(image, text, log_scale, bias):
    s = _table(image, text, log_scale) + bias
    return _pairs(s, 1 - 2 * np.eye(len(s))).sum() / len(s)


@wrong("03.6", "the sign stands before the table only, not before the bias", "bias-not-signed")
def siglip_bias_unsigned(image, text, log_scale, bias):
    s = _table(image, text, log_scale)
    z = 2 * np.eye(len(s)) - 1
    return np.logaddexp(0, -(z * s + bias)).sum() / len(s)


@wrong("03.6", "no bias", "no-bias")
def siglip_no_bias(image, text, log_scale, bias):
    s = _table(image, text, log_scale)
    return _pairs(s).sum() / len(s)


@wrong("03.6", "bias inside the scale", "bias-scaled")
def siglip_bias_scaled(image, text, log_scale, bias):
    s = np.exp(np.float64(log_scale)) * (_table(image, text, 0) + bias)
    return _pairs(s).sum() / len(s)


@wrong("03.6", "exp of the bias", "bias-exp")
def siglip_bias_exp(image, text, log_scale, bias):
    s = _table(image, text, log_scale) + np.exp(np.float64(bias))
    return _pairs(s).sum() / len(s)


@wrong("03.6", "the bias only where pairs belong together", "bias-on-diagonal")
def siglip_bias_diagonal(image, text, log_scale, bias):
    s = _table(image, text, log_scale)
    return _pairs(s + bias * np.eye(len(s))).sum() / len(s)


@wrong("03.6", "no scale", "no-scale")
def siglip_no_scale(image, text, log_scale, bias):
    s = _table(image, text, 0) + bias
    return _pairs(s).sum() / len(s)


@wrong("03.6", "log_scale itself", "log-scale-as-scale")
def siglip_log_scale(image, text, log_scale, bias):
    s = np.float64(log_scale) * _table(image, text, 0) + bias
    return _pairs(s).sum() / len(s)


@wrong("03.6", "no lengths", "not-normalised")
def siglip_raw(image, text, log_scale, bias):
    s = np.exp(np.float64(log_scale)) * np.float64(image) @ text.T + bias
    return _pairs(s).sum() / len(s)


@wrong("03.6", "the minus is missing", "sign")
def siglip_sign(image, text, log_scale, bias):
    s = _table(image, text, log_scale) + bias
    return -_pairs(s).sum() / len(s)


@wrong("03.6", "the pairs off the diagonal left out", "right-pairs-only")
def siglip_own_only(image, text, log_scale, bias):
    return np.diag(_pairs(_table(image, text, log_scale) + bias)).mean()


@wrong("03.6", "off the diagonal sign 0", "zero-off-diagonal")
def siglip_eye(image, text, log_scale, bias):
    s = _table(image, text, log_scale) + bias
    return _pairs(s, np.eye(len(s))).sum() / len(s)


@wrong("03.6", "each kind of pair averaged by itself, then added", "balanced")
def siglip_balanced(image, text, log_scale, bias):
    pairs = _pairs(_table(image, text, log_scale) + bias)
    own = np.eye(len(pairs), dtype=bool)
    return pairs[own].mean() + pairs[~own].mean()


@wrong("03.6", "halved, as if there were two directions", "halved")
def siglip_halved(image, text, log_scale, bias):
    s = _table(image, text, log_scale) + bias
    return _pairs(s).sum() / (2 * len(s))


@wrong("03.6", "divided by the width D", "divided-by-width")
def siglip_by_width(image, text, log_scale, bias):
    return _pairs(_table(image, text, log_scale) + bias).sum() / np.shape(image)[1]


@wrong("03.6", "logarithm to base 2", "base-2")
def siglip_base_two(image, text, log_scale, bias):
    s = _table(image, text, log_scale) + bias
    return _pairs(s).sum() / len(s) / np.log(2)


@wrong("03.6", "1 minus the sigmoid instead of minus its logarithm", "one-minus-sigmoid")
def siglip_one_minus(image, text, log_scale, bias):
    s = _table(image, text, log_scale) + bias
    return (1 - np.exp(-_pairs(s))).sum() / len(s)


@wrong("03.6", "the bias subtracted", "bias-subtracted")
def siglip_minus_bias(image, text, log_scale, bias):
    s = _table(image, text, log_scale) - bias
    return _pairs(s).sum() / len(s)


@wrong("03.6", "a softmax both ways", "softmax")
def siglip_info_nce(image, text, log_scale, bias):
    return _shares_loss(_table(image, text, log_scale) + bias)


@wrong("03.6", "nothing returned", "returns-nothing")
def siglip_nothing(image, text, log_scale, bias):
    _pairs(_table(image, text, log_scale) + bias).sum()
