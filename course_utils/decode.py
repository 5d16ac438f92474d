"""Writing word by word: greedy, at random, and by beam search, with any model that says what comes next.

A model enters as ``step(state, token) → (state, log-probabilities)``: ``state`` is a tree of arrays [B, ...], ``token``
int32[B], the log-probabilities float32[B, V]. All are pure and run inside one ``lax.scan``; jit their caller.
A transformer that keeps keys and values becomes such a step by :func:`cached_step`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from course_utils.text import PAD

State = Any
Step = Callable[[State, jax.Array], tuple[State, jax.Array]]


class Written(NamedTuple):
    """What was written.

    Attributes
    ----------
    tokens : int32[..., T]; from ``end`` on, every token is ``end``.
    log_prob : float32[...], of the whole text, its ``end`` included.
    length : int32[...], how many tokens were written, ``end`` included.
    """

    tokens: jax.Array
    log_prob: jax.Array
    length: jax.Array


class Reading(NamedTuple):
    """How far texts were read.

    Attributes
    ----------
    position : int32[B], the place of the next token in each text.
    cache : tree of arrays [B, S, ...], what the model keeps of the tokens before; S places.
    context : tree of arrays [B, ...], what the model looks at beside the text.
    """

    position: jax.Array
    cache: Any
    context: Any


# tokens int32[B, T], position int32[B, T], cache, context → logits float32[B, T, V], cache
Read = Callable[[jax.Array, jax.Array, Any, Any], tuple[jax.Array, Any]]


def read_prompts(read: Read, prompts: jax.Array, cache: Any, context: Any = ()) -> tuple[Reading, jax.Array]:
    """Reads whole prompts, int32[B, T], padded on the right with :data:`~course_utils.text.PAD`.

    Returns the state for :func:`cached_step`, and the last token of each prompt, int32[B]: the search ``begin``s with it.
    ``cache`` is empty, with room for the prompts and for all that is to be written.
    """
    places = jnp.broadcast_to(jnp.arange(prompts.shape[1]), prompts.shape)
    _, cache = read(prompts, places, cache, context)
    last = jnp.maximum((prompts != PAD).sum(-1) - 1, 0)
    return Reading(last, cache, context), jnp.take_along_axis(prompts, last[:, None], 1)[:, 0]


def cached_step(read: Read) -> Step:
    """A step that reads one token of every text, at the price of one: what stands before it is in the cache."""

    def step(state: Reading, token: jax.Array) -> tuple[Reading, jax.Array]:
        logits, cache = read(token[:, None], state.position[:, None], state.cache, state.context)
        return Reading(state.position + 1, cache, state.context), jax.nn.log_softmax(logits[:, 0])

    return step


def greedy(step: Step, state: State, batch: int, *, begin: int | jax.Array, end: int, length: int) -> Written:
    """The likeliest next token, again and again: tokens int32[B, T] with T = ``length``, log_prob float32[B].

    ``begin``: the token that stands before, one for all or int32[B].
    """
    return _one_by_one(step, state, batch, None, begin, end, length)


def sample(step: Step, state: State, batch: int, noise: jax.Array, *, begin: int | jax.Array, end: int) -> Written:
    """A next token at random, again and again, each as likely as the model says: as :func:`greedy`.

    ``noise`` float32[B, T, V] of :func:`gumbel` decides; where it is 0, the likeliest token is taken.
    """
    return _one_by_one(step, state, batch, jnp.swapaxes(noise, 0, 1), begin, end, noise.shape[1])


def gumbel(rng: np.random.Generator, batch: int, length: int, vocabulary: int, temperature: float = 1.0) -> np.ndarray:
    """Noise for :func:`sample`, float32[B, T, V]: the largest of log-probabilities with Gumbel noise is a draw from them.

    ``temperature``: below 1 likely tokens become likelier, at 0 the likeliest is certain. Raises ValueError if it is below 0.
    """
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}; take 0 for the likeliest token, 1 for what the model says.")
    return (temperature * rng.gumbel(size=(batch, length, vocabulary))).astype(np.float32)


def _one_by_one(step: Step, state: State, batch: int, noise: jax.Array | None, begin: int | jax.Array, end: int, length: int) -> Written:
    """One token after the other, the largest log-probability with ``noise`` float32[T, B, V] added."""

    def write(carry, added):
        state, token, score, finished = carry
        state, log_probs = step(state, token)
        liked = log_probs if added is None else log_probs + added
        token = jnp.where(finished, end, liked.argmax(-1).astype(jnp.int32))
        gain = jnp.take_along_axis(log_probs, token[:, None], 1)[:, 0]
        score += jnp.where(finished, 0.0, gain)
        return (state, token, score, finished | (token == end)), token

    first = jnp.broadcast_to(jnp.asarray(begin, jnp.int32), (batch,))
    carry = (state, first, jnp.zeros(batch), jnp.zeros(batch, bool))
    (_, _, score, _), tokens = jax.lax.scan(write, carry, noise, length)
    tokens = tokens.T
    return Written(tokens, score, _length(tokens, end))


def beam_step(scores: jax.Array, log_probs: jax.Array, finished: jax.Array, end: int) -> tuple[jax.Array, jax.Array, jax.Array]:
    """The K best ways to continue K texts by one token.

    A finished text has one continuation, ``end`` again, which costs nothing.

    Parameters
    ----------
    scores : float32[K], the log-probability of each text so far; -inf for a text that does not count.
    log_probs : float32[K, V], of the next token.
    finished : bool[K]
    end : the token that finishes a text.

    Returns
    -------
    scores : float32[K], highest first.
    parents : int32[K], which text each one continues.
    tokens : int32[K], with which token.
    """
    vocabulary = log_probs.shape[1]
    stays = jnp.where(jnp.arange(vocabulary) == end, 0.0, -jnp.inf)
    total = scores[:, None] + jnp.where(finished[:, None], stays, log_probs)  # (K, V)
    best, place = jax.lax.top_k(total.ravel(), len(scores))
    return best, place // vocabulary, place % vocabulary


def beam(
    step: Step, state: State, batch: int, *, begin: int, end: int, length: int, width: int, power: float = 0.0, select: Callable = beam_step
) -> Written:
    """Keeps the ``width`` = K likeliest texts at every length (Graves, 2012; Sutskever et al., 2014).

    Parameters
    ----------
    power : the finished texts are ranked by log-probability / length ** power. 0 ranks by log-probability alone, which
        favours short texts; 1 by the mean over tokens.
    select : another implementation of :func:`beam_step`.

    Returns
    -------
    Written
        All K texts, the best first: tokens int32[B, K, T], log_prob and length [B, K].
    """
    rows = jnp.arange(batch)[:, None]
    chosen = jax.vmap(select, (0, 0, 0, None))

    def of_parents(tree: State, parents: jax.Array) -> State:
        return jax.tree.map(lambda a: a.reshape(batch, width, *a.shape[1:])[rows, parents].reshape(a.shape), tree)

    def write(carry, t):
        state, token, scores, finished, texts = carry
        state, log_probs = step(state, token.ravel())
        scores, parents, token = chosen(scores, log_probs.reshape(batch, width, -1), finished, end)
        parents, token = parents.astype(jnp.int32), token.astype(jnp.int32)
        texts = texts[rows, parents].at[:, :, t].set(token)
        return (of_parents(state, parents), token, scores, finished[rows, parents] | (token == end), texts), None

    state = jax.tree.map(lambda a: jnp.repeat(a, width, 0), state)
    only_first = jnp.where(jnp.arange(width) == 0, 0.0, -jnp.inf)  # all K start alike: one of them is enough
    carry = (
        state,
        jnp.broadcast_to(jnp.asarray(begin, jnp.int32)[..., None], (batch, width)),
        jnp.broadcast_to(only_first, (batch, width)),
        jnp.zeros((batch, width), bool),
        jnp.full((batch, width, length), end, jnp.int32),
    )
    (_, _, scores, _, texts), _ = jax.lax.scan(write, carry, jnp.arange(length))
    lengths = _length(texts, end)
    order = jnp.argsort(-scores / lengths**power, axis=1, stable=True)
    return Written(texts[rows, order], scores[rows, order], lengths[rows, order])


def _length(tokens: jax.Array, end: int) -> jax.Array:
    """How many tokens of int32[..., T] were written, ``end`` included."""
    return jnp.minimum((tokens != end).sum(-1) + 1, tokens.shape[-1])
