"""The exercises of notebook 04: attention with heads and a mask, one stream, negatives, re-ranking, co-attention, transport."""

from course_utils.exercises.fusion_encoder import alignment, attention, challenge, co_attention, joining, negatives, ranking

EXERCISES = (
    attention.EXERCISE,
    joining.EXERCISE,
    negatives.EXERCISE,
    ranking.EXERCISE,
    co_attention.EXERCISE,
    alignment.EXERCISE,
    challenge.EXERCISE,
)
