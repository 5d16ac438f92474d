"""Naming without training for it, each name in several prompts."""

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
    for pictures, classes, ensemble, width in [(2, 3, 4, 5), (5, 4, 3, 7), (4, 11, 1, 6)]:
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


MISTAKES = edits(
    zero_shot,
    ("image-not-normalised", "The pictures are not divided by their lengths: a cosine is at most 1.", "unit(image)", "image"),
    (
        "prompts-not-normalised",
        "You average prompts with lengths of their own, so that a long one outweighs the others. Give each length 1 first.",
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
        "unit(p",
        "(p",
        "unit(c",
        "(c",
    ),
    (
        "image-raw-class-raw",
        "Only the prompts have length 1. Divide the pictures and the mean of the prompts as well.",
        "unit(i",
        "(i",
        "unit(c",
        "(c",
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
        "return np.einsum('bd,ked->bke', unit(image), unit(prompts)).max(2)",
    ),
    ("one-prompt", "You use one prompt only. Average all prompts of a class.", ".mean(1)", ("[:, 0]", "[:, -1]")),
    ("softmax", "You applied a softmax. Return the cosines.", ("return softmax(table)", "return softmax(table, 0)")),
    (
        "distance",
        "These are distances. Return the cosines: the best class has the highest.",
        ("return 1 - table", "return np.sqrt(2 - 2 * table)", "return -np.sqrt(2 - 2 * table)"),
    ),
    ("angles", "These are angles. Return their cosines: no `arccos`.", "return np.arccos(np.clip(table, -1, 1))"),
    ("absolute", "You take the cosines without their signs. Keep them: opposite directions are the worst.", "return np.abs(table)"),
    (
        "wrong-axis",
        "You took lengths over the classes or the prompts. Each vector lies along the last axis.",
        "unit(prompts)",
        ("unit(prompts, 0)", "unit(prompts, 1)"),
    ),
    (
        "one-length-for-all",
        "You divided by one length for all pictures. Each has its own: `axis=-1, keepdims=True`.",
        "unit(image)",
        "image / np.linalg.norm(image)",
    ),
    (
        "each-prompt",
        "These are cosines with every prompt. Average the prompts of a class first: shape (B, K).",
        "return np.einsum('bd,ked->bke', unit(image), unit(prompts))",
    ),
    ("choices", "These are the chosen classes. Return the cosines with all of them: shape (B, K).", "return table.argmax(1)"),
    ("averaged-over-classes", "You average over the classes (axis 0). The prompts of a class lie along axis 1.", "mean(1)", "mean(0)"),
    at="return table",
)

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
        picture=lambda expected, got: Picture("map", expected, got, "picture", "class"),
        parts=[("", 1.0, "The cosines differ. Take one class by hand: each prompt to length 1, their mean, to length 1 again.")],
    ),
)
