"""Notebook 02's figures: tidy whatever was measured, honest about it, and a widget that explains itself."""

import numpy as np
import pytest
from flax import nnx

from course_utils.arms import Arm, Estimate
from course_utils.errors import BadInput
from course_utils.models import captioning
from course_utils.show import captioning as F
from course_utils.show.captioning import steps
from course_utils.world import captions, render, scenes


ATTENTION = Arm(way="attention")


def estimate(mean: float, half: float = 0.01) -> Estimate:
    return Estimate(mean, mean - half, mean + half, 3)


def recording(rng, low=0.0, high=1.0):
    def draw():
        return estimate(float(rng.uniform(low, high)))

    arms = [Arm(way=way) for way in ("attention", "uniform", "first input", "none")] + [ATTENTION.but(picture="another")]
    found = {(arm, f"exact, {k}"): draw() for arm in arms for k in range(1, 6)}
    return found | {(ATTENTION, f"{c}, {w}"): draw() for c in ("kind", "colour", "number") for w in ("hits", "any thing", "centre")}


@pytest.mark.parametrize(("seed", "low", "high"), [(0, 0, 1), (1, 0.97, 1), (2, 0, 0.02), (3, 0.25, 0.3)])
def test_figures_are_tidy_whatever_was_measured(seed, low, high):
    rng = np.random.default_rng(seed)
    recorded = recording(rng, low, high)
    scores = {k: {m: float(rng.uniform(low, high)) for m in ("exact", "SPICE", "CIDEr-D", "log-probability")} for k in (1, 2, 5, 10)}
    for board in (
        F.by_things(recorded, {"attention": dict.fromkeys(range(1, 6), low), "uniform": {1: high}}, 35),
        F.by_things(recorded, {}),
        F.pointing_game(recorded, {"kind": {"hits": low}}),
        F.beams(scores),
    ):
        assert board.lint() == [], board.alt
        assert 3 < len(board.alt.split()) <= 45, board.alt


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


def test_titles_say_what_was_recorded():
    recorded = recording(np.random.default_rng(0))
    recorded[Arm(way="uniform"), "exact, 3"], recorded[ATTENTION, "exact, 3"] = estimate(0.07), estimate(0.93)
    words = [text.get_text() for text in F.by_things(recorded, {}).ax.texts]
    assert any("7% against 93%" in text for text in words)


@pytest.mark.parametrize("guess", ["40", 140, -1])
def test_a_guess_that_is_no_percentage_is_refused(guess):
    with pytest.raises(BadInput, match="percent"):
        F.by_things(recording(np.random.default_rng(0)), {}, guess)


def test_the_widget_tells_what_was_said_and_what_is_true():
    model = captioning.Captioner(captioning.CaptionConfig(width=8, inner=5), rngs=nnx.Rngs(0))
    page = steps.step_page(model, "red dog top left", 1).data
    assert "a red dog" in page and "before word 1" in page and page.count("<img") == 2
    assert "cannot be drawn" in steps.step_page(model, "red unicorn", 1).data
    assert steps.step_page(model, "red dog", 20).data  # beyond the end: the last word
