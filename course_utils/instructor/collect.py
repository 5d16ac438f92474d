"""Who handed in, and what of it is graded: a row for everybody, with the reason where there is nothing to grade.

Where the files lie tells whose they are (:mod:`course_utils.instructor.identity`); of several attempts the newest that can be
read counts.
"""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat

from course_utils.instructor import archives, identity
from course_utils.instructor.apart import Apart, Failed
from course_utils.instructor.intake import Refused, load, repair, tidy_name

COLUMNS = ("student", "assignment", "mark", "of", "waiting", "status", "flags", "note")
_MOST_NOTEBOOKS, _MOST_FILES, _MOST_BYTES = 100, 100_000, 200_000_000  # of one student, zip files included
_LONGEST = 600  # characters of a note


@dataclasses.dataclass
class HandIn:
    """One file that was handed in, or one student of whom there is none.

    ``status`` is "taken", "graded", "refused", "failed", "replaced" (by another attempt), "missing" or "not run" (interrupted).
    """

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
    attempt: tuple[int, int] = (0, 0)  # the platform's number and that in the file's name
    user: str = ""  # the platform's number for the student

    def row(self) -> dict[str, str]:
        """Its line in the table of marks, of characters that can be written."""
        values = dataclasses.asdict(self)
        texts = {c: f"{v:g}" if isinstance(v := values[c], float) else str(v or "") for c in COLUMNS}
        return {c: text.encode("utf-8", "backslashreplace").decode() for c, text in texts.items()}

    def say(self, *notes: str) -> None:
        """Adds to the note."""
        self.note = "; ".join(filter(None, [self.note, *notes]))[:_LONGEST]

    def refuse(self, reason: object, status: str = "refused") -> None:
        self.status, self.note = status, str(reason)[:_LONGEST]


def find(
    source: Path,
    scratch: Path,
    assignments: Sequence[str],
    only: str = "",
    *,
    listed: Callable[[str], int] = lambda name: 0,
    known: Collection[str] = (),
    releases: Mapping[str, Path] | None = None,
) -> list[HandIn]:
    """Every notebook of the hand-ins, with its student and assignment, or with the reason why it is refused; and everybody else.

    Parameters
    ----------
    scratch : an empty folder, where zip files are unpacked; it is made.
    only : the one assignment that is graded.
    listed, known : see :func:`identity.places`.
    releases : assignment → released notebook: what cannot be repaired against it is refused.

    Of several of one student for one assignment the newest that is not refused counts; of equal times, the higher number.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    found, others, spent, full = [], collections.defaultdict(list), collections.Counter(), set()
    for file, place in _placed(source, scratch, spent, assignments, listed, known):
        student = "" if isinstance(place, Refused) else place.student
        is_notebook = identity.is_notebook(file.parts[-1]) and not file.fault
        if student and (is_notebook or file.fault):
            _spend(spent, student, file)
        if student and spent[student] > 1:
            if student in full:
                continue
            full.add(student)
            file = dataclasses.replace(
                file,
                fault=f"{student} handed in more than {_MOST_NOTEBOOKS} notebooks and zip files, {_MOST_BYTES / 1e6:g} MB, or what takes "
                f"too long: choose one notebook. From {file.shown} on, nothing was read.",
            )
        is_itself = file.entry is None and not file.path.is_symlink()
        hand_in = HandIn(file.path if is_itself else Path(), file.shown, student, file.when)
        if isinstance(place, Refused) or file.fault:
            hand_in.refuse(file.fault or place)
        elif not is_notebook:
            others[student] += [place.name] * bool(place.name)
            continue
        else:
            hand_in.attempt, hand_in.user = (place.number, _number(place.name)), place.user
            try:
                hand_in.path = file.fetch(scratch / f"{len(found)}.ipynb")
                told = _reader("examined", hand_in.path, file.shown, place, assignments, only, releases or {})
                hand_in.assignment = told["assignment"]
                hand_in.refuse(told["refused"]) if told["refused"] else hand_in.say(told["note"])
            except Refused as reason:
                hand_in.refuse(reason)
            except Exception as error:  # whatever else is wrong with a hand-in is its own fault, not the class's
                if isinstance(error, Failed):  # its others may take as long
                    spent[student] += 1
                hand_in.refuse(f"{file.shown} cannot be read as a notebook ({type(error).__name__}: {error}).")
        if student:
            hand_in.say(place.note)
        found.append(hand_in)
    _choose(found)
    with_row = {hand_in.student: hand_in for hand_in in found}
    for student, names in others.items():
        said = ", ".join(sorted(names)[:3]) + f" and {len(names) - 3} more" * (len(names) > 3)
        if student not in with_row:
            reason = f"No notebook, but {said}: hand in the .ipynb file itself." if names else "An empty folder, with no notebook in it."
            found.append(HandIn(Path(), said, student, status="refused", note=reason))
        elif names:
            with_row[student].say(f"not read: {said}")
    return found


def _placed(
    source: Path, scratch: Path, spent: collections.Counter, assignments: Sequence[str], *who: Any
) -> Iterator[tuple[archives.File, identity.Place | Refused]]:
    """Every file and where it belongs, those of students' own zip files as well."""
    files = archives.listing(source, scratch)
    waiting = list(zip(files, identity.places([one.parts for one in files], assignments, *who)))[::-1]
    while waiting:
        file, place = waiting.pop()
        if isinstance(place, Refused) or file.fault or not file.is_zip:
            yield file, place
            continue
        _spend(spent, place.student, file)
        if spent[place.student] > 1:
            yield file, place
            continue
        inner = file.inside(scratch)
        spent[place.student] += len(inner) / _MOST_FILES
        for one in inner:
            below = one.parts[len(file.parts) :]  # none: it could not be unpacked
            within = place._replace(name=below[-1] or place.name, folders=(*place.folders, *below[:-1])) if below else place
            waiting.append((one, within))


def _spend(spent: collections.Counter, student: str, file: archives.File) -> None:
    """Counts a file in: of what a student may hand in, more than 1 is too much."""
    size = file.entry.file_size if file.entry else file.path.lstat().st_size
    spent[student] += max(1 / _MOST_NOTEBOOKS, size / _MOST_BYTES)


def examined(
    path: Path, shown: str, place: identity.Place, assignments: Sequence[str], only: str, releases: Mapping[str, Path]
) -> dict[str, str]:
    """Which ``assignment`` a notebook is, and in ``note`` what is put right in it; or why it is ``refused``."""
    told = dict.fromkeys(("assignment", "note", "refused"), "")
    try:
        nb = load(path, shown)
        stamp = nb.metadata.get("course")
        stamp = stamp.get("notebook") if isinstance(stamp, dict) else None
        name = tidy_name(place.name).removesuffix(".ipynb")
        said = [x for x in (stamp, name, re.sub(r"-\d+$", "", name), *place.folders[:1], only) if x in assignments]
        if not said:
            raise Refused(
                f"{shown} is no notebook of this course that can be recognised: hand in one of {', '.join(assignments)} under its own name."
            )
        told["assignment"] = said[0]
        if only and said[0] != only:
            raise Refused(f"It is {said[0]}, not {only}: grade it as what it is.")
        if released := releases.get(said[0]):
            told["note"] = "; ".join(repair(nb, nbformat.read(released, as_version=4)))
    except Refused as reason:
        told["refused"] = str(reason)
    return {name: text.encode("utf-8", "backslashreplace").decode()[:_LONGEST] for name, text in told.items()}


_reader = Apart(__name__, seconds=60, memory=3 * 2**30)


def _number(name: str) -> int:
    """2 of ``00_start_here (2).ipynb`` and of ``00_start_here-2.ipynb``: browsers and Canvas count what has the same name."""
    match = re.search(r"(?:\((\d{1,9})\)|-(\d{1,9}))(?:\.\w+)*$", name)
    return int(match[1] or match[2]) if match else 0


def _choose(found: list[HandIn]) -> None:
    """Leaves one attempt of each student and assignment "taken", and notes at the others why."""
    attempts = collections.defaultdict(list)
    for hand_in in found:
        if hand_in.status == "taken":
            attempts[hand_in.student, hand_in.assignment].append(hand_in)
    for (student, assignment), several in attempts.items():
        if len({one.user for one in several}) > 1:  # below different folders
            for one in several:
                one.refuse(f"Several called {student} handed in {assignment}: grade each folder of the class by itself.")
            continue
        several.sort(key=lambda one: (one.when, one.attempt, one.shown))
        newest = several.pop()
        for one in several:
            why = "has the same time and a later name" if one.attempt == newest.attempt else "has the same time and a higher number"
            one.refuse(f"{newest.shown} {'is newer' if one.when < newest.when else why}", "replaced")
        for one in found:
            if one.student == newest.student and one.status == "refused" and one.assignment in ("", newest.assignment):
                if one.when > newest.when:
                    newest.say(f"{one.shown} is newer, but was refused")
