"""What all tests share: who runs what and when, kernels of this very environment, and a tiny course to try the machinery on."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = [path.stem for path in sorted(ROOT.glob("solutions/[0-9][0-9]_*/[0-9][0-9]_*.py"))]

# A kernel called "python3" in somebody's home folder would run another Python than the one under test.
os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")


# What lasts longest (`make bench` tells) begins first, so that no worker is left alone with it at the end; notebooks are run cell by cell.
LONGEST = (
    "test_grading_runs",
    "test_grading",
    "test_answers-01",
    "test_grading_own-06",
    "test_cycle",
    "test_answers-07",
    "02_attention_captioning",
    "test_answers-02",
    "test_answers-06",
    "test_models_fusion_encoder",
    "test_another_notebook",
    "test_grading_own-01",
    "test_captions",
    "test_canaries-06",
    "test_models_flamingo",
    "01_vqa_fusion",
    "test_questions",
    "test_grading_own-04",
    "test_models_fusion",
    "test_experiments_fusion",
    "test_canaries-07",
    "test_models_llava",
)
_NUMBERS = "|".join(name[:2] for name in NOTEBOOKS)


def group(nodeid: str) -> str:
    """Who shares what is dear to make, and so runs on one worker: the tests of a file, or of a file and one notebook.

    ``test_nn``, ``test_answers-01``, ``01_vqa_fusion`` (a notebook that is run cell by cell).
    """
    number = re.search(rf"\[(?:{_NUMBERS})(?![0-9])", nodeid)
    return Path(nodeid.split("::")[0]).stem + (f"-{number[0][1:]}" if number else "")


def pytest_collection_modifyitems(items):
    place = {name: k for k, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(group(item.nodeid), len(place)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol():
    """A test runs a program once or twice, on small arrays: what takes long is compiling it."""
    from course_utils import runtime

    with runtime.compiled_soon():
        return (yield)


def pytest_xdist_make_scheduler(config, log):
    """As ``--dist loadgroup``, which pytest 9.2 makes pytest-xdist 3.8 forget (findings/xdist_loadgroup.sh)."""
    from xdist.scheduler import LoadScopeScheduling

    class ByGroup(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    return ByGroup(config, log)


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
