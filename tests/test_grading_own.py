"""The course's own notebooks, handed in twice half done, noisy or tampered with, and from an older release.

What one half solves the other does not, so that each exercise is seen to earn its points right and nothing untouched, for
two runs of a notebook. A challenge that trains is left unsolved, but in one: what is shown here is the way from a hand-in
to a mark, and that way is the same for all. That each challenge's own answer earns full points: test_answers.py.
"""

from __future__ import annotations

import copy
import shutil

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
import handins
from classroom import Class, settings
from handins import cell

from conftest import NOTEBOOKS, ROOT
from course_utils.exercises import checks

TRAINED = "01_vqa_fusion"  # the challenge that trains for the shortest time
NOISE = "import logging, os, sys, warnings\nwarnings.warn('careful')\nlogging.error('hm')\nos.write(2, b'fd 2')\n"


@pytest.fixture(scope="module", params=NOTEBOOKS)
def own_class(request, tmp_path_factory) -> Class:
    name, root = request.param, tmp_path_factory.mktemp("own") / "course"
    for part in (f"solutions/{name}", f"notebooks/{name}"):
        shutil.copytree(ROOT / part, root / part)
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "nbgrader_config.py").write_text(settings())
    room = Class(root, name)
    trains = {f"ex-{e.id.replace('.', '-')}" for e in checks._exercises_of(name[:2]) if e.trains}
    exercises = [e for e in room.points if name == TRAINED or e not in trains]
    room.solved = {"noisy": exercises[::2], "cheat": exercises[1::2]}

    def noisy(nb):
        for c in nb.cells:
            if c.id.endswith("-solution"):
                c.source = NOISE + c.source.replace("### BEGIN SOLUTION", NOISE.split("\n")[0] + "; warnings.warn('hm')")

    def cheats(nb):
        handins.skips_tests(nb)
        nb.cells.append(copy.deepcopy(cell(nb, f"{exercises[0]}-graded")))
        nb.cells[-1].id = "copied"
        nb.cells = [c for c in nb.cells if c.id != f"{exercises[-1]}-graded"]

    room.hand_in("noisy", *room.solved["noisy"], change=noisy)
    room.hand_in("cheat", *room.solved["cheat"], change=cheats)
    room.hand_in("older", *exercises, change=handins.is_older)
    room.grade("--workers", "1")
    return room


def test_own_notebooks_are_graded_as_they_must(own_class):
    points, rows = own_class.points, own_class.rows
    for student, solved in own_class.solved.items():
        assert rows[student]["status"] == "graded", rows[student]
        record = own_class.record(student)["exercises"]
        assert {f"ex-{one['exercise'].replace('.', '-')}": one["earned"] for one in record} == {
            e: points[e] * (e in solved) for e in points
        }
        assert rows[student]["mark"] == f"{sum(points[e] for e in solved):g}"
    assert rows["older"]["status"] == "refused" and "copy the answers into it" in rows["older"]["note"]
