"""What all tests share: quiet figures, kernels of this very environment, and a tiny course to try the machinery on."""

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
