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

from course_utils.errors import known
from course_utils.models.fusion_encoder.alignment import alignment_distance, transport_plan
from course_utils.models.fusion_encoder.negatives import Choose, hard_negatives
from course_utils.models.fusion_encoder.single_stream import SingleStream, StreamConfig
from course_utils.models.fusion_encoder.two_stream import TwoStream
from course_utils.models.fusion_encoder.words import MASK
from course_utils.nn.linear import Linear
from course_utils.text import PAD

STREAMS = {"single": SingleStream, "two": TwoStream}


class FusionEncoder(nnx.Module):
    """Does the text belong to the picture? Which word, which kind of thing is hidden?

    ``stream``: one of ``STREAMS``. ``kinds``: how many names a hidden region may have. ``parts``: other implementations
    (``attend``, ``join``, ``co_attend``) for the stream.
    """

    def __init__(self, config: StreamConfig, stream: str = "single", *, kinds: int = 33, rngs: nnx.Rngs, **parts: Callable):
        known("stream", stream, STREAMS)
        self.stream = STREAMS[stream](config, rngs=rngs, **parts)
        self.match = Linear(config.width, 1, rngs=rngs)
        self.name_word = Linear(config.width, config.words, rngs=rngs)
        self.name_region = Linear(config.width, kinds, rngs=rngs)

    def __call__(self, tokens: jax.Array, regions: jax.Array, there: jax.Array | None = None) -> tuple[jax.Array, dict]:
        """tokens int32[B, T], regions float32[B, N, D_f], there bool[B, N] → how well they match, logits float32[B].

        Every word votes on the match, in the light of the picture, and the votes are averaged. (The papers ask the first
        token alone; a miniature learns to gather everything there only slowly.)

        aux : what the stream tells, and ``text`` float32[B, T, D]; ``votes`` float32[B, T]; ``words`` float32[B, T, V] and
        ``kinds`` float32[B, N, kinds], logits of what is hidden.
        """
        text, aux = self.stream(tokens, regions, there)
        votes = self.match(text)[..., 0]  # (B, T)
        more = {"text": text, "votes": votes, "words": self.name_word(text), "kinds": self.name_region(aux["image"])}
        return votes.mean(1, where=tokens != PAD), {**aux, **more}


def itm_loss(model: FusionEncoder, batch, choose: Choose = hard_negatives) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Image-text matching: B true pairs, and for each of their pictures and of their texts a wrong partner out of P.

    ``batch`` holds the data set, ``features`` float32[n, N, D_f], ``tokens`` int32[n, T], ``content`` int32[n] (equal where
    two captions say the same), ``pictures`` and ``captions`` float32[n, D] (what a dual encoder makes of them, so that a
    scalar product is a logit); and of this step ``row`` int32[P], the first B
    of which are the true pairs, ``noise`` float32[2, B, P], standard Gumbel, and ``hardness``, a factor before the logits.
    """
    logits, _ = model(*_pairs(batch, choose))
    return _matching(logits, batch["noise"].shape[1])


def uniter_loss(model: FusionEncoder, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """UNITER's objectives, each times its entry of ``weights`` float32[4]: matching, words, regions, alignment.

    Besides what :func:`itm_loss` needs, ``batch`` holds ``word_hidden`` bool[B, T], ``region_hidden`` bool[B, N], and of the
    data set ``kind`` int32[n, N], what stands in each cell. A word is hidden while all regions show, and a region while all words do
    (conditional masking); a hidden region is all 0. Alignment is the cost of the cheapest transport, of the true pairs.
    """
    tokens, image = _pairs(batch, hard_negatives)
    b = batch["noise"].shape[1]
    truth, seen, here = tokens[:b], image[:b], batch["row"][: batch["noise"].shape[1]]
    hidden = batch["word_hidden"] & (truth > MASK)
    masked = jnp.where(hidden, MASK, truth)
    zeroed = jnp.where(batch["region_hidden"][..., None], 0.0, seen)
    logits, aux = model(jnp.concatenate([tokens, masked, truth]), jnp.concatenate([image, seen, zeroed]))
    matching, told = _matching(logits[: 3 * b], b)
    words, word_right = _hidden_loss(aux["words"][3 * b : 4 * b], truth, hidden)
    regions, region_right = _hidden_loss(aux["kinds"][4 * b :], batch["kind"][here], batch["region_hidden"])
    text, places = aux["text"][:b], aux["image"][:b]
    distance = alignment_distance(text, places, transport_plan(text, places, truth != PAD)).mean()
    losses = jnp.stack([matching, words, regions, distance])
    more = {"words": word_right, "regions": region_right, "alignment": distance}
    return (batch["weights"] * losses).sum(), {**told, **more}


def matching_loss(model: FusionEncoder, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Matching of pairs that somebody else has made: ``image`` float32[B, N, D_f], ``tokens`` int32[B, T], ``match`` bool[B]."""
    logits, _ = model(batch["tokens"], batch["image"])
    loss = optax.sigmoid_binary_cross_entropy(logits, batch["match"].astype(logits.dtype)).mean()
    return loss, {"right": ((logits > 0) == batch["match"]).mean()}


@functools.cache
def loss_with(loss: Callable, choose: Choose) -> Callable:
    """A loss with another choice of negatives, say a learner's; the same function for the same choice."""
    return functools.partial(loss, choose=choose)


def _pairs(batch, choose: Choose) -> tuple[jax.Array, jax.Array]:
    """Tokens int32[3 B, T] and regions float32[3 B, N, D_f]: true pairs, pictures with wrong texts, texts with wrong pictures."""
    row, noise = batch["row"], batch["noise"]
    here = row[: noise.shape[1]]
    true = batch["content"][here][:, None] == batch["content"][row]  # (B, P)
    pictures, captions = batch["hardness"] * batch["pictures"], batch["captions"]
    text_of = row[choose(pictures[here] @ captions[row].T, true, noise[0])]  # for each picture a wrong text
    image_of = row[choose(captions[here] @ pictures[row].T, true, noise[1])]  # for each text a wrong picture
    tokens = batch["tokens"][jnp.concatenate([here, text_of, here])]
    return tokens, batch["features"][jnp.concatenate([here, here, image_of])]


def _matching(logits: jax.Array, true: int) -> tuple[jax.Array, dict[str, jax.Array]]:
    """The loss of logits of which the first ``true`` belong to true pairs, and the share of right decisions."""
    label = jnp.arange(len(logits)) < true
    right = (logits > 0) == label
    return _two_to_one(logits, label), {"right": right.mean(), "right_negatives": right[true:].mean()}


def _two_to_one(logits: jax.Array, label: jax.Array) -> jax.Array:
    """Cross-entropy where there are two negatives to one positive: each side counts for a half."""
    loss = optax.sigmoid_binary_cross_entropy(logits, label.astype(logits.dtype))
    return 0.5 * (loss.mean(where=label) + loss.mean(where=~label))


def _hidden_loss(logits: jax.Array, truth: jax.Array, hidden: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Cross-entropy and share of right guesses where something is hidden."""
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, truth)
    some = jnp.maximum(hidden.sum(), 1)
    return (loss * hidden).sum() / some, ((logits.argmax(-1) == truth) & hidden).sum() / some
