"""Notebook 03's figures: tidy whatever was measured, and honest about it."""

import numpy as np
import pytest
from shared import ANY_VALUES, NO_PERCENTAGES, any_recording, estimate, said, tidy

from course_utils.arms import Arm
from course_utils.errors import BadInput
from course_utils.experiments.dual_encoder import binding, pretrained
from course_utils.models.dual_encoder import pictures
from course_utils.nn import pixels
from course_utils.show import dual_encoder as F
from course_utils.show.dual_encoder import search

CHANGES = ("another thing", "another colour", "colours swapped")


@ANY_VALUES
def test_results_are_tidy_whatever_was_measured(seed, low, high):
    recorded = any_recording("03", seed, low, high)
    for live, guess in (({"twemoji": (low + high) / 2}, 35), ({}, None)):
        tidy(F.retrieval(recorded, live, guess, gallery=807))
    tidy(F.binding(recorded, dict.fromkeys(CHANGES, high)))
    tidy(F.binding(recorded, {}))


def test_titles_say_what_was_recorded():
    recorded = any_recording("03", 0, 0.2, 0.3)
    for style in ("noto", "twemoji", "fluent"):
        recorded[Arm(left_out=style, variation="augmented"), "text R@1"] = estimate(0.24)
        recorded[Arm(left_out=style, pixels="nearest"), "text R@1"] = estimate(0.08)
    assert "3.0 to 3.0 times" in said(F.retrieval(recorded, {}, gallery=807))
    recorded[binding.ARMS[0], "colours swapped"] = estimate(0.5)
    assert "right in 50 of 100" in said(F.binding(recorded, {}))


@NO_PERCENTAGES
def test_a_guess_that_is_no_percentage_is_refused(guess):
    with pytest.raises(BadInput, match="percent"):
        F.retrieval(any_recording("03"), {}, guess, gallery=807)


def drawn(n: int) -> np.ndarray:
    return pictures.pictures("noto", np.arange(n) * 7, pictures.TEST, 1)


def test_pictures_of_the_idea_are_tidy():
    tidy(F.towers())
    picture = drawn(1)
    tidy(F.patches(picture[0], np.asarray(pixels.patchify(picture, 8))[0], 8))
    with pytest.raises(ValueError, match="up to 16 patches, not 64"):
        F.patches(picture[0], np.asarray(pixels.patchify(picture, 4))[0], 4)
    names = ["tiger", "red heart", "bus", "face with tears of joy", "key", "tulip", "penguin", "owl"]
    tidy(F.pairs(drawn(8), names, drawn(8), names, styles=("noto", "fluent"), left_out="twemoji"))
    caption = "there is a purple watermelon and a yellow sailboat"
    tidy(F.two_scenes(list(drawn(2)), [caption, caption], np.array([[0.5, 0.5], [0.25, 0.75]])))


def test_tables_of_cosines_mark_the_best_name_and_count_the_right_ones():
    rng = np.random.default_rng(0)
    names = ["tiger", "red heart", "bus", "long name here", "key", "tulip", "penguin", "owl"]
    right = np.eye(8) + 0.1 * rng.normal(size=(8, 8))
    board = F.similarities(drawn(8), names, {"before": rng.normal(size=(8, 8)), "after": right})
    tidy(board)
    assert "after: 8 of 8 right" in said(board)
    with pytest.raises(ValueError, match="n is 8"):
        F.similarities(drawn(8), names, {"wrong": np.zeros((7, 8))})


def test_what_is_found_is_marked():
    found = np.stack([drawn(5)] * 3)
    board = F.rankings(
        ["a kind of fruit", "a musical instrument", "a bird"],
        found,
        np.full((3, 5), 0.31),
        np.eye(3, 5) > 0,
        title="Three searches",
        subtitle="Top 5.",
    )
    tidy(board)
    assert "a bird 1" in board.alt


def test_the_search_box_finds_says_what_it_cannot_read_and_survives_nothing():
    model = pretrained.untrained()
    cache = search._cache(model, "fxemoji")
    page = search.search_page(model, cache, "a yellow fruit", "fxemoji").data
    assert page.count("<img") == 12 and "fxemoji" in page
    page = search.search_page(model, cache, "Obst <b>", "fxemoji").data
    assert "obst, b" in page or "obst" in page and "<b>" not in page
    for nothing in ("", "   ", "!!"):
        assert "Type something" in search.search_page(model, cache, nothing, "fxemoji").data
    with pytest.raises(KeyError):
        F.search_box(model, styles=("crayon",))
