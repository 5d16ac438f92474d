"""Nouns by pointing: a writer of sentences with gaps, which a detector's words fill (Lu et al., 2018, "Neural baby talk").

Such a model can name what no caption ever showed, if the detector knows it: the task of NoCaps (Agrawal et al., 2019).
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from course_utils.models.captioning.captioner import CaptionConfig, Captioner
from course_utils.models.captioning.words import PLURALS, SINGULAR, VOCAB, WORD_KIND
from course_utils.world.things import KINDS

ONE, SEVERAL = len(VOCAB), len(VOCAB) + 1  # the gaps, for the name of one thing and of several
_NOUN = WORD_KIND >= 0
_NEVER = -1e9
# int[V]: what is read of each word: of every noun only that it filled a gap
_READ = np.arange(len(VOCAB))
_READ[SINGULAR] = ONE
_READ[np.setdiff1d(PLURALS, SINGULAR)] = SEVERAL


def _log(where: np.ndarray) -> np.ndarray:
    return np.where(where, 0.0, _NEVER).astype(np.float32)


_AS_ONE, _AS_SEVERAL = (_log(np.isin(np.arange(len(VOCAB)), nouns)) for nouns in (SINGULAR, PLURALS))


class PointerCaptioner(Captioner):
    """Writes words and gaps; a gap is filled with the name of the region that is looked at, as the detector gives it.

    The probability of a noun is that of its gap times the share-weighted mean, over the regions, of the detector's
    probability for the kind. So nouns need no output of their own, and none is learned.
    ``image`` holds, after what a :class:`Captioner` reads, each region's probability of every kind: float32[B, N, F + E + K].
    """

    def __init__(self, config: CaptionConfig, *, rngs: nnx.Rngs):
        if config.way != "attention":
            raise ValueError(f"Pointing needs a look at regions: way is {config.way!r}, expected 'attention'.")
        super().__init__(dataclasses.replace(config, words=len(VOCAB) + 2), rngs=rngs)

    def start(self, image: jax.Array, mask: jax.Array | None = None) -> dict[str, jax.Array]:
        """As :meth:`Captioner.start`; also ``names`` float32[B, N, K]."""
        return {**super().start(image, mask), "names": image[..., -len(KINDS) :]}

    def embed(self, token: jax.Array) -> jax.Array:
        return self.words(jnp.asarray(_READ)[token])

    def score(self, out: jax.Array, alpha: jax.Array, state: dict[str, jax.Array]) -> jax.Array:
        """Log-probabilities of what comes next: float32[B, T, V]."""
        logits = self.unembed(out)
        logits = jax.nn.log_softmax(logits.at[..., : len(VOCAB)].add(jnp.where(_NOUN, _NEVER, 0.0)))
        named = jnp.einsum("btn,bnk->btk", alpha, state["names"])  # (B, T, K)
        gap = jnp.logaddexp(logits[..., ONE, None] + _AS_ONE, logits[..., SEVERAL, None] + _AS_SEVERAL)
        nouns = gap + jnp.log(named + 1e-6)[..., np.maximum(WORD_KIND, 0)]
        return jnp.where(_NOUN, nouns, logits[..., : len(VOCAB)])
