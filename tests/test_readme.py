"""The README says what is: the notebooks there are, the one address, its picture as the code draws it."""

import importlib
import io
import pkgutil
import re

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("jupytext", reason="the instructor's tools are not part of this environment")

from conftest import ROOT
from course_utils.instructor import readme
from course_utils.instructor.assemble import repository

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_it_names_every_notebook_and_the_address_as_they_are():
    assert readme.stamp(TEXT, ROOT) == TEXT
    assert readme.stamp(TEXT.replace("git clone ", "git clone elsewhere/"), ROOT) == TEXT


def test_a_readme_without_its_markers_is_refused():
    with pytest.raises(ValueError, match="<!-- notebooks -->"):
        readme.stamp(TEXT.replace("<!-- notebooks -->", ""), ROOT)


def test_every_address_of_the_course_is_the_one_of_pyproject():
    url = repository(ROOT)
    notebooks = [p.read_text(encoding="utf-8") for p in ROOT.glob("*/*/[0-9][0-9]_*.ipynb")]
    assert notebooks
    for text in (TEXT, *notebooks):
        found = set(re.findall(r"(?:git\+|git clone )(https?://[^\s@\"]+)", text))
        badges = set(re.findall(r"colab\.research\.google\.com/github/([\w.-]+/[\w.-]+)", text))
        assert found <= {url} and badges <= {url.removeprefix("https://github.com/")}
        assert badges


def test_every_target_it_names_is_in_the_makefile():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z-]+)", TEXT, re.MULTILINE)) | set(re.findall(r"`make ([a-z-]+)", TEXT))
    assert named and named <= targets


@pytest.mark.parametrize("file, draw", [(readme.PICTURE, "diagrams.course_map"), (readme.GALLERY, "scene_gallery.scene_gallery")])
def test_its_pictures_are_what_the_code_draws(file, draw):
    module, function = draw.split(".")
    board = getattr(importlib.import_module(f"course_utils.show.{module}"), function)()
    kept = Image.open(ROOT / file).convert("RGB")
    drawn = Image.open(io.BytesIO(board.png())).convert("RGB")
    assert kept.size == drawn.size and f"]({file})" in TEXT
    # text is not set to the same pixel by every matplotlib
    assert np.abs(np.asarray(kept, float) - np.asarray(drawn, float)).mean() < 2, "run `make build`"


def test_its_example_of_the_world_runs():
    code = re.search(r"```python\n(import numpy.*?)```", TEXT, re.DOTALL).group(1)
    space: dict = {}
    exec(code, space)
    assert space["pictures"].shape == (4, 96, 96, 3) and len(space["pairs"].questions) == 1000


def test_it_counts_the_answers_that_are_graded_as_they_are():
    import answers

    for module in pkgutil.iter_modules(answers.__path__):
        importlib.import_module(f"answers.{module.name}")
    for listed, word in ((answers.WRONG, "wrong"), (answers.RIGHT, "right")):
        (least,) = re.findall(rf"more than ([\d,]+) {word}", TEXT)
        assert sum(map(len, listed.values())) > int(least.replace(",", ""))
