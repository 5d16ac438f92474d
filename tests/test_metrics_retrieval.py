"""Recall at k: definitions by hand, ties, and chance."""

import numpy as np
import pytest

from course_utils.metrics import retrieval as R

Q, G = 7, 11


def scores(seed=0, queries=Q, gallery=G):
    return np.random.default_rng(seed).normal(size=(queries, gallery))


def test_ranks_are_places_in_the_sorted_row():
    s, target = scores(), np.random.default_rng(1).integers(G, size=Q)
    for query in range(Q):
        order = np.argsort(-s[query]).tolist()
        assert R.ranks(s, target)[query] == order.index(target[query])


def test_recall_grows_with_k_up_to_all():
    s, target = scores(2), np.arange(Q) + 3
    found = R.recall_at(s, target, range(1, G + 1))
    assert (np.diff(found) >= 0).all() and found[-1] == 1
    hits = np.mean([target[q] in np.argsort(-s[q])[:5] for q in range(Q)])
    assert R.recall_at(s, target, [5]) == [hits] and R.recall_at(s, target).shape == (3,)
    np.testing.assert_array_equal(R.recall_at(np.exp(s), target), R.recall_at(s, target))  # any rising function


def test_who_scores_everything_alike_has_found_nothing():
    s = np.zeros((Q, G))
    np.testing.assert_array_equal(R.ranks(s, np.arange(Q)), G - 1)
    assert R.recall_at(s, np.arange(Q), [1, G - 1, G]).tolist() == [0, 0, 1]


def test_chance_is_what_a_random_order_gets():
    rng = np.random.default_rng(0)
    found = R.recall_at(rng.normal(size=(20_000, G)), rng.integers(G, size=20_000), (1, 5, 13))
    np.testing.assert_allclose(found, R.chance(G, (1, 5, 13)), atol=0.015)
    assert R.chance(800)[0] == 1 / 800


def test_what_cannot_be_ranked_is_refused():
    with pytest.raises(ValueError, match=r"expected \(Q, G\) and \(Q,\)"):
        R.ranks(scores(), np.arange(Q - 1))
    with pytest.raises(ValueError, match="items 0 to 10"):
        R.ranks(scores(), np.arange(Q) + 5)
    s = scores()
    s[3, 4] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        R.ranks(s, np.arange(Q))
    with pytest.raises(ValueError, match="at least|needs 1"):
        R.chance(0)


@pytest.mark.parametrize("k", [0, G + 1])
def test_no_more_are_found_than_there_are(k):
    """What is found: exercise 03.5."""
    with pytest.raises(ValueError, match="choose 1 to 11"):
        R.top_k(scores(0, G, 5), scores(1, Q, 5), k)
