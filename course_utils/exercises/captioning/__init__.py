"""The exercises of notebook 02: looking, remembering, learning from captions, searching; CIDEr-D and REINFORCE."""

from course_utils.exercises.captioning import attention, beam, challenge, cider, loss, memory, reinforce

EXERCISES = (attention.EXERCISE, memory.EXERCISE, loss.EXERCISE, beam.EXERCISE, cider.EXERCISE, reinforce.EXERCISE, challenge.EXERCISE)
