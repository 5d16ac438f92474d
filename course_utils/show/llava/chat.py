"""Chat with the model about a scene of one's own, and see which words its answer hangs on, with and without the picture."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from html import escape

import ipywidgets
import jax
import jax.numpy as jnp
import numpy as np
from IPython.display import HTML

from course_utils import training
from course_utils.models.llava.chat import packed, write
from course_utils.models.llava.llava import Llava
from course_utils.show import html
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.show.scene_text import read_scene
from course_utils.show.widgets import Interactive, field, interactive
from course_utils.towers.vision import VisionTower
from course_utils.world.corpus import IMAGE
from course_utils.world.instructions import vocabulary
from course_utils.world.render import render

SCENE = "red dog top left, blue car bottom right, small yellow fish"
QUESTIONS = ("what colour is the dog? answer in one word", "is there a cat?", "")
_SIDE = 64  # px, of the picture
_WORDS, _LONGEST = 20, 24  # of a question, of an answer, at most
_SHOWN = 5  # words shown


def chat(model: Llava, scene: str = SCENE, questions: Sequence[str] = QUESTIONS) -> Interactive:
    """Compose a scene and ask up to three questions in turn; a later one is answered in the light of the earlier answers.

    ``scene`` is written as in the explorer; a question may end with the form that is wanted, "answer in one word".
    """
    names = [f"question_{k}" for k in range(1, len(QUESTIONS) + 1)]
    controls = {name: field(text, name.replace("_", " "), QUESTIONS[0]) for name, text in zip(names, questions)}
    return interactive(
        lambda scene, temperature, **asked: chat_page(model, scene, list(asked.values()), temperature),
        scene=field(scene, "scene", SCENE),
        temperature=ipywidgets.FloatSlider(value=0.0, min=0.0, max=2.0, step=0.1),
        **controls,
    )


def chat_page(model: Llava, scene: str, questions: Sequence[str], temperature: float = 0.0) -> HTML:
    """The picture, the turns, and the first words of the last answer, on a white card; or, in one sentence, what is wrong."""
    try:
        asked = _asked(questions)
        picture = np.asarray(render(read_scene(scene), _SIDE))
    except ValueError as error:
        return HTML(html.card(html.error("This chat cannot begin.", str(error))))
    seen = training.predict(model.tower, _seen, {"image": picture}, size=1)[:, None]
    said, turns = _talk(model, seen, asked, temperature)
    bubbles = "".join(_bubble(q, "language", "left") + _bubble(a or "(says nothing)", "fusion", "right") for q, a in zip(asked, said))
    shown = html.image(picture[0], 3 * _SIDE, f"The scene: {scene}") + html.note(f"as the tower reads it, {_SIDE} × {_SIDE}")
    top = html.row(html.cell(shown, f"0 0 {3 * _SIDE + 2}px"), html.cell(bubbles, "1 1 320px"))
    columns = [
        html.cell(_bars(name, gloss, role, chances), "1 1 280px")
        for (name, gloss, role), chances in zip(
            (("with the picture", "its vectors as they are", "fusion"), ("blind", "the tower’s vectors zeroed", "language")),
            _first_words(model, seen, turns),
        )
    ]
    line = f"border-top:1px solid {NEUTRAL['rule']};margin-top:12px;padding-top:12px"
    head = f'<div style="{line}">{html.note("the likeliest first words of the last answer, at temperature 1")}</div>'
    return HTML(html.card(top + head + html.row(*columns)))


def _asked(questions: Sequence[str]) -> list[str]:
    """The questions that are filled in. Raises ValueError with one sentence if there is none, or the model cannot read one."""
    words = vocabulary()
    found = [" ".join(text.lower().split()).replace("what color ", "what colour ") for text in questions]
    if not any(found):
        raise ValueError(f"Nobody asks anything; write a question, such as: {QUESTIONS[0]}")
    for text in filter(None, found):
        split = words.split(text)
        if len(split) > _WORDS:
            raise ValueError(f"“{text}” has {len(split)} words, but there is room for {_WORDS}; shorten it.")
        for word in split:
            if word not in words or word in words.specials:
                plain = [entry for entry in words if entry not in words.specials]
                close = ", ".join(difflib.get_close_matches(word, plain, n=3, cutoff=0.0))
                raise ValueError(f"“{word}” is no word of this model, which reads words, not letters; close ones are {close}.")
    return list(filter(None, found))


def _talk(model: Llava, seen: np.ndarray, asked: Sequence[str], temperature: float) -> tuple[list[str], list]:
    """What is answered to each question, and the turns up to the last answer, which is open. A tag in an answer is not read on."""
    words, rng, said, turns = vocabulary(), np.random.default_rng(0), [], []
    for question in asked:
        turns.append((question if turns else f"{IMAGE} {question}", None))
        said += write(model, words, [turns], seen, _room(seen), longest=_LONGEST, temperature=temperature, rng=rng)
        kept = words.join(word for word in words.split(said[-1]) if word not in words.specials)
        turns[-1] = (turns[-1][0], kept)
    return said, [*turns[:-1], (turns[-1][0], None)]


def _room(seen: np.ndarray) -> int:
    """Places for the longest conversation: its patches, its begin, questions and answers with what stands around them."""
    return seen.shape[2] + 1 + len(QUESTIONS) * (_WORDS + 2) + (len(QUESTIONS) - 1) * (_LONGEST + 1)


def _seen(tower: VisionTower, batch) -> jax.Array:
    return tower.features(batch["image"])


def _first_words(model: Llava, seen: np.ndarray, turns: list) -> np.ndarray:
    """How likely each word is behind an open conversation, with the picture and blind: float32[2, V]."""
    made = packed([turns], vocabulary(), [[seen.shape[2]]], _room(seen))
    place = np.flatnonzero(made["tokens"][0])[-1:]
    batch = {"tokens": made["tokens"], "source": made["source"], "place": place}
    batch = {name: np.repeat(array, 2, 0) for name, array in batch.items()} | {"features": np.concatenate([seen, np.zeros_like(seen)])}
    return training.predict(model, _next, batch, size=2)


def _next(model: Llava, batch) -> jax.Array:
    logits = model(batch["tokens"], batch["source"], batch["features"])
    return jax.nn.softmax(logits[jnp.arange(len(logits)), batch["place"]])


def _bubble(words: str, role: str, side: str) -> str:
    """What somebody says, at one side of the talk."""
    shades, who = ROLE[role], "you" if side == "left" else "the model"
    style = f"display:inline-block;max-width:85%;background:{shades['tint']};color:{shades['deep']};border:1px solid {shades['main']}"
    corner = "4px 14px 14px 14px" if side == "left" else "14px 4px 14px 14px"
    return (
        f'<div style="text-align:{side};margin:0 0 8px">{html.note(who, margin="0 4px 1px")}'
        f'<div style="{style};border-radius:{corner};padding:5px 12px;text-align:left;overflow-wrap:anywhere">{escape(words)}</div></div>'
    )


def _bars(name: str, gloss: str, role: str, chances: np.ndarray) -> str:
    order = np.argsort(-chances, kind="stable")[:_SHOWN]
    head = f'<div style="font-weight:700;color:{ROLE[role]["deep"]}">{name}</div>{html.note(gloss, margin="0 0 6px")}'
    return head + "".join(html.bar(vocabulary()[k], float(chances[k]), role) for k in order)
