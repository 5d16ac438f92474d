"""Scenes: what is drawn is possible and in its split, what is wished for is what comes, what cannot be says why."""

import hashlib
import itertools

import numpy as np
import pytest

from course_utils.world import emoji
from course_utils.world import scenes as S
from course_utils.world.things import ARTWORK, COLOURS, KINDS, KNOWLEDGE, PLACES, SIZES, WORDS

DRAWS = 12_007
ARRAYS = tuple(S.Scenes.__dataclass_fields__)


def draw(seed=0, n=DRAWS, **kwargs):
    return S.sample(np.random.default_rng(seed), n, **kwargs)


def equal(a, b):
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in ARRAYS)


def held_out(scenes):
    """bool[B, 5]: which objects are a held-out pair."""
    return S.HELD_OUT[scenes.kind, scenes.colour] & scenes.present


@pytest.mark.parametrize("split", ["train", "test", "all"])
def test_every_scene_is_possible(split):
    scenes = draw(split=split, sign=0.3)
    S.check(scenes)
    assert len(scenes) == DRAWS and all(getattr(scenes, name).dtype == np.int8 for name in ARRAYS)
    for name in ("kind", "colour", "size", "dx", "dy"):
        assert not getattr(scenes, name)[~scenes.present].any()
    filled = [cells[cells >= 0] for cells in np.column_stack([scenes.cell, scenes.word_cell])]
    assert all(len(set(cells)) == len(cells) for cells in filled)


def test_everything_is_drawn_about_equally_often():
    scenes = draw(sign=0.5)
    counts = np.bincount(scenes.present.sum(1))
    assert counts[0] == 0 and np.ptp(counts[1:]) < 0.2 * counts[1:].mean()
    for name, values in (("kind", KINDS), ("colour", COLOURS), ("size", SIZES), ("cell", PLACES)):
        counts = np.bincount(getattr(scenes, name)[scenes.present], minlength=len(values))
        assert np.abs(counts / counts.mean() - 1).max() < 0.2, name
    assert set(np.unique(scenes.style)) == {emoji.STYLES.index(style) for style in emoji.TRAINING_STYLES}
    signed = scenes.word >= 0
    assert abs(signed.mean() - 0.5) < 0.02 and set(scenes.word[signed]) == set(range(len(WORDS)))
    assert set(scenes.background) == set(range(len(S.BACKGROUNDS)))
    assert set(scenes.dx.ravel()) == set(range(-S.JITTER, S.JITTER + 1))


def test_objects_repeat_when_they_should():
    def repeated(**kwargs):
        scenes = draw(objects=(5, 5), **kwargs)
        return (np.diff(scenes.kind, axis=1) == 0).mean()

    assert repeated(repeat=1.0) == 1
    assert repeated(repeat=0.0) < 0.05 < 0.2 < repeated() < 0.35


def test_splits_of_pairs_are_disjoint():
    assert not held_out(draw(split="train")).any()
    assert held_out(draw(split="test")).any(1).all()
    assert 0.08 < len(S.HELD_OUT_PAIRS) / (len(KINDS) * len(COLOURS)) < 0.12
    assert {colour for _, colour in S.HELD_OUT_PAIRS} == set(range(len(COLOURS)))
    shown = draw(split="train")
    pairs = set(zip(shown.kind[shown.present].tolist(), shown.colour[shown.present].tolist()))
    assert pairs == set(itertools.product(range(len(KINDS)), range(len(COLOURS)))) - S.HELD_OUT_PAIRS
    first = held_out(draw(split="test", objects=(5, 5))).mean(0)
    assert np.ptp(first) < 0.05, "the held-out object must not betray itself by its slot"


def test_streams_of_the_splits_share_no_scene():
    def keys(split):
        scenes = S.sample(S.generator(split), DRAWS, split="all", objects=(2, 5))
        return set(map(bytes, np.column_stack([getattr(scenes, name) for name in ARRAYS])))

    train, validation, test = map(keys, S.SEED_SPLITS)
    assert not (train & validation or train & test or validation & test)
    assert S.generator("train", 3).integers(10**9) == S.generator("train", 3).integers(10**9)


def test_the_first_draws_are_these_on_every_machine_and_release():
    digest = hashlib.sha256()
    for split, sign in (("train", 0.0), ("test", 0.3), ("all", 1.0)):
        scenes = S.sample(S.generator("train", 5), 1009, split=split, sign=sign, styles=emoji.STYLES)
        for name in ARRAYS:
            digest.update(getattr(scenes, name).tobytes())
    assert digest.hexdigest() == "a8d9a7d62983bcc5465d9d0bcec9afd6aae6714e5002bdda3e1fc58a9b0139ae"


def test_scenes_are_taken_apart_and_put_together():
    scenes = draw(n=13, sign=0.5)
    assert len(scenes[4]) == 1 and len(scenes[3:7]) == 4 and len(scenes[scenes.word >= 0]) == (scenes.word >= 0).sum()
    assert equal(S.concatenate([scenes[:5], scenes[5], scenes[6:]]), scenes)
    assert equal(scenes.replace(style=scenes.style), scenes)


def test_what_is_described_can_be_composed_again():
    scenes = draw(n=211, sign=0.5)
    still = scenes.replace(dx=scenes.dx * 0, dy=scenes.dy * 0)
    again = S.concatenate(
        [
            S.compose(
                S.describe(scenes, i),
                style=emoji.STYLES[one.style[0]],
                background=int(one.background[0]),
                **({} if one.word < 0 else {"word": WORDS[one.word[0]], "word_place": PLACES[one.word_cell[0]]}),
            )
            for i in range(len(scenes))
            for one in [scenes[i]]
        ]
    )
    assert equal(again, still)


def test_what_is_not_said_is_filled_in():
    scene = S.compose([{"kind": "dog"}, {"kind": "cat", "place": "top left", "colour": "blue", "size": "small"}], word="zoo")
    assert S.describe(scene) == [
        {"kind": "dog", "colour": "red", "size": "large", "place": "top"},
        {"kind": "cat", "colour": "blue", "size": "small", "place": "top left"},
    ]
    assert PLACES[scene.word_cell[0]] == "top right" and emoji.STYLES[scene.style[0]] == "noto"
    assert S.describe(S.compose([])) == []
    full = S.compose([{"kind": "bee"}] * 5, word="stop")
    assert full.cell[0].tolist() == [0, 1, 2, 3, 4] and full.word_cell[0] == 5


@pytest.mark.parametrize(
    ("wish", "says"),
    [
        (lambda: S.compose([{"kind": "unicorn"}]), "kind 'unicorn'. Choose from: dog, cat.*house"),
        (lambda: S.compose([{"colour": "red"}]), "Object 0 has no kind"),
        (lambda: S.compose([{"kind": "dog", "color": "red"}]), "no 'color'. Choose from: kind, colour, size, place"),
        (lambda: S.compose([{"kind": "dog", "colour": "black"}]), "'black'. Choose from: red, yellow"),
        (lambda: S.compose([{"kind": "dog", "size": "huge"}]), "'huge'. Choose from: small, large"),
        (lambda: S.compose([{"kind": "dog", "place": "centre"}]), "'centre'. Choose from: top left.*bottom right"),
        (
            lambda: S.compose([{"kind": "dog", "place": "top"}, {"kind": "cat", "place": "top"}]),
            "'top' has both a dog and a cat. Free places: top left, top right",
        ),
        (lambda: S.compose([{"kind": "dog"}] * 6), "room for 5 objects, not 6"),
        (lambda: S.compose([{"kind": "dog", "place": "top"}], word="go", word_place="top"), "both a dog and the sign 'go'"),
        (lambda: S.compose([], word="hello"), "word 'hello'. Choose from: stop, go"),
        (lambda: S.compose([], word_place="top"), "needs a word. Choose from: stop"),
        (lambda: S.compose([], style="oil"), "'oil'. Choose from: noto, twemoji"),
        (lambda: S.compose([], background=10), "background 10. Choose from 0 to 9"),
        (lambda: draw(n=3, split="dev"), "'dev'. Choose from: train, test, all"),
        (lambda: draw(n=3, objects=(2, 6)), r"\(2, 6\).*≤ 5"),
        (lambda: draw(n=3, styles=["oil"]), "'oil'. Choose from: noto"),
        (lambda: draw(n=3, styles=[]), "styles is empty. Choose from: noto"),
        (lambda: draw(n=3, kinds=["cow"]), "'cow'. Choose from: dog"),
        (lambda: draw(n=3, colours=[]), "colours is empty. Choose from: red"),
        (lambda: draw(n=3, kinds=["dog"], colours=["yellow"]), "a dog that is yellow; give more colours, or split='all'"),
        (lambda: draw(n=3, kinds=["cat"], split="test"), "No held-out pair is of these kinds"),
        (lambda: draw(n=3, kinds=KINDS[:4], distinct=True), "need 5 kinds or more"),
        (lambda: draw(n=3, sign=1.5), "sign is 1.5.*between 0 and 1"),
        (lambda: draw(n=-1), "n is -1.*0 or more"),
        (lambda: S.generator("dev"), "'dev'. Choose from: train, validation, test"),
    ],
)
def test_a_wish_that_cannot_be_says_what_can(wish, says):
    with pytest.raises(ValueError, match=says) as caught:
        wish()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("split", ["train", "test", "all"])
def test_scenes_of_some_kinds_and_colours(split):
    kinds, colours = ("dog", "tiger", "bee", "bus", "key"), ("red", "yellow", "blue")
    scenes = draw(n=2000, kinds=kinds, colours=colours, split=split, sign=0.3)
    S.check(scenes)
    shown = {(KINDS[k], COLOURS[c]) for k, c in zip(scenes.kind[scenes.present], scenes.colour[scenes.present])}
    held = {(KINDS[k], COLOURS[c]) for k, c in S.HELD_OUT_PAIRS}
    expected = set(itertools.product(kinds, colours))
    assert shown == (expected - held if split == "train" else expected) and expected & held
    if split == "test":
        assert (S.HELD_OUT[scenes.kind, scenes.colour] & scenes.present).any(1).all()


@pytest.mark.parametrize("split", ["train", "all"])
def test_distinct_kinds_are_all_different_and_equally_likely(split):
    kinds = ("dog", "cat", "fish", "car", "bus", "tulip", "guitar", "umbrella")
    scenes = draw(n=4000, kinds=kinds, distinct=True, objects=(2, 5), split=split)
    S.check(scenes)
    count = np.bincount(scenes.kind[scenes.present], minlength=len(KINDS))
    assert {KINDS[k] for k in np.flatnonzero(count)} == set(kinds)
    assert count[count > 0].min() > 0.9 * count.sum() / len(kinds)
    for kind, present in zip(scenes.kind, scenes.present):
        assert len(set(kind[present].tolist())) == present.sum()
    assert (S.HELD_OUT[scenes.kind, scenes.colour] & scenes.present).any() == (split == "all")


def test_colours_are_exchanged_where_both_scenes_may_be_shown():
    scenes = draw(n=3000, objects=(1, 3), split="all")
    fits, other = S.exchangeable(scenes), S.exchange_colours(scenes)
    np.testing.assert_array_equal(S.exchange_colours(other).colour, scenes.colour)
    assert S.exchangeable(other[np.flatnonzero(fits)]).all()
    for i in range(300):
        (k, m), (c, d) = scenes.kind[i, :2], scenes.colour[i, :2]
        held = S.HELD_OUT[[k, m, k, m], [c, d, d, c]].any()
        assert fits[i] == (scenes.present[i, 1] and k != m and c != d and not held)
        assert other.colour[i, :2].tolist() == [d, c]


@pytest.mark.parametrize(
    ("name", "where", "value", "says"),
    [
        ("kind", (2, 0), 32, "Scene 2 .*kind is not in 0..31"),
        ("cell", (1, 0), -1, "Scene 1 .*an empty slot comes before"),
        ("cell", (4, 1), "same", "Scene 4 .*two things are in one place"),
        ("word_cell", (0,), 8, "Scene 0 .*a place without a word"),
        ("background", (3,), -1, "Scene 3 .*background is not in 0..9"),
    ],
)
def test_arrays_that_are_no_scenes_are_refused(name, where, value, says):
    scenes = draw(n=5, objects=(3, 3))
    array = getattr(scenes, name).copy()
    array[where] = array[where[0], 0] if value == "same" else value
    with pytest.raises(ValueError, match=says):
        S.check(scenes.replace(**{name: array}))
    with pytest.raises(ValueError, match="size has shape"):
        S.check(scenes.replace(size=scenes.size[:, :4]))


def test_things_are_what_scenes_need():
    known = emoji.load()
    assert set(ARTWORK) <= set(known.sprite_names) and len(set(ARTWORK)) == len(ARTWORK) == len(KINDS)
    assert all(set(kinds) < set(KINDS) for kinds in KNOWLEDGE.values())
    assert len(PLACES) == S.CELLS and len(S.BACKGROUNDS) == 10
