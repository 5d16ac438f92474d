"""Scenes as pictures, boxes and masks.

Symbols become pictures on the device: each scene is a ground onto which a few windows of an atlas are laid. On a CPU
the scenes are drawn one after the other, each with as many steps as it has objects, which is several times faster than
drawing all slots of all scenes at once; on accelerators it is the other way round.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from course_utils.world import emoji
from course_utils.world.atlas import CANVASES, atlas, canvas
from course_utils.world.scenes import JITTER, SLOTS, Scenes, check
from course_utils.world.things import COLOURS, KINDS, SIZES


def render(scenes: Scenes, side: int = 96) -> jax.Array:
    """Pictures: uint8[B, side, side, 3], spread over all devices along B. ``side`` is 64 or 96.

    Raises ValueError if the side is another, or the scenes are not possible.
    """
    count = len(scenes)
    symbols = stamps(scenes, side)
    extra = -count % len(jax.devices())
    if extra:  # fill up the last device's share
        symbols = {name: np.concatenate([array, array[-1:].repeat(extra, 0)]) for name, array in symbols.items()}
    everywhere, spread = _shardings()
    drawn = _draw_on_all_devices(tiles(side), jax.device_put(symbols, spread))
    return drawn[:count] if extra else drawn


def stamps(scenes: Scenes, side: int) -> dict[str, np.ndarray]:
    """What :func:`draw` needs to know of the scenes, on the host.

    Returns
    -------
    dict
        ``ground`` int32[B]; ``count`` int32[B], the objects and the sign of each scene; ``stamp`` int32[B, 6, 5], for
        each of them the tile and, in pixels, its window's (y, x) in the tile and its cell's (y, x) on the canvas.
    """
    check(scenes)
    place = canvas(side)
    starts = np.array(place.starts)
    tile = np.ravel_multi_index(
        (scenes.style[:, None], scenes.kind, scenes.colour, scenes.size), (len(emoji.STYLES), len(KINDS), len(COLOURS), len(SIZES))
    )
    window = _windows(scenes, side)
    stamp = np.zeros((len(scenes), SLOTS + 1, 5), np.int32)
    stamp[:, :SLOTS] = np.stack([tile, *window, starts[scenes.row], starts[scenes.column]], -1)
    count = scenes.present.sum(1)
    signed = np.flatnonzero(scenes.word >= 0)
    first_sign, margin = len(emoji.STYLES) * len(KINDS) * len(COLOURS) * len(SIZES), (place.tile - place.cell) // 2
    word, cell = scenes.word[signed].astype(int), scenes.word_cell[signed]
    stamp[signed, count[signed]] = np.stack(
        [first_sign + word, word * 0 + margin, word * 0 + margin, starts[cell // 3], starts[cell % 3]], -1
    )
    count[signed] += 1
    return {"ground": scenes.background.astype(np.int32), "count": count.astype(np.int32), "stamp": stamp}


def draw(tiles: dict[str, jax.Array], symbols: dict[str, jax.Array]) -> jax.Array:
    """Pictures of :func:`stamps`, with the :func:`tiles` of the same side: uint8[B, side, side, 3].

    Pure, so that a loss function may draw its own batch: pass the tiles as ``data`` of ``training.fit``.
    """
    if jax.default_backend() == "cpu":
        return lax.map(functools.partial(_draw_one, tiles), symbols)
    return jax.vmap(functools.partial(_draw_one, tiles))(symbols)


@functools.cache
def tiles(side: int) -> dict[str, jax.Array]:
    """The atlas on every device: ``colour``, ``clear`` and ``ground`` of :class:`atlas.Atlas`."""
    made = atlas(side)
    everywhere, _ = _shardings()
    return jax.device_put({"colour": made.colour, "clear": made.clear, "ground": made.ground}, everywhere)


def _draw_one(tiles: dict[str, jax.Array], symbols: dict[str, jax.Array]) -> jax.Array:
    """One scene: uint8[S, S, 3]."""
    side = tiles["ground"].shape[1]
    cell = CANVASES[side].cell

    def lay(slot, picture):  # (S, 3S)
        tile, window_y, window_x, y, x = symbols["stamp"][slot]
        colour, clear = (
            lax.dynamic_slice(tiles[name], (tile, window_y, 3 * window_x), (1, cell, 3 * cell))[0] for name in ("colour", "clear")
        )
        under = lax.dynamic_slice(picture, (y, 3 * x), (cell, 3 * cell))
        product = under.astype(jnp.uint16) * clear.astype(jnp.uint16) + jnp.uint16(128)
        shining_through = (product + (product >> 8)) >> 8  # product / 255, rounded, in 16 bits
        return lax.dynamic_update_slice(picture, colour + shining_through.astype(jnp.uint8), (y, 3 * x))

    picture = lax.fori_loop(0, symbols["count"], lay, tiles["ground"][symbols["ground"]])
    return picture.reshape(side, side, 3)


@functools.cache
def _shardings() -> tuple[NamedSharding, NamedSharding]:
    """A copy on every device; and spread over them along B."""
    mesh = Mesh(np.asarray(jax.devices()), ("batch",))
    return NamedSharding(mesh, PartitionSpec()), NamedSharding(mesh, PartitionSpec("batch"))


@jax.jit
def _draw_on_all_devices(tiles, symbols):
    """Each device draws its own scenes; left to itself the compiler would draw all of them on each."""
    everywhere, spread = _shardings()
    return jax.shard_map(draw, mesh=spread.mesh, in_specs=(everywhere.spec, spread.spec), out_specs=spread.spec)(tiles, symbols)


def boxes(scenes: Scenes, side: int = 96) -> np.ndarray:
    """The tight boxes of the masks: int16[B, 5, 4] as (ymin, xmin, ymax, xmax), half-open, in pixels.

    Zeros in empty slots. The sign has no box.
    """
    tight = atlas(side).tight[scenes.style[:, None], scenes.kind, scenes.size]  # (B, M, 4), in the tile
    starts = np.array(canvas(side).starts)
    corner = np.stack([starts[scenes.row], starts[scenes.column]], -1) - np.stack(_windows(scenes, side), -1)
    return np.where(scenes.present[..., None], tight + np.tile(corner, 2), 0).astype(np.int16)


def masks(scenes: Scenes, side: int = 96) -> np.ndarray:
    """Where each object covers more than half of a pixel: bool[B, 5, side, side]; nothing in empty slots."""
    place, (rows, slots) = canvas(side), np.nonzero(scenes.present)
    windows = np.lib.stride_tricks.sliding_window_view(atlas(side).mask, (place.cell, place.cell), (-2, -1))
    y, x = (window[rows, slots] for window in _windows(scenes, side))
    shapes = windows[scenes.style[rows], scenes.kind[rows, slots], scenes.size[rows, slots], y, x]  # (n, C, C)
    out = np.zeros((len(scenes), SLOTS, side, side), bool)
    cells = scenes.cell[rows, slots]
    for cell in np.unique(cells):
        (y, x), here = (place.starts[k] for k in divmod(cell, 3)), cells == cell
        out[rows[here], slots[here], y : y + place.cell, x : x + place.cell] = shapes[here]
    return out


def _windows(scenes: Scenes, side: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each object's window starts in its tile: two of int[B, 5], y and x."""
    place = canvas(side)
    room = place.cell - np.array(place.extent)[scenes.size]  # px that the object can move in its cell
    # whole numbers only, so that every machine rounds alike
    return tuple(room - ((d.astype(int) + JITTER) * room + JITTER) // (2 * JITTER) for d in (scenes.dy, scenes.dx))
