"""Notebook 02's figures: tidy whatever was measured, honest about it, and a widget that explains itself."""

import numpy as np
import pytest
from flax import nnx
from shared import ANY_VALUES, NO_PERCENTAGES, any_recording, estimate, tidy
from shared import said as said_on

from course_utils.arms import Arm
from course_utils.errors import BadInput
from course_utils.models import captioning
from course_utils.show import captioning as F
from course_utils.show.captioning import steps
from course_utils.world import captions, render, scenes


@ANY_VALUES
def test_figures_are_tidy_whatever_was_measured(seed, low, high):
    rng, recorded = np.random.default_rng(seed), any_recording("02", seed, low, high)
    scores = {k: {m: float(rng.uniform(low, high)) for m in ("exact", "SPICE", "CIDEr-D", "log-probability")} for k in (1, 2, 5, 10)}
    for board in (
        F.by_things(recorded, {"attention": dict.fromkeys(range(1, 6), low), "uniform": {1: high}}, 35),
        F.by_things(recorded, {}),
        F.pointing_game(recorded, {"kind": {"hits": low}}),
        F.exchanges(recorded, {(Arm(way="attention", exchanged="its thing"), "kind follows"): high}),
        F.beams(scores),
    ):
        tidy(board)


def test_pictures_are_tidy():
    drawn = scenes.sample(np.random.default_rng(1), 4, objects=(5, 5))
    pictures, texts = np.asarray(render.render(drawn, 96)), captions.caption(drawn)
    words = captioning.VOCAB.split(texts[0]) + ["<end>"]
    maps = np.random.default_rng(2).dirichlet(np.ones(9), len(words))
    boxes = [render.boxes(drawn[[i]], 64)[0] for i in range(4)]
    names = [["motorcycle"] * 5] * 4
    for board in (
        F.captioner(),
        F.captions(pictures, texts, "What is said", right=[True, False, True, False]),
        F.looks(pictures[0], words, maps),
        F.regions(pictures, boxes, names),
        F.first_maps(np.full((4, 16), 1 / 16), np.eye(16)[:4], ["a", "red", "car", "<end>"]),
    ):
        complaints = [c for c in board.lint() if "motorcycle" not in c]  # names of neighbouring boxes may touch
        assert complaints == [], board.alt
    with pytest.raises(BadInput, match="9 shares"):
        F.looks(pictures[0], words, maps[:-1])


@pytest.mark.parametrize("words", [("red", "blue"), ("strawberry", "watermelon")])
@pytest.mark.parametrize(("own", "twin"), [(1, 0), (0, 1), (0.5, 0.004)])
def test_an_exchange_is_told_with_its_control(words, own, twin):
    drawn = scenes.sample(np.random.default_rng(1), 3, objects=(5, 5))
    said = ["a", "purple", "motorcycle", ","] * 4 + ["a", words[0]]
    chances = np.array([[own, twin], [twin, own], [own, twin]])
    board = F.exchange(np.asarray(render.render(drawn, 96)), np.eye(9)[4], (4, 8), said, len(said) - 1, words, chances)
    tidy(board)
    assert f"Its place exchanged: “{words[1]}” {own:.0%}; another: “{words[0]}” {own:.0%}" in said_on(board)
    assert "most at middle: 100%" in said_on(board) and "…" in said_on(board) and board.lint() == []
    with pytest.raises(BadInput, match=r"float\[9\] and float\[3, 2\]"):
        F.exchange(np.zeros((3, 96, 96, 3), np.uint8), np.ones(8), (4, 8), said, 0, words, chances)


def test_titles_say_what_was_recorded():
    recorded = any_recording("02")
    recorded[Arm(way="uniform"), "exact, 3"], recorded[Arm(way="attention"), "exact, 3"] = estimate(0.07), estimate(0.93)
    assert "7% against 93%" in said_on(F.by_things(recorded, {}))


@NO_PERCENTAGES
def test_a_guess_that_is_no_percentage_is_refused(guess):
    with pytest.raises(BadInput, match="percent"):
        F.by_things(any_recording("02"), {}, guess)


def test_the_widget_tells_what_was_said_and_what_is_true():
    model = captioning.Captioner(captioning.CaptionConfig(width=8, inner=5), rngs=nnx.Rngs(0))
    page = steps.step_page(model, "red dog top left", 1).data
    assert "a red dog" in page and "before word 1" in page and page.count("<img") == 2
    assert "cannot be drawn" in steps.step_page(model, "red unicorn", 1).data
    assert steps.step_page(model, "red dog", 20).data  # beyond the end: the last word
