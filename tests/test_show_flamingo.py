"""Notebook 06's figures, diagram and widget: tidy whatever was measured, with alternative text; bad input in one sentence."""

from types import SimpleNamespace

import numpy as np
import pytest
from flax import nnx
from shared import ANY_VALUES, NO_PERCENTAGES, estimate, said, tidy

from course_utils.arms import Arm, Recording
from course_utils.errors import BadInput
from course_utils.experiments.flamingo import MOMENTS, arms, few_shot, names, probe
from course_utils.models.flamingo.flamingo import Flamingo, FlamingoConfig
from course_utils.nn.lm import LanguageModel, LMConfig
from course_utils.show import flamingo as F
from course_utils.show.flamingo import reading
from course_utils.towers import vision
from course_utils.world.corpus import IMAGE, Document, vocabulary


def recording(seed=0, low=0.0, high=1.0):
    """What notebook 06 records, with values anywhere between low and high."""
    keys = [(arm, m) for arm in (*arms.TRAINED, *arms.CONTROLS.values()) for m in names.SETTINGS.values()]
    keys += [(arm, "own text, nats") for arm in (*arms.TRAINED, arms.LM_ALONE)]
    keys += [(arm, "at the start, own text, nats") for arm in (arms.MAIN, arms.UNGATED)]
    keys += [(arms.MAIN, f"gate of {what} at {moment:.0%}") for what in ("attention", "thinking") for moment in MOMENTS]
    keys += [(arms.MAIN.but(exchanged=what), m) for what in probe.EXCHANGES for m in ("follows", "stays")]
    taught = [arms.FEW_SHOT.but(task=task, shots=k) for task, many in few_shot.SHOTS.items() for k in many]
    keys += [
        (arm, m) for arm in (*taught, *(arms.TUNED.but(task=task, shots=0) for task in few_shot.SHOTS)) for m in ("in the form", "right")
    ]
    rng = np.random.default_rng(seed)
    return Recording({key: estimate(float(rng.uniform(low, high))) for key in keys})


def chances(**likely):
    p = np.full(len(vocabulary()), 1e-4)
    for word, share in likely.items():
        p[vocabulary().index(word)] = share
    return p


@ANY_VALUES
def test_figures_are_tidy_whatever_was_measured(seed, low, high):
    recorded = recording(seed, low, high)
    tidy(F.by_shots(recorded, {arms.MAIN: {"2 names, 1 shots": low, "4 names, 2 shots": high}}, 35))
    tidy(F.by_shots(recorded))
    for measure in ("2 names, 2 shots", "4 names, 1 shots"):
        tidy(F.what_it_needs(recorded, {arms.UNGATED: high}, (arms.NEVER_TAUGHT, 20), measure), words=60)
    tidy(F.own_text(recorded))
    tidy(F.gates(recorded))
    tidy(F.few_shot(recorded))
    tidy(F.exchanges(recorded), words=55)


def test_titles_read_their_numbers_from_the_recording():
    recorded = recording()
    recorded[arms.MAIN, "2 names, 0 shots"] = estimate(0.03)
    recorded[arms.MAIN, "2 names, 4 shots"] = estimate(0.97)
    title = said(F.by_shots(recorded)).split("\n")[0]
    assert "3% right without" in title and "97% with 4" in title
    recorded = recording(low=0.6, high=0.7)
    recorded[arms.MEAN, "2 names, 2 shots"] = estimate(0.51)
    assert "the least, 51%, with “the mean patch" in said(F.what_it_needs(recorded))
    recorded[arms.MAIN, "gate of thinking at 100%"] = estimate(0.44)
    assert "44% for thinking" in said(F.gates(recorded))


@NO_PERCENTAGES
def test_a_guess_is_a_percentage(guess):
    with pytest.raises(BadInput, match="from 0 to 100"):
        F.by_shots(recording(), {}, guess)
    with pytest.raises(BadInput, match="from 0 to 100"):
        F.what_it_needs(recording(), {}, (Arm(model="flamingo"), guess))


@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_a_prompt_is_tidy_and_says_whether_it_is_right(count):
    pictures = np.zeros((count, 64, 64, 3), np.uint8)
    texts = ["a small blue umbrella is bliket", *["is daxo"] * 8][: count - 1]
    board = F.prompt(pictures, [*texts, "is"], chances(daxo=0.75), "daxo")
    tidy(board)
    assert "75%, and is right" in said(board)
    wrong = F.prompt(pictures, [*texts, "is"], chances(daxo=1.0), "wugi")
    tidy(wrong)
    assert "right is “wugi”, <1%" in said(wrong)


def test_the_diagram_is_tidy_and_a_prompt_has_a_text_for_each_picture():
    tidy(F.architecture())
    for pictures, texts in ((0, 0), (2, 1), (10, 10)):
        with pytest.raises(BadInput, match="one text for each"):
            F.prompt(np.zeros((pictures, 8, 8, 3), np.uint8), ["is"] * texts, chances())


def test_an_exchange_frames_what_is_new_and_tells_both_names():
    before = np.zeros((4, 8, 8, 3), np.uint8)
    after = before.copy()
    after[3] = 255
    versions = {"as it is": before, "the asked picture, of wugi": after}
    board = F.exchange(
        ["is daxo", "is wugi", "is fefa", "is"], ("daxo", "wugi"), versions, dict(zip(versions, (chances(daxo=0.9), chances(wugi=0.8))))
    )
    tidy(board)
    assert "“daxo” is 90% likely as it is, <1% with" in said(board)
    with pytest.raises(BadInput, match="“as it is” has 4 pictures for 2 texts"):
        F.exchange(["is daxo", "is"], ("daxo", "wugi"), versions, {})


@pytest.fixture(scope="module")
def model():
    lm = LanguageModel(LMConfig(len(vocabulary()), width=8, depth=1, heads=2, hidden=8), rngs=nnx.Rngs(0))
    config = FlamingoConfig(vision.WIDTH, vocabulary().index(IMAGE), latents=3, depth=1, hidden=8, heads=2)
    return Flamingo(lm, config, rngs=nnx.Rngs(0))


@pytest.fixture(autouse=True)
def any_tower(monkeypatch):
    """No shipped tower: it sees nothing."""

    def patches(pictures):
        return np.zeros((len(pictures), (pictures.shape[1] // 8) ** 2, vision.WIDTH), np.float32)

    monkeypatch.setattr(reading, "patches", patches)
    monkeypatch.setattr("course_utils.show.flamingo.resampler.patches", patches)


@pytest.mark.parametrize(("side", "count"), [(64, 64), (96, 144)])
def test_latents_look_at_patches(model, side, count):
    picture, look = F.latent_looks(model, "red dog left", side)
    assert picture.shape == (side, side, 3) and look.shape == (3, count)
    assert (look > 0).all() and (look.sum(1) < 1).all()
    tidy(F.latents(picture, look, "a red dog"))
    with pytest.raises(BadInput, match="this one has none"):
        F.latent_looks(SimpleNamespace(resampler=None), "red dog")
    with pytest.raises(BadInput, match="square grid"):
        F.latents(np.zeros((8, 8, 3), np.uint8), np.ones((2, 7)))


def test_words_behind_pictures_are_found_again():
    words = ["<begin>", IMAGE, "is", "daxo", "<end>", IMAGE, "is"]
    assert F.behind(Document(words, [])) == ["is daxo", "is"]
    assert reading.words_of(["is daxo", "is"]) == words


def test_next_words_are_shares_and_bad_prompts_are_refused(model):
    pictures = F.drawn("red dog", "blue car")
    assert F.next_words(model, pictures, ["is daxo", "is"]).sum() == pytest.approx(1, abs=1e-4)
    for texts, why in (
        (["is daxo", "is daxo", "is"], r"more <image> tags \(3\) than pictures \(2\)"),
        (["is"], r"fewer <image> tags"),
        (["is blorp", "is"], "'blorp' is no word"),
        (["is daxo " * 40, "is"], "shorten it"),
    ):
        with pytest.raises(BadInput, match=why):
            F.next_words(model, pictures, texts)
    with pytest.raises(BadInput, match="no pictures"):
        F.next_words(model, pictures[:0], [])


def test_the_widget_is_useful_before_it_is_moved_and_says_what_is_wrong(model):
    widget = F.prompt_builder(model)
    first = widget.figure.data
    assert first.count("<img") == 3 and "daxo" in first and "cannot be read" not in first
    put = widget.controls
    put["picture_3"].value = "green tulip"
    assert "Picture 3 has no name; invent one" in widget.figure.data
    put["name_3"].value = "Bliket"
    assert widget.figure.data.count("<img") == 4 and "bliket" in widget.figure.data
    put["picture_3"].value = ""
    assert "4 &lt;image&gt; tags, but 3 pictures" in widget.figure.data
    put["name_3"].value = ""
    put["asked"].value = "yellow fish"
    assert "no one name is right" in widget.figure.data
    for name, value, why in (
        ("name_1", "blorp", "“blorp” is no word of this model"),
        ("name_1", f"daxo {IMAGE}", "clear “daxo &lt;image&gt;” beside it"),
        ("picture_1", "red elephant", "no kind, colour, size or place"),
        ("asked", " ", "no picture that is asked"),
    ):
        old, put[name].value = put[name].value, value
        assert "cannot be read" in widget.figure.data and why in widget.figure.data
        put[name].value = old
    for name in ("picture_1", "name_1", "picture_2", "name_2"):
        put[name].value = ""
    put["asked"].value = "red dog"  # without names it is asked all the same
    assert widget.figure.data.count("<img") == 1 and "cannot be read" not in widget.figure.data
