"""Texts with pictures in between: prompts as Flamingo reads them, each picture marked by ``<image>`` where it is shown.

The texts are those of :mod:`course_utils.world.corpus`; what a description said there, a picture shows here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from course_utils.world import captions, corpus, questions
from course_utils.world.corpus import ANSWER_FORMS, BEGIN, END, IMAGE, MADE_UP, Document
from course_utils.world.scenes import Scenes
from course_utils.world.things import COLOURS, KINDS


@dataclasses.dataclass(frozen=True, eq=False)
class Pictures:
    """Scenes of which the features are kept, and which of them show one thing alone, of which kind and colour.

    ``scenes``: P of them; ``features`` float[P, N, D].
    """

    scenes: Scenes
    features: np.ndarray

    def __len__(self) -> int:
        return len(self.scenes)

    def pairs(self) -> np.ndarray:
        """int[P, 2]: kind and colour of the first thing in each."""
        return np.stack([self.scenes.kind[:, 0], self.scenes.colour[:, 0]], 1).astype(int)


@dataclasses.dataclass
class Interleaved:
    """A document in which pictures stand, and rows of :class:`Pictures` for its ``<image>``s, in their order."""

    document: Document
    pictures: list[int] = dataclasses.field(default_factory=list)

    def show(self, picture: int, words: Sequence[str], asked: Sequence[bool]) -> None:
        """A picture, then words, ``asked`` for or not."""
        self.document.say([IMAGE], False)
        self.pictures.append(int(picture))
        self.document.words.extend(words)
        self.document.asked.extend(asked)


def begun() -> Interleaved:
    """An empty one."""
    return Interleaved(Document([BEGIN], [False]))


def name_episode(
    rng: np.random.Generator, pool: Pictures, of_pair: dict[tuple[int, int], np.ndarray], names: int, shots: int, described: float = 0.0
) -> Interleaved:
    """``names`` things get made-up names, each shown ``shots`` times in random order; then one of them is shown and asked.

    ``of_pair``: of every (kind, colour) the rows of ``pool`` that show it. A name is asked for from its second picture on, and
    at the end; no picture comes twice. Of ``described`` of the pictures the text says what they show.
    """
    pairs = list(of_pair)
    things = [pairs[i] for i in rng.choice(len(pairs), names, replace=False)]
    called = rng.choice(MADE_UP, names, replace=False).tolist()
    rows = [rng.choice(of_pair[thing], shots + 1, replace=False) for thing in things]
    order = rng.permutation(np.repeat(np.arange(names), shots)).tolist() + [int(rng.integers(names))]
    found, shown = begun(), [0] * names
    for turn, which in enumerate(order):
        asked = shown[which] > 0 or turn == len(order) - 1
        said = []
        if rng.random() < described:
            kind, colour = things[which]
            said = ["a", COLOURS[colour], KINDS[kind]]
        found.show(rows[which][shown[which]], [*said, "is", called[which], END], [*[False] * (len(said) + 1), asked, asked])
        shown[which] += 1
    return found


def caption_episode(rng: np.random.Generator, pool: Pictures, rows: Sequence[int], language: str) -> Interleaved:
    """A short caption behind each picture, all in one language; asked for whole."""
    found = begun()
    for row, text in zip(rows, captions.caption(pool.scenes[np.asarray(rows)], "short", language, rng)):
        words = [*captions.split(text, language), END]
        found.show(row, words, [True] * len(words))
    return found


def answer_episode(rng: np.random.Generator, pool: Pictures, rows: Sequence[int], form: int) -> Interleaved:
    """A question about each picture, its answer in one of ``corpus.ANSWER_FORMS``."""
    scenes = pool.scenes[np.asarray(rows)]
    drawn = questions.ask(rng, scenes, ("exist", "count", "what", "colour", "size"))
    found = begun()
    for row, text, answer in zip(rows, drawn.texts(), questions.answer(scenes, drawn)):
        question = corpus.split_words(text)
        words = [*corpus.split_words(ANSWER_FORMS[form].format(questions.ANSWERS[answer])), END]
        found.show(row, [*question, *words], [False] * len(question) + [True] * len(words))
    return found


def turns(episode: Interleaved) -> list[list]:
    """Of each picture [its row, the words before the answer, the answer, whether it is asked for]; words as their numbers.

    An answer that is not asked for is the last word. ``<image>`` and ``<end>`` are left out.
    """
    numbers = corpus.vocabulary().index
    words, asked = episode.document.words, episode.document.asked
    starts = [i for i, word in enumerate(words) if word == IMAGE]
    found = []
    for picture, start, stop in zip(episode.pictures, starts, [*starts[1:], len(words)]):
        said = [numbers(word) for word in words[start + 1 : stop - 1]]
        cut = asked[start + 1 : stop].index(True) if any(asked[start:stop]) else len(said) - 1
        found.append([picture, said[:cut], said[cut:], any(asked[start:stop])])
    return found


def pack(found: Sequence[Interleaved], length: int, pictures: int) -> dict[str, np.ndarray]:
    """``tokens`` and ``labels`` int32[n, length] as ``corpus.encode``, and ``pictures`` int32[n, I], 0 where there is none.

    Raises
    ------
    ValueError
        If a document is too long, or has another number of ``<image>``s than of pictures, or more than ``pictures``.
    """
    rows = np.zeros((len(found), pictures), np.int32)
    for i, episode in enumerate(found):
        tags, count = episode.document.words.count(IMAGE), len(episode.pictures)
        if tags != count:
            raise ValueError(f"There are {tags} {IMAGE} tags and {count} pictures; give a picture for each tag.")
        if count > pictures:
            raise ValueError(f"There are {count} pictures, but room for {pictures}; show fewer, or make room.")
        if len(episode.document.words) > length + 1:
            raise ValueError(
                f"There are {len(episode.document.words)} words, but room for {length + 1}; show fewer pictures, or make room."
            )
        rows[i, :count] = episode.pictures
    return {**corpus.encode([episode.document for episode in found], length), "pictures": rows}
