"""One hand-in through nbgrader: its mark in the gradebook, its page of feedback. Called in a process of its own, see ``apart``."""

import re
import warnings
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.apps.api import NbGraderAPI
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from course_utils.instructor import report


def mark(config: Config, assignment: str, student: str) -> dict[str, Any]:
    """Runs nbgrader's autograde and feedback for what is in ``submitted/``, and whose result is kept.

    Returns fields of a row: ``status``, ``note``, ``mark``, ``of``, ``waiting`` and ``flags``.
    """
    warnings.filterwarnings("ignore", category=SAWarning)  # nbgrader's own queries, nothing an instructor can act on
    api = NbGraderAPI(config=config)
    api.log.setLevel("ERROR")  # errors are where the report's reasons come from
    outcome = api.autograde(assignment, student)
    if not outcome["success"]:
        return {"status": "failed", "note": _reason(outcome)}
    with Gradebook(api.coursedir.db_url) as gradebook:
        submission = gradebook.find_submission(assignment, student)
        grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
        row = {"status": "graded", "note": "", "mark": float(submission.score), "of": float(submission.max_score)}
        row["waiting"] = float(sum(grade.max_score for grade in grades if grade.needs_manual_grade))
    if told := report.record(Path(api.coursedir.root), student, assignment):
        row["flags"] = len(told["flags"])
    outcome = api.generate_feedback(assignment, student)
    if not outcome["success"]:
        row["note"] = f"no feedback: {_reason(outcome)}"
    return row


def _reason(outcome: dict) -> str:
    """The last exception in nbgrader's log, in one line."""
    lines = (outcome.get("log", "") + outcome.get("error", "")).split("\n")
    raised = [line.strip() for line in lines if re.match(r"\s*[\w.]*(Error|Exception|Refused)\b.*: ", line)]
    return next((line for line in raised if "NbGraderException" not in line), "nbgrader could not grade it")
