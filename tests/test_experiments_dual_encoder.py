"""Notebook 03's experiments at a small size: what is drawn, what is measured, and that each returns what it says."""

import numpy as np
import pytest
from shared import fit_nothing

from course_utils.experiments import dual_encoder as experiment
from course_utils.experiments.dual_encoder import (
    binding,
    cache,
    colleague,
    dataset,
    linear_towers,
    measures,
    naming,
    pixels,
    pretrained,
    trainer,
)
from course_utils.metrics import retrieval
from course_utils.models import dual_encoder as dual
from course_utils.text import PAD
from course_utils.world import captions, emoji, scenes

pytestmark = pytest.mark.newest  # On Colab's releases the released notebooks run these experiments.


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.delenv("COURSE_FAST", raising=False)
    fit_nothing(monkeypatch)
    monkeypatch.setattr(trainer, "BATCH", 13)
    for name, value in (("SCENES", 210), ("TEST", 34), ("BATCH", 11)):
        monkeypatch.setattr(binding, name, value)
    binding._vocabulary.cache_clear()
    yield
    binding._vocabulary.cache_clear()


@pytest.fixture(scope="module")
def model():
    return pretrained.untrained()


# --- pairs of emoji and words


def test_a_batch_holds_different_concepts_that_are_trained_on():
    sample = dataset.sampler(("noto", "fluent"), dual.pictures.ALL, 200)
    batch, count = sample(np.random.default_rng(0)), len(emoji.load())
    concept = batch["row"] % count
    assert len(set(concept)) == 200 and emoji.load().train_concepts[concept].all()
    assert set(batch["row"] // count) == {0, 1}
    for row, tokens in zip(concept, batch["tokens"]):
        assert (dataset.all_texts()[row] == tokens).all(1).any()
    again = sample(np.random.default_rng(0))
    assert all((again[name] == batch[name]).all() for name in batch)


def test_every_way_to_say_a_concept_is_made_of_its_own_words():
    template = {word for t in dual.words.TEMPLATES for word in dual.words.vocabulary().split(t.format(""))}
    words = dual.words.vocabulary()
    for concept in (0, 100, 500):
        own = {w for phrase in dual.words.phrases(concept) for w in dual.words.vocabulary().split(phrase)} | template
        assert {words[t] for t in np.unique(dataset.all_texts()[concept]) if t > 1} <= own
    assert (dataset.all_texts()[:, :, 0] != PAD).all()


def test_a_left_out_style_is_left_out_and_test_pictures_are_the_same_for_all():
    assert dataset.other_styles("twemoji") == ("noto", "fluent") and len(dataset.other_styles("noto-v1")) == 3
    rows = dataset.concepts()[:5]
    assert dataset.test_pictures("fluent", rows) is dataset.test_pictures("fluent", rows)
    assert len(dataset.concepts()) == 807 and len(dataset.concepts(new=True)) == 89
    assert len(dataset.available("fxemoji", dataset.concepts())) < 533
    with pytest.raises(ValueError, match="no variation 'more'. Choose from: augmented, as drawn"):
        trainer.train(("noto",), "more")


def test_recalls_are_told_both_ways_and_of_new_concepts(model):
    table = np.random.default_rng(0).normal(size=(31, 31))
    found = measures.recalls(table)
    assert found["text R@5"] == retrieval.recall_at(table, np.arange(31), [5])[0]
    assert found["picture R@10"] == retrieval.recall_at(table.T, np.arange(31), [10])[0]
    told = measures.retrieval_measures(model, "fxemoji")
    assert set(told) == {f"{way} R@{k}" for way in ("text", "picture", "new, text", "new among all, text") for k in (1, 5, 10)}
    assert told["new among all, text R@10"] <= told["new, text R@10"]
    assert max(told["text R@1"], told["picture R@1"]) < 0.03, "nothing was learnt"


# --- baselines


def test_nearest_pixels_find_what_hardly_changed(monkeypatch):
    rows = dataset.concepts()[:17]
    monkeypatch.setattr(dataset, "concepts", lambda new=False: rows)
    monkeypatch.setattr(dataset, "other_styles", lambda left_out: (left_out,))
    monkeypatch.setattr(dataset, "test_pictures", lambda style, rows: dual.pictures.pictures(style, rows, dual.pictures.NONE))
    for way in ("colours, gallery on white", "shapes, gallery on white"):
        table = pixels.nearness(way, "noto")
        np.testing.assert_array_equal(table.argmax(1), np.arange(17))
    told = pixels.recalls("noto")
    assert told[pixels.BEST]["text R@1"] == 1 and set(told) == {pixels.BEST, *pixels.WAYS}


# --- naming


def test_label_sets_are_what_they_say(model):
    sets, known = naming.label_sets(), emoji.load()
    keywords = sets["keywords"]
    for row, right in zip(keywords.rows[:50], keywords.right):
        assert [word for word in naming.KEYWORDS if word in known.keywords["en"][row]] == [naming.KEYWORDS[right]]
    assert naming.unknown_classes(naming.KEYWORDS) == 0 and naming.unknown_classes(naming.GERMAN) == 10
    np.testing.assert_array_equal(sets["in German"].right, keywords.right)
    assert len(sets["groups"].classes) == 8 and 0.1 < sets["groups"].commonest < 0.4
    assert naming.prompts(model, ("animal", "food", "face"), ("{}", "this is {}")).shape == (3, 2, 96)


def test_where_all_labels_score_alike_naming_is_a_guess(model):
    labels = naming.label_sets()["in German"]
    assert naming.accuracy(model, labels, "noto", retrieval.zero_shot) == pytest.approx(0.1)

    def knows(image, prompts):
        rows = dataset.available("noto", labels.rows)
        return np.eye(10)[labels.right[np.isin(labels.rows, rows)]]

    assert naming.accuracy(model, labels, "noto", knows) == 1


# --- binding


def test_a_wrong_caption_is_wrong_in_one_thing_only():
    test = binding.pairs("test", 60)
    both = captions.LEVELS and [captions.parse(text) for text in test.own]
    for i, own in enumerate(both):
        swapped = captions.parse(test.wrong["colours swapped"][i])
        single = {key: n for key, n in own.items() if len(key) == 1}
        assert {key: n for key, n in swapped.items() if len(key) == 1} == single and swapped != own
        assert sorted(dual.words.vocabulary().split(test.own[i])) == sorted(dual.words.vocabulary().split(test.wrong["colours swapped"][i]))
        for change, place in (("another thing", 0), ("another colour", 1)):
            wrong = captions.parse(test.wrong[change][i])
            gone, come = own - wrong, wrong - own
            assert gone and come
            pairs = [k for k in come if len(k) == 2]
            assert len(pairs) == 1 and pairs[0][place] not in {k[place] for k in own if len(k) == 2}
    taught = set(zip(binding.pairs("train", 210).own, map(bytes, binding.pairs("train", 210).scenes.cell)))
    assert len(taught) > 200


def test_the_twin_of_a_scene_shows_what_the_swapped_caption_says():
    test = binding.pairs("test", 20)
    tuples, twins = captions.tuples(test.scenes), captions.tuples(test.swapped)
    for i in range(20):
        assert captions.parse(test.own[i]) == tuples[i] and captions.parse(test.wrong["colours swapped"][i]) == twins[i]
    shown = {(k, c) for s in (test.scenes, test.swapped) for k, c in zip(s.kind[:, :2].ravel().tolist(), s.colour[:, :2].ravel().tolist())}
    assert not shown & scenes.HELD_OUT_PAIRS, "no pair gives the swapped scene away by being new"


def test_a_bag_of_words_tosses_a_coin_by_construction():
    bag = binding.train("bag of words")
    told = binding.accuracies(bag)
    assert told["colours swapped"] == 0.5
    table = binding.twin_cosines(bag, binding.pairs("test", binding.TEST), 3)
    assert table.shape == (2, 2) and np.abs(table[:, 0] - table[:, 1]).max() < 1e-6
    assert binding._preferred(np.array([2.0, 1, 1, 0]), np.array([1.0, 1, 2, 1])) == 1.5 / 4
    with pytest.raises(ValueError, match="no 'bag'. Choose from: bag of words, transformer"):
        binding.train("bag")


@pytest.mark.parametrize("arm", binding.ARMS)
def test_every_arm_of_binding_fits_its_loss(arm):
    model = binding.train(**vars(arm))
    assert set(binding.accuracies(model)) == {*binding.CHANGES, "two pictures, colours swapped"}


# --- the learner's step, the cache, the colleague


def test_somebodys_step_is_taken_as_often_as_asked(monkeypatch):
    def step(params, images, words, rate):
        assert images.shape == (128, 768) and words.shape == (128, len(dual.words.vocabulary()))
        return {**params, "log_scale": params["log_scale"] + rate}, words.sum()

    params, history = linear_towers.train(step, steps=4)
    assert float(params["log_scale"]) == pytest.approx(np.log(1 / 0.07) + 4 * linear_towers.LEARNING_RATE, rel=1e-5)
    assert history.shape == (4,) and (history > 128).all()
    table = linear_towers.table(params, "twemoji")
    assert table.shape == (128, 128) and np.abs(table).max() <= 1.0001


def test_counts_pass_over_padding_and_unknown_words():
    counted = linear_towers.counts(np.array([[2, 5, 2, 0, 1], [0, 0, 0, 0, 0]]))
    assert counted[0, 2] == 2 and counted[0, 5] == 1 and counted.sum() == 3


def test_a_cached_search_is_timed_against_one_that_encodes_anew(model):
    images = dataset.test_pictures("noto", dataset.concepts()[:7])
    rows = cache.timings(model, images, trainer.text_vectors(model, ["tiger"]), retrieval.top_k, sizes=(11, 300))
    assert [row["gallery"] for row in rows] == [11, 300]
    assert all(row["ratio"] == pytest.approx(row["encoded anew"] / row["cached"]) and row["ratio"] > 1 for row in rows)


def test_the_colleagues_number_depends_on_their_batch():
    rng = np.random.default_rng(0)
    image = rng.normal(size=(60, 9))
    text = image + 2.0 * rng.normal(size=(60, 9))
    shares = [colleague.their_recall(image, text, size) for size in (1, 4, 16, 60)]
    assert shares[0] == 1 and shares == sorted(shares, reverse=True) and shares[1] > 2 * shares[3]
    table = image @ text.T
    assert shares[3] == (table.argmax(1) == np.arange(60)).mean()


# --- what is recorded


def test_the_recording_holds_every_arm_once(monkeypatch):
    monkeypatch.setattr(measures, "retrieval_measures", lambda model, style: {"text R@1": 0.5})
    monkeypatch.setattr(naming, "accuracy", lambda *a, **k: 0.25)
    monkeypatch.setattr(binding, "accuracies", lambda model: {"colours swapped": 0.5})
    monkeypatch.setattr(pixels, "recalls", lambda style: {pixels.BEST: {"text R@1": 0.1}})
    for seed, parts in ((0, 4), (experiment.SEEDS_OF_PARTS, 1)):
        rows = experiment.run(seed)
        keys = [(row["arm"], row["measure"]) for row in rows]
        assert len(set(keys)) == len(keys)
        arms = {arm for arm, measure in keys if measure == "text R@1"}
        assert len(arms) == 3 + parts + (seed == 0) and set(binding.ARMS) <= {arm for arm, _ in keys}
    base = [(row["arm"], row["measure"]) for row in experiment.baselines()]
    assert len(set(base)) == len(base) and not set(base) & set(keys)
