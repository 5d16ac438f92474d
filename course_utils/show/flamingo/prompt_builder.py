"""Build a prompt: pictures of one's own, made-up names for them, and see what the model says of the next picture."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Sequence

import ipywidgets
import numpy as np
from IPython.display import HTML

from course_utils.models.flamingo.flamingo import Flamingo
from course_utils.show import html
from course_utils.show.flamingo.reading import drawn, next_words
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.show.scene_text import read_scene
from course_utils.show.widgets import Interactive, interactive
from course_utils.world.corpus import IMAGE, MADE_UP, vocabulary
from course_utils.world.things import COLOURS, KINDS

SUPPORTS = (("red dog", "daxo"), ("blue car", "wugi"))
ASKED = "red dog bottom right"
MOST = 4  # pictures with a name
_SHOWN = 5  # words shown
_SIDE = 96  # px


def prompt_builder(model: Flamingo, supports: Sequence[tuple[str, str]] = SUPPORTS, asked: str = ASKED) -> Interactive:
    """Up to four pictures with a name each, one picture that is asked, and the likeliest next words.

    ``supports``: four scenes and names at most to start with; a scene is written as in the explorer.
    """
    scenes = [f"{colour} {kind}" for kind, colour in itertools.product(KINDS, COLOURS)]
    controls = {}
    for k in range(MOST):
        scene, name = supports[k] if k < len(supports) else ("", "")
        controls[f"picture_{k + 1}"] = _choice(scene, scenes, f"picture {k + 1}", "50%")
        controls[f"name_{k + 1}"] = _choice(name, MADE_UP, "is", "38%")
    controls["asked"] = _choice(asked, scenes, "asked", "50%")

    def draw(asked: str, **fields: str) -> HTML:
        return prompt_page(model, [(fields[f"picture_{k + 1}"], fields[f"name_{k + 1}"]) for k in range(MOST)], asked)

    return interactive(draw, **controls)


def prompt_page(model: Flamingo, supports: Sequence[tuple[str, str]], asked: str) -> HTML:
    """The prompt, and what the model says behind it, on a white card; or, in one sentence, what is wrong with the prompt."""
    try:
        pairs = _pairs(supports, asked)
        pictures = drawn(*(scene for scene, _ in pairs), asked)
        said = [f"is {name}" for _, name in pairs] + ["is"]
        chances = next_words(model, pictures, said)
    except ValueError as error:
        return HTML(html.card(html.error("This prompt cannot be read.", str(error))))
    cells = [_cell(picture, scene, ["is", *name.split()], NEUTRAL["rule"]) for picture, (scene, name) in zip(pictures, pairs)]
    cells.append(_cell(pictures[-1], asked, ["is", "…"], ROLE["fusion"]["main"]))
    return HTML(html.card(html.row(*cells, gap="12px 16px") + _answer(chances, pairs, asked)))


def _pairs(supports: Sequence[tuple[str, str]], asked: str) -> list[tuple[str, str]]:
    """The scenes and names that are filled in. Raises ValueError with one sentence for what is missing or not known."""
    found = [(scene.strip(" ,"), " ".join(name.lower().split())) for scene, name in supports]
    tags, shown = sum(bool(name) + name.count(IMAGE) for _, name in found) + 1, sum(bool(scene) for scene, _ in found)
    if not asked.strip(" ,"):
        raise ValueError(f"There is no picture that is asked; name one at “asked”, such as: {ASKED}.")
    for k, (scene, name) in enumerate(found, 1):
        if name and not scene or IMAGE in name:
            raise ValueError(
                f"There would be {tags} {IMAGE} tags, but {shown + 1} pictures; name a thing at “picture {k}”, or clear “{name}” beside it."
            )
        if scene and not name:
            raise ValueError(f"Picture {k} has no name; invent one, such as {MADE_UP[k]}, or clear the picture.")
        for word in name.split():
            if word not in vocabulary() or word in vocabulary().specials:
                close = ", ".join(difflib.get_close_matches(word, MADE_UP, n=3, cutoff=0.0))
                raise ValueError(f"“{word}” is no word of this model, which reads words, not letters; close made-up ones are {close}.")
    return [pair for pair in found if pair[0]]


def _choice(value: str, options: Sequence[str], description: str, width: str) -> ipywidgets.Combobox:
    style = {"continuous_update": False, "layout": ipywidgets.Layout(width=width)}
    return ipywidgets.Combobox(value=value, options=list(options), description=description, **style)


def _cell(picture: np.ndarray, scene: str, words: Sequence[str], edge: str) -> str:
    chips = "".join(html.chip(word, "fusion" if word == "…" else "language") for word in words)
    return html.cell(f'{html.image(picture, _SIDE, scene, edge=edge, pad=3)}<div style="margin-top:6px">{chips}</div>', "0 0 auto")


def _answer(chances: np.ndarray, pairs: Sequence[tuple[str, str]], asked: str) -> str:
    """The likeliest words as bars; the right one is marked where one name's picture shows the asked thing."""
    same = {name.split()[0] for scene, name in pairs if _thing(scene) == _thing(asked)}
    right = same.pop() if len(same) == 1 else None
    order = np.argsort(-chances, kind="stable")[:_SHOWN]
    best = vocabulary()[order[0]]
    told = html.verdict(best == right, f"the same thing was called {right}") if right else html.note("no one name is right here")
    head = f'<div style="margin:0 0 6px">{html.chip(best, "fusion", solid=True)} {told}</div>'
    rows = "".join(html.bar(vocabulary()[k], float(chances[k]), "fusion", right=vocabulary()[k] == right) for k in order)
    line = f"border-top:1px solid {NEUTRAL['rule']};margin-top:12px;padding-top:12px;max-width:420px"
    return f'<div style="{line}">{html.note("the likeliest next words")}{head}{rows}</div>'


def _thing(scene: str) -> tuple[int, int]:
    """Kind and colour of a scene's first thing."""
    shown = read_scene(scene)
    return int(shown.kind[0, 0]), int(shown.colour[0, 0])
