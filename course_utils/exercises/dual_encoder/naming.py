"""Naming without training for it, each name in several prompts."""

from __future__ import annotations

import functools

import numpy as np

from course_utils.exercises.arrays import unit
from course_utils.exercises.core import Case, Exercise, Picture
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.metrics import retrieval


def cases(seed: int) -> list[Case]:
    """Prompts of very different lengths, some of which disagree; then classes with one prompt each."""
    rng = np.random.default_rng([seed, 304])
    drawn = []
    for pictures, classes, ensemble, width in [(2, 3, 4, 5), (5, 4, 3, 7), (7, 2, 5, 3), (4, 11, 1, 6)]:
        image = rng.normal(size=(pictures, width)) * rng.uniform(0.3, 4, (pictures, 1))
        centre = rng.normal(size=(classes, 1, width))
        prompts = (centre + 0.8 * rng.normal(size=(classes, ensemble, width))) * rng.uniform(0.2, 5, (classes, ensemble, 1))
        says = f"{pictures} pictures, K = {classes} classes with E = {ensemble} prompts"
        drawn.append(Case((image.astype(np.float32), prompts.astype(np.float32)), says))
    return drawn


def zero_shot(image, prompts):
    """The cosine of every picture and class: float[B, K]."""
    classes = unit(prompts).mean(1)
    table = unit(image) @ unit(classes).T
    return table


def _each_prompt(image, prompts):
    """Cosines with every prompt: float[B, K, E]."""
    return np.einsum("bd,ked->bke", unit(image), unit(prompts))


MISTAKES = edits(
    zero_shot,
    ("image-not-normalised", "The pictures are not divided by their lengths: a cosine is at most 1.", "unit(image)", "image"),
    (
        "prompts-not-normalised",
        "You average the prompts of a class with lengths of their own, so that a long one outweighs the others. Give each length 1 first.",
        "unit(prompts)",
        "prompts",
    ),
    (
        "class-not-normalised",
        "The mean of unit vectors is shorter than 1, most of all where prompts disagree: divide it by its length again.",
        "unit(classes)",
        "classes",
    ),
    (
        "nothing-normalised",
        "These are dot products of raw vectors. Divide pictures, prompts, and the mean of the prompts by their lengths.",
        "unit",
        "",
    ),
    (
        "prompts-raw-mean-raw",
        "Neither the prompts nor their mean have length 1. Divide before the mean, and after it.",
        "unit(prompts)",
        "prompts",
        "unit(classes)",
        "classes",
    ),
    (
        "image-raw-class-raw",
        "Only the prompts have length 1. Divide the pictures by their lengths as well, and the mean of the prompts.",
        "unit(image)",
        "image",
        "unit(classes)",
        "classes",
    ),
    (
        "sum-not-normalised",
        "You add the prompts up and leave the sum as it is: divide it by its length.",
        "mean",
        "sum",
        "unit(classes)",
        "classes",
    ),
    (
        "best-prompt",
        "You keep the best prompt of each class. An ensemble averages the prompts' vectors.",
        "return table",
        "return _each_prompt(image, prompts).max(2)",
    ),
    (
        "worst-prompt",
        "You keep the worst prompt of each class. An ensemble averages the prompts' vectors.",
        "return table",
        "return _each_prompt(image, prompts).min(2)",
    ),
    ("first-prompt", "You use the first prompt only. Average all prompts of a class.", ".mean(1)", "[:, 0]"),
    ("last-prompt", "You use the last prompt only. Average all prompts of a class.", ".mean(1)", "[:, -1]"),
    ("median", "You take the median of the prompts. Take their mean.", "unit(prompts).mean(1)", "np.median(unit(prompts), 1)"),
    ("softmax", "You applied a softmax: the rows sum to 1. Return the cosines.", "return table", "return softmax(table)"),
    (
        "softmax-over-pictures",
        "You applied a softmax: the columns sum to 1. Return the cosines.",
        "return table",
        "return softmax(table, 0)",
    ),
    ("distance", "This is 1 − cosine. Return the cosines: the best class has the highest.", "return table", "return 1 - table"),
    (
        "euclidean",
        "These are distances. Return the cosines.",
        "return table",
        "return np.linalg.norm(unit(image)[:, None] - unit(classes), axis=-1)",
    ),
    (
        "minus-euclidean",
        "These are minus the distances. Return the cosines.",
        "return table",
        "return -np.linalg.norm(unit(image)[:, None] - unit(classes), axis=-1)",
    ),
    ("angles", "These are angles. Return their cosines: no `arccos`.", "return table", "return np.arccos(np.clip(table, -1, 1))"),
    (
        "absolute",
        "You take the cosines without their signs. Keep them: opposite directions are the worst.",
        "return table",
        "return np.abs(table)",
    ),
    (
        "class-by-squared-length",
        "You divide the mean of the prompts by the *square* of its length. Take the root.",
        "unit(classes)",
        "(classes / (classes**2).sum(1, keepdims=True))",
    ),
    (
        "normalised-over-classes",
        "You took lengths over the classes (axis 0). Each vector lies along the last axis.",
        "unit(prompts)",
        "unit(prompts, 0)",
    ),
    (
        "normalised-over-prompts",
        "You took lengths over the prompts (axis 1). Each vector lies along the last axis.",
        "unit(prompts)",
        "unit(prompts, 1)",
    ),
    (
        "one-length-for-all",
        "You divided by one length for the whole table. Each vector has its own: `axis=-1, keepdims=True`.",
        "unit(image)",
        "(image / np.linalg.norm(image))",
    ),
    ("transposed", "Your table lies on its side: one row a picture, one column a class, shape (B, K).", "return table", "return table.T"),
    (
        "each-prompt",
        "These are cosines with every prompt. Average the prompts of a class first: shape (B, K).",
        "return table",
        "return _each_prompt(image, prompts)",
    ),
    (
        "choices",
        "These are the chosen classes. Return the cosines with all of them: shape (B, K).",
        "return table",
        "return table.argmax(1)",
    ),
    (
        "one-hot",
        "These mark the chosen classes. Return the cosines with all of them.",
        "return table",
        "return table == table.max(1, keepdims=True)",
    ),
    ("averaged-over-classes", "You average over the classes (axis 0). The prompts of a class lie along axis 1.", "mean(1)", "mean(0)"),
    (
        "pictures-with-pictures",
        "You compare the pictures with each other. Compare them with the classes.",
        "return table",
        "return cosines(image, image)",
    ),
)


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("map", expected, got, "picture", "class")


def _mean_of_cosines(case, expected, got):
    """The mean of the prompts' cosines is the cosine of the mean, up to one factor for each class."""
    if np.abs(got - _each_prompt(*case.args).mean(2)).max() < 1e-4:
        return (
            "You average the cosines of the prompts, which is the cosine with their mean but for that mean's length: a class "
            "whose prompts disagree gets too little. Divide the mean by its length."
        ), "mean-of-cosines"


EXERCISE = Exercise(
    "03.4",
    "zero_shot",
    4,
    retrieval.zero_shot,
    cases,
    functools.partial(
        judge_values,
        reference=zero_shot,
        mistakes=MISTAKES,
        returns="one row a picture, one column a class, shape (B, K)",
        patterns=[_mean_of_cosines],
        picture=_picture,
        parts=[("", 1.0, "The cosines differ. Take one class by hand: each prompt to length 1, their mean, to length 1 again.")],
    ),
)
