"""Notebook 07's LLaVA against notebook 06's glue: as many trained parameters, as many steps, the same texts and pictures.

Texts are such as the language model knew before: short answers without a form asked for, and captions, no roles. The frozen
language model of Flamingo could not learn new words.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import jax
import numpy as np
from flax import nnx

from course_utils import runtime
from course_utils.experiments.canaries import Canary
from course_utils.experiments.flamingo import text
from course_utils.experiments.flamingo import trainer as glue
from course_utils.experiments.llava import arms, dataset, measures, trainer
from course_utils.experiments.llava.dataset import Pool
from course_utils.experiments.llava.measures import Say
from course_utils.models.flamingo import flamingo
from course_utils.models.llava import chat
from course_utils.models.llava.stages import trainable
from course_utils.world import instructions
from course_utils.world.corpus import IMAGE
from course_utils.world.instructions import Turns
from course_utils.world.scenes import generator

SEEDS = 3
CAPTIONS = 0.25  # share of pictures with a caption, the others with short answers
GLUE = {"every": 1, "hidden": 393, "depth": 2}  # of the Flamingo: as many numbers as LLaVA trains
LENGTH = 56  # places of its texts


def told(pool: Pool, seed: int = 0) -> list[Turns]:
    """Short answers about most pictures, captions of the others."""
    short = dataset.instructed(pool, seed, shares={"vqa": 1.0}, formats=())
    captioned = generator("train", 760 + seed).random(len(pool)) < CAPTIONS
    return [caption if which else turns for which, caption, turns in zip(captioned, dataset.captions(pool, seed), short)]


def arrays(conversations: Sequence[Turns], length: int = LENGTH) -> dict[str, np.ndarray]:
    """Texts in which a picture takes one place, its tag's."""
    made = chat.packed(conversations, instructions.vocabulary(), [[1]] * len(conversations), length, roles=False)
    pictures = np.arange(len(conversations), dtype=np.int32)[:, None]
    return {"tokens": made["tokens"], "labels": made["labels"], "pictures": pictures}


def flamingo_(pool: Pool, seed: int = 0) -> flamingo.Flamingo:
    """06's glue before the frozen language model, taught captions, then :func:`told`."""
    model, size = glue.untrained(seed=seed, **GLUE), trainer.BATCH * runtime.preset().batch
    for stage, texts in ((1, dataset.captions(pool, seed)), (2, told(pool, seed))):
        draw = functools.partial(trainer.drawn, arrays(texts), size)
        glue.train(pool, model=model, draw=draw, steps=trainer.STEPS[stage], seed=seed)
    return model


def saying(model: flamingo.Flamingo, longest: int = 8) -> Say:
    """The Flamingo as one who answers."""

    def say(features: np.ndarray, texts: Sequence[str]) -> list[str]:
        made = arrays([[(f"{IMAGE} {text}".strip(), None)] for text in texts])
        written = glue.written(model, made["tokens"], features[:, None], longest)
        return [chat.until_end(row.tolist(), instructions.vocabulary()) for row in written]

    return say


def trained(model: nnx.Module, which) -> int:
    """How many numbers of a model a filter trains."""
    return sum(leaf.size for leaf in jax.tree.leaves(nnx.state(model, which)))


def run(seed: int) -> list[dict]:
    """LLaVA, its projector alone, and the glue: all rows of one seed."""
    pool, test, rows = dataset.pictures(), dataset.pictures(test=True), []
    taught, begun = dataset.packed(pool, told(pool, seed), roles=False), trainer.stage_1(seed)
    for arm, stage in ((arms.ALL_TRAINED, 2), (arms.PROJECTOR_ALONE, 1)):
        model = nnx.clone(begun)
        trainer.train(model, pool, taught, stage, seed=seed, steps=trainer.STEPS[2])
        short, long = (measures.saying(model, roles=False, longest=longest) for longest in (8, 24))
        rows += arm.rows(measures.vqa(short, test, form=None) | measures.captioned(long, test, "") | measures.own_text(model))
        rows += arm.rows({"trained numbers": trained(model, trainable(stage))})
        print(f"  {vars(arm)} done", flush=True)
    model = flamingo_(pool, seed)
    rows += arms.FLAMINGO.rows(measures.vqa(saying(model), test, form=None) | measures.captioned(saying(model, 24), test, ""))
    nats = text.own_text(model)["own text, nats"]
    return rows + arms.FLAMINGO.rows({"trained numbers": trained(model, flamingo.GLUE), "own text, nats": nats})


def _taught() -> nnx.Module:
    """Both stages' first batches are drawn; canaries sharpen what they are given, so the language model is a copy."""
    return nnx.clone(flamingo_(dataset.pictures()))


def _sizes(model: nnx.Module) -> dict[str, float]:
    return {"trained numbers": trained(model, flamingo.GLUE), "steps": sum(trainer.STEPS.values())}


CANARIES = {"glue": Canary(_taught, _sizes, steps=0)}
