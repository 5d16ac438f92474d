"""Ask it yourself: a scene and a question of the reader's own, answered by several models side by side."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import ipywidgets
import jax
import numpy as np
from flax import nnx
from IPython.display import HTML

from course_utils import training
from course_utils.errors import BadInput
from course_utils.show.explorer import wished
from course_utils.show.fusion.looking import place_shares
from course_utils.show.html import card, data_uri
from course_utils.show.marks import spotlight
from course_utils.show.palette import MONO, NEUTRAL, ROLE, VERDICT
from course_utils.show.widgets import Interactive, interactive
from course_utils.towers import grid
from course_utils.world import questions
from course_utils.world.questions import LONGEST
from course_utils.world.render import render
from course_utils.world.scenes import Scenes
from course_utils.world.things import PLACES

SCENE = "red banana top left, yellow dog, small blue bus bottom right"
QUESTION = "what colour is the banana?"
_MOST = 5  # answers shown for each model
_MAP = 106  # side of an attention map, px


def ask(models: Mapping[str, nnx.Module], scene: str = SCENE, question: str = QUESTION) -> Interactive:
    """Compose a scene, type a question, and compare what models answer, with what confidence, and where they looked.

    Parameters
    ----------
    models : name → VQAClassifier over all of ``questions.ANSWERS``, with or without eyes.
    scene, question : where the reader starts; a scene is written as in the explorer.

    Raises
    ------
    BadInput
        If there is no model, or one does not choose among ``questions.ANSWERS``.
    """
    if not models:
        raise BadInput("Give ask at least one model, by its name.")
    models = dict(models)
    for name, model in models.items():
        outputs = getattr(getattr(model, "classify", None), "bias", np.zeros(0)).shape[-1]
        if outputs != len(questions.ANSWERS):
            raise BadInput(f"The model {name!r} does not choose among all {len(questions.ANSWERS)} answers; ask needs one that does.")
    field = {"continuous_update": False, "layout": ipywidgets.Layout(width="390px")}
    return interactive(
        lambda scene, question: ask_page(models, scene, question),
        scene=ipywidgets.Text(scene, description="scene", placeholder=SCENE, **field),
        question=ipywidgets.Text(question, description="question", placeholder=QUESTION, **field),
    )


def ask_page(models: Mapping[str, nnx.Module], scene: str, question: str) -> HTML:
    """One scene, one question, the truth, and every model's answer, on a white card.

    A scene or question that cannot be read is said so in its own place, and the rest stays: without a picture, blind
    models still answer.
    """
    shown, scene_says = _tried(_scene, scene)
    asked, question_says = _tried(_question, question)
    truth, no_truth = None, ""
    if shown is not None and asked is not None:
        truth, no_truth = _tried(lambda: int(questions.answer(shown, asked)[0]))
    picture = None if shown is None else np.asarray(render(shown, grid.SIDE))[0]
    features = None if shown is None else grid.scene_features(shown)

    if picture is not None:
        left = _image(picture, 3 * grid.SIDE, f"The scene: {scene}") + _note(f"as the tower reads it, {grid.SIDE} × {grid.SIDE}")
    else:
        left = _message("The scene cannot be drawn.", scene_says)
    wide = f"0 0 {3 * grid.SIDE + 2}px" if picture is not None else "1 1 320px"
    right = _note("the question")
    right += _chips(asked.texts()[0]) if asked is not None else _message("The question cannot be read.", question_says)
    right += f'<div style="height:10px"></div>{_note("the truth")}{_truth(truth, no_truth)}'
    top = (
        f'<div style="display:flex;flex-wrap:wrap;gap:8px 24px"><div style="flex:{wide}">{left}</div>'
        f'<div style="flex:1 1 320px;min-width:240px">{right}</div></div>'
    )
    if asked is None:
        return HTML(card(top))
    columns = ""
    for name, model in models.items():
        body = _note("It needs a picture.")
        if features is not None or not model.fusion.sees:
            logits, maps = _answered(model, features, asked)
            body = _answers(logits, truth, "fusion" if model.fusion.sees else "language")
            if maps is not None:
                body += _looks(picture, maps, name)
        columns += f'<div style="flex:1 1 224px;min-width:216px;max-width:368px">{_head(name, model.fusion.sees)}{body}</div>'
    return HTML(
        card(
            f'{top}<div style="display:flex;flex-wrap:wrap;gap:16px 24px;border-top:1px solid {NEUTRAL["rule"]};'
            f'margin-top:12px;padding-top:12px">{columns}</div>'
        )
    )


# ---- what is asked and answered


def _tried(read, *text) -> tuple[Any, str]:
    """What was read, or ``None`` and why not."""
    try:
        return read(*text), ""
    except ValueError as error:
        return None, str(error)


def _scene(text: str) -> Scenes:
    if not text.strip(" ,"):
        raise ValueError(f"Name something, such as: {SCENE}")
    return wished(text)


def _question(text: str) -> questions.Questions:
    if not text.strip(" ?."):
        raise ValueError(f"Ask something, such as: {QUESTION}")
    words = " ".join(text.lower().rstrip(" ?.").split()).replace("what color ", "what colour ")
    return questions.read([words + "?"])


def _forward(model: nnx.Module, batch: Mapping[str, jax.Array]) -> tuple[jax.Array, jax.Array | None]:
    """Logits float32[B, K], and where each hop looked, float32[B, hops, N], if the model looks."""
    logits, aux = model(batch.get("image"), batch["tokens"])
    return logits, aux.get("maps")


def _answered(model: nnx.Module, features: np.ndarray | None, asked: questions.Questions):
    """Logits float[K] and maps float[hops, 9] or None. One compiled program for each kind of model."""
    batch = {"tokens": asked.tokens(LONGEST)}
    if model.fusion.sees:
        batch["image"] = features
    logits, maps = training.predict(model, _forward, batch, size=1)
    return logits[0], None if maps is None else maps[0]


# ---- the page


def _head(name: str, sees: bool) -> str:
    gloss, role = ("picture and question", "fusion") if sees else ("question only", "language")
    return (
        f'<div style="font-weight:700;color:{ROLE[role]["deep"]}">{escape(name)}</div>'
        f'<div style="color:{NEUTRAL["ink2"]};font-size:12.5px;margin-bottom:6px">{gloss}</div>'
    )


def _answers(logits: np.ndarray, truth: int | None, role: str) -> str:
    """The likeliest answers as bars, the truth marked, and added where it is not among them."""
    p = np.asarray(jax.nn.softmax(logits.astype(np.float64)))
    order = np.argsort(-p, kind="stable")
    best = int(order[0])
    badge = "" if truth is None else _badge(best == truth)
    told = (
        f'<div style="margin:0 0 8px"><span style="color:{NEUTRAL["ink2"]};font-size:12.5px">says </span>'
        f"{_chip(questions.ANSWERS[best], role)}{badge}</div>"
    )
    rows = "".join(_bar(int(k), p[k], k == truth, role) for k in order[:_MOST])
    if truth is not None and truth not in order[:_MOST]:
        rank = int(np.flatnonzero(order == truth)[0]) + 1
        rows += _note(f"in place {rank} of {len(p)}:") + _bar(truth, p[truth], True, role)
    return told + rows


def _bar(k: int, share: float, true: bool, role: str) -> str:
    tick = f'<span title="the right answer" style="color:{VERDICT["right"]["deep"]}">✓&nbsp;</span>' if true else ""
    percent = f"{share:.0%}" if share >= 0.01 else "&lt;1%"
    return (
        f'<div style="display:flex;align-items:center;height:20px;font-size:12.5px">'
        f"<div style=\"flex:0 0 94px;text-align:right;padding-right:8px;font-family:'{MONO}',monospace;"
        f'{"font-weight:700;" if true else ""}white-space:nowrap">{tick}{questions.ANSWERS[k]}</div>'
        f'<div style="flex:1 1 auto;background:{ROLE[role]["tint"]};border-radius:3px;height:12px">'
        f'<div style="width:{100 * share:.1f}%;min-width:2px;background:{ROLE[role]["fill"]};border-radius:3px;'
        f'height:12px"></div></div>'
        f'<div style="flex:0 0 40px;text-align:right;color:{NEUTRAL["ink2"]}">{percent}</div></div>'
    )


def _looks(picture: np.ndarray, maps: np.ndarray, name: str) -> str:
    """Each look as a spotlight on the picture, with its largest share in words."""
    panels = ""
    for k, p in enumerate(maps, 1):
        veiled = np.round(255 * spotlight(picture, p.reshape(3, 3))).astype(np.uint8)
        most = int(p.argmax())
        alt = f"Look {k} of {name}: " + ", ".join(f"{words} {PLACES[n]}" for n, words in place_shares(p)) + "."
        panels += (
            f'<div style="width:{_MAP + 2}px">{_image(veiled, _MAP, alt)}'
            f'<div style="color:{NEUTRAL["ink2"]};font-size:11.5px;line-height:1.3;margin-top:3px">look {k}<br>'
            f"{p[most]:.0%} {PLACES[most]}</div></div>"
        )
    return f'<div style="display:flex;flex-wrap:wrap;gap:8px;margin-top:10px">{panels}</div>'


def _truth(truth: int | None, why_not: str) -> str:
    if truth is not None:
        return f"<div>{_chip(questions.ANSWERS[truth], 'ink')}</div>"
    reason = why_not or "It takes a scene and a question that can be read."
    return f'<div style="max-width:440px">{escape(reason)}</div>'


def _message(what: str, why: str) -> str:
    return (
        f'<div style="font-weight:700;color:{VERDICT["wrong"]["deep"]}">{what}</div>'
        f'<div style="font-size:13px;overflow-wrap:anywhere">{escape(why)}</div>'
    )


def _badge(ok: bool) -> str:
    shades, sign, word = (VERDICT["right"], "✓", "right") if ok else (VERDICT["wrong"], "✗", "wrong")
    return f' <span style="color:{shades["deep"]};font-weight:700;font-size:13px">{sign} {word}</span>'


def _chip(word: str, role: str = "language") -> str:
    shades = ROLE[role]
    return (
        f"<span style=\"font-family:'{MONO}',monospace;font-size:12.5px;background:{shades['tint']};"
        f"color:{shades['deep']};border:1px solid {shades['main']};border-radius:4px;padding:2px 7px;"
        f'margin:0 4px 4px 0;display:inline-block">{escape(word)}</span>'
    )


def _chips(text: str) -> str:
    return f"<div>{''.join(map(_chip, text.replace('?', ' ?').split()))}</div>"


def _note(words: str) -> str:
    return f'<div style="color:{NEUTRAL["ink2"]};font-size:12.5px;margin:2px 0 3px">{escape(words)}</div>'


def _image(picture: np.ndarray, side: int, alt: str) -> str:
    return (
        f'<img alt="{escape(alt, quote=True)}" width="{side}" height="{side}" '
        f'src="{data_uri(picture)}" style="display:block;image-rendering:pixelated;border-radius:6px;'
        f'border:1px solid {NEUTRAL["rule"]}">'
    )
