"""What this machine is, how large an experiment it can carry, and what is wrong if something is.

``start()`` is the first call of every notebook: it switches the compilation cache on, picks a preset, and says both.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.metadata
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jax

from course_utils.cores import cores

# The oldest releases that the course runs on; pyproject.toml states the same (a test compares them).
FLOORS = {"jax": "0.7.1", "flax": "0.11.2", "optax": "0.2.5", "numpy": "2.0", "matplotlib": "3.8", "ipywidgets": "7.7"}


@dataclasses.dataclass(frozen=True)
class Preset:
    """How large the notebooks' experiments are on this machine.

    ``width`` multiplies model widths, ``batch`` multiplies batch sizes, ``steps`` multiplies training lengths.
    """

    name: str
    width: int = 1
    batch: int = 1
    steps: float = 1.0


FAST = Preset("fast", steps=0.0)
SMALL = Preset("small")
LARGE = Preset("large", width=2, batch=4, steps=2.0)
_FAST_STEPS = 2


def is_fast() -> bool:
    """True under ``COURSE_FAST=1`` and ``COURSE_FAST=steps``: every cell runs, training only takes a few steps."""
    return os.environ.get("COURSE_FAST", "") in ("1", "steps")


def asks_few() -> bool:
    """True under ``COURSE_FAST=1``, not ``=steps``: of a check's cases one of each part is asked, for others have other
    shapes, and each shape is compiled anew."""
    return os.environ.get("COURSE_FAST", "") == "1"


@contextlib.contextmanager
def in_full() -> Iterator[None]:
    """Without ``COURSE_FAST``, under which the grader runs a notebook: neither a challenge's training nor the data that
    it learns from must be cut short."""
    with _fast(None):
        yield


@contextlib.contextmanager
def in_a_hurry() -> Iterator[None]:
    """With ``COURSE_FAST=1``."""
    with _fast("1"):
        yield


@contextlib.contextmanager
def _fast(value: str | None) -> Iterator[None]:
    before = os.environ.pop("COURSE_FAST", None)
    if value is not None:
        os.environ["COURSE_FAST"] = value
    try:
        yield
    finally:
        os.environ.pop("COURSE_FAST", None)
        if before is not None:
            os.environ["COURSE_FAST"] = before


def preset() -> Preset:
    """``FAST`` under ``COURSE_FAST=1``, ``LARGE`` on a GPU or TPU, else ``SMALL``."""
    if is_fast():
        return FAST
    return SMALL if jax.default_backend() == "cpu" else LARGE


def steps(n: int) -> int:
    """The number of training steps to take where the small preset takes ``n``."""
    return min(n, _FAST_STEPS) if is_fast() else int(n * preset().steps)


def cache_dir() -> Path | None:
    """Where compiled programs are kept between runs: ``$JAX_COMPILATION_CACHE_DIR``, else a folder of the user's own.

    ``None`` where that folder cannot be written; then programs are compiled anew each time, and nothing else changes.
    """
    named = os.environ.get("JAX_COMPILATION_CACHE_DIR")
    folder = Path(named) if named else Path.home() / ".cache" / "vlm-from-scratch" / "jax"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not named:
            tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return None
    return folder


def use_compilation_cache() -> Path | None:
    """Keeps every compiled program, however small or quick, for the next run. Returns the folder, or ``None``."""
    folder = cache_dir()
    if folder is not None:
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    return folder


@contextlib.contextmanager
def compiled_soon(soon: bool = True) -> Iterator[None]:
    """Inside, a program is compiled soon rather than well: for those of which a few steps are run; or well, if not ``soon``."""
    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", soon)
    try:
        yield
    finally:
        jax.config.update("jax_disable_most_optimizations", before)


def describe() -> str:
    """This machine and the preset in one or two lines."""
    devices = jax.devices()
    kind = devices[0].device_kind if devices[0].platform != "cpu" else "CPU"
    count = f"{len(devices)} × " if len(devices) > 1 else ""
    python = ".".join(map(str, sys.version_info[:2]))
    return (
        f"{count}{kind}{f', {cores()} cores' if kind == 'CPU' else ''} · preset “{preset().name}” · "
        f"jax {jax.__version__}, flax {importlib.metadata.version('flax')}, Python {python}"
    )


def _older(have: str, floor: str) -> bool:
    def numbers(version: str) -> list[int]:
        return [int(n) for n in re.findall(r"\d+", version)[:3]]

    return numbers(have) < numbers(floor)


def doctor() -> list[str]:
    """Every problem of this installation that a notebook would stumble over, each with its remedy; [] if none."""
    from course_utils import paths

    problems = []
    if sys.version_info < (3, 11):
        problems.append("Python is older than 3.11. Make a new environment with Python 3.12: `make lab` does it.")
    for package, floor in FLOORS.items():
        try:
            have = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            problems.append(f"{package} is not installed. Run `pip install '{package}>={floor}'`.")
            continue
        if _older(have, floor):
            problems.append(f"{package} {have} is older than {floor}. Run `pip install -U '{package}>={floor}'`.")
    try:
        for name in paths.data_names():
            paths.data_file(name)
    except (FileNotFoundError, ValueError) as error:
        problems.append(str(error))
    if cache_dir() is None:
        problems.append(
            "No folder for compiled programs can be written, so every run compiles anew. "
            "Set JAX_COMPILATION_CACHE_DIR to a folder of yours."
        )
    return problems


def start() -> None:
    """Prepares a notebook: cache on, machine and preset named, problems listed with their remedies."""
    use_compilation_cache()
    if is_fast():  # a few steps of each program run: what counts is how soon it is compiled
        jax.config.update("jax_disable_most_optimizations", True)
    print(describe())
    for problem in doctor():
        print("✗", problem)
