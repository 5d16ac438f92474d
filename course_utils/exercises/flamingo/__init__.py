"""Notebook 06's exercises."""

from course_utils.exercises.flamingo import gated, mask, resampler

EXERCISES = (resampler.EXERCISE, gated.EXERCISE, mask.EXERCISE)
