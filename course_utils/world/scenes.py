"""Symbolic scenes: the one truth of which pictures, captions, questions, boxes and masks are views.

A batch of scenes is a struct of NumPy arrays with a batch axis B and a slot axis M = 5. Everything is drawn in NumPy
from one generator, so the same seed gives the same scenes on every device and release.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.errors import known
from course_utils.world import emoji
from course_utils.world.grounds import BACKGROUNDS
from course_utils.world.things import COLOURS, KINDS, PLACES, SIZES, WORDS

SLOTS = 5
CELLS = 9
# Jitter in units of the free room on either side of an object in its cell: -JITTER … JITTER.
JITTER = 4

# A tenth of the (kind, colour) pairs is held out: no training scene shows them. Every kind and every colour is met.
HELD_OUT_PAIRS = frozenset((k, (5 * k + 1) % len(COLOURS)) for k in range(len(KINDS)) if k % 5 in (0, 2, 4))
HELD_OUT = np.array([[(k, c) in HELD_OUT_PAIRS for c in range(len(COLOURS))] for k in range(len(KINDS))])  # bool[K, C]

# Streams of random numbers that never meet, one for each split.
SEED_SPLITS = ("train", "validation", "test")
SPLITS = ("train", "test", "all")  # of the pairs


@dataclasses.dataclass(frozen=True, eq=False)
class Scenes:
    """A batch of scenes. An empty slot has ``cell == -1``; filled slots come first, in the order of drawing.

    Attributes
    ----------
    kind, colour, size : int8[B, 5]
        Indices into ``things.KINDS``, ``COLOURS``, ``SIZES``; 0 in empty slots.
    cell : int8[B, 5]
        0..8, row by row, no two alike in one scene; -1 in empty slots.
    dx, dy : int8[B, 5]
        Jitter to the right and down, in -JITTER..JITTER.
    style : int8[B]
        Index into ``emoji.STYLES``.
    background : int8[B]
        Index into ``BACKGROUNDS``.
    word, word_cell : int8[B]
        What a sign says (index into ``things.WORDS``) and where it stands; -1 where there is no sign.
    """

    kind: np.ndarray
    colour: np.ndarray
    size: np.ndarray
    cell: np.ndarray
    dx: np.ndarray
    dy: np.ndarray
    style: np.ndarray
    background: np.ndarray
    word: np.ndarray
    word_cell: np.ndarray

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, rows) -> Scenes:
        """The scenes of some rows, still as a batch: an integer gives a batch of one."""
        rows = np.atleast_1d(np.arange(len(self))[rows])
        return Scenes(**{f.name: getattr(self, f.name)[rows] for f in dataclasses.fields(self)})

    @property
    def present(self) -> np.ndarray:
        """bool[B, 5]: which slots are filled."""
        return self.cell >= 0

    @property
    def row(self) -> np.ndarray:
        """int8[B, 5]: 0 top, 1 middle, 2 bottom; meaningless in empty slots."""
        return self.cell // 3

    @property
    def column(self) -> np.ndarray:
        """int8[B, 5]: 0 left, 1 middle, 2 right; meaningless in empty slots."""
        return self.cell % 3

    def replace(self, **arrays: np.ndarray) -> Scenes:
        """A copy with some arrays exchanged."""
        return dataclasses.replace(self, **arrays)


def concatenate(parts: Sequence[Scenes]) -> Scenes:
    """One batch of several, in their order."""
    names = [field.name for field in dataclasses.fields(Scenes)]
    return Scenes(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def generator(split: str, seed: int = 0) -> np.random.Generator:
    """A generator for one split: the same seed gives unrelated streams in ``"train"``, ``"validation"``, ``"test"``."""
    return np.random.default_rng([known("split", split, SEED_SPLITS), seed])


def sample(
    rng: np.random.Generator,
    n: int,
    *,
    objects: tuple[int, int] = (1, SLOTS),
    kinds: Sequence[str] = KINDS,
    colours: Sequence[str] = COLOURS,
    distinct: bool = False,
    styles: Sequence[str] = emoji.TRAINING_STYLES,
    split: str = "train",
    sign: float = 0.0,
    repeat: float = 0.25,
) -> Scenes:
    """Draw ``n`` scenes.

    Parameters
    ----------
    objects : the least and the greatest number of objects in a scene; all numbers are equally likely.
    kinds, colours : those that occur, equally likely as far as the split allows.
    distinct : no two objects of a scene are of one kind (``repeat`` then says nothing). It draws in another order, so that
        the same generator gives other scenes.
    styles : art styles, equally likely.
    split : which (kind, colour) pairs
        ``"train"``: never one of ``HELD_OUT_PAIRS``. ``"test"``: at least one held-out pair in every scene, the other
        objects from all pairs. ``"all"``: all pairs.
    sign : the probability that a scene has a sign with a word on it.
    repeat : the probability that an object is of the same kind as the one drawn before it, so that there is
        something to count and to tell apart.

    Raises ValueError if a number is out of range, or a name is unknown, or the names leave nothing to draw; the message
    says what to give.
    """
    low, high = objects
    if not 1 <= low <= high <= SLOTS:
        raise ValueError(f"objects is {objects}; expected (least, most) with 1 ≤ least ≤ most ≤ {SLOTS}.")
    if n < 0:
        raise ValueError(f"n is {n}; expected the number of scenes to draw, 0 or more.")
    for name, value in (("sign", sign), ("repeat", repeat)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}; expected a probability between 0 and 1.")
    known("split", split, SPLITS)
    style_of = _indices("styles", "art style", styles, emoji.STYLES)
    kind_of, colour_of = _indices("kinds", "kind", kinds, KINDS), _indices("colours", "colour", colours, COLOURS)
    allowed = np.isin(np.arange(len(COLOURS)), colour_of) & ~(HELD_OUT & (split == "train"))  # (K, C)
    if not allowed[kind_of].any(1).all():
        lacking = KINDS[kind_of[~allowed[kind_of].any(1)][0]]
        raise ValueError(f"No training scene shows a {lacking} that is {' or '.join(colours)}; give more colours, or split='all'.")

    present = np.arange(SLOTS) < rng.integers(low, high + 1, (n, 1))  # (B, M)
    if distinct:
        if split == "test" or sign or len(kind_of) < SLOTS:
            raise ValueError(f"Distinct kinds need {SLOTS} kinds or more, no sign, and the split 'train' or 'all'.")
        kind = kind_of[np.argsort(rng.random((n, len(kind_of))), axis=1)[:, :SLOTS]]
        colour = np.where(allowed[kind], rng.random((n, SLOTS, len(COLOURS))), -1.0).argmax(-1)
        cells = _places(rng, n)
    else:
        cells = _places(rng, n)
        kind = kind_of[rng.integers(len(kind_of), size=(n, SLOTS))]
        again = rng.random((n, SLOTS)) < repeat
        for slot in range(1, SLOTS):
            kind[:, slot] = np.where(again[:, slot], kind[:, slot - 1], kind[:, slot])
        if split == "test":  # one filled slot of each scene, any of them, shows a held-out pair
            slot = (rng.random(n) * present.sum(1)).astype(int)
            pairs = np.array([(k, c) for k, c in sorted(HELD_OUT_PAIRS) if k in kind_of and c in colour_of])
            if not len(pairs):
                raise ValueError("No held-out pair is of these kinds and colours; give more of them, or split='train' or 'all'.")
            pair = pairs[rng.integers(len(pairs), size=n)]
            kind[np.arange(n), slot] = pair[:, 0]
        nth = (rng.random((n, SLOTS)) * allowed.sum(1)[kind]).astype(int)  # of the colours that the kind may have
        colour = np.argsort(~allowed, axis=1, kind="stable")[kind, nth]
        if split == "test":
            colour[np.arange(n), slot] = pair[:, 1]
    size = rng.integers(len(SIZES), size=(n, SLOTS))
    dx, dy = rng.integers(-JITTER, JITTER + 1, (2, n, SLOTS))
    style = style_of[rng.integers(len(style_of), size=n)].astype(np.int8)
    background = rng.integers(len(BACKGROUNDS), size=n)
    has_sign, word = (np.zeros(n, bool), np.zeros(n, int)) if distinct else (rng.random(n) < sign, rng.integers(len(WORDS), size=n))

    filled = {"kind": kind, "colour": colour, "size": size, "dx": dx, "dy": dy}
    return Scenes(
        **{name: np.where(present, array, 0).astype(np.int8) for name, array in filled.items()},
        cell=np.where(present, cells[:, :SLOTS], -1).astype(np.int8),
        style=style,
        background=background.astype(np.int8),
        word=np.where(has_sign, word, -1).astype(np.int8),
        word_cell=np.where(has_sign, cells[:, SLOTS], -1).astype(np.int8),
    )


def exchangeable(scenes: Scenes) -> np.ndarray:
    """Where the first two objects may exchange their colours, so that both scenes are possible in training: bool[B].

    They are of two kinds, in two colours, and no pair is held out.
    """
    kind, colour = scenes.kind[:, :2], scenes.colour[:, :2]
    two = scenes.present[:, 1] & (kind[:, 0] != kind[:, 1]) & (colour[:, 0] != colour[:, 1])
    return two & ~(HELD_OUT[kind, colour] | HELD_OUT[kind, colour[:, ::-1]]).any(1)


def exchange_colours(scenes: Scenes) -> Scenes:
    """The same scenes, the colours of their first two objects exchanged."""
    colour = scenes.colour.copy()
    colour[:, :2] = colour[:, 1::-1]
    return scenes.replace(colour=colour)


def compose(
    objects: Sequence[Mapping[str, str]],
    *,
    style: str = "noto",
    background: int = 0,
    word: str | None = None,
    word_place: str | None = None,
) -> Scenes:
    """One scene, as you wish it.

    Parameters
    ----------
    objects
        ``{"kind": "dog", "colour": "red", "size": "large", "place": "top left"}`` each. Without a colour an object is
        red, without a size it is large, without a place it stands in the first place, row by row, that nothing else
        asks for.
    style, background
        One of ``emoji.STYLES``; an index into ``BACKGROUNDS``.
    word, word_place
        What a sign says and where it stands; without a place, in the first free one.

    Returns
    -------
    Scenes
        A batch of one, nothing jittered.

    Raises ValueError if there are more objects than slots, two things are in one place, or a name is unknown: the
    message gives the allowed values.
    """
    if len(objects) > SLOTS:
        raise ValueError(f"A scene has room for {SLOTS} objects, not {len(objects)}.")
    scene = {name: np.full((1, SLOTS), -1 if name == "cell" else 0, np.int8) for name in _PER_OBJECT}
    taken: dict[int, str] = {}

    def take(cell: int, what: str) -> int:
        if cell in taken:
            free = ", ".join(place for k, place in enumerate(PLACES) if k not in taken)
            raise ValueError(f"The place {PLACES[cell]!r} has both {taken[cell]} and {what}. Free places: {free}.")
        taken[cell] = what
        return cell

    for slot, wish in enumerate(objects):
        if stray := [key for key in wish if key not in ("kind", "colour", "size", "place")]:
            raise ValueError(f"An object has no {stray[0]!r}. Choose from: kind, colour, size, place.")
        if "kind" not in wish:
            raise ValueError(f"Object {slot} has no kind. Choose from: {', '.join(KINDS)}.")
        scene["kind"][0, slot] = known("kind", wish["kind"], KINDS)
        scene["colour"][0, slot] = known("colour", wish.get("colour", "red"), COLOURS)
        scene["size"][0, slot] = known("size", wish.get("size", "large"), SIZES)
        if wish.get("place") is not None:
            scene["cell"][0, slot] = take(known("place", wish["place"], PLACES), f"a {wish['kind']}")
    said = -1 if word is None else known("word", word, WORDS)
    if word is None and word_place is not None:
        raise ValueError(f"A sign at {word_place!r} needs a word. Choose from: {', '.join(WORDS)}.")
    stands = -1 if word_place is None else take(known("place", word_place, PLACES), f"the sign {word!r}")
    free = (cell for cell in range(CELLS) if cell not in tuple(taken))
    for slot, wish in enumerate(objects):
        if scene["cell"][0, slot] < 0:
            scene["cell"][0, slot] = take(next(free), f"a {wish['kind']}")
    if word is not None and stands < 0:
        stands = take(next(free), f"the sign {word!r}")
    if not 0 <= background < len(BACKGROUNDS):
        raise ValueError(f"There is no background {background}. Choose from 0 to {len(BACKGROUNDS) - 1}.")
    single = {"style": known("art style", style, emoji.STYLES), "background": background, "word": said, "word_cell": stands}
    return Scenes(**scene, **{name: np.array([value], np.int8) for name, value in single.items()})


def describe(scenes: Scenes, i: int = 0) -> list[dict[str, str]]:
    """The objects of scene ``i`` in words, as :func:`compose` takes them; jitter is not told."""
    return [
        {
            "kind": KINDS[scenes.kind[i, m]],
            "colour": COLOURS[scenes.colour[i, m]],
            "size": SIZES[scenes.size[i, m]],
            "place": PLACES[scenes.cell[i, m]],
        }
        for m in np.flatnonzero(scenes.present[i])
    ]


def check(scenes: Scenes) -> None:
    """Whether arrays made by hand are scenes at all.

    Raises ValueError naming the first scene that is none, and why.
    """
    present = scenes.present
    limits = {
        "kind": (0, len(KINDS)),
        "colour": (0, len(COLOURS)),
        "size": (0, len(SIZES)),
        "cell": (-1, CELLS),
        "dx": (-JITTER, JITTER + 1),
        "dy": (-JITTER, JITTER + 1),
        "style": (0, len(emoji.STYLES)),
        "background": (0, len(BACKGROUNDS)),
        "word": (-1, len(WORDS)),
        "word_cell": (-1, CELLS),
    }
    for name, (low, high) in limits.items():
        array = np.asarray(getattr(scenes, name))
        shape = (len(scenes), SLOTS) if name in _PER_OBJECT else (len(scenes),)
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}; expected {shape}.")
        _refuse((array < low) | (array >= high), f"its {name} is not in {low}..{high - 1}")
    _refuse(present[:, 1:] & ~present[:, :-1], "an empty slot comes before a filled one")
    _refuse((scenes.word < 0) != (scenes.word_cell < 0), "it has a word without a place, or a place without a word")
    cells = np.concatenate([scenes.cell, scenes.word_cell[:, None]], 1)
    count = (cells[:, :, None] == np.arange(CELLS)).sum(1)  # (B, cells)
    _refuse(count > 1, "two things are in one place")


def _places(rng: np.random.Generator, n: int) -> np.ndarray:
    """All cells in random order, a row for each scene: int8[n, 9]."""
    return np.argsort(rng.random((n, CELLS)), axis=1).astype(np.int8)


def _indices(argument: str, what: str, names: Sequence[str], allowed: Sequence[str]) -> np.ndarray:
    """The positions of names. Raises ValueError, with all that exist, if one does not, or none is given."""
    if not len(names):
        raise ValueError(f"{argument} is empty. Choose from: {', '.join(allowed)}.")
    return np.array([known(what, name, allowed) for name in names])


def _refuse(wrong: np.ndarray, why: str) -> None:
    if wrong.any():
        raise ValueError(f"Scene {np.argwhere(wrong)[0][0]} is not possible: {why}.")


_PER_OBJECT = ("kind", "colour", "size", "cell", "dx", "dy")
