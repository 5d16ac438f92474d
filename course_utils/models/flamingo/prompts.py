"""What Flamingo reads, as numbers: training episodes with the labels of what is asked for, and prompts that show a few examples."""

from __future__ import annotations

import collections
from collections.abc import Callable, Sequence

import numpy as np

from course_utils.text import IGNORED, PAD
from course_utils.world import corpus, interleaved

BEGIN, END, IMAGE, IS = map(corpus.vocabulary().index, (corpus.BEGIN, corpus.END, corpus.IMAGE, "is"))


def pack_episode(turns: Sequence[Sequence], length: int) -> tuple[list[int], list[int], list[int]]:
    """An episode as a text for training.

    Parameters
    ----------
    turns : [picture, words before the answer, answer, whether it is asked for], as ``interleaved.turns`` makes them. In the text
        a turn is ``<image>``, its words, its answer and ``<end>``; ``<begin>`` stands before the first.
    length : not less than the text has tokens

    Returns
    -------
    tokens : ``length`` of them, padded
    labels : of every token the one behind it where that is of an answer that is asked for, or its ``<end>``; else ``IGNORED``
    pictures : one for each ``<image>``, in their order
    """
    tokens, asked, pictures = [BEGIN], [False], []
    for picture, words, answer, ask in turns:
        tokens += [IMAGE, *words, *answer, END]
        asked += [False] * (1 + len(words)) + [ask] * (len(answer) + 1)
        pictures.append(picture)
    labels = [token if counts else IGNORED for token, counts in zip(tokens[1:], asked[1:])]
    tokens, labels = tokens + [PAD] * (length - len(tokens)), labels + [IGNORED] * (length - len(labels))
    return tokens, labels, pictures


def packed(found: Sequence[interleaved.Interleaved], length: int, pictures: int, pack: Callable = pack_episode) -> dict[str, np.ndarray]:
    """As :func:`interleaved.pack`, each episode by ``pack``: :func:`pack_episode`, or a learner's."""
    made = [pack(interleaved.turns(episode), length) for episode in found]
    rows = [[*map(int, shown), *[0] * (pictures - len(shown))] for *_, shown in made]
    columns = ([tokens for tokens, *_ in made], [labels for _, labels, _ in made], rows)
    return {name: np.array(column, np.int32) for name, column in zip(("tokens", "labels", "pictures"), columns)}


def few_shot_prompt(pool: Sequence[tuple[int, int]], query: int, shots: int) -> tuple[list[int], list[int]]:
    """A prompt that shows ``shots`` pictures of every name, then asks what another picture is.

    Parameters
    ----------
    pool : a picture and the token of its name in each row; a picture may stand in several
    query : the row that is asked for

    Returns
    -------
    tokens : ``<begin>``; for each picture shown ``<image> is`` its name ``<end>``, in the order of the pool: of each name the
        first ``shots`` rows that do not show the query's picture; then ``<image> is``
    shown : the pictures in their order, the query's last
    """
    asked = pool[query][0]
    tokens, shown, seen = [BEGIN], [], collections.Counter()
    for picture, name in pool:
        if picture != asked and seen[name] < shots:
            tokens += [IMAGE, IS, name, END]
            shown.append(picture)
            seen[name] += 1
    return tokens + [IMAGE, IS], shown + [asked]
