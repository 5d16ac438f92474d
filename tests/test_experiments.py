"""Recorded results belong to today's data and hold what the notebooks claim; each arm of notebook 00 does what its name says."""

import contextlib
import importlib
import json
import types

import numpy as np
import pytest

from course_utils import paths, registry
from course_utils.arms import Arm, Estimate, Recording, estimate
from course_utils.experiments import canaries, record
from course_utils.experiments import start_here as kinds
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


def experiment(number):
    return importlib.import_module(f"course_utils.experiments.{registry.TOPICS[number]}")


@pytest.mark.parametrize("number", sorted(registry.TOPICS))
def test_what_a_notebook_claims_holds_in_its_recording(number):
    claims = experiment(number).claims(record.load(number))
    assert len(claims) > 5 and [claim for claim, holds in claims.items() if not holds] == []


@pytest.mark.parametrize("number", sorted(registry.TOPICS))
def test_every_claim_is_refuted_where_numbers_are_exchanged(number):
    recorded, rng = record.load(number), np.random.default_rng(0)
    found = list(recorded.values())
    wrong = [experiment(number).claims(Recording(zip(recorded, (found[i] for i in rng.permutation(len(found)))))) for _ in range(30)]
    assert [claim for claim in wrong[0] if all(claims[claim] for claims in wrong)] == []


@pytest.fixture
def parted(monkeypatch, tmp_path):
    """A recording of two rows, one of a part, and an experiment whose part gives other rows."""
    arm, rows = {"way": "x"}, [{"measure": "kept", "value": 1.0}, {"measure": "old", "value": 1.0, "part": "probe"}]
    kept = {"notebook": "00", "data": {"a": "1"}, "seeds": [0], "rows": [{"seed": 0, "arm": arm, **row} for row in rows]}
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "00.json").write_text(json.dumps(kept | {"canaries": {"main": {"number/0": [1.0]}, "probe": {}}}))
    (tmp_path / "CHECKSUMS.json").write_text(json.dumps({"a": "1"}))
    part = types.SimpleNamespace(SEEDS=2, run=lambda seed: Arm(way="x").rows({"new": seed / 2}))
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    monkeypatch.setattr(paths, "data_file", lambda name: tmp_path / name)
    monkeypatch.setattr(paths, "opened", lambda: {"a": "1", "results/00.json": "2"})
    monkeypatch.setattr(record, "_parts", lambda number: {"probe": part})
    monkeypatch.setattr(record, "ProcessPoolExecutor", lambda *_, **__: contextlib.nullcontext(types.SimpleNamespace(map=map)))
    sung = {"main": 2.0, "probe, colours": 3.0}
    monkeypatch.setattr(
        record, "canaries_of", lambda number: {name: canaries.Canary(None, lambda v=v: {"x": v}) for name, v in sung.items()}
    )
    return tmp_path


def test_a_part_is_recorded_anew_and_all_else_is_kept(parted):
    found = record.record_part("00", "probe")
    assert [(row["measure"], row["value"]) for row in found["rows"]] == [("kept", 1.0), ("new", 0.0), ("new", 0.5)]
    assert [row["seed"] for row in found["rows"]] == [0, 0, 1] and found["rows"][1]["part"] == "probe"
    assert found["canaries"] == {"main": {"number/0": [1.0]}, "probe, colours": {"measure/x": [3.0]}}
    assert found["data"] == {"a": "1"} and found["seeds"] == [0]
    record.write("00", found)
    assert record.load("00")[Arm(way="x"), "new"].values == (0.0, 0.5)


def test_no_part_is_recorded_beside_rows_of_other_data(parted):
    with pytest.raises(ValueError, match="no part 'prob'. Choose from: probe"):
        record.record_part("00", "prob")
    (parted / "CHECKSUMS.json").write_text(json.dumps({"a": "3"}))
    with pytest.raises(ValueError, match="has changed"):
        record.record_part("00", "probe")


@pytest.mark.parametrize("number", sorted(registry.TOPICS))
def test_every_part_is_recorded_with_all_its_seeds_and_has_a_canary(number):
    kept, parts = json.loads(paths.data_file(f"results/{number}.json").read_text()), record._parts(number)
    assert {row["part"] for row in kept["rows"] if "part" in row} == set(parts)
    for name, part in parts.items():
        assert {row["seed"] for row in kept["rows"] if row.get("part") == name} == set(range(part.SEEDS))
        assert any(canary.startswith(name) for canary in kept["canaries"])


def test_arms_are_told_apart_by_their_fields():
    hard = Arm(stream="single", negatives="hard")
    assert hard == Arm(negatives="hard", stream="single") and len({hard, Arm(negatives="hard", stream="single")}) == 1
    assert hard.but(negatives="random") == Arm(stream="single", negatives="random") != hard and hard.negatives == "hard"
    assert hard.rows({"R@1": np.float32(0.5)}) == [{"arm": hard, "measure": "R@1", "value": 0.5}]
    with pytest.raises(AttributeError, match=r"Arm\(stream='single', negatives='hard'\) has no field 'shortlist'"):
        hard.shortlist
    with pytest.raises(AttributeError, match=r"arm.but\(stream=…\)"):
        hard.stream = "two"


def test_a_recording_is_searched_by_fields_and_says_what_comes_nearest():
    recorded = record.load("04")
    hard = Arm(stream="single", negatives="hard")
    assert recorded[hard, "binding, caption"].seeds == len(recorded[hard, "binding, caption"].values) == 6
    assert [arm.shortlist for arm in recorded.where(negatives="hard") if hasattr(arm, "shortlist")] == [2, 4, 8, 16]
    with pytest.raises(KeyError, match="no Arm.*'harder'.*nearest: Arm.*single"):
        recorded.where(stream="single", negatives="harder")
    with pytest.raises(KeyError, match="shortlist=3.*nearest: .*shortlist"):
        recorded[hard.but(shortlist=3), "R@1 alike"]
    with pytest.raises(KeyError, match="no measure 'binding'. It has: binding, caption"):
        recorded[hard, "binding"]


def test_an_estimate_is_a_mean_with_students_interval():
    e = estimate([1.0, 2.0, 4.0])
    assert e.mean == pytest.approx(7 / 3) and e.seeds == 3
    assert e.high - e.mean == pytest.approx(4.303 * np.std([1, 2, 4], ddof=1) / 3**0.5)
    assert estimate([3.0]) == Estimate(3.0, 3.0, 3.0, 1, (3.0,))


def test_the_task_never_trains_on_what_it_tests():
    the, art = kinds.task(), emoji.load()
    assert set(art.groups[g] for g in art.group[the.concepts]) == set(kinds.KINDS)
    assert (the.new == art.test_concepts[the.concepts]).all() and 0.05 < the.new.mean() < 0.15
    assert not set(the.concepts[the.new]) & set(the.concepts[~the.new])


def test_shuffling_keeps_how_often_each_label_occurs_and_leaves_new_emoji_alone():
    the = kinds.task()
    taught = kinds.training_labels("shuffled labels", 3)
    np.testing.assert_array_equal(np.bincount(taught), np.bincount(the.label))
    np.testing.assert_array_equal(taught[the.new], the.label[the.new])
    assert (taught != the.label).mean() > 0.5
    np.testing.assert_array_equal(kinds.training_labels("true labels", 3), the.label)


def test_an_unknown_arm_is_refused_by_name():
    with pytest.raises(ValueError, match="shuffled labels"):
        kinds.train("shuffeled labels", steps=1)


def test_every_recorded_module_exists_and_every_recording_has_a_module():
    for number in registry.TOPICS:
        assert experiment(number).run and experiment(number).baselines
    assert {path.stem for path in (paths.data_dir() / "results").glob("*.json")} == set(registry.TOPICS)
