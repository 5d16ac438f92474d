"""Every referring expression fits exactly the object that is meant, by the course's reader and by a plain one."""

import functools

import numpy as np
import pytest

from course_utils.world.languages import NotInGrammar
from course_utils.world.referring import EXPRESSIONS, refer, refer_nearest, referable, resolve
from course_utils.world.scenes import Scenes, compose, describe, sample
from course_utils.world.things import COLOURS, KINDS, PLACES, SIZES

pytestmark = pytest.mark.newest  # symbols and words: canaries repeat what is drawn of them on every release

DRAWS = 10_000
LOCATION_WORDS = set("left right top bottom middle above below leftmost rightmost topmost bottommost highest lowest".split())


@functools.cache
def expressions(kind: str) -> tuple[Scenes, list[str], np.ndarray]:
    scenes = sample(np.random.default_rng(7), DRAWS + 1_000, sign=0.3, split="all", repeat=0.5)
    scenes = scenes[referable(scenes, kind).any(1)][:DRAWS]
    assert len(scenes) == DRAWS
    return scenes, *refer(np.random.default_rng(8), scenes, kind)


@pytest.mark.parametrize("kind", EXPRESSIONS)
def test_exactly_one_object_is_meant(kind):
    scenes, texts, slots = expressions(kind)
    assert slots.dtype == np.int8 and slots.shape == (DRAWS,)
    fits = resolve(scenes, texts)
    assert fits.dtype == bool and fits.shape == (DRAWS, 5)
    assert (fits.sum(1) == 1).all() and (fits.argmax(1) == slots).all()


def grid(thing) -> tuple[int, int]:
    return divmod(PLACES.index(thing["place"]), 3)


def narrowed(things: list[dict], words: list[str]) -> list[dict]:
    """The things that have every attribute among the words."""
    for word in words:
        if word in ("thing", "one"):
            continue
        things = [thing for thing in things if word in (thing["kind"], thing["colour"], thing["size"])]
    return things


def plain(things: list[dict], sign: str | None, text: str) -> list[dict]:
    """What a text fits, found word by word and without the reader."""
    words = [word for word in text.split() if word not in ("the", "that", "which", "is", "to", "of", "at", "on", "in")]
    words = [word for word in words if word != "picture"]
    where = [w for w in words if w in LOCATION_WORDS]
    sides = {
        "left": (1, -1),
        "right": (1, 1),
        "above": (0, -1),
        "below": (0, 1),
        "leftmost": (1, -1),
        "rightmost": (1, 1),
        "topmost": (0, -1),
        "highest": (0, -1),
        "bottommost": (0, 1),
        "lowest": (0, 1),
    }
    if not where:
        return narrowed(things, words)
    if where[0].endswith("most") or where[0] in ("highest", "lowest"):
        axis, sign_ = sides[where[0]]
        fits = narrowed(things, words[1:])
        return [a for a in fits if all(a is b or sign_ * grid(a)[axis] > sign_ * grid(b)[axis] for b in fits)]
    first = words.index(where[0])
    fits, behind = narrowed(things, words[:first]), words[first + len(where) :]
    if behind:  # a relation
        axis, sign_ = sides[where[0]]
        marks = [{"place": sign}] if behind == ["sign"] else narrowed(things, behind)
        assert len(marks) == 1
        return [a for a in fits if sign_ * grid(a)[axis] > sign_ * grid(marks[0])[axis]]
    rows, columns = {"top": 0, "bottom": 2}, {"left": 0, "right": 2}
    if len(where) == 2:
        row, column = rows.get(where[0], 1), columns.get(where[1], 1)
        return [a for a in fits if grid(a) == (row, column)]
    if where == ["middle"]:
        return [a for a in fits if grid(a) == (1, 1)]
    return [a for a in fits if grid(a)[where[0] in columns] == (rows | columns)[where[0]]]


@pytest.mark.parametrize("kind", EXPRESSIONS)
def test_a_plain_reading_agrees(kind):
    scenes, texts, slots = expressions(kind)
    for i, (text, slot) in enumerate(zip(texts, slots)):
        things = describe(scenes, i)
        sign = PLACES[scenes.word_cell[i]] if scenes.word[i] >= 0 else None
        assert plain(things, sign, text) == [things[slot]], (things, text)


def test_what_tells_the_kinds_apart():
    words = {kind: [text.split() for text in expressions(kind)[1]] for kind in EXPRESSIONS}
    assert all(LOCATION_WORDS & set(text) for text in words["location"])
    assert not any(LOCATION_WORDS & set(text) for text in words["attributes"])
    lengths = {kind: np.mean([len(text) for text in words[kind]]) for kind in EXPRESSIONS}
    assert lengths["long"] > 8 > 6 > lengths["location"] > lengths["attributes"]
    related = [text for text in expressions("long")[1] if "of the picture" not in text]
    assert len(related) > 0.7 * DRAWS
    said = set().union(*map(set, words["location"]))
    assert set(KINDS) | set(COLOURS) | set(SIZES) <= said  # nothing is always left out


def scene() -> Scenes:
    return compose(
        [
            {"kind": "dog", "colour": "red", "size": "large", "place": "top left"},
            {"kind": "dog", "colour": "red", "size": "small", "place": "middle"},
            {"kind": "dog", "colour": "red", "size": "small", "place": "bottom right"},
            {"kind": "cat", "colour": "blue", "size": "small", "place": "right"},
        ],
        word="stop",
        word_place="top",
    )


@pytest.mark.parametrize(
    "text, slots",
    [
        ("the dog", [0, 1, 2]),
        ("small thing", [1, 2, 3]),
        ("the large one", [0]),
        ("the blue dog", []),
        ("dog at the top left", [0]),
        ("the dog at the top", [0]),
        ("the thing on the right", [2, 3]),
        ("the dog on the right", [2]),
        ("the cat at the middle right", [3]),
        ("the leftmost dog", [0]),
        ("the leftmost small dog", [1]),
        ("the rightmost thing", []),  # two are equally far
        ("the lowest thing", [2]),
        ("the dog to the left of the cat", [0, 1]),
        ("the small dog which is to the left of the cat", [1]),
        ("the dog that is below the small blue cat", [2]),
        ("The cat above the dog.", []),  # which dog?
        ("the cat to the right of the large dog", [3]),
        ("the dog to the left of the sign", [0]),
        ("the small red dog that is in the middle of the picture", [1]),
    ],
)
def test_resolving_by_hand(text, slots):
    assert np.flatnonzero(resolve(scene(), text)[0]).tolist() == slots


def test_one_text_or_one_a_scene():
    scenes = expressions("location")[0][:7]
    assert resolve(scenes, "the dog").shape == (7, 5)
    assert (resolve(scenes, ["the dog"] * 7) == resolve(scenes, "the dog")).all()
    assert resolve(scenes[:0], []).shape == (0, 5)
    assert not resolve(compose([]), "the thing").any()
    with pytest.raises(ValueError, match="2 texts for 7 scenes"):
        resolve(scenes, ["the dog", "the cat"])


@pytest.mark.parametrize("text", ["", "the", "the dogs", "the red", "the unicorn", "the dog that is", "the dog above cat", "dog dog"])
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(NotInGrammar, match="Cannot read"):
        resolve(scene(), text)


def test_what_cannot_be_singled_out():
    twins = compose([{"kind": "key", "place": "top"}, {"kind": "key", "place": "left"}])
    assert referable(twins, "location")[0].tolist() == [True, True, False, False, False]
    assert not referable(twins, "attributes").any()
    with pytest.raises(ValueError, match="Scene 0 has no object that attributes alone"):
        refer(np.random.default_rng(0), twins, "attributes")
    with pytest.raises(ValueError, match="no kind of expression 'short'. Choose from: location, attributes, long"):
        refer(np.random.default_rng(0), twins, "short")
    for seed in range(20):
        for kind in ("location", "long"):
            texts, slots = refer(np.random.default_rng(seed), twins, kind)
            assert resolve(twins, texts)[0].tolist() == [k == slots[0] for k in range(5)]


def test_the_seed_fixes_the_expressions():
    scenes = expressions("long")[0][:200]
    (first, slots), (again, same) = (refer(np.random.default_rng(3), scenes, "long") for _ in range(2))
    other, _ = refer(np.random.default_rng(4), scenes, "long")
    assert first == again and (slots == same).all() and first != other


def test_nearest_is_the_least_distance_of_cells():
    scenes = sample(np.random.default_rng(9), 2_000, sign=0.3, split="all", repeat=0.5)
    rows, texts, slots = refer_nearest(np.random.default_rng(10), scenes)
    assert len(rows) > 1_000 and slots.dtype == np.int8
    fits = resolve(scenes[rows], texts)
    assert (fits.sum(1) == 1).all() and (fits.argmax(1) == slots).all()
    for row, text, slot in zip(rows[:500], texts, slots):
        things = describe(scenes, row)
        of, landmark = (words.split()[1:] if words.startswith("the ") else words.split() for words in text.split(" nearest to "))
        (mark,) = narrowed(things, landmark)
        apart = [(sum((a - b) ** 2 for a, b in zip(grid(thing), grid(mark))), k) for k, thing in enumerate(things)]
        candidates = [pair for pair in sorted(apart) if things[pair[1]] in narrowed(things, of) and things[pair[1]] is not mark]
        assert len(candidates) > 1 and candidates[0][0] < candidates[1][0] and candidates[0][1] == slot


def test_nearest_to_what_is_not_one_thing_is_nothing():
    scenes = sample(np.random.default_rng(9), 200, objects=(3, 5), repeat=1.0)
    assert not resolve(scenes, "the thing nearest to the thing").any()
