"""A search box: type, and pictures are found by a dual encoder, among pictures of artists that it never met."""

from __future__ import annotations

from html import escape

import ipywidgets
import numpy as np
from IPython.display import HTML

from course_utils import training
from course_utils.metrics import retrieval
from course_utils.models import dual_encoder as dual
from course_utils.models.dual_encoder import words
from course_utils.show import html
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.show.widgets import Interactive, interactive
from course_utils.world import emoji

_FOUND = 12
_SIDE = 84  # px


def search_box(model: dual.DualEncoder, text: str = "instrument", styles: tuple[str, ...] = emoji.HELD_OUT_STYLES) -> Interactive:
    """Finds emoji as you type, in a cache of one style's pictures, each encoded once.

    Raises KeyError if a style is unknown.
    """
    caches = {style: _cache(model, style) for style in styles}
    return interactive(
        lambda text, style: search_page(model, caches[style], text, style),
        text=ipywidgets.Text(
            text, description="find", placeholder="instrument", continuous_update=True, layout=ipywidgets.Layout(width="390px")
        ),
        style=ipywidgets.Dropdown(value=styles[0], options=list(styles), description="drawn by"),
    )


def _cache(model: dual.DualEncoder, style: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Concepts, pictures uint8[n, 32, 32, 3] on white, and their vectors float16[n, D]."""
    rows = np.flatnonzero(emoji.load().has(style))
    images = emoji.on_background(emoji.load().pictures(style)[rows])
    return rows, images, training.predict(model, dual.image_vectors, {"image": images}).astype(np.float16)


def search_page(model: dual.DualEncoder, cache: tuple, text: str, style: str) -> HTML:
    """What a text finds, on a white card; words that the text tower never met, and those too many, are named."""
    rows, images, vectors = cache
    strange = words.vocabulary().unknown(text)
    known = [word for word in words.vocabulary().split(text) if word not in strange]
    told = f"{len(rows)} pictures by {escape(style)}, none of them trained on; a concept that was never met is marked as new."
    if strange:
        told += f' Words it never read: <span style="{html.CODE}">{escape(", ".join(strange))}</span>.'
    if cut := words.vocabulary().cut_off(text):
        told += f' It reads {words.LONGEST} words; cut off: <span style="{html.CODE}">{escape(" ".join(cut))}</span>.'
        text = " ".join(words.vocabulary().split(text)[: words.LONGEST])
    if not known:
        return HTML(html.card(f'<div style="color:{NEUTRAL["ink2"]}">{told} Type something it can know, such as: animal</div>'))
    query = training.predict(model, dual.text_vectors, {"tokens": words.vocabulary().encode([text])}, size=1)
    items, cosines = retrieval.top_k(vectors, query, _FOUND)
    names = emoji.load().names["en"]
    cells = []
    for item, cosine in zip(np.asarray(items)[0], np.asarray(cosines)[0]):
        concept = int(rows[item])
        new = " · new" if emoji.load().test_concepts[concept] else ""
        tile = html.image(images[item].repeat(2, 0).repeat(2, 1), _SIDE, names[concept], edge=ROLE["vision"]["main"], pad=4)
        below = f'<div style="font-size:12px;max-width:{_SIDE + 24}px">{escape(names[concept])}</div>{html.note(f"{cosine:.2f}{new}", margin="0 0 10px")}'
        cells.append(html.cell(tile + below, f"0 0 {_SIDE + 32}px"))
    told = f'<div style="color:{NEUTRAL["ink2"]};font-size:12.5px;margin-bottom:8px">{told}</div>'
    return HTML(html.card(told + html.row(*cells, gap="0")))
