"""Imports point one way, a learner loads nothing of the instructor's, and importing the course is cheap."""

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
from course_utils import registry

TOPICS = list(registry.TOPICS.values())
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


# A topic is what models, experiments, exercises, show and the canaries have under its name. It knows itself and what all
# topics share. What goes across topics (checkpoints; comparisons, such as a scoreboard) lives directly in experiments,
# where it may know every topic, and no topic knows it.
TOPIC = """
[importlinter:contract:{topic}]
name = {topic} knows no other topic
type = forbidden
source_modules =
    course_utils.*.{topic}
    course_utils.experiments.canaries.{topic}
forbidden_modules =
    course_utils.experiments.checkpoints
"""


def lint(folder: Path, config: str = "pyproject.toml") -> subprocess.CompletedProcess:
    code = f"import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(config_filename={config!r}))"
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": str(folder), "PYTHONSAFEPATH": "1"},
    )


def lint_topics(folder: Path, config: Path) -> subprocess.CompletedProcess:
    contracts = [TOPIC.format(topic=t) + "".join(f"    course_utils.**.{o}\n" for o in TOPICS if o != t) for t in TOPICS]
    config.write_text("[importlinter]\nroot_package = course_utils\n" + "".join(contracts))
    return lint(folder, str(config))


def test_imports_point_one_way():
    pytest.importorskip("importlinter")
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


def test_no_topic_knows_another(tmp_path):
    pytest.importorskip("importlinter")
    done = lint_topics(ROOT, tmp_path / "topics.ini")
    assert done.returncode == 0, done.stdout
    assert f"{len(TOPICS)} kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("paths", "import course_utils.world"),
        ("models/__init__", "from course_utils import exercises"),
        ("show/__init__", "import course_utils.instructor.source"),
        ("experiments/captioning/dataset", "from course_utils.models import fusion"),
        ("show/start_here", "from course_utils.show import fusion"),
        ("models/dual_encoder/words", "import course_utils.experiments.checkpoints"),
    ],
)
def test_the_import_rules_can_fail(tmp_path, module, line):
    pytest.importorskip("importlinter")
    shutil.copytree(ROOT / "course_utils", tmp_path / "course_utils", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / "course_utils" / f"{module}.py").open("a") as file:
        file.write(f"\n{line}\n")
    done = lint(tmp_path)
    if done.returncode == 0:
        done = lint_topics(tmp_path, tmp_path / "topics.ini")
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
