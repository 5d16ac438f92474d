"""What a class really hands in: whose is it, which attempt counts, what is refused."""

import io
import json
import os
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
from course_utils.instructor import apart, archives, collect
from course_utils.instructor.collect import HandIn, find

NAMES = ["00_start_here", "01_vqa_fusion"]


def notebook(name: str = NAMES[0], extra: str = "") -> str:
    cells = [{"cell_type": "markdown", "id": "a", "metadata": {}, "source": extra}]
    return json.dumps({"cells": cells, "metadata": {"course": {"notebook": name}}, "nbformat": 4, "nbformat_minor": 5})


def packed(files: dict[str, str | bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return memory.getvalue()


def put(folder: Path, path: str, name: str = NAMES[0], when: float = 1e9) -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(notebook(name))
    os.utime(file, (when, when))
    return file


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
    assert {s: h.assignment for s, h in found.items() if s in ("Ann Lee", "Bob")} == {"Ann Lee": NAMES[0], "Bob": NAMES[1]}
    assert not list(tmp_path.parent.glob("escaped*")) and not (tmp_path / "escaped.ipynb").exists()
    assert {one.path.parent for one in found.values() if one.status == "taken"} == {tmp_path / "scratch"}
    (escaped,) = (one for one in found.values() if one.status == "refused")
    assert "names a place outside" in escaped.note

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
        ("ann/00_start_here.ipynb", "[" * 100_000, "not a readable notebook"),
        ("ann/00_start_here.ipynb", notebook(extra=0).replace("0}", '"", "x": ' + "[" * 990 + "]" * 990 + "}"), "not a readable"),
        ("ann/00_start_here.ipynb", packed({"a.ipynb": ""}), "not a readable notebook"),
    ],
)
def test_what_is_refused_says_why(tmp_path, path, text, says):
    file = tmp_path / "in" / path
    file.parent.mkdir(parents=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    (hand_in,) = find(tmp_path / "in", tmp_path / "scratch", NAMES)
    assert hand_in.status == "refused" and says in hand_in.note


def test_a_zip_bomb_is_cut_and_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST", 1000)
    with zipfile.ZipFile(tmp_path / "in.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("ann/00_start_here.ipynb", notebook(extra="x" * 10**7))
    (hand_in,) = find(tmp_path / "in.zip", tmp_path / "scratch", NAMES)
    assert hand_in.status == "refused" and "clear its outputs" in hand_in.note
    assert not list((tmp_path / "scratch").rglob("*.ipynb"))


def rows(tmp_path, files: dict[str, str | bytes], **options) -> dict[str, HandIn]:
    """The row of each student whose hand-ins these are, all of the same time."""
    for path, content in files.items():
        file = tmp_path / "in" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.utime(file, (1e9, 1e9))
    found = find(tmp_path / "in", tmp_path / "scratch", NAMES, **options)
    return {one.student: one for one in found if one.status != "replaced"}


def test_everybody_has_a_row_with_its_reason(tmp_path):
    inner = packed({"00_start_here.ipynb": notebook()})
    damaged = bytearray(packed({"00_start_here.ipynb": notebook()}))
    damaged[60] ^= 1
    files = {
        "ann/work.rar": b"Rar!",
        "bob/00_start_here.html": "<html>",
        "cy/notebook.json": notebook(),
        "di/work.zip": packed({"readme.txt": "x"}),
        "ed/work.zip": packed({}),
        "flo/work.zip": bytes(damaged),
        "gus/work.zip": packed({"again.zip": packed({"work.zip": inner})}),
        "hal/work.zip": packed({"again.zip": inner}),
        "ida/.DS_Store": b"",
        **{f"{name}/x.zip": packed({"00_start_here.ipynb": notebook(extra=name)}) for name in ("jo-ann", "jo_ann", "jo.ann")},
        "jo/00_start_here.ipynb": notebook(),
        "jo/essay.pdf": b"%PDF",
        "submitted/00_start_here.ipynb": notebook(),
    }
    found = rows(tmp_path, files)
    said = {student: row.note for student, row in found.items()}
    assert {student for student, row in found.items() if row.status == "taken"} == {"hal", "jo", "submitted", "jo-ann", "jo_ann", "jo.ann"}
    assert all(student in found[student].path.read_text() for student in ("jo-ann", "jo_ann", "jo.ann"))
    assert said["ann"] == "No notebook, but work.rar: hand in the .ipynb file itself." and "notebook.json" in said["cy"]
    assert "readme.txt" in said["di"] and "but work.zip" in said["ed"] and "cannot be unpacked" in said["flo"]
    assert "a zip in a zip in a zip" in said["gus"] and "An empty folder" in said["ida"] and said["jo"] == "not read: essay.pdf"


def test_what_is_slow_or_too_much_costs_only_its_author(tmp_path, monkeypatch):
    monkeypatch.setattr(collect, "_reader", apart.Apart("course_utils.instructor.collect", seconds=3))
    monkeypatch.setattr(collect, "_MOST_NOTEBOOKS", 3)
    slow = notebook().replace("}]", '}, {"cell_type": "code", "metadata": {}, "source": "", "outputs": [' + "{}, " * 50_000 + "{}]}]", 1)
    files = {f"eve/00_start_here ({n}).ipynb": slow for n in (1, 2)}
    many = {f"{n}.zip": packed({"x.pdf": ""}) for n in range(9)}
    found = rows(tmp_path, {**files, "bob/work.zip": packed(many), "jo/00_start_here.ipynb": notebook()})
    assert "takes too long" in found["eve"].note and found["jo"].status == "taken"
    assert "more than 3 notebooks and zip files" in found["bob"].note
    monkeypatch.setattr(collect, "_MOST_BYTES", 50)
    refused = rows(tmp_path, {})
    assert "MB, or" in refused["jo"].note


def test_links_are_not_followed(tmp_path):
    put(tmp_path / "in", "ann/00_start_here.ipynb")
    for name, target in (("eve", "ann"), ("bob/00_start_here.ipynb", "../ann/00_start_here.ipynb")):
        (tmp_path / "in" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "in" / name).symlink_to(target)
    os.mkfifo(tmp_path / "in/bob/01_vqa_fusion.ipynb")
    found = find(tmp_path / "in", tmp_path / "scratch", NAMES)
    assert sorted((one.student, one.status) for one in found) == [
        ("ann", "taken"),
        ("bob", "refused"),
        ("bob", "refused"),
        ("eve", "refused"),
    ]
    assert sum("is a link" in one.note for one in found) == 2 and not any(one.path.is_symlink() for one in found)


def test_the_newest_attempt_that_can_be_read_counts(tmp_path):
    put(tmp_path / "in", "ann/00_start_here.ipynb", when=1e9)
    newer = put(tmp_path / "in", "ann/00_start_here (1).ipynb", when=1.2e9)
    newer.write_text("{")
    older, broken = sorted(find(tmp_path / "in", tmp_path / "scratch", NAMES), key=lambda one: one.status, reverse=True)
    assert (older.status, older.note) == ("taken", "ann/00_start_here (1).ipynb is newer, but was refused")
    assert broken.status == "refused"


def test_namesakes_in_two_courses_are_not_one(tmp_path):
    name = "Jo_{}_assignsubmission_file_/00_start_here.ipynb"
    for course, number, stamp in (("a", 1, NAMES[0]), ("b", 2, NAMES[0]), ("c", 3, NAMES[1])):
        put(tmp_path / "in", f"{course}/{name.format(number)}", stamp)
    found = find(tmp_path / "in", tmp_path / "scratch", NAMES)
    assert [(one.student, one.status) for one in found] == [("Jo", "refused")] * 2 + [("Jo", "taken")]


def test_equal_times_are_decided_by_the_number_and_said(tmp_path):
    for name in ("9_00_start_here.ipynb", "77121_00_start_here-2.ipynb", "77129_00_start_here-10.ipynb"):
        put(tmp_path / "in", f"doejane_48213_{name}")
    found = {one.status: one for one in find(tmp_path / "in", tmp_path / "scratch", NAMES)}
    assert found["taken"].shown.endswith("-10.ipynb") and "same time and a higher number" in found["replaced"].note


def test_a_list_of_files_that_is_too_long_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_LISTED", 500)
    many = packed({f"{k:03}.txt": "" for k in range(20)})
    monkeypatch.setattr(zipfile.ZipFile, "infolist", lambda archive: archive.filelist if len(archive.filelist) < 9 else pytest.fail())
    found = rows(tmp_path, {"ann/work.zip": many, "bob/work.zip": packed({"00_start_here.ipynb": notebook()})})
    assert "its list of files is too long" in found["ann"].note and not found["bob"].note


def test_files_of_a_zip_that_overlap_are_refused(tmp_path):
    whole = packed({"00_start_here.ipynb": notebook()})
    start, end = whole.index(b"PK\1\2"), whole.index(b"PK\5\6")
    twice = bytearray(whole[:start] + 2 * whole[start:end] + whole[end:])
    tail = len(twice) - 22
    for place, value, size in ((8, 2, 2), (10, 2, 2), (12, 2 * (end - start), 4)):
        twice[tail + place : tail + place + size] = value.to_bytes(size, "little")
    found = rows(tmp_path, {"ann/00_start_here.ipynb": notebook(), "eve/work.zip": bytes(twice)})
    assert found["ann"].status == "taken" and "overlap" in found["eve"].note


def test_names_that_are_no_utf8_and_times_that_there_are_not(tmp_path):
    folder = os.fsencode(tmp_path) + b"/in/caf\xe9"
    os.makedirs(folder)
    with open(folder + b"/00_start_here.ipynb", "w") as file:
        file.write(notebook())
    found = rows(
        tmp_path,
        {f"{'x' * 240}/00_start_here.ipynb": notebook(), "ann/work.zip": packed({"\u202e00_start_here.ipynb": notebook(), "x" * 2000: ""})},
    )
    assert "is too long" in found["ann"].note
    assert "caf~E9" in found and found["caf~E9"].status == "taken" and all(len(name) < 150 for name in found)
    assert all(value.encode() is not None for row in found.values() for value in row.row().values())
