"""Step through a caption: a scene of the reader's own, and for each word where the model looked and what it could have said."""

from __future__ import annotations

import ipywidgets
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from IPython.display import HTML

from course_utils import decode, training
from course_utils.models import captioning
from course_utils.show import html
from course_utils.show.marks import spotlight
from course_utils.show.scene_text import read_scene
from course_utils.show.widgets import Interactive, field, interactive
from course_utils.towers import grid
from course_utils.world import captions
from course_utils.world.render import render
from course_utils.world.things import PLACES

SCENE = "red dog top left, blue cactus middle, yellow bus bottom right"
_MOST = 5  # words shown
_SIDE = 192  # px


def step_through(model: nnx.Module, scene: str = SCENE, step: int = 2) -> Interactive:
    """Compose a scene, and step through what a model says of it.

    Parameters
    ----------
    model : a Captioner of the grid of nine places that looks. scene : written as in the explorer.
    """
    return interactive(
        lambda scene, word: step_page(model, scene, word),
        scene=field(scene, "scene", SCENE, width=480),
        word=ipywidgets.IntSlider(step, 1, captioning.LONGEST, description="word (or last)"),
    )


def _caption(model: captioning.Captioner, batch: dict[str, jax.Array]) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The tokens that a model writes int32[B, T], where it looked [B, T, 9], and all probabilities [B, T, V]."""
    image = batch["image"]
    tokens = decode.greedy(
        model.step, model.start(image), len(image), begin=captioning.BEGIN, end=captioning.END, length=captioning.LONGEST
    ).tokens
    logits, aux = model(image, tokens)
    return tokens, aux["maps"], jax.nn.softmax(logits.astype(jnp.float32))


def step_page(model: nnx.Module, scene: str, word: int) -> HTML:
    """A scene, the caption that a model writes of it, and one of its words on a white card.

    A scene that cannot be read is said so.
    """
    try:
        shown = read_scene(scene)
    except ValueError as error:
        return HTML(html.card(html.error("The scene cannot be drawn.", str(error))))
    picture = np.asarray(render(shown, grid.SIDE))[0]
    tokens, maps, p = (part[0] for part in training.predict(model, _caption, {"image": grid.scene_features(shown)}, size=1))
    length = int(min((tokens != captioning.END).sum() + 1, len(tokens)))
    t = min(word, length) - 1
    says, truth = captioning.VOCAB.decode([tokens])[0], captions.caption(shown)[0]
    most = int(maps[t].argmax())
    words = "".join(
        html.chip(captioning.VOCAB[token], "fusion" if k == t else "language", solid=k == t) for k, token in enumerate(tokens[:length])
    )
    bars = "".join(html.bar(captioning.VOCAB[k], float(p[t][k]), "language") for k in np.argsort(-p[t])[:_MOST])
    columns = (
        _picture(picture, "the scene", f"The scene: {scene}"),
        _picture(
            spotlight(picture, maps[t].reshape(3, 3)),
            f"before word {t + 1}: {maps[t][most]:.0%} {PLACES[most]}",
            f"Where the model looked: {PLACES[most]}",
        ),
        html.cell(html.note("what it could have said") + bars, "1 1 240px"),
    )
    said = f'<div style="margin-bottom:10px">{words}{html.verdict(says == truth, f"the plain caption is: {truth}")}</div>'
    return HTML(html.card(said + html.row(*columns)))


def _picture(picture: np.ndarray, says: str, alt: str) -> str:
    return f"<div>{html.image(picture, _SIDE, alt)}{html.note(says)}</div>"
