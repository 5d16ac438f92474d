"""The figures, the diagram and the widget of notebook 04."""

from course_utils.show.fusion_encoder.architectures import architectures
from course_utils.show.fusion_encoder.attention import exchange, exchanges, word_looks
from course_utils.show.fusion_encoder.pictures import shortlist, twins
from course_utils.show.fusion_encoder.results import binding, cost, negatives, objectives
from course_utils.show.fusion_encoder.transport import transport

__all__ = [
    *("architectures", "binding", "cost", "exchange", "exchanges", "negatives", "objectives", "shortlist", "transport", "twins"),
    "word_looks",
]
