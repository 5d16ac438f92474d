"""Notebook 02's experiments: data sets that are what they say, and scores that can fail."""

import jax
import numpy as np
import pytest
from flax import nnx

from course_utils import decode
from course_utils.experiments.captioning import attention, dataset, measures, novel, trainer
from course_utils.models import captioning as C
from course_utils.models.captioning import pointer, words
from course_utils.towers import regions
from course_utils.world import captions, render, scenes
from course_utils.world.things import KINDS

pytestmark = pytest.mark.newest  # On Colab's releases the released notebooks run these experiments.


@pytest.fixture(scope="module")
def few():
    return dataset.from_scenes(scenes.sample(scenes.generator("test", 3), 60))


def test_references_are_wordings_of_the_same_facts(few):
    for texts, plain, truth in zip(few.references, few.plain, few.tuples):
        assert len(texts) == dataset.REFERENCES and texts[0] == dataset.cut(plain)
        assert all(captions.parse(text.replace(" ,", ",")) == truth for text in texts)
    assert sum(len(set(texts)) > 1 for texts in few.references) > 40


def test_perfect_captions_score_full_marks_and_those_of_another_picture_do_not(few):
    right, wrong = measures.scores(few.plain, few), measures.scores(few.plain[1:] + few.plain[:1], few)
    assert right["exact"] == right["SPICE"] == 1 and right["BLEU-4"] == pytest.approx(1)
    assert wrong["SPICE"] < 0.3 and wrong["CIDEr-D"] < right["CIDEr-D"] / 3 and wrong["exact"] < 0.1
    assert set(measures.by_objects(few.plain, few).values()) == {(1.0, 1.0)}


def test_words_are_about_the_places_of_their_phrase():
    drawn = scenes.compose(
        [
            {"kind": "dog", "colour": "red", "place": "top left"},
            {"kind": "dog", "colour": "red", "place": "bottom"},
            {"kind": "cactus", "colour": "blue", "place": "middle"},
        ]
    )
    data = dataset.from_scenes(drawn)
    assert data.plain == ["two red dogs and a blue cactus"]
    about = attention.true_places(data)[0]
    for t in range(3):
        assert np.flatnonzero(about[t]).tolist() == [0, 7]
    for t in range(4, 7):
        assert np.flatnonzero(about[t]).tolist() == [4]
    assert not about[3].any() and not about[7:].any()


def test_a_look_at_the_right_places_wins_the_pointing_game(few, monkeypatch):
    about = attention.true_places(few).astype(float)
    monkeypatch.setattr(trainer, "attention_maps", lambda model, image, tokens: about)
    won = attention.pointing(None, few)
    assert all(values["hits"] == 1 for values in won.values())
    monkeypatch.setattr(trainer, "attention_maps", lambda model, image, tokens: 1 - about)
    lost = attention.pointing(None, few)
    assert all(values["hits"] == 0 for values in lost.values())
    for values in lost.values():
        assert values["centre"] <= values["most"] < values["any thing"] < 1


def test_beams_report_what_they_find(few):
    model = C.Captioner(C.CaptionConfig(width=6, inner=5), rngs=nnx.Rngs(0))
    one, three = (attention.beams(model, few, width) for width in (1, 3))
    assert three["log-probability"] != one["log-probability"] and 0 <= one["SPICE"] <= 1


# ---- regions


def test_the_windows_cover_the_grid_and_every_thing_has_one():
    drawn = scenes.sample(np.random.default_rng(0), 200)
    wanted = regions.targets(drawn)
    boxes = render.boxes(drawn, 64)
    told = [{tuple(box) for box in row[there].astype(int)} for row, there in zip(wanted["box"], wanted["thing"])]
    all_things = [{tuple(box) for box in row[there].tolist()} for row, there in zip(boxes, drawn.present)]
    assert sum(map(len, told)) >= 0.97 * sum(map(len, all_things))
    assert all(mine <= theirs for mine, theirs in zip(told, all_things))
    assert (wanted["kind"] >= 0).sum() == wanted["thing"].sum()


def test_the_shipped_proposer_finds_what_stands_there():
    drawn = scenes.sample(scenes.generator("test", 9), 200)
    found = regions.propose(drawn)
    told = regions.evaluate(found, drawn)
    assert told["recall"] > 0.95 and told["precision"] > 0.95 and told["kind"] > 0.9
    blank = scenes.compose([{"kind": "dog"}])
    assert regions.propose(blank).mask.sum() == 1
    moved = regions.Regions(found.features, found.box + 30, found.kind, found.mask)
    assert regions.evaluate(moved, drawn)["recall"] < 0.3


# ---- nouns by pointing

CONFIG = C.CaptionConfig(places=6, features=64, extra=4, positions=False, width=8, inner=5)


def told(kinds):
    """One picture with two regions of given kinds, of which the detector is sure."""
    rng = np.random.default_rng(1)
    image = rng.normal(size=(1, 6, 68 + 32)).astype(np.float32)
    image[..., 68:] = 1e-9
    for place, kind in enumerate(kinds):
        image[0, place, 68 + KINDS.index(kind)] = 1.0
    return image, np.array([[True] * len(kinds) + [False] * (6 - len(kinds))])


def test_a_pointing_captioner_gives_probabilities_and_names_only_what_was_detected():
    model = pointer.PointerCaptioner(CONFIG, rngs=nnx.Rngs(0))
    image, mask = told(["rocket", "fish"])
    logits, aux = model(image, C.VOCAB.encode(["a red rocket and two blue fish"]), mask)
    p = np.exp(np.asarray(logits))
    np.testing.assert_allclose(p.sum(-1), 1, atol=1e-3)
    named = {word for token, word in enumerate(words.VOCAB) if words.WORD_KIND[token] >= 0 and p[0, :, token].max() > 1e-3}
    assert named == {"rocket", "rockets", "fish"}
    np.testing.assert_allclose(aux["maps"].sum(-1), 1, rtol=1e-5)


def test_all_nouns_are_read_alike():
    model = pointer.PointerCaptioner(CONFIG, rngs=nnx.Rngs(0))
    image, mask = told(["rocket", "dog"])
    one, other = (model(image, C.VOCAB.encode([f"a red {kind} and a blue dog"]), mask)[0] for kind in ("rocket", "cactus"))
    np.testing.assert_allclose(one, other, atol=1e-6)
    several = model(image, C.VOCAB.encode(["a red rockets and a blue dog"]), mask)[0]
    assert np.abs(several - one).max() > 1e-4


def test_a_pointing_captioner_without_attention_is_refused():
    with pytest.raises(ValueError, match="attention"):
        pointer.PointerCaptioner(C.CaptionConfig(way="uniform"), rngs=nnx.Rngs(0))


def test_pointing_decodes_by_beam_as_well():
    model = pointer.PointerCaptioner(CONFIG, rngs=nnx.Rngs(0))
    image, mask = told(["rocket", "dog"])
    one = decode.greedy(model.step, model.start(image, mask), 1, begin=C.BEGIN, end=C.END, length=6)
    beam = jax.jit(lambda i: decode.beam(model.step, model.start(i, mask), 1, begin=C.BEGIN, end=C.END, length=6, width=4))(image)
    assert float(beam.log_prob[0, 0]) >= float(one.log_prob[0]) - 1e-4


def test_no_training_picture_shows_a_novel_kind_and_every_test_picture_does(monkeypatch):
    monkeypatch.setenv("COURSE_FAST", "1")
    for test in (False, True):
        drawn, found = novel.draw(test=test)
        kinds = [{words.KINDS[k] for k in row[there]} for row, there in zip(drawn.kind, drawn.present)]
        assert all(bool(k & set(novel.NOVEL)) == test for k in kinds)
        assert novel.image(found).shape == (len(drawn), 6, 100)


def test_naming_is_scored_by_kinds():
    drawn = scenes.compose([{"kind": "frog"}, {"kind": "dog"}])
    assert novel.naming_f1(["a red frog and a red dog"], drawn, True) == novel.naming_f1(["two blue frogs"], drawn, True) == 1
    assert novel.naming_f1(["a red dog"], drawn, True) == 0 and novel.naming_f1(["a red dog"], drawn, False) == 1
    assert novel.naming_f1(["a red pizza and a red cat"], drawn, False) == 0


def test_unknown_arms_are_refused_by_name():
    with pytest.raises(ValueError, match="uniform"):
        attention.train("unifrom", steps=1)
    with pytest.raises(ValueError, match="pointing"):
        novel.train("copying", steps=1)
