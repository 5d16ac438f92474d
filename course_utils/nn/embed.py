"""What tokens and places start as: a vector each, learned."""

from __future__ import annotations

import jax
from flax import nnx

from course_utils.nn import init


class Embed(nnx.Embed):
    """A table of ``count`` vectors; int32[...] → float32[..., D]. Rows start with length about 1."""

    def __init__(self, count: int, width: int, *, rngs: nnx.Rngs):
        super().__init__(count, width, embedding_init=init.normal(width**-0.5), rngs=rngs)


class Positions(nnx.Module):
    """Adds a learned vector to each place; float32[B, T, D] → the same, T at most ``count``.

    ``std``: how far apart places start. A miniature that must tell places apart soon wants more than the usual 0.02.
    """

    def __init__(self, count: int, width: int, *, std: float = 0.3, rngs: nnx.Rngs):
        self.table = nnx.Param(init.normal(std)(rngs.params(), (count, width)))

    def __call__(self, x: jax.Array) -> jax.Array:
        table = self.table[...]
        if x.shape[-2] > len(table):
            raise ValueError(f"There are {x.shape[-2]} tokens but only {len(table)} positions; build more of them.")
        return x + table[: x.shape[-2]]
