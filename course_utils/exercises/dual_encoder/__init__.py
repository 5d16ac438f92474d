"""The exercises of notebook 03: the contrastive loss, one step of training, recall at k, naming without training."""

from course_utils.exercises.dual_encoder import challenge, info_nce, naming, recall, search, siglip, step

EXERCISES = (info_nce.EXERCISE, step.EXERCISE, recall.EXERCISE, naming.EXERCISE, search.EXERCISE, siglip.EXERCISE, challenge.EXERCISE)
