"""Figures, diagrams and widgets of the course, in one palette. Importing it applies the course's plot style."""

from course_utils.show.board import Board, Spot, spotlight
from course_utils.show.charts import chance, dots, end_label, loss_curve, paper, series
from course_utils.show.palette import NEUTRAL, ROLE, VERDICT, use

use()

__all__ = [
    "Board",
    "NEUTRAL",
    "ROLE",
    "Spot",
    "VERDICT",
    "chance",
    "dots",
    "end_label",
    "loss_curve",
    "paper",
    "series",
    "spotlight",
    "use",
]
