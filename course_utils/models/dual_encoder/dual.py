"""The dual encoder: two towers, a cosine, and the losses that teach them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils import losses
from course_utils.models.dual_encoder import pictures
from course_utils.models.dual_encoder.towers import BagConfig, ImageConfig, TextConfig, WindowConfig, build
from course_utils.nn import init

START_SCALE, START_BIAS = 1 / 0.07, -10.0  # as CLIP and SigLIP start


@dataclasses.dataclass(frozen=True)
class DualConfig:
    """``image`` and ``text`` say which towers; ``width`` D of the space in which they meet; ``biased`` for SigLIP's loss."""

    image: ImageConfig = WindowConfig()
    text: TextConfig = BagConfig()
    width: int = 128
    biased: bool = False

    @classmethod
    def tiny(cls) -> DualConfig:
        """For tests: the same form in a few hundred parameters."""
        return cls(WindowConfig.tiny(), BagConfig.tiny(), width=5)


class DualEncoder(nnx.Module):
    """A picture's tower and a text's tower. They share nothing but the space into which they write.

    ``loss``: another implementation of :func:`losses.info_nce`, say a learner's.
    """

    def __init__(self, config: DualConfig, *, loss: Callable | None = None, rngs: nnx.Rngs):
        self.image = build(config.image, config.width, rngs=rngs)
        self.text = build(config.text, config.width, rngs=rngs)
        self.log_scale = losses.learned_scale(math.log(START_SCALE))
        self.bias = nnx.Param(init.put(START_BIAS)) if config.biased else None
        self.loss = loss or losses.info_nce

    def __call__(self, image: jax.Array, tokens: jax.Array) -> tuple[jax.Array, dict]:
        """float32[B, …], int32[B', T] → scaled cosines float32[B, B'], one row a picture.

        aux: ``image`` float32[B, D], ``text`` float32[B', D], of any length; ``seen`` and ``read``, what the towers return
        beside.
        """
        (x, seen), (y, read) = self.image(image), self.text(tokens)
        return losses.similarity(x, y, self.log_scale[...]), {"image": x, "text": y, "seen": seen, "read": read}


def _pairs(model: DualEncoder, batch) -> tuple[jax.Array, jax.Array]:
    """Embeddings of a batch of pairs; pictures are drawn where the batch holds an atlas, else they are in it."""
    image = pictures.draw(batch, batch) if "layers" in batch else batch["image"]
    return model.image(image)[0], model.text(batch["tokens"])[0]


def contrastive_loss(model: DualEncoder, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """InfoNCE both ways, on ``image`` float32[B, …] (or what :func:`pictures.draw` needs) and ``tokens`` int32[B, T]."""
    image, text = _pairs(model, batch)
    log_scale = model.log_scale[...]
    return model.loss(image, text, log_scale), {"scale": jnp.exp(log_scale)}


def pairwise_loss(model: DualEncoder, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """SigLIP's loss on the same batches, for a ``biased`` model."""
    image, text = _pairs(model, batch)
    log_scale, bias = model.log_scale[...], model.bias[...]
    return losses.siglip(image, text, log_scale, bias), {"scale": jnp.exp(log_scale), "bias": bias}


def image_vectors(model: DualEncoder, batch) -> jax.Array:
    """``image`` uint8[B, S, S, 3] or float32[B, …] → float32[B, D] of length 1, for ``training.predict``."""
    image = batch["image"]
    return losses.unit(model.image(image / 255.0 if image.dtype == jnp.uint8 else image)[0])


def text_vectors(model: DualEncoder, batch) -> jax.Array:
    """``tokens`` int32[B, T] → float32[B, D] of length 1, for ``training.predict``."""
    return losses.unit(model.text(batch["tokens"])[0])
