"""The real nbgrader from a folder of hand-ins to marks and feedback: on a small course, and on every notebook there is."""

from __future__ import annotations

import copy
import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
import handins
import nbformat
from handins import FIRST, NAME, SECOND, cell
from nbgrader.api import Gradebook

from conftest import NOTEBOOKS, ROOT
from course_utils.instructor import build, grade, sandbox
from course_utils.instructor.assemble import assemble
from course_utils.instructor.intake import Refused, load, repair, tidy_name
from course_utils.instructor.preprocessors import RECORD
from course_utils.instructor.source import read

if not shutil.which("bwrap") and not os.environ.get("CI"):  # CI installs it, and must not pass without
    pytest.skip("bubblewrap is not installed, and hand-ins are graded in it", allow_module_level=True)

NOISE = "import logging, os, sys, warnings\nwarnings.warn('careful')\nlogging.error('hm')\nos.write(2, b'fd 2')\n"
PATIENCE = 30  # seconds a cell, here: endless loops are part of the class


class Class:
    """A course of its own, to hand in to and to grade."""

    def __init__(self, root: Path, name: str):
        self.root, self.name, self.folder = root, name, root / "inbox"
        source = read(root / "solutions" / name / f"{name}.py")
        self.released = nbformat.read(build.places(root, name)[1], as_version=4)
        self.answers = {c.id: c.source for c in assemble(source, root).cells if c.id.endswith(("-solution", "-answer"))}
        self.points = {c.id[: -len("-graded")]: c.metadata.nbgrader.points for c in self.released.cells if c.id.endswith("-graded")}

    def hand_in(self, student: str, *solved: str, change=None, under: str | None = None):
        """The released notebook with the answers of the exercises in ``solved``, after ``change(nb)``."""
        nb = handins.made(handins.HandIn(student, None, solved, change), self.released, self.answers)
        path = self.folder / (under or f"{student}/{self.name}/{self.name}.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nb, path)
        return path

    def grade(self, *options: str) -> dict[str, dict]:
        assert grade.main([str(self.folder), *options], self.root) == 0
        with (self.root / "marks.csv").open() as file:
            self.rows = {row["student"]: row for row in csv.DictReader(file) if row["status"] != "replaced"}
        return self.rows

    def record(self, student: str) -> dict:
        return json.loads((self.root / "autograded" / student / self.name / RECORD).read_text())

    def feedback(self, student: str) -> str:
        return (self.root / "feedback" / student / self.name / f"{self.name}.html").read_text()


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Path:
    """A built course with one notebook of two exercises and a question. Do not change it."""
    root = tmp_path_factory.mktemp("small") / "course"
    shutil.copytree(ROOT / "tests/fixtures/grading", root)
    config = (ROOT / "nbgrader_config.py").read_text()
    assert "GradingExecute.timeout = 400" in config
    (root / "nbgrader_config.py").write_text(config.replace("GradingExecute.timeout = 400", f"GradingExecute.timeout = {PATIENCE}"))
    assert build.main([], root) == 0
    return root


@pytest.fixture
def room(small, tmp_path) -> Class:
    """The small course, to be changed."""
    return Class(Path(shutil.copytree(small, tmp_path / "course")), NAME)


@pytest.fixture(scope="module")
def everybody(small, tmp_path_factory) -> Class:
    """All hand-ins of ``handins``, and some that only intake sees, graded at once."""
    room = Class(Path(shutil.copytree(small, tmp_path_factory.mktemp("graded") / "course")), NAME)
    room.begun = time.time()
    for one in handins.ALL:
        room.hand_in(one.name, *one.solved, change=one.change)
    room.hand_in("colab-name", *handins.BOTH, under="colab-name/Copy of 01_small (1).ipynb")
    room.hand_in("flat", *handins.BOTH, under="flat.ipynb")
    os.utime(room.hand_in("flat", under="flat/01_small.ipynb"), (1, 1))  # an older attempt of the same student
    path = room.hand_in("half-a-character", *handins.BOTH)
    path.write_text(path.read_text().replace("def bilinear_pooling", r"# \ud800\ndef bilinear_pooling"))
    (room.folder / "broken.ipynb").write_text('{"cells": [')
    (room.folder / "broken2.ipynb").write_text('{"cells": [{"cell_type": "code"}], "metadata": 3, "nbformat": 4}')
    room.before = {p: p.read_bytes() for p in room.folder.rglob("*.ipynb")}
    room.grade()
    return room


GRADED = [one for one in handins.ALL if one.mark is not None]


@pytest.mark.parametrize("one", GRADED, ids=lambda one: one.name)
def test_every_hand_in_gets_the_mark_that_it_must(everybody, one):
    row = everybody.rows[one.name]
    assert (row["status"], row["mark"], row["of"]) == ("graded", f"{one.mark:g}", "9"), row


@pytest.mark.parametrize("one", GRADED, ids=lambda one: one.name)
def test_who_uses_the_courses_own_is_flagged_and_nobody_else(everybody, one):
    assert bool(everybody.record(one.name)["flags"]) == one.flagged, everybody.record(one.name)["flags"]


def test_names_and_layouts_are_put_right_and_the_newest_attempt_counts(everybody):
    assert {everybody.rows[student]["mark"] for student in ("colab-name", "flat", "half-a-character")} == {"7"}
    with (everybody.root / "marks.csv").open() as file:
        older = [row for row in csv.DictReader(file) if row["status"] == "replaced"]
    assert [(row["student"], row["mark"], row["note"]) for row in older] == [("flat", "", "flat.ipynb is newer")]


def test_what_is_refused_is_written_down_with_a_reason(everybody):
    rows = everybody.rows
    assert "made from the release 0123456789ab, the class is graded by" in rows["is-older"]["note"]
    assert "copy the answers into it" in rows["is-older"]["note"]
    assert "the notebook 05_other, not 01_small" in rows["is-another"]["note"]
    assert all("not a readable notebook" in rows[student]["note"] for student in ("broken", "broken2"))
    assert {rows[s]["status"] for s in ("is-older", "is-another", "broken", "broken2")} == {"refused"}
    assert not (everybody.root / "submitted" / "is-older").exists()


def test_repairs_are_written_down(everybody):
    notes = {student: row["note"] for student, row in everybody.rows.items()}
    assert notes["reference"] == ""
    assert "ex-01-3-graded occurred 2 times" in notes["copies-a-test"]
    assert "ex-01-3-graded was deleted" in notes["deletes-tests"]
    assert "dropped cell tags course-grader-skips, skip-execution" in notes["skips-tests"]
    assert "ex-01-3-graded stood above its answer" in notes["moves-tests-up"]


def test_the_originals_are_as_they_were(everybody):
    assert {p: p.read_bytes() for p in everybody.folder.rglob("*.ipynb")} == everybody.before
    copied = everybody.root / "submitted" / "colab-name" / NAME / f"{NAME}.ipynb"
    assert copied.read_bytes() == everybody.before[everybody.folder / "colab-name/Copy of 01_small (1).ipynb"]


def test_nothing_is_left_behind(everybody):
    def forgotten():  # folders of this run that no kernel has open any more; other tests' kernels may run beside
        open_ones = " ".join(" ".join(p.info["cmdline"] or []) for p in psutil.process_iter(["cmdline"]))
        found = (p.parent for p in Path("/tmp").glob("vlm-*/connection.json") if p.stat().st_mtime > everybody.begun)
        return {str(folder) for folder in found if str(folder) not in open_ones}

    before = forgotten()
    time.sleep(5)  # a kernel that is just starting, or just ending
    assert not before & forgotten() and not Path("/tmp/pwned").exists()
    assert subprocess.run(["pgrep", "-u", "65534", "-f", "time.sleep"], capture_output=True).stdout == b""


def test_written_answers_wait_for_a_person(everybody):
    assert everybody.rows["reference"]["waiting"] == everybody.rows["answers-the-question"]["waiting"] == "2"
    assert everybody.rows["untouched"]["waiting"] == "0"


def test_no_feedback_shows_a_hidden_case(everybody):
    """The hidden case's inputs, printed, stored and raised by those who tried, are in no page; the visible ones may be."""
    from course_utils.exercises import checking

    seed = int((everybody.root / "instructor_seed").read_text())
    hidden, visible = ({f"{x:.5f}" for case in checking.find("01.3").cases(s) for x in case.args[1].ravel()} for s in (seed, 0))
    for one in GRADED:
        page = everybody.feedback(one.name)
        numbers = {f"{float(x):.5f}" for x in re.findall(r"-?\d+\.\d{5,}", page)}
        assert not numbers & (hidden - visible), one.name
        assert str(seed) not in re.findall(r"\d+", re.sub(r"<[^>]*>", " ", page)), one.name


def test_feedback_names_the_mistake_with_the_checks_own_card(everybody):
    page = everybody.feedback("answers-nan")
    assert "NaN" in page and "ex" in page and "0 of 4 points" in page
    assert "did not run" not in everybody.feedback("reference")


def test_the_record_tells_what_struck_whom(everybody):
    first, second = everybody.record("half")["exercises"]
    assert (first["earned"], second["earned"], second["diagnosis"]) == (4.0, 0.0, "empty")
    assert "ended the kernel" in everybody.record("kills-its-kernel-when-asked")["exercises"][0]["headline"]


def test_the_seed_of_the_hidden_cases_is_private_and_stays(everybody):
    assert (everybody.root / "instructor_seed").read_text().strip().isdigit()
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {"instructor_seed", "submitted/", "autograded/", "feedback/", "gradebook.db*", "marks.csv", ".grading/"} <= set(ignored)


def test_a_second_run_runs_nothing_again(everybody, capsys):
    marks = {student: row["mark"] for student, row in everybody.rows.items()}
    results = {p: p.stat().st_mtime_ns for p in (everybody.root / ".grading/results").iterdir()}
    everybody.grade()
    assert "run:" not in capsys.readouterr().out
    assert {p: p.stat().st_mtime_ns for p in (everybody.root / ".grading/results").iterdir()} == results
    assert {student: row["mark"] for student, row in everybody.rows.items()} == marks


def test_formgrader_opens_and_shows_the_rubric_to_graders(everybody):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with Gradebook(f"sqlite:///{everybody.root}/gradebook.db") as book:
        page = book.find_submission_notebook(NAME, NAME, "reference").id
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--port", str(port), "--IdentityProvider.token=x"],
        cwd=everybody.root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )

    def get(path):
        request = urllib.request.Request(f"http://127.0.0.1:{port}/formgrader/{path}", headers={"Authorization": "token x"})
        return urllib.request.urlopen(request, timeout=30).read().decode()

    try:
        for _ in range(100):
            try:
                assert "manage_assignments" in get("manage_assignments")
                break
            except OSError:
                time.sleep(0.3)
        text = get(f"submissions/{page}/?index=0")
    finally:
        server.terminate()
        server.wait(20)
    assert "One point for naming the constant" in text and "A product with a constant is a sum" in text


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
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        marks = {s.student.id: s.score for s in book.assignment_submissions(NAME)}
    assert marks["ann"] == 7 and marks["cy"] == 3 and not marks["bob"]
    assert (root / f"feedback/cy/{NAME}/{NAME}.html").is_file()


def test_a_second_hand_in_is_graded_anew(room):
    room.hand_in("ann", *handins.BOTH)
    assert room.grade()["ann"]["mark"] == "7"
    room.hand_in("ann", SECOND, change=handins.deletes_tests)
    assert room.grade()["ann"]["mark"] == "3"


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


def test_a_killed_worker_loses_no_mark_and_doubles_none(room):
    names = [f"s{k}" for k in range(5)]
    for name in names:
        room.hand_in(name, *handins.BOTH, change=lambda nb, name=name: handins.own(nb, f"import time; time.sleep(1); {name!r}"))
    process = subprocess.Popen(
        [sys.executable, "-m", "course_utils.instructor.grade", str(room.folder)], cwd=room.root, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    killed = False
    for line in process.stdout:  # a worker dies while it runs a hand-in
        while "run:" in line and not killed and process.poll() is None:
            for worker in psutil.Process(process.pid).children(recursive=True):
                if "spawn_main" in " ".join(worker.cmdline()) and any(c.name() == "bwrap" for c in worker.children(recursive=True)):
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


def test_an_interrupted_grading_goes_on_where_it_was(room):
    for k in range(4):
        room.hand_in(f"s{k}", *handins.BOTH, change=lambda nb, k=k: handins.own(nb, f"{k}"))
    command = [sys.executable, "-m", "course_utils.instructor.grade", str(room.folder), "--workers", "1"]
    process = subprocess.Popen(command, cwd=room.root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if "2 of 4 run" in line:
            process.kill()
    process.wait()
    done = len(list((room.root / ".grading/results").glob("*.json")))
    assert 2 <= done < 4
    again = subprocess.run(command, cwd=room.root, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert f"of {4 - done} run" in again.stdout
    with (room.root / "marks.csv").open() as file:
        assert {row["mark"] for row in csv.DictReader(file)} == {"7"}


# --- pieces

@pytest.mark.parametrize("name", ["00_a.ipynb", "Copy of 00_a.ipynb", "00_a (1).ipynb", "Copy of Copy of 00_a (12).ipynb",
                                  "00_a-Copy1.ipynb", "00_a.IPYNB", "Kopie von 00_a.ipynb", "00_a.ipynb.txt"])
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


# --- on the course's own notebooks

@pytest.fixture(scope="module", params=NOTEBOOKS)
def own_class(request, tmp_path_factory) -> Class:
    name, root = request.param, tmp_path_factory.mktemp("own") / "course"
    for part in (f"solutions/{name}", f"notebooks/{name}"):
        shutil.copytree(ROOT / part, root / part)
    for file in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(ROOT / file, root)
    room = Class(root, name)
    exercises = list(room.points)
    room.half = exercises[: (len(exercises) + 1) // 2] if len(exercises) > 1 else []

    def noisy(nb):
        for c in nb.cells:
            if c.id.endswith("-solution"):
                c.source = NOISE + c.source.replace("### BEGIN SOLUTION", NOISE.split("\n")[0] + "; warnings.warn('hm')")

    def cheats(nb):
        handins.skips_tests(nb)
        nb.cells.append(copy.deepcopy(cell(nb, f"{exercises[0]}-graded")))
        nb.cells[-1].id = "copied"
        nb.cells = [c for c in nb.cells if c.id != f"{exercises[-1]}-graded"]

    room.hand_in("reference", *exercises, change=noisy)
    room.hand_in("untouched")
    room.hand_in("cheat", change=cheats)
    room.hand_in("older", *exercises, change=handins.is_older)
    if room.half:
        room.hand_in("half", *room.half, change=cheats)
    room.grade()
    return room


def test_own_notebooks_are_graded_as_they_must(own_class):
    points, rows = own_class.points, own_class.rows
    wanted = {"reference": sum(points.values()), "untouched": 0, "cheat": 0}
    if own_class.half:
        wanted["half"] = sum(points[e] for e in own_class.half)
    assert {student: (rows[student]["status"], rows[student]["mark"]) for student in wanted} == {
        student: ("graded", f"{mark:g}") for student, mark in wanted.items()
    }
    assert rows["older"]["status"] == "refused" and "copy the answers into it" in rows["older"]["note"]
