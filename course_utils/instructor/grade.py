"""``python -m course_utils.instructor.grade FOLDER``: from a folder of hand-ins to marks and feedback.

The folder may hold ``STUDENT/ASSIGNMENT/NOTEBOOK.ipynb`` (nbgrader's own layout), ``STUDENT/NOTEBOOK.ipynb`` or
``STUDENT.ipynb``. It is only read: what is graded is a copy under ``submitted/``. One hand-in that cannot be graded is
reported with its reason and never stops the others. ``marks.csv`` is the table that is printed, with every reason.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import re
import shutil
import sys
import warnings
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from sqlalchemy.exc import SAWarning

from course_utils.instructor.assemble import assemble
from course_utils.instructor.build import places
from course_utils.instructor.intake import Refused, load, repair, tidy_name
from course_utils.instructor.release import ReleaseError, release, settings
from course_utils.instructor.source import read

_COLUMNS = ("student", "assignment", "mark", "of", "waiting", "status", "note")


@dataclasses.dataclass
class HandIn:
    """One file that was found. ``status`` is "graded", "refused", "failed" or "replaced" (by a newer one)."""

    path: Path
    student: str
    assignment: str = ""
    status: str = "taken"
    note: str = ""
    mark: float | None = None
    of: float | None = None
    waiting: float | None = None  # points of written answers that a person has still to read

    def row(self) -> dict[str, str]:
        values = dataclasses.asdict(self)
        return {c: f"{v:g}" if isinstance(v := values[c], float) else v or "" for c in _COLUMNS}


def find(folder: Path, assignments: list[str], only: str = "") -> list[HandIn]:
    """Every ``.ipynb`` under ``folder``, with its student and assignment, or with the reason why it is refused.

    Of several files of one student for one assignment the newest counts.
    """
    found = [_identify(path, folder, assignments, only) for path in sorted(folder.rglob("*.ipynb"))
             if ".ipynb_checkpoints" not in path.parts]
    newest: dict[tuple[str, str], HandIn] = {}
    for hand_in in (h for h in found if h.status == "taken"):
        key = (hand_in.student, hand_in.assignment)
        older = newest.get(key)
        if older and older.path.stat().st_mtime > hand_in.path.stat().st_mtime:
            older, hand_in = hand_in, older
        if older:
            older.status, older.note = "replaced", f"{hand_in.path.relative_to(folder)} is newer"
        newest[key] = hand_in
    return found


def _identify(path: Path, folder: Path, assignments: list[str], only: str) -> HandIn:
    parts = path.relative_to(folder).parts
    name = tidy_name(path.name).removesuffix(".ipynb")
    student = parts[0] if len(parts) > 1 else name
    hand_in = HandIn(path, re.sub(r"[^\w.@-]+", "_", student).strip("."))
    try:
        stamp = load(path).metadata.get("course")
        stamp = stamp.get("notebook") if isinstance(stamp, dict) else None
        said = [x for x in (stamp, name, parts[1] if len(parts) > 2 else "", only) if x in assignments]
        if not said:
            raise Refused(f"{path.name} is no notebook of this course that can be recognised: "
                          f"hand in one of {', '.join(assignments)} under its own name.")
        hand_in.assignment = said[0]
        if only and hand_in.assignment != only:
            hand_in.status, hand_in.note = "refused", f"It is {hand_in.assignment}, not {only}: grade it as what it is."
    except Refused as reason:
        hand_in.status, hand_in.note = "refused", str(reason)
    return hand_in


def register(root: Path, assignment: str) -> None:
    """Tells the gradebook what the release is: nbgrader keeps hidden tests and points there.

    Raises
    ------
    ReleaseError
        If the gradebook holds marks for another release of this assignment.
    """
    source = read(root / "solutions" / assignment / f"{assignment}.py")
    try:
        release(assemble(source, root), assignment, root, db_url=settings(root).CourseDirectory.db_url)
    except ReleaseError as error:
        if "submissions associated" not in str(error):
            raise
        raise ReleaseError(
            f"gradebook.db holds marks for an older release of {assignment}, with other exercises: "
            "move it away to grade this release, or check out the older release to go on with it."
        ) from None


def take(hand_in: HandIn, root: Path) -> None:
    """Copies the file as it is to ``submitted/``, under the right name, if it can be graded; else says why not."""
    _, released = places(root, hand_in.assignment)
    try:
        hand_in.note = "; ".join(repair(load(hand_in.path), nbformat.read(released, as_version=4)))
    except Refused as reason:
        hand_in.status, hand_in.note = "refused", str(reason)
        return
    except Exception as error:  # whatever else is wrong with a hand-in is its own fault, not the class's
        hand_in.status, hand_in.note = "refused", f"It cannot be read as a notebook ({type(error).__name__}: {error})."
        return
    target = root / "submitted" / hand_in.student / hand_in.assignment / f"{hand_in.assignment}.ipynb"
    if target.resolve() != hand_in.path.resolve():
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            target.chmod(0o644)
        shutil.copy2(hand_in.path, target)


def mark(hand_in: HandIn, api: NbGraderAPI) -> None:
    """Runs nbgrader's autograde and feedback for one hand-in and reads its mark."""
    outcome = api.autograde(hand_in.assignment, hand_in.student)
    if not outcome["success"]:
        hand_in.status, hand_in.note = "failed", _reason(outcome)
        return
    hand_in.status = "graded"
    with Gradebook(api.coursedir.db_url) as gradebook:
        submission = gradebook.find_submission(hand_in.assignment, hand_in.student)
        hand_in.mark, hand_in.of = float(submission.score), float(submission.max_score)
        hand_in.waiting = float(sum(
            grade.max_score for notebook in submission.notebooks for grade in notebook.grades if grade.needs_manual_grade
        ))
    outcome = api.generate_feedback(hand_in.assignment, hand_in.student)
    if not outcome["success"]:
        hand_in.note = "; ".join(filter(None, [hand_in.note, f"no feedback: {_reason(outcome)}"]))


def _reason(outcome: dict) -> str:
    """The last exception in nbgrader's log, in one line."""
    lines = (outcome.get("log", "") + outcome.get("error", "")).split("\n")
    raised = [line.strip() for line in lines if re.match(r"\s*[\w.]*(Error|Exception|Refused)\b.*: ", line)]
    return next((line for line in raised if "NbGraderException" not in line), "nbgrader could not grade it")


def grade(folder: Path, root: Path, only: str = "") -> list[HandIn]:
    """Takes, grades and reports every hand-in under ``folder``; writes ``marks.csv`` in ``root``."""
    folder = folder / "submitted" if (folder / "submitted").is_dir() else folder
    assignments = [path.parent.name for path in sorted(root.glob("notebooks/[0-9][0-9]_*/*.ipynb"))]
    hand_ins = find(folder, assignments, only)
    taken = [h for h in hand_ins if h.status == "taken"]
    for assignment in sorted({h.assignment for h in taken}):
        register(root, assignment)
    for hand_in in taken:
        take(hand_in, root)
    api = NbGraderAPI(config=settings(root))
    api.log.setLevel("ERROR")  # errors are where the report's reasons come from
    for hand_in in (h for h in taken if h.status == "taken"):
        try:
            mark(hand_in, api)
        except Exception as error:
            hand_in.status, hand_in.note = "failed", f"{type(error).__name__}: {error}"
        print(f"  {hand_in.student}: {hand_in.status}", flush=True)
    with (root / "marks.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, _COLUMNS)
        writer.writeheader()
        writer.writerows(h.row() for h in hand_ins)
    return hand_ins


def table(hand_ins: list[HandIn]) -> str:
    """The report as text: one line a file."""
    rows = [dict(zip(_COLUMNS, _COLUMNS))] + [h.row() for h in hand_ins]
    widths = {c: max(len(row[c]) for row in rows) for c in _COLUMNS}
    return "\n".join("  ".join(row[c].ljust(widths[c]) for c in _COLUMNS).rstrip() for row in rows)


def main(arguments: list[str] | None = None, root: Path | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m course_utils.instructor.grade", description=__doc__)
    parser.add_argument("folder", type=Path, help="the hand-ins")
    parser.add_argument("--assignment", default="", help="grade only this one, e.g. 00_start_here")
    options = parser.parse_args(arguments)
    root = (root or Path.cwd()).resolve()
    warnings.filterwarnings("ignore", category=SAWarning)  # nbgrader's own queries, nothing an instructor can act on
    if not options.folder.is_dir():
        print(f"There is no folder {options.folder}.", file=sys.stderr)
        return 1
    try:
        hand_ins = grade(options.folder.resolve(), root, options.assignment)
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    if not hand_ins:
        print(f"There is no .ipynb under {options.folder}.", file=sys.stderr)
        return 1
    print(table(hand_ins))
    print("\nmarks.csv holds this table; feedback/ what each student gets; `make formgrader` shows all, and is where "
          "written answers are read.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
