"""Random parameters and inputs for the exercises on pooling and attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from course_utils.exercises.core import Case
from course_utils.models.fusion import pooling


def parameters(rng: np.random.Generator, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Matrices that keep about the spread of what they multiply, float32, and biases that are not 0."""
    return {
        name: (rng.normal(size=shape) * (0.6 if name.startswith("b") else 1.3 * shape[0] ** -0.5)).astype(np.float32)
        for name, shape in shapes.items()
    }


def normal(rng: np.random.Generator, *shape: int) -> np.ndarray:
    return rng.normal(size=shape).astype(np.float32)


def pooling_cases(name: str, number: int, sizes: list[tuple[int, ...]]) -> Callable[[int], list[Case]]:
    """Cases of a pooling: two batches, then (part "axes") a single pair, and pairs on two leading axes.

    ``sizes``: (D_v, D_h, D_out, width, rank) of these four, as far as the pooling has them.
    """

    def cases(seed: int) -> list[Case]:
        rng = np.random.default_rng([seed, number])
        drawn = []
        for axes, (d_v, d_h, *more) in zip([(3,), (7,), (), (3, 5)], sizes):
            params = parameters(rng, pooling.shapes(name, d_v, d_h, *more))
            v, h = normal(rng, *axes, d_v), normal(rng, *axes, d_h)
            says = f"v has shape {v.shape}, h {h.shape}"
            drawn.append(Case((params, v, h), says, part="" if len(axes) == 1 else "axes"))
        return drawn

    return cases


RETURNS = "a vector of length D_out for each pair of v and h, shape (…, D_out)"
AXES = (
    "axes",
    0.25,
    "Right for a batch [B], wrong for other leading axes (none, or two): count axes from the end (−1, −2), and give einsum its `...`.",
)


def flattened(fn: Callable) -> Callable:
    """The mistake of a pooling ``fn`` that makes one list of all pairs and leaves it at that."""
    return lambda params, v, h: fn(params, v.reshape(-1, v.shape[-1]), h.reshape(-1, h.shape[-1]))


def averaged(fn: Callable) -> Callable:
    """The mistake of a pooling ``fn`` that averages over all pairs."""

    def mean(params, v, h):
        z = fn(params, v, h)
        return z.reshape(-1, z.shape[-1]).mean(0)

    return mean


FLATTENED = "Right for a batch [B]; other leading axes are flattened, and stay so: at the end, reshape to `(*v.shape[:-1], -1)`."
AVERAGED = "You average over the pairs of v and h. Each pair keeps a vector of its own: shape (…, D_out)."
