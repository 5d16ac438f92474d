"""Notebook 03: two towers that meet in one space, from published CLIP to a miniature that learns emoji in a minute.

``clip`` (as published), ``towers``, ``dual`` (the miniature and its losses), ``words`` (tokens), ``pictures`` (how emoji
vary).
"""

from course_utils.models.dual_encoder import clip, pictures, words
from course_utils.models.dual_encoder.dual import DualConfig, DualEncoder, contrastive_loss, image_vectors, pairwise_loss, text_vectors
from course_utils.models.dual_encoder.towers import BagConfig, PlacesConfig, SentenceConfig, ViTConfig, WindowConfig

__all__ = [
    "BagConfig",
    "DualConfig",
    "DualEncoder",
    "PlacesConfig",
    "SentenceConfig",
    "ViTConfig",
    "WindowConfig",
    "clip",
    "contrastive_loss",
    "image_vectors",
    "pairwise_loss",
    "pictures",
    "text_vectors",
    "words",
]
