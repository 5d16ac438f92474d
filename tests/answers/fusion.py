"""Answers to the exercises of notebook 01, written from their texts.

All of RIGHT must pass; each of WRONG must be told what it got wrong (its description, then the diagnosis it must get).
"""

import collections
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
from einops import einsum, rearrange, reduce
from flax import nnx

from course_utils import training
from course_utils.experiments.fusion import trainer
from course_utils.models import fusion
from course_utils.world.questions import ANSWERS, VOCAB

# ---- 01.1 vqa_accuracy(answers int[B], given int[B, A]) → float[B]


def accuracy_loops(answers, given):
    result = []
    for answer, said in zip(answers.tolist(), given.tolist()):
        total = 0
        for left_out in range(len(said)):
            others = said[:left_out] + said[left_out + 1 :]
            total += min(1, others.count(answer) / 3)
        result.append(total / len(said))
    return result


def accuracy_broadcast(answers, given):
    same = given == answers[:, None]
    others = same.sum(axis=1, keepdims=True) - same
    return jnp.minimum(1, others / 3).mean(axis=1)


def accuracy_vmap(answers, given):
    def one(answer, said):
        def without(a):
            return jnp.minimum(1.0, ((said == answer) & (jnp.arange(len(said)) != a)).sum() / 3)

        return jax.vmap(without)(jnp.arange(len(said))).mean()

    return jax.vmap(one)(answers, given)


def accuracy_numpy_delete(answers, given):
    answers, given = np.asarray(answers), np.asarray(given)
    rows = [np.minimum(1, (np.delete(given, a, axis=1) == answers[:, None]).sum(1) / 3) for a in range(given.shape[1])]
    return np.mean(rows, axis=0)


def accuracy_mask(answers, given):
    people = given.shape[1]
    others = ~np.eye(people, dtype=bool)
    agreeing = jnp.einsum("ba,la->bl", (given == answers[:, None]).astype(jnp.float32), others.astype(jnp.float32))
    return jnp.clip(agreeing / 3, 0, 1).mean(-1)


def accuracy_formula(answers, given):
    n, people = (given == answers[:, None]).sum(1), given.shape[1]
    return jnp.minimum(1, n * (people - 1) / (3 * people))  # with four or more people the minimum can come last


def accuracy_two_kinds(answers, given):
    n = np.equal(np.array(given), np.array(answers)[:, None]).sum(axis=-1).astype(np.float32)
    people = given.shape[-1]
    return (n * np.clip((n - 1) / 3, 0, 1) + (people - n) * np.clip(n / 3, 0, 1)) / people


def nobody_left_out(answers, given):
    return jnp.minimum((given == answers[:, None]).sum(axis=1) / 3, 1)


def share_who_agree(answers, given):
    return (given == answers[:, None]).mean(axis=1)


def most_common_answer(answers, given):
    return jnp.array([int(collections.Counter(row).most_common(1)[0][0] == a) for a, row in zip(answers.tolist(), given.tolist())])


def most_common_sorted(answers, given):
    best = [max(sorted(set(row)), key=row.count) for row in given.tolist()]
    return jnp.asarray(best) == answers


def anybody(answers, given):
    return jnp.any(given == answers[:, None], axis=1).astype(jnp.float32)


def three_or_nothing(answers, given):
    return ((given == answers[:, None]).sum(1) >= 3).astype(float)


def without_one_who_agrees(answers, given):
    n = (given == answers[:, None]).sum(1)
    return jnp.minimum(1, jnp.maximum(n - 1, 0) / 3)


def first_left_out(answers, given):
    return jnp.minimum(1, (given[:, 1:] == answers[:, None]).sum(1) / 3)


def last_left_out(answers, given):
    return jnp.minimum(1, (given[:, :-1] == answers[:, None]).sum(1) / 3)


def divided_by_two(answers, given):
    same = given == answers[:, None]
    return jnp.minimum(1, (same.sum(1, keepdims=True) - same) / 2).mean(1)


def no_min(answers, given):
    same = given == answers[:, None]
    return ((same.sum(1, keepdims=True) - same) / 3).mean(1)


def no_min_nobody_left_out(answers, given):
    return (given == answers[:, None]).sum(1) / 3


def max_for_min(answers, given):
    same = given == answers[:, None]
    return jnp.maximum(1, (same.sum(1, keepdims=True) - same) / 3).mean(1)


def integer_division(answers, given):
    same = (given == answers[:, None]).astype(int)
    return jnp.minimum(1, (same.sum(1, keepdims=True) - same) // 3).mean(1)


def mean_of_all(answers, given):
    return accuracy_broadcast(answers, given).mean()


def mean_over_questions(answers, given):
    same = given == answers[:, None]
    return jnp.minimum(1, (same.sum(1, keepdims=True) - same) / 3).mean(0)


def mean_forgotten(answers, given):
    same = given == answers[:, None]
    return jnp.minimum(1, (same.sum(1, keepdims=True) - same) / 3)


def sum_for_mean(answers, given):
    same = given == answers[:, None]
    return jnp.minimum(1, (same.sum(1, keepdims=True) - same) / 3).sum(1)


def three_tenths(answers, given):
    return jnp.minimum(1, 0.3 * (given == answers[:, None]).sum(1))


def always_ten(answers, given):
    total = 0
    for a in range(given.shape[1]):
        others = jnp.delete(given, a, axis=1)
        total = total + jnp.minimum(1, (others == answers[:, None]).sum(1) / 3)
    return total / 10


def table_for_ten(answers, given):
    return jnp.array([0, 0.3, 0.6, 0.9, 1, 1, 1, 1, 1, 1, 1])[(given == answers[:, None]).sum(1)]


def loop_overwrites(answers, given):
    for a in range(given.shape[1]):
        others = np.delete(np.asarray(given), a, axis=1)
        result = np.minimum(1, (others == np.asarray(answers)[:, None]).sum(1) / 3)
    return result


def counts_only_the_one_left_out(answers, given):
    return jnp.minimum(1, (given == answers[:, None]) / 3).mean(1)


def plain_counts(answers, given):
    return (given == answers[:, None]).sum(1)


def axes_do_not_fit(answers, given):
    return jnp.minimum(1, (given == answers).sum(1) / 3)


def complement(answers, given):
    return 1 - accuracy_broadcast(answers, given)


def annotators_alone(answers, given):
    others = (given[:, :, None] == given[:, None, :]).sum(-1) - 1
    return jnp.minimum(1, others / 3).mean(1)


def in_a_tuple(answers, given):
    return accuracy_broadcast(answers, given), (given == answers[:, None]).sum(1)


def empty_stub(*arguments):
    raise NotImplementedError


def nothing_returned(*arguments):
    arguments = None  # noqa: F841


# ---- 01.2 answer_targets(annotations, most) → vocabulary, targets


def targets_counter(annotations, most):
    counts = collections.Counter(answer for given in annotations for answer in given)
    vocabulary = sorted(counts, key=lambda answer: (-counts[answer], answer))[:most]
    targets = jnp.zeros((len(annotations), len(vocabulary)))
    for b, given in enumerate(annotations):
        for k, answer in enumerate(vocabulary):
            accuracies = [min(1, (given[:a] + given[a + 1 :]).count(answer) / 3) for a in range(len(given))]
            targets = targets.at[b, k].set(sum(accuracies) / len(given))
    return vocabulary, targets


def targets_numpy_unique(annotations, most):
    names, counts = np.unique(np.array(annotations), return_counts=True)
    order = np.lexsort((names, -counts))[:most]
    vocabulary = names[order]  # an array of strings
    same = np.array(annotations)[:, :, None] == vocabulary  # (B, A, K)
    others = same.sum(1, keepdims=True) - same
    return vocabulary, np.minimum(1, others / 3).mean(1)


def targets_lists(annotations, most):
    counts = {}
    for given in annotations:
        for answer in given:
            counts[answer] = counts.get(answer, 0) + 1
    ranking = sorted(sorted(counts), key=counts.get, reverse=True)  # sorting is stable: the alphabet first
    vocabulary = tuple(ranking[:most])
    rows = []
    for given in annotations:
        row = []
        for answer in vocabulary:
            n, a = given.count(answer), len(given)
            row.append((n * min(1, (n - 1) / 3) + (a - n) * min(1, n / 3)) / a if n else 0)
        rows.append(row)
    return [vocabulary, rows]


def targets_with_own_accuracy(annotations, most):
    """With exercise 01.1: answers become numbers, the ones that are not kept −1."""
    counts = collections.Counter(sum(annotations, []))
    vocabulary = [a for a, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))][:most]
    number = {answer: k for k, answer in enumerate(vocabulary)}
    given = jnp.array([[number.get(answer, -1) for answer in said] for said in annotations])
    columns = [accuracy_broadcast(jnp.full(len(annotations), k), given) for k in range(len(vocabulary))]
    return vocabulary, jnp.stack(columns, axis=1)


def _vocabulary(annotations, most):
    return targets_counter(annotations, most)[0]


def _counts(annotations, vocabulary):
    return np.array([[given.count(answer) for answer in vocabulary] for given in annotations])


def _accuracies(annotations, vocabulary):
    n, people = _counts(annotations, vocabulary), len(annotations[0])
    return (n * np.clip(n - 1, 0, 3) + (people - n) * np.clip(n, 0, 3)) / (3 * people)


def with_vocabulary(vocabulary_of):
    """A wrong vocabulary with targets that fit it."""

    def wrong(annotations, most):
        vocabulary = vocabulary_of(annotations, most)
        return vocabulary, _accuracies(annotations, vocabulary)

    wrong.__name__ = vocabulary_of.__name__
    return wrong


@with_vocabulary
def most_common(annotations, most):
    return [answer for answer, _ in collections.Counter(a for given in annotations for a in given).most_common(most)]


@with_vocabulary
def reverse_turns_the_alphabet(annotations, most):
    counts = collections.Counter(a for given in annotations for a in given)
    return sorted(counts, key=lambda answer: (counts[answer], answer), reverse=True)[:most]


@with_vocabulary
def each_question_once(annotations, most):
    counts = collections.Counter(a for given in annotations for a in set(given))
    return sorted(counts, key=lambda answer: (-counts[answer], answer))[:most]


@with_vocabulary
def favourites(annotations, most):
    counts = collections.Counter(collections.Counter(given).most_common(1)[0][0] for given in annotations)
    return sorted(counts, key=lambda answer: (-counts[answer], answer))[:most]


@with_vocabulary
def sorted_upwards(annotations, most):
    counts = collections.Counter(a for given in annotations for a in given)
    return sorted(counts, key=lambda answer: (counts[answer], answer))[:most]


@with_vocabulary
def alphabet(annotations, most):
    return sorted({a for given in annotations for a in given})[:most]


@with_vocabulary
def kept_and_then_sorted(annotations, most):
    return sorted(_vocabulary(annotations, most))


@with_vocabulary
def whole_ranking(annotations, most):
    counts = collections.Counter(a for given in annotations for a in given)
    return sorted(counts, key=lambda answer: (-counts[answer], answer))


@with_vocabulary
def as_they_come(annotations, most):
    return list(dict.fromkeys(a for given in annotations for a in given))[:most]


@with_vocabulary
def upside_down(annotations, most):
    return _vocabulary(annotations, most)[::-1]


def pairs(annotations, most):
    counts = collections.Counter(a for given in annotations for a in given)
    return counts.most_common(most), _accuracies(annotations, _vocabulary(annotations, most))


def first_of_each(annotations, most):
    counts = collections.Counter(given[0] for given in annotations)
    vocabulary = sorted(counts, key=lambda answer: (-counts[answer], answer))[:most]
    return vocabulary, _accuracies(annotations, vocabulary)


def as_wide_as_most(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    targets = np.zeros((len(annotations), most))
    targets[:, : len(vocabulary)] = _accuracies(annotations, vocabulary)
    return vocabulary, targets


def one_hot(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    targets = jnp.zeros((len(annotations), most))
    for b, given in enumerate(annotations):
        best = collections.Counter(given).most_common(1)[0][0]
        if best in vocabulary:
            targets = targets.at[b, vocabulary.index(best)].set(1.0)
    return vocabulary, targets


def shares(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    return vocabulary, [[given.count(a) / len(given) for a in vocabulary] for given in annotations]


def thirds_of_all(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    return vocabulary, [[min(1, given.count(a) / 3) for a in vocabulary] for given in annotations]


def thirds_without_min(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    return vocabulary, [[given.count(a) / 3 for a in vocabulary] for given in annotations]


def votes(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    return vocabulary, _counts(annotations, vocabulary)


def said_by_anybody(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    return vocabulary, [[answer in given for answer in vocabulary] for given in annotations]


def shares_of_accuracy(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    targets = _accuracies(annotations, vocabulary)
    return vocabulary, targets / targets.sum(1, keepdims=True)


def shares_of_accuracy_guarded(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    targets = _accuracies(annotations, vocabulary)
    return vocabulary, targets / np.maximum(targets.sum(1, keepdims=True), 1e-6)


def softmax_of_accuracy(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    return vocabulary, jax.nn.softmax(_accuracies(annotations, vocabulary), -1)


def on_its_side(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    return vocabulary, _accuracies(annotations, vocabulary).T


def only_questions_with_an_answer(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    return vocabulary, _accuracies([given for given in annotations if set(given) & set(vocabulary)], vocabulary)


def table_of_ten(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    return vocabulary, np.array([0, 0.3, 0.6, 0.9, 1, 1, 1, 1, 1, 1, 1])[_counts(annotations, vocabulary)]


def set_keeps_no_order(annotations, most):
    return set(_vocabulary(annotations, most)), _accuracies(annotations, _vocabulary(annotations, most))


def vocabulary_only(annotations, most):
    return _vocabulary(annotations, most)


def targets_only(annotations, most):
    return _accuracies(annotations, _vocabulary(annotations, most))


def targets_first(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    return _accuracies(annotations, vocabulary), vocabulary


def targets_in_a_dict(annotations, most):
    vocabulary = _vocabulary(annotations, most)
    return {"vocabulary": vocabulary, "targets": _accuracies(annotations, vocabulary)}


def targets_yielded(annotations, most):
    yield _vocabulary(annotations, most)


def a_number_for_each_word(annotations, most):
    return list(range(most)), _accuracies(annotations, _vocabulary(annotations, most))


# ---- 01.3 mlb_pooling(params, v, h) → float[..., D_out]


def mlb_plain(params, v, h):
    return (jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


def mlb_einsum(params, v, h):
    x = jnp.tanh(jnp.einsum("...i,id->...d", v, params["U"]))
    y = jnp.tanh(jnp.einsum("...j,jd->...d", h, params["V"]))
    return jnp.einsum("...d,...d,do->...o", x, y, params["P"]) + params["b"]


def mlb_einops(params, v, h):
    x = jnp.tanh(einsum(v, params["U"], "... i, i d -> ... d"))
    y = jnp.tanh(einsum(h, params["V"], "... j, j d -> ... d"))
    return einsum(x * y, params["P"], "... d, d o -> ... o") + params["b"]


def mlb_vmap(params, v, h):
    if v.ndim == 1:
        x = jnp.tanh(params["U"].T @ v)
        y = jnp.tanh(params["V"].T @ h)
        return params["P"].T @ (x * y) + params["b"]
    return jax.vmap(mlb_vmap, in_axes=(None, 0, 0))(params, v, h)


def mlb_numpy_flat(params, v, h):
    p = {name: np.asarray(x) for name, x in params.items()}
    x = np.tanh(np.asarray(v).reshape(-1, v.shape[-1]) @ p["U"])
    y = np.tanh(np.asarray(h).reshape(-1, h.shape[-1]) @ p["V"])
    return ((x * y) @ p["P"] + p["b"]).reshape(*v.shape[:-1], -1)


def mlb_tanh_by_hand(params, v, h):
    def squash(x):
        return (jnp.exp(x) - jnp.exp(-x)) / (jnp.exp(x) + jnp.exp(-x))

    return jnp.dot(squash(jnp.dot(v, params["U"])) * squash(jnp.dot(h, params["V"])), params["P"]) + params["b"]


def mlb_sum(params, v, h):
    return (jnp.tanh(v @ params["U"]) + jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


def mlb_hidden_layer(params, v, h):
    return jnp.tanh(v @ params["U"] + h @ params["V"]) @ params["P"] + params["b"]


def mlb_linear(params, v, h):
    return ((v @ params["U"]) * (h @ params["V"])) @ params["P"] + params["b"]


def mlb_tanh_after(params, v, h):
    return jnp.tanh((v @ params["U"]) * (h @ params["V"])) @ params["P"] + params["b"]


def mlb_tanh_thrice(params, v, h):
    return jnp.tanh(jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


def mlb_tanh_left(params, v, h):
    return (jnp.tanh(v @ params["U"]) * (h @ params["V"])) @ params["P"] + params["b"]


def mlb_tanh_right(params, v, h):
    return (v @ params["U"] * jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


def mlb_tanh_first(params, v, h):
    return ((jnp.tanh(v) @ params["U"]) * (jnp.tanh(h) @ params["V"])) @ params["P"] + params["b"]


def mlb_tanh_of_all(params, v, h):
    return jnp.tanh(mlb_plain(params, v, h))


def mlb_sigmoid(params, v, h):
    return (jax.nn.sigmoid(v @ params["U"]) * jax.nn.sigmoid(h @ params["V"])) @ params["P"] + params["b"]


def mlb_relu(params, v, h):
    return (jax.nn.relu(v @ params["U"]) * jax.nn.relu(h @ params["V"])) @ params["P"] + params["b"]


def mlb_gate(params, v, h):
    return (jnp.tanh(v @ params["U"]) * jax.nn.sigmoid(h @ params["V"])) @ params["P"] + params["b"]


def mlb_no_bias(params, v, h):
    return (jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"]


def mlb_no_output(params, v, h):
    return jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])


def mlb_concatenated(params, v, h):
    return jnp.concatenate([jnp.tanh(v @ params["U"]), jnp.tanh(h @ params["V"])], axis=-1)


def mlb_matrix_product(params, v, h):
    return (jnp.tanh(v @ params["U"]) @ jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


def mlb_matrix_product_turned(params, v, h):
    return (jnp.tanh(v @ params["U"]) @ jnp.tanh(h @ params["V"]).T) @ params["P"] + params["b"]


def mlb_projected_first(params, v, h):
    x, y = jnp.tanh(v @ params["U"]) @ params["P"], jnp.tanh(h @ params["V"]) @ params["P"]
    return x * y + params["b"]


def mlb_layers_first(params, v, h):
    x = jnp.tanh(v @ params["U"]) @ params["P"] + params["b"]
    return x * (jnp.tanh(h @ params["V"]) @ params["P"] + params["b"])


def mlb_exchanged(params, v, h):
    return (jnp.tanh(h @ params["U"]) * jnp.tanh(v @ params["V"])) @ params["P"] + params["b"]


def mlb_picture_twice(params, v, h):
    x = jnp.tanh(v @ params["U"])
    return (x * x) @ params["P"] + params["b"]


def mlb_question_forgotten(params, v, h):
    return jnp.tanh(v @ params["U"]) @ params["P"] + params["b"]


def mlb_batch_only(params, v, h):
    x, y = jnp.einsum("bi,id->bd", v, params["U"]), jnp.einsum("bj,jd->bd", h, params["V"])
    return jnp.einsum("bd,do->bo", jnp.tanh(x) * jnp.tanh(y), params["P"]) + params["b"]


def mlb_scalar(params, v, h):
    x, y = jnp.tanh(v @ params["U"]), jnp.tanh(h @ params["V"])
    return jnp.sum(x * y, axis=-1)


def mlb_bias_inside(params, v, h):
    return (jnp.tanh(v @ params["U"] + params["b"]) * jnp.tanh(h @ params["V"] + params["b"])) @ params["P"]


def mlb_first_of_batch(params, v, h):
    return jnp.broadcast_to(mlb_plain(params, v[:1], h[:1]), (*v.shape[:-1], params["b"].shape[0]))


def mlb_rounded(params, v, h):
    return mlb_plain(params, v, h).astype(jnp.float16).round(2)


# ---- 01.4 attention_hop(params, grid, u) → next u, p


def hop_plain(params, grid, u):
    keys = grid @ params["W_I"]  # (B, N, k)
    query = u @ params["W_Q"]  # (B, k)
    scores = (keys * query[:, None]).sum(-1) / query.shape[-1] ** 0.5  # (B, N)
    p = jax.nn.softmax(scores, axis=-1)
    return u + (p[..., None] * grid).sum(1), p


def hop_einsum(params, grid, u):
    k = params["W_I"].shape[1]
    scores = jnp.einsum("bnd,dk,bk->bn", grid, params["W_I"], jnp.einsum("bd,dk->bk", u, params["W_Q"])) / jnp.sqrt(k)
    weights = jnp.exp(scores - scores.max(axis=1, keepdims=True))
    p = weights / weights.sum(axis=1, keepdims=True)
    return u + jnp.einsum("bn,bnd->bd", p, grid), p


def hop_vmap(params, grid, u):
    def one(places, question):
        p = jax.nn.softmax(places @ params["W_I"] @ (params["W_Q"].T @ question) / math.sqrt(params["W_Q"].shape[-1]))
        return question + p @ places, p

    return jax.vmap(one)(grid, u)


def hop_batched_matmul(params, grid, u):
    query = (u @ params["W_Q"])[:, :, None]  # (B, k, 1)
    p = jax.nn.softmax((grid @ params["W_I"]) @ query / query.shape[1] ** 0.5, axis=1)  # (B, N, 1)
    seen = (p.transpose(0, 2, 1) @ grid).squeeze(1)
    return [u + seen, p.squeeze(-1)]


def hop_numpy_loops(params, grid, u):
    grid, u, w_i, w_q = (np.asarray(x, np.float64) for x in (grid, u, params["W_I"], params["W_Q"]))
    new, maps = [], []
    for places, question in zip(grid, u):
        scores = [np.dot(w_i.T @ place, w_q.T @ question) / np.sqrt(w_i.shape[1]) for place in places]
        p = np.exp(scores) / np.sum(np.exp(scores))
        new.append(question + sum(share * place for share, place in zip(p, places)))
        maps.append(p)
    return np.array(new), np.array(maps)


def hop_einops(params, grid, u):
    keys = einsum(grid, params["W_I"], "b n d, d k -> b n k")
    query = einsum(u, params["W_Q"], "b d, d k -> b k")
    p = jax.nn.softmax(reduce(keys * rearrange(query, "b k -> b 1 k"), "b n k -> b n", "sum") / keys.shape[-1] ** 0.5)
    return u + reduce(rearrange(p, "b n -> b n 1") * grid, "b n d -> b d", "sum"), p


def _hop(scores_to_map=lambda s: jax.nn.softmax(s, -1), scale=lambda n, d, k: k**0.5, add=None):
    def hop(params, grid, u):
        d, k = params["W_I"].shape
        scores = jnp.einsum("bnk,bk->bn", grid @ params["W_I"], u @ params["W_Q"]) / scale(grid.shape[1], d, k)
        p = scores_to_map(scores)
        return (u + jnp.einsum("bn,bnd->bd", p, grid) if add is None else add(params, grid, u, p)), p

    return hop


def hop_softmax_default_axis_zero(params, grid, u):
    return _hop(lambda s: jax.nn.softmax(s, axis=0))(params, grid, u)


def hop_softmax_everything(params, grid, u):
    return _hop(lambda s: jax.nn.softmax(s, axis=None))(params, grid, u)


def hop_softmax_over_k(params, grid, u):
    products = (grid @ params["W_I"]) * (u @ params["W_Q"])[:, None] / params["W_I"].shape[1] ** 0.5
    p = jax.nn.softmax(products, -1).sum(-1)
    return u + jnp.einsum("bn,bnd->bd", p, grid), p


def hop_scores_only(params, grid, u):
    return _hop(lambda s: s)(params, grid, u)


def hop_no_scale(params, grid, u):
    return _hop(scale=lambda n, d, k: 1)(params, grid, u)


def hop_scale_k(params, grid, u):
    return _hop(scale=lambda n, d, k: k)(params, grid, u)


def hop_scale_root_d(params, grid, u):
    return _hop(scale=lambda n, d, k: d**0.5)(params, grid, u)


def hop_scale_root_n(params, grid, u):
    return _hop(scale=lambda n, d, k: n**0.5)(params, grid, u)


def hop_precedence(params, grid, u):
    return _hop(scale=lambda n, d, k: 1 / k**0.5)(params, grid, u)


def hop_argmax(params, grid, u):
    return _hop(lambda s: jax.nn.one_hot(s.argmax(-1), s.shape[-1]))(params, grid, u)


def hop_sigmoid(params, grid, u):
    return _hop(jax.nn.sigmoid)(params, grid, u)


def hop_exp_only(params, grid, u):
    return _hop(jnp.exp)(params, grid, u)


def hop_log(params, grid, u):
    new, p = hop_plain(params, grid, u)
    return new, jnp.log(p)


def hop_matrices_exchanged(params, grid, u):
    return hop_plain({"W_I": params["W_Q"], "W_Q": params["W_I"]}, grid, u)


def hop_one_matrix(params, grid, u):
    return hop_plain({"W_I": params["W_I"], "W_Q": params["W_I"]}, grid, u)


def hop_no_matrices(params, grid, u):
    p = jax.nn.softmax(jnp.einsum("bnd,bd->bn", grid, u) / u.shape[-1] ** 0.5)
    return u + jnp.einsum("bn,bnd->bd", p, grid), p


def hop_additive(params, grid, u):
    p = jax.nn.softmax(jnp.tanh(grid @ params["W_I"] + (u @ params["W_Q"])[:, None]).sum(-1))
    return u + jnp.einsum("bn,bnd->bd", p, grid), p


def hop_map_turned(params, grid, u):
    new, p = hop_plain(params, grid, u)
    return new, p.T


def hop_map_with_one_more_axis(params, grid, u):
    new, p = hop_plain(params, grid, u)
    return new, p[..., None]


def hop_mean_of_places(params, grid, u):
    return _hop(add=lambda params, grid, u, p: u + grid.mean(1))(params, grid, u)


def hop_no_residual(params, grid, u):
    return _hop(add=lambda params, grid, u, p: jnp.einsum("bn,bnd->bd", p, grid))(params, grid, u)


def hop_residual_twice(params, grid, u):
    new, p = hop_plain(params, grid, u)
    return u + new, p


def hop_keys_summed(params, grid, u):
    return _hop(add=lambda params, grid, u, p: jnp.einsum("bn,bnk->bk", p, grid @ params["W_I"]))(params, grid, u)


def hop_keys_and_query(params, grid, u):
    def add(params, grid, u, p):
        return u @ params["W_Q"] + jnp.einsum("bn,bnk->bk", p, grid @ params["W_I"])

    return _hop(add=add)(params, grid, u)


def hop_best_place(params, grid, u):
    return _hop(add=lambda params, grid, u, p: u + grid[jnp.arange(len(u)), p.argmax(1)])(params, grid, u)


def hop_mean_of_weighted(params, grid, u):
    return _hop(add=lambda params, grid, u, p: u + (p[..., None] * grid).mean(1))(params, grid, u)


def hop_not_summed(params, grid, u):
    return _hop(add=lambda params, grid, u, p: p[..., None] * grid)(params, grid, u)


def hop_in_the_other_order(params, grid, u):
    return hop_plain(params, grid, u)[::-1]


def hop_map_only(params, grid, u):
    return hop_plain(params, grid, u)[1]


def hop_next_only(params, grid, u):
    return hop_plain(params, grid, u)[0]


def hop_dict(params, grid, u):
    new, p = hop_plain(params, grid, u)
    return {"u": new, "p": p}


def hop_three_things(params, grid, u):
    new, p = hop_plain(params, grid, u)
    return new, p, grid @ params["W_I"]


def hop_nan(params, grid, u):
    return _hop(lambda s: jnp.log(s) / jnp.log(s).sum(-1, keepdims=True))(params, grid, u)


def hop_shapes_do_not_fit(params, grid, u):
    scores = (grid @ params["W_I"]) @ (u @ params["W_Q"])
    return u + jax.nn.softmax(scores) @ grid, jax.nn.softmax(scores)


def hop_batch_mixed(params, grid, u):
    p = jax.nn.softmax(jnp.einsum("bnk,ck->bn", grid @ params["W_I"], u @ params["W_Q"]) / params["W_I"].shape[1] ** 0.5)
    return u + jnp.einsum("bn,bnd->bd", p, grid), p


# ---- 01.5 mutan_pooling(params, v, h) → float[..., D_out]


def mutan_einsum(params, v, h):
    v, h = v @ params["U"] + params["b_U"], h @ params["V"] + params["b_V"]
    m = jnp.einsum("...d,drk->...rk", v, params["M"]) + params["b_M"]
    n = jnp.einsum("...d,drk->...rk", h, params["N"]) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


def mutan_loop(params, v, h):
    v, h = v @ params["U"] + params["b_U"], h @ params["V"] + params["b_V"]
    z = 0
    for r in range(params["M"].shape[1]):
        z = z + (v @ params["M"][:, r] + params["b_M"][r]) * (h @ params["N"][:, r] + params["b_N"][r])
    return z @ params["P"] + params["b"]


def mutan_one_matrix(params, v, h):
    """Both cores as one large linear layer each."""
    d, rank, _ = params["M"].shape
    m = (v @ params["U"] + params["b_U"]) @ params["M"].reshape(d, -1) + params["b_M"].reshape(-1)
    n = (h @ params["V"] + params["b_V"]) @ params["N"].reshape(d, -1) + params["b_N"].reshape(-1)
    z = (m * n).reshape(*v.shape[:-1], rank, d).sum(axis=-2)
    return jnp.dot(z, params["P"]) + params["b"]


def mutan_vmap_over_rank(params, v, h):
    v, h = v @ params["U"] + params["b_U"], h @ params["V"] + params["b_V"]

    def product(m, b_m, n, b_n):
        return (v @ m + b_m) * (h @ n + b_n)

    z = jax.vmap(product, in_axes=(1, 0, 1, 0))(params["M"], params["b_M"], params["N"], params["b_N"])
    return jnp.sum(z, axis=0) @ params["P"] + params["b"]


def _mutan(inner=lambda m, n: (m * n).sum(-2), side=lambda x: x, core=lambda x: x, **changed):
    def mutan(params, v, h):
        params = dict(params) | {name: fn(params) for name, fn in changed.items()}
        v, h = side(v @ params["U"] + params["b_U"]), side(h @ params["V"] + params["b_V"])
        m = core(jnp.einsum("...d,drk->...rk", v, params["M"]) + params["b_M"])
        n = core(jnp.einsum("...d,drk->...rk", h, params["N"]) + params["b_N"])
        return inner(m, n) @ params["P"] + params["b"]

    return mutan


def _none(name):
    return lambda params: jnp.zeros_like(params[name])


def mutan_mean(params, v, h):
    return _mutan(lambda m, n: (m * n).mean(-2))(params, v, h)


def mutan_rank_left(params, v, h):
    return _mutan(lambda m, n: m * n)(params, v, h)


def mutan_sums_first(params, v, h):
    return _mutan(lambda m, n: m.sum(-2) * n.sum(-2))(params, v, h)


def mutan_added(params, v, h):
    return _mutan(lambda m, n: (m + n).sum(-2))(params, v, h)


def mutan_wrong_axis(params, v, h):
    return _mutan(lambda m, n: (m * n).sum(-1))(params, v, h)


def mutan_loop_overwrites(params, v, h):
    return _mutan(lambda m, n: m[..., -1, :] * n[..., -1, :])(params, v, h)


def mutan_max(params, v, h):
    return _mutan(lambda m, n: (m * n).max(-2))(params, v, h)


def mutan_without_biases(params, v, h):
    none = {name: _none(name) for name in ("b_U", "b_V", "b_M", "b_N", "b")}
    return _mutan(**none)(params, v, h)


def mutan_without_inner_biases(params, v, h):
    none = {name: _none(name) for name in ("b_U", "b_V", "b_M", "b_N")}
    return _mutan(**none)(params, v, h)


def mutan_without_core_biases(params, v, h):
    return _mutan(b_M=_none("b_M"), b_N=_none("b_N"))(params, v, h)


def mutan_without_last_bias(params, v, h):
    return _mutan(b=_none("b"))(params, v, h)


def mutan_tanh_like_mlb(params, v, h):
    return _mutan(side=jnp.tanh)(params, v, h)


def mutan_tanh_inside(params, v, h):
    return _mutan(core=jnp.tanh)(params, v, h)


def mutan_cores_exchanged(params, v, h):
    return _mutan(M=lambda p: p["N"], N=lambda p: p["M"], b_M=lambda p: p["b_N"], b_N=lambda p: p["b_M"])(params, v, h)


def mutan_projections_exchanged(params, v, h):
    return _mutan(U=lambda p: p["V"], V=lambda p: p["U"])(params, v, h)


def mutan_core_turned(params, v, h):
    def turned(name):
        return lambda params: params[name].transpose(2, 1, 0)

    return _mutan(M=turned("M"), N=turned("N"))(params, v, h)


def mutan_no_core(params, v, h):
    z = (v @ params["U"] + params["b_U"]) * (h @ params["V"] + params["b_V"])
    return z @ params["P"] + params["b"]


def mutan_batch_only(params, v, h):
    v, h = v @ params["U"] + params["b_U"], h @ params["V"] + params["b_V"]
    m = jnp.einsum("bd,drk->brk", v, params["M"]) + params["b_M"]
    n = jnp.einsum("bd,drk->brk", h, params["N"]) + params["b_N"]
    return (m * n).sum(1) @ params["P"] + params["b"]


def mutan_sum_over_axis_one(params, v, h):
    v, h = v @ params["U"] + params["b_U"], h @ params["V"] + params["b_V"]
    m = jnp.einsum("...d,drk->...rk", v, params["M"]) + params["b_M"]
    n = jnp.einsum("...d,drk->...rk", h, params["N"]) + params["b_N"]
    return (m * n).sum(1) @ params["P"] + params["b"]


# ---- 01.6 bilinear_pooling(params, v, h) → float[..., D_out], int


def bilinear_einsum(params, v, h):
    z = jnp.einsum("...i,...j,ijk->...k", v, h, params["T"]) + params["b"]
    return z, params["T"].size + params["b"].size


def bilinear_outer(params, v, h):
    d_v, d_h, d_out = params["T"].shape
    outer = (v[..., :, None] * h[..., None, :]).reshape(*v.shape[:-1], d_v * d_h)
    return outer @ params["T"].reshape(d_v * d_h, d_out) + params["b"], d_v * d_h * d_out + d_out


def bilinear_tensordot(params, v, h):
    left = jnp.tensordot(v, params["T"], axes=1)  # (..., D_h, D_out)
    z = (h[..., None, :] @ left)[..., 0, :] + params["b"]
    return z, sum(x.size for x in jax.tree.leaves(params))


def bilinear_loops(params, v, h):
    tensor, b = np.asarray(params["T"]), np.asarray(params["b"])
    v, h = np.asarray(v), np.asarray(h)
    outputs = [((v @ tensor[:, :, k]) * h).sum(-1) + b[k] for k in range(len(b))]
    return np.stack(outputs, axis=-1), float(np.prod(tensor.shape) + len(b))


def bilinear_vmap(params, v, h):
    def form(table, bias):  # one output
        return jnp.einsum("...i,ij,...j->...", v, table, h) + bias

    z = jax.vmap(form, in_axes=(2, 0), out_axes=-1)(params["T"], params["b"])
    return z, jnp.array(params["T"].size) + len(params["b"])


def _both(form=None, count=None):
    def bilinear(params, v, h):
        z, n = bilinear_einsum(params, v, h)
        return (z if form is None else form(params, v, h)), (n if count is None else count(params, v, h))

    return bilinear


def bilinear_no_bias(params, v, h):
    return _both(lambda p, v, h: jnp.einsum("...i,...j,ijk->...k", v, h, p["T"]))(params, v, h)


def bilinear_diagonal(params, v, h):
    d = min(v.shape[-1], h.shape[-1])
    return _both(lambda p, v, h: jnp.einsum("...i,iik->...k", v[..., :d] * h[..., :d], p["T"][:d, :d]) + p["b"])(params, v, h)


def bilinear_other_order(params, v, h):
    def form(p, v, h):
        outer = (h[..., :, None] * v[..., None, :]).reshape(*v.shape[:-1], -1)
        return outer @ p["T"].reshape(-1, p["T"].shape[-1]) + p["b"]

    return _both(form)(params, v, h)


def bilinear_reshaped(params, v, h):
    def form(p, v, h):
        i, j, k = p["T"].shape
        return jnp.einsum("...i,...j,kij->...k", v, h, p["T"].reshape(k, i, j)) + p["b"]

    return _both(form)(params, v, h)


def bilinear_exchanged(params, v, h):
    return _both(lambda p, v, h: jnp.einsum("...i,...j,ijk->...k", h, v, p["T"]) + p["b"])(params, v, h)


def bilinear_outer_only(params, v, h):
    return _both(lambda p, v, h: v[..., :, None] * h[..., None, :])(params, v, h)


def bilinear_elementwise(params, v, h):
    return _both(lambda p, v, h: (v * h) @ p["T"] + p["b"])(params, v, h)


def bilinear_tanh(params, v, h):
    return _both(lambda p, v, h: jnp.tanh(bilinear_einsum(p, v, h)[0]))(params, v, h)


def bilinear_added(params, v, h):
    def form(p, v, h):
        return jnp.einsum("...i,ijk->...k", v, p["T"]) + jnp.einsum("...j,ijk->...k", h, p["T"]) + p["b"]

    return _both(form)(params, v, h)


def bilinear_mean(params, v, h):
    return _both(lambda p, v, h: (v[..., :, None, None] * h[..., None, :, None] * p["T"]).mean((-3, -2)) + p["b"])(params, v, h)


def bilinear_count_without_bias(params, v, h):
    return _both(count=lambda p, v, h: p["T"].size)(params, v, h)


def bilinear_count_sum_of_sizes(params, v, h):
    return _both(count=lambda p, v, h: sum(p["T"].shape) + p["b"].size)(params, v, h)


def bilinear_count_arrays(params, v, h):
    return _both(count=lambda p, v, h: len(p))(params, v, h)


def bilinear_count_one_table(params, v, h):
    return _both(count=lambda p, v, h: v.shape[-1] * h.shape[-1])(params, v, h)


def bilinear_count_linear(params, v, h):
    return _both(count=lambda p, v, h: (v.shape[-1] + h.shape[-1] + 1) * p["b"].size)(params, v, h)


def bilinear_count_batch(params, v, h):
    return _both(count=lambda p, v, h: math.prod(v.shape[:-1]) * (p["T"].size + p["b"].size))(params, v, h)


def bilinear_count_inputs(params, v, h):
    return _both(count=lambda p, v, h: sum(x.size for x in jax.tree.leaves((p, v, h))))(params, v, h)


def bilinear_count_bytes(params, v, h):
    return _both(count=lambda p, v, h: sum(x.nbytes for x in p.values()))(params, v, h)


def bilinear_count_off_by_one(params, v, h):
    return _both(count=lambda p, v, h: p["T"].size + p["b"].size + 1)(params, v, h)


def bilinear_count_as_text(params, v, h):
    return _both(count=lambda p, v, h: f"{p['T'].size + p['b'].size:,}")(params, v, h)


def bilinear_count_of_each(params, v, h):
    return _both(count=lambda p, v, h: [p["T"].size, p["b"].size])(params, v, h)


def bilinear_no_count(params, v, h):
    return bilinear_einsum(params, v, h)[0]


def bilinear_count_first(params, v, h):
    return bilinear_einsum(params, v, h)[::-1]


# ---- 01.7 answer_challenge(train, test) → int[m]


def rarity(train, power):
    """How often to draw every question: the rarer its answer is for its words, the more often."""
    pairs = [(*words, answer) for words, answer in zip(np.asarray(train["tokens"]).tolist(), train["answer"].tolist())]
    seen = collections.Counter(pairs)
    share = np.array([seen[pair] for pair in pairs], float) ** -power
    return share / share.sum()


def challenge_two_hops(train, test):
    """The course's own parts: two looks at the frozen features."""
    images, tokens, answers = (np.asarray(train[name]) for name in ("features", "tokens", "answer"))
    often = rarity(train, 0.6)
    model = fusion.VQAClassifier(trainer.config(fusion.StackConfig(hops=2)), rngs=nnx.Rngs(0))

    def sample(rng):
        row = rng.choice(len(answers), 128, p=often)
        return {"image": images[row], "tokens": tokens[row], "answer": answers[row]}

    training.fit(model, fusion.softmax_loss, sample, steps=1200, learning_rate=4e-3, progress=False)
    batch = {"image": np.asarray(test["features"]), "tokens": np.asarray(test["tokens"])}
    return training.predict(model, trainer.logits, batch).argmax(-1)


def challenge_by_hand(train, test):
    """A sum of words asks, one look answers: parameters in a dictionary, optax, one scan."""
    width, steps = 64, 1500
    mean, std = train["features"].mean((0, 1)), train["features"].std((0, 1)) + 1e-3
    keys = iter(jax.random.split(jax.random.key(0), 7))

    def matrix(rows, columns, scale=None):
        return (scale or rows**-0.5) * jax.random.normal(next(keys), (rows, columns))

    params = {
        "words": matrix(len(VOCAB), width, 0.3),
        "places": matrix(9, width, 0.3),
        "see": matrix(64, width),
        "ask": matrix(width, width),
        "key": matrix(width, width),
        "hidden": matrix(2 * width, 256),
        "out": matrix(256, len(ANSWERS)),
    }

    def scores(p, features, tokens):
        grid = (features - mean) / std @ p["see"] + p["places"]
        asked = jnp.tanh(jnp.where(tokens[..., None] > 0, p["words"][tokens], 0).sum(1))
        look = jax.nn.softmax(einsum(grid @ p["key"], asked @ p["ask"], "b n d, b d -> b n") / width**0.5)
        seen = einsum(look, grid, "b n, b n d -> b d")
        return jax.nn.gelu(jnp.concatenate([seen, asked], 1) @ p["hidden"]) @ p["out"]

    def loss(p, rows):
        logits = scores(p, train["features"][rows], train["tokens"][rows])
        return optax.softmax_cross_entropy_with_integer_labels(logits, train["answer"][rows]).mean()

    optimizer = optax.adamw(optax.cosine_decay_schedule(4e-3, steps), weight_decay=1e-2)

    def step(carry, rows):
        p, state = carry
        updates, state = optimizer.update(jax.grad(loss)(p, rows), state, p)
        return (optax.apply_updates(p, updates), state), None

    rows = np.random.default_rng(0).choice(len(train["answer"]), (steps, 128), p=rarity(train, 0.5))
    (params, _), _ = jax.jit(lambda carry, rows: jax.lax.scan(step, carry, rows))((params, optimizer.init(params)), rows)
    return jax.jit(scores)(params, test["features"], test["tokens"]).argmax(-1)


def _untrained(test):
    m = len(test["tokens"])
    return jax.random.normal(jax.random.key(0), (m, len(ANSWERS)))


def challenge_one_answer_for_all(train, test):
    return jnp.full(len(test["tokens"]), jnp.bincount(train["answer"]).argmax())


def challenge_prior(train, test):
    """A table of what was answered to the same words."""
    counts = collections.defaultdict(collections.Counter)
    for text, answer in zip(np.asarray(train["tokens"]).tolist(), train["answer"].tolist()):
        counts[tuple(text)][answer] += 1
    texts = map(tuple, np.asarray(test["tokens"]).tolist())
    return [counts[text].most_common(1)[0][0] if text in counts else 0 for text in texts]


def challenge_untrained(train, test):
    return _untrained(test).argmax(-1)


def challenge_scores(train, test):
    return _untrained(test)


def challenge_argmax_over_questions(train, test):
    return _untrained(test).argmax(0)


def challenge_axis_kept(train, test):
    return _untrained(test).argmax(-1, keepdims=True)


def challenge_for_train(train, test):
    return train["answer"]


def challenge_probabilities(train, test):
    return jax.nn.softmax(_untrained(test)).max(-1)


def challenge_as_tokens(train, test):
    return jnp.asarray(fusion.ANSWER_TOKENS)[_untrained(test).argmax(-1)]


def challenge_minus_one_where_unknown(train, test):
    return np.where(np.arange(len(test["tokens"])) % 2, -1, challenge_one_answer_for_all(train, test))


def challenge_words(train, test):
    return [ANSWERS[k] for k in _untrained(test).argmax(-1)]


def challenge_not_finite(train, test):
    return jnp.log(_untrained(test)[:, 0])


def challenge_how_right_it_is(train, test):
    return float((challenge_one_answer_for_all(train, train) == train["answer"]).mean())


def challenge_function(train, test):
    return lambda features, tokens: _untrained({"tokens": tokens}).argmax(-1)


def challenge_test_answers(train, test):
    return test["answer"]


RIGHT = {
    "01.1": [accuracy_loops, accuracy_broadcast, accuracy_vmap, accuracy_numpy_delete, accuracy_mask, accuracy_formula, accuracy_two_kinds],
    "01.2": [targets_counter, targets_numpy_unique, targets_lists, targets_with_own_accuracy],
    "01.3": [mlb_plain, mlb_einsum, mlb_einops, mlb_vmap, mlb_numpy_flat, mlb_tanh_by_hand],
    "01.4": [hop_plain, hop_einsum, hop_vmap, hop_batched_matmul, hop_numpy_loops, hop_einops],
    "01.5": [mutan_einsum, mutan_loop, mutan_one_matrix, mutan_vmap_over_rank],
    "01.6": [bilinear_einsum, bilinear_outer, bilinear_tensordot, bilinear_loops, bilinear_vmap],
    "01.7": [challenge_two_hops, challenge_by_hand],
}

WRONG = {
    "01.1": [
        (nobody_left_out, "min(1, n / 3) with all annotators", "nobody-left-out"),
        (share_who_agree, "the fraction of annotators who agree", "fraction"),
        (most_common_answer, "is it the most common answer", "majority"),
        (most_common_sorted, "is it the most common answer, ties in order", "majority"),
        (anybody, "does anybody agree", "any"),
        (three_or_nothing, "three or nothing", "all-or-nothing"),
        (without_one_who_agrees, "one who agrees is always left out", "agreeing-left-out"),
        (first_left_out, "the first annotator is left out", "first-left-out"),
        (last_left_out, "the last annotator is left out", "last-left-out"),
        (loop_overwrites, "the loop keeps the last result only", "last-left-out"),
        (divided_by_two, "two are enough", "two-are-enough"),
        (no_min, "the minimum is missing", "no-minimum"),
        (no_min_nobody_left_out, "n / 3", "no-minimum-nobody-left-out"),
        (max_for_min, "max for min", "maximum"),
        (integer_division, "// for /", "rounded-down"),
        (mean_of_all, "one number for all questions", "mean-over-questions"),
        (mean_over_questions, "mean over axis 0", "mean-over-wrong-axis"),
        (mean_forgotten, "the mean is missing", "not-averaged"),
        (sum_for_mean, "sum for mean", "sum"),
        (three_tenths, "min(1, 0.3 n)", "only-for-ten"),
        (table_for_ten, "a table for ten annotators", "only-for-ten"),
        (always_ten, "divided by 10, whatever the number of annotators", "divided-by-ten"),
        (counts_only_the_one_left_out, "counts the one who is left out", "only-himself"),
        (plain_counts, "the number who agree", "counts"),
        (axes_do_not_fit, "[:, None] forgotten", "exception"),
        (complement, "1 - accuracy", "error"),
        (annotators_alone, "the annotators among themselves", "annotators-with-each-other"),
        (in_a_tuple, "returns the counts too", "shape"),
        (empty_stub, "raise NotImplementedError left", "empty"),
        (nothing_returned, "forgot return", "returns-nothing"),
    ],
    "01.2": [
        (as_wide_as_most, "a column for every one of most", "shape"),
        (most_common, "ties as Counter.most_common leaves them", "ties-as-they-come"),
        (reverse_turns_the_alphabet, "reverse=True for both keys", "ties-reversed"),
        (each_question_once, "every answer once a question", "once-per-question"),
        (favourites, "the best answer of each question only", "favourites-only"),
        (sorted_upwards, "the rarest first", "rarest-first"),
        (alphabet, "alphabetical order", "alphabet-only"),
        (kept_and_then_sorted, "the right ones, sorted at the end", "kept-in-alphabetical-order"),
        (whole_ranking, "[:most] forgotten", "all-kept"),
        (as_they_come, "the first that are said", "first-said"),
        (upside_down, "reversed", "kept-reversed"),
        (pairs, "answers with their counts", "pairs"),
        (first_of_each, "the first annotator only", "first-annotator-only"),
        (one_hot, "one-hot of the commonest answer", "one-hot"),
        (shares, "counts / annotators", "fraction"),
        (thirds_of_all, "min(1, n / 3) with all annotators", "nobody-left-out"),
        (thirds_without_min, "n / 3", "no-minimum"),
        (votes, "counts", "counts"),
        (said_by_anybody, "was it said", "any"),
        (shares_of_accuracy, "rows divided by their sum, NaN for a row of zeros", "sum-to-one-nan"),
        (shares_of_accuracy_guarded, "rows divided by their sum", "sum-to-one"),
        (softmax_of_accuracy, "softmax of the accuracies", "softmax"),
        (on_its_side, "transposed", "transposed"),
        (only_questions_with_an_answer, "questions without an answer kept are dropped", "rows-without-answer-dropped"),
        (table_of_ten, "a table for ten annotators", "only-for-ten"),
        (set_keeps_no_order, "the vocabulary as a set", "exception"),
        (vocabulary_only, "returns the vocabulary only", "one-of-several"),
        (targets_only, "returns the targets only", "one-of-several"),
        (targets_first, "returns them in the other order", "exchanged"),
        (targets_in_a_dict, "returns a dict", "not-several"),
        (targets_yielded, "yield for return", "exception"),
        (a_number_for_each_word, "numbers for words", "not-words"),
        (empty_stub, "raise NotImplementedError left", "empty"),
        (nothing_returned, "forgot return", "returns-nothing"),
    ],
    "01.3": [
        (mlb_sum, "sum for product", "sum"),
        (mlb_hidden_layer, "tanh of the sum", "sum-before-tanh"),
        (mlb_linear, "no tanh", "no-tanh"),
        (mlb_tanh_after, "tanh after the product", "tanh-after-product"),
        (mlb_tanh_thrice, "tanh around the product too", "tanh-again"),
        (mlb_tanh_left, "tanh on the picture only", "tanh-on-picture-only"),
        (mlb_tanh_right, "tanh on the question only", "tanh-on-question-only"),
        (mlb_tanh_first, "tanh before U and V", "tanh-before-projection"),
        (mlb_tanh_of_all, "tanh of the result", "tanh-of-everything"),
        (mlb_sigmoid, "sigmoid for tanh", "sigmoid"),
        (mlb_relu, "relu for tanh", "relu"),
        (mlb_gate, "a gate", "question-as-gate"),
        (mlb_no_bias, "no b", "no-bias"),
        (mlb_no_output, "no P", "not-projected"),
        (mlb_concatenated, "concatenation", "concatenation"),
        (mlb_matrix_product, "@ for *", "exception"),
        (mlb_matrix_product_turned, "@ .T for *", "exception"),
        (mlb_projected_first, "P on each side", "projected-before-product"),
        (mlb_layers_first, "P and b on each side", "layers-before-product"),
        (mlb_exchanged, "U and V exchanged", "exception"),
        (mlb_picture_twice, "the picture with itself", "picture-squared"),
        (mlb_question_forgotten, "no question", "picture-only"),
        (mlb_batch_only, "one leading axis only", "exception"),
        (mlb_scalar, "one number a pair", "scalar-product-only"),
        (mlb_bias_inside, "b inside the tanh", "exception"),
        (mlb_first_of_batch, "the first pair for all", "rows-alike"),
        (mlb_rounded, "rounded", "close"),
        (empty_stub, "raise NotImplementedError left", "empty"),
        (nothing_returned, "forgot return", "returns-nothing"),
    ],
    "01.4": [
        (hop_softmax_default_axis_zero, "softmax over the batch", "softmax-over-batch"),
        (hop_softmax_everything, "softmax over everything", "softmax-over-all"),
        (hop_softmax_over_k, "softmax over k", "softmax-over-k-summed"),
        (hop_scores_only, "no softmax", "no-softmax"),
        (hop_no_scale, "no 1/√k", "no-scale"),
        (hop_scale_k, "1/k", "divided-by-k"),
        (hop_scale_root_d, "√D", "root-of-d"),
        (hop_scale_root_n, "√N", "root-of-n"),
        (hop_precedence, "times √k", "multiplied-by-root"),
        (hop_argmax, "the best place only", "hard"),
        (hop_sigmoid, "sigmoid for softmax", "sigmoid"),
        (hop_exp_only, "exp without the sum", "not-divided"),
        (hop_log, "log-softmax returned", "log-softmax"),
        (hop_matrices_exchanged, "W_Q on the grid", "matrices-exchanged"),
        (hop_one_matrix, "W_I on both", "one-matrix"),
        (hop_no_matrices, "no matrices", "not-projected-root-of-d"),
        (hop_additive, "additive scores", "additive"),
        (hop_map_turned, "map transposed", "transposed"),
        (hop_map_with_one_more_axis, "map of shape (B, N, 1)", "axis-of-one"),
        (hop_mean_of_places, "mean of the places", "all-places-alike"),
        (hop_no_residual, "no u", "no-residual"),
        (hop_residual_twice, "u twice", "residual-twice"),
        (hop_keys_summed, "keys summed", "sum-of-keys"),
        (hop_keys_and_query, "keys and query summed", "sum-of-keys-and-query"),
        (hop_best_place, "the best place added", "best-place"),
        (hop_mean_of_weighted, "mean of the weighted places", "mean-of-weighted"),
        (hop_not_summed, "weighted places, not summed", "places-not-summed"),
        (hop_in_the_other_order, "p first", "exchanged"),
        (hop_map_only, "returns p only", "one-of-several"),
        (hop_next_only, "returns u only", "one-of-several"),
        (hop_dict, "returns a dict", "not-several"),
        (hop_three_things, "returns the keys too", "not-several"),
        (hop_nan, "logarithm of negative scores", "not-finite"),
        (hop_shapes_do_not_fit, "@ of a batch and a batch", "exception"),
        (hop_batch_mixed, "an index that sums over the batch", "all-questions-at-once"),
        (empty_stub, "raise NotImplementedError left", "empty"),
        (nothing_returned, "forgot return", "returns-nothing"),
    ],
    "01.5": [
        (mutan_mean, "mean over the rank", "rank-mean"),
        (mutan_rank_left, "rank not summed", "rank-not-summed"),
        (mutan_sums_first, "product of sums", "product-of-sums"),
        (mutan_added, "sum for product", "sum"),
        (mutan_wrong_axis, "summed over D", "exception"),
        (mutan_loop_overwrites, "the last rank only", "last-rank"),
        (mutan_max, "max over the rank", "rank-max"),
        (mutan_without_biases, "no bias at all", "no-biases-at-all"),
        (mutan_without_inner_biases, "b only", "no-biases"),
        (mutan_without_core_biases, "no b_M, b_N", "no-core-biases"),
        (mutan_without_last_bias, "no b", "no-b"),
        (mutan_tanh_like_mlb, "tanh as in MLB", "tanh-on-projections"),
        (mutan_tanh_inside, "tanh in the core", "tanh-in-the-core"),
        (mutan_cores_exchanged, "M and N exchanged", "cores-exchanged"),
        (mutan_projections_exchanged, "U and V exchanged", "exception"),
        (mutan_core_turned, "cores transposed", "cores-transposed"),
        (mutan_no_core, "no core", "no-core"),
        (mutan_batch_only, "one leading axis only", "exception"),
        (mutan_sum_over_axis_one, "sum over axis 1, right for [B] only", "exception"),
        (empty_stub, "raise NotImplementedError left", "empty"),
        (nothing_returned, "forgot return", "returns-nothing"),
    ],
    "01.6": [
        (bilinear_no_bias, "no b", "no-bias"),
        (bilinear_diagonal, "feature i with feature i", "diagonal"),
        (bilinear_other_order, "outer product flattened the other way", "flattened-the-other-way"),
        (bilinear_reshaped, "T reshaped where its axes should move", "reshaped"),
        (bilinear_exchanged, "v and h exchanged", "exception"),
        (bilinear_outer_only, "outer product only", "outer-product"),
        (bilinear_elementwise, "v * h", "exception"),
        (bilinear_tanh, "tanh of the output", "tanh-of-all"),
        (bilinear_added, "sum for product", "sum"),
        (bilinear_mean, "mean for sum", "mean"),
        (bilinear_count_without_bias, "count without b", "no-bias-counted"),
        (bilinear_count_sum_of_sizes, "sum of the sizes", "sum-of-all-sizes"),
        (bilinear_count_arrays, "count of arrays", "arrays"),
        (bilinear_count_one_table, "one table", "one-output"),
        (bilinear_count_linear, "count of a linear layer", "like-a-linear-layer"),
        (bilinear_count_batch, "count times the batch", "once-per-pair"),
        (bilinear_count_inputs, "count with the inputs", "inputs-counted"),
        (bilinear_count_bytes, "bytes", "bytes"),
        (bilinear_count_off_by_one, "one too many", "miscounted"),
        (bilinear_count_as_text, "count as text", "not-an-array"),
        (bilinear_count_of_each, "two counts", "shape"),
        (bilinear_no_count, "returns the form only", "one-of-several"),
        (bilinear_count_first, "returns the count first", "exchanged"),
        (empty_stub, "raise NotImplementedError left", "empty"),
        (nothing_returned, "forgot return", "returns-nothing"),
    ],
    "01.7": [
        (challenge_one_answer_for_all, "the commonest answer for all", "below"),
        (challenge_prior, "the commonest answer to the same words", "below"),
        (challenge_untrained, "a model that was not trained", "below"),
        (challenge_scores, "scores without argmax", "shape"),
        (challenge_argmax_over_questions, "argmax over the questions", "shape"),
        (challenge_axis_kept, "keepdims=True", "shape"),
        (challenge_for_train, "answers for the training questions", "shape"),
        (challenge_how_right_it_is, "its accuracy for its answers", "shape"),
        (challenge_probabilities, "the probability of the answer", "not-whole"),
        (challenge_as_tokens, "the answers' tokens in the vocabulary of words", "out-of-range"),
        (challenge_minus_one_where_unknown, "-1 where it does not know", "out-of-range"),
        (challenge_words, "words for numbers", "not-an-array"),
        (challenge_not_finite, "logarithm of scores", "not-finite"),
        (challenge_function, "returns a function that answers", "exception"),
        (challenge_test_answers, "looks for the answers in the test", "exception"),
        (empty_stub, "raise NotImplementedError left", "empty"),
        (nothing_returned, "forgot return", "returns-nothing"),
    ],
}
