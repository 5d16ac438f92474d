"""Ask it yourself: a scene and a question of the reader's own, answered by several models side by side."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import jax
import numpy as np
from flax import nnx
from IPython.display import HTML

from course_utils import training
from course_utils.errors import BadInput
from course_utils.show import html
from course_utils.show.fusion.pictures import place_shares
from course_utils.show.marks import spotlight
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.show.scene_text import read_scene
from course_utils.show.widgets import Interactive, field, interactive
from course_utils.towers import grid
from course_utils.world import questions
from course_utils.world.questions import LONGEST
from course_utils.world.render import render
from course_utils.world.things import PLACES

SCENE = "red banana top left, yellow dog, small blue bus bottom right"
QUESTION = "what colour is the banana?"
_MOST = 5  # answers shown for each model
_MAP = 106  # side of an attention map, px


def question_box(models: Mapping[str, nnx.Module], scene: str = SCENE, question: str = QUESTION) -> Interactive:
    """Compose a scene, type a question, and compare what models answer, with what confidence, and where they looked.

    Parameters
    ----------
    models : name → VQAClassifier over all of ``questions.ANSWERS``, with or without eyes.
    scene, question : where the reader starts; a scene is written as in the explorer.

    Raises BadInput if there is no model, or one does not choose among ``questions.ANSWERS``.
    """
    if not models:
        raise BadInput("Give question_box at least one model, by its name.")
    models = dict(models)
    for name, model in models.items():
        outputs = getattr(getattr(model, "classify", None), "bias", np.zeros(0)).shape[-1]
        if outputs != len(questions.ANSWERS):
            raise BadInput(
                f"The model {name!r} does not choose among all {len(questions.ANSWERS)} answers; question_box needs one that does."
            )
    return interactive(
        lambda scene, question: question_page(models, scene, question),
        scene=field(scene, "scene", SCENE),
        question=field(question, "question", QUESTION),
    )


def question_page(models: Mapping[str, nnx.Module], scene: str, question: str) -> HTML:
    """One scene, one question, the truth, and every model's answer, on a white card.

    A scene or question that cannot be read is said so in its own place, and the rest stays: without a picture, blind
    models still answer.
    """
    shown, scene_says = _tried(read_scene, scene)
    asked, question_says = _tried(_question, question)
    truth, no_truth = None, ""
    if shown is not None and asked is not None:
        truth, no_truth = _tried(lambda: int(questions.answer(shown, asked)[0]))
    picture = None if shown is None else np.asarray(render(shown, grid.SIDE))[0]
    features = None if shown is None else grid.scene_features(shown)

    if picture is not None:
        left = html.image(picture, 3 * grid.SIDE, f"The scene: {scene}") + html.note(f"as the tower reads it, {grid.SIDE} × {grid.SIDE}")
    else:
        left = html.error("The scene cannot be drawn.", scene_says)
    wide = f"0 0 {3 * grid.SIDE + 2}px" if picture is not None else "1 1 320px"
    right = html.note("the question")
    if asked is None:
        right += html.error("The question cannot be read.", question_says)
    else:
        right += f"<div>{''.join(map(html.chip, asked.texts()[0].replace('?', ' ?').split()))}</div>"
    right += f'<div style="height:10px"></div>{html.note("the truth")}{_truth(truth, no_truth)}'
    top = html.row(html.cell(left, wide), html.cell(right, "1 1 320px"))
    if asked is None:
        return HTML(html.card(top))
    columns = []
    for name, model in models.items():
        body = html.note("It needs a picture.")
        if features is not None or not model.fusion.sees:
            logits, maps = _prediction(model, features, asked)
            body = _answers(logits, truth, "fusion" if model.fusion.sees else "language")
            if maps is not None:
                body += _looks(picture, maps, name)
        columns.append(html.cell(_head(name, model.fusion.sees) + body, "1 1 224px;max-width:368px"))
    line = f"border-top:1px solid {NEUTRAL['rule']};margin-top:12px;padding-top:12px"
    return HTML(html.card(top + html.row(*columns, gap="16px 24px", style=line)))


# ---- what is asked and answered


def _tried(read, *text) -> tuple[Any, str]:
    """What was read, or ``None`` and why not."""
    try:
        return read(*text), ""
    except ValueError as error:
        return None, str(error)


def _question(text: str) -> questions.Questions:
    if not text.strip(" ?."):
        raise ValueError(f"Ask something, such as: {QUESTION}")
    words = " ".join(text.lower().rstrip(" ?.").split()).replace("what color ", "what colour ")
    return questions.read([words + "?"])


def _forward(model: nnx.Module, batch: Mapping[str, jax.Array]) -> tuple[jax.Array, jax.Array | None]:
    """Logits float32[B, K], and where each hop looked, float32[B, hops, N], if the model looks."""
    logits, aux = model(batch.get("image"), batch["tokens"])
    return logits, aux.get("maps")


def _prediction(model: nnx.Module, features: np.ndarray | None, asked: questions.Questions):
    """Logits float[K] and maps float[hops, 9] or None. One compiled program for each kind of model."""
    batch = {"tokens": asked.tokens(LONGEST)}
    if model.fusion.sees:
        batch["image"] = features
    logits, maps = training.predict(model, _forward, batch, size=1)
    return logits[0], None if maps is None else maps[0]


# ---- the page


def _head(name: str, sees: bool) -> str:
    gloss, role = ("picture and question", "fusion") if sees else ("question only", "language")
    return f'<div style="font-weight:700;color:{ROLE[role]["deep"]}">{escape(name)}</div>{html.note(gloss, margin="0 0 6px")}'


def _answers(logits: np.ndarray, truth: int | None, role: str) -> str:
    """The likeliest answers as bars, the truth marked, and added where it is not among them."""
    p = np.asarray(jax.nn.softmax(logits.astype(np.float64)))
    order = np.argsort(-p, kind="stable")
    best = int(order[0])
    badge = "" if truth is None else html.verdict(best == truth)
    says = f'<span style="color:{NEUTRAL["ink2"]};font-size:12.5px">says </span>'
    rows = f'<div style="margin:0 0 8px">{says}{html.chip(questions.ANSWERS[best], role)} {badge}</div>'
    for k in order[:_MOST]:
        rows += html.bar(questions.ANSWERS[k], p[k], role, right=k == truth)
    if truth is not None and truth not in order[:_MOST]:
        rank = int(np.flatnonzero(order == truth)[0]) + 1
        rows += html.note(f"in place {rank} of {len(p)}:") + html.bar(questions.ANSWERS[truth], p[truth], role, right=True)
    return rows


def _looks(picture: np.ndarray, maps: np.ndarray, name: str) -> str:
    """Each look as a spotlight on the picture, with its largest share in words."""
    panels = []
    for k, p in enumerate(maps, 1):
        most = int(p.argmax())
        alt = f"Look {k} of {name}: " + ", ".join(f"{words} {PLACES[n]}" for n, words in place_shares(p)) + "."
        words = f'<div style="color:{NEUTRAL["ink2"]};font-size:11.5px;line-height:1.3;margin-top:3px">look {k}<br>{p[most]:.0%} {PLACES[most]}</div>'
        panels.append(html.cell(html.image(spotlight(picture, p.reshape(3, 3)), _MAP, alt) + words, f"0 0 {_MAP + 2}px"))
    return html.row(*panels, gap="8px", style="margin-top:10px")


def _truth(truth: int | None, why_not: str) -> str:
    if truth is not None:
        return f"<div>{html.chip(questions.ANSWERS[truth], 'ink')}</div>"
    reason = why_not or "It takes a scene and a question that can be read."
    return f'<div style="max-width:440px">{escape(reason)}</div>'
