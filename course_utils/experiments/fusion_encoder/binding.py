"""The binding test: a red car and a blue dog, or a blue car and a red dog?"""

from __future__ import annotations

import dataclasses
import functools

import jax
import numpy as np
from flax import nnx

from course_utils import runtime, training
from course_utils.experiments.fusion_encoder import dataset
from course_utils.experiments.fusion_encoder.dataset import CaptionedScenes
from course_utils.models.fusion_encoder import words
from course_utils.text import PAD
from course_utils.towers import grid
from course_utils.world import captions
from course_utils.world import scenes as S

PAIRS = 1024
_FEW = 64


@dataclasses.dataclass(frozen=True, eq=False)
class Binding:
    """n pairs of pictures in which two things have exchanged their colours, and their captions: ``a``, ``b`` of n each."""

    a: CaptionedScenes
    b: CaptionedScenes

    def __len__(self) -> int:
        return len(self.a)


@functools.lru_cache(maxsize=4)
def pairs(n: int = PAIRS, seed: int = 0, *, test: bool = True) -> Binding:
    """Two things of two kinds in two colours, and the same picture with the colours exchanged.

    Both captions name the things in one order and wording, so that they hold the same words.
    """
    n = min(n, _FEW) if runtime.is_fast() else n
    rng = S.generator("test" if test else "validation", seed)
    scenes = dataset.draw_scenes(rng, 4 * n)
    scenes = scenes[np.flatnonzero(S.exchangeable(scenes))[:n]]
    return Binding(*(_with_captions(s, seed) for s in (scenes, S.exchange_colours(scenes))))


def _with_captions(scenes: S.Scenes, seed: int) -> CaptionedScenes:
    """Captions whose order and wording do not depend on the colours."""
    first, opening = np.random.default_rng([seed, 404]).integers(2, size=(2, len(scenes)))
    order = np.where(first[:, None], [0, 1, 2, 3, 4], [1, 0, 2, 3, 4])
    texts = captions.caption(scenes, order=order, opening=opening)
    return CaptionedScenes(scenes, grid.scene_features(scenes), words.VOCAB.encode(texts), dataset.content(scenes))


def _logits(model: nnx.Module, batch) -> jax.Array:
    return model(batch["tokens"], batch["image"])[0]


def logits(model: nnx.Module, tokens: np.ndarray, features: np.ndarray) -> np.ndarray:
    """How well row i of both match, in a model's own units: float32[n]."""
    return training.predict(model, _logits, {"tokens": tokens, "image": features})


def table(model: nnx.Module, test: Binding, *, hide: str = "") -> np.ndarray:
    """float32[n, 2, 2]: picture a or b, with caption a or b.

    ``hide``: what a control takes away: ``"picture"`` shows every question another one's picture; ``"colours"`` hides the
    colour words; ``"order"`` sorts the words of each caption.
    """
    pictures, texts = [test.a.features, test.b.features], [test.a.tokens, test.b.tokens]
    if hide == "picture":
        pictures = [np.roll(p, 1, 0) for p in pictures]
    elif hide == "colours":
        texts = [np.where(np.isin(t, words.COLOUR_WORDS), words.MASK, t).astype(np.int32) for t in texts]
    elif hide == "order":
        texts = [_sorted_words(t) for t in texts]
    elif hide:
        raise ValueError(f"There is no control {hide!r}. Choose from: picture, colours, order.")
    return np.stack([np.stack([logits(model, t, p) for t in texts], 1) for p in pictures], 1)


def _sorted_words(tokens: np.ndarray) -> np.ndarray:
    """Each caption's words in the order of the vocabulary, padding at the end."""
    return np.sort(np.where(tokens == PAD, len(words.VOCAB), tokens), 1).astype(np.int32) % len(words.VOCAB)


def accuracies(scores: np.ndarray) -> dict[str, float]:
    """What a table says: ``caption``, a picture's own caption wins; ``picture``, a caption's own picture wins; ``both``, all
    four comparisons of a pair at once. A tie is half a win; chance is .5, .5 and .17.
    """
    (aa, ab), (ba, bb) = scores[:, 0].T, scores[:, 1].T

    def wins(x, y):
        return (x > y) + 0.5 * (x == y)

    all_four = (aa > ab) & (bb > ba) & (aa > ba) & (bb > ab)
    return {
        "caption": float((wins(aa, ab) + wins(bb, ba)).mean() / 2),
        "picture": float((wins(aa, ba) + wins(bb, ab)).mean() / 2),
        "both": float(all_four.mean()),
    }
