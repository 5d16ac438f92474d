"""Pictures as a model meets them: shifted, mirrored, scaled, tinted, on a background. Drawn in NumPy, on the host."""

from __future__ import annotations

import numpy as np


def vary(
    rgba: np.ndarray, rng: np.random.Generator, *, shift: int = 4, zoom: float = 0.25, tint: float = 0.15, mirror: bool = True
) -> np.ndarray:
    """One random variation of every picture. uint8[B, S, S, 4] (straight alpha) → uint8[B, S, S, 3].

    ``shift`` in pixels either way; ``zoom`` shrinks or grows by up to that fraction; ``tint`` multiplies each colour
    channel by 1 ± that fraction; the background is one random colour a picture.
    """
    count, side = rgba.shape[:2]
    scale = 1 + rng.uniform(-zoom, zoom, (count, 1))
    centre = (side - 1) / 2 + rng.uniform(-shift, shift, (2, count, 1))
    grid = np.arange(side)[None]
    rows, columns = (np.rint((grid - c) / scale + (side - 1) / 2).astype(int) for c in centre)  # (B, S)
    if mirror:
        columns = np.where(rng.random((count, 1)) < 0.5, columns, side - 1 - columns)
    inside = ((rows >= 0) & (rows < side))[:, :, None] & ((columns >= 0) & (columns < side))[:, None, :]
    clipped = rgba[np.arange(count)[:, None, None], rows.clip(0, side - 1)[:, :, None], columns.clip(0, side - 1)[:, None, :]].astype(
        np.float32
    )
    alpha = clipped[..., 3:] / 255 * inside[..., None]
    colour = clipped[..., :3] * (1 + rng.uniform(-tint, tint, (count, 1, 1, 3)).astype(np.float32))
    background = rng.uniform(0, 255, (count, 1, 1, 3)).astype(np.float32)
    return np.clip(colour * alpha + background * (1 - alpha), 0, 255).astype(np.uint8)
