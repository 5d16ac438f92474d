"""The README's instructor part, run as it is written."""

from __future__ import annotations

import csv
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
from conftest import ROOT

if not (ROOT / ".venv/bin/python").exists() or Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
    pytest.skip("make uses .venv, which is not the environment of these tests", allow_module_level=True)


def lines() -> list[str]:
    part = re.search(r"## If you teach\n.*?```sh\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [line.split("  #")[0].strip() for line in part[1].strip().splitlines()]


def test_one_full_cycle(tmp_path):
    root = tmp_path / "course"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode().split("\0")
    for name in filter(None, tracked):
        if not name.startswith(("data/emoji", "tests/parity")) and (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    (root / ".venv").symlink_to(ROOT / ".venv")
    name = "00_start_here"
    for student, file in (("ann", ROOT / "solutions" / name / f"{name}.ipynb"), ("bob", ROOT / "notebooks" / name / f"{name}.ipynb")):
        (root / "handins" / student).mkdir(parents=True)
        shutil.copy(file, root / "handins" / student)
    commands = lines()
    assert len(commands) <= 10 and commands[-1] == "make formgrader"
    for command in commands[:-1]:
        done = subprocess.run(command, shell=True, cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    with (root / "marks.csv").open() as file:
        marks = {row["student"]: (float(row["mark"]), float(row["waiting"])) for row in csv.DictReader(file)}
    assert marks["bob"] == (0.0, 0.0) and marks["ann"][0] > 0 and marks["ann"][1] > 0
    assert (root / "class" / f"{name}.ipynb").read_bytes() == (ROOT / "notebooks" / name / f"{name}.ipynb").read_bytes()
    assert (root / "feedback" / "ann" / name / f"{name}.html").is_file() and "ann" in (root / "report.html").read_text()

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = subprocess.Popen(
        f"{commands[-1]} PORT={port}", shell=True, cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        for _ in range(200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/login", timeout=10).read()
                break
            except OSError:
                time.sleep(0.3)
        else:
            pytest.fail("formgrader did not answer")
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)
