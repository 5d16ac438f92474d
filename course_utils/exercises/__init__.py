"""Exercises that grade themselves: one module a notebook, one form of check for learner and grader."""

from course_utils.exercises.checks import check, grade

__all__ = ["check", "grade"]
