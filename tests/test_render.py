"""Pictures, boxes and masks show the same scene, quickly and everywhere alike."""

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

from course_utils.world import atlas as A, emoji, recolour, render as R, scenes as S
from course_utils.world.things import COLOURS, KINDS, RGB, SIZES, WORDS

SIDES = (64, 96)
FIXTURE = Path(__file__).parent / "fixtures" / "scenes"


def draw(n, seed=0, **kwargs):
    return S.sample(np.random.default_rng(seed), n, **{"styles": emoji.STYLES, "split": "all", **kwargs})


def slowly(scenes, side):
    """The pictures again, in floating point: each sprite is cut out and pasted where its jitter moves it."""
    made, place = A.atlas(side), A.canvas(side)
    out = made.ground[scenes.background].reshape(-1, side, side, 3).astype(float)
    colour, clear = (a.reshape(len(a), place.tile, place.tile, 3) for a in (made.colour, made.clear))

    def paste(i, tile, corner, extent, y, x):
        cut = tile, slice(corner, corner + extent), slice(corner, corner + extent)
        under = out[i, y : y + extent, x : x + extent]
        under[:] = colour[cut] + clear[cut] / 255 * under

    for i in range(len(scenes)):
        for m in np.flatnonzero(scenes.present[i]):
            style, kind, c, size, cell, dy, dx = (
                int(array)
                for array in (
                    scenes.style[i],
                    scenes.kind[i, m],
                    scenes.colour[i, m],
                    scenes.size[i, m],
                    scenes.cell[i, m],
                    scenes.dy[i, m],
                    scenes.dx[i, m],
                )
            )
            extent = place.extent[size]
            y, x = (place.starts[k] + int((d + 4) / 8 * (place.cell - extent) + 0.5) for k, d in zip(divmod(cell, 3), (dy, dx)))
            tile = ((style * len(KINDS) + kind) * len(COLOURS) + c) * len(SIZES) + size
            paste(i, tile, place.cell - extent, extent, y, x)
        if scenes.word[i] >= 0:
            y, x = (place.starts[k] for k in divmod(int(scenes.word_cell[i]), 3))
            paste(i, len(colour) - len(WORDS) + int(scenes.word[i]), (place.tile - place.cell) // 2, place.cell, y, x)
    return out


@pytest.mark.parametrize("side", SIDES)
def test_the_device_draws_what_a_slow_hand_draws(side):
    scenes = draw(211, sign=0.5)
    pictures = R.render(scenes, side)
    assert isinstance(pictures, jax.Array) and pictures.dtype == np.uint8 and pictures.shape == (211, side, side, 3)
    assert np.abs(np.asarray(pictures) - slowly(scenes, side)).max() <= 1
    at_once = jax.jit(jax.vmap(R._draw_one, (None, 0)))(R.tiles(side), R.stamps(scenes, side))  # as on accelerators
    np.testing.assert_array_equal(at_once, pictures)


@pytest.mark.parametrize("side", SIDES)
def test_boxes_are_tight_on_masks_and_masks_never_meet(side):
    place = A.canvas(side)
    for seed in range(6):  # 6 × 1,801 scenes, a share of them at a time: masks are large
        scenes = draw(1801, seed, sign=0.3)
        masks, boxes = R.masks(scenes, side), R.boxes(scenes, side)
        assert masks.dtype == bool and boxes.dtype == np.int16 and boxes.shape == (1801, 5, 4)
        assert masks.sum(1, dtype=np.uint8).max() == 1
        there = scenes.present
        assert masks.any((2, 3))[there].all() and not masks[~there].any() and not boxes[~there].any()
        np.testing.assert_array_equal(A._tight(masks[there]), boxes[there])
        ymin, xmin, ymax, xmax = boxes[there].T
        starts = np.array(place.starts)
        top, left = starts[scenes.row[there]], starts[scenes.column[there]]
        assert (ymin >= top).all() and (ymax <= top + place.cell).all()
        assert (xmin >= left).all() and (xmax <= left + place.cell).all()
        longest = np.maximum(ymax - ymin, xmax - xmin)
        for size, extent in enumerate(place.extent):  # a thin string is drawn but covers no pixel by half
            short = extent - longest[scenes.size[there] == size]
            assert short.min() >= 0 and short.max() <= 8 and short.mean() < 0.2


@pytest.mark.parametrize("side", SIDES)
def test_only_masked_pixels_and_soft_edges_differ_from_the_ground(side):
    scenes = draw(997, split="train")
    empty = np.asarray(R.render(scenes.replace(cell=np.full_like(scenes.cell, -1)), side)).astype(int)
    moved = np.abs(np.asarray(R.render(scenes, side)) - empty).max(-1)
    masks = R.masks(scenes, side).any(1)
    near = masks.copy()
    for axis in (1, 2):
        near |= np.roll(near, 1, axis) | np.roll(near, -1, axis)
    assert moved[~near].max() < 130 and (moved[~near] > 0).mean() < 0.01
    assert (moved[masks] > 30).mean() > 0.99


@pytest.mark.parametrize("side", SIDES)
def test_every_object_stands_out_from_every_ground(side):
    """In every style, colour and size on every ground: most of each mask differs clearly from what is beneath."""
    place, made = A.canvas(side), A.atlas(side)
    shape = (len(emoji.STYLES), len(KINDS), len(COLOURS), len(SIZES), place.tile, place.tile, 3)
    sprites = slice(0, np.prod(shape[:4]))
    colour, clear = (a[sprites].reshape(shape).astype(np.float32) for a in (made.colour, made.clear))
    mask = np.broadcast_to(made.mask[:, :, None], shape[:-1])
    for ground in S.BACKGROUNDS.astype(np.float32):
        seen = np.sqrt(((colour + clear / 255 * ground - ground) ** 2).sum(-1))
        clearly = ((seen > 40) & mask).sum((-1, -2)) / mask.sum((-1, -2))
        assert clearly.min() > 0.55 and clearly.mean() > 0.99, np.unravel_index(clearly.argmin(), clearly.shape)


def test_colours_show_in_every_kind_and_style():
    """Each sprite's mean colour is nearer to its own than to any other of the six."""
    made, tile = A.atlas(96), A.canvas(96).tile
    sprites = len(emoji.STYLES) * len(KINDS) * len(COLOURS) * len(SIZES)
    shape = (-1, len(COLOURS), len(SIZES), tile * tile, 3)
    total = made.colour[:sprites].reshape(shape).sum(-2, dtype=float)
    cover = (255 - made.clear[:sprites].reshape(shape)).sum(-2, dtype=float) / 255
    mean = total / cover  # (styles · kinds, colours, sizes, 3)
    chroma = [a - a.mean(-1, keepdims=True) for a in (mean, np.array(RGB, float))]
    distance = np.linalg.norm(chroma[0][..., None, :] - chroma[1], axis=-1)
    right = distance.argmin(-1) == np.arange(len(COLOURS))[:, None]
    assert right.mean() > 0.97 and right.mean((0, 2)).min() > 0.9


def test_recolouring_and_shrinking_commute():
    art, purple = emoji.load().sprites("twemoji")[3], (140, 60, 190)
    large, ink = recolour.apply_colour(recolour.ink(art), purple), recolour.ink(art)
    shrunk = A._shrink(large, 0.3)
    np.testing.assert_allclose(shrunk, recolour.apply_colour(A._shrink(ink, 0.3), purple), atol=1e-9)
    assert shrunk.shape == (19, 19, 4) and abs(shrunk.mean() / large.mean() - 1) < 1e-9
    shown = recolour.recolour(art, purple)
    assert shown.dtype == np.uint8 and (shown[..., 3] == art[..., 3]).all()
    assert not recolour.ink(np.zeros((5, 7, 4), np.uint8)).any()


@pytest.mark.parametrize("side", SIDES)
def test_pictures_are_the_same_on_every_release(side):
    """Within a grey level of the recorded ones, whatever JAX, NumPy and the font library are."""
    scenes = S.sample(S.generator("test", 2), 12, styles=emoji.STYLES, split="all", sign=0.5)
    recorded = np.asarray(Image.open(FIXTURE / f"scenes-{side}.png").convert("RGB")).reshape(12, side, side, 3)
    assert np.abs(np.asarray(R.render(scenes, side)).astype(int) - recorded).max() <= 1


def test_scenes_are_sharded_over_eight_devices():
    """In a process of its own: the number of devices is fixed when JAX starts."""
    program = """
import json, jax, numpy as np
from course_utils.world import render, scenes
out = []
for n in (16, 13, 3):
    drawn = scenes.sample(np.random.default_rng(0), n, sign=0.5)
    pictures = render.render(drawn, 64)
    out.append([pictures.shape[0], len(pictures.sharding.device_set), int(np.asarray(pictures).astype(int).sum())])
full = render.render(scenes.sample(np.random.default_rng(0), 16), 64)
print(json.dumps({"devices": jax.device_count(), "out": out, "share": full.addressable_shards[3].data.shape[0]}))
"""
    env = os.environ | {"XLA_FLAGS": "--xla_force_host_platform_device_count=8"}
    run = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    report = json.loads(run.stdout.strip().splitlines()[-1])
    assert report["devices"] == 8 and report["share"] == 2
    for n, (rows, devices, total) in zip((16, 13, 3), report["out"], strict=True):
        scenes = S.sample(np.random.default_rng(0), n, sign=0.5)
        assert rows == n and total == int(np.asarray(R.render(scenes, 64)).astype(int).sum())
        assert devices == 8 or n != 16


def test_signs_differ_and_fit():
    for side in SIDES:
        place, made = A.canvas(side), A.atlas(side)
        signs = made.colour[-len(WORDS) :].reshape(len(WORDS), -1)
        assert len(np.unique(signs, axis=0)) == len(WORDS)
        margin = (place.tile - place.cell) // 2
        cover = 255 - made.clear[-len(WORDS) :].reshape(len(WORDS), place.tile, place.tile, 3)[..., 0]
        inside = cover[:, margin : margin + place.cell, margin : margin + place.cell]
        assert inside.sum() == cover.sum() > 0


def test_errors_and_edges():
    scenes = draw(3)
    for make in (R.render, R.boxes, R.masks):
        with pytest.raises(ValueError, match="64 or 96, not 32"):
            make(scenes, 32)
    with pytest.raises(ValueError, match="Scene 0 .*background"):
        R.render(scenes.replace(background=np.array([10, 0, 0], np.int8)))
    none = scenes[:0]
    assert R.render(none).shape == (0, 96, 96, 3) and R.boxes(none).shape == (0, 5, 4)
    assert not R.boxes(S.compose([])).any() and not R.masks(S.compose([])).any()
    with pytest.raises(ValueError):
        A.atlas(64).mask[:] = True
