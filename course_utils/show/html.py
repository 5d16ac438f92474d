"""Pieces of HTML pages, in light and dark notebooks alike: the white card, and what stands on it. Styles are inline."""

import base64
import io
from html import escape

import numpy as np
from PIL import Image

from course_utils.show.palette import MONO, NEUTRAL, ROLE, SANS, VERDICT

FONT = f"font-family:'{SANS}',Verdana,sans-serif"
CODE = f"font-family:'{MONO}',Menlo,Consolas,monospace"


def card(body: str, *, edge: str = "") -> str:
    """``body`` (HTML) on a white card of at most 800 px, with a thick left side in the colour ``edge``."""
    thick = f"border-left:5px solid {edge};margin:6px 0;" if edge else ""
    return (
        f'<div style="{FONT};background:#FFFFFF;color:{NEUTRAL["ink"]};border:1px solid {NEUTRAL["rule"]};{thick}'
        "border-radius:8px;padding:14px 18px;max-width:800px;"
        f'box-sizing:border-box;font-size:14px;line-height:1.45;text-align:left">{body}</div>'
    )


def row(*cells: str, gap: str = "8px 24px", style: str = "") -> str:
    """Cells side by side, ``gap`` apart, in as many lines as they need."""
    return f'<div style="display:flex;flex-wrap:wrap;gap:{gap};{style}">{"".join(cells)}</div>'


def cell(body: str, width: str) -> str:
    """A cell of a :func:`row`. ``width`` : CSS of ``flex``, such as ``0 0 124px``, or ``1 1 320px`` for one that grows."""
    return f'<div style="flex:{width}">{body}</div>'


def uri(data: bytes, kind: str = "png") -> str:
    """The bytes of a picture as the address of an ``<img>``."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def image(picture: np.ndarray, side: int, alt: str, *, edge: str = NEUTRAL["rule"], pad: int = 0, smooth: bool = False) -> str:
    """A picture, uint8[H, W, 3 or 4] or float in [0, 1], ``side`` px wide and high, in a frame ``pad`` px away."""
    picture = np.asarray(picture)
    if picture.dtype != np.uint8:
        picture = np.round(255 * picture).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="PNG", optimize=True)
    frame = f"1.5px solid {edge};border-radius:8px;padding:{pad}px;box-sizing:content-box" if pad else f"1px solid {edge};border-radius:6px"
    sharp = "" if smooth else "image-rendering:pixelated;"
    return (
        f'<img alt="{escape(alt, quote=True)}" width="{side}" height="{side}" src="{uri(stream.getvalue())}" '
        f'style="display:block;width:{side}px;height:{side}px;{sharp}border:{frame};background:#FFFFFF">'
    )


def note(words: str, *, margin: str = "3px 0") -> str:
    """Small grey words."""
    return f'<div style="color:{NEUTRAL["ink2"]};font-size:12.5px;margin:{margin}">{escape(words)}</div>'


def error(what: str, why: str) -> str:
    """What cannot be shown, in red, and the reason."""
    return (
        f'<div style="font-weight:700;color:{VERDICT["wrong"]["deep"]}">{what}</div>'
        f'<div style="font-size:13px;overflow-wrap:anywhere">{escape(why)}</div>'
    )


def verdict(ok: bool, wrong: str = "wrong") -> str:
    """✓ and "right", or ✗ and ``wrong``."""
    name, words = ("right", "✓ right") if ok else ("wrong", f"✗ {wrong}")
    return f'<span style="color:{VERDICT[name]["deep"]};font-weight:700;font-size:13px">{escape(words)}</span>'


def chip(word: str, role: str = "language", *, solid: bool = False, before: str = "", attributes: str = "") -> str:
    """A token as a model reads or writes it, after ``before`` (HTML)."""
    shades = ROLE[role]
    background, ink = (shades["fill"], "#FFFFFF") if solid else (shades["tint"], shades["deep"])
    return (
        f'<span {attributes} style="{CODE};font-size:12.5px;background:{background};color:{ink};border:1px solid {shades["main"]};'
        f'border-radius:4px;padding:2px 7px;margin:0 4px 4px 0;display:inline-block">{before}{escape(word)}</span>'
    )


def bar(word: str, share: float, role: str, *, right: bool = False) -> str:
    """A word, the bar of its share and the percent; ``right`` marks it as the right one."""
    bold, tick = (
        ("font-weight:700;", f'<span title="the right answer" style="color:{VERDICT["right"]["deep"]}">✓&nbsp;</span>')
        if right
        else ("", "")
    )
    strip = "border-radius:3px;height:12px"
    percent = f"{share:.0%}" if share >= 0.01 else "&lt;1%"
    return (
        '<div style="display:flex;align-items:center;height:20px;font-size:12.5px">'
        f'<div style="flex:0 0 96px;text-align:right;padding-right:8px;{CODE};{bold}white-space:nowrap">{tick}{escape(word)}</div>'
        f'<div style="flex:1 1 auto;background:{ROLE[role]["tint"]};{strip}">'
        f'<div style="width:{100 * share:.1f}%;min-width:2px;background:{ROLE[role]["fill"]};{strip}"></div></div>'
        f'<div style="flex:0 0 40px;text-align:right;color:{NEUTRAL["ink2"]}">{percent}</div></div>'
    )
