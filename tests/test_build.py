"""From the hand-written form to the executed and the released notebook, and what refuses a wrong one."""

import re
import shutil

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
import nbformat

from conftest import NOTEBOOKS, ROOT
from course_utils.instructor import build
from course_utils.instructor.assemble import GRADED_LINE, assemble, release_stamp
from course_utils.instructor.release import leaks, secrets
from course_utils.instructor.source import SourceError, read

TINY = "07_tiny"


def source_of(course):
    return course / "solutions" / TINY / f"{TINY}.py"


def edited(course, old, new, count=1):
    """Replaces text in the tiny course's source; says so if it is not there."""
    path = source_of(course)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))
    return path


@pytest.fixture
def authored(tmp_path):
    """The tiny course's hand-written files only: enough to read and assemble."""
    return shutil.copytree(ROOT / "tests/fixtures/course", tmp_path / "authored")


# --- the marker language


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("points=4 ", "", 18, "exercise 07.1 has no points"),
        ("points=4", "points=0", 18, "above 0"),
        ("points=4", 'points="four"', 18, "cannot be 'four'"),
        ("difficulty=1", "difficulty=4", 18, "is 1, 2 or 3, not 4"),
        ("minutes=2", "minuts=2", 18, "unknown marker 'minuts'"),
        ('exercise="07.1"', 'exercise="08.1"', 18, "no cell marked solution="),
        ("07.1", "08.1", 18, "must be '07.' and a number"),
        ("# Hint: Which two factors?", "# Which two factors?", 18, "has 1 hints"),
        ('name="square"', 'name="sqare"', 25, "does not define 'sqare'"),
        ("    ### END SOLUTION\n", "", 25, "in pairs"),
        ('# %% check="07.1"', "# %%", 18, "no cell marked check="),
        ('# %% solution="07.2"', '# %% solution="07.1"', 52, "exists twice (first in line 25)"),
        ('# %% graded="07.1"', '# %% graded="07.1" check="07.1"', 39, "a cell has one role"),
        ("3.0 * (negate(41) == -41)", "score = 3.0", 65, "must be the number of points"),
        ("3.0 * (negate(41) == -41)", "grade('07.1', negate)", 65, "names exercise 07.1"),
        ("3.0 * (negate(41) == -41)", "### BEGIN HIDDEN TESTS\n3", 65, "written by the build"),
        ("\n7 * 11", "\n### BEGIN SOLUTION\n7 * 11\n### END SOLUTION", 15, "outside a cell marked solution="),
        ("# %% setup", "# %%", 7, "is the empty cell `# %% setup`"),
        ("# %% setup", "# %% setup\nimport course_utils", 7, "the build writes it"),
        ("# Rubric: ", "# For graders: ", 68, "has no rubric"),
        ("# Both factors have the same sign, so the product is positive or zero.\n", "", 73, "has no model answer"),
        ('[markdown] answer="07.q1"', 'answer="07.q1"', 73, "is a markdown cell"),
        ("product_of_itself = x * x", "product_of_itself = x *", 25, "is not Python"),
    ],
)
def test_a_mistake_in_a_marker_is_named_with_its_line(authored, old, new, line, says):
    path = edited(authored, old, new, count=9)
    with pytest.raises(SourceError) as error:
        read(path)
    assert any(text.startswith(f"{path}:{line}: ") and says in text for text in str(error.value).split("\n")), error.value


def test_cells_in_the_wrong_order_are_refused(authored):
    path = source_of(authored)
    head, check, graded, rest = re.split(r'(?=# %% check="07.1"|# %% graded="07.1"|# %% \[markdown\] exercise="07.2")', path.read_text())
    path.write_text(head + graded + check + rest)
    with pytest.raises(SourceError, match="not in the order exercise, solution, check, graded"):
        read(path)


def test_every_mistake_is_reported_at_once(authored):
    edited(authored, "points=4", "points=0")
    path = edited(authored, "# Rubric: ", "# ")
    with pytest.raises(SourceError) as error:
        read(path)
    assert len(str(error.value).split("\n")) == 2


# --- the notebook that is made of it


def by_id(nb):
    return {cell.id: cell for cell in nb.cells}


def test_roles_points_and_ids(authored):
    cells = by_id(assemble(read(source_of(authored)), authored))
    roles = {key: cell.metadata.nbgrader for key, cell in cells.items() if "nbgrader" in cell.metadata}
    assert list(roles) == [
        "ex-07-1-solution",
        "ex-07-1-check",
        "ex-07-1-graded",
        "ex-07-2-solution",
        "ex-07-2-check",
        "ex-07-2-graded",
        "ex-07-q1-question",
        "ex-07-q1-answer",
    ]
    assert all(role.grade_id == key and role.schema_version == 3 for key, role in roles.items())
    assert {key: role.points for key, role in roles.items() if role.grade} == {
        "ex-07-1-graded": 4,
        "ex-07-2-graded": 3,
        "ex-07-q1-answer": 2,
    }
    assert roles["ex-07-1-check"].locked and not roles["ex-07-1-solution"].locked


def test_an_inserted_cell_changes_no_other_cells_id(authored):
    path = source_of(authored)
    before = [cell.id for cell in assemble(read(path), authored).cells]
    edited(authored, "# %% deterministic=true", "# %%\nprint(13)\n\n# %% deterministic=true")
    after = [cell.id for cell in assemble(read(path), authored).cells]
    assert [key for key in after if key in before] == before and len(after) == len(before) + 1


def test_equal_cells_have_different_ids(authored):
    path = edited(authored, "# %% deterministic=true", "# %%\nprint(13)\n\n# %%\nprint(13)\n\n# %% deterministic=true")
    ids = [cell.id for cell in assemble(read(path), authored).cells]
    assert len(set(ids)) == len(ids)


def test_header_hints_badge_and_rubric_are_rendered(authored):
    nb = assemble(read(source_of(authored)), authored)
    cells = by_id(nb)
    first, second = cells["ex-07-1-text"].source, cells["ex-07-2-text"].source
    assert first.startswith("### Exercise 07.1 · Square a number\n\n**4 points** · difficulty ●○○ · about 2 min · `square`\n\n")
    assert "Hint:" not in first and first.count("<details><summary>Hint ") == 2
    assert "**Further** · **3 points** · difficulty ●●●" in second and "\n    -1\n" in second
    assert "colab.research.google.com/github/someone/tiny-course/blob/main/notebooks/07_tiny/07_tiny.ipynb" in nb.cells[0].source
    assert "One point for naming both signs" in cells["ex-07-q1-question"].source
    assert "someone/tiny-course@main" in cells["setup"].source
    assert [c.metadata.get("tags") for c in nb.cells if c.source == "7 * 11"] == [["nbval-check-output"]]


def test_the_release_stamp_changes_with_what_is_gradable_only(authored):
    path = source_of(authored)
    stamp = release_stamp(read(path))
    edited(authored, "A square is a product.", "Multiply.")
    edited(authored, "product_of_itself", "product", count=2)
    edited(authored, "range(2, 99)", "range(3, 99)")
    assert release_stamp(read(path)) == stamp
    edited(authored, "def negate(x: float)", "def negate(x)")
    assert release_stamp(read(path)) != stamp


# --- what is built


def test_the_release_is_the_same_bytes_every_time(tiny, course):
    released = build.places(course, TINY)[1]
    before = released.read_bytes()
    released.unlink()
    assert build.main(["07", "--no-execute"], course) == 0
    assert released.read_bytes() == before == build.places(tiny, TINY)[1].read_bytes()


def test_the_release_has_stubs_and_nothing_for_graders(tiny):
    cells = by_id(nbformat.read(build.places(tiny, TINY)[1], as_version=4))
    assert cells["ex-07-1-solution"].source.endswith("    # YOUR CODE HERE\n    raise NotImplementedError")
    assert cells["ex-07-1-graded"].source == GRADED_LINE
    assert cells["ex-07-q1-answer"].source == "YOUR ANSWER HERE"
    assert "ubric" not in cells["ex-07-q1-question"].source and "MARK SCHEME" not in cells["ex-07-q1-question"].source
    assert not any(cell.get("outputs") for cell in cells.values())
    found = secrets(read(source_of(tiny)))
    assert "return product_of_itself" in found and "3.0 * (negate(41) == -41)" in found
    assert any("Both factors" in line for line in found) and any("naming both signs" in line for line in found)
    text = build.places(tiny, TINY)[1].read_text()
    assert not any(line in text for line in found)


def test_the_solution_is_executed_and_depends_on_no_machine(tiny):
    nb = nbformat.read(build.places(tiny, TINY)[0], as_version=4)
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert by_id(nb)["ex-07-1-check"].outputs[0].text == "good\n"
    assert "version" not in nb.metadata.language_info and "jupytext" not in nb.metadata and "widgets" not in nb.metadata
    assert not any("execution" in cell.metadata for cell in code)


def output(**kwargs):
    cell = nbformat.v4.new_code_cell("draw()", outputs=[nbformat.v4.new_output(**kwargs)])
    nb = nbformat.v4.new_notebook(cells=[cell])
    return nb, lambda: build.normalise(nb, TINY) or nb.cells[0].outputs


def test_normalise_keeps_what_a_terminal_would_show():
    _, outputs = output(output_type="stream", name="stderr", text="\r 0%\r 50%\r100%\ndone\n")
    assert outputs()[0].text == "100%\ndone\n"


def test_normalise_drops_widgets_that_have_no_kernel():
    _, outputs = output(output_type="display_data", data={"text/plain": "IntSlider()", "application/vnd.jupyter.widget-view+json": {}})
    assert outputs() == []


@pytest.mark.parametrize("text", ["<object at 0x7f3a5c001230>", "/home/ann/course/x.py:3: UserWarning", "/tmp/abc123/a.png"])
def test_normalise_refuses_what_differs_on_every_machine(text):
    _, outputs = output(output_type="stream", name="stdout", text=text)
    with pytest.raises(build.BuildError, match="different on every machine"):
        outputs()


def test_a_failing_solution_is_not_built(course, capsys):
    edited(course, 'print("seven")', "1 / 0")
    assert build.main([], course) == 1
    assert "a cell of the solution fails" in capsys.readouterr().err


def test_an_unknown_number_is_named(course, capsys):
    assert build.main(["03"], course) == 1
    assert "There is no notebook 03" in capsys.readouterr().err


# --- what CI refuses


def check(course, capsys):
    status = build.main(["--check"], course)
    return status, "".join(capsys.readouterr())


def test_check_accepts_what_was_just_built(tiny, capsys):
    assert check(tiny, capsys) == (0, f"{TINY}: up to date\n")


def test_check_refuses_a_source_that_is_newer(course, capsys):
    edited(course, "as small as they can be", "small")
    status, text = check(course, capsys)
    assert status == 1 and "is older than its source: run `make build NN=07`" in text


@pytest.mark.parametrize("change", [{"source": "print(8)"}, {"id": "x"}, {"metadata": nbformat.from_dict({"tags": ["x"]})}], ids=str)
def test_check_refuses_an_edited_cell_id_or_metadata(course, monkeypatch, change):
    place = build.places(course, TINY)[0]
    monkeypatch.setattr(build, "release", lambda nb, name, root: build.places(root, name)[1].read_bytes())  # it was not edited
    assert build.check(source_of(course), course) == []
    nb = nbformat.read(place, as_version=4)
    nb.cells[2].update(change)
    nbformat.write(nb, place)
    (fault,) = build.check(source_of(course), course)
    assert "is not what the source says" in fault


def test_check_refuses_a_solution_that_was_not_executed(course, capsys):
    edited(course, "7 * 11", "7 * 13")
    assert build.main(["--no-execute"], course) == 1 and "run `make build NN=07`" in capsys.readouterr().err
    build.places(course, TINY)[0].unlink()
    assert build.main(["--no-execute"], course) == 0
    status, text = check(course, capsys)
    assert status == 1 and "was not executed" in text


def test_new_words_and_a_new_version_are_built_without_running_anything(course, capsys, monkeypatch):
    solved = build.places(course, TINY)[0]
    outputs = [cell.get("outputs") for cell in nbformat.read(solved, as_version=4).cells]
    edited(course, "as small as they can be", "small")
    (course / "pyproject.toml").write_text((course / "pyproject.toml").read_text().replace("1.2.0.dev0", "1.2.0"))
    monkeypatch.setattr(build, "execute", None)
    assert build.main(["--no-execute"], course) == 0
    assert check(course, capsys)[0] == 0
    assert [cell.get("outputs") for cell in nbformat.read(solved, as_version=4).cells] == outputs
    assert all("someone/tiny-course@v1.2.0" in place.read_text() for place in build.places(course, TINY))


def test_check_refuses_a_drifted_stub(course, capsys):
    place = build.places(course, TINY)[1]
    place.write_text(place.read_text().replace("def square(x: float)", "def square(y: float)"))
    status, text = check(course, capsys)
    assert status == 1 and "a stub has drifted" in text


@pytest.mark.parametrize(
    "secret",
    ["return product_of_itself", "3.0 * (negate(41) == -41)", "One point for naming both signs, one for the product of equal signs."],
)
def test_check_refuses_a_leak_in_the_notebook_and_beside_it(course, capsys, secret):
    place = build.places(course, TINY)[1]
    nb = nbformat.read(place, as_version=4)
    nb.cells[0].source += f"\n{secret} # so"
    nbformat.write(nb, place)
    (place.parent / "notes.txt").write_text(f"see {secret} # so")
    status, text = check(course, capsys)
    assert status == 1 and text.count("which is for graders only") == 2 and "is not built from any source" in text


def test_check_refuses_a_missing_build(course, capsys):
    build.places(course, TINY)[1].unlink()
    assert "was never built" in check(course, capsys)[1]


def test_check_refuses_a_solution_that_is_too_large(course, capsys, monkeypatch):
    monkeypatch.setattr(build, "LARGEST", 3000)
    assert "has more than" in check(course, capsys)[1]
    assert build.main(["--no-execute"], course) == 1 and "smaller figures" in capsys.readouterr().err


# --- the course's own notebooks


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_built_notebooks_are_up_to_date(name):
    """Released again, in another process at another time, they have the bytes that are committed."""
    assert build.check(ROOT / "solutions" / name / f"{name}.py", ROOT) == []


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_solution_leaks_into_any_released_notebook(name):
    assert leaks(read(ROOT / "solutions" / name / f"{name}.py"), ROOT / "notebooks") == []
