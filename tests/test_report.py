"""The instructor's report: who, what, why; and nothing that a hand-in could slip into the page."""

import json

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
from course_utils.instructor import report
from course_utils.instructor.collect import HandIn
from course_utils.instructor.preprocessors import RECORD

EVIL = "<script>alert(1)</script>"


def test_the_report_counts_misconceptions_and_escapes_what_students_wrote(tmp_path):
    hand_ins = []
    for k, (earned, diagnosis) in enumerate([(4.0, ""), (0.0, "sum"), (0.0, "sum"), (2.0, "no-tanh")]):
        student = f"s{k}"
        record = {
            "exercises": [
                {
                    "exercise": "01.3",
                    "points": 4.0,
                    "earned": earned,
                    "diagnosis": diagnosis,
                    "headline": f"It is {diagnosis}. {EVIL}",
                    "measured": None,
                    "seconds": 1.5,
                }
            ],
            "flags": [f"ex {EVIL}"] * (k == 3),
            "left_out": [6] * (k == 2),
            "seconds": 12.0,
        }
        folder = tmp_path / "autograded" / student / "01_x"
        folder.mkdir(parents=True)
        (folder / RECORD).write_text(json.dumps(record))
        hand_ins.append(HandIn(tmp_path, "", student, 0, "01_x", "graded", EVIL, earned, 4.0, 2.0))
    hand_ins.append(HandIn(tmp_path, "", "who", 0, "", "refused", "not a readable notebook"))
    page = report.write(hand_ins, tmp_path).read_text()
    assert "4 graded, 1 refused." in page and "1 full, 1 part, 2 none" in page and "mean 1.50 of 4" in page
    assert "<b>2</b> · It is sum." in page and "<b>1</b> · It is no-tanh." in page
    assert "cell 7 ended its kernel" in page and "⚑ ex &lt;script&gt;" in page and "2 to read" in page
    assert "No notebook" in page and "not a readable notebook" in page
    assert EVIL not in page


def test_a_hand_in_that_was_not_graded_has_no_record(tmp_path):
    assert report.record(tmp_path, "nobody", "01_x") is None
