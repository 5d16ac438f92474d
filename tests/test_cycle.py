"""The README's cycle for instructors, line by line as it is written there, on a course that holds notebook 00 alone."""

from __future__ import annotations

import csv
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
import nbformat
from classroom import Class

from conftest import ROOT

NAME = "00_start_here"


@pytest.fixture(scope="module")
def lines() -> list[str]:
    part = (ROOT / "README.md").read_text().split("## If you teach")[1].split("\n## ")[0]
    block = re.search(r"```sh\n(.*?)```", part, re.DOTALL)[1]
    return [line.split("  #")[0].strip() for line in block.splitlines()]


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("cycle") / "course"
    for part in (f"solutions/{NAME}", f"notebooks/{NAME}"):
        shutil.copytree(ROOT / part, root / part)
    for file in ("nbgrader_config.py", "pyproject.toml", "Makefile"):
        shutil.copy(ROOT / file, root)
    if programs := os.environ.get("JAX_COMPILATION_CACHE_DIR"):  # those of this run, in the place that the settings name
        Path(programs).mkdir(parents=True, exist_ok=True)
        (root / ".grading").mkdir()
        (root / ".grading/programs").symlink_to(programs)
    (root / "tools").mkdir()
    (root / "tools/venv.sh").write_text("# the environment is that of this test\n")
    return root


def surroundings(**more: str) -> dict[str, str]:
    """For `make`: the environment that runs this test instead of one of its own."""
    made = " ".join(f"{name}={value}" for name, value in {"BIN": str(Path(sys.prefix) / "bin"), **more}.items())
    return {**os.environ, "MAKEFLAGS": f" -- {made}"}


def test_the_cycle_runs_as_written(lines, course):
    assert len(lines) <= 10 and lines[-1] == "make formgrader"
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = str(s.getsockname()[1])
    said = []
    for line in lines[:-1]:
        if "FROM=handins" in line and not (course / "handins").exists():
            hand_in(course)
        ran = subprocess.run(line, shell=True, cwd=course, env=surroundings(), capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert ran.returncode == 0, (line, ran.stdout[-2000:], ran.stderr[-2000:])
        said.append(ran.stdout)
    assert (course / f"class/{NAME}.ipynb").is_file()
    assert "run: ann" in said[-2] and "run: ann" not in said[-1], "what was run before is not run again"
    with (course / "marks.csv").open() as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    points = sum(Class(course, NAME).points.values())
    assert float(rows["ann"]["mark"]) == points and float(rows["bob"]["mark"]) == 0
    assert (course / "report.html").is_file() and (course / f"feedback/ann/{NAME}/{NAME}.html").is_file()

    server = subprocess.Popen(
        lines[-1],
        shell=True,
        cwd=course,
        env=surroundings(PORT=port),
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        token = next(found[1] for line in server.stderr if (found := re.search(r"token=(\w+)", line)))
        for attempt in range(60):
            try:
                request = urllib.request.Request(
                    f"http://127.0.0.1:{port}/formgrader/manage_assignments", headers={"Authorization": f"token {token}"}
                )
                page = urllib.request.urlopen(request, timeout=20).read().decode()
                break
            except OSError:
                assert attempt < 59, "formgrader does not answer"
                time.sleep(0.5)
        assert "formgrader" in page
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def hand_in(course: Path) -> None:
    """What a class hands in of what it was given: one solved it, one did not touch it."""
    answers = Class(course, NAME).answers
    for student, solved in (("ann", True), ("bob", False)):
        nb = nbformat.read(course / f"class/{NAME}.ipynb", as_version=4)
        for cell in nb.cells:
            if solved and cell.id in answers and cell.id.endswith("-solution"):
                cell.source = answers[cell.id]
        path = course / f"handins/{student}/{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(nb, path)
