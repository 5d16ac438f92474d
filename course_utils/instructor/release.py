"""What learners get, made by nbgrader itself; and the proof that nothing of what they should not get is in it."""

import functools
import tempfile
from pathlib import Path

import nbformat
import nbgrader.api
from alembic.config import Config as Alembic
from alembic.script import ScriptDirectory
from nbformat import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.dbutil import _temp_alembic_ini
from nbgrader.utils import capture_log
from traitlets.config import Config, PyFileConfigLoader

from course_utils.instructor.source import BEGIN_SOLUTION, END_SOLUTION, Source, split_hints, split_rubric, stub_of


def _version_of_tables() -> str:
    with _temp_alembic_ini("sqlite://") as settings_of_alembic:
        return ScriptDirectory.from_config(Alembic(settings_of_alembic)).get_current_head()


# For every new gradebook nbgrader starts a program that tells the version of its tables, for seconds; asked here, it is soon told.
nbgrader.api.get_alembic_version = _version_of_tables
# It opens the gradebook eleven times a hand-in; one engine keeps the queries that it compiled.
nbgrader.api.create_engine = functools.lru_cache(4)(nbgrader.api.create_engine)


class ReleaseError(RuntimeError):
    """nbgrader refused to make a release; with its own log."""


def settings(root: Path) -> Config:
    """The course's ``nbgrader_config.py``."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()


def release(nb: NotebookNode, name: str, root: Path, db_url: str | None = None) -> bytes:
    """The released notebook, byte for byte as ``nbgrader generate_assignment --force`` writes it.

    Runs in a folder of its own, so that a half-written release is never seen. With ``db_url``, that gradebook learns the
    release (cells, points, hidden tests), which autograding needs.
    """
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder).resolve()
        source = scratch / "solutions" / name / f"{name}.ipynb"
        source.parent.mkdir(parents=True)
        nbformat.write(nb, source)
        config = settings(root)
        course = CourseDirectory(config=config, root=str(scratch), assignment_id=name, db_url=db_url or f"sqlite:///{scratch}/gradebook.db")
        converter = GenerateAssignment(coursedir=course, config=config)
        converter.force = True
        outcome = capture_log(converter)
        if not outcome["success"]:
            raise ReleaseError(f"nbgrader could not release {name}:\n{outcome.get('log', '')}{outcome.get('error', '')}")
        return (scratch / "notebooks" / name / f"{name}.ipynb").read_bytes()


def secrets(source: Source) -> list[str]:
    """Every line of a solution, hidden test, rubric or model answer that the author shows nowhere else."""
    hidden, public = [], []
    for cell in source.cells:
        if cell.role == "solution":
            public += stub_of(cell.source).split("\n")
            inside = False
            for line in cell.source.split("\n"):
                if BEGIN_SOLUTION in line or END_SOLUTION in line:
                    inside = BEGIN_SOLUTION in line
                elif inside:
                    hidden.append(line)
        elif cell.role in ("graded", "answer"):
            hidden += cell.source.split("\n")
        elif cell.role == "question":
            question, rubric = split_rubric(cell.source)
            public += question.split("\n")
            hidden += rubric.split("\n")
        elif cell.role == "exercise":
            task, hints = split_hints(cell.source)
            public += [line for part in (task, *hints) for line in part.split("\n")]
        else:
            public += cell.source.split("\n")
    lines = {line.strip() for line in hidden if len(line.strip()) > 5}
    return sorted(line for line in lines if not any(line in known for known in public))


def leaks(source: Source, folder: Path) -> list[str]:
    """One sentence for every file under ``folder`` that shows a line of :func:`secrets`."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        text = path.read_text(encoding="utf-8", errors="replace")
        if path.suffix == ".ipynb":
            nb = nbformat.reads(text, as_version=4)
            text = "\n".join([cell.source for cell in nb.cells] + [str(cell.get("outputs", "")) for cell in nb.cells])
        for line in secrets(source):
            if line in text:
                found.append(f"{path} shows {line!r}, which is for graders only")
    return found
