"""CIDEr-D of one caption."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections import Counter

import numpy as np

from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.models.captioning import words
from course_utils.world import captions, scenes


def _grams(caption: str, n: int) -> Counter:
    w = caption.split()
    return Counter(" ".join(w[i : i + n]) for i in range(len(w) - n + 1))


def cider_d(candidate, references, frequency, pictures):
    """The mean over n = 1 … 4 and over the references of clipped cosines, times the length penalty and 10."""

    def idf(gram):
        return math.log(pictures) - math.log(max(1, frequency.get(gram, 0)))

    scores = []
    for reference in references:
        each = []
        for n in range(1, 5):
            g, r = ({gram: count * idf(gram) for gram, count in _grams(text, n).items()} for text in (candidate, reference))
            above = sum(min(x, r.get(gram, 0)) * r.get(gram, 0) for gram, x in g.items())
            norms = math.hypot(*g.values()) * math.hypot(*r.values())
            each.append(above / norms if norms else 0.0)
        d = len(candidate.split()) - len(reference.split())
        penalty = math.exp(-(d**2) / (2 * 6**2))
        scores.append(np.mean(each) * penalty)
    return np.float64(10 * np.mean(scores))


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


_CLIPPED, _TIMES, _SIGMA, _SQUARE = "min(x, r.get(gram, 0))", ") * r.get(gram, 0)", "(2 * 6**2)", "d**2"
_GRAMS, _EACH, _SCORES, _PICTURES = "_grams(text, n)", "np.mean(each)", "np.mean(scores)", "math.log(pictures)"

MISTAKES = edits(
    cider_d,
    ("zero-norm", "A norm of 0 makes NaN of the score: 0 / 0. Give 0 for that n.", "else 0.0", "else np.nan"),
    (
        "zero-for-all",
        "Where one norm is 0, the whole score is 0. Only that n gives 0: the others count.",
        *("else 0.0", "else np.nan", "10 * np.mean(scores)", "np.nan_to_num(10 * np.mean(scores))"),
    ),
    (
        "zero-norm-left-out",
        "You leave out an n whose norm is 0. It gives 0, and counts: divide by 4.",
        *("else 0.0", "else np.nan", _EACH, "np.nansum(each) / max(1, np.isfinite(each).sum())"),
    ),
    (
        "no-clipping",
        "A word said three times counts three times: this is CIDEr. CIDEr-D takes the smaller of the two weights, min(g, r), times r.",
        *(_CLIPPED, "x"),
    ),
    ("larger-weight", "You take the larger of the two weights. The smaller one clips: min(g, r), times r.", "min(x", "max(x"),
    ("times-candidate", "The smaller weight is multiplied by the candidate's, g. Multiply it by the reference's, r.", _TIMES, ") * x"),
    ("min-alone", "The sum is over min(g, r) alone. Multiply each by r.", _TIMES, ")"),
    ("min-squared", "You square min(g, r). Only one of the two factors is clipped: min(g, r), times r.", _TIMES, ") ** 2"),
    ("no-penalty", "The length penalty is missing: exp(−(difference of lengths)² / (2 · 6²)).", " * penalty", ""),
    (
        "no-clipping-no-penalty",
        "This is CIDEr. CIDEr-D clips each product, min(g, r) · r, and has a length penalty.",
        *(_CLIPPED, "x", " * penalty", ""),
    ),
    ("sigma", "The length penalty is too hard: σ = 6, and its square is 36.", "6**2", "6"),
    ("sigma-of-one", "The length penalty is too hard: σ = 6.", "6**2", "1"),
    ("no-half", "The penalty is exp(−d² / (2 · 6²)); in yours the 2 is missing, or the penalty comes in twice.", _SIGMA, "6**2"),
    ("sigma-twelve", "You square 2 · 6. Only the 6 is squared: exp(−d² / (2 · 6²)).", _SIGMA, "(2 * 6) ** 2"),
    (
        "penalty-without-brackets",
        "You multiply by 6² in the penalty. It stands below: exp(−d² / (2 · 6²)), with brackets.",
        *(_SIGMA, "2 * 6**2"),
    ),
    ("d-not-squared", "The difference of lengths is not squared: exp(−d² / (2 · 6²)).", _SQUARE, "abs(d)"),
    ("d-not-squared", "The difference of lengths is not squared: exp(−d² / (2 · 6²)).", _SQUARE, "d"),
    ("penalty-sign", "The penalty's minus is missing: exp(−d² / (2 · 6²)) is never more than 1.", "-(d**2)", "d**2"),
    ("too-short-only", "Only too short a candidate pays. Too long costs the same: exp(−d² / (2 · 6²)).", _SQUARE, "min(d, 0) ** 2"),
    ("too-long-only", "Only too long a candidate pays. Too short costs the same: exp(−d² / (2 · 6²)).", _SQUARE, "max(d, 0) ** 2"),
    ("letters-for-words", "You count letters for the penalty. d is the difference in words.", ".split()", ""),
    ("no-factor", "The factor 10 is missing.", "10 * ", ""),
    ("factor-100", "You multiply by 100. The score is times 10.", "10 * ", "100 * "),
    ("no-cosine", "You do not divide by both lengths: a cosine does.", " / norms", ""),
    ("norm-not-rooted", "The norms lack their root: ‖g‖ = √Σ g².", "/ norms", "/ norms**2"),
    ("sums-for-norms", "You divide by sums. A norm is √Σ g².", "math.hypot(*", "sum("),
    ("candidates-norm-only", "You divide by the candidate's norm twice. One of the two is the reference's.", "*r.values", "*g.values"),
    ("references-norm-only", "You divide by the reference's norm twice. One of the two is the candidate's.", "*g.values", "*r.values"),
    (
        "norm-of-clipped",
        "Your norm of g is of what is left after clipping. It is of the whole vector.",
        *("*g.values()", "*(min(g[k], r.get(k, 0)) for k in g)"),
    ),
    (
        "norm-of-shared",
        "Your norms are of the n-grams that both have. They are of the whole vectors.",
        *("*g.values()", "*(g[k] for k in g if k in r)", "*r.values()", "*(r[k] for k in g if k in r)"),
    ),
    (
        "norm-of-counts",
        "Your norms are of the counts. They are of the vectors: counts times weights.",
        *("g.values()", "_grams(candidate, n).values()", "r.values()", "_grams(reference, n).values()"),
    ),
    ("idf-squared", "The weights log(pictures) − log(frequency) come in twice: in each vector once.", "* idf(gram)", "* idf(gram) ** 2"),
    (
        "dictionary-size",
        "You take the size of the dictionary for the number of pictures: that is the argument `pictures`.",
        *(_PICTURES, "math.log(len(frequency))"),
    ),
    (
        "references-for-pictures",
        "You take the number of references for the number of pictures: that is the argument `pictures`.",
        *(_PICTURES, "math.log(len(references))"),
    ),
    (
        "frequencies-for-pictures",
        "You take the sum of all frequencies for the number of pictures: that is the argument `pictures`.",
        *(_PICTURES, "math.log(sum(frequency.values()))"),
    ),
    (
        "no-idf",
        'Every n-gram weighs the same. Multiply its count by log(pictures) − log(frequency); and is it looked up as a string, such as "a red"?',
        *(" * idf(gram)", ""),
    ),
    (
        "idf-plus-one",
        "You add 1 to the frequency. An n-gram of no picture counts as one of one picture: max(1, frequency).",
        *("max(1, f", "(1 + f"),
    ),
    ("idf-without-log", "You take pictures / frequency. Take its logarithm.", "math.log(pictures) - math.log", "pictures / "),
    ("idf-turned", "Frequent n-grams weigh more: log(pictures) − log(frequency) is turned round.", "math.log(pictures) - ", ""),
    (
        "unseen-weigh-nothing",
        "An n-gram that no picture's references have weighs nothing here. It weighs most: max(1, frequency).",
        *("(gram, 0))", "(gram, pictures))"),
    ),
    ("words-only", "You compare single words only. Take n = 1, 2, 3 and 4, and their mean.", "(1, 5)", "(1, 2)"),
    ("four-words-only", "You compare runs of four words only. Take n = 1, 2, 3 and 4, and their mean.", "(1, 5)", "(4, 5)"),
    ("most-3", "You stop at n = 3. Take n = 1, 2, 3 and 4, and their mean.", "(1, 5)", "(1, 4)"),
    ("most-3", "You leave out n = 4, and divide by 4. Take n = 1, 2, 3 and 4.", _EACH, "sum(each[:3]) / 4"),
    (
        "zeros-left-out",
        "You take the mean over those n which are not 0. A 0 counts: divide by 4.",
        *(_EACH, "sum(each) / max(1, np.count_nonzero(each))"),
    ),
    (
        "zeros-left-out",
        "You take the mean over those numbers which are not 0. A 0 counts: divide by all.",
        *("scores.append(np.mean(each) * penalty)", "scores += [x * penalty for x in each if x]", _SCORES, "np.mean(scores or 0)"),
    ),
    ("sum-over-n", "You add up over n. Take the mean of n = 1, 2, 3, 4.", _EACH, "sum(each)"),
    ("product-over-n", "You take a geometric mean over n, as BLEU does. Take the plain mean.", _EACH, "np.prod(each) ** 0.25"),
    ("best-reference", "You take the best reference. Take the mean over all: consensus is the C in the name.", _SCORES, "max(scores)"),
    ("sum-over-references", "You add up over the references. Take the mean.", _SCORES, "sum(scores)"),
    ("first-reference", "You compare with the first reference only. Take the mean over all.", "in references", "in references[:1]"),
    ("last-reference", "You compare with the last reference only. Take the mean over all.", "in references", "in references[-1:]"),
    ("worst-reference", "You take the worst reference. Take the mean over all.", _SCORES, "min(scores)"),
    (
        "references-joined",
        "You join the references to one text. Compare with each, and take the mean.",
        *("in references", 'in [" ".join(references)]'),
    ),
    (
        "one-gram-lost",
        "The last n-gram of each text is lost: there are `len(words) - n + 1`.",
        *(_GRAMS, '_grams(" ".join(text.split()[:-1]), n)'),
    ),
    (
        "ragged",
        "Runs at the end of a text are cut off, and have less than n words. The last n-gram starts at `len(words) - n`.",
        *(_GRAMS, 'Counter(" ".join(text.split()[i : i + n]) for i in range(len(text.split())))'),
    ),
    (
        "of-letters",
        "Your n-grams are runs of letters. They are runs of words: `split()` the text first.",
        *(_GRAMS, "Counter(text[i : i + n] for i in range(len(text) - n + 1))"),
    ),
    (
        "shares",
        "You divide each count by the number of n-grams of its text. Take the count itself: min(g, r) compares the two.",
        *("count *", "count / (len(text.split()) - n + 1) *"),
    ),
    ("one-per-n", "You return a number for each n. Return their mean.", _EACH, "np.array(each)", _SCORES, "np.mean(scores, 0)"),
    ("sets", "An n-gram that occurs twice counts once. Take its count.", "count *", ""),
    (
        "all-n-in-one",
        "You put all n-grams into one vector. Each n has a cosine of its own.",
        *("(1, 5)", "(1, 2)", _GRAMS, "sum((_grams(text, k) for k in range(1, 5)), Counter())"),
    ),
)

_REMARK = "The score differs. Take n = 1 and one reference by hand: two vectors of count × log(pictures / frequency)."
_SHORT = "Right where no norm is 0. A norm of 0, as of the 3-grams of a text of two words, gives 0 for its n:"
_PARTS = [("", 0.75, _REMARK), ("short", 0.25, _SHORT)]

judge = functools.partial(judge_values, reference=cider_d, mistakes=MISTAKES, returns="one number, from 0 to 10", parts=_PARTS)

EXERCISE = Exercise("02.5", "cider_d", 2, cider_d, cases, judge)
