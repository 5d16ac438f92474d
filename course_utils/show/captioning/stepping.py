"""Step through a caption: a scene of the reader's own, and for each word where the model looked and what it could have said."""

from __future__ import annotations

from html import escape

import ipywidgets
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from IPython.display import HTML

from course_utils import decode, training
from course_utils.models import captioning
from course_utils.show.explorer import wished
from course_utils.show.html import card, data_uri
from course_utils.show.marks import spotlight
from course_utils.show.palette import MONO, NEUTRAL, ROLE, VERDICT
from course_utils.show.widgets import Interactive, interactive
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
    field = {"continuous_update": False, "layout": ipywidgets.Layout(width="480px")}
    return interactive(
        lambda scene, word: step_page(model, scene, word),
        scene=ipywidgets.Text(scene, description="scene", placeholder=SCENE, **field),
        word=ipywidgets.IntSlider(step, 1, captioning.LONGEST, description="word (or last)"),
    )


def _said(model: captioning.Captioner, batch: dict[str, jax.Array]) -> tuple[jax.Array, jax.Array, jax.Array]:
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
        if not scene.strip(" ,"):
            raise ValueError(f"Name something, such as: {SCENE}")
        shown = wished(scene)
    except ValueError as error:
        return HTML(
            card(
                f'<div style="font-weight:700;color:{VERDICT["wrong"]["deep"]}">The scene cannot be drawn.</div>'
                f"<div>{escape(str(error))}</div>"
            )
        )
    picture = np.asarray(render(shown, grid.SIDE))[0]
    tokens, maps, p = (part[0] for part in training.predict(model, _said, {"image": grid.scene_features(shown)}, size=1))
    length = int(min((tokens != captioning.END).sum() + 1, len(tokens)))
    t = min(word, length) - 1
    says, truth = captioning.VOCAB.decode([tokens])[0], captions.caption(shown)[0]
    veiled = np.round(255 * spotlight(picture, maps[t].reshape(3, 3))).astype(np.uint8)
    most = int(maps[t].argmax())
    right = says == truth
    badge = VERDICT["right" if right else "wrong"]["deep"]
    words = "".join(_chip(captioning.VOCAB[token], k == t) for k, token in enumerate(tokens[:length]))
    body = (
        f'<div style="margin-bottom:10px">{words}<span style="color:{badge};font-weight:700;font-size:13px">'
        f"{'✓ right' if right else '✗ the plain caption is: ' + escape(truth)}</span></div>"
        f'<div style="display:flex;flex-wrap:wrap;gap:8px 24px">{_picture(picture, "the scene", f"The scene: {scene}")}'
        f"{_picture(veiled, f'before word {t + 1}: {maps[t][most]:.0%} {PLACES[most]}', f'Where the model looked: {PLACES[most]}')}"
        f'<div style="flex:1 1 240px;min-width:220px">{_note("what it could have said")}'
        + "".join(_bar(captioning.VOCAB[k], float(p[t][k])) for k in np.argsort(-p[t])[:_MOST])
        + "</div></div>"
    )
    return HTML(card(body))


def _chip(word: str, here: bool) -> str:
    shades = ROLE["fusion" if here else "language"]
    background, ink = (shades["fill"], "#FFFFFF") if here else (shades["tint"], shades["deep"])
    return (
        f"<span style=\"font-family:'{MONO}',monospace;font-size:12.5px;background:{background};color:{ink};border:1px solid "
        f'{shades["main"]};border-radius:4px;padding:2px 7px;margin:0 4px 4px 0;display:inline-block">{escape(word)}</span>'
    )


def _picture(picture: np.ndarray, says: str, alt: str) -> str:
    return (
        f'<div><img alt="{escape(alt, quote=True)}" width="{_SIDE}" height="{_SIDE}" src="{data_uri(picture)}" '
        f'style="display:block;image-rendering:pixelated;border-radius:6px;border:1px solid {NEUTRAL["rule"]}">{_note(says)}</div>'
    )


def _note(words: str) -> str:
    return f'<div style="color:{NEUTRAL["ink2"]};font-size:12.5px;margin:3px 0">{escape(words)}</div>'


def _bar(word: str, share: float) -> str:
    return (
        f'<div style="display:flex;align-items:center;height:20px;font-size:12.5px"><div style="flex:0 0 96px;text-align:right;'
        f"padding-right:8px;font-family:'{MONO}',monospace\">{escape(word)}</div><div style=\"flex:1 1 auto;background:"
        f'{ROLE["language"]["tint"]};border-radius:3px;height:12px"><div style="width:{100 * share:.1f}%;min-width:2px;background:'
        f'{ROLE["language"]["fill"]};border-radius:3px;height:12px"></div></div><div style="flex:0 0 40px;text-align:right;'
        f'color:{NEUTRAL["ink2"]}">{f"{share:.0%}" if share >= 0.01 else "&lt;1%"}</div></div>'
    )
