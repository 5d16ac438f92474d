"""Settings for every nbgrader command that runs in this folder. Each line says what would go wrong without it."""

import os
import sys
from pathlib import Path

from nbconvert.preprocessors import ClearMetadataPreprocessor, CSSHTMLHeaderPreprocessor
from nbgrader import preprocessors as stock

from course_utils.instructor import preprocessors as ours
from course_utils.instructor.source import STUB

ROOT = Path(__file__).resolve().parent
c = get_config()  # noqa: F821  (nbgrader defines it)

# nbgrader runs the program `alembic`, which an environment that was not activated hides.
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])

# Where things are.
c.CourseDirectory.root = str(ROOT)  # a command started in a subfolder would look for another course
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "notebooks"
c.CourseDirectory.db_url = f"sqlite:///{ROOT}/gradebook.db"  # absolute: formgrader runs in another folder
c.CourseDirectory.ignore = [  # files beside a solution are copied into the release: its hand-written source would be
    "[0-9][0-9]_*.py",
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    "verdicts.json",  # what the grader found on hidden cases, beside the autograded notebook: for instructors only
]

# Release.
c.ClearSolutions.code_stub = {"python": STUB}  # the build predicts stubs with the same text
c.ClearMarkScheme.enforce_metadata = False  # rubrics stand in locked question cells, not in nbgrader's task cells

# Reading a hand-in.
c.Autograde.sanitize_preprocessors = [
    ours.Repair,  # a copied test cell aborts the whole batch; roles and points could be changed by hand
    stock.ClearOutput,
    stock.DeduplicateIds,
    stock.OverwriteKernelspec,
    stock.OverwriteCells,
    stock.CheckCellMetadata,
]
c.OverwriteCells.add_missing_cells = True  # else a deleted test keeps the score of an earlier hand-in

# Running it: cells in a sandbox, verdicts outside of it.
c.Autograde.autograde_preprocessors = [
    ours.GradingExecute,  # stock Execute judges in the student's own process, which decides what it says
    ClearMetadataPreprocessor,
    stock.LimitOutput,
    stock.SaveAutoGrades,
    stock.AssignLatePenalties,
    stock.CheckCellMetadata,
]
c.GradingExecute.results = str(ROOT / ".grading" / "results")  # an interrupted grading goes on where it was
c.GradingExecute.timeout = 900  # seconds a cell: an endless loop would hold up the class, 60 would stop a challenge that trains
# (the course's own take 10 to 60 seconds, several times as long on a busy machine)
c.GradingExecute.deadline = 3600  # seconds a notebook: a challenge and its slow neighbours end, sixty slow cells do not
c.GradingExecute.startup_timeout = 120  # a busy machine starts kernels slowly, which is not the student's fault
# Few training steps, all cases of a check; set for this kernel only, not for a lab.
c.GradingExecute.kernel_environment = {"COURSE_FAST": "steps"}
c.GradingExecute.seed_file = str(ROOT / "instructor_seed")  # hidden cases that nobody can read in this repository
c.GradingExecute.cache = str(ROOT / ".grading" / "programs")  # programs compiled once for the class; hand-ins only read it
c.GradingExecute.largest_output = 200_000  # one printed line can have 50 MB
c.LimitOutput.max_lines = 1000
c.LimitOutput.max_traceback = 100

# Feedback.
c.GenerateFeedback.exporter_class = ours.Feedback  # stock HTMLExporter compiles its templates for every page
c.GenerateFeedback.preprocessors = [
    stock.GetGrades,
    stock.ClearHiddenTests,  # the graded cells, which name the hidden tests' function, show in feedback even for those who pass
    CSSHTMLHeaderPreprocessor,
]
