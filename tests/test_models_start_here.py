"""Notebook 00's tower: shapes, one description for all patches, a loss that starts at guessing."""

import jax
import numpy as np
from flax import nnx

from course_utils.models.start_here import PatchTower, TowerConfig, classification_loss
from course_utils.world import augment, emoji

CONFIG = TowerConfig.tiny(classes=5)


def pictures(n=3, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 8, 8, 3), dtype=np.uint8)


def test_shapes():
    tower = PatchTower(CONFIG, rngs=nnx.Rngs(0))
    assert tower.features(pictures()).shape == (3, 6) and tower(pictures()).shape == (3, 5)


def test_rows_of_a_batch_do_not_meet():
    tower, x = PatchTower(CONFIG, rngs=nnx.Rngs(0)), pictures()
    y = x.copy()
    y[1] = 255 - y[1]
    before, after = np.asarray(tower(x)), np.asarray(tower(y))
    np.testing.assert_allclose(before[[0, 2]], after[[0, 2]], rtol=1e-6)
    assert np.abs(before[1] - after[1]).max() > 1e-3


def test_every_patch_is_described_by_the_same_layer():
    """Two patches swapped, and the mixing weights of the two places swapped with them: nothing changes."""
    tower, x = PatchTower(CONFIG, rngs=nnx.Rngs(0)), pictures()
    swapped = x.copy()
    swapped[:, :4, :4], swapped[:, 4:, 4:] = x[:, 4:, 4:], x[:, :4, :4]
    kernel = np.array(tower.mix.kernel[...]).reshape(4, 5, 7)
    expected = np.asarray(tower(x))
    tower.mix.kernel[...] = jax.numpy.asarray(kernel[[3, 1, 2, 0]].reshape(20, 7))
    np.testing.assert_allclose(np.asarray(tower(swapped)), expected, rtol=1e-5, atol=1e-6)


def test_an_untrained_tower_guesses():
    tower = PatchTower(TowerConfig(classes=6), rngs=nnx.Rngs(0))
    art = emoji.on_background(emoji.load().pictures("noto")[::7])
    loss, metrics = nnx.jit(classification_loss)(tower, {"image": art, "label": np.arange(len(art)) % 6})
    assert abs(float(loss) - np.log(6)) < 0.3 and 0 <= float(metrics["accuracy"]) < 0.4


def test_variations_keep_the_picture_in_its_frame_and_the_sheet_unchanged():
    rgba = np.array(emoji.load().pictures("twemoji")[:11])
    before = rgba.copy()
    varied = augment.vary(rgba, np.random.default_rng(0))
    assert varied.shape == (11, 32, 32, 3) and varied.dtype == np.uint8
    np.testing.assert_array_equal(rgba, before)
    again = augment.vary(rgba, np.random.default_rng(0))
    np.testing.assert_array_equal(varied, again)
    assert not np.array_equal(varied, augment.vary(rgba, np.random.default_rng(1)))


def test_no_variation_is_compositing_on_one_colour():
    rgba = np.array(emoji.load().pictures("noto")[:5])
    still = augment.vary(rgba, np.random.default_rng(0), shift=0, zoom=0.0, tint=0.0, mirror=False)
    corner = still[:, :1, :1]
    np.testing.assert_allclose(still.astype(int), emoji.on_background(rgba, corner).astype(int), atol=2)
