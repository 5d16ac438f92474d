"""The exercises of notebook 07: inserting, labels of answers, stages, packing; several pictures, and a data set's questions."""

from course_utils.exercises.llava import insert, labels, merging, packing, room, stages

EXERCISES = (insert.EXERCISE, labels.EXERCISE, stages.EXERCISE, packing.EXERCISE, room.EXERCISE, merging.EXERCISE)
