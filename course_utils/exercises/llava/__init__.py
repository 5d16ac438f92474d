"""The exercises of notebook 07: inserting, packing, labels of answers, stages; a data set's questions, several pictures, a plan."""

from course_utils.exercises.llava import challenge, insert, labels, merging, packing, room, stages

EXERCISES = (*(insert.EXERCISE, packing.EXERCISE, labels.EXERCISE, stages.EXERCISE), *(room.EXERCISE, merging.EXERCISE, challenge.EXERCISE))
