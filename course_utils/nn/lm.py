"""The causal language model of the modern kind, small here and published elsewhere: the same module with other numbers.

RMSNorm before each part (Zhang & Sennrich, 2019), rotary positions (Su et al., 2021), a gated feed-forward (Shazeer, 2020),
grouped queries (Ainslie et al., 2023), logits from the same table that embeds (Press & Wolf, 2017). As an option, a causal
depthwise convolution before attention (after So et al., 2021, Primer): a miniature learns with it to copy from its context.

Texts are padded on the right, so that no token sees padding, and the number of a token in its text is its position.
"""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
from einops import rearrange
from flax import nnx

from course_utils.nn import init
from course_utils.nn.attention import masked_softmax
from course_utils.nn.embed import Embed, extend_columns, extend_rows
from course_utils.nn.linear import Linear
from course_utils.nn.norm import RMSNorm

Cache = dict[str, jax.Array]  # of one block: "key" and "value" float32[B, S, Hk, d]; "mixed" float32[B, S, D] if it convolves


@dataclasses.dataclass(frozen=True)
class LMConfig:
    """``vocabulary`` V tokens of ``width`` D; ``depth`` blocks of ``heads`` H queries, which share ``key_heads`` Hk keys and
    values (``None``: one each), and ``hidden`` gated units. ``window``: how many tokens the convolution mixes, 0 for none.
    ``rope_base`` and ``epsilon`` as published configurations call rope_theta and rms_norm_eps; ``tied``, tie_word_embeddings:
    the table that embeds gives the logits too.

    Raises
    ------
    ValueError
        If the heads do not divide the width, the keys' heads the queries', or a head's width is odd.
    """

    vocabulary: int
    width: int = 96
    depth: int = 4
    heads: int = 4
    hidden: int = 256
    key_heads: int | None = None
    window: int = 4
    rope_base: float = 10_000.0
    epsilon: float = 1e-5
    tied: bool = True

    def __post_init__(self):
        if self.width % self.heads or self.heads % self.groups:
            raise ValueError(f"{self.heads} heads on {self.groups} of keys do not split a width of {self.width}; choose divisors.")
        if self.width // self.heads % 2:
            raise ValueError(f"Heads of {self.width // self.heads} numbers cannot be turned in pairs; make them even.")

    @property
    def groups(self) -> int:
        """Hk, the heads of keys and values."""
        return self.key_heads or self.heads


def rotate(x: jax.Array, position: jax.Array, base: float) -> jax.Array:
    """Rotary positions: number i and number i + d/2 of each head are turned together, by position · base^(-2i/d).

    float32[B, T, H, d], int32[B, T] → the same shape. Afterwards the product of a query and a key knows their distance.
    """
    half = x.shape[-1] // 2
    angle = position[..., None, None] * base ** (-jnp.arange(half) / half)  # (B, T, 1, d / 2)
    one, other = x[..., :half], x[..., half:]
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    return jnp.concatenate([one * cos - other * sin, other * cos + one * sin], -1)


class CausalAttention(nnx.Module):
    """Each token looks at itself and at those before it, H queries on Hk keys and values."""

    def __init__(self, config: LMConfig, *, rngs: nnx.Rngs):
        self.config = config
        keys = config.width // config.heads * config.groups
        self.query = Linear(config.width, config.width, use_bias=False, rngs=rngs)
        self.key = Linear(config.width, keys, use_bias=False, rngs=rngs)
        self.value = Linear(config.width, keys, use_bias=False, rngs=rngs)
        self.out = Linear(config.width, config.width, use_bias=False, rngs=rngs)

    def __call__(self, x: jax.Array, position: jax.Array, cache: Cache | None = None) -> tuple[jax.Array, Cache]:
        """x float32[B, T, D], position int32[B, T] → the same shape, and the cache with these tokens in it."""
        per_head = "b t (h d) -> b t h d"
        q = rearrange(self.query(x), per_head, h=self.config.heads)
        k, v = (rearrange(a, per_head, h=self.config.groups) for a in (self.key(x), self.value(x)))
        q, k = (rotate(a, position, self.config.rope_base) for a in (q, k))
        new, places = {}, position
        if cache is not None:
            k, v = _written(cache["key"], position, k), _written(cache["value"], position, v)
            new, places = {"key": k, "value": v}, jnp.arange(k.shape[1])[None]
        q = rearrange(q, "b t (k g) d -> b t k g d", k=self.config.groups)
        scores = jnp.einsum("btkgd,bskd->bkgts", q, k) / q.shape[-1] ** 0.5
        seen = places[:, None, :] <= position[:, :, None]  # (B, T, S): what stands behind has a higher number
        y = jnp.einsum("bkgts,bskd->btkgd", masked_softmax(scores, seen[:, None, None]), v)
        return self.out(rearrange(y, "b t k g d -> b t (k g d)")), new


class CausalConvolution(nnx.Module):
    """x plus a mixture of each number with itself in the last tokens, its weights learned.

    They start at random: from 0 neither they nor the attention that needs them would find a way to go.
    """

    def __init__(self, width: int, window: int, *, rngs: nnx.Rngs):
        self.kernel = nnx.Param(init.normal(window**-0.5)(rngs.params(), (window, width)))

    def __call__(self, x: jax.Array, position: jax.Array, cache: Cache | None = None) -> tuple[jax.Array, Cache]:
        """x float32[B, T, D], position int32[B, T] → the same shape, and the cache with these tokens in it."""
        kernel = self.kernel[...]
        if cache is None:
            before = jnp.pad(x, ((0, 0), (len(kernel) - 1, 0), (0, 0)))
            shifted = [before[:, len(kernel) - 1 - back :][:, : x.shape[1]] for back in range(len(kernel))]
            return x + sum(w * a for w, a in zip(kernel, shifted)), {}
        mixed = _written(cache["mixed"], position, x)
        places = position[..., None] - jnp.arange(len(kernel))  # (B, T, window)
        rows = jnp.arange(len(x))[:, None, None]
        last = jnp.where(places[..., None] >= 0, mixed[rows, jnp.maximum(places, 0)], 0.0)
        return x + jnp.einsum("btwd,wd->btd", last, kernel), {"mixed": mixed}


def _written(store: jax.Array, position: jax.Array, new: jax.Array) -> jax.Array:
    """``store`` [B, S, …] with ``new`` [B, T, …] at the places ``position`` int32[B, T]."""
    return store.at[jnp.arange(len(store))[:, None], position].set(new)


class GatedMLP(nnx.Module):
    """down(silu(gate(x)) · up(x)), without biases; float32[..., D] → float32[..., D]."""

    def __init__(self, width: int, hidden: int, *, rngs: nnx.Rngs):
        self.gate = Linear(width, hidden, use_bias=False, rngs=rngs)
        self.up = Linear(width, hidden, use_bias=False, rngs=rngs)
        self.down = Linear(hidden, width, use_bias=False, rngs=rngs)

    def __call__(self, x: jax.Array) -> jax.Array:
        return self.down(jax.nn.silu(self.gate(x)) * self.up(x))


class CausalBlock(nnx.Module):
    """Normalise, mix, attend, add; normalise, think, add."""

    def __init__(self, config: LMConfig, *, rngs: nnx.Rngs):
        self.norm_attention = RMSNorm(config.width, epsilon=config.epsilon, rngs=rngs)
        self.mix = CausalConvolution(config.width, config.window, rngs=rngs) if config.window else None
        self.attention = CausalAttention(config, rngs=rngs)
        self.norm_mlp = RMSNorm(config.width, epsilon=config.epsilon, rngs=rngs)
        self.mlp = GatedMLP(config.width, config.hidden, rngs=rngs)

    def __call__(self, x: jax.Array, position: jax.Array, cache: Cache | None = None) -> tuple[jax.Array, Cache]:
        """x float32[B, T, D], position int32[B, T] → the same shape, and the cache with these tokens in it (``None``: empty)."""
        y, mixed = self.norm_attention(x), {}
        if self.mix is not None:
            y, mixed = self.mix(y, position, cache)
        y, kept = self.attention(y, position, cache)
        x = x + y
        return x + self.mlp(self.norm_mlp(x)), kept | mixed


class LanguageModel(nnx.Module):
    """Embed, blocks, a last normalisation, and logits from the table that embedded, or from a layer of their own."""

    def __init__(self, config: LMConfig, *, rngs: nnx.Rngs):
        self.config = config
        self.embed = Embed(config.vocabulary, config.width, rngs=rngs)
        self.blocks = nnx.data([CausalBlock(config, rngs=rngs) for _ in range(config.depth)])
        self.norm = RMSNorm(config.width, epsilon=config.epsilon, rngs=rngs)
        self.head = None if config.tied else Linear(config.width, config.vocabulary, use_bias=False, rngs=rngs)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        """int32[B, T] → logits of the token behind each, float32[B, T, V]."""
        return self.read(self.embed(tokens))[0]

    def read(self, x: jax.Array, position: jax.Array | None = None, cache: list[Cache] | None = None) -> tuple[jax.Array, list[Cache]]:
        """Vectors in the place of tokens: float32[B, T, D] → logits float32[B, T, V], and the cache of every block.

        ``position`` int32[B, T]: where they stand in their texts; else 0 … T − 1. With a ``cache``, tokens that stand in it
        before them are seen as well, and they are written into it.
        """
        x, caches = self.states(x, position, cache)
        return self.logits(x), caches

    def states(self, x: jax.Array, position: jax.Array | None = None, cache: list[Cache] | None = None) -> tuple[jax.Array, list[Cache]]:
        """As :meth:`read`, but what the last block says of each token, float32[B, T, D], in the place of logits."""
        position = numbered(x) if position is None else position
        caches = []
        for block, kept in zip(self.blocks, cache or [None] * len(self.blocks)):
            x, kept = block(x, position, kept)
            caches.append(kept)
        return x, caches

    def logits(self, x: jax.Array) -> jax.Array:
        """What the last block says, float32[..., D] → float32[..., V]."""
        x = self.norm(x)
        return self.embed.attend(x) if self.head is None else self.head(x)

    def empty_cache(self, batch: int, size: int) -> list[Cache]:
        """Room for ``size`` tokens of every text, a cache a block."""
        head = self.config.width // self.config.heads
        entries = {"key": (self.config.groups, head), "value": (self.config.groups, head)}
        if self.config.window:
            entries["mixed"] = (self.config.width,)
        return [{name: jnp.zeros((batch, size, *shape)) for name, shape in entries.items()} for _ in self.blocks]


def with_more_words(model: LanguageModel, count: int, *, rngs: nnx.Rngs) -> LanguageModel:
    """A copy that knows ``count`` words: those that ``model`` knows as it knows them, the others untaught.

    Raises ValueError if ``model`` knows more than ``count``.
    """
    more = nnx.clone(model)
    more.config = dataclasses.replace(model.config, vocabulary=count)
    more.embed = extend_rows(model.embed, count, rngs=rngs)
    if model.head is not None:
        more.head = extend_columns(model.head, count, rngs=rngs)
    return more


def numbered(x: jax.Array) -> jax.Array:
    """The positions 0 … T − 1 for every text of [B, T, …]: int32[B, T]."""
    return jnp.broadcast_to(jnp.arange(x.shape[1]), x.shape[:2])
