"""Models that answer: a picture and a question in, an answer chosen from a list or written as a word."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from einops import rearrange
from flax import nnx

from course_utils.models.fusion import encoders
from course_utils.models.fusion.encoders import (
    FeatureConfig,
    ImageConfig,
    LSTMConfig,
    PatchGridConfig,
    QuestionConfig,
    TransformerConfig,
    WindowGridConfig,
)
from course_utils.models.fusion.pooling import Pooling
from course_utils.models.fusion.stacked import StackedAttention
from course_utils.nn import init
from course_utils.nn.embed import Embed, Positions
from course_utils.nn.linear import Linear
from course_utils.nn.masks import attention_mask
from course_utils.nn.transformer import Transformer, gelu
from course_utils.world import render
from course_utils.world.questions import ANSWERS, VOCAB

# int32[K]: the token that spells each answer; and back, -1 for words that are no answer.
ANSWER_TOKENS = np.array([VOCAB.index(answer) for answer in ANSWERS], np.int32)
TOKEN_ANSWERS = np.full(len(VOCAB), -1, np.int32)
TOKEN_ANSWERS[ANSWER_TOKENS] = np.arange(len(ANSWERS))


@dataclasses.dataclass(frozen=True)
class PoolingConfig:
    """Fuse two vectors by ``name``, a key of ``pooling.POOLINGS``, with its inner ``width`` and ``rank``.

    ``vector``: the picture's vector, as wide as the question's, is a linear map of the whole grid ("flatten"), which
    keeps what is where, or of the grid's mean ("mean").
    """

    name: str = "mlb"
    width: int = 64
    rank: int = 4
    vector: str = "flatten"


@dataclasses.dataclass(frozen=True)
class StackConfig:
    """Fuse by stacked attention: ``hops`` looks with "additive" or "dot-product" scores in ``width`` dimensions."""

    hops: int = 2
    score: str = "dot-product"
    width: int = 64


@dataclasses.dataclass(frozen=True)
class VQAConfig:
    """Which encoders, and how they meet. ``image=None`` is blind: it answers from the question alone.

    ``answers`` K; ``hidden`` units between the fused vector and the classifier's scores; ``depth`` and ``heads`` of the
    decoder that writes (the classifier has none).
    """

    image: ImageConfig | None = WindowGridConfig()
    question: QuestionConfig = LSTMConfig()
    fusion: PoolingConfig | StackConfig = PoolingConfig()
    answers: int = len(ANSWERS)
    hidden: int = 256
    depth: int = 1
    heads: int = 4

    @classmethod
    def tiny(cls, image: str = "patches", question: str = "lstm", fusion: str = "mlb") -> VQAConfig:
        """For tests: every combination by name; image "blind" is none, fusion "san" is stacked attention."""
        images = {
            "patches": PatchGridConfig.tiny(),
            "vit": PatchGridConfig.tiny(depth=1),
            "cnn": WindowGridConfig.tiny(),
            "features": FeatureConfig.tiny(),
            "blind": None,
        }
        questions = {"lstm": LSTMConfig.tiny(), "transformer": TransformerConfig.tiny()}
        fused = StackConfig(width=5) if fusion == "san" else PoolingConfig(name=fusion, width=5, rank=3)
        return cls(image=images[image], question=questions[question], fusion=fused, hidden=7, heads=2)

    def blind(self) -> VQAConfig:
        """The same without eyes."""
        return dataclasses.replace(self, image=None)


class PooledFusion(nnx.Module):
    """The grid becomes one vector, and a pooling fuses it with the question's."""

    def __init__(self, config: PoolingConfig, image: ImageConfig, d: int, *, rngs: nnx.Rngs):
        if config.vector not in ("flatten", "mean"):
            raise ValueError(f"There is no vector {config.vector!r}. Choose from: flatten, mean.")
        self.flatten = config.vector == "flatten"
        self.vector = Linear((image.tokens if self.flatten else 1) * image.width, d, rngs=rngs)
        self.pool = Pooling(config.name, d, d, d, width=config.width, rank=config.rank, rngs=rngs)

    def __call__(self, grid: jax.Array, question: jax.Array) -> tuple[jax.Array, dict[str, jax.Array]]:
        """float32[B, N, D_v], float32[B, D] → float32[B, D]; ``image`` float32[B, D], the picture's vector."""
        v = rearrange(grid, "b n d -> b (n d)") if self.flatten else grid.mean(1)
        v = jnp.tanh(self.vector(v))  # (B, D)
        return self.pool(v, question)[0], {"image": v}


class Fusion(nnx.Module):
    """Picture and question in, one vector out: all of a model but its head."""

    def __init__(self, config: VQAConfig, *, rngs: nnx.Rngs):
        fusion, image, d = config.fusion, config.image, config.question.width
        self.question = encoders.build(config.question, rngs=rngs)
        self.sees = image is not None
        if image is None:
            return
        self.image = encoders.build(image, rngs=rngs)
        if isinstance(fusion, PoolingConfig):
            self.fuse = PooledFusion(fusion, image, d, rngs=rngs)
        elif image.width == d:
            self.fuse = StackedAttention(d, fusion.width, hops=fusion.hops, score=fusion.score, rngs=rngs)
        else:
            raise ValueError(f"Stacked attention adds what it sees to the question: give both one width, not {image.width} and {d}.")

    def __call__(self, image: jax.Array | None, tokens: jax.Array) -> tuple[jax.Array, dict[str, Any]]:
        """One vector for each picture and question.

        Parameters
        ----------
        image : uint8[B, S, S, 3], or features float32[B, N, D_f]; a blind model does not look at it.
        tokens : int32[B, T]

        Returns
        -------
        fused : float32[B, D]
        aux : ``question`` float32[B, D]; of a model with eyes ``grid`` float32[B, N, D], and ``image`` float32[B, D]
            or, with stacked attention, ``maps`` float32[B, hops, N].
        """
        h, _ = self.question(tokens)
        if not self.sees:
            return h, {"question": h}
        grid, _ = self.image(image)
        fused, aux = self.fuse(grid, h)
        return fused, {"question": h, "grid": grid, **aux}


class VQAClassifier(nnx.Module):
    """Chooses from a list: a score for each of K answers."""

    def __init__(self, config: VQAConfig, *, rngs: nnx.Rngs):
        self.fusion = Fusion(config, rngs=rngs)
        self.hidden = Linear(config.question.width, config.hidden, rngs=rngs)
        self.classify = Linear(config.hidden, config.answers, rngs=rngs)
        # Under a sigmoid every answer starts at about 1 / K; a softmax does not feel it.
        self.classify.bias[...] = init.put(np.full(config.answers, -math.log(config.answers)))

    def __call__(self, image: jax.Array | None, tokens: jax.Array) -> tuple[jax.Array, dict[str, Any]]:
        """As :class:`Fusion` → logits float32[B, K]; aux of the fusion, and ``fused`` float32[B, D]."""
        fused, aux = self.fusion(image, tokens)
        return self.classify(gelu(self.hidden(fused))), {**aux, "fused": fused}


class AnswerDecoder(nnx.Module):
    """Writes: a small transformer that sees the fused vector, then the answer's words so far.

    The words are those of questions and answers alike, and one more that says "begin".
    """

    def __init__(self, width: int, *, words: int = len(VOCAB), length: int = 1, depth: int, heads: int, rngs: nnx.Rngs):
        self.begin = words
        self.words = Embed(words + 1, width, rngs=rngs)
        self.positions = Positions(1 + length, width, rngs=rngs)
        self.transformer = Transformer(width, depth, heads, rngs=rngs)
        self.unembed = Linear(width, words, rngs=rngs)

    def __call__(self, fused: jax.Array, answer: jax.Array) -> tuple[jax.Array, dict[str, Any]]:
        """What comes next, at every place of a given answer.

        Parameters
        ----------
        fused : float32[B, D]
        answer : int32[B, L], of which all but the last word are read.

        Returns
        -------
        logits : float32[B, L, V], each place before it has seen its own word.
        aux : ``attention`` of the blocks.
        """
        read = jnp.pad(answer[:, :-1], ((0, 0), (1, 0)), constant_values=self.begin)  # (B, L): begin, a_1, ..., a_L-1
        x = self.positions(jnp.concatenate([fused[:, None], self.words(read)], 1))  # (B, 1 + L, D)
        mask = attention_mask(jnp.ones(x.shape[:2], bool), jnp.ones(x.shape[1], int))
        x, aux = self.transformer(x, mask)
        return self.unembed(x[:, 1:]), aux


class VQAGenerator(nnx.Module):
    """Writes the answer, a word of the vocabulary; nothing but training keeps it from writing "is" or "the"."""

    def __init__(self, config: VQAConfig, *, rngs: nnx.Rngs):
        self.fusion = Fusion(config, rngs=rngs)
        self.decoder = AnswerDecoder(config.question.width, depth=config.depth, heads=config.heads, rngs=rngs)

    def __call__(self, image: jax.Array | None, tokens: jax.Array, answer: jax.Array | None = None):
        """As :class:`Fusion`, with the answer's tokens int32[B, 1] → logits float32[B, 1, V] and the fusion's aux.

        One word is written, from "begin" alone, so the answer need not be given.
        """
        fused, aux = self.fusion(image, tokens)
        answer = jnp.zeros((len(tokens), 1), jnp.int32) if answer is None else answer
        logits, _ = self.decoder(fused, answer)
        return logits, {**aux, "fused": fused}


Batch = Mapping[str, Any]


def pictures(batch: Batch) -> jax.Array | None:
    """A batch's pictures: given as ``image``, or rows (``row``) of ``pictures`` that stay on the device, or drawn.

    Drawing needs the ``ground``, ``count`` and ``stamp`` of ``render.stamps`` and ``tiles``, those of ``render.tiles``.
    ``None`` if there is nothing to see.
    """
    if "image" in batch:
        return batch["image"]
    if "pictures" in batch:
        return batch["pictures"][batch["row"]]
    if "tiles" in batch:
        return render.draw(batch["tiles"], {name: batch[name] for name in ("ground", "count", "stamp")})
    return None


def sigmoid_loss(model: VQAClassifier, batch: Batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Binary cross-entropies of all answers, summed, against soft ``targets`` float32[B, K]; their VQA accuracy."""
    logits, _ = model(pictures(batch), batch["tokens"])
    loss = optax.sigmoid_binary_cross_entropy(logits, batch["targets"]).sum(-1).mean()
    chosen = jnp.take_along_axis(batch["targets"], logits.argmax(-1)[:, None], 1)
    return loss, {"accuracy": chosen.mean()}


def softmax_loss(model: VQAClassifier, batch: Batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Cross-entropy of the one right ``answer`` int[B]; the share of right answers."""
    logits, _ = model(pictures(batch), batch["tokens"])
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, batch["answer"]).mean()
    return loss, {"accuracy": jnp.mean(logits.argmax(-1) == batch["answer"])}


def writing_loss(model: VQAGenerator, batch: Batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Cross-entropy, among all words, of the one that spells the right ``answer`` int[B]; the share written rightly."""
    wanted = jnp.asarray(ANSWER_TOKENS)[batch["answer"]][:, None]  # (B, 1)
    logits, _ = model(pictures(batch), batch["tokens"], wanted)
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, wanted).mean()
    return loss, {"accuracy": jnp.mean(logits.argmax(-1) == wanted)}
