"""Many hand-ins at once, with workers that are lost, hang or fail: everybody's row is known, and nobody waits for ever."""

import os
import signal
import time

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
from course_utils.instructor import apart, farm, results
from course_utils.instructor.execute import Options

pytestmark = pytest.mark.newest


def fake(job):
    """Does what the job's label says, in the place of a worker's work."""
    with open(job.notebook, "a") as file:
        file.write(f"{job.label}\n")
    if job.label == "dies":
        os.kill(os.getpid(), signal.SIGKILL)
    if job.label == "hangs":
        time.sleep(300)
    return "ValueError: its own" if job.label == "raises" else {"done": job.label}


def jobs(tmp_path, *labels):
    return [farm.Job(label, label, str(tmp_path / "said"), "", (), Options(0)) for label in labels]


@pytest.mark.parametrize("label, says", [("dies", "It ended the process that ran it"), ("hangs", "It did not end within 8 seconds.")])
def test_a_lost_or_hanging_worker_costs_only_its_own_hand_in(label, says, tmp_path, monkeypatch):
    monkeypatch.setattr(farm, "attempt", fake)
    monkeypatch.setattr(farm.Job, "deadline", property(lambda job: 8 if job.label == "hangs" else 600))
    waiting = jobs(tmp_path, label, "raises", "one", "two")
    told = {job.label: failed for job, failed in farm.run(waiting, tmp_path / "results", workers=2)}
    assert told.pop(label).startswith(says) and told == {"raises": "ValueError: its own", "one": "", "two": ""}
    assert results.load(tmp_path / "results", "two") == {"done": "two"}
    if label == "dies":
        assert (tmp_path / "said").read_text().split().count("dies") == farm._TRIES


def test_a_worker_inside_that_hangs_ends_the_run_and_keeps_what_was_done(tmp_path, monkeypatch):
    monkeypatch.setattr(farm, "attempt", lambda job: time.sleep(3) or {} if job.label == "hangs" else fake(job))
    monkeypatch.setattr(farm.Job, "deadline", property(lambda job: 1 if job.label == "hangs" else 600))
    told = [job.label for job, _ in farm.run(jobs(tmp_path, "one", "hangs", "never"), tmp_path / "results", workers=1)]
    assert told == ["one", "hangs"]


def test_what_a_worker_raises_comes_back_as_text(tmp_path, monkeypatch):
    monkeypatch.setattr(farm, "work", lambda job: 1 / 0)
    assert farm.attempt(jobs(tmp_path, "one")[0]) == "ZeroDivisionError: division by zero"


def test_what_is_done_apart_has_limits_and_the_next_is_done_again():
    work = apart.Apart("builtins", seconds=5, memory=2**30)
    limits = {
        "len(bytearray(2**31))": "MemoryError",
        "[0 for _ in iter(int, 1)]": "more than 5 seconds|MemoryError",
        "__import__('os')._exit(1)": "ended its process",
        "nothing": "NameError",
    }
    for code, says in limits.items():
        with pytest.raises(apart.Failed, match=says):
            work("eval", code)
        assert work("eval", "{'a': [1, 'ü']}") == {"a": [1, "ü"]}
