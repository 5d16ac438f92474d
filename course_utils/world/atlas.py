"""All that a scene's picture is cut from: recoloured sprites, signs and grounds, made once for each canvas.

A canvas of side S has nine cells of side C. A sprite lies in a padded tile of side P so that the window of C × C pixels
that starts at (C - extent - offset) shows it ``offset`` pixels from the edge of its cell: shifting the window moves the
object, and every window fits exactly into its cell.
"""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from course_utils.world import emoji, grounds
from course_utils.world.recolour import apply_colour, ink
from course_utils.world.things import ARTWORK, RGB, SIZES, WORDS

# Shrunk pixels that a sprite covers in part count for more, or thin strokes (a bicycle's frame) would fade away.
BOLDER = 1.25


@dataclasses.dataclass(frozen=True)
class Canvas:
    """Where things are on a canvas, in pixels."""

    side: int
    cell: int  # C
    starts: tuple[int, int, int]  # of the three rows, and of the three columns
    extent: tuple[int, int]  # the longer side of a small and of a large object
    letter: int  # font size of signs

    @property
    def tile(self) -> int:  # P
        return 2 * self.cell - min(self.extent)


CANVASES = {64: Canvas(64, 21, (0, 21, 43), (13, 20), 8), 96: Canvas(96, 32, (0, 32, 64), (20, 30), 12)}


def canvas(side: int) -> Canvas:
    """The geometry of a canvas. Raises ValueError for another side than 64 or 96."""
    if side not in CANVASES:
        raise ValueError(f"Scenes are drawn at side 64 or 96, not {side!r}.")
    return CANVASES[side]


@dataclasses.dataclass(frozen=True, eq=False)
class Atlas:
    """Tiles with rows flattened to 3·P values, so that mixing them is plain arithmetic on equal shapes.

    Attributes
    ----------
    colour : uint8[tiles, P, 3·P]
        Premultiplied by alpha. Sprites in the order (style, kind, colour, size), then one sign for each word.
    clear : uint8[tiles, P, 3·P]
        255 - alpha, three times.
    ground : uint8[backgrounds, S, 3·S]
    mask : bool[styles, kinds, sizes, P, P]
        Where a sprite covers more than half of a pixel.
    tight : int16[styles, kinds, sizes, 4]
        The mask's (ymin, xmin, ymax, xmax), half-open.
    """

    colour: np.ndarray
    clear: np.ndarray
    ground: np.ndarray
    mask: np.ndarray
    tight: np.ndarray


@functools.cache
def atlas(side: int) -> Atlas:
    """The atlas of a canvas, built when first asked for; read-only."""
    place = canvas(side)
    inks = _sprites(place)
    sprites = np.empty((*inks.shape[:2], len(RGB), *inks.shape[2:-1], 4), np.uint8)
    for c, rgb in enumerate(RGB):
        sprites[:, :, c] = _round(apply_colour(inks, rgb))
    mask = sprites[:, :, 0, ..., 3] >= 128
    tiles = np.concatenate([sprites.reshape(-1, place.tile, place.tile, 4), _signs(place)])
    clear = np.repeat(255 - tiles[..., 3:], 3, axis=-1)
    made = Atlas(
        colour=tiles[..., :3].reshape(len(tiles), place.tile, -1),
        clear=clear.reshape(len(tiles), place.tile, -1),
        ground=_round(grounds.paint(side)).reshape(-1, side, 3 * side),
        mask=mask,
        tight=_tight(mask),
    )
    for field in dataclasses.fields(made):
        getattr(made, field.name).flags.writeable = False
    return made


def _round(values: np.ndarray) -> np.ndarray:
    """Numbers near 0..255 as uint8; a hair above halves, so that a last bit does not decide."""
    return np.floor(values + 0.5001).clip(0, 255).astype(np.uint8)


def _sprites(place: Canvas) -> np.ndarray:
    """Ink of every sprite, its longer side ``extent`` px, centred in a square.

    float32[styles, kinds, sizes, P, P, 3]
    """
    known = emoji.load()
    rows = [known.sprite_names.index(name) for name in ARTWORK]
    out = np.zeros((len(emoji.STYLES), len(rows), len(SIZES), place.tile, place.tile, 3), np.float32)
    for s, style in enumerate(emoji.STYLES):
        for k, row in enumerate(rows):
            art = ink(known.sprites(style)[row])
            top, left, bottom, right = _tight(art[..., 0] > 0.1)
            art = art[top:bottom, left:right]
            for z, extent in enumerate(place.extent):
                small = _shrink(art, extent / max(art.shape[:2]))
                small *= np.minimum(BOLDER, 1 / np.maximum(small[..., :1], 1e-3))
                h, w = small.shape[:2]
                y, x = (place.cell - extent + (extent - length) // 2 for length in (h, w))
                out[s, k, z, y : y + h, x : x + w] = small
    return out


def _shrink(picture: np.ndarray, scale: float) -> np.ndarray:
    """Area averages: float[h, w, ...] → float[round(h · scale), round(w · scale), ...]."""
    for axis in (0, 1):
        old = picture.shape[axis]
        new = max(1, round(old * scale))
        edges = np.linspace(0, old, new + 1)
        pixel = np.arange(old)
        overlap = np.minimum(pixel + 1, edges[1:, None]) - np.maximum(pixel, edges[:-1, None])
        weight = overlap.clip(0) * (new / old)
        picture = np.moveaxis(np.tensordot(weight, picture, (1, axis)), 0, axis)
    return picture


def _tight(mask: np.ndarray) -> np.ndarray:
    """The bounding boxes of bool[..., h, w]: int16[..., 4] as (ymin, xmin, ymax, xmax), half-open."""
    rows, columns = mask.any(-1), mask.any(-2)
    return np.stack(
        [rows.argmax(-1), columns.argmax(-1), mask.shape[-2] - rows[..., ::-1].argmax(-1), mask.shape[-1] - columns[..., ::-1].argmax(-1)],
        -1,
    ).astype(np.int16)


def _signs(place: Canvas) -> np.ndarray:
    """A white plate with a word for each of ``WORDS``: uint8[words, P, P, 4]."""
    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSansMono-Bold.ttf"
    font = ImageFont.truetype(str(file), place.letter, layout_engine=ImageFont.Layout.BASIC)
    out = np.zeros((len(WORDS), place.tile, place.tile, 4), np.uint8)
    margin = (place.tile - place.cell) // 2  # where the window starts that shows the sign in the middle
    for k, word in enumerate(WORDS):
        left, _, right, _ = font.getbbox(word, anchor="ls")
        width, height = right - left, place.letter
        plate = Image.new("RGBA", (place.cell, place.cell))
        draw = ImageDraw.Draw(plate)
        x, y = (place.cell - width) // 2, (place.cell - height) // 2
        frame = (x - 2, y - 2, x + width + 1, y + height + 1)  # its sides fall off where a word fills the cell
        draw.rectangle(frame, fill=(255, 255, 255, 255), outline=(20, 20, 24, 255))
        draw.text((x - left, y + round(0.78 * height)), word, (20, 20, 24, 255), font, anchor="ls")
        out[k, margin : margin + place.cell, margin : margin + place.cell] = np.asarray(plate)
    return out
