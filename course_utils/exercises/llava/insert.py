"""Patches, projected, in their places among the words."""

import functools
import math

import numpy as np

from course_utils.exercises.arrays import normal, parameters
from course_utils.exercises.comparison import agrees
from course_utils.exercises.core import Case, Exercise, Picture
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.models.llava import projector

_erf = np.vectorize(math.erf, otypes=[float])


def cases(seed: int) -> list[Case]:
    """Pictures at the front, inside and at the end of texts; then (part "order") patches in another order than they were given, as where
    a text shows its second picture first, and a text without any."""
    rng = np.random.default_rng([seed, 701])
    found = []
    for rows, patches, d, words, width in [(3, 4, 5, 9, 6), (4, 6, 3, 11, 4), (3, 4, 5, 9, 6)]:
        params = parameters(rng, {"W_1": (d, width), "b_1": (width,), "W_2": (width, width), "b_2": (width,)}, spread=2.0, vectors=0.7)
        patch = np.full((rows, words), -1, np.int32)
        for row, start in zip(patch, (2, 0, words - patches, 1)):
            row[start : start + patches] = np.arange(patches)
        part = "order" if len(found) == 2 else ""
        if part:
            patch[:, ::-1][patch >= 0] = patch[patch >= 0]
            patch = np.where(patch < 0, -1, (patch + 2) % patches).astype(np.int32)
            patch[1] = -1
        args = (params, normal(rng, rows, patches, d), normal(rng, rows, words, width), patch)
        says = f"B = {rows}, M = {patches} patches, T = {words} places, D = {d}, W = {width}"
        found.append(Case(args, says + (", patches in another order" if part else ""), part=part))
    return found


def gelu(x):
    return x * (1 + _erf(x / math.sqrt(2))) / 2


def tanh_gelu(x):
    return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2


def insert(params, features, words, patch):
    """float[B, M, D], float[B, T, W], int[B, T] → float[B, T, W]."""
    hidden = gelu(features @ params["W_1"] + params["b_1"])
    there = hidden @ params["W_2"] + params["b_2"]
    there = np.take_along_axis(there, np.maximum(patch, 0)[..., None], 1)
    return np.where(patch[..., None] >= 0, there, words)


_GELU, _SECOND, _PATCH = '(features @ params["W_1"] + params["b_1"])', 'hidden @ params["W_2"] + params["b_2"]', "np.maximum(patch, 0)"
_WHERE = "np.where(patch[..., None] >= 0, there, words)"
_INVERTED = "Words stand where patches belong, and the other way round."
MISTAKES = edits(
    insert,
    ("tanh-gelu", "This is JAX's default GELU, an approximation. Take `approximate=False`.", "gelu(", "tanh_gelu("),
    ("no-gelu", "The GELU between the two layers is missing: without it, two linear maps are one.", "gelu(", "("),
    (
        "other-activation",
        "Between the layers stands another activation. It is a GELU, in its exact form.",
        "gelu(",
        ("np.tanh(", "sigmoid(", "(lambda x: x * sigmoid(x))(", "np.maximum(0, "),
    ),
    ("two-gelus", "A GELU stands behind the second layer too. There is one, between the two.", _SECOND, f"gelu({_SECOND})"),
    ("gelu-last", "The GELU stands behind the second layer. It stands between the two.", "gelu(", "(", _SECOND, f"gelu({_SECOND})"),
    ("bias-outside", "b_1 is added behind the GELU. It belongs inside.", _GELU, '(features @ params["W_1"]) + params["b_1"]'),
    ("one-layer", "The second layer, W_2 and b_2, is missing.", _SECOND, "hidden"),
    ("skipped", "The first layer's result is added to the second's. Nothing is here.", _SECOND, f"hidden + {_SECOND}"),
    ("transposed-W_2", "W_2 is turned round (`.T`): x @ W_2.", 'params["W_2"]', 'params["W_2"].T'),
    ("no-biases", "Both biases are missing.", ' + params["b_1"]', "", ' + params["b_2"]', ""),
    (
        "wraps-round",
        "Where a word belongs stands the last patch: −1 counts from the end. Where `patch` is −1, keep the word.",
        _PATCH,
        "(patch % features.shape[1])",
        _WHERE,
        "there",
    ),
    ("first-patch-everywhere", "Where a word belongs stands patch 0. Where `patch` is −1, keep the word.", _WHERE, "there"),
    ("patch-0-is-a-word", "Patch 0 is taken for a word: a place is a word where `patch` is −1, so patches are ≥ 0.", ">= 0", "> 0"),
    ("inverted", _INVERTED, ">= 0", "< 0"),
    ("inverted", _INVERTED, ">= 0", "< 0", _PATCH, "(patch % features.shape[1])"),
    ("added", "You add the patches to the words. They stand in their place.", _WHERE, "words + np.where(patch[..., None] >= 0, there, 0)"),
    ("words-lost", "Where no patch stands is 0. There stands the word, as it came.", _WHERE, "np.where(patch[..., None] >= 0, there, 0)"),
    (
        "patches-are-0",
        "Where a patch belongs stands 0. There stands the patch, projected.",
        _WHERE,
        "np.where(patch[..., None] >= 0, 0, words)",
    ),
    (
        "features-are-0",
        "All patches are alike, as if `features` were 0: what is projected is what the tower says of each.",
        "features @",
        "0 * features @",
    ),
    ("no-patches", "No patch stands anywhere: your answer is the words as they came.", _WHERE, "words"),
    (
        "words-projected",
        "The words go through W_2 as well. Leave them as they came.",
        _WHERE,
        'np.where(patch[..., None] >= 0, there, words @ params["W_2"] + params["b_2"])',
    ),
    ("counts-from-1", "You take the patch before: patches count from 0.", _PATCH, "((patch - 1) % features.shape[1])"),
    (
        "places-for-patches",
        "Each place takes the patch with the number of the *place*. Its patch stands in `patch`.",
        _PATCH,
        "np.minimum(np.arange(patch.shape[1]) + 0 * patch, features.shape[1] - 1)",
    ),
    ("backwards", "The patches stand in the other order: patch 0 is the first.", _PATCH, "(features.shape[1] - 1 - np.maximum(patch, 0))"),
    ("first-patch-only", "Patch 0 stands in every place of the picture. Each place has its own: `patch`.", _PATCH, "0 * patch"),
    (
        "averaged-patches",
        "All places of a picture hold the mean of its patches. Each holds the patch that `patch` says.",
        "there = np.take",
        "there = 0 * there + there.mean(1, keepdims=True)\n    there = np.take",
    ),
    (
        "first-picture",
        "All texts show the first text's picture. Each row has its own: index rows *and* patches.",
        "np.take_along_axis(there,",
        "np.take_along_axis(0 * there + there[:1],",
    ),
    (
        "counted",
        "You put the patches in one after the other. Which one stands in a place, `patch` says: a text may show them in any order.",
        _PATCH,
        "((np.cumsum(patch >= 0, 1) - 1) % features.shape[1])",
    ),
)


def _other_patches(case, expected, got):
    params, features, words, patch = case.args
    count = features.shape[1]
    table = insert(params, features, np.zeros((*features.shape[:2], words.shape[2])), np.tile(np.arange(count), (len(features), 1)))
    away = np.abs(got[:, :, None] - table[:, None]).max(-1)
    stands = np.where(patch < 0, -1, away.argmin(2))
    if (away.min(2)[patch >= 0] < TOLERANCE * np.abs(expected).max()).all() and (stands != patch).any():
        b, t = np.argwhere(stands != patch)[0]
        says = f"in place {t} of text {b} stands patch {stands[b, t]}; `patch` says {patch[b, t]}."
        return f"The patches are projected as they should be, and stand in wrong places: {says}", "other-patches"


def _words_alone(case, expected, got):
    patch = case.args[3]
    if agrees(expected[patch < 0], got[patch < 0]):
        return "The words are right, the patches are not: a layer, an exact GELU, a layer; then each in its place.", "patches"
    if agrees(expected[patch >= 0], got[patch >= 0], TOLERANCE):
        return "The patches are right, the words are not: where `patch` is −1 they stay as they came.", "words"


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("map", expected[0], got[0], "place (first text)", "number of its vector")


TOLERANCE = 2e-5  # the tanh approximation is nearer than 1e-4
judge = functools.partial(
    judge_values,
    reference=insert,
    mistakes=MISTAKES,
    returns="words with patches in their places, shape (B, T, W)",
    patterns=[_other_patches, _words_alone],
    parts=[
        ("", 0.7, "The vectors differ. Take one place by hand: is `patch` −1 there, or which patch of its own row?"),
        ("order", 0.3, "Right where patches stand in their order, wrong where they do not: `patch` says which one stands in a place."),
    ],
    picture=_picture,
    tolerance=TOLERANCE,
)
EXERCISE = Exercise("07.1", "insert", 3, projector.insert, cases, judge, compiled=True)
