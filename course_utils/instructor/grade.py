"""``python -m course_utils.instructor.grade HANDINS``: from a folder or zip file of hand-ins to marks and feedback.

Whose a notebook is, is read off where it lies (:mod:`course_utils.instructor.identity`). The hand-ins are only read: what is
graded is a copy under ``submitted/``, what is not (older attempts, refused ones) is kept under ``attempts/``. One hand-in
that cannot be graded is reported with its reason and never stops the others. Every hand-in is run in a sandbox, several at
a time; what was run once is not run again. ``marks.csv`` is the table that is printed, ``report.html`` tells more.
"""

import argparse
import contextlib
import csv
import hashlib
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from course_utils.instructor import farm, report, results, sandbox
from course_utils.instructor.apart import Apart
from course_utils.instructor.assemble import assemble
from course_utils.instructor.build import places
from course_utils.instructor.collect import COLUMNS, HandIn, find
from course_utils.instructor.execute import Options
from course_utils.instructor.intake import Refused, load, repair
from course_utils.instructor.preprocessors import GradingExecute
from course_utils.instructor.release import ReleaseError, release, settings
from course_utils.instructor.roster import Roster
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
    """Copies the file as it is to ``submitted/``, under the right name. An earlier attempt there moves to ``attempts/``."""
    target = _submitted(hand_in, root)
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
    if hand_in.status == "refused" and hand_in.assignment and _submitted(hand_in, root).exists():
        hand_in.note += " An earlier attempt stays, with its mark."
    if hand_in.path.is_file() and not hand_in.path.is_relative_to(root / "submitted"):
        _attempt(hand_in.path, hand_in.student or "unknown", hand_in.assignment or "unknown", root)


def _submitted(hand_in: HandIn, root: Path) -> Path:
    return root / "submitted" / hand_in.student / hand_in.assignment / f"{hand_in.assignment}.ipynb"


def _attempt(path: Path, student: str, assignment: str, root: Path) -> None:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    target = root / "attempts" / student / assignment / f"{digest}-{path.name[-40:]}"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)


def mark(hand_in: HandIn, config: Config) -> None:
    """Has nbgrader make mark and feedback of one hand-in, in a process of its own, and fills in its row."""
    told = _clerk("mark", config, hand_in.assignment, hand_in.student)
    hand_in.say(told.pop("note"))
    for name, value in told.items():
        setattr(hand_in, name, value)


_clerk = Apart("course_utils.instructor.marking", seconds=600)


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
    roster: Roster | None = None,
) -> list[HandIn]:
    """Takes, grades and reports every hand-in in ``source``, a folder or zip file.

    ``marks.csv`` and ``report.html`` are written whatever happens once hand-ins are run; if that is interrupted, they say
    what is missing. ``roster``: the class list; who is not on it is graded, and noted, and who of it did not hand in has a row.

    Raises Refused if the class list names nobody who handed in, ReleaseError and NoSandbox if nothing can be graded here.
    """
    source = source / "submitted" if source == root and (source / "submitted").is_dir() else source
    config = config or settings(root)
    step = GradingExecute(config=config)
    if step.sandboxed:
        sandbox.require()
    assignments = [path.parent.name for path in sorted(root.glob("notebooks/[0-9][0-9]_*/*.ipynb"))]
    with tempfile.TemporaryDirectory() as scratch:
        submitted = root / "submitted"
        who = {"known": [] if source == submitted or not submitted.is_dir() else os.listdir(submitted)}
        if roster:
            who["listed"] = roster.lines
        releases = {assignment: places(root, assignment)[1] for assignment in assignments}
        hand_ins = find(source, Path(scratch), assignments, only, **who, releases=releases)
        if roster:
            notes, missing = roster.compare({h.student for h in hand_ins if h.student})
            for hand_in in hand_ins:
                hand_in.say(notes.get(hand_in.student, ""))
            hand_ins += [HandIn(Path(), "", row, status="missing", note="on the class list, handed in nothing") for row in missing]
        for assignment in sorted({h.assignment for h in hand_ins if h.status == "taken"}):
            register(root, assignment)
            solution = assemble(read(root / "solutions" / assignment / f"{assignment}.py"), root)
            farm.warm(prepare(solution, "the course's own solution", assignment, root, step.options()))
        try:
            _run(hand_ins, root, config, step, workers, scheduler)
        finally:
            for hand_in in hand_ins:
                if hand_in.status == "taken":
                    hand_in.refuse("Grading ended before this was run: grade again, and what was run is not run again.", "not run")
            with (root / "marks.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, COLUMNS)
                writer.writeheader()
                writer.writerows(h.row() for h in hand_ins)
            report.write(hand_ins, root)
    return hand_ins


def _run(hand_ins: list[HandIn], root: Path, config: Config, step: GradingExecute, workers: int, scheduler: str) -> None:
    """Takes and marks what can be graded and keeps the rest; what goes wrong with one hand-in is written into its row."""
    jobs, whose = [], {}
    for hand_in in hand_ins:
        with _in_its_row(hand_in):
            if hand_in.status != "taken":
                keep(hand_in, root)
                continue
            take(hand_in, root)
            nb = load(_submitted(hand_in, root))
            jobs.append(prepare(nb, hand_in.student, hand_in.assignment, root, step.options()))
            whose[id(jobs[-1])] = hand_in
    for job, failed in farm.run(jobs, Path(step.results), workers=workers, scheduler=scheduler):
        hand_in = whose[id(job)]  # the one writer of the gradebook is beside this process, while others run
        if failed:
            hand_in.refuse(failed, "failed")
        else:
            with _in_its_row(hand_in):
                mark(hand_in, config)


@contextlib.contextmanager
def _in_its_row(hand_in: HandIn) -> Iterator[None]:
    """What goes wrong with one hand-in fails it, and nobody else's."""
    try:
        yield
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        hand_in.refuse(said, "failed") if hand_in.status == "taken" else hand_in.say(said)


def table(hand_ins: list[HandIn]) -> str:
    """The report as text: one line a file."""
    rows = [dict(zip(COLUMNS, COLUMNS))] + [h.row() for h in hand_ins]
    widths = {c: max(len(row[c]) for row in rows) for c in COLUMNS}
    return "\n".join("  ".join(row[c].ljust(widths[c]) for c in COLUMNS).rstrip() for row in rows)


def main(arguments: list[str] | None = None, root: Path | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m course_utils.instructor.grade", description=__doc__)
    parser.add_argument("source", type=Path, help="the hand-ins: a folder, or a zip file")
    parser.add_argument("--students", type=Path, help="the class list: a CSV file, as your platform exports it")
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
    try:
        hand_ins = grade(
            options.source.resolve(),
            root,
            options.assignment,
            workers=options.workers,
            scheduler=options.scheduler,
            config=config,
            roster=Roster(options.students) if options.students else None,
        )
    except KeyboardInterrupt:
        print(
            "Interrupted. Once hand-ins were run, marks.csv and report.html say what is missing. The same command goes on.", file=sys.stderr
        )
        return 130
    except (Refused, ReleaseError, sandbox.NoSandbox) as error:
        print(error, file=sys.stderr)
        return 1
    if not hand_ins:
        print(f"There is nothing in {options.source}.", file=sys.stderr)
        return 1
    print(table(hand_ins).encode(sys.stdout.encoding or "utf-8", "backslashreplace").decode(sys.stdout.encoding or "utf-8"))
    print(
        "\nreport.html tells more; marks.csv holds this table; feedback/ what each student gets; `make formgrader` shows all, and is where "
        "written answers are read."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
