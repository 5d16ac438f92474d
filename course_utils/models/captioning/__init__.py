"""Notebook 02: captions, from one vector for the whole picture to looks at its places and at detected regions.

``words`` (the vocabulary), ``attention`` (one look, one step of memory), ``captioner`` (models), ``losses``.
"""

from course_utils.models.captioning.attention import lstm_step, soft_attention, uniform_attention
from course_utils.models.captioning.captioner import WAYS, CaptionConfig, Captioner, drawn
from course_utils.models.captioning.losses import (
    caption_loss,
    drawn_loss,
    log_probs_of,
    reinforce_slopes,
    reinforce_surrogate,
    surrogate_of,
    writing_loss,
)
from course_utils.models.captioning.words import BEGIN, CLASSES, END, LONGEST, PAD, VOCAB, encode, split, text, texts

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
    "drawn",
    "drawn_loss",
    "encode",
    "log_probs_of",
    "lstm_step",
    "reinforce_slopes",
    "reinforce_surrogate",
    "soft_attention",
    "split",
    "surrogate_of",
    "text",
    "texts",
    "uniform_attention",
    "writing_loss",
]
