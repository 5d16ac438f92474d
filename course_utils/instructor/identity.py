"""Whose a hand-in is: how learning platforms and people lay out a class's files, each recognised once for all of it.

A student is what stands at one level of the paths, the same for everybody; what lies below was named by the student, and
says nothing about whose it is. Nothing is read here but paths.
"""

from __future__ import annotations

import collections
import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from typing import NamedTuple

from course_utils.instructor.intake import Refused, tidy_name

Parts = tuple[str, ...]
_LONGEST = 120  # bytes of a key: a folder's name has 255 at most, and more is made of it
_INSIDE, _LAST = " .-@'(),", ".)'"  # what may stand inside a key, and at its end, beside letters, digits and marks


class Layout(NamedTuple):
    """How a platform names each student's folder, or each file. Groups of the pattern: ``who``, ``file``, and where there
    are such ``user`` (its number for them, in every assignment if ``lasting``) and ``number`` (of the attempt)."""

    platform: str
    pattern: re.Pattern
    lasting: bool = False


# Moodle: mod/assign/classes/downloader.php, with a number for each participant of the assignment, and none for some teams.
# Canvas: lib/content_zipper.rb. What is late and anonymous begins with LATE; what was typed in has no number of a file.
_FILE = r"_(?:(?P<number>\d+)_(?P<file>.+)|(?:text|link)\.html)"
LAYOUTS = (
    Layout("Moodle", re.compile(r"(?P<who>.+?)(?:_(?P<user>\d+))?_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)")),
    Layout("Canvas", re.compile(rf"(?:LATE_)?(?P<who>anon_[^_]+){_FILE}")),
    Layout("Canvas", re.compile(rf"(?P<who>.*?)(?:_LATE)?_(?P<user>\d+){_FILE}"), lasting=True),
    Layout("Blackboard", re.compile(r"(?P<who>.+?)_attempt_(?P<number>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)")),
)


class Place(NamedTuple):
    """Whose a file is, and how the student named it: ``name``, empty where the platform wrote it, below ``folders``.

    ``number`` is the platform's for the attempt, ``user`` that for the student; ``note`` says what was decided.
    """

    student: str
    name: str = ""
    folders: Parts = ()
    number: int = 0
    user: str = ""
    note: str = ""


def key(name: str) -> str:
    """A student's name as a folder's and nbgrader's: different names stay different, and letters of every script readable.

    What would mean something to a shell, a pattern, an address or a table becomes ``~`` and its bytes in hexadecimal digits.
    A name that is too long is cut, and ends in a hash of all of it. A key is its own key.
    """

    def safe(match: re.Match) -> str:
        letter, free = match[0], _INSIDE if match.end() < len(name) else _LAST
        if match[1] or letter.isalnum() or letter == "_" or unicodedata.category(letter)[0] == "M" or (match.start() and letter in free):
            return letter
        # what is no UTF-8 reaches Python as half characters, of which some are bytes (PEP 383)
        data = letter.encode("utf-8", "surrogateescape" if "\udc80" <= letter <= "\udcff" else "surrogatepass")
        return "".join(f"~{byte:02X}" for byte in data)

    found = re.sub(r"(~[0-9A-F]{2}|~~[0-9a-f]{12}$|^~$)|.", safe, name, flags=re.DOTALL)
    if len(data := found.encode()) > _LONGEST:
        cut = re.sub("~[0-9A-F]?$", "", data[: _LONGEST - 14].decode(errors="ignore"))
        found = f"{cut}~~{hashlib.sha256(data).hexdigest()[:12]}"
    return found or "~"


def places(
    paths: Sequence[Parts], assignments: Collection[str], listed: Callable[[str], int] = lambda name: 0, known: Collection[str] = ()
) -> list[Place | Refused]:
    """Where each path belongs, or why it has no place, as a sentence that says what to do.

    Parameters
    ----------
    paths : parts of every file below the source, and of empty folders, whose last part is empty.
    assignments : names of the course's notebooks: a folder or file of such a name is no student.
    listed : on how many lines of the class list a name stands; it decides where folders alone would not.
    known : students of earlier hand-ins.
    """
    paths = [tuple(unicodedata.normalize("NFC", part) for part in parts) for parts in paths]
    layout, depth = _recognised(paths)
    if layout:
        found = [_of_platform(layout, parts, depth) for parts in paths]
        if layout.platform == "Blackboard":
            found = _without_title(found)
    else:
        try:
            depth = _level(paths, assignments, listed)
        except Refused as reason:
            return [reason] * len(paths)
        found = [_plain(parts, depth, assignments) for parts in paths]
    # A number that lasts is part of the key; another only where several bear one name: it makes somebody else of them next time.
    lasting, bearers = layout is not None and layout.lasting, collections.defaultdict(set)
    for place, parts in zip(found, paths):
        if isinstance(place, Place):
            bearers[place.student, parts[:depth]].add(place.user)
    shared = {name for (name, _), users in bearers.items() if not lasting and (len(users) > 1 or listed(name) > 1)}
    numbered = {name for name, _ in bearers if lasting or name in shared or name == "Participant"}  # who is anonymous
    return _named(found, numbered, shared, known)


def _named(found: list[Place | Refused], numbered: set[str], shared: set[str], known: Collection[str]) -> list[Place | Refused]:
    """Names made keys, with their numbers where they are ``numbered``; ``shared`` are those that several bear."""
    people = {one: (one.student, one.user * (one.student in numbered)) for one in found if isinstance(one, Place)}
    keys, notes = {who: key("_".join(filter(None, who))) for who in people.values()}, {}
    older = {who: re.sub(r"[^\w.@-]+", "_", who[0]).strip("._") for who in keys}  # the course's first release named so
    count, split = collections.Counter([*keys.values(), *older.values()]), {re.sub(r"_\d+$", "", name) for name in known}
    for who, old in older.items():
        if who[0] in shared:
            notes[who] = f"several are called {who[0]}: the number tells them apart, and is another in each assignment"
        elif keys[who] not in known and old in known and count[old] == 1:
            keys[who], notes[who] = old, f"goes on as {old}, who handed in before"
        elif keys[who] not in known and keys[who] in split:
            notes[who] = f"several called {keys[who]} handed in before, each with a number: see which of them it is"
    count = collections.Counter(keys.values())
    same = "Two students would be called {}: give one of them another name."
    placed = {one: one._replace(student=keys[who], note=notes.get(who, "")) for one, who in people.items()}
    found = [placed.get(one, one) for one in found]
    return [Refused(same.format(one.student)) if isinstance(one, Place) and count[one.student] > 1 else one for one in found]


def _recognised(paths: Sequence[Parts]) -> tuple[Layout | None, int]:
    """The platform's layout, if most names have it: at the top (depth 0), or in every folder there."""
    for depth in (0, 1):
        groups = collections.defaultdict(set)
        for parts in paths:
            if len(parts) > depth:
                groups[parts[:depth]].add(parts[depth])
        for layout in LAYOUTS:
            fits = [2 * sum(map(bool, map(layout.pattern.fullmatch, names))) > len(names) for names in groups.values()]
            if fits and all(fits):
                return layout, depth
    return None, 0


def _of_platform(layout: Layout, parts: Parts, depth: int) -> Place | Refused:
    if len(parts) <= depth or not (match := layout.pattern.fullmatch(parts[depth])):
        shown = "/".join(parts)
        return Refused(f"{shown} is not named as {layout.platform} does, but most others are: name it so, or grade it by itself.")
    said = {"number": "", "user": "", **match.groupdict("")}
    *folders, file = parts[depth + 1 :] or (said["file"],)
    return Place(said["who"], file, tuple(folders), int(re.sub(r"\D", "", said["number"]) or 0), said["user"])


def _without_title(found: list[Place | Refused]) -> list[Place | Refused]:
    """Blackboard's ``ASSIGNMENT_USER`` → ``USER``: the title is what all have in common, since both may hold a ``_``."""
    names = {one.student for one in found if isinstance(one, Place)}
    common = os.path.commonprefix([*names]) if len(names) > 1 else min(names)
    cut = common.rfind("_") + 1
    return [one._replace(student=one.student[cut:]) if isinstance(one, Place) else one for one in found]


def _plain(parts: Parts, depth: int, assignments: Collection[str]) -> Place | Refused:
    """``STUDENT/…/FILE``, ``STUDENT.zip`` or ``STUDENT.ipynb``, at a depth."""
    shown = "/".join(parts).rstrip("/")
    if len(parts) <= depth:
        return Refused(f"{shown} lies beside the folders of students: put it into the folder of the student whose it is.")
    if any(layout.pattern.fullmatch(parts[depth]) for layout in LAYOUTS):
        return Refused(f"{shown} is named as a platform does, but most others are not: grade it by itself, or rename it to its student.")
    *above, name = parts[depth:]
    student = re.sub(r"\.zip$", "", above[0], flags=re.IGNORECASE) if above else stem(name)
    if student in assignments:
        return Refused(f"{shown} does not say whose it is: put it into a folder with the student's name.")
    return Place(student, name, tuple(above[1:]))


def stem(name: str) -> str:
    """A file's name without its ending, and without what browsers and Colab add to it."""
    return tidy_name(name if is_notebook(name) else os.path.splitext(name)[0]).removesuffix(".ipynb")


def is_notebook(name: str) -> bool:
    """Whether a file's name says so; browsers add ``.txt`` and ``.json``."""
    return bool(re.search(r"\.ipynb(\.txt|\.json)?$", name, re.IGNORECASE))


def _level(paths: Sequence[Parts], assignments: Collection[str], listed: Callable[[str], int]) -> int:
    """The depth at which students stand where no platform named them: 0, or 1 below sections.

    Raises Refused if it could be either.
    """
    tops, inside = ({parts[:depth] + (name,) for parts in paths if (name := _holder(parts[depth:]))} for depth in (0, 1))
    on_list = [len([names for *_, name in names if listed(name)]) for names in (tops, inside)]
    if any(on_list):
        return int(on_list[1] > on_list[0])
    folders = {parts[0] for parts in paths if len(parts) > 1}
    is_alone = len(folders) == 1 and all(len(parts) > 1 for parts in paths)
    if is_alone and folders == {"submitted"}:  # nbgrader's own folder
        return 1
    several = len(inside) > len({top for top, _ in inside})
    if not several or {name for _, name in inside} & {*assignments} or any(len(p) == 1 and _holder(p) for p in paths):
        return 0
    if is_alone:
        return 1
    raise Refused(
        f"{'/'.join(min(inside))} can be a student in a section's folder, or something in a student's: "
        "give a class list (`--students`), or grade each section by itself."
    )


def _holder(parts: Parts) -> str:
    """Who may be named by what begins here: a folder, or else a notebook or zip file."""
    if len(parts) > 1 and not parts[0].lower().endswith(".zip"):
        return parts[0]
    return stem(parts[0]) if parts and re.search(r"\.zip$|\.ipynb", parts[0], re.IGNORECASE) else ""
