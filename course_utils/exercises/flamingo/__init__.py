"""The exercises of notebook 06: resampling, gates, who sees which picture, packing; films, and prompts that do not leak."""

from course_utils.exercises.flamingo import challenge, episode, film, gated, mask, prompting, resampler

EXERCISES = (resampler.EXERCISE, gated.EXERCISE, mask.EXERCISE, episode.EXERCISE, film.EXERCISE, prompting.EXERCISE, challenge.EXERCISE)
