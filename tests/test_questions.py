"""Questions: each answer checked by a slow second oracle that reads the English, pairs one edit apart, no prior left."""

import dataclasses
import hashlib
import re

import numpy as np
import pytest

from course_utils.text import PAD
from course_utils.world import questions as Q
from course_utils.world.questions.forms import KIND, SIZE
from course_utils.world.scenes import HELD_OUT, Scenes, check, compose, describe, sample
from course_utils.world.things import COLOURS, KINDS, KNOWLEDGE, SIZES, WORDS

pytestmark = pytest.mark.newest  # symbols and words: canaries repeat what is drawn of them on every release

DRAWS = 5_000  # pairs of each type, so 10,000 scenes
KEYWORDS = {
    "eat": "you can eat",
    "animal": "is an animal",
    "animals": "is an animal",
    "vehicle": "is a vehicle",
    "vehicles": "is a vehicle",
    "plant": "is a plant",
    "plants": "is a plant",
    "music": "makes music",
    "wheels": "has wheels",
    "eggs": "lays eggs",
}
DISPUTED = {"you can eat": "fish frog snake turtle cactus", "is a plant": "banana strawberry watermelon mushroom", "has wheels": "airplane"}
SINGULAR = {"fish": "fish", "strawberries": "strawberry", "buses": "bus", "cacti": "cactus"}


def lying(thing: dict) -> tuple[int, int]:
    """(down, right) from the name of a place, each -1, 0 or 1."""
    words = thing["place"].split()
    return ("bottom" in words) - ("top" in words), ("right" in words) - ("left" in words)


def described(things: list[dict], phrase: str) -> list[dict]:
    """The things that "large red dog", "red thing", "thing" fit."""
    *adjectives, noun = phrase.split()
    return [t for t in things if noun in ("thing", t["kind"]) and set(adjectives) <= {t["colour"], t["size"]}]


def beside(things: list[dict], relation: str, anchor: dict) -> list[dict]:
    axis, way = {"left": (1, -1), "right": (1, 1), "above": (0, -1), "below": (0, 1)}[relation]
    return [t for t in things if (lying(t)[axis] - lying(anchor)[axis]) * way > 0]


def slow_answer(things: list[dict], word: str | None, text: str) -> str | None:
    """The answer to a question in English, or None where it has none."""
    assert text.endswith("?") and text == text.lower()
    text = text[:-1].replace("to the left of", "left").replace("to the right of", "right")
    only = lambda found, what: found[0][what] if len(found) == 1 else None  # noqa: E731
    yes = lambda truth: "yes" if truth else "no"  # noqa: E731

    if "sign" in text.split():
        if word is None:
            return None
        if text == "what does the sign say":
            return word
        if text == "what number is on the sign":
            return word if word in map(str, range(100)) else None
        return yes(word == re.fullmatch("does the sign say (.+)", text)[1])

    for keyword, known in KEYWORDS.items():
        if keyword in text.split():
            if any(t["kind"] in DISPUTED.get(known, "").split() for t in things):
                return None
            found = [t for t in things if t["kind"] in KNOWLEDGE[known]]
            if text.startswith("is there"):
                return yes(found)
            if text.startswith("how many"):
                return str(len(found))
            return only(found, "kind" if text.startswith("which thing") else "colour")

    if m := re.fullmatch(r"is there something (\w+)", text):
        return yes(described(things, m[1] + " thing"))
    if m := re.fullmatch(r"is there an? (.+)", text):
        return yes(described(things, m[1]))
    if m := re.fullmatch(r"how many (.+) are there", text):
        phrase = m[1][:-1] if m[1].endswith(" things") else SINGULAR.get(m[1], m[1].removesuffix("s"))
        assert phrase.split()[-1] in ("thing", *KINDS)
        return str(len(described(things, phrase)))

    if m := re.fullmatch(r"is the (.+) to the left or right the (.+)", text) or re.fullmatch(
        r"is the (.+) (?:above or below) the (.+)", text
    ):
        one, other = described(things, m[1]), described(things, m[2])
        if len(one) != 1 or len(other) != 1:
            return None
        sides = ("above", "below") if "above or below" in text else ("left", "right")
        return next((side for side in sides if beside(one, side, other[0])), None)
    if m := re.fullmatch(r"is the (.+) (left|right|above|below) the (.+)", text):
        one, other = described(things, m[1]), described(things, m[3])
        if len(one) != 1 or len(other) != 1:
            return None
        opposite = {"left": "right", "right": "left", "above": "below", "below": "above"}[m[2]]
        if not beside(one, m[2], other[0]) and not beside(one, opposite, other[0]):
            return None
        return yes(beside(one, m[2], other[0]))

    if m := re.fullmatch(r"what (?:(colour|size) is the thing|is) (left|right|above|below) the (.+)", text):
        anchor = described(things, m[3])
        return only(beside(things, m[2], anchor[0]), m[1] or "kind") if len(anchor) == 1 else None
    if m := re.fullmatch(r"what (?:(colour|size) is the thing|is) (?:at the|on the|in the) (.+)", text):
        there = [t for t in things if t["place"] == m[2]]
        if m[2] in ("top", "bottom", "left", "right") and sum(m[2] in t["place"].split() for t in things) > 1:
            return None
        return only(there, m[1] or "kind")
    if m := re.fullmatch(r"what (?:has|(size) is the thing of) the same colour as the (.+)", text):
        anchors = [t for t in things if t["kind"] == m[2]]
        if len(anchors) != 1:
            return None
        rest = [t for t in things if t["place"] != anchors[0]["place"]]
        return only(described(rest, anchors[0]["colour"] + " thing"), m[1] or "kind")
    m = re.fullmatch(r"what (?:(colour|size) )?is the (.+)", text)
    return only(described(things, m[2]), m[1] or "kind")


def slow_answers(scenes: Scenes, questions: Q.Questions) -> list[str | None]:
    return [
        slow_answer(describe(scenes, i), WORDS[scenes.word[i]] if scenes.word[i] >= 0 else None, text)
        for i, text in enumerate(questions.texts())
    ]


def in_words(answers: np.ndarray) -> list[str]:
    return [Q.ANSWERS[i] for i in answers]


def edits(a: Scenes, b: Scenes) -> tuple[np.ndarray, set[str]]:
    """How many entries of all arrays differ in each scene, and in which arrays."""
    differs = {f.name: (getattr(a, f.name) != getattr(b, f.name)).reshape(len(a), -1).sum(1) for f in dataclasses.fields(a)}
    return sum(differs.values()), {name for name, count in differs.items() if count.any()}


def shows_held_out(scenes: Scenes) -> np.ndarray:
    return (HELD_OUT[scenes.kind, scenes.colour] & scenes.present).any(1)


# --- wording


def test_texts_are_all_different_and_plain():
    texts = Q.all_texts()
    assert len(set(texts)) == len(texts) > 5_000
    assert all(re.fullmatch(r"[a-z0-9 ]+\?", text) and "  " not in text for text in texts)
    assert not any(re.search(r"\ba [aeiou]|\ban [^aeiou]", text) for text in texts)
    everything = Q.all_questions()
    np.testing.assert_array_equal(everything.text_id, np.arange(len(texts)))
    assert everything.texts() == list(texts)
    assert {Q.TYPES[t] for t in everything.type} == set(Q.TYPES)


def test_answers_and_words_are_closed_vocabularies():
    assert len(set(Q.ANSWERS)) == len(Q.ANSWERS) and set(KINDS + COLOURS + SIZES + WORDS) <= set(Q.ANSWERS)
    assert len(set(Q.VOCAB)) == len(Q.VOCAB) and Q.VOCAB[PAD] == "<pad>" and set(Q.ANSWERS) <= set(Q.VOCAB)


def test_questions_are_read_back_and_spelled_in_tokens():
    drawn = Q.pairs(np.random.default_rng(3), 211).questions
    again = Q.read(drawn.texts())
    np.testing.assert_array_equal(again.form, drawn.form)
    np.testing.assert_array_equal(again.arguments, drawn.arguments)
    tokens = drawn.tokens(23)
    assert tokens.shape == (211, 23) and tokens.dtype == np.int32
    spelled = [" ".join(Q.VOCAB[t] for t in row if t != PAD).replace(" ?", "?") for row in tokens]
    assert spelled == drawn.texts()
    assert len(drawn[5]) == 1 and drawn[-7:].texts() == drawn.texts()[-7:]


# --- the oracle


@pytest.mark.parametrize("name", Q.TYPES)
def test_both_answers_of_10_000_scenes_are_right_and_one_edit_apart(name):
    for split, n in (("train", DRAWS), ("test", DRAWS // 5)):
        drawn = Q.pairs(np.random.default_rng([7, len(split)]), n, types=name, split=split)
        assert {Q.TYPES[t] for t in drawn.questions.type} == {name}
        for scenes, answers in ((drawn.a, drawn.answer_a), (drawn.b, drawn.answer_b)):
            check(scenes)
            assert in_words(answers) == slow_answers(scenes, drawn.questions)
            np.testing.assert_array_equal(Q.answer(scenes, drawn.questions), answers)
            assert Q.possible(drawn.questions, split)[np.arange(n), answers].all()
            assert shows_held_out(scenes).all() if split == "test" else not shows_held_out(scenes).any()
        assert (drawn.answer_a != drawn.answer_b).all()
        count, changed = edits(drawn.a, drawn.b)
        assert (count == 1).all()
        assert changed <= {"kind", "colour", "size", "cell", "word"}


@pytest.mark.parametrize("name", Q.TYPES)
def test_what_is_asked_of_10_000_drawn_scenes_has_the_answer(name):
    rng = np.random.default_rng(11)
    scenes = sample(rng, 70_000, split="all", sign=1.0 if name == "reading" else 0.3)
    drawn = Q.ask(rng, scenes, (name, "exist"))  # whether something exists can be asked of every scene
    rows = np.flatnonzero(drawn.type == Q.TYPES.index(name))[:10_000]
    assert len(rows) == 10_000
    scenes, drawn = scenes[rows], drawn[rows]
    answers = Q.answer(scenes, drawn)
    assert in_words(answers) == slow_answers(scenes, drawn)
    assert Q.possible(drawn)[np.arange(len(scenes)), answers].all()


def test_both_oracles_agree_on_what_cannot_be_answered():
    rng = np.random.default_rng(13)
    everything, n = Q.all_questions(), 20_000
    scenes = sample(rng, n, split="all", sign=0.5, repeat=0.6)
    form = rng.integers(len(Q.FORMS), size=n)
    starts = np.searchsorted(everything.form, np.arange(len(Q.FORMS) + 1))
    questions = everything[starts[form] + (rng.random(n) * np.diff(starts)[form]).astype(int)]
    # Let half of them speak of what is there.
    asked = Q.ask(rng, scenes)
    questions = everything[np.where(rng.random(n) < 0.5, questions.text_id, np.roll(asked.text_id, 1))]
    slow = slow_answers(scenes, questions)
    fine = Q.answerable(scenes, questions)
    assert 0.2 < fine.mean() < 0.8
    assert fine.tolist() == [found is not None for found in slow]
    assert in_words(Q.answer(scenes[fine], questions[fine])) == [found for found in slow if found is not None]


def test_ask_asks_every_type_and_one_thing_of_an_empty_looking_scene():
    rng = np.random.default_rng(17)
    drawn = Q.ask(rng, sample(rng, 4_001, sign=0.5))
    assert (np.bincount(drawn.type, minlength=len(Q.TYPES)) > 100).all()
    one = compose([{"kind": "umbrella", "colour": "pink", "place": "middle"}])
    assert Q.TYPES[Q.ask(rng, one, ("two-hop", "what", "reading")).type[0]] == "what"


# --- balance


def lookup(fit, fitted: np.ndarray, score, answers: np.ndarray, *, key=None, split="train") -> np.ndarray:
    """How right the best table from text (or a coarser key) to answer is: float[B]. It was fitted on other questions; of
    a text that it has never met it guesses among the possible answers."""
    key = key or (lambda questions: questions.text_id)
    table = np.zeros((len(Q.all_texts()), len(Q.ANSWERS)), np.int32)
    np.add.at(table, (key(fit), fitted), 1)
    seen = table[key(score)]
    return np.where(seen.any(1), seen.argmax(1) == answers, 1 / Q.possible(score, split).sum(1))


def by_type(questions: Q.Questions, *scores: np.ndarray) -> str:
    return "\n".join(f"{name:10}" + "".join(f"{s[questions.type == t].mean():8.3f}" for s in scores) for t, name in enumerate(Q.TYPES))


KEYS = {
    "the text": None,
    "the form": lambda q: q.form.astype(int),
    "the form and the kind": lambda q: q.form.astype(int) * 40 + q.argument("kind") + 1,
    "the form and the anchor": lambda q: q.form.astype(int) * 40 + q.argument("anchor_kind") + 1,
}


@pytest.mark.parametrize("split", ["train", "test", "all"])
def test_no_table_from_text_to_answer_beats_a_guess_on_balanced_pairs(split):
    drawn = Q.pairs(np.random.default_rng(19), 40_000, split=split)  # 80,000 questions
    half = [drawn.questions[:20_000], drawn.questions[20_000:]]
    answers = [np.stack([a[rows] for a in (drawn.answer_a, drawn.answer_b)]) for rows in (slice(20_000), slice(20_000, None))]
    uniform = 1 / Q.possible(drawn.questions, split).sum(1)
    for name, key in KEYS.items():
        right = np.concatenate(
            [  # fitted on one half, scored on the other, and the other way round
                np.mean(
                    [lookup(_twice(half[1 - h]), answers[1 - h].ravel(), half[h], member, key=key, split=split) for member in answers[h]], 0
                )
                for h in (0, 1)
            ]
        )
        print(f"{split}, {name}: table, uniform\n{by_type(drawn.questions, right, uniform)}")
        assert right.mean() <= 1.05 * uniform.mean(), name
        for t in range(len(Q.TYPES)):
            rows = drawn.questions.type == t
            assert right[rows].mean() <= 1.15 * uniform[rows].mean(), (name, Q.TYPES[t])


def _twice(questions: Q.Questions) -> Q.Questions:
    return questions[np.tile(np.arange(len(questions)), 2)]


def test_every_possible_answer_of_a_text_is_equally_likely():
    drawn = Q.pairs(np.random.default_rng(23), 30_000, types=("count", "what", "knowledge"))
    possible = Q.possible(drawn.questions, "train")
    expected = (possible / possible.sum(1, keepdims=True)).sum(0)
    for answers in (drawn.answer_a, drawn.answer_b):
        met = np.bincount(answers, minlength=len(Q.ANSWERS))
        assert (np.abs(met - expected) <= 5 * np.sqrt(expected + 1)).all()


def test_how_many_objects_there_are_gives_nothing_away():
    drawn = Q.pairs(np.random.default_rng(29), 30_000)
    many = drawn.a.present.sum(1)
    np.testing.assert_array_equal(many, drawn.b.present.sum(1))  # no edit adds or removes
    for t in range(len(Q.TYPES)):
        rows = drawn.questions.type == t
        for one in np.unique(drawn.answer_a[rows]):  # members are drawn in either order
            picked = rows & (drawn.answer_a == one)
            form_mean = np.bincount(drawn.questions.form, many) / np.bincount(drawn.questions.form)
            excess = many[picked] - form_mean[drawn.questions.form[picked]]
            assert abs(excess.mean()) < 5 * 1.2 / np.sqrt(len(excess))
    slots = np.argwhere(drawn.a.kind != drawn.b.kind)[:, 1]
    assert np.bincount(slots, minlength=5).min() > 0  # the object asked about is in any slot


def test_one_has_to_look_at_the_right_thing():
    drawn = Q.pairs(np.random.default_rng(31), 5_000, types=("colour", "size", "two-hop"))
    forms = [Q.FORMS[f] for f in drawn.questions.form]
    for scenes, answers in ((drawn.a, drawn.answer_a), (drawn.b, drawn.answer_b)):
        said = in_words(answers)
        for i, form in enumerate(forms):
            if form.query in ("colour", "size"):
                assert len({thing[form.query] for thing in describe(scenes, i)}) > 1, (form, said[i])
            if form.pattern == "what size is the {colour} {kind}?":  # the colour or the kind alone does not find it
                colour, kind = re.fullmatch(r"what size is the (\w+) (\w+)\?", drawn.questions[i].texts()[0]).groups()
                things = describe(scenes, i)
                assert len(described(things, f"{colour} thing")) > 1 and len(described(things, kind)) > 1


def test_who_compares_colours_has_to_look_twice():
    """Two things of the anchor's colour, two of another, one of a third, each anywhere. Whoever does not read the
    anchor's colour takes any other thing, or any of a colour that occurs twice; these do best, and no count of sizes
    does better."""
    drawn = Q.pairs(np.random.default_rng(43), 20_000, types="same")
    scenes, rows, anchor_kind = drawn.a, np.arange(20_000), drawn.questions.argument("anchor_kind")
    is_anchor = scenes.kind == anchor_kind[:, None]
    assert scenes.present.all() and (is_anchor.sum(1) == 1).all()
    alike = scenes.colour[:, :, None] == scenes.colour[:, None]
    assert (np.sort(alike.sum(2), 1) == [1, 2, 2, 2, 2]).all()
    target = (alike[rows, is_anchor.argmax(1)] & ~is_anchor).argmax(1)
    attribute = {"kind": KIND + scenes.kind, "size": SIZE + scenes.size}
    for name, low, high in (("kind", 0.25, 1 / 3), ("size", 0.625, 2 / 3)):
        r = np.flatnonzero([Q.FORMS[f].query == name for f in drawn.questions.form])
        right = attribute[name][r] == drawn.answer_a[r, None]
        assert right[np.arange(len(r)), target[r]].all()
        other, twice = ~is_anchor[r], ~is_anchor[r] & (alike[r].sum(2) == 2)
        random, doubled = ((right * among).sum(1) / among.sum(1) for among in (other, twice))
        shown = [f"{random.mean():.3f}", f"{doubled.mean():.3f}"]
        print(f"{name}: any other thing {shown[0]}, one of a colour that occurs twice {shown[1]}")
        assert abs(random.mean() - low) < 0.035 and abs(doubled.mean() - high) < 0.035
        for slot_property in (scenes.cell, scenes.colour):  # a thing at a given place, or of a given colour
            for value in np.unique(slot_property):
                there = other & (slot_property[r] == value)
                assert (right & there).sum() / there.sum() < low + 0.05
        if name == "size":
            for among in (other, twice, other | ~other):  # the best that numbers of small things can tell
                small = (among & (scenes.size[r] == 0)).sum(1)
                met = np.zeros((6, 2))
                np.add.at(met, (small, drawn.answer_a[r] - SIZE), 1)
                print(f"  counted among {among.sum(1)[0]}: {met.max(1).sum() / len(r):.3f}")
                assert met.max(1).sum() / len(r) < 0.7


@pytest.mark.parametrize("split", ["train", "test"])
def test_what_is_compared_has_every_colour_and_any_place(split):
    drawn = Q.pairs(np.random.default_rng(47), 12_000, types="same", split=split)
    scenes = drawn.a
    is_anchor = scenes.kind == drawn.questions.argument("anchor_kind")[:, None]
    alike = scenes.colour == scenes.colour[is_anchor][:, None]
    for which in (is_anchor, alike & ~is_anchor, ~alike):
        for array, many in ((scenes.colour, len(COLOURS)), (scenes.cell, 9)):
            share = np.bincount(array[which], minlength=many) / which.sum() * many
            assert (np.abs(share - 1) < 0.12).all(), share
    kinds = np.bincount(scenes.kind[~is_anchor], minlength=len(KINDS)) / (~is_anchor).sum() * len(KINDS)
    target = np.bincount(scenes.kind[alike & ~is_anchor], minlength=len(KINDS)) / 12_000 * len(KINDS)
    print(split, kinds.round(2), target.round(2))
    assert (np.abs(target - 1) < 0.25).all()


# --- the prior


def test_the_biased_split_rewards_a_table_and_the_flipped_one_punishes_it():
    n = 60_000
    _, learnt, prior = Q.biased(np.random.default_rng(1), n)
    _, same, again = Q.biased(np.random.default_rng(2), n)
    scenes, other, flipped = Q.biased(np.random.default_rng(3), n, flipped=True)
    kept, turned = lookup(learnt, prior, same, again), lookup(learnt, prior, other, flipped)
    kept_uniform, turned_uniform = (1 / Q.possible(questions, "train").sum(1) for questions in (same, other))
    print(f"biased: table, uniform\n{by_type(same, kept, kept_uniform)}")
    print(f"flipped: table, uniform\n{by_type(other, turned, turned_uniform)}")
    print(f"all types: {kept.mean():.3f}, {turned.mean():.3f}, uniform {kept_uniform.mean():.3f}")
    assert kept.mean() >= 0.8 and turned.mean() <= 0.5 * turned_uniform.mean()
    for t in range(len(Q.TYPES)):
        assert turned[other.type == t].mean() <= 0.7 * turned_uniform[other.type == t].mean(), Q.TYPES[t]
    favourite = Q.favourite(same)
    assert abs((again == favourite).mean() - 0.85) < 0.01
    assert abs((flipped == Q.favourite(other, flipped=True)).mean() - 0.85) < 0.01
    assert (Q.favourite(other) != Q.favourite(other, flipped=True)).all()
    np.testing.assert_array_equal(Q.answer(scenes, other), flipped)


def test_strength_is_the_rate_of_the_favourite():
    for strength in (0.0, 0.37, 1.0):
        _, questions, answers = Q.biased(np.random.default_rng(5), 6_007, strength=strength)
        assert abs((answers == Q.favourite(questions)).mean() - strength) < 0.03
        assert strength not in (0.0, 1.0) or (answers == Q.favourite(questions)).mean() == strength


# --- annotators


@pytest.mark.parametrize("disagreement", [0.0, 0.1, 0.2, 0.5, 1.0])
def test_annotators_err_as_often_as_asked_and_plausibly(disagreement):
    rng = np.random.default_rng(37)
    drawn = Q.pairs(rng, 4_001)
    given = Q.annotate(rng, drawn.questions, drawn.answer_a, disagreement)
    assert given.shape == (4_001, 10) and given.dtype == np.int16
    wrong = given != drawn.answer_a[:, None]
    assert abs(wrong.mean() - disagreement) < 0.01
    assert np.take_along_axis(Q.possible(drawn.questions), given.astype(int), 1).all()
    votes = (given[:, :, None] == np.arange(len(Q.ANSWERS))).sum(1)
    right = votes.argmax(1) == drawn.answer_a
    print(f"disagreement {disagreement}: the majority is right {right.mean():.4f}")
    if disagreement <= 0.2:
        assert right.mean() > 0.97
    if disagreement == 1.0:
        assert not right.any()


# --- the same everywhere


def test_the_same_seed_gives_the_same_questions_and_scenes():
    digest = hashlib.sha256()

    def add(*arrays):
        for array in arrays:
            digest.update(f"{array.dtype}{array.shape}".encode() + np.ascontiguousarray(array).tobytes())

    rng = np.random.default_rng(2024)
    drawn = Q.pairs(rng, 257)
    scenes, questions, answers = Q.biased(rng, 131, flipped=True, split="test")
    asked = Q.ask(rng, scenes)
    for batch in (drawn.a, drawn.b, scenes):
        add(*(getattr(batch, f.name) for f in dataclasses.fields(batch)))
    for batch in (drawn.questions, questions, asked):
        add(batch.form, batch.arguments, batch.tokens(16))
    add(drawn.answer_a, drawn.answer_b, answers, Q.annotate(rng, drawn.questions, drawn.answer_a))
    assert digest.hexdigest() == FIRST_DRAWS


FIRST_DRAWS = "2587c2d88c631f3b0070a80e35165bbffd7c5919b6f68a2228ac0cd1774ef2c8"


# --- what is refused


SCENE = compose(
    [
        {"kind": "dog", "colour": "red", "place": "left"},
        {"kind": "dog", "colour": "blue", "place": "top left"},
        {"kind": "cat", "colour": "blue", "place": "bottom left"},
        {"kind": "fish", "colour": "pink", "place": "right"},
        {"kind": "bus", "colour": "blue", "place": "top"},
    ],
    word="taxi",
    word_place="middle",
)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("what colour is the dog?", "more than one dog"),
        ("what colour is the car?", "there is no car"),
        ("what colour is the small dog?", "there is no small dog"),
        ("what is the blue thing?", "more than one blue thing"),
        ("what is on the left?", "the place is unclear"),
        ("what is in the middle?", "no thing at the place 'middle'"),
        ("is the cat above the dog?", "more than one dog"),
        ("is the cat to the left of the red thing?", "do not differ in the column"),
        ("is the fish above or below the red thing?", None),
        ("is the fish above the red thing?", "do not differ in the row"),
        ("what is to the left of the car?", "there is no car"),
        ("what is to the left of the fish?", "more than one thing to the left of the fish"),
        ("what is to the right of the fish?", "no thing to the right of the fish"),
        ("what has the same colour as the car?", "there is no car"),
        ("what has the same colour as the dog?", "more than one dog"),
        ("what has the same colour as the fish?", "there is no other pink thing"),
        ("what size is the thing of the same colour as the cat?", "there is more than one other blue thing"),
        ("which thing can you eat?", "argue whether the fish"),
        ("which thing is an animal?", "more than one thing that fits 'is an animal'"),
        ("what number is on the sign?", "a word, not a number"),
    ],
)
def test_an_unanswerable_question_says_why(text, reason):
    if reason is None:  # no such text
        with pytest.raises(ValueError, match="Close to it"):
            Q.read(text)
        return
    question = Q.read(text)
    assert not Q.answerable(SCENE, question)[0]
    with pytest.raises(ValueError, match="has no answer here") as error:
        Q.answer(SCENE, question)
    assert text in str(error.value) and reason in str(error.value)


def test_what_is_asked_wrongly_is_told_what_there_is():
    rng = np.random.default_rng(0)
    for call in (
        lambda: Q.pairs(rng, 3, types=("color",)),
        lambda: Q.ask(rng, SCENE, "relations"),
        lambda: Q.biased(rng, 3, types=["colour", "reed"]),
    ):
        with pytest.raises(ValueError, match="There is no question type .* Choose from: exist, count, what, colour"):
            call()
    for bad in ({"split": "validation"}, {"styles": ("apple",)}, {"n": -1}, {"types": ()}):
        with pytest.raises(ValueError):
            Q.pairs(rng, **({"n": 3} | bad))
    with pytest.raises(ValueError, match="There is no split 'dev'. Choose from: train, test, all"):
        Q.possible(Q.read("what does the sign say?"), "dev")
    with pytest.raises(ValueError, match="a probability between 0 and 1"):
        Q.biased(rng, 3, strength=1.5)
    with pytest.raises(ValueError, match="a probability between 0 and 1"):
        Q.annotate(rng, Q.read("is there a dog?"), np.array([Q.ANSWERS.index("yes")]), disagreement=-0.1)
    with pytest.raises(ValueError, match="'pizza' is not possible for 'is there a dog"):
        Q.annotate(rng, Q.read("is there a dog?"), np.array([Q.ANSWERS.index("pizza")]))
    with pytest.raises(ValueError, match="shape"):
        Q.annotate(rng, Q.read("is there a dog?"), np.array([0, 0]))
    with pytest.raises(ValueError, match="what colour is the dog"):
        Q.read("what color is the dog?")
    with pytest.raises(ValueError, match="has 12 tokens"):
        Q.read(["is there a dog?", "what colour is the thing to the left of the cat?"]).tokens(7)
    with pytest.raises(ValueError, match="1 scenes and 2 questions"):
        Q.answer(SCENE, Q.read(["is there a dog?", "is there a cat?"]))
    with pytest.raises(ValueError, match="Scene 0 answers no question of the types: relation"):
        Q.ask(rng, compose([{"kind": "dog"}]), "relation")


def test_no_questions_are_no_trouble():
    rng = np.random.default_rng(0)
    drawn = Q.pairs(rng, 0)
    assert len(drawn) == len(drawn.a) == 0
    assert drawn.questions.texts() == [] and drawn.questions.tokens(5).shape == (0, 5)
    assert len(Q.ask(rng, drawn.a)) == 0 and Q.answer(drawn.a, drawn.questions).shape == (0,)
    assert Q.annotate(rng, drawn.questions, drawn.answer_a).shape == (0, 10)
    assert len(Q.biased(rng, 0)[2]) == 0
