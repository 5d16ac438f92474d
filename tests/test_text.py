"""Vocabularies: numbers that never change, texts there and back, and errors that say what to do."""

import hashlib

import numpy as np
import pytest

from course_utils.models.captioning.words import VOCAB as CAPTIONS
from course_utils.models.dual_encoder.words import vocabulary
from course_utils.models.fusion_encoder.words import VOCAB as SCENES
from course_utils.text import PAD, Vocabulary, join_words, split_lower, split_words
from course_utils.world import captions
from course_utils.world.questions import VOCAB as QUESTIONS
from course_utils.world.questions import all_texts
from course_utils.world.scenes import sample

pytestmark = pytest.mark.newest  # words and numbers

SMALL = ("a", "dog", "cat", "red", ",")


def small(**options):
    return Vocabulary(SMALL, **{"specials": ("<begin>", "<end>", "<mask>"), "length": 6, "name": "a small test", **options})


@pytest.mark.parametrize(
    ("vocabulary", "count", "digest"),
    [
        (lambda: QUESTIONS, 154, "78e6076e9d6c4d48"),
        (lambda: CAPTIONS, 82, "83835c7f154620d5"),
        (lambda: SCENES, 83, "37618b3b1d414e2e"),
        (vocabulary, 2573, "ae9fe9e85d078a45"),
    ],
    ids=["questions", "captions", "fusion encoder", "emoji"],
)
def test_numbers_stay_as_models_and_recordings_have_them(vocabulary, count, digest):
    entries = tuple(vocabulary())
    assert (len(entries), hashlib.sha256("\n".join(entries).encode()).hexdigest()[:16]) == (count, digest)
    assert entries[PAD] == "<pad>" and len(set(entries)) == count


def test_a_vocabulary_is_the_sequence_of_its_words():
    vocab = small()
    assert list(vocab) == ["<pad>", "<begin>", "<end>", "<mask>", *SMALL] and len(vocab) == 9
    assert vocab[5] == "dog" and vocab[4:6] == ("a", "dog") and vocab.index("dog") == 5
    assert "dog" in vocab and "cow" not in vocab and vocab.specials == {"<pad>", "<begin>", "<end>", "<mask>"}


@pytest.mark.parametrize(
    ("options", "row"),
    [({}, [4, 7, 5, 0, 0, 0]), ({"end": "<end>"}, [4, 7, 5, 2, 0, 0]), ({"begin": "<begin>", "end": "<end>"}, [1, 4, 7, 5, 2, 0])],
)
def test_begin_and_end_stand_around_a_text(options, row):
    vocab = small(**options)
    tokens = vocab.encode(["a red dog"])
    assert tokens.dtype == np.int32 and tokens.tolist() == [row]
    assert vocab.decode(tokens) == ["a red dog"]


def test_what_does_not_fit_is_an_error_or_is_cut_off():
    long, vocab = "a cat, a red dog", small(begin="<begin>", end="<end>")
    with pytest.raises(ValueError, match="has 6 words, but there is room for 4; shorten it, or give a length of 8"):
        vocab.encode([long])
    assert vocab.decode(vocab.encode([long], 8)) == [long] and vocab.cut_off(long, 8) == []
    cutting = small(begin="<begin>", end="<end>", cut=True)
    with pytest.warns(UserWarning, match="cut off: .* has 6 words, but there is room for 4"):
        tokens = cutting.encode([long])
    assert cutting.decode(tokens) == ["a cat, a"] and cutting.cut_off(long) == ["red", "dog"]


def test_an_unknown_word_is_an_error_or_a_token():
    with pytest.raises(ValueError, match="'dgo' is no word of a small test; take one that is .close: dog, .*or add it"):
        small().encode(["a dgo"])
    vocab = Vocabulary(SMALL[:4], specials=("<unknown>",), unknown="<unknown>", split=split_lower, length=6, name="a small test")
    assert vocab.words(vocab.encode(["A Dgo, a DOG"])[0]) == ["a", "<unknown>", "a", "dog"] and vocab.unknown("A Dgo, a DOG") == ["dgo"]


def test_what_is_new_goes_behind_what_is_there():
    vocab = small(end="<end>")
    places = [f"<loc{k:04}>" for k in range(1024)]
    more = vocab.extended(words=["cow"], specials=["<user>", "<image>", *places])
    assert more[: len(vocab)] == tuple(vocab) and more[len(vocab) :] == ("<user>", "<image>", *places, "cow")
    assert "cow" not in vocab and "<image>" not in vocab.specials
    np.testing.assert_array_equal(more.encode(["a red dog, a cat"], 9), vocab.encode(["a red dog, a cat"], 9))
    text = "<user> <image> a cow <loc0001> <loc1023>"
    assert more.decode(more.encode([text], 9)) == [text] and more.split("<image>a cow<b>") == ["<image>", "a", "cow", "<b>"]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: small().extended(words=["dog"]), "'dog' is in a small test already; leave it out"),
        (lambda: small().extended(words=["red dog"]), r"'red dog' is not one word but \['red', 'dog'\]"),
        (lambda: small().extended(specials=["image"]), "'image' is no special token; put it in angle brackets"),
        (lambda: small(end="<eos>"), "'<eos>' is no word of a small test"),
    ],
)
def test_what_cannot_be_added_says_why(make, says):
    with pytest.raises(ValueError, match=says) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_every_question_is_there_and_back():
    assert QUESTIONS.decode(QUESTIONS.encode(all_texts())) == list(all_texts())


@pytest.mark.parametrize("language", captions.LANGUAGES)
@pytest.mark.parametrize("level", captions.LEVELS)
def test_the_words_of_a_caption_make_it_again(level, language):
    rng = np.random.default_rng(0)
    drawn = sample(rng, 2000, sign=0.3, split="all", repeat=0.4)
    for texts in (captions.caption(drawn, level, language), captions.caption(drawn, level, language, rng)):
        words = [captions.split(text, language) for text in texts]
        assert [captions.join(w, language) for w in words] == texts
        known = {word for row in words for word in row}
        assert len(known) < 200
        vocab = Vocabulary(
            sorted(known),
            length=max(map(len, words)),
            split=lambda text: captions.split(text, language),
            join=lambda words: captions.join(words, language),
            name="captions",
        )
        assert vocab.decode(vocab.encode(texts)) == texts


def test_chinese_is_split_into_the_phrases_of_its_grammar():
    text = "左上角有一只红色的大狗，上方和右下角有两块写着“stop”的牌子；大狗在牌子的左边"
    split = "左上角 有 一 只 红色 的 大 狗 ， 上方 和 右下角 有 两 块 写着 “stop” 的 牌子 ； 大 狗 在 牌子 的 左边"
    assert captions.split(text, "zh") == split.split()
    assert captions.split("图中有一条鱼x", "zh") == ["图中有", "一", "条", "鱼", "x"]
    singles = set(captions.split("".join(captions.caption(sample(np.random.default_rng(1), 500), "relations", "zh")), "zh"))
    assert all(len(captions.split(word, "zh")) == 1 for word in singles)


def test_marks_are_words_and_quotes_stay():
    text = 'a sign that says "stop", a dog; is it red?'
    assert split_words(text) == ["a", "sign", "that", "says", '"stop"', ",", "a", "dog", ";", "is", "it", "red", "?"]
    assert join_words(split_words(text)) == text
    assert split_lower("Dog-face: a DOG!") == ["dog", "face", "a", "dog"]
