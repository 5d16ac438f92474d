"""The scene explorer: compose or draw a scene, read its captions, ask about it, point into it."""

from __future__ import annotations

from html import escape

import ipywidgets
import numpy as np
from IPython.display import HTML
from PIL import Image, ImageDraw

from course_utils.show import html
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.show.scene_text import read_scene
from course_utils.show.widgets import Interactive, field, interactive
from course_utils.world import captions, emoji, questions, referring
from course_utils.world.dialogue import dialogue
from course_utils.world.grounds import BACKGROUND_NAMES
from course_utils.world.render import boxes, render
from course_utils.world.scenes import Scenes, sample

_SIDE, _MAGNIFIED = 96, 4
_LANGUAGE = {"en": "English", "tr": "Türkçe", "id": "Indonesia", "zh": "中文"}


def explorer(seed: int = 7, style: str = "noto") -> Interactive:
    """Move the seed for another scene, or write your own: ``large red dog top left, blue cat, sign zoo``."""
    return interactive(
        scene_page,
        seed=ipywidgets.IntSlider(seed, 0, 499),
        style=ipywidgets.Dropdown(value=style, options=emoji.STYLES),
        ground=ipywidgets.Dropdown(value="as drawn", options=("as drawn", *BACKGROUND_NAMES)),
        boxes_on=ipywidgets.Checkbox(value=False, description="boxes"),
        wish=field("", "compose", "large red dog top left, blue cat, sign zoo"),
        question=field("", "ask", "what colour is the dog?"),
        point=field("", "point", "the cat on the left"),
        pointed_by=ipywidgets.Dropdown(value="location", options=referring.EXPRESSIONS, description="or by"),
    )


def scene_page(
    seed: int = 7,
    style: str = "noto",
    ground: str = "as drawn",
    boxes_on: bool = False,
    wish: str = "",
    question: str = "",
    point: str = "",
    pointed_by: str = "location",
) -> HTML:
    """One scene and its views, on a white card.

    Parameters
    ----------
    seed : draws the scene, unless there is a wish, and what is asked and said about it.
    style, ground : one of ``emoji.STYLES``; one of ``BACKGROUND_NAMES`` or ``"as drawn"``.
    boxes_on : whether all boxes are drawn; the object pointed at always has its own.
    wish : objects (and a sign) separated by commas, each of a kind and, in any order, a colour, a size, a place.
    question : answered from the symbols; without one, a question is drawn.
    point : a referring expression; without one, an expression of the kind ``pointed_by`` is drawn.

    Raises ValueError if a name is unknown or the wish cannot be composed. A question or expression that cannot be read
    is said so in its own line.
    """
    rng = np.random.default_rng(seed)
    if wish.strip():
        scene = read_scene(wish, style)
    else:
        scene = sample(rng, 1, objects=(3, 5), styles=(style,), split="all", sign=0.5)
    if ground != "as drawn":
        scene = scene.replace(background=np.array([BACKGROUND_NAMES.index(ground)], np.int8))
    text, meant = _pointed(rng, scene, point.strip(), pointed_by)
    picture = np.asarray(render(scene, _SIDE))[0]
    marked = _marked(picture, boxes(scene, _SIDE)[0], scene.present[0] & boxes_on, meant)

    told = "".join(_line(label, captions.caption(scene, "short", code)[0], code) for code, label in _LANGUAGE.items())
    words = _section("Describe", told + _line("in full", captions.caption(scene, "full")[0]))
    words += _section("Ask", _answered(rng, scene, question.strip()))
    turns = dialogue(rng, scene, 3)[0]
    words += _section("Talk", " · ".join(f"{escape(asked)} <b>{escape(answer)}</b>" for asked, answer in turns))
    words += _section("Point", _line(f"fits {meant.sum()} of {scene.present.sum()} things", text))
    words += _line("", "A sign is no thing: it is read, not counted. Above means in a higher row, left in a column further left.")
    pictures = html.image(marked, _SIDE * _MAGNIFIED, "the scene, magnified four times, with its boxes")
    pictures += html.note("as a model reads it, 96 × 96", margin="6px 0") + html.image(picture, _SIDE, "the scene as a model reads it")
    return HTML(html.card(html.row(html.cell(pictures, "0 0 400px"), html.cell(words, "1 1 280px"), gap="0")))


def _pointed(rng: np.random.Generator, scene: Scenes, text: str, kind: str) -> tuple[str, np.ndarray]:
    """An expression and the objects that it fits: bool[5]."""
    if not text:
        if not referring.referable(scene, kind).any():
            return f"nothing here can be told apart by {kind}", np.zeros(scene.cell.shape[1], bool)
        text = referring.refer(rng, scene, kind)[0][0]
    try:
        return text, referring.resolve(scene, text)[0]
    except ValueError as error:
        return str(error), np.zeros(scene.cell.shape[1], bool)


def _answered(rng: np.random.Generator, scene: Scenes, text: str) -> str:
    if text:
        text = text.lower().rstrip(" ?").replace("what color ", "what colour ") + "?"
        try:
            asked = questions.read(text)
            questions.answer(scene, asked)
        except ValueError as error:
            return f"<div>{escape(str(error))}</div>"
    else:
        asked = questions.ask(rng, scene)
    answer = questions.ANSWERS[questions.answer(scene, asked)[0]]
    return (
        f'<div style="color:{ROLE["language"]["deep"]}">{escape(asked.texts()[0])} '
        f'<b style="color:{ROLE["fusion"]["deep"]}">{escape(answer)}</b></div>'
    )


def _marked(picture: np.ndarray, box: np.ndarray, every: np.ndarray, meant: np.ndarray) -> np.ndarray:
    """The picture magnified, with thin boxes around ``every`` object and thick ones around those ``meant``."""
    large = Image.fromarray(picture).resize((_SIDE * _MAGNIFIED,) * 2, Image.Resampling.NEAREST)
    pen = ImageDraw.Draw(large)
    for slot in np.flatnonzero(every | meant):
        top, left, bottom, right = box[slot] * _MAGNIFIED
        colour = ROLE["fusion"]["main"] if meant[slot] else ROLE["vision"]["main"]
        pen.rectangle((left - 3, top - 3, right + 2, bottom + 2), outline="white", width=5 if meant[slot] else 4)
        pen.rectangle((left - 2, top - 2, right + 1, bottom + 1), outline=colour, width=3 if meant[slot] else 2)
    return np.asarray(large)


def _section(title: str, body: str) -> str:
    return f'<div style="margin:0 0 12px"><div style="font-weight:700;margin:0 0 2px">{title}</div>{body}</div>'


def _line(label: str, text: str, code: str = "en") -> str:
    return (
        f'<div style="margin:2px 0">'
        f'<span style="color:{NEUTRAL["ink2"]};font-size:12.5px">{escape(label)}</span> '
        f'<span lang="{code}" style="color:{ROLE["language"]["deep"]}">{escape(text)}</span></div>'
    )
