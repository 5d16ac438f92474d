"""The language prior: what a model answers that never sees the picture, and what one answers that could.

After Goyal et al., 2017, "Making the V in VQA matter" (balanced pairs: a model that only reads the question falls), and
Agrawal et al., 2018, "Don't just assume; look and answer" (a test whose prior is another one).
"""

from __future__ import annotations

from collections.abc import Callable

from flax import nnx

from course_utils.arms import Arm
from course_utils.experiments.fusion import dataset, measures, trainer
from course_utils.models import fusion

TAUGHT = ("biased", "balanced")
TESTED = ("biased", "flipped", "balanced")
PICTURES = (1000, 4000, 16_000, 64_000)
LIVE = 4000
STEPS = 1000
BLIND_STEPS = 400
TEST = 4096


def test_set(kind: str) -> dataset.QuestionSet:
    """One of the three test sets: the same for every model."""
    return dataset.draw(kind, TEST, test=True)


def train(
    model: str, taught: str, *, pictures: int = LIVE, seed: int = 0, steps: int | None = None, watch: Callable | None = None
) -> fusion.VQAClassifier:
    """A "sighted" or "blind" stacked attention network, trained on a biased or balanced set.

    Raises ValueError if ``model`` is neither.
    """
    if model not in ("sighted", "blind"):
        raise ValueError(f"model is {model!r}; choose from: sighted, blind.")
    config = trainer.config() if model == "sighted" else trainer.config().blind()
    network = fusion.VQAClassifier(config, rngs=nnx.Rngs(seed))
    steps = steps or (STEPS if model == "sighted" else BLIND_STEPS)
    trainer.train(network, dataset.draw(taught, pictures, seed), fusion.softmax_loss, steps=steps, seed=seed, watch=watch)
    return network


def accuracy(model: fusion.VQAClassifier, kind: str, *, wrong_picture: bool = False) -> float:
    """The share of a test set that a model answers right; with every question put to another one's picture, if asked."""
    data = test_set(kind)
    pictures = dataset.another_picture(data) if wrong_picture else None
    return measures.accuracy(trainer.answers(model, data, pictures=pictures), data)


def lookup(taught: str, kind: str, *, pictures: int = LIVE, seed: int = 0) -> float:
    """The share that a table of the commonest training answers gets right: the prior itself, without a network."""
    data = test_set(kind)
    return measures.accuracy(measures.commonest_answer(dataset.draw(taught, pictures, seed), data), data)


def run(seed: int) -> list[dict]:
    """Both kinds of model, taught on both sets of every size; the measure is the test set."""
    rows = []
    for pictures in PICTURES:
        for taught in TAUGHT:
            table = Arm(model="lookup", taught=taught, pictures=pictures)
            for arm in (table.but(model="sighted"), table.but(model="blind")):
                model = train(**vars(arm), seed=seed)
                rows += arm.rows({kind: accuracy(model, kind) for kind in TESTED})
                if arm.model == "sighted":
                    rows += arm.but(picture="another").rows({kind: accuracy(model, kind, wrong_picture=True) for kind in TESTED})
            rows += table.rows({kind: lookup(taught, kind, pictures=pictures, seed=seed) for kind in TESTED})
    return rows
