"""The figures, the diagram and the widget of notebook 01."""

from course_utils.show.fusion.hops import hops
from course_utils.show.fusion.pictures import looks, pairs
from course_utils.show.fusion.pipeline import pipeline
from course_utils.show.fusion.question_box import question_box
from course_utils.show.fusion.results import by_type, prior, prior_by_pictures
from course_utils.show.fusion.shootout import shootout

__all__ = ["by_type", "hops", "looks", "pairs", "pipeline", "prior", "prior_by_pictures", "question_box", "shootout"]
