"""Notebook 00: a small patch tower that learns what kind of thing an emoji shows."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import optax
from einops import rearrange
from flax import nnx

from course_utils.nn.linear import Linear


@dataclasses.dataclass(frozen=True)
class TowerConfig:
    """Sizes: ``image`` and ``patch`` in pixels, ``patch_width`` a patch, ``hidden``, ``width`` D, ``classes`` K."""

    image: int = 32
    patch: int = 4
    patch_width: int = 32
    hidden: int = 256
    width: int = 64
    classes: int = 8

    @classmethod
    def tiny(cls, classes: int = 3) -> TowerConfig:
        """For tests: the same shape of model in a few hundred parameters."""
        return cls(image=8, patch=4, patch_width=5, hidden=7, width=6, classes=classes)


class PatchTower(nnx.Module):
    """Cuts a picture into patches, describes each alike, mixes them with an MLP."""

    def __init__(self, config: TowerConfig, *, rngs: nnx.Rngs):
        self.config = config
        patches = (config.image // config.patch) ** 2
        self.describe = Linear(3 * config.patch**2, config.patch_width, rngs=rngs)
        self.mix = Linear(patches * config.patch_width, config.hidden, rngs=rngs)
        self.project = Linear(config.hidden, config.width, rngs=rngs)
        self.classify = Linear(config.width, config.classes, rngs=rngs)

    def features(self, image: jax.Array) -> jax.Array:
        """uint8[B, H, W, 3] → float32[B, D]."""
        x = image.astype(jnp.float32) / 127.5 - 1
        p = self.config.patch
        x = rearrange(x, "b (r p) (c q) k -> b (r c) (p q k)", p=p, q=p)  # (B, N, 3 P²)
        x = nnx.gelu(self.describe(x))  # (B, N, patch_width)
        x = nnx.gelu(self.mix(rearrange(x, "b n d -> b (n d)")))  # (B, hidden)
        return self.project(x)  # (B, D)

    def __call__(self, image: jax.Array) -> jax.Array:
        """uint8[B, H, W, 3] → logits float32[B, K]."""
        return self.classify(nnx.gelu(self.features(image)))


def classification_loss(model: PatchTower, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Mean cross-entropy over a batch ``{"image": uint8[B, H, W, 3], "label": int32[B]}``, and the accuracy."""
    logits = model(batch["image"])
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, batch["label"]).mean()
    return loss, {"accuracy": jnp.mean(logits.argmax(-1) == batch["label"])}
