"""Arms of an experiment, named by fields, and what was recorded of them."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from typing import Any

import numpy as np


class Arm(types.SimpleNamespace):
    """What sets a run of an experiment apart, as fields: ``Arm(stream="single", negatives="hard")``. Immutable.

    Two arms are equal where all their fields are. Asking for a field that it does not have raises AttributeError.
    """

    def __hash__(self) -> int:
        return hash(frozenset(vars(self).items()))

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"An arm does not change; arm.but({name}=…) makes another one.")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{self} has no field {name!r}.")

    def but(self, **changed: Any) -> Arm:
        """Another arm, in which some fields are changed or added."""
        return Arm(**vars(self) | changed)

    def rows(self, values: Mapping[str, float]) -> list[dict]:
        """What a recording keeps of it, from measure → value."""
        return [{"arm": self, "measure": measure, "value": float(value)} for measure, value in values.items()]


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its 95 % interval (Student's t); a single value is its own interval. ``values``: of each seed."""

    mean: float
    low: float
    high: float
    seeds: int
    values: tuple[float, ...] = ()


# Student's t at 97.5 % for n - 1 degrees of freedom
_T = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}


def estimate(values: list[float]) -> Estimate:
    """Mean and 95 % interval of the values of 1 to 10 seeds."""
    mean, n = float(np.mean(values)), len(values)
    half = _T[n] * float(np.std(values, ddof=1)) / n**0.5 if n > 1 else 0.0
    return Estimate(mean, mean - half, mean + half, n, tuple(values))


class Recording(dict):
    """(arm, measure) → what was recorded, in the order of the recording. KeyError names what comes nearest."""

    def where(self, **fields: Any) -> list[Arm]:
        """The arms that have these fields, whatever else they have. Raises KeyError if there is none."""
        wanted = fields.items()
        return [arm for arm in self._arms() if wanted <= vars(arm).items()] or self._refuse(Arm(**fields))

    def _arms(self) -> dict[Arm, None]:
        return dict.fromkeys(arm for arm, _ in self)

    def _refuse(self, wanted: Arm):
        near = sorted(self._arms(), key=lambda arm: len(vars(arm).items() ^ vars(wanted).items()))
        raise KeyError(f"There is no {wanted}. The nearest: {'; '.join(map(str, near[:3]))}.")

    def __missing__(self, key: tuple[Arm, str]):
        arm, measure = key
        if not (measures := [m for a, m in self if a == arm]):
            self._refuse(arm)
        raise KeyError(f"{arm} has no measure {measure!r}. It has: {'; '.join(measures)}.")
