"""Notebook 01: visual question answering, from two vectors that meet to a question that looks twice.

``encoders`` (pictures and questions), ``pooling`` (concat to MUTAN), ``stacked`` (stacked attention), ``vqa`` (models
and losses).
"""

from course_utils.models.fusion.encoders import FeatureConfig, LSTMConfig, PatchGridConfig, TransformerConfig, WindowGridConfig
from course_utils.models.fusion.pooling import POOLINGS, Pooling, parameter_count, widest
from course_utils.models.fusion.stacked import HOPS, StackedAttention
from course_utils.models.fusion.vqa import (
    ANSWER_TOKENS,
    TOKEN_ANSWERS,
    PoolingConfig,
    StackConfig,
    VQAClassifier,
    VQAConfig,
    VQAGenerator,
    pictures,
    sigmoid_loss,
    softmax_loss,
    writing_loss,
)

__all__ = [
    "ANSWER_TOKENS",
    "HOPS",
    "POOLINGS",
    "TOKEN_ANSWERS",
    "FeatureConfig",
    "LSTMConfig",
    "PatchGridConfig",
    "Pooling",
    "PoolingConfig",
    "StackConfig",
    "StackedAttention",
    "TransformerConfig",
    "VQAClassifier",
    "VQAConfig",
    "VQAGenerator",
    "WindowGridConfig",
    "parameter_count",
    "pictures",
    "sigmoid_loss",
    "softmax_loss",
    "widest",
    "writing_loss",
]
