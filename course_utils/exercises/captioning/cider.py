"""Exercise 02.5: CIDEr-D of one caption."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.judging import Mistake, judge_values
from course_utils.models.captioning import words
from course_utils.world import captions, scenes


def _grams(caption: str, n: int) -> Counter:
    w = caption.split()
    return Counter(" ".join(w[i : i + n]) for i in range(len(w) - n + 1))


def cider_d(candidate, references, frequency, pictures, *, grams=_grams, idf=None, clip=True, penalty=6.0, most=4,
            norm=True, combine=np.mean, over=np.mean, factor=10.0, clip_counts=False, length=None, tf=lambda c, total: c):  # fmt: skip
    """The mean over n = 1 … 4 and over the references of clipped cosines, times the length penalty and 10."""
    idf = idf or (lambda gram: math.log(pictures) - math.log(max(1, frequency.get(gram, 0))))
    length = length or (lambda text: len(text.split()))

    def vector(text, n):
        counts = grams(text, n)
        return {gram: tf(count, sum(counts.values())) * idf(gram) for gram, count in counts.items()}

    scores = []
    for reference in references:
        each = []
        for n in range(1, most + 1):
            mine, theirs = vector(candidate, n), vector(reference, n)
            shared = sum((min(x, theirs.get(g, 0.0)) if clip else x) * theirs.get(g, 0.0) for g, x in mine.items())
            lengths = math.sqrt(sum(x * x for x in mine.values())) * math.sqrt(sum(x * x for x in theirs.values()))
            each.append(shared / lengths if norm and lengths else shared)
        apart = length(candidate) - length(reference)
        scores.append(combine(each) * (math.exp(-(apart**2) / (2 * penalty**2)) if penalty else 1.0))
    return np.float64(factor * over(scores))


def cases(seed: int) -> list[Case]:
    """Captions of this world that are right in part, with five references each and the frequencies of 300 pictures."""
    rng = np.random.default_rng([seed, 205])
    pictures = 300
    drawn = scenes.sample(rng, pictures, objects=(2, 4))
    several = [[" ".join(words.split(t)) for t in texts] for texts in zip(*(captions.caption(drawn, rng=rng) for _ in range(3)))]
    everywhere = Counter()
    for texts in several:
        everywhere.update({gram for text in texts for n in range(1, 5) for gram in _grams(text, n)})
    found = []
    for i, spoil in enumerate(("colour", "repeated", "cut short", "longer", "another")):
        text = several[i][0].split()
        if spoil == "colour":
            place = next(k for k, word in enumerate(text) if words.WORD_CLASS[words.TOKEN[word]] == 1)
            text[place] = "purple" if text[place] != "purple" else "green"
        elif spoil == "repeated":
            text = text + ["and", *text[-3:], "and", *text[-3:]]
        elif spoil == "cut short":
            text = text[: max(4, len(text) // 2)]
        elif spoil == "longer":
            text = text + ["and", "two", "pink", "tulips"]
        else:
            text = text[:3] + several[i + 5][0].split()
        candidate, references = " ".join(text), several[i][: 1 + (i + 2) % 3]
        needed = {gram for text in (candidate, *references) for n in range(1, 5) for gram in _grams(text, n)}
        frequency = {gram: everywhere[gram] for gram in sorted(needed) if everywhere[gram]}
        found.append(Case((candidate, references, frequency, pictures), f"{spoil}: {candidate!r}"))
    return found


def _with(**parts):
    return lambda *args: cider_d(*args, **parts)


MISTAKES = [
    Mistake("no-clipping", "A word said three times counts three times: this is CIDEr. CIDEr-D takes the smaller of the two weights, min(g, r), times r.", _with(clip=False)),
    Mistake("no-penalty", "The length penalty is missing: exp(−(difference of lengths)² / (2 · 6²)).", _with(penalty=None)),
    Mistake("no-clipping-no-penalty", "This is CIDEr. CIDEr-D clips each product, min(g, r) · r, and has a length penalty.", _with(clip=False, penalty=None)),
    Mistake("sigma", "The length penalty is too hard: σ = 6, and its square is 36.", _with(penalty=math.sqrt(6))),
    Mistake("sigma-of-one", "The length penalty is too hard: σ = 6.", _with(penalty=1.0)),
    Mistake("no-half", "The penalty lacks its 2: exp(−d² / (2 σ²)).", _with(penalty=6 / math.sqrt(2))),
    Mistake("no-factor", "The factor 10 is missing.", _with(factor=1.0)),
    Mistake("factor-100", "You multiply by 100. The score is times 10.", _with(factor=100.0)),
    Mistake("no-cosine", "You do not divide by both lengths: a cosine does.", _with(norm=False)),
    Mistake("no-idf", "Every n-gram weighs the same: multiply its count by log(pictures) − log(frequency), so that rare ones count for more.", lambda c, r, f, p: cider_d(c, r, f, p, idf=lambda gram: 1.0)),
    Mistake("idf-plus-one", "You add 1 to the frequency. An n-gram of no picture counts as one of one picture: max(1, frequency).", lambda c, r, f, p: cider_d(c, r, f, p, idf=lambda gram: math.log(p) - math.log(1 + f.get(gram, 0)))),
    Mistake("idf-without-log", "You take pictures / frequency. Take its logarithm.", lambda c, r, f, p: cider_d(c, r, f, p, idf=lambda gram: p / max(1, f.get(gram, 0)))),
    Mistake("idf-turned", "Frequent n-grams weigh more: log(pictures) − log(frequency) is turned round.", lambda c, r, f, p: cider_d(c, r, f, p, idf=lambda gram: math.log(max(1, f.get(gram, 0))))),
    Mistake("unseen-weigh-nothing", "An n-gram that no picture's references have weighs nothing here. It weighs most: max(1, frequency).", lambda c, r, f, p: cider_d(c, r, f, p, idf=lambda gram: math.log(p) - math.log(f[gram]) if gram in f else 0.0)),
    Mistake("words-only", "You compare single words only. Take n = 1, 2, 3 and 4, and their mean.", _with(most=1)),
    Mistake("four-words-only", "You compare runs of four words only. Take n = 1, 2, 3 and 4, and their mean.", _with(combine=lambda x: x[-1])),
    Mistake("most-3", "You stop at n = 3. Take n = 1, 2, 3 and 4, and their mean.", _with(most=3)),
    Mistake("sum-over-n", "You add up over n. Take the mean of n = 1, 2, 3, 4.", _with(combine=np.sum)),
    Mistake("product-over-n", "You take a geometric mean over n, as BLEU does. Take the plain mean.", _with(combine=lambda x: float(np.prod(x)) ** 0.25)),
    Mistake("best-reference", "You take the best reference. Take the mean over all: consensus is the C in the name.", _with(over=max)),
    Mistake("sum-over-references", "You add up over the references. Take the mean.", _with(over=np.sum)),
    Mistake("first-reference", "You compare with the first reference only. Take the mean over all.", _with(over=lambda x: x[0])),
    Mistake("sets", "An n-gram that occurs twice counts once. Take its count.", _with(grams=lambda text, n: Counter(set(_grams(text, n))))),
    Mistake("all-n-in-one", "You put all n-grams into one vector. Each n has a cosine of its own.", lambda c, r, f, p: cider_d(c, r, f, p, most=1, grams=lambda text, _: sum((_grams(text, n) for n in range(1, 5)), Counter()))),
]  # fmt: skip


def judge(cases: list[Case], answers: list) -> Verdict:
    """All points or none."""
    remark = "The score differs. Take n = 1 and one reference by hand: two vectors of count × log(pictures / frequency)."
    return judge_values(cases, answers, cider_d, MISTAKES, returns="one number, from 0 to 10", parts=[("", 1.0, remark)])


EXERCISE = Exercise("02.5", "cider_d", 2, cider_d, cases, judge)
