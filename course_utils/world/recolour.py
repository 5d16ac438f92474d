"""Artwork in another colour, as recognisable as before.

Turning the hue of a picture leaves black and white parts as they were and makes mud of others. Here only the picture's
light and shade is kept: its median luminance becomes the wanted colour, darker parts go towards black, lighter ones
towards white. Written as *ink*, three numbers a pixel of which every recoloured picture is a linear mixture, a picture
can be shrunk once and coloured later: averaging pixels and colouring them commute.
"""

import numpy as np

# How far the darkest part goes from the colour towards black, and the lightest towards white.
TO_BLACK, TO_WHITE = 0.62, 0.5
# A penguin is all black and white: unless contrast is kept to this mean, hardly a pixel of it would show its colour.
MEAN_SHADE = 0.5
_LUMINANCE = np.array([0.299, 0.587, 0.114])


def ink(rgba: np.ndarray) -> np.ndarray:
    """Light and shade of one picture: uint8[S, S, 4] with straight alpha → float64[S, S, 3] in 0..1.

    The channels are coverage, shadow and highlight, the last two already multiplied by coverage. A picture that is
    fully transparent has no ink.
    """
    alpha = rgba[..., 3] / 255
    solid = alpha > 0.5
    if not solid.any():
        return np.zeros((*alpha.shape, 3))
    value = rgba[..., :3] / 255 @ _LUMINANCE
    low, median, high = np.quantile(value[solid], [0.05, 0.5, 0.95])
    shadow = ((median - value) / max(median - low, 0.15)).clip(0, 1)
    highlight = ((value - median) / max(high - median, 0.15)).clip(0, 1)
    contrast = min(1.0, MEAN_SHADE / max((shadow + highlight)[solid].mean(), 1e-9))
    return np.stack([alpha, alpha * shadow * contrast, alpha * highlight * contrast], -1)


def apply_colour(ink: np.ndarray, colour) -> np.ndarray:
    """Ink in a colour (three numbers in 0..255): float[..., 3] → float[..., 4] in 0..255, premultiplied by alpha."""
    r, g, b = np.asarray(colour, float)
    mixture = np.array(
        [
            [r, g, b, 255],
            [-TO_BLACK * r, -TO_BLACK * g, -TO_BLACK * b, 0],
            [TO_WHITE * (255 - r), TO_WHITE * (255 - g), TO_WHITE * (255 - b), 0],
        ]
    )
    return ink @ mixture.astype(ink.dtype)


def recolour(rgba: np.ndarray, colour) -> np.ndarray:
    """One picture in another colour, for display: uint8[S, S, 4] → uint8[S, S, 4], straight alpha."""
    mixed = apply_colour(ink(rgba), colour)
    straight = mixed[..., :3] / np.maximum(mixed[..., 3:] / 255, 1 / 255)
    return np.concatenate([np.round(straight), rgba[..., 3:]], -1).clip(0, 255).astype(np.uint8)
