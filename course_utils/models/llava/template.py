"""Conversations as tokens: LLaVA's template, what of it is asked for, and questions that belong to one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from course_utils.text import IGNORED, PAD


def pack(turns: Sequence[tuple[Sequence[int], Sequence[int] | None]], specials: Mapping[str, int], pictures: int) -> list[int]:
    """A conversation as one text.

    Parameters
    ----------
    turns : what is asked and what is answered, tokens; the last answer may be ``None``: the text stops where it is to be written
    specials : the tokens ``begin``, ``user``, ``assistant``, ``end`` and ``image``
    pictures : how many are shown: tags before the first question

    Returns
    -------
    ``begin``, then of each turn ``user``, what is asked, ``assistant``, the answer, ``end``
    """
    tokens, tags = [specials["begin"]], [specials["image"]] * pictures
    for question, answer in turns:
        tokens += [specials["user"], *tags, *question, specials["assistant"]]
        if answer is not None:
            tokens += [*answer, specials["end"]]
        tags = []
    return tokens


def answer_labels(tokens: np.ndarray, assistant: int, end: int) -> np.ndarray:
    """What each place has to predict: the token behind it, where that is of an answer or its ``end``; else ``IGNORED``.

    int32[B, T], padded behind → the same shape. An answer that breaks off counts as far as it goes.
    """
    begun, closed = ((tokens == mark).cumsum(1) for mark in (assistant, end))
    behind = np.pad(tokens[:, 1:], ((0, 0), (0, 1)), constant_values=PAD)
    return np.where((begun > closed) & (behind != PAD), behind, IGNORED)


def merge(rows: Sequence[tuple[int, str, str]], prompt: str) -> list[list]:
    """Questions of a data set as conversations, one for each picture (Liu et al., 2024, section 3.2).

    Parameters
    ----------
    rows : the number of a picture, a question, its answer
    prompt : in which form an answer is wanted, put behind each question

    Returns
    -------
    [picture, [[question, answer], …]] in the order of first appearance; a question that comes twice stands once, with its first
    answer
    """
    found: dict[int, dict[str, str]] = {}
    for picture, question, answer in rows:
        found.setdefault(picture, {}).setdefault(question, answer)
    return [[picture, [[f"{question} {prompt}", answer] for question, answer in turns.items()]] for picture, turns in found.items()]
