"""The long short-term memory (Hochreiter & Schmidhuber, 1997), with the forget gate of Gers et al. (2000)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import nnx

from course_utils.nn.linear import Linear

Carry = tuple[jax.Array, jax.Array]


def update(gates: jax.Array, c: jax.Array, forget_bias: float = 0.0) -> Carry:
    """One step of memory, c' = f ∘ c + i ∘ g and h' = o ∘ tanh(c').

    The gates float32[B, 4 D], before their nonlinearities, lie side by side in the order i, f, g, o; c float32[B, D].
    ``forget_bias`` is added to f: above 0, a memory remembers at first. Returns the next (h, c).
    """
    i, f, g, o = jnp.split(gates, 4, axis=-1)  # (B, D) each
    c = jax.nn.sigmoid(f + forget_bias) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


class LSTMCell(nnx.Module):
    """One step of memory, every gate from the input and from h.

    Kept in two halves, because the input's half does not wait for the step before it.
    """

    def __init__(self, d_in: int, width: int, *, rngs: nnx.Rngs):
        self.width = width
        self.input = Linear(d_in, 4 * width, rngs=rngs)
        self.recurrent = Linear(width, 4 * width, use_bias=False, rngs=rngs)

    def start(self, batch: int) -> Carry:
        """(h, c), both 0: float32[B, D]."""
        return jnp.zeros((batch, self.width)), jnp.zeros((batch, self.width))

    def step(self, carry: Carry, from_input: jax.Array) -> Carry:
        """(h, c) and the input's half of the gates, float32[B, 4 D] → the next (h, c)."""
        h, c = carry
        return update(from_input + self.recurrent(h), c, forget_bias=1.0)

    def __call__(self, carry: Carry, x: jax.Array) -> Carry:
        """(h, c) float32[B, D] and x float32[B, d_in] → the next (h, c)."""
        return self.step(carry, self.input(x))


class LSTM(nnx.Module):
    """An :class:`LSTMCell` along a text. Where the mask is False, time stands still."""

    def __init__(self, d_in: int, width: int, *, rngs: nnx.Rngs):
        self.cell = LSTMCell(d_in, width, rngs=rngs)

    def __call__(self, x: jax.Array, mask: jax.Array | None = None) -> tuple[jax.Array, dict[str, jax.Array]]:
        """Reads from left to right.

        Parameters
        ----------
        x : float32[B, T, d_in]
        mask : bool[B, T], False at padding.

        Returns
        -------
        y : float32[B, D], the state after the last word.
        aux : ``states`` float32[B, T, D], after every word; at padding the state before it.
        """
        mask = jnp.ones(x.shape[:2], bool) if mask is None else mask

        def step(carry, xs):
            from_input, here = xs
            stepped = self.cell.step(carry, from_input)
            carry = jax.tree.map(lambda new, old: jnp.where(here[:, None], new, old), stepped, carry)
            return carry, carry[0]

        along_time = jax.tree.map(lambda a: a.swapaxes(0, 1), (self.cell.input(x), mask))
        (h, _), states = jax.lax.scan(step, self.cell.start(len(x)), along_time)
        return h, {"states": states.swapaxes(0, 1)}
