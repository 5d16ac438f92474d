"""Instructions: every answer is read back and holds in its scene, every form follows its prompt, no word is unknown."""

import functools
import re

import numpy as np
import pytest

from course_utils.world import captions, corpus, facts, instructions, questions
from course_utils.world import scenes as S
from course_utils.world.instructions import FORMATS, IMAGE, WRITTEN
from course_utils.world.languages import english
from course_utils.world.things import COLOURS, KINDS, KNOWLEDGE, PLACES, SIZES
from test_dialogue import answers as dialogue_answers
from test_dialogue import everything

pytestmark = pytest.mark.newest  # symbols and words: canaries repeat what is drawn of them on every release

COUNT = 1500
PLACE = {phrases[0]: PLACES.index(place) for place, phrases in english.PLACE_PHRASES.items()}


@functools.cache
def scenes():
    return S.sample(np.random.default_rng(31), COUNT, objects=(1, 5), sign=0.3, split="all", repeat=0.5)


@functools.cache
def written(kind):
    """What is asked and answered, the tag of the picture taken off; it stands before the first question alone."""
    talks = instructions.write(np.random.default_rng(32), scenes(), kind)
    for talk in talks:
        said = " ".join(" ".join(turn) for turn in talk)
        assert talk[0][0].startswith(f"{IMAGE} ") and said.count(IMAGE) == 1
    return [[(talk[0][0].removeprefix(f"{IMAGE} "), talk[0][1]), *talk[1:]] for talk in talks]


def oracle(texts, rows):
    return [questions.ANSWERS[k] for k in questions.answer(scenes()[rows], questions.read(texts))]


def parted(question):
    """A question, and how it is to be answered."""
    return re.fullmatch(r"(.+\?) (.+)", question).groups()


def test_no_word_is_unknown_and_the_old_ones_keep_their_numbers():
    old, new = corpus.vocabulary(), instructions.vocabulary()
    assert new[: len(old)] == tuple(old) and set(new[len(old) :]) == {"<user>", "<assistant>", *instructions.WORDS}
    said = {word for kind in WRITTEN for talk in written(kind) for turn in talk for text in turn for word in new.split(text)}
    assert said <= set(new) and set(instructions.WORDS) <= said


SHORT = (  # a sentence of a conversation → the short answer that it gives
    (r"(yes|no)(, (there|they) (is|are)( none| not)?)?", r"\1"),
    (r"there (?:is|are) (\d)", r"\1"),
    (r"(\d) of them (?:is|are) (?:\w+)", r"\1"),
    (r"(?:it is|they are|it says) (.+)", r"\1"),
    (r"(.+) is (?:to the left of|to the right of|above|below) it", r"\1"),
)


def test_what_is_said_in_conversation_holds():
    """By the plain oracle of dialogues, which shares no code with the course's."""
    for row, talk in enumerate(written("conversation")):
        shorts = []
        for _, sentence in talk:
            pattern, short = next((p, s) for p, s in SHORT if re.fullmatch(p, sentence))
            shorts.append(re.fullmatch(pattern, sentence).expand(short))
        assert shorts == dialogue_answers(everything(scenes(), row), [question for question, _ in talk])
        assert len(talk) == 3


def test_yes_and_no_are_said_of_what_is_asked():
    whole = {turn for talk in written("conversation") for turn in talk}
    for question, sentence in whole:
        if question.startswith("is there"):
            assert sentence in ("yes, there is", "no, there is none")
        elif question.startswith("are they"):
            assert sentence in ("yes, they are", "no, they are not")
        elif relation := re.fullmatch(r"what is (.+) it\?", question):
            assert sentence.endswith(f" is {relation[1]} it")
        elif colour := re.fullmatch(r"how many of them are (\w+)\?", question):
            assert re.fullmatch(rf"(1 of them is|[02-5] of them are) {colour[1]}", sentence)


@pytest.mark.parametrize(("kind", "level", "prompts"), [("detail", "full", "DETAIL"), ("caption", "short", "CAPTION")])
def test_a_description_is_read_back(kind, level, prompts):
    wanted = captions.tuples(scenes(), level)
    for (turn,), graph in zip(written(kind), wanted):
        assert captions.parse(turn[1]) == graph
    assert {talk[0][0] for talk in written(kind)} == set(getattr(instructions, prompts))


def test_academic_answers_are_the_oracles_in_the_form_that_is_asked_for():
    turns = [(row, *parted(question), answer) for row, talk in enumerate(written("vqa")) for question, answer in talk]
    rows, texts, prompts, answers = zip(*turns)
    forms = {"answer in one word": "{}", "answer in a sentence": "the answer is {}"}
    assert [forms[prompt].format(short) for prompt, short in zip(prompts, oracle(texts, list(rows)))] == list(answers)
    assert set(forms) == {prompt for prompt, _ in FORMATS.values()} and abs(prompts.count("answer in one word") / len(prompts) - 0.5) < 0.05
    assert {questions.TYPES[t] for t in questions.read(texts).type} == set(questions.TYPES)
    assert len(set(zip(rows, texts))) == len(turns)


def test_without_formats_questions_stand_alone():
    talks = instructions.write(np.random.default_rng(1), scenes()[:200], "vqa", turns=1, formats=())
    texts = [talk[0][0].removeprefix(f"{IMAGE} ") for talk in talks]
    assert oracle(texts, np.arange(200)) == [talk[0][1] for talk in talks]
    only = instructions.write(np.random.default_rng(1), scenes()[:50], "vqa", formats=["word"])
    assert all(question.endswith("answer in one word") for talk in only for question, _ in talk)


# --- reasons


def claims_about(text):
    """A statement of one thing: whether its name is definite, which colour or size it has, kind, and where or how it is."""
    article, words, said = re.fullmatch(r"(the|an?) ([\w ]+) is (.+)", text).groups()
    *adjective, kind = words.split()
    return article == "the", (adjective or [None])[0], kind, said


def holding(things, claim):
    """The things that a statement is true of."""
    _, adjective, kind, said = claim
    return [
        thing
        for thing in things
        if thing[1] == kind and (adjective in (None, *thing[2:4])) and (thing[2] == said if said in COLOURS else PLACE[said] == thing[0])
    ]


def test_reasons_hold_and_give_the_answer():
    types = set()
    texts, prompts = zip(*(parted(question) for [(question, _)] in written("reasoning")))
    assert set(prompts) == {instructions.REASON}
    for row, (text, short, [(_, answer)]) in enumerate(zip(texts, oracle(texts, np.arange(COUNT)), written("reasoning"))):
        said_short, reason = answer.split(", because ")
        assert said_short == short
        things = [thing for thing in facts.inventory(scenes()[row])[0] if thing[1] != facts.SIGN]
        query = questions.read([text])
        kind_of = questions.TYPES[query.type[0]]
        types.add(kind_of)
        if kind_of in ("relation", "two-hop", "same"):
            first, second = (claims_about(claim) for claim in re.split(r" and (?=the |an? )", reason))
            (one,), (other,) = holding(things, first), holding(things, second)
            for definite, _, kind, _ in (first, second):
                assert definite == ([thing[1] for thing in things].count(kind) == 1)
            assert short in ("yes", "no", "left", "right", "above", "below") or short in one[1:4]
            if kind_of == "same":
                assert one[2] == other[2] == first[3] == second[3] and one != other
            else:
                axis = "row" if "above" in text or "below" in text else "column"
                before, after = ((t[0] // 3, t[0] % 3)[axis == "column"] for t in (one, other))
                side = before < after if re.search(r"left of|above", text) else before > after
                assert before != after and (short == "no") != (side if kind_of == "two-hop" or short in ("yes", "no") else True)
                if short in ("left", "above", "right", "below"):
                    assert (before < after) == (short in ("left", "above"))
            named = re.sub(r"\b(what|is|the|thing|of|to|left|right|or|above|below|size|colour|same|as|has)\b|\?", "", text).split()
            assert set(named) <= {*one[1:4], *other[1:4]}
            if short in (*SIZES, *COLOURS):
                assert first[1] == short or first[3] == short  # what is asked is said
        else:
            listed, *known = reason.split("; ")
            graph, said = captions.tuples(scenes()[[row]], "full")[0], captions.parse(listed)
            assert all(graph[fact] >= count for fact, count in said.items())
            kinds = {fact[0]: count for fact, count in said.items() if len(fact) == 1}
            able = None
            for claim in known:
                kind, fact = next(
                    (k, f) for k in KINDS for f in KNOWLEDGE if claim in (f"a {k} {f}", f"an {k} {f}", f"{f} a {k}", f"{f} an {k}")
                )
                assert kind in KNOWLEDGE[fact] and kind in kinds
                able = (able or set()) | {kind}
            if short in ("no", "0"):
                assert not known and sum(kinds.values()) == len(things)
            elif kind_of == "knowledge":
                assert able == set(kinds) and (
                    short == "yes" or short in kinds or short == str(sum(kinds.values())) or (list(kinds)[0], short) in said
                )
            else:
                assert int(short) == sum(kinds.values())
    assert types == set(instructions.REASONED)


# --- how they are mixed


def test_a_mixture_has_its_shares_and_its_seed():
    shares = {"conversation": 0.2, "vqa": 0.5, "caption": 0.3}
    made = instructions.mixture(np.random.default_rng(4), 1000, shares, turns=2)
    again = instructions.mixture(np.random.default_rng(4), 1000, shares, turns=2)
    assert made.turns == again.turns and len(made) == len(made.scenes) == len(made.kind) == 1000
    assert made.turns != instructions.mixture(np.random.default_rng(5), 1000, shares, turns=2).turns
    count = {kind: np.mean(made.kind == WRITTEN.index(kind)) for kind in WRITTEN}
    assert all(abs(count[kind] - shares.get(kind, 0)) < 0.06 for kind in WRITTEN)
    for i in np.flatnonzero(made.kind == WRITTEN.index("caption"))[:50]:
        assert captions.parse(made.turns[i][0][1]) == captions.tuples(made.scenes[int(i)], "short")[0]
    assert not S.HELD_OUT[made.scenes.kind, made.scenes.colour][made.scenes.present].any()
    assert sum(instructions.SHARES.values()) == pytest.approx(1) and set(instructions.SHARES) <= set(WRITTEN)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"kind": "poem"}, "no kind of instruction 'poem'. Choose from: conversation"), ({"formats": ["rhyme"]}, "no format 'rhyme'")],
)
def test_what_nobody_writes_is_refused(change, message):
    with pytest.raises(ValueError, match=message):
        instructions.write(np.random.default_rng(0), scenes()[:3], **{"kind": "vqa", **change})
    with pytest.raises(ValueError, match="poem"):
        instructions.mixture(np.random.default_rng(0), 3, {"poem": 1.0})
