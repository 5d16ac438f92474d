"""The exercises of notebook 01: the accuracy of answers, what a classifier of answers learns from, and fusion."""

from course_utils.exercises.fusion import accuracy, attention, bilinear, challenge, mlb, mutan, targets

EXERCISES = (accuracy.EXERCISE, targets.EXERCISE, mlb.EXERCISE, attention.EXERCISE, mutan.EXERCISE, bilinear.EXERCISE, challenge.EXERCISE)
