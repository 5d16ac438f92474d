"""Recorded results: every seed and control of an experiment, kept with the canaries of the code that produced them.

``python -m course_utils.experiments.record NN`` runs them and writes ``data/results/NN.json``; notebooks read that
file, and the tests refuse it once what the code does (:mod:`course_utils.experiments.canaries`), or the data behind it, is
something else. ``--canaries`` notes the canaries alone, after they themselves were changed and nothing else was.

An experiment may list ``PARTS``: name → a module with ``run(seed)`` and ``SEEDS``, which are recorded with the rest, or alone:
``--only probe`` replaces the rows of the part "probe" and the canaries that begin with its name, and keeps all others.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from types import ModuleType

from course_utils import paths
from course_utils.arms import Arm, Recording, estimate
from course_utils.cores import cores
from course_utils.errors import known
from course_utils.experiments import canaries
from course_utils.registry import TOPICS

# notebook → its parts that compare it with another topic: modules of experiments as PARTS has them, with CANARIES of their own
COMPARISONS = {"07": {"rivals": "rivals"}}
SEEDS = 5  # where an experiment does not say how many it runs


def load(number: str) -> Recording:
    """The recorded results of a notebook: (arm, measure) → :class:`~course_utils.arms.Estimate`.

    Raises FileNotFoundError or ValueError if there is no recording, or it was altered.
    """
    values: dict[tuple[Arm, str], list[float]] = {}
    for row in json.loads(paths.data_file(f"results/{number}.json").read_text())["rows"]:
        values.setdefault((Arm(**row["arm"]), row["measure"]), []).append(row["value"])
    return Recording({key: estimate(of) for key, of in values.items()})


def canaries_of(number: str) -> Mapping[str, canaries.Canary]:
    """The canaries of a notebook's models, losses and samplers, by name; a comparison's begin with the name of its part."""
    found = importlib.import_module(f"course_utils.experiments.canaries.{TOPICS[number]}").CANARIES
    return found | {f"{part}, {name}": canary for part, of in _comparisons(number).items() for name, canary in of.CANARIES.items()}


def stale_data(number: str) -> str:
    """Which data behind a recording is another one by now, in one sentence; empty if none is."""
    recorded = json.loads(paths.data_file(f"results/{number}.json").read_text())
    sums = json.loads((paths.data_dir() / "CHECKSUMS.json").read_text())
    changed = [name for name, checksum in recorded["data"].items() if sums.get(name) != checksum]
    remedy = f"run `make experiments NN={number}`"
    return f"The data behind the results of notebook {number} has changed ({', '.join(changed)}): {remedy}." if changed else ""


def stale_code(number: str, name: str) -> str:
    """What the code behind a recording does otherwise by now, as one canary shows it, in one sentence; empty if nothing.

    Takes a second or two.
    """
    recorded = json.loads(paths.data_file(f"results/{number}.json").read_text())["canaries"]
    found = canaries.differences(recorded.get(name, {}), canaries.sing(canaries_of(number)[name]))
    return (
        (
            f"What notebook {number} recorded of “{name}” is no longer what the code does ({len(found)} numbers differ, such as "
            f"{found[0]}): run `make experiments NN={number}`, or mend the code."
        )
        if found
        else ""
    )


def record(number: str, workers: int = 1) -> dict:
    """Runs every seed of an experiment and returns what is to be written: rows, the data behind them, and the canaries.

    ``workers``: seeds at once, each in a process of its own on one core; small models hardly use a second.
    """
    experiment = _experiment(number)
    seeds = list(range(getattr(experiment, "SEEDS", SEEDS)))
    rows, data = experiment.baselines(), paths.opened()
    found, opened = _run(number, "", seeds, workers)
    rows, data = rows + found, data | opened
    for part in _parts(number):
        found, opened = _run(number, part, range(_parts(number)[part].SEEDS), workers)
        rows, data = rows + found, data | opened
    return {"notebook": number, "data": _listed(data), "seeds": seeds, "rows": rows, "canaries": canary_numbers(number)}


def record_part(number: str, part: str, workers: int = 1) -> dict:
    """What is recorded, with the rows and canaries of one part made anew.

    Raises ValueError if the experiment has no such part, or the other rows come from data that has changed.
    """
    known("part", part, _parts(number))
    if stale := stale_data(number):
        raise ValueError(stale)
    kept = json.loads(paths.data_file(f"results/{number}.json").read_text())
    rows, data = _run(number, part, range(_parts(number)[part].SEEDS), workers)
    others = {name: sung for name, sung in kept["canaries"].items() if not name.startswith(part)}
    sung = {name: canaries.sing(canary) for name, canary in canaries_of(number).items() if name.startswith(part)}
    rows = [row for row in kept["rows"] if row.get("part") != part] + rows
    return {**kept, "data": _listed(kept["data"] | data), "rows": rows, "canaries": others | sung}


def _experiment(number: str) -> ModuleType:
    return importlib.import_module(f"course_utils.experiments.{TOPICS[number]}")


def _parts(number: str) -> Mapping[str, ModuleType]:
    return getattr(_experiment(number), "PARTS", {}) | _comparisons(number)


def _comparisons(number: str) -> Mapping[str, ModuleType]:
    return {part: importlib.import_module(f"course_utils.experiments.{name}") for part, name in COMPARISONS.get(number, {}).items()}


def _listed(data: Mapping[str, str]) -> dict[str, str]:
    return {name: data[name] for name in sorted(data) if not name.startswith("results/")}


def _run(number: str, part: str, seeds: Sequence[int], workers: int) -> tuple[list[dict], dict[str, str]]:
    """The rows of some seeds of a part, or without one of the experiment itself, and the data files behind them."""
    rows, data, n = [], {}, len(seeds)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_one_core) as pool:
        for seed, (found, opened) in zip(seeds, pool.map(_seed, [number] * n, [part] * n, seeds)):
            rows += [{"seed": seed, **({"part": part} if part else {}), **row} for row in found]
            data |= opened
            print(f"{number}: {f'{part}, ' if part else ''}seed {seed} done", flush=True)
    return rows, data


def _one_core() -> None:
    os.environ["NPROC"] = "1"  # XLA's number of threads


def _seed(number: str, part: str, seed: int) -> tuple[list[dict], dict[str, str]]:
    """The rows of one seed, and the data files that they come from."""
    return (_parts(number)[part] if part else _experiment(number)).run(seed), paths.opened()


def canary_numbers(number: str) -> dict[str, dict[str, list[float]]]:
    """Today's numbers of all canaries of a notebook."""
    return {name: canaries.sing(canary) for name, canary in canaries_of(number).items()}


def write(number: str, result: dict) -> Path:
    """Writes ``data/results/NN.json`` and lists its checksum."""
    file = paths.data_dir() / "results" / f"{number}.json"
    file.parent.mkdir(exist_ok=True)
    rows = ",\n  ".join(json.dumps(row, default=vars) for row in result["rows"])
    sung = ",\n  ".join(f"{json.dumps(name)}: {json.dumps(numbers)}" for name, numbers in result["canaries"].items())
    head = json.dumps({name: value for name, value in result.items() if name not in ("rows", "canaries")})[:-1]
    file.write_text(f'{head}, "rows": [\n  {rows}\n], "canaries": {{\n  {sung}\n}}}}\n')
    paths.list_file(f"results/{number}.json")
    return file


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="*", default=sorted(TOPICS), help="notebook numbers, such as 00 (default: all)")
    parser.add_argument("--workers", type=int, default=cores(), help="seeds at once (default: one for each core)")
    parser.add_argument("--canaries", action="store_true", help="keep the results, and note the canaries of today's code")
    parser.add_argument("--only", metavar="PART", help="record one part anew, and keep all else that is recorded")
    options = parser.parse_args()
    for n in options.numbers:
        if options.canaries:
            kept = json.loads(paths.data_file(f"results/{n}.json").read_text())
            print(write(n, {**kept, "canaries": canary_numbers(n)}))
        elif options.only:
            print(write(n, record_part(n, options.only, options.workers)))
        else:
            print(write(n, record(n, options.workers)))
