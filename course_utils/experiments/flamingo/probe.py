"""What a name hangs on: the tokens of one picture in the prompt are exchanged for those of another."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from course_utils import training
from course_utils.experiments.flamingo import dataset, names
from course_utils.intervene import exchanged
from course_utils.models.flamingo import flamingo
from course_utils.world import scenes as S
from course_utils.world.interleaved import Pictures

# what is exchanged → whether the answer should become the other name
EXCHANGES = {
    "the asked picture, for one of the other name": True,
    "both named pictures, for each other": True,
    "the asked picture, for another of its name": False,
    "the third name's picture, for any": False,
}


def _seen(model: flamingo.Flamingo, batch):
    return model.see(batch["features"].astype("float32"))


def _read(model: flamingo.Flamingo, batch):
    logits = model.read(batch["tokens"], batch["media"])[0]
    return logits[jnp.arange(len(logits)), batch["place"]]


class Prompts:
    """Episodes of three names, one picture each, and one asked; and the resampled tokens of their pictures.

    ``arrays`` as packed; ``media`` float32[n, I, M, D]; ``asked`` and ``other`` int[n], which of the three supports has the
    name that is right, and another one; ``own`` and ``twin`` int[n], the names of these two.
    """

    def __init__(self, model: flamingo.Flamingo, pool: Pictures, count: int = names.COUNT):
        self.model, self.pool, self.rng = model, pool, S.generator("test", 633)
        self.arrays = names.episodes(pool, 3, 1, count, seed=4)
        self.media = self._see(self.arrays["pictures"])
        self.places, named = names.named(self.arrays)
        self.rows = np.arange(count := len(named))
        self.asked = (named[:, :3] == named[:, 3:]).argmax(1)
        self.other, self.third = (self.asked + np.stack([d := self.rng.integers(1, 3, count), 3 - d])) % 3
        self.own, self.twin = named[self.rows, self.asked], named[self.rows, self.other]

    def _see(self, pictures: np.ndarray) -> np.ndarray:
        return training.predict(self.model, _seen, {"features": self.pool.features[pictures]}, size=min(64, len(pictures)))

    def alike(self, support: np.ndarray) -> np.ndarray:
        """A new picture of what each of these supports shows, its tokens in every place: float32[n, I, M, D]."""
        pairs, of_pair = self.pool.pairs(), dataset.by_pair(self.pool)
        shown = self.arrays["pictures"][self.rows]
        drawn = []
        for row, support_ in zip(shown, support):
            there = of_pair[tuple(pairs[row[support_]].tolist())]
            drawn.append(self.rng.choice(np.setdiff1d(there, row)))
        return np.broadcast_to(self._see(np.array(drawn)[:, None]), self.media.shape)

    def exchanged(self, what: str) -> np.ndarray:
        """The media after one of ``EXCHANGES``."""
        last = np.full(len(self.rows), 3)
        if what == "the asked picture, for one of the other name":
            return exchanged(self.media, last, self.alike(self.other))
        if what == "the asked picture, for another of its name":
            return exchanged(self.media, last, self.alike(self.asked))
        if what == "the third name's picture, for any":
            return exchanged(self.media, self.third, self._see(self.rng.integers(len(self.pool), size=self.media.shape[:2])))
        own, twin = (self.media[self.rows, support][:, None] for support in (self.asked, self.other))
        swapped = exchanged(self.media, self.asked, np.broadcast_to(twin, self.media.shape))
        return exchanged(swapped, self.other, np.broadcast_to(own, self.media.shape))

    def logits(self, media: np.ndarray) -> np.ndarray:
        """What the name may be: float32[n, V]."""
        batch = {"tokens": self.arrays["tokens"], "media": media, "place": self.places[:, 3].astype(np.int32) - 1}
        return training.predict(self.model, _read, batch, size=min(64, len(self.rows)))


def measures(model: flamingo.Flamingo, pool: Pictures, count: int = names.COUNT) -> dict[str, dict[str, float]]:
    """Of each exchange, among the episodes that were answered right before it: the share whose answer is now the other name
    (``follows``), and still its own (``stays``)."""
    prompts = Prompts(model, pool, count)
    right = prompts.logits(prompts.media).argmax(-1) == prompts.own
    told = {}
    for what in EXCHANGES:
        now = prompts.logits(prompts.exchanged(what)).argmax(-1)[right]
        told[what] = {"follows": (now == prompts.twin[right]).mean(), "stays": (now == prompts.own[right]).mean()}
    return told
