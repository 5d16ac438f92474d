"""Contrastive losses against their definitions, pair by pair, and what they must not depend on."""

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


def test_info_nce_is_the_mean_of_two_searches():
    image, text = pairs()
    total = 0.0
    for i in range(B):
        for mine, others in ((image[i], text), (text[i], image)):
            scores = [3.0 * cosine(mine, other) for other in others]
            total += math.log(sum(map(math.exp, scores))) - scores[i]
    assert float(losses.info_nce(image, text, math.log(3.0))) == pytest.approx(total / 2 / B, rel=1e-5)


def test_siglip_asks_every_pair_and_divides_by_their_number_on_the_diagonal():
    image, text = pairs(1)
    total = 0.0
    for i in range(B):
        for j in range(B):
            logit = 3.0 * cosine(image[i], text[j]) - 2.0
            total += math.log(1 + math.exp(-logit if i == j else logit))
    assert float(losses.siglip(image, text, math.log(3.0), -2.0)) == pytest.approx(total / B, rel=1e-5)


def test_only_directions_count_and_the_order_of_the_batch_does_not():
    image, text = pairs(2)
    for loss in (losses.info_nce, lambda *a: losses.siglip(*a, -1.0)):
        value = float(loss(image, text, 1.3))
        assert float(loss(9 * image, 0.1 * text, 1.3)) == pytest.approx(value, rel=1e-5)
        order = np.random.default_rng(0).permutation(B)
        assert float(loss(image[order], text[order], 1.3)) == pytest.approx(value, rel=1e-5)
        assert abs(float(loss(image, text[order], 1.3)) - value) > 1e-2
        assert float(loss(text, image, 1.3)) == pytest.approx(value, rel=1e-5)


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
