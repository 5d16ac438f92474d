"""A class that hands in and is graded, on a small course of its own: what the tests of grading share."""

import csv
import json
import os
import shutil
from pathlib import Path

import handins
import nbformat
import pytest

from conftest import ROOT
from course_utils.instructor import build, grade
from course_utils.instructor.assemble import assemble
from course_utils.instructor.preprocessors import RECORD
from course_utils.instructor.source import read

if not shutil.which("bwrap") and not os.environ.get("CI"):  # CI installs it, and must not pass without
    pytest.skip("bubblewrap is not installed, and hand-ins are graded in it", allow_module_level=True)

PATIENCE = 30  # seconds a cell, here: endless loops are part of the class


class Class:
    """A course of its own, to hand in to and to grade."""

    def __init__(self, root: Path, name: str):
        self.root, self.name, self.folder = root, name, root / "inbox"
        source = read(root / "solutions" / name / f"{name}.py")
        self.released = nbformat.read(build.places(root, name)[1], as_version=4)
        self.answers = {c.id: c.source for c in assemble(source, root).cells if c.id.endswith(("-solution", "-answer"))}
        self.points = {c.id[: -len("-graded")]: c.metadata.nbgrader.points for c in self.released.cells if c.id.endswith("-graded")}

    def hand_in(self, student: str, *solved: str, change=None, under: str | None = None):
        """The released notebook with the answers of the exercises in ``solved``, after ``change(nb)``."""
        nb = handins.made(handins.HandIn(student, None, solved, change), self.released, self.answers)
        path = self.folder / (under or f"{student}/{self.name}/{self.name}.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nb, path)
        return path

    def grade(self, *options: str) -> dict[str, dict]:
        assert grade.main([str(self.folder), *options], self.root) == 0
        with (self.root / "marks.csv").open() as file:
            self.rows = {row["student"]: row for row in csv.DictReader(file) if row["status"] != "replaced"}
        return self.rows

    def record(self, student: str) -> dict:
        return json.loads((self.root / "autograded" / student / self.name / RECORD).read_text())

    def feedback(self, student: str) -> str:
        return (self.root / "feedback" / student / self.name / f"{self.name}.html").read_text()


def settings() -> str:
    """The repository's ``nbgrader_config.py``, with the cache of compiled programs that all tests of this run share."""
    programs = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    shared = f"c.GradingExecute.cache = {programs!r}\n" if programs else ""
    return (ROOT / "nbgrader_config.py").read_text() + shared


def small_course(root: Path) -> Path:
    """A built course with one notebook of two exercises and a question, whose solution was not executed: hand-ins are."""
    shutil.copytree(ROOT / "tests/fixtures/grading", root)
    (root / "nbgrader_config.py").write_text(f"{settings()}c.GradingExecute.timeout = {PATIENCE}\n")
    assert build.main(["--no-execute"], root) == 0
    return root
