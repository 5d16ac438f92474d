"""Which colour belongs to which thing: the test that a dual encoder has little reason to pass.

A red car and a blue dog, or a blue car and a red dog? The picture's tower reads features of a frozen tower that was
taught to name kind and colour in every place, so whatever is missing is not eyesight. After Yuksekgonul et al., 2023,
"When and why vision-language models behave like bags-of-words".
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from course_utils import losses, runtime, training
from course_utils.arms import Arm
from course_utils.models import dual_encoder as dual
from course_utils.models.dual_encoder import words
from course_utils.text import Vocabulary
from course_utils.towers import grid
from course_utils.world import captions, scenes
from course_utils.world.things import COLOURS, KINDS

STEPS = 600
BATCH = 128
SCENES, TEST = 20_000, 1000
LONGEST = 10
TEXTS, NEGATIVES = ("bag of words", "transformer"), ("in-batch", "swapped captions")
ARMS = (*(Arm(text=text, negatives=NEGATIVES[0]) for text in TEXTS), Arm(text=TEXTS[1], negatives=NEGATIVES[1]))
CHANGES = ("another thing", "another colour", "colours swapped")


@dataclasses.dataclass(frozen=True, eq=False)
class Pairs:
    """Scenes of two things in two colours, and captions: ``own`` and, for each of ``CHANGES``, one that is wrong.

    ``swapped``: the same scenes with their colours exchanged. ``features`` and ``swapped_features`` float32[n, 9, 64].
    """

    scenes: scenes.Scenes
    swapped: scenes.Scenes
    own: list[str]
    wrong: dict[str, list[str]]

    @functools.cached_property
    def features(self) -> np.ndarray:
        return grid.scene_features(self.scenes)

    @functools.cached_property
    def swapped_features(self) -> np.ndarray:
        return grid.scene_features(self.swapped)


@functools.cache
def pairs(split: str, n: int, seed: int = 0) -> Pairs:
    """``n`` scenes of a stream of random numbers. All pairs of kind and colour, in all captions, occur in training.

    Thing and colour of the wrong captions are such as the scene does not show.
    """
    rng = scenes.generator(split, seed)
    drawn = scenes.sample(rng, 3 * n, objects=(2, 2), repeat=0.0)
    drawn = drawn[np.flatnonzero(scenes.exchangeable(drawn))[:n]]
    kind, colour, slot = drawn.kind, drawn.colour, rng.integers(2, size=n)
    row = np.arange(n)

    def another(values, options, forbidden):
        """One of ``options`` values that neither thing has, in one slot, so that no banned pair arises."""
        new = np.argsort(rng.random((n, options)), 1)
        bad = (new == values[:, :1]) | (new == values[:, 1:2]) | forbidden(new)
        out = values.copy()
        out[row, slot] = new[row, bad.argmin(1)]
        return out

    other_kind = another(kind, len(KINDS), lambda new: scenes.HELD_OUT[new, colour[row, slot][:, None]])
    other_colour = another(colour, len(COLOURS), lambda new: scenes.HELD_OUT[kind[row, slot][:, None], new])
    changed = {
        "another thing": drawn.replace(kind=other_kind),
        "another colour": drawn.replace(colour=other_colour),
        "colours swapped": scenes.exchange_colours(drawn),
    }

    def said(what: scenes.Scenes) -> list[str]:
        """In the same wording and order for all: which thing comes first must not tell where it stands."""
        return captions.caption(what, rng=np.random.default_rng([seed, n]))

    return Pairs(drawn, changed["colours swapped"], said(drawn), {name: said(s) for name, s in changed.items()})


@functools.cache
def _vocabulary() -> Vocabulary:
    return words.vocabulary_of(pairs("train", SCENES).own, LONGEST)


def tokens(texts: list[str]) -> np.ndarray:
    """Captions as numbers: int32[n, 10]."""
    return _vocabulary().encode(texts)


def swapped_loss(model: dual.DualEncoder, batch) -> tuple[jax.Array, dict]:
    """InfoNCE where every picture also has to refuse the caption whose colours are exchanged, and every caption's
    exchanged twin stands among the texts: ``image``, ``tokens``, ``swapped`` int32[B, T]."""
    image = model.image(batch["image"])[0]
    texts = model.text(jnp.concatenate([batch["tokens"], batch["swapped"]]))[0]
    logits = losses.similarity(image, texts, model.log_scale[...])  # (B, 2B)
    right = jnp.arange(len(image))
    cross_entropy = optax.softmax_cross_entropy_with_integer_labels
    to_text, to_image = cross_entropy(logits, right), cross_entropy(logits[:, : len(image)].T, right)
    return (to_text.mean() + to_image.mean()) / 2, {}


def train(
    text: str, negatives: str = NEGATIVES[0], *, seed: int = 0, steps: int = STEPS, watch: Callable | None = None
) -> dual.DualEncoder:
    """A dual encoder whose text tower is one of ``TEXTS``, taught with ``NEGATIVES``. Raises ValueError if there are none such."""
    for name, names in ((text, TEXTS), (negatives, NEGATIVES)):
        if name not in names:
            raise ValueError(f"There is no {name!r}. Choose from: {', '.join(names)}.")
    taught = pairs("train", 1000 if runtime.is_fast() else SCENES)
    count = len(_vocabulary())
    reader = dual.BagConfig(count, embedding=64) if text == TEXTS[0] else dual.SentenceConfig(count, LONGEST, hidden=64)
    model = dual.DualEncoder(dual.DualConfig(dual.PlacesConfig(), reader, width=64), rngs=nnx.Rngs(seed))
    own, swapped, features = tokens(taught.own), tokens(taught.wrong["colours swapped"]), taught.features

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        row = rng.choice(len(own), BATCH, replace=False)
        batch = {"image": features[row], "tokens": own[row]}
        return {**batch, "swapped": swapped[row]} if negatives == NEGATIVES[1] else batch

    loss = swapped_loss if negatives == NEGATIVES[1] else dual.contrastive_loss
    training.fit(model, loss, sample, steps=steps, learning_rate=3e-3, seed=seed, watch=watch, progress=False)
    return model


def _preferred(right: np.ndarray, wrong: np.ndarray) -> float:
    """How often the right one scores higher; a tie is half a hit."""
    return float(((right > wrong + 1e-6) + 0.5 * (np.abs(right - wrong) <= 1e-6)).mean())


def accuracies(model: dual.DualEncoder) -> dict[str, float]:
    """How often the right one of two captions wins, for each of ``CHANGES``, and of two pictures, colours swapped."""
    test = pairs("test", 300 if runtime.is_fast() else TEST)

    def read(texts):
        return training.predict(model, dual.text_vectors, {"tokens": tokens(texts)})

    def seen(features):
        return training.predict(model, dual.image_vectors, {"image": features})

    image, own = seen(test.features), read(test.own)
    right = (image * own).sum(1)
    found = {name: _preferred(right, (image * read(texts)).sum(1)) for name, texts in test.wrong.items()}
    found["two pictures, colours swapped"] = _preferred(right, (seen(test.swapped_features) * own).sum(1))
    return found


def twin_cosines(model: dual.DualEncoder, test: Pairs, i: int) -> np.ndarray:
    """Cosines of the i-th scene and its twin (rows) with their own captions (columns): float32[2, 2]."""
    features = np.stack([test.features[i], test.swapped_features[i]])
    texts = tokens([test.own[i], test.wrong["colours swapped"][i]])
    seen = training.predict(model, dual.image_vectors, {"image": features})
    return seen @ training.predict(model, dual.text_vectors, {"tokens": texts}).T
