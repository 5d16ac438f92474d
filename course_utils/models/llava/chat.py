"""Conversations as LLaVA reads them: the template, the labels of its answers, and answers that it writes.

A turn is what is asked and what is answered, texts; ``<image>`` stands in what is asked, where a picture is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import jax.numpy as jnp
import numpy as np

from course_utils import decode, training
from course_utils.models.llava import template
from course_utils.models.llava.llava import Llava
from course_utils.nn.splice import make_room
from course_utils.text import IGNORED, PAD, Vocabulary
from course_utils.world.corpus import BEGIN, END, IMAGE
from course_utils.world.instructions import ASSISTANT, USER

Turns = Sequence[tuple[str, str | None]]


def _spelled(turns: Turns, vocabulary: Vocabulary, image: int) -> tuple[list, int]:
    """Turns in tokens, without the tags before the first question, and how many these were."""
    found = []
    for k, (question, answer) in enumerate(turns):
        if answer is None and k < len(turns) - 1:
            raise ValueError(f"Turn {k} has no answer; only the last may be left open.")
        if answer is not None and IMAGE in vocabulary.split(answer):
            raise ValueError(f"The answer of turn {k} shows a picture; show it in what is asked.")
        found.append([None if text is None else [*map(vocabulary.index, vocabulary.split(text))] for text in (question, answer)])
    first = found[0][0]
    shown = next((k for k, token in enumerate(first) if token != image), len(first))
    found[0][0] = first[shown:]
    return found, shown


def packed(
    conversations: Sequence[Turns],
    vocabulary: Vocabulary,
    widths: Sequence[Sequence[int]],
    length: int,
    *,
    roles: bool = True,
    pack: Callable = template.pack,
    label: Callable = template.answer_labels,
    room: Callable = make_room,
) -> dict[str, np.ndarray]:
    """Conversations for :func:`~course_utils.models.llava.llava.llava_loss`.

    Parameters
    ----------
    widths : of each conversation how many vectors each of its pictures has; a tag takes as many places
    length : L, not less than the longest conversation needs
    roles : whether ``<user>`` and ``<assistant>`` stand in the text; stage 1 has a picture and its caption alone
    pack, label, room : :func:`template.pack`, :func:`template.answer_labels` and :func:`~course_utils.nn.splice.make_room`, or
        a learner's

    Returns
    -------
    ``tokens`` and ``labels`` int32[n, L]; ``source`` int32[n, L, 2], of each place which picture and which vector of it stand there,
    -1, -1 for a word

    Raises
    ------
    ValueError
        If a word is unknown, an answer is missing before the last, an answer shows a picture, a conversation has more or fewer
        tags than pictures, or needs more than ``length`` places.
    """
    specials = {name.strip("<>"): vocabulary.index(name) for name in (BEGIN, USER, ASSISTANT, END, IMAGE)}
    texts = []
    for i, (turns, counts) in enumerate(zip(conversations, widths, strict=True)):
        spelled, shown = _spelled(turns, vocabulary, specials["image"])
        text = np.asarray(pack(spelled, specials, shown)).tolist()
        tags = text.count(specials["image"])
        if tags != len(counts):
            raise ValueError(f"Text {i} has {tags} tags and {len(counts)} pictures; give a picture for each tag.")
        texts.append(np.transpose(room(text, counts, specials["image"])))
    count = len(texts)
    together = np.full((count, max(map(len, texts))), PAD, np.int32)
    for row, text in zip(together, texts):
        row[: len(text)] = text[:, 0]
    asked = np.asarray(label(jnp.asarray(together), specials["assistant"], specials["end"]))
    tokens, labels = np.full((count, length), PAD, np.int32), np.full((count, length), IGNORED, np.int32)
    source = np.full((count, length, 2), -1, np.int32)
    for i, text in enumerate(texts):
        kept = np.flatnonzero(roles | (text[:, 0] != specials["user"]) & (text[:, 0] != specials["assistant"]))
        need = len(kept)
        if need > length:
            raise ValueError(
                f"Text {i} needs {need} places, its pictures' among them, but there is room for {length}; shorten it, or make room."
            )
        tokens[i, :need], source[i, :need] = text[kept, 0], text[kept, 1:]
        labels[i, : need - 1] = asked[i, kept[1:] - 1]
    return {"tokens": tokens, "labels": labels, "source": source}


def _written(model: Llava, batch) -> decode.Written:
    prompts, noise = batch["tokens"], batch["noise"]
    count, room = prompts.shape
    shown = model.shown(batch["source"], batch["features"].astype("float32"))
    state, last = decode.read_prompts(model.reader(), prompts, model.lm.empty_cache(count, room + noise.shape[1]), shown)
    return decode.sample(decode.cached_step(model.reader()), state, count, noise, begin=last, end=model.config.end)


def write(
    model: Llava,
    vocabulary: Vocabulary,
    conversations: Sequence[Turns],
    features: np.ndarray,
    length: int,
    *,
    pictures: Sequence[int] | None = None,
    roles: bool = True,
    longest: int = 24,
    temperature: float = 0.0,
    rng: np.random.Generator | None = None,
) -> list[str]:
    """The answer that a model gives to the last turn of each conversation, which is open (``None``).

    Parameters
    ----------
    features : float[n, I, N, D], those of each conversation's pictures.
    length : places of a prompt, its pictures' among them.
    pictures : how many each conversation has, the others of its row are not shown; else I.
    roles : as :func:`packed`.
    longest : tokens of an answer, its end included.
    temperature : 0 for the likeliest word each time; above, ``rng`` draws.

    Raises
    ------
    ValueError
        As :func:`packed`, if a conversation's last turn has an answer, or something is to be drawn without ``rng``.
    """
    if any(not turns or turns[-1][1] is not None for turns in conversations):
        raise ValueError("Every conversation ends with a turn that waits for its answer: put None in its place.")
    if temperature and rng is None:
        raise ValueError("To draw words at random, give a generator: rng=np.random.default_rng(0).")
    count, most, patches = features.shape[:3]
    widths = [[patches] * shown for shown in (pictures if pictures is not None else [most] * count)]
    made = packed(conversations, vocabulary, widths, length, roles=roles)
    noise = np.zeros((count, longest, 1), np.float32)
    if temperature:
        noise = decode.gumbel(rng, count, longest, model.lm.config.vocabulary, temperature)
    batch = {"tokens": made["tokens"], "source": made["source"], "features": features, "noise": noise}
    told = training.predict(model, _written, batch, size=min(64, count)).tokens
    return [until_end(row.tolist(), vocabulary) for row in told]


def until_end(tokens: list[int], vocabulary: Vocabulary) -> str:
    """The text of what was written, up to its ``<end>``."""
    end = vocabulary.index(END)
    return vocabulary.join(vocabulary.words(tokens[: tokens.index(end)] if end in tokens else tokens))
