"""A notebook as it is written: ``solutions/NN_topic/NN_topic.py`` in jupytext's percent format, read and checked.

An author marks a cell in its ``# %%`` line; everything else is ordinary text and code::

    # %% setup                                     the one setup cell (empty here; stamped in by the build)
    # %% [markdown] exercise="00.1" name="cosine" title="Compare directions" points=4 difficulty=1 minutes=6
    #     the task, then two hints, each from a line "Hint: ..." on; further=true for an exercise beyond the core
    # %% solution="00.1"                           code with ### BEGIN SOLUTION / ### END SOLUTION
    # %% check="00.1"                              the learner's check, e.g. result = check("00.1", cosine)
    # %% graded="00.1"                             hidden test; its last expression is the number of points
    # %% [markdown] question="00.q1" title="..." points=2 minutes=5      the question, then the "Rubric: ..."
    # %% [markdown] answer="00.q1"                 the model answer
    # %% deterministic=true                        a code cell whose saved output the tests compare

:func:`read` turns that into :class:`Source`, or raises :class:`SourceError` with every mistake and its line.
"""

import ast
import dataclasses
import hashlib
import re
from pathlib import Path
from typing import Any

import jupytext

BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
STUB = "# YOUR CODE HERE\nraise NotImplementedError"

_EXERCISE_PARTS = ("exercise", "solution", "check", "graded")
_QUESTION_PARTS = ("question", "answer")
ROLES = _EXERCISE_PARTS + _QUESTION_PARTS
_MARKDOWN_ROLES = ("exercise", *_QUESTION_PARTS)
_OPTIONS = {
    "exercise": {"name": str, "title": str, "points": (int, float), "difficulty": int, "minutes": int, "further": bool},
    "question": {"title": str, "points": (int, float), "minutes": int},
}
_OPTIONAL = {"further"}
_RESERVED = ("BEGIN HIDDEN TESTS", "END HIDDEN TESTS", "BEGIN MARK SCHEME", "END MARK SCHEME")


class SourceError(ValueError):
    """The mistakes of one ``.py``, each as ``file:line: what is wrong``."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """One cell. ``role`` is "text", "code", "setup" or one of :data:`ROLES`; ``ref`` is the exercise's id."""

    kind: str
    source: str
    role: str
    ref: str
    line: int
    options: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Source:
    """A checked notebook: its folder's name, its cells in order, and the SHA-256 of the file."""

    name: str
    cells: tuple[Cell, ...]
    sha256: str

    def options(self, ref: str) -> dict[str, Any]:
        """What the marker of exercise or question ``ref`` states: points, title, minutes, …"""
        return next(c.options for c in self.cells if c.ref == ref and c.role in ("exercise", "question"))


def read(path: Path) -> Source:
    """Reads and checks one ``NN_topic.py``.

    Raises
    ------
    SourceError
        With one line a mistake: file, line, what is wrong and what to write.
    """
    text = path.read_text(encoding="utf-8")
    mistakes: list[tuple[int, str]] = []
    cells = _cells(text, mistakes)
    if not mistakes:
        _check(path.stem, cells, mistakes)
    if mistakes:
        raise SourceError("\n".join(f"{path}:{line}: {what}" for line, what in sorted(set(mistakes))))
    return Source(path.stem, tuple(cells), hashlib.sha256(text.encode()).hexdigest())


def stub_of(source: str) -> str:
    """The solution cell as a learner gets it: every solution region replaced by the stub, indented as the region."""
    lines, inside = [], False
    for line in source.split("\n"):
        if BEGIN_SOLUTION in line:
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + stub_line for stub_line in STUB.split("\n")]
        elif END_SOLUTION in line:
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


def split_hints(text: str) -> tuple[str, list[str]]:
    """The task, and its hints: each runs from a line that starts with ``Hint:`` to the next or the end."""
    task, *hints = re.split(r"^Hint:\s*", text, flags=re.MULTILINE)
    return task.strip(), [hint.strip() for hint in hints]


def split_rubric(text: str) -> tuple[str, str]:
    """The question, and the graders' rubric: everything from the line that starts with ``Rubric:`` on."""
    question, _, rubric = re.split(r"^(Rubric:)\s*", text + "\nRubric:", maxsplit=1, flags=re.MULTILINE)
    return question.strip(), rubric.removesuffix("Rubric:").strip()


def _cells(text: str, mistakes: list) -> list[Cell]:
    """Cells with their line numbers. Jupytext gives no lines, so its cells are matched to the ``# %%`` lines in order."""
    header = re.match(r"# ---\n(?:#.*\n)*?# ---\n", text)
    start = text[: header.end()].count("\n") if header else 0
    markers = [n for n, line in enumerate(text.split("\n"), 1) if n > start and re.match(r"# ?%%( |$)", line)]
    raw = jupytext.reads(text, fmt="py:percent").cells
    if len(raw) != len(markers):
        mistakes.append((start + 1, "start the file with a cell line `# %%`, and write no such line inside a string"))
        return []
    return [_cell(cell, line, mistakes) for cell, line in zip(raw, markers)]


def _cell(cell, line: int, mistakes: list) -> Cell:
    options = {k: v for k, v in cell.metadata.items() if k != "lines_to_next_cell"}
    roles = [role for role in ROLES if role in options]
    if len(roles) > 1:
        mistakes.append((line, f"a cell has one role, this one has {' and '.join(roles)}"))
    role, ref = "code" if cell.cell_type == "code" else "text", ""
    if roles:
        role, ref = roles[0], str(options.pop(roles[0]))
        wanted = "markdown" if role in _MARKDOWN_ROLES else "code"
        if cell.cell_type != wanted:
            mistakes.append((line, f"a cell marked {role}= is a {wanted} cell"))
    elif options.get("title") == "setup" and role == "code":
        role = "setup"
        del options["title"]
    known = set(_OPTIONS.get(role, ())) | ({"deterministic", "tags"} if cell.cell_type == "code" else {"tags"})
    for key in sorted(set(options) - known):
        mistakes.append((line, f"unknown marker {key!r} here; known are {', '.join(sorted(known))} and {', '.join(ROLES)}"))
    for key, kind in _OPTIONS.get(role, {}).items():
        value = options.get(key)
        if value is None and key not in _OPTIONAL:
            mistakes.append((line, f"{role} {ref} has no {key}"))
        elif value is not None and (not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)):
            mistakes.append((line, f"{key} of {role} {ref} cannot be {value!r}"))
    return Cell(cell.cell_type, cell.source, role, ref, line, options)


def _check(name: str, cells: list[Cell], mistakes: list) -> None:
    _check_setup(cells, mistakes)
    groups: dict[str, dict[str, Cell]] = {}
    for cell in cells:
        for word in _RESERVED:
            if word in cell.source:
                mistakes.append((cell.line, f"{word!r} is written by the build, not by hand"))
        if cell.role != "solution" and (BEGIN_SOLUTION in cell.source or END_SOLUTION in cell.source):
            mistakes.append((cell.line, "a solution region stands outside a cell marked solution="))
        if cell.role in ROLES:
            group = groups.setdefault(cell.ref, {})
            if cell.role in group:
                mistakes.append((cell.line, f"{cell.role} {cell.ref!r} exists twice (first in line {group[cell.role].line})"))
            group[cell.role] = cell
    for ref, group in groups.items():
        first = min(cell.line for cell in group.values())
        parts = _QUESTION_PARTS if set(group) & set(_QUESTION_PARTS) else _EXERCISE_PARTS
        start = f"{name[:2]}.{'q' if parts is _QUESTION_PARTS else ''}"
        if not re.fullmatch(re.escape(start) + r"\d+", ref):
            mistakes.append((first, f"in {name} the id {ref!r} must be {start!r} and a number"))
        if missing := [part for part in parts if part not in group]:
            mistakes.append((first, f"{ref} has no cell marked {' and none marked '.join(f'{m}=' for m in missing)}"))
        elif set(group) != set(parts):
            mistakes.append((first, f"{ref} is used for an exercise and for a question"))
        elif [group[part].line for part in parts] != sorted(group[part].line for part in parts):
            mistakes.append((first, f"the cells of {ref} are not in the order {', '.join(parts)}"))
        else:
            (_check_question if parts is _QUESTION_PARTS else _check_exercise)(ref, group, mistakes)


def _check_setup(cells: list[Cell], mistakes: list) -> None:
    code = [cell for cell in cells if cell.kind == "code"]
    setups = [cell for cell in code if cell.role == "setup"]
    if len(setups) != 1 or code[0] is not setups[0]:
        mistakes.append((code[0].line if code else 1, "the first code cell, and no other, is the empty cell `# %% setup`"))
    elif setups[0].source.strip():
        mistakes.append((setups[0].line, "the setup cell is empty here: the build writes it"))


def _check_exercise(ref: str, group: dict[str, Cell], mistakes: list) -> None:
    text, solution, check, graded = (group[part] for part in _EXERCISE_PARTS)
    options = text.options
    if options["points"] <= 0 or options["minutes"] <= 0:
        mistakes.append((text.line, f"points and minutes of exercise {ref} must be above 0"))
    if options["difficulty"] not in (1, 2, 3):
        mistakes.append((text.line, f"difficulty of exercise {ref} is 1, 2 or 3, not {options['difficulty']}"))
    if (hints := len(split_hints(text.source)[1])) != 2:
        mistakes.append((text.line, f"exercise {ref} has {hints} hints; write two, each from a line 'Hint: ...' on"))
    if not re.search(rf"^\s*(def|class)\s+{re.escape(options['name'])}\b", solution.source, re.MULTILINE):
        mistakes.append((solution.line, f"the solution of {ref} does not define {options['name']!r}"))
    depth = [1 if BEGIN_SOLUTION in x else -1 for x in solution.source.split("\n") if BEGIN_SOLUTION in x or END_SOLUTION in x]
    if not depth or depth != [1, -1] * (len(depth) // 2):
        mistakes.append((solution.line, f"the solution of {ref} needs '{BEGIN_SOLUTION}' … '{END_SOLUTION}', in pairs"))
    for cell, code in ((solution, solution.source), (solution, stub_of(solution.source)), (graded, graded.source)):
        try:
            tree = ast.parse(code)
        except SyntaxError as error:
            mistakes.append((cell.line, f"the {cell.role} cell of {ref}, or its stub, is not Python: {error.msg}"))
            continue
        if cell is graded and not (tree.body and isinstance(tree.body[-1], ast.Expr)):
            mistakes.append((cell.line, f"the last line of the graded cell of {ref} must be the number of points, e.g. grade(...)"))
    for cell in (check, graded):
        others = set(re.findall(r"""["'](\d\d\.\d+)["']""", cell.source)) - {ref}
        if others:
            mistakes.append((cell.line, f"the {cell.role} cell of {ref} names exercise {', '.join(sorted(others))}"))


def _check_question(ref: str, group: dict[str, Cell], mistakes: list) -> None:
    question, answer = (group[part] for part in _QUESTION_PARTS)
    if question.options["points"] <= 0 or question.options["minutes"] <= 0:
        mistakes.append((question.line, f"points and minutes of question {ref} must be above 0"))
    if not split_rubric(question.source)[1]:
        mistakes.append((question.line, f"question {ref} has no rubric; end it with a line 'Rubric: ...'"))
    if not answer.source.strip():
        mistakes.append((answer.line, f"question {ref} has no model answer"))
