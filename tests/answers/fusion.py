"""Answers to the exercises of notebook 01, written from their texts."""

import collections
import math

import jax
import jax.numpy as jnp
import numpy as np
import optax
from einops import einsum, rearrange, reduce
from flax import nnx

from answers import right, slips, unwritten, wrong
from course_utils import training
from course_utils.experiments.fusion import trainer
from course_utils.models import fusion
from course_utils.world.questions import ANSWERS, VOCAB

# ---- 01.1 vqa_accuracy(answers int[B], given int[B, A]) → float[B]


def accuracy_of(votes, people):
    return (votes * np.minimum(1, (votes - 1) / 3) + (people - votes) * np.minimum(1, votes / 3)) / people


@right("01.1")
def accuracy_loops(answers, given):
    result = []
    for answer, said in zip(answers.tolist(), given.tolist()):
        total = 0
        for left_out in range(len(said)):
            others = said[:left_out] + said[left_out + 1 :]
            total += min(1, others.count(answer) / 3)
        result.append(total / len(said))
    return result


@right("01.1")
def accuracy_broadcast(answers, given):
    agree = given == answers[:, None]
    n = agree.sum(-1, keepdims=True)
    return jnp.where(agree, jnp.clip((n - 1) / 3, 0, 1), jnp.clip(n / 3, 0, 1)).mean(-1)


@right("01.1")
def accuracy_vmap(answers, given):
    def one(answer, said):
        def without(a):
            return jnp.minimum(1.0, ((said == answer) & (jnp.arange(len(said)) != a)).sum() / 3)

        return jax.vmap(without)(jnp.arange(len(said))).mean()

    return jax.vmap(one)(answers, given)


@right("01.1")
def accuracy_minimum_last(answers, given):
    n, people = (given == answers[:, None]).sum(1), given.shape[1]
    return jnp.minimum(1, n * (people - 1) / (3 * people))  # right with four or more people


@right("01.1")
def accuracy_one_hot(answers, given):
    top = int(max(np.max(given), np.max(answers))) + 1
    votes = jax.nn.one_hot(given, top).sum(1)
    n = jnp.einsum("bk,bk->b", votes, jax.nn.one_hot(answers, top))
    size = len(given[0])
    return jnp.minimum(n - 1, 3) / 3 * n / size + jnp.minimum(n, 3) / 3 * (1 - n / size)


@right("01.1")
def accuracy_in_place(answers, given):
    given -= answers[:, None]
    return accuracy_of((given == 0).sum(1), given.shape[1])


def accuracy_of_each_other(answers, given):
    same = np.asarray(given) == np.asarray(answers)[:, None]
    others = same.sum(axis=1, keepdims=True) - same
    accuracies = np.minimum(1, others / 3)
    return accuracies.mean(axis=1)


def accuracy_of_two_kinds(answers, given):
    n = (np.asarray(given) == np.asarray(answers)[:, None]).sum(axis=1)
    people = given.shape[1]
    agreeing = n * np.minimum(1, (n - 1) / 3)
    disagreeing = (people - n) * np.minimum(1, n / 3)
    return (agreeing + disagreeing) / people


slips(
    "01.1",
    right("01.1")(accuracy_of_each_other),
    ("nobody-left-out", "min(1, n / 3) with all annotators", " - same", ""),
    ("fraction", "the fraction of annotators who agree", "accuracies.mean", "same.mean"),
    ("all-or-nothing", "1 from three votes on, else 0", "accuracies.mean(axis=1)", "same.sum(axis=1) >= 3"),
    ("all-or-nothing", "a majority of the others", "np.minimum(1, others / 3)", "others > (given.shape[1] - 1) / 2"),
    ("agreeing-left-out", "the worst way to leave one out for the mean", ".mean", ".min"),
    ("one-left-out", "the first annotator is left out", "accuracies.mean(axis=1)", "accuracies[:, 0]"),
    ("not-three", "divides by 2", " / 3", " / 2"),
    ("no-minimum", "the minimum is missing", "np.minimum(1, others / 3)", "others / 3"),
    ("maximum", "max for min", "np.minimum", "np.maximum"),
    ("rounded-down", "// for /", " / 3", " // 3"),
    ("averaged", "one number for all questions", "mean(axis=1)", "mean()"),
    ("not-averaged", "mean over axis 0", "mean(axis=1)", "mean(axis=0)"),
    ("sum", "sum for mean", ".mean", ".sum"),
    ("counts", "the number who agree", "accuracies.mean", "same.sum"),
    ("exception", "[:, None] forgotten", "[:, None]", ""),
    ("first-answer-for-all", "compares every question with the first answer", "[:, None]", "[0]"),
    ("axis-kept", "keeps an axis: (B, 1)", "mean(axis=1", "mean(axis=1, keepdims=True"),
    ("shape", "returns the counts too", "return accuracies.mean(axis=1)", "return accuracies.mean(axis=1), same.sum(axis=1)"),
)
slips(
    "01.1",
    right("01.1")(accuracy_of_two_kinds),
    ("one-kind-only", "only those who agree are left out", " + disagreeing", ""),
    ("kinds-exchanged", "who agrees leaves n", "(n - 1) / 3", "n / 3", "n) * np.minimum(1, n / 3", "n) * np.clip((n - 1) / 3, 0, 1"),
    ("kinds-exchanged", "A - n times n - 1", "agreeing = n", "agreeing = (people - n)", "disagreeing = (people - n)", "disagreeing = n"),
    ("only-for-ten", "takes A as ten", "given.shape[1]", "10"),
    ("questions-for-annotators", "takes B as A", "given.shape[1]", "given.shape[0]"),
    ("factor", "divides by A - 1", "/ people", "/ (people - 1)"),
    ("share-of-the-others", "three of ten as a share: 0.3 A", " / 3", " / (0.3 * people)"),
    ("only-0-and-1", "cut off to whole numbers", "/ people", "/ people // 1"),
    ("values", "rounded to one decimal", "(agreeing + disagreeing) / people", "np.round((agreeing + disagreeing) / people, 1)"),
)


@wrong("01.1", "is it the most common answer", "majority")
def most_common_answer(answers, given):
    return jnp.array([int(collections.Counter(row).most_common(1)[0][0] == a) for a, row in zip(answers.tolist(), given.tolist())])


@wrong("01.1", "is it one of the most common answers", "majority")
def among_the_most_common(answers, given):
    return [float(row.count(a) == max(map(row.count, row))) for a, row in zip(answers.tolist(), given.tolist())]


@wrong("01.1", "the loop keeps the last result only", "one-left-out")
def loop_overwrites(answers, given):
    for a in range(given.shape[1]):
        others = np.delete(np.asarray(given), a, axis=1)
        result = np.minimum(1, (others == np.asarray(answers)[:, None]).sum(1) / 3)
    return result


@wrong("01.1", "divided by 10 after a loop", "only-for-ten")
def ten_annotators(answers, given):
    total = 0
    for a in range(given.shape[1]):
        others = jnp.delete(given, a, axis=1)
        total = total + jnp.minimum(1, (others == answers[:, None]).sum(1) / 3)
    return total / 10


@wrong("01.1", "a table for ten annotators", "only-for-ten")
def table_for_ten(answers, given):
    return jnp.array([0, 0.3, 0.6, 0.9, 1, 1, 1, 1, 1, 1, 1])[(given == answers[:, None]).sum(1)]


@wrong("01.1", "the annotators among themselves", "annotators-with-each-other")
def annotators_alone(answers, given):
    others = (given[:, :, None] == given[:, None, :]).sum(-1) - 1
    return jnp.minimum(1, others / 3).mean(1)


@wrong("01.1", "return inside the loop", "first-question-only")
def return_inside_the_loop(answers, given):
    for a, row in zip(answers, given):
        n = sum(int(g == a) for g in row)
        return accuracy_of(n, len(row))


@wrong("01.1", "compares (B, A) with (B,), then the formula", "exception")
def axes_do_not_fit(answers, given):
    return accuracy_of((given == answers).sum(1), given.shape[1])


# ---- 01.2 answer_targets(annotations, most) → vocabulary, targets


@right("01.2")
def targets_numpy_unique(annotations, most):
    names, counts = np.unique(np.array(annotations), return_counts=True)
    order = np.lexsort((names, -counts))[:most]
    vocabulary = names[order]  # an array of strings
    same = np.array(annotations)[:, :, None] == vocabulary  # (B, A, K)
    others = same.sum(1, keepdims=True) - same
    return vocabulary, np.minimum(1, others / 3).mean(1)


@right("01.2")
def targets_lists(annotations, most):
    everyone = sum(annotations, [])
    words = sorted(set(everyone))
    words.sort(key=everyone.count, reverse=True)
    targets = []
    for given in annotations:
        row = []
        for word in words[:most]:
            scores = []
            for i in range(len(given)):
                others = [g for j, g in enumerate(given) if j != i]
                scores.append(min(others.count(word) / 3, 1.0))
            row.append(sum(scores) / len(scores))
        targets.append(row)
    return [words[:most], targets]


@right("01.2")
def targets_with_own_accuracy(annotations, most):
    """With exercise 01.1: answers become numbers, the ones that are not kept −1."""
    counts = collections.Counter(sum(annotations, []))
    vocabulary = [a for a, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))][:most]
    number = {answer: k for k, answer in enumerate(vocabulary)}
    given = jnp.array([[number.get(answer, -1) for answer in said] for said in annotations])
    columns = [accuracy_broadcast(jnp.full(len(annotations), k), given) for k in range(len(vocabulary))]
    return vocabulary, jnp.stack(columns, axis=1)


@right("01.2")
def targets_sparse(annotations, most):
    counts = collections.defaultdict(int)
    for given in annotations:
        for answer in given:
            counts[answer] += 1
    pairs = sorted((-n, a) for a, n in counts.items())
    vocabulary = tuple(a for _, a in pairs[:most])
    place = {a: k for k, a in enumerate(vocabulary)}
    targets = np.zeros((len(annotations), len(vocabulary)), "float32")
    for b, given in enumerate(annotations):
        for answer, n in collections.Counter(given).items():
            if answer in place:
                targets[b, place[answer]] = 1.0 if n > 3 else n * (len(given) - 1) / (3 * len(given))
    return vocabulary, targets


@right("01.2")
def targets_in_place(annotations, most):
    # changes what it was given, which is a copy
    vocabulary, targets = targets_of_others(annotations, most)
    for given in annotations:
        given[:] = sorted(a for a in given if a in vocabulary)
    return vocabulary, jnp.asarray(targets)


def targets_of_others(annotations, most):
    counts = collections.Counter()
    for given in annotations:
        counts.update(given)
    ranked = sorted(sorted(counts), key=counts.get, reverse=True)
    vocabulary = ranked[:most]
    same = np.array([[[said == word for said in given] for word in vocabulary] for given in annotations])
    others = same.sum(2, keepdims=True) - same
    targets = np.minimum(1, others / 3).mean(2)
    return vocabulary, targets


VOTES, RANKED, RETURN = (
    "np.minimum(1, others / 3).mean(2)",
    "sorted(sorted(counts), key=counts.get, reverse=True)",
    "return vocabulary, targets",
)
slips(
    "01.2",
    right("01.2")(targets_of_others),
    ("ties-as-they-come", "ties in the order in which they came", "sorted(counts)", "counts"),
    ("ties-reversed", "reverse=True for both keys", "sorted(counts)", "sorted(counts, reverse=True)"),
    ("ties", "ties by the length of the word", "sorted(counts)", "sorted(counts, key=len)"),
    ("cut-before-ties", "ties are broken after the cut", "sorted(counts)", "sorted(dict(counts.most_common(most)))"),
    ("once-per-question", "every answer once a question", "update(given)", "update(set(given))"),
    ("one-per-question", "only each question's best answer", "update(given)", "update([collections.Counter(given).most_common(1)[0][0]])"),
    ("one-per-question", "the first annotator only", "update(given)", "update(given[:1])"),
    ("rarest-first", "the rarest first", ", reverse=True", ""),
    ("not-ranked", "alphabetical order", RANKED, "sorted(counts)"),
    ("not-ranked", "the first that are said", RANKED, "list(counts)"),
    ("kept-in-another-order", "the right ones, sorted at the end", "ranked[:most]", "sorted(ranked[:most])"),
    ("kept-in-another-order", "reversed", "ranked[:most]", "ranked[:most][::-1]"),
    ("all-kept", "[:most] forgotten", "[:most]", ""),
    ("shape", "one answer too many", "[:most]", "[: most + 1]"),
    ("pairs", "answers with their counts", "return vocabulary", "return [(a, counts[a]) for a in vocabulary]"),
    ("exception", "the vocabulary as a set", "return vocabulary", "return set(vocabulary)"),
    ("not-words", "numbers for words", "return vocabulary", "return list(range(most))"),
    ("not-words", "a dictionary to numbers", "return vocabulary", "return {a: k for k, a in enumerate(vocabulary)}"),
    ("fraction", "counts / annotators", VOTES, "same.mean(2)"),
    ("counts", "counts", VOTES, "same.sum(2)"),
    ("zero-or-one", "was it said", VOTES, "same.any(2)"),
    ("zero-or-one", "an integer array swallows the fractions", RETURN, RETURN + ".astype(int)"),
    ("nobody-left-out", "min(1, n / 3) with all annotators", " - same", ""),
    ("no-minimum", "forgot the minimum", "np.minimum(1, others / 3)", "(others / 3)"),
    ("only-for-ten", "divides by 10 at the end", ".mean(2)", ".sum(2) / 10"),
    ("kinds-exchanged", "the two kinds exchanged", "- same", "- ~same"),
    ("shape", "a column for each of the question's own answers", "word in vocabulary", "word in given"),
    ("sum-to-one", "rows divided by their sum, NaN for zeros", RETURN, RETURN + " / targets.sum(1, keepdims=True)"),
    ("sum-to-one", "softmax of the accuracies", RETURN, "return vocabulary, softmax(targets)"),
    ("one-hot", "one-hot of the best answer", RETURN, "return vocabulary, np.eye(len(vocabulary))[targets.argmax(1)]"),
    ("best-only", "all others 0", RETURN, RETURN + " * np.eye(len(vocabulary))[targets.argmax(1)]"),
    ("numbers-of-the-best", "one class number per question", RETURN, RETURN + ".argmax(1)"),
    ("transposed", "transposed", RETURN, RETURN + ".T"),
    ("shape", "a column for every one of most", RETURN, "return vocabulary, np.pad(targets, [(0, 0), (0, most - len(vocabulary))])"),
    ("rows-without-answer-dropped", "questions without a target are dropped", RETURN, RETURN + "[targets.sum(1) > 0]"),
    ("one-of-several", "returns the targets only", RETURN, "return targets"),
    ("exchanged", "returns them in the other order", RETURN, "return targets, vocabulary"),
    ("not-several", "returns a dict", RETURN, 'return {"vocabulary": vocabulary, "targets": targets}'),
    ("exception", "yield for return", "return vocabulary", "yield vocabulary"),
)


@wrong("01.2", "counts in all annotations for each annotation", "quadratic")
def flat_count(annotations, most):
    flat = [answer for given in annotations for answer in given]
    votes = {answer: flat.count(answer) for answer in flat}
    vocabulary = sorted(votes, key=lambda answer: (-votes[answer], answer))[:most]
    return vocabulary, accuracy_of(votes_of(annotations, vocabulary), len(annotations[0]))


@wrong("01.2", "counts all annotations anew for each question", "quadratic")
def counted_for_each_question(annotations, most):
    targets = []
    for given in annotations:
        counts = collections.Counter(answer for others in annotations for answer in others)
        vocabulary = sorted(counts, key=lambda answer: (-counts[answer], answer))[:most]
        targets.append([accuracy_of(given.count(answer), len(given)) for answer in vocabulary])
    return vocabulary, targets


def vocabulary_of(annotations, most):
    return targets_of_others(annotations, most)[0]


def votes_of(annotations, vocabulary):
    return np.array([[given.count(answer) for answer in vocabulary] for given in annotations])


@wrong("01.2", "Counter.most_common, ties as they come", "ties-as-they-come")
def most_common(annotations, most):
    vocabulary = [answer for answer, _ in collections.Counter(a for given in annotations for a in given).most_common(most)]
    return vocabulary, accuracy_of(votes_of(annotations, vocabulary), len(annotations[0]))


@wrong("01.2", "one-hot of the commonest answer", "one-hot")
def one_hot(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    targets = np.zeros((len(annotations), most))
    for b, given in enumerate(annotations):
        best = collections.Counter(given).most_common(1)[0][0]
        if best in vocabulary:
            targets[b, vocabulary.index(best)] = 1.0
    return vocabulary, targets


@wrong("01.2", "A = 10 in the formula", "only-for-ten")
def ten_in_the_formula(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    return vocabulary, accuracy_of(votes_of(annotations, vocabulary), 10)


@wrong("01.2", "annotators whose answer was cut off are not counted", "cut-off-not-counted")
def annotators_dropped(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    kept = [[a for a in given if a in vocabulary] for given in annotations]
    return vocabulary, [[accuracy_of(given.count(a), len(given)) if given else 0 for a in vocabulary] for given in kept]


@wrong("01.2", "an extra answer for everything that was cut off", "nobody-said")
def unknown_added(annotations, most):
    vocabulary, targets = targets_of_others(annotations, most)
    rest = np.array([sum(a not in vocabulary for a in given) for given in annotations])
    return [*vocabulary, "<unk>"], np.column_stack([targets, accuracy_of(rest, len(annotations[0]))])


@wrong("01.2", "the last place is given to an unknown answer", "nobody-said")
def unknown_inside(annotations, most):
    return unknown_added(annotations, most - 1)


@wrong("01.2", "counts parts of words: 'no' in 'none'", "parts-of-words")
def parts_of_words(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    votes = np.array([[min(" ".join(given).count(a), len(given)) for a in vocabulary] for given in annotations])
    return vocabulary, accuracy_of(votes, len(annotations[0]))


@wrong("01.2", "ranked by the sum of the targets", "ranked-by-accuracy")
def ranked_by_accuracy(annotations, most):
    words = sorted({a for given in annotations for a in given})
    targets = accuracy_of(votes_of(annotations, words), len(annotations[0]))
    order = np.argsort(-targets.sum(0), kind="stable")[:most]
    return [words[k] for k in order], targets[:, order]


# ---- 01.3 mlb_pooling(params, v, h) → float[..., D_out]


@right("01.3")
def mlb_plain(params, v, h):
    b = params.pop("b")  # changes what it was given, which is a copy
    return (jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"] + b


@right("01.3")
def mlb_einops(params, v, h):
    x = jnp.tanh(einsum(v, params["U"], "... i, i d -> ... d"))
    y = jnp.tanh(einsum(h, params["V"], "... j, j d -> ... d"))
    return einsum(x * y, params["P"], "... d, d o -> ... o") + params["b"]


@right("01.3")
def mlb_vmap(params, v, h):
    if v.ndim == 1:
        x = jnp.tanh(params["U"].T @ v)
        y = jnp.tanh(params["V"].T @ h)
        return params["P"].T @ (x * y) + params["b"]
    return jax.vmap(mlb_vmap, in_axes=(None, 0, 0))(params, v, h)


@right("01.3")
def mlb_flat(params, v, h):
    x = jnp.matmul(v.reshape(-1, v.shape[-1]), params["U"])
    y = jnp.matmul(h.reshape(-1, h.shape[-1]), params["V"])
    z = jnp.multiply(jnp.tanh(x), jnp.tanh(y)) @ params["P"] + params["b"][None]
    return z.reshape(*v.shape[:-1], -1)


@right("01.3")
def mlb_tanh_by_hand(params, v, h):
    def squash(x):
        return (jnp.exp(x) - jnp.exp(-x)) / (jnp.exp(x) + jnp.exp(-x))

    def logistic(x):
        return 2 * jax.nn.sigmoid(2 * x) - 1

    return jnp.tensordot(squash(jnp.dot(v, params["U"])) * logistic(jnp.dot(h, params["V"])), params["P"], 1) + params["b"]


def mlb_numpy(params, v, h):
    U, V, P, b = (np.asarray(params[name]) for name in "UVPb")
    picture = np.tanh(np.dot(v, U))
    question = np.tanh(np.dot(h, V))
    fused = picture * question
    return np.dot(fused, P) + b


slips(
    "01.3",
    right("01.3")(mlb_numpy),
    ("sum", "sum for product", "picture * question", "picture + question"),
    ("sum-before-tanh", "tanh of the sum", "picture * question", "np.tanh(np.dot(v, U) + np.dot(h, V))"),
    ("no-tanh", "no tanh", "np.tanh", ""),
    ("tanh-too-late", "tanh after the product", "np.tanh", "", "picture * question", "np.tanh(picture * question)"),
    ("tanh-too-late", "tanh around P only", "np.tanh", "", "np.dot(fused, P)", "np.tanh(np.dot(fused, P))"),
    ("squashed-again", "tanh around the product too", "picture * question", "np.tanh(picture * question)"),
    ("squashed-again", "tanh of the result", "np.dot(fused, P) + b", "np.tanh(np.dot(fused, P) + b)"),
    ("softmax", "softmax over the outputs", "np.dot(fused, P) + b", "softmax(np.dot(fused, P) + b)"),
    ("one-tanh", "tanh on the picture only", "np.tanh(np.dot(h", "(np.dot(h"),
    ("tanh-before-projection", "tanh before U and V", "np.tanh", "", "(v,", "(np.tanh(v),", "(h,", "(np.tanh(h),"),
    ("not-tanh", "relu for tanh", "np.tanh(", "np.maximum(0, "),
    ("ignores-b", "no b", " + b", ""),
    ("bias-not-added-once", "multiplies by b", " + b", " * b"),
    ("exception", "b inside the tanh", " + b", "", "U))", "U) + b)", "V))", "V) + b)"),
    ("not-projected", "no P", "np.dot(fused, P) + b", "fused"),
    ("concatenation", "concatenation", "np.dot(fused, P) + b", "np.concatenate([picture, question], axis=-1)"),
    ("exception", "@ for *", "picture * question", "picture @ question"),
    ("projected-before-product", "P on each side", "np.dot(fused, P)", "np.dot(picture, P) * np.dot(question, P)"),
    ("exception", "U and V exchanged", "U, V, P", "V, U, P"),
    ("exception", "the matrices transposed, as in the formula", "np.asarray(params[name])", "np.asarray(params[name]).T"),
    ("one-side", "the picture with itself", "picture * question", "picture * picture"),
    ("one-side", "no question", "picture * question", "picture"),
    ("residual", "the picture is added", "picture * question", "picture + picture * question"),
    ("scalar-product", "one number a pair", "np.dot(fused, P) + b", "fused.sum(-1)"),
    ("rescaled", "divided by √D", "picture * question", "picture * question / np.sqrt(picture.shape[-1])"),
    ("averaged", "mean over the leading axes", "np.dot(fused, P)", "np.dot(fused.reshape(-1, len(P)).mean(0), P)"),
    ("close", "rounded", "np.dot(fused, P) + b", "(np.dot(fused, P) + b).astype(np.float16).round(2)"),
)


@wrong("01.3", "a gate", "gate")
def mlb_gate(params, v, h):
    return (jnp.tanh(v @ params["U"]) * jax.nn.sigmoid(h @ params["V"])) @ params["P"] + params["b"]


@wrong("01.3", "one leading axis only", "exception")
def mlb_batch_only(params, v, h):
    x, y = jnp.einsum("bi,id->bd", v, params["U"]), jnp.einsum("bj,jd->bd", h, params["V"])
    return jnp.einsum("bd,do->bo", jnp.tanh(x) * jnp.tanh(y), params["P"]) + params["b"]


@wrong("01.3", "one vmap: fails without a batch axis", "exception")
def mlb_one_vmap(params, v, h):
    return jax.vmap(lambda a, c: mlb_flat(params, a, c))(v, h)


@wrong("01.3", "column vectors: U.T @ v", "exception")
def mlb_columns(params, v, h):
    return params["P"].T @ (jnp.tanh(params["U"].T @ v) * jnp.tanh(params["V"].T @ h)) + params["b"]


@wrong("01.3", "a bracket is missing: P meets the question's side only", "exception")
def mlb_bracket_missing(params, v, h):
    return jnp.tanh(v @ params["U"]) * (jnp.tanh(h @ params["V"]) @ params["P"]) + params["b"]


@wrong("01.3", "flattens the leading axes and never unflattens", "flattened")
def mlb_flattened(params, v, h):
    return mlb_numpy(params, v.reshape(-1, v.shape[-1]), h.reshape(-1, h.shape[-1]))


@wrong("01.3", "concatenation, and P twice", "sum")
def mlb_concatenation(params, v, h):
    both = jnp.concatenate([jnp.tanh(v @ params["U"]), jnp.tanh(h @ params["V"])], -1)
    return both @ jnp.concatenate([params["P"], params["P"]], 0) + params["b"]


@wrong("01.3", "the first pair for all", "rows-alike")
def mlb_first_of_batch(params, v, h):
    return jnp.broadcast_to(mlb_numpy(params, v[:1], h[:1]), (*v.shape[:-1], params["b"].shape[0]))


# ---- 01.4 attention_hop(params, grid, u) → next u, p


@right("01.4")
def hop_vmap(params, grid, u):
    def one(places, question):
        p = jax.nn.softmax(places @ params["W_I"] @ (params["W_Q"].T @ question) / math.sqrt(params["W_Q"].shape[-1]))
        return question + p @ places, p

    return jax.vmap(one)(grid, u)


@right("01.4")
def hop_batched_matmul(params, grid, u):
    query = (u @ params["W_Q"])[:, :, None]  # (B, k, 1)
    p = jax.nn.softmax((grid @ params["W_I"]) @ query / query.shape[1] ** 0.5, axis=1)  # (B, N, 1)
    seen = (p.transpose(0, 2, 1) @ grid).squeeze(1)
    return [u + seen, p.squeeze(-1)]


@right("01.4")
def hop_numpy_loops(params, grid, u):
    grid, u, w_i, w_q = (np.asarray(x, np.float64) for x in (grid, u, params["W_I"], params["W_Q"]))
    new, maps = [], []
    for places, question in zip(grid, u):
        scores = [np.dot(w_i.T @ place, w_q.T @ question) / np.sqrt(w_i.shape[1]) for place in places]
        p = np.exp(scores) / np.sum(np.exp(scores))
        new.append(question + sum(share * place for share, place in zip(p, places)))
        maps.append(p)
    return np.array(new), np.array(maps)


@right("01.4")
def hop_einops(params, grid, u):
    keys = einsum(grid, params["W_I"], "b n d, d k -> b n k")
    query = einsum(u, params["W_Q"], "b d, d k -> b k")
    p = jax.nn.softmax(reduce(keys * rearrange(query, "b k -> b 1 k"), "b n k -> b n", "sum") / keys.shape[-1] ** 0.5)
    return u + reduce(rearrange(p, "b n -> b n 1") * grid, "b n d -> b d", "sum"), p


@right("01.4")
def hop_differences(params, grid, u):
    keys, query = jnp.tensordot(grid, params["W_I"], 1), jnp.tensordot(u, params["W_Q"], 1)
    s = jax.lax.batch_matmul(keys, query[:, :, None])[:, :, 0] / jnp.sqrt(jnp.float32(keys.shape[2]))
    p = 1 / jnp.exp(s[:, None, :] - s[:, :, None]).sum(-1)
    return u + jnp.sum(grid * jnp.expand_dims(p, 2), 1), p


def hop_numpy(params, grid, u):
    grid, u, W_I, W_Q = (np.asarray(x) for x in (grid, u, params["W_I"], params["W_Q"]))
    k = W_I.shape[1]
    keys = grid @ W_I
    query = u @ W_Q
    scores = (keys * query[:, None]).sum(axis=2) / np.sqrt(k)
    weights = np.exp(scores - scores.max(axis=1, keepdims=True))
    p = weights / weights.sum(axis=1, keepdims=True)
    seen = (p[:, :, None] * grid).sum(axis=1)
    return u + seen, p


SHARES, SEEN = "weights / weights.sum(axis=1, keepdims=True)", "(p[:, :, None] * grid).sum(axis=1)"
slips(
    "01.4",
    right("01.4")(hop_numpy),
    ("softmax-over-batch", "softmax over the batch", "axis=1, keepdims", "axis=0, keepdims"),
    ("softmax-over-batch", "softmax over everything", "axis=1, keepdims=True", ""),
    ("no-softmax", "returns the scores for the shares", "seen, p", "seen, scores"),
    ("scores-as-shares", "weighs the places by the scores", "p[:", "scores[:"),
    ("no-scale", "no 1/√k", " / np.sqrt(k)", ""),
    ("not-root-of-k", "1/k", "np.sqrt(k)", "k"),
    ("not-root-of-k", "√D", "np.sqrt(k)", "np.sqrt(u.shape[1])"),
    ("scale-after-softmax", "scaled after the softmax", " / np.sqrt(k)", "", SHARES, SHARES + " / np.sqrt(k)"),
    ("hard", "the best place only", SHARES, "(weights == 1) * 1.0"),
    ("sigmoid", "sigmoid for softmax", SHARES, "sigmoid(scores)"),
    ("half-a-softmax", "exp without the sum", SHARES, "np.exp(scores)"),
    ("half-a-softmax", "no exp", SHARES, "scores / scores.sum(axis=1, keepdims=True)"),
    ("not-finite", "log for exp", SHARES, "np.log(scores) / np.log(scores).sum(axis=1, keepdims=True)"),
    ("log-softmax", "log-softmax for softmax", SHARES, "log_softmax(scores)"),
    ("softmax", "softmax twice", SHARES, f"softmax({SHARES})"),
    ("softmin", "minus in the softmax", SHARES, "softmax(-scores)"),
    ("exchanged-W_I-W_Q", "W_Q on the grid", "u, W_I, W_Q", "u, W_Q, W_I"),
    ("one-matrix", "W_I on both", "u @ W_Q", "u @ W_I"),
    ("not-projected", "no matrices", "grid @ W_I", "grid", "u @ W_Q", "u"),
    ("additive", "tanh on both projections", "grid @ W_I", "np.tanh(grid @ W_I)", "u @ W_Q", "np.tanh(u @ W_Q)"),
    ("first-of-u", "the first question looks at every picture", "query[:, None]", "query[0]"),
    ("exception", "no new axis: (B, N, k) times (B, k)", "query[:, None]", "query"),
    ("not-weighted", "mean of the places", SEEN, "grid.mean(axis=1)"),
    ("mean-of-weighted", "mean of the weighted places", "grid).sum", "grid).mean"),
    ("best-place", "the best place added", SEEN, "grid[np.arange(len(u)), p.argmax(axis=1)]"),
    ("places-not-summed", "weighted places, not summed", "u + seen", "p[:, :, None] * grid"),
    ("no-residual", "no u", "u + seen", "seen"),
    ("ignores-grid", "u as it came", "u + seen", "u"),
    ("u-more-than-once", "u twice", "u + seen", "2 * u + seen"),
    ("not-added", "u times what was seen", "u + seen", "u * seen"),
    ("sum-of-keys", "keys and query summed", "* grid)", "* keys)", "u + seen", "query + seen"),
    ("sum-of-keys", "u and keys summed", "* grid)", "* keys)"),
    ("transposed", "map transposed", "seen, p", "seen, p.T"),
    ("axis-kept", "map of shape (B, N, 1)", "seen, p", "seen, p[:, :, None]"),
    ("shape", "next u of shape (B, 1, D)", "u + seen", "(u + seen)[:, None]"),
    ("exchanged", "p first", "u + seen, p", "p, u + seen"),
    ("one-of-several", "returns p only", "u + seen, p", "p"),
    ("not-several", "returns a dict", "u + seen, p", '{"u": u + seen, "p": p}'),
    ("not-several", "returns what was seen too", "u + seen, p", "seen, u + seen, p"),
)


def look(grid, u, scores):
    p = jax.nn.softmax(scores, -1)
    return u + jnp.einsum("bn,bnd->bd", p, grid), p


@wrong("01.4", "the paper's network: sum of tanh for a dot product", "additive")
def hop_additive(params, grid, u):
    return look(grid, u, jnp.tanh(grid @ params["W_I"] + (u @ params["W_Q"])[:, None]).sum(-1))


@wrong("01.4", "@ of a batch and a batch", "exception")
def hop_shapes_do_not_fit(params, grid, u):
    p = jax.nn.softmax((grid @ params["W_I"]) @ (u @ params["W_Q"]))
    return u + p @ grid, p


@wrong("01.4", "an index that sums over the batch", "all-questions-at-once")
def hop_batch_mixed(params, grid, u):
    return look(grid, u, jnp.einsum("bnk,ck->bn", grid @ params["W_I"], u @ params["W_Q"]) / params["W_I"].shape[1] ** 0.5)


@wrong("01.4", "assigns in place to a jnp array", "exception")
def hop_assigns(params, grid, u):
    s = jnp.zeros(grid.shape[:2])
    for b in range(grid.shape[0]):
        s[b] = (grid[b] @ params["W_I"]) @ (u[b] @ params["W_Q"])
    return look(grid, u, s)


@wrong("01.4", "cosine for the dot product", "cosines")
def hop_cosines(params, grid, u):
    keys, query = grid @ params["W_I"], u @ params["W_Q"]
    keys = keys / jnp.linalg.norm(keys, axis=-1, keepdims=True)
    query = query / jnp.linalg.norm(query, axis=-1, keepdims=True)
    return look(grid, u, jnp.einsum("bnk,bk->bn", keys, query))


@wrong("01.4", "u once for each place", "u-more-than-once")
def hop_u_for_every_place(params, grid, u):
    p = hop_numpy(params, grid, u)[1]
    return (u[:, None] + p[..., None] * grid).sum(1), p


@wrong("01.4", "two hops", "two-looks")
def hop_twice(params, grid, u):
    return hop_numpy(params, grid, hop_numpy(params, grid, u)[0])


@wrong("01.4", "softmax over k", "softmax-over-k")
def hop_softmax_over_k(params, grid, u):
    products = (grid @ params["W_I"]) * (u @ params["W_Q"])[:, None] / params["W_I"].shape[1] ** 0.5
    p = jax.nn.softmax(products, -1).sum(-1)
    return u + jnp.einsum("bn,bnd->bd", p, grid), p


# ---- 01.5 mutan_pooling(params, v, h) → float[..., D_out]


@right("01.5")
def mutan_einsum(params, v, h):
    b = params.pop("b")  # changes what it was given, which is a copy
    v, h = v @ params["U"] + params["b_U"], h @ params["V"] + params["b_V"]
    m = jnp.einsum("...d,drk->...rk", v, params["M"]) + params["b_M"]
    n = jnp.einsum("...d,drk->...rk", h, params["N"]) + params["b_N"]
    return jnp.einsum("...rk,...rk,ko->...o", m, n, params["P"]) + b


@right("01.5")
def mutan_loop(params, v, h):
    v, h = v @ params["U"] + params["b_U"], h @ params["V"] + params["b_V"]
    z = 0
    for r in range(params["M"].shape[1]):
        z = z + (v @ params["M"][:, r] + params["b_M"][r]) * (h @ params["N"][:, r] + params["b_N"][r])
    return z @ params["P"] + params["b"]


@right("01.5")
def mutan_vmap(params, v, h):
    def one(a, c):
        x, y = a @ params["U"] + params["b_U"], c @ params["V"] + params["b_V"]
        rank = jax.vmap(lambda M, bM, N, bN: (x @ M + bM) * (y @ N + bN), in_axes=(1, 0, 1, 0))
        return rank(params["M"], params["b_M"], params["N"], params["b_N"]).sum(0) @ params["P"] + params["b"]

    for _ in v.shape[:-1]:
        one = jax.vmap(one)
    return one(v, h)


@right("01.5")
def mutan_scan(params, v, h):
    x, y = v @ params["U"] + params["b_U"], h @ params["V"] + params["b_V"]

    def step(total, weights):
        M, bM, N, bN = weights
        return total + ((x @ M + bM) * (y @ N + bN)) @ params["P"], None

    ranks = (params["M"].transpose(1, 0, 2), params["b_M"], jnp.swapaxes(params["N"], 0, 1), params["b_N"])
    start = jnp.broadcast_to(params["b"], (*v.shape[:-1], len(params["b"])))
    return jax.lax.scan(step, start, ranks)[0]


def mutan_numpy(params, v, h):
    U, V, M, N, P = (np.asarray(params[name]) for name in "UVMNP")
    b_U, b_V, b_M, b_N, b = (np.asarray(params[name]) for name in ("b_U", "b_V", "b_M", "b_N", "b"))
    x = np.dot(v, U) + b_U
    y = np.dot(h, V) + b_V
    m = np.tensordot(x, M, 1) + b_M
    n = np.tensordot(y, N, 1) + b_N
    z = (m * n).sum(axis=-2)
    return z @ P + b


NO_CORE = (" + b_M", "", " + b_N", "")
slips(
    "01.5",
    right("01.5")(mutan_numpy),
    ("rank-not-added", "mean over the rank", "n).sum", "n).mean"),
    ("rank-not-added", "max over the rank", "n).sum", "n).max"),
    ("rank-not-summed", "rank not summed", ".sum(axis=-2)", ""),
    ("exception", "summed over D", "axis=-2", "axis=-1"),
    ("exception", "sum over axis 1, right for [B] only", "axis=-2", "axis=1"),
    ("summed-over-batch", "sum over axis 0", "axis=-2", "axis=0"),
    ("one-rank", "the first rank only", ".sum(axis=-2)", "[..., 0, :]"),
    ("rank-missing", "range(R - 1)", "(m * n)", "(m * n)[..., :-1, :]"),
    ("rank-missing", "the loop starts at 1", "(m * n)", "(m * n)[..., 1:, :]"),
    ("product-of-sums", "product of sums", "(m * n).sum(axis=-2)", "m.sum(axis=-2) * n.sum(axis=-2)"),
    ("sum", "sum for product", "m * n", "m + n"),
    ("ignores-b_U", "no b_U", " + b_U", ""),
    ("ignores-b_M", "no b_M", " + b_M", ""),
    ("ignores-b", "no b", "P + b", "P"),
    ("no-biases", "no b_M, b_N", *NO_CORE),
    ("no-biases", "no bias at all", " + b_U", "", " + b_V", "", *NO_CORE, " + b", ""),
    ("squashed", "tanh as in MLB", "dot(x", "dot(np.tanh(x)", "dot(y", "dot(np.tanh(y)"),
    ("squashed", "tanh of the sum", "z @", "np.tanh(z) @"),
    ("bias-for-every-rank", "b once for each rank", ".sum(axis=-2)", "", "z @ P + b", "(z @ P + b).sum(axis=-2)"),
    ("core-biases-after-product", "b_M, b_N after the sum", *NO_CORE, "-2)", "-2) + (b_M + b_N).sum(axis=0)"),
    ("cores-mixed-up", "M and N exchanged, with their biases", "dot(x", "dot(§", "dot(y", "dot(x", "dot(§", "dot(y"),
    ("cores-mixed-up", "M for both", "(y, N", "(y, M"),
    ("exchanged-M-N", "M and N exchanged", "(x, M", "(x, N", "(y, N", "(y, M"),
    ("exchanged-b_U-b_V", "b_U and b_V exchanged", "U) + b_U", "U) + b_V", "V) + b_V", "V) + b_U"),
    ("one-side", "no question", "dot(y", "dot(x"),
    ("cores-transposed", "M and N transposed", "(x, M", "(x, M.T", "(y, N", "(y, N.T"),
    ("not-projected", "no P", "z @ P + b", "z"),
)


def projections(params, v, h):
    return v @ params["U"] + params["b_U"], h @ params["V"] + params["b_V"]


@wrong("01.5", "the loop keeps the last rank", "one-rank")
def mutan_loop_overwrites(params, v, h):
    x, y = projections(params, v, h)
    for r in range(params["M"].shape[1]):
        z = (x @ params["M"][:, r] + params["b_M"][r]) * (y @ params["N"][:, r] + params["b_N"][r])
    return z @ params["P"] + params["b"]


@wrong("01.5", "one leading axis only", "exception")
def mutan_batch_only(params, v, h):
    x, y = projections(params, v, h)
    m = jnp.einsum("bd,drk->brk", x, params["M"]) + params["b_M"]
    n = jnp.einsum("bd,drk->brk", y, params["N"]) + params["b_N"]
    return (m * n).sum(1) @ params["P"] + params["b"]


@wrong("01.5", "U and V exchanged", "exception")
def mutan_projections_exchanged(params, v, h):
    return mutan_numpy({**params, "U": params["V"], "V": params["U"]}, v, h)


@wrong("01.5", "v and h exchanged", "exception")
def mutan_inputs_exchanged(params, v, h):
    x, y = v @ params["V"] + params["b_V"], h @ params["U"] + params["b_U"]
    return (x * y) @ params["P"] + params["b"]


@wrong("01.5", "reads M and N as (R, D, D)", "exception")
def mutan_rank_first(params, v, h):
    x, y = projections(params, v, h)
    m = jnp.einsum("...d,rdk->...rk", x, params["M"]) + params["b_M"]
    n = jnp.einsum("...d,rdk->...rk", y, params["N"]) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "reshapes M and N to (R, D, D)", "cores-reshaped")
def mutan_reshaped(params, v, h):
    x, y = projections(params, v, h)
    d, rank, k = params["M"].shape
    m = jnp.einsum("...d,rdk->...rk", x, params["M"].reshape(rank, d, k)) + params["b_M"]
    n = jnp.einsum("...d,rdk->...rk", y, params["N"].reshape(rank, d, k)) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "the core is applied to the sum of the projections", "values")
def mutan_joint(params, v, h):
    x = sum(projections(params, v, h))
    m = jnp.einsum("...d,drk->...rk", x, params["M"]) + params["b_M"]
    n = jnp.einsum("...d,drk->...rk", x, params["N"]) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "MLB: the core is skipped", "no-core")
def mutan_no_core(params, v, h):
    x, y = projections(params, v, h)
    return (x * y) @ params["P"] + params["b"]


# ---- 01.6 bilinear_pooling(params, v, h) → float[..., D_out], int


@right("01.6")
def bilinear_einsum(params, v, h):
    z = jnp.einsum("...i,...j,ijk->...k", v, h, params["T"]) + params["b"]
    return z, jnp.prod(jnp.array(params["T"].shape)) + params["b"].shape[0]


@right("01.6")
def bilinear_tensordot(params, v, h):
    left = jnp.tensordot(v, params["T"], axes=1)  # (..., D_h, D_out)
    z = (h[..., None, :] @ left)[..., 0, :] + params["b"]
    return z, sum(x.size for x in jax.tree.leaves(params))


@right("01.6")
def bilinear_loop(params, v, h):
    tensor, b = np.asarray(params["T"]), np.asarray(params["b"])
    v, h = np.asarray(v), np.asarray(h)
    outputs = [((v @ tensor[:, :, k]) * h).sum(-1) + b[k] for k in range(len(b))]
    return [np.stack(outputs, axis=-1), float(np.prod(tensor.shape) + len(b))]


@right("01.6")
def bilinear_vmap(params, v, h):
    def form(table, bias):  # one output
        return jnp.einsum("...i,ij,...j->...", v, table, h) + bias

    z = jax.vmap(form, in_axes=(2, 0), out_axes=-1)(params["T"], params["b"])
    return z, np.int64(params["T"].size + len(params["b"]))


@right("01.6")
def bilinear_sum_over_pictures(params, v, h):
    i, j, k = params["T"].shape
    z = params["b"]
    for a in range(i):
        z = z + v[..., a : a + 1] * (h @ params["T"][a])
    return z, (i * j + 1) * k


def bilinear_numpy(params, v, h):
    T, b, v, h = (np.asarray(x) for x in (params["T"], params["b"], v, h))
    i, j, k = T.shape
    pairs = v[..., :, None] * h[..., None, :]
    z = pairs.reshape(*v.shape[:-1], i * j) @ T.reshape(i * j, k) + b
    return z, i * j * k + k


PAIRS, COUNT = "v[..., :, None] * h[..., None, :]", "i * j * k + k"
slips(
    "01.6",
    right("01.6")(bilinear_numpy),
    ("ignores-b", "no b in z and in the count", ") + b", ")", " + k", ""),
    ("bias-not-added-once", "b twice", ") + b", ") + 2 * b"),
    ("rescaled", "mean for sum", ") + b", ") / (i * j) + b"),
    ("axes-of-T", "outer product flattened the other way", PAIRS, "h[..., :, None] * v[..., None, :]"),
    ("sum", "sum for product", "None] * h", "None] + h"),
    ("tanh", "tanh on both, as in MLB", PAIRS, "np.tanh(v)[..., :, None] * np.tanh(h)[..., None, :]"),
    ("outer-product", "outer product only", "return z", "return pairs"),
    ("shape", "sums over the outputs too", "return z", "return z.sum(-1)"),
    ("flattened", "leading axes flattened", "*v.shape[:-1]", "-1"),
    ("no-bias-counted", "count without b", " + k", ""),
    ("sum-of-sizes", "sum of the sizes", COUNT, "sum(T.shape) + b.size"),
    ("arrays", "count of arrays", COUNT, "len(params)"),
    ("one-output", "one table", COUNT, "i * j"),
    ("one-bias", "one bias", COUNT, "i * j * k + 1"),
    ("like-a-linear-layer", "count of a linear layer", COUNT, "(i + j) * k + k"),
    ("once-per-pair", "count times the batch", COUNT, "(i * j * k + k) * math.prod(v.shape[:-1])"),
    ("inputs-counted", "count with the inputs", COUNT, "i * j * k + k + v.size + h.size"),
    ("miscounted", "bytes", COUNT, "T.nbytes + b.nbytes"),
    ("miscounted", "biases of the inputs too", COUNT, "(i + 1) * (j + 1) * k"),
    ("miscounted", "the paper's sizes, written in", COUNT, "2048 * 2400 * 2000 + 2000"),
    ("miscounted", "adds up the parameters themselves", COUNT, "int(T.sum() + b.sum())"),
    ("not-an-array", "count as text", COUNT, 'f"{i * j * k + k:,}"'),
    ("shape", "the count is a shape", COUNT, "T.shape"),
    ("one-of-several", "returns the form only", "return z, i * j * k + k", "return z"),
    ("exchanged", "returns the count first", "return z, i * j * k + k", "return i * j * k + k, z"),
    ("not-several", "returns a dict", "return z, i * j * k + k", 'return {"z": z, "count": i * j * k + k}'),
)


def size(params):
    return params["T"].size + params["b"].size


@wrong("01.6", "feature i with feature i", "diagonal")
def bilinear_diagonal(params, v, h):
    d = min(v.shape[-1], h.shape[-1])
    z = jnp.einsum("...i,iik->...k", v[..., :d] * h[..., :d], params["T"][:d, :d]) + params["b"]
    return z, size(params)


@wrong("01.6", "T reshaped where its axes should move", "axes-of-T")
def bilinear_reshaped(params, v, h):
    i, j, k = params["T"].shape
    return jnp.einsum("...i,...j,kij->...k", v, h, params["T"].reshape(k, i, j)) + params["b"], i * j * k + k


@wrong("01.6", "v and h exchanged", "exception")
def bilinear_exchanged(params, v, h):
    return jnp.einsum("...i,...j,ijk->...k", h, v, params["T"]) + params["b"], size(params)


@wrong("01.6", "reads T as (D_out, D_v, D_h)", "exception")
def bilinear_output_first(params, v, h):
    return jnp.einsum("...i,...j,kij->...k", v, h, params["T"]) + params["b"], size(params)


@wrong("01.6", "v * h", "exception")
def bilinear_elementwise(params, v, h):
    return (v * h) @ params["T"] + params["b"], size(params)


@wrong("01.6", "one leading axis only", "exception")
def bilinear_batch_only(params, v, h):
    return jnp.einsum("bi,bj,ijk->bk", v, h, params["T"]) + params["b"], size(params)


@wrong("01.6", "all pairs of examples: (B, B, D_out)", "all-pairs-of-the-batch")
def bilinear_all_pairs(params, v, h):
    i, j, k = params["T"].shape
    return jnp.einsum("bi,cj,ijk->bck", v.reshape(-1, i), h.reshape(-1, j), params["T"]) + params["b"], i * j * k + k


@wrong("01.6", "v, h and T summed apart", "sums-multiplied")
def bilinear_sums_apart(params, v, h):
    z = (v.sum(-1) * h.sum(-1))[..., None] * params["T"].sum((0, 1))
    return z + params["b"], size(params)


# ---- 01.7 answer_challenge(train, test) → int[m]


def rarity(train, power):
    """How often to draw every question: the rarer its answer is for its words, the more often."""
    pairs = [(*words, answer) for words, answer in zip(np.asarray(train["tokens"]).tolist(), train["answer"].tolist())]
    seen = collections.Counter(pairs)
    share = np.array([seen[pair] for pair in pairs], float) ** -power
    return share / share.sum()


@right("01.7")
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


@right("01.7")
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


def untrained(test):
    return jax.random.normal(jax.random.key(0), (len(test["tokens"]), len(ANSWERS)))


@wrong("01.7", "the commonest answer for all", "below")
def commonest_for_all(train, test):
    return jnp.full(len(test["tokens"]), jnp.bincount(train["answer"]).argmax())


@wrong("01.7", "the commonest answer to the same words", "below")
def commonest_for_the_words(train, test):
    counts = collections.defaultdict(collections.Counter)
    for text, answer in zip(np.asarray(train["tokens"]).tolist(), train["answer"].tolist()):
        counts[tuple(text)][answer] += 1
    texts = map(tuple, np.asarray(test["tokens"]).tolist())
    return [counts[text].most_common(1)[0][0] if text in counts else 0 for text in texts]


@wrong("01.7", "a model that was not trained", "below")
def not_trained(train, test):
    return untrained(test).argmax(-1)


@wrong("01.7", "scores without argmax", "shape")
def scores_for_answers(train, test):
    return untrained(test)


@wrong("01.7", "argmax over the questions", "shape")
def argmax_over_questions(train, test):
    return untrained(test).argmax(0)


@wrong("01.7", "answers for the training questions", "shape")
def answers_of_train(train, test):
    return train["answer"]


@wrong("01.7", "its accuracy for its answers", "shape")
def accuracy_for_answers(train, test):
    return float((commonest_for_all(train, train) == train["answer"]).mean())


@wrong("01.7", "the probability of the answer", "not-whole")
def probabilities(train, test):
    return jax.nn.softmax(untrained(test)).max(-1)


@wrong("01.7", "the answers' tokens in the vocabulary of words", "out-of-range")
def tokens_of_the_answers(train, test):
    return jnp.asarray(fusion.ANSWER_TOKENS)[untrained(test).argmax(-1)]


@wrong("01.7", "words for numbers", "not-an-array")
def words_for_numbers(train, test):
    return [ANSWERS[k] for k in untrained(test).argmax(-1)]


@wrong("01.7", "logarithm of scores", "not-finite")
def logarithms(train, test):
    return jnp.log(untrained(test)[:, 0])


@wrong("01.7", "returns a function that answers", "exception")
def function_that_answers(train, test):
    return lambda features, tokens: untrained({"tokens": tokens}).argmax(-1)


@wrong("01.7", "looks for the answers in the test", "exception")
def answers_of_test(train, test):
    return test["answer"]


unwritten("01.1", "01.2", "01.3", "01.4", "01.5", "01.6", "01.7")
