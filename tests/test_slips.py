"""General slips are told in any exercise, by sentences made from its signature, after the exercise's own mistakes."""

import numpy as np
import pytest

from course_utils.exercises.core import Case, Mistake
from course_utils.exercises.judges import Output, judge_outputs, judge_values

pytestmark = pytest.mark.newest


def mix(params, table, other, mask):
    return np.where(mask[:, None], params["scale"] * table - other**2, 0) @ params["W"] + params["b"]


def cases():
    rng = np.random.default_rng(0)
    return [
        Case(({"W": rng.normal(size=(k, 4)), "b": rng.normal(size=4), "scale": 1.5}, *rng.normal(size=(2, n, k)), np.arange(n) % 3 > 0), "")
        for n, k in ((5, 3), (7, 4))
    ]


def verdict(fn, mistakes=()):
    return judge_values(cases(), [fn(*case.args) for case in cases()], mix, mistakes, returns="a table")


SLIPS = {
    "ignores-mask": lambda p, t, o, m: mix(p, t, o, m | True),
    "ignores-other": lambda p, t, o, m: mix(p, t, 0 * o, m),
    "ignores-b": lambda p, t, o, m: mix(p | {"b": 0}, t, o, m),
    "ignores-scale": lambda p, t, o, m: mix(p | {"scale": 1}, t, o, m),
    "exchanged-table-other": lambda p, t, o, m: mix(p, o, t, m),
    "reversed-table": lambda p, t, o, m: mix(p, t[::-1], o, m),
    "first-of-table": lambda p, t, o, m: mix(p, t[0], o, m),
    "transposed": lambda *a: mix(*a).T,
    "axis-kept": lambda *a: mix(*a)[..., None],
    "first-only": lambda *a: mix(*a)[0],
    "averaged": lambda *a: mix(*a).mean(0),
    "summed": lambda *a: mix(*a).sum(),
    "softmax": lambda *a: np.exp(mix(*a)) / np.exp(mix(*a)).sum(-1, keepdims=True),
}


@pytest.mark.parametrize("key", SLIPS)
def test_a_slip_is_told_by_its_key_and_the_names_of_the_signature(key):
    found = verdict(SLIPS[key])
    assert found.diagnosis == key and not found.passed
    assert all(f"`{name}`" in found.headline for name in key.split("-")[1:] if name in ("mask", "other", "b", "scale", "table"))


def test_what_the_exercise_lists_comes_first():
    own = Mistake("ignores-mask", "Hidden rows count, too.", SLIPS["ignores-mask"])
    assert verdict(SLIPS["ignores-mask"], [own]).headline == "Hidden rows count, too."
    assert verdict(SLIPS["ignores-b"], [own]).diagnosis == "ignores-b"


def test_one_of_several_outputs_knows_the_signature():
    outputs = [Output(name, k, 0.5, "a table", ()) for k, name in enumerate(("first", "second"))]

    def both(*args):
        return mix(*args), mix(*args) + 1

    def two(params, table, other, mask):
        return both(params, table, other, mask)

    answers = [[mix(*case.args), SLIPS["reversed-table"](*case.args) + 1] for case in cases()]
    found = judge_outputs(cases(), answers, two, outputs)
    assert found.diagnosis == "reversed-table" and found.headline.startswith("second: ") and found.score == 0.5


def test_zeros_strange_answers_and_rows_alike_are_no_slips():
    assert verdict(lambda p, t, o, m: np.zeros((len(t), 4))).diagnosis == "all-zero"
    assert verdict(lambda p, t, o, m: "text").diagnosis == "not-an-array"
    assert verdict(lambda p, t, o, m: np.full((len(t), 4), np.nan)).diagnosis == "not-finite"
    assert verdict(lambda *a: np.repeat(mix(*a)[:1], len(a[1]), 0)).diagnosis == "rows-alike"
