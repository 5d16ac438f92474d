"""The scene explorer and the gallery page: every view belongs to the scene, and a wrong wish is answered in the page."""

import re

import numpy as np
import pytest

from course_utils.show import explorer as E, scene_gallery as G
from course_utils.show.scene_text import read_scene
from course_utils.world import captions, emoji
from course_utils.world.scenes import compose, describe

WISH = "small blue cat left, a large red dog top left, yellow Cat, sign zoo bottom"


def words(page) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.data))


def test_a_wish_becomes_a_scene():
    scene = read_scene(WISH, "fluent")
    assert describe(scene) == [
        {"kind": "cat", "colour": "blue", "size": "small", "place": "left"},
        {"kind": "dog", "colour": "red", "size": "large", "place": "top left"},
        {"kind": "cat", "colour": "yellow", "size": "large", "place": "top"},
    ]
    expected = compose(describe(scene), style="fluent", word="zoo", word_place="bottom")
    assert all(np.array_equal(getattr(scene, name), getattr(expected, name)) for name in vars(scene))


@pytest.mark.parametrize("style", emoji.STYLES)
def test_the_page_shows_pictures_captions_answer_and_the_object_meant(style):
    page = words(E.scene_page(style=style, wish=WISH, question="what colour is the dog", point="the blue cat"))
    for code in captions.LANGUAGES:
        assert captions.caption(read_scene(WISH), "short", code)[0].split()[0] in page
    assert "what colour is the dog? red" in page and "fits 1 of 3" in page
    assert "fits 2 of 3" in words(E.scene_page(wish=WISH, point="cat"))
    assert "there is no bus" in words(E.scene_page(wish=WISH, question="what colour is the bus?"))


def test_boxes_are_drawn_where_the_objects_are():
    scene = read_scene("dog top left")
    picture = np.full((96, 96, 3), 255, np.uint8)
    box = E.boxes(scene)[0]
    thick = E._marked(picture, box, scene.present[0] & False, scene.present[0])
    thin = E._marked(picture, box, scene.present[0], scene.present[0] & False)
    for drawn in (thick, thin):
        rows, columns = np.nonzero((drawn != 255).any(-1))
        found = np.array([rows.min(), columns.min(), rows.max() + 1, columns.max() + 1])
        assert np.abs(found - 4 * box[0]).max() <= 3
    assert (thick != thin).any() and (E._marked(picture, box, scene.present[0] & False, scene.present[0] & False) == 255).all()


def test_the_widget_shows_what_cannot_be_drawn_and_recovers():
    widget = E.explorer()
    assert "Describe" in words(widget.figure)
    first = widget.figure.data
    for control, wrong, says in (
        ("wish", "green dgo", "'dgo' is no kind"),
        ("wish", "red blue dog", "two words for its colour"),
        ("wish", "red", "no kind"),
        ("question", "who are you?", "Cannot read the question"),
        ("point", "the unicorn", "unicorn"),
    ):
        widget.controls[control].value = wrong
        assert says in words(widget.figure).replace("&#x27;", "'")
        widget.controls[control].value = ""
        assert widget.figure.data == first
    widget.controls["seed"].value += 1
    assert widget.figure.data != first


@pytest.mark.parametrize("seed", [0, 3, 11])
@pytest.mark.parametrize("wish", ["", "dog, dog", "sign 12", "bee"])
@pytest.mark.parametrize("kind", ["location", "attributes", "long"])
def test_any_scene_has_a_page(seed, wish, kind):
    page = E.scene_page(seed, ground="night", boxes_on=True, wish=wish, pointed_by=kind)
    assert page.data.count("<img") == 2 and len(page.data) < 80_000


def test_the_gallery_is_tidy():
    assert G.scene_gallery().lint() == []  # that the README's picture is this one: test_readme.py


def test_what_cannot_be_read_is_said_in_its_own_line_and_the_scene_stays():
    page = E.scene_page(wish="cat", question="who painted this?", point="the cow").data
    assert "Cannot read the question" in page and "the cow" in page and "data:image/png" in page
    assert "<b" in E.scene_page(wish="cat", question="Is there a cat ?").data


@pytest.mark.parametrize("wish, says", [("sign zoo, sign tea, dog", "one sign"), ("sign", "one sign"), ("red", "names no kind")])
def test_a_wish_is_granted_whole_or_refused(wish, says):
    with pytest.raises(ValueError, match=says):
        E.scene_page(wish=wish)
