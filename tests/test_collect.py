"""What a class really hands in: whose is it, which attempt counts, what is refused."""

import json
import os
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
from course_utils.instructor.collect import collect, find

NAMES = ["00_start_here", "01_vqa_fusion"]


def notebook(name: str = NAMES[0], extra: str = "") -> str:
    cells = [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": extra}]
    return json.dumps({"cells": cells, "metadata": {"course": {"notebook": name}}, "nbformat": 4, "nbformat_minor": 5})


def put(folder: Path, path: str, name: str = NAMES[0], when: float = 1e9) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(notebook(name))
    os.utime(file, (when, when))
    return file


@pytest.mark.parametrize(
    "path, student",
    [
        ("ann/00_start_here/00_start_here.ipynb", "ann"),
        ("ann/00_start_here.ipynb", "ann"),
        ("ann.ipynb", "ann"),
        ("ann/Copy of 00_start_here (1).ipynb", "ann"),
        ("ann/deeper/still/x.ipynb", "ann"),
        ("Ann Lee_48213_assignsubmission_file_/00_start_here.ipynb", "Ann_Lee"),
        ("CS7-Week 1-991/Ann Lee_48213_assignsubmission_file/00_start_here.ipynb", "Ann_Lee"),
        ("leeann_48213_77120_00_start_here-2.ipynb", "leeann"),
        ("leeann_LATE_48213_77120_Copy of 00_start_here.ipynb", "leeann"),
        ("submissions/leeann_48213_77120_00_start_here.ipynb", "leeann"),
        ("ann/00_start_here.ipynb.txt", "ann"),
        ("Ünal Çelik/00_start_here.IPYNB", "Ünal_Çelik"),
    ],
)
def test_whose_a_notebook_is(tmp_path, path, student):
    put(tmp_path / "in", path)
    (hand_in,) = find(tmp_path / "in", tmp_path / "scratch", NAMES)
    assert (hand_in.student, hand_in.assignment, hand_in.status) == (student, NAMES[0], "taken"), hand_in


def test_a_zip_of_the_class_and_zips_of_students(tmp_path):
    inside = tmp_path / "inside"
    put(inside, "Ann Lee_1_assignsubmission_file_/00_start_here.ipynb")
    put(inside, "Bob_2_assignsubmission_file_/01_vqa_fusion.ipynb", NAMES[1])
    archive = tmp_path / "Week 1.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for path in inside.rglob("*.ipynb"):
            file.write(path, path.relative_to(inside))
        file.writestr("__MACOSX/._x.ipynb", "junk")
        file.writestr("../../escaped.ipynb", notebook())
    found = {h.student: h for h in find(archive, tmp_path / "scratch", NAMES)}
    assert {s: h.assignment for s, h in found.items() if s in ("Ann_Lee", "Bob")} == {"Ann_Lee": NAMES[0], "Bob": NAMES[1]}
    assert not list(tmp_path.parent.glob("escaped*")) and not (tmp_path / "escaped.ipynb").exists()
    assert {one.path.parent.parent for one in collect(archive, tmp_path / "scratch")} == {tmp_path / "scratch"}

    own = tmp_path / "in" / "cy" / "work.zip"
    own.parent.mkdir(parents=True)
    with zipfile.ZipFile(own, "w") as file:
        file.writestr("my notebooks/00_start_here.ipynb", notebook())
    assert [(h.student, h.assignment) for h in find(tmp_path / "in", tmp_path / "scratch", NAMES)] == [("cy", NAMES[0])]


def test_of_several_attempts_the_newest_counts_and_others_are_named(tmp_path):
    put(tmp_path / "in", "ann/00_start_here.ipynb", when=1e9)
    put(tmp_path / "in", "ann/00_start_here (1).ipynb", when=1.2e9)
    put(tmp_path / "in", "ann/00_start_here (2).ipynb", when=1.1e9)
    put(tmp_path / "in", "ann/01_vqa_fusion.ipynb", NAMES[1])
    found = {h.shown: h for h in find(tmp_path / "in", tmp_path / "scratch", NAMES)}
    assert {s: h.status for s, h in found.items()} == {
        "ann/00_start_here.ipynb": "replaced",
        "ann/00_start_here (1).ipynb": "taken",
        "ann/00_start_here (2).ipynb": "replaced",
        "ann/01_vqa_fusion.ipynb": "taken",
    }
    assert found["ann/00_start_here.ipynb"].note == "ann/00_start_here (1).ipynb is newer"


@pytest.mark.parametrize(
    "path, text, says",
    [
        ("ann/notes.ipynb", notebook("homework"), "no notebook of this course"),
        ("ann/00_start_here.ipynb", "{", "not a readable notebook"),
        ("00_start_here.ipynb", notebook(), "does not say whose it is"),
        ("ann/work.zip", "no zip", "cannot be unpacked"),
    ],
)
def test_what_is_refused_says_why(tmp_path, path, text, says):
    file = tmp_path / "in" / path
    file.parent.mkdir(parents=True)
    file.write_text(text)
    (hand_in,) = find(tmp_path / "in", tmp_path / "scratch", NAMES)
    assert hand_in.status == "refused" and says in hand_in.note


def test_a_zip_bomb_is_cut_and_refused(tmp_path, monkeypatch):
    from course_utils.instructor import collect as module, intake

    monkeypatch.setattr(module, "LARGEST", 1000)
    monkeypatch.setattr(intake, "LARGEST", 1000)
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("ann/00_start_here.ipynb", notebook(extra="x" * 10**7))
    (hand_in,) = find(tmp_path / "in.zip", tmp_path / "scratch", NAMES)
    assert hand_in.status == "refused" and "clear its outputs" in hand_in.note
    assert all(p.stat().st_size <= 1001 for p in (tmp_path / "scratch").rglob("*.ipynb"))
