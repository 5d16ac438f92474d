"""Programs against each other on a machine that does other things as well: run in turns, and compared by their ratio.

Seconds say little there; a ratio of medians from one run says how much dearer one is than the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import jax
import numpy as np


def in_turns(jobs: Mapping[str, Callable[[], Any]], rounds: int = 7) -> dict[str, np.ndarray]:
    """Seconds of each job, float[rounds]: all of them once, then again. A first call, which may compile, is not counted."""
    for job in jobs.values():
        jax.block_until_ready(job())
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            start = time.perf_counter()
            jax.block_until_ready(job())
            seconds[name].append(time.perf_counter() - start)
    return {name: np.array(found) for name, found in seconds.items()}


def ratio(over: np.ndarray, under: np.ndarray, samples: int = 2000) -> dict[str, float]:
    """The ratio of two medians, and between which two numbers 95 % of its bootstrap samples lie: whole rounds are drawn."""
    rounds = np.random.default_rng(0).integers(len(over), size=(samples, len(over)))
    low, high = np.percentile(np.median(over[rounds], 1) / np.median(under[rounds], 1), [2.5, 97.5])
    return {"ratio": float(np.median(over) / np.median(under)), "from": float(low), "to": float(high)}
