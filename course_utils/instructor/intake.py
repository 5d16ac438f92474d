"""What is put right in a notebook that was handed in, before any of it is run, and what is refused.

Cell roles, points and locked text come from the release, never from the hand-in: the learner's notebook gives the
source of its solution cells, its own cells and their order, and nothing else.
"""

import copy
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

LARGEST = 20_000_000  # bytes of a hand-in; outputs are thrown away, so an honest one is far smaller


class Refused(ValueError):
    """Why a hand-in cannot be graded, in one sentence that says what to do."""


def load(path: Path, called: str = "") -> NotebookNode:
    """Reads a hand-in, which is named in what is said of it as ``called``, or else as it is.

    Raises Refused if it is too large or not a notebook.
    """
    called = called or path.name
    if path.stat().st_size > LARGEST:
        raise Refused(f"{called} has more than {LARGEST / 1e6:g} MB: clear its outputs and hand in again.")
    try:
        nb = nbformat.reads(path.read_text(encoding="utf-8-sig"), as_version=4)
        assert all(isinstance(cell.source, str) and cell.cell_type in ("code", "markdown", "raw") for cell in nb.cells)
    except Exception:  # nbformat raises many kinds, AttributeError among them
        raise Refused(f"{called} is not a readable notebook: download it again as .ipynb and hand that in.") from None
    return nb


def tidy_name(name: str) -> str:
    """``"Copy of 00_start_here (1).ipynb"`` → ``"00_start_here.ipynb"``: what browsers and Colab add to names."""
    stem = re.sub(r"\.ipynb$", "", name.removesuffix(".txt").removesuffix(".json"), flags=re.IGNORECASE)
    while True:
        shorter = re.sub(r"^(Copy of|Kopie von|Copie de|Copia de)\s+|\s*\(\d+\)$|[-_ ]+[Cc]opy\d*$", "", stem).strip()
        if shorter == stem:
            return f"{stem}.ipynb"
        stem = shorter


def repair(nb: NotebookNode, released: NotebookNode) -> list[str]:
    """Puts ``nb`` right in place, against the released notebook. Returns what was done, for the instructor.

    Afterwards every released cell that has a role occurs at most once, with the release's metadata; graded cells and
    written answers exactly once, each graded cell below its solution; no other cell has a role or a tag.

    Raises Refused if it is another notebook, or one of an older release.
    """
    roles = {c.metadata.nbgrader.grade_id: c for c in released.cells if "nbgrader" in c.metadata}
    _same_release(nb, released, roles)
    notes = []
    if nb.metadata.pop("widgets", None) is not None:
        notes.append("dropped widget state")
    nb.metadata.pop("celltoolbar", None)
    for cell in nb.cells:  # half a character, as some editors leave it, cannot be written to a file
        cell.source = cell.source.encode("utf-8", "replace").decode()
    usual = {tag for cell in released.cells for tag in cell.metadata.get("tags", [])}
    for cell in nb.cells:
        if tags := {str(tag) for tag in cell.metadata.pop("tags", None) or []} - usual:
            notes.append(f"dropped cell tags {', '.join(sorted(tags))}")
    keepers = _keepers(nb, roles, notes)
    nb.cells = [_restored(roles[keepers[id(cell)]], cell) if id(cell) in keepers else _without_role(cell) for cell in nb.cells]
    _insert_missing(nb, roles, notes)
    _put_tests_below(nb, notes)
    _distinct_ids(nb)
    return list(dict.fromkeys(notes))


def _same_release(nb: NotebookNode, released: NotebookNode, roles: dict) -> None:
    ours, theirs = released.metadata.course, nb.metadata.get("course") or {}
    name = ours.notebook
    if theirs.get("notebook", name) != name:
        raise Refused(f"This is the notebook {theirs['notebook']}, not {name}: hand it in as what it is.")
    if theirs.get("release", ours.release) != ours.release:
        raise Refused(
            f"This {name} was made from the release {theirs['release']}, the class is graded by {ours.release}: "
            "open the current notebook, copy the answers into it and hand that in."
        )
    if not theirs.get("release"):  # an editor dropped the stamp: the cells themselves must tell
        found = {_identity(cell, roles) for cell in nb.cells}
        answers = {key for key, cell in roles.items() if cell.metadata.nbgrader.solution}
        if missing := answers - found:
            raise Refused(
                f"This is not the current {name}, it has no cell {min(missing)}: "
                "open the current notebook, copy the answers into it and hand that in."
            )


def _identity(cell: NotebookNode, roles: dict) -> str | None:
    """The released cell that this one is: by nbgrader's id, else by the cell's id (Colab keeps it in the metadata)."""
    role = cell.metadata.get("nbgrader")
    for key in (role.get("grade_id") if isinstance(role, dict) else None, cell.get("id"), cell.metadata.get("id")):
        if isinstance(key, str) and key in roles:
            return key
    return None


def _keepers(nb: NotebookNode, roles: dict, notes: list[str]) -> dict[int, str]:
    """Which cell stands for each released one, by ``id(cell)``. Of several copies, the first that was worked on."""
    copies: dict[str, list[NotebookNode]] = {}
    for cell in nb.cells:
        if key := _identity(cell, roles):
            copies.setdefault(key, []).append(cell)
    keepers = {}
    for key, cells in copies.items():
        if len(cells) > 1:
            notes.append(f"{key} occurred {len(cells)} times")
        worked_on = [c for c in cells if c.source.strip() != roles[key].source.strip()]
        answered = roles[key].metadata.nbgrader.solution and worked_on
        keepers[id(worked_on[0] if answered else cells[0])] = key
    return keepers


def _restored(role: NotebookNode, cell: NotebookNode) -> NotebookNode:
    """The released cell with the learner's answer in it, if it is one to be answered."""
    new = copy.deepcopy(role)
    if role.metadata.nbgrader.solution:
        new.source = cell.source
        if role.cell_type == "markdown" and "attachments" in cell:
            new.attachments = cell.attachments
    return new


def _without_role(cell: NotebookNode) -> NotebookNode:
    cell.metadata.pop("nbgrader", None)
    return cell


def _position(nb: NotebookNode, key: str) -> int | None:
    return next((n for n, c in enumerate(nb.cells) if c.metadata.get("nbgrader", {}).get("grade_id") == key), None)


def _insert_missing(nb: NotebookNode, roles: dict, notes: list[str]) -> None:
    """Deleted cells come back behind the one that preceded them in the release. A deleted code answer stays deleted:
    its stub could overwrite the same function, written in a cell of the learner's own."""
    last = -1
    for key, cell in roles.items():
        found = _position(nb, key)
        if found is not None:
            last = found
        elif not (cell.metadata.nbgrader.solution and cell.cell_type == "code"):
            last = last + 1 if last >= 0 else len(nb.cells)
            nb.cells.insert(last, copy.deepcopy(cell))
            notes.append(f"{key} was deleted")


def _put_tests_below(nb: NotebookNode, notes: list[str]) -> None:
    for cell in [c for c in nb.cells if c.cell_type == "code" and c.metadata.get("nbgrader", {}).get("grade")]:
        key = cell.metadata.nbgrader.grade_id
        here, answer = _position(nb, key), _position(nb, key.replace("-graded", "-solution"))
        if answer is not None and here < answer:
            nb.cells.insert(answer, nb.cells.pop(here))
            notes.append(f"{key} stood above its answer")


def _distinct_ids(nb: NotebookNode) -> None:
    """Cell ids of one notebook differ; released cells keep theirs."""
    taken = {cell.id for cell in nb.cells if "nbgrader" in cell.metadata}
    for number, cell in enumerate(nb.cells):
        if "nbgrader" not in cell.metadata:
            if not isinstance(cell.get("id"), str) or cell.id in taken or not re.fullmatch(r"[\w-]{1,64}", cell.id, re.ASCII):
                cell.id = f"own-{number}"
            taken.add(cell.id)
    nb.nbformat, nb.nbformat_minor = 4, 5
