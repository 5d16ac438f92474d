"""All Python but the notebooks' stands as ruff lays it out."""

import subprocess
import sys

import pytest

from conftest import ROOT

pytestmark = pytest.mark.newest


def ruff(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "ruff", "format", "--no-cache", *arguments], cwd=ROOT, capture_output=True, text=True)


def test_every_file_is_formatted():
    done = ruff("--check")
    assert done.returncode == 0, f"{done.stdout}{done.stderr}\nRun `make format`."


def test_the_check_can_fail(tmp_path):
    (tmp_path / "one.py").write_text("a = [1,2]\n")
    assert ruff("--check", str(tmp_path / "one.py")).returncode == 1
