"""What scenes stand on: pale, middling and very dark colours, each with a faint pattern.

They keep their distance from the six object colours and from the pale and dark parts of recoloured artwork, so that
nothing sinks into its ground (``tests/test_render.py`` measures it).
"""

import numpy as np

# name → sRGB, pattern, its strength in grey levels
_GROUNDS = {
    "white": ((255, 255, 255), "plain", 0),
    "sky": ((228, 240, 250), "gradient", 10),
    "cream": ((251, 242, 224), "dots", 6),
    "mint": ((232, 245, 233), "stripes", 4),
    "lilac": ((236, 232, 252), "checks", 4),
    "mist": ((230, 230, 228), "gradient", 14),
    "slate": ((84, 92, 110), "gradient", 8),
    "bark": ((110, 100, 90), "stripes", 4),
    "forest": ((14, 34, 28), "checks", 3),
    "night": ((18, 18, 26), "dots", 7),
}
BACKGROUND_NAMES = tuple(_GROUNDS)
BACKGROUNDS = np.array([rgb for rgb, _, _ in _GROUNDS.values()], np.uint8)


def paint(side: int) -> np.ndarray:
    """All grounds, patterns of the same proportions on every canvas: float64[backgrounds, side, side, 3] in 0..255."""
    y, x = np.mgrid[:side, :side] * (96 / side)
    wave = {
        "plain": np.zeros_like(x),
        "gradient": 1 - 2 * y / 96,
        "stripes": np.where((x + y) % 16 < 8, 1.0, -1.0),
        "checks": np.where((x % 24 < 12) == (y % 24 < 12), 1.0, -1.0),
        "dots": np.where((x % 12 - 6) ** 2 + (y % 12 - 6) ** 2 < 7, 1.0, -0.2),
    }
    shade = np.stack([wave[pattern] * strength for _, pattern, strength in _GROUNDS.values()])
    return (BACKGROUNDS[:, None, None] + shade[..., None]).clip(0, 255)
