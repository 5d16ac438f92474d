"""What a captioner learns from: the words of given captions; and, where looks are drawn by chance, REINFORCE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils.models.captioning.captioner import sample_place
from course_utils.text import PAD

Batch = Mapping[str, Any]


def log_probs_of(logits: jax.Array, tokens: jax.Array) -> jax.Array:
    """The log-probability of each given token: float[B, T, V], int[B, T] → float[B, T]."""
    return jnp.take_along_axis(jax.nn.log_softmax(logits), tokens[..., None], -1)[..., 0]


def caption_loss(logits: jax.Array, tokens: jax.Array, mask: jax.Array) -> jax.Array:
    """The mean over all words that are there of -log p(word): float[B, T, V], int[B, T], bool[B, T] → float[]."""
    return -jnp.sum(log_probs_of(logits, tokens) * mask) / mask.sum()


def writing_loss(function: Callable = caption_loss) -> Callable[[nnx.Module, Batch], tuple[jax.Array, dict[str, jax.Array]]]:
    """A loss for ``training.fit`` over batches of ``image``, ``tokens`` and, of regions, ``mask``.

    ``function``: another implementation of :func:`caption_loss`. Also gives the share of words that are the likeliest.
    """

    def loss(model: nnx.Module, batch: Batch) -> tuple[jax.Array, dict[str, jax.Array]]:
        tokens = batch["tokens"]
        logits, _ = model(batch["image"], tokens, batch.get("mask"))
        there = tokens != PAD
        right = jnp.mean(logits.argmax(-1) == tokens, where=there)
        return function(logits, tokens, there), {"words": right}

    return loss


def reinforce_surrogate(log_words: jax.Array, log_places: jax.Array, baseline: jax.Array) -> jax.Array:
    """A number whose slopes are REINFORCE's (Williams, 1992), for looks drawn by chance (Xu et al., 2015, section 4.1).

    The bound to be raised is the mean over looks s of log p(words | s). Its slope has two parts: that of log p(words | s)
    itself, and reward times the slope of log p(s). A baseline that does not depend on s leaves the mean as it is, and
    makes it less noisy.

    Parameters
    ----------
    log_words : float[B, T], log p of each word after the look that was drawn for it, 0 at padding.
    log_places : float[B, T], log of the share of the place that was drawn, 0 at padding.
    baseline : float[B], what log p of a caption is expected to be.

    Returns
    -------
    float[], to be made small.
    """
    reward = jax.lax.stop_gradient(log_words.sum(-1) - baseline)  # (B,)
    return -jnp.mean(log_words.sum(-1) + reward * log_places.sum(-1))


def reinforce_slopes(log_words: jax.Array, log_places: jax.Array, baseline: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The slopes of :func:`reinforce_surrogate` for ``log_words`` and for ``log_places``: float[B, T] each."""
    return jax.grad(reinforce_surrogate, (0, 1))(log_words, log_places, baseline)


def surrogate_of(slopes: Callable) -> Callable:
    """A surrogate that has the given slopes, an implementation of :func:`reinforce_slopes`."""

    def surrogate(log_words: jax.Array, log_places: jax.Array, baseline: jax.Array) -> jax.Array:
        at_words, at_places = jax.lax.stop_gradient(slopes(*map(jax.lax.stop_gradient, (log_words, log_places, baseline))))
        return jnp.sum(at_words * log_words) + jnp.sum(at_places * log_places)

    return surrogate


def reinforce_loss(
    function: Callable = reinforce_surrogate, samples: int = 4, entropy: float = 0.01
) -> Callable[[nnx.Module, Batch], tuple[jax.Array, dict[str, jax.Array]]]:
    """A loss for ``training.fit`` of a "hard" captioner: each picture is captioned with ``samples`` draws of looks.

    The baseline of a draw is the mean of the picture's other draws. ``entropy`` is the weight of the maps' entropy, which
    keeps looks from settling too soon. Batches hold ``image``, ``tokens`` [B, ...] and ``chance`` float32[B, samples, T].
    """

    def loss(model: nnx.Module, batch: Batch) -> tuple[jax.Array, dict[str, jax.Array]]:
        image, tokens = (jnp.repeat(batch[name], samples, 0) for name in ("image", "tokens"))
        chance = batch["chance"].reshape(tokens.shape)
        logits, aux = model(image, tokens, None, chance)
        there = tokens != PAD
        maps = jnp.maximum(aux["maps"], 1e-8)
        place = sample_place(maps.reshape(-1, maps.shape[-1]), chance.ravel()).reshape(tokens.shape)
        log_places = jnp.log(jnp.take_along_axis(maps, place[..., None], -1)[..., 0]) * there
        log_words = log_probs_of(logits, tokens) * there
        reward = jax.lax.stop_gradient(log_words.sum(-1)).reshape(-1, samples)
        others = (reward.sum(1, keepdims=True) - reward) / (samples - 1)
        words = there.sum() / len(there)
        spread = -(maps * jnp.log(maps)).sum(-1)
        value = function(log_words, log_places, others.ravel()) / words - entropy * jnp.mean(spread, where=there)
        return value, {"words": jnp.mean(logits.argmax(-1) == tokens, where=there), "entropy": jnp.mean(spread, where=there)}

    return loss
