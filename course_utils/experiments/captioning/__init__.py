"""Notebook 02: one vector against attention, where looks fall, beams, hard attention, and kinds that no caption named.

``writing`` (data sets, training, scores), ``growing``, ``drawing``, ``novel`` (experiments), ``detector`` (the checkpoint's
training), ``colleague`` (the run that looks fine).
"""

from __future__ import annotations

from course_utils.experiments.captioning import drawing, growing, novel, writing

SEEDS = 4  # some minutes each


def run(seed: int) -> list[dict]:
    """All rows of one seed."""
    rows = []
    for part in (growing, novel, drawing):
        rows += part.run(seed)
        print(f"  {part.__name__.rsplit('.')[-1]} done", flush=True)
    writing.forget()
    return rows


def baselines() -> list[dict]:
    """What needs no training and has no seed."""
    return novel.baselines()
