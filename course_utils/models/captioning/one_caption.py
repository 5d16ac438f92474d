"""A decoder that learns to say one fixed caption of random "image features": what it shows, and what it cannot.

Its look is a scalar product of the state with each place, and its state starts at 0: so its first look is uniform, before
training and after.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from course_utils import training
from course_utils.models.captioning.attention import lstm_step
from course_utils.nn import init
from course_utils.nn.embed import Embed
from course_utils.nn.linear import Linear

WORDS = ("<begin>", "a", "red", "car", "<end>")
CAPTION = np.array([1, 2, 3, 4], np.int32)
PLACES, FEATURES, WIDTH = 16, 32, 32


class OneCaptionDecoder(nnx.Module):
    """Looks by a scalar product, reads a word, says the next."""

    def __init__(self, *, rngs: nnx.Rngs):
        self.words = Embed(len(WORDS), WIDTH, rngs=rngs)
        self.query = nnx.Param(init.normal(0.1)(rngs.params(), (WIDTH, FEATURES)))
        self.W_x, self.W_h = (nnx.Param(init.lecun_normal()(rngs.params(), (WIDTH, 4 * WIDTH))) for _ in range(2))
        self.W_z = nnx.Param(init.lecun_normal()(rngs.params(), (FEATURES, 4 * WIDTH)))
        self.b = nnx.Param(init.put(np.zeros(4 * WIDTH)))
        self.say = Linear(WIDTH, len(WORDS), rngs=rngs)

    def __call__(self, image: jax.Array, tokens: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
        """float32[B, 16, 32], int32[B, 4] → logits float32[B, 4, 5]; ``maps`` float32[B, 4, 16]."""
        params = {name: getattr(self, name)[...] for name in ("W_x", "W_z", "W_h", "b")}
        read = jnp.pad(tokens[:, :-1], ((0, 0), (1, 0)))  # begin, then all but the last
        h = c = jnp.zeros((len(image), WIDTH))
        logits, maps = [], []
        for t in range(tokens.shape[1]):
            alpha = jax.nn.softmax(jnp.einsum("bnf,bf->bn", image, h @ self.query[...]))  # at first h = 0: uniform
            context = jnp.einsum("bn,bnf->bf", alpha, image)
            h, c = lstm_step(params, h, c, self.words(read[:, t]), context)
            logits.append(self.say(h))
            maps.append(alpha)
        return jnp.stack(logits, 1), {"maps": jnp.stack(maps, 1)}


def random_image(seed: int = 42) -> np.ndarray:
    """Random "image features" of a 4 × 4 grid: float32[1, 16, 32]."""
    return np.random.default_rng(seed).normal(size=(1, PLACES, FEATURES)).astype(np.float32)


def _loss(model: OneCaptionDecoder, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    logits, _ = model(batch["image"], batch["tokens"])
    return optax.softmax_cross_entropy_with_integer_labels(logits, batch["tokens"]).mean(), {}


def train(model: OneCaptionDecoder, image: np.ndarray, steps: int = 100) -> training.History:
    """Teaches the caption, of one picture, in place."""
    batch = {"image": image, "tokens": CAPTION[None]}
    return training.fit(model, _loss, lambda rng: batch, steps=steps, learning_rate=1e-2, chunk=50, progress=False)


@functools.partial(jax.jit, static_argnames="graphdef")
def _greedy(graphdef, state, image):
    model, tokens = nnx.merge(graphdef, state), jnp.zeros((1, 4), jnp.int32)
    for t in range(4):  # each word is read before the next is said
        logits, aux = model(image, tokens)
        tokens = tokens.at[:, t].set(logits[:, t].argmax(-1).astype(jnp.int32))
    return tokens, aux["maps"]


def write(model: OneCaptionDecoder, image: np.ndarray) -> tuple[list[str], np.ndarray]:
    """What the decoder says of a picture, word by word, and where it looked before each word: float32[4, 16]."""
    tokens, maps = _greedy(*nnx.split(model), image)
    return [WORDS[token] for token in tokens[0].tolist()], np.asarray(maps[0])
