"""What a training step costs when the glue alone learns, and when the language model learns with it.

A frozen layer is not free: slopes pass through it on their way to the glue below. Each product of matrices costs one unit
forward, one backward to its input and one backward to its weights; of a frozen layer only the last is saved.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import jax
import numpy as np
from flax import nnx

from course_utils import training
from course_utils.experiments.flamingo.dataset import LENGTH, PICTURES
from course_utils.experiments.timing import in_turns, ratio
from course_utils.models.flamingo.flamingo import GLUE, Flamingo, FlamingoConfig, flamingo_loss
from course_utils.nn.lm import LanguageModel, LMConfig
from course_utils.text import IGNORED
from course_utils.towers.vision import CONFIG
from course_utils.world.corpus import IMAGE, vocabulary

TRAINED = {"glue": GLUE, "everything": nnx.Param}
BATCH, PATCHES = 32, (CONFIG.side // CONFIG.patch) ** 2


def build(depth: int = 4) -> Flamingo:
    """Notebook 06's model with a gated block before every second block; its weights are random, which costs as much.

    With ``depth`` 2 it is half as deep, its resampler too: it compiles sooner, and the ratios stay about the same.
    """
    lm = LanguageModel(LMConfig(len(vocabulary()), depth=depth), rngs=nnx.Rngs(0))
    return Flamingo(lm, FlamingoConfig(CONFIG.width, list(vocabulary()).index(IMAGE), depth=depth // 2, every=2), rngs=nnx.Rngs(1))


def random_batch(model: Flamingo, texts: int, length: int, pictures: int, patches: int) -> dict[str, np.ndarray]:
    """As :func:`~course_utils.models.flamingo.flamingo_loss` takes it, every token asked for but pictures and the last."""
    rng = np.random.default_rng(0)
    tokens = rng.integers(1, model.lm.config.vocabulary, (texts, length)).astype(np.int32)
    tokens[:, : pictures * 2 : 2] = model.config.image
    labels = np.where(tokens == model.config.image, IGNORED, np.roll(tokens, -1, 1))
    pool = rng.normal(size=(64, patches, model.config.features)).astype(np.float16)
    return {"tokens": tokens, "labels": labels, "pictures": rng.integers(64, size=(texts, pictures)).astype(np.int32), "pool": pool}


def forward_flops(model: Flamingo, texts: int, length: int, pictures: int, patches: int) -> dict[str, int]:
    """Floating-point operations of the matrix products of a forward pass, 2 · rows · inner · columns each.

    ``glue``: the resampler and the gated blocks. ``frozen``: products with weights of the language model. ``attention``: the
    language model's products without weights, queries with keys and weights with values.
    """
    lm, config = model.lm.config, model.config
    d, w, m = config.features, lm.width, config.latents
    seen, media, hidden = patches + m, pictures * m, config.hidden or 4 * w
    layer = 2 * m * d * d + seen * d * 2 * d + 2 * m * seen * d + 2 * m * d * 4 * d  # queries, out; keys, values; attention; think
    gate = 2 * length * w * w + media * d * 2 * w + 2 * length * media * w + 2 * length * w * hidden
    gates = sum(gate is not None for gate in model.gates)
    keys = w // lm.heads * lm.groups
    block = 2 * length * w * w + 2 * length * w * keys + 3 * length * w * lm.hidden
    return {
        "glue": 2 * texts * (pictures * config.depth * layer + gates * gate),
        "frozen": 2 * texts * (lm.depth * block + length * w * lm.vocabulary),
        "attention": 2 * texts * lm.depth * 2 * length * length * w,
    }


def step_flops(forward: dict[str, int]) -> dict[str, int]:
    """Of a whole training step, with a gated block before the very first block: slopes pass through all of them.

    A product without weights has two inputs: all its 3 units remain. (Blocks below the lowest gate would cost 1 unit.)
    """
    return {"glue": 3 * forward["glue"] + 2 * forward["frozen"] + 3 * forward["attention"], "everything": 3 * sum(forward.values())}


def trees(model: Flamingo, batch, trainable: Any) -> tuple[Any, Any]:
    """What the slopes and the optimizer's state look like: trees of shapes and types; nothing is computed."""
    graphdef, params, rest = nnx.split(model, trainable, ...)
    slopes = jax.eval_shape(jax.grad(lambda params: flamingo_loss(nnx.merge(graphdef, params, rest), batch)[0]), params)
    return slopes, jax.eval_shape(training.ADAMW.init, params)


def size(tree: Any) -> int:
    """Bytes of all arrays of a tree."""
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def lowered_step(model: Flamingo, batch, trainable: Any) -> tuple[Any, tuple]:
    """One step of :func:`course_utils.training.fit`, ready to be compiled, and what to call it with."""
    graphdef, params, rest = nnx.split(model, trainable, ...)

    def run(rest, params, opt_state, batch):
        return training.train_step(graphdef, rest, training.ADAMW, flamingo_loss, params, opt_state, batch, 1e-3)

    given = jax.device_put((rest, params, training.ADAMW.init(params), dict(batch)))
    return jax.jit(run).lower(*given), given


def counted(program: Any) -> float:
    """The operations that XLA counts in a program, those without matrices among them; compiled or only lowered.

    Once compiled, what fused loops compute twice is counted twice, in a small model up to a quarter of the whole.
    """
    found = program.cost_analysis()  # a dict, or a list of one
    return float((found[0] if isinstance(found, list) else found)["flops"])


def measure(
    rounds: int = 7,
    model: Flamingo | None = None,
    *,
    texts: int = BATCH,
    length: int = LENGTH,
    pictures: int = PICTURES,
    patches: int = PATCHES,
) -> dict[str, Any]:
    """Both ways to train, in turns, compilation not counted. While people wait: ``measure(3, build(depth=2), texts=16)``.

    Returns, for ``glue`` and ``everything``: ``s`` a step, bytes of ``slopes`` and of the ``optimizer``, and ``flops`` by
    formula and as ``xla`` counts; for both, ``seconds``, the ratio of glue to everything with its interval, and what ``flops``
    and ``xla`` say it would be if operations were all that costs.
    """
    model = model or build()
    shape = {"texts": texts, "length": length, "pictures": pictures, "patches": patches}
    batch = random_batch(model, **shape)
    flops = step_flops(forward_flops(model, **shape))
    report: dict[str, Any] = {}
    jobs = {}
    for name, trainable in TRAINED.items():
        slopes, optimizer = trees(model, batch, trainable)
        lowered, given = lowered_step(model, batch, trainable)
        step = lowered.compile()
        jobs[name] = functools.partial(step, *given)
        report[name] = {"slopes_bytes": size(slopes), "optimizer_bytes": size(optimizer), "flops": flops[name], "xla": counted(step)}
    seconds = in_turns(jobs, rounds)
    for name, found in seconds.items():
        report[name]["s"] = float(np.median(found))
    glue, everything = report["glue"], report["everything"]
    bounds = {kind: glue[kind] / everything[kind] for kind in ("flops", "xla")}
    return report | {"seconds": ratio(seconds["glue"], seconds["everything"])} | bounds


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
