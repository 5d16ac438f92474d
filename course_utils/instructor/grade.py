"""``python -m course_utils.instructor.grade HANDINS``: from a folder or zip file of hand-ins to marks and feedback.

Whose a notebook is, is read off where it lies (:mod:`course_utils.instructor.collect`). The hand-ins are only read: what is
graded is a copy under ``submitted/``, what is not (older attempts, refused ones) is kept under ``attempts/``. One hand-in
that cannot be graded is reported with its reason and never stops the others. Every hand-in is run in a sandbox, several at
a time; what was run once is not run again. ``marks.csv`` is the table that is printed, ``report.html`` tells more.
"""

import argparse
import csv
import hashlib
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from course_utils.instructor import farm, report, results, sandbox
from course_utils.instructor.assemble import assemble
from course_utils.instructor.build import places
from course_utils.instructor.collect import COLUMNS, HandIn, find
from course_utils.instructor.execute import Options
from course_utils.instructor.intake import Refused, load, repair
from course_utils.instructor.preprocessors import GradingExecute
from course_utils.instructor.release import ReleaseError, release, settings
from course_utils.instructor.source import read


def register(root: Path, assignment: str) -> None:
    """Tells the gradebook what the release is: nbgrader keeps hidden tests and points there.

    Raises ReleaseError if the gradebook holds marks for another release of this assignment.
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
    """Copies the file as it is to ``submitted/``, under the right name, if it can be graded; else says why not.

    What was there before, an earlier attempt, moves to ``attempts/``.
    """
    _, released = places(root, hand_in.assignment)
    target = root / "submitted" / hand_in.student / hand_in.assignment / f"{hand_in.assignment}.ipynb"
    try:
        hand_in.note = "; ".join(repair(load(hand_in.path), nbformat.read(released, as_version=4)))
    except Refused as reason:
        hand_in.status, hand_in.note = "refused", str(reason)
    except Exception as error:  # whatever else is wrong with a hand-in is its own fault, not the class's
        hand_in.status, hand_in.note = "refused", f"It cannot be read as a notebook ({type(error).__name__}: {error})."
    if hand_in.status == "refused":
        if target.exists() and target.resolve() != hand_in.path.resolve():
            hand_in.note += " An earlier attempt stays, with its mark."
        keep(hand_in, root)
        return
    if target.resolve() == hand_in.path.resolve():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        target.chmod(0o644)
        if target.read_bytes() != hand_in.path.read_bytes():
            _attempt(target, hand_in.student, hand_in.assignment, root)
    shutil.copy2(hand_in.path, target)


def keep(hand_in: HandIn, root: Path) -> None:
    """Copies a hand-in that is not graded to ``attempts/``."""
    if hand_in.path.is_file() and not hand_in.path.is_relative_to(root / "submitted"):
        _attempt(hand_in.path, hand_in.student, hand_in.assignment or "unknown", root)


def _attempt(path: Path, student: str, assignment: str, root: Path) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    target = root / "attempts" / student / assignment / f"{digest}-{path.name}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)


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
        hand_in.waiting = float(
            sum(grade.max_score for notebook in submission.notebooks for grade in notebook.grades if grade.needs_manual_grade)
        )
    if told := report.record(Path(api.coursedir.root), hand_in.student, hand_in.assignment):
        hand_in.flags = len(told["flags"])
    outcome = api.generate_feedback(hand_in.assignment, hand_in.student)
    if not outcome["success"]:
        hand_in.note = "; ".join(filter(None, [hand_in.note, f"no feedback: {_reason(outcome)}"]))


def _reason(outcome: dict) -> str:
    """The last exception in nbgrader's log, in one line."""
    lines = (outcome.get("log", "") + outcome.get("error", "")).split("\n")
    raised = [line.strip() for line in lines if re.match(r"\s*[\w.]*(Error|Exception|Refused)\b.*: ", line)]
    return next((line for line in raised if "NbGraderException" not in line), "nbgrader could not grade it")


def prepare(nb: NotebookNode, label: str, assignment: str, root: Path, options: Options) -> farm.Job:
    """What a worker needs to run a notebook."""
    _, path = places(root, assignment)
    released = nbformat.read(path, as_version=4)
    solution = assemble(read(root / "solutions" / assignment / f"{assignment}.py"), root)
    repair(nb, released)
    return farm.Job(
        results.key(nb, released, options),
        label,
        nbformat.writes(nb),
        nbformat.writes(released),
        tuple(sorted(tests_of(solution).items())),
        options,
    )


def tests_of(solution: NotebookNode) -> dict[str, str]:
    """Grade id → source of the graded cells."""
    return {cell.id: cell.source for cell in solution.cells if cell.metadata.get("nbgrader", {}).get("grade")}


def grade(
    source: Path,
    root: Path,
    only: str = "",
    *,
    workers: int = 0,
    scheduler: str = "",
    config: Config | None = None,
    students: frozenset[str] = frozenset(),
) -> list[HandIn]:
    """Takes, grades and reports every hand-in in ``source``, a folder or zip file; writes ``marks.csv`` and ``report.html``.

    ``students``: the class list; who is not on it is graded, and noted.
    """
    source = source / "submitted" if (source / "submitted").is_dir() else source
    with tempfile.TemporaryDirectory() as scratch:
        return _grade(source, Path(scratch), root, only, workers, scheduler, config or settings(root), students)


def _grade(
    source: Path, scratch: Path, root: Path, only: str, workers: int, scheduler: str, config: Config, students: frozenset[str]
) -> list[HandIn]:
    assignments = [path.parent.name for path in sorted(root.glob("notebooks/[0-9][0-9]_*/*.ipynb"))]
    step = GradingExecute(config=config)
    if step.sandboxed:
        sandbox.require()
    hand_ins = find(source, scratch, assignments, only)
    taken = [h for h in hand_ins if h.status == "taken"]
    for assignment in sorted({h.assignment for h in taken}):
        register(root, assignment)
        solution = assemble(read(root / "solutions" / assignment / f"{assignment}.py"), root)
        farm.warm(prepare(solution, "the course's own solution", assignment, root, step.options()))
    for hand_in in hand_ins:
        (take if hand_in.status == "taken" else keep)(hand_in, root)
        if students and hand_in.student not in students:
            hand_in.note = "; ".join(filter(None, [hand_in.note, "not on the class list"]))
    taken = [h for h in taken if h.status == "taken"]
    jobs = [
        prepare(
            load(root / "submitted" / h.student / h.assignment / f"{h.assignment}.ipynb"), h.student, h.assignment, root, step.options()
        )
        for h in taken
    ]
    api = NbGraderAPI(config=config)
    api.log.setLevel("ERROR")  # errors are where the report's reasons come from
    whose = {id(job): hand_in for job, hand_in in zip(jobs, taken)}
    for job, failed in farm.run(jobs, Path(step.results), workers=workers, scheduler=scheduler):
        hand_in = whose[id(job)]  # the one writer of the gradebook is here, while others run
        if failed:
            hand_in.status, hand_in.note = "failed", failed
            continue
        try:
            mark(hand_in, api)
        except Exception as error:
            hand_in.status, hand_in.note = "failed", f"{type(error).__name__}: {error}"
    with (root / "marks.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(h.row() for h in hand_ins)
    report.write(hand_ins, root)
    return hand_ins


def table(hand_ins: list[HandIn]) -> str:
    """The report as text: one line a file."""
    rows = [dict(zip(COLUMNS, COLUMNS))] + [h.row() for h in hand_ins]
    widths = {c: max(len(row[c]) for row in rows) for c in COLUMNS}
    return "\n".join("  ".join(row[c].ljust(widths[c]) for c in COLUMNS).rstrip() for row in rows)


def main(arguments: list[str] | None = None, root: Path | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m course_utils.instructor.grade", description=__doc__)
    parser.add_argument("source", type=Path, help="the hand-ins: a folder, or a zip file")
    parser.add_argument("--students", type=Path, help="the class list: a CSV file with a column `id`")
    parser.add_argument("--assignment", default="", help="grade only this one, e.g. 00_start_here")
    parser.add_argument("--workers", type=int, default=0, help="hand-ins at once on this machine (default: one for each core)")
    parser.add_argument("--scheduler", default="", help="address of a dask scheduler to use instead of this machine")
    parser.add_argument("--without-sandbox", action="store_true", help="run hand-ins with your own rights; for trusted ones only")
    options = parser.parse_args(arguments)
    root = (root or Path.cwd()).resolve()
    config = settings(root)
    if options.without_sandbox:
        config.GradingExecute.sandboxed = False
        print("Without a sandbox: every hand-in can read and change whatever you can.", file=sys.stderr)
    warnings.filterwarnings("ignore", category=SAWarning)  # nbgrader's own queries, nothing an instructor can act on
    if not options.source.exists():
        print(f"There is no folder or file {options.source}.", file=sys.stderr)
        return 1
    students = frozenset()
    if options.students:
        with options.students.open(encoding="utf-8-sig", newline="") as file:
            students = frozenset(row.get("id", "") for row in csv.DictReader(file))
    try:
        hand_ins = grade(
            options.source.resolve(),
            root,
            options.assignment,
            workers=options.workers,
            scheduler=options.scheduler,
            config=config,
            students=students,
        )
    except (ReleaseError, sandbox.NoSandbox) as error:
        print(error, file=sys.stderr)
        return 1
    if not hand_ins:
        print(f"There is no .ipynb under {options.source}.", file=sys.stderr)
        return 1
    print(table(hand_ins))
    print(
        "\nreport.html tells more; marks.csv holds this table; feedback/ what each student gets; `make formgrader` shows all, and is where "
        "written answers are read."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
