"""The figures, the diagram and the widget of notebook 03."""

from course_utils.show.dual_encoder.binding import binding, two_scenes
from course_utils.show.dual_encoder.patches import patches
from course_utils.show.dual_encoder.pictures import pairs, rankings
from course_utils.show.dual_encoder.results import retrieval
from course_utils.show.dual_encoder.search import search_box
from course_utils.show.dual_encoder.similarity import similarities
from course_utils.show.dual_encoder.towers import towers

__all__ = ["binding", "pairs", "patches", "rankings", "retrieval", "search_box", "similarities", "towers", "two_scenes"]
