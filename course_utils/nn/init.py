"""Initialisers that draw in NumPy.

Every random draw that JAX makes eagerly is a program of its own that must be compiled: on a CPU, initialising a small
model that way costs as much as compiling its training step. These initialisers have the signature that Flax expects,
``init(key, shape, dtype)``, and give the same numbers on every device and release.

Each is made once: a layer may keep its initialiser, and two models are only recognised as the same program if they
keep the same one.
"""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np


def _generator(key: jax.Array) -> np.random.Generator:
    """A NumPy generator seeded by a JAX key."""
    return np.random.default_rng(np.asarray(jax.random.key_data(key)).astype(np.uint32).ravel())


def put(array, dtype=jnp.float32) -> jax.Array:
    """A NumPy array, or a number, on the device.

    ``jnp.asarray`` does the same, and on JAX 0.12 compiles a program for every new shape.
    """
    return jax.device_put(np.asarray(array, dtype))


def zeros(key, shape, dtype=jnp.float32, out_sharding=None) -> jax.Array:
    """The initialiser of biases."""
    return put(np.zeros(shape), dtype)


def ones(key, shape, dtype=jnp.float32, out_sharding=None) -> jax.Array:
    """The initialiser of scales."""
    return put(np.ones(shape), dtype)


@functools.cache
def normal(std: float):
    """Normal with mean 0 and standard deviation ``std``."""

    def init(key, shape, dtype=jnp.float32, out_sharding=None):
        if isinstance(key, jax.core.Tracer):  # inside eval_shape or jit only the shape matters
            return std * jax.random.normal(key, shape, dtype)
        return put(_generator(key).normal(0.0, std, shape), dtype)

    return init


@functools.cache
def lecun_normal():
    """Normal with variance 1 / fan-in, where fan-in is every axis but the last (LeCun et al., 1998)."""

    def init(key, shape, dtype=jnp.float32, out_sharding=None):
        return normal(1.0 / np.sqrt(np.prod(shape[:-1])))(key, shape, dtype)

    return init
