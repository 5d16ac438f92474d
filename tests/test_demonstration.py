"""Which cells of a hand-in grading leaves out: none that an answer needs, and no more than that."""

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
from nbformat import v4

from course_utils.instructor.demonstration import demonstrations, missed

ANSWER = "def answer(x):\n    return {} * x"


def notebook(*sources: str, answer: str):
    """A hand-in of demonstrations ``sources`` and one answer, and what was released."""
    mine, ours = ([v4.new_code_cell(source, id=f"cell-{i}") for i, source in enumerate(sources)] for _ in range(2))
    solved = v4.new_code_cell(answer, id="answer", metadata={"nbgrader": {"solution": True}})
    empty = v4.new_code_cell("def answer(x): ...", id="answer", metadata={"nbgrader": {"solution": True}})
    return v4.new_notebook(cells=[*mine, solved]), v4.new_notebook(cells=[*ours, empty])


CASES = {
    "what nothing uses": (["shown = 1", "print(shown)"], "1", {0, 1}),
    "a name that the answer uses": (["kept = 1", "print(kept)"], "kept", {1}),
    "a name that such a name uses": (["first = 1", "second = first", "third = second"], "second", {2}),
    "a global of a function that the answer calls": (["scale = 2", "def helper(x):\n    return scale * x"], "helper(1)", set()),
    "a name inside a comprehension": (["table = [1]"], "[v for v in table][0]", set()),
    "a name changed in place": (["kept = {}", "kept['a'] = 1", "print(kept)"], "kept['a']", {2}),
    "an attribute set": (["import types", "kept = types.SimpleNamespace()", "kept.size.of = 2"], "kept.size", set()),
    "an import": (["import math"], "1", set()),
    "a local name of the answer's": (["x = 1"], "x", {0}),
    "a name bound by a loop, a with or a walrus": (
        ["for kept in range(3):\n    pass", "with open('f') as file:\n    pass", "(named := 3)"],
        "kept + named",
        {1},
    ),
    "a class": (["class Kept:\n    size = 1", "class Other:\n    size = 1"], "Kept.size", {1}),
}


@pytest.mark.parametrize("name", CASES)
def test_left_out_is(name):
    sources, used, expected = CASES[name]
    assert demonstrations(*notebook(*sources, answer=ANSWER.format(used))) == expected


def test_a_cell_that_the_learner_changed_stays():
    nb, released = notebook("shown = 1", "print(shown)", answer=ANSWER.format("1"))
    nb.cells[1].source = "print(shown + 1)"
    assert demonstrations(nb, released) == set()


def test_of_a_cell_that_cannot_be_read_every_word_counts():
    nb, released = notebook("kept = 1", "other = 1", "%time kept + 1", answer=ANSWER.format("1"))
    assert demonstrations(nb, released) == {1}
    nb, released = notebook("kept = 1", "other = 1", answer="def answer(x):\n    return kept +")
    assert demonstrations(nb, released) == {1}


def test_a_name_reached_another_way_is_noticed():
    nb, released = notebook("kept = 1", answer=ANSWER.format("globals()['kept']"))
    out = demonstrations(nb, released)
    assert out == {0}
    assert missed("name 'kept' is not defined", nb, out) and not missed("name 'mistyped' is not defined", nb, out)
