"""The shapes that boards are made of, as pure geometry: measured text, rounded elbows, ticks and crosses, spotlights.

Lengths are px (one unit of a board, 1/100 inch), y points down.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from course_utils.show.palette import MONO, OVERLAY, SANS

PX_PER_PT = 100 / 72

# A tick and a cross in a circle of radius 1, as polylines.
TICK = [np.array([(-0.45, 0.02), (-0.12, 0.36), (0.46, -0.34)])]
CROSS = [np.array([(-0.33, -0.33), (0.33, 0.33)]), np.array([(-0.33, 0.33), (0.33, -0.33)])]


@dataclasses.dataclass(frozen=True)
class Spot:
    """Where a thing was placed: top left corner and size in px, and the middles of its sides to hang arrows on."""

    x: float
    y: float
    w: float
    h: float

    @property
    def top(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y

    @property
    def bottom(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h

    @property
    def left(self) -> tuple[float, float]:
        return self.x, self.y + self.h / 2

    @property
    def right(self) -> tuple[float, float]:
        return self.x + self.w, self.y + self.h / 2

    @property
    def end(self) -> float:
        """The x of the right side."""
        return self.x + self.w


def font(*, mono: bool = False, bold: bool = False, size: float = 9.5) -> FontProperties:
    """One of the course's two typefaces in one of its two weights."""
    return FontProperties(family=MONO if mono else SANS, weight="bold" if bold else "normal", size=size)


def text_width(text: str, size: float = 9.5, *, mono: bool = False, bold: bool = False) -> float:
    """The width in px of one line of ``text`` set in ``size`` pt, read literally (no mathematics)."""
    properties = font(mono=mono, bold=bold, size=size)
    return text_to_path.get_text_width_height_descent(text, properties, False)[0] * PX_PER_PT


def lines(text: str, width: float, size: float = 9.5, *, mono: bool = False) -> list[str]:
    """``text`` in lines that fit ``width`` px; a line break in it stays, and a word that is too wide is cut off."""
    found = []
    for part in text.split("\n"):
        found.append("")
        for word in part.split():
            while text_width(word, size, mono=mono) > width:
                word = word.rstrip("…")[:-1] + "…"
            longer = f"{found[-1]} {word}".strip()
            if text_width(longer, size, mono=mono) > width:
                found.append(word)
            else:
                found[-1] = longer
    return found


def missing_glyphs(text: str, *, mono: bool = False) -> str:
    """The characters of ``text`` that the course's font would draw as an empty box (emoji, most scripts of Asia)."""
    known = get_font(findfont(font(mono=mono))).get_charmap()
    return "".join(c for c in text if ord(c) not in known and not c.isspace())


def elbow(points, radius: float, *, head: float, gap: float) -> tuple[Path, np.ndarray | None]:
    """A line through ``points`` with rounded corners that ends ``gap`` px before the last one.

    Returns the path, and the triangle of its arrow head as float[3, 2] (None for ``head=0``).
    """
    p = [np.asarray(q, float) for q in points]
    along = (p[-1] - p[-2]) / max(np.linalg.norm(p[-1] - p[-2]), 1e-9)
    tip = p[-1] - along * gap
    p[-1] = tip - along * head * 0.8
    vertices, codes = [p[0]], [Path.MOVETO]
    for before, corner, after in zip(p, p[1:], p[2:]):
        a, b = before - corner, after - corner
        r = min(radius, np.linalg.norm(a) / 2, np.linalg.norm(b) / 2)
        vertices += [corner + a / np.linalg.norm(a) * r, corner, corner + b / np.linalg.norm(b) * r]
        codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
    path = Path(vertices + [p[-1]], codes + [Path.LINETO])
    if not head:
        return path, None
    across = np.array([-along[1], along[0]]) * head * 0.55
    return path, np.array([tip, tip - along * head + across, tip - along * head - across])


def shackle(x: float, y: float, s: float) -> tuple[np.ndarray, np.ndarray]:
    """The bow of a padlock of scale ``s`` whose body is centred just below (x, y): xs and ys of a polyline."""
    turn = np.linspace(np.pi, 2 * np.pi, 20)
    xs = np.r_[x - 3 * s, x + 3 * s * np.cos(turn), x + 3 * s]
    return xs, np.r_[y - s, y - 3.2 * s + 3 * s * np.sin(turn), y - s]


def spotlight(picture: np.ndarray, attention: np.ndarray) -> np.ndarray:
    """Attention over a picture: a dark veil where the model does not look; where it looks most, the true colours.

    Parameters
    ----------
    picture : uint8[H, W, 3] (a fourth channel is ignored).
    attention : float[rows, columns], non-negative. Shown as the patches that the model has, never smoothed.

    Returns
    -------
    float[H, W, 3] in [0, 1]. A uniform attention leaves the picture as it is; so does one that is zero everywhere.

    Raises ValueError if ``attention`` is not a matrix of finite, non-negative numbers.
    """
    a = np.asarray(attention, float)
    if a.ndim != 2 or not np.isfinite(a).all() or a.min() < 0:
        raise ValueError("spotlight needs a matrix of finite, non-negative weights, one for each patch.")
    a = a / a.max() if a.max() > 0 else np.ones_like(a)
    colours = np.asarray(picture)[..., :3] / 255.0
    height, width = colours.shape[:2]
    rows, columns = np.arange(height) * a.shape[0] // height, np.arange(width) * a.shape[1] // width
    veil = OVERLAY["max_veil"] * (1 - a[rows[:, None], columns])[..., None]
    return colours * (1 - veil) + np.array(to_rgb(OVERLAY["veil"])) * veil
