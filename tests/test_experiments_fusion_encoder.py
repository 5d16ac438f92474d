"""Notebook 04's experiments at a small size: what they show, how they score, and that each returns what it says."""

import collections

import numpy as np
import pytest
from flax import nnx
from shared import fit_nothing

from course_utils.arms import Arm
from course_utils.experiments import fusion_encoder as experiment
from course_utils.experiments.fusion_encoder import arms, binding, colleague, dataset, objectives, retrieval, trainer
from course_utils.models import fusion_encoder as fe
from course_utils.models.fusion_encoder import dual, words
from course_utils.text import PAD
from course_utils.world import captions
from course_utils.world import scenes as S
from course_utils.world.things import PLACES

pytestmark = pytest.mark.newest  # On Colab's releases the released notebooks run these experiments.

PAIRS = 24


@pytest.fixture(scope="module")
def data():
    return dataset.draw(70, 1)


@pytest.fixture(scope="module")
def test_pairs():
    return binding.pairs(PAIRS)


def test_a_caption_says_what_stands_in_its_picture(data):
    S.check(data.scenes)
    assert data.features.shape == (70, 9, 64) and data.tokens.shape == (70, words.LONGEST)
    for i, text in enumerate(data.texts[:20]):
        assert captions.parse(text) == captions.tuples(data.scenes[[i]])[0]
    assert not S.HELD_OUT[data.scenes.kind[:, :2], data.scenes.colour[:, :2]].any()


def test_content_is_equal_exactly_where_captions_say_the_same():
    data = dataset.with_captions(dataset.draw_scenes(np.random.default_rng(0), 300, (1, 2)), np.random.default_rng(1))
    told = [frozenset(graph.items()) for graph in captions.tuples(data.scenes)]
    groups = collections.defaultdict(set)
    for content, graph in zip(data.content.tolist(), told):
        groups[content].add(graph)
    assert all(len(graphs) == 1 for graphs in groups.values()) and len(groups) == len(set(told))


def test_twins_differ_in_nothing_but_who_has_which_colour(test_pairs):
    a, b = test_pairs.a, test_pairs.b
    for name in ("kind", "cell", "size", "dx", "dy"):
        np.testing.assert_array_equal(getattr(a.scenes, name), getattr(b.scenes, name))
    np.testing.assert_array_equal(a.scenes.colour[:, :2], b.scenes.colour[:, 1::-1])
    assert (a.content != b.content).all()
    for own, other in zip(a.texts, b.texts):
        assert own != other and sorted(own.split()) == sorted(other.split())
    for side in (a, b):
        for i, text in enumerate(side.texts):
            assert captions.parse(text) == captions.tuples(side.scenes[[i]])[0]


def test_the_binding_scores_by_hand():
    right = np.array([[[2, 1], [0, 3]], [[0, 5], [1, 0]], [[1, 1], [1, 1]]], float)  # all right, all wrong, all equal
    found = binding.accuracies(right)
    assert found["caption"] == pytest.approx(0.5) and found["picture"] == pytest.approx(0.5) and found["both"] == pytest.approx(1 / 3)


def test_a_bag_of_words_cannot_bind_and_controls_take_away_what_they_say(test_pairs):
    bag = dual.DualEncoder(dual.DualConfig(depth=0), rngs=nnx.Rngs(0))
    table = binding.table(bag, test_pairs)
    assert table.shape == (PAIRS, 2, 2)
    np.testing.assert_allclose(table[:, :, 0], table[:, :, 1], rtol=1e-4)
    model = trainer.untrained()
    for hide in ("colours", "order"):
        scores = binding.table(model, test_pairs, hide=hide)
        np.testing.assert_array_equal(scores[:, :, 0], scores[:, :, 1])
        assert binding.accuracies(scores)["caption"] == 0.5
    own, other = binding.table(model, test_pairs), binding.table(model, test_pairs, hide="picture")
    np.testing.assert_allclose(np.roll(test_pairs.a.features, 1, 0)[1], test_pairs.a.features[0])
    assert np.abs(own - other).max() > 1e-5
    with pytest.raises(ValueError, match="picture, colours, order"):
        binding.table(model, test_pairs, hide="everything")


def test_hard_negatives_grow_harder_and_random_ones_do_not(data):
    draw = trainer.sampler(data, 10)
    hardness = [float(draw(np.random.default_rng(0))["hardness"]) for _ in range(10)]
    np.testing.assert_allclose(hardness, trainer.NEGATIVES["hard"] * np.minimum(np.arange(1, 11) / 5, 1), rtol=1e-6)
    easy = trainer.sampler(data, 10, "random")
    assert not any(easy(np.random.default_rng(0))["hardness"] for _ in range(10))
    assert trainer.gumbel(np.random.default_rng(0), 20_000).mean() == pytest.approx(0.5772, abs=0.02)


def test_words_and_regions_start_where_the_dual_encoder_put_them():
    teacher, model = dual.DualEncoder(dual.DualConfig(depth=0), rngs=nnx.Rngs(3)), trainer.untrained()
    trainer.align_tables(model, teacher)
    np.testing.assert_allclose(model.stream.tables.words[...], trainer.ALIGNED_SIZE * teacher.words.embedding[...])
    with pytest.raises(ValueError, match="random; hard, as they come; hard"):
        trainer.train_fusion(dataset.draw(70, 1), teacher, "middling")


def test_a_gallery_of_twins_and_its_truth():
    of = retrieval.gallery("alike", 12)
    truth = retrieval.truth(of)
    assert len(of) == 12 and truth.diagonal().all()
    np.testing.assert_array_equal(truth, truth.T)
    with pytest.raises(ValueError, match="alike, ordinary"):
        retrieval.gallery("odd")


def test_searching_with_a_whole_shortlist_is_fusion_alone():
    of = retrieval.gallery("alike", 12)
    teacher, model = dual.DualEncoder(dual.DualConfig(depth=0), rngs=nnx.Rngs(0)), trainer.untrained()
    apart, together = retrieval.dual_table(teacher, of), retrieval.fusion_table(model, of)
    assert apart.shape == together.shape == (12, 12)
    one = binding.logits(model, of.tokens[[3]], of.features[[7]])[0]
    np.testing.assert_allclose(together[3, 7], one, rtol=1e-4)
    np.testing.assert_allclose(apart[3, 7], np.asarray(teacher(of.tokens[[3]], of.features[[7]])[0])[0], rtol=1e-3)
    whole = retrieval.rerank_shortlist(apart, model, of, 12)
    scores = np.take_along_axis(together, whole, 1)
    assert (np.diff(scores, axis=1) <= 1e-5).all()
    found = retrieval.compare(teacher, model, of, 3)
    assert [way["passes"] for way in found.values()] == [24, 24 + 36, 144]


def test_a_named_thing_stands_in_its_cell(data):
    row, place, cell = objectives.named_things(data)
    assert len(row) == 2 * len(data)
    for r, p, c in list(zip(row, place, cell))[:20]:
        thing = next(t for t in S.describe(data.scenes, int(r)) if t["kind"] == words.VOCAB[data.tokens[r, p]])
        assert PLACES.index(thing["place"]) == c


def test_objectives_are_shares_and_unknown_arms_are_refused(data):
    found = objectives.run(trainer.untrained(boxes=True), data)
    assert all(0 <= share <= 1 for share in found.values()) and len(found) == 8
    with pytest.raises(ValueError, match="without alignment"):
        objectives.train(data, dual.DualEncoder(dual.DualConfig(depth=0), rngs=nnx.Rngs(0)), "three of four")


def test_the_colleagues_negatives_are_one_exchange_of_neighbours(data):
    wrong = colleague.their_negatives(np.random.default_rng(0), data.tokens)
    for own, other in zip(data.tokens, wrong):
        places = np.flatnonzero(own != other)
        assert len(places) == 2 and places[1] == places[0] + 1 and own[0] == other[0] == words.VOCAB.index("<cls>")
        np.testing.assert_array_equal(own[places], other[places[::-1]])
        assert own[places].min() > PAD


def test_every_arm_of_the_recording_is_measured_once_with_batches_that_fit(monkeypatch):
    monkeypatch.setenv("COURSE_FAST", "1")
    trained = fit_nothing(monkeypatch)
    rows = experiment.run(0) + experiment.baselines() + experiment.PARTS["probe"].run(0)
    keys = [(row["arm"], row["measure"]) for row in rows]
    assert len(set(keys)) == len(keys) and all(type(row["value"]) is float for row in rows)
    assert len(trained) == 12
    assert {arms.DUAL, arms.HARD, *arms.CONTROLS.values(), arms.TWO_HARD, arms.TWO_RANDOM} <= {arm for arm, _ in keys}
    assert dict(zip(keys, (row["value"] for row in rows)))[Arm(stream="two"), "parameters"] > 100_000


def test_the_streams_share_their_blocks():
    assert type(fe.SingleStream(fe.StreamConfig.tiny(), rngs=nnx.Rngs(0)).blocks[0]) is type(
        fe.TwoStream(fe.StreamConfig.tiny(), rngs=nnx.Rngs(0)).read[0]
    )
