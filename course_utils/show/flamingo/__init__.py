"""The figures, the diagram and the widget of notebook 06."""

from course_utils.show.flamingo.architecture import architecture
from course_utils.show.flamingo.prompt_builder import prompt_builder
from course_utils.show.flamingo.prompts import exchange, prompt
from course_utils.show.flamingo.reading import behind, drawn, next_words
from course_utils.show.flamingo.resampler import latent_looks, latents
from course_utils.show.flamingo.results import by_shots, exchanges, few_shot, gates, own_text, what_it_needs

__all__ = [
    "architecture",
    "behind",
    "by_shots",
    "drawn",
    "exchange",
    "exchanges",
    "few_shot",
    "gates",
    "latent_looks",
    "latents",
    "next_words",
    "own_text",
    "prompt",
    "prompt_builder",
    "what_it_needs",
]
