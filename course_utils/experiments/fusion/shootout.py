"""Fusion functions at equal numbers of parameters, on answers that are a sum of two says and on answers that are not.

Two vectors of 24 numbers come in, one of 12 answers goes out. What decides is known, because we made it: "sum", every
answer's score is what v says plus what h says; "few products", it is a bilinear form of rank 6, so that what v says
depends on h; "all products", a bilinear form of full rank, 6,912 independent numbers. After the comparisons of Kim et al.,
2017 (MLB) and Ben-younes et al., 2017 (MUTAN), in which everything but the fusion is kept.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import jax
import numpy as np
import optax
from flax import nnx

from course_utils import training
from course_utils.arms import Arm
from course_utils.errors import known
from course_utils.models import fusion

TASKS = ("sum", "few products", "all products")
D, ANSWERS, RANK = 24, 12, 6
BUDGETS = (1000, 2000, 4000, 8000)
MUTAN_RANK = 4
STEPS, BATCH, LEARNING_RATE = 1000, 256, 1e-2
_TRAIN, _TEST = 120_000, 8_000


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """Pairs of vectors and their answers: ``v``, ``h`` float32[n, 24], ``answer`` int32[n]; the last 8,000 for tests."""

    v: np.ndarray
    h: np.ndarray
    answer: np.ndarray


@functools.lru_cache(maxsize=3)
def task(name: str, seed: int = 0) -> Task:
    """Draws one of ``TASKS``. Raises ValueError if there is no such task."""
    known("task", name, TASKS)
    rng = np.random.default_rng([seed, TASKS.index(name)])
    v, h = rng.normal(size=(2, _TRAIN + _TEST, D)).astype(np.float32)
    if name == "sum":
        of_v, of_h = rng.normal(size=(2, D, ANSWERS))
        score = v @ of_v + h @ of_h
    else:
        r = RANK if name == "few products" else D
        of_v, of_h = rng.normal(size=(2, D, r)) if name == "few products" else (np.eye(D), np.eye(D))
        products = ((v @ of_v)[:, :, None] * (h @ of_h)[:, None]).reshape(len(v), -1)  # (n, r²)
        score = products.astype(np.float32) @ rng.normal(size=(r * r, ANSWERS)).astype(np.float32)
    return Task(v, h, score.argmax(-1).astype(np.int32))


def sizes(name: str, budget: int) -> dict[str, int]:
    """The inner width and rank of a pooling that fits the budget: arguments of ``parameter_count`` and ``Pooling``.

    Raises ValueError if even its smallest form has more parameters.
    """
    rank = MUTAN_RANK if name == "mutan" else 0
    if name in ("concat", "product", "bilinear"):
        if (needed := fusion.parameter_count(name, D, D, ANSWERS)) > budget:
            raise ValueError(f"{name} needs {needed:,} parameters; the budget is {budget:,}.")
        return {"width": 0, "rank": 0}
    return {"width": fusion.widest(name, D, D, ANSWERS, budget=budget, rank=rank), "rank": rank}


def parameters(name: str, budget: int) -> int:
    """How many parameters a pooling really has under the budget."""
    return fusion.parameter_count(name, D, D, ANSWERS, **sizes(name, budget))


def _loss(pool: fusion.Pooling, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    logits, _ = pool(batch["v"], batch["h"])
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, batch["answer"]).mean()
    return loss, {"accuracy": (logits.argmax(-1) == batch["answer"]).mean()}


def _logits(pool: fusion.Pooling, batch) -> jax.Array:
    return pool(batch["v"], batch["h"])[0]


def train(
    name: str, of: str, budget: int, *, seed: int = 0, steps: int = STEPS, function: Callable | None = None
) -> tuple[fusion.Pooling, Task]:
    """One pooling trained on one task, and the task. ``function``: another implementation of it, say a learner's."""
    the = task(of, seed)
    pool = fusion.Pooling(name, D, D, ANSWERS, **sizes(name, budget), function=function, rngs=nnx.Rngs(seed))

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        row = rng.integers(_TRAIN, size=BATCH)
        return {"v": the.v[row], "h": the.h[row], "answer": the.answer[row]}

    training.fit(pool, _loss, sample, steps=steps, learning_rate=LEARNING_RATE, seed=seed, chunk=250, progress=False)
    return pool, the


def test_accuracy(pool: fusion.Pooling, the: Task) -> float:
    """A pooling's accuracy on pairs of a task that it did not train on."""
    new = {"v": the.v[_TRAIN:], "h": the.h[_TRAIN:]}
    return float((training.predict(pool, _logits, new, size=2000).argmax(-1) == the.answer[_TRAIN:]).mean())


def accuracy(name: str, of: str, budget: int, **options) -> float:
    """Trains one pooling on one task and returns its accuracy on new pairs; options as :func:`train`."""
    return test_accuracy(*train(name, of, budget, **options))


def commonest(of: str, seed: int = 0) -> float:
    """The accuracy of always giving the commonest answer."""
    answer = task(of, seed).answer
    return float((answer[_TRAIN:] == np.bincount(answer[:_TRAIN]).argmax()).mean())


def run(seed: int) -> list[dict]:
    """Every pooling that fits, on every task, at every budget; the measure is the budget."""
    rows = [row for of in TASKS for row in Arm(task=of, baseline="commonest answer").rows({"accuracy": commonest(of, seed)})]
    for of in TASKS:
        for name in fusion.POOLINGS:
            fixed = name in ("concat", "product", "bilinear")  # one size whatever the budget: trained once
            for budget in (max(BUDGETS),) if fixed else BUDGETS:
                value = accuracy(name, of, budget, seed=seed)
                fits = [b for b in BUDGETS if parameters(name, budget) <= b] if fixed else [budget]
                rows += Arm(task=of, pooling=name).rows({str(b): value for b in fits})
    return rows
