"""Flamingo: a frozen language model, a resampler that makes few tokens of a picture, and gates through which it sees them.

After Alayrac et al., 2022. Pictures are never spliced into the text: ``<image>`` marks where one was shown, and what it
shows enters through cross-attention before every n-th block of the language model.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils.decode import Read
from course_utils.losses import next_token
from course_utils.nn.gated import SIGHTS, GatedCrossAttention, media_mask, pictures_before
from course_utils.nn.lm import Cache, LanguageModel, numbered
from course_utils.nn.perceiver import PerceiverResampler

# What is trained: everything but the language model.
GLUE = nnx.All(nnx.Param, nnx.Not(nnx.PathContains("lm")))
RESAMPLERS = ("perceiver", "mean", "none")


@dataclasses.dataclass(frozen=True)
class FlamingoConfig:
    """``features``: width of what the vision tower gives for each patch. ``latents`` M tokens a picture, made in ``depth``
    layers of ``heads``; ``resampler``: ``"perceiver"``, or the controls ``"mean"`` (one token) and ``"none"`` (all patches).
    A gated block with ``hidden`` units stands before every ``every``-th block of the language model; ``gated=False`` leaves
    its tanh out. ``sight``: see :func:`course_utils.nn.gated.media_mask`.

    Raises
    ------
    ValueError
        If the resampler or the sight is unknown, or ``every`` is below 1.
    """

    features: int
    image: int
    latents: int = 4
    depth: int = 2
    heads: int = 4
    hidden: int | None = None
    every: int = 1
    gated: bool = True
    resampler: str = "perceiver"
    sight: str = "latest"

    def __post_init__(self):
        if self.resampler not in RESAMPLERS:
            raise ValueError(f"resampler is {self.resampler!r}; choose from {', '.join(RESAMPLERS)}.")
        if self.sight not in SIGHTS:
            raise ValueError(f"sight is {self.sight!r}; choose from {', '.join(SIGHTS)}.")
        if self.every < 1:
            raise ValueError(f"every is {self.every}; take 1 for a gated block before each block, 2 for every second.")


class Flamingo(nnx.Module):
    """Reads interleaved pictures and text.

    ``config.image`` is the token that marks a picture. ``lm`` stays the caller's own: it is not copied. ``resampler_layer``,
    ``gated_cross_attention`` and ``mask`` compute what the functions of these names in :mod:`course_utils.nn` do, or are a
    learner's.
    """

    def __init__(
        self,
        lm: LanguageModel,
        config: FlamingoConfig,
        *,
        resampler_layer: Callable | None = None,
        gated_cross_attention: Callable | None = None,
        mask: Callable = media_mask,
        rngs: nnx.Rngs,
    ):
        self.config, self.lm, self.mask = config, lm, mask
        self.resampler = (
            PerceiverResampler(config.features, config.latents, config.depth, config.heads, function=resampler_layer, rngs=rngs)
            if config.resampler == "perceiver"
            else None
        )
        width = lm.config.width
        self.gates = nnx.data(
            [
                GatedCrossAttention(
                    width,
                    config.features,
                    config.heads,
                    hidden=config.hidden,
                    gated=config.gated,
                    function=gated_cross_attention,
                    rngs=rngs,
                )
                if k % config.every == 0
                else None
                for k in range(lm.config.depth)
            ]
        )

    def see(self, features: jax.Array) -> jax.Array:
        """Features of pictures float32[B, I, N, D] → the tokens of each, float32[B, I, M, D]."""
        if self.resampler is not None:
            return self.resampler(features)[0]
        return features.mean(-2, keepdims=True) if self.config.resampler == "mean" else features

    def __call__(self, tokens: jax.Array, features: jax.Array) -> jax.Array:
        """int32[B, T], float32[B, I, N, D] → logits of the token behind each, float32[B, T, V]."""
        return self.read(tokens, self.see(features))[0]

    def read(
        self,
        tokens: jax.Array,
        media: jax.Array,
        position: jax.Array | None = None,
        number: jax.Array | None = None,
        cache: list[Cache] | None = None,
    ) -> tuple[jax.Array, list[Cache], list[jax.Array | None]]:
        """Logits float32[B, T, V], the cache, and where each gated block looked, float32[B, H, T, I, M] (``None``: no block).

        Parameters
        ----------
        tokens : int32[B, T]
        media : float32[B, I, M, D] of :meth:`see`
        position : int32[B, T], where the tokens stand in their texts; else 0 … T − 1
        number : int32[B, T], how many pictures stand at or before each; else those among ``tokens`` are counted
        cache : as :meth:`LanguageModel.read`
        """
        x = self.lm.embed(tokens)
        position = numbered(x) if position is None else position
        number = pictures_before(tokens == self.config.image) if number is None else number
        mask = self.mask(number, media.shape[1], self.config.sight)
        caches, looks = [], []
        for gate, block, kept in zip(self.gates, self.lm.blocks, cache or [None] * len(self.lm.blocks)):
            look = None
            if gate is not None:
                x, look = gate(x, media, mask)
            x, kept = block(x, position, kept)
            caches.append(kept)
            looks.append(look)
        return self.lm.logits(x), caches, looks

    def reader(self) -> Read:
        """For :func:`course_utils.decode.cached_step`; its context is what :meth:`shown` gives."""

        def read(tokens, position, cache, context):
            number = jnp.take_along_axis(context["number"], jnp.minimum(position, context["number"].shape[1] - 1), 1)
            return self.read(tokens, context["media"], position, number, cache)[:2]

        return read

    def shown(self, prompts: jax.Array, features: jax.Array) -> dict[str, jax.Array]:
        """What a text is written about: prompts int32[B, T], padded on the right, and their pictures float32[B, I, N, D]."""
        return {"media": self.see(features), "number": pictures_before(prompts == self.config.image)}

    def open(self) -> dict[str, jax.Array]:
        """How far the gates are open, |tanh| in the mean over the blocks; nothing where there are none."""
        blocks = [gate for gate in self.gates if gate is not None and gate.alpha is not None]
        means = (sum(jnp.abs(jnp.tanh(gate[...][0])) for gate in gates) / len(gates) for gates in zip(*((b.alpha, b.beta) for b in blocks)))
        return dict(zip(("gate of attention", "gate of thinking"), means))


def flamingo_loss(model: Flamingo, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Cross-entropy of what is asked for; beside it the share ranked first, and :meth:`Flamingo.open`.

    ``tokens`` and ``labels`` int32[B, T]; ``pictures`` int32[B, I], rows of ``pool`` float[P, N, D], the features of all
    pictures that there are.
    """
    features = batch["pool"][batch["pictures"]].astype("float32")
    loss, told = next_token(model(batch["tokens"], features), batch["labels"])
    return loss, told | model.open()
