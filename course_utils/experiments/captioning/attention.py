"""One vector against attention as things are added, where the looks fall, and what a wider beam buys and costs."""

from __future__ import annotations

import functools

import numpy as np

from course_utils import decode, training
from course_utils.arms import Arm
from course_utils.errors import known
from course_utils.experiments.captioning import dataset, measures, trainer
from course_utils.models import captioning
from course_utils.models.captioning import words

# way → how many steps it gets for each of attention's
ARMS = {"attention": 1, "initial state": 3, "first input": 3, "uniform": 1, "none": 1}
ANOTHER_PICTURE = Arm(way="attention", picture="another")
# What is read once reaches late words faintly. AdamW leaves such models blind for a thousand steps; Muon does not.
READ_ONCE = {"optimizer": training.muon(adam_b2=0.99), "learning_rate": 2e-2}
WIDTHS = (1, 2, 3, 5, 10)
BEAMS = 256  # pictures for the comparison of beams
MIDDLE = 4


def train(way: str, *, seed: int = 0, steps: int = trainer.STEPS, **parts) -> captioning.Captioner:
    """One of ``ARMS``, with ``steps`` of attention's. Raises ValueError if there is no such arm."""
    known("arm", way, ARMS)
    recipe = READ_ONCE if way in ("initial state", "first input") else {}
    return trainer.train_captioner(way, seed=seed, steps=ARMS[way] * steps, **recipe, **parts)


@functools.lru_cache(maxsize=1)
def soft_attention(seed: int) -> captioning.Captioner:
    """The arm "attention" of a seed, trained once."""
    return train("attention", seed=seed)


def pointing(model: captioning.Captioner, data: dataset.CaptionSet, image: np.ndarray | None = None) -> dict[str, dict[str, float]]:
    """The pointing game (Zhang et al., 2016), for every class of words: is the brightest place one that the word is about?

    A word of "two red dogs" is about both dogs; the captions are the true ones. ``image``: what the model sees.

    Returns
    -------
    dict
        class → ``hits``, and of the same words ``centre`` (always the middle), ``any thing`` (a thing of the picture, by
        chance) and ``most`` (the place that words of this class are most often about). Joints are about nothing.
    """
    about = true_places(data)
    looked = trainer.attention_maps(model, data.features if image is None else image, data.tokens).argmax(-1)
    found = {}
    for k, name in enumerate(words.CLASSES[:3]):
        row, t = np.nonzero((words.WORD_CLASS[data.tokens] == k) & about.any(-1))
        meant = about[row, t]  # (n, 9)
        filled = np.zeros((len(data), 9), bool)
        scene, slot = np.nonzero(data.scenes.present)
        filled[scene, data.scenes.cell[scene, slot]] = True
        found[name] = {
            "hits": float(meant[np.arange(len(row)), looked[row, t]].mean()),
            "centre": float(meant[:, MIDDLE].mean()),
            "any thing": float((meant.sum(1) / filled[row].sum(1)).mean()),
            "most": float(meant.mean(0).max()),
        }
    return found


def true_places(data: dataset.CaptionSet) -> np.ndarray:
    """For every word of the plain captions the places that it is about: bool[n, T, 9]; none for commas, "and" and the end."""
    about = np.zeros((*data.tokens.shape, 9), bool)
    drawn = data.scenes
    for i, row in enumerate(data.tokens.tolist()):
        phrase: list[int] = []
        for t, token in enumerate(row):
            phrase = phrase + [t] if words.WORD_CLASS[token] < 3 else []
            if words.WORD_KIND[token] >= 0:  # the noun ends a phrase: a number, a colour, a kind
                colour = words.TOKEN_COLOUR[row[t - 1]]
                same = drawn.present[i] & (drawn.kind[i] == words.WORD_KIND[token]) & (drawn.colour[i] == colour)
                about[i, np.array(phrase)[:, None], drawn.cell[i][same]] = True
    return about


def beams(
    model: captioning.Captioner, data: dataset.CaptionSet, width: int, power: float = 0.0, select=decode.beam_step
) -> dict[str, float]:
    """What a beam of some width gives: all scores, ``log-probability``, ``length`` in words."""
    few = np.arange(min(BEAMS, len(data)))
    part = dataset.CaptionSet(data.scenes[few], [data.plain[i] for i in few], data.features[few], data.tokens[few])

    def search(model, batch):
        return decode.beam(
            model.step,
            model.start(batch["image"]),
            len(batch["image"]),
            begin=captioning.BEGIN,
            end=captioning.END,
            length=captioning.LONGEST,
            width=width,
            power=power,
            select=select,
        )

    batch = {"image": part.features}
    written = training.predict(model, search, batch)
    return {
        **measures.scores(captioning.VOCAB.decode(written.tokens[:, 0]), part),
        "log-probability": float(written.log_prob[:, 0].mean()),
        "length": float(written.length[:, 0].mean() - 1),
    }


def run(seed: int) -> list[dict]:
    """Every arm by the number of things; pointing of attention, and of attention to another picture; beams of attention."""
    rows, data = [], dataset.test_set()

    def all_scores(written: list[str]) -> dict[str, float]:
        found = measures.scores(written, data)
        for k, (spice, exact) in measures.by_objects(written, data).items():
            found |= {f"SPICE, {k}": spice, f"exact, {k}": exact}
        return found

    for name in ARMS:
        model, arm = soft_attention(seed) if name == "attention" else train(name, seed=seed), Arm(way=name)
        rows += arm.rows(all_scores(trainer.write(model, data.features)))
        if name == "attention":
            rows += ANOTHER_PICTURE.rows(all_scores(trainer.write(model, dataset.another_picture(data))))
            for what, values in pointing(model, data).items():
                rows += arm.rows({f"{what}, {measure}": value for measure, value in values.items()})
            for width in WIDTHS:
                rows += arm.but(width=width).rows(beams(model, data, width))
            rows += arm.but(width=5, power=1.0).rows(beams(model, data, 5, power=1.0))
    return rows
