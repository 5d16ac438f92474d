"""Grading as a command: nbgrader's own, a second hand-in, no sandbox, a killed worker, an interruption; and its pieces."""

from __future__ import annotations

import copy
import csv
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
import handins
import nbformat
import nbgrader.api as nbgrader_api
from classroom import Class, small_course
from handins import FIRST, NAME, SECOND, cell
from nbgrader.api import Gradebook

from course_utils.exercises import checks, core
from course_utils.instructor import build, execute, farm, grade, kernel, sandbox
from course_utils.instructor.intake import Refused, load, repair, tidy_name


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """Do not change it. One seed for all of its copies: the course's own solution runs once for them."""
    root = small_course(tmp_path_factory.mktemp("small") / "course")
    (root / "instructor_seed").write_text("20000\n")
    return root


@pytest.fixture
def room(small, tmp_path) -> Class:
    """The small course, to be changed."""
    return Class(Path(shutil.copytree(small, tmp_path / "course")), NAME)


def nbgrader(root: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def test_plain_nbgrader_commands_work_and_one_old_hand_in_stops_nobody(room):
    root, room.folder = room.root, room.root / "submitted"
    room.hand_in("ann", *handins.BOTH, change=handins.copies_a_test)
    room.hand_in("bob", *handins.BOTH, change=handins.is_older)
    room.hand_in("cy", SECOND, change=handins.deletes_tests)
    before = build.places(root, NAME)[1].read_bytes()
    assert nbgrader(root, "generate_assignment", NAME, "--force").returncode == 0
    assert build.places(root, NAME)[1].read_bytes() == before
    assert [p.name for p in (root / "notebooks" / NAME).iterdir()] == [f"{NAME}.ipynb"]
    graded = nbgrader(root, "autograde", NAME)
    assert "was made from the release 0123456789ab" in graded.stderr
    assert nbgrader(root, "generate_feedback", NAME).returncode == 0
    with sqlite3.connect(root / "gradebook.db") as tables:  # made by nbgrader's own command
        assert tables.execute("select version_num from alembic_version").fetchall() == [(nbgrader_api.get_alembic_version(),)]
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        marks = {s.student.id: s.score for s in book.assignment_submissions(NAME)}
    assert marks["ann"] == 7 and marks["cy"] == 3 and not marks["bob"]
    assert (root / f"feedback/cy/{NAME}/{NAME}.html").is_file()


def test_a_second_hand_in_is_graded_anew_and_what_was_run_is_not_run_again(room, capsys):
    room.hand_in("ann", *handins.BOTH)
    room.hand_in("bob", FIRST)
    assert room.grade("--workers", "1")["ann"]["mark"] == "7"
    room.hand_in("ann", SECOND, change=handins.deletes_tests)
    kept = {p: p.stat().st_mtime_ns for p in (room.root / ".grading/results").iterdir()}
    capsys.readouterr()
    rows = room.grade("--workers", "1")
    assert (rows["ann"]["mark"], rows["bob"]["mark"]) == ("3", "4")
    said = capsys.readouterr().out
    assert "1 of 1 run: ann" in said and "run: bob" not in said
    assert kept.items() <= {p: p.stat().st_mtime_ns for p in (room.root / ".grading/results").iterdir()}.items()


def test_a_gradebook_of_other_exercises_is_not_overwritten(room, capsys):
    room.hand_in("ann", *handins.BOTH)
    room.grade()
    path = room.root / "solutions" / NAME / f"{NAME}.py"
    path.write_text(path.read_text().replace("01.6", "01.5"))
    assert build.main(["--no-execute"], room.root) == 0
    Class(room.root, NAME).hand_in("bob", FIRST)
    assert grade.main([str(room.folder)], room.root) == 1
    assert f"gradebook.db holds marks for an older release of {NAME}" in capsys.readouterr().err


def test_without_a_sandbox_grading_refuses_unless_told_otherwise(room, monkeypatch, capsys):
    room.hand_in("ann", *handins.BOTH)
    monkeypatch.setattr(sandbox.shutil, "which", lambda tool: None)
    assert grade.main([str(room.folder)], room.root) == 1
    said = capsys.readouterr().err
    assert "install bubblewrap" in said and "--without-sandbox" in said
    assert room.grade("--without-sandbox", "--workers", "1")["ann"]["mark"] == "7"
    assert "can read and change whatever you can" in capsys.readouterr().err


def _runs_a_hand_in(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline()) and any(c.name() == "bwrap" for c in process.children(recursive=True))
    except psutil.NoSuchProcess:  # it ended while it was looked at
        return False


def test_a_killed_worker_loses_no_mark_and_doubles_none(room):
    names = [f"s{k}" for k in range(3)]
    for name in names:
        room.hand_in(name, *handins.BOTH, change=lambda nb, name=name: handins.own(nb, f"import time; time.sleep(1); {name!r}"))
    process = subprocess.Popen(
        [sys.executable, "-m", "course_utils.instructor.grade", str(room.folder)],
        cwd=room.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    killed = False
    for line in process.stdout:  # a worker dies while it runs a hand-in
        while "run:" in line and not killed and process.poll() is None:
            for worker in filter(_runs_a_hand_in, psutil.Process(process.pid).children(recursive=True)):
                worker.kill()
                killed = True
                break
            else:
                time.sleep(0.05)
    assert process.wait(300) == 0 and killed
    with (room.root / "marks.csv").open() as file:
        assert {row["student"]: row["mark"] for row in csv.DictReader(file)} == dict.fromkeys(names, "7")
    with Gradebook(f"sqlite:///{room.root}/gradebook.db") as book:
        assert sorted(s.student.id for s in book.assignment_submissions(NAME)) == names


def test_an_interrupted_grading_goes_on_where_it_was(room, capsys):
    for k in range(3):
        room.hand_in(f"s{k}", *handins.BOTH, change=lambda nb, k=k: handins.own(nb, f"{k}"))
    process = subprocess.Popen(
        [sys.executable, "-m", "course_utils.instructor.grade", str(room.folder), "--workers", "1"],
        cwd=room.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    for line in process.stdout:
        if "1 of 3 run" in line:
            process.kill()
    process.wait()
    done = len(list((room.root / ".grading/results").glob("*.json")))
    assert 1 <= done < 3
    assert {row["mark"] for row in room.grade("--workers", "1").values()} == {"7"}
    assert f"of {3 - done} run" in capsys.readouterr().out


# --- pieces


def test_an_interrupted_run_says_what_is_missing_and_who(room, monkeypatch, capsys):
    for name in ("ann", "bob"):
        room.hand_in(name)
    (room.folder / "di").mkdir()
    (room.root / "class.csv").write_text("id\nann\nbob\ncy\n")

    def run(jobs, *_, **__):
        yield jobs[0], "It did not end within 5 seconds."
        raise KeyboardInterrupt

    monkeypatch.setattr(farm, "warm", lambda job: None)
    monkeypatch.setattr(farm, "run", run)
    assert grade.main([str(room.folder), "--students", str(room.root / "class.csv")], room.root) == 130
    with (room.root / "marks.csv").open() as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert {student: row["status"] for student, row in rows.items()} == {
        "ann": "failed",
        "bob": "not run",
        "di": "refused",
        "cy": "missing",
    }
    assert "grade again" in rows["bob"]["note"] and "not on the class list" in rows["di"]["note"]
    assert "1 not run" in (room.root / "report.html").read_text() and "goes on" in capsys.readouterr().err


def test_deep_and_closed_folders_are_cleared(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    at = os.open(folder, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=at)
        inner = os.open("d", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(at)
    (folder / "d").chmod(0)
    kernel.clear(folder)
    assert not folder.exists()


@pytest.mark.parametrize(
    "name",
    [
        "00_a.ipynb",
        "Copy of 00_a.ipynb",
        "00_a (1).ipynb",
        "Copy of Copy of 00_a (12).ipynb",
        "00_a-Copy1.ipynb",
        "00_a.IPYNB",
        "Kopie von 00_a.ipynb",
        "00_a.ipynb.txt",
    ],
)
def test_names_are_tidied(name):
    assert tidy_name(name) == "00_a.ipynb"


def test_a_hand_in_that_is_too_large_is_refused(tmp_path, monkeypatch):
    from course_utils.instructor import intake

    monkeypatch.setattr(intake, "LARGEST", 10)
    (tmp_path / "a.ipynb").write_text("{" + " " * 20)
    with pytest.raises(Refused, match="clear its outputs"):
        load(tmp_path / "a.ipynb")


def test_without_its_stamp_an_old_notebook_is_known_by_its_cells(small):
    released = nbformat.read(build.places(small, NAME)[1], as_version=4)
    old = copy.deepcopy(released)
    handins.strips_metadata(old)
    old.cells = [c for c in old.cells if not c.id.startswith(SECOND)]
    with pytest.raises(Refused, match="it has no cell ex-01-6-solution"):
        repair(old, released)


def test_pasted_pictures_in_a_written_answer_stay(small):
    released = nbformat.read(build.places(small, NAME)[1], as_version=4)
    nb = copy.deepcopy(released)
    cell(nb, "ex-01-q1-answer")["attachments"] = {"a.png": {"image/png": "AAAA"}}
    repair(nb, released)
    assert cell(nb, "ex-01-q1-answer").attachments["a.png"]["image/png"] == "AAAA"


def test_of_an_exercise_that_trains_feedback_shows_only_numbers():
    """It is asked on hidden cases alone, so what its answers say may hold them."""
    exercise = checks.find("02.7")
    says = core.Problem("ValueError", "INPUT 0.12345678", "raise ValueError('INPUT')", 3)
    asked = execute.Asked(nbformat.v4.new_code_cell(metadata={"nbgrader": {"points": 4}}), exercise, "f", hidden=[says])
    record = execute.Run(execute.Options(seed=5))._judge(asked)
    assert "INPUT" in record["headline"] and record["earned"] == 0
    assert "INPUT" not in str(asked.cell.outputs) and "could be scored" in str(asked.cell.outputs)
