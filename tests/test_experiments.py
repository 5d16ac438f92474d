"""Recorded results are what today's code and data give, and each arm of notebook 00 does what its name says."""

import importlib
import json

import numpy as np
import pytest

from course_utils import paths
from course_utils.experiments import record
from course_utils.experiments import start_here as kinds
from course_utils.world import emoji


@pytest.mark.parametrize("number", sorted(record.MODULES))
def test_the_recording_belongs_to_this_code_and_data(number):
    assert record.stale(number) == ""
    kept = json.loads(paths.data_file(f"results/{number}.json").read_text())
    assert kept["data"], "an experiment reads some data"
    assert len(kept["seeds"]) >= 3
    assert {row["seed"] for row in kept["rows"] if "seed" in row} == set(kept["seeds"])


def test_a_changed_module_or_picture_makes_a_recording_stale(monkeypatch, tmp_path):
    monkeypatch.setattr(record, "fingerprint", lambda number: "another")
    assert "code" in record.stale("00") and "make experiments NN=00" in record.stale("00")
    monkeypatch.undo()
    real = paths.data_dir()
    sums = json.loads((real / "CHECKSUMS.json").read_text())
    (tmp_path / "results").mkdir()
    (tmp_path / "results/00.json").write_bytes((real / "results/00.json").read_bytes())
    (tmp_path / "CHECKSUMS.json").write_text(json.dumps(sums | {"emoji/noto-32.webp": "0" * 64}))
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    assert "emoji/noto-32.webp" in record.stale("00")


def test_the_fingerprint_sees_code_and_ignores_words():
    source = '"""Doc."""\n\n# a comment\ndef f(x):\n    """Doc of f,\n    two lines."""\n    return x + 1\n'
    same = 'def f(x):\n    """Better words."""\n\n    return x + 1\n'
    assert record._meaning(source) == record._meaning(same)
    assert record._meaning(source) != record._meaning(source.replace("+ 1", "+ 2"))


def test_one_recorded_arm_comes_out_again():
    """One seed of the arm that carries the claim, within the spread of the recorded seeds."""
    kept = json.loads(paths.data_file("results/00.json").read_text())["rows"]
    again = {row["measure"]: row["value"] for row in kinds.run(0, arms=("shuffled labels",))}
    for measure, value in again.items():
        seeds = [row["value"] for row in kept if row["arm"] == "shuffled labels" and row["measure"] == measure]
        assert min(seeds) - record.SLACK <= value <= max(seeds) + record.SLACK, measure


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


def test_every_recorded_module_exists():
    for module in record.MODULES.values():
        assert importlib.import_module(f"course_utils.experiments.{module}").run
