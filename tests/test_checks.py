"""The form of a check: shape first, no point for nothing, every known mistake named, nobody's exception is ours."""

import numpy as np
import pytest

from course_utils.exercises import checking as checks
from course_utils.exercises import core, judging



@pytest.mark.parametrize(
    "expected, got",
    [
        (np.zeros((3, 4)), 0.0),
        (np.zeros((3, 4)), np.zeros((1, 4))),
        (np.zeros((3, 4)), np.full((3, 4), np.nan)),
        (np.zeros(3), np.zeros(0)),
        (np.zeros(0), np.zeros(0)),
        (np.ones(3), None),
        (np.ones(3), "ones"),
        (np.ones(3), [[1], [1, 2]]),
        (np.ones(3), core.Problem("ValueError", "")),
        (np.array([1.0, np.inf]), np.array([1.0, 2.0])),
    ],
)
def test_agreement_is_never_accidental(expected, got):
    assert not judging.agrees(expected, got)


def test_agreement_is_relative_to_the_answers_scale():
    big = np.array([1000.0, 1.0])
    assert judging.agrees(big, big + 0.01) and not judging.agrees(big, big + 1.0)
    assert judging.agrees(np.zeros(3), np.full(3, 1e-11)) and not judging.agrees(np.zeros(3), np.full(3, 1e-6))


def test_answers_are_plain_and_inputs_survive_a_function_that_changes_them():
    import jax.numpy as jnp

    x = np.ones(3, np.float32)

    def spoil(a):
        a += 1
        return {"sum": jnp.sum(a), "parts": (a, [True, None, "text"])}

    cases = [core.Case((x,), "ones"), core.Case((x,), "the same")]
    first, second = core.answer(spoil, cases)
    assert type(first["sum"]) is np.ndarray and first["parts"][1] == [True, None, "text"]
    assert first["sum"] == second["sum"] == 6 and (x == 1).all()


def test_a_problem_carries_the_learners_own_line():
    source = "def f(x):\n    y = x + 1\n    return y @ np.ones((2, 2))\n"
    space = {"np": np}
    exec(compile(source, "learner.py", "exec"), space)
    import linecache

    linecache.cache["learner.py"] = (len(source), None, source.splitlines(True), "learner.py")
    calls = []

    def counting(x):
        calls.append(1)
        return space["f"](x)

    problem = core.answer(space["f"], [core.Case((np.ones(3),), "")] * 3)
    assert len(problem) == 3 and problem[0].number == 3 and problem[0].line == "return y @ np.ones((2, 2))"
    assert "in line 3: `return y @ np.ones((2, 2))`" in str(problem[0])
    core.answer(counting, [core.Case((np.ones(3),), "")] * 3)
    assert len(calls) == 1, "a failing function is not run again"


def test_an_answer_that_is_no_data_is_the_learners_problem():
    assert core.answer(lambda x: object(), [core.Case((1,), "")])[0].kind == "TypeError"


@pytest.mark.parametrize("cases, answers", [([], []), ([core.Case((1,), "")], [])])
def test_no_answers_earn_nothing(cases, answers):
    assert judging.judge_values(cases, answers, float, [], returns="a number").score == 0


def test_parts_count_in_order():
    cases = [core.Case((1.0,), "one"), core.Case((2.0,), "two", part="b")]
    parts = [("", 0.25, "first"), ("b", 0.75, "second")]

    def score(*answers):
        return judging.judge_values(cases, answers, lambda x: x, [], returns="x", parts=parts)

    assert score(1.0, 2.0).passed and score(1.0, 3.0).score == 0.25 and score(0.0, 2.0).score == 0
    assert score(1.0, 3.0).headline.startswith("second")


def test_unknown_exercise_names_the_closest():
    with pytest.raises(KeyError, match=r"00\.1"):
        checks.find("00.7")


def test_the_grader_hides_output_and_uses_its_own_seed(monkeypatch, capfd):
    exercise = checks.find("00.1")
    seen = []

    def noisy(q, g):
        import os
        import warnings

        warnings.warn("careful", stacklevel=1)
        print("inputs", q)
        os.write(2, b"raw stderr\n")
        seen.append(q.copy())
        return exercise.reference(q, g)

    with pytest.warns(UserWarning):
        assert checks.grade("00.1", noisy) == exercise.points
    assert "inputs" not in capfd.readouterr().out
    before = len(seen)
    monkeypatch.setenv("COURSE_GRADING_SEED", "12345")
    with pytest.warns(UserWarning):
        checks.grade("00.1", noisy)
    assert not np.array_equal(seen[0], seen[before])


def test_the_notebook_goes_on_with_the_learners_function_only_once_it_passes(monkeypatch):
    shown = []
    import IPython.display

    monkeypatch.setattr(IPython.display, "display", shown.append)
    exercise = checks.find("00.1")

    def mine(q, g):
        return exercise.reference(q, g)

    def wrong(q, g):
        return q @ g.T

    assert checks.check("00.1", wrong) is exercise.reference
    assert checks.check("00.1", mine) is mine
    wrong_card, right_card = map(repr, shown)
    assert "dot product" in wrong_card and "4" in right_card


def test_every_exercise_agrees_with_the_marker_in_its_notebook():
    jupytext = pytest.importorskip("jupytext", reason="the instructor's tools are not part of this environment")
    from pathlib import Path

    marked = {}
    for file in Path(__file__).parents[1].glob("solutions/*/[0-9][0-9]_*.py"):
        for cell in jupytext.read(file).cells:
            if "exercise" in cell.metadata:
                marked[cell.metadata["exercise"]] = (cell.metadata["name"], cell.metadata["points"])
    known = {e.id: (e.name, e.points) for number in checks.MODULES for e in checks._exercises_of(number)}
    assert known == marked


def test_the_diagnostic_marks_ten_letters_and_says_what_to_refresh():
    from course_utils.exercises import diagnostic

    right = " ".join(q.right for q in diagnostic.QUESTIONS)
    assert "10 of 10" in diagnostic.answers(right).data and "Refresh" not in diagnostic.answers(right).data
    wrong = diagnostic.answers("a, " + right[1:]).data
    assert "9 of 10" in wrong and diagnostic.QUESTIONS[0].refresh[1] in wrong
    assert "run it again" in diagnostic.answers("? " * 10).data
    for letters in ("abc", "a b c d a b c d e a", ""):
        with pytest.raises(ValueError, match="ten of the letters"):
            diagnostic.answers(letters)
    with pytest.raises(ValueError, match="'e' is none of them"):
        diagnostic.answers("a b c d a b c d e a")
    assert all(q.right in "abcd" and len(set(q.options)) == 4 for q in diagnostic.QUESTIONS)


@pytest.mark.parametrize(
    "got, diagnosis",
    [
        (lambda e: 0 * e, "all-zero"),
        (lambda e: (e > 0.5).astype(float), "only-0-and-1"),
        (lambda e: e + 0.004, "close"),
        (lambda e: -e, "sign"),
        (lambda e: 3 * e, "factor"),
        (lambda e: np.maximum(e, 0), "no-negatives"),
        (lambda e: e[:, ::-1], "other-order"),
        (lambda e: np.repeat(e[:1], len(e), 0), "rows-alike"),
        (lambda e: e + np.arange(15).reshape(3, 5), "values"),
    ],
)
def test_what_wrong_numbers_have_in_common_is_said_whatever_the_exercise(got, diagnosis):
    expected = np.random.default_rng(0).normal(size=(3, 5))
    verdict = judging.judge_values([core.Case((expected,), "numbers")], [got(expected)], lambda e: e, [], returns="e")
    assert verdict.diagnosis == diagnosis and verdict.score == 0


def test_what_is_not_a_table_is_said_in_words():
    def headline(answer, expected=np.zeros((2, 3))):
        return judging.judge_values([core.Case((expected,), "")], core.answer(lambda e: answer, [core.Case((expected,), "")]), lambda e: e, [], returns="a table").headline

    assert "lengths or shapes 1, 2" in headline([[1], [1, 2]])
    assert "returns 2 things" in headline((np.zeros((2, 3)), np.zeros((2, 3))))
    assert "a function: call it" in headline(lambda x: x)
    assert "dtype complex" in headline(np.zeros((2, 3), complex))
    assert "returns a str" in headline("table")


def test_shapes_that_do_not_fit_get_advice():
    problem = core.Problem("TypeError", "mul got incompatible shapes for broadcasting: (2, 3), (2,).")
    assert "keepdims=True" in judging._shape_advice(problem)
    assert "jnp.where" in judging._shape_advice(core.Problem("TracerBoolConversionError", "…"))
    assert judging._shape_advice(core.Problem("KeyError", "x")) == ""
