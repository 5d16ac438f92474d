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


def test_lost_and_hanging_workers_cost_only_their_own_hand_ins(tmp_path, monkeypatch):
    monkeypatch.setattr(farm, "attempt", fake)
    monkeypatch.setattr(farm, "_TRIES", 2)
    monkeypatch.setitem(farm._SETTINGS, "distributed.scheduler.allowed-failures", 1)
    monkeypatch.setattr(farm.Job, "deadline", property(lambda job: 3 if job.label == "hangs" else 600))
    waiting = jobs(tmp_path, "hangs", "dies", "raises", "one", "two")
    told = {job.label: failed for job, failed in farm.run(waiting, tmp_path / "results", workers=1)}
    assert told == {
        "hangs": "It did not end within 3 seconds.",
        "dies": "It ended the process that ran it, 2 times.",
        "raises": "ValueError: its own",
        "one": "",
        "two": "",
    }
    assert results.load(tmp_path / "results", "two") == {"done": "two"}
    assert (tmp_path / "said").read_text().split().count("dies") == 2


def test_what_a_worker_raises_comes_back_as_text(tmp_path, monkeypatch):
    monkeypatch.setattr(farm, "work", lambda job: 1 / 0)
    assert farm.attempt(jobs(tmp_path, "one")[0]) == "ZeroDivisionError: division by zero"


def test_what_is_done_apart_has_limits_and_the_next_is_done_again():
    work = apart.Apart("builtins", seconds=2, memory=2**30)
    limits = {
        "len(bytearray(2**31))": "MemoryError",
        "__import__('time').sleep(99)": "more than 2 seconds",
        "__import__('os')._exit(1)": "ended its process",
        "nothing": "NameError",
    }
    for code, says in limits.items():
        with pytest.raises(apart.Failed, match=says):
            work("eval", code)
        assert work("eval", "{'a': [1, 'ü']}") == {"a": [1, "ü"]}
