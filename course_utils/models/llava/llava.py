"""LLaVA: a frozen vision tower, a small projector, and a language model that reads patches as if they were words.

After Liu et al., 2023 and 2024. Nothing in the language model changes: the vectors of a picture stand among those of the
words, and causal attention does the rest. Two stages of training: the projector alone, then projector and language model.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils.decode import Read
from course_utils.errors import known
from course_utils.losses import next_token
from course_utils.models.llava.projector import PROJECTORS, Projector, insert
from course_utils.nn.lm import Cache, LanguageModel
from course_utils.towers.vision import VisionTower


@dataclasses.dataclass(frozen=True)
class LlavaConfig:
    """``end``: the token at which an answer ends; ``projector``: ``"mlp"`` or ``"linear"``.

    Raises
    ------
    ValueError
        If the projector is unknown.
    """

    end: int
    projector: str = "mlp"

    def __post_init__(self):
        known("projector", self.projector, PROJECTORS)


class Llava(nnx.Module):
    """Reads texts with pictures among the words.

    ``tower`` and ``lm`` stay the caller's own: they are not copied, and stage 2 trains ``lm`` in place, so give it a copy
    (:func:`course_utils.nn.lm.with_more_words`). ``insert`` computes what
    :func:`course_utils.models.llava.projector.insert` does, or is a learner's.
    """

    def __init__(self, tower: VisionTower, lm: LanguageModel, config: LlavaConfig, *, insert: Callable = insert, rngs: nnx.Rngs):
        self.config, self.tower, self.lm, self.insert = config, tower, lm, insert
        self.projector = Projector(tower.vit.config.width, lm.config.width, config.projector, rngs=rngs)

    def __call__(self, tokens: jax.Array, source: jax.Array, features: jax.Array) -> jax.Array:
        """int32[B, T] and int32[B, T, 2] of :func:`course_utils.models.llava.chat.packed`, and what the tower gives of each text's
        pictures (:meth:`VisionTower.features`), float32[B, I, N, D] → logits of what stands behind each place, float32[B, T, V]."""
        shown = self.shown(source, features)
        return self.lm.read(self._inserted(tokens, shown["features"], shown["patch"]))[0]

    def shown(self, source: jax.Array, features: jax.Array) -> dict[str, jax.Array]:
        """What is looked at beside the text: ``source`` int32[B, T, 2] and features float32[B, I, N, D] → ``features``
        float32[B, I N, D] and ``patch`` int32[B, T], which of them stands in a place, -1 for a word."""
        picture, vector = source[..., 0], source[..., 1]
        patch = jnp.where(picture < 0, -1, picture * features.shape[2] + vector)
        return {"features": features.reshape(len(features), -1, features.shape[-1]), "patch": patch}

    def _inserted(self, tokens: jax.Array, features: jax.Array, patch: jax.Array) -> jax.Array:
        return self.insert(self.projector.params, features, self.lm.embed(tokens), patch)

    def reader(self) -> Read:
        """For :func:`course_utils.decode.cached_step`; its context is what :meth:`shown` gives of the prompts. A tag that the
        model itself writes is a word like others."""

        def read(tokens: jax.Array, position: jax.Array, cache: list[Cache], context: dict) -> tuple[jax.Array, list[Cache]]:
            patch = context["patch"]
            last = patch.shape[1] - 1
            here = jnp.where(position <= last, jnp.take_along_axis(patch, jnp.minimum(position, last), 1), -1)
            return self.lm.read(self._inserted(tokens, context["features"], here), position, cache)

        return read


def llava_loss(model: Llava, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Cross-entropy of the answers alone; beside it the share of their tokens that is ranked first.

    ``tokens`` and ``labels`` int32[B, T], ``source`` int32[B, T, 2]; ``pictures`` int32[B, I], rows of ``pool``
    float[P, N, D], the features of all pictures that there are.
    """
    features = batch["pool"][batch["pictures"]].astype("float32")
    return next_token(model(batch["tokens"], batch["source"], features), batch["labels"])
