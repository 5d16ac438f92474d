"""What tokens and places start as: a vector each, learned."""

from __future__ import annotations

import jax
import numpy as np
from flax import nnx

from course_utils.nn import init
from course_utils.nn.linear import Linear


class Embed(nnx.Embed):
    """A table of ``count`` vectors; int32[...] → float32[..., D]. Rows start with length about 1."""

    def __init__(self, count: int, width: int, *, rngs: nnx.Rngs):
        super().__init__(count, width, embedding_init=init.normal(width**-0.5), rngs=rngs)


def extend_rows(embed: Embed, count: int, *, rngs: nnx.Rngs) -> Embed:
    """A table of ``count`` vectors whose first rows are those of ``embed``; the others start as :class:`Embed` starts.

    Raises ValueError if ``embed`` has more than ``count``.
    """
    longer = Embed(count, embed.features, rngs=rngs)
    longer.embedding[...] = _in_front(embed.embedding, longer.embedding, axis=0)
    return longer


def extend_columns(linear: Linear, count: int, *, rngs: nnx.Rngs) -> Linear:
    """A layer with ``count`` outputs, say logits of more words, whose first are those of ``linear``.

    Raises ValueError if ``linear`` has more than ``count``.
    """
    wider = Linear(linear.in_features, count, use_bias=linear.bias is not None, rngs=rngs)
    wider.kernel[...] = _in_front(linear.kernel, wider.kernel, axis=1)
    if linear.bias is not None:
        wider.bias[...] = _in_front(linear.bias, wider.bias, axis=0)
    return wider


def _in_front(old: nnx.Param, new: nnx.Param, axis: int) -> jax.Array:
    """``new``, its first entries along an axis those of ``old``."""
    have, count = old.shape[axis], new.shape[axis]
    if have > count:
        raise ValueError(f"There are {have} words already; {count} would be fewer. Give {have} or more.")
    rest = np.split(np.asarray(new[...]), [have], axis)[1]
    return init.put(np.concatenate([np.asarray(old[...]), rest], axis))


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
