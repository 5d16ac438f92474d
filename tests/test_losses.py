"""Contrastive losses where their values are known, and their slopes; that they are what they say: exercises 03.1 and 03.6."""

import math

import jax
import numpy as np
import pytest

from course_utils import losses

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
    assert float(losses.clipped(2.0)) == 2.0 and math.exp(losses.clipped(50.0)) == pytest.approx(100, rel=1e-5)
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
