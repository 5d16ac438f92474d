"""The things of a picture as one sequence of tokens (Pix2Seq: Chen et al., 2022), and tokens that can only be boxes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from course_utils.decode import State, Step
from course_utils.errors import known
from course_utils.models.grounding.codes import Code

ARRANGEMENTS = ("random", "sorted", "size")


@dataclasses.dataclass(frozen=True)
class Layout:
    """Where the tokens of boxes are in a vocabulary: ``code.bins`` locations, and behind them the kinds.

    Attributes
    ----------
    code : of the four coordinates; not ``"corners"``.
    first : the token of location 0.
    kinds : K, how many.
    end : the token that ends a sequence.
    size : V, of the vocabulary.

    Raises ValueError if the tokens do not fit in, or ``end`` is one of them.
    """

    code: Code
    first: int
    kinds: int
    end: int
    size: int

    def __post_init__(self) -> None:
        behind = self.first + self.code.bins + self.kinds
        if self.code.form == "corners" or not 0 <= self.first <= behind <= self.size or self.end in range(self.first, behind):
            raise ValueError(
                f"Locations and kinds take tokens {self.first} to {behind - 1} of {self.size}, four locations a box; "
                f"make room for them, with end ({self.end}) outside."
            )


def write(
    boxes: np.ndarray, kinds: np.ndarray, layout: Layout, arrangement: str = "random", rng: np.random.Generator | None = None
) -> list[int]:
    """Four locations and the kind of each thing, then the end.

    Parameters
    ----------
    boxes : float[n, 4], fractions. kinds : int[n]
    arrangement : of the things: ``"random"``, drawn with ``rng``; ``"sorted"``, whose upper left corner is nearest to the
        picture's first; ``"size"``, the largest first.

    Raises
    ------
    ValueError
        If the arrangement is unknown, or random without ``rng``, or a kind is none of the layout's.
    """
    known("arrangement", arrangement, ARRANGEMENTS)
    boxes, kinds = np.asarray(boxes, float).reshape(-1, 4), np.asarray(kinds, int)
    if ((kinds < 0) | (kinds >= layout.kinds)).any():
        raise ValueError(f"Kinds are 0 to {layout.kinds - 1} here, not {kinds.tolist()}.")
    if arrangement == "random":
        if rng is None:
            raise ValueError("To draw an order at random, give a generator: rng=np.random.default_rng(0).")
        order = rng.permutation(len(boxes))
    else:
        far, area = np.hypot(boxes[:, 0], boxes[:, 1]), np.prod(boxes[:, 2:] - boxes[:, :2], 1)
        order = np.argsort(far if arrangement == "sorted" else -area, kind="stable")
    groups = np.column_stack([layout.code.encode(boxes), layout.code.bins + kinds])[order]
    return [*(layout.first + groups).ravel().tolist(), layout.end]


def read(tokens: Sequence[int], layout: Layout) -> tuple[np.ndarray, np.ndarray, int]:
    """What :func:`write` wrote, or a model.

    Returns
    -------
    boxes : float64[n, 4]
    kinds : int64[n]
    skipped : how many stretches, each up to the next kind or to the end, were no box: other than four locations before the kind, or a
        lower right corner that is not below and to the right of the upper left one.
    """
    groups, stretch, skipped, bins = [], [], 0, layout.code.bins
    for token in np.asarray(tokens, int).tolist():
        if token == layout.end:
            break
        stretch.append(token - layout.first)
        if bins <= stretch[-1] < bins + layout.kinds:
            good = len(stretch) == 5 and all(0 <= a < b < bins for a, b in (stretch[0:3:2], stretch[1:4:2]))
            groups += [stretch] * good
            skipped, stretch = skipped + (not good), []
    found = np.array(groups, int).reshape(-1, 5)
    return layout.code.decode(found[:, :4]), found[:, 4] - bins, skipped + bool(stretch)


def legal(tokens: jax.Array, layout: Layout) -> jax.Array:
    """Which tokens may come next, so that what is written is whole boxes of some size, their kinds, and the end.

    int[..., T], of which the last four count → bool[..., V]. A box may begin behind anything that is no location. Jittable.
    """
    tokens, bins = jnp.asarray(tokens, jnp.int32), layout.code.bins
    padded = jnp.pad(tokens, [(0, 0)] * (tokens.ndim - 1) + [(4, 0)], constant_values=-1)
    before = padded[..., -4:] - layout.first
    run = jnp.cumprod(((before >= 0) & (before < bins))[..., ::-1].astype(jnp.int32), -1).sum(-1, keepdims=True)  # locations so far
    place = jnp.arange(layout.size) - layout.first
    above = jnp.where(run >= 2, before[..., -2:-1], -1)  # the lower bound of the same axis
    location = (place > above) & (place < bins - (run < 2))  # the first two leave room for a larger one
    kind = (place >= bins) & (place < bins + layout.kinds)
    return jnp.where(run == 4, kind, location | (run == 0) & (jnp.arange(layout.size) == layout.end))


def constrained(step: Step, layout: Layout) -> Step:
    """A step of :mod:`~course_utils.decode` that gives all but :func:`legal` tokens the probability 0.

    Its state is a pair, ``step``'s and the last four tokens: begin with ``(state, jnp.full((B, 4), -1))``.
    """

    def legal_step(state: tuple[State, jax.Array], token: jax.Array) -> tuple[tuple[State, jax.Array], jax.Array]:
        recent = jnp.concatenate([state[1][:, 1:], token[:, None]], 1)
        inner, log_probs = step(state[0], token)
        return (inner, recent), jax.nn.log_softmax(jnp.where(legal(recent, layout), log_probs, -jnp.inf))

    return legal_step
