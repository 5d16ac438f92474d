"""LLaVAs taught in two stages and asked: what notebook 07's experiments share."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from flax import nnx

from course_utils import runtime, training
from course_utils.experiments.llava import dataset
from course_utils.experiments.llava.dataset import Pool
from course_utils.models.llava import chat, llava
from course_utils.models.llava.projector import insert
from course_utils.models.llava.stages import trainable as of_stage
from course_utils.nn.lm import with_more_words
from course_utils.towers import language, vision
from course_utils.world import instructions
from course_utils.world.corpus import END, IMAGE

BATCH = 32
STEPS = {1: 200, 2: 200}
LIVE_STEPS = {1: 100, 2: 100}  # of the notebook
RATES = {1: 2e-2, 2: 4e-3}
# stage 1 moves few matrices, and far; stage 2 moves a trained model a little
OPTIMIZERS = {1: training.muon(), 2: training.ADAMW}


def untrained(*, seed: int = 0, projector: str = "mlp", insert: Callable = insert) -> llava.Llava:
    """A LLaVA before stage 1: both towers as they are shipped, the language model a copy that knows a few words more."""
    words = instructions.vocabulary()
    lm = with_more_words(language.frozen_language_model(), len(words), rngs=nnx.Rngs(seed))
    config = llava.LlavaConfig(words.index(END), projector)
    return llava.Llava(vision.frozen_vision_tower(), lm, config, insert=insert, rngs=nnx.Rngs(seed))


def drawn(arrays: Mapping[str, np.ndarray], size: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A batch of so many rows, drawn at random."""
    rows = rng.integers(len(arrays["tokens"]), size=size)
    return {name: array[rows] for name, array in arrays.items()}


def train(
    model: llava.Llava,
    pool: Pool,
    arrays: Mapping[str, np.ndarray],
    stage: int,
    *,
    seed: int = 0,
    steps: int | None = None,
    trainable: Any = None,
    blind: bool = False,
    watch: Callable | None = None,
) -> training.History:
    """One stage, in place, on conversations of :func:`dataset.packed`; ``blind``: with empty pictures.

    ``trainable``: another filter than :func:`~course_utils.models.llava.stages.trainable` of the stage.
    """
    return training.fit(
        model,
        llava.llava_loss,
        functools.partial(drawn, arrays, BATCH * runtime.preset().batch),
        steps=steps or STEPS[stage],
        learning_rate=RATES[stage],
        data={"pool": np.zeros_like(pool.features) if blind else pool.features},
        trainable=of_stage(stage) if trainable is None else trainable,
        optimizer=OPTIMIZERS[stage],
        seed=seed,
        watch=watch,
        progress=False,
    )


def stage_1(seed: int = 0, projector: str = "mlp", side: int = 64, **how: Any) -> llava.Llava:
    """A model that stage 1 taught, on captions; ``how`` as :func:`train`."""
    pool, model = dataset.pictures(side), untrained(seed=seed, projector=projector)
    train(model, pool, dataset.packed(pool, dataset.captions(pool, seed), roles=False), 1, seed=seed, **how)
    return model


def stage_2(
    model: llava.Llava, seed: int = 0, *, side: int = 64, data: Mapping[str, Any] | None = None, first: int | None = None, **how: Any
) -> training.History:
    """Stage 2, in place, on conversations about all pictures or the ``first`` ones; ``data`` as :func:`dataset.instructed`,
    ``how`` as :func:`train`."""
    pool = dataset.pictures(side)
    return train(model, pool, dataset.packed(pool, dataset.instructed(pool, seed, **data or {})[:first]), 2, seed=seed, **how)


def answers(
    model: llava.Llava, features: np.ndarray, asked: Sequence[str], *, roles: bool = True, longest: int = 8, side: int = 64
) -> list[str]:
    """What is answered to one question about each picture, float[n, N, D]; greedy, ``longest`` tokens at most."""
    told = [[(f"{IMAGE} {question}".strip(), None)] for question in asked]
    return chat.write(model, instructions.vocabulary(), told, features[:, None], dataset.LENGTHS[side], roles=roles, longest=longest)
