"""The language prior: what a model answers that never sees the picture, and what one answers that could.

After Goyal et al., 2017, "Making the V in VQA matter" (balanced pairs: a model that only reads the question falls), and
Agrawal et al., 2018, "Don't just assume; look and answer" (a test whose prior is another one).
"""

from __future__ import annotations

from collections.abc import Callable

from flax import nnx

from course_utils.experiments.fusion import asking
from course_utils.models import fusion

TAUGHT = ("biased", "balanced")
TESTED = ("biased", "flipped", "balanced")
PICTURES = (1000, 4000, 16_000, 64_000)
LIVE = 4000
STEPS = 1000
BLIND_STEPS = 400
TEST = 4096


def test(kind: str) -> asking.Asked:
    """One of the three test sets: the same for every model."""
    return asking.asked(kind, TEST, test=True)


def train(
    eyes: str, taught: str, *, pictures: int = LIVE, seed: int = 0, steps: int | None = None, watch: Callable | None = None
) -> fusion.VQAClassifier:
    """A "sighted" or "blind" stacked attention network, trained on a biased or balanced set.

    Raises
    ------
    ValueError
        If ``eyes`` is neither.
    """
    if eyes not in ("sighted", "blind"):
        raise ValueError(f"eyes is {eyes!r}; choose from: sighted, blind.")
    config = asking.config() if eyes == "sighted" else asking.config().blind()
    model = fusion.VQAClassifier(config, rngs=nnx.Rngs(seed))
    steps = steps or (STEPS if eyes == "sighted" else BLIND_STEPS)
    asking.train(model, asking.asked(taught, pictures, seed), fusion.softmax_loss, steps=steps, seed=seed, watch=watch)
    return model


def right(model: fusion.VQAClassifier, kind: str, *, wrong_picture: bool = False) -> float:
    """The share of a test set that a model answers right; with every question put to another one's picture, if asked."""
    data = test(kind)
    pictures = asking.another_picture(data) if wrong_picture else None
    return asking.right(asking.answers(model, data, pictures=pictures), data)


def lookup(taught: str, kind: str, *, pictures: int = LIVE, seed: int = 0) -> float:
    """The share that a table of the commonest training answers gets right: the prior itself, without a network."""
    data = test(kind)
    return asking.right(asking.commonest_answer(asking.asked(taught, pictures, seed), data), data)


def run(seed: int) -> list[dict]:
    """Both kinds of model, taught on both sets of every size: arm "eyes/taught/pictures", measure the test set."""
    rows = []
    for pictures in PICTURES:
        for taught in TAUGHT:
            for eyes in ("sighted", "blind"):
                model, arm = train(eyes, taught, pictures=pictures, seed=seed), f"{eyes}/{taught}/{pictures}"
                rows += [{"arm": arm, "measure": kind, "value": right(model, kind)} for kind in TESTED]
                if eyes == "sighted":
                    for kind in TESTED:
                        value = right(model, kind, wrong_picture=True)
                        rows.append({"arm": f"wrong picture/{taught}/{pictures}", "measure": kind, "value": value})
            for kind in TESTED:
                value = lookup(taught, kind, pictures=pictures, seed=seed)
                rows.append({"arm": f"lookup/{taught}/{pictures}", "measure": kind, "value": value})
    return rows
