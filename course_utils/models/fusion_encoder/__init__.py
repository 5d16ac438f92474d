"""Notebook 04: encoders in which picture and text meet in every layer, and what they are taught.

``attention`` (cross- and co-attention as functions), ``single_stream`` (VisualBERT, UNITER), ``two_stream`` (ViLBERT),
``encoder`` (heads and losses), ``alignment`` (optimal transport), ``negatives``, ``ranking``, ``words`` (tokens of
captions).
"""

from course_utils.metrics.retrieval import recall
from course_utils.models.fusion_encoder.alignment import alignment_distance, cosine_cost, optimal_transport, transport_plan
from course_utils.models.fusion_encoder.attention import CrossAttention, co_attention, cross_attention
from course_utils.models.fusion_encoder.encoder import STREAMS, FusionEncoder, itm_loss, loss_with, uniter_loss
from course_utils.models.fusion_encoder.negatives import hard_negatives
from course_utils.models.fusion_encoder.ranking import rerank, shortlist
from course_utils.models.fusion_encoder.single_stream import SingleStream, StreamConfig, cell_boxes, join_streams
from course_utils.models.fusion_encoder.two_stream import CoBlock, TwoStream

__all__ = [
    "STREAMS",
    "CoBlock",
    "CrossAttention",
    "FusionEncoder",
    "SingleStream",
    "StreamConfig",
    "TwoStream",
    "alignment_distance",
    "cell_boxes",
    "co_attention",
    "cosine_cost",
    "cross_attention",
    "hard_negatives",
    "itm_loss",
    "join_streams",
    "loss_with",
    "optimal_transport",
    "recall",
    "rerank",
    "shortlist",
    "transport_plan",
    "uniter_loss",
]
