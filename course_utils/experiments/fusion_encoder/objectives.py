"""UNITER's four objectives: is a hidden word read from the picture, a hidden region from the text, and who belongs to whom?"""

from __future__ import annotations

from collections.abc import Callable

import jax
import numpy as np
from flax import nnx

from course_utils import training
from course_utils.errors import known
from course_utils.experiments.fusion_encoder import trainer
from course_utils.experiments.fusion_encoder.dataset import CaptionedScenes
from course_utils.models import fusion_encoder as fe
from course_utils.models.fusion_encoder import dual, words
from course_utils.text import PAD
from course_utils.towers import grid
from course_utils.world.things import KINDS

TEST = 1024
HIDDEN_WORDS, HIDDEN_REGIONS = 0.4, 0.3  # shares
# arm → weights of matching, words, regions, alignment
ARMS = {"all four": (1.0, 1.0, 1.0, 0.3), "without alignment": (1.0, 1.0, 1.0, 0.0)}


def train(
    data: CaptionedScenes,
    teacher: dual.DualEncoder,
    arm: str = "all four",
    *,
    seed: int = 0,
    steps: int = trainer.STEPS,
    watch: Callable | None = None,
) -> fe.FusionEncoder:
    """A single stream that is told where its regions are, taught UNITER's objectives.

    Raises ValueError if there is no such arm.
    """
    known("arm", arm, ARMS)
    model = trainer.untrained(seed=seed, boxes=True)
    trainer.align_tables(model, teacher)
    kind, weights = grid.place_names(data.scenes)["kind"], np.asarray(ARMS[arm], np.float32)
    draw = trainer.sampler(data, steps)

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        drawn = draw(rng)
        pairs = drawn["noise"].shape[1]
        word, region = rng.random((pairs, words.LONGEST)) < HIDDEN_WORDS, rng.random((pairs, kind.shape[1])) < HIDDEN_REGIONS
        return {**drawn, "weights": weights, "word_hidden": word, "region_hidden": region}

    training.fit(
        model,
        fe.uniter_loss,
        sample,
        steps=steps,
        learning_rate=trainer.LEARNING_RATE,
        seed=seed,
        watch=watch,
        progress=False,
        data={**trainer.shared_arrays(data, teacher), "kind": kind},
    )
    return model


def _guesses(model: fe.FusionEncoder, batch) -> tuple[jax.Array, jax.Array]:
    _, aux = model(batch["tokens"], batch["image"])
    return aux["words"].argmax(-1), aux["kinds"].argmax(-1)


def hidden_words(model: fe.FusionEncoder, test: CaptionedScenes, *, wrong_picture: bool = False) -> dict[str, float]:
    """The share of hidden kinds, and of hidden colours, guessed right: of each caption one word is hidden."""
    pictures = np.roll(test.features, 1, 0) if wrong_picture else test.features
    right = {}
    for what, listed in (("kinds", words.KIND_WORDS), ("colours", words.COLOUR_WORDS)):
        place = np.isin(test.tokens, listed).argmax(1)
        at = np.arange(len(test)), place
        masked = test.tokens.copy()
        masked[at] = words.MASK
        guess, _ = training.predict(model, _guesses, {"tokens": masked, "image": pictures})
        right[what] = float((guess[at] == test.tokens[at]).mean())
    return right


def hidden_regions(model: fe.FusionEncoder, test: CaptionedScenes, *, wrong_text: bool = False) -> float:
    """The share of hidden things whose kind is guessed right: of each picture one region with a thing in it is hidden."""
    tokens = np.roll(test.tokens, 1, 0) if wrong_text else test.tokens
    at = np.arange(len(test)), test.scenes.cell[:, 0]
    zeroed = test.features.copy()
    zeroed[at] = 0
    _, guess = training.predict(model, _guesses, {"tokens": tokens, "image": zeroed})
    return float((guess[at] == 2 + test.scenes.kind[:, 0]).mean())


def _streams(model: fe.FusionEncoder, batch) -> dict[str, jax.Array]:
    text, aux = model.stream(batch["tokens"], batch["image"])
    plan = fe.transport_plan(text, aux["image"], batch["tokens"] != PAD)
    t = batch["tokens"].shape[1]
    return {"text": text, "image": aux["image"], "plan": plan, "attention": aux["attention"][-1][:, :, :t, t:]}


def pointing(model: fe.FusionEncoder, test: CaptionedScenes) -> dict[str, float]:
    """How often a kind's word points at the region where that thing stands: by the ``plan`` of the alignment, and by the
    ``attention`` of the last block, mean of its heads."""
    found = training.predict(model, _streams, {"tokens": test.tokens, "image": test.features})
    row, place, cell = named_things(test)
    maps = {"plan": found["plan"], "attention": found["attention"].mean(1)}
    return {name: float((m[row, place].argmax(-1) == cell).mean()) for name, m in maps.items()}


def named_things(test: CaptionedScenes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Every word that names a kind: its caption, its place in it, and the cell where that thing stands; int[m] each."""
    row, place = np.nonzero(np.isin(test.tokens, words.KIND_WORDS))
    kind = np.array([KINDS.index(words.VOCAB[token]) for token in test.tokens[row, place]])
    slot = ((test.scenes.kind[row] == kind[:, None]) & test.scenes.present[row]).argmax(1)
    return row, place, test.scenes.cell[row, slot].astype(int)


def run(model: nnx.Module, test: CaptionedScenes) -> dict[str, float]:
    """measure → value, with the controls."""
    own, other = hidden_words(model, test), hidden_words(model, test, wrong_picture=True)
    return {
        **{f"hidden {what}": share for what, share in own.items()},
        **{f"hidden {what}, another picture": share for what, share in other.items()},
        "hidden regions": hidden_regions(model, test),
        "hidden regions, another text": hidden_regions(model, test, wrong_text=True),
        **{f"pointing by {name}": share for name, share in pointing(model, test).items()},
    }
