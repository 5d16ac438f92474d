"""Widgets: core ipywidgets around a function that draws a static figure.

Where the figure lives was a choice. Inside an ``Output`` widget it would vanish from a saved notebook, because
widgets' state is not stored there. So the figure is an ordinary output, displayed once with a display id, and the
controls, a second output above it, replace it in place. A saved notebook then shows the figure as it was drawn
before anything was moved, and one line of text instead of the controls. Colab does not reliably replace an output
from a control's callback; there the figure is an ``HTML`` widget under the controls (Colab stores widgets' state).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from html import escape

import ipywidgets
import numpy as np
from IPython.display import HTML, display

from course_utils.show import html
from course_utils.show.art import standing
from course_utils.show.board import Still
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.world import emoji

_CELL = "0 0 124px"  # flex of a cell of the page of one emoji
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
_LANGUAGE = {
    "en": "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "it": "Italiano",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ru": "Русский",
    "hi": "हिन्दी",
    "ja": "日本語",
    "ko": "한국어",
    "zh": "中文",
}


class Interactive:
    """A drawing and its controls; made by :func:`interactive`.

    ``controls`` maps the drawing's argument names to live widgets; ``figure`` is what was drawn last.
    """

    def __init__(self, draw: Callable, controls: dict[str, ipywidgets.Widget]) -> None:
        self._draw, self.controls = draw, controls
        self._handle, self._live = None, None
        self.figure = self._drawn()
        for control in controls.values():
            control.observe(self._moved, names="value")

    def _drawn(self):
        try:
            return self._draw(**{name: control.value for name, control in self.controls.items()})
        except (KeyError, ValueError) as error:  # a wish that cannot be drawn: say so in the figure's place
            return HTML(html.card(f"<div>{escape(str(error))}</div>"))

    def _moved(self, _change) -> None:
        self.figure = self._drawn()
        if self._live is not None:
            self._live.value = _as_html(self.figure)
        elif self._handle is not None:
            self._handle.update(self.figure)

    def _ipython_display_(self) -> None:
        rows = [ipywidgets.HBox(list(self.controls.values()), layout=ipywidgets.Layout(flex_flow="row wrap"))]
        if "google.colab" in sys.modules:
            self._live = ipywidgets.HTML(_as_html(self.figure))
            rows.append(self._live)
        box = ipywidgets.VBox(rows)
        view = {"version_major": 2, "version_minor": 0, "model_id": box.model_id}
        display({_WIDGET_VIEW: view, "text/plain": "Run this cell to get its controls."}, raw=True)
        if self._live is None:
            self._handle = display(self.figure, display_id=True)


def interactive(draw: Callable, **controls) -> Interactive:
    """Puts controls on a function that draws.

    Parameters
    ----------
    draw : called with one value for each control; returns anything that a notebook can show (a Board's
        ``.show(alt)``, HTML). A KeyError or ValueError becomes a message where the figure would be.
    controls : widgets, or the short forms of ipywidgets: ``(0, 10)`` a slider, a list a menu, ``True`` a checkbox,
        text a field.

    Raises ValueError if a short form means no widget.
    """
    made = {}
    for name, wish in controls.items():
        widget = wish if isinstance(wish, ipywidgets.Widget) else ipywidgets.interactive.widget_from_abbrev(wish)
        if widget is None:
            raise ValueError(f"No control can be made for {name}={wish!r}; pass a widget, a range, a list or a text.")
        if not widget.description:
            widget.description = name.replace("_", " ")
        if isinstance(widget, (ipywidgets.IntSlider, ipywidgets.FloatSlider)):
            widget.continuous_update = False
        made[name] = widget
    return Interactive(draw, made)


def field(value: str = "", description: str = "", placeholder: str = "", *, width: int = 390) -> ipywidgets.Text:
    """A line to type in, ``width`` px, that is read when the reader has finished."""
    layout = ipywidgets.Layout(width=f"{width}px")
    return ipywidgets.Text(value, description=description, placeholder=placeholder, continuous_update=False, layout=layout)


def emoji_tour(name: str = "tiger", language: str = "en") -> Interactive:
    """Look up one concept: its art in every style, its names, its keywords."""
    known = emoji.load()
    known.index(name), known.names[language]  # a mistyped default is the caller's error, not a message in the figure
    return interactive(
        emoji_page,
        name=ipywidgets.Combobox(
            value=name, options=known.names["en"], description="emoji", continuous_update=False, placeholder="its English name"
        ),
        language=ipywidgets.Dropdown(value=language, options=[(_LANGUAGE[code], code) for code in emoji.LANGUAGES], description="language"),
    )


def emoji_page(name: str, language: str = "en") -> HTML:
    """One concept on a white card: as artists drew it, as a model reads it, as people call it.

    Raises KeyError if no concept has this English name, or the language is not one of ``emoji.LANGUAGES``.
    """
    known = emoji.load()
    k = known.index(name.strip())
    held_out = " · held-out concept" if known.test_concepts[k] else ""
    body = (
        f'<div style="font-size:19px;font-weight:700" dir="auto" lang="{language}">{escape(known.names[language][k])}</div>'
        f"{html.note(known.groups[known.group[k]] + held_out, margin='0')}{html.row(*map(_head, emoji.STYLES), gap='0')}"
    )
    body += _labelled("at 32 × 32 pixels, as a model reads it", html.row(*(_as_read(known, k, style) for style in emoji.STYLES), gap="0"))
    if known.names["en"][k] in known.display_names:
        sharp = [_tile(known.display(k, style), f"{name} in {style}, sharp") for style in emoji.TRAINING_STYLES]
        body += _labelled("as figures show it, sharper (some kinds, training styles)", html.row(*sharp, gap="0"))
    body += _labelled(f"keywords, {_LANGUAGE[language]}", "".join(_chip(language, word) for word in known.keywords[language][k]))
    names = "".join(
        _chip(code, known.names[code][k], f'<span style="color:{NEUTRAL["ink2"]};font-size:10px">{code}&nbsp; </span>')
        for code in emoji.LANGUAGES
    )
    return HTML(html.card(body + _labelled("names", names)))


def _labelled(label: str, body: str) -> str:
    return f"{html.note(label, margin='8px 0 4px')}<div>{body}</div>"


def _head(style: str) -> str:
    words, color = standing(style)
    gloss = f'<div style="color:{color};font-size:11.5px">{words}</div>'
    return html.cell(f'<div style="font-weight:700;font-size:13px">{style}</div>{gloss}', _CELL)


def _as_read(known: emoji.Emoji, k: int, style: str) -> str:
    """The 32 px picture, magnified three times without smoothing; words where the artist never drew it."""
    if not known.has(style)[k]:
        return html.cell(html.note("never drawn", margin="44px 0 0"), _CELL)
    edge = ROLE["vision"]["main"] if style in emoji.HELD_OUT_STYLES else NEUTRAL["rule"]
    return _tile(known.pictures(style)[k].repeat(3, 0).repeat(3, 1), f"{known.names['en'][k]} in {style}, 32 by 32 pixels", edge)


def _tile(picture: np.ndarray, alt: str, edge: str = NEUTRAL["rule"]) -> str:
    return html.cell(html.image(picture, 96, alt, edge=edge, pad=5, smooth=True), _CELL)


def _chip(code: str, word: str, tag: str = "") -> str:
    """A word of a language as a token, which is what a language model reads."""
    return html.chip(word, before=tag, attributes=f'lang="{code}" dir="auto" title="{_LANGUAGE[code]}"')


def _as_html(figure) -> str:
    """A drawn figure as HTML, for the front end that cannot replace an output."""
    if isinstance(figure, Still):
        return f'<img alt="{escape(figure.alt, quote=True)}" width="{figure.width}" src="{html.uri(figure.data)}">'
    page = figure._repr_html_() if hasattr(figure, "_repr_html_") else None
    return page or f"<pre>{escape(repr(figure))}</pre>"
