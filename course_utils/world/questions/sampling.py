"""Questions about scenes that are already there, as people would ask them: nothing is balanced."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from course_utils.world.questions.construction import pick
from course_utils.world.questions.forms import ARGUMENTS, FORM_TYPE, FORM_USES, FORMS, TYPES, Questions, all_questions, known_types
from course_utils.world.questions.oracle import HAS, answerable, asks
from course_utils.world.scenes import Scenes

_TRIES = 16  # for each type, before another type is asked


def ask(rng: np.random.Generator, scenes: Scenes, types: str | Sequence[str] = TYPES) -> Questions:
    """One answerable question a scene. Types are tried in random order, so that all are asked that can be.

    Raises ValueError if a type is unknown, or some scene has no answer to any question of the types.
    """
    wanted, n = known_types(types), len(scenes)
    order = wanted[np.argsort(rng.random((n, len(wanted))), axis=1, kind="stable")]
    form = np.zeros(n, np.int8)
    arguments = np.full((n, len(ARGUMENTS)), -1, np.int16)
    left = np.arange(n)
    for attempt in range(_TRIES * len(wanted)):
        if not len(left):
            break
        asked = scenes[left]
        trial = _guess(rng, asked, order[left, attempt // _TRIES])
        good = answerable(asked, trial)
        form[left[good]], arguments[left[good]] = trial.form[good], trial.arguments[good]
        left = left[~good]
    for i in left:  # unlucky, or nothing can be asked: look at every text
        texts = np.flatnonzero(np.isin(all_questions().type, wanted))
        texts = texts[answerable(scenes[np.full(len(texts), i)], all_questions()[texts])]
        if not len(texts):
            names = ", ".join(TYPES[t] for t in wanted)
            raise ValueError(f"Scene {i} answers no question of the types: {names}. Add types, or draw richer scenes.")
        chosen = all_questions()[texts[rng.integers(len(texts))]]
        form[i], arguments[i] = chosen.form[0], chosen.arguments[0]
    return Questions(form, arguments)


def _guess(rng: np.random.Generator, scenes: Scenes, types: np.ndarray) -> Questions:
    """A question of each given type that has a fair chance to be answerable: its words are taken from the scene."""
    n, rows = len(scenes), np.arange(len(scenes))
    form = pick(rng, FORM_TYPE == types[:, None]).astype(np.int8)
    first = np.searchsorted(all_questions().form, np.arange(len(FORMS) + 1))
    drawn = all_questions()[first[form] + (rng.random(n) * np.diff(first)[form]).astype(int)]
    there = (rng.random(n) < 0.5) | ~asks(drawn, "exist", "count", "says")
    count = scenes.present.sum(1)
    slot = (rng.random(n) * count).astype(int)
    anchor = (slot + 1 + (rng.random(n) * np.maximum(count - 1, 1)).astype(int)) % np.maximum(count, 1)
    has = HAS[:, scenes.kind[rows, slot]].T  # (B, properties)
    drawn_property = drawn.argument("property")
    seen = {
        "kind": scenes.kind[rows, slot],
        "colour": scenes.colour[rows, slot],
        "size": scenes.size[rows, slot],
        "place": scenes.cell[rows, slot],
        "property": np.where(has.any(1), pick(rng, has | ~has.any(1)[:, None]), drawn_property),
        "anchor_kind": scenes.kind[rows, anchor],
        "anchor_colour": scenes.colour[rows, anchor],
        "word": np.where(scenes.word >= 0, scenes.word, drawn.argument("word")),
    }
    arguments = drawn.arguments.copy()
    for a, name in enumerate(ARGUMENTS):
        if name in seen:
            arguments[:, a] = np.where(FORM_USES[form, a] & there & (count > 0), seen[name], arguments[:, a])
    return Questions(form, arguments)
