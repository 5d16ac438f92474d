"""Notebook 01's pictures and its widget: tidy, described in words, and never silent about what cannot be read."""

import re
from html import unescape

import jax
import numpy as np
import pytest
from flax import nnx

from course_utils.errors import BadInput
from course_utils.models import fusion
from course_utils.models.fusion.encoders import FeatureConfig, LSTMConfig
from course_utils.show.fusion.pictures import looks, pairs
from course_utils.show.fusion.pipeline import QUESTION, pipeline, scene
from course_utils.show.fusion.question_box import question_box
from course_utils.show.scene_text import read_scene
from course_utils.towers import grid
from course_utils.world import questions
from course_utils.world.questions import ANSWERS

IMAGE = FeatureConfig(tokens=9, features=grid.FEATURES, width=8)
SAYS = "what colour is the dog?"


def config(meeting=fusion.StackConfig(width=5), **parts) -> fusion.VQAConfig:
    return fusion.VQAConfig(image=IMAGE, question=LSTMConfig(width=8), fusion=meeting, hidden=7, **parts)


def model(configured: fusion.VQAConfig, says: str = "") -> fusion.VQAClassifier:
    """Untrained; with ``says``, one that is sure of an answer."""
    made = fusion.VQAClassifier(configured, rngs=nnx.Rngs(0))
    if says:
        made.classify.bias[...] = made.classify.bias[...].at[ANSWERS.index(says)].set(20.0)
    return made


@pytest.fixture(scope="module")
def widget():
    models = {"<blind>": model(config().blind(), "banana"), "looks": model(config(), "red"), "pools": model(config(fusion.PoolingConfig()))}
    return question_box(models, "red dog top left, blue cat", SAYS)


def words(widget) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>|&nbsp;", " ", widget.figure.data)))


def asked(widget, **fields) -> str:
    for name, text in fields.items():
        widget.controls[name].value = text
    return words(widget)


# ---- boards


def test_the_pipeline_is_tidy_and_its_question_has_the_answer_that_it_shows():
    board = pipeline()
    assert board.lint() == [] and len(board.alt.split()) <= 40 and "schematic" in board.alt
    assert not any(re.search(r"\d%|0\.\d", text.get_text()) for text in board.ax.texts)  # nothing looks measured
    asked = questions.read([" ".join(QUESTION).replace(" ?", "?")])
    assert ANSWERS[questions.answer(scene(), asked)[0]] == "guitar"


LONGEST = max(questions.all_texts(), key=len)


@pytest.mark.parametrize("texts", [("is there a dog?",) * 3, (LONGEST, "is there a dog?", LONGEST), (LONGEST,), ("is there a dog?",) * 5])
def test_pairs_are_tidy_however_many_and_long(texts):
    pictures = np.random.default_rng(0).integers(0, 256, (2, 96, 96, 3), np.uint8)
    board = pairs([(pictures, text, ["watermelon", "motorcycle"]) for text in texts])
    assert board.lint() == [] and texts[0] in board.alt


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("question", ["is there a dog?", LONGEST])
@pytest.mark.parametrize("said", ["strawberry", "red"])
def test_looks_are_tidy_and_print_the_shares_that_count(count, question, said):
    maps = np.array([[0.04, 0.05, 0.91, 0, 0, 0, 0, 0, 0], [1 / 9] * 9, [0, 0, 0, 0, 1, 0, 0, 0, 0]])[:count]
    board = looks(np.zeros((96, 96, 3), np.uint8), question, "strawberry", maps, said)
    assert board.lint() == []
    printed = [text.get_text() for text in board.ax.texts]
    assert "91%" in printed and "5%" in printed and "4%" not in printed
    assert ("and is right" in printed[0]) == (said == "strawberry") and said in board.alt
    assert "91% to the top right" in board.alt


@pytest.mark.parametrize("shape", [(9,), (0, 9), (4, 9), (2, 10)])
def test_maps_of_another_shape_are_refused(shape):
    with pytest.raises(BadInput, match="9 shares"):
        looks(np.zeros((96, 96, 3), np.uint8), "is there a dog?", "yes", np.ones(shape), "no")


# ---- the widget


def test_the_page_says_the_truth_and_what_each_model_answers(widget):
    page = asked(widget, scene="red dog top left, blue cat", question=SAYS)
    assert "the truth red" in page
    assert re.search(r"<blind> question only says banana ✗ wrong", page)
    assert re.search(r"looks picture and question says red ✓ right", page)
    assert page.count("✓ red") == 3  # marked for every model, and added where it is not among the first five
    assert f"of {len(ANSWERS)}: ✓ red" in page
    assert page.count("look 1") == page.count("look 2") == 1
    alts = re.findall(r"<img alt=\"([^\"]*)\"", widget.figure.data)
    assert len(alts) == 3 and "red dog top left" in alts[0] and alts[1].startswith("Look 1 of looks: ")


def test_probabilities_and_maps_are_those_of_the_model(widget):
    shown = read_scene("red dog top left, blue cat")
    made = model(config())
    logits, aux = made(grid.scene_features(shown), questions.read([SAYS]).tokens(14))
    page = asked(question_box({"looks": made}, "red dog top left, blue cat", SAYS))
    p = np.asarray(jax.nn.softmax(logits[0]))
    assert f"says {ANSWERS[p.argmax()]}" in page and f"{p.max():.0%}" in page
    assert f"look 2 {float(aux['maps'][0, 1].max()):.0%}" in page


@pytest.mark.parametrize("question", ["What color is the Dog", " what colour  is the dog ?? ", "what colour is the dog."])
def test_small_slips_of_typing_are_read(widget, question):
    assert "the truth red" in asked(widget, scene="red dog", question=question)


def test_a_question_that_cannot_be_read_leaves_the_picture_and_names_close_ones(widget):
    page = asked(widget, scene="red dog", question="what <i>hue</i> is the dog?")
    assert "cannot be read" in page and "is the dog?" in page.partition("Close to it")[2]
    assert "data:image/png" in widget.figure.data and "<i>" not in widget.figure.data
    assert "such as" in asked(widget, question=" ")


def test_a_scene_that_cannot_be_drawn_leaves_the_question_and_the_blind_model(widget):
    page = asked(widget, scene="green dgo", question=SAYS)
    assert "'dgo' is no kind" in page and "says banana" in page and page.count("It needs a picture.") == 2
    assert "such as" in asked(widget, scene="")


def test_nothing_can_be_read_and_then_it_recovers(widget):
    page = asked(widget, scene="green dgo", question="who?")
    assert "cannot be drawn" in page and "cannot be read" in page
    assert "the truth blue" in asked(widget, scene="blue dog", question=SAYS)


def test_a_question_without_an_answer_says_why_and_models_answer_all_the_same(widget):
    page = asked(widget, scene="dog, blue dog", question=SAYS)
    assert "there is more than one dog" in page and "says banana" in page and "✓" not in page and "✗" not in page


def test_models_that_cannot_be_compared_are_refused():
    with pytest.raises(BadInput, match="at least one model"):
        question_box({})
    with pytest.raises(BadInput, match="'few'"):
        question_box({"few": model(config(answers=7))})
