"""What all tests share: who runs what and when, kernels of this very environment, and a tiny course to try the machinery on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = [path.stem for path in sorted(ROOT.glob("solutions/[0-9][0-9]_*/[0-9][0-9]_*.py"))]

# A kernel called "python3" in somebody's home folder would run another Python than the one under test.
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")


# What lasts longest (`make bench` tells) begins first, so that no worker is left alone with it at the end.
LONGEST = ("test_grading", "test_grading_runs", "test_answers-03", "test_answers-02", "test_cycle", "test_answers-04", "test_answers-01")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items):
    """Tests that share what is dear to make run on one worker: those of a file, or of a file and one notebook."""
    place = {name: k for k, name in enumerate(LONGEST)}
    groups = {item: _group(item) for item in items}
    for item in items:
        item.add_marker(pytest.mark.xdist_group(groups[item]))
    items.sort(key=lambda item: place.get(groups[item], len(place)))


def _group(item) -> str:
    """``test_nn``, ``test_answers-01``, ``01_vqa_fusion`` (a notebook that is run cell by cell)."""
    asked = getattr(item, "callspec", None)
    told = [v[:2] for v in asked.params.values() if isinstance(v, str) and v[:2] in _NUMBERS] if asked else []
    return "-".join([item.path.stem, *told[:1]])


_NUMBERS = {name[:2] for name in NOTEBOOKS}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory) -> Path:
    """A built course with one notebook, ``07_tiny``, and the repository's own nbgrader settings. Do not change it."""
    from course_utils.instructor import build

    root = tmp_path_factory.mktemp("tiny") / "course"
    shutil.copytree(ROOT / "tests/fixtures/course", root)
    shutil.copy(ROOT / "nbgrader_config.py", root)
    assert build.main([], root) == 0
    return root


@pytest.fixture
def course(tiny, tmp_path) -> Path:
    """A copy of :func:`tiny` that a test may change."""
    return Path(shutil.copytree(tiny, tmp_path / "course"))
