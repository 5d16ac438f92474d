"""Steps that the course adds to nbgrader's own pipeline; ``nbgrader_config.py`` says where each one stands and why."""

import json
import secrets
from pathlib import Path

import nbformat
from jinja2 import BytecodeCache
from nbconvert.exporters import HTMLExporter
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade
from traitlets import Bool, Dict, Integer, Unicode

from course_utils.instructor import results
from course_utils.instructor.execute import Options, Run
from course_utils.instructor.intake import repair

RECORD = "verdicts.json"  # beside the autograded notebook


class _KnowsRelease(NbGraderPreprocessor):
    release_directory = Unicode("notebooks", help="The folder of released notebooks, from the course's root.").tag(config=True)

    def released(self, resources):
        place = resources["nbgrader"]
        path = Path(self.release_directory) / place["assignment"] / f"{place['notebook']}.ipynb"
        return nbformat.read(path, as_version=4)


class Repair(_KnowsRelease):
    """First of all: roles, locked text and missing cells from the release (:func:`course_utils.instructor.intake.repair`)."""

    def preprocess(self, nb, resources):
        for note in repair(nb, self.released(resources)):
            self.log.warning("%s: %s", resources["nbgrader"]["student"], note)
        return nb, resources


class GradingExecute(_KnowsRelease):
    """Stands where nbgrader's own ``Execute`` would: runs the hand-in in a sandbox and judges it outside
    (:mod:`course_utils.instructor.execute`), or takes the result if the same hand-in was run before."""

    sandboxed = Bool(True, help="False runs hand-ins with your own rights, where they can read and change anything.").tag(config=True)
    lean = Bool(True, help="Leave out the release's demonstrations where nothing depends on them.").tag(config=True)
    seed_file = Unicode("instructor_seed", help="File with the private seed of the hidden cases; made on first use.").tag(config=True)
    kernel_environment = Dict(help="Environment variables that only the hand-in's kernel gets.").tag(config=True)
    cache = Unicode("", help="Folder of compiled programs, which hand-ins may read; empty: none.").tag(config=True)
    results = Unicode("", help="Folder in which results are kept; empty: none are.").tag(config=True)
    timeout = Integer(180, help="Seconds that one cell, or one exercise's cases, may take.").tag(config=True)
    startup_timeout = Integer(120, help="Seconds until a kernel must be ready.").tag(config=True)
    deadline = Integer(900, help="Seconds that one hand-in may take in all; its later cells are not run.").tag(config=True)
    largest_output = Integer(200_000, help="Characters that are kept of what one cell shows.").tag(config=True)

    def options(self) -> Options:
        """The same, as what a worker can be sent."""
        return Options(
            int(private_seed(Path(self.seed_file))),
            self.sandboxed,
            self.lean,
            tuple(sorted(self.kernel_environment.items())),
            self.cache,
            self.timeout,
            self.startup_timeout,
            self.deadline,
            self.largest_output,
        )

    def preprocess(self, nb, resources):
        released, options = self.released(resources), self.options()
        name = results.key(nb, released, options)
        known = results.load(Path(self.results), name) if self.results else None
        if known is None:
            tests = {c.metadata.nbgrader.grade_id: c.source for c in nb.cells if is_grade(c)}
            known = results.pack(nb, Run(options)(nb, released, tests))
            if self.results:
                results.store(Path(self.results), name, known)
        record = results.unpack(nb, known)
        (Path(resources["metadata"]["path"]) / RECORD).write_text(json.dumps({"key": name, **record}, indent=1))
        return nb, resources


class _Templates(BytecodeCache):
    """Compiled once a process."""

    def __init__(self):
        self.compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket):
        if bucket.key in self.compiled:
            bucket.bytecode_from_string(self.compiled[bucket.key])

    def dump_bytecode(self, bucket):
        self.compiled[bucket.key] = bucket.bytecode_to_string()


class Feedback(HTMLExporter):
    """As nbgrader's own, which compiles nine templates anew for every page."""

    templates = _Templates()

    def _create_environment(self):
        environment = super()._create_environment()
        environment.bytecode_cache = self.templates
        return environment


def private_seed(path: Path) -> str:
    """The seed of the hidden cases: read from ``path``, or drawn and kept there (git ignores it)."""
    try:
        with path.open("x") as file:
            file.write(f"{secrets.randbelow(2**31)}\n")
    except FileExistsError:
        pass
    return path.read_text().strip()
