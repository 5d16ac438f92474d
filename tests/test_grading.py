"""The real nbgrader from a folder of hand-ins to marks and feedback: on a tiny course, and on every notebook there is."""

from __future__ import annotations

import copy
import csv
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
import nbformat
from nbgrader.api import Gradebook

from conftest import NOTEBOOKS, ROOT
from course_utils.instructor import build, grade
from course_utils.instructor.assemble import assemble
from course_utils.instructor.intake import Refused, load, repair, tidy_name
from course_utils.instructor.release import secrets
from course_utils.instructor.source import read

TINY = "07_tiny"
NOISE = "import logging, os, sys, warnings\nwarnings.warn('careful')\nlogging.error('hm')\nos.write(2, b'fd 2')\n"


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
        nb = copy.deepcopy(self.released)
        for cell in nb.cells:
            if cell.id in self.answers and cell.id.rsplit("-", 1)[0] in solved:
                cell.source = self.answers[cell.id]
        if change:
            change(nb)
        path = self.folder / (under or f"{student}/{self.name}/{self.name}.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(nb, path)
        return path

    def grade(self) -> dict[str, grade.HandIn]:
        assert grade.main([str(self.folder)], self.root) == 0
        with (self.root / "marks.csv").open() as file:
            self.rows = {row["student"]: row for row in csv.DictReader(file) if row["status"] != "replaced"}
        return self.rows

    def feedback(self, student: str) -> str:
        return (self.root / "feedback" / student / self.name / f"{self.name}.html").read_text()


def cell(nb, key):
    return next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == key)


def position(nb, key):
    return nb.cells.index(cell(nb, key))


# --- on the tiny course: every accident and attack by itself, in one class

def warns(nb):
    target = cell(nb, "ex-07-1-solution")
    target.source = target.source.replace("    product_of_itself", f"    {NOISE.strip().replace(chr(10), chr(10) + '    ')}\n    product_of_itself")


def prints_much(nb):
    target = cell(nb, "ex-07-1-solution")
    target.source = target.source.replace("    product_of_itself", "    print('x' * 10**6)\n    product_of_itself", 1)


def copies_a_test(nb):
    nb.cells.append(copy.deepcopy(cell(nb, "ex-07-1-graded")))
    nb.cells[-1].id = "copied"
    nb.cells[-1].source = "4.0"


def skips_tests(nb):
    for c in nb.cells:
        c.metadata["tags"] = ["skip-execution", "course-grader-skips"]


def deletes_tests(nb):
    nb.cells = [c for c in nb.cells if not c.id.endswith(("-graded", "-check"))]


def deletes_everything(nb):
    nb.cells = []


def raises_its_points(nb):
    cell(nb, "ex-07-1-graded").metadata.nbgrader.update(points=99, solution=True)
    cell(nb, "ex-07-2-solution").metadata.nbgrader.update(grade=True, points=50)


def strips_metadata(nb):
    for c in nb.cells:
        c.metadata.clear()
    nb.metadata.pop("course")


def moves_tests_up(nb):
    tests = [c for c in nb.cells if c.id.endswith("-graded")]
    nb.cells = nb.cells[:3] + tests + [c for c in nb.cells[3:] if c not in tests]


def answers_in_a_copy(nb):
    original = cell(nb, "ex-07-1-solution")
    nb.cells.append(copy.deepcopy(original))
    nb.cells[-1].id = "copy-of-it"
    original.source = next(c for c in TINY_RELEASE.cells if c.id == "ex-07-1-solution").source


def kills_its_kernel(nb):
    cell(nb, "ex-07-2-solution").source = "import os\nos._exit(1)"


def shows_the_tests(nb):
    nb.cells.append(nbformat.v4.new_code_cell(
        "import glob, json\nfor name in glob.glob('*.ipynb'):\n    text = open(name).read()\n    print(text); print(repr(text))\n"
        "    for c in json.loads(text)['cells']: print(''.join(c['source']))\nprint(globals().get('hidden_inputs')); print(In)"
    ))


def prints_its_inputs(nb):
    target = cell(nb, "ex-07-1-solution")
    target.source = "def square(x):\n    print('called with', x)\n    raise ValueError(f'do not like {x}')"


def answers_the_question(nb):
    cell(nb, "ex-07-q1-answer").source = "Because."


def leaves_widgets(nb):
    nb.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"0": {"model_name": "IntSlider"}}}


def is_from_colab(nb):
    nb.cells.insert(0, nbformat.v4.new_markdown_cell("badge", metadata={"id": "view-in-github", "colab_type": "text"}))
    for c in nb.cells:
        c.metadata["id"] = c.pop("id")
    nb.nbformat_minor = 0
    nb.metadata["kernelspec"] = {"name": "python3-gpu", "display_name": "Colab"}


def is_older(nb):
    nb.metadata.course["release"] = "0123456789ab"


def is_another(nb):
    nb.metadata.course["notebook"] = "05_other"


BOTH = ("ex-07-1", "ex-07-2")
# student: what was solved, what else was done to the notebook, the mark out of 9 (None: refused)
TINY_CLASS = {
    "reference": (("ex-07-1", "ex-07-2", "ex-07-q1"), None, 7.0),  # the written answer waits for a person
    "untouched": ((), None, 0.0),
    "half": (("ex-07-1",), None, 4.0),
    "warns": (BOTH, warns, 7.0),
    "prints-much": (BOTH, prints_much, 7.0),
    "copies-a-test": ((), copies_a_test, 0.0),
    "copies-a-test-rightly": (BOTH, copies_a_test, 7.0),
    "skips-tests": ((), skips_tests, 0.0),
    "skips-tests-rightly": (BOTH, skips_tests, 7.0),
    "deletes-tests": ((), deletes_tests, 0.0),
    "deletes-tests-rightly": (BOTH, deletes_tests, 7.0),
    "deletes-everything": ((), deletes_everything, 0.0),
    "raises-points": (("ex-07-2",), raises_its_points, 3.0),
    "strips-metadata": (BOTH, strips_metadata, 7.0),
    "moves-tests-up": (BOTH, moves_tests_up, 7.0),
    "answers-in-a-copy": (BOTH, answers_in_a_copy, 7.0),
    "kills-its-kernel": (("ex-07-1",), kills_its_kernel, 4.0),
    "shows-the-tests": (BOTH, shows_the_tests, 7.0),
    "prints-its-inputs": ((), prints_its_inputs, 0.0),
    "answers-the-question": ((), answers_the_question, 0.0),
    "leaves-widgets": (BOTH, leaves_widgets, 7.0),
    "is-from-colab": (BOTH, is_from_colab, 7.0),
    "is-older": (BOTH, is_older, None),
    "is-another": (BOTH, is_another, None),
}


@pytest.fixture(scope="module")
def tiny_class(tiny, tmp_path_factory) -> Class:
    root = Path(shutil.copytree(tiny, tmp_path_factory.mktemp("graded") / "course"))
    room = Class(root, TINY)
    global TINY_RELEASE
    TINY_RELEASE = room.released
    for student, (solved, change, _) in TINY_CLASS.items():
        room.hand_in(student, *solved, change=change)
    room.hand_in("colab-name", *BOTH, under="colab-name/Copy of 07_tiny (1).ipynb")
    room.hand_in("flat", *BOTH, under="flat.ipynb")
    os.utime(room.hand_in("flat", under="flat/07_tiny.ipynb"), (1, 1))  # an older attempt of the same student
    path = room.hand_in("breaks-nbgrader", *BOTH)
    path.write_text(path.read_text().replace('def negate', r'# \ud800\ndef negate'))  # half a character: cannot be written
    (room.folder / "broken.ipynb").write_text('{"cells": [')
    (room.folder / "broken2.ipynb").write_text('{"cells": [{"cell_type": "code"}], "metadata": 3, "nbformat": 4}')
    room.before = {p: p.read_bytes() for p in room.folder.rglob("*.ipynb")}
    room.grade()
    return room


@pytest.mark.parametrize("student", [s for s, (_, _, mark) in TINY_CLASS.items() if mark is not None])
def test_every_hand_in_gets_the_mark_that_it_must(tiny_class, student):
    row = tiny_class.rows[student]
    assert (row["status"], row["mark"], row["of"]) == ("graded", f"{TINY_CLASS[student][2]:g}", "9"), row


def test_names_and_layouts_are_put_right_and_the_newest_attempt_counts(tiny_class):
    assert tiny_class.rows["colab-name"]["mark"] == tiny_class.rows["flat"]["mark"] == "7"
    text = (tiny_class.root / "marks.csv").read_text()
    assert "replaced,flat.ipynb is newer" in text


def test_what_is_refused_is_written_down_with_a_reason(tiny_class):
    rows = tiny_class.rows
    assert "made from the release 0123456789ab, the class is graded by" in rows["is-older"]["note"]
    assert "copy the answers into it" in rows["is-older"]["note"]
    assert "the notebook 05_other, not 07_tiny" in rows["is-another"]["note"]
    assert all("not a readable notebook" in rows[student]["note"] for student in ("broken", "broken2"))
    assert {rows[s]["status"] for s in ("is-older", "is-another", "broken", "broken2")} == {"refused"}
    assert not (tiny_class.root / "submitted" / "is-older").exists()


def test_a_failure_of_nbgrader_is_one_students_and_written_down(tiny_class):
    row = tiny_class.rows["breaks-nbgrader"]
    assert (row["status"], row["mark"]) == ("failed", "") and "UnicodeEncodeError" in row["note"]


def test_repairs_are_written_down(tiny_class):
    notes = {student: row["note"] for student, row in tiny_class.rows.items()}
    assert notes["reference"] == ""
    assert "ex-07-1-graded occurred 2 times" in notes["copies-a-test"]
    assert "ex-07-1-graded was deleted" in notes["deletes-tests"]
    assert "dropped cell tags course-grader-skips, skip-execution" in notes["skips-tests"]
    assert "ex-07-1-graded stood above its answer" in notes["moves-tests-up"]


def test_the_originals_are_as_they_were(tiny_class):
    assert {p: p.read_bytes() for p in tiny_class.folder.rglob("*.ipynb")} == tiny_class.before
    copied = tiny_class.root / "submitted" / "colab-name" / TINY / f"{TINY}.ipynb"
    assert copied.read_bytes() == tiny_class.before[tiny_class.folder / "colab-name/Copy of 07_tiny (1).ipynb"]


def test_written_answers_wait_for_a_person(tiny_class):
    assert tiny_class.rows["reference"]["waiting"] == tiny_class.rows["answers-the-question"]["waiting"] == "2"
    assert tiny_class.rows["untouched"]["waiting"] == "0"


def test_no_feedback_shows_a_hidden_test_or_case(tiny_class):
    hidden = [re.sub(r"\W", "", line) for line in secrets(read(tiny_class.root / "solutions" / TINY / f"{TINY}.py"))
              if "hidden" in line or "41" in line]
    assert len(hidden) == 3
    for student in (s for s, (_, _, mark) in TINY_CLASS.items() if mark is not None):
        page = re.sub(r"\W", "", re.sub(r"<[^>]*>|&\w+;|\\n", "", tiny_class.feedback(student)))
        assert not any(line in page for line in hidden), student
    assert set(re.findall(r"called with (\d+)", tiny_class.feedback("prints-its-inputs"))) == {"3"}  # the visible check's
    assert "[hidden]" in tiny_class.feedback("shows-the-tests")


def test_the_seed_of_the_hidden_cases_is_private_and_stays(tiny_class):
    assert (tiny_class.root / "instructor_seed").read_text().strip().isdigit()
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {"instructor_seed", "submitted/", "autograded/", "feedback/", "gradebook.db*", "marks.csv"} <= set(ignored)


def nbgrader(root: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=root, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )


def test_plain_nbgrader_commands_work_and_one_old_hand_in_stops_nobody(tiny, tmp_path):
    root = Path(shutil.copytree(tiny, tmp_path / "course"))
    room = Class(root, TINY)
    room.folder = root / "submitted"
    room.hand_in("ann", *BOTH, change=copies_a_test)
    room.hand_in("bob", *BOTH, change=is_older)
    room.hand_in("cy", "ex-07-2", change=deletes_tests)
    before = build.places(root, TINY)[1].read_bytes()
    assert nbgrader(root, "generate_assignment", TINY, "--force").returncode == 0
    assert build.places(root, TINY)[1].read_bytes() == before
    assert [p.name for p in (root / "notebooks" / TINY).iterdir()] == [f"{TINY}.ipynb"]
    graded = nbgrader(root, "autograde", TINY)
    assert "was made from the release 0123456789ab" in graded.stderr
    assert nbgrader(root, "generate_feedback", TINY).returncode == 0
    with Gradebook(f"sqlite:///{root}/gradebook.db") as book:
        marks = {s.student.id: s.score for s in book.assignment_submissions(TINY)}
    assert marks["ann"] == 7 and marks["cy"] == 3 and not marks["bob"]
    assert (root / "feedback/cy/07_tiny/07_tiny.html").is_file()


def test_a_second_hand_in_is_graded_anew(tiny, tmp_path):
    room = Class(Path(shutil.copytree(tiny, tmp_path / "course")), TINY)
    room.hand_in("ann", *BOTH)
    assert room.grade()["ann"]["mark"] == "7"
    room.hand_in("ann", "ex-07-2", change=deletes_tests)
    assert room.grade()["ann"]["mark"] == "3"


def test_a_gradebook_of_other_exercises_is_not_overwritten(tiny, tmp_path, capsys):
    room = Class(Path(shutil.copytree(tiny, tmp_path / "course")), TINY)
    room.hand_in("ann", *BOTH)
    room.grade()
    path = room.root / "solutions" / TINY / f"{TINY}.py"
    path.write_text(path.read_text().replace("07.2", "07.3"))
    assert build.main(["--no-execute"], room.root) == 0
    Class(room.root, TINY).hand_in("bob", "ex-07-1")
    assert grade.main([str(room.folder)], room.root) == 1
    assert "gradebook.db holds marks for an older release of 07_tiny" in capsys.readouterr().err


def test_formgrader_opens_and_shows_the_rubric_to_graders(tiny_class):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with Gradebook(f"sqlite:///{tiny_class.root}/gradebook.db") as book:
        page = book.find_submission_notebook(TINY, TINY, "reference").id
    server = subprocess.Popen(
        [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root", "--port", str(port), "--IdentityProvider.token=x"],
        cwd=tiny_class.root, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
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
    assert "One point for naming both signs" in text and "Both factors have the same sign" in text


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


def test_without_its_stamp_an_old_notebook_is_known_by_its_cells(tiny):
    released = nbformat.read(build.places(tiny, TINY)[1], as_version=4)
    old = copy.deepcopy(released)
    strips_metadata(old)
    old.cells = [c for c in old.cells if not c.id.startswith("ex-07-2")]
    with pytest.raises(Refused, match="it has no cell ex-07-2-solution"):
        repair(old, released)


def test_pasted_pictures_in_a_written_answer_stay(tiny):
    released = nbformat.read(build.places(tiny, TINY)[1], as_version=4)
    nb = copy.deepcopy(released)
    cell(nb, "ex-07-q1-answer")["attachments"] = {"a.png": {"image/png": "AAAA"}}
    repair(nb, released)
    assert cell(nb, "ex-07-q1-answer").attachments["a.png"]["image/png"] == "AAAA"


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
        skips_tests(nb)
        nb.cells.append(copy.deepcopy(cell(nb, f"{exercises[0]}-graded")))
        nb.cells[-1].id = "copied"
        nb.cells = [c for c in nb.cells if c.id != f"{exercises[-1]}-graded"]

    room.hand_in("reference", *exercises, change=noisy)
    room.hand_in("untouched")
    room.hand_in("cheat", change=cheats)
    room.hand_in("older", *exercises, change=is_older)
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


def test_own_hidden_tests_are_in_no_feedback(own_class):
    source = read(own_class.root / "solutions" / own_class.name / f"{own_class.name}.py")
    hidden = {line.strip() for c in source.cells if c.role == "graded" for line in c.source.split("\n")}
    hidden = {re.sub(r"\W", "", line) for line in hidden & set(secrets(source))}
    assert hidden
    for student in own_class.rows:
        if own_class.rows[student]["status"] == "graded":
            page = re.sub(r"\W", "", re.sub(r"<[^>]*>|&\w+;", "", own_class.feedback(student)))
            assert not any(line in page for line in hidden)
