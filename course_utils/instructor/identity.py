"""Whose a hand-in is: the ways in which learning platforms and people lay out a class's files, each recognised once for all of it.

A student is what stands at one level of the paths, the same for everybody; what lies below was named by the student, and
says nothing about whose it is. Nothing is read here but paths.
"""

from __future__ import annotations

import collections
import dataclasses
import hashlib
import os
import re
import unicodedata
from collections.abc import Callable, Collection, Sequence

from course_utils.instructor.intake import Refused, tidy_name

Parts = tuple[str, ...]
_LONGEST = 120  # bytes of a key: a folder's name has 255 at most, and more is made of it
_INSIDE, _LAST = " .-@'(),", ".)'"  # what may stand inside a key, and at its end, beside letters, digits and marks


@dataclasses.dataclass(frozen=True)
class Layout:
    """How a platform names a student's folder, or else each file. Groups of the pattern: ``who``, and where there are such
    ``user`` (its number for them, added to ``who``), ``number`` (of the attempt) and ``file``."""

    platform: str
    pattern: re.Pattern
    folder: bool = False


# Moodle: mod/assign/classes/downloader.php. `who` holds its number of the participant; a team without one has none.
# Canvas: lib/content_zipper.rb. What is late and anonymous begins with LATE; what was typed in has no number of a file.
_FILE = r"_(?:(?P<number>\d+)_(?P<file>.+)|(?:text|link)\.html)"
LAYOUTS = (
    Layout("Moodle", re.compile(r"(?P<who>.+?)_assignsubmission_(?:file|onlinetext)_?"), folder=True),
    Layout("Moodle", re.compile(r"(?P<who>.+?)_assignsubmission_(?:file|onlinetext)_(?P<file>.+)")),
    Layout("Canvas", re.compile(rf"(?:LATE_)?(?P<who>anon_[^_]+){_FILE}")),
    Layout("Canvas", re.compile(rf"(?P<who>.*?)(?:_LATE)?_(?P<user>\d+){_FILE}")),
    Layout("Blackboard", re.compile(r"(?P<who>.+?)_attempt_(?P<number>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)")),
)


@dataclasses.dataclass(frozen=True)
class Place:
    """Whose a file is, and how the student named it: ``name``, empty where the platform wrote it, below ``folders``.
    ``number`` is the platform's for the attempt."""

    student: str
    name: str = ""
    folders: Parts = ()
    number: int = 0


def key(name: str) -> str:
    """A student's name as a folder's and nbgrader's: different names stay different, and letters of every script readable.

    Composed (NFC); what would mean something to a shell, a pattern, an address or a table becomes ``~`` and its bytes in
    hexadecimal digits. A name that is too long is cut, and ends in a hash of all of it.
    """
    name = unicodedata.normalize("NFC", name)
    found = "".join(
        letter if letter.isalnum() or letter == "_" or unicodedata.category(letter)[0] == "M" or letter in free else _bytes(letter)
        for letter, free in zip(name, ["", *[_INSIDE] * (len(name) - 2), _LAST])
    )
    if len(data := found.encode()) > _LONGEST:
        found = f"{data[:_LONGEST].decode(errors='ignore')}~~{hashlib.sha256(data).hexdigest()[:12]}"
    return found or "~"


def _bytes(letter: str) -> str:
    """What is no UTF-8 reaches Python as half characters, of which some are bytes (PEP 383)."""
    data = letter.encode("utf-8", "surrogateescape" if "\udc80" <= letter <= "\udcff" else "surrogatepass")
    return "".join(f"~{byte:02X}" for byte in data)


def places(paths: Sequence[Parts], assignments: Collection[str], listed: Callable[[str], bool] | None = None) -> list[Place | Refused]:
    """Where each path belongs: the layout is chosen once, for all of them.

    Parameters
    ----------
    paths : parts of every file below the source, and of empty folders, whose last part is empty.
    assignments : names of the course's notebooks: a folder or file of such a name is no student.
    listed : whether the class list holds a name; it decides where folders alone would not.

    Returns
    -------
    For each path its place, or why it has none, as a sentence that says what to do.
    """
    layout, depth = _recognised(paths)
    if layout is None:
        try:
            depth = _level(paths, assignments, listed)
        except Refused as reason:
            return [reason] * len(paths)
        return [_plain(parts, depth, assignments) for parts in paths]
    found = [_of_platform(layout, parts, depth) for parts in paths]
    return _without_title(found) if layout.platform == "Blackboard" else found


def _recognised(paths: Sequence[Parts]) -> tuple[Layout | None, int]:
    """The platform's layout, if most names have it: at the top (depth 0), or in every folder there."""
    for depth in (0, 1):
        groups = collections.defaultdict(set)
        for parts in paths:
            if len(parts) > depth:
                groups[parts[:depth]].add((parts[depth], len(parts) > depth + 1))
        for layout in LAYOUTS:
            if groups and all(2 * sum(map(lambda one: _fits(layout, *one), names)) > len(names) for names in groups.values()):
                return layout, depth
    return None, 0


def _fits(layout: Layout, name: str, is_folder: bool) -> bool:
    return layout.pattern.fullmatch(name) is not None and (is_folder or name.lower().endswith(".zip") or not layout.folder)


def _of_platform(layout: Layout, parts: Parts, depth: int) -> Place | Refused:
    shown, name = "/".join(parts), parts[min(depth, len(parts) - 1)]
    match = layout.pattern.fullmatch(name) if len(parts) > depth else None
    if match is None or (layout.folder and len(parts) < depth + 2):
        return Refused(f"{shown} is not named as {layout.platform} does, but most others are: name it so, or grade it by itself.")
    groups = match.groupdict()
    who = "_".join(filter(None, (groups["who"], groups.get("user"))))
    *folders, file = parts[depth + 1 :] or (groups["file"] or "",)
    return Place(key(who), file, tuple(folders), int(re.sub(r"\D", "", groups.get("number") or "0")))


def _without_title(found: list[Place | Refused]) -> list[Place | Refused]:
    """Blackboard's ``ASSIGNMENT_USER`` → ``USER``: the title is what all have in common, since both may hold a ``_``."""
    names = {one.student for one in found if isinstance(one, Place)}
    common = os.path.commonprefix(list(names)) if len(names) > 1 else next(iter(names), "")
    cut = common.rfind("_") + 1
    return [dataclasses.replace(one, student=one.student[cut:]) if isinstance(one, Place) else one for one in found]


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
    return Place(key(student), name, tuple(above[1:]))


def stem(name: str) -> str:
    """A file's name without its ending, and without what browsers and Colab add to it."""
    return tidy_name(name if is_notebook(name) else os.path.splitext(name)[0]).removesuffix(".ipynb")


def is_notebook(name: str) -> bool:
    """Whether a file's name says so; browsers add ``.txt`` and ``.json``."""
    return bool(re.search(r"\.ipynb(\.txt|\.json)?$", name, re.IGNORECASE))


def _level(paths: Sequence[Parts], assignments: Collection[str], listed: Callable[[str], bool] | None) -> int:
    """The depth at which students stand where no platform named them: 0, or 1 below sections.

    Raises Refused if folders could be either.
    """
    tops = {parts[0] for parts in paths if len(parts) > 1}
    inside = {(parts[0], parts[1], len(parts) > 2) for parts in paths if len(parts) > 1 and parts[1]}
    names = [name if is_folder else stem(name) for _, name, is_folder in inside]
    if listed:
        above = {top if top in tops and not top.lower().endswith(".zip") else stem(top) for top in (parts[0] for parts in paths)}
        found = [sum(map(listed, level)) for level in (above, set(names))]
        if any(found):
            return int(found[1] > found[0])
    is_alone = len(tops) == 1 and all(len(parts) > 1 for parts in paths)
    if is_alone and tops == {"submitted"}:  # nbgrader's own folder
        return 1
    has_folders_only = all(is_folder for *_, is_folder in inside)
    several = max(collections.Counter(top for top, *_ in inside).values(), default=0) > 1
    if not several or set(names) & set(assignments) or len(set(names)) < len(names) or not (is_alone or has_folders_only):
        return 0
    if is_alone:
        return 1
    if any(len(parts) == 1 for parts in paths):
        return 0
    raise Refused(
        f"Folders such as {min(tops)}/{min(name for top, name, _ in inside if top == min(tops))} can be a section's with students "
        "in it, or a student's with folders in it: give a class list (`--students`), or grade each section by itself."
    )
