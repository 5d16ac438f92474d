"""What may cross from a student's process to the grader's: everything that is an answer, and nothing else."""

import json
import os

import numpy as np
import pytest

from course_utils import registry
from course_utils.exercises import border, checks, core

pytestmark = pytest.mark.newest  # On Colab's releases answers are judged by tests/test_answers.py.

EXERCISES = [e for number in registry.TOPICS for e in checks._exercises_of(number) if not e.trains]


def equal(a, b) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        a, b = np.asarray(a), np.asarray(b)
        return a.shape == b.shape and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
    if isinstance(a, (list, tuple)):
        return isinstance(b, (list, tuple)) and len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(equal(a[k], b[k]) for k in a)
    return type(a) is type(b) and (a == b or (a != a and b != b))


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        -(2**63),
        2.5,
        float("nan"),
        float("-inf"),
        "ü → 🐶",
        [],
        {},
        [[], {"a": [1, None]}],
        np.arange(6.0).reshape(2, 3).T,
        np.zeros((0, 3), np.float16),
        np.array(7),
        np.array([1 + 2j]),
        np.array([True, False]),
        np.array(["yes", "no ü"]),
        np.array([[1, 2]], ">i4").astype(np.int32),
        core.Problem("ValueError", "bad", "x = 1", 3),
    ],
    ids=repr,
)
def test_answers_cross_unchanged(value):
    assert equal(border.decode(border.encode(value)), value)
    assert equal(border.decode(border.encode([value, {"k": value}])), [value, {"k": value}])


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_every_exercise_is_judged_alike_on_both_sides(exercise):
    cases = exercise.cases(20_000)  # those of test_answers.py: its programs are found
    there = [core.Case(tuple(args), "") for args in border.decode(border.ask(cases))]
    assert exercise.judge(cases, border.answers(border.encode(core.answer(exercise.reference, there)), cases)).passed


def test_the_truth_of_a_case_stays_behind():
    frame = border.ask([core.Case((1,), "one", truth="the secret answer")])
    assert b"secret" not in frame and b"one" not in frame


@pytest.mark.parametrize(
    "value", [object(), {1, 2}, print, b"bytes", np.array([object()], object), np.array(["2020"], "datetime64[D]"), 2**70]
)
def test_what_is_no_answer_does_not_cross(value):
    with pytest.raises(border.Unreadable):
        border.encode(value)


def test_too_much_or_too_deep_does_not_cross(monkeypatch):
    deep = [0]
    for _ in range(20):
        deep = [deep]
    with pytest.raises(border.Unreadable, match="nested"):
        border.encode(deep)
    for name, value in (("HEAD", ["x"] * 100), ("LARGEST", np.zeros(1000)), ("LARGEST", np.array(["x" * 100, ""]))):
        with monkeypatch.context() as patch, pytest.raises(border.Unreadable, match="MB"):
            patch.setattr(border, name, 100)
            border.encode(value)


def frame_of(head, body: bytes = b"") -> bytes:
    text = json.dumps(head).encode()
    return border._MAGIC + len(text).to_bytes(8, "little") + text + body


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\x80\x04\x95pickle",
        border._MAGIC,
        border._MAGIC + (2**63).to_bytes(8, "little"),
        frame_of([1]),
        frame_of({"v": [1]}),
        frame_of({"v": 1, "f": "0x1"}),
        frame_of({"f": "__import__('os')"}),
        frame_of({"x": 1}),
        frame_of({"a": ["float32", [4]]}),
        frame_of({"a": ["float32", [2**39, 2**39]]}),
        frame_of({"a": ["float32", [-1]]}, b"1234"),
        frame_of({"a": ["object", [1]]}, b"12345678"),
        frame_of({"a": ["float32", [1] * 50]}, b"1234"),
        frame_of({"a": ["float32", [1]]}, b"12345678"),
        frame_of({"s": [[3], ["a"]]}),
        frame_of({"s": [[1], [2]]}),
        frame_of({"p": ["a", "b", "c"]}),
        frame_of({"a": ["int8", [2**39, 0]]}),
        frame_of({"a": ["int8", [0] + [10**6] * 2]}),
        frame_of({"s": [[400], ["x" * 99_999] + [""] * 399]}),
        frame_of({"l": [{"s": [[40], ["x" * 99_999] + [""] * 39]}] * 5}),
        frame_of({"s": [[0, 2**39], []]}),
        frame_of({"v": 2**65}),
        frame_of({"v": "x" * 100_001}),
        frame_of({"l": [{"v": 0}] * 10**6}),
        frame_of({"d": [["k"]]}),
        frame_of({"d": [[1, {"v": 1}]]}),
        border._MAGIC + (10**6).to_bytes(8, "little") + b"[" * 10**6,
    ],
    ids=range(29),
)
def test_a_forged_frame_is_refused_with_a_reason(frame):
    with pytest.raises(border.Unreadable, match="came back"):
        border.decode(frame)


def test_no_change_of_a_frame_does_more_than_change_its_value():
    frame = border.encode([np.arange(3.0), "text", {"a": 1}, core.Problem("E", "m")])
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(3000):
        bytes_ = bytearray(frame)
        for place in rng.integers(len(frame), size=rng.integers(1, 4)):
            bytes_[place] = rng.integers(256)
        try:
            border.decode(bytes(bytes_[: rng.integers(len(frame) + 1)] if rng.random() < 0.3 else bytes_))
        except border.Unreadable:
            refused += 1
    assert 1000 < refused < 3000


def test_only_an_ordinary_file_is_read(tmp_path):
    (tmp_path / "real").write_bytes(b"x")
    assert border.read(tmp_path / "real") == b"x"
    (tmp_path / "link").symlink_to(tmp_path / "real")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name in ("link", "pipe", "folder", "nothing"):
        with pytest.raises(border.Unreadable, match="No answers"):
            border.read(tmp_path / name)


def test_a_reply_answers_with_the_function_that_was_held(tmp_path):
    cases = [core.Case((np.arange(3.0), 2), ""), core.Case((np.zeros(1), 3), "")]
    (tmp_path / "asked").write_bytes(border.ask(cases))
    border.hold("99.1", lambda x, n: x * n)
    border.reply("99.1", str(tmp_path / "asked"), str(tmp_path / "answered"))
    first, second = border.answers(border.read(tmp_path / "answered"), cases)
    np.testing.assert_array_equal(first, [0, 2, 4])
    assert second.shape == (1,)
    with pytest.raises(border.Unreadable, match="incomplete"):
        border.answers(border.encode([1]), cases)
