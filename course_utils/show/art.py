"""Emoji for figures: one object, or a small scene of four, on a coloured ground."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.world import emoji

SKY, SAND, PAPER = (228, 240, 250), (251, 242, 224), (255, 255, 255)
SCENE = ("bus", "deciduous tree", "tulip", "dog")


def standing(style: str) -> tuple[str, str]:
    """Whether a style is held out or trained on, in words, and the words' colour."""
    held = style in emoji.HELD_OUT_STYLES
    return ("held out", ROLE["vision"]["deep"]) if held else ("trained on", NEUTRAL["ink2"])


def art(name: str, style: str = "noto") -> np.ndarray:
    """The sharpest artwork there is of one emoji, by its English name: uint8[side, side, 4].

    160 px where the data hold display art, 64 px for the kinds of scenes, else the 32 px that a model reads.

    Raises KeyError if no concept has this name; the message gives close ones.
    """
    known = emoji.load()
    if name in known.display_names and style in emoji.TRAINING_STYLES:
        return known.display(name, style)
    if name in known.sprite_names:
        return known.sprites(style)[known.sprite_names.index(name)]
    return known.pictures(style)[known.index(name)]


def scene(names: Sequence[str] = SCENE, style: str = "noto", *, ground=SKY, side: int = 320) -> np.ndarray:
    """Four emoji in the corners of a square, of slightly different sizes: uint8[side, side, 3].

    A display picture, sharper than anything a model of the course reads.

    Raises ValueError if there are not four names.
    """
    from PIL import Image

    if len(names) != 4:
        raise ValueError(f"A scene for figures holds four emoji, not {len(names)}.")
    canvas = Image.new("RGB", (side, side), tuple(ground))
    places = ((0.06, 0.08, 0.42), (0.56, 0.06, 0.38), (0.10, 0.58, 0.32), (0.48, 0.48, 0.46))
    for name, (left, top, size) in zip(names, places):
        px = round(size * side)
        sprite = Image.fromarray(art(name, style)).resize((px, px), Image.Resampling.LANCZOS)
        canvas.paste(sprite, (round(left * side), round(top * side)), sprite)
    return np.asarray(canvas)
