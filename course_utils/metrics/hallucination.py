"""Object hallucination, measured as POPE does (Li et al., 2023)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def pope(answers: Sequence[str], there: Sequence[bool]) -> dict[str, float]:
    """What answers to "is there a …?" are worth.

    Parameters
    ----------
    answers : texts; one with the word "no" or "not" denies, every other one affirms, as POPE reads them.
    there : whether the thing is there.

    Returns
    -------
    ``accuracy``, ``precision``, ``recall`` and ``F1`` of "yes", and the share of ``yes``; precision and F1 are 0 where nobody
    says yes.

    Raises
    ------
    ValueError
        If there are not as many answers as truths, or none.
    """
    there = np.asarray(there, bool)
    if len(answers) != len(there) or not len(there):
        raise ValueError(f"There are {len(answers)} answers about {len(there)} things; give one for each, and one at least.")
    yes = np.array([not {"no", "not"} & set(answer.lower().replace(",", " ").replace(".", " ").split()) for answer in answers])
    hits = (yes & there).sum()
    precision, recall = hits / max(yes.sum(), 1), hits / max(there.sum(), 1)
    return {
        "accuracy": float((yes == there).mean()),
        "precision": float(precision),
        "recall": float(recall),
        "F1": float(2 * hits / max(yes.sum() + there.sum(), 1)),
        "yes": float(yes.mean()),
    }
