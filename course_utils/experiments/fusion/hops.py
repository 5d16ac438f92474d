"""Two looks against one, on questions that need two: find the dog, read its colour, find the other thing of that colour.

After Yang et al., 2016, "Stacked attention networks for image question answering", where a second attention layer helped
a little.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from course_utils import training
from course_utils.arms import Arm
from course_utils.experiments.fusion import dataset, measures, trainer
from course_utils.models import fusion
from course_utils.world.questions.forms import COLOUR, KIND, SIZE

TYPE = "same"
PICTURES = 16_000
STEPS = 1000
TEST = 4096
WIDTH = 128  # of all hops together, so that every arm has the same number of parameters
SHOWN = 0.3  # how much it counts where the first hop looks
ON = ("anchor", "target", "other", "empty")


def train(
    hops: int,
    how: str = "plain",
    *,
    score: str = "dot-product",
    seed: int = 0,
    steps: int = STEPS,
    function: Callable | None = None,
    watch: Callable | None = None,
) -> fusion.VQAClassifier:
    """A stacked attention network of some hops, trained on this question type alone.

    Parameters
    ----------
    how : "plain", only the answer is taught; "shown", the first hop is also taught to look at the anchor.
    function : another implementation of the hop, say a learner's.

    Raises ValueError if ``how`` is neither.
    """
    if how not in LOSSES:
        raise ValueError(f"how is {how!r}; choose from: {', '.join(LOSSES)}.")
    stack = fusion.StackConfig(hops=hops, score=score, width=WIDTH // hops)
    model = fusion.VQAClassifier(trainer.config(stack), rngs=nnx.Rngs(seed))
    if function is not None:
        for hop in model.fusion.fuse.hops:
            hop.function = function
    data = training_set(seed)
    more = {"anchor": places(data)[0]} if how == "shown" else None
    trainer.train(model, data, LOSSES[how], steps=steps, seed=seed, watch=watch, more=more)
    return model


def _shown_loss(model: fusion.VQAClassifier, batch) -> tuple[jax.Array, dict[str, jax.Array]]:
    """Cross-entropy of the answer, and of the first hop's map against the place of the anchor."""
    logits, aux = model(batch["image"], batch["tokens"])
    loss = optax.softmax_cross_entropy_with_integer_labels(logits, batch["answer"]).mean()
    on_anchor = jnp.take_along_axis(aux["maps"][:, 0], batch["anchor"][:, None], 1)
    loss -= SHOWN * jnp.log(on_anchor + 1e-6).mean()
    return loss, {"accuracy": jnp.mean(logits.argmax(-1) == batch["answer"])}


LOSSES = {"plain": fusion.softmax_loss, "shown": _shown_loss}


def training_set(seed: int = 0) -> dataset.QuestionSet:
    """The training set of a seed."""
    return dataset.draw("balanced", PICTURES, seed, types=(TYPE,))


def test_set() -> dataset.QuestionSet:
    """The test set: the same for every model."""
    return dataset.draw("balanced", TEST, test=True, types=(TYPE,))


def _maps(model: fusion.VQAClassifier, batch) -> jax.Array:
    return model(batch["image"], batch["tokens"])[1]["maps"]


def maps(model: fusion.VQAClassifier, data: dataset.QuestionSet) -> np.ndarray:
    """Where each hop looked: float32[n, hops, 9]."""
    return training.predict(model, _maps, {"image": data.features, "tokens": data.tokens})


def places(data: dataset.QuestionSet) -> tuple[np.ndarray, np.ndarray]:
    """The cells of the anchor (the dog) and of the target (the other thing of its colour): int[n] each."""
    scenes, rows = data.scenes, np.arange(len(data))
    anchor = scenes.present & (scenes.kind == data.questions.argument("anchor_kind")[:, None])
    first = anchor.argmax(1)
    alike = scenes.present & ~anchor & (scenes.colour == scenes.colour[rows, first][:, None])
    return scenes.cell[rows, first], scenes.cell[rows, alike.argmax(1)]


def looks(model: fusion.VQAClassifier, data: dataset.QuestionSet) -> np.ndarray:
    """The share of attention that each hop pays to the anchor, the target, other things, and empty places: float[hops, 4]."""
    p, rows = maps(model, data), np.arange(len(data))
    anchor, target = places(data)
    filled = np.zeros((len(data), 9), bool)
    row, slot = np.nonzero(data.scenes.present)
    filled[row, data.scenes.cell[row, slot]] = True
    filled[rows, anchor] = filled[rows, target] = False
    on = [p[rows, :, anchor], p[rows, :, target], (p * filled[:, None]).sum(-1)]  # (n, hops) each
    return np.stack([*on, 1 - sum(on)], -1).mean(0)


def another_thing(data: dataset.QuestionSet) -> float:
    """The accuracy of telling the kind or size of any thing of the scene but the anchor, all equally likely."""
    scenes = data.scenes
    anchor = scenes.present & (scenes.kind == data.questions.argument("anchor_kind")[:, None])
    other = scenes.present & ~anchor
    told = np.where((data.answer < COLOUR)[:, None], KIND + scenes.kind.astype(int), SIZE + scenes.size)
    return float(np.mean(((told == data.answer[:, None]) & other).sum(1) / other.sum(1)))


def accuracy(model: fusion.VQAClassifier) -> float:
    """The share of the test set that a model answers right."""
    return measures.accuracy(trainer.answers(model, test_set()), test_set())


ARMS = [Arm(score="dot-product", hops=hops, how=how) for hops in (1, 2) for how in LOSSES]
ARMS += [Arm(score="additive", hops=hops, how="plain") for hops in (1, 2)]
BLIND, ANOTHER_THING = Arm(questions=TYPE, model="blind"), Arm(questions=TYPE, baseline="another thing")


def run(seed: int) -> list[dict]:
    """One and two hops, plain and shown, measures "accuracy" and "hop k on …"; then the control."""
    rows = []
    for arm in ARMS:
        model = train(**vars(arm), seed=seed)
        rows += arm.rows({"accuracy": accuracy(model)})
        for k, shares in enumerate(looks(model, test_set()), 1):
            rows += arm.rows({f"hop {k} on {what}": share for what, share in zip(ON, shares)})
    blind = fusion.VQAClassifier(trainer.config().blind(), rngs=nnx.Rngs(seed))
    trainer.train(blind, training_set(seed), fusion.softmax_loss, steps=400, seed=seed)
    return rows + BLIND.rows({"accuracy": accuracy(blind)})
