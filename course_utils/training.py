"""The one training loop of the course.

A step is a pure function of (trainable parameters, optimizer state, batch). Many steps run inside one compiled
``jax.lax.scan``, so that Python is left only between chunks; buffers are donated; parts stay frozen because a filter
never hands them to the gradient or to the optimizer.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from tqdm import tqdm

Batch = Mapping[str, Any]


def adamw(weight_decay: float = 1e-2, clip: float = 1.0) -> optax.GradientTransformation:
    """AdamW's direction (Loshchilov & Hutter, 2019) after clipping the global norm, *without* a learning rate.

    The learning rate enters the training step as an input, so that another length or rate compiles nothing anew. All
    parameters are laid out as one vector, so that a program has one update to compile, not one for each of them.
    """
    return optax.flatten(
        optax.chain(optax.clip_by_global_norm(clip), optax.scale_by_adam(b2=0.99), optax.add_decayed_weights(weight_decay))
    )


ADAMW = adamw()


def muon(clip: float = 1.0, **options: float) -> optax.GradientTransformation:
    """Muon (Jordan et al., 2024) with clipping and without a learning rate: the step of a matrix changes all directions alike,
    which carries some of our transformers further in equal steps. ``options`` of ``optax.contrib.muon``."""
    polynomials = 5 * ((3.4445, -4.7750, 2.0315),)  # optax's own, one for each iteration: these run as a loop, which compiles once
    return optax.chain(optax.clip_by_global_norm(clip), optax.contrib.muon(-1.0, ns_coeffs=polynomials, **options))  # -1: the direction


def warmup_cosine(peak: float, steps: int, warmup: float = 0.1) -> np.ndarray:
    """Learning rates of a run: linear warm-up over a fraction of ``steps``, then a cosine to 0. float32[steps]."""
    t = (np.arange(steps) + 1) / max(steps, 1)
    return (peak * np.minimum(t / warmup, 0.5 * (1 + np.cos(np.pi * np.clip((t - warmup) / (1 - warmup), 0, 1))))).astype(np.float32)


@dataclasses.dataclass
class History:
    """What a run leaves behind.

    ``steps`` to take, ``chunk`` of them in one compiled program; ``loss`` float32[done]; ``metrics`` name →
    float32[done]; ``seconds`` so far; ``first_chunk_seconds`` of them until the first chunk was done, tracing and
    compilation included.
    """

    steps: int
    chunk: int
    loss: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0, np.float32))
    metrics: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)
    seconds: float = 0.0
    first_chunk_seconds: float = 0.0

    @property
    def done(self) -> int:
        """Steps taken so far."""
        return len(self.loss)

    @property
    def steps_per_second(self) -> float:
        """Steps per second after the first chunk; NaN before the second is done."""
        after_first = self.done - self.chunk
        return after_first / (self.seconds - self.first_chunk_seconds) if after_first > 0 else math.nan

    @property
    def seconds_left(self) -> float:
        """Expected seconds until the end; NaN before the second chunk is done."""
        return (self.steps - self.done) / self.steps_per_second

    def _add(self, loss: np.ndarray, metrics: Mapping[str, np.ndarray], seconds: float) -> None:
        self.loss = np.concatenate([self.loss, loss])
        self.metrics = {k: np.concatenate([self.metrics.get(k, v[:0]), v]) for k, v in metrics.items()}
        self.seconds = seconds
        if self.done == self.chunk:
            self.first_chunk_seconds = seconds


@dataclasses.dataclass
class Begun:
    """A run of :func:`fit` of which :func:`first_steps` let only the beginning happen.

    ``rates`` float32[steps], of all steps that it was to take; ``parameters``, how many numbers it trains; ``batches``,
    what was drawn for its first steps, and ``loss`` float32[taken], what came of them.
    """

    rates: np.ndarray
    parameters: int
    batches: list[Batch] = dataclasses.field(default_factory=list)
    loss: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0, np.float32))


_first_steps: tuple[int, list[Begun]] | None = None


@contextlib.contextmanager
def first_steps(count: int) -> Iterator[list[Begun]]:
    """Inside, every run of :func:`fit` takes its first ``count`` steps, at the rates that these would have, and stops.

    Yields a list in which each run is noted: what a run does shows in its first steps. With 0 a run draws its first batch,
    compiles nothing, and leaves the model as it is.
    """
    global _first_steps
    before, _first_steps = _first_steps, (count, [])
    try:
        yield _first_steps[1]
    finally:
        _first_steps = before


def train_step(graphdef, rest, optimizer, loss_fn, params, opt_state, batch: Batch, learning_rate):
    """One pure training step; returns (params, opt_state, loss, metrics).

    Slopes are taken with respect to ``params`` only: ``rest`` is constant here.
    """

    def objective(params):
        return loss_fn(nnx.merge(graphdef, params, rest), batch)

    (loss, metrics), grads = jax.value_and_grad(objective, has_aux=True)(params)
    direction, opt_state = optimizer.update(grads, opt_state, params)
    params = jax.tree.map(lambda p, d: (p - learning_rate * d).astype(p.dtype), params, direction)
    return params, opt_state, loss, metrics


def _begin(optimizer, params):
    """Copies of the parameters, so that the originals survive donation, and the optimizer's state; one program for all.

    The copies have fixed types, so that the second chunk compiles nothing anew.
    """
    params = jax.tree.map(lambda p: jnp.array(p, p.dtype), params)
    return params, optimizer.init(params)


def _clipped(params):
    """Parameters that were made with ``nnx.Param(…, at_most=limit)`` cut off there, all others as they are."""

    def clip(variable):
        limit = variable.get_metadata().get("at_most")
        return variable if limit is None else variable.replace(jnp.minimum(variable[...], limit))

    return jax.tree.map(clip, params, is_leaf=lambda node: isinstance(node, nnx.Variable))


@functools.partial(jax.jit, static_argnames=("graphdef", "optimizer", "loss_fn"), donate_argnames=("params", "opt_state"))
def _train_chunk(graphdef, optimizer, loss_fn, params, opt_state, rest, data, batches, learning_rates):
    """``lax.scan`` of :func:`train_step` over stacked batches [steps, B, ...]."""

    def body(carry, xs):
        batch, learning_rate = xs
        params, opt_state, loss, metrics = train_step(graphdef, rest, optimizer, loss_fn, *carry, {**data, **batch}, learning_rate)
        return (_clipped(params), opt_state), (loss, metrics)

    return jax.lax.scan(body, (params, opt_state), (batches, learning_rates))


def fit(
    model: nnx.Module,
    loss_fn: Callable[[nnx.Module, Batch], tuple[jax.Array, dict[str, jax.Array]]],
    sample: Callable[[np.random.Generator], Batch],
    *,
    steps: int,
    learning_rate: float | np.ndarray = 1e-3,
    data: Batch | None = None,
    trainable: Any = nnx.Param,
    optimizer: optax.GradientTransformation = ADAMW,
    seed: int = 0,
    chunk: int = 50,
    watch: Callable[[History], None] | None = None,
    progress: bool = True,
) -> History:
    """Trains ``model`` in place and returns its :class:`History`.

    Parameters
    ----------
    model
        Any NNX module. Its trainable parameters are replaced once, at the end (also when you interrupt the run). One made with
        ``nnx.Param(…, at_most=limit)`` is clipped to its limit after each step.
    loss_fn
        ``loss_fn(model, batch) → (scalar loss, dict of scalar metrics)``, pure. Define it once, at module or cell
        level: a fresh lambda every call compiles every call.
    sample
        ``sample(rng) → dict of NumPy arrays [B, ...]``: one batch, drawn on the host.
    steps
        How many steps; fixed, never a wall-clock budget.
    learning_rate
        Peak of :func:`warmup_cosine`, or the rates themselves as float32[steps].
    data
        Arrays that every batch shares (an atlas of pictures); they stay on the device. ``loss_fn`` sees
        ``{**data, **sample(rng)}``.
    trainable
        An NNX filter over the parameters: what it does not match is frozen, for the gradient and the optimizer alike.
    watch
        Called with the history after every chunk of at most ``chunk`` steps (a live figure, say).
    progress
        Show a progress bar where nothing watches.

    Raises ValueError if nothing is trainable, if ``steps`` is below 1, if the model keeps numbers that change without a
    slope (dropout, batch normalisation), or as soon as the loss stops being a finite number.
    """
    if steps < 1:
        raise ValueError(f"steps is {steps}; take at least 1.")
    graphdef, params, rest = nnx.split(model, trainable, ...)
    if not jax.tree.leaves(params):
        raise ValueError("The filter `trainable` matches no parameter of this model, so nothing would learn.")
    for path, variable in nnx.to_flat_state(rest):
        if isinstance(variable, (nnx.RngState, nnx.BatchStat)):
            raise ValueError(
                f"`{'.'.join(map(str, path))}` changes from step to step without a slope (a {type(variable).__name__}, as dropout and "
                "batch normalisation have), and `fit` carries parameters alone. Leave that layer out, or take LayerNorm or RMSNorm."
            )
    rates = warmup_cosine(learning_rate, steps) if np.ndim(learning_rate) == 0 else np.asarray(learning_rate, np.float32)
    if rates.shape != (steps,):
        raise ValueError(f"learning_rate has shape {rates.shape}; expected one number, or shape ({steps},).")
    begun = None
    if _first_steps is not None:
        begun = Begun(rates, sum(leaf.size for leaf in jax.tree.leaves(params)))
        _first_steps[1].append(begun)
        steps = min(_first_steps[0], steps)
        if steps == 0:
            begun.batches.append(sample(np.random.default_rng(seed)))
            return History(0, 0)

    everywhere, split_batch = _shardings()
    params, rest, data = jax.device_put((params, rest, dict(data or {})), everywhere)
    params, opt_state = jax.jit(_begin, static_argnums=0, out_shardings=everywhere)(optimizer, params)
    rng = np.random.default_rng(seed)
    size = _chunk_size(steps, chunk)
    history, start = History(steps, size), time.perf_counter()
    bar = tqdm(total=steps, disable=not progress or watch is not None, unit="step", mininterval=1.0)
    with bar, _interrupted_keeps(model) as keep:
        while history.done < steps:
            host = [sample(rng) for _ in range(min(size, steps - history.done))]
            if begun is not None:
                begun.batches += host
            batches = {k: split_batch(np.stack([b[k] for b in host])) for k in host[0]}
            chunk_rates = jax.device_put(rates[history.done : history.done + len(host)], everywhere)
            (params, opt_state), (loss, metrics) = _train_chunk(
                graphdef, optimizer, loss_fn, params, opt_state, rest, data, batches, chunk_rates
            )
            keep(params)
            loss, metrics = jax.device_get((loss, metrics))
            if not np.isfinite(loss).all():
                raise ValueError(
                    f"The loss was no longer a finite number at step {history.done + int(np.argmin(np.isfinite(loss)))}; "
                    "the model keeps the parameters it had before this run. "
                    "Try a smaller learning rate, and look for a log or a division that meets 0."
                )
            history._add(loss, metrics, time.perf_counter() - start)
            bar.update(len(host))
            bar.set_postfix(loss=f"{loss[-1]:.3f}")
            if watch is not None:
                watch(history)
    nnx.update(model, params)
    if begun is not None:
        begun.loss = history.loss
    return history


@contextlib.contextmanager
def _interrupted_keeps(model: nnx.Module):
    """Yields ``keep(params)``; when the learner interrupts, the model gets what was kept last."""
    kept = []

    def keep(params):
        kept[:] = [params]

    try:
        yield keep
    except KeyboardInterrupt:
        if kept and not any(p.is_deleted() for p in jax.tree.leaves(kept)):
            nnx.update(model, kept[0])
        raise


def predict(model: nnx.Module, fn: Callable[[nnx.Module, Batch], Any], batch: Batch, size: int = 256) -> Any:
    """``fn(model, batch)`` over any number of rows, ``size`` at a time with one compiled program.

    ``batch`` holds arrays [n, ...]; returns NumPy arrays [n, ...] in the structure of ``fn``'s result; n may be 0.
    """
    graphdef, state = nnx.split(model)
    n = len(next(iter(batch.values())))
    if n == 0:
        one = {k: jax.ShapeDtypeStruct((1, *np.shape(v)[1:]), np.asarray(v).dtype) for k, v in batch.items()}
        return jax.tree.map(lambda a: np.zeros((0, *a.shape[1:]), a.dtype), _apply.eval_shape(graphdef, fn, state, one))
    parts = []
    for start in range(0, n, size):
        rows = np.minimum(np.arange(start, start + size), n - 1)  # the last block is filled with its last row
        part = _apply(graphdef, fn, state, {k: np.asarray(v)[rows] for k, v in batch.items()})
        parts.append(jax.tree.map(lambda a, start=start: np.asarray(a)[: n - start], part))
    return jax.tree.map(lambda *a: np.concatenate(a), *parts)


@functools.partial(jax.jit, static_argnames=("graphdef", "fn"))
def _apply(graphdef, fn, state, batch):
    return fn(nnx.merge(graphdef, state), batch)


def _chunk_size(steps: int, most: int) -> int:
    """The largest divisor of ``steps`` up to ``most``, so that one compiled chunk serves the whole run; if all are small,
    ``most``, and the last chunk is shorter, a program of its own."""
    divisor = next(size for size in range(min(steps, most), 0, -1) if steps % size == 0)
    return divisor if 2 * divisor >= min(steps, most) else most


def _shardings() -> tuple[NamedSharding, Callable[[np.ndarray], jax.Array]]:
    """A sharding that copies to every device, and a function that spreads [steps, B, ...] over them along B.

    A batch that the devices do not divide is copied to all of them: slower, never wrong.
    """
    mesh = Mesh(np.asarray(jax.devices()), ("batch",))
    everywhere = NamedSharding(mesh, PartitionSpec())
    spread = NamedSharding(mesh, PartitionSpec(None, "batch"))

    def split(stacked: np.ndarray) -> jax.Array:
        divides = stacked.ndim > 1 and stacked.shape[1] % mesh.size == 0
        return jax.device_put(stacked, spread if divides else everywhere)

    return everywhere, split
