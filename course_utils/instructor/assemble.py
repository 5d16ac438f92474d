"""From a checked source to the notebook that nbgrader releases: metadata, fixed cell ids, headers, hints, setup cell.

Everything here is a pure function of the ``.py`` file and of ``pyproject.toml``: the course's address, version and oldest JAX.
"""

import functools
import hashlib
import json
import tomllib
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from course_utils.instructor.source import Cell, Source, split_hints, split_rubric, stub_of

GRADED_LINE = "# Graded: when you hand in, your answer is run here on cases you have not seen."
BEGIN_TESTS, END_TESTS = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
# In Markdown an HTML comment: it renders to nothing, and nbgrader looks for the words only.
BEGIN_RUBRIC, END_RUBRIC = "<!-- BEGIN MARK SCHEME -->", "<!-- END MARK SCHEME -->"
_KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
# Without the version: what wrote the notebook does not matter, and would change its bytes.
LANGUAGE = {"file_extension": ".py", "mimetype": "text/x-python", "name": "python", "pygments_lexer": "ipython3"}

# No --no-deps: the course's floors are below what Colab has, so pip installs the course alone (tests/test_packaging.py);
# should Colab ever fall below another floor than JAX's, pip puts that right, where --no-deps would leave what cannot run.
_SETUP = """\
# @title Setup: run this cell first
# In Colab it fetches the course, once, in a minute or less. Elsewhere it only looks whether the course is there.
# This notebook is {belongs}.
import importlib, importlib.metadata, importlib.util, re, subprocess, sys


class Stop(Exception):
    def _render_traceback_(self):  # one sentence instead of a traceback
        return [str(self)]


if "google.colab" in sys.modules and importlib.util.find_spec("course_utils") is None:
    for jax in importlib.metadata.distributions(name="jax"):
        if [int(n) for n in re.findall(r"\\d+", jax.version)[:3]] < {floor}:
            raise Stop(f"This runtime has JAX {{jax.version}}, and the course needs {oldest} or later: choose the latest version in the "
                       "menu Runtime, Change runtime type, Runtime version, then run this cell again.")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "git+{url}@{ref}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if "did not match any" in done.stderr:  # git's words for a tag that is not there
        raise Stop("There is no {ref} at {url}: open this notebook anew from the table there.")
    if done.returncode:
        raise Stop("The course could not be fetched from {url}: "
                   "check the internet connection, then run this cell again.")
    importlib.invalidate_caches()
if importlib.util.find_spec("course_utils") is None:
    raise Stop("This kernel does not have the course: in the course's folder run `make lab` and open the notebook there, "
               "or choose the kernel of the course's environment in the menu Kernel, Change Kernel.")"""


@functools.cache
def _project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


def repository(root: Path) -> str:
    """The course's address: stated once, in ``pyproject.toml``."""
    return _project(root)["urls"]["Repository"].rstrip("/")


def fetched(root: Path) -> str:
    """What a notebook built now fetches: the tag of its release, ``"v"`` + version; ``"main"`` in a development version."""
    version = _project(root)["version"]
    return "main" if ".dev" in version else f"v{version}"


def setup_cell(root: Path) -> str:
    """The first code cell of every notebook."""
    ref = fetched(root)
    belongs = "of no release yet, so it follows the branch main" if ref == "main" else f"of release {ref}, which it fetches"
    oldest = next(need.removeprefix("jax>=") for need in _project(root)["dependencies"] if need.startswith("jax>="))
    return _SETUP.format(url=repository(root), ref=ref, belongs=belongs, oldest=oldest, floor=[*map(int, oldest.split("."))])


def assemble(source: Source, root: Path) -> NotebookNode:
    """The notebook without outputs, with solutions, hidden tests and rubrics: what stands in nbgrader's source folder.

    ``metadata.course`` holds the notebook's name, the SHA-256 of the ``.py`` and the release (:func:`release_stamp`).
    """
    nb = nbformat.v4.new_notebook()
    nb.cells = [_cell(cell, source, root) for cell in source.cells]
    seen: dict[str, int] = {}
    for cell in nb.cells:  # only cells without a name of their own can be equal
        seen[cell.id] = seen.get(cell.id, 0) + 1
        if seen[cell.id] > 1:
            cell.id = f"{cell.id}-{seen[cell.id]}"
    course = {"notebook": source.name, "release": release_stamp(source), "source": source.sha256}
    nb.metadata.update({"course": course, "kernelspec": dict(_KERNEL), "language_info": dict(LANGUAGE)})
    nb.nbformat, nb.nbformat_minor = 4, 5
    nbformat.validate(nb)
    return nb


def release_stamp(source: Source) -> str:
    """Twelve hex digits that change when an answer to the old release could not be graded by the new one.

    That is: when an exercise or question is added, removed or renumbered, its points or its stub change. Prose, hints,
    demonstrations and hidden tests may change, and what learners have already downloaded stays valid.
    """
    gradable = []
    for cell in source.cells:
        if cell.role in ("solution", "answer"):
            stub = stub_of(cell.source) if cell.role == "solution" else ""
            gradable.append([cell.ref, float(source.options(cell.ref)["points"]), stub])
    return hashlib.sha256(json.dumps(gradable).encode()).hexdigest()[:12]


def grade_id(ref: str, part: str) -> str:
    """``("00.1", "graded")`` → ``"ex-00-1-graded"``. Stable: it depends on the exercise's number and nothing else."""
    return f"ex-{ref.replace('.', '-')}-{part}"


def _cell(cell: Cell, source: Source, root: Path) -> NotebookNode:
    text, metadata, name = cell.source, {}, ""
    if cell.role == "setup":
        text, name = setup_cell(root), "setup"
        metadata["cellView"] = "form"  # Colab folds the code away; the first line stays as the title
        metadata["jupyter"] = {"source_hidden": True}  # and so does JupyterLab
    elif cell.role == "exercise":
        text, name = _exercise_text(cell), grade_id(cell.ref, "text")
    elif cell.role != "text" and cell.role != "code":
        name = grade_id(cell.ref, cell.role)
        if cell.role == "graded":
            text = "\n".join([GRADED_LINE, BEGIN_TESTS, cell.source, END_TESTS])
        elif cell.role == "question":
            text = _question_text(cell)
        metadata["nbgrader"] = _nbgrader(cell, source, name)
    text = text.replace("{{badge}}", badge(source.name, root)) if cell.kind == "markdown" else text
    tags = list(cell.options.get("tags", [])) + ["nbval-check-output"] * bool(cell.options.get("deterministic"))
    if tags:
        metadata["tags"] = tags
    new = nbformat.v4.new_code_cell if cell.kind == "code" else nbformat.v4.new_markdown_cell
    return new(text, metadata=metadata, id=name or hashlib.sha256(f"{cell.kind}\n{text}".encode()).hexdigest()[:12])


def _nbgrader(cell: Cell, source: Source, name: str) -> dict:
    """nbgrader's cell metadata, schema 3.

    A written question is a locked cell that holds its rubric, above a manually graded solution cell. nbgrader's own
    "task" cell would not do: it has no place for the answer, so an untouched one is not given 0, and needs a grader.
    """
    role = {"grade": False, "solution": False, "locked": False, "task": False}
    role |= {
        "solution": {"solution": True},
        "check": {"locked": True},
        "graded": {"grade": True, "locked": True},
        "question": {"locked": True},
        "answer": {"grade": True, "solution": True},
    }[cell.role]
    if role["grade"]:
        role["points"] = source.options(cell.ref)["points"]
    return {"schema_version": 3, "grade_id": name, **role}


def _exercise_text(cell: Cell) -> str:
    task, hints = split_hints(cell.source)
    o = cell.options
    dots = "●" * o["difficulty"] + "○" * (3 - o["difficulty"])
    facts = [_points(o["points"]), f"difficulty {dots}", f"about {o['minutes']} min", f"`{o['name']}`"]
    if o.get("further"):
        facts.insert(0, "**Further**")
    folds = [f"<details><summary>Hint {n}</summary>\n\n{hint}\n\n</details>" for n, hint in enumerate(hints, 1)]
    return "\n\n".join([f"### Exercise {cell.ref} · {o['title']}", " · ".join(facts), task, *folds])


def _question_text(cell: Cell) -> str:
    question, rubric = split_rubric(cell.source)
    o = cell.options
    facts = " · ".join([_points(o["points"]), "written answer, read by a person", f"about {o['minutes']} min"])
    hidden = "\n\n".join([BEGIN_RUBRIC, f"**Rubric (for graders).** {rubric}", END_RUBRIC])
    return "\n\n".join([f"### Question {cell.ref} · {o['title']}", facts, question, hidden])


def _points(points: float) -> str:
    return f"**{points:g} point{'' if points == 1 else 's'}**"


def badge(name: str, root: Path) -> str:
    """A link that opens the released notebook in Colab, as the release that it belongs to has it."""
    place = f"{repository(root).removeprefix('https://github.com/')}/blob/{fetched(root)}/notebooks/{name}/{name}.ipynb"
    image = "https://colab.research.google.com/assets/colab-badge.svg"
    return f"[![Open in Colab]({image})](https://colab.research.google.com/github/{place})"
