"""Dual and fusion encoders trained on scenes and their captions: what notebook 04's experiments share."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import jax
import numpy as np
from flax import nnx

from course_utils import runtime, training
from course_utils.experiments.fusion_encoder import dataset
from course_utils.models import fusion_encoder as fe
from course_utils.towers import grid
from course_utils.models.fusion_encoder import dual
from course_utils.nn import init

BATCH, POOL = 48, 1024  # true pairs in a step, and how many captions (or pictures) their wrong partners are drawn from
NEGATIVES = {"random": 0.0, "hard, as they come": 1.0, "hard": 3.0}  # a factor before the dual encoder's logits, in the end
DUAL_STEPS, STEPS = 600, 1600
LEARNING_RATE = 2e-3
RATES = {"single": 3e-3, "two": 1e-3}  # of the two streams some runs stand still at a higher one
ALIGNED_SIZE = 3.0


def gumbel(rng: np.random.Generator, *shape: int) -> np.ndarray:
    """Standard Gumbel noise, float32."""
    return -np.log(rng.standard_exponential(shape, np.float32) + np.float32(1e-30))


def train_dual(
    data: dataset.CaptionedScenes, *, seed: int = 0, depth: int = 0, steps: int = DUAL_STEPS, watch: Callable | None = None
) -> dual.DualEncoder:
    """A dual encoder, taught to tell which caption of its batch belongs to which picture."""
    model = dual.DualEncoder(dual.DualConfig(depth=depth), rngs=nnx.Rngs(seed))
    size = 128 * runtime.preset().batch

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        row = rng.integers(len(data), size=size)
        return {"image": data.features[row], "tokens": data.tokens[row]}

    training.fit(model, dual.contrastive_loss, sample, steps=steps, learning_rate=LEARNING_RATE, seed=seed, watch=watch, progress=False)
    return model


def _vectors(model: dual.DualEncoder, batch) -> tuple[jax.Array, jax.Array]:
    _, aux = model(batch["tokens"], batch["image"])
    return aux["image"], aux["text"]


def vectors(model: dual.DualEncoder, data: dataset.CaptionedScenes) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors of all pictures and of all captions, float32[n, 64] each: n + n forward passes."""
    return training.predict(model, _vectors, {"image": data.features, "tokens": data.tokens})


def similarities(model: dual.DualEncoder, data: dataset.CaptionedScenes) -> np.ndarray:
    """Every picture with every caption, float32[n, n]: the dual encoder's logits."""
    image, text = vectors(model, data)
    return float(np.exp(model.log_scale[...])) * image @ text.T


def align_tables(model: fe.FusionEncoder, teacher: dual.DualEncoder) -> None:
    """Align before fuse (Li et al., 2021): words and regions start where a dual encoder without depth has put them.

    ``ALIGNED_SIZE`` times as large, so that they count beside positions and types.
    """
    tables = model.stream.tables
    tables.words = _larger(teacher.words.embedding)
    tables.project.kernel, tables.project.bias = _larger(teacher.project.kernel), _larger(teacher.project.bias)


def _larger(parameter: nnx.Param) -> nnx.Param:
    return nnx.Param(init.put(ALIGNED_SIZE * np.asarray(parameter[...])))


def shared_arrays(data: dataset.CaptionedScenes, teacher: dual.DualEncoder) -> dict[str, np.ndarray]:
    """What every batch of matching shares."""
    pictures, said = vectors(teacher, data)
    logits = float(np.exp(teacher.log_scale[...])) * pictures
    return {"features": data.features, "tokens": data.tokens, "content": data.content, "pictures": logits, "captions": said}


def sampler(data: dataset.CaptionedScenes, steps: int, negatives: str = "hard") -> Callable[[np.random.Generator], dict[str, np.ndarray]]:
    """What a step of matching draws: rows and noise; and how much the teacher's similarities count.

    Hard negatives grow harder, from random ones at the start to their factor in ``NEGATIVES`` after half of the steps: in
    ALBEF, where the dual encoder is taught at the same time, they grow harder by themselves.

    Raises ValueError if there are no such negatives.
    """
    if negatives not in NEGATIVES:
        raise ValueError(f"There are no negatives {negatives!r}. Choose from: {'; '.join(NEGATIVES)}.")
    size, done = BATCH * runtime.preset().batch, itertools.count(1)

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        return {
            "row": rng.integers(len(data), size=POOL).astype(np.int32),
            "noise": gumbel(rng, 2, size, POOL),
            "hardness": np.float32(NEGATIVES[negatives] * min(1.0, 2 * next(done) / steps)),
        }

    return sample


def train_fusion(
    data: dataset.CaptionedScenes,
    teacher: dual.DualEncoder,
    negatives: str = "hard",
    *,
    stream: str = "single",
    align: bool = True,
    seed: int = 0,
    steps: int = STEPS,
    loss: Callable = fe.itm_loss,
    watch: Callable | None = None,
    **parts: Callable,
) -> fe.FusionEncoder:
    """A fusion encoder, taught by matching alone; with ``align`` its words and regions start from the dual encoder ``teacher``.

    ``negatives``: one of ``NEGATIVES``. ``parts``: other implementations inside the stream, say a learner's. Raises
    ValueError as :func:`sampler`.
    """
    draw = sampler(data, steps, negatives)
    model = untrained(stream, seed=seed, **parts)
    if align:
        align_tables(model, teacher)
    training.fit(
        model,
        loss,
        draw,
        steps=steps,
        learning_rate=RATES[stream],
        seed=seed,
        watch=watch,
        progress=False,
        data=shared_arrays(data, teacher),
    )
    return model


def untrained(stream: str = "single", *, seed: int = 0, boxes: bool = False, **parts: Callable) -> fe.FusionEncoder:
    """The fusion encoder of this notebook, as it starts."""
    return fe.FusionEncoder(fe.StreamConfig(boxes=boxes), stream, kinds=grid.NAMES["kind"], rngs=nnx.Rngs(seed), **parts)
