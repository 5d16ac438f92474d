"""What lies in a folder or zip file of hand-ins, down to the last file: listed without being unpacked, and read within bounds.

Nothing of it is changed, no link is followed, and no archive says where its files go.
"""

from __future__ import annotations

import dataclasses
import itertools
import os
import re
import stat
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path

from course_utils.instructor.intake import LARGEST, Refused

MOST_FILES, MOST_BYTES = 100_000, 200_000_000  # of one archive; of one that a student made
MOST_LISTED = 40_000_000  # bytes of an archive's list of its files
_LONGEST = 1000  # characters of a name in an archive, with its folders
_DEEPEST = 2  # archives in archives: the class's, and a student's in it
_DO = "hand in the .ipynb file itself."


@dataclasses.dataclass(frozen=True)
class File:
    """One file. ``parts``: its path below the source, in which an archive is a folder; of an empty folder, the last is empty.

    ``shown``: what to call it; ``path``: itself, or the archive that it is in as ``entry``; ``fault``: why it is not read.
    """

    parts: tuple[str, ...]
    shown: str
    path: Path
    when: float = 0.0
    fault: str = ""
    entry: zipfile.ZipInfo | None = None
    depth: int = 0  # archives around it

    @property
    def is_zip(self) -> bool:
        return self.parts[-1].lower().endswith(".zip")

    def fetch(self, target: Path) -> Path:
        """Where it can be read: itself, or a copy at ``target`` with the time that its archive states.

        Raises Refused if it is damaged or too large.
        """
        if self.entry is None:
            return self.path
        limit, left = (MOST_BYTES if self.is_zip else LARGEST), 0
        try:
            with zipfile.ZipFile(self.path) as archive, archive.open(self.entry) as packed, target.open("xb") as out:
                left = limit + 1
                while left > 0 and (some := packed.read(min(left, 1 << 20))):
                    left -= out.write(some)
        except Exception as error:  # zipfile and what it unpacks with raise many kinds
            raise Refused(self._unreadable(error)) from None
        if left <= 0:
            target.unlink()
            raise Refused(f"{self.shown} has more than {limit / 1e6:g} MB: clear its outputs and hand in again.")
        os.utime(target, (self.when, self.when))
        return target

    def inside(self, scratch: Path) -> list[File]:
        """What a zip file holds, or itself with the reason why that cannot be told. It is copied to ``scratch`` where it must."""
        try:
            if self.depth >= _DEEPEST:
                raise Refused(f"{self.shown} is a zip in a zip in a zip: {_DO}")
            path = self.fetch(scratch / f"{len(os.listdir(scratch))}.zip")
            if _listed(path) > MOST_LISTED:
                raise zipfile.BadZipFile("its list of files is too long")
            with zipfile.ZipFile(path) as archive:
                infos = archive.infolist()
            if len(infos) > MOST_FILES:
                raise zipfile.BadZipFile(f"it holds {len(infos):,} files")
            places = sorted((info.header_offset, info.compress_size) for info in infos)
            if any(start + size > after for (start, size), (after, _) in itertools.pairwise(places)):
                raise zipfile.BadZipFile("its files overlap")
        except Exception as error:
            return [dataclasses.replace(self, fault=str(error) if isinstance(error, Refused) else self._unreadable(error))]
        found = [self._of(info, path) for info in infos]
        return _visible(found, [self.parts, *(one.parts[:-1] for one in found)])

    def _unreadable(self, error: Exception) -> str:
        return f"{self.shown} cannot be unpacked ({type(error).__name__}: {str(error)[:200]}): {_DO}"

    def _of(self, info: zipfile.ZipInfo, path: Path) -> File:
        name = info.filename[:_LONGEST]
        if not info.flag_bits & 0x800:  # macOS and others write UTF-8 without saying so
            try:
                name = name.encode("cp437").decode("utf-8")
            except UnicodeError:
                pass
        parts = [part for part in re.split(r"[/\\]", name) if part not in ("", ".")]
        shown, fault = "/".join(parts), ""
        if ".." in parts:
            fault = f"{shown} names a place outside of its archive: {_DO}"
        elif len(info.filename) > _LONGEST:
            fault = f"A name in {self.shown} is too long: {_DO}"
        elif stat.S_ISLNK(info.external_attr >> 16):
            fault = f"{shown} is a link: hand in the file that it points to."
        parts = [part for part in parts if part != ".."] + [""] * info.is_dir()
        try:
            when = time.mktime((*info.date_time, 0, 0, -1))
        except (OverflowError, ValueError):  # a date that there is not
            when = 0.0
        return File((*self.parts, *parts), f"{self.shown}: {shown}" if self.shown else shown, path, when, fault, info, self.depth + 1)


def _listed(path: Path) -> int:
    """How many bytes the list of an archive's files has, as its end says, before anything of it is read; 0 if it does not say."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, 70_000), os.SEEK_END)
        end = file.read()
    fields = ((b"PK\x05\x06", 12, 4), (b"PK\x06\x06", 40, 8))  # the usual record and zip64's: its mark, where the size stands, its bytes
    found = {mark: end.rfind(mark) for mark, *_ in fields}
    sizes = [int.from_bytes(end[found[m] + at : found[m] + at + n], "little") for m, at, n in fields if found[m] >= 0]
    return max((size for size in sizes if size != 0xFFFFFFFF), default=0)


def listing(source: Path, scratch: Path) -> list[File]:
    """Every file below a folder or in a zip file, those of zip files at its top as well; and every empty folder."""
    if source.is_file():
        found = File((source.name,), source.name, source).inside(scratch)
        return [dataclasses.replace(one, parts=one.parts[1:]) if one.parts[1:] else one for one in found]
    files, folders = [], []
    for folder, below, names in os.walk(source, onerror=lambda error: files.append(_on_disk(source, Path(error.filename)))):
        links = [name for name in below if os.path.islink(os.path.join(folder, name))]
        files += [_on_disk(source, Path(folder, name)) for name in names + links]
        folders.append(Path(folder).relative_to(source).parts)
    found = _visible(files, folders)
    return [inner for one in found for inner in (_unwrapped(one.inside(scratch)) if len(one.parts) == 1 and one.is_zip else [one])]


def _on_disk(source: Path, path: Path) -> File:
    parts = path.relative_to(source).parts
    shown = "/".join(parts)
    status, fault = path.lstat(), ""
    if stat.S_ISLNK(status.st_mode):
        fault = f"{shown} is a link, which may lead to somebody else's file: put the file itself there."
    elif not stat.S_ISREG(status.st_mode):
        fault = f"{shown} is no file that can be read."
    return File(parts, shown, path, status.st_mtime, fault)


def _visible(files: Iterable[File], folders: Iterable[tuple[str, ...]]) -> list[File]:
    """All but what systems and editors leave behind, and each folder in which nothing else lies."""
    found = sorted((one for one in files if one.parts and one.parts[-1] and not _hidden(one.parts)), key=lambda one: one.shown)
    filled = {one.parts[:n] for one in found for n in range(len(one.parts))}
    every = {tuple(itertools.takewhile(lambda part: not _hidden([part]), parts)) for parts in folders}
    return found + [File((*parts, ""), "/".join(parts), Path()) for parts in sorted(every - filled) if parts]


def _unwrapped(found: list[File]) -> list[File]:
    """A zip file's content without the one folder that everything in it lies in, if that says nothing about whose it is."""
    tops = {one.parts[1] for one in found if len(one.parts) > 2}
    if len(tops) != 1 or any(len(one.parts) < 3 for one in found) or "_assignsubmission_" in min(tops):
        return found
    return [dataclasses.replace(one, parts=(one.parts[0], *one.parts[2:])) for one in found]


def _hidden(parts: Iterable[str]) -> bool:
    return any(part.startswith(".") or part in ("__MACOSX", "Thumbs.db", "desktop.ini") for part in parts)
