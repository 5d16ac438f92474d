"""CIDEr-D of one caption."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter

import numpy as np

from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.judges import judge_values
from course_utils.models.captioning import words
from course_utils.world import captions, scenes


def _grams(caption: str, n: int) -> Counter:
    w = caption.split()
    return Counter(" ".join(w[i : i + n]) for i in range(len(w) - n + 1))


def _norm(vector: dict) -> float:
    return math.sqrt(sum(x * x for x in vector.values()))


def cider_d(
    candidate,
    references,
    frequency,
    pictures,
    *,
    grams=_grams,
    idf=None,
    clip=True,
    penalty=6.0,
    most=4,
    norm=True,
    combine=np.mean,
    over=np.mean,
    factor=10.0,
    zero=0.0,
    tf=lambda count, total: count,
    fade=None,
    size=None,
    product=None,
    length=None,
):
    """The mean over n = 1 … 4 and over the references of clipped cosines, times the length penalty and 10."""
    idf = idf or (lambda gram: math.log(pictures) - math.log(max(1, frequency.get(gram, 0))))
    length = length or (lambda text: len(text.split()))
    size = size or (lambda mine, theirs: _norm(mine) * _norm(theirs))
    product = product or (lambda x, y: (min(x, y) if clip else x) * y)
    fade = fade or (lambda apart: math.exp(-(apart**2) / (2 * penalty**2)) if penalty else 1.0)

    def vector(text, n):
        counts = grams(text, n)
        return {gram: tf(count, sum(counts.values())) * idf(gram) for gram, count in counts.items()}

    scores = []
    for reference in references:
        each = []
        for n in range(1, most + 1):
            mine, theirs = vector(candidate, n), vector(reference, n)
            shared = sum(product(x, theirs.get(g, 0.0)) for g, x in mine.items())
            lengths = size(mine, theirs)
            each.append(shared if not norm else shared / lengths if lengths else zero)
        scores.append(combine(each) * fade(length(candidate) - length(reference)))
    return np.float64(factor * over(scores))


def cases(seed: int) -> list[Case]:
    """Captions of this world that are right in part, with up to three references each and the frequencies of 300 pictures;
    then short ones, for which some n have no n-grams or only such as weigh nothing."""
    rng = np.random.default_rng([seed, 205])
    pictures = 300
    drawn = scenes.sample(rng, pictures, objects=(2, 4))
    several = [[" ".join(words.VOCAB.split(t)) for t in texts] for texts in zip(*(captions.caption(drawn, rng=rng) for _ in range(3)))]
    everywhere = Counter()
    for texts in several:
        everywhere.update({gram for text in texts for n in range(1, 5) for gram in _grams(text, n)})

    def case(says, candidate, references):
        needed = {gram for text in (candidate, *references) for n in range(1, 5) for gram in _grams(text, n)}
        frequency = {gram: everywhere[gram] for gram in sorted(needed) if everywhere[gram]}
        return Case((candidate, references, frequency, pictures), f"{says}: {candidate!r}")

    found = []
    for i, spoil in enumerate(("colour", "repeated", "cut short", "longer", "another", "said once")):
        text = several[i][0].split()
        if spoil == "colour":
            place = next(k for k, word in enumerate(text) if words.WORD_CLASS[words.VOCAB.index(word)] == 1)
            text[place] = "purple" if text[place] != "purple" else "green"
        elif spoil == "repeated":
            text = text + ["and", *text[-3:], "and", *text[-3:]]
        elif spoil == "cut short":
            text = text[: max(4, len(text) // 2)]
        elif spoil == "longer":
            text = text + ["and", "two", "pink", "tulips"]
        elif spoil == "another":
            text = text[:3] + several[i + 5][0].split()
        references = several[i][: 1 + (i + 2) % 3]
        if spoil == "said once":  # what one reference says twice
            references = [f"{several[i][0]} and {' '.join(text[-4:])}", several[i][1]]
        elif len(references) > 1:  # the closest reference is not the first
            references = [references[1], references[0], *references[2:]]
        found.append(case(spoil, " ".join(text), references))
    two = " ".join(several[6][0].split()[:2])
    everywhere["a"] = pictures
    short = [
        case("two words", two, several[6][1:]),
        case("a reference of two words", several[6][0], [two, several[6][1]]),
        case("one word that every picture has", "a", several[7][:1]),
    ]
    return found + [dataclasses.replace(one, part="short") for one in short]


def _with(**parts):
    return lambda *args: cider_d(*args, **parts)


def _without_zeros(each):
    kept = [x for x in each if x]
    return np.mean(kept) if kept else 0.0


def _ragged(text, n):
    """Runs of up to n words: those at the end are shorter."""
    w = text.split()
    return Counter(" ".join(w[i : i + n]) for i in range(len(w)))


def _one_lost(text, n):
    w = text.split()
    return Counter(" ".join(w[i : i + n]) for i in range(len(w) - n))


def _of_letters(text, n):
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))


def _norms_of_counts(candidate, references, frequency, pictures):
    def counts(vector):
        weights = {g: math.log(pictures) - math.log(max(1, frequency.get(g, 0))) for g in vector}
        return {g: x / weights[g] for g, x in vector.items() if weights[g]}

    def size(mine, theirs):
        return _norm(counts(mine)) * _norm(counts(theirs))

    return cider_d(candidate, references, frequency, pictures, size=size)


def _shared_only(mine, theirs):
    return _norm({g: x for g, x in mine.items() if g in theirs}) * _norm({g: x for g, x in theirs.items() if g in mine})


def _clipped_norm(mine, theirs):
    return _norm({g: min(x, theirs.get(g, 0.0)) for g, x in mine.items()}) * _norm(theirs)


def _in_letters(candidate, references, frequency, pictures):
    apart = [math.exp(-((len(candidate) - len(r)) ** 2) / 72) for r in references]
    alone = [cider_d(candidate, [r], frequency, pictures, penalty=None) for r in references]
    return np.mean(np.multiply(apart, alone))


def _nothing_anywhere(candidate, references, frequency, pictures):
    """0 for the whole caption where one norm is 0."""
    value = cider_d(candidate, references, frequency, pictures, zero=np.nan)
    return value if np.isfinite(value) else np.float64(0.0)


MISTAKES = [
    Mistake("zero-norm", "A norm of 0 makes NaN of the score: 0 / 0. Give 0 for that n.", _with(zero=np.nan)),
    Mistake("zero-for-all", "Where one norm is 0, the whole score is 0. Only that n gives 0: the others count.", _nothing_anywhere),
    Mistake(
        "zero-norm-left-out",
        "You leave out an n whose norm is 0. It gives 0, and counts: divide by 4.",
        lambda c, r, f, p: cider_d(c, r, f, p, zero=np.nan, combine=lambda x: np.nanmean(x) if np.isfinite(x).any() else 0.0),
    ),
    Mistake(
        "no-clipping",
        "A word said three times counts three times: this is CIDEr. CIDEr-D takes the smaller of the two weights, min(g, r), times r.",
        _with(clip=False),
    ),
    Mistake(
        "larger-weight",
        "You take the larger of the two weights. The smaller one clips: min(g, r), times r.",
        _with(product=lambda x, y: max(x, y) * y),
    ),
    Mistake(
        "times-candidate",
        "The smaller weight is multiplied by the candidate's, g. Multiply it by the reference's, r.",
        _with(product=lambda x, y: min(x, y) * x),
    ),
    Mistake("min-alone", "The sum is over min(g, r) alone. Multiply each by r.", _with(product=min)),
    Mistake(
        "min-squared",
        "You square min(g, r). Only one of the two factors is clipped: min(g, r), times r.",
        _with(product=lambda x, y: min(x, y) ** 2),
    ),
    Mistake("no-penalty", "The length penalty is missing: exp(−(difference of lengths)² / (2 · 6²)).", _with(penalty=None)),
    Mistake(
        "no-clipping-no-penalty",
        "This is CIDEr. CIDEr-D clips each product, min(g, r) · r, and has a length penalty.",
        _with(clip=False, penalty=None),
    ),
    Mistake("sigma", "The length penalty is too hard: σ = 6, and its square is 36.", _with(penalty=math.sqrt(6))),
    Mistake("sigma-of-one", "The length penalty is too hard: σ = 6.", _with(penalty=1.0)),
    Mistake(
        "no-half",
        "The penalty is exp(−d² / (2 · 6²)); in yours the 2 is missing, or the penalty comes in twice.",
        _with(penalty=6 / math.sqrt(2)),
    ),
    Mistake("sigma-twelve", "You square 2 · 6. Only the 6 is squared: exp(−d² / (2 · 6²)).", _with(penalty=math.sqrt(72))),
    Mistake(
        "penalty-without-brackets",
        "You multiply by 6² in the penalty. It stands below: exp(−d² / (2 · 6²)), with brackets.",
        _with(fade=lambda d: math.exp(-(d**2) / 2 * 6**2)),
    ),
    Mistake(
        "d-not-squared", "The difference of lengths is not squared: exp(−d² / (2 · 6²)).", _with(fade=lambda d: math.exp(-abs(d) / 72))
    ),
    Mistake("d-not-squared", "The difference of lengths is not squared: exp(−d² / (2 · 6²)).", _with(fade=lambda d: math.exp(-d / 72))),
    Mistake(
        "penalty-sign",
        "The penalty's minus is missing: exp(−d² / (2 · 6²)) is never more than 1.",
        _with(fade=lambda d: math.exp(d * d / 72)),
    ),
    Mistake(
        "too-short-only",
        "Only too short a candidate pays. Too long costs the same: exp(−d² / (2 · 6²)).",
        _with(fade=lambda d: math.exp(-(min(d, 0) ** 2) / 72)),
    ),
    Mistake(
        "too-long-only",
        "Only too long a candidate pays. Too short costs the same: exp(−d² / (2 · 6²)).",
        _with(fade=lambda d: math.exp(-(max(d, 0) ** 2) / 72)),
    ),
    Mistake("letters-for-words", "You count letters for the penalty. d is the difference in words.", _in_letters),
    Mistake("no-factor", "The factor 10 is missing.", _with(factor=1.0)),
    Mistake("factor-100", "You multiply by 100. The score is times 10.", _with(factor=100.0)),
    Mistake("no-cosine", "You do not divide by both lengths: a cosine does.", _with(norm=False)),
    Mistake(
        "norm-not-rooted", "The norms lack their root: ‖g‖ = √Σ g².", _with(size=lambda mine, theirs: _norm(mine) ** 2 * _norm(theirs) ** 2)
    ),
    Mistake(
        "sums-for-norms", "You divide by sums. A norm is √Σ g².", _with(size=lambda mine, theirs: sum(mine.values()) * sum(theirs.values()))
    ),
    Mistake(
        "candidates-norm-only",
        "You divide by the candidate's norm twice. One of the two is the reference's.",
        _with(size=lambda mine, theirs: _norm(mine) ** 2),
    ),
    Mistake(
        "references-norm-only",
        "You divide by the reference's norm twice. One of the two is the candidate's.",
        _with(size=lambda mine, theirs: _norm(theirs) ** 2),
    ),
    Mistake("norm-of-clipped", "Your norm of g is of what is left after clipping. It is of the whole vector.", _with(size=_clipped_norm)),
    Mistake("norm-of-shared", "Your norms are of the n-grams that both have. They are of the whole vectors.", _with(size=_shared_only)),
    Mistake("norm-of-counts", "Your norms are of the counts. They are of the vectors: counts times weights.", _norms_of_counts),
    Mistake(
        "idf-squared",
        "The weights log(pictures) − log(frequency) come in twice: in each vector once.",
        lambda c, r, f, p: cider_d(c, r, f, p, idf=lambda gram: (math.log(p) - math.log(max(1, f.get(gram, 0)))) ** 2),
    ),
    Mistake(
        "dictionary-size",
        "You take the size of the dictionary for the number of pictures: that is the argument `pictures`.",
        lambda c, r, f, p: cider_d(c, r, f, len(f)),
    ),
    Mistake(
        "references-for-pictures",
        "You take the number of references for the number of pictures: that is the argument `pictures`.",
        lambda c, r, f, p: cider_d(c, r, f, len(r)),
    ),
    Mistake(
        "frequencies-for-pictures",
        "You take the sum of all frequencies for the number of pictures: that is the argument `pictures`.",
        lambda c, r, f, p: cider_d(c, r, f, sum(f.values())),
    ),
    Mistake(
        "no-idf",
        'Every n-gram weighs the same. Multiply its count by log(pictures) − log(frequency); and is it looked up as a string, such as "a red"?',
        lambda c, r, f, p: cider_d(c, r, f, p, idf=lambda gram: 1.0),
    ),
    Mistake(
        "idf-plus-one",
        "You add 1 to the frequency. An n-gram of no picture counts as one of one picture: max(1, frequency).",
        lambda c, r, f, p: cider_d(c, r, f, p, idf=lambda gram: math.log(p) - math.log(1 + f.get(gram, 0))),
    ),
    Mistake(
        "idf-without-log",
        "You take pictures / frequency. Take its logarithm.",
        lambda c, r, f, p: cider_d(c, r, f, p, idf=lambda gram: p / max(1, f.get(gram, 0))),
    ),
    Mistake(
        "idf-turned",
        "Frequent n-grams weigh more: log(pictures) − log(frequency) is turned round.",
        lambda c, r, f, p: cider_d(c, r, f, p, idf=lambda gram: math.log(max(1, f.get(gram, 0)))),
    ),
    Mistake(
        "unseen-weigh-nothing",
        "An n-gram that no picture's references have weighs nothing here. It weighs most: max(1, frequency).",
        lambda c, r, f, p: cider_d(c, r, f, p, idf=lambda gram: math.log(p) - math.log(f[gram]) if gram in f else 0.0),
    ),
    Mistake("words-only", "You compare single words only. Take n = 1, 2, 3 and 4, and their mean.", _with(most=1)),
    Mistake(
        "four-words-only", "You compare runs of four words only. Take n = 1, 2, 3 and 4, and their mean.", _with(combine=lambda x: x[-1])
    ),
    Mistake("most-3", "You stop at n = 3. Take n = 1, 2, 3 and 4, and their mean.", _with(most=3)),
    Mistake("most-3", "You leave out n = 4, and divide by 4. Take n = 1, 2, 3 and 4.", _with(combine=lambda x: sum(x[:3]) / 4)),
    Mistake("zeros-left-out", "You take the mean over those n which are not 0. A 0 counts: divide by 4.", _with(combine=_without_zeros)),
    Mistake(
        "zeros-left-out",
        "You take the mean over those numbers which are not 0. A 0 counts: divide by all.",
        _with(combine=np.array, over=lambda rows: _without_zeros(np.ravel(rows))),
    ),
    Mistake("sum-over-n", "You add up over n. Take the mean of n = 1, 2, 3, 4.", _with(combine=np.sum)),
    Mistake(
        "product-over-n",
        "You take a geometric mean over n, as BLEU does. Take the plain mean.",
        _with(combine=lambda x: float(np.prod(x)) ** 0.25),
    ),
    Mistake("best-reference", "You take the best reference. Take the mean over all: consensus is the C in the name.", _with(over=max)),
    Mistake("sum-over-references", "You add up over the references. Take the mean.", _with(over=np.sum)),
    Mistake("first-reference", "You compare with the first reference only. Take the mean over all.", _with(over=lambda x: x[0])),
    Mistake("last-reference", "You compare with the last reference only. Take the mean over all.", _with(over=lambda x: x[-1])),
    Mistake("worst-reference", "You take the worst reference. Take the mean over all.", _with(over=min)),
    Mistake(
        "references-joined",
        "You join the references to one text. Compare with each, and take the mean.",
        lambda c, r, f, p: cider_d(c, [" ".join(r)], f, p),
    ),
    Mistake("one-gram-lost", "The last n-gram of each text is lost: there are `len(words) - n + 1`.", _with(grams=_one_lost)),
    Mistake(
        "ragged",
        "Runs at the end of a text are cut off, and have less than n words. The last n-gram starts at `len(words) - n`.",
        _with(grams=_ragged),
    ),
    Mistake("of-letters", "Your n-grams are runs of letters. They are runs of words: `split()` the text first.", _with(grams=_of_letters)),
    Mistake(
        "shares",
        "You divide each count by the number of n-grams of its text. Take the count itself: min(g, r) compares the two.",
        _with(tf=lambda count, total: count / total),
    ),
    Mistake(
        "one-per-n",
        "You return a number for each n. Return their mean.",
        lambda c, r, f, p: cider_d(c, r, f, p, combine=np.array, over=lambda x: np.mean(x, axis=0)),
    ),
    Mistake("sets", "An n-gram that occurs twice counts once. Take its count.", _with(grams=lambda text, n: Counter(set(_grams(text, n))))),
    Mistake(
        "all-n-in-one",
        "You put all n-grams into one vector. Each n has a cosine of its own.",
        lambda c, r, f, p: cider_d(c, r, f, p, most=1, grams=lambda text, _: sum((_grams(text, n) for n in range(1, 5)), Counter())),
    ),
]


def judge(cases: list[Case], answers: list) -> Verdict:
    """A quarter of the points for captions with a norm of 0."""
    remark = "The score differs. Take n = 1 and one reference by hand: two vectors of count × log(pictures / frequency)."
    short = "Right where no norm is 0. A norm of 0, as of the 3-grams of a text of two words, gives 0 for its n:"
    return judge_values(
        cases, answers, cider_d, MISTAKES, returns="one number, from 0 to 10", parts=[("", 0.75, remark), ("short", 0.25, short)]
    )


EXERCISE = Exercise("02.5", "cider_d", 2, cider_d, cases, judge)
