"""Imports point one way, a learner loads nothing of the instructor's, and importing the course is cheap."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def lint(folder: Path) -> subprocess.CompletedProcess:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(config_filename='pyproject.toml'))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"},
    )


def test_imports_point_one_way():
    pytest.importorskip("importlinter")
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("paths", "import course_utils.world"),
        ("models/__init__", "from course_utils import exercises"),
        ("show/__init__", "import course_utils.instructor.source"),
        ("models/captioning/words", "from course_utils.models import fusion"),
        ("experiments/fusion_encoder/matching", "from course_utils.models.dual_encoder import words"),
        ("exercises/dual_encoder/recall", "import course_utils.show.start_here"),
        ("experiments/fusion/shipped", "from course_utils.experiments import checkpoints"),
    ],
)
def test_the_import_rules_can_fail(tmp_path, module, line):
    pytest.importorskip("importlinter")
    shutil.copytree(ROOT / "course_utils", tmp_path / "course_utils", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "course_utils" / f"{module}.py").open("a") as file:
        file.write(f"\n{line}\n")
    done = lint(tmp_path)
    assert done.returncode != 0 and "BROKEN" in done.stdout


def imported(path: Path) -> set[str]:
    """The top-level packages that a module imports anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.split(".")[0])
    return found


def test_what_a_learner_loads_needs_the_runtime_requirements_only():
    declared = {re.match(r"[\w-]+", text).group().lower() for text in PROJECT["dependencies"]}
    # Pillow's package is PIL; ipywidgets brings IPython, which brings Pygments and traitlets; jax brings jaxlib
    allowed = (declared - {"pillow"}) | {"PIL", "IPython", "pygments", "jaxlib", "traitlets", "course_utils"}
    for path in sorted((ROOT / "course_utils").rglob("*.py")):
        if "instructor" not in path.parts:
            foreign = imported(path) - allowed - set(sys.stdlib_module_names)
            assert not foreign, f"{path.relative_to(ROOT)} imports {', '.join(sorted(foreign))}"


def test_importing_the_course_loads_nothing_else():
    code = "import sys; before = set(sys.modules); import course_utils; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["course_utils"]
