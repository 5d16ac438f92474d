"""Build a scene around a question and two answers. NumPy, all questions of a batch at once.

Roles come before slots: role 0 is the object asked about, role 1 the anchor if there is one, the rest are there so that
one has to look: near misses (a red cat and a blue dog beside the red dog), things of other colours and sizes, things on
the other side, two more of one colour where colours are compared. At the end the roles are shuffled over the slots.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.world.questions.forms import ARGUMENTS, COLOUR, COUNT, FORM_USES, KIND, SIDE, SIZE, TYPES, WORD, YES, Questions
from course_utils.world.questions.oracle import CROWDS, asks, compares, pairs_that_fit, uses_anchor
from course_utils.world.scenes import CELLS, HELD_OUT, SLOTS, Scenes, sample
from course_utils.world.things import COLOURS, KINDS, WORDS

_BY_KIND, _BY_COLOUR, _BY_SIZE, _BY_CELL, _BY_WORD = range(5)


def pick(rng: np.random.Generator, allowed: np.ndarray) -> np.ndarray:
    """The index of one allowed entry of every row, all equally likely: bool[B, K] → int[B]."""
    rank = (rng.random(len(allowed)) * allowed.sum(1)).astype(int)
    chosen = (allowed.cumsum(1) > rank[:, None]).argmax(1)
    if not allowed[np.arange(len(allowed)), chosen].all():
        raise RuntimeError("A question was drawn that no scene of this split can answer.")  # a fault of this package
    return chosen


def _pick_pair(rng: np.random.Generator, allowed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A kind, then a colour: bool[B, kinds, colours] → int[B], int[B]."""
    kind = pick(rng, allowed.any(2))
    return kind, pick(rng, allowed[np.arange(len(kind)), kind])


def build(
    rng: np.random.Generator, questions: Questions, answer_a: np.ndarray, answer_b: np.ndarray, split: str, styles: Sequence[str]
) -> tuple[Scenes, Scenes]:
    """Two scenes a question, one edit apart: the first answers ``answer_a``, the second ``answer_b`` (both int[B])."""
    n = len(questions)
    # What is there or more of it comes first; the scenes are exchanged back at the end.
    swap = np.where(asks(questions, "exist", "says"), answer_a != YES, asks(questions, "count") & (answer_a < answer_b))
    first, second = np.where(swap, answer_b, answer_a), np.where(swap, answer_a, answer_b)

    many = _how_many(rng, questions)
    base = sample(rng, n, objects=(SLOTS, SLOTS), styles=styles, split="all")
    edited = _edit_kind(rng, questions)
    kind, colour, other_kind, other_colour = _looks(rng, questions, first, second, many, edited, split)
    size, other_size = _sizes(rng, questions, first, second, edited, kind, colour, base.size)
    cell, other_cell, free = _cells(rng, questions, first, many)

    reading = questions.type == TYPES.index("reading")
    word = np.where(asks(questions, "says"), questions.argument("word"), first - WORD)
    another = (word + rng.integers(1, len(WORDS), n)) % len(WORDS)
    other_word = np.where(asks(questions, "says"), another, second - WORD)
    word_cell = np.where(reading, pick(rng, free), -1).astype(np.int8)

    present = np.arange(SLOTS) < many[:, None]
    order = np.argsort(np.where(present, rng.random((n, SLOTS)), 2), axis=1, kind="stable")  # slot → role

    def scenes(turned: bool) -> Scenes:
        which = swap != turned
        arrays = {}
        for name, one, two, empty in (
            ("kind", kind, other_kind, 0),
            ("colour", colour, other_colour, 0),
            ("size", size, other_size, 0),
            ("cell", cell, other_cell, -1),
            ("dx", base.dx, base.dx, 0),
            ("dy", base.dy, base.dy, 0),
        ):
            roles = np.where(present, np.where(which[:, None], two, one), empty)
            arrays[name] = np.take_along_axis(roles, order, 1).astype(np.int8)
        said = np.where(reading, np.where(which, other_word, word), -1).astype(np.int8)
        return base.replace(**arrays, word=said, word_cell=word_cell)

    return scenes(False), scenes(True)


def _uses(questions: Questions, *names: str) -> np.ndarray:
    """bool[B, names]: which of these arguments the question has."""
    return FORM_USES[questions.form][:, [ARGUMENTS.index(name) for name in names]]


def _two_ways_to_miss(questions: Questions) -> np.ndarray:
    """bool[B]: "a red dog", which a blue dog and a red cat almost are."""
    return (_uses(questions, "kind", "colour", "size").sum(1) == 2) & ~uses_anchor(questions)


def _how_many(rng: np.random.Generator, questions: Questions) -> np.ndarray:
    """How many objects: int[B]. It depends on the wording only; where one counts or compares there are always five."""
    relative = uses_anchor(questions)
    least = np.full(len(questions), 2)
    least[questions.type == TYPES.index("reading")] = 1
    least[relative | _two_ways_to_miss(questions) | asks(questions, "size")] = 3
    least[relative & asks(questions, "size")] = 4
    least[asks(questions, "count") | compares(questions)] = SLOTS
    return least + (rng.random(len(questions)) * (SLOTS + 1 - least)).astype(int)


def _edit_kind(rng: np.random.Generator, questions: Questions) -> np.ndarray:
    """What the edit changes: int[B]. An object stops being a red dog by its kind or by its colour."""
    uses = _uses(questions, "kind", "property", "colour", "size")
    ways = np.stack([uses[:, 0] | uses[:, 1], uses[:, 2], uses[:, 3]], 1)
    found = asks(questions, "exist", "count")
    ways[~found] = True
    return np.select(
        [found, asks(questions, "kind"), asks(questions, "colour"), asks(questions, "size"), asks(questions, "word", "number", "says")],
        [pick(rng, ways), _BY_KIND, _BY_COLOUR, _BY_SIZE, _BY_WORD],
        _BY_CELL,
    )


def _looks(rng, questions, first, second, many, edited, split):
    """Kinds and colours of all roles before and after the edit: int[B, M], four times."""
    n, rows = len(questions), np.arange(len(questions))
    fit, free = pairs_that_fit(questions, split)
    seen = fit & free
    kinds, colours = np.arange(len(KINDS)), np.arange(len(COLOURS))
    found, by_kind, by_colour = asks(questions, "exist", "count"), asks(questions, "kind"), asks(questions, "colour")

    def with_answer(answers: np.ndarray) -> np.ndarray:
        good = seen & (~by_kind[:, None] | (kinds == answers[:, None] - KIND))[:, :, None]
        return good & (~by_colour[:, None] | (colours == answers[:, None] - COLOUR))[:, None]

    before = with_answer(first)
    after = np.where((found & (edited < _BY_SIZE))[:, None, None], free & ~fit, with_answer(second))
    if split == "test":  # the last object shows a held-out pair, here where it is the only one
        before[many == 1] &= HELD_OUT
    allowed = ~HELD_OUT if split == "train" else np.ones_like(HELD_OUT)
    same = compares(questions)
    before[same] &= allowed[questions.argument("anchor_kind")[same], None]  # a colour that the anchor may have, too
    after[same] &= allowed[questions.argument("anchor_kind")[same], None]
    kind, colour = np.zeros((2, n, SLOTS), int)
    other_kind, other_colour = np.zeros((2, n), int)

    k = np.flatnonzero(edited == _BY_KIND)  # one colour, two kinds
    colour[k, 0] = other_colour[k] = pick(rng, (before.any(1) & after.any(1))[k])
    kind[k, 0] = pick(rng, before[k, :, colour[k, 0]])
    other_kind[k] = pick(rng, after[k, :, colour[k, 0]])
    c = np.flatnonzero(edited != _BY_KIND)  # one kind, two colours, or all the same
    kind[c, 0] = other_kind[c] = pick(rng, (before.any(2) & after.any(2))[c])
    colour[c, 0] = pick(rng, before[c, kind[c, 0]])
    after_colours = after[c, kind[c, 0]]
    stays = edited[c] != _BY_COLOUR
    other_colour[c] = np.where(stays, colour[c, 0], pick(rng, after_colours))

    relative, two_ways = uses_anchor(questions), _two_ways_to_miss(questions)
    sized, by_looks = _uses(questions, "size")[:, 0], _uses(questions, "kind", "colour", "property").any(1)
    must_differ = by_looks & ~sized
    of_kind = (kinds == questions.argument("kind")[:, None])[:, :, None]
    of_colour = (colours == questions.argument("colour")[:, None])[:, None] | ~_uses(questions, "colour")[:, :, None]
    not_answer = np.ones((n, len(COLOURS)), bool)
    not_answer[by_colour] = (colours != first[by_colour, None] - COLOUR) & (colours != second[by_colour, None] - COLOUR)
    anchor_like = ((kinds == questions.argument("anchor_kind")[:, None]) | ~_uses(questions, "anchor_kind"))[:, :, None]
    anchor_like = anchor_like & ((colours == questions.argument("anchor_colour")[:, None]) | ~_uses(questions, "anchor_colour"))[:, None]
    anchor = anchor_like & allowed & ~(fit & by_looks[:, None, None])
    anchor = np.where(same[:, None, None], anchor_like & (colours == colour[:, :1])[:, None], anchor)
    unused = np.ones((n, len(COLOURS)), bool)  # where colours are compared: a pair, another pair, and one of a third
    unused[rows, colour[:, 0]] = False
    counted = np.where(asks(questions, "count"), np.minimum(first, second) - COUNT, 0)
    for role in range(1, SLOTS):
        good = free & ~(fit & must_differ[:, None, None])
        if role == 1:
            good &= ~two_ways[:, None, None] | of_kind
        if role == 2:
            good &= ~two_ways[:, None, None] | (~of_kind & of_colour)
        bystander = (role == 1 + relative)[:, None, None]
        good &= ~bystander | not_answer[:, None]
        good = np.where((role <= counted)[:, None, None], seen, good)
        if role > 1:
            wanted = unused if role != 3 else colours == colour[:, 2:3]
            good &= ~same[:, None, None] | wanted[:, None]
        if split == "test":
            good &= (role != many - 1)[:, None, None] | HELD_OUT
        if role == 1:
            good = np.where(relative[:, None, None], anchor, good)
        kind[:, role], colour[:, role] = _pick_pair(rng, good)
        unused[rows, colour[:, role]] = False
    return (kind, colour, np.concatenate([other_kind[:, None], kind[:, 1:]], 1), np.concatenate([other_colour[:, None], colour[:, 1:]], 1))


def _sizes(rng, questions, first, second, edited, kind, colour, drawn):
    """Sizes of all roles before and after the edit: int[B, M], twice. ``drawn`` is what chance would have."""
    rows = np.arange(len(questions))
    size = drawn.astype(int)
    wanted = questions.argument("size")[:, None]
    fit, _ = pairs_that_fit(questions)
    alike = fit[rows[:, None], kind, colour]
    counted = np.where(asks(questions, "count"), np.minimum(first, second) - COUNT, 0)
    asked = np.arange(SLOTS) <= counted[:, None]
    size = np.where(wanted >= 0, np.where(asked, wanted, np.where(alike, 1 - wanted, size)), size)
    near = _two_ways_to_miss(questions) & (wanted[:, 0] >= 0)
    size[near, 2] = wanted[near, 0]

    by_size = asks(questions, "size")
    size[by_size, 0] = first[by_size] - SIZE
    bystander = 1 + uses_anchor(questions)[by_size]  # one small, one large
    size[by_size, bystander + 1] = 1 - size[by_size, bystander]
    same = np.flatnonzero(compares(questions) & by_size)  # none, one, two or all three of the others: equally likely
    size[same, 2:] = rng.random((len(same), SLOTS - 2)) < rng.random((len(same), 1))
    other = size.copy()
    other[:, 0] = np.where(edited == _BY_SIZE, 1 - size[:, 0], size[:, 0])
    return size, other


def _cells(rng, questions, first, many):
    """Cells of all roles before and after the edit, int[B, M] twice, and the cells that stay free, bool[B, cells]."""
    n, rows = len(questions), np.arange(len(questions))
    relation, place = questions.argument("relation"), questions.argument("place")
    vertical = (relation >= 2) | asks(questions, "above or below")
    between = asks(questions, "holds", "left or right", "above or below")
    relative = uses_anchor(questions) & ~compares(questions)
    # In lines along the relation's axis, counted from the side that is meant, and places across it.
    backwards = (relation % 2 == 1) & (relation >= 0)

    def to_cell(line: np.ndarray, across: np.ndarray) -> np.ndarray:
        line = np.where(backwards, 2 - line, line)
        return np.where(vertical, 3 * line + across, 3 * across + line)

    # Two hops: the thing alone on its side, the others not on that side. One line on that side leaves room for all.
    lines = np.where(many < SLOTS, 1 + rng.integers(2, size=n), 1)
    across = rng.integers(3, size=(2, n))
    anchor = to_cell(lines, across[0])
    target = to_cell((rng.random(n) * lines).astype(int), across[1])
    # One thing beside another: one of the two stands in the middle line, the other crosses over.
    near = np.where(asks(questions, "holds"), first == YES, (first - SIDE) % 2 == 0)  # the target on the line before
    target_moves = rng.random(n) < 0.5
    mover = np.where(near == target_moves, 0, 2)
    still, from_cell, to = to_cell(np.ones(n, int), across[0]), to_cell(mover, across[1]), to_cell(2 - mover, across[1])
    anywhere = rng.integers(CELLS, size=n)

    cell, other = np.full((2, n, SLOTS), -1)
    cell[:, 0] = np.select([between & target_moves, between, relative, place >= 0], [from_cell, still, target, place], anywhere)
    other[:, 0] = np.where(between & target_moves, to, cell[:, 0])
    cell[:, 1] = np.where(between, np.where(target_moves, still, from_cell), anchor)
    other[:, 1] = np.where(between & ~target_moves, to, cell[:, 1])

    grid = np.arange(CELLS)
    line_of = np.where(vertical[:, None], grid // 3, grid % 3)
    line_of = np.where(backwards[:, None], 2 - line_of, line_of)
    free = np.ones((n, CELLS), bool)
    free[(relative & ~between)] &= (line_of >= lines[:, None])[relative & ~between]
    free &= ~((place >= 0)[:, None] & CROWDS[place])
    free[rows, cell[:, 0]] = free[rows, other[:, 0]] = False
    free[relative, cell[relative, 1]] = free[relative, other[relative, 1]] = False
    for role in range(1, SLOTS):
        here = np.flatnonzero((role < many) & ~((role == 1) & relative))
        cell[here, role] = other[here, role] = pick(rng, free[here])
        free[here, cell[here, role]] = False
    return cell, other, free | (questions.type != TYPES.index("reading"))[:, None]
