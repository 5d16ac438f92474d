"""The figures, the diagram and the widget of notebook 02."""

from course_utils.show.captioning.captioner import captioner
from course_utils.show.captioning.pictures import captions, first_maps, looks, regions
from course_utils.show.captioning.results import beams, by_things, exchanges, pointing_game
from course_utils.show.captioning.steps import step_through
from course_utils.show.probe import exchange

__all__ = [
    *("beams", "by_things", "captioner", "captions", "exchange", "exchanges", "first_maps", "looks", "pointing_game", "regions"),
    "step_through",
]
