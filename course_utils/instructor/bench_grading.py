"""``python -m course_utils.instructor.bench_grading [NN] [--hand-ins N]``: hand-ins a minute, here and with stock nbgrader.

The same hand-ins (the solution, some answers left out in turn) are graded twice in one run: by ``nbgrader autograde`` with
its own ``Execute`` and no sandbox, one after the other, and by :mod:`course_utils.instructor.grade`, sandbox and feedback
included, once from nothing and once with the programs of the release already compiled. Both run notebooks in fast mode.
Prints one JSON.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbgrader import preprocessors as stock
from nbgrader.apps.api import NbGraderAPI
from nbgrader.converters import Autograde

from course_utils.cores import cores
from course_utils.instructor import grade, sandbox
from course_utils.instructor.build import places
from course_utils.instructor.release import settings

ROOT = Path(__file__).resolve().parents[2]


def _class(root: Path, name: str, count: int) -> dict[str, float]:
    """A course with one notebook and ``count`` hand-ins in ``inbox``; student → points that they must get."""
    for part in (f"solutions/{name}", f"notebooks/{name}"):
        shutil.copytree(ROOT / part, root / part)
    for file in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(ROOT / file, root)
    solved = nbformat.read(places(root, name)[0], as_version=4)
    released = nbformat.read(places(root, name)[1], as_version=4)
    answers = {c.id: c.source for c in solved.cells if c.id.endswith("-solution")}
    points = {c.id: float(c.metadata.nbgrader.points) for c in released.cells if c.id.endswith("-graded")}
    marks = {}
    for k in range(count):
        left_out = sorted(answers)[k % len(answers)] if k else ""
        nb = nbformat.from_dict(released)
        for cell in nb.cells:
            if cell.id in answers:
                cell.source = f"# hand-in {k}\n" + (cell.source if cell.id == left_out else answers[cell.id])
        student = f"student-{k:03}"
        path = root / "inbox" / student / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(nb, path)
        marks[student] = sum(p for key, p in points.items() if key.replace("-graded", "-solution") != left_out)
    return marks


def _stock(root: Path, name: str, marks: dict[str, float]) -> float:
    """Seconds of nbgrader's own pipeline."""
    config = settings(root)
    config.Autograde.autograde_preprocessors = Autograde.autograde_preprocessors.default_args[0]
    config.Autograde.sanitize_preprocessors = [
        stock.ClearOutput,
        stock.DeduplicateIds,
        stock.OverwriteKernelspec,
        stock.OverwriteCells,
        stock.CheckCellMetadata,
    ]
    config.Execute.timeout = 600
    os.environ["COURSE_FAST"] = "steps"
    grade.register(root, name)
    for student in marks:
        target = root / "submitted" / student / name
        target.mkdir(parents=True)
        shutil.copy(root / "inbox" / student / f"{name}.ipynb", target)
    api = NbGraderAPI(config=config)
    begun = time.perf_counter()
    for student in marks:
        api.autograde(name, student)
    return time.perf_counter() - begun


def _ours(root: Path, name: str) -> float:
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "course_utils.instructor.grade", "inbox"],
        cwd=root,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    return time.perf_counter() - begun


def measure(name: str, count: int) -> dict:
    report: dict = {"notebook": name, "hand_ins": count, "cores": cores()}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "stock"
        marks = _class(root, name, count)
        report["stock_per_minute"] = 60 * count / _stock(root, name, marks)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "ours"
        marks = _class(root, name, count)
        report["ours_cold_per_minute"] = 60 * count / _ours(root, name)
        shutil.rmtree(root / ".grading/results")
        report["ours_per_minute"] = 60 * count / _ours(root, name)
        rows = (root / "marks.csv").read_text().splitlines()[1:]
        report["marks_right"] = {r.split(",")[0]: float(r.split(",")[2] or "nan") for r in rows} == marks
    report["ratio"] = report["ours_per_minute"] / report["stock_per_minute"]
    report["ratio_cold"] = report["ours_cold_per_minute"] / report["stock_per_minute"]
    report["largest_process_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return report


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("notebook", nargs="?", default="00")
    parser.add_argument("--hand-ins", type=int, default=8)
    options = parser.parse_args()
    sandbox.require()  # before minutes are spent
    (path,) = ROOT.glob(f"notebooks/{options.notebook}_*/*.ipynb")
    print(json.dumps(measure(path.stem, options.hand_ins), indent=2))
