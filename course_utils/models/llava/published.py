"""Where LLaVA's published weights go (the names are those of transformers' ``LlavaForConditionalGeneration``)."""

from __future__ import annotations

from course_utils.nn.names import clip_vision, decoder, linear
from course_utils.nn.published import Names, transpose

VISION, PROJECTOR, LANGUAGE = "model.vision_tower.", "model.multi_modal_projector.", "model.language_model."


def part_names(vision_depth: int, depth: int) -> dict[str, Names]:
    """For :func:`course_utils.nn.published.load`, part by part: ``vit`` of the tower, ``projector`` and ``lm``, its head untied."""
    return {
        "vit": clip_vision(VISION, "", vision_depth),
        "projector": linear(f"{PROJECTOR}linear_1", "first") | linear(f"{PROJECTOR}linear_2", "second"),
        "lm": decoder(LANGUAGE, "", depth) | {"lm_head.weight": ("head.kernel", transpose)},
    }
