"""A fusion encoder with its heads, and the losses that teach it: matching, masked words, masked regions, alignment.

One forward pass serves all of them, so a model that is trained on one or on several is the same program (UNITER, Chen et
al., 2020, section 3; matching with sampled negatives: ALBEF, Li et al., 2021, section 3.2).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import optax
from flax import nnx

from course_utils.models.fusion_encoder.alignment import alignment_distance, transport_plan
from course_utils.models.fusion_encoder.negatives import Choose, hard_negatives
from course_utils.models.fusion_encoder.single_stream import SingleStream, StreamConfig
from course_utils.models.fusion_encoder.two_stream import TwoStream
from course_utils.models.fusion_encoder.words import PAD
from course_utils.nn.linear import Linear

STREAMS = {"single": SingleStream, "two": TwoStream}


class FusionEncoder(nnx.Module):
    """Does the text belong to the picture? Which word, which kind of thing is hidden?

    ``stream``: one of ``STREAMS``. ``kinds``: how many names a hidden region may have. ``parts``: other implementations
    (``attend``, ``join``, ``co_attend``) for the stream.
    """

    def __init__(
        self, config: StreamConfig, stream: str = "single", *, kinds: int = 33, rngs: nnx.Rngs, **parts: Callable
    ):
        if stream not in STREAMS:
            raise ValueError(f"There is no stream {stream!r}. Choose from: {', '.join(STREAMS)}.")
        self.stream = STREAMS[stream](config, rngs=rngs, **parts)
        self.match = Linear(config.width, 1, rngs=rngs)
        self.name_word = Linear(config.width, config.words, rngs=rngs)
        self.name_region = Linear(config.width, kinds, rngs=rngs)

    def __call__(
        self, tokens: jax.Array, regions: jax.Array, there: jax.Array | None = None
    ) -> tuple[jax.Array, dict]:
        """tokens int32[B, T], regions float32[B, N, D_f], there bool[B, N] → how well they match, logits float32[B].

        aux : what the stream tells, and ``text`` float32[B, T, D]; ``words`` float32[B, T, V] and ``kinds`` float32[B, N,
        kinds], logits of what is hidden.
        """
        text, aux = self.stream(tokens, regions, there)
        more = {"text": text, "words": self.name_word(text), "kinds": self.name_region(aux["image"])}
        return self.match(aux["pooled"])[:, 0], {**aux, **more}


def itm_loss(model: FusionEncoder, batch, choose: Choose = hard_negatives) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Image-text matching: every true pair, and for each picture and for each text a wrong partner of the same batch.

    ``batch`` holds ``image`` float32[B, N, D_f], ``tokens`` int32[B, T], ``similarity`` float32[B, B] (logits; all 0:
    every wrong partner is equally likely), ``true`` bool[B, B], and ``noise`` float32[2, B, B], standard Gumbel.
    """
    image, tokens, similarity, true = (batch[name] for name in ("image", "tokens", "similarity", "true"))
    text_of = choose(similarity, true, batch["noise"][0])  # for each picture a wrong text
    image_of = choose(similarity.T, true.T, batch["noise"][1])  # for each text a wrong picture
    pictures = jnp.concatenate([image, image, image[image_of]])
    texts = jnp.concatenate([tokens, tokens[text_of], tokens])
    logits, _ = model(texts, pictures)
    label = jnp.arange(len(logits)) < len(image)
    right = (logits > 0) == label
    return _two_to_one(logits, label), {"right": right.mean(), "right_negatives": right[len(image) :].mean()}


@functools.cache
def itm_loss_with(choose: Choose) -> Callable:
    """:func:`itm_loss` with another choice of negatives, say a learner's; the same function for the same choice."""
    return functools.partial(itm_loss, choose=choose)


def _two_to_one(logits: jax.Array, label: jax.Array) -> jax.Array:
    """Cross-entropy where there are two negatives to one positive: each side counts for a half."""
    loss = optax.sigmoid_binary_cross_entropy(logits, label.astype(logits.dtype))
    return 0.5 * (loss.mean(where=label) + loss.mean(where=~label))


def pretraining_loss(model: FusionEncoder, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """UNITER's objectives together, each times its entry of ``weights`` float32[4]: ITM, words, regions, alignment.

    Besides what :func:`itm_loss` needs, ``batch`` holds ``word_masked`` int32[B, T] (the tokens, some of them hidden),
    ``word_hidden`` bool[B, T], ``region_hidden`` bool[B, N], and ``kind`` int32[B, N], what stands in each cell. A word is
    hidden while all regions show, and a region while all words do (conditional masking); a hidden region is all 0.
    """
    matching, right = itm_loss(model, batch)
    zeroed = jnp.where(batch["region_hidden"][..., None], 0.0, batch["image"])
    texts = jnp.concatenate([batch["word_masked"], batch["tokens"]])
    _, aux = model(texts, jnp.concatenate([batch["image"], zeroed]))
    n = len(zeroed)
    words = _hidden_loss(aux["words"][:n], batch["tokens"], batch["word_hidden"])
    regions = _hidden_loss(aux["kinds"][n:], batch["kind"], batch["region_hidden"])
    text, image = aux["text"][:n], aux["image"][:n]
    plan = transport_plan(text, image, batch["tokens"] != PAD)
    distance = alignment_distance(text, image, plan).mean()
    losses = jnp.stack([matching, words[0], regions[0], distance])
    told = {"words": words[1], "regions": regions[1], "alignment": distance, **right}
    return (batch["weights"] * losses).sum(), told


def _hidden_loss(logits: jax.Array, truth: jax.Array, hidden: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Cross-entropy and share of right guesses where something is hidden."""
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, truth)
    some = jnp.maximum(hidden.sum(), 1)
    return (loss * hidden).sum() / some, ((logits.argmax(-1) == truth) & hidden).sum() / some
