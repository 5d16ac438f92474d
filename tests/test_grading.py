"""A whole class graded at once, honest hand-ins and attacks: its marks, its feedback, and what is written down."""

from __future__ import annotations

import csv
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
import handins
from classroom import Class, small_course
from handins import NAME
from nbgrader.api import Gradebook

from conftest import ROOT


@pytest.fixture(scope="module")
def everybody(tmp_path_factory) -> Iterator[Class]:
    """All hand-ins of ``handins``, and some that only intake sees, graded at once."""
    room = Class(small_course(tmp_path_factory.mktemp("graded") / "course"), NAME)
    room.temporary = tempfile.mkdtemp(dir="/tmp")  # of its own: other tests' kernels run beside, and some are killed
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
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", room.temporary)
        patch.setattr(tempfile, "tempdir", room.temporary)
        room.grade()
    yield room
    shutil.rmtree(room.temporary)


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
    assert os.listdir(everybody.temporary) == [] and not Path("/tmp/pwned").exists()
    assert subprocess.run(["pgrep", "-u", "65534", "-f", "time.sleep"], capture_output=True).stdout == b""


def test_who_looks_everywhere_looks(tmp_path):
    """Else the hand-ins that search for the gradebook, the seed and others' answers would find nothing for no reason of ours."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/gradebook.db").touch()
    (tmp_path / "a/round").symlink_to(tmp_path)
    space: dict = {}
    exec(handins.EVERYWHERE, space)
    assert [*space["everywhere"]("gradebook.db", f"{tmp_path}/")][:1] == [str(tmp_path / "a/b/gradebook.db")]


def test_written_answers_wait_for_a_person(everybody):
    assert everybody.rows["reference"]["waiting"] == everybody.rows["answers-the-question"]["waiting"] == "2"
    assert everybody.rows["untouched"]["waiting"] == "0"


def test_no_feedback_shows_a_hidden_case(everybody):
    """The hidden case's inputs, printed, stored and raised by those who tried, are in no page; the visible ones may be."""
    from course_utils.exercises import checks

    seed = int((everybody.root / "instructor_seed").read_text())
    hidden, visible = ({f"{x:.5f}" for case in checks.find("01.3").cases(s) for x in case.args[1].ravel()} for s in (seed, 0))
    for one in GRADED:
        page = everybody.feedback(one.name)
        numbers = {f"{float(x):.5f}" for x in re.findall(r"-?\d+\.\d{5,}", page)}
        assert not numbers & (hidden - visible), one.name
        assert str(seed) not in re.findall(r"\d+", re.sub(r"<[^>]*>", " ", page)), one.name


def test_feedback_is_pages_and_nothing_else(everybody):
    """The record of hidden cases beside an autograded notebook is for instructors."""
    assert (everybody.root / "autograded/reference" / NAME / "verdicts.json").is_file()
    assert {path.suffix for path in (everybody.root / "feedback").rglob("*") if path.is_file()} == {".html"}


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


def test_formgrader_opens_and_shows_the_rubric_to_graders(everybody):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with Gradebook(f"sqlite:///{everybody.root}/gradebook.db") as book:
        page = book.find_submission_notebook(NAME, NAME, "reference").id
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--port", str(port), "--IdentityProvider.token=x"],
        cwd=everybody.root,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
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
