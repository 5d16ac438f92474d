"""A model that reads phrases and boxes, and writes them: frozen patches, a projector, a causal language model with location tokens.

After Pix2Seq (Chen et al., 2022) and what followed it in language models (Kosmos-2: Peng et al., 2023; Shikra: Chen et al., 2023). Two things make
a miniature learn it in a minute. Labels of a location reach its neighbours. And so do the vectors of the locations: with vectors of its
own for every bin, a model has to find out anew for each of them which side of the picture it is on.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import optax
from einops import rearrange
from flax import nnx

from course_utils import decode, training
from course_utils.decode import Read
from course_utils.models.grounding import packing
from course_utils.models.grounding.codes import soft_labels
from course_utils.models.grounding.packing import Piece, Text
from course_utils.models.grounding.sequence import Layout, constrained
from course_utils.nn import init
from course_utils.nn.embed import Embed, Positions
from course_utils.nn.linear import Linear
from course_utils.nn.lm import Cache, LanguageModel, LMConfig
from course_utils.nn.splice import splice
from course_utils.nn.transformer import gelu
from course_utils.text import IGNORED, Vocabulary

REACH = 1 / 32  # of a picture's side: how far locations are neighbours


@dataclasses.dataclass(frozen=True)
class GrounderConfig:
    """How pictures enter and locations are told.

    Attributes
    ----------
    layout : where locations stand in the vocabulary.
    features : width of a patch's features. side : patches along each side. merge : so many along each side become one token.
    sigma : width of a location's labels, as a fraction of the picture's side; 0: the right bin alone.
    neighbours : whether the vectors of near locations begin near to each other.
    width, depth, heads, hidden : of the language model, if none is given.

    Raises ValueError if ``merge`` does not divide ``side``, or locations are not in the form ``"steps"``, as labels are.
    """

    layout: Layout
    features: int = 96
    side: int = 8
    merge: int = 2
    sigma: float = 1 / 64
    neighbours: bool = True
    width: int = 64
    depth: int = 2
    heads: int = 4
    hidden: int = 168

    def __post_init__(self):
        if self.side % self.merge:
            raise ValueError(f"{self.merge} × {self.merge} patches do not tile {self.side} × {self.side}; choose a divisor.")
        if self.layout.code.form != "steps":
            raise ValueError(f"Locations are in the form {self.layout.code.form!r}; labels are made for 'steps', so give such a code.")

    @property
    def patches(self) -> int:
        """M, the places of a picture in a text."""
        return (self.side // self.merge) ** 2


def neighbourly(bins: int, width: int, reach: float = REACH, *, rngs: nnx.Rngs) -> np.ndarray:
    """A vector of length about 1 for each of ``bins`` locations, float32[bins, width]: mixtures of random ones along the side, so
    that locations within ``reach``, a fraction of it, are alike and those further away are not."""
    knots = np.arange(-2 * reach, 1 + 2 * reach, reach)
    bells = np.exp(-0.5 * ((np.linspace(0, 1, bins)[:, None] - knots) / reach) ** 2)
    bells /= np.linalg.norm(bells, axis=1, keepdims=True)
    return (bells @ np.asarray(init.normal(width**-0.5)(rngs.params(), (len(knots), width)))).astype(np.float32)


class Grounder(nnx.Module):
    """The parameters; ``lm``, if given, becomes its own and is trained in place. ``soft`` computes what
    :func:`~course_utils.models.grounding.codes.soft_labels` does, or is a learner's."""

    def __init__(self, config: GrounderConfig, lm: LanguageModel | None = None, *, soft: Callable = soft_labels, rngs: nnx.Rngs):
        self.config, self.soft = config, soft
        sizes = {"width": config.width, "depth": config.depth, "heads": config.heads, "hidden": config.hidden}
        self.lm = LanguageModel(LMConfig(config.layout.size, **sizes), rngs=rngs) if lm is None else lm
        width = self.lm.config.width
        self.first, self.second = Linear(config.features * config.merge**2, width, rngs=rngs), Linear(width, width, rngs=rngs)
        self.positions = Positions(config.patches, width, rngs=rngs)
        if config.neighbours:
            _put_locations(self.lm.embed, config.layout, neighbourly(config.layout.code.bins, width, rngs=rngs))

    def patches(self, features: jax.Array) -> jax.Array:
        """float32[B, N, D_features] of a frozen tower, row by row → float32[B, M, D], neighbours merged and each where it is."""
        merge, side = self.config.merge, self.config.side // self.config.merge
        x = rearrange(features, "b (r p c q) d -> b (r c) (p q d)", r=side, c=side, p=merge, q=merge)
        return self.positions(self.second(gelu(self.first(x))))

    def states(self, tokens: jax.Array, features: jax.Array) -> jax.Array:
        """What is said of each place of texts behind their pictures: int32[B, T], float32[B, N, D_features] → float32[B, T, D]."""
        return self.lm.states(self._read_in(tokens, jnp.arange(tokens.shape[1])[None], self.patches(features)))[0]

    def __call__(self, tokens: jax.Array, features: jax.Array) -> jax.Array:
        """The logits of what stands behind each place: float32[B, T, V]; arguments as of :meth:`states`."""
        return self.lm.logits(self.states(tokens, features))

    def _read_in(self, tokens: jax.Array, position: jax.Array, patches: jax.Array) -> jax.Array:
        place = jnp.where(position < patches.shape[1], position, -1)
        return splice(self.lm.embed(tokens), patches, jnp.broadcast_to(place, tokens.shape))

    def reader(self) -> Read:
        """For :func:`course_utils.decode.cached_step`; its context is what :meth:`patches` gives."""

        def read(tokens: jax.Array, position: jax.Array, cache: list[Cache], patches: jax.Array) -> tuple[jax.Array, list[Cache]]:
            return self.lm.read(self._read_in(tokens, position, patches), position, cache)

        return read


def _put_locations(embed: Embed, layout: Layout, vectors: np.ndarray) -> None:
    table = np.array(embed.embedding[...])
    table[layout.first : layout.first + layout.code.bins] = vectors
    embed.embedding[...] = init.put(table)


def grounding_loss(model: Grounder, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Cross-entropy of what is asked for, words and locations alike; of a location with all bins around it, as likely as they are near.

    ``tokens``, ``labels``, ``fractions`` of :func:`~course_utils.models.grounding.packing.pack`, ``picture`` int32[B], rows of
    ``pool`` float[P, N, D]. Beside it ``near``, the share of locations whose likeliest bin is within 1/64 of the side, and
    ``words``, the share of other tokens that is ranked first (0 where there are none).
    """
    layout, sigma = model.config.layout, model.config.sigma
    logits = model(batch["tokens"], batch["pool"][batch["picture"]].astype("float32"))
    labels, fractions, bins = batch["labels"], batch["fractions"], layout.code.bins
    asked, located = labels != IGNORED, fractions >= 0
    entropy = optax.softmax_cross_entropy_with_integer_labels(logits, jnp.where(asked, labels, 0))
    told = logits[..., layout.first : layout.first + bins]
    if sigma:
        bell = model.soft(jnp.where(located, fractions, 0.0), bins, sigma * (bins - 1))
        spread = jax.nn.logsumexp(logits, -1) - (bell * told).sum(-1)
        entropy = jnp.where(located, spread, entropy)
    near = jnp.abs(told.argmax(-1) / (bins - 1) - fractions) <= 1 / 64
    words = asked & ~located
    right = logits.argmax(-1) == labels
    shares = {"near": (near & located).sum() / jnp.maximum(located.sum(), 1), "words": (right & words).sum() / jnp.maximum(words.sum(), 1)}
    return jnp.where(asked, entropy, 0.0).sum() / jnp.maximum(asked.sum(), 1), shares


@functools.cache
def _writer(longest: int, legally: bool) -> Callable:
    def write_all(model: Grounder, batch) -> jax.Array:
        prompts, patches = batch["tokens"], model.patches(batch["features"].astype("float32"))
        count, room = prompts.shape
        state, last = decode.read_prompts(model.reader(), prompts, model.lm.empty_cache(count, room + longest), patches)
        step = decode.cached_step(model.reader())
        if legally:
            step, state = constrained(step, model.config.layout), (state, jnp.full((count, 4), -1))
        return decode.greedy(step, state, count, begin=last, end=model.config.layout.end, length=longest).tokens

    return write_all


def write(
    model: Grounder, words: Vocabulary, prompts: Sequence[Sequence[Piece]], features: np.ndarray, longest: int = 4, *, legally: bool = False
) -> np.ndarray:
    """What a model writes behind prompts, the likeliest token each time.

    Parameters
    ----------
    prompts : words and coordinates, one for each picture
    features : float[n, N, D_features], of a frozen tower
    longest : tokens, T. ``legally``: only what :func:`~course_utils.models.grounding.sequence.legal` allows.

    Returns
    -------
    int32[n, T]; from the end on, every token is the end

    Raises ValueError as :func:`~course_utils.models.grounding.packing.pack`.
    """
    config = model.config
    length = -(-(config.patches + max(map(len, prompts))) // 8) * 8  # few lengths, few programs
    packed = packing.pack([Text(prompt, len(prompt)) for prompt in prompts], words, config.layout, config.patches, length)
    batch = {"tokens": packed["tokens"], "features": features}
    return training.predict(model, _writer(longest, legally), batch, size=min(256, len(features)))
