"""What running a hand-in gave, kept on disk: so that grading can be interrupted, and done by many, and nothing twice."""

import dataclasses
import functools
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

import course_utils
from course_utils.instructor.execute import Options


def key(nb: NotebookNode, released: NotebookNode, options: Options) -> str:
    """A hash of all that a result depends on: the hand-in, the release, the seed, the limits, and the course's code.

    Outputs, ids and text do not count, nor does what stands in a graded cell, which the release replaces.
    """
    cells = []
    for cell in nb.cells:
        role = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code":
            tests = role.get("grade") and not role.get("solution")
            cells.append([role.get("grade_id", ""), "" if tests else cell.source])
    said = {"cells": cells, "release": released.metadata.course.source, "code": _code(), **dataclasses.asdict(options)}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def load(folder: Path, name: str) -> dict[str, Any] | None:
    """The result kept under this key, if there is one."""
    try:
        return json.loads((folder / f"{name}.json").read_text())
    except (FileNotFoundError, ValueError):
        return None


def store(folder: Path, name: str, result: dict[str, Any]) -> None:
    """Keeps a result: whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, path = tempfile.mkstemp(dir=folder, suffix=".part")
    with os.fdopen(descriptor, "w") as file:
        json.dump(result, file)
    os.replace(path, folder / f"{name}.json")


def pack(nb: NotebookNode, record: dict[str, Any]) -> dict[str, Any]:
    """A result: the record, and the outputs of all code cells in their order."""
    return {"record": record, "outputs": [cell.outputs for cell in nb.cells if cell.cell_type == "code"]}


def unpack(nb: NotebookNode, result: dict[str, Any]) -> dict[str, Any]:
    """Puts a result's outputs into ``nb`` and returns its record."""
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    for cell, outputs in zip(code, result["outputs"], strict=True):
        cell.outputs = [nbformat.from_dict(output) for output in outputs]
        cell.execution_count = 1 if outputs else None
    return result["record"]


@functools.cache
def _code() -> str:
    package = Path(course_utils.__file__).parent
    files = sorted(package.rglob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
