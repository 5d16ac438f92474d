"""Finds the notebooks in what a class really hands in: folders and zip files of a learning platform, downloads, copies.

Moodle puts each student's files into ``Name_1234_assignsubmission_file_``; Canvas names files
``doejane_LATE_1234_5678_name-1.ipynb``; others are ``STUDENT/…`` or ``STUDENT.ipynb``. Nothing of it is changed: zip files
are unpacked into a folder of their own, with the times that they state.
"""

from __future__ import annotations

import dataclasses
import os
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from course_utils.instructor.intake import LARGEST, Refused, load, tidy_name

_MOST_FILES = 100_000
_MOODLE = re.compile(r"^(?P<student>.+)_\d+_assignsubmission_(file|onlinetext)_?$")
_CANVAS = re.compile(r"^(?P<student>[^_]+)(_LATE)?_\d+_\d+_(?P<name>.+?)(-\d+)?(?P<ending>\.ipynb)$", re.IGNORECASE)


COLUMNS = ("student", "assignment", "mark", "of", "waiting", "status", "flags", "note")


@dataclasses.dataclass
class HandIn:
    """One file that was handed in. ``status`` is "taken", "graded", "refused", "failed" or "replaced" (by a newer one)."""

    path: Path
    shown: str  # what it was called where it was handed in
    student: str
    when: float = 0.0  # seconds
    assignment: str = ""
    status: str = "taken"
    note: str = ""
    mark: float | None = None
    of: float | None = None
    waiting: float | None = None  # points of written answers that a person has still to read
    flags: int | None = None  # places where it uses the course's own code as an answer

    def row(self) -> dict[str, str]:
        values = dataclasses.asdict(self)
        return {c: f"{v:g}" if isinstance(v := values[c], float) else str(v or "") for c in COLUMNS}


def find(source: Path, scratch: Path, assignments: list[str], only: str = "") -> list[HandIn]:
    """Every notebook of the hand-ins, with its student and assignment, or with the reason why it is refused.

    Of several of one student for one assignment the newest counts.
    """
    found = [_identify(one, assignments, only) for one in collect(source, scratch)]
    newest: dict[tuple[str, str], HandIn] = {}
    for hand_in in (h for h in found if h.status == "taken"):
        key = (hand_in.student, hand_in.assignment)
        older = newest.get(key)
        if older and older.when > hand_in.when:
            older, hand_in = hand_in, older
        if older:
            older.status, older.note = "replaced", f"{hand_in.shown} is newer"
        newest[key] = hand_in
    return found


def _identify(one: Found, assignments: list[str], only: str) -> HandIn:
    hand_in = HandIn(one.path, one.shown, one.student, one.when)
    try:
        if one.fault:
            raise Refused(one.fault)
        stamp = load(one.path).metadata.get("course")
        stamp = stamp.get("notebook") if isinstance(stamp, dict) else None
        name = one.name.removesuffix(".ipynb")
        said = [x for x in (stamp, name, *one.folders[:1], only) if x in assignments]
        if one.student in assignments:
            raise Refused(f"{one.shown} does not say whose it is: put it into a folder with the student's name.")
        if not said:
            raise Refused(
                f"{one.shown} is no notebook of this course that can be recognised: "
                f"hand in one of {', '.join(assignments)} under its own name."
            )
        hand_in.assignment = said[0]
        if only and hand_in.assignment != only:
            hand_in.status, hand_in.note = "refused", f"It is {hand_in.assignment}, not {only}: grade it as what it is."
    except Refused as reason:
        hand_in.status, hand_in.note = "refused", str(reason)
    return hand_in


@dataclasses.dataclass(frozen=True)
class Found:
    """A notebook file: where it lies, what it was called there (for reports), whose it seems to be, and its tidy name.

    ``folders`` are those between the student's and the file; ``when`` its time, in seconds; ``fault`` why it cannot be read.
    """

    path: Path
    shown: str
    student: str
    name: str
    folders: tuple[str, ...] = ()
    when: float = 0.0
    fault: str = ""


def collect(source: Path, scratch: Path) -> list[Found]:
    """Every notebook under a folder or in a zip file, and every zip file that could not be read.

    ``scratch``: where zip files are unpacked.
    """
    found = []
    for path, inside, shown, fault in _files(source, scratch):
        student, name, folders = _whose(inside)
        found.append(Found(path, shown, student, name, folders, path.stat().st_mtime if path.exists() else 0.0, fault))
    return sorted(found, key=lambda one: one.shown)


def _files(source: Path, scratch: Path) -> Iterator[tuple[Path, PurePosixPath, str, str]]:
    """(file, its path in the hand-ins, what to call it, what is wrong)."""
    if source.is_file():
        yield from _unpacked(source, PurePosixPath(), source.name, scratch)
        return
    for path in sorted(p for p in source.rglob("*") if p.is_file() and not _hidden(p.relative_to(source).parts)):
        inside = PurePosixPath(path.relative_to(source).as_posix())
        if path.suffix.lower() == ".zip":
            # a class's zip lies at the top; a student's own, below the student, adds nothing to whose it is
            yield from _unpacked(path, inside.parent, str(inside), scratch)
        elif _is_notebook(path.name):
            yield path, inside, str(inside), ""


def _unpacked(archive: Path, below: PurePosixPath, shown: str, scratch: Path) -> Iterator[tuple[Path, PurePosixPath, str, str]]:
    target = scratch / re.sub(r"\W+", "_", shown)
    try:
        with zipfile.ZipFile(archive) as file:
            infos = file.infolist()
            if len(infos) > _MOST_FILES:
                raise zipfile.BadZipFile(f"it holds {len(infos):,} files")
            for number, info in enumerate(infos):
                inside = PurePosixPath(info.filename.replace("\\", "/"))
                if info.is_dir() or not _is_notebook(inside.name) or _hidden(inside.parts):
                    continue
                path = target / f"{number}.ipynb"  # never where the archive says: it may say ../..
                path.parent.mkdir(parents=True, exist_ok=True)
                with file.open(info) as packed, path.open("wb") as out:
                    out.write(packed.read(LARGEST + 1))  # a bomb is cut, and refused for its size
                when = time.mktime((*info.date_time, 0, 0, -1))
                os.utime(path, (when, when))
                yield path, below / inside, f"{shown}: {inside}", ""
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, ValueError, EOFError) as error:
        yield archive, below / archive.name, shown, f"{archive.name} cannot be unpacked ({error}): hand in the .ipynb file itself."


def _hidden(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in parts)


def _is_notebook(name: str) -> bool:
    return bool(re.search(r"\.ipynb(\.txt|\.json)?$", name, re.IGNORECASE))


def _whose(inside: PurePosixPath) -> tuple[str, str, tuple[str, ...]]:
    """Student, tidy name, and the folders between, from where a notebook lies."""
    *folders, name = inside.parts
    for depth, folder in enumerate(folders):
        if match := _MOODLE.match(folder):
            return _plain(match["student"]), tidy_name(name), tuple(folders[depth + 1 :])
    if match := _CANVAS.match(name):
        return _plain(match["student"]), tidy_name(match["name"] + match["ending"]), tuple(folders)
    if not folders:
        return _plain(tidy_name(name).removesuffix(".ipynb")), tidy_name(name), ()
    return _plain(folders[0]), tidy_name(name), tuple(folders[1:])


def _plain(student: str) -> str:
    """A name that can be a folder's."""
    return re.sub(r"[^\w.@-]+", "_", student).strip("._") or "nameless"
