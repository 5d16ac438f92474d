"""LLaVA: a frozen vision tower, a small projector, and a language model that reads patches as if they were words.

After Liu et al., 2023 and 2024. Nothing in the language model changes: the vectors of a picture stand among those of the
words, and causal attention does the rest. Two stages of training: the projector alone, then projector and language model.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils.decode import Read
from course_utils.errors import known
from course_utils.losses import next_token
from course_utils.models.llava.projector import PROJECTIONS, Projector
from course_utils.nn.lm import Cache, LanguageModel
from course_utils.nn.splice import splice
from course_utils.towers.vision import VisionTower

# What each stage trains; the vision tower is in none. Liu et al., 2023, section 4.2.
STAGES = {
    1: nnx.All(nnx.Param, nnx.PathContains("projector")),
    2: nnx.All(nnx.Param, nnx.Any(nnx.PathContains("projector"), nnx.PathContains("lm"))),
}


def trainable(stage: int) -> Any:
    """The filter for :func:`course_utils.training.fit`. Raises ValueError if there is no such stage."""
    known("stage", str(stage), map(str, STAGES))
    return STAGES[int(stage)]


@dataclasses.dataclass(frozen=True)
class LlavaConfig:
    """``image``: the token that marks a picture; ``end``: the one at which an answer ends; ``projector``: ``"mlp"`` or ``"linear"``.

    Raises
    ------
    ValueError
        If the projector is unknown.
    """

    image: int
    end: int
    projector: str = "mlp"

    def __post_init__(self):
        known("projector", self.projector, PROJECTIONS)


class Llava(nnx.Module):
    """Reads texts with pictures among the words.

    ``tower`` and ``lm`` stay the caller's own: they are not copied, and stage 2 trains ``lm`` in place, so give it a copy
    (:func:`course_utils.nn.lm.with_more_words`). ``projection`` and ``place`` compute what the function of
    :mod:`~course_utils.models.llava.projector` and :func:`course_utils.nn.splice.splice` do, or are a learner's.
    """

    def __init__(
        self,
        tower: VisionTower,
        lm: LanguageModel,
        config: LlavaConfig,
        *,
        projection: Callable | None = None,
        place: Callable = splice,
        rngs: nnx.Rngs,
    ):
        self.config, self.tower, self.lm, self.place = config, tower, lm, place
        self.projector = Projector(tower.vit.config.width, lm.config.width, config.projector, function=projection, rngs=rngs)

    def see(self, features: jax.Array) -> jax.Array:
        """What the tower gives of pictures (:meth:`VisionTower.features`), float32[B, I, N, D] → their tokens, float32[B, I, N, W]."""
        return self.projector(features)

    def __call__(self, tokens: jax.Array, source: jax.Array, features: jax.Array) -> jax.Array:
        """int32[B, T] and int32[B, T, 2] of :func:`course_utils.nn.splice.expand`, float32[B, I, N, D] → logits of what stands
        behind each place, float32[B, T, V]."""
        return self.lm.read(self.place(self.lm.embed(tokens), self.see(features), source))[0]

    def shown(self, source: jax.Array, features: jax.Array) -> dict[str, jax.Array]:
        """What :meth:`reader` looks at beside the text: ``source`` int32[B, T, 2] of the prompts, features float32[B, I, N, D]."""
        return {"media": self.see(features), "source": source}

    def reader(self) -> Read:
        """For :func:`course_utils.decode.cached_step`; its context is what :meth:`shown` gives. A tag that the model itself
        writes is a word like others."""

        def read(tokens: jax.Array, position: jax.Array, cache: list[Cache], context: dict) -> tuple[jax.Array, list[Cache]]:
            source = context["source"]
            last = source.shape[1] - 1
            here = jnp.take_along_axis(source, jnp.minimum(position, last)[..., None], 1)
            here = jnp.where(position[..., None] <= last, here, -1)
            return self.lm.read(self.place(self.lm.embed(tokens), context["media"], here), position, cache)

        return read


def llava_loss(model: Llava, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Cross-entropy of the answers alone; beside it the share of their tokens that is ranked first.

    ``tokens`` and ``labels`` int32[B, T], ``source`` int32[B, T, 2]; ``pictures`` int32[B, I], rows of ``pool``
    float[P, N, D], the features of all pictures that there are.
    """
    features = batch["pool"][batch["pictures"]].astype("float32")
    return next_token(model(batch["tokens"], batch["source"], features), batch["labels"])
