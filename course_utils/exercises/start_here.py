"""The practice exercise of notebook 00: cosine similarity between queries and a gallery."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.judging import Mistake, judge_values


def cosine_similarity(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """The cosine of the angle between every query and every gallery vector; 0 where a vector has length 0.

    ``queries`` float[Q, d], ``gallery`` float[G, d] → float[Q, G] in [-1, 1].
    """

    def unit(x):
        length = np.linalg.norm(x, axis=-1, keepdims=True)
        return x / np.where(length == 0, 1, length)

    return unit(queries) @ unit(gallery).T


def cases(seed: int) -> list[Case]:
    """Random vectors of odd sizes, then the same with an all-zero vector on either side."""
    rng = np.random.default_rng([seed, 1])

    def draw(q, g, d):
        # lengths differ a lot from vector to vector, as those of real features do
        return [(rng.normal(size=(n, d)) * rng.uniform(0.2, 5, size=(n, 1))).astype(np.float32) for n in (q, g)]

    ordinary = [draw(2, 3, 2), draw(5, 3, 7), draw(1, 7, 5), draw(7, 11, 13)]
    blank_query, blank_picture = draw(2, 3, 3), draw(3, 5, 2)
    blank_query[0][1] = 0
    blank_picture[1][3] = 0
    return [
        *(Case(tuple(a), f"{len(a[0])} queries, {len(a[1])} pictures") for a in ordinary),
        Case(tuple(blank_query), "the second query is all zeros", part="blank"),
        Case(tuple(blank_picture), "the fourth picture is all zeros", part="blank"),
    ]


def _over_wrong_axis(q, g):
    return (q / np.linalg.norm(q, axis=0)) @ (g / np.linalg.norm(g, axis=0)).T


def _with_squared_lengths(q, g):
    return (q / (q**2).sum(1, keepdims=True)) @ (g / (g**2).sum(1, keepdims=True)).T


def _with_sum_of_absolutes(q, g):
    return (q / np.abs(q).sum(1, keepdims=True)) @ (g / np.abs(g).sum(1, keepdims=True)).T


def _centred(q, g):
    return cosine_similarity(q - q.mean(1, keepdims=True), g - g.mean(1, keepdims=True))


def _plain_cosine(q, g):
    return (q / np.linalg.norm(q, axis=1, keepdims=True)) @ (g / np.linalg.norm(g, axis=1, keepdims=True)).T


def _softmax(q, g):
    e = np.exp(cosine_similarity(q, g))
    return e / e.sum(1, keepdims=True)


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
        _over_wrong_axis,
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
    Mistake(
        "squared-lengths",
        "You divided by the squared length: the square root is missing.",
        _with_squared_lengths,
    ),
    Mistake(
        "sum-of-absolutes",
        "You divided by the sum of absolute values. A length is the root of the sum of squares.",
        _with_sum_of_absolutes,
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
    Mistake("angle", "This is the angle. We want its cosine: leave out the arccos.", lambda q, g: np.arccos(np.clip(cosine_similarity(q, g), -1, 1))),
    Mistake("centred", "You subtracted each vector's mean first; that is a correlation. Leave the vectors where they are.", _centred),
    Mistake("softmax", "You applied a softmax: the rows sum to 1. We want the cosines themselves.", _softmax),
    Mistake(
        "paired",
        "You compared query i with picture i only. Compare every query with every picture: shape (Q, G).",
        lambda q, g: (cosine_similarity(q[: len(g)], g[: len(q)])).diagonal(),
    ),
    Mistake(
        "zero-vector",
        "Almost: a vector of zeros has length 0, and 0 / 0 is NaN. Its cosine with anything should be 0.",
        _plain_cosine,
    ),
]  # fmt: skip


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for ordinary vectors, half for vectors of zeros."""
    return judge_values(
        cases,
        answers,
        cosine_similarity,
        MISTAKES,
        returns="one row a query, one column a picture, shape (Q, G)",
        parts=[
            ("", 0.5, "The values differ. Check a pair by hand: dot product, divided by both lengths."),
            ("blank", 0.5, "Right for ordinary vectors, but a vector of zeros should have cosine 0 with everything."),
        ],
    )


EXERCISES = (Exercise("00.1", "cosine_similarity", 4, cosine_similarity, cases, judge),)
