"""Steps that the course adds to nbgrader's own pipeline; ``nbgrader_config.py`` says where each one stands and why."""

from __future__ import annotations

import html
import os
import re
import secrets
import time
from pathlib import Path

import nbformat
from nbclient.exceptions import DeadKernelError
from nbgrader.preprocessors import Execute, NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution
from traitlets import Dict, Integer, Unicode

from course_utils.instructor.assemble import BEGIN_TESTS, END_TESTS
from course_utils.instructor.intake import repair


class Repair(NbGraderPreprocessor):
    """First of all: roles, locked text and missing cells from the release (:func:`course_utils.instructor.intake.repair`)."""

    release_directory = Unicode("notebooks", help="The folder of released notebooks, from the course's root.").tag(config=True)

    def preprocess(self, nb, resources):
        place = resources["nbgrader"]
        path = Path(self.release_directory) / place["assignment"] / f"{place['notebook']}.ipynb"
        for note in repair(nb, nbformat.read(path, as_version=4)):
            self.log.warning("%s: %s", place["student"], note)
        return nb, resources


class GradingExecute(Execute):
    """nbgrader's Execute with an environment for the kernel, a deadline for the whole notebook, and no abort when the
    kernel dies: what was run counts, what was not is worth nothing."""

    kernel_environment = Dict(help="Environment variables that only the hand-in's kernel gets.").tag(config=True)
    seed_file = Unicode("", help="File with the private seed of the hidden cases; made on first use.").tag(config=True)
    deadline = Integer(900, help="Seconds that one notebook may take; its later cells are not run.").tag(config=True)

    def start_new_kernel(self, **kwargs):
        environment = dict(os.environ) | self.kernel_environment
        if self.seed_file:
            environment["COURSE_GRADING_SEED"] = private_seed(Path(self.seed_file))
        return super().start_new_kernel(env=environment, **kwargs)

    def preprocess(self, nb, resources, km=None):
        self._end = time.monotonic() + self.deadline
        try:
            return super().preprocess(nb, resources, km)
        except DeadKernelError:
            self.log.warning("The kernel died; cells from there on were not run.")
            return nb, resources

    def preprocess_cell(self, cell, resources, index):
        if time.monotonic() > self._end:
            return cell, resources
        return super().preprocess_cell(cell, resources, index)


def private_seed(path: Path) -> str:
    """The seed of the hidden cases: read from ``path``, or drawn and kept there (git ignores it)."""
    try:
        with path.open("x") as file:
            file.write(f"{secrets.randbelow(2**31)}\n")
    except FileExistsError:
        pass
    return path.read_text().strip()


class ScoreNumbers(NbGraderPreprocessor):
    """Leaves in an autograded cell what decides its score: an error, or one number from 0 to its points.

    stderr is dropped: nbgrader gives 0 for any, so warnings, logging and progress bars would cost points. A cell that
    shows no such number (it was never run, or shows something else) gets an error: nbgrader would give it full points.
    """

    def preprocess_cell(self, cell, resources, index):
        if not is_grade(cell) or is_solution(cell) or cell.cell_type != "code":
            return cell, resources
        cell.outputs = [o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")]
        results = [o for o in cell.outputs if o.output_type == "execute_result"]
        failed = any(o.output_type == "error" for o in cell.outputs)
        if not failed and not (len(results) == 1 and self._is_score(results[0], cell)):
            message = "This test did not run to its end, so it earned no points."
            cell.outputs.append(nbformat.v4.new_output("error", ename="NoScore", evalue=message, traceback=[message]))
        return cell, resources

    def _is_score(self, output, cell) -> bool:
        try:
            return 0.0 <= float(output.data.get("text/plain", "")) <= float(cell.metadata.nbgrader.points)
        except ValueError:
            return False


class BoundOutputs(NbGraderPreprocessor):
    """Cuts what a cell printed or drew to a size that can be stored and read."""

    largest = Integer(200_000, help="Characters that one cell's outputs may have.").tag(config=True)

    def preprocess_cell(self, cell, resources, index):
        left = self.largest
        for output in cell.get("outputs", []):
            for holder, key in [(output, "text")] + [(output.get("data", {}), kind) for kind in output.get("data", {})]:
                text = holder.get(key)
                if isinstance(text, str) and len(text) > max(left, 100):  # a score, at the end, is never cut
                    holder[key] = text[:left] + "\n... cut by the grader ..." if key.startswith("text") else ""
                left -= min(left, len(text) if isinstance(text, str) else 0)
        return cell, resources


class HideTests(NbGraderPreprocessor):
    """Feedback shows no hidden test and none of its cases: stands before ClearHiddenTests, which removes the tests
    themselves from the cells.

    A graded cell keeps its score and loses its outputs (an answer can print the cases that it was called with, a message
    can quote them). Elsewhere every output line that holds a line of a hidden test is replaced, however it is coloured,
    quoted or escaped.
    """

    def preprocess(self, nb, resources):
        hidden = set()
        for cell in nb.cells:
            if cell.cell_type == "code" and BEGIN_TESTS in cell.source:
                inside = cell.source.split(BEGIN_TESTS, 1)[1].split(END_TESTS, 1)[0]
                hidden |= {_bare(line) for line in inside.split("\n")}
        hidden = {line for line in hidden if len(line) > 8}
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            if is_grade(cell):
                cell.outputs = [_plain_failure(o) for o in cell.outputs if o.output_type == "error"]
            for output in cell.outputs:
                _scrub(output, hidden)
        return nb, resources


def _plain_failure(error):
    message = "This test stopped with an error in your code; run your function on small inputs of your own to find it."
    if error.ename == "NoScore":
        message = error.evalue
    return nbformat.v4.new_output("error", ename=error.ename, evalue="", traceback=[message])


def _bare(text: str) -> str:
    """Letters and digits only, without colour codes: quoting, escaping and indentation do not hide a line."""
    plain = html.unescape(re.sub(r"\x1b\[[0-9;]*m", "", text))
    return re.sub(r"\\+[nt]|[\W_]", "", plain)


def _scrub(output, hidden: set[str]) -> None:
    def clean(text: str) -> str:
        return "\n".join("[hidden]" if any(h in _bare(line) for h in hidden) else line for line in text.split("\n"))

    if "text" in output:
        output.text = clean(output.text)
    for kind, value in output.get("data", {}).items():
        if isinstance(value, str) and not kind.startswith("image/png"):
            output.data[kind] = clean(value)
    if "traceback" in output:
        output.traceback = [clean(entry) for entry in output.traceback]
        output.evalue = clean(output.evalue)
