"""Ways to answer, and ways to read: a list of answers against a written word, one label against soft scores; encoders.

Every model is taught on the same balanced questions of all ten types, for the same number of steps.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flax import nnx

from course_utils.arms import Arm
from course_utils.errors import known
from course_utils.experiments.fusion import dataset, measures, trainer
from course_utils.models import fusion
from course_utils.world import render

PICTURES = 16_000
STEPS = 1200
TEST = 4096
PIXEL_SEEDS = 3  # models that learn from pixels take a minute each; fewer seeds

WAYS = {
    "classifier, one answer": (fusion.VQAClassifier, fusion.softmax_loss),
    "classifier, soft scores": (fusion.VQAClassifier, fusion.sigmoid_loss),
    "generator": (fusion.VQAGenerator, fusion.writing_loss),
}
FIRST = "classifier, one answer"
BLIND, ANOTHER_PICTURE = Arm(way=FIRST, picture="none"), Arm(way=FIRST, picture="another")
_TWO_HOPS, _ONE_HOP = fusion.StackConfig(hops=2, width=64), fusion.StackConfig(hops=1, width=128)
# name → config, and whether it learns from pixels
READERS = {
    "frozen features · LSTM": (trainer.config(_TWO_HOPS), False),
    "frozen features · transformer": (trainer.config(_TWO_HOPS, question=fusion.TransformerConfig()), False),
    "frozen features · LSTM, one hop": (trainer.config(_ONE_HOP), False),
    "frozen features · LSTM, MUTAN": (trainer.config(fusion.PoolingConfig("mutan", width=48)), False),
    "frozen features · LSTM, concat": (trainer.config(fusion.PoolingConfig("concat")), False),
    "CNN from pixels · LSTM": (trainer.config(_TWO_HOPS, image=fusion.WindowGridConfig()), True),
    "ViT from pixels · LSTM": (trainer.config(_TWO_HOPS, image=fusion.PatchGridConfig(depth=1)), True),
}


def training_set(seed: int = 0) -> dataset.QuestionSet:
    """The training set of a seed."""
    return dataset.draw("balanced", PICTURES, seed)


def test_set() -> dataset.QuestionSet:
    """The test set: the same for every model."""
    return dataset.draw("balanced", TEST, test=True)


def train(way: str, *, seed: int = 0, steps: int = STEPS, targets: np.ndarray | None = None, watch: Callable | None = None):
    """One of ``WAYS``, reading frozen features with two hops.

    ``targets`` float32[n, K]: soft scores of K answers for :func:`training_set`, made by somebody else.

    Raises ValueError if there is no such way.
    """
    known("way", way, WAYS)
    build, loss = WAYS[way]
    config = trainer.config() if targets is None else trainer.config(answers=np.shape(targets)[1])
    model = build(config, rngs=nnx.Rngs(seed))
    trainer.train(model, training_set(seed), loss, steps=steps, seed=seed, targets=targets, watch=watch)
    return model


def pictures(data: dataset.QuestionSet, pixels: bool) -> np.ndarray | None:
    """What a reader sees of a set: uint8[n, 64, 64, 3], or ``None`` where it sees the frozen features."""
    return np.asarray(render.render(data.scenes, 64)) if pixels else None


def train_reader(name: str, *, seed: int = 0) -> fusion.VQAClassifier:
    """One of ``READERS``, trained on one answer to each question."""
    config, pixels = READERS[name]
    model = fusion.VQAClassifier(config, rngs=nnx.Rngs(seed))
    trainer.train(model, training_set(seed), fusion.softmax_loss, steps=STEPS, seed=seed, pictures=pictures(training_set(seed), pixels))
    return model


def run(seed: int) -> list[dict]:
    """All ways and readers, the first with every type's accuracy; then blind, and a picture of another question."""
    rows, data = [], test_set()

    def add(arm: Arm, given: np.ndarray, types: bool = False) -> None:
        values = {"right": measures.accuracy(given, data), "VQA accuracy": measures.vqa_accuracy(given, data)}
        if types:
            values |= {f"right on {name}": value for name, value in measures.by_type(given, data).items()}
        rows.extend(arm.rows(values))

    for way in WAYS:
        model = train(way, seed=seed)
        add(Arm(way=way), trainer.answers(model, data), types=True)
        if way == FIRST:
            add(ANOTHER_PICTURE, trainer.answers(model, data, pictures=dataset.another_picture(data)), types=True)
    blind = fusion.VQAClassifier(trainer.config().blind(), rngs=nnx.Rngs(seed))
    trainer.train(blind, training_set(seed), fusion.softmax_loss, steps=STEPS // 2, seed=seed)
    add(BLIND, trainer.answers(blind, data), types=True)
    for name, (_, pixels) in READERS.items():
        if not pixels or seed < PIXEL_SEEDS:
            add(Arm(reader=name), trainer.answers(train_reader(name, seed=seed), data, pictures=pictures(data, pixels)))
    return rows
