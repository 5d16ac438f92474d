"""Notebook 01: the language prior, fusion at equal parameters, one look against two, and ways to answer.

``asking`` (data sets and training), ``prior``, ``shootout``, ``hops``, ``answering`` (experiments), ``colleague`` (the run
that looks fine). Their results stand in one recording; an arm begins with its experiment's name where two could be mixed
up.
"""

from __future__ import annotations

from course_utils.experiments.fusion import answering, asking, hops, prior, shootout

SEEDS = 4  # some minutes each


def run(seed: int) -> list[dict]:
    """All rows of one seed."""
    rows = []
    for part in (prior, hops, answering, shootout):
        rows += part.run(seed)
        asking.forget()
        print(f"  {part.__name__.rsplit('.')[-1]} done", flush=True)
    return rows


def baselines() -> list[dict]:
    """What needs no training and has no seed."""
    return [{"arm": "another thing", "measure": "accuracy", "value": hops.another_thing(hops.test())}]
