"""The form of a check: shape first, no point for nothing, every known mistake named, nobody's exception is ours."""

import dataclasses
import functools
import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from course_utils import registry, runtime
from course_utils.exercises import checks, core, edits, explanation, judges, patterns


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
    assert not judges.agrees(expected, got)


def test_agreement_is_relative_to_the_answers_scale():
    big = np.array([1000.0, 1.0])
    assert judges.agrees(big, big + 0.01) and not judges.agrees(big, big + 1.0)
    assert judges.agrees(np.zeros(3), np.full(3, 1e-11)) and not judges.agrees(np.zeros(3), np.full(3, 1e-6))


def test_answers_are_plain_and_inputs_survive_a_function_that_changes_them():
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


def _fails(x):
    wrong = x @ np.ones((2, 2))
    return wrong


class _Object:
    def __call__(self, x):
        return _fails(x)


@pytest.mark.parametrize(
    "fn",
    [jax.jit(_fails), functools.partial(_fails), functools.partial(jax.jit(_fails)), jax.jit(jax.vmap(_fails)), _Object()],
    ids=["jit", "partial", "partial of jit", "jit of vmap", "object"],
)
def test_the_learners_line_is_found_under_what_wraps_it(fn):
    (problem,) = core.answer(fn, [core.Case((np.ones((3, 3)),), "")])
    assert problem.line == "wrong = x @ np.ones((2, 2))"


@pytest.mark.parametrize("thing, kind", [(None, "NoneType"), (np.ones(3), "ndarray"), ("cosine", "str")])
def test_what_is_no_function_is_said_to_be_none(thing, kind):
    found = checks.verdict("00.1", thing, 0)
    assert found.score == 0 and found.diagnosis == "no-function" and f"but a {kind}." in found.headline


def test_an_answer_that_is_no_data_is_the_learners_problem():
    assert core.answer(lambda x: object(), [core.Case((1,), "")])[0].kind == "TypeError"


@pytest.mark.parametrize("cases, answers", [([], []), ([core.Case((1,), "")], [])])
def test_no_answers_earn_nothing(cases, answers):
    assert judges.judge_values(cases, answers, float, [], returns="a number").score == 0


def test_parts_count_in_order():
    cases = [core.Case((1.0,), "one"), core.Case((2.0,), "two", part="b")]
    parts = [("", 0.25, "first"), ("b", 0.75, "second")]

    def score(*answers):
        return judges.judge_values(cases, answers, lambda x: x, [], returns="x", parts=parts)

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
                task = cell.source.split("\nHint:")[0]
                assert "`jnp`" in task or not checks.find(cell.metadata["exercise"]).compiled, "say that it is compiled"
    written = {exercise_id[:2] for exercise_id in marked}  # the checks of a notebook may be there before it is
    exercises = [(number, e) for number in registry.TOPICS for e in checks._exercises_of(number)]
    known = {e.id: (e.name, e.points) for _, e in exercises}
    assert len(known) == len(exercises) and all(e.id[:2] == number for number, e in exercises)
    assert {key: value for key, value in known.items() if key[:2] in written} == marked


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
    verdict = judges.judge_values([core.Case((expected,), "numbers")], [got(expected)], lambda e: e, [], returns="e")
    assert verdict.diagnosis == diagnosis and verdict.score == 0


def test_shares_add_up_to_1_where_they_should():
    expected = np.array([[0.2, 0.8], [0.0, 0.0]])
    pattern = patterns.no_shares("The shares of a row add up to 1")
    assert pattern(None, expected, expected) is None
    assert pattern(None, expected, np.array([[0.2, 0.9], [7.0, 7.0]])) == ("The shares of a row add up to 1; yours to 1.1.", "not-shares")


def test_what_is_not_a_table_is_said_in_words():
    def headline(answer, expected=np.zeros((2, 3))):
        return judges.judge_values(
            [core.Case((expected,), "")], core.answer(lambda e: answer, [core.Case((expected,), "")]), lambda e: e, [], returns="a table"
        ).headline

    assert "lengths or shapes 1, 2" in headline([[1], [1, 2]])
    assert "returns 2 things" in headline((np.zeros((2, 3)), np.zeros((2, 3))))
    assert "a function: call it" in headline(lambda x: x)
    assert "dtype complex" in headline(np.zeros((2, 3), complex))
    assert "returns a str" in headline("table")


NUMBERS = np.array([[1.0, -2.0, 3.0], [4.0, 5.0, 6.0]])
WORDS = np.array(["a", "b", "c"])


def own(case, expected, got):
    return "As the exercise knows it.", "own"


@pytest.mark.parametrize(
    "expected, order",
    [
        (
            NUMBERS,
            [
                ("returns-nothing", None, [], []),
                ("known", "words", [lambda: "words"], [own]),
                ("not-an-array", "words", [], [own]),
                ("shape", np.full(3, np.nan), [], [own]),
                ("not-finite", 0 * NUMBERS + np.nan, [], [own]),
                ("own", 0 * NUMBERS, [], [own]),
                ("all-zero", 0 * NUMBERS, [], []),
                ("values", NUMBERS + np.arange(3.0), [], []),
            ],
        ),
        (
            WORDS,
            [
                ("empty", core.Problem("NotImplementedError", ""), [], []),
                ("known", [1, 2], [lambda: [1, 2]], [own]),
                ("not-words", [1, 2], [], [own]),
                ("own", ["c", "b"], [], [own]),
                ("shape", ["b", "a"], [], []),
                ("other-order", ["c", "b", "a"], [], []),
                ("values", ["a", "b", "d"], [], []),
            ],
        ),
    ],
    ids=["numbers", "words"],
)
def test_what_is_wrong_is_looked_for_in_the_order_that_explain_promises(expected, order):
    """Each answer but the last could be explained by a later step as well."""
    for diagnosis, answer, fns, known in order:
        mistakes = [core.Mistake("known", "A known one.", fn) for fn in fns]
        attempt = explanation.Attempt([core.Case((), "")], [answer], [expected], 0, lambda: expected, mistakes, known, "it", "", 1e-4)
        assert explanation.explain(attempt)[1] == diagnosis


counted = []


@lambda fn: counted.append(fn) or fn
def double(x):
    return 2 * x


def test_a_mistake_may_be_an_edit_of_the_right_function():
    (mistake,) = edits.edits(double, ("unit", "Not to length 1.", "2 * x", "unit(x)"))
    assert mistake.key == "unit" and mistake.says == "Not to length 1." and mistake.fn(np.array([3.0, 4.0])).tolist() == [0.6, 0.8]
    assert double(2) == 4 and counted == [double]
    with pytest.raises(ValueError, match="'triple' is out of date: double holds no '3'"):
        edits.edits(double, ("triple", "", "3", "4"))


def spoilt(value):
    """An answer of the same form with everything in it wrong."""
    if isinstance(value, dict):
        return {key: spoilt(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [*map(spoilt, value)]
    return f"not {value}" if isinstance(value, str) else np.asarray(value) * 1.0 + 1


def told(attempt, mistake, cases):
    """The diagnosis of a mistake's own answers, in the first part that it gets wrong; "" where it gets none wrong."""
    with np.errstate(all="ignore"):
        for part in dict.fromkeys(case.part for case in cases):
            asked = [case for case in cases if case.part == part]
            answers = []
            for case in asked:
                try:
                    answers.append(core._plain(mistake.fn(*case.args)))
                except ValueError as error:  # its shapes fit in the first case alone
                    assert answers
                    answers += [core.Problem("ValueError", str(error))] * (len(asked) - len(answers))
                    break
            expected = [np.asarray(attempt.reference(*case.args)) for case in asked]
            wrong = [k for k, answer in enumerate(answers) if not judges.agrees(expected[k], answer, attempt.tolerance)]
            if wrong:
                changed = {"cases": asked, "answers": answers, "expected": expected, "index": wrong[0]}
                return explanation.explain(dataclasses.replace(attempt, **changed))[1]
    return ""


@pytest.mark.parametrize("exercise", [e for n in registry.TOPICS for e in checks._exercises_of(n) if e.compiled], ids=lambda e: e.id)
def test_what_the_notebook_compiles_can_be(exercise):
    """Whole numbers such as heads are known then; NumPy is refused."""
    assert checks._compiles(exercise, exercise.reference)
    assert not checks._compiles(exercise, lambda *args: jax.tree.map(np.asarray, exercise.reference(*args)))


TOLD = [e.id for number in registry.TOPICS for e in checks._exercises_of(number) if not e.trains]


@pytest.mark.newest
@pytest.mark.parametrize("key", TOLD)
def test_every_mistake_is_told_by_its_own_key(key, monkeypatch):
    """None is hidden by an earlier one, or right."""
    attempts = []
    monkeypatch.setattr(judges, "explain", lambda attempt: attempts.append(attempt) or ("", ""))
    exercise = checks.find(key)
    cases = exercise.cases(checks.VISIBLE_SEED)
    exercise.judge(cases, [*map(spoilt, core.answer(exercise.reference, cases))])
    assert attempts and all(attempt.mistakes for attempt in attempts)
    found = [(mistake.key, told(attempt, mistake, cases)) for attempt in attempts for mistake in attempt.mistakes]
    assert [(own, other) for own, other in found if own != other] == []


def test_exceptions_that_arrays_are_known_for_get_advice():
    import collections

    (unhashable,) = core.answer(lambda x: collections.Counter(x)[0], [core.Case((np.arange(3),), "")])
    assert ".tolist()" in explanation.advice(unhashable)
    problem = core.Problem("TypeError", "mul got incompatible shapes for broadcasting: (2, 3), (2,).")
    assert "keepdims=True" in explanation.advice(problem)
    assert "jnp.where" in explanation.advice(core.Problem("TracerBoolConversionError", "…"))
    assert explanation.advice(core.Problem("KeyError", "x")) == ""


# ---- functions that return several things


def total_and_words(x, names):
    return x.sum(1), sorted(names)


OUTPUTS = [
    judges.Output("names", 1, 0.25, "the names in alphabetical order", [core.Mistake("as-given", "Sort them.", lambda x, names: names)]),
    judges.Output(
        "sums",
        0,
        0.75,
        "one sum a row, shape (B,)",
        [core.Mistake("mean", "This is the mean.", lambda x, names: x.mean(1))],
        picture=lambda expected, got: core.Picture("map", expected, got, "row", "sum"),
    ),
]
SEVERAL = [core.Case((np.arange(15.0).reshape(3, 5), ["b", "c", "a"]), "three rows")]


def judge_several(fn):
    return judges.judge_outputs(SEVERAL, core.answer(fn, SEVERAL), total_and_words, OUTPUTS)


def test_every_output_earns_its_weight_and_the_first_wrong_one_is_explained():
    assert judge_several(total_and_words).passed
    for names in (np.array(["a", "b", "c"]), np.array(["a", "b", "c"], object), ("a", "b", "c")):
        assert judge_several(lambda x, _, names=names: [tuple(x.sum(1).tolist()), names]).passed
    wrong = judge_several(lambda x, names: (x.mean(1), ["a", "b", "c"]))
    assert (wrong.score, wrong.diagnosis, wrong.headline) == (0.25, "mean", "sums: This is the mean.")
    assert wrong.picture.kind == "map" and wrong.picture.got.shape == (3,)
    assert judge_several(lambda x, names: (x.sum(1), names)).diagnosis == "as-given"
    assert judge_several(lambda x, names: (x.sum(1), names)).score == 0.75
    both = judge_several(lambda x, names: (x, names))
    assert both.score == 0 and both.diagnosis == "as-given"
    shape = judge_several(lambda x, names: (x, sorted(names)))
    assert shape.diagnosis == "shape" and shape.picture is None and shape.score == 0.25


@pytest.mark.parametrize(
    "wrong, diagnosis, words",
    [
        (lambda x, names: (sorted(names), x.sum(1)), "exchanged", "`return sums, names`"),
        (lambda x, names: x.sum(1), "one-of-several", "returns sums only"),
        (lambda x, names: sorted(names), "one-of-several", "returns names only"),
        (lambda x, names: {"sums": x.sum(1), "names": names}, "not-several", "returns one dict"),
        (lambda x, names: (x.sum(1), names, 1), "not-several", "returns 3 things"),
        (lambda x, names: x, "not-several", "returns one ndarray"),
        (lambda x, names: (x.sum(1), ["a", "b"]), "shape", "There are 2, expected 3"),
        (lambda x, names: (x.sum(1), ["c", "b", "a"]), "other-order", "another order"),
        (lambda x, names: (x.sum(1), ["a", "b", "d"]), "values", "At place 2: expected 'c', got 'd'"),
        (lambda x, names: (x.sum(1), [1, 2, 3]), "not-words", "names: Your function returns a list."),
        (lambda x, names: (x.sum(1), "abc"), "not-words", "returns a str"),
        (lambda x, names: (x.sum(1), []), "not-words", "returns a list"),
        (lambda x, names: (x.sum(1), [[], [], []]), "not-words", "returns a list"),
        (lambda x, names: (x.sum(1), [("a", 1), ("b", 1), ("c", 1)]), "pairs", "such as ('a', 1)"),
        (lambda x, names: None, "returns-nothing", "returns nothing"),
        (lambda x, names: (_ for _ in ()), "exception", "a generator, which is neither"),
        (lambda x, names: (x.sum(1), {"a"}), "exception", "a set, which is neither"),
        (lambda x, names: 1 / 0, "exception", "ZeroDivisionError"),
    ],
)
def test_what_is_not_several_values_in_order_is_said_in_words(wrong, diagnosis, words):
    verdict = judge_several(wrong)
    assert verdict.diagnosis == diagnosis and words in verdict.headline and verdict.got, verdict


def test_an_output_may_have_parts():
    cases = [core.Case((np.ones(shape),), "ones", part) for shape, part in (((3, 2), ""), ((2,), "axes"))]
    parts = [("", 0.75, ""), ("axes", 0.25, "Only with rows.")]
    outputs = [judges.Output("sums", 0, 0.5, "sums", [], parts=parts), judges.Output("one", 1, 0.5, "a number", [])]

    def judged(fn):
        return judges.judge_outputs(cases, core.answer(fn, cases), lambda x: (x.sum(-1), 1), outputs)

    assert judged(lambda x: (x.sum(-1), 1)).passed
    for fn in (lambda x: (x.sum(1), 1), lambda x: (x.reshape(-1, 2).sum(-1), 1)):
        verdict = judged(fn)
        assert verdict.headline.startswith(("sums: Only with rows.", "Only with rows.")) and verdict.score == 0.375 + 0.5


def test_words_have_patterns_of_their_own():
    def pattern(case, expected, got):
        return (f"{len(got)} of {len(expected)}.", "too-few") if len(got) < len(expected) else None

    verdict = judges.judge_values([core.Case((), "")], [["a"]], lambda: ["a", "b"], [], returns="words", patterns=[pattern])
    assert (verdict.headline, verdict.diagnosis) == ("1 of 2.", "too-few")


def test_where_shapes_do_not_fit_those_of_the_parameters_are_named():
    cases = [core.Case(({"U": np.ones((3, 4)), "b": np.ones(2)}, np.ones((2, 3))), "")]

    def headline(fn):
        return judges.judge_values(cases, core.answer(fn, cases), lambda p, x: x @ p["U"], [], returns="").headline

    assert "Shapes here: U (3, 4), b (2,)." in headline(lambda p, x: x @ p["U"].T)
    assert "letters name the axes" in headline(lambda p, x: jnp.einsum("bi,ki->bk", x, p["U"]))
    without = headline(lambda p, x: p["W"])
    assert without.startswith("Your code stopped with KeyError") and "(3, 4)" not in without


def test_several_outputs_need_answers():
    assert judges.judge_outputs(SEVERAL, [], total_and_words, OUTPUTS).score == 0


def test_arrays_inside_dictionaries_and_lists_are_jax_arrays_and_the_truth_stays_hidden():
    seen = []
    case = core.Case(({"w": np.ones(3), "names": ["a"]}, [np.zeros(2)]), "", truth="secret")
    core.answer(lambda *args: seen.append(args), [case])
    ((params, arrays),) = seen
    assert hasattr(params["w"], "at") and hasattr(arrays[0], "at") and params["names"] == ["a"]


# ---- a challenge: partial credit, and training that is not run everywhere


TRUTH = np.array([0, 2, 1, 2, 0, 1, 2, 0, 2, 1])


def challenge_cases(seed):
    return [core.Case((np.arange(10),), "ten questions", truth=TRUTH)]


def challenge_judge(cases, answers):
    return judges.judge_score(
        cases,
        answers,
        lambda case, answer: (judges.choices(answer, 10, 3) == case.truth).mean(),
        (0.3, 0.5, 0.7, 0.9),
        says="of the questions answered right",
        returns="the number of an answer for each question, int[10]",
    )


@pytest.fixture
def challenge(monkeypatch):
    made = core.Exercise("99.1", "guess", 4, lambda x: TRUTH, challenge_cases, challenge_judge, trains=True)
    monkeypatch.setattr(checks, "_exercises_of", lambda number: (made,) if number == "99" else ())
    monkeypatch.setattr(checks, "_passed", set())
    monkeypatch.setattr(checks, "_trained", {})
    for name in ("COURSE_FAST", "COURSE_GRADING_SEED"):
        monkeypatch.delenv(name, raising=False)
    return made


def right(count):
    """Answers of which ``count`` are right."""
    return lambda x: np.where(np.arange(10) < count, TRUTH, (TRUTH + 1) % 3)


@pytest.fixture
def shown(monkeypatch):
    import IPython.display

    cards = []
    monkeypatch.setattr(IPython.display, "display", cards.append)
    return cards


@pytest.mark.parametrize("count, points", [(0, 0), (2, 0), (3, 1), (6, 2), (7, 3), (9, 4), (10, 4)])
def test_every_threshold_that_is_reached_earns_its_share(challenge, count, points):
    assert checks.grade("99.1", right(count)) == points
    result = checks.verdict("99.1", right(count), 0)
    assert result.measured.reached == points and f"{count / 10:.1%} of the questions answered right" in result.headline


def test_a_partial_score_is_a_success_and_the_card_says_what_comes_next(challenge, shown):
    mine = right(6)
    assert checks.check("99.1", mine) is mine
    html = shown[0]._repr_html_()
    assert 'alt="2 of 4 thresholds"' in html and "2 of 4 points" in html and "the next is 70%" in html
    assert "✓ 50%" in html and "✓ 70%" not in html and "width:60.0%" in html
    assert repr(shown[0]).startswith("✓ 99.1") and "1 of 1 exercise" in repr(shown[0])
    assert checks.check("99.1", right(1)) is challenge.reference
    assert 'alt="Not yet"' in shown[1]._repr_html_() and "the first threshold is 30%" in repr(shown[1])
    assert checks.check("99.1", right(10)) and "every threshold" in repr(shown[2])


@pytest.mark.parametrize(
    "answer, diagnosis, words",
    [
        (TRUTH[:9], "shape", "The shape is (9,), expected (10,). Return the number"),
        (np.eye(3)[TRUTH], "shape", "`argmax`"),
        (TRUTH + 0.5, "not-whole", "0.5 among your numbers"),
        (np.where(TRUTH == 1, np.nan, TRUTH), "not-finite", "NaNs"),
        (TRUTH + 1, "out-of-range", "There is 3 among your numbers; they go from 0 to 2"),
        (TRUTH - 1, "out-of-range", "There is -1"),
        (["yes"] * 10, "not-an-array", "returns a list"),
        (None, "returns-nothing", "returns nothing"),
    ],
)
def test_an_answer_without_a_score_is_told_what_to_return(challenge, answer, diagnosis, words):
    result = checks.verdict("99.1", lambda x: answer, 0)
    assert result.diagnosis == diagnosis and words in result.headline and result.got
    assert result.score == 0 and result.measured is None and not result.accepted


def test_whole_numbers_of_any_type_are_choices(challenge):
    for kind in (TRUTH.tolist(), TRUTH.astype(float), jnp.asarray(TRUTH, jnp.uint8)):
        assert checks.verdict("99.1", lambda x, kind=kind: kind, 0).passed
    assert checks.verdict("99.1", lambda x: 1 / 0, 0).diagnosis == "exception"
    assert challenge_judge([], []).score == 0


def test_what_was_checked_is_not_trained_again_unless_the_grader_asks(challenge, monkeypatch):
    runs = []

    def trained(*args):
        runs.append(1)
        return right(10)(*args)

    checks.check("99.1", trained)
    assert checks.grade("99.1", trained) == 4 and len(runs) == 1
    assert checks.grade("99.1", lambda *args: trained(*args)) == 4 and len(runs) == 2, "another function is run"
    monkeypatch.setenv("COURSE_GRADING_SEED", "5")
    assert checks.grade("99.1", trained) == 4 and len(runs) == 3


def test_what_the_grader_trains_with_and_asks_is_not_cut_short(challenge, monkeypatch):
    """A challenge draws its data by sizes that COURSE_FAST reduces: a right answer would learn from too little."""

    def cases(seed):
        assert not runtime.is_fast()
        return challenge_cases(seed)

    made = dataclasses.replace(challenge, cases=cases)
    monkeypatch.setattr(checks, "_exercises_of", lambda number: (made,))
    monkeypatch.setenv("COURSE_FAST", "1")
    monkeypatch.setenv("COURSE_GRADING_SEED", "7")
    assert checks.grade("99.1", right(10)) == 4 and runtime.is_fast()


def test_training_is_left_out_in_a_hurry_and_never_cut_short_by_the_grader(challenge, shown, monkeypatch):
    runs = []

    def trained(x):
        runs.append(os.environ.get("COURSE_FAST"))
        return TRUTH

    monkeypatch.setenv("COURSE_FAST", "1")
    assert checks.check("99.1", trained) is trained and checks.grade("99.1", trained) == 0 and not runs
    html = shown[0]._repr_html_()
    assert 'alt="Not run"' in html and "points" not in html and "your version" in repr(shown[0])
    monkeypatch.setenv("COURSE_GRADING_SEED", "7")
    assert checks.grade("99.1", trained) == 4 and runs == [None] and os.environ["COURSE_FAST"] == "1"
    assert checks.check("99.1", trained) is trained and len(runs) == 1, "the grader needs no card"


# ---- functions that the notebook trains with


def test_a_right_answer_that_cannot_be_compiled_is_right_but_not_trained_with(shown):
    exercise = checks.find("01.3")

    def with_jax(params, v, h):
        return jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"]) @ params["P"] + params["b"]

    def with_numpy(params, v, h):
        return np.tanh(v @ params["U"]) * np.tanh(h @ params["V"]) @ params["P"] + params["b"]

    def with_lists(params, v, h):
        return list(with_jax(params, v, h))

    assert checks.check("01.3", with_jax) is with_jax
    for fn in (with_numpy, with_lists):
        assert checks.check("01.3", fn) is exercise.reference and checks.grade("01.3", fn) == 4
        assert "4 of 4 points" in repr(shown[-1]) and "write `jnp`" in repr(shown[-1])
        assert "For now, this notebook runs the course's version" in repr(shown[-1])


@pytest.mark.parametrize("fast, count", [("1", 2), ("steps", 5), ("", 5)])
def test_in_a_hurry_one_case_of_each_part_is_asked_and_the_card_says_so(monkeypatch, fast, count):
    """Grading sets ``steps``: few steps of training, and all cases."""
    monkeypatch.setenv("COURSE_FAST", fast)
    asked = []

    def counted(*args):
        asked.append(args)
        return checks.find("01.1").reference(*args)

    verdict = checks.verdict("01.1", counted, 0)
    assert verdict.passed and len(asked) == count
    assert ("tries one of each part" in verdict.headline) == (fast == "1")
