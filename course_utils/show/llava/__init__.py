"""The figures, the diagram and the widget of notebook 07."""

from course_utils.show.llava.architecture import architecture
from course_utils.show.llava.chat import chat
from course_utils.show.llava.conversation import packed
from course_utils.show.llava.exchange import exchange
from course_utils.show.llava.results import by_type, changes, exchanges, forgetting, formats, hallucination, little_data, rivals, stages
from course_utils.show.llava.written import written

__all__ = [
    "architecture",
    "by_type",
    "changes",
    "chat",
    "exchange",
    "exchanges",
    "forgetting",
    "formats",
    "hallucination",
    "little_data",
    "packed",
    "rivals",
    "stages",
    "written",
]
