"""Naming pictures with words that nobody trained a classifier for, and label sets that the text tower can, and cannot, know."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import numpy as np

from course_utils.experiments.dual_encoder import dataset, trainer
from course_utils.models import dual_encoder as dual
from course_utils.models.dual_encoder import words
from course_utils.models.dual_encoder.words import TEMPLATES
from course_utils.world import emoji

# Words that stand among the keywords of training texts.
KEYWORDS = ("animal", "food", "face", "plant", "tool", "clothing", "building", "vehicle", "sport", "music")
GERMAN = ("Tier", "Essen", "Gesicht", "Pflanze", "Werkzeug", "Kleidung", "Gebäude", "Fahrzeug", "Sportart", "Musik")
# What the official list calls its groups: a librarian's words. No text of a concept says which group it is in.
GROUPS = {
    "smileys-emotion": "smileys and emotion",
    "people-body": "people and body",
    "animals-nature": "animals and nature",
    "food-drink": "food and drink",
    "travel-places": "travel and places",
    "activities": "activities",
    "objects": "objects",
    "symbols": "symbols",
}


@dataclasses.dataclass(frozen=True, eq=False)
class Labels:
    """Names of K classes, and the pictures to name: ``rows`` int[n] of concepts, ``right`` int[n] in 0..K-1."""

    classes: tuple[str, ...]
    rows: np.ndarray
    right: np.ndarray

    @property
    def commonest(self) -> float:
        """What naming everything after the commonest class would get."""
        return float(np.bincount(self.right).max() / len(self.right))


@functools.cache
def label_sets() -> dict[str, Labels]:
    """ "keywords", the same "in German", and "groups": over all concepts, taught and new, that one class alone fits."""
    known = emoji.load()
    fits = np.array([[word in known.keywords["en"][k] for word in KEYWORDS] for k in range(len(known))])
    rows = np.flatnonzero(fits.sum(1) == 1)
    grouped = np.array([list(GROUPS).index(g) if g in GROUPS else -1 for g in known.groups])[known.group]
    in_group = np.flatnonzero(grouped >= 0)
    return {
        "keywords": Labels(KEYWORDS, rows, fits[rows].argmax(1)),
        "in German": Labels(GERMAN, rows, fits[rows].argmax(1)),
        "groups": Labels(tuple(GROUPS.values()), in_group, grouped[in_group]),
    }


def prompts(model: dual.DualEncoder, classes: tuple[str, ...], templates: tuple[str, ...] = TEMPLATES) -> np.ndarray:
    """Every class in every template, as the text tower writes it, of any length: float32[K, E, D]."""
    texts = [template.format(name) for name in classes for template in templates]
    return trainer.text_vectors(model, texts).reshape(len(classes), len(templates), -1)


def accuracy(
    model: dual.DualEncoder,
    labels: Labels,
    style: str,
    function: Callable,
    *,
    templates: tuple[str, ...] = TEMPLATES,
    new: bool | None = None,
) -> float:
    """The share of a style's test pictures that get the right class; where all score alike, a guess.

    ``function(image, prompts)`` → cosines float[B, K]. ``new``: only new concepts, or only taught ones; None for all.
    """
    has = emoji.load().has(style)[labels.rows]
    if new is not None:
        has &= emoji.load().test_concepts[labels.rows] == new
    rows, right = labels.rows[has], labels.right[has]
    image = trainer.image_vectors(model, dataset.test_pictures(style, rows))
    cosines = np.nan_to_num(np.asarray(function(image, prompts(model, labels.classes, templates))))  # a text without a known word
    best = cosines >= cosines.max(1, keepdims=True) - 1e-6
    return float((best[np.arange(len(right)), right] / best.sum(1)).mean())


def unknown_classes(classes: tuple[str, ...]) -> int:
    """How many classes have no word that any training text held."""
    return sum(len(words.vocabulary().unknown(name)) == len(words.vocabulary().split(name)) for name in classes)
