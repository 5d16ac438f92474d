"""``python -m course_utils.instructor.build [NN ...]``: every notebook from its one hand-written form.

For each ``solutions/NN_topic/NN_topic.py`` it writes ``solutions/NN_topic/NN_topic.ipynb`` (executed in full) and
``notebooks/NN_topic/NN_topic.ipynb`` (what learners open). ``--check`` writes nothing and refuses what is stale, drifted
or leaking. ``--no-execute`` is for a change of words or of the version: it keeps the outputs, and refuses where
code is not what was executed. A solution that never was has none, and ``--check`` refuses it.
"""

import argparse
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

from course_utils.instructor import readme
from course_utils.instructor.assemble import LANGUAGE, assemble
from course_utils.instructor.release import leaks, release
from course_utils.instructor.source import Source, SourceError, read

LARGEST = 1_000_000  # bytes of an executed notebook: above this, a browser and a git history start to suffer
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_OF_THIS_MACHINE = re.compile(r"\b0x[0-9a-f]{8,}\b|/(?:tmp|home|root|Users|private|var/folders)/[\w.-]+")


class BuildError(RuntimeError):
    """A notebook that cannot be built, or a built file that is not what its source says; one sentence a fault."""


def sources(root: Path, numbers: list[str]) -> list[Path]:
    """The hand-written files of the notebooks ``numbers`` ("00", "07"), of all when empty.

    Raises BuildError if a number names no notebook.
    """
    found = {path.stem[:2]: path for path in sorted(root.glob("solutions/[0-9][0-9]_*/[0-9][0-9]_*.py"))}
    if unknown := [n for n in numbers if n[:2] not in found]:
        raise BuildError(f"There is no notebook {', '.join(unknown)} under solutions/; there are {', '.join(found)}.")
    return [found[n[:2]] for n in numbers] if numbers else list(found.values())


def places(root: Path, name: str) -> tuple[Path, Path]:
    """Where the executed solution and the released notebook stand."""
    return root / "solutions" / name / f"{name}.ipynb", root / "notebooks" / name / f"{name}.ipynb"


def build(path: Path, root: Path, *, run: bool = True) -> float:
    """Builds one notebook. Returns the seconds that its cells took."""
    source = read(path)
    nb = assemble(source, root)
    solved, released = places(root, source.name)
    released_bytes = release(nb, source.name, root)
    start = time.perf_counter()
    if run:
        execute(nb, source.name)
    elif solved.is_file():
        _keep_outputs(nb, nbformat.read(solved, as_version=4), source.name)
    seconds = time.perf_counter() - start
    text = nbformat.writes(nb) + "\n"
    if len(text.encode()) > LARGEST:
        raise BuildError(
            f"{source.name}: the executed notebook has {len(text.encode()) / 1e6:.1f} MB, at most "
            f"{LARGEST / 1e6:g} MB are allowed: draw fewer or smaller figures."
        )
    for place, content in ((solved, text.encode()), (released, released_bytes)):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return seconds


def _keep_outputs(nb: NotebookNode, built: NotebookNode, name: str) -> None:
    """Gives ``nb`` the outputs of ``built``. Raises BuildError if ``built`` was executed and its code is another; but for the
    setup cell, which prints nothing."""
    new, old = ([cell for cell in each.cells if cell.cell_type == "code"] for each in (nb, built))
    if [(c.id, c.source) for c in new if c.id != "setup"] == [(c.id, c.source) for c in old if c.id != "setup"]:
        for cell, was in zip(new, old):
            cell.outputs, cell.execution_count = was.outputs, was.execution_count
    elif any(cell.execution_count for cell in old):
        raise BuildError(f"{name}: its code is not what was executed: run `make build NN={name[:2]}`, which executes it.")


def execute(nb: NotebookNode, name: str) -> None:
    """Runs every cell in full, in an empty folder, and cleans the outputs of what belongs to this machine or moment."""
    unset = {"COURSE_FAST", "COURSE_GRADING_SEED", "MPLBACKEND"}  # in full, with visible cases, figures inline
    environment = {k: v for k, v in os.environ.items() if k not in unset}
    with tempfile.TemporaryDirectory() as folder:
        client = NotebookClient(
            nb,
            timeout=900,
            kernel_name="python3",
            record_timing=False,
            store_widget_state=False,
            extra_arguments=["--Application.log_level=40"],  # the kernel's own warning about its transport
            resources={"metadata": {"path": folder}},
        )
        try:
            client.execute(env=environment)
        except CellExecutionError as error:
            raise BuildError(f"{name}: a cell of the solution fails.\n{error}") from None
    normalise(nb, name)


def normalise(nb: NotebookNode, name: str) -> None:
    """Drops widget views and overwritten progress lines and fixes the metadata.

    Raises BuildError if an output shows a memory address or a folder of this machine.
    """
    nb.metadata.language_info = dict(LANGUAGE)
    for cell in nb.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)
        cell.outputs = [output for output in map(_clean, cell.outputs) if output is not None]
        for output in cell.outputs:
            texts = [output.get("text", ""), *output.get("data", {}).values(), *output.get("traceback", [])]
            for text in texts:
                if found := _OF_THIS_MACHINE.search(text if isinstance(text, str) and len(text) < 100_000 else ""):
                    raise BuildError(
                        f"{name}: the output of the cell {cell.source[:60]!r} shows {found.group()!r}, which is "
                        "different on every machine: print something else there."
                    )


def _clean(output: NotebookNode) -> NotebookNode | None:
    if output.output_type == "stream":
        # what a terminal would still show: a carriage return overwrites the line
        output.text = "\n".join(line.rstrip("\r").rsplit("\r", 1)[-1] for line in output.text.split("\n"))
        return output if output.text.strip() else None
    if output.output_type in ("display_data", "execute_result"):
        if output.data.pop(_WIDGET_VIEW, None) is not None:  # a saved notebook has no kernel to move it
            return None
    return output


def check(path: Path, root: Path) -> list[str]:
    """One sentence for every way in which the built files of ``path`` are not what it says; empty when all is well."""
    source = read(path)
    fresh, (solved, released) = assemble(source, root), places(root, source.name)
    remedy = f"run `make build NN={source.name[:2]}`"
    if not solved.is_file() or not released.is_file():
        return [f"{source.name} was never built: {remedy}."]
    faults = _stale(fresh, nbformat.read(solved, as_version=4), solved, source, remedy)
    if solved.stat().st_size > LARGEST:
        faults.append(f"{solved} has more than {LARGEST / 1e6:g} MB.")
    if release(fresh, source.name, root) != released.read_bytes():
        faults.append(f"{released} is not what the source releases (a stub has drifted, or it was edited by hand): {remedy}.")
    for extra in sorted(p for p in released.parent.rglob("*") if p.is_file() and p != released):
        if ".ipynb_checkpoints" not in extra.parts:
            faults.append(f"{extra} is not built from any source: remove it.")
    return faults + leaks(source, released.parent)


def _stale(fresh: NotebookNode, built: NotebookNode, path: Path, source: Source, remedy: str) -> list[str]:
    if built.metadata.get("course", {}).get("source") != source.sha256:
        return [f"{path} is older than its source: {remedy}."]
    if built.metadata != fresh.metadata:
        return [f"The metadata of {path} was changed by hand: {remedy}."]
    if len(built.cells) != len(fresh.cells):
        return [f"{path} has {len(built.cells)} cells, its source {len(fresh.cells)}: {remedy}."]
    for old, new in zip(built.cells, fresh.cells):
        if any(old.get(k) != new.get(k) for k in ("id", "cell_type", "source", "metadata")):
            return [f"The cell {new.id} of {path} is not what the source says: {remedy}."]
    code = [cell for cell in built.cells if cell.cell_type == "code" and cell.source.strip()]
    if any(cell.execution_count is None for cell in code):
        return [f"{path} was not executed: {remedy}."]
    if any(o.output_type == "error" for c in code for o in c.outputs if "raises-exception" not in c.metadata.get("tags", [])):
        return [f"{path} shows an error: mend the source and {remedy}."]
    return []


def main(arguments: list[str] | None = None, root: Path | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m course_utils.instructor.build", description=__doc__)
    parser.add_argument("numbers", nargs="*", metavar="NN", help="notebooks to build; all when left out")
    parser.add_argument("--check", action="store_true", help="build nothing; fail when a built file is not up to date")
    parser.add_argument("--no-execute", action="store_true", help="run nothing and keep the outputs")
    options = parser.parse_args(arguments)
    root = (root or Path.cwd()).resolve()
    faults = 0
    try:
        paths = sources(root, options.numbers)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    for path in paths:
        try:
            if options.check:
                found = check(path, root)
                print("\n".join(found) or f"{path.stem}: up to date")
            else:
                seconds = build(path, root, run=not options.no_execute)
                found, kilobytes = [], places(root, path.stem)[0].stat().st_size / 1e3
                print(f"{path.stem}: built; its cells took {seconds:.0f} s, the solution has {kilobytes:.0f} kB")
        except (SourceError, BuildError) as error:
            found = [str(error)]
            print(error, file=sys.stderr)
        faults += len(found)
    if (root / "README.md").is_file():
        if options.check:
            text = (root / "README.md").read_text(encoding="utf-8")
            if readme.stamp(text, root) != text:
                print("README.md does not name the notebooks or the address as they are: run `make build`.")
                faults += 1
        elif not faults:
            readme.write(root)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
