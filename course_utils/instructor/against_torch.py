"""A step of notebook 07's stage 2 beside the same step in PyTorch, run eagerly: ``make bench``, where the extra ``parity`` is installed.

Both have the same numbers and the same batch, and must agree on the loss; then they train in turns, compilation not counted.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from flax import nnx
from torch import nn

from course_utils.cores import cores
from course_utils.experiments.llava import dataset, trainer
from course_utils.experiments.timing import in_turns, ratio
from course_utils.models.llava.llava import Llava, llava_loss
from course_utils.text import IGNORED

THREADS = 2


class Block(nn.Module):
    """One of the language model's, as :class:`course_utils.nn.lm.CausalBlock`."""

    def __init__(self, config):
        super().__init__()
        self.config, width = config, config.width
        self.mix = nn.Parameter(torch.empty(config.window, width))
        self.norm_attention, self.norm_mlp = (nn.RMSNorm(width, eps=config.epsilon) for _ in range(2))
        self.query, self.key, self.value, self.out = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.gate, self.up = (nn.Linear(width, config.hidden, bias=False) for _ in range(2))
        self.down = nn.Linear(config.hidden, width, bias=False)

    def forward(self, x, cos, sin):
        y = self.norm_attention(x)
        before = F.pad(y, (0, 0, self.config.window - 1, 0))
        y = y + sum(w * before[:, self.config.window - 1 - back :][:, : y.shape[1]] for back, w in enumerate(self.mix))
        q, k, v = (layer(y).unflatten(-1, (self.config.heads, -1)).transpose(1, 2) for layer in (self.query, self.key, self.value))
        q, k = (_rotated(a, cos, sin) for a in (q, k))
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(seen.transpose(1, 2).flatten(2))
        y = self.norm_mlp(x)
        return x + self.down(F.silu(self.gate(y)) * self.up(y))


def _rotated(x, cos, sin):
    one, other = x.chunk(2, -1)
    return torch.cat([one * cos - other * sin, other * cos + one * sin], -1)


class Twin(nn.Module):
    """LLaVA in PyTorch: a two-layer projector before the language model, the picture's patches among the words."""

    def __init__(self, features: int, config):
        super().__init__()
        self.first, self.second = nn.Linear(features, config.width), nn.Linear(config.width, config.width)
        self.embed = nn.Embedding(config.vocabulary, config.width)
        self.blocks = nn.ModuleList([Block(config) for _ in range(config.depth)])
        self.norm = nn.RMSNorm(config.width, eps=config.epsilon)
        self.config = config

    def forward(self, tokens, source, features):
        patches = self.second(F.gelu(self.first(features)))
        rows = torch.arange(len(tokens))[:, None]
        picture, vector = source.clamp(min=0).unbind(-1)
        x = torch.where(source[..., :1] >= 0, patches[rows, picture, vector], self.embed(tokens))
        half = self.config.width // self.config.heads // 2
        angle = torch.arange(tokens.shape[1])[:, None] * self.config.rope_base ** (-torch.arange(half) / half)
        for block in self.blocks:
            x = block(x, angle.cos(), angle.sin())
        return self.norm(x) @ self.embed.weight.T

    def loss(self, batch):
        logits = self(batch["tokens"], batch["source"], batch["features"])
        return F.cross_entropy(logits.flatten(0, 1), batch["labels"].flatten(), ignore_index=IGNORED)


def twin(model: Llava) -> Twin:
    """The same numbers in PyTorch."""
    made = Twin(model.projector.first.kernel.shape[0], model.lm.config)

    def put(parameter, array, turned: bool = True) -> None:
        array = np.asarray(array[...])
        parameter.data = torch.tensor(array.T if turned else array)

    for layer in ("first", "second"):
        put(getattr(made, layer).weight, getattr(model.projector, layer).kernel)
        put(getattr(made, layer).bias, getattr(model.projector, layer).bias)
    put(made.embed.weight, model.lm.embed.embedding, turned=False)
    put(made.norm.weight, model.lm.norm.scale)
    for theirs, ours in zip(made.blocks, model.lm.blocks):
        put(theirs.mix, ours.mix.kernel, turned=False)
        for part in ("norm_attention", "norm_mlp"):
            put(getattr(theirs, part).weight, getattr(ours, part).scale)
        for part in ("query", "key", "value", "out"):
            put(getattr(theirs, part).weight, getattr(ours.attention, part).kernel)
        for part in ("gate", "up", "down"):
            put(getattr(theirs, part).weight, getattr(ours.mlp, part).kernel)
    return made


def measure(rounds: int = 9, steps: int = 10) -> dict[str, Any]:
    """Steps a second of both, and how many times as fast as PyTorch's ours are, with the 95 % interval.

    ``steps`` are taken in each of the ``rounds``, ours by :func:`course_utils.training.fit`, batches drawn as in training.
    """
    torch.set_num_threads(min(THREADS, cores()))
    pool = dataset.pictures()
    arrays = dataset.packed(pool, dataset.instructed(pool))
    batch = trainer.drawn(arrays, trainer.BATCH, np.random.default_rng(0))
    model = trainer.untrained()
    ours_loss = float(nnx.jit(llava_loss)(model, batch | {"pool": pool.features})[0])
    theirs = twin(model)
    given = {name: torch.tensor(batch[name], dtype=torch.long) for name in ("tokens", "labels", "source")}
    given["features"] = torch.tensor(pool.features[batch["pictures"]].astype(np.float32))
    their_loss = theirs.loss(given).item()
    optimizer = torch.optim.AdamW(theirs.parameters(), lr=1e-4, betas=(0.9, 0.99), weight_decay=1e-2)

    def eager() -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            theirs.loss(given).backward()
            nn.utils.clip_grad_norm_(theirs.parameters(), 1.0)
            optimizer.step()

    def compiled() -> None:
        trainer.train(model, pool, arrays, 2, steps=steps)

    seconds = in_turns({"jax": compiled, "torch": eager}, rounds)
    return {
        "loss": {"jax": ours_loss, "torch": their_loss},
        "steps_per_s": {name: steps / float(np.median(found)) for name, found in seconds.items()},
        "speed_over_torch": ratio(seconds["torch"], seconds["jax"]),
    }


if __name__ == "__main__":
    import json

    print(json.dumps(measure(), indent=2))
