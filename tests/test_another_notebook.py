"""Somebody follows the README's steps to a new notebook, word by word, and gets one that builds, checks and grades."""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
from classroom import Class, settings

from conftest import ROOT

NAME = "05_lengths"
PART = (ROOT / "README.md").read_text().split("### How to write a notebook")[1].split("\n### ")[0]
CHECKS, SOURCE = re.findall(r"```python\n(.*?)```", PART, re.DOTALL)


def python(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """The small test course with its own copy of the package, and the README's notebook built beside the one it has."""
    root = tmp_path_factory.mktemp("another") / "course"
    shutil.copytree(ROOT / "tests/fixtures/grading", root)
    shutil.copytree(ROOT / "course_utils", root / "course_utils", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "data").symlink_to(ROOT / "data")
    (root / "nbgrader_config.py").write_text(settings())
    registry = root / "course_utils/registry.py"
    line = re.search(r"The line: `(.*?)`", PART)[1]
    registry.write_text(registry.read_text().replace("TOPICS = {", f"TOPICS = {{{line} "))
    for name, text in ((re.search(r"`(course_utils/exercises/\w+\.py)`", PART)[1], CHECKS), (f"solutions/{NAME}/{NAME}.py", SOURCE)):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    python(root, "-m", "course_utils.instructor.build")
    return root


def test_it_is_built_and_released_without_its_answers(course):
    released = (course / f"notebooks/{NAME}/{NAME}.ipynb").read_text()
    assert "jnp.sqrt" not in released and "Rubric" not in released and "Right, on every case" not in released
    assert "Right, on every case" in (course / f"solutions/{NAME}/{NAME}.ipynb").read_text()
    assert (course / "notebooks/01_small/01_small.ipynb").is_file()


def test_its_check_tells_right_from_wrong(course):
    asked = "from course_utils.exercises import checks\nfor f in (lambda x: (x**2).sum() ** 0.5, lambda x: (x**2).sum()):"
    told = python(course, "-c", f"{asked}\n    v = checks.verdict('05.1', f, 0); print(v.passed, v.diagnosis)").splitlines()
    assert [line.split() for line in told] == [["True"], ["False", "no-root"]]


def test_it_is_graded(course):
    room = Class(course, NAME)
    room.hand_in("ann", "ex-05-1")
    room.hand_in("bob")
    python(course, "-m", "course_utils.instructor.grade", str(room.folder), "--workers", "1")
    with (course / "marks.csv").open() as file:
        assert {row["student"]: row["mark"] for row in csv.DictReader(file)} == {"ann": "2", "bob": "0"}
