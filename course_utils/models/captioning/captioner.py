"""Models that caption: one vector (Show and Tell), soft attention, and controls, over a grid or over regions."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from course_utils.errors import known
from course_utils.models.captioning import attention
from course_utils.models.captioning.words import BEGIN, VOCAB
from course_utils.nn import init
from course_utils.nn.embed import Embed, Positions
from course_utils.nn.linear import Linear
from course_utils.nn.norm import LayerNorm

WAYS = ("first input", "initial state", "attention", "uniform", "hard", "none")


@dataclasses.dataclass(frozen=True)
class CaptionConfig:
    """How a picture reaches the writer.

    ``way``: "first input" (one vector, the mean of all places, read once, before the first word: Vinyals et al., 2015),
    "initial state" (the same vector, as what the memory starts with), "attention" (Xu et al., 2015), "uniform" (a mean at
    every step), "hard" (one place at every step, drawn by its share), "none" (blind).
    ``places`` N, each ``features`` wide, and after them ``extra`` numbers that are taken as they are (a box).
    ``positions``: whether the N-th place is always the same one, and has a learned vector that says so. ``width`` D of all
    vectors; ``inner`` k, in which places and state are compared.
    """

    way: str = "attention"
    places: int = 9
    features: int = 64
    extra: int = 0
    positions: bool = True
    width: int = 64
    inner: int = 64
    words: int = len(VOCAB)

    @classmethod
    def tiny(cls, way: str = "attention", **parts) -> CaptionConfig:
        """For tests: five places."""
        return cls(**{"way": way, "places": 5, "features": 7, "width": 6, "inner": 3, "words": 11, **parts})


class Attention(nnx.Module):
    """The parameters of :func:`attention.soft_attention`, and the function that uses them."""

    def __init__(self, config: CaptionConfig, *, rngs: nnx.Rngs):
        d, k = config.width, config.inner
        self.W_v = nnx.Param(init.lecun_normal()(rngs.params(), (d, k)))
        self.W_h = nnx.Param(init.lecun_normal()(rngs.params(), (d, k)))
        self.b = nnx.Param(init.put(np.zeros(k)))
        self.w = nnx.Param(init.normal(k**-0.5)(rngs.params(), (k,)))
        self.function = attention.uniform_attention if config.way == "uniform" else attention.soft_attention

    def __call__(self, places: jax.Array, h: jax.Array, mask: jax.Array) -> tuple[jax.Array, jax.Array]:
        """float32[B, N, D], float32[B, D], bool[B, N] → context float32[B, D], alpha float32[B, N]."""
        return self.function({name: getattr(self, name)[...] for name in ("W_v", "W_h", "b", "w")}, places, h, mask)


class Memory(nnx.Module):
    """The parameters of :func:`attention.lstm_step`, and the function that uses them."""

    def __init__(self, d: int, *, rngs: nnx.Rngs):
        for name in ("W_x", "W_z", "W_h"):
            setattr(self, name, nnx.Param(init.lecun_normal()(rngs.params(), (d, 4 * d))))
        self.b = nnx.Param(init.put(np.repeat([0.0, 1.0, 0.0, 0.0], d)))  # remembers at first
        self.function = attention.lstm_step

    def __call__(self, h: jax.Array, c: jax.Array, word: jax.Array, context: jax.Array) -> tuple[jax.Array, jax.Array]:
        """float32[B, D] each → the next (h, c)."""
        return self.function({name: getattr(self, name)[...] for name in ("W_x", "W_z", "W_h", "b")}, h, c, word, context)


class Captioner(nnx.Module):
    """Writes a caption of a picture, word by word."""

    def __init__(self, config: CaptionConfig, *, rngs: nnx.Rngs):
        known("way", config.way, WAYS)
        self.config, d = config, config.width
        self.looks = config.way in ("attention", "uniform", "hard")
        self.words = Embed(config.words, d, rngs=rngs)
        self.memory = Memory(d, rngs=rngs)
        self.unembed = Linear(d, config.words, rngs=rngs)
        if config.way == "none":
            return
        self.even = LayerNorm(config.features, rngs=rngs)
        self.place = Linear(config.features + config.extra, d, rngs=rngs)
        if config.positions:
            self.positions = Positions(config.places, d, rngs=rngs)
        if self.looks:
            self.attention = Attention(config, rngs=rngs)
            self.tell = Linear(d, d, rngs=rngs)
        else:
            self.norm = LayerNorm(d, rngs=rngs)
            self.vector = Linear(d, d, rngs=rngs)
        if config.way != "first input":
            self.begin = Linear(d, 2 * d, rngs=rngs)

    def start(self, image: jax.Array, mask: jax.Array | None = None) -> dict[str, jax.Array]:
        """The state before the first word.

        Parameters
        ----------
        image : float32[B, N, F], for each place its ``features`` and ``extra`` numbers; more than these are not read.
        mask : bool[B, N], False where a picture has no such place; ``None``: all are there.

        Returns
        -------
        dict
            ``h``, ``c`` float32[B, D], ``places`` float32[B, N, D], ``mask`` bool[B, N].
        """
        mask = jnp.ones(image.shape[:2], bool) if mask is None else mask
        d = self.config.width
        h = c = jnp.zeros((len(image), d))
        if self.config.way == "none":
            return {"h": h, "c": c, "places": jnp.zeros((*image.shape[:2], d)), "mask": mask}
        features = self.config.features
        extra = image[..., features : features + self.config.extra]
        places = self.place(jnp.concatenate([self.even(image[..., :features]), extra], -1))
        if self.config.positions:
            places = self.positions(places)
        places = jnp.where(mask[..., None], jnp.tanh(places), 0.0)  # (B, N, D)
        summary = places.sum(1) / jnp.maximum(mask.sum(1, keepdims=True), 1)  # (B, D)
        if not self.looks:
            summary = self.vector(self.norm(summary))
        if self.config.way == "first input":
            h, c = self.memory(h, c, summary, jnp.zeros_like(summary))
        else:
            h, c = jnp.split(self.begin(summary), 2, axis=-1)
        return {"h": h, "c": c, "places": places, "mask": mask}

    def advance(self, state: dict[str, jax.Array], word: jax.Array, chance: jax.Array | None = None):
        """Looks, then reads one word.

        Returns the next state; what the next word is told from, float32[B, D]: the memory and, directly, what was looked
        at (the "deep output" of Xu et al.); and alpha float32[B, N], zeros where nothing is looked at.

        ``word`` float32[B, D]; ``chance`` float32[B] in [0, 1): draws the place of a "hard" look, which without it falls
        on the likeliest.
        """
        context, alpha = jnp.zeros_like(state["h"]), jnp.zeros(state["mask"].shape)
        if self.looks:
            context, alpha = self.attention(state["places"], state["h"], state["mask"])
        if self.config.way == "hard":
            place = sample_place(alpha, chance) if chance is not None else alpha.argmax(-1)
            context = jnp.take_along_axis(state["places"], place[:, None, None], 1)[:, 0]
        h, c = self.memory(state["h"], state["c"], word, context)
        out = h + self.tell(context) if self.looks else h
        return {**state, "h": h, "c": c}, out, alpha

    def embed(self, token: jax.Array) -> jax.Array:
        """What is read of a word: int32[...] → float32[..., D]."""
        return self.words(token)

    def score(self, out: jax.Array, alpha: jax.Array, state: dict[str, jax.Array]) -> jax.Array:
        """Logits of what comes next: float32[B, T, D], float32[B, T, N] → float32[B, T, V]."""
        return self.unembed(out)

    def step(self, state: dict[str, jax.Array], token: jax.Array) -> tuple[dict[str, jax.Array], jax.Array]:
        """For ``decode``: state and int32[B] → the next state, log-probabilities float32[B, V]."""
        state, out, alpha = self.advance(state, self.embed(token))
        return state, jax.nn.log_softmax(self.score(out[:, None], alpha[:, None], state)[:, 0])

    def __call__(
        self, image: jax.Array, tokens: jax.Array, mask: jax.Array | None = None, chance: jax.Array | None = None
    ) -> tuple[jax.Array, dict[str, Any]]:
        """What comes next, at every place of given captions.

        Parameters
        ----------
        image, mask : as :meth:`start`.
        tokens : int32[B, T], of which all but the last are read.
        chance : float32[B, T], as :meth:`advance`.

        Returns
        -------
        logits : float32[B, T, V], each before its own word was read.
        aux : ``maps`` float32[B, T, N], where each word looked.
        """
        state = self.start(image, mask)
        read = jnp.pad(tokens[:, :-1], ((0, 0), (1, 0)), constant_values=BEGIN)  # (B, T)
        fixed = {name: array for name, array in state.items() if name not in ("h", "c")}

        def along(carry, xs):
            word, luck = xs
            state, out, alpha = self.advance({**carry, **fixed}, word, luck)
            return {"h": state["h"], "c": state["c"]}, (out, alpha)

        words = self.embed(read).swapaxes(0, 1)  # (T, B, D)
        luck = None if chance is None else chance.T
        _, (out, maps) = jax.lax.scan(along, {"h": state["h"], "c": state["c"]}, (words, luck))
        out, maps = out.swapaxes(0, 1), maps.swapaxes(0, 1)
        return self.score(out, maps, state), {"maps": maps}


def sample_place(alpha: jax.Array, chance: jax.Array) -> jax.Array:
    """A place for each row, drawn with probabilities alpha float32[B, N] by a number float32[B] in [0, 1): int[B]."""
    return jnp.minimum((jnp.cumsum(alpha, -1) <= chance[:, None]).sum(-1), alpha.shape[-1] - 1)
