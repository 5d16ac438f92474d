"""Every right answer passes and every wrong one is told what it got wrong, on several seeds.

Where an answer trains a model, the course's own is trained once, in full. For `make test-full` are those beside it that
train the course's models for longer, and the three that take longest themselves. Of these, `make test` shows that they begin
as they did when they were last trained in full: batches, losses, rates and lengths of their runs, what they answer then, and the thresholds.
"""

import ast
import contextlib
import copy
import importlib.util
import inspect
import json
import pkgutil
import sys

import answers
import numpy as np
import pytest

from conftest import NOTEBOOKS, ROOT
from course_utils import registry, runtime, training
from course_utils.exercises import checks, core
from course_utils.experiments import canaries

MODULES = [importlib.import_module(f"answers.{module.name}") for module in pkgutil.iter_modules(answers.__path__)]
COLAB = importlib.util.find_spec("nbgrader") is None  # Colab's releases
LONGEST = ("03.7", "04.7", "06.7", "07.7")
BEGUN = ROOT / "tests/fixtures/challenges.json"  # what they begin with; who changes one means to, and trains it in full
TRAIN_LONG = ("challenge_two_hops", "challenge_noise", "challenge_gently", "challenge_short")


def _answers(of: str):
    return [
        pytest.param(key, *(answer if isinstance(answer, tuple) else (answer,)), marks=[pytest.mark.full] * (_name(answer) in TRAIN_LONG))
        for registered in (answers, *MODULES)
        for key, listed in getattr(registered, of, {}).items()
        for answer in listed
    ]


def _name(answer) -> str:
    return getattr(answer[0] if isinstance(answer, tuple) else answer, "__name__", "")


RIGHT, WRONG = _answers("RIGHT"), _answers("WRONG")
EXERCISES = [e for number in registry.TOPICS for e in checks._exercises_of(number)]


@pytest.fixture(autouse=True)
def soon(request):
    """One that may train is compiled well."""
    key = request.node.callspec.params.get("key")
    with runtime.compiled_soon(not key or not checks.find(key).trains):
        yield


OTHER = 20_000  # every test asks the same, so that programs are compiled once


def seeds(key: str) -> tuple[int, ...]:
    """The visible cases and others; an answer that may train a model is asked once.

    On Colab's releases the others are asked of the references and of the solutions' cells alone: what a release changes in a
    right answer is how its operations work, which are the same on all cases.
    """
    if checks.find(key).trains:
        return (OTHER,)
    return (0,) if COLAB else (0, OTHER)


@pytest.mark.parametrize("key, fn", RIGHT, ids=lambda v: getattr(v, "__name__", v))
def test_right_answers_pass(key, fn):
    for seed in seeds(key):
        verdict = checks.verdict(key, fn, seed)
        assert verdict.passed, (seed, verdict)


@contextlib.contextmanager
def numpy_for_jax(fn):
    """Inside, an answer and what it calls in its module compute in NumPy, which compiles nothing."""
    with pytest.MonkeyPatch.context() as patch:
        for names in (vars(sys.modules[fn.__module__]), getattr(inspect.unwrap(fn), "__globals__", {})):
            patch.setitem(names, "jnp", np)
        patch.setattr(core, "_fresh", copy.deepcopy)
        yield


@pytest.mark.newest
@pytest.mark.parametrize("key, fn, mistake, diagnosis", WRONG, ids=lambda v: getattr(v, "__name__", None))
def test_wrong_answers_are_told_why(key, fn, mistake, diagnosis):
    """What a mistake makes of its inputs is mostly the same in NumPy; where it is not, JAX decides."""
    with numpy_for_jax(fn):
        found = [checks.verdict(key, fn, seed) for seed in seeds(key)]
    if found[0].diagnosis != diagnosis:
        found = [checks.verdict(key, fn, seed) for seed in seeds(key)]
    verdict, *others = found
    assert not verdict.passed and verdict.diagnosis == diagnosis, (mistake, verdict)
    assert verdict.headline.endswith((".", "?", "…")) and verdict.got
    assert not any(other.passed for other in others)


@pytest.mark.parametrize(
    "key", [pytest.param(e.id, marks=[pytest.mark.newest] * e.trains + [pytest.mark.full] * (e.id in LONGEST)) for e in EXERCISES]
)
def test_the_reference_passes(key):
    """On Colab's releases training is shown by canaries, and its answers by those that do not train."""
    assert checks.verdict(key, checks.find(key).reference, OTHER).passed


def begun(key: str) -> dict[str, list[float]]:
    """How a challenge's own answer begins, as a canary tells it: its runs' first steps, and what it answers after them."""
    with training.first_steps(canaries.STEPS) as runs:
        (answer,) = core.answer(checks.find(key).reference, checks.find(key).cases(7))
    told = {name: numbers for k, run in enumerate(runs) for name, numbers in canaries.kept(k, run).items()}
    thresholds = importlib.import_module(checks.find(key).judge.__module__).THRESHOLDS
    return told | {"measure/answer": canaries.digest(answer / answer.max()), "measure/thresholds": [*thresholds]}


@pytest.mark.newest
@pytest.mark.parametrize("key", LONGEST)
def test_the_longest_references_begin_as_they_did(key):
    assert canaries.differences(json.loads(BEGUN.read_text())[key], begun(key)) == []


@pytest.mark.colab
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_solutions_cells_pass(name):
    """As they stand in the notebook, which is run cell by cell on the newest releases."""
    cells = json.loads((ROOT / "solutions" / name / f"{name}.ipynb").read_text())["cells"]
    code = {cell["id"]: "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"}
    space: dict = {}
    for source in code.values():
        if not source.lstrip().startswith(("%", "!")):
            imports = [node for node in ast.parse(source).body if isinstance(node, (ast.Import, ast.ImportFrom))]
            exec(compile(ast.Module(imports, []), name, "exec"), space)
    asked = 0
    for exercise in checks._exercises_of(name[:2]):
        if not exercise.trains:
            exec(code[f"ex-{exercise.id.replace('.', '-')}-solution"], space)
            assert checks.verdict(exercise.id, space[exercise.name], OTHER).passed, exercise.id
            asked += 1
            for node in ast.parse(code[f"ex-{exercise.id.replace('.', '-')}-check"]).body:  # the name it has from then on
                match node:
                    case ast.Assign(targets=[ast.Name(id=name_)], value=ast.Call(func=ast.Name(id="check"))):
                        space[name_] = space[exercise.name]
    assert asked


@pytest.mark.newest
@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda e: e.id)
def test_every_exercise_has_enough_answers(exercise):
    assert sum(p.values[0] == exercise.id for p in RIGHT) >= 2
    wrong = [p.values[-1] for p in WRONG if p.values[0] == exercise.id]
    own = set(wrong) - {"values", "shape", "exception", "empty", "returns-nothing", "not-an-array", "not-finite"}
    own -= {"all-zero", "only-0-and-1", "factor", "sign", "close", "no-negatives", "other-order", "rows-alike"}
    own -= {"one-of-several", "not-several", "exchanged", "not-words"}
    assert len(wrong) >= 4 and len(own) >= 3
