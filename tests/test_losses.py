"""Contrastive losses where their values are known, and their slopes; that they are what they say: exercises 03.1 and 03.6."""

import math

import jax
import numpy as np
import pytest
from flax import nnx

from course_utils import losses, training

B, D = 5, 7


def pairs(seed=0, batch=B):
    rng = np.random.default_rng(seed)
    return [(rng.normal(size=(batch, D)) * rng.uniform(0.2, 5, (batch, 1))).astype(np.float32) for _ in range(2)]


def cosine(a, b):
    return float(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


def test_towers_that_know_nothing_lose_the_logarithm_of_the_batch():
    same = np.ones((B, D), np.float32)
    assert float(losses.info_nce(same, same, 2.0)) == pytest.approx(math.log(B), rel=1e-5)
    perfect = np.eye(D, dtype=np.float32)[:B]
    assert float(losses.info_nce(perfect, perfect, math.log(100.0))) < 1e-6


def test_the_scale_is_learnt_up_to_100():
    assert math.exp(losses.learned_scale(2.0).at_most) == pytest.approx(100, rel=1e-5)
    image, text = pairs(3)
    assert abs(float(jax.grad(losses.info_nce, argnums=2)(image, text, 2.0))) > 1e-3
    table = losses.similarity(image, text[:3], 1.5)
    assert table.shape == (B, 3) and np.abs(table).max() <= math.exp(1.5)
    assert float(table[4, 2]) == pytest.approx(math.exp(1.5) * cosine(image[4], text[2]), rel=1e-5)


def test_slopes_reach_both_towers_and_zeros_make_no_nan():
    image, text = pairs(4)
    for loss in (losses.info_nce, lambda *a: losses.siglip(*a, -1.0)):
        for slope in jax.grad(loss, argnums=(0, 1))(image, text, 1.0):
            assert (np.abs(slope).max(1) > 1e-6).all()
        image[0] = 0
        assert all(np.isfinite(slope).all() for slope in jax.grad(loss, argnums=(0, 1))(image, text, 1.0))
    np.testing.assert_allclose(np.linalg.norm(losses.unit(text), axis=1), 1, rtol=1e-5)


class Pair(nnx.Module):
    def __init__(self, start):
        self.log_scale = losses.learned_scale(start)
        self.kernel = nnx.Param(np.eye(D, dtype=np.float32))


def contrast(model, batch):
    return losses.info_nce(batch["x"] @ model.kernel[...], batch["y"], model.log_scale[...]), {"log scale": model.log_scale[...]}


def test_training_clips_the_scale_after_each_step_so_that_it_can_come_down_again():
    def noise(rng):
        return {"x": rng.normal(size=(B, D)).astype(np.float32), "y": rng.normal(size=(B, D)).astype(np.float32)}

    def same(rng):  # right pairs are nearest already: a larger scale lowers the loss
        x = rng.normal(size=(B, D)).astype(np.float32)
        return {"x": x, "y": x}

    scales = []
    for start, sample in ((4.5, same), (math.log(100.0), noise)):
        model = Pair(start)
        settings = {"steps": 60, "learning_rate": np.full(60, 0.01), "optimizer": training.adamw(0.0), "progress": False}
        history = training.fit(model, contrast, sample, **settings)
        scales.append(history.metrics["log scale"])
        np.testing.assert_allclose(np.exp(scales[-1].max()), 100, rtol=1e-5)
    assert scales[0][-1] == scales[0][-5] > 4.6, "the limit was not reached"
    assert scales[1][-1] < 4.3, "it stays at the limit"
