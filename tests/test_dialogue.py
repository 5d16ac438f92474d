"""Dialogues: a plain oracle that keeps track of the pronouns gives the same answer to every question."""

import functools
import re

import numpy as np
import pytest

from course_utils.world.dialogue import LONGEST, dialogue
from course_utils.world.scenes import Scenes, compose, describe, sample
from course_utils.world.things import KINDS, PLACES, WORDS

pytestmark = pytest.mark.newest  # symbols and words: canaries repeat what is drawn of them on every release

DRAWS = 10_000
SINGULAR = {"strawberries": "strawberry", "buses": "bus", "cacti": "cactus", "fish": "fish"}
SINGULAR |= {kind + "s": kind for kind in KINDS if kind not in SINGULAR.values()}
IN_WORDS = dict(
    zip(
        PLACES,
        (
            "at the top left",
            "at the top",
            "at the top right",
            "on the left",
            "in the middle",
            "on the right",
            "at the bottom left",
            "at the bottom",
            "at the bottom right",
        ),
    )
)


@functools.cache
def drawn() -> tuple[Scenes, list]:
    scenes = sample(np.random.default_rng(21), DRAWS, sign=0.3, split="all", repeat=0.5)
    return scenes, dialogue(np.random.default_rng(22), scenes, turns=5)


def everything(scenes: Scenes, i: int) -> list[dict]:
    things = describe(scenes, i)
    if scenes.word[i] >= 0:
        things.append({"kind": "sign", "place": PLACES[scenes.word_cell[i]], "word": WORDS[scenes.word[i]]})
    return sorted(things, key=lambda thing: PLACES.index(thing["place"]))


def answers(things: list[dict], questions: list[str]) -> list[str]:
    """The answers, each question understood from those before it. The course's code is not used."""
    given, meant = [], []

    def of_kind(kind):
        return [thing for thing in things if thing["kind"] == kind]

    def it(key):
        assert len(meant) == 1, "'it' must mean one thing"
        return meant[0][key]

    def they(key):
        assert len(meant) > 1, "'they' must mean several things"
        return [thing[key] for thing in meant]

    for question in questions:
        if found := re.fullmatch(r"is there an? (\w+)\?", question):
            meant = of_kind(found[1])
            given.append("yes" if meant else "no")
        elif found := re.fullmatch(r"how many (\w+) are there\?", question):
            meant = of_kind(SINGULAR[found[1]])
            given.append(f"{len(meant)}")
        elif question == "what colour is it?":
            given.append(it("colour"))
        elif question == "is it small or large?":
            given.append(it("size"))
        elif question == "where is it?":
            given.append(IN_WORDS[it("place")])
        elif question == "what does it say?":
            given.append(it("word"))
        elif found := re.fullmatch(r"what is (to the left of|to the right of|above|below) it\?", question):
            row, column = divmod(PLACES.index(it("place")), 3)
            test = {
                "to the left of": lambda r, c: c < column,
                "to the right of": lambda r, c: c > column,
                "above": lambda r, c: r < row,
                "below": lambda r, c: r > row,
            }[found[1]]
            beside = [thing for thing in things if test(*divmod(PLACES.index(thing["place"]), 3))]
            assert len(beside) < 2, "an answer must be the only one"
            name = beside[0]["kind"] if beside else ""
            given.append(f"{'an' if name[0] in 'aeiou' else 'a'} {name}" if name else "nothing")
            meant = beside or meant
        elif found := re.fullmatch(r"are they the same (colour|size)\?", question):
            given.append("yes" if len(set(they(found[1]))) == 1 else "no")
        elif question == "where are they?":
            first, last = [IN_WORDS[place] for place in they("place")][:-1], IN_WORDS[they("place")[-1]]
            given.append(f"{', '.join(first)} and {last}")
        elif found := re.fullmatch(r"how many of them are (\w+)\?", question):
            given.append(str(they("colour").count(found[1])))
        else:
            raise AssertionError(f"no such question: {question}")
    return given


def test_a_plain_oracle_agrees():
    scenes, dialogues = drawn()
    assert len(dialogues) == DRAWS
    for i, talk in enumerate(dialogues):
        assert len(talk) == 5
        assert [answer for _, answer in talk] == answers(everything(scenes, i), [question for question, _ in talk])


def test_questions_need_the_turns_before_them():
    scenes, _ = drawn()
    pronoun = re.compile(r"\b(it|they|them)\b")
    for turns in (3, 7):
        for talk in dialogue(np.random.default_rng(1), scenes[:3000], turns):
            with_pronoun = [bool(pronoun.search(question)) for question, _ in talk]
            assert any(with_pronoun) and not with_pronoun[0] and len(talk) == turns


def test_all_sorts_of_questions_and_answers_occur():
    _, dialogues = drawn()
    turns = [turn for talk in dialogues for turn in talk]
    masked = {re.sub(r"|".join(sorted((*SINGULAR, *KINDS), key=len, reverse=True)), "K", q) for q, _ in turns}
    assert len(masked) >= 2 + 1 + 3 + 3 + 4 + 6  # openers, signs, of it, of them, beside it, colours of them
    for question in ("are they the same colour?", "are they the same size?"):
        assert {answer for q, answer in turns if q == question} == {"yes", "no"}
    share = np.mean([answer == "yes" for q, answer in turns if q.startswith("is there")])
    assert 0.3 < share < 0.7
    assert 0.02 < np.mean([answer == "nothing" for _, answer in turns]) < 0.2


def test_no_question_is_repeated_about_the_same_thing():
    scenes, _ = drawn()
    for talk in dialogue(np.random.default_rng(2), scenes[:2000], LONGEST):
        openers = [question for question, _ in talk if "there" in question]
        assert len(openers) == len(set(openers))
        runs = re.split(r"\|[^|]*there[^|]*", "|" + "|".join(f"{q} {a}" for q, a in talk))
        for run in runs:  # within one topic, equal questions only after "it" has come to mean something else
            asked: set[str] = set()
            for turn in filter(None, run.split("|")):
                question, answer = turn.split("? ")
                assert question not in asked
                asked.add(question)
                if answer.startswith(("a ", "an ")):
                    asked = set()


def test_a_dialogue_by_hand():
    scene = compose([{"kind": "dog", "colour": "blue", "place": "left"}], word="exit", word_place="right")
    talks = {turn for seed in range(60) for turn in dialogue(np.random.default_rng(seed), scene, 4)[0]}
    assert {
        ("is there a dog?", "yes"),
        ("how many dogs are there?", "1"),
        ("is there a sign?", "yes"),
        ("what colour is it?", "blue"),
        ("is it small or large?", "large"),
        ("where is it?", "on the left"),
        ("where is it?", "on the right"),
        ("what does it say?", "exit"),
        ("what is to the left of it?", "a dog"),
        ("what is to the left of it?", "nothing"),
    } <= talks
    # Elsewhere a sign is no thing: "what is beside it?" must not have two answers.
    assert ("what is to the right of it?", "a sign") not in talks


def test_the_seed_fixes_the_dialogue():
    scenes = drawn()[0][:100]
    first, again, other = (dialogue(np.random.default_rng(seed), scenes) for seed in (5, 5, 6))
    assert first == again != other
    assert dialogue(np.random.default_rng(0), scenes[:0]) == []
    assert len(dialogue(np.random.default_rng(0), compose([]), 6)[0]) == 6


@pytest.mark.parametrize("turns", [0, 11])
def test_too_few_or_too_many_turns(turns):
    with pytest.raises(ValueError, match=f"turns is {turns}; expected 1 to 10"):
        dialogue(np.random.default_rng(0), drawn()[0][:2], turns)
