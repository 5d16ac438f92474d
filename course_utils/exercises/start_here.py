"""The practice exercise of notebook 00: cosine similarity between queries and a gallery."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import cosines, softmax, unit
from course_utils.exercises.core import Case, Exercise, Mistake, Verdict
from course_utils.exercises.judges import judge_values


def cosine_similarity(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """The cosine of the angle between every query and every gallery vector; 0 where a vector has length 0.

    ``queries`` float[Q, d], ``gallery`` float[G, d] → float[Q, G] in [-1, 1].
    """

    def direction(x):
        length = np.linalg.norm(x, axis=-1, keepdims=True)
        return x / np.where(length == 0, 1, length)

    return direction(queries) @ direction(gallery).T


def cases(seed: int) -> list[Case]:
    """Random vectors of odd sizes, one of them very short; then the same with an all-zero vector on either side."""
    rng = np.random.default_rng([seed, 1])

    def draw(q, g, d):
        # lengths differ a lot from vector to vector, as those of real features do; the last query and picture are short
        drawn = [(rng.normal(size=(n, d)) * rng.uniform(0.2, 5, size=(n, 1))).astype(np.float32) for n in (q, g)]
        for x in drawn:
            x[-1] *= 0.01 / np.linalg.norm(x[-1])
        return drawn

    ordinary = [draw(2, 4, 3), draw(5, 3, 7), draw(1, 7, 5), draw(7, 11, 13)]
    blank_query, blank_picture = draw(2, 3, 4), draw(3, 5, 2)
    blank_query[0][0] = 0
    blank_picture[1][3] = 0
    return [
        *(Case(tuple(a), f"{len(a[0])} queries, {len(a[1])} pictures") for a in ordinary),
        Case(tuple(blank_query), "the first query is all zeros", part="blank"),
        Case(tuple(blank_picture), "the fourth picture is all zeros", part="blank"),
    ]


def _with_squared_lengths(q, g):
    return (q / (q**2).sum(1, keepdims=True)) @ (g / (g**2).sum(1, keepdims=True)).T


def _with_sum_of_absolutes(q, g):
    return (q / np.abs(q).sum(1, keepdims=True)) @ (g / np.abs(g).sum(1, keepdims=True)).T


def _centred(q, g):
    return cosine_similarity(q - q.mean(1, keepdims=True), g - g.mean(1, keepdims=True))


def _by(length_q, length_g=None):
    """The dot product divided by something else than the two lengths."""
    return lambda q, g: (q / length_q(q)) @ (g / (length_g or length_q)(g)).T


def _length(x, axis=-1):
    return np.linalg.norm(x, axis=axis, keepdims=True)


def _one_number_for_all(case, expected, got):
    """Every dot product divided by the same number."""
    dot = np.asarray(case.args[0]) @ np.asarray(case.args[1]).T
    k = float((dot * got).sum() / max((dot**2).sum(), 1e-12))
    if abs(k) > 1e-6 and np.abs(k * dot - got).max() <= 1e-3 * np.abs(got).max():
        return (
            f"Every dot product is multiplied by the same number, {k:.3g}. Each pair has its own two lengths: "
            "did you pass `axis=` to the norm?"
        ), "one-number-for-all"


def _guard_too_large(case, expected, got):
    """Cosines that are right or too small, most of all for short vectors."""
    same_sign = (np.sign(got) * np.sign(expected) >= 0).all()
    too_small = np.abs(expected) - np.abs(got)
    if same_sign and (too_small > -1e-3).all() and too_small[-1, -1] > 1e-3:
        ratio = np.abs(got) / np.maximum(np.abs(expected), 1e-6)
        if ratio[-1, -1] <= ratio.min() + 0.05 < np.median(ratio):
            return (
                "Cosines of short vectors come out too small, but lengths must not matter. "
                "Is your guard against 0 (an epsilon or a maximum) as large as a short vector?"
            ), "guard-too-large"


def _too_much_zeroed(case, expected, got):
    """The zero vector is right, and others lost their cosines with it."""
    blank = ~np.asarray(case.args[0]).any(1)[:, None] | ~np.asarray(case.args[1]).any(1)[None]
    if blank.any() and not got[blank].any() and np.abs(expected - got).max() > 1e-3:
        return "Your zero vector is right, but other pairs changed with it: treat only its own row or column.", "zeroes-others"
    if blank.any() and np.abs((expected - got)[~blank]).max() <= 1e-3:
        return f"A vector of zeros should have cosine 0 with everything; yours has {got[blank].flat[0]:.3g}.", "zero-vector-value"


MISTAKES = [
    Mistake(
        "not-normalised",
        "This is the plain dot product: a long vector wins whatever its direction. Divide by both lengths.",
        lambda q, g: q @ g.T,
    ),
    Mistake(
        "transposed",
        "Your table lies on its side: one row a query, one column a picture, so shape (Q, G).",
        lambda q, g: cosine_similarity(q, g).T,
    ),
    Mistake(
        "wrong-axis",
        "You took lengths down the columns (axis 0). Each row is a vector: take them along the last axis.",
        lambda q, g: cosines(q, g, 0),
    ),
    Mistake(
        "one-length-for-all",
        "You divided by one length for the whole table. Did you forget `axis=` (and `keepdims=True`) in the norm?",
        lambda q, g: (q / np.linalg.norm(q)) @ (g / np.linalg.norm(g)).T,
    ),
    Mistake(
        "gallery-not-normalised",
        "The queries have length 1, the gallery does not: divide it by its lengths too.",
        lambda q, g: cosine_similarity(q, g) * np.linalg.norm(g, axis=1),
    ),
    Mistake(
        "queries-not-normalised",
        "The gallery has length 1, the queries do not: divide them by their lengths too.",
        lambda q, g: cosine_similarity(q, g) * np.linalg.norm(q, axis=1, keepdims=True),
    ),
    Mistake("squared-lengths", "You divided by the squared length: the square root is missing.", _with_squared_lengths),
    Mistake(
        "sum-of-absolutes", "You divided by the sum of absolute values. A length is the root of the sum of squares.", _with_sum_of_absolutes
    ),
    Mistake(
        "distance",
        "This is a cosine distance, 1 − cos: 0 for equal directions. We want the cosine itself, 1 for equal directions.",
        lambda q, g: 1 - cosine_similarity(q, g),
    ),
    Mistake(
        "euclidean",
        "This is the Euclidean distance: it is small for similar vectors. We want the cosine, which is large for them.",
        lambda q, g: np.linalg.norm(q[:, None] - g[None], axis=-1),
    ),
    Mistake("absolute", "You lost the sign: opposite directions have cosine −1, not 1.", lambda q, g: np.abs(cosine_similarity(q, g))),
    Mistake(
        "angle",
        "This is the angle. We want its cosine: leave out the arccos.",
        lambda q, g: np.arccos(np.clip(cosine_similarity(q, g), -1, 1)),
    ),
    Mistake("centred", "You subtracted each vector's mean first; that is a correlation. Leave the vectors where they are.", _centred),
    Mistake(
        "softmax",
        "You applied a softmax: the rows sum to 1. We want the cosines themselves.",
        lambda q, g: softmax(cosine_similarity(q, g)),
    ),
    Mistake(
        "paired",
        "You compared query i with picture i only. Compare every query with every picture: shape (Q, G).",
        lambda q, g: (cosine_similarity(q[: len(g)], g[: len(q)])).diagonal(),
    ),
    Mistake(
        "queries-over-wrong-axis",
        "You took the lengths of the queries down the columns. Each row is a vector: use the last axis.",
        _by(lambda q: _length(q, 0), _length),
    ),
    Mistake(
        "gallery-over-wrong-axis",
        "You took the lengths of the gallery down the columns. Each row is a vector: use the last axis.",
        _by(_length, lambda g: _length(g, 0)),
    ),
    Mistake(
        "largest-entry",
        "You divided by the largest entry. A length is the root of the sum of squares.",
        _by(lambda x: np.abs(x).max(1, keepdims=True)),
    ),
    Mistake(
        "plain-sum",
        "You divided by the sum of the entries. A length is the root of the sum of squares.",
        _by(lambda x: x.sum(1, keepdims=True)),
    ),
    Mistake(
        "standard-deviation",
        "You divided by a standard deviation, which subtracts the mean first. Take the length.",
        _by(lambda x: x.std(1, keepdims=True)),
    ),
    Mistake(
        "gallery-squared",
        "You divided the gallery by its squared lengths (or by its lengths twice).",
        _by(_length, lambda g: _length(g) ** 2),
    ),
    Mistake(
        "queries-squared",
        "You divided the queries by their squared lengths (or by their lengths twice).",
        _by(lambda q: _length(q) ** 2, _length),
    ),
    Mistake("root-twice", "You took the square root twice: `norm` is the length already.", _by(lambda x: np.sqrt(_length(x)))),
    Mistake(
        "sum-of-lengths",
        "You divided by the sum of the two lengths. It is their product.",
        lambda q, g: q @ g.T / (_length(q) + _length(g).T),
    ),
    Mistake("shifted", "You mapped the cosine to 0 … 1. Leave it between −1 and 1.", lambda q, g: (1 + cosine_similarity(q, g)) / 2),
    Mistake("squared", "You squared the cosine: the sign is lost.", lambda q, g: cosine_similarity(q, g) ** 2),
    Mistake(
        "degrees",
        "This is the angle in degrees. We want its cosine: leave out the arccos.",
        lambda q, g: np.degrees(np.arccos(np.clip(cosine_similarity(q, g), -1, 1))),
    ),
    Mistake(
        "euclidean-squared",
        "This is a squared Euclidean distance. We want the cosine, which is large for similar vectors.",
        lambda q, g: ((q[:, None] - g[None]) ** 2).sum(-1),
    ),
    Mistake(
        "euclidean-of-unit",
        "This is the distance between vectors of length 1. We want their dot product.",
        lambda q, g: np.linalg.norm(unit(q)[:, None] - unit(g)[None], axis=-1),
    ),
    Mistake(
        "softmax-over-queries",
        "You applied a softmax: the columns sum to 1. We want the cosines themselves.",
        lambda q, g: softmax(cosine_similarity(q, g), 0),
    ),
    Mistake(
        "ranks",
        "These are positions in a ranking. We want the cosines themselves, in the gallery's order.",
        lambda q, g: np.argsort(-cosine_similarity(q, g), axis=1),
    ),
    Mistake(
        "ranks-ascending",
        "These are positions in a ranking. We want the cosines themselves, in the gallery's order.",
        lambda q, g: np.argsort(cosine_similarity(q, g), axis=1),
    ),
    Mistake("zero-vector", "Almost: a vector of zeros has length 0, and 0 / 0 is NaN. Its cosine with anything should be 0.", cosines),
]


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for ordinary vectors, half for vectors of zeros."""
    return judge_values(
        cases,
        answers,
        cosine_similarity,
        MISTAKES,
        returns="a table with one row a query and one column a picture, shape (Q, G)",
        patterns=[_too_much_zeroed, _one_number_for_all, _guard_too_large],
        parts=[
            ("", 0.5, "The values differ. Check a pair by hand: dot product, divided by both lengths."),
            ("blank", 0.5, "Right without vectors of zeros, wrong with one."),
        ],
    )


EXERCISES = (Exercise("00.1", "cosine_similarity", 4, cosine_similarity, cases, judge),)
