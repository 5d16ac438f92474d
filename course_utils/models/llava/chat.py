"""Conversations as LLaVA reads them: the template, the labels of its answers, and answers that it writes.

A turn is what is asked and what is answered, texts; ``<image>`` stands in what is asked, where a picture is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from course_utils import decode, training
from course_utils.models.llava.llava import Llava
from course_utils.nn.splice import expand
from course_utils.text import IGNORED, Vocabulary
from course_utils.world.corpus import BEGIN, END, IMAGE
from course_utils.world.instructions import ASSISTANT, USER

Turns = Sequence[tuple[str, str | None]]


def pack_conversation(turns: Turns, vocabulary: Vocabulary, roles: bool = True) -> tuple[list[int], list[int]]:
    """A conversation as tokens and labels.

    Parameters
    ----------
    turns : the last answer may be ``None``: then the text stops where it is to be written.
    roles : ``<begin>``, then of each turn ``<user>``, what is asked, ``<assistant>``, the answer, ``<end>``. Without, the two
        roles are left out, as stage 1 has it: a picture and its caption.

    Returns
    -------
    tokens : one for each picture
    labels : of every token the one behind it where that is of an answer, or its ``<end>``; else ``IGNORED``

    Raises
    ------
    ValueError
        If a word is unknown, an answer is missing before the last, or an answer shows a picture.
    """
    words, asked = [BEGIN], [False]
    for k, (question, answer) in enumerate(turns):
        if answer is None and k < len(turns) - 1:
            raise ValueError(f"Turn {k} has no answer; only the last may be left open.")
        if answer is not None and IMAGE in vocabulary.split(answer):
            raise ValueError(f"The answer of turn {k} shows a picture; show it in what is asked.")
        before = [USER] * roles + vocabulary.split(question) + [ASSISTANT] * roles
        behind = [] if answer is None else [*vocabulary.split(answer), END]
        words += before + behind
        asked += [False] * len(before) + [True] * len(behind)
    tokens = [vocabulary.index(word) for word in words]
    labels = [token if counts else IGNORED for token, counts in zip(tokens[1:], asked[1:])]
    return tokens, labels + [IGNORED]


def packed(
    conversations: Sequence[Turns],
    vocabulary: Vocabulary,
    image: int,
    widths: Sequence[Sequence[int]],
    length: int,
    *,
    roles: bool = True,
    pack: Callable = pack_conversation,
) -> dict[str, np.ndarray]:
    """``tokens`` and ``labels`` int32[n, length], ``source`` int32[n, length, 2], for :func:`~course_utils.models.llava.llava.llava_loss`.

    ``widths``: of each conversation the tokens that each of its pictures takes. ``pack``: :func:`pack_conversation`, or a
    learner's. Raises ValueError as that and :func:`course_utils.nn.splice.expand` do.
    """
    made = [pack(turns, vocabulary, roles) for turns in conversations]
    return expand([tokens for tokens, _ in made], widths, image, length, [labels for _, labels in made])._asdict()


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
    roles : as :func:`pack_conversation`.
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
    made = packed(conversations, vocabulary, model.config.image, widths, length, roles=roles)
    noise = np.zeros((count, longest, 1), np.float32)
    if temperature:
        noise = decode.gumbel(rng, count, longest, model.lm.config.vocabulary, temperature)
    batch = {"tokens": made["tokens"], "source": made["source"], "features": features, "noise": noise}
    told = training.predict(model, _written, batch, size=min(64, count)).tokens
    return [_until(row.tolist(), model.config.end, vocabulary) for row in told]


def _until(tokens: list[int], end: int, vocabulary: Vocabulary) -> str:
    """The text up to its end."""
    return vocabulary.join(vocabulary.words(tokens[: tokens.index(end)] if end in tokens else tokens))
