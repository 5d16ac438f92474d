"""Recorded results: every seed and control of an experiment, kept with a fingerprint of what produced them.

``python -m course_utils.experiments.record NN`` runs them and writes ``data/results/NN.json``; notebooks read that
file, and the tests refuse it once the code or the data behind it has changed. Where a change is meant to change no number
(a function moved, a parameter added), ``--same`` runs the last seed alone, and keeps the others if it agrees. That needs
the machine that recorded them: elsewhere rounding differs, and training makes it visible.
"""

from __future__ import annotations

import argparse
import ast
import dataclasses
import hashlib
import importlib
import json
import os
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from course_utils import paths

# notebook number → its module in this package
MODULES = {"00": "start_here", "01": "fusion", "02": "captioning", "03": "dual_encoder", "04": "fusion_encoder"}
SEEDS = 5  # where an experiment does not say how many it runs
# Where a value may differ from one machine or release to another, this much is no contradiction.
SLACK = 0.05


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its 95 % interval (Student's t); a single value is its own interval."""

    mean: float
    low: float
    high: float
    seeds: int


# Student's t at 97.5 % for n - 1 degrees of freedom
_T = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365, 9: 2.306, 10: 2.262}


def load(number: str) -> dict[tuple[str, str], Estimate]:
    """The recorded results of a notebook: (arm, measure) → :class:`Estimate`. Raises as :func:`runs`."""
    return {key: estimate(v) for key, v in runs(number).items()}


def runs(number: str) -> dict[tuple[str, str], list[float]]:
    """The recorded values of every run: (arm, measure) → one for each seed.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is no recording, or it was altered.
    """
    recorded = json.loads(paths.data_file(f"results/{number}.json").read_text())
    values: dict[tuple[str, str], list[float]] = {}
    for row in recorded["rows"]:
        values.setdefault((row["arm"], row["measure"]), []).append(row["value"])
    return values


def estimate(values: list[float]) -> Estimate:
    """Mean and 95 % interval of the values of 1 to 10 seeds."""
    mean, n = float(np.mean(values)), len(values)
    half = _T[n] * float(np.std(values, ddof=1)) / n**0.5 if n > 1 else 0.0
    return Estimate(mean, mean - half, mean + half, n)


def fingerprint(number: str) -> str:
    """A hash of the code behind an experiment: of every module of the course that it loads.

    Docstrings and comment lines do not count (better words change nothing), nor do ``runtime``, ``paths`` and
    ``errors``, which only say where and how things are found.
    """
    module = f"course_utils.experiments.{MODULES[number]}"
    program = (
        f"import sys, {module}; "
        "print('\\n'.join(m.__file__ for n, m in sorted(sys.modules.items()) if n.startswith('course_utils.')))"
    )
    root = Path(__file__).resolve().parents[2]
    out = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=root)
    files = [file for file in map(Path, out.stdout.split()) if file.stem not in ("runtime", "paths", "errors")]
    return hashlib.sha256("".join(_meaning(file.read_text()) for file in files).encode()).hexdigest()[:16]


def stale(number: str) -> str:
    """Why a recording no longer belongs to today's code and data, in one sentence; empty while it does."""
    recorded = json.loads(paths.data_file(f"results/{number}.json").read_text())
    sums = json.loads((paths.data_dir() / "CHECKSUMS.json").read_text())
    remedy = f"run `make experiments NN={number}`"
    if recorded["code"] != fingerprint(number):
        return f"The code behind the results of notebook {number} has changed: {remedy}."
    if changed := [name for name, checksum in recorded["data"].items() if sums.get(name) != checksum]:
        return f"The data behind the results of notebook {number} has changed ({', '.join(changed)}): {remedy}."
    return ""


def _meaning(source: str) -> str:
    """A module's lines without docstrings, blank lines and comment lines: the same on every Python release."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
            first, last = body[0].lineno - 1, body[0].end_lineno
            lines[first:last] = [""] * (last - first)
    return "\n".join(line.rstrip() for line in lines if line.strip() and not line.lstrip().startswith("#"))


def record(number: str, workers: int = 1) -> dict:
    """Runs every seed of an experiment and returns what is to be written: rows, and the code and data behind them.

    ``workers``: seeds at once, each in a process of its own on one core; small models hardly use a second.
    """
    experiment = importlib.import_module(f"course_utils.experiments.{MODULES[number]}")
    rows, data = experiment.baselines(), paths.opened()
    seeds = list(range(getattr(experiment, "SEEDS", SEEDS)))
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_one_core) as pool:
        for seed, (found, opened) in zip(seeds, pool.map(_seed, [number] * len(seeds), seeds)):
            rows += [{"seed": seed, **row} for row in found]
            data |= opened
            print(f"{number}: seed {seed} done", flush=True)
    data = {name: data[name] for name in sorted(data) if not name.startswith("results/")}
    return {"notebook": number, "code": fingerprint(number), "data": data, "seeds": seeds, "rows": rows}


def _one_core() -> None:
    os.environ["NPROC"] = "1"  # XLA's number of threads


def _seed(number: str, seed: int) -> tuple[list[dict], dict[str, str]]:
    """The rows of one seed, and the data files that they come from."""
    experiment = importlib.import_module(f"course_utils.experiments.{MODULES[number]}")
    return experiment.run(seed), paths.opened()


def renew(number: str) -> dict:
    """What is recorded, with today's fingerprint, once the last seed and what needs no training gave the same values.

    Raises
    ------
    ValueError
        If some value is another one, or new, or missing: then all seeds have to be recorded again.
    """
    recorded = json.loads(paths.data_file(f"results/{number}.json").read_text())
    experiment = importlib.import_module(f"course_utils.experiments.{MODULES[number]}")
    last = max(recorded["seeds"])
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_one_core) as pool:
        found, opened = pool.submit(_seed, number, last).result()
    then = [row for row in recorded["rows"] if row.get("seed", last) == last]
    if differ := _differences(then, experiment.baselines() + [{"seed": last, **row} for row in found]):
        raise ValueError(
            f"{len(differ)} of {len(then)} values differ, such as {differ[0]}. Either your change changed results, or this is not "
            f"the machine that recorded them: run `make experiments NN={number}`."
        )
    data = {name: checksum for name, checksum in (paths.opened() | opened).items() if not name.startswith("results/")}
    return {**recorded, "code": fingerprint(number), "data": dict(sorted(data.items()))}


def _differences(then: list[dict], now: list[dict]) -> list[str]:
    """Each value that differs by more than its rounding, or stands on one side only, in words."""
    before, after = ({(row["arm"], row["measure"]): row["value"] for row in rows} for rows in (then, now))
    return [
        f"{arm} / {measure}: {before.get((arm, measure))} recorded, {after.get((arm, measure))} now"
        for arm, measure in sorted(before.keys() | after.keys())
        if not abs(before.get((arm, measure), np.nan) - after.get((arm, measure), np.nan)) <= 2e-5
    ]


def write(number: str, result: dict) -> Path:
    """Writes ``data/results/NN.json`` and lists its checksum."""
    folder = paths.data_dir()
    file = folder / "results" / f"{number}.json"
    file.parent.mkdir(exist_ok=True)
    rows = ",\n  ".join(json.dumps(row) for row in result["rows"])
    head = json.dumps({name: value for name, value in result.items() if name != "rows"})[:-1]
    file.write_text(f'{head}, "rows": [\n  {rows}\n]}}\n')
    sums = json.loads((folder / "CHECKSUMS.json").read_text())
    sums[f"results/{number}.json"] = hashlib.sha256(file.read_bytes()).hexdigest()
    (folder / "CHECKSUMS.json").write_text(json.dumps(dict(sorted(sums.items())), indent=2) + "\n")
    return file


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("numbers", nargs="*", default=sorted(MODULES), help="notebook numbers, such as 00 (default: all)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="seeds at once (default: one for each core)")
    parser.add_argument("--same", action="store_true", help="run the last seed only, and keep the others where it agrees")
    options = parser.parse_args()
    for n in options.numbers:
        print(write(n, renew(n) if options.same else record(n, options.workers)))
