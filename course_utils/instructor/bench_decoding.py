"""``python -m course_utils.instructor.bench_decoding``: what a cache of keys and values saves the course's language model.

Greedy decoding of texts of 64 tokens, with the cache and without: then one compiled program reads the whole padded text anew
for every token, though it asks for the logits of one place only. And the last 16 tokens against the first 16, by one program
in one cache. Weights are random, which takes as long. Compare what was measured in one run only. Prints one JSON.
"""

import argparse
import functools
import json

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from course_utils import decode
from course_utils.experiments.timing import in_turns, ratio
from course_utils.instructor.bench import short
from course_utils.nn.lm import LanguageModel, numbered
from course_utils.towers import language

LENGTH, PART = 64, 16
BEGIN, END = 1, 2  # any two tokens


@functools.partial(jax.jit, static_argnames=("graphdef", "count"))
def cached(graphdef, state, cache, position: jax.Array, count: int) -> decode.Written:
    """Writes ``count`` tokens of every text; each reads the one before it, the first at ``position`` int32[B]."""
    model = nnx.merge(graphdef, state)

    def read(tokens, position, cache, context):
        return model.read(model.embed(tokens), position, cache)

    start = decode.Reading(position, cache, ())
    return decode.greedy(decode.cached_step(read), start, len(position), begin=BEGIN, end=END, length=count)


@functools.partial(jax.jit, static_argnames=("graphdef", "batch", "length"))
def uncached(graphdef, state, batch: int, length: int) -> decode.Written:
    """``length`` tokens of ``batch`` texts, all of a text read for each of them."""
    model = nnx.merge(graphdef, state)

    def step(state, token):
        texts, place = state
        texts = texts.at[:, place].set(token)
        x = model.embed(texts)
        for block in model.blocks:
            x, _ = block(x, numbered(texts))
        return (texts, place + 1), jax.nn.log_softmax(model.logits(x[:, place]))

    start = jnp.zeros((batch, length), jnp.int32), 0
    return decode.greedy(step, start, batch, begin=BEGIN, end=END, length=length)


def measure_batch(model: LanguageModel, batch: int, rounds: int = 7, length: int = LENGTH, part: int = PART) -> dict:
    """Tokens a second with the cache and without, and two ratios of seconds. Both ways write the same, or it refuses."""
    graphdef, state = nnx.split(model)
    empty = model.empty_cache(batch, length)

    def from_place(place: int, count: int):
        position = np.full(batch, place, np.int32)
        return lambda: cached(graphdef, state, empty, position, count)

    jobs = {"cached": from_place(0, length), "uncached": lambda: uncached(graphdef, state, batch, length)}
    np.testing.assert_allclose(jobs["cached"]().log_prob, jobs["uncached"]().log_prob, rtol=1e-4)
    seconds = in_turns(jobs, rounds)
    # a few milliseconds each: one that has to wait for another program is an outlier, and many turns outvote it
    seconds |= in_turns({"first": from_place(0, part), "last": from_place(length - part, part)}, 9 * rounds)
    return {
        "cached_tokens_per_s": batch * length / float(np.median(seconds["cached"])),
        "uncached_tokens_per_s": batch * length / float(np.median(seconds["uncached"])),
        "cached_is_faster": ratio(seconds["uncached"], seconds["cached"]),
        f"last_{part}_against_first": ratio(seconds["last"], seconds["first"]),
    }


def measure(rounds: int = 7) -> dict:
    """The course's language model at batches of 1 and 32."""
    model = language.untrained()
    return {f"batch_{batch}": measure_batch(model, batch, rounds) for batch in (1, 32)}


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(json.dumps(short(measure()), indent=2))
