"""What a caption says, before any language: which things, how many, what they are like, how they stand to each other.

A caption in any language is a wording of :class:`Facts`, and reading it gives the same facts back. As a scene graph the
facts are the tuples of SPICE (Anderson et al. 2016, section 3): ``(object,)``, ``(object, attribute)`` and
``(object, relation, object)``, in the symbols of :mod:`course_utils.world.things`.
"""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np

from course_utils.errors import known
from course_utils.world.scenes import SLOTS, Scenes
from course_utils.world.things import COLOURS, KINDS, PLACES, SIZES, WORDS

# what each level adds: kinds and their number; colours and what signs say; sizes and places; relations
LEVELS = ("names", "short", "full", "relations")
OPPOSITE = {"left of": "right of", "right of": "left of", "above": "below", "below": "above"}
RELATIONS = tuple(OPPOSITE)
# relation → the axis of the 3 × 3 grid that is compared, and whether less (-1) or more (1) of it is meant
AXES = {"left of": ("column", -1), "right of": ("column", 1), "above": ("row", -1), "below": ("row", 1)}
SIGN = "sign"


class Thing(NamedTuple):
    """One thing, or several that differ only in their place."""

    kind: str
    count: int = 1
    colour: str | None = None
    size: str | None = None
    places: tuple[str, ...] = ()
    word: str | None = None  # what a sign says


class Relation(NamedTuple):
    """``subject`` is ``name`` (one of :data:`RELATIONS`) ``object``; both carry just what tells them from the rest."""

    subject: Thing
    name: str
    object: Thing

    def inverse(self) -> Relation:
        """The same fact seen from the other thing."""
        return Relation(self.object, OPPOSITE[self.name], self.subject)


class Facts(NamedTuple):
    things: tuple[Thing, ...]
    relations: tuple[Relation, ...] = ()


def graph(facts: Facts) -> Counter:
    """The scene-graph tuples, each with how often it holds: a multiset.

    Two red dogs and a blue one are ``{("dog",): 3, ("dog", "red"): 2, ("dog", "blue"): 1}``; ``set(graph)`` is SPICE's
    own set. A sign is ``("sign",)`` and ``("sign", "says", "stop")``. Of a relation and its opposite only ``"left of"``
    and ``"above"`` are used, so that "the dog is left of the cat" and "the cat is right of the dog" are one fact.
    """
    tuples = Counter()
    for thing in facts.things:
        tuples[thing.kind,] += thing.count
        for attribute in (thing.colour, thing.size):
            if attribute:
                tuples[thing.kind, attribute] += thing.count
        for place in thing.places:
            tuples[thing.kind, place] += 1
        if thing.word:
            tuples[thing.kind, "says", thing.word] += 1
    for relation in facts.relations:
        subject, name, landmark = relation if relation.name in ("left of", "above") else relation.inverse()
        tuples[subject.kind, name, landmark.kind] += 1
    return tuples


def extract(scenes: Scenes, level: str, order: np.ndarray | None = None) -> list[Facts]:
    """The facts of every scene at a level of detail, in reading order, or things in the ``order`` of their slots, int[B, 5].

    ``"relations"`` relates every thing but the first to the nearest one before it in reading order (the latest of
    several), sideways if they are further apart in columns than in rows, else up and down.

    Raises ValueError if the level is unknown; the message gives all of them. If a row of the order does not name every
    slot once.
    """
    detail = known("level", level, LEVELS)
    if order is not None and not np.array_equal(np.sort(order, 1), np.tile(np.arange(SLOTS), (len(scenes), 1))):
        raise ValueError(f"order has shape {np.shape(order)}; expected ({len(scenes)}, {SLOTS}), in each row every slot once.")
    facts = []
    for i, nodes in enumerate(inventory(scenes)):
        groups: dict[tuple, list[int]] = {}
        for cell, kind, colour, size, word in nodes:
            key = (kind, colour if detail >= 1 else None, size if detail >= 2 else None, word if detail >= 1 else None)
            groups.setdefault(key, []).append(cell)
        if order is not None:
            cells_in_order = [*scenes.cell[i, order[i]].tolist(), int(scenes.word_cell[i])]
            groups = dict(sorted(groups.items(), key=lambda group: min(map(cells_in_order.index, group[1]))))
        things = tuple(
            Thing(kind, len(cells), colour, size, tuple(PLACES[c] for c in cells) if detail >= 2 else (), word)
            for (kind, colour, size, word), cells in groups.items()
        )
        facts.append(Facts(things, _relations(nodes) if detail >= 3 else ()))
    return facts


def inventory(scenes: Scenes) -> list[list[tuple]]:
    """(cell, kind, colour, size, word) of every thing of every scene, signs too, in reading order."""
    arrays = (scenes.cell, scenes.kind, scenes.colour, scenes.size, scenes.word, scenes.word_cell)
    batch = []
    for cells, kinds, colours, sizes, word, word_cell in zip(*(array.tolist() for array in arrays)):
        nodes = [
            (cell, KINDS[kind], COLOURS[colour], SIZES[size], None)
            for cell, kind, colour, size in zip(cells, kinds, colours, sizes)
            if cell >= 0
        ]
        if word >= 0:
            nodes.append((word_cell, SIGN, None, None, WORDS[word]))
        batch.append(sorted(nodes))
    return batch


def holds(relation: str, cell: int, other: int) -> bool:
    """Whether something in ``cell`` is left of, … something in ``other``."""
    axis, sign = AXES[relation]
    return sign * (cell % 3 - other % 3 if axis == "column" else cell // 3 - other // 3) > 0


def _relations(nodes: list[tuple]) -> tuple[Relation, ...]:
    relations = []
    for j in range(1, len(nodes)):
        row, column = divmod(nodes[j][0], 3)

        def distance(i: int) -> int:
            other_row, other_column = divmod(nodes[i][0], 3)
            return abs(other_row - row) + abs(other_column - column)

        i = min(reversed(range(j)), key=distance)
        other_row, other_column = divmod(nodes[i][0], 3)
        if abs(other_column - column) <= row - other_row:
            name = "above"
        else:
            name = "left of" if other_column < column else "right of"
        relations.append(Relation(definite(nodes, i), name, definite(nodes, j)))
    return tuple(relations)


def definite(nodes: list[tuple], i: int) -> Thing:
    """The least that tells node ``i`` from the others: its kind; else also colour, size, both; else its place."""
    cell, kind, colour, size, _ = nodes[i]
    for with_colour, with_size in ((False, False), (True, False), (False, True), (True, True)):
        alike = sum(node[1] == kind and (not with_colour or node[2] == colour) and (not with_size or node[3] == size) for node in nodes)
        if alike == 1:
            return Thing(kind, 1, colour if with_colour else None, size if with_size else None)
    return Thing(kind, places=(PLACES[cell],))
