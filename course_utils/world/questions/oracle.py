"""Answers from the symbols: what is true in a scene, what cannot be asked of it and why, which answers a text allows.

"The dog" is asked about only where there is exactly one dog. *Left of* compares columns of the 3 × 3 grid, *above*
compares rows; whether one thing is left of another is not asked where both stand in one column, since their jitter
would decide it. "What is on the left?" is asked only where nothing else stands in the left column, "what has the same
colour as the dog?" only where exactly one other thing has it.
"""

from __future__ import annotations

import numpy as np

from course_utils.errors import known
from course_utils.world.questions.forms import (
    ANSWERS,
    ARGUMENTS,
    COLOUR,
    COUNT,
    FORM_USES,
    KIND,
    NO,
    PROPERTIES,
    QUERIES,
    RELATIONS,
    SIDE,
    SIZE,
    TYPES,
    WORD,
    YES,
    Questions,
)
from course_utils.world.scenes import CELLS, HELD_OUT, SLOTS, SPLITS, Scenes
from course_utils.world.things import COLOURS, KINDS, KNOWLEDGE, PLACES, SIZES, WORDS

# property → kinds about which one could argue. No question about the property is asked of a scene that shows one.
UNCLEAR = {
    "you can eat": ("fish", "frog", "snake", "turtle", "cactus"),
    "is a plant": ("banana", "strawberry", "watermelon", "mushroom"),
    "has wheels": ("airplane",),
}
# bool[properties, kinds]
HAS = np.array([[kind in KNOWLEDGE[name] for kind in KINDS] for name in PROPERTIES])
MAY_HAVE = HAS | np.array([[kind in UNCLEAR.get(name, ()) for kind in KINDS] for name in PROPERTIES])

# bool[places, cells]: where a second object would make the name of the place unclear. A corner or the middle is one
# cell; "on the left" could be said of the whole left column.
CROWDS = np.eye(CELLS, dtype=bool)
for _name, _cells in {"top": (0, 1, 2), "left": (0, 3, 6), "right": (2, 5, 8), "bottom": (6, 7, 8)}.items():
    CROWDS[PLACES.index(_name), list(_cells)] = True

NUMBERS = np.array([word.isdigit() for word in WORDS])

# Why there is no answer, in the order in which it is looked for; the first entry is "there is one".
_PROBLEMS = (
    "",
    "there is no sign",
    "the sign shows a word, not a number",
    "one could argue whether the {unclear} counts",
    "there is no {anchor}",
    "there is more than one {anchor}",
    "there is no {target}",
    "there is more than one {target}",
    "the two do not differ in the {axis}",
    "the place is unclear, because something else stands next to it",
)


def asks(questions: Questions, *queries: str) -> np.ndarray:
    """bool[B]: whether the question queries one of these."""
    return np.isin(questions.query, [QUERIES.index(query) for query in queries])


def uses_anchor(questions: Questions) -> np.ndarray:
    """bool[B]: whether the question starts from another object than the one it asks about."""
    return FORM_USES[questions.form][:, [ARGUMENTS.index("anchor_kind"), ARGUMENTS.index("anchor_colour")]].any(1)


def compares(questions: Questions) -> np.ndarray:
    """bool[B]: whether the object asked about is the other one of the anchor's colour, wherever it stands."""
    return questions.type == TYPES.index("same")


def _matches(array: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Equal, or nothing wanted: [B, M] and [B] → bool[B, M]."""
    return (wanted[:, None] < 0) | (array == wanted[:, None])


def _judge(scenes: Scenes, questions: Questions) -> tuple[np.ndarray, np.ndarray]:
    """Answers int16[B], and problems int8[B] (0 where the answer counts)."""
    if len(scenes) != len(questions):
        raise ValueError(f"There are {len(scenes)} scenes and {len(questions)} questions; give one question a scene.")
    rows = np.arange(len(questions))
    argument = questions.argument
    present, kind = scenes.present, scenes.kind
    wanted = argument("property")[:, None]
    target = present & ((wanted < 0) | HAS[wanted, kind])
    unclear = present & (wanted >= 0) & (HAS != MAY_HAVE)[wanted, kind]
    for name, array in (("kind", kind), ("colour", scenes.colour), ("size", scenes.size), ("place", scenes.cell)):
        target &= _matches(array, argument(name))
    has_anchor = uses_anchor(questions)
    anchor = present & has_anchor[:, None]
    anchor &= _matches(kind, argument("anchor_kind")) & _matches(scenes.colour, argument("anchor_colour"))

    relation = argument("relation")
    vertical = (relation >= 2) | asks(questions, "above or below")
    line = np.where(vertical[:, None], scenes.row, scenes.column)  # (B, M)
    anchor_line = line[rows, anchor.argmax(1)]
    before, after = line < anchor_line[:, None], line > anchor_line[:, None]
    side = np.where(relation[:, None] % 2 == 0, before, after)
    one = asks(questions, "kind", "colour", "size")
    alike = ~anchor & (scenes.colour == scenes.colour[rows, anchor.argmax(1)][:, None])
    other = np.where(compares(questions)[:, None], alike, side)
    target &= other | ~(has_anchor & one)[:, None]  # two looks: the thing beside the anchor, or of its colour
    first = target.argmax(1)

    place = argument("place")
    crowd = present & ~target & CROWDS[place[:, None], scenes.cell]
    between = asks(questions, "holds", "left or right", "above or below")
    targets, anchors = target.sum(1), anchor.sum(1)
    sign, number = asks(questions, "word", "number", "says"), asks(questions, "number")
    problem = np.select(
        [
            sign & (scenes.word < 0),
            number & ~NUMBERS[scenes.word],
            unclear.any(1),
            has_anchor & (anchors == 0),
            has_anchor & (anchors > 1),
            (one | between) & (targets == 0),
            (one | between) & (targets > 1),
            between & ~(before | after)[rows, first],
            (place >= 0) & crowd.any(1),
        ],
        range(1, len(_PROBLEMS)),
        0,
    )
    which_side = SIDE + 2 * vertical + after[rows, first]
    said = WORD + scenes.word.astype(int)
    answers = {
        "exist": np.where(targets > 0, YES, NO),
        "count": COUNT + targets,
        "kind": KIND + kind[rows, first].astype(int),
        "colour": COLOUR + scenes.colour[rows, first].astype(int),
        "size": SIZE + scenes.size[rows, first].astype(int),
        "holds": np.where(side[rows, first], YES, NO),
        "left or right": which_side,
        "above or below": which_side,
        "word": said,
        "number": said,
        "says": np.where(scenes.word == argument("word"), YES, NO),
    }
    return np.choose(questions.query, [answers[query] for query in QUERIES]).astype(np.int16), problem


def answerable(scenes: Scenes, questions: Questions) -> np.ndarray:
    """bool[B]: whether each question has exactly one right answer in its scene."""
    return _judge(scenes, questions)[1] == 0


def answer(scenes: Scenes, questions: Questions) -> np.ndarray:
    """The right answers: int16[B], indices into ``ANSWERS``.

    Raises ValueError for the first question that its scene does not answer, with the reason.
    """
    answers, problem = _judge(scenes, questions)
    if problem.any():
        i = int(problem.argmax())
        why = _reason(scenes, questions, i, problem[i])
        where = f" in scene {i}" if len(scenes) > 1 else " here"
        raise ValueError(f"{questions[i].texts()[0]!r} has no answer{where}: {why}.")
    return answers


def _reason(scenes: Scenes, questions: Questions, i: int, problem: int) -> str:
    value = dict(zip(ARGUMENTS, questions.arguments[i].tolist()))
    words = [names[value[name]] for name, names in (("size", SIZES), ("colour", COLOURS)) if value[name] >= 0]
    words.append(KINDS[value["kind"]] if value["kind"] >= 0 else "thing")
    if value["place"] >= 0:
        words.append(f"at the place {PLACES[value['place']]!r}")
    if value["property"] >= 0:
        words.append(f"that fits {PROPERTIES[value['property']]!r}")
    anchor = KINDS[value["anchor_kind"]] if value["anchor_kind"] >= 0 else f"{COLOURS[value['anchor_colour']]} thing"
    if value["relation"] >= 0 and asks(questions[i], "kind", "colour", "size")[0]:
        words.append(f"{RELATIONS[value['relation']]} the {anchor}")
    shown = scenes.kind[i][scenes.present[i]]
    if compares(questions[i])[0]:
        colour = scenes.colour[i][scenes.present[i] & (scenes.kind[i] == value["anchor_kind"])]
        words = ["other", *(COLOURS[c] for c in colour[:1]), "thing"]
    unclear = [KINDS[k] for k in shown if value["property"] >= 0 and (HAS != MAY_HAVE)[value["property"], k]]
    vertical = value["relation"] >= 2 or asks(questions[i], "above or below")[0]
    return _PROBLEMS[problem].format(
        anchor=anchor, target=" ".join(words), unclear=(unclear or [""])[0], axis="row" if vertical else "column"
    )


def pairs_that_fit(questions: Questions, split: str = "all") -> tuple[np.ndarray, np.ndarray]:
    """Which (kind, colour) an object may have: bool[B, kinds, colours], twice.

    Returns
    -------
    fit : what the question asks about, as far as its kind, colour and property go
    free : what may stand in the scene at all: not the anchor's like, not unclear, allowed in the split
    """
    kinds, colours = np.arange(len(KINDS)), np.arange(len(COLOURS))
    wanted = questions.argument("property")
    of_kind = _matches(kinds, questions.argument("kind")) & ((wanted < 0)[:, None] | HAS[wanted])
    fit = of_kind[:, :, None] & _matches(colours, questions.argument("colour"))[:, None]
    clear = (wanted < 0)[:, None] | (HAS == MAY_HAVE)[wanted]
    like = _matches(kinds, questions.argument("anchor_kind"))[:, :, None]
    like = like & _matches(colours, questions.argument("anchor_colour"))[:, None]
    free = clear[:, :, None] & ~(like & uses_anchor(questions)[:, None, None])
    return fit, free & ~HELD_OUT if split == "train" else free


def possible(questions: Questions, split: str = "all") -> np.ndarray:
    """The answers that a question can have, whatever the scene: bool[B, len(ANSWERS)].

    In ``split="train"`` no held-out (kind, colour) pair is ever seen: where the dog is never blue, "blue" is no answer
    to "what colour is the dog?".
    """
    known("split", split, SPLITS)
    fit, free = pairs_that_fit(questions, split)
    seen = fit & free
    allowed = np.zeros((len(questions), len(ANSWERS)), bool)

    def allow(queries: tuple[str, ...], start: int, which: np.ndarray) -> None:
        rows = asks(questions, *queries)
        allowed[rows, start : start + which.shape[-1]] |= np.broadcast_to(which, (len(rows), which.shape[-1]))[rows]

    ever = seen.any((1, 2))[:, None]
    allow(("exist",), YES, np.concatenate([ever, np.ones_like(ever)], 1))
    allow(("count",), COUNT, np.concatenate([np.ones_like(ever), np.repeat(ever, SLOTS, 1)], 1))
    allow(("holds", "says"), YES, np.ones(2, bool))
    allow(("kind",), KIND, seen.any(2))
    allow(("colour",), COLOUR, seen.any(1))
    allow(("size",), SIZE, np.repeat(ever, len(SIZES), 1))
    allow(("left or right",), SIDE, np.ones(2, bool))
    allow(("above or below",), SIDE + 2, np.ones(2, bool))
    allow(("word",), WORD, np.ones(len(WORDS), bool))
    allow(("number",), WORD, NUMBERS)
    return allowed
