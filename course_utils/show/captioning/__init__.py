"""The figures, the diagram and the widget of notebook 02."""

from course_utils.show.captioning.looking import captions, first_maps, looks, regions
from course_utils.show.captioning.results import beams, growing, pointing
from course_utils.show.captioning.stepping import step_through
from course_utils.show.captioning.writer import writer

__all__ = ["beams", "captions", "first_maps", "growing", "looks", "pointing", "regions", "step_through", "writer"]
