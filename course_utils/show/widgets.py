"""Widgets: core ipywidgets around a function that draws a static figure.

Where the figure lives was a choice. Inside an ``Output`` widget it would vanish from a saved notebook, because
widgets' state is not stored there. So the figure is an ordinary output, displayed once with a display id, and the
controls, a second output above it, replace it in place. A saved notebook then shows the figure as it was drawn
before anything was moved, and one line of text instead of the controls. Colab does not reliably replace an output
from a control's callback; there the figure is an ``HTML`` widget under the controls (Colab stores widgets' state).
"""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from html import escape

import ipywidgets
import numpy as np
from IPython.display import HTML, display

from course_utils.show.board import Still
from course_utils.show.html import card, data_uri
from course_utils.show.palette import MONO, NEUTRAL, ROLE
from course_utils.world import emoji

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
            return HTML(card(f"<div>{escape(str(error))}</div>"))

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

    Raises
    ------
    ValueError
        If a short form means no widget.
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

    Raises
    ------
    KeyError
        If no concept has this English name, or the language is not one of ``emoji.LANGUAGES``.
    """
    known = emoji.load()
    k = known.index(name.strip())
    title = (
        f'<div style="font-size:19px;font-weight:700" dir="auto" lang="{language}">'
        f"{escape(known.names[language][k])}</div>"
        f'<div style="color:{NEUTRAL["ink2"]};font-size:12.5px">{escape(known.groups[known.group[k]])}'
        f"{' · held-out concept' if known.test_concepts[k] else ''}</div>"
    )
    heads = "".join(_cell(_head(style)) for style in emoji.STYLES)
    read = "".join(_cell(_read_by_a_model(known, k, style)) for style in emoji.STYLES)
    body = title + _row("", heads) + _row("at 32 × 32 pixels, as a model reads it", read)
    if known.names["en"][k] in known.display_names:
        body += _row(
            "as figures show it, sharper (some kinds, training styles)",
            "".join(_cell(_tile(known.display(k, style), f"{name} in {style}, sharp")) for style in emoji.TRAINING_STYLES),
        )
    return HTML(
        card(
            body
            + _chips(f"keywords, {_LANGUAGE[language]}", [(language, word) for word in known.keywords[language][k]])
            + _chips("names", [(code, known.names[code][k]) for code in emoji.LANGUAGES], tagged=True)
        )
    )


def _head(style: str) -> str:
    held = style in emoji.HELD_OUT_STYLES
    color, gloss = (ROLE["vision"]["deep"], "held out") if held else (NEUTRAL["ink2"], "trained on")
    return f'<div style="font-weight:700;font-size:13px">{style}</div><div style="color:{color};font-size:11.5px">{gloss}</div>'


def _read_by_a_model(known: emoji.Emoji, k: int, style: str) -> str:
    """The 32 px picture, magnified three times without smoothing; words where the artist never drew it."""
    if not known.has(style)[k]:
        return f'<div style="color:{NEUTRAL["ink2"]};font-size:11.5px;padding-top:44px">never drawn</div>'
    edge = ROLE["vision"]["main"] if style in emoji.HELD_OUT_STYLES else NEUTRAL["rule"]
    return _tile(known.pictures(style)[k].repeat(3, 0).repeat(3, 1), f"{known.names['en'][k]} in {style}, 32 by 32 pixels", edge)


def _tile(picture: np.ndarray, alt: str, edge: str = NEUTRAL["rule"]) -> str:
    return (
        f'<img alt="{escape(alt, quote=True)}" width="96" height="96" src="{data_uri(picture)}" '
        f'style="display:block;width:96px;height:96px;border:1.5px solid {edge};border-radius:8px;padding:5px;'
        'box-sizing:content-box;background:#FFFFFF">'
    )


def _cell(content: str) -> str:
    return f'<div style="flex:0 0 124px">{content}</div>'


def _row(label: str, cells: str) -> str:
    words = f'<div style="color:{NEUTRAL["ink2"]};font-size:12.5px;margin:8px 0 4px">{label}</div>' if label else ""
    return f'{words}<div style="display:flex;flex-wrap:wrap;margin:8px 0 0">{cells}</div>'


def _tag(code: str) -> str:
    return f'<span style="color:{NEUTRAL["ink2"]};font-size:10px">{code}&nbsp; </span>'


def _chips(label: str, words: list[tuple[str, str]], *, tagged: bool = False) -> str:
    """Words of a language as amber tokens, what a language model reads; ``tagged`` with their language's code."""
    amber = ROLE["language"]
    chips = "".join(
        f'<span lang="{code}" dir="auto" title="{_LANGUAGE[code]}" style="font-family:\'{MONO}\',monospace;'
        f"font-size:12px;background:{amber['tint']};color:{amber['deep']};border:1px solid {amber['main']};"
        f'border-radius:4px;padding:2px 7px;margin:0 5px 5px 0;display:inline-block">{_tag(code) if tagged else ""}'
        f"{escape(word)}</span>"
        for code, word in words
    )
    return f'<div style="color:{NEUTRAL["ink2"]};font-size:12.5px;margin:8px 0 4px">{label}</div><div>{chips}</div>'


def _as_html(figure) -> str:
    """A drawn figure as HTML, for the front end that cannot replace an output."""
    if isinstance(figure, Still):
        png = base64.b64encode(figure.data).decode()
        alt = escape(figure.alt, quote=True)
        return f'<img alt="{alt}" width="{figure.width}" src="data:image/png;base64,{png}">'
    html = figure._repr_html_() if hasattr(figure, "_repr_html_") else None
    return html or f"<pre>{escape(repr(figure))}</pre>"
