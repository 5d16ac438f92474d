"""Coordinates as whole numbers, and back: the conventions of published models, and how far off each may be.

Boxes are fractions of a picture's height and width here, (ymin, xmin, ymax, xmax).
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np

from course_utils.errors import known

FORMS = ("steps", "cells", "corners")
ORDERS = ("yxyx", "xyxy")


def normalise(boxes: np.ndarray, height: float, width: float) -> np.ndarray:
    """Boxes in px, float[..., 4], as fractions of the picture's sides: y of its ``height``, x of its ``width``."""
    return np.asarray(boxes, float) / [height, width, height, width]


def to_pixels(boxes: np.ndarray, height: float, width: float) -> np.ndarray:
    """The inverse of :func:`normalise`."""
    return np.asarray(boxes, float) * [height, width, height, width]


@dataclasses.dataclass(frozen=True)
class Code:
    """A convention for boxes as whole numbers from 0 to ``bins`` - 1.

    Attributes
    ----------
    bins : how many numbers there are; along each side, for ``"corners"``.
    form : ``"steps"``: round to the nearest of ``bins`` - 1 steps, half to even, and back to it (Chen et al., 2022).
        ``"cells"``: the cell of ``bins`` that a coordinate lies in, and back to its middle.
        ``"corners"``: two numbers a box, the cells of its upper left and its lower right corner on a grid, row by row (Peng et al.,
        2023); back to the cells' middles, or to their outer edges where both lie in one row or one column.
    order : of the numbers, ``"yxyx"`` or ``"xyxy"``; corners have none.

    Raises
    ------
    ValueError
        If the form or the order is unknown, or there are fewer than two bins.
    """

    bins: int
    form: str = "steps"
    order: str = "yxyx"

    def __post_init__(self) -> None:
        known("form of a code", self.form, FORMS)
        known("order of coordinates", self.order, ORDERS)
        if self.bins < 2:
            raise ValueError(f"{self.bins} bins tell no two places apart; take 2 or more.")

    def numbers(self, coordinates: np.ndarray) -> np.ndarray:
        """Coordinates one by one, fractions float[...] → int64[...]; not for corners. What lies outside of the picture is moved to
        its edge."""
        last = self.bins - 1
        scaled = np.asarray(coordinates, float)
        whole = np.rint(scaled * last) if self.form == "steps" else np.floor(scaled * self.bins)
        return whole.clip(0, last).astype(int)

    def coordinates(self, numbers: np.ndarray) -> np.ndarray:
        """Back from :meth:`numbers`, float64[...]."""
        return np.asarray(numbers) / (self.bins - 1) if self.form == "steps" else (np.asarray(numbers) + 0.5) / self.bins

    def encode(self, boxes: np.ndarray) -> np.ndarray:
        """float[..., 4] → int64[..., 4], or int64[..., 2] corners. What lies outside of the picture is moved to its edge."""
        cells = self.numbers(boxes)
        if self.form != "corners":
            return self.ordered(cells)
        low, high = cells[..., :2], (np.ceil(np.asarray(boxes, float)[..., 2:] * self.bins) - 1).clip(0, self.bins - 1).astype(int)
        return np.stack([corner[..., 0] * self.bins + corner[..., 1] for corner in (low, np.maximum(low, high))], -1)

    def decode(self, numbers: np.ndarray) -> np.ndarray:
        """The boxes of :meth:`encode`, float64[..., 4]."""
        numbers = np.asarray(numbers)
        if self.form != "corners":
            return self.coordinates(self.ordered(numbers))
        low, high = (np.stack(np.divmod(numbers[..., k], self.bins), -1) for k in (0, 1))
        edge = 0.5 * (low != high).all(-1, keepdims=True)
        return np.concatenate([low + edge, high + 1 - edge], -1) / self.bins

    def bound(self) -> float:
        """How far off a coordinate may be, at most, after :meth:`encode` and :meth:`decode`, inside the picture."""
        return {"steps": 0.5 / (self.bins - 1), "cells": 0.5 / self.bins, "corners": 1 / self.bins}[self.form]

    def error(self, boxes: np.ndarray) -> tuple[float, float]:
        """How far off the coordinates of boxes, float[..., 4], are: averaged over boxes, and at most."""
        off = np.abs(self.decode(self.encode(boxes)) - boxes)
        return float(off.mean()), float(off.max())

    def ordered(self, numbers: np.ndarray) -> np.ndarray:
        """From (ymin, xmin, ymax, xmax) to the code's order, and back."""
        return numbers if self.order == "yxyx" else numbers[..., [1, 0, 3, 2]]


PIX2SEQ = Code(1000)
PALIGEMMA = Code(1024)
FLORENCE2 = Code(1000, "cells", "xyxy")  # transformers then cuts to a whole pixel
KOSMOS2 = Code(32, "corners")


def soft_labels(fractions: jax.Array, bins: int, sigma: float) -> jax.Array:
    """What is asked for in the place of one bin: a bell around each coordinate.

    Parameters
    ----------
    fractions : float[...], in the form ``"steps"``
    sigma : its width, in bins

    Returns
    -------
    float32[..., bins], which sum to 1, near the edges too. Raises ValueError if ``sigma`` is not above 0.
    """
    if not sigma > 0:
        raise ValueError(f"sigma is {sigma}; take the width of the bell in bins, above 0.")
    off = jnp.asarray(fractions, jnp.float32)[..., None] * (bins - 1) - jnp.arange(bins)
    return jax.nn.softmax(-(off**2) / (2 * sigma**2))
