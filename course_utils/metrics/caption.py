"""How good a caption is: BLEU, CIDEr-D, METEOR and SPICE, each as its own definition has it.

A caption is a string whose words are split at spaces, so cut off commas before ("a dog , a cat"). ``references`` holds a list
of captions for each candidate. Every function returns numbers in the units in which its authors report them.
"""

from __future__ import annotations

import functools
import heapq
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from course_utils.world import captions as grammar
from course_utils.world.languages import NotInGrammar

Captions = Sequence[str]
References = Sequence[Sequence[str]]


def ngrams(caption: str, most: int = 4) -> Counter:
    """How often each run of 1 to ``most`` words occurs: {("a",): 2, ("a", "red"): 1, ...}."""
    words = caption.split()
    return Counter(tuple(words[i : i + n]) for n in range(1, most + 1) for i in range(len(words) - n + 1))


def bleu(candidates: Captions, references: References, most: int = 4) -> np.ndarray:
    """BLEU-1 to BLEU-``most`` of a whole set (Papineni et al., 2002): float[most], each in [0, 1].

    n-grams are counted over the set before anything is divided; each counts as often as in the reference that has most of
    it. A set that is shorter than the references of closest length pays a brevity penalty. Nothing is smoothed: a set that
    shares no n-gram of some length with its references gets 0 from there on, as do captions of fewer words.
    """
    found, given = np.zeros(most), np.zeros(most)
    length = wanted = 0
    for candidate, several in _paired(candidates, references):
        best: Counter = Counter()
        for reference in several:
            best |= ngrams(reference, most)
        for gram, count in ngrams(candidate, most).items():
            found[len(gram) - 1] += min(count, best[gram])
        words = len(candidate.split())
        given += np.maximum(words - np.arange(most), 0)
        length += words
        wanted += min((abs(len(reference.split()) - words), len(reference.split())) for reference in several)[1]
    precision = np.divide(found, given, out=np.zeros(most), where=given > 0)
    brevity = math.exp(1 - wanted / length) if 0 < length < wanted else float(length > 0)
    return brevity * np.cumprod(precision) ** (1 / np.arange(1, most + 1))


def document_frequency(references: References, most: int = 4) -> Counter:
    """For every n-gram, in how many pictures at least one reference has it."""
    return Counter(gram for several in references for gram in set().union(*(ngrams(r, most) for r in several)))


def cider_d(candidates: Captions, references: References, sigma: float = 6.0, most: int = 4) -> np.ndarray:
    """CIDEr-D of each candidate (Vedantam et al., 2015, section 5, with the clipping and the length penalty of CIDEr-D).

    n-grams are weighed by how often they occur and how few pictures' references have them; a candidate is compared with
    each reference by a cosine for each n, in which no n-gram counts for more than in the reference, and pays for another
    length. Scores lie in [0, 10]; papers multiply by 100, so that 1.2 here is their 120. What all pictures' references share
    weighs nothing, so the score of one picture alone is 0.

    Parameters
    ----------
    sigma : of the length penalty, in words.

    Returns
    -------
    float[n], one score for each candidate. Their mean is what is reported.
    """
    frequency, pictures = document_frequency(references, most), math.log(max(len(references), 1))

    def weighed(counts: Counter) -> tuple[list[dict], list[float]]:
        vectors: list[dict] = [{} for _ in range(most)]
        for gram, count in counts.items():
            vectors[len(gram) - 1][gram] = count * (pictures - math.log(max(1, frequency[gram])))
        return vectors, [math.sqrt(sum(w * w for w in vector.values())) for vector in vectors]

    def similarity(candidate: str, reference: str) -> float:
        counts = ngrams(candidate, most), ngrams(reference, most)
        (mine, norm), (theirs, other) = map(weighed, counts)
        # the official code measures lengths in pairs of words
        longer = sum(c for gram, c in counts[0].items() if len(gram) == 2) - sum(c for gram, c in counts[1].items() if len(gram) == 2)
        total = 0.0
        for n in range(most):
            shared = sum(min(weight, theirs[n].get(gram, 0.0)) * theirs[n].get(gram, 0.0) for gram, weight in mine[n].items())
            total += shared / (norm[n] * other[n]) if norm[n] and other[n] else shared
        return total / most * math.exp(-(longer**2) / (2 * sigma**2))

    return np.array(
        [
            10 * float(np.mean([similarity(candidate, reference) for reference in several]))
            for candidate, several in _paired(candidates, references)
        ]
    )


def meteor(candidates: Captions, references: References, *, alpha: float = 0.9, beta: float = 3.0, gamma: float = 0.5) -> np.ndarray:
    """METEOR of each candidate, aligned as by METEOR 1.5 (Denkowski & Lavie, 2014): float[n] in [0, 1].

    Words match if their stems do; of the alignments with most matches one with fewest chunks, runs of words matched in order,
    is taken. The score is a weighted harmonic mean of precision and recall, lowered by the number of chunks unless the texts are
    equal. The best reference counts. Parameters are those of Lavie & Agarwal (2007), matchers "exact" and "stem" (:func:`stem`), of
    equal weight. METEOR 1.5's own setting for English, which papers report, has tuned parameters, synonyms, paraphrases and
    function words: other numbers.
    """
    return np.array(
        [
            max(_meteor(candidate.lower().split(), reference.lower().split(), alpha, beta, gamma) for reference in several)
            for candidate, several in _paired(candidates, references)
        ]
    )


def _meteor(candidate: list[str], reference: list[str], alpha: float, beta: float, gamma: float) -> float:
    matches, chunks = alignment([*map(stem, candidate)], [*map(stem, reference)])
    if not matches:
        return 0.0
    precision, recall = matches / len(candidate), matches / len(reference)
    mean = precision * recall / (alpha * precision + (1 - alpha) * recall)
    perfect = precision == recall == chunks == 1
    return mean if perfect else (1 - gamma * (chunks / matches) ** beta) * mean


def alignment(candidate: Sequence[str], reference: Sequence[str]) -> tuple[int, int]:
    """The most words that can be matched one to one with equal ones, and the fewest chunks in which so many can.

    A chunk is a run of words matched with a run of the reference. The search is exact: place by place through the candidate,
    the cheapest partial alignment first (A*; words that must be matched and never follow their neighbour open chunks to come).
    """
    places: dict[str, list[int]] = {}
    for j, word in enumerate(reference):
        places.setdefault(word, []).append(j)
    spare = Counter(candidate) - Counter(reference)  # how many of a word stay unmatched
    pairs = set(zip(reference, reference[1:]))
    opens = [not spare[word] and (i == 0 or (candidate[i - 1], word) not in pairs) for i, word in enumerate(candidate)]
    to_come = [sum(opens[i:]) for i in range(len(candidate) + 1)]
    heap, known = [(to_come[0], 0, 0, -2)], set()  # chunks in all at least, -place, places taken as bits, the last if just taken
    while heap[0][1] > -len(candidate):
        least, minus, taken, last = heapq.heappop(heap)
        if (minus, taken, last) in known:
            continue
        known.add((minus, taken, last))
        i, word = -minus, candidate[-minus]
        free = [j for j in places.get(word, ()) if not taken >> j & 1]
        following = [(j != last + 1, taken | 1 << j, j) for j in free]
        if candidate[:i].count(word) - (len(places.get(word, ())) - len(free)) < spare[word]:
            following.append((False, taken, -2))
        for opened, *state in following:
            heapq.heappush(heap, (least - to_come[i] + opened + to_come[i + 1], -i - 1, *state))
    return (Counter(candidate) & Counter(reference)).total(), heap[0][0]


@functools.cache
def stem(word: str) -> str:
    """A word without the ending of a plural, and with i for a last y: steps 1a and 1c of Porter, 1980.

    Enough for captions of this world, whose words have no other endings; a test compares it with all of Porter's steps.
    """
    for ending, put in (("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")):
        if word.endswith(ending):
            word = word[: len(word) - len(ending)] + put
            break
    has_vowel = any(letter in "aeiou" for letter in word[:-1])
    return word[:-1] + "i" if word.endswith("y") and has_vowel else word


def spice(candidates: Captions, tuples: Sequence[Counter]) -> np.ndarray:
    """SPICE of each candidate: the F1 of the scene-graph tuples that it states (Anderson et al., 2016): float[n] in [0, 1].

    On real captions a parser guesses the tuples; here the grammar reads them exactly. They are a set, as in the paper: how
    often a tuple holds does not count. A text that the grammar cannot read states nothing.

    Parameters
    ----------
    candidates : captions as ``world.captions`` writes them; a comma may stand by itself.
    tuples : what is true of each picture, as ``world.captions.tuples`` gives it.
    """
    return np.array([f1(set(stated(candidate)), set(true)) for candidate, true in zip(candidates, tuples, strict=True)])


def stated(caption: str) -> Counter:
    """The scene-graph tuples that a caption states; none if the grammar cannot read it."""
    try:
        return grammar.parse(caption.replace(" ,", ","))
    except NotInGrammar:
        return Counter()


def f1(found: set, true: set) -> float:
    """The harmonic mean of precision and recall of a set; 0 where they share nothing."""
    shared = len(found & true)
    return 2 * shared / (len(found) + len(true)) if shared else 0.0


def _paired(candidates: Captions, references: References):
    if isinstance(candidates, str) or any(isinstance(several, str) for several in references):
        raise ValueError("A single text stands where a list belongs: give a list of captions, and a list of references for each.")
    if len(candidates) != len(references):
        raise ValueError(f"There are {len(candidates)} candidates, but references for {len(references)} pictures.")
    if not all(references):
        raise ValueError("Every picture needs at least one reference.")
    return zip(candidates, references)
