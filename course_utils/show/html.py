"""The white card that HTML outputs stand on, in light and dark notebooks alike, and pictures inside it."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from course_utils.show.palette import NEUTRAL, SANS


def card(body: str) -> str:
    """``body`` (HTML) on a white card of at most 800 px."""
    return (
        f"<div style=\"font-family:'{SANS}',Verdana,sans-serif;background:#FFFFFF;color:{NEUTRAL['ink']};"
        f"border:1px solid {NEUTRAL['rule']};border-radius:8px;padding:14px 18px;max-width:800px;"
        f'box-sizing:border-box;font-size:14px;line-height:1.45;text-align:left">{body}</div>'
    )


def data_uri(picture: np.ndarray) -> str:
    """A picture, uint8[H, W, 3 or 4], as the address of an ``<img>``."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
