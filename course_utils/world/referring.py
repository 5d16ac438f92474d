"""Referring expressions: texts that single out one object of a scene, and a reader that finds what a text fits.

Three kinds, after the three data sets:

- ``"location"``, as in RefCOCO (Kazemzadeh et al. 2014): short, says where the object stands;
- ``"attributes"``, as in RefCOCO+ (Yu et al. 2016): no word of location at all;
- ``"long"``, as in RefCOCOg (Mao et al. 2016): a sentence that often relates the object to another one.

*On the left* is the left column of the 3 × 3 grid, *at the top* the top row; a corner, the middle and the middle of a
side are one cell. *Leftmost* is strictly further left, by columns, than all others that the rest of the text fits.
*To the left of* compares columns and *above* compares rows, as in the questions. *Nearest to* compares the distances of
cells, from centre to centre, and does not count the landmark itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from course_utils.errors import known
from course_utils.world.facts import AXES, SIGN, holds
from course_utils.world.languages import Choose, Phrases, Reader, chooser, inverse
from course_utils.world.languages.english import RELATION_PHRASES, SIZE_WORDS
from course_utils.world.scenes import CELLS, SLOTS, Scenes
from course_utils.world.things import COLOURS, KINDS, SIZES

EXPRESSIONS = ("location", "attributes", "long")
NEAREST = "nearest to"
_RELATIONS = RELATION_PHRASES | {NEAREST: (NEAREST,)}

_PLACES = {  # wording → the cells it means
    "at the top left": (0,),
    "at the top middle": (1,),
    "at the top right": (2,),
    "at the middle left": (3,),
    "in the middle": (4,),
    "at the middle right": (5,),
    "at the bottom left": (6,),
    "at the bottom middle": (7,),
    "at the bottom right": (8,),
    "on the left": (0, 3, 6),
    "on the right": (2, 5, 8),
    "at the top": (0, 1, 2),
    "at the bottom": (6, 7, 8),
}
_PLACE_OF = [[place for place, cells in _PLACES.items() if cell in cells] for cell in range(CELLS)]
_SUPERLATIVES = {"left of": ("leftmost",), "right of": ("rightmost",), "above": ("topmost", "highest"), "below": ("bottommost", "lowest")}


class Head(NamedTuple):
    """What an expression says of an object itself; None is left unsaid."""

    kind: str | None = None
    colour: str | None = None
    size: str | None = None


class Expression(NamedTuple):
    """What a text says: at most one of a superlative, a place, and a relation to a landmark."""

    head: Head
    superlative: str | None = None
    place: str | None = None
    relation: str | None = None
    landmark: Head | None = None


def referable(scenes: Scenes, kind: str = "location") -> np.ndarray:
    """bool[B, 5]: the objects that an expression of this kind can single out.

    By attributes alone, objects alike in kind, colour and size cannot be told apart. Raises ValueError if the kind of
    expression is unknown.
    """
    known("kind of expression", kind, EXPRESSIONS)
    if kind != "attributes":
        return scenes.present
    alike = scenes.present[:, None] & scenes.present[:, :, None]
    for array in (scenes.kind, scenes.colour, scenes.size):
        alike &= array[:, None] == array[:, :, None]
    return alike.sum(2) == 1


def refer(rng: np.random.Generator, scenes: Scenes, kind: str = "location") -> tuple[list[str], np.ndarray]:
    """One expression a scene.

    Returns
    -------
    texts : list of B texts
    slots : int8[B], the object that each one means; ``resolve(scenes, texts)`` fits exactly that one.

    Raises ValueError if the kind of expression is unknown, or a scene has no object that it can single out.
    """
    possible = referable(scenes, kind)
    if not possible.any(1).all():
        raise ValueError(
            f"Scene {np.flatnonzero(~possible.any(1))[0]} has no object that {kind} alone could single out; "
            f"keep the scenes where referable(scenes, {kind!r}).any(1)."
        )
    slots = np.argmax(rng.random(possible.shape) * possible, axis=1).astype(np.int8)
    express = {"location": _by_location, "attributes": _by_attributes, "long": _at_length}[kind]
    draws = rng.random((len(scenes), 8)).tolist()
    arrays = (scenes.kind, scenes.colour, scenes.size, scenes.cell, scenes.word_cell)
    texts = []
    for target, numbers, *row, sign in zip(slots.tolist(), draws, *(array.tolist() for array in arrays)):
        things = [(Head(KINDS[kind], COLOURS[colour], SIZES[size]), cell) for kind, colour, size, cell in zip(*row) if cell >= 0]
        choose = chooser(numbers)
        texts.append(_wording(express(things, target, sign, choose), kind, choose))
    return texts, slots


def refer_nearest(rng: np.random.Generator, scenes: Scenes) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Where a scene allows it, "the dog nearest to the red car": which of several things that the rest of the text fits.

    Returns
    -------
    rows : int[n], the scenes
    texts : list of n texts
    slots : int8[n], the object that each one means; ``resolve(scenes[rows], texts)`` fits exactly that one.
    """
    rows, texts, slots = [], [], []
    for i, numbers in enumerate(rng.random((len(scenes), 4)).tolist()):
        things = [
            (Head(KINDS[k], COLOURS[c], SIZES[s]), cell)
            for k, c, s, cell in zip(*(getattr(scenes, name)[i].tolist() for name in ("kind", "colour", "size", "cell")))
            if cell >= 0
        ]
        options = []
        for mark, (_, place) in enumerate(things):
            landmarks = [head for head, fits in _heads(things, mark, always_kind=True) if fits == [mark] and head.size is None]
            apart = [(cell // 3 - place // 3) ** 2 + (cell % 3 - place % 3) ** 2 for _, cell in things]
            for target in range(len(things)):
                for head, fits in _heads(things, target):
                    others = [apart[m] for m in fits if m not in (mark, target)]
                    if mark != target and head.colour is None and head.size is None and others and apart[target] < min(others):
                        options += [(target, Expression(head, relation=NEAREST, landmark=landmark)) for landmark in landmarks]
        if options:
            choose = chooser(numbers)
            target, expression = choose(options)
            rows.append(i)
            texts.append(_wording(expression, "nearest", choose))
            slots.append(target)
    return np.array(rows, int), texts, np.array(slots, np.int8)


def _heads(things: list, target: int, always_kind: bool = False) -> list[tuple[Head, list[int]]]:
    """All that could be said of the target's attributes, each with the objects that it fits."""
    kind, colour, size = things[target][0]
    heads = [Head(k, c, s) for k in ((kind,) if always_kind else (None, kind)) for c in (None, colour) for s in (None, size)]
    return [(head, [m for m, (whole, _) in enumerate(things) if all(a in (None, b) for a, b in zip(head, whole))]) for head in heads]


def _attribute_count(head: Head) -> int:
    return sum(attribute is not None for attribute in head)


def _by_attributes(things: list, target: int, sign: int, choose: Choose) -> Expression:
    heads = [head for head, fits in _heads(things, target) if fits == [target] and _attribute_count(head)]
    fewest = min(map(_attribute_count, heads))
    return Expression(choose(choose(([head for head in heads if _attribute_count(head) == fewest], heads))))


def _by_location(things: list, target: int, sign: int, choose: Choose) -> Expression:
    cell = things[target][1]
    length = choose((0, 1, 1, 2))
    options = []
    for head, fits in _heads(things, target):
        if _attribute_count(head) != length:
            continue
        for place in _PLACE_OF[cell]:
            if [m for m in fits if things[m][1] in _PLACES[place]] == [target]:
                options.append(Expression(head, place=place))
        for direction in AXES:
            if len(fits) > 1 and all(holds(direction, cell, things[m][1]) for m in fits if m != target):
                options.append(Expression(head, superlative=direction))
    return choose(options)  # a place of one cell is always among them


def _at_length(things: list, target: int, sign: int, choose: Choose) -> Expression:
    """Preferably with a relation that is needed: without it the text would fit other objects, too."""
    cell = things[target][1]
    landmarks = [
        (head, things[other][1])
        for other in range(len(things))
        if other != target
        for head, fits in _heads(things, other, always_kind=True)
        if fits == [other]
    ]
    landmarks += [(Head(SIGN), sign)] if sign >= 0 else []
    heads = _heads(things, target, always_kind=True)
    needed, others = [], []
    for landmark, landmark_cell in landmarks:
        for direction in AXES:
            if not holds(direction, cell, landmark_cell):
                continue
            for head, fits in heads:
                if [m for m in fits if holds(direction, things[m][1], landmark_cell)] == [target]:
                    options = needed if len(fits) > 1 else others
                    options.append(Expression(head, relation=direction, landmark=landmark))
    if needed or others:
        return choose(needed or others)
    return Expression(things[target][0], place=next(p for p in _PLACE_OF[cell] if len(_PLACES[p]) == 1))


def _noun_phrase(head: Head, choose: Choose) -> str:
    return " ".join(filter(None, (head.size, head.colour, head.kind or choose(("thing", "one")))))


def _wording(expression: Expression, kind: str, choose: Choose) -> str:
    article = "the " if kind == "long" else choose(("the ", ""))
    superlative = f"{choose(_SUPERLATIVES[expression.superlative])} " if expression.superlative else ""
    text = f"{article}{superlative}{_noun_phrase(expression.head, choose)}"
    that = choose((" that is ", " which is ", " ")) if kind == "long" else " "
    if expression.place:
        return f"{text}{that}{expression.place}{' of the picture' if kind == 'long' else ''}"
    if expression.relation:
        relation = _RELATIONS[expression.relation][0]
        return f"{text}{that}{relation} the {_noun_phrase(expression.landmark, choose)}"
    return text


_THE, _THAT = Phrases({"the": True}), Phrases({"that is": True, "which is": True})
_SUPERLATIVE, _PLACE = Phrases(inverse(_SUPERLATIVES)), Phrases({place: place for place in _PLACES})
_SIZE, _COLOUR = Phrases(inverse(SIZE_WORDS)), Phrases({colour: colour for colour in COLOURS})
_NOUN = Phrases({kind: kind for kind in KINDS} | {"thing": "", "one": ""})
_LANDMARK = Phrases({kind: kind for kind in (*KINDS, SIGN)} | {"thing": "", "one": ""})
_RELATION, _OF_PICTURE = Phrases(inverse(_RELATIONS)), Phrases({"of the picture": True})


def _read_head(reader: Reader, nouns: Phrases) -> Head:
    size, colour = reader.take(_SIZE), reader.take(_COLOUR)
    return Head(reader.need(nouns, "a noun") or None, colour, size)


def read(text: str) -> Expression:
    """What an expression says. Raises NotInGrammar (a ValueError) that tells where reading stopped."""
    reader = Reader(text.lower())
    reader.take(_THE)
    superlative = reader.take(_SUPERLATIVE)
    head = _read_head(reader, _NOUN)
    that = reader.take(_THAT)
    place = relation = landmark = None
    if not superlative and (place := reader.take(_PLACE)):
        reader.take(_OF_PICTURE)
    elif not superlative and (relation := reader.take(_RELATION)):
        reader.need(_THE, "'the'")
        landmark = _read_head(reader, _LANDMARK)
    elif that:
        raise reader.error("expected a place or a relation")
    reader.end()
    return Expression(head, superlative, place, relation, landmark)


def resolve(scenes: Scenes, texts: str | Sequence[str]) -> np.ndarray:
    """The objects that each text fits in its scene: bool[B, 5].

    ``texts`` is one text for all scenes or one a scene. The text is read and looked up from its words alone. A relation
    fits nothing where its landmark is not exactly one thing.

    Raises ValueError if the number of texts is wrong, or a text is no referring expression.
    """
    if isinstance(texts, str):
        texts = [texts] * len(scenes)
    if len(texts) != len(scenes):
        raise ValueError(f"There are {len(texts)} texts for {len(scenes)} scenes; expected one a scene, or one text.")
    expressions = {text: read(text) for text in set(texts)}
    rows = [expressions[text] for text in texts]
    fits = _fits(scenes, [row.head for row in rows])  # (B, M)

    allowed = [[row.place is None or cell in _PLACES[row.place] for cell in range(CELLS)] for row in rows]
    fits &= np.take_along_axis(np.array(allowed, bool).reshape(-1, CELLS), np.maximum(scenes.cell, 0), axis=1)

    landmarks = _fits(scenes, [row.landmark or Head() for row in rows])
    on_sign = np.array([row.landmark is not None and row.landmark.kind == SIGN for row in rows], bool)
    landmark_cell = np.where(landmarks.sum(1) == 1, (scenes.cell * landmarks).sum(1), -1)
    landmark_cell = np.where(on_sign, scenes.word_cell, landmark_cell)  # (B,)
    far = np.int8(SLOTS + CELLS)
    for direction, (axis, sign) in AXES.items():
        where = sign * getattr(scenes, axis).astype(np.int8)  # (B, M): how far in the direction
        other = sign * (landmark_cell % 3 if axis == "column" else landmark_cell // 3)
        related = np.array([row.relation == direction for row in rows], bool)
        fits &= ~related[:, None] | ((where > other[:, None]) & (landmark_cell >= 0)[:, None])

        superlative = np.array([row.superlative == direction for row in rows], bool)
        best = np.where(fits, where, -far).max(1, keepdims=True)
        furthest = fits & (where == best)
        fits &= ~superlative[:, None] | (furthest & (furthest.sum(1, keepdims=True) == 1))

    nearest = np.array([row.relation == NEAREST for row in rows], bool)
    apart = (scenes.row - landmark_cell[:, None] // 3).astype(int) ** 2 + (scenes.column - landmark_cell[:, None] % 3).astype(int) ** 2
    others = fits & ~landmarks & (landmark_cell >= 0)[:, None]
    apart = np.where(others, apart, SLOTS * CELLS)
    first = others & (apart == apart.min(1, keepdims=True))
    return np.where(nearest[:, None], first & (first.sum(1, keepdims=True) == 1), fits)


def _fits(scenes: Scenes, heads: Sequence[Head]) -> np.ndarray:
    """bool[B, 5]: the objects with the attributes of the scene's head. A sign is no object."""
    fits = scenes.present.copy()
    for array, names, values in zip((scenes.kind, scenes.colour, scenes.size), (KINDS, COLOURS, SIZES), zip(*heads) if heads else [()] * 3):
        wanted = np.array([-1 if v is None else names.index(v) if v in names else len(names) for v in values], np.int8)
        fits &= (wanted[:, None] < 0) | (array == wanted[:, None])
    return fits
