"""Figures, cards and widgets: what a reader must be able to rely on without looking."""

import dataclasses
import io
import re
import sys
from html import unescape

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from course_utils.exercises.core import Picture, Verdict
from course_utils.show import NEUTRAL, ROLE, Board, charts, spotlight, use
from course_utils.show.compare import comparison, describe, mask_difference
from course_utils.show.feedback import card
from course_utils.show.marks import lines, text_width

RIGHT = Verdict(1.0, "All 12 cases agree.")
WRONG = Verdict(0.25, 'You divide <b>twice</b> & forget "eps".', "twice", "[1. 0.]\n[0. 1.]", "<nan>")


def luminance(color):
    c = np.array(mpl.colors.to_rgb(color))
    return np.where(c <= 0.03928, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def looks_like(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


# ---- palette


def test_the_colormaps_are_registered_once_and_the_style_can_be_applied_again():
    use()
    before = dict(mpl.rcParams)
    use()
    assert dict(mpl.rcParams) == before
    assert {"vlm_seq", "vlm_seq_r", "vlm_div", "vlm_div_r"} <= set(mpl.colormaps)
    assert mpl.rcParams["image.cmap"] == "vlm_seq"


def test_a_sequential_map_starts_on_paper_and_only_gets_darker():
    shades = [luminance(c) for c in mpl.colormaps["vlm_seq"](np.linspace(0, 1, 23))[:, :3]]
    assert shades[0] > 0.99 and (np.diff(shades) < 0).all()


@pytest.mark.parametrize("name", sorted(ROLE))
def test_every_role_can_be_read(name):
    shades = ROLE[name]
    assert contrast(shades["deep"], "white") >= 4.5 and contrast(shades["deep"], shades["tint"]) >= 4.5
    assert contrast("white", shades["fill"]) >= 4.2 and contrast(shades["main"], "white") >= 3


# ---- board


def test_a_clean_board_has_no_complaints():
    b = Board(800, 200, "A title", "a subtitle", "a footer")
    b.box(24, 80, 160, 48, "vision encoder", "vision", "frozen", frozen=True)
    b.tokens(240, 92, ["a", "red", "bus"])
    b.axes(480, 80, 200, 64).plot([0, 1], [0, 1])
    assert b.lint() == []


@pytest.mark.parametrize(
    "place, complaint",
    [
        (lambda b: (b.text(100, 100, "first words"), b.text(110, 104, "second words")), "touching"),
        (lambda b: b.text(700, 100, "words that run out of the page"), "page edge"),
        (lambda b: b.text(4, 100, "too far left"), "page edge"),
        (lambda b: b.text(100, 199, "cut in half"), "page edge"),
        (lambda b: b.box(100, 100, 48, 32, "much too long for it"), "wider than its box"),
        (lambda b: b.text(100, 100, "a dog \N{DOG FACE}"), "no glyph"),
        (lambda b: [b.box(24 + 80 * i, 80, 72, 40, "m") for i in range(9)], "9 boxes"),
        (lambda b: [b.text(24, 60 + 20 * i, "nine words " * 6) for i in range(5)], "60 words"),
        (lambda b: b.axes(700, 80, 96, 64).annotate("beyond", (1, 0.5), annotation_clip=False), "page edge"),
    ],
)
@pytest.mark.filterwarnings("ignore:Glyph")
def test_lint_finds(place, complaint):
    b = Board(800, 200)
    place(b)
    assert any(complaint in found for found in b.lint())


def test_lint_ignores_tokens_mathematics_and_hidden_ticks():
    b = Board(800, 200)
    b.tokens(24, 40, ["word"] * 14)
    b.text(24, 100, r"$h + \tanh(\alpha) \cdot z$")
    ax = b.axes(24, 130, 200, 40)
    ax.plot([0, 1], [0, 1])
    ax.set(xticks=[0, 0.5, 50], yticks=[])
    ax.set_xlim(0.2, 0.7)
    assert b.lint() == []


def test_mono_text_is_literal():
    b = Board(400, 100)
    b.tokens(24, 40, ["$5 and $6", "a_b"])
    assert b.lint() == []
    assert text_width("$5 and $6", mono=True) == pytest.approx(9 * text_width("x", mono=True), rel=0.02)


def test_lines_fit_their_width_and_keep_every_word_that_fits():
    text = "what has the same colour as the dog?"
    found = lines(text, 120, 9, mono=True)
    assert " ".join(found) == text and len(found) > 1 and all(text_width(line, 9, mono=True) <= 120 for line in found)
    assert lines("a\nb c", 120) == ["a", "b c"]
    (cut,) = lines("w" * 40, 120)
    assert cut.endswith("w…") and text_width(cut) <= 120


def test_a_board_is_drawn_at_twice_its_size_on_white_and_has_alternative_text():
    b = Board(212, 108)
    assert looks_like(b.png()).shape == (216, 424, 3) and (looks_like(b.png()) == 255).all()
    shown = b.show("An empty page.")
    assert shown.alt == "An empty page." and shown.width == 212
    with pytest.raises(ValueError, match="alternative text"):
        b.show("  ")


def test_boards_are_not_kept_by_pyplot():
    pyplot = sys.modules.get("matplotlib.pyplot")
    before = pyplot.get_fignums() if pyplot else []
    Board(100, 100).png()
    assert (pyplot.get_fignums() if pyplot else []) == before


def test_an_unknown_role_says_which_there_are():
    with pytest.raises(KeyError, match="fusion"):
        Board(100, 100).box(0, 0, 50, 50, "x", "series 2")


def test_a_smooth_ground_a_small_picture_and_the_palette_keep_their_colours(noise):
    board = Board(400, 300)
    board.picture(np.linspace([220, 240, 250], [250, 250, 235], 96).round().astype(np.uint8)[:, None].repeat(96, 1), 0, 0, 300)
    board.picture(np.float32(noise) / 255, 320, 20, 42)
    board.rect(320, 200, 10, 10, ROLE["fusion"]["main"])
    board.fig.set_dpi(200)
    board.fig.canvas.draw()
    drawn, few = np.asarray(board.fig.canvas.buffer_rgba())[..., :3].astype(int), looks_like(board.png()).astype(int)
    off = np.abs(drawn - few).max(-1)
    ground, small = off[4:590, 4:590], off[44:120, 644:720]
    assert ground.max() <= 3 and small.max() <= 64 and small.mean() < 24
    assert (few == (np.array(mpl.colors.to_rgb(ROLE["fusion"]["main"])) * 255).round()).all(-1).any()


# ---- spotlight


@pytest.fixture
def noise():
    return np.random.default_rng(7).integers(0, 256, (35, 21, 3), np.uint8)


def test_uniform_or_absent_attention_leaves_the_picture_alone(noise):
    for weights in (np.full((5, 7), 0.3), np.zeros((5, 7))):
        np.testing.assert_allclose(spotlight(noise, weights), noise / 255)


def test_the_brightest_patch_keeps_its_colours_and_no_other_does(noise):
    weights = np.random.default_rng(11).random((5, 7))
    weights[3, 2] = 2
    shown, picture = spotlight(noise, weights), noise / 255
    patch = np.zeros((35, 21), bool)
    patch[3 * 7 : 4 * 7, 2 * 3 : 3 * 3] = True
    np.testing.assert_allclose(shown[patch], picture[patch])
    assert not np.isclose(shown[~patch], picture[~patch]).all(-1).any()
    np.testing.assert_allclose(spotlight(noise, 13 * weights), shown)


@pytest.mark.parametrize("weights", [np.ones(5), np.array([[1.0, -1.0]]), np.array([[1.0, np.nan]])])
def test_spotlight_refuses_what_is_not_attention(noise, weights):
    with pytest.raises(ValueError, match="non-negative"):
        spotlight(noise, weights)


# ---- charts


def test_charts_draw_and_name_their_lines():
    b = Board(800, 420, "A finding")
    ax = b.axes(64, 80, 480, 240)
    charts.series(ax, [1, 2, 3], [0.2, 0.6, 0.9], [0.1, 0.5, 0.8], [0.3, 0.7, 1.0], label="sighted", gloss="both")
    charts.series(ax, [1, 2, 3], [0.3, 0.3, 0.3], role="control", label="control")
    charts.chance(ax, 0.25)
    charts.paper(ax, 2, 0.7)
    assert {"sighted", "both", "control", "chance"} <= {t.get_text() for t in ax.texts}
    assert ax.get_legend() is None and b.lint() == []


def test_dots_put_the_first_row_on_top_and_the_control_hollow():
    b = Board(800, 300)
    ax = b.axes(160, 60, 400, 160)
    charts.dots(
        ax,
        ["blind", "sighted", "control"],
        [31, 86, 30],
        [28, 84, 27],
        [34, 88, 33],
        roles=["language", "fusion", "control"],
        papers=[None, 80, None],
    )
    charts.chance(ax, 25, vertical=True)
    ax.set_xlim(0, 100)
    assert ax.yaxis_inverted() and {"31", "86", "30"} <= {t.get_text() for t in ax.texts}
    faces = [line.get_markerfacecolor() for line in ax.lines if line.get_marker() == "o"]
    assert faces == [ROLE["language"]["main"], ROLE["fusion"]["main"], "white"]
    assert b.lint() == []
    with pytest.raises(ValueError, match="3 rows"):
        charts.dots(ax, ["a", "b", "c"], [1, 2])


def test_a_loss_curve_starts_at_zero_and_shows_the_guesser():
    ax = Board(800, 300).axes(64, 40, 480, 200)
    charts.loss_curve(ax, 3 * np.exp(-np.arange(101) / 20), every=10, floor=3.4, label="train")
    assert ax.get_ylim()[0] == 0 and ax.get_ylim()[1] > 3.4 and ax.get_xlim() == (0, 1010)


# ---- the learner's card


@pytest.mark.parametrize("verdict", [RIGHT, WRONG])
def test_both_forms_of_a_card_say_the_same(verdict):
    made = card(verdict, exercise_id="00.1", name="cosine_similarity", points=4, done=2, total=5, running="course")
    plain, html = repr(made), unescape(re.sub(r"<[^>]*>", "", made._repr_html_()))
    for words in (
        verdict.headline,
        *verdict.expected.splitlines(),
        verdict.got,
        "00.1",
        "cosine_similarity",
        f"{4 * verdict.score:g} of 4 points",
        "2 of 5 exercises",
        "the course's version",
    ):
        assert words in plain
        assert words in html


def test_a_card_escapes_what_it_is_given():
    html = card(WRONG, exercise_id="<i>", name="f<script>")._repr_html_()
    assert "&lt;b&gt;twice&lt;/b&gt; &amp; forget" in html and "&lt;nan&gt;" in html
    assert not re.search(r"<(b|i|nan|script)>", html)


def test_a_card_shows_right_and_wrong_by_shape_word_and_colour():
    right, wrong = (card(v, exercise_id="00.1", name="f") for v in (RIGHT, WRONG))
    assert repr(right).startswith("✓") and repr(wrong).startswith("✗")
    assert 'alt="Right"' in right._repr_html_() and 'alt="Not yet"' in wrong._repr_html_()


def test_a_card_is_white_and_leaves_nothing_to_the_page():
    html = card(WRONG, exercise_id="00.1", name="f")._repr_html_()
    assert "background:#FFFFFF" in html and f"color:{NEUTRAL['ink']}" in html
    assert not re.search(r"<(style|script|code|pre|p|table)\b|class=|<svg", html)


def test_an_ungraded_exercise_has_no_points_and_a_passed_one_runs_yours():
    made = card(RIGHT, exercise_id="00.1", name="f", points=None, running="yours")
    assert "points" not in repr(made) and "exercise" not in repr(made) and "your version of f" in repr(made)
    assert "1 of 1 exercise done" in repr(card(RIGHT, exercise_id="00.1", name="f", done=1, total=1))


# ---- expected, yours, difference


def masks(rows=5, columns=7, seed=3):
    rng = np.random.default_rng(seed)
    return rng.random((rows, columns)) < 0.5, rng.random((rows, columns)) < 0.5


def test_mask_difference_marks_exactly_the_cells_that_differ():
    expected, got = masks()
    missing, extra = mask_difference(expected, got)
    np.testing.assert_array_equal(missing | extra, expected != got)
    assert not (missing & extra).any() and expected[missing].all() and got[extra].all()
    with pytest.raises(ValueError, match=r"\(5, 7\)"):
        mask_difference(expected, got.T)


def test_a_mask_picture_counts_its_errors_in_its_alternative_text():
    expected, got = masks()
    verdict = dataclasses.replace(WRONG, picture=Picture("mask", expected, got, "query", "key"))
    made = card(verdict, exercise_id="00.1", name="f")
    alt = unescape(re.search(r'alt="([^"]*cells differ[^"]*)"', made._repr_html_()).group(1))
    assert alt == describe(verdict.picture) and alt in repr(made) and len(alt.split()) <= 40
    assert f"{(expected & ~got).sum()} blocked that should be open" in alt
    assert f"{(got & ~expected).sum()} open that should be blocked" in alt
    assert f"{(got != expected).sum()} of 35" in alt


@pytest.mark.parametrize(
    "kind, rows, columns", [("mask", 1, 1), ("mask", 3, 11), ("mask", 47, 53), ("map", 1, 7), ("map", 11, 3), ("map", 53, 47)]
)
def test_pictures_of_any_size_are_clean(kind, rows, columns):
    expected, got = masks(rows, columns)
    board = comparison(Picture(kind, expected, got, "query", "key"))
    assert board.lint() == [] and looks_like(board.png()).shape[1] == 1600


def test_pictures_survive_wrong_shapes_and_numbers_that_are_none():
    rng = np.random.default_rng(5)
    expected = rng.random((5, 7))
    broken = np.where(rng.random((5, 7)) < 0.3, np.nan, expected)
    assert f"{np.isnan(broken).sum()} of 35 numbers" in describe(Picture("map", expected, broken, "word", "patch"))
    for got in (expected.T, broken, np.full((5, 7), np.inf), expected[0], np.zeros((5, 7))):
        picture = Picture("map", expected, got, "word", "patch")
        assert comparison(picture).lint() == [] and describe(picture)
    with pytest.raises(ValueError, match="'mosaic'"):
        comparison(Picture("mosaic", expected, expected, "a", "b"))


def test_a_wrong_mask_looks_different_from_a_right_one():
    expected, got = masks()
    red = mpl.colors.to_rgb(ROLE["wrong"]["main"])

    def red_pixels(answer):  # in the difference panel; the key below it is red in both
        pixels = looks_like(comparison(Picture("mask", expected, answer, "query", "key")).png())
        return (np.abs(pixels / 255 - red).max(-1) < 0.02).sum()

    assert red_pixels(got) > red_pixels(expected) + 500


# ---- maps of the course


def test_the_maps_of_the_course_are_clean_and_name_every_notebook():
    from course_utils.show import diagrams

    maps = (diagrams.taxonomy(), diagrams.course_map())
    for board in maps:
        words = {text.get_text() for text in board.ax.texts}
        assert board.lint() == [] and board.w == 800
        assert {f"{n:02}" for n in range(1, 14)} <= words
        assert 0 < len(board.alt.split()) <= 40 and board.show().alt == board.alt


def test_the_style_tour_marks_what_is_held_out():
    from course_utils.show import diagrams
    from course_utils.world import emoji

    board = diagrams.style_tour(["tiger", "flamingo", "deciduous tree"])
    words = [text.get_text() for text in board.ax.texts]
    assert words.count("held out") == len(emoji.HELD_OUT_STYLES)
    assert words.count("trained on") == len(emoji.TRAINING_STYLES) and board.lint() == []
    with pytest.raises(KeyError, match="tiger"):
        diagrams.style_tour(["tigr"])
    with pytest.raises(ValueError, match="eight"):
        diagrams.style_tour(["tiger"] * 9)


def test_a_given_scene_is_drawn():
    from course_utils.show import diagrams

    green = np.full((40, 40, 3), (0, 255, 0), np.uint8)
    pixels = looks_like(diagrams.taxonomy(green).png())
    assert ((pixels == (0, 255, 0)).all(-1)).sum() > 5 * 50 * 50
    assert diagrams.scene().shape == (320, 320, 3)


# ---- widgets


def test_a_widget_draws_at_once_and_again_when_moved():
    from course_utils.show.widgets import interactive

    calls = []
    made = interactive(lambda **values: calls.append(values) or str(values), depth=(1, 7, 2), kind=["a", "b"])
    assert calls == [{"depth": made.controls["depth"].value, "kind": "a"}] and made.figure == str(calls[0])
    assert not made.controls["depth"].continuous_update
    made.controls["kind"].value = "b"
    assert calls[-1]["kind"] == "b" and made.figure == str(calls[-1])


def test_a_wish_that_cannot_be_drawn_becomes_a_message_and_the_next_one_is_drawn():
    from course_utils.show.widgets import emoji_tour

    tour = emoji_tour("tiger", "de")
    assert "Tiger" in tour.figure.data
    tour.controls["name"].value = "tigr"
    assert "Did you mean" in tour.figure.data and "tiger" in tour.figure.data
    tour.controls["name"].value = "bus"
    assert "Did you mean" not in tour.figure.data
    with pytest.raises(KeyError):
        emoji_tour("tigr")


@pytest.mark.parametrize("colab", [False, True])
def test_a_saved_notebook_keeps_the_figure_and_it_is_shown_once(monkeypatch, colab):
    from IPython.display import HTML

    from course_utils.show import widgets

    shown = []
    monkeypatch.setattr(widgets, "display", lambda data, **how: shown.append((data, how)))
    if colab:
        monkeypatch.setitem(sys.modules, "google.colab", object())
    made = widgets.interactive(lambda on: HTML(f"<i>drawn {on}</i>"), on=True)
    made._ipython_display_()
    controls, figures = shown[0][0], shown[1:]
    assert "text/plain" in controls and len(figures) == (0 if colab else 1)
    if colab:
        made.controls["on"].value = False
        assert made._live.value == "<i>drawn False</i>"
    else:
        assert figures[0] == (made.figure, {"display_id": True})


def test_every_concept_has_a_page_in_every_language():
    from course_utils.show.widgets import emoji_page
    from course_utils.world import emoji

    known = emoji.load()
    for language, k in zip(emoji.LANGUAGES, range(0, len(known.hexcodes), 79)):
        page = unescape(emoji_page(known.names["en"][k], language).data)
        assert known.names[language][k] in page and page.count("<img") == page.count('alt="')
        assert page.count("never drawn") == sum(not known.has(style)[k] for style in emoji.STYLES)


# ---- figures of notebooks


def history(done, steps=40):
    from course_utils.training import History

    h = History(steps, 10)
    for k in range(done // 10):
        h._add(np.linspace(2 - k / 4, 1.8 - k / 4, 10, dtype=np.float32), {}, 1.0 + k)
    return h


def test_the_live_curve_says_how_long_it_will_take_and_ends_with_how_long_it_took():
    from course_utils.show.live import LossCurve

    curve = LossCurve("A run", floor=1.8)
    assert curve.status(history(10)) == "step 10 of 40"
    assert curve.status(history(20)) == "step 20 of 40, about 2 s left"
    assert curve.status(history(40)).startswith("40 steps in 4 s")
    assert curve.board(history(20)).lint() == []


@pytest.mark.parametrize(("cost", "drawings"), [(0.0, 3), (1.0, 2)])
def test_the_live_curve_is_drawn_once_and_then_replaced(monkeypatch, cost, drawings):
    """Where a drawing costs a second, the next but the last one waits for seven."""
    from course_utils.show import live

    shown, updates, clock = [], [], [0.0]

    class Handle:
        update = staticmethod(updates.append)

    def display(image, display_id):
        clock[0] += cost
        shown.append(image)
        return Handle()

    monkeypatch.setattr(live, "display", display)
    monkeypatch.setattr(live.time, "perf_counter", lambda: clock[0])
    curve = live.LossCurve("A run", every=0.5)
    for done in (10, 20, 40):
        curve(history(done))
        clock[0] += 1.0
    assert len(shown) == 1 and len(updates) == drawings - 1 and updates[-1].alt.startswith("Line chart")


def test_a_gallery_needs_one_label_and_one_verdict_for_each_picture():
    from course_utils.show.gallery import gallery

    pictures = np.zeros((11, 8, 8, 4), np.uint8)
    board = gallery(pictures, [str(k) for k in range(11)], title="Eleven", right=[True] * 11)
    assert board.lint() == [] and "Eleven" in board.alt
    for wrong in ({"labels": ["a"]}, {"right": [True]}):
        with pytest.raises(ValueError, match="a label"):
            gallery(pictures, title="Eleven", **wrong)
    with pytest.raises(ValueError, match="at least one picture"):
        gallery([], title="None")


def test_the_towers_figure_draws_the_arms_that_ran_and_the_baselines():
    from course_utils.experiments import record
    from course_utils.show import start_here

    recorded = record.load("00")
    few = start_here.towers(recorded, {"true labels": (1.0, 0.4)}, title="One")
    guessed = start_here.towers(recorded, {"shuffled labels": (1.0, 0.2)}, {"training pictures": 10, "new emoji": 99.5})
    assert guessed.lint() == [] and any("your guess" in text.get_text() for text in guessed.ax.texts)
    for percent in ("45%", 145, -1):
        with pytest.raises(ValueError, match="from 0 to 100"):
            start_here.towers(recorded, {"true labels": (1.0, 0.4)}, {"new emoji": percent})
    all_arms = start_here.towers(recorded, {arm: (1.0, 0.4) for arm in ("true labels", "shuffled labels", "leaking background")})
    assert few.lint() == [] and all_arms.lint() == []
    assert all_arms.h > few.h and "shuffled" in all_arms.alt and "shuffled" not in few.alt


def test_found_pictures_are_drawn_with_their_cosines():
    from course_utils.show import start_here

    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 255, (23, 5, 8, 8, 4), dtype=np.uint8)
    same = np.arange(115).reshape(23, 5) % 2 == 0
    board = start_here.rankings("chance", (3, 5, 11), pictures[:, 0], pictures, rng.uniform(-1, 1, (23, 5)), same)
    assert board.lint() == [] and f"{same.mean():.0%}" in board.alt


def test_source_code_is_shown_as_it_runs():
    from course_utils.show import source
    from course_utils.training import train_step

    html = source.show(train_step)._repr_html_()
    assert "value_and_grad" in html and "background:#FFFFFF" in html
