"""The world as text: every answer follows from its description, every made-up name from its first mention, no word is unknown."""

from collections import Counter

import numpy as np
import pytest

from course_utils.text import IGNORED, PAD, split_words
from course_utils.world import captions, corpus, facts, interleaved, questions
from course_utils.world import scenes as S
from course_utils.world.corpus import BEGIN, END, IMAGE, MADE_UP
from course_utils.world.interleaved import Pictures


def rng(seed=0):
    return np.random.default_rng(seed)


def parts(document):
    """What stands between the special tokens, and whether any of it is asked for."""
    found, words, asked = [], [], []
    for word, is_asked in zip(document.words[1:], document.asked[1:]):
        if word == END:
            found.append((words, any(asked)))
            words, asked = [], []
        else:
            words.append(word)
            asked.append(is_asked)
    assert not words and document.words[0] == BEGIN
    return found


def test_made_up_names_are_words_of_nothing_else():
    words = set(corpus.vocabulary())
    assert len(set(MADE_UP)) == 64 <= len(words)
    scenes = S.sample(rng(), 400, split="all", sign=0.5)
    for language in captions.LANGUAGES:
        for text in captions.caption(scenes, "full", language, rng()):
            said = captions.split(text, language)
            assert not set(said) & set(MADE_UP) and set(said) <= words


@pytest.mark.parametrize("lists", [0, 1])
def test_answers_follow_from_the_description(lists):
    """Read back from the text alone: the scene that it describes, and what the oracle says of it."""
    scenes = S.sample(rng(1), 150, objects=(2, 4), sign=0.5)
    most = 0
    for document, scene in zip(corpus.with_questions(rng(2), scenes, lists=lists), range(len(scenes))):
        (described, asked), *questioned = parts(document)
        assert not asked
        if lists:
            assert Counter(in_list(described)) == Counter(facts.inventory(scenes[scene])[0])
        else:
            assert captions.parse(captions.join(described)) == captions.tuples(scenes[scene], "full")[0]
        forms, texts = set(), []
        for words, answered in questioned:
            mark = words.index("?") + 1
            text, said = captions.join(words[:mark]).replace(" ?", "?"), " ".join(words[mark:])
            right = questions.ANSWERS[questions.answer(scenes[scene], questions.read([text]))[0]]
            forms.add(next(form for form in corpus.ANSWER_FORMS if form.format(right) == said))
            texts.append(text)
            assert answered
        assert len(forms) == 1 and len(set(texts)) == len(texts) <= 4
        most += len(texts) == 4
    assert most > 50


def test_places_are_asked_of_things_that_one_name_fits():
    scenes = S.sample(rng(1), 80, objects=(2, 4), sign=0.5, repeat=0.9)
    for document, things in zip(corpus.with_places(rng(2), scenes, lists=1), facts.inventory(scenes)):
        _, *questioned = parts(document)
        where = [words for words, asked in questioned if words[0] == "where" and asked]
        for _, _, _, *name, _, row, column in where:
            (thing,) = [t for t in things if [t[2], t[1]][-len(name) :] == name]
            assert thing[0] == 3 * ("top", "middle", "bottom").index(row) + ("left", "middle", "right").index(column)
        assert len({tuple(words) for words, _ in questioned}) == len(questioned) > len(where)


def in_list(words):
    """(cell, kind, colour, size, word) of every thing of a list."""
    for one, two, three, row, column in zip(*[iter(words)] * 5, strict=True):
        cell = 3 * ("top", "middle", "bottom").index(row) + ("left", "middle", "right").index(column)
        yield (cell, "sign", None, None, three.strip('"')) if one == "sign" else (cell, three, two, one, None)


def test_a_list_stands_in_the_place_of_a_caption_as_often_as_wanted():
    scenes = S.sample(rng(1), 400)
    is_list = [document.words[1] in ("small", "large", "sign") for document in corpus.described(rng(), scenes, 0.3)]
    assert 0.2 < np.mean(is_list) < 0.4


def test_a_name_is_asked_for_from_its_second_mention_on_and_is_always_the_same():
    for document in corpus.of_names(rng(3), 40) + corpus.of_names(rng(4), 40, names=2, shots=2, held_out=True):
        names = {}
        for words, asked in parts(document):
            a, colour, kind, is_, name = words
            assert asked == ((colour, kind) in names) and names.setdefault((colour, kind), name) == name
        assert len(set(names.values())) == len(names) and set(names.values()) <= set(MADE_UP)


def test_held_out_pairs_are_in_no_training_document():
    def pairs(documents):
        return {(w[1], w[2]) for document in documents for w, _ in parts(document)}

    assert not pairs(corpus.of_names(rng(), 200)) & pairs(corpus.of_names(rng(1), 200, held_out=True))


def test_captions_of_a_document_are_in_one_language_and_translations_say_the_same():
    scenes = S.sample(rng(5), 30, objects=(1, 3))
    for document in corpus.of_captions(rng(6), scenes):
        texts = [words for words, asked in parts(document) if asked]
        assert len(texts) == 3 and any(all(_reads(words, language) for words in texts) for language in captions.LANGUAGES)
    for document, scene in zip(corpus.of_translations(rng(7), scenes), range(len(scenes))):
        (one, first), (other, second) = parts(document)
        assert (first, second) == (False, True) and one != other
        wanted = captions.tuples(scenes[scene], "short")[0]
        assert [any(_reads(w, language) == wanted for language in captions.LANGUAGES) for w in (one, other)] == [True, True]


def _reads(words, language):
    try:
        return captions.parse(captions.join(words, language), language)
    except ValueError:
        return None


def test_encoding_asks_for_the_next_token():
    found = corpus.documents(rng(8), 60)
    batch = corpus.encode(found)
    words = np.array(corpus.vocabulary()[:])
    for document, tokens, labels in zip(found, batch["tokens"], batch["labels"]):
        there = min(len(document.words), corpus.LENGTH)
        assert words[tokens[:there]].tolist() == document.words[:there] and (tokens[there:] == PAD).all()
        for t, (behind, asked) in enumerate(zip(document.words[1 : corpus.LENGTH + 1], document.asked[1:])):
            assert labels[t] == (corpus.vocabulary().index(behind) if asked else IGNORED)
        assert (labels[len(document.words) - 1 :] == IGNORED).all()
    np.testing.assert_array_equal(batch["tokens"], corpus.encode(corpus.documents(rng(8), 60))["tokens"])


# --- with pictures in between


@pytest.fixture(scope="module")
def pool():
    drawn = S.concatenate([S.sample(rng(9), 900, objects=(1, 1)), S.sample(rng(10), 100, objects=(2, 3))])
    return Pictures(drawn, np.zeros((len(drawn), 4, 2), np.float32))


def by_pair(pool):
    pairs = pool.pairs()[:900]
    groups = {pair: np.flatnonzero((pairs == pair).all(1)) for pair in map(tuple, np.unique(pairs, axis=0).tolist())}
    return {pair: rows for pair, rows in groups.items() if len(rows) >= 4}


def test_names_episodes_show_and_then_ask(pool):
    for seed in range(20):
        episode = interleaved.name_episode(rng(seed), pool, by_pair(pool), names=3, shots=2)
        said = [words for words, _ in parts(episode.document)]
        assert len(episode.pictures) == len(said) == 7 and len(set(episode.pictures)) == 7
        names = {}
        for (tag, *_, name), row, (_, asked) in zip(said, episode.pictures, parts(episode.document)):
            pair = tuple(pool.pairs()[row])
            assert tag == IMAGE and asked == (pair in names) and names.setdefault(pair, name) == name
        assert len(names) == 3


def test_questions_and_captions_are_about_the_picture_before_them(pool):
    rows = np.arange(900, 903)
    for words, row in zip(parts(interleaved.answer_episode(rng(), pool, rows, 1).document), rows):
        text, said = " ".join(words[0][1:]).split(" ? the answer is ")
        assert questions.ANSWERS[questions.answer(pool.scenes[row], questions.read([f"{text}?"]))[0]] == said
    for (words, asked), row in zip(parts(interleaved.caption_episode(rng(), pool, rows, "tr").document), rows):
        assert asked and captions.parse(captions.join(words[1:], "tr"), "tr") == captions.tuples(pool.scenes[row], "short")[0]


def test_what_cannot_be_packed_is_refused(pool):
    episode = interleaved.name_episode(rng(), pool, by_pair(pool), names=2, shots=2)
    packed = interleaved.pack([episode], 40, 9)
    assert packed["pictures"][0, :5].tolist() == episode.pictures and not packed["pictures"][0, 5:].any()
    with pytest.raises(ValueError, match="room for 4"):
        interleaved.pack([episode], 40, 4)
    with pytest.raises(ValueError, match="make room"):
        interleaved.pack([episode], 15, 9)
    episode.document.say([IMAGE], False)
    with pytest.raises(ValueError, match="a picture for each tag"):
        interleaved.pack([episode], 40, 9)
    with pytest.raises(ValueError, match="is no word of the language model"):
        episode.document.say(split_words("zebra"), False)
        corpus.encode([episode.document])
