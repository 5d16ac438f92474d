"""More answers to the exercises of notebook 01, written from the exercise texts alone, without a look at their checks.

All of RIGHT must pass; each of WRONG must be told what it got wrong (its description, then the diagnosis it must get).
"""

import collections
import itertools
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


# ---- 01.1, right


@right("01.1")
def acc_definition(answers, given):
    result = []
    for a, said in zip(answers, given):
        said = list(said)
        parts = []
        for i in range(len(said)):
            others = said[:i] + said[i + 1 :]
            parts.append(min(1, sum(1 for o in others if o == a) / 3))
        result.append(sum(parts) / len(parts))
    return result


@right("01.1")
def acc_jnp_where(answers, given):
    agree = jnp.asarray(given) == jnp.asarray(answers)[:, None]
    n = agree.sum(-1, keepdims=True)
    return jnp.where(agree, jnp.clip((n - 1) / 3, 0, 1), jnp.clip(n / 3, 0, 1)).mean(-1)


@right("01.1")
def acc_vmap(answers, given):
    def one(a, said):
        same = (said == a).astype(jnp.float32)
        return jnp.minimum(1.0, (same.sum() - same) / 3).mean()

    return jax.vmap(one)(jnp.asarray(answers), jnp.asarray(given))


@right("01.1")
def acc_matrix(answers, given):
    given, answers = np.asarray(given), np.asarray(answers)
    size = given.shape[1]
    same = (given == answers[:, None]).astype(float)
    return np.minimum(same @ (1 - np.eye(size)) / 3, 1).mean(axis=1)


@right("01.1")
def acc_counter(answers, given):
    out = np.zeros(len(answers))
    for b in range(len(answers)):
        counts = collections.Counter(np.asarray(given[b]).tolist())
        n, size = counts[int(answers[b])], len(given[b])
        out[b] = (n * min(1, (n - 1) / 3) + (size - n) * min(1, n / 3)) / size
    return out


@right("01.1")
def acc_algebra(answers, given):
    # below four votes: n (A - 1) / 3 A; above: 1
    n = np.sum(np.asarray(given) == np.asarray(answers).reshape(-1, 1), axis=1)
    size = np.shape(given)[1]
    return np.where(n >= 4, 1.0, n * (size - 1) / (3 * size))


@right("01.1")
def acc_table(answers, given):
    size = given.shape[1]
    table = [(n * min(1, (n - 1) / 3) + (size - n) * min(1, n / 3)) / size for n in range(size + 1)]
    return [table[int((np.asarray(row) == int(a)).sum())] for a, row in zip(answers, given)]


@right("01.1")
def acc_delete(answers, given):
    given = np.array(given)
    answers = np.array(answers)
    rounds = [np.clip((np.delete(given, i, axis=1) == answers[:, None]).sum(1) / 3, None, 1) for i in range(given.shape[1])]
    return np.stack(rounds).mean(0).astype("float32")


@right("01.1")
def acc_combinations(answers, given):
    def one(a, said):
        groups = list(itertools.combinations([int(s) for s in said], len(said) - 1))
        return float(np.mean([min(1.0, g.count(int(a)) / 3) for g in groups]))

    return tuple(map(one, answers, given))


@right("01.1")
def acc_onehot(answers, given):
    top = int(max(np.max(given), np.max(answers))) + 1
    votes = jax.nn.one_hot(given, top).sum(1)
    n = jnp.einsum("bk,bk->b", votes, jax.nn.one_hot(answers, top))
    size = len(given[0])
    return jnp.minimum(n - 1, 3) / 3 * n / size + jnp.minimum(n, 3) / 3 * (1 - n / size)


# ---- 01.1, wrong


def votes_of(answers, given):
    return (np.asarray(given) == np.asarray(answers)[:, None]).sum(1)


def official(n, size):
    return (n * np.minimum(1, (n - 1) / 3) + (size - n) * np.minimum(1, n / 3)) / size


@wrong("01.1", "the misquoted min(1, n/3)", "nobody-left-out")
def acc_misquoted(answers, given):
    return np.minimum(votes_of(answers, given) / 3, 1)


@wrong("01.1", "always leaves out someone who agreed: min(1, (n-1)/3)", "agreeing-left-out")
def acc_minus_one(answers, given):
    return np.clip((votes_of(answers, given) - 1) / 3, 0, 1)


@wrong("01.1", "forgot to clip the counts at 1", "no-minimum")
def acc_no_clip(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return (n * (n - 1) / 3 + (size - n) * n / 3) / size


@wrong("01.1", "divides by ten whatever A is", "divided-by-ten")
def acc_hard_ten(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return official(n, size) * size / 10


@wrong("01.1", "a table of the values for ten annotators", "only-for-ten")
def acc_table_of_ten(answers, given):
    return np.array([0, 0.3, 0.6, 0.9] + [1.0] * 100)[votes_of(answers, given)]


@wrong("01.1", "takes A as ten in the number of those who disagree too", "only-for-ten")
def acc_ten_everywhere(answers, given):
    return official(votes_of(answers, given), 10)


@wrong("01.1", "integer division of the counts by 3", "rounded-down")
def acc_integer_division(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return (n * np.minimum(1, (n - 1) // 3) + (size - n) * np.minimum(1, n // 3)) / size


@wrong("01.1", "mixes up the two kinds: those who agree leave n, those who do not leave n - 1", "kinds-exchanged")
def acc_swapped_kinds(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return (n * np.minimum(1, n / 3) + (size - n) * np.clip((n - 1) / 3, 0, 1)) / size


@wrong("01.1", "swaps the weights: A - n times the count without one who agrees", "kinds-exchanged")
def acc_swapped_weights(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return ((size - n) * np.minimum(1, (n - 1) / 3) + n * np.minimum(1, n / 3)) / size


@wrong("01.1", "counts votes over the questions (axis 0)", "votes-over-questions")
def acc_axis_zero(answers, given):
    n = (np.asarray(given) == np.asarray(answers)[:, None]).sum(0)
    return official(n, given.shape[1])


@wrong("01.1", "the share of annotators who said it", "fraction")
def acc_share(answers, given):
    return (np.asarray(given) == np.asarray(answers)[:, None]).mean(1)


@wrong("01.1", "1 if the answer is (one of) the most frequent, else 0", "majority")
def acc_majority(answers, given):
    return [
        float(list(row).count(a) == max(collections.Counter(row).values()))
        for a, row in zip(np.asarray(answers).tolist(), np.asarray(given).tolist())
    ]


@wrong("01.1", "all or nothing: 1 from three votes on, else 0", "all-or-nothing")
def acc_threshold(answers, given):
    return (votes_of(answers, given) >= 3).astype(float)


@wrong("01.1", "averages over the batch", "mean-over-questions")
def acc_batch_mean(answers, given):
    return official(votes_of(answers, given), given.shape[1]).mean()


@wrong("01.1", "divides the sum by A - 1 instead of A", "one-too-few-in-the-mean")
def acc_divide_by_nine(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return official(n, size) * size / (size - 1)


@wrong("01.1", "sum over the annotators instead of their mean", "sum")
def acc_sum(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return official(n, size) * size


@wrong("01.1", "in per cent", "factor")
def acc_percent(answers, given):
    return 100 * official(votes_of(answers, given), given.shape[1])


@right("01.1")
def acc_clip_late(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return np.minimum(1, (n * (n - 1) / 3 + (size - n) * n / 3) / size)


@wrong("01.1", "max instead of min", "maximum")
def acc_max(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return (n * np.maximum(1, (n - 1) / 3) + (size - n) * np.maximum(1, n / 3)) / size


@wrong("01.1", "three out of ten as a share: divides by 0.3 A", "share-of-the-others")
def acc_scaled_three(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    need = 0.3 * size
    return (n * np.minimum(1, (n - 1) / need) + (size - n) * np.minimum(1, n / need)) / size


@wrong("01.1", "leaves out only the first annotator", "first-left-out")
def acc_leave_first(answers, given):
    return np.minimum(votes_of(answers, np.asarray(given)[:, 1:]) / 3, 1)


@wrong("01.1", "leaves out only the last annotator", "last-left-out")
def acc_leave_last(answers, given):
    return np.minimum(votes_of(answers, np.asarray(given)[:, :-1]) / 3, 1)


@wrong("01.1", "the worst way to leave one out instead of the mean", "agreeing-left-out")
def acc_worst(answers, given):
    same = np.asarray(given) == np.asarray(answers)[:, None]
    return np.minimum(1, (same.sum(1, keepdims=True) - same) / 3).min(1)


@wrong("01.1", "divides by 2 instead of 3", "two-are-enough")
def acc_two(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return (n * np.minimum(1, (n - 1) / 2) + (size - n) * np.minimum(1, n / 2)) / size


@wrong("01.1", "divides by 4 instead of 3", "four-needed")
def acc_four(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return (n * np.minimum(1, (n - 1) / 4) + (size - n) * np.minimum(1, n / 4)) / size


@wrong("01.1", "returns the votes", "counts")
def acc_votes(answers, given):
    return votes_of(answers, given)


@wrong("01.1", "truncates to whole numbers", "truncated")
def acc_as_int(answers, given):
    return official(votes_of(answers, given), given.shape[1]).astype(int)


@wrong("01.1", "rounds to one decimal", "rounded")
def acc_rounded(answers, given):
    return np.round(official(votes_of(answers, given), given.shape[1]), 1)


@wrong("01.1", "takes the number of questions for the number of annotators", "questions-for-annotators")
def acc_shape_zero(answers, given):
    return official(votes_of(answers, given), given.shape[0])


@wrong("01.1", "keeps an axis: (B, 1)", "axis-kept")
def acc_keepdims(answers, given):
    return official(votes_of(answers, given), given.shape[1])[:, None]


@wrong("01.1", "return inside the loop: only the first question", "first-question-only")
def acc_early_return(answers, given):
    for a, row in zip(answers, given):
        n = sum(int(g == a) for g in row)
        return official(n, len(row))


@wrong("01.1", "compares without the new axis: (B, A) with (B,)", "exception")
def acc_broadcast(answers, given):
    n = (given == answers).sum(1)
    return official(n, given.shape[1])


@wrong("01.1", "compares every question with the first answer", "first-answer-for-all")
def acc_first_answer(answers, given):
    n = (np.asarray(given) == np.asarray(answers)[0]).sum(1)
    return official(n, given.shape[1])


@right("01.1")
def acc_in_place(answers, given):
    given -= answers[:, None]
    return official((given == 0).sum(1), given.shape[1])


@wrong("01.1", "forgot return", "returns-nothing")
def acc_nothing(answers, given):
    result = official(votes_of(answers, given), given.shape[1])


@wrong("01.1", "forgets those who disagree: only the n who agree are left out", "agreeing-only")
def acc_only_agreeing(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return n * np.clip((n - 1) / 3, 0, 1) / size


@wrong("01.1", "forgets those who agree: only the A - n others are left out", "disagreeing-only")
def acc_only_disagreeing(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    return (size - n) * np.clip(n / 3, 0, 1) / size


@wrong("01.1", "a majority of the others, not three of them", "half-of-the-others")
def acc_half(answers, given):
    n, size = votes_of(answers, given), given.shape[1]
    half = (size - 1) / 2
    return (n * ((n - 1) > half) + (size - n) * (n > half)) / size


# ---- 01.2, right


def value(n, size):
    return (n * min(1, (n - 1) / 3) + (size - n) * min(1, n / 3)) / size


@right("01.2")
def targets_counter(annotations, most):
    counts = collections.Counter(a for given in annotations for a in given)
    vocabulary = sorted(counts, key=lambda a: (-counts[a], a))[:most]
    return vocabulary, np.array([[value(given.count(a), len(given)) for a in vocabulary] for given in annotations])


@right("01.2")
def targets_stable_sort(annotations, most):
    everyone = sum(annotations, [])
    words = sorted(set(everyone))
    words.sort(key=everyone.count, reverse=True)
    words = words[:most]
    targets = []
    for given in annotations:
        row = []
        for word in words:
            scores = []
            for i in range(len(given)):
                others = [g for j, g in enumerate(given) if j != i]
                scores.append(min(others.count(word) / 3, 1.0))
            row.append(sum(scores) / len(scores))
        targets.append(row)
    return words, targets


@right("01.2")
def targets_unique(annotations, most):
    words, counts = np.unique(np.concatenate([np.array(g) for g in annotations]), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:most]
    vocabulary = words[order]
    rows = []
    for given in annotations:
        same = np.array(given)[:, None] == vocabulary[None]
        rows.append(np.minimum((same.sum(0) - same) / 3, 1).mean(0))
    return vocabulary.tolist(), np.stack(rows)


@right("01.2")
def targets_defaultdict(annotations, most):
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
def targets_jnp(annotations, most):
    counts = {}
    for given in annotations:
        for answer in given:
            counts[answer] = counts.get(answer, 0) + 1
    vocabulary = sorted(sorted(counts), key=lambda a: counts[a], reverse=True)[0:most]
    n = jnp.array([[given.count(a) for a in vocabulary] for given in annotations])
    size = jnp.array([len(given) for given in annotations])[:, None]
    return vocabulary, (n * jnp.minimum(1, (n - 1) / 3) + (size - n) * jnp.minimum(1, n / 3)) / size


@right("01.2")
def targets_chain(annotations, most):
    counts = collections.Counter(itertools.chain.from_iterable(annotations))
    vocabulary = [word for word, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))][:most]
    targets = [[sum(min(1, (given.count(w) - (g == w)) / 3) for g in given) / len(given) for w in vocabulary] for given in annotations]
    return [vocabulary, targets]


@right("01.2")
def targets_most_common_of_sorted(annotations, most):
    # a Counter filled in alphabetical order keeps that order among ties
    counts = collections.Counter(sorted(a for given in annotations for a in given))
    vocabulary = [a for a, _ in counts.most_common(most)]
    targets = np.empty([len(annotations), len(vocabulary)])
    for (b, given), (k, answer) in itertools.product(enumerate(annotations), enumerate(vocabulary)):
        n = sum(g == answer for g in given)
        targets[b, k] = np.clip(n * (len(given) - 1) / (3 * len(given)), 0, 1) if n < 4 else 1
    return vocabulary, targets


@right("01.2")
def targets_pop(annotations, most):
    counts = collections.Counter()
    for given in annotations:
        counts.update(given)
    vocabulary = []
    while counts and len(vocabulary) < most:
        best = max(counts.values())
        word = min(w for w in counts if counts[w] == best)
        vocabulary.append(word)
        del counts[word]
    columns = [[value(given.count(word), len(given)) for given in annotations] for word in vocabulary]
    return vocabulary, np.array(columns).T


@right("01.2")
def targets_array_vocabulary(annotations, most):
    vocabulary, targets = targets_counter(annotations, most)
    return np.array(vocabulary), jnp.asarray(targets)


# ---- 01.2, wrong


def vocabulary_of(annotations, most):
    counts = collections.Counter(a for given in annotations for a in given)
    return sorted(counts, key=lambda a: (-counts[a], a))[:most]


def table(annotations, vocabulary, of=value):
    return np.array([[of(given.count(a), len(given)) for a in vocabulary] for given in annotations], float)


@wrong("01.2", "rows normalised to add up to 1", "sum-to-one")
def targets_normalised(annotations, most):
    vocabulary, targets = targets_counter(annotations, most)
    return vocabulary, targets / np.maximum(targets.sum(1, keepdims=True), 1e-9)


@wrong("01.2", "one-hot of the best answer", "one-hot-of-first")
def targets_onehot(annotations, most):
    vocabulary, targets = targets_counter(annotations, most)
    return vocabulary, np.eye(len(vocabulary))[targets.argmax(1)]


@wrong("01.2", "the misquoted min(1, n/3)", "nobody-left-out")
def targets_misquoted(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    return vocabulary, table(annotations, vocabulary, lambda n, size: min(1, n / 3))


@wrong("01.2", "shares of the annotators instead of accuracies", "fraction")
def targets_shares(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    return vocabulary, table(annotations, vocabulary, lambda n, size: n / size)


@wrong("01.2", "the numbers of votes", "counts")
def targets_votes(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    return vocabulary, table(annotations, vocabulary, lambda n, size: n)


@wrong("01.2", "the vocabulary is sorted alphabetically after the cut", "kept-in-alphabetical-order")
def targets_alphabetical(annotations, most):
    vocabulary = sorted(vocabulary_of(annotations, most))
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "the alphabetically first answers, whatever their frequency", "alphabet-only")
def targets_alphabetical_cut(annotations, most):
    vocabulary = sorted({a for given in annotations for a in given})[:most]
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "ties in order of appearance (most_common)", "ties-as-they-come")
def targets_most_common(annotations, most):
    counts = collections.Counter(a for given in annotations for a in given)
    vocabulary = [a for a, _ in counts.most_common(most)]
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "cuts with most_common first and breaks ties after the cut", "cut-before-ties")
def targets_cut_first(annotations, most):
    counts = collections.Counter(a for given in annotations for a in given)
    vocabulary = sorted(dict(counts.most_common(most)), key=lambda a: (-counts[a], a))
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "ties in reverse alphabetical order (reverse=True on the pair)", "ties-reversed")
def targets_reverse_ties(annotations, most):
    counts = collections.Counter(a for given in annotations for a in given)
    vocabulary = sorted(counts, key=lambda a: (counts[a], a), reverse=True)[:most]
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "the rarest first", "rarest-first")
def targets_rarest(annotations, most):
    counts = collections.Counter(a for given in annotations for a in given)
    vocabulary = sorted(counts, key=lambda a: (counts[a], a))[:most]
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "the right answers, but in rising order of frequency", "kept-reversed")
def targets_rising(annotations, most):
    vocabulary = vocabulary_of(annotations, most)[::-1]
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "counts an answer once per question", "once-per-question")
def targets_once(annotations, most):
    counts = collections.Counter(a for given in annotations for a in set(given))
    vocabulary = sorted(counts, key=lambda a: (-counts[a], a))[:most]
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "counts only the most frequent answer of each question", "favourites-only")
def targets_majority(annotations, most):
    counts = collections.Counter(collections.Counter(given).most_common(1)[0][0] for given in annotations)
    vocabulary = sorted(counts, key=lambda a: (-counts[a], a))[:most]
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "counts only the first annotator of each question", "first-annotator-only")
def targets_first_annotator(annotations, most):
    counts = collections.Counter(given[0] for given in annotations)
    vocabulary = sorted(counts, key=lambda a: (-counts[a], a))[:most]
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "returned in the other order", "exchanged")
def targets_order(annotations, most):
    vocabulary, targets = targets_counter(annotations, most)
    return targets, vocabulary


@wrong("01.2", "targets transposed", "transposed")
def targets_transposed(annotations, most):
    vocabulary, targets = targets_counter(annotations, most)
    return vocabulary, targets.T


@wrong("01.2", "the vocabulary is a list of pairs with counts", "pairs")
def targets_pairs(annotations, most):
    counts = collections.Counter(a for given in annotations for a in given)
    pairs = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    return pairs, table(annotations, [a for a, _ in pairs])


@wrong("01.2", "the vocabulary is a dictionary to numbers", "not-words")
def targets_dictionary(annotations, most):
    vocabulary, targets = targets_counter(annotations, most)
    return {a: k for k, a in enumerate(vocabulary)}, targets


@wrong("01.2", "forgot the clip at 1", "no-minimum-left-out")
def targets_no_clip(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    return vocabulary, table(annotations, vocabulary, lambda n, size: (n * (n - 1) / 3 + (size - n) * n / 3) / size)


@wrong("01.2", "takes A = 10", "only-for-ten")
def targets_ten(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    return vocabulary, table(annotations, vocabulary, lambda n, size: value(n, 10))


@right("01.2")
def targets_first_size(annotations, most):
    # all questions of a call have the same number of annotators
    vocabulary = vocabulary_of(annotations, most)
    size = len(annotations[0])
    return vocabulary, table(annotations, vocabulary, lambda n, _: value(n, size)) * 1.0


@wrong("01.2", "drops the annotators whose answer was cut off before scoring", "cut-off-not-counted")
def targets_dropped_annotators(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    kept = [[a for a in given if a in vocabulary] for given in annotations]
    return vocabulary, np.array([[value(given.count(a), len(given)) if given else 0.0 for a in vocabulary] for given in kept])


@wrong("01.2", "one answer too many", "one-too-many")
def targets_one_more(annotations, most):
    return targets_counter(annotations, most + 1)


@wrong("01.2", "one answer too few", "one-too-few")
def targets_one_less(annotations, most):
    return targets_counter(annotations, most - 1)


@wrong("01.2", "forgot to cut the vocabulary", "all-kept")
def targets_uncut(annotations, most):
    return targets_counter(annotations, None)


@wrong("01.2", "an extra answer for everything that was cut off", "nobody-said")
def targets_unknown(annotations, most):
    vocabulary, targets = targets_counter(annotations, most)
    rest = np.array([[value(sum(a not in vocabulary for a in given), len(given))] for given in annotations])
    return vocabulary + ["<unk>"], np.concatenate([targets, rest], 1)


@wrong("01.2", "the last place of the vocabulary is given to an unknown answer", "nobody-said")
def targets_unknown_inside(annotations, most):
    vocabulary, targets = targets_unknown(annotations, most - 1)
    return vocabulary, targets


@wrong("01.2", "all or nothing from three votes on", "three-or-nothing")
def targets_threshold(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    return vocabulary, table(annotations, vocabulary, lambda n, size: float(n >= 3))


@wrong("01.2", "1 for everything anyone said", "any")
def targets_multihot(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    return vocabulary, table(annotations, vocabulary, lambda n, size: float(n > 0))


@wrong("01.2", "drops the questions without a target", "rows-without-answer-dropped")
def targets_dropped_rows(annotations, most):
    vocabulary, targets = targets_counter(annotations, most)
    return vocabulary, targets[targets.sum(1) > 0]


@wrong("01.2", "the first answers met", "first-said")
def targets_first_met(annotations, most):
    vocabulary = list(dict.fromkeys(a for given in annotations for a in given))[:most]
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "one class number per question", "numbers-of-the-best")
def targets_classes(annotations, most):
    vocabulary, targets = targets_counter(annotations, most)
    return vocabulary, targets.argmax(1)


@right("01.2")
def targets_in_place(annotations, most):
    # changes what it was given, which is a copy
    vocabulary, targets = targets_counter(annotations, most)
    for given in annotations:
        given[:] = [a for a in given if a in vocabulary]
    return vocabulary, targets


@right("01.2")
def targets_sorts_in_place(annotations, most):
    # changes what it was given, which is a copy
    for given in annotations:
        given.sort()
    return targets_counter(annotations, most)


@wrong("01.2", "whole numbers: an integer array swallows the fractions", "rounded-down")
def targets_integers(annotations, most):
    vocabulary, targets = targets_counter(annotations, most)
    result = np.zeros(targets.shape, int)
    result[:] = targets
    return vocabulary, result


@wrong("01.2", "counts parts of words: 'no' in 'none'", "parts-of-words")
def targets_substring(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    return vocabulary, np.array(
        [[value(min(" ".join(given).count(a), len(given)), len(given)) for a in vocabulary] for given in annotations]
    )


@wrong("01.2", "swaps the two kinds of annotators left out", "kinds-exchanged")
def targets_swapped(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    return vocabulary, table(annotations, vocabulary, lambda n, size: (n * min(1, n / 3) + (size - n) * max(0, min(1, (n - 1) / 3))) / size)


@wrong("01.2", "ties by the length of the word", "ties")
def targets_by_length(annotations, most):
    counts = collections.Counter(a for given in annotations for a in given)
    vocabulary = sorted(counts, key=lambda a: (-counts[a], len(a)))[:most]
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "sorted by frequency only, from a set: ties in no order", "ties")
def targets_set_order(annotations, most):
    everyone = [a for given in annotations for a in given]
    vocabulary = sorted(sorted(set(everyone), key=lambda a: a[::-1]), key=everyone.count, reverse=True)[:most]
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "only the targets are returned", "one-of-several")
def targets_alone(annotations, most):
    return targets_counter(annotations, most)[1]


@wrong("01.2", "row b holds only the answers of question b's own list, in its order", "of-each-annotator")
def targets_per_annotator(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    return vocabulary, [[value(given.count(a), len(given)) for a in given] for given in annotations]


@wrong("01.2", "ranked by the sum of the targets instead of the counts", "ranked-by-accuracy")
def targets_by_worth(annotations, most):
    words = sorted({a for given in annotations for a in given})
    worth = table(annotations, words).sum(0)
    vocabulary = [words[k] for k in sorted(range(len(words)), key=lambda k: (-worth[k], words[k]))][:most]
    return vocabulary, table(annotations, vocabulary)


@wrong("01.2", "divides by 10 at the end, whatever A is", "divided-by-ten")
def targets_divide_by_ten(annotations, most):
    vocabulary = vocabulary_of(annotations, most)
    return vocabulary, table(annotations, vocabulary, lambda n, size: value(n, size) * size / 10)


# ---- 01.3, right


@right("01.3")
def mlb_plain(params, v, h):
    return (jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


@right("01.3")
def mlb_einsum(params, v, h):
    x = jnp.tanh(jnp.einsum("...i,ik->...k", v, params["U"]))
    y = jnp.tanh(jnp.einsum("...j,jk->...k", h, params["V"]))
    return jnp.einsum("...k,...k,ko->...o", x, y, params["P"]) + params["b"]


@right("01.3")
def mlb_vmap(params, v, h):
    def one(a, c):
        return params["P"].T @ (jnp.tanh(params["U"].T @ a) * jnp.tanh(params["V"].T @ c)) + params["b"]

    for _ in range(v.ndim - 1):
        one = jax.vmap(one)
    return one(v, h)


@right("01.3")
def mlb_flat(params, v, h):
    lead = v.shape[:-1]
    x = jnp.matmul(v.reshape(-1, v.shape[-1]), params["U"])
    y = jnp.matmul(h.reshape(-1, h.shape[-1]), params["V"])
    z = jnp.multiply(jnp.tanh(x), jnp.tanh(y)) @ params["P"] + params["b"][None]
    return z.reshape(*lead, -1)


@right("01.3")
def mlb_sigmoid(params, v, h):
    def squash(x):
        return 2 * jax.nn.sigmoid(2 * x) - 1

    return jnp.dot(squash(jnp.dot(v, params["U"])) * squash(jnp.dot(h, params["V"])), params["P"]) + params["b"]


@right("01.3")
def mlb_tensordot(params, v, h):
    fused = jax.lax.tanh(jnp.tensordot(v, params["U"], 1)) * jax.lax.tanh(jnp.tensordot(h, params["V"], axes=1))
    return jnp.add(jnp.tensordot(fused, params["P"], 1), params["b"])


@right("01.3")
def mlb_rank_loop(params, v, h):
    U, V, P, b = (params[name] for name in ("U", "V", "P", "b"))
    z = b
    for d in range(P.shape[0]):
        z = z + (jnp.tanh(v @ U[:, d]) * jnp.tanh(h @ V[:, d]))[..., None] * P[d]
    return z


@right("01.3")
def mlb_diagonal(params, v, h):
    outer = jnp.tanh(v @ params["U"])[..., :, None] * jnp.tanh(h @ params["V"])[..., None, :]
    return jnp.diagonal(outer, axis1=-2, axis2=-1) @ params["P"] + params["b"]


@right("01.3")
def mlb_exponentials(params, v, h):
    def tanh(x):
        return (jnp.exp(x) - jnp.exp(-x)) / (jnp.exp(x) + jnp.exp(-x))

    return (tanh(v @ params["U"]) * tanh(h @ params["V"])).dot(params["P"]) + params["b"]


# ---- 01.3, wrong


@wrong("01.3", "tanh after the product instead of before it", "tanh-after-product")
def mlb_tanh_after(params, v, h):
    return jnp.tanh((v @ params["U"]) * (h @ params["V"])) @ params["P"] + params["b"]


@wrong("01.3", "no tanh", "no-tanh")
def mlb_no_tanh(params, v, h):
    return ((v @ params["U"]) * (h @ params["V"])) @ params["P"] + params["b"]


@wrong("01.3", "tanh on the picture only", "tanh-on-picture-only")
def mlb_tanh_v(params, v, h):
    return (jnp.tanh(v @ params["U"]) * (h @ params["V"])) @ params["P"] + params["b"]


@wrong("01.3", "tanh on the question only", "tanh-on-question-only")
def mlb_tanh_h(params, v, h):
    return ((v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


@wrong("01.3", "a third tanh, on the product", "tanh-again")
def mlb_three_tanh(params, v, h):
    return jnp.tanh(jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


@wrong("01.3", "adds instead of multiplying", "sum")
def mlb_sum(params, v, h):
    return (jnp.tanh(v @ params["U"]) + jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


@wrong("01.3", "forgot the bias", "no-bias")
def mlb_no_bias(params, v, h):
    return (jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"]


@wrong("01.3", "forgot P", "not-projected")
def mlb_no_p(params, v, h):
    return jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])


@wrong("01.3", "relu instead of tanh", "relu")
def mlb_relu(params, v, h):
    return (jax.nn.relu(v @ params["U"]) * jax.nn.relu(h @ params["V"])) @ params["P"] + params["b"]


@wrong("01.3", "sigmoid instead of tanh", "sigmoid")
def mlb_logistic(params, v, h):
    return (jax.nn.sigmoid(v @ params["U"]) * jax.nn.sigmoid(h @ params["V"])) @ params["P"] + params["b"]


@wrong("01.3", "U and V swapped", "exception")
def mlb_swapped(params, v, h):
    return (jnp.tanh(v @ params["V"]) * jnp.tanh(h @ params["U"])) @ params["P"] + params["b"]


@wrong("01.3", "U for both", "exception")
def mlb_u_twice(params, v, h):
    return (jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["U"])) @ params["P"] + params["b"]


@wrong("01.3", "the question is never used: v twice", "picture-squared")
def mlb_v_twice(params, v, h):
    return jnp.tanh(v @ params["U"]) ** 2 @ params["P"] + params["b"]


@wrong("01.3", "the picture is never used: h twice", "question-squared")
def mlb_h_twice(params, v, h):
    return (jnp.tanh(h @ params["V"]) * jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


@wrong("01.3", "tanh before the projections", "tanh-before-projection")
def mlb_tanh_first(params, v, h):
    return ((jnp.tanh(v) @ params["U"]) * (jnp.tanh(h) @ params["V"])) @ params["P"] + params["b"]


@wrong("01.3", "one more tanh on the output", "tanh-of-everything")
def mlb_tanh_out(params, v, h):
    return jnp.tanh(mlb_plain(params, v, h))


@wrong("01.3", "tanh over the projection by P, before the bias", "tanh-around-p-only")
def mlb_tanh_p(params, v, h):
    return jnp.tanh(((v @ params["U"]) * (h @ params["V"])) @ params["P"]) + params["b"]


@wrong("01.3", "the matrices are transposed as in the formula", "exception")
def mlb_transposed(params, v, h):
    return (jnp.tanh(v @ params["U"].T) * jnp.tanh(h @ params["V"].T)) @ params["P"].T + params["b"]


@wrong("01.3", "column vectors: U.T @ v", "exception")
def mlb_columns(params, v, h):
    return params["P"].T @ (jnp.tanh(params["U"].T @ v) * jnp.tanh(params["V"].T @ h)) + params["b"]


@wrong("01.3", "subtracts the bias", "bias-subtracted")
def mlb_minus_bias(params, v, h):
    return (jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"] - params["b"]


@wrong("01.3", "the bias twice", "bias-twice")
def mlb_bias_twice(params, v, h):
    return mlb_plain(params, v, h) + params["b"]


@wrong("01.3", "multiplies by the bias", "bias-multiplied")
def mlb_times_bias(params, v, h):
    return (jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"] * params["b"]


@wrong("01.3", "a matrix product instead of an elementwise one", "exception")
def mlb_matmul(params, v, h):
    return (jnp.tanh(v @ params["U"]) @ jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


@wrong("01.3", "a scalar product: sums over D before P", "scalar-product")
def mlb_scalar_product(params, v, h):
    s = (jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])).sum(-1, keepdims=True)
    return s * params["P"].sum(0) + params["b"]


@wrong("01.3", "only works for a batch, einsum over two axes", "exception")
def mlb_two_axes(params, v, h):
    x = jnp.tanh(jnp.einsum("bi,ik->bk", v, params["U"]))
    y = jnp.tanh(jnp.einsum("bj,jk->bk", h, params["V"]))
    return jnp.einsum("bk,ko->bo", x * y, params["P"]) + params["b"]


@wrong("01.3", "one vmap: fails without a batch axis", "exception")
def mlb_one_vmap(params, v, h):
    return jax.vmap(lambda a, c: mlb_plain(params, a, c))(v, h)


@wrong("01.3", "flattens the leading axes and never unflattens", "flattened")
def mlb_flattened(params, v, h):
    return mlb_plain(params, v.reshape(-1, v.shape[-1]), h.reshape(-1, h.shape[-1]))


@wrong("01.3", "averages over the leading axes", "averaged")
def mlb_averaged(params, v, h):
    z = mlb_plain(params, v, h)
    return z.reshape(-1, z.shape[-1]).mean(0)


@right("01.3")
def mlb_numpy(params, v, h):
    fused = np.tanh(np.dot(v, params["U"])) * np.tanh(np.dot(h, params["V"]))
    return np.dot(fused, params["P"]) + np.asarray(params["b"])


@right("01.3")
def mlb_numpy_tanh(params, v, h):
    return (np.tanh(np.asarray(v @ params["U"])) * np.tanh(np.asarray(h @ params["V"]))) @ params["P"] + params["b"]


@wrong("01.3", "concatenation instead of a product", "sum")
def mlb_concatenation(params, v, h):
    both = jnp.concatenate([jnp.tanh(v @ params["U"]), jnp.tanh(h @ params["V"])], -1)
    return both @ jnp.concatenate([params["P"], params["P"]], 0) + params["b"]


@right("01.3")
def mlb_in_place(params, v, h):
    # changes what it was given, which is a copy
    params["U"] = params["U"] * 1.0
    result = mlb_plain(params, v, h)
    params["P"] = params["P"].T
    return result


@right("01.3")
def mlb_pops(params, v, h):
    # changes what it was given, which is a copy
    b = params.pop("b")
    return (jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"] + b


@wrong("01.3", "scaled by the square root of D", "divided-by-root")
def mlb_scaled(params, v, h):
    fused = jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])
    return fused / jnp.sqrt(fused.shape[-1]) @ params["P"] + params["b"]


@wrong("01.3", "normalises the product to length 1", "length-one")
def mlb_unit(params, v, h):
    fused = jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])
    return fused / jnp.linalg.norm(fused, axis=-1, keepdims=True) @ params["P"] + params["b"]


@wrong("01.3", "a bracket is missing: P meets the question's side only", "exception")
def mlb_brackets(params, v, h):
    return jnp.tanh(v @ params["U"]) * (jnp.tanh(h @ params["V"]) @ params["P"]) + params["b"]


@wrong("01.3", "softmax over the outputs", "softmax-of-output")
def mlb_softmax(params, v, h):
    return jax.nn.softmax(mlb_plain(params, v, h), axis=-1)


@wrong("01.3", "forgets to return", "returns-nothing")
def mlb_nothing(params, v, h):
    z = mlb_plain(params, v, h)


@wrong("01.3", "a residual: adds the picture's projection to the product", "picture-added")
def mlb_residual(params, v, h):
    x = jnp.tanh(v @ params["U"])
    return (x + x * jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]


# ---- 01.4, right


@right("01.4")
def hop_einsum(params, grid, u):
    keys, query = grid @ params["W_I"], u @ params["W_Q"]
    s = jnp.einsum("bnk,bk->bn", keys, query) / jnp.sqrt(keys.shape[-1])
    p = jax.nn.softmax(s, axis=-1)
    return u + jnp.einsum("bn,bnd->bd", p, grid), p


@right("01.4")
def hop_vmap(params, grid, u):
    def one(places, question):
        s = (places @ params["W_I"]) @ (question @ params["W_Q"]) / math.sqrt(params["W_I"].shape[1])
        p = jax.nn.softmax(s)
        return question + p @ places, p

    return jax.vmap(one)(grid, u)


@right("01.4")
def hop_broadcast(params, grid, u):
    s = (jnp.matmul(grid, params["W_I"]) * jnp.matmul(u, params["W_Q"])[:, None, :]).sum(-1)
    s = s * params["W_Q"].shape[-1] ** -0.5
    e = jnp.exp(s - s.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return u + (p[..., None] * grid).sum(axis=1), p


@right("01.4")
def hop_bilinear(params, grid, u):
    middle = params["W_I"] @ params["W_Q"].T / np.sqrt(params["W_I"].shape[1])
    p = jax.nn.softmax(jnp.einsum("bnd,de,be->bn", grid, middle, u))
    return jnp.squeeze(u[:, None] + p[:, None] @ grid, 1), p


@right("01.4")
def hop_loop(params, grid, u):
    next_u, shares = [], []
    for b in range(grid.shape[0]):
        query = u[b] @ params["W_Q"]
        s = jnp.stack([jnp.dot(grid[b, n] @ params["W_I"], query) for n in range(grid.shape[1])])
        p = jax.nn.softmax(s / jnp.sqrt(query.size))
        next_u.append(u[b] + sum(p[n] * grid[b, n] for n in range(grid.shape[1])))
        shares.append(p)
    return jnp.stack(next_u), jnp.array(shares)


@right("01.4")
def hop_list(params, grid, u):
    k = params["W_I"].shape[1]
    s = jnp.squeeze((grid @ params["W_I"]) @ (u @ params["W_Q"])[..., None], -1) / k**0.5
    p = jnp.exp(s - jax.scipy.special.logsumexp(s, axis=-1, keepdims=True))
    return [u + jnp.squeeze(jnp.swapaxes(grid, 1, 2) @ p[..., None], -1), p]


@right("01.4")
def hop_log_softmax(params, grid, u):
    scale = len(params["W_I"][0]) ** 0.25
    s = jnp.einsum("bnk,bk->bn", grid @ params["W_I"] / scale, u @ params["W_Q"] / scale)
    p = jnp.exp(jax.nn.log_softmax(s, axis=1))
    # the shares add up to 1, so u may go into the mean
    return jnp.einsum("bn,bnd->bd", p, grid + u[:, None]), p


@right("01.4")
def hop_differences(params, grid, u):
    keys, query = jnp.tensordot(grid, params["W_I"], 1), jnp.tensordot(u, params["W_Q"], 1)
    s = jax.lax.batch_matmul(keys, query[:, :, None])[:, :, 0] / jnp.sqrt(jnp.float32(keys.shape[2]))
    p = 1 / jnp.exp(s[:, None, :] - s[:, :, None]).sum(-1)
    return u + jnp.sum(grid * jnp.expand_dims(p, 2), 1), p


# ---- 01.4, wrong


def scores_of(params, grid, u):
    keys, query = grid @ params["W_I"], u @ params["W_Q"]
    return jnp.einsum("bnk,bk->bn", keys, query) / jnp.sqrt(keys.shape[-1])


def look(grid, u, p):
    return u + jnp.einsum("bn,bnd->bd", p, grid), p


@wrong("01.4", "missing scale 1/sqrt(k)", "no-scale")
def hop_no_scale(params, grid, u):
    k = params["W_I"].shape[1]
    return look(grid, u, jax.nn.softmax(scores_of(params, grid, u) * jnp.sqrt(k), -1))


@wrong("01.4", "divides by k instead of its square root", "divided-by-k")
def hop_scale_k(params, grid, u):
    k = params["W_I"].shape[1]
    return look(grid, u, jax.nn.softmax(scores_of(params, grid, u) / jnp.sqrt(k), -1))


@wrong("01.4", "multiplies by sqrt(k)", "multiplied-by-root")
def hop_times_scale(params, grid, u):
    k = params["W_I"].shape[1]
    return look(grid, u, jax.nn.softmax(scores_of(params, grid, u) * k, -1))


@wrong("01.4", "divides by sqrt(D)", "root-of-d")
def hop_scale_d(params, grid, u):
    d, k = params["W_I"].shape
    return look(grid, u, jax.nn.softmax(scores_of(params, grid, u) * jnp.sqrt(k) / jnp.sqrt(d), -1))


@wrong("01.4", "divides by sqrt(N)", "root-of-n")
def hop_scale_n(params, grid, u):
    k, n = params["W_I"].shape[1], grid.shape[1]
    return look(grid, u, jax.nn.softmax(scores_of(params, grid, u) * jnp.sqrt(k) / jnp.sqrt(n), -1))


@wrong("01.4", "softmax over the batch", "softmax-over-batch")
def hop_softmax_batch(params, grid, u):
    return look(grid, u, jax.nn.softmax(scores_of(params, grid, u), axis=0))


@wrong("01.4", "softmax over everything", "softmax-over-all")
def hop_softmax_all(params, grid, u):
    return look(grid, u, jax.nn.softmax(scores_of(params, grid, u), axis=None))


@wrong("01.4", "softmax over the k features before they are summed", "softmax-over-k-summed")
def hop_softmax_features(params, grid, u):
    keys, query = grid @ params["W_I"], u @ params["W_Q"]
    s = keys * query[:, None] / jnp.sqrt(keys.shape[-1])
    p = jax.nn.softmax(s, -1).sum(-1)
    return look(grid, u, p)


@wrong("01.4", "forgot u +", "no-residual")
def hop_no_residual(params, grid, u):
    p = jax.nn.softmax(scores_of(params, grid, u), -1)
    return jnp.einsum("bn,bnd->bd", p, grid), p


@wrong("01.4", "returned in the other order", "exchanged")
def hop_order(params, grid, u):
    next_u, p = hop_einsum(params, grid, u)
    return p, next_u


@wrong("01.4", "only next_u", "one-of-several")
def hop_only_u(params, grid, u):
    return hop_einsum(params, grid, u)[0]


@wrong("01.4", "only p", "one-of-several")
def hop_only_p(params, grid, u):
    return hop_einsum(params, grid, u)[1]


@wrong("01.4", "a plain mean of the places: p is not used", "all-places-alike")
def hop_plain_mean(params, grid, u):
    p = jax.nn.softmax(scores_of(params, grid, u), -1)
    return u + grid.mean(1), p


@wrong("01.4", "a plain sum of the places: p is not used", "plain-sum")
def hop_plain_sum(params, grid, u):
    p = jax.nn.softmax(scores_of(params, grid, u), -1)
    return u + grid.sum(1), p


@wrong("01.4", "mean instead of sum of the weighted places", "mean-of-weighted")
def hop_mean_of_weighted(params, grid, u):
    p = jax.nn.softmax(scores_of(params, grid, u), -1)
    return u + (p[..., None] * grid).mean(1), p


@wrong("01.4", "no softmax: the scores are the weights", "no-softmax")
def hop_no_softmax(params, grid, u):
    return look(grid, u, scores_of(params, grid, u))


@wrong("01.4", "returns the scores instead of the shares", "no-softmax")
def hop_returns_scores(params, grid, u):
    s = scores_of(params, grid, u)
    return look(grid, u, jax.nn.softmax(s, -1))[0], s


@wrong("01.4", "weights the places by the scores, not the shares", "scores-as-shares")
def hop_weights_scores(params, grid, u):
    s = scores_of(params, grid, u)
    return look(grid, u, s)[0], jax.nn.softmax(s, -1)


@wrong("01.4", "sigmoid instead of softmax", "sigmoid")
def hop_sigmoid(params, grid, u):
    return look(grid, u, jax.nn.sigmoid(scores_of(params, grid, u)))


@wrong("01.4", "hard attention: only the best place", "hard")
def hop_hard(params, grid, u):
    s = scores_of(params, grid, u)
    return look(grid, u, jax.nn.one_hot(s.argmax(-1), s.shape[-1]))


@wrong("01.4", "scores divided by their sum instead of softmax", "divided-by-sum-of-scores")
def hop_divided(params, grid, u):
    s = scores_of(params, grid, u)
    return look(grid, u, s / s.sum(-1, keepdims=True))


@wrong("01.4", "exp without the division", "not-divided")
def hop_unnormalised(params, grid, u):
    return look(grid, u, jnp.exp(scores_of(params, grid, u)))


@wrong("01.4", "log_softmax instead of softmax", "log-softmax")
def hop_log(params, grid, u):
    return look(grid, u, jax.nn.log_softmax(scores_of(params, grid, u), -1))


@wrong("01.4", "W_I and W_Q swapped", "matrices-exchanged")
def hop_swapped(params, grid, u):
    return hop_einsum({"W_I": params["W_Q"], "W_Q": params["W_I"]}, grid, u)


@wrong("01.4", "W_I for both", "one-matrix")
def hop_one_matrix(params, grid, u):
    return hop_einsum({"W_I": params["W_I"], "W_Q": params["W_I"]}, grid, u)


@wrong("01.4", "W_Q for both", "other-matrix")
def hop_other_matrix(params, grid, u):
    return hop_einsum({"W_I": params["W_Q"], "W_Q": params["W_Q"]}, grid, u)


@wrong("01.4", "no projections", "not-projected")
def hop_raw(params, grid, u):
    s = jnp.einsum("bnd,bd->bn", grid, u) / jnp.sqrt(params["W_I"].shape[1])
    return look(grid, u, jax.nn.softmax(s, -1))


@wrong("01.4", "tanh on both projections", "tanh-on-both")
def hop_tanh(params, grid, u):
    keys, query = jnp.tanh(grid @ params["W_I"]), jnp.tanh(u @ params["W_Q"])
    s = jnp.einsum("bnk,bk->bn", keys, query) / jnp.sqrt(keys.shape[-1])
    return look(grid, u, jax.nn.softmax(s, -1))


@wrong("01.4", "the paper's network: sum of tanh instead of a dot product", "additive-scaled")
def hop_additive(params, grid, u):
    s = jnp.tanh(grid @ params["W_I"] + (u @ params["W_Q"])[:, None]).sum(-1)
    return look(grid, u, jax.nn.softmax(s / jnp.sqrt(params["W_I"].shape[1]), -1))


@wrong("01.4", "p keeps an axis: (B, N, 1)", "axis-of-one")
def hop_p_keepdims(params, grid, u):
    next_u, p = hop_einsum(params, grid, u)
    return next_u, p[..., None]


@wrong("01.4", "next_u keeps an axis: (B, 1, D)", "axis-of-one")
def hop_u_keepdims(params, grid, u):
    next_u, p = hop_einsum(params, grid, u)
    return next_u[:, None], p


@wrong("01.4", "p transposed", "transposed")
def hop_p_transposed(params, grid, u):
    next_u, p = hop_einsum(params, grid, u)
    return next_u, p.T


@wrong("01.4", "scale applied after the softmax", "scale-after-softmax")
def hop_scale_after(params, grid, u):
    k = params["W_I"].shape[1]
    p = jax.nn.softmax(scores_of(params, grid, u) * jnp.sqrt(k), -1) / jnp.sqrt(k)
    return look(grid, u, p)


@wrong("01.4", "multiplies u with the mean instead of adding", "multiplied")
def hop_times_u(params, grid, u):
    p = jax.nn.softmax(scores_of(params, grid, u), -1)
    return u * jnp.einsum("bn,bnd->bd", p, grid), p


@wrong("01.4", "subtracts the mean from u", "subtracted")
def hop_minus(params, grid, u):
    p = jax.nn.softmax(scores_of(params, grid, u), -1)
    return u - jnp.einsum("bn,bnd->bd", p, grid), p


@wrong("01.4", "half of u plus the mean", "averaged")
def hop_half(params, grid, u):
    next_u, p = hop_einsum(params, grid, u)
    return next_u / 2, p


@wrong("01.4", "adds u once for each place", "residual-for-every-place")
def hop_u_each_place(params, grid, u):
    p = jax.nn.softmax(scores_of(params, grid, u), -1)
    return (u[:, None] + p[..., None] * grid).sum(1), p


@wrong("01.4", "weighted mean of the projected places", "exception")
def hop_projected_places(params, grid, u):
    p = jax.nn.softmax(scores_of(params, grid, u), -1)
    return u + jnp.einsum("bn,bnk->bk", p, grid @ params["W_I"]), p


@wrong("01.4", "adds the projected question", "exception")
def hop_projected_question(params, grid, u):
    p = jax.nn.softmax(scores_of(params, grid, u), -1)
    return u @ params["W_Q"] + jnp.einsum("bn,bnd->bd", p, grid), p


@wrong("01.4", "minus sign in the softmax", "softmin")
def hop_negative(params, grid, u):
    return look(grid, u, jax.nn.softmax(-scores_of(params, grid, u), -1))


@wrong("01.4", "cosine instead of dot product", "cosines")
def hop_cosine(params, grid, u):
    keys, query = grid @ params["W_I"], u @ params["W_Q"]
    keys = keys / jnp.linalg.norm(keys, axis=-1, keepdims=True)
    query = query / jnp.linalg.norm(query, axis=-1, keepdims=True)
    return look(grid, u, jax.nn.softmax(jnp.einsum("bnk,bk->bn", keys, query), -1))


@wrong("01.4", "two hops instead of one", "two-looks")
def hop_twice(params, grid, u):
    return hop_einsum(params, grid, hop_einsum(params, grid, u)[0])


@wrong("01.4", "softmax twice", "softmax-twice")
def hop_softmax_twice(params, grid, u):
    return look(grid, u, jax.nn.softmax(jax.nn.softmax(scores_of(params, grid, u), -1), -1))


@wrong("01.4", "the questions of the batch are mixed", "all-questions-at-once")
def hop_mixed(params, grid, u):
    keys, query = grid @ params["W_I"], u @ params["W_Q"]
    s = jnp.einsum("bnk,ck->bn", keys, query) / jnp.sqrt(keys.shape[-1])
    return look(grid, u, jax.nn.softmax(s, -1))


@wrong("01.4", "the first question looks at every picture", "first-question-for-all")
def hop_first_question(params, grid, u):
    s = grid @ params["W_I"] @ (u @ params["W_Q"])[0] / jnp.sqrt(params["W_I"].shape[1])
    return look(grid, u, jax.nn.softmax(s, -1))


@right("01.4")
def hop_numpy(params, grid, u):
    grid, u = np.asarray(grid), np.asarray(u)
    keys, query = grid @ np.asarray(params["W_I"]), u @ np.asarray(params["W_Q"])
    s = np.einsum("bnk,bk->bn", keys, query) / np.sqrt(keys.shape[-1])
    e = np.exp(s - s.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)
    return u + np.einsum("bn,bnd->bd", p, grid), p


@wrong("01.4", "missing new axis: (B, N, k) times (B, k)", "exception")
def hop_no_axis(params, grid, u):
    s = ((grid @ params["W_I"]) * (u @ params["W_Q"])).sum(-1)
    return look(grid, u, jax.nn.softmax(s / jnp.sqrt(params["W_I"].shape[1]), -1))


@wrong("01.4", "a dictionary is returned", "not-several")
def hop_dictionary(params, grid, u):
    next_u, p = hop_einsum(params, grid, u)
    return {"u": next_u, "p": p}


@wrong("01.4", "returns what was seen, without u, as well as p and next_u", "not-several")
def hop_three(params, grid, u):
    next_u, p = hop_einsum(params, grid, u)
    return next_u - u, next_u, p


@wrong("01.4", "assigns in place to a jnp array", "exception")
def hop_assigns(params, grid, u):
    s = jnp.zeros(grid.shape[:2])
    for b in range(grid.shape[0]):
        s[b] = (grid[b] @ params["W_I"]) @ (u[b] @ params["W_Q"])
    return look(grid, u, jax.nn.softmax(s, -1))


# ---- 01.5, right


def projected(params, v, h):
    return v @ params["U"] + params["b_U"], h @ params["V"] + params["b_V"]


@right("01.5")
def mutan_einsum(params, v, h):
    x, y = projected(params, v, h)
    m = jnp.einsum("...d,drk->...rk", x, params["M"]) + params["b_M"]
    n = jnp.einsum("...d,drk->...rk", y, params["N"]) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


@right("01.5")
def mutan_loop(params, v, h):
    x, y = projected(params, v, h)
    z = 0
    for r in range(params["b_M"].shape[0]):
        m = x @ params["M"][:, r] + params["b_M"][r]
        n = y @ params["N"][:, r, :] + params["b_N"][r]
        z = z + m * n
    return z @ params["P"] + params["b"]


@right("01.5")
def mutan_tensordot(params, v, h):
    x, y = projected(params, v, h)
    m = jnp.tensordot(x, params["M"], 1) + params["b_M"]
    n = jnp.tensordot(y, params["N"], axes=[[-1], [0]]) + params["b_N"]
    return jnp.einsum("...rk,...rk,ko->...o", m, n, params["P"]) + params["b"]


@right("01.5")
def mutan_reshape(params, v, h):
    x, y = projected(params, v, h)
    d, rank, k = params["M"].shape
    m = (x @ params["M"].reshape(d, rank * k)).reshape(*x.shape[:-1], rank, k)
    n = (y @ params["N"].reshape(d, rank * k)).reshape(*y.shape[:-1], rank, k)
    return jnp.sum((m + params["b_M"]) * (n + params["b_N"]), axis=-2) @ params["P"] + params["b"]


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
def mutan_project_each(params, v, h):
    x, y = projected(params, v, h)
    parts = [
        ((x @ params["M"][:, r] + params["b_M"][r]) * (y @ params["N"][:, r] + params["b_N"][r])) @ params["P"]
        for r in range(params["M"].shape[1])
    ]
    return sum(parts) + params["b"]


@right("01.5")
def mutan_ones(params, v, h):
    def grow(x):
        return jnp.concatenate([x, jnp.ones(x.shape[:-1] + (1,), x.dtype)], -1)

    x = grow(v) @ jnp.vstack([params["U"], params["b_U"][None]])
    y = grow(h) @ jnp.vstack([params["V"], params["b_V"][None]])
    m = jnp.einsum("...d,drk->...rk", grow(x), jnp.concatenate([params["M"], params["b_M"][None]]))
    n = jnp.einsum("...d,drk->...rk", grow(y), jnp.concatenate([params["N"], params["b_N"][None]]))
    return jnp.einsum("...rk,...rk->...k", m, n) @ params["P"] + params["b"]


@right("01.5")
def mutan_scan(params, v, h):
    x, y = projected(params, v, h)

    def step(total, weights):
        M, bM, N, bN = weights
        return total + (x @ M + bM) * (y @ N + bN), None

    start = jnp.zeros(x.shape[:-1] + (params["b_M"].shape[-1],), x.dtype)
    total, _ = jax.lax.scan(step, start, (params["M"].transpose(1, 0, 2), params["b_M"], jnp.swapaxes(params["N"], 0, 1), params["b_N"]))
    return total @ params["P"] + params["b"]


# ---- 01.5, wrong


def maps(params, x, y):
    return (jnp.einsum("...d,drk->...rk", x, params["M"]) + params["b_M"], jnp.einsum("...d,drk->...rk", y, params["N"]) + params["b_N"])


def without(params, *names):
    return {k: jnp.zeros_like(a) if k in names else a for k, a in params.items()}


@wrong("01.5", "sums over r before the product", "product-of-sums")
def mutan_sum_first(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m.sum(-2) * n.sum(-2)) @ params["P"] + params["b"]


@wrong("01.5", "forgot b_U", "no-b_U")
def mutan_no_b_u(params, v, h):
    return mutan_einsum(without(params, "b_U"), v, h)


@wrong("01.5", "forgot b_V", "no-b_V")
def mutan_no_b_v(params, v, h):
    return mutan_einsum(without(params, "b_V"), v, h)


@wrong("01.5", "forgot b_U and b_V", "no-projection-biases")
def mutan_no_b_uv(params, v, h):
    return mutan_einsum(without(params, "b_U", "b_V"), v, h)


@wrong("01.5", "forgot b_M", "no-b_M")
def mutan_no_b_m(params, v, h):
    return mutan_einsum(without(params, "b_M"), v, h)


@wrong("01.5", "forgot b_N", "no-b_N")
def mutan_no_b_n(params, v, h):
    return mutan_einsum(without(params, "b_N"), v, h)


@wrong("01.5", "forgot b_M and b_N", "no-core-biases")
def mutan_no_b_mn(params, v, h):
    return mutan_einsum(without(params, "b_M", "b_N"), v, h)


@wrong("01.5", "forgot b", "no-b")
def mutan_no_b(params, v, h):
    return mutan_einsum(without(params, "b"), v, h)


@wrong("01.5", "forgot every bias", "no-biases-at-all")
def mutan_no_bias(params, v, h):
    return mutan_einsum(without(params, "b_U", "b_V", "b_M", "b_N", "b"), v, h)


@wrong("01.5", "mean over r instead of sum", "rank-mean")
def mutan_mean(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m * n).mean(-2) @ params["P"] + params["b"]


@wrong("01.5", "product over r instead of sum", "rank-product")
def mutan_prod(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m * n).prod(-2) @ params["P"] + params["b"]


@wrong("01.5", "maximum over r instead of sum", "rank-max")
def mutan_max(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m * n).max(-2) @ params["P"] + params["b"]


@wrong("01.5", "tanh on the projections, as in MLB", "tanh-on-projections")
def mutan_tanh(params, v, h):
    x, y = projected(params, v, h)
    m, n = maps(params, jnp.tanh(x), jnp.tanh(y))
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "tanh on the maps of the core", "tanh-in-the-core")
def mutan_tanh_core(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (jnp.tanh(m) * jnp.tanh(n)).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "tanh on the sum", "tanh-of-the-sum")
def mutan_tanh_sum(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return jnp.tanh((m * n).sum(-2)) @ params["P"] + params["b"]


@wrong("01.5", "the bias b once for each rank", "bias-for-every-rank")
def mutan_bias_each_rank(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return ((m * n) @ params["P"] + params["b"]).sum(-2)


@wrong("01.5", "M and N with input and output exchanged", "cores-transposed")
def mutan_transposed(params, v, h):
    x, y = projected(params, v, h)
    m = jnp.einsum("...k,drk->...rd", x, params["M"]) + params["b_M"]
    n = jnp.einsum("...k,drk->...rd", y, params["N"]) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "M with input and output exchanged", "M-transposed")
def mutan_m_transposed(params, v, h):
    x, y = projected(params, v, h)
    m = jnp.einsum("...k,drk->...rd", x, params["M"]) + params["b_M"]
    n = jnp.einsum("...d,drk->...rk", y, params["N"]) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "N with input and output exchanged", "N-transposed")
def mutan_n_transposed(params, v, h):
    x, y = projected(params, v, h)
    m = jnp.einsum("...d,drk->...rk", x, params["M"]) + params["b_M"]
    n = jnp.einsum("...k,drk->...rd", y, params["N"]) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "M and N swapped", "core-matrices-exchanged")
def mutan_swapped(params, v, h):
    return mutan_einsum({**params, "M": params["N"], "N": params["M"]}, v, h)


@wrong("01.5", "M and N swapped, with their biases", "cores-exchanged")
def mutan_swapped_all(params, v, h):
    x, y = projected(params, v, h)
    m, n = maps(params, y, x)
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "b_M and b_N swapped", "core-biases-exchanged")
def mutan_swapped_biases(params, v, h):
    return mutan_einsum({**params, "b_M": params["b_N"], "b_N": params["b_M"]}, v, h)


@wrong("01.5", "b_U and b_V swapped", "projection-biases-exchanged")
def mutan_swapped_input_biases(params, v, h):
    return mutan_einsum({**params, "b_U": params["b_V"], "b_V": params["b_U"]}, v, h)


@wrong("01.5", "M for both", "picture-matrix-twice")
def mutan_m_twice(params, v, h):
    return mutan_einsum({**params, "N": params["M"]}, v, h)


@wrong("01.5", "M and its bias for both", "picture-core-twice")
def mutan_m_twice_bias(params, v, h):
    return mutan_einsum({**params, "N": params["M"], "b_N": params["b_M"]}, v, h)


@wrong("01.5", "reads M and N as (R, D, D)", "exception")
def mutan_rank_first(params, v, h):
    x, y = projected(params, v, h)
    m = jnp.einsum("...d,rdk->...rk", x, params["M"]) + params["b_M"]
    n = jnp.einsum("...d,rdk->...rk", y, params["N"]) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "reshapes M and N to (R, D, D) instead of transposing", "cores-reshaped")
def mutan_reshaped(params, v, h):
    x, y = projected(params, v, h)
    d, rank, k = params["M"].shape
    m = jnp.einsum("...d,rdk->...rk", x, params["M"].reshape(rank, d, k)) + params["b_M"]
    n = jnp.einsum("...d,rdk->...rk", y, params["N"].reshape(rank, d, k)) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "only the first rank", "first-rank")
def mutan_first_rank(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m * n)[..., 0, :] @ params["P"] + params["b"]


@wrong("01.5", "the last rank is left out: range(R - 1)", "last-rank-missing")
def mutan_last_rank(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m * n)[..., :-1, :].sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "the loop starts at 1: the first rank is left out", "first-rank-missing")
def mutan_from_one(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m * n)[..., 1:, :].sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "overwrites in the loop: only the last rank", "last-rank")
def mutan_overwrites(params, v, h):
    x, y = projected(params, v, h)
    for r in range(params["M"].shape[1]):
        z = (x @ params["M"][:, r] + params["b_M"][r]) * (y @ params["N"][:, r] + params["b_N"][r])
    return z @ params["P"] + params["b"]


@wrong("01.5", "adds the two maps instead of multiplying", "sum")
def mutan_adds(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m + n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "forgot P", "not-projected")
def mutan_no_p(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m * n).sum(-2)


@wrong("01.5", "U and V swapped", "exception")
def mutan_uv(params, v, h):
    x, y = v @ params["V"] + params["b_V"], h @ params["U"] + params["b_U"]
    m, n = maps(params, x, y)
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "sum over the wrong axis (axis 0)", "summed-over-batch")
def mutan_axis_zero(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m * n).sum(0) @ params["P"] + params["b"]


@wrong("01.5", "sum over axis 1: right only for one leading axis", "exception")
def mutan_axis_one(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m * n).sum(1) @ params["P"] + params["b"]


@wrong("01.5", "sum over the features instead of r", "exception")
def mutan_axis_last(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m * n).sum(-1) @ params["P"] + params["b"]


@wrong("01.5", "forgot the sum over r", "rank-not-summed")
def mutan_no_sum(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m * n) @ params["P"] + params["b"]


@wrong("01.5", "adds the biases of the core after the sum", "core-biases-after-product")
def mutan_late_biases(params, v, h):
    x, y = projected(params, v, h)
    m = jnp.einsum("...d,drk->...rk", x, params["M"])
    n = jnp.einsum("...d,drk->...rk", y, params["N"])
    return ((m * n).sum(-2) + (params["b_M"] + params["b_N"]).sum(0)) @ params["P"] + params["b"]


@wrong("01.5", "adds the summed biases instead of multiplying with them", "core-biases-multiplied")
def mutan_bias_product(params, v, h):
    x, y = projected(params, v, h)
    m = jnp.einsum("...d,drk->...rk", x, params["M"])
    n = jnp.einsum("...d,drk->...rk", y, params["N"])
    return (m * n + params["b_M"] * params["b_N"]).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "the question is not used: v for both", "picture-twice")
def mutan_v_twice(params, v, h):
    x, _ = projected(params, v, h)
    m, n = maps(params, x, x)
    return (m * n).sum(-2) @ params["P"] + params["b"]


@right("01.5")
def mutan_numpy(params, v, h):
    params = {k: np.asarray(a) for k, a in params.items()}
    x, y = np.asarray(v) @ params["U"] + params["b_U"], np.asarray(h) @ params["V"] + params["b_V"]
    m = np.einsum("...d,drk->...rk", x, params["M"]) + params["b_M"]
    n = np.einsum("...d,drk->...rk", y, params["N"]) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "einsum for a batch only", "exception")
def mutan_batch_only(params, v, h):
    x, y = projected(params, v, h)
    m = jnp.einsum("bd,drk->brk", x, params["M"]) + params["b_M"]
    n = jnp.einsum("bd,drk->brk", y, params["N"]) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]


@wrong("01.5", "scaled by the square root of R", "divided-by-root")
def mutan_scaled(params, v, h):
    m, n = maps(params, *projected(params, v, h))
    return (m * n).sum(-2) / jnp.sqrt(m.shape[-2]) @ params["P"] + params["b"]


@wrong("01.5", "MLB: the core is skipped", "no-core")
def mutan_no_core(params, v, h):
    x, y = projected(params, v, h)
    return (x * y) @ params["P"] + params["b"]


@wrong("01.5", "the core is applied to the projections added together", "values")
def mutan_joint(params, v, h):
    x, y = projected(params, v, h)
    m, n = maps(params, x + y, x + y)
    return (m * n).sum(-2) @ params["P"] + params["b"]


@right("01.5")
def mutan_pops(params, v, h):
    # changes what it was given, which is a copy
    b = params.pop("b")
    m, n = maps(params, *projected(params, v, h))
    return (m * n).sum(-2) @ params["P"] + b


# ---- 01.6, right


@right("01.6")
def full_einsum(params, v, h):
    T, b = params["T"], params["b"]
    return jnp.einsum("...i,...j,ijk->...k", v, h, T) + b, T.size + b.size


@right("01.6")
def full_outer(params, v, h):
    T, b = params["T"], params["b"]
    i, j, k = T.shape
    outer = (v[..., :, None] * h[..., None, :]).reshape(*v.shape[:-1], i * j)
    return outer @ T.reshape(i * j, k) + b, i * j * k + len(b)


@right("01.6")
def full_numpy(params, v, h):
    T, b = np.asarray(params["T"]), np.asarray(params["b"])
    z = np.einsum("...i,...j,ijk->...k", np.asarray(v), np.asarray(h), T) + b
    return z, int(np.prod(T.shape) + np.prod(b.shape))


@right("01.6")
def full_output_loop(params, v, h):
    T, b = params["T"], params["b"]
    z = jnp.stack([((v @ T[:, :, k]) * h).sum(-1) + b[k] for k in range(T.shape[2])], axis=-1)
    return [z, math.prod(T.shape) + b.shape[0]]


@right("01.6")
def full_two_steps(params, v, h):
    left = jnp.tensordot(v, params["T"], 1)
    z = jnp.einsum("...jk,...j->...k", left, h) + params["b"]
    return z, sum(int(np.size(x)) for x in params.values())


@right("01.6")
def full_vmap(params, v, h):
    def one(a, c):
        return jnp.array([a @ params["T"][:, :, k] @ c for k in range(params["b"].shape[0])]) + params["b"]

    for _ in range(v.ndim - 1):
        one = jax.vmap(one)
    return one(v, h), np.int64(params["T"].size + params["b"].size)


@right("01.6")
def full_plus_one(params, v, h):
    i, j, k = params["T"].shape
    z = params["b"]
    for a in range(i):
        z = z + v[..., a : a + 1] * (h @ params["T"][a])
    return z, (i * j + 1) * k


@right("01.6")
def full_matmul(params, v, h):
    T = jnp.moveaxis(params["T"], -1, 0)
    rows = jnp.matmul(v[..., None, None, :], T)
    z = jnp.matmul(rows, h[..., None, :, None])[..., 0, 0] + params["b"]
    return z, jnp.size(T) + jnp.size(params["b"])


@right("01.6")
def full_jax_count(params, v, h):
    z = jnp.einsum("ijk,...i,...j->...k", params["T"], v, h)
    return z + params["b"], sum(jax.tree_util.tree_leaves(jax.tree_util.tree_map(lambda a: a.size, params)))


@right("01.6")
def full_count_array(params, v, h):
    z, _ = full_einsum(params, v, h)
    return z, jnp.prod(jnp.array(params["T"].shape)) + params["b"].shape[0]


# ---- 01.6, wrong


def form(params, v, h):
    return jnp.einsum("...i,...j,ijk->...k", v, h, params["T"])


def size(params):
    return params["T"].size + params["b"].size


@wrong("01.6", "forgot b in z", "no-bias")
def full_no_bias(params, v, h):
    return form(params, v, h), size(params)


@wrong("01.6", "forgot b in the count", "no-bias-counted")
def full_count_without_b(params, v, h):
    return form(params, v, h) + params["b"], params["T"].size


@wrong("01.6", "forgot b in both", "no-bias")
def full_no_b(params, v, h):
    return form(params, v, h), params["T"].size


@wrong("01.6", "adds the sizes of T's axes instead of multiplying", "sum-of-all-sizes")
def full_sum_of_sizes(params, v, h):
    return form(params, v, h) + params["b"], sum(params["T"].shape) + params["b"].size


@wrong("01.6", "forgot the outputs in the count of T", "one-output-and-bias")
def full_count_of_one_output(params, v, h):
    i, j, k = params["T"].shape
    return form(params, v, h) + params["b"], i * j + k


@wrong("01.6", "the count of a linear layer: (D_v + D_h) D_out + D_out", "like-a-linear-layer")
def full_linear_count(params, v, h):
    i, j, k = params["T"].shape
    return form(params, v, h) + params["b"], (i + j) * k + k


@wrong("01.6", "returned in the other order", "exchanged")
def full_order(params, v, h):
    return size(params), form(params, v, h) + params["b"]


@wrong("01.6", "only z", "one-of-several")
def full_only_z(params, v, h):
    return form(params, v, h) + params["b"]


@wrong("01.6", "T with its first two axes exchanged", "exception")
def full_transposed(params, v, h):
    return jnp.einsum("...j,...i,ijk->...k", v, h, params["T"]) + params["b"], size(params)


@wrong("01.6", "reads T as (D_out, D_v, D_h)", "exception")
def full_output_first(params, v, h):
    return jnp.einsum("...i,...j,kij->...k", v, h, params["T"]) + params["b"], size(params)


@wrong("01.6", "sums over the outputs too", "all-outputs-summed")
def full_summed(params, v, h):
    return form(params, v, h).sum(-1) + params["b"].sum(), size(params)


@wrong("01.6", "tanh on both, as in MLB", "tanh-on-both")
def full_tanh(params, v, h):
    return form(params, jnp.tanh(v), jnp.tanh(h)) + params["b"], size(params)


@wrong("01.6", "tanh on the output", "tanh-of-all")
def full_tanh_out(params, v, h):
    return jnp.tanh(form(params, v, h) + params["b"]), size(params)


@wrong("01.6", "counts biases of the inputs too: (D_v + 1)(D_h + 1) D_out", "miscounted")
def full_count_with_ones(params, v, h):
    i, j, k = params["T"].shape
    return form(params, v, h) + params["b"], (i + 1) * (j + 1) * k


@wrong("01.6", "the count is a shape", "shape")
def full_count_shape(params, v, h):
    return form(params, v, h) + params["b"], params["T"].shape


@wrong("01.6", "counts the inputs too", "inputs-counted")
def full_count_inputs(params, v, h):
    return form(params, v, h) + params["b"], size(params) + v.size + h.size


@wrong("01.6", "counts one bias only", "one-bias")
def full_count_one_bias(params, v, h):
    return form(params, v, h) + params["b"], params["T"].size + 1


@wrong("01.6", "multiplies the sizes of T and b", "biases-multiplied")
def full_count_product(params, v, h):
    return form(params, v, h) + params["b"], params["T"].size * params["b"].size


@wrong("01.6", "bytes instead of numbers", "bytes")
def full_count_bytes(params, v, h):
    return form(params, v, h) + params["b"], params["T"].nbytes + params["b"].nbytes


@wrong("01.6", "the number of arrays", "arrays")
def full_count_arrays(params, v, h):
    return form(params, v, h) + params["b"], len(params)


@wrong("01.6", "len of T instead of its size", "first-axes")
def full_count_len(params, v, h):
    return form(params, v, h) + params["b"], len(params["T"]) + len(params["b"])


@wrong("01.6", "the number of axes", "miscounted")
def full_count_ndim(params, v, h):
    return form(params, v, h) + params["b"], params["T"].ndim + params["b"].ndim


@wrong("01.6", "the count of the notebook's sizes, written in", "miscounted")
def full_count_fixed(params, v, h):
    return form(params, v, h) + params["b"], 2048 * 2400 * 2000 + 2000


@wrong("01.6", "the 6,924 of the figure, written in", "miscounted")
def full_count_figure(params, v, h):
    return form(params, v, h) + params["b"], 6924


@wrong("01.6", "counts T once for each example", "once-per-pair")
def full_count_batch(params, v, h):
    return form(params, v, h) + params["b"], size(params) * int(np.prod(v.shape[:-1]))


@wrong("01.6", "adds up the parameters themselves", "miscounted")
def full_count_sum(params, v, h):
    return form(params, v, h) + params["b"], int(params["T"].sum() + params["b"].sum())


@wrong("01.6", "einsum for a batch only", "exception")
def full_batch_only(params, v, h):
    return jnp.einsum("bi,bj,ijk->bk", v, h, params["T"]) + params["b"], size(params)


@wrong("01.6", "all pairs of examples: (B, B, D_out)", "all-pairs-of-the-batch")
def full_pairs(params, v, h):
    i, j, k = params["T"].shape
    z = jnp.einsum("bi,cj,ijk->bck", v.reshape(-1, i), h.reshape(-1, j), params["T"])
    return z + params["b"], size(params)


@wrong("01.6", "sums over the batch", "batch-summed")
def full_batch_sum(params, v, h):
    i, j, k = params["T"].shape
    return jnp.einsum("bi,bj,ijk->k", v.reshape(-1, i), h.reshape(-1, j), params["T"]) + params["b"], size(params)


@wrong("01.6", "the mean over all pairs of features instead of the sum", "mean")
def full_mean(params, v, h):
    i, j, k = params["T"].shape
    return form(params, v, h) / (i * j) + params["b"], size(params)


@wrong("01.6", "sums v and h apart: (sum v)(sum h) T", "sums-multiplied")
def full_sums_apart(params, v, h):
    z = (v.sum(-1) * h.sum(-1))[..., None] * params["T"].sum((0, 1))
    return z + params["b"], size(params)


@wrong("01.6", "only pairs i = j: the diagonal of T", "diagonal")
def full_diagonal(params, v, h):
    d = min(v.shape[-1], h.shape[-1])
    z = jnp.einsum("...i,...i,iik->...k", v[..., :d], h[..., :d], params["T"][:d, :d])
    return z + params["b"], size(params)


@wrong("01.6", "adds v and h instead of multiplying: a sum of two linear maps", "sum")
def full_additive(params, v, h):
    z = jnp.einsum("...i,ijk->...k", v, params["T"]) + jnp.einsum("...j,ijk->...k", h, params["T"])
    return z + params["b"], size(params)


@wrong("01.6", "the bias twice", "bias-twice")
def full_bias_twice(params, v, h):
    return form(params, v, h) + 2 * params["b"], size(params)


@wrong("01.6", "subtracts the bias", "bias-subtracted")
def full_minus_bias(params, v, h):
    return form(params, v, h) - params["b"], size(params)


@wrong("01.6", "scaled by the square root of D_v D_h", "divided-by-root")
def full_scaled(params, v, h):
    i, j, k = params["T"].shape
    return form(params, v, h) / math.sqrt(i * j) + params["b"], size(params)


@wrong("01.6", "flattens the outer product in the wrong order", "flattened-the-other-way")
def full_flat_order(params, v, h):
    i, j, k = params["T"].shape
    outer = (h[..., :, None] * v[..., None, :]).reshape(*v.shape[:-1], i * j)
    return outer @ params["T"].reshape(i * j, k) + params["b"], size(params)


@wrong("01.6", "flattens the leading axes and never unflattens", "flattened")
def full_flattened(params, v, h):
    return full_einsum(params, v.reshape(-1, v.shape[-1]), h.reshape(-1, h.shape[-1]))


@wrong("01.6", "z and the count in one dictionary", "not-several")
def full_dictionary(params, v, h):
    return {"z": form(params, v, h) + params["b"], "count": size(params)}


@wrong("01.6", "the count as a text", "not-an-array")
def full_count_text(params, v, h):
    return form(params, v, h) + params["b"], f"{size(params):,}"


@wrong("01.6", "a bias for each feature of the question", "miscounted")
def full_count_bias_matrix(params, v, h):
    i, j, k = params["T"].shape
    return form(params, v, h) + params["b"], i * j * k + j * k


# ---- 01.7, wrong


@wrong("01.7", "the most frequent answer of all", "below")
def challenge_favourite(train, test):
    return np.full(len(test["tokens"]), np.bincount(np.asarray(train["answer"])).argmax())


@wrong("01.7", "random answers", "below")
def challenge_random(train, test):
    return np.random.default_rng(0).integers(0, 72, len(test["tokens"]))


@wrong("01.7", "one answer for each training question", "shape")
def challenge_train_length(train, test):
    return np.asarray(train["answer"])


@wrong("01.7", "scores of all answers instead of one answer", "shape")
def challenge_scores(train, test):
    prior = np.bincount(np.asarray(train["answer"]), minlength=72) / len(train["answer"])
    return np.tile(prior, (len(test["tokens"]), 1))


@wrong("01.7", "nothing is returned", "returns-nothing")
def challenge_nothing(train, test):
    predictions = np.zeros(len(test["tokens"]), int)
