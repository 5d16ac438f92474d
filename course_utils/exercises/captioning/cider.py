"""CIDEr-D of one caption."""

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


_ABOVE, _PENALTY, _SIGMA, _SQUARE = "min(x, r.get(gram, 0)) * r.get(gram, 0)", " * penalty", "/ (2 * 6**2)", "-(d**2)"
_GRAMS, _EACH, _SCORES, _PICTURES = "_grams(text, n)", "np.mean(each)", "np.mean(scores)", "math.log(pictures)"
_G, _R, _NORMS = "math.hypot(*g.values())", "math.hypot(*r.values())", "math.hypot(*g.values()) * math.hypot(*r.values())"

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
        *("min(x, r.get(gram, 0))", "x"),
    ),
    (
        "no-clipping-no-penalty",
        "This is CIDEr. CIDEr-D clips each product, min(g, r) · r, and has a length penalty.",
        *("min(x, r.get(gram, 0))", "x", _PENALTY, ""),
    ),
    (
        "clipped-otherwise",
        "The sum is over min(g, r) · r: one of the two factors is the smaller weight, the other is the reference's.",
        *(_ABOVE, (_ABOVE.replace("min", "max"), "min(x, r.get(gram, 0)) * x", "min(x, r.get(gram, 0))", "min(x, r.get(gram, 0)) ** 2")),
    ),
    ("no-penalty", "The length penalty is missing: exp(−(difference of lengths)² / (2 · 6²)).", _PENALTY, ""),
    (
        "penalty-width",
        "The penalty is exp(−d² / (2 · 6²)), once: 2 · 6² = 72 stands below, in brackets, and only the 6 is squared.",
        *(_SIGMA, ("/ (2 * 6)", "/ 6**2", "/ (2 * 6) ** 2", "/ 2 * 6**2")),
    ),
    ("penalty-distance", "The penalty is exp(−d² / (2 · 6²)): d is squared, with a minus before it.", _SQUARE, ("-abs(d)", "-d", "d**2")),
    ("one-sided", "Too short and too long a candidate pay the same: exp(−d² / (2 · 6²)).", _SQUARE, ("-min(d, 0) ** 2", "-max(d, 0) ** 2")),
    ("letters-for-words", "You count letters for the penalty. d is the difference in words.", ".split()", ""),
    ("no-factor", "The mean is multiplied by 10.", "10 * ", ("", "100 * ")),
    ("no-cosine", "You do not divide by both lengths: a cosine does.", " / norms", ""),
    (
        "not-norms",
        "You divide by sums or squares. A norm has a root: ‖g‖ = √Σ g².",
        (f"({_NORMS}) ** 2", "sum(g.values()) * sum(r.values())"),
    ),
    ("one-norm", "You divide by one norm twice: one of the two is the candidate's, one the reference's.", (f"{_G} ** 2", f"{_R} ** 2")),
    (
        "norm-of-part",
        "Your norms are of what both texts have, or of the counts. They are of the whole vectors: counts times weights.",
        (
            f"math.hypot(*(min(g[k], r.get(k, 0)) for k in g)) * {_R}",
            "math.hypot(*(g[k] for k in g if k in r)) * math.hypot(*(r[k] for k in g if k in r))",
            "math.hypot(*_grams(candidate, n).values()) * math.hypot(*_grams(reference, n).values())",
        ),
    ),
    (
        "no-idf",
        'Every n-gram weighs the same. Multiply its count by log(pictures) − log(frequency); look it up as a string, such as "a red".',
        *(" * idf(gram)", ""),
    ),
    ("idf-squared", "The weights log(pictures) − log(frequency) come in twice: in each vector once.", "* idf(gram)", "* idf(gram) ** 2"),
    (
        "not-pictures",
        "You take another count for the number of pictures: that is the argument `pictures`.",
        *(_PICTURES, ("math.log(len(frequency))", "math.log(len(references))", "math.log(sum(frequency.values()))")),
    ),
    ("idf-plus-one", "You add 1 to the frequency. An n-gram of no picture counts as one of one: max(1, frequency).", "max(1, f", "(1 + f"),
    ("idf-without-log", "You take pictures / frequency. Take its logarithm.", "math.log(pictures) - math.log", "pictures / "),
    ("idf-turned", "Frequent n-grams weigh more: log(pictures) − log(frequency) is turned round.", "math.log(pictures) - ", ""),
    ("not-all-n", "You leave out some n. Take n = 1, 2, 3 and 4, and their mean.", "(1, 5)", ("(1, 2)", "(4, 5)", "(1, 4)")),
    ("sum-over-n", "You add up over n. Take the mean of n = 1, 2, 3, 4.", _EACH, "sum(each)"),
    ("product-over-n", "You take a geometric mean over n, as BLEU does. Take the plain mean.", _EACH, "np.prod(each) ** 0.25"),
    ("sum-over-references", "You add up over the references. Take the mean.", _SCORES, "sum(scores)"),
    (
        "one-reference",
        "You take one reference only: the first, last, best or worst. Take the mean over all: consensus is the C in the name.",
        *(_SCORES, ("scores[0]", "scores[-1]", "max(scores)", "min(scores)")),
    ),
    (
        "references-joined",
        "You join the references to one text. Compare with each, and take the mean.",
        *("in references", 'in [" ".join(references)]'),
    ),
    (
        "number-of-grams",
        "A text has `len(words) - n + 1` n-grams, of n words each. You lose the last, or cut off runs at the end.",
        *(
            _GRAMS,
            ('_grams(" ".join(text.split()[:-1]), n)', 'Counter(" ".join(text.split()[i : i + n]) for i in range(len(text.split())))'),
        ),
    ),
    (
        "of-letters",
        "Your n-grams are runs of letters. They are runs of words: `split()` the text first.",
        *(_GRAMS, "Counter(text[i : i + n] for i in range(len(text) - n + 1))"),
    ),
    (
        "shares",
        "You divide each count by the number of n-grams of its text. Take the count itself.",
        "count *",
        "count / (len(text.split()) - n + 1) *",
    ),
    ("sets", "An n-gram that occurs twice counts once. Take its count.", "count *", ""),
    (
        "all-n-in-one",
        "You put all n-grams into one vector. Each n has a cosine of its own.",
        *("(1, 5)", "(1, 2)", _GRAMS, "sum((_grams(text, k) for k in range(1, 5)), Counter())"),
    ),
    at=_NORMS,
)

_REMARK = "The score differs. Take n = 1 and one reference by hand: two vectors of count × log(pictures / frequency)."
_SHORT = "Right where no norm is 0. A norm of 0, as of the 3-grams of a text of two words, gives 0 for its n:"
_PARTS = [("", 0.75, _REMARK), ("short", 0.25, _SHORT)]

judge = functools.partial(judge_values, reference=cider_d, mistakes=MISTAKES, returns="one number, from 0 to 10", parts=_PARTS)

EXERCISE = Exercise("02.5", "cider_d", 2, cider_d, cases, judge)
