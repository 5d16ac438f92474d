"""Notebook 04's figures and widget: tidy whatever was measured, with alternative text."""

import numpy as np
import pytest
from flax import nnx
from shared import ANY_VALUES, NO_PERCENTAGES, any_recording, tidy
from shared import said as said_on

from course_utils.arms import Arm
from course_utils.errors import BadInput
from course_utils.models import fusion_encoder as fe
from course_utils.show import fusion_encoder as F
from course_utils.show.fusion_encoder import attention
from course_utils.world.things import PLACES


def pictures(count):
    return np.random.default_rng(0).integers(0, 255, (count, 12, 12, 3)).astype(np.uint8)


@ANY_VALUES
def test_figures_are_tidy_whatever_was_measured(seed, low, high):
    recorded = any_recording("04", seed, low, high)
    tidy(F.binding(recorded, {Arm(model="dual", depth=0): low, Arm(stream="single", negatives="hard"): high}, 35), words=55)
    tidy(F.binding(recorded, {}), words=55)
    tidy(F.negatives(recorded))
    tidy(F.objectives(recorded))
    tidy(F.exchanges(recorded, {(Arm(stream="single", negatives="hard", exchanged="its thing"), "follows"): low}))
    tidy(F.cost(recorded, 128, (2, 4, 8, 16), {"dual": {"R@1": low, "passes": 256}}))


@NO_PERCENTAGES
def test_a_guess_is_a_percentage(guess):
    with pytest.raises(BadInput, match="from 0 to 100"):
        F.binding(any_recording("04"), {}, guess)


def test_the_diagram_and_pictures_are_tidy():
    tidy(F.architectures())
    captions = ("there is a purple umbrella and a yellow guitar", "there is a yellow umbrella and a purple guitar")
    tidy(F.twins([(pictures(2), captions)]), words=50)
    tidy(F.shortlist(captions[0], pictures(4), [False, True, False, False], range(4), [1, 0, 3, 2]))
    missed = F.shortlist(captions[0], pictures(4), [False] * 4, range(4), [1, 0, 3, 2])
    tidy(missed)
    assert "not on this shortlist" in missed.alt


def test_a_transport_plan_is_a_table_of_shares():
    words, plan = ["<cls>", "a", "purple", "umbrella", "and", "a", "yellow", "watermelon"], np.full((8, 9), 1 / 72)
    board = F.transport(pictures(1)[0], words, PLACES, plan)
    tidy(board)
    assert "sum to 11.1% to 11.1%" in board.alt
    with pytest.raises(ValueError, match="a row a word, a column a region"):
        F.transport(pictures(1)[0], words, PLACES, plan.T)


def test_the_shortlist_says_how_far_the_right_one_moved():
    board = F.shortlist("a red car", pictures(3), [False, False, True], [0, 1, 2], [2, 0, 1])
    assert "from place 3 to place 1" in board.alt


@pytest.fixture(scope="module")
def model():
    return fe.FusionEncoder(fe.StreamConfig(depth=1), rngs=nnx.Rngs(0))


def test_a_word_looks_at_the_picture_in_every_head(model):
    board = attention.looks(model, "red car left, blue dog top right", "car", 1)
    tidy(board)
    assert board.alt.count("Head") == 4
    with pytest.raises(ValueError, match="not among them"):
        attention.looks(model, "red car left", "bus", 1)
    with pytest.raises(ValueError, match="never met a banana. It knows: car, dog"):
        attention.looks(model, "red car left, blue banana top", "car", 1, ("car", "dog"))


def test_an_exchange_names_the_word_that_looks_and_the_block():
    said, chances = ["there", "is", "a", "purple", "umbrella", "and", "a", "yellow", "guitar"], np.array([[1, 0], [0, 1], [1, 0]])
    board = F.exchange(
        1, pictures=pictures(3), look=np.eye(9)[0], places=(0, 1), said=said, at=4, words=("purple", "yellow"), chances=chances
    )
    tidy(board)
    assert "“umbrella” looks" in said_on(board) and "Look: block 1." in said_on(board)


def test_the_widget_is_useful_before_it_is_moved_and_says_what_is_wrong(model):
    widget = F.word_looks(model)
    assert widget.figure.alt
    widget.controls["word"].value = "elephant"
    assert "not among them" in widget.figure.data
    widget.controls["scene"].value = "red elephant"
    assert "<div" in widget.figure.data
    two = fe.FusionEncoder(fe.StreamConfig.tiny(), "two", rngs=nnx.Rngs(0))
    with pytest.raises(BadInput, match="single stream"):
        F.word_looks(two)
