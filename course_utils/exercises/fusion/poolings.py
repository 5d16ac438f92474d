"""What the checks of all poolings share: their cases, and a mistake with the axes before the last."""

from collections.abc import Callable

import numpy as np

from course_utils.exercises.arrays import normal, parameters
from course_utils.exercises.core import Case, Mistake
from course_utils.models.fusion import pooling


def pooling_cases(name: str, number: int, sizes: list[tuple[int, ...]]) -> Callable[[int], list[Case]]:
    """Cases of a pooling: two batches, then (part "axes") a single pair, and pairs on two leading axes.

    ``sizes``: (D_v, D_h, D_out, width, rank) of these four, as far as the pooling has them.
    """

    def cases(seed: int) -> list[Case]:
        rng = np.random.default_rng([seed, number])
        drawn = []
        for axes, (d_v, d_h, *more) in zip([(3,), (7,), (), (3, 5)], sizes):
            params = parameters(rng, pooling.shapes(name, d_v, d_h, *more), spread=1.3, vectors=0.6)
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


def flattened(fn: Callable) -> Mistake:
    """Of a pooling ``fn``: one list of all pairs, which stays one."""
    return Mistake(
        "flattened",
        "Right for a batch [B]; other leading axes are flattened, and stay so: at the end, reshape to `(*v.shape[:-1], -1)`.",
        lambda params, v, h: fn(params, v.reshape(-1, v.shape[-1]), h.reshape(-1, h.shape[-1])),
    )
