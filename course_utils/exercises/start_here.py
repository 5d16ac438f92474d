"""The practice exercise of notebook 00: cosine similarity between queries and a gallery."""

import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values


def cosine_similarity(queries: np.ndarray, gallery: np.ndarray) -> np.ndarray:
    """The cosine of the angle between every query and every gallery vector; 0 where a vector has length 0.

    ``queries`` float[Q, d], ``gallery`` float[G, d] → float[Q, G] in [-1, 1].
    """

    a, b = _direction(queries), _direction(gallery)
    table = a @ b.T
    return table


def _direction(x):
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / np.where(length == 0, 1, length)


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


def _squared(x):
    return x / (x**2).sum(1, keepdims=True)


_BOTH, _EACH = "_direction(queries), _direction(gallery)", "_direction("
MISTAKES = edits(
    cosine_similarity,
    (
        "not-normalised",
        "This is the plain dot product: a long vector wins whatever its direction. Divide by both lengths.",
        "_direction",
        "",
    ),
    (
        "wrong-axis",
        "You took lengths down the columns (axis 0). Each row is a vector: take them along the last axis.",
        _BOTH,
        ("unit(queries, 0), unit(gallery, 0)", "unit(queries, 0), _direction(gallery)", "_direction(queries), unit(gallery, 0)"),
    ),
    (
        "one-length-for-all",
        "You divided by one length for the whole table. Did you forget `axis=` (and `keepdims=True`) in the norm?",
        _EACH,
        "(lambda x: x / np.linalg.norm(x))(",
    ),
    ("gallery-not-normalised", "The queries have length 1, the gallery does not: divide it by its lengths too.", "_direction(g", "(g"),
    ("queries-not-normalised", "The gallery has length 1, the queries do not: divide them by their lengths too.", "_direction(q", "(q"),
    (
        "squared-lengths",
        "You divided by a squared length, or by a length twice. Divide by each length once.",
        _BOTH,
        ("_squared(queries), _squared(gallery)", "_squared(queries), _direction(gallery)", "_direction(queries), _squared(gallery)"),
    ),
    (
        "no-length",
        "You divided by something else (a sum, the largest entry, a deviation?). A length is the root of the sum of squares.",
        _EACH,
        (
            "(lambda x: x / np.abs(x).sum(1, keepdims=True))(",
            "(lambda x: x / x.sum(1, keepdims=True))(",
            "(lambda x: x / np.abs(x).max(1, keepdims=True))(",
            "(lambda x: x / x.std(1, keepdims=True))(",
        ),
    ),
    (
        "distance",
        "This is a distance: small for similar vectors. We want the cosine itself, 1 for equal directions.",
        (
            "return 1 - table",
            "return np.linalg.norm(queries[:, None] - gallery, axis=-1)",
            "return ((queries[:, None] - gallery) ** 2).sum(-1)",
            "return np.linalg.norm(a[:, None] - b, axis=-1)",
        ),
    ),
    (
        "absolute",
        "You lost the sign (an absolute value, a square?): opposite directions have cosine −1, not 1.",
        ("return np.abs(table)", "return table**2"),
    ),
    ("shifted", "You mapped the cosine to 0 … 1. Leave it between −1 and 1.", "return (1 + table) / 2"),
    (
        "angle",
        "This is the angle. We want its cosine: leave out the arccos.",
        ("return np.arccos(np.clip(table, -1, 1))", "return np.degrees(np.arccos(np.clip(table, -1, 1)))"),
    ),
    (
        "centred",
        "You subtracted each vector's mean first; that is a correlation. Leave the vectors where they are.",
        _EACH,
        "(lambda x: _direction(x - x.mean(1, keepdims=True)))(",
    ),
    ("softmax", "You applied a softmax. We want the cosines themselves.", ("return softmax(table)", "return softmax(table, 0)")),
    (
        "paired",
        "You compared query i with picture i only. Compare every query with every picture: shape (Q, G).",
        "return table.diagonal()",
    ),
    (
        "ranks",
        "These are places in a ranking. We want the cosines, in the gallery's order.",
        ("return np.argsort(-table, 1)", "return np.argsort(table, 1)"),
    ),
    (
        "zero-vector",
        "Almost: a vector of zeros has length 0, and 0 / 0 is NaN. Its cosine with anything should be 0.",
        "_direction",
        "unit",
    ),
    at="return table",
)

EXERCISES = (
    Exercise(
        "00.1",
        "cosine_similarity",
        4,
        cosine_similarity,
        cases,
        functools.partial(
            judge_values,
            reference=cosine_similarity,
            mistakes=MISTAKES,
            returns="a table with one row a query and one column a picture, shape (Q, G)",
            patterns=[_too_much_zeroed, _one_number_for_all, _guard_too_large],
            parts=[
                ("", 0.5, "The values differ. Check a pair by hand: dot product, divided by both lengths."),
                ("blank", 0.5, "Right without vectors of zeros, wrong with one."),
            ],
        ),
    ),
)
