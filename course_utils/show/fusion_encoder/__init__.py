"""The figures, the diagram and the widget of notebook 04."""

from course_utils.show.fusion_encoder.looking import word_looks
from course_utils.show.fusion_encoder.pictures import shortlist, twins
from course_utils.show.fusion_encoder.results import binding, cost, negatives, objectives
from course_utils.show.fusion_encoder.transport import transport
from course_utils.show.fusion_encoder.ways import ways

__all__ = ["binding", "cost", "negatives", "objectives", "shortlist", "transport", "twins", "ways", "word_looks"]
