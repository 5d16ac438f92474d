"""Short dialogues about a scene: a question that brings something up, then questions that call it *it* or *they*.

After Visual Dialog (Das et al. 2017): an answer is short, and a question needs the turns before it to be understood.
A pronoun means what was last brought up, by a question ("is there a dog?" "yes") or by an answer ("what is above it?"
"a cat": from then on *it* is the cat).
"""

from __future__ import annotations

import functools

import numpy as np

from course_utils.world.facts import AXES, SIGN, holds, inventory
from course_utils.world.languages import Choose, chooser, listing
from course_utils.world.languages.english import PLACE_PHRASES, PLURAL, RELATION_PHRASES, article
from course_utils.world.scenes import Scenes
from course_utils.world.things import COLOURS, KINDS, PLACES

LONGEST = 10  # turns, as in Visual Dialog


def dialogue(rng: np.random.Generator, scenes: Scenes, turns: int = 3) -> list[list[tuple[str, str]]]:
    """One dialogue a scene: ``turns`` pairs of question and answer.

    No question is asked twice about the same thing. From three turns on, some question has a pronoun.

    Raises ValueError if the number of turns is not in 1..10.
    """
    if not 1 <= turns <= LONGEST:
        raise ValueError(f"turns is {turns}; expected 1 to {LONGEST}.")
    draws = rng.random((len(scenes), 5 * turns)).tolist()
    return [_talk(things, turns, chooser(numbers)) for things, numbers in zip(inventory(scenes), draws)]


# A thing is (cell, kind, colour, size, word), as in facts.inventory. A move is (question, answer, what *it* or *they*
# means afterwards: positions in the list of things). Moves of one sort stand together: first a sort is drawn, then one.
Move = tuple[str, str, tuple[int, ...]]


def _talk(things: list[tuple], turns: int, choose: Choose) -> list[tuple[str, str]]:
    talk: list[tuple[str, str]] = []
    asked: set[tuple] = set()
    known: set[str] = set()  # the kinds that have been brought up
    focus: tuple[int, ...] = ()
    fresh = False  # what was just brought up is asked about next
    for turn in range(turns):
        sorts = [[move for move in moves if (move[0], focus) not in asked] for moves in _follow_ups(things, focus)]
        sorts = [moves for moves in sorts if moves]
        if not sorts or not (fresh or choose((True, True, True, False))):
            there = choose((True, True, True, False)) if turn == 0 else not focus
            known |= {kind for kind in PLURAL if any((question, ()) in asked for question in _questions_about(kind))}
            sorts = [_openers(things, known, there) or _openers(things, known, not there)]
            focus = ()
        question, answer, after = choose(choose(sorts))
        talk.append((question, answer))
        asked.add((question, focus))
        known |= {things[i][1] for i in after}
        fresh = after not in ((), focus)
        focus = after
    return talk


@functools.cache
def _questions_about(kind: str) -> tuple[str, str]:
    return f"is there {article(kind)} {kind}?", f"how many {PLURAL[kind]} are there?"


def _openers(things: list[tuple], known: set[str], there: bool) -> list[Move]:
    """Questions that bring up a kind not talked about yet, one that is there or one that is not."""
    moves = []
    for kind in (*KINDS, SIGN):
        positions = tuple(i for i, thing in enumerate(things) if thing[1] == kind)
        if kind in known or bool(positions) != there:
            continue
        exists, count = _questions_about(kind)
        if len(positions) < 2:  # "is there a dog?" would not bring up two
            moves.append((exists, "yes" if positions else "no", positions))
        if kind != SIGN:
            moves.append((count, str(len(positions)), positions))
    return moves


def _follow_ups(things: list[tuple], focus: tuple[int, ...]) -> list[list[Move]]:
    """Questions about what is talked of, by sort."""
    if not focus:
        return []
    places = [PLACE_PHRASES[PLACES[things[i][0]]][0] for i in focus]
    if len(focus) > 1:
        colours, sizes = ([things[i][axis] for i in focus] for axis in (2, 3))
        return [
            [("are they the same colour?", _yes(len(set(colours)) == 1), focus)],
            [("are they the same size?", _yes(len(set(sizes)) == 1), focus)],
            [("where are they?", listing(places, ", ", " and "), focus)],
            [(f"how many of them are {colour}?", str(colours.count(colour)), focus) for colour in COLOURS],
        ]
    cell, kind, colour, size, word = things[focus[0]]
    beside = []
    for relation in AXES:
        there = tuple(i for i, thing in enumerate(things) if holds(relation, thing[0], cell))
        if kind != SIGN and any(things[i][1] == SIGN for i in there):
            continue  # a sign is no thing in the other questions, so "what is above it?" would have two answers
        if len(there) < 2:
            answer = f"{article(things[there[0]][1])} {things[there[0]][1]}" if there else "nothing"
            beside.append((f"what is {RELATION_PHRASES[relation][0]} it?", answer, there or focus))
    of_itself = (
        [[("what does it say?", word, focus)]]
        if kind == SIGN
        else [[("what colour is it?", colour, focus)], [("is it small or large?", size, focus)]]
    )
    return [[("where is it?", places[0], focus)], *of_itself, beside]


def _yes(truth: bool) -> str:
    return "yes" if truth else "no"
