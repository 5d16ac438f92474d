"""Emoji as a model meets them: scaled, shifted, mirrored, in other colours, on a ground. Drawn on the device.

Everything is linear. A picture is kept as six layers (its colours times its coverage, the coverage, and light and shade
as ``world.recolour`` has them), so that resizing is two small matrix products and every recolouring a third. What is
random is drawn in NumPy.
"""

from __future__ import annotations

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np

from course_utils.world import emoji, grounds
from course_utils.world.recolour import TO_BLACK, TO_WHITE, ink
from course_utils.world.things import RGB

SIDE = 32
_GREY = np.array([0.299, 0.587, 0.114], np.float32)


@dataclasses.dataclass(frozen=True)
class Variation:
    """How much pictures vary.

    ``zoom``: the least and greatest scale. ``shift``: pixels either way. ``mirror``: whether half of them are mirrored.
    ``tint``: each colour channel times 1 ± that. ``recolour``: the share drawn in one colour, ``grey`` the share without
    any. ``ground``: "white", "plain" (any one colour), "scene" (the grounds of scenes) or "both" (plain or of scenes).
    ``colours``: "scene" (its six colours) or "any", for what is recoloured.
    """

    zoom: tuple[float, float] = (1.0, 1.0)
    shift: float = 0.0
    mirror: bool = False
    tint: float = 0.0
    recolour: float = 0.0
    grey: float = 0.0
    ground: str = "white"
    colours: str = "any"


# Nothing varies: the artwork on white.
NONE = Variation()
# What training draws.
ALL = Variation((0.6, 1.1), 4.0, True, 0.25, 0.25, 0.05, "both")
# What every test picture goes through: scaled, shifted, half painted in a colour of the scenes and half tinted, on a
# ground of the scenes.
TEST = Variation((0.6, 1.0), 4.0, False, 0.25, 0.5, 0.0, "scene", "scene")


@functools.cache
def layers(style: str) -> np.ndarray:
    """All concepts of a style in six layers: uint8[K, 32, 32 · 6]: red, green, blue, coverage, shadow, highlight."""
    rgba = emoji.load().pictures(style)
    alpha = rgba[..., 3:] / 255
    inks = np.stack([ink(picture) for picture in rgba])  # (K, 32, 32, 3)
    both = np.concatenate([rgba[..., :3] * alpha, 255 * inks], -1)
    return np.round(both).clip(0, 255).astype(np.uint8).reshape(len(rgba), SIDE, -1)


def atlas(styles: tuple[str, ...]) -> dict[str, np.ndarray]:
    """What :func:`draw` cuts pictures from: ``layers`` of the styles, one below the other, and ``grounds``."""
    scene = grounds.paint(SIDE).reshape(len(grounds.BACKGROUNDS), SIDE, -1)
    return {"layers": np.concatenate([layers(style) for style in styles]), "grounds": np.round(scene).astype(np.uint8)}


def numbers(rng: np.random.Generator, rows: np.ndarray, how: Variation) -> dict[str, np.ndarray]:
    """Everything random about pictures of some rows of an atlas, drawn on the host.

    ``row`` int32[B]; ``vertical`` and ``horizontal`` float32[B, 2], scale and shift; ``colour`` float32[B, 6, 3], from
    layers to red, green, blue; ``ground`` int32[B], which of the scenes' grounds, ``plain`` float32[B, 4], a colour and
    how much of it there is instead.
    """
    count = len(rows)
    scale = rng.uniform(*how.zoom, (count, 1))
    offset = rng.uniform(-how.shift, how.shift, (count, 2))
    flip = np.where(how.mirror & (rng.random((count, 1)) < 0.5), -1.0, 1.0)
    own = np.eye(3)[None] * (1 + rng.uniform(-how.tint, how.tint, (count, 1, 3)))
    grey = rng.random((count, 1, 1)) < how.grey
    own = np.where(grey, _GREY[:, None] * np.ones(3), own)
    wanted = np.array(RGB)[rng.integers(len(RGB), size=count)] if how.colours == "scene" else rng.uniform(0, 255, (count, 3))
    wanted = wanted[:, None] / 255  # (B, 1, 3)
    one = np.concatenate([wanted, -TO_BLACK * wanted, TO_WHITE * (1 - wanted)], 1)
    all_one = rng.random((count, 1, 1)) < how.recolour
    colour = np.where(all_one, np.concatenate([0 * own, one], 1), np.concatenate([own, 0 * one], 1))
    share = {"white": 1.0, "plain": 1.0, "scene": 0.0, "both": rng.random((count, 1)) < 0.5}[how.ground]
    plain = np.full((count, 3), 255.0) if how.ground == "white" else rng.uniform(0, 255, (count, 3))
    return {
        "row": np.asarray(rows, np.int32),
        "vertical": np.concatenate([scale, offset[:, :1]], 1).astype(np.float32),
        "horizontal": np.concatenate([scale * flip, offset[:, 1:]], 1).astype(np.float32),
        "colour": colour.astype(np.float32),
        "ground": rng.integers(len(grounds.BACKGROUNDS), size=count).astype(np.int32),
        "plain": np.concatenate([plain, share * np.ones((count, 1))], 1).astype(np.float32),
    }


def _resize(scale_and_shift: jax.Array) -> jax.Array:
    """Weights float32[B, 32, 32], from old pixels (columns) to new ones (rows): triangles as wide as a pixel, old or new.

    A picture that shrinks is averaged, one that grows is interpolated. What falls outside is left out.
    """
    scale, shift = scale_and_shift[:, :1, None], scale_and_shift[:, 1:, None]
    place = jnp.arange(-SIDE, 2 * SIDE) - (SIDE - 1) / 2  # beyond the picture too, where there is nothing
    distance = (place[None, SIDE:-SIDE, None] - shift) / scale - place[None, None]  # in old pixels
    weights = jnp.maximum(0.0, 1.0 - jnp.abs(distance) / jnp.maximum(1.0, 1.0 / jnp.abs(scale)))
    return (weights / jnp.maximum(weights.sum(-1, keepdims=True), 1e-6))[:, :, SIDE:-SIDE]


def draw(atlas: dict[str, jax.Array], numbers: dict[str, jax.Array]) -> jax.Array:
    """Pictures float32[B, 32, 32, 3] in 0..1, of :func:`numbers` and an :func:`atlas`. Pure, so a loss may call it."""
    old = atlas["layers"][numbers["row"]].astype(jnp.float32) / 255  # (B, 32, 32 · 6)
    x = _resize(numbers["vertical"]) @ old
    x = x.reshape(-1, SIDE, SIDE, 6).swapaxes(1, 2).reshape(-1, SIDE, SIDE * 6)
    x = (_resize(numbers["horizontal"]) @ x).reshape(-1, SIDE, SIDE, 6).swapaxes(1, 2)
    plain = numbers["plain"][:, None, None]
    ground = atlas["grounds"][numbers["ground"]].reshape(-1, SIDE, SIDE, 3).astype(jnp.float32)
    ground = (ground + plain[..., 3:] * (plain[..., :3] - ground)) / 255
    coloured = jnp.einsum("bpqc,bck->bpqk", x, numbers["colour"])
    return jnp.clip(coloured + (1 - x[..., 3:4]) * ground, 0.0, 1.0)


@jax.jit
def _draw_uint8(atlas, numbers):
    return jnp.round(255 * draw(atlas, numbers)).astype(jnp.uint8)


def pictures(style: str, rows: np.ndarray, how: Variation, seed: int = 0, size: int = 256) -> np.ndarray:
    """Varied pictures of some concepts of one style: uint8[n, 32, 32, 3]. The same seed gives the same pictures."""
    the, n = atlas((style,)), len(rows)
    drawn = numbers(np.random.default_rng(seed), np.asarray(rows), how)
    out = []
    for start in range(0, n, size):
        part = np.minimum(np.arange(start, start + size), n - 1)  # one compiled program
        out.append(np.asarray(_draw_uint8(the, {name: array[part] for name, array in drawn.items()}))[: n - start])
    return np.concatenate(out)
