"""Recorded results belong to today's data and hold what the notebooks claim; each arm of notebook 00 does what its name says."""

import importlib
import json

import numpy as np
import pytest

from course_utils import paths, registry
from course_utils.experiments import record
from course_utils.experiments import start_here as kinds
from course_utils.experiments.dual_encoder import binding
from course_utils.world import emoji


@pytest.mark.parametrize("number", sorted(registry.TOPICS))
def test_the_recording_belongs_to_this_data(number):
    """And to this code: test_canaries.py."""
    assert record.stale_data(number) == ""
    kept = json.loads(paths.data_file(f"results/{number}.json").read_text())
    assert kept["data"], "an experiment reads some data"
    assert len(kept["seeds"]) >= 3
    assert {row["seed"] for row in kept["rows"] if "seed" in row} == set(kept["seeds"])


@pytest.mark.parametrize("number", sorted(registry.TOPICS))
def test_a_changed_data_file_makes_a_recording_stale(number, monkeypatch, tmp_path):
    real, name = paths.data_dir(), f"results/{number}.json"
    content, sums = (real / name).read_text(), json.loads((real / "CHECKSUMS.json").read_text())
    (tmp_path / "results").mkdir()
    (tmp_path / name).write_text(content)
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    behind = json.loads(content)["data"]
    assert not any(file.startswith("results/") for file in behind)
    for file in behind:
        (tmp_path / "CHECKSUMS.json").write_text(json.dumps(sums | {file: "0" * 64}))
        assert f"({file}): run `make experiments NN={number}`" in record.stale_data(number)
    (tmp_path / "CHECKSUMS.json").write_text(json.dumps(sums))
    assert record.stale_data(number) == ""


def test_the_frozen_tower_is_part_of_what_notebook_01_was_recorded_from():
    behind = json.loads(paths.data_file("results/01.json").read_text())["data"]
    assert "checkpoints/grid_tower.safetensors" in behind


def test_the_claims_of_notebook_00_are_in_the_recording():
    of = record.load("00")
    new = {arm: of[arm, "new emoji"] for arm in kinds.ARMS}
    for arm in kinds.ARMS:
        assert of[arm, "training pictures"].low > 0.99
    assert new["true labels"].low > max(new["shuffled labels"].high, new["leaking background"].high)
    for baseline in ("commonest kind", "nearest pixels"):
        assert new["true labels"].low > of[baseline, "new emoji"].mean
    assert new["shuffled labels"].high < of["commonest kind", "new emoji"].mean, "nonsense must not help"
    assert of["true labels", "known emoji, new style"].high < 0.7, "it must know drawings better than things"
    assert of["leaking background", "new emoji, own background"].low > 0.9
    assert of["leaking background", "new emoji, called what its background says"].low > 0.7
    assert of["leaking background", "new emoji, another kind's background"].high < of["commonest kind", "new emoji"].mean


def test_the_claims_of_notebook_01_are_in_the_recording():
    of = record.load("01")
    most = max(int(arm.split("/")[2]) for arm, _ in of if arm.startswith("blind/biased/"))
    # the prior: who is taught on biased questions need not look, and falls where the prior is another one
    assert of[f"blind/biased/{most}", "biased"].low > 0.7 and of[f"blind/biased/{most}", "flipped"].high < 0.2
    assert of[f"sighted/balanced/{most}", "flipped"].low > of[f"sighted/biased/{most}", "flipped"].high
    assert of[f"sighted/balanced/{most}", "balanced"].low > of[f"sighted/biased/{most}", "balanced"].high
    blind = of[f"blind/balanced/{most}", "balanced"]
    assert of[f"sighted/balanced/{most}", "balanced"].low > blind.high + 0.3
    assert abs(of[f"wrong picture/balanced/{most}", "balanced"].mean - blind.mean) < 0.02, "no picture, no answer"
    # fusion: a sum is enough for sums, hopeless where the answer depends on both
    assert of["sum/concat", "1000"].low > 0.95 and of["few products/concat", "1000"].high < 0.2
    assert of["few products/mutan", "2000"].low > of["few products/mlb", "2000"].high
    assert of["few products/mutan", "2000"].low > of["few products/concat-mlp", "8000"].high
    assert of["all products/bilinear", "8000"].low > of["all products/mutan", "8000"].high
    # two hops: the second is worth something where the first looks at the anchor, and is not found unaided
    for look in ("hop 1 on anchor", "hop 2 on target"):
        assert of["dot-product/2/shown", look].low > 0.8
    assert of["dot-product/2/shown", "accuracy"].low > of["dot-product/1/plain", "accuracy"].high + 0.2
    assert of["dot-product/1/shown", "accuracy"].mean < of["blind", "accuracy"].high + 0.02, "the anchor is no answer"
    assert abs(of["dot-product/2/plain", "accuracy"].mean - of["dot-product/1/plain", "accuracy"].mean) < 0.05
    # answering: with another question's picture a model knows no more than one without eyes
    assert abs(of["another picture", "right"].mean - of["blind", "right"].mean) < 0.03
    assert of["classifier, one answer", "right"].low > of["blind", "right"].high + 0.3


def test_the_claims_of_notebook_02_are_in_the_recording():
    of = record.load("02")
    # one vector, read once or at every word, is enough for one thing, and not for three; attention is
    for arm in ("first input", "one vector", "uniform"):
        assert of[arm, "exact, 1"].low > 0.7 and of[arm, "exact, 3"].high < 0.2 and of[arm, "exact, 5"].high < 0.02, arm
    assert of["first input", "exact, 2"].low > of["uniform", "exact, 2"].high, "those that read once are not short of training"
    assert of["attention", "exact, 3"].low > 0.7 and of["attention", "exact, 5"].low > 0.5
    assert abs(of["another picture", "SPICE"].mean - of["blind", "SPICE"].mean) < 0.05
    # looks fall on what colours and kinds are about, not on what numbers are about
    for name in ("kind", "colour"):
        assert of["pointing", f"{name}, hits"].low > 0.9 > of["pointing", f"{name}, any thing"].high + 0.4
    assert of["pointing", "number, hits"].mean < of["pointing", "number, any thing"].mean
    assert of["pointing", "number, hits"].high < of["pointing", "kind, hits"].low - 0.5
    # a beam finds nothing where the words are sure
    assert abs(of["beam/10", "exact"].mean - of["beam/1", "exact"].mean) < 0.02
    # novel kinds come from the detector's words
    assert of["pointing", "novel kinds"].low > 0.9 and of["no words from the detector", "novel kinds"].high < 0.01
    assert of["exchanged words", "novel kinds"].high < 0.2
    # hard attention: a reward is needed
    assert of["hard", "exact"].low > max(of["hard, no reward", "exact"].high, of["soft, made hard", "exact"].high) + 0.2
    assert of["hard, no reward", "kind, hits"].high < of["pointing", "kind, any thing"].low


def test_the_claims_of_notebook_03_are_in_the_recording():
    of = record.load("03")
    # in every style left out: half as often again as the best pixels, and a hundred times chance, whichever seed
    for style in emoji.TRAINING_STYLES:
        own = of[f"{style}/augmented", "text R@1"]
        ways = [e.mean for (arm, measure), e in of.items() if arm.startswith(f"{style}/") and "gallery" in arm and measure == "text R@1"]
        assert len(ways) == 4 and max(ways) == of[f"{style}/nearest pixels", "text R@1"].mean
        assert own.low > 1.5 * max(ways) and own.mean > 1.9 * max(ways), style
        assert own.mean > 100 * of[f"{style}/chance", "text R@1"].mean
        # new concepts: hardly more than chance
        new = of[f"{style}/augmented", "new, text R@5"].mean
        assert of["chance, new", "new, text R@5"].mean < new < 2.5 * of["chance, new", "new, text R@5"].mean
        # naming: with words of the captions, three times a guess; with words that no caption used, a guess or hardly more
        named = {name: of[f"{style}/naming, {name}", "ensemble"] for name in ("keywords", "in German", "groups")}
        assert named["keywords"].mean > 3 * of["naming, keywords", "chance"].mean > 3 * named["in German"].low - 1e-6
        assert named["keywords"].mean > of["naming, keywords", "commonest"].mean + 0.05
        assert named["groups"].high < of["naming, groups", "commonest"].mean
        assert named["groups"].mean < of["naming, groups", "chance"].mean + 0.05
        assert abs(named["keywords"].mean - of[f"{style}/naming, keywords", "one prompt"].mean) < 0.02, "an ensemble changes nothing"
    assert of["twemoji/naming, keywords", "ensemble"].low > of["naming, keywords", "commonest"].mean
    # without variation it is worse than the pixels; moving is what matters most, colours come second
    part = {name: of[f"twemoji/{name}", "text R@1"] for name in ("augmented", "as drawn", "never moved", "own colours", "on white")}
    assert part["as drawn"].high < of["twemoji/nearest pixels", "text R@1"].mean
    assert part["never moved"].mean < part["as drawn"].high and part["own colours"].mean < part["augmented"].low
    assert part["augmented"].low < part["on white"].mean < part["augmented"].high, "grounds: nothing that one run shows"
    # binding: sure of what is there; what belongs to what is a coin without order, half known with it, learned if asked for
    swapped = {arm: of[f"binding/{arm}", "colours swapped"] for arm in binding.ARMS}
    assert all(of[f"binding/{arm}", change].low > 0.95 for arm in binding.ARMS for change in ("another thing", "another colour"))
    assert swapped["bag of words"].low == swapped["bag of words"].high == 0.5
    assert 0.65 < swapped["transformer"].mean < 0.85 and swapped[binding.ARMS[2]].low > 0.85


def test_the_claims_of_notebook_04_are_in_the_recording():
    of = record.load("04")
    bound = {arm: of[arm, "binding, caption"] for arm, measure in of if measure == "binding, caption"}
    # who pools first cannot bind; hard negatives teach it; with the wrong picture or without colours nothing is left
    for arm in ("dual", "another picture", "colours hidden", "words sorted"):
        assert abs(bound[arm].mean - 0.5) < 0.03, arm
    assert bound["dual, reading in order"].low > bound["dual"].high + 0.1, "it is the averaging that cannot"
    each = {arm: values for (arm, measure), values in record.runs("04").items() if measure == "binding, caption"}
    binds = {arm: sum(share >= 0.8 for share in values) for arm, values in each.items()}
    assert binds["fusion, hard negatives"] == 6 and bound["fusion, hard negatives"].low > bound["fusion, random negatives"].high + 0.3
    assert sum(share > 0.99 for share in each["fusion, hard negatives"]) == 5, "five of six nearly always"
    assert binds["two streams, hard negatives"] == 5 and binds["dual, reading in order"] == 3
    assert binds["fusion, negatives as they come"] == 4 and binds["fusion, from chance"] == 1, "what sharpness and alignment are worth"
    assert max(each["fusion, random negatives"] + each["two streams, random negatives"]) < 0.65
    assert of["fusion, random negatives", "random pairs judged right"].low > 0.98, "random negatives are learned, and teach nothing"
    assert of["two stream", "parameters"].mean > 3 * of["single stream", "parameters"].mean, "not a comparison at equal size"
    for stream in ("fusion", "two streams"):  # a test of random pairs would have chosen the wrong model
        easy = [of[f"{stream}, {negatives} negatives", "random pairs judged right"].mean for negatives in ("random", "hard")]
        assert 0 < easy[0] - easy[1] < 0.03
    # a shortlist of four is nearly as good as all pairs, and better than the dual encoder where pictures are alike
    four, all_pairs = (of[arm, "R@1 alike"].mean for arm in ("dual, then fusion on 4, hard negatives", "fusion, hard negatives"))
    assert abs(four - all_pairs) < 0.03 and four > of["dual", "R@1 alike"].high + 0.3
    # UNITER: what is hidden is found on the other side; alignment teaches the plan to point; only some runs bind
    for part, control in (("hidden kinds", "another picture"), ("hidden colours", "another picture"), ("hidden regions", "another text")):
        assert of["UNITER, all four", part].low > of["UNITER, all four", f"{part}, {control}"].high + 0.6
    plans = [record.runs("04")[f"UNITER, {arm}", "pointing by plan"] for arm in ("without alignment", "all four")]
    assert min(plans[1]) > max(plans[0]) + 0.1
    assert 0 < binds["UNITER, all four"] + binds["UNITER, without alignment"] < 6


def test_an_estimate_is_a_mean_with_students_interval():
    e = record.estimate([1.0, 2.0, 4.0])
    assert e.mean == pytest.approx(7 / 3) and e.seeds == 3
    assert e.high - e.mean == pytest.approx(4.303 * np.std([1, 2, 4], ddof=1) / 3**0.5)
    assert record.estimate([3.0]) == record.Estimate(3.0, 3.0, 3.0, 1)


def test_the_task_never_trains_on_what_it_tests():
    the, art = kinds.task(), emoji.load()
    assert set(art.groups[g] for g in art.group[the.concepts]) == set(kinds.KINDS)
    assert (the.new == art.test_concepts[the.concepts]).all() and 0.05 < the.new.mean() < 0.15
    assert not set(the.concepts[the.new]) & set(the.concepts[~the.new])


def test_shuffling_keeps_how_often_each_label_occurs_and_leaves_new_emoji_alone():
    the = kinds.task()
    taught = kinds.taught_labels("shuffled labels", 3)
    np.testing.assert_array_equal(np.bincount(taught), np.bincount(the.label))
    np.testing.assert_array_equal(taught[the.new], the.label[the.new])
    assert (taught != the.label).mean() > 0.5
    np.testing.assert_array_equal(kinds.taught_labels("true labels", 3), the.label)


def test_an_unknown_arm_is_refused_by_name():
    with pytest.raises(ValueError, match="shuffled labels"):
        kinds.train("shuffeled labels", steps=1)


def test_every_recorded_module_exists_and_every_recording_has_a_module():
    for module in registry.TOPICS.values():
        experiment = importlib.import_module(f"course_utils.experiments.{module}")
        assert experiment.run and experiment.baselines
    assert {path.stem for path in (paths.data_dir() / "results").glob("*.json")} == set(registry.TOPICS)
