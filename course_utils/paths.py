"""Where the course's data lies, in a checkout and in an installed wheel, and how a file there is trusted."""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path

_HERE = Path(__file__).resolve().parent


def data_dir() -> Path:
    """The folder of artwork, names, checkpoints and recorded results.

    Raises FileNotFoundError if neither the wheel's copy nor the checkout's ``data/`` exists.
    """
    for folder in (_HERE / "_data", _HERE.parent / "data"):
        if (folder / "CHECKSUMS.json").is_file():
            return folder
    raise FileNotFoundError(
        "The course's data folder is missing. Install the course again: run its first cell in Colab, or `make lab` in a fresh clone."
    )


_opened: set[str] = set()


@functools.cache
def _checksums(folder: Path) -> dict[str, str]:
    return json.loads((folder / "CHECKSUMS.json").read_text())


def data_names() -> tuple[str, ...]:
    """Every file of the data folder that the course was built with, relative to it, with ``/``."""
    return tuple(_checksums(data_dir()))


def data_file(name: str) -> Path:
    """The path of one data file, after its SHA-256 was compared with ``data/CHECKSUMS.json``.

    ``name`` is relative to the data folder, with ``/``.

    Raises FileNotFoundError or ValueError if the file is missing, or is not the file that the course was built with.
    Both say what to do.
    """
    folder = data_dir()
    path, expected = folder / name, _checksums(folder).get(name)
    remedy = "In a clone, run `git checkout -- data`; elsewhere, install the course again."
    if not path.is_file():
        raise FileNotFoundError(f"The data file {name} is missing from {folder}. {remedy}")
    if expected is None:
        raise ValueError(f"{name} is not listed in data/CHECKSUMS.json, so it cannot be trusted. {remedy}")
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != expected:
        if hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest() == expected:
            remedy = "Git for Windows changed its line ends. Clone again with `git clone -c core.autocrlf=false`, or work in WSL2."
        raise ValueError(f"The data file {name} was altered or only partly downloaded. {remedy}")
    _opened.add(name)
    return path


def list_file(name: str) -> None:
    """Lists a data file, as it is now, in ``data/CHECKSUMS.json``."""
    folder = data_dir()
    sums = json.loads((folder / "CHECKSUMS.json").read_text())
    sums[name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "CHECKSUMS.json").write_text(json.dumps(dict(sorted(sums.items())), indent=2) + "\n")


def opened() -> dict[str, str]:
    """The data files that this process has asked for so far, each with its checksum."""
    sums = _checksums(data_dir())
    return {name: sums[name] for name in sorted(_opened)}
