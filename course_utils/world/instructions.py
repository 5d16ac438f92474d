"""Instructions and answers about pictures, written by somebody who never saw one: from the symbols of a scene alone.

LLaVA's were written by a GPT-4 that was fed captions and boxes as text (Liu et al., 2023, section 3): conversations, detailed
descriptions, and questions that ask for reasons. LLaVA-1.5 adds questions from academic data sets, and says behind each in which
form the answer is wanted (Liu et al., 2024, section 3.2). Here a seeded writer makes all of them; what it claims, a test reads back.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.errors import known
from course_utils.text import Vocabulary
from course_utils.world import captions, corpus, dialogue, facts, questions
from course_utils.world.corpus import IMAGE
from course_utils.world.languages import english
from course_utils.world.questions.forms import QUERIES, RELATIONS
from course_utils.world.scenes import Scenes, sample
from course_utils.world.things import COLOURS, KINDS, KNOWLEDGE, PLACES, SIZES

Turns = list[tuple[str, str]]  # what is asked, and what is answered

USER, ASSISTANT = "<user>", "<assistant>"
# Words that the language model of notebook 06 has not met. Their order is that of their tokens: new ones go to the end.
WORDS = (
    *("describe", "picture", "detail", "briefly", "do", "see", "one", "word", "sentence", "explain", "your"),
    *("because", "none", "not"),
)
CAPTION = ("describe the picture briefly", "what do you see?", "what is in the picture?")
DETAIL = ("describe the picture in detail", "say what you see and where", "what is in the picture and where is it?")
REASON = "explain your answer"
# form → what is said behind a question that wants it, and what the answer looks like
FORMATS = {"word": ("answer in one word", "{}"), "sentence": ("answer in a sentence", corpus.ANSWER_FORMS[1])}
REASONED = ("count", "relation", "two-hop", "same", "knowledge")  # types of questions whose answers have reasons
WRITTEN = ("conversation", "detail", "reasoning", "vqa", "caption")
# LLaVA's 58 : 23 : 77 thousand conversations, descriptions and reasons, and as many questions as these from elsewhere
SHARES = {"conversation": 58 / 316, "detail": 23 / 316, "reasoning": 77 / 316, "vqa": 0.5}

# question of a dialogue → its answer as a sentence, of a certain short answer or of any, {}
_SENTENCES = (
    (r"is there", {"yes": "yes, there is", "no": "no, there is none"}),
    (r"are they the same", {"yes": "yes, they are", "no": "no, they are not"}),
    (r"how many of them are (\w+)", {"1": r"1 of them is \1", "{}": r"{} of them are \1"}),
    (r"how many", {"1": "there is 1", "{}": "there are {}"}),
    (r"where are they", {"{}": "they are {}"}),
    (r"what does it say", {"{}": "it says {}"}),
    (r"what is (.+) it\?", {"{}": r"{} is \1 it"}),
    (r"", {"{}": "it is {}"}),
)


@functools.cache
def vocabulary() -> Vocabulary:
    """The language model's (:func:`corpus.vocabulary`), the two roles and :data:`WORDS` behind it."""
    return corpus.vocabulary().extended(specials=(USER, ASSISTANT), words=WORDS)


@dataclasses.dataclass(frozen=True, eq=False)
class Instructions:
    """Scenes, and of each what is asked and answered about it; ``kind`` int[n], an index into :data:`WRITTEN`."""

    scenes: Scenes
    turns: list[Turns]
    kind: np.ndarray

    def __len__(self) -> int:
        return len(self.turns)


def write(rng: np.random.Generator, scenes: Scenes, kind: str, *, turns: int = 3, formats: Sequence[str] = tuple(FORMATS)) -> list[Turns]:
    """Of every scene the turns of one ``kind`` of :data:`WRITTEN`; ``<image>`` stands before the first question.

    Parameters
    ----------
    turns : of a conversation, and at most of ``"vqa"``, where no question comes twice; all others have one.
    formats : of :data:`FORMATS`, those that ``"vqa"`` asks for, one drawn a question; without any, questions stand alone and
        answers are short.

    Raises
    ------
    ValueError
        If the kind or a format is unknown, or a scene answers no question of the types that are wanted.
    """
    known("kind of instruction", kind, WRITTEN)
    for name in formats:
        known("format", name, FORMATS)
    if kind == "conversation":
        found = [[(text, as_sentence(text, said)) for text, said in talk] for talk in dialogue.dialogue(rng, scenes, turns)]
    elif kind == "reasoning":
        found = _with_reasons(rng, scenes)
    elif kind == "vqa":
        found = _academic(rng, scenes, turns, list(formats))
    else:
        prompts, level = (DETAIL, "full") if kind == "detail" else (CAPTION, "short")
        asked = rng.integers(len(prompts), size=len(scenes))
        found = [[(prompts[k], text)] for k, text in zip(asked, captions.caption(scenes, level, rng=rng))]
    return [[(f"{IMAGE} {talk[0][0]}", talk[0][1]), *talk[1:]] for talk in found]


def mixture(
    rng: np.random.Generator,
    count: int,
    shares: Mapping[str, float] = SHARES,
    *,
    split: str = "train",
    objects: tuple[int, int] = (2, 4),
    sign: float = 0.3,
    turns: int = 3,
    formats: Sequence[str] = tuple(FORMATS),
) -> Instructions:
    """``count`` drawn scenes with their instructions, the kinds in their ``shares``, in random order; the rest as :func:`write`.

    Raises ValueError as that does.
    """
    for kind in shares:
        known("kind of instruction", kind, WRITTEN)
    scenes = sample(rng, count, objects=objects, sign=sign, split=split)
    kinds = rng.permutation(np.repeat([WRITTEN.index(kind) for kind in shares], rng.multinomial(count, list(shares.values()))))
    told: list[Turns] = [[] for _ in range(count)]
    for k in np.unique(kinds):
        rows = np.flatnonzero(kinds == k)
        for row, talk in zip(rows, write(rng, scenes[rows], WRITTEN[k], turns=turns, formats=formats)):
            told[row] = talk
    return Instructions(scenes, told, kinds)


def as_sentence(question: str, answer: str) -> str:
    """What is answered in a dialogue, as a sentence: "where is it?", "on the left" → "it is on the left"."""
    match, forms = next((match, forms) for pattern, forms in _SENTENCES if (match := re.match(pattern, question)))
    return match.expand(forms.get(answer, forms.get("{}"))).format(answer)


def _academic(rng: np.random.Generator, scenes: Scenes, turns: int, formats: list[str]) -> list[Turns]:
    found: list[dict[str, str]] = [{} for _ in range(len(scenes))]
    for _ in range(turns):
        drawn = questions.ask(rng, scenes)
        chosen = rng.integers(max(len(formats), 1), size=len(scenes))
        for known_ones, text, number, k in zip(found, drawn.texts(), questions.answer(scenes, drawn), chosen):
            known_ones.setdefault(text, _formatted(text, questions.ANSWERS[number], formats[k] if formats else None))
    return [list(talk.values()) for talk in found]


def _formatted(text: str, answer: str, name: str | None) -> tuple[str, str]:
    if name is None:
        return text, answer
    prompt, form = FORMATS[name]
    return f"{text} {prompt}", form.format(answer)


# --- reasons


def _with_reasons(rng: np.random.Generator, scenes: Scenes) -> list[Turns]:
    drawn = questions.ask(rng, scenes, REASONED)
    answers = questions.answer(scenes, drawn)
    found = []
    for i, (things, text, number) in enumerate(zip(facts.inventory(scenes), drawn.texts(), answers)):
        things = [thing for thing in things if thing[1] != facts.SIGN]  # a sign is no thing in these questions
        found.append([(f"{text} {REASON}", f"{questions.ANSWERS[number]}, because {_reason(things, drawn[i])}")])
    return found


def _reason(things: list[tuple], question: questions.Questions) -> str:
    """What of (cell, kind, colour, size, word) one has to know in order to answer."""
    tables = (KINDS, COLOURS, SIZES, PLACES, tuple(KNOWLEDGE), RELATIONS, KINDS, COLOURS)
    asked = {name: table[i] if i >= 0 else None for name, table, i in zip(questions.ARGUMENTS, tables, question.arguments[0].tolist())}
    query = QUERIES[question.query[0]]
    if asked["anchor_kind"] or asked["anchor_colour"]:
        return _two(things, asked, query)
    able = KNOWLEDGE.get(asked["property"])
    wanted = [(1, asked["kind"]), (2, asked["colour"]), (3, asked["size"])]
    fits = [thing for thing in things if all(value in (None, thing[i]) for i, value in wanted) and (able is None or thing[1] in able)]
    said = [_there(fits or things, [i for i, value in wanted[1:] if value] + [2] * (query == "colour"))]
    if able is not None:
        said += [_knows(kind, asked["property"]) for kind in dict.fromkeys(thing[1] for thing in fits)]
    return "; ".join(said)


def _two(things: list[tuple], asked: Mapping[str, str | None], query: str) -> str:
    """Of two things where they are, or which colour they have; of the one asked about also what is asked."""
    anchor = next(t for t in things if asked["anchor_kind"] in (None, t[1]) and asked["anchor_colour"] in (None, t[2]))
    relation = asked["relation"] and asked["relation"].removeprefix("to the ")
    others = [thing for thing in things if thing is not anchor]
    by_colour = not relation and not asked["kind"]
    if asked["kind"]:
        other = next(thing for thing in others if thing[1] == asked["kind"])
    elif by_colour:
        other = next(thing for thing in others if thing[2] == anchor[2])
    else:
        other = next(thing for thing in others if facts.holds(relation, thing[0], anchor[0]))
    kinds = [thing[1] for thing in things]
    told = []
    for (cell, kind, colour, size, _), seen in ((other, {"colour": 2, "size": 3}.get(query)), (anchor, 2 * bool(asked["anchor_colour"]))):
        name = " ".join(word for word in (colour if seen == 2 else size if seen == 3 else "", kind) if word)
        name = f"the {name}" if kinds.count(kind) == 1 else f"{english.article(name)} {name}"
        told.append(f"{name} is {colour if by_colour else english.PLACE_PHRASES[PLACES[cell]][0]}")
    return " and ".join(told)


def _there(things: list[tuple], axes: Sequence[int]) -> str:
    """ "there is a red dog and two red bananas": kinds, with the colours (2) and sizes (3) of the ``axes``."""
    groups: dict[tuple, int] = {}
    for thing in things:
        key = (thing[1], thing[2] if 2 in axes else None, thing[3] if 3 in axes else None)
        groups[key] = groups.get(key, 0) + 1
    named = tuple(facts.Thing(kind, count, colour, size) for (kind, colour, size), count in groups.items())
    return english.realise(facts.Facts(named), lambda options: options[0], True)


def _knows(kind: str, fact: str) -> str:
    """ "a dog is an animal", "you can eat a banana"."""
    name = f"{english.article(kind)} {kind}"
    return f"{fact} {name}" if fact.startswith("you") else f"{name} {fact}"
