"""Notebook 02: captions, from one vector for the whole picture to looks at its places and at detected regions.

``words`` (the vocabulary), ``attention`` (one look, one step of memory), ``captioner`` (models), ``pointer`` (nouns by pointing),
``one_caption`` (the smallest decoder), ``losses``.
"""

from course_utils.models.captioning.attention import lstm_step, soft_attention, uniform_attention
from course_utils.models.captioning.captioner import WAYS, CaptionConfig, Captioner, sample_place
from course_utils.models.captioning.losses import (
    caption_loss,
    log_probs_of,
    reinforce_loss,
    reinforce_slopes,
    reinforce_surrogate,
    surrogate_of,
    writing_loss,
)
from course_utils.models.captioning.words import BEGIN, CLASSES, END, LONGEST, VOCAB
from course_utils.text import PAD

__all__ = [
    "BEGIN",
    "CLASSES",
    "END",
    "LONGEST",
    "PAD",
    "VOCAB",
    "WAYS",
    "CaptionConfig",
    "Captioner",
    "caption_loss",
    "log_probs_of",
    "lstm_step",
    "reinforce_loss",
    "reinforce_slopes",
    "reinforce_surrogate",
    "sample_place",
    "soft_attention",
    "surrogate_of",
    "uniform_attention",
    "writing_loss",
]
