"""Naming without training for it, each name in several prompts."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.arrays import cosines, same, softmax, unit
from course_utils.exercises.core import Case, Exercise, Mistake, Picture, Verdict
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


def _classes(fn, last=unit):
    """A mistake in how a class's prompts become one vector: ``fn(prompts float[K, E, D]) → float[K, D]``."""
    return lambda image, prompts: unit(image) @ last(fn(prompts)).T


reference = _classes(lambda p: unit(p).mean(1))


def _each_prompt(image, prompts):
    """Cosines with every prompt: float[B, K, E]."""
    return np.einsum("bd,ked->bke", unit(image), unit(prompts))


def _of_each(fn):
    return lambda image, prompts: fn(_each_prompt(image, prompts))


def _distance(image, prompts):
    return np.linalg.norm(unit(image)[:, None] - unit(unit(prompts).mean(1))[None], axis=-1)


MISTAKES = [
    Mistake(
        "image-not-normalised",
        "The pictures are not divided by their lengths: a cosine is at most 1.",
        lambda i, p: i @ unit(unit(p).mean(1)).T,
    ),
    Mistake(
        "prompts-not-normalised",
        "You average the prompts of a class with lengths of their own, so that a long one outweighs the others. Give each length 1 first.",
        _classes(lambda p: p.mean(1)),
    ),
    Mistake(
        "prompts-not-normalised-summed",
        "You add the prompts up as they come, so that a long one outweighs the others. Give each length 1 first.",
        _classes(lambda p: p.sum(1)),
    ),
    Mistake(
        "class-not-normalised",
        "The mean of unit vectors is shorter than 1, most of all where prompts disagree: divide it by its length again.",
        _classes(lambda p: unit(p).mean(1), same),
    ),
    Mistake(
        "nothing-normalised",
        "These are dot products of raw vectors. Divide pictures, prompts, and the mean of the prompts by their lengths.",
        lambda i, p: i @ p.mean(1).T,
    ),
    Mistake(
        "prompts-raw-mean-raw",
        "Neither the prompts nor their mean have length 1. Divide before the mean, and after it.",
        _classes(lambda p: p.mean(1), same),
    ),
    Mistake(
        "image-raw-class-raw",
        "Only the prompts have length 1. Divide the pictures by their lengths as well, and the mean of the prompts.",
        lambda i, p: i @ unit(p).mean(1).T,
    ),
    Mistake(
        "sum-not-normalised",
        "You add the prompts up and leave the sum as it is: divide it by its length.",
        _classes(lambda p: unit(p).sum(1), same),
    ),
    Mistake(
        "best-prompt", "You keep the best prompt of each class. An ensemble averages the prompts' vectors.", _of_each(lambda c: c.max(2))
    ),
    Mistake(
        "worst-prompt", "You keep the worst prompt of each class. An ensemble averages the prompts' vectors.", _of_each(lambda c: c.min(2))
    ),
    Mistake("first-prompt", "You use the first prompt only. Average all prompts of a class.", _classes(lambda p: p[:, 0])),
    Mistake("last-prompt", "You use the last prompt only. Average all prompts of a class.", _classes(lambda p: p[:, -1])),
    Mistake("median", "You take the median of the prompts. Take their mean.", _classes(lambda p: np.median(unit(p), 1))),
    Mistake("softmax", "You applied a softmax: the rows sum to 1. Return the cosines.", lambda i, p: softmax(reference(i, p))),
    Mistake(
        "softmax-over-pictures",
        "You applied a softmax: the columns sum to 1. Return the cosines.",
        lambda i, p: softmax(reference(i, p), 0),
    ),
    Mistake("distance", "This is 1 − cosine. Return the cosines: the best class has the highest.", lambda i, p: 1 - reference(i, p)),
    Mistake("euclidean", "These are distances. Return the cosines.", _distance),
    Mistake("minus-euclidean", "These are minus the distances. Return the cosines.", lambda i, p: -_distance(i, p)),
    Mistake("angles", "These are angles. Return their cosines: no `arccos`.", lambda i, p: np.arccos(np.clip(reference(i, p), -1, 1))),
    Mistake(
        "absolute",
        "You take the cosines without their signs. Keep them: opposite directions are the worst.",
        lambda i, p: np.abs(reference(i, p)),
    ),
    Mistake(
        "class-by-squared-length",
        "You divide the mean of the prompts by the *square* of its length. Take the root.",
        _classes(lambda p: unit(p).mean(1), lambda x: x / (x**2).sum(-1, keepdims=True)),
    ),
    Mistake(
        "normalised-over-classes",
        "You took lengths over the classes (axis 0). Each vector lies along the last axis.",
        _classes(lambda p: unit(unit(p, 0).mean(1))),
    ),
    Mistake(
        "normalised-over-prompts",
        "You took lengths over the prompts (axis 1). Each vector lies along the last axis.",
        _classes(lambda p: unit(unit(p, 1).mean(1))),
    ),
    Mistake(
        "one-length-for-all",
        "You divided by one length for the whole table. Each vector has its own: `axis=-1, keepdims=True`.",
        lambda i, p: (i / np.linalg.norm(i)) @ unit(unit(p).mean(1)).T,
    ),
    Mistake(
        "transposed", "Your table lies on its side: one row a picture, one column a class, shape (B, K).", lambda i, p: reference(i, p).T
    ),
    Mistake("each-prompt", "These are cosines with every prompt. Average the prompts of a class first: shape (B, K).", _each_prompt),
    Mistake(
        "choices",
        "These are the chosen classes. Return the cosines with all of them: shape (B, K).",
        lambda i, p: reference(i, p).argmax(1),
    ),
    Mistake(
        "one-hot",
        "These mark the chosen classes. Return the cosines with all of them.",
        lambda i, p: (reference(i, p) == reference(i, p).max(1, keepdims=True)).astype(float),
    ),
    Mistake(
        "averaged-over-classes",
        "You average over the classes (axis 0). The prompts of a class lie along axis 1.",
        lambda i, p: unit(i) @ unit(unit(p).mean(0)).T,
    ),
    Mistake(
        "pictures-with-pictures", "You compare the pictures with each other. Compare them with the classes.", lambda i, p: cosines(i, i)
    ),
]


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("map", expected, got, "picture", "class")


def _mean_of_cosines(case, expected, got):
    """The mean of the prompts' cosines is the cosine of the mean, up to one factor for each class."""
    if np.abs(got - _of_each(lambda c: c.mean(2))(*case.args)).max() < 1e-4:
        return (
            "You average the cosines of the prompts, which is the cosine with their mean but for that mean's length: a class "
            "whose prompts disagree gets too little. Divide the mean by its length."
        ), "mean-of-cosines"


def judge(cases: list[Case], answers: list) -> Verdict:
    """One cosine for every picture and class."""
    return judge_values(
        cases,
        answers,
        reference,
        MISTAKES,
        returns="one row a picture, one column a class, shape (B, K)",
        patterns=[_mean_of_cosines],
        picture=_picture,
        parts=[("", 1.0, "The cosines differ. Take one class by hand: each prompt to length 1, their mean, to length 1 again.")],
    )


EXERCISE = Exercise("03.4", "zero_shot", 4, retrieval.zero_shot, cases, judge)
