"""What an answer hangs on: all patches of one place, exchanged for those of its twin."""

from __future__ import annotations

import dataclasses

import numpy as np

from course_utils import runtime
from course_utils.errors import known
from course_utils.experiments.llava.measures import Say
from course_utils.experiments.probe import another_thing, twins
from course_utils.intervene import exchanged
from course_utils.towers import vision
from course_utils.world import render
from course_utils.world import scenes as S
from course_utils.world.instructions import FORMATS
from course_utils.world.things import COLOURS, KINDS

COUNT, _FEW = 256, 16
# which place is exchanged → whether the answer should follow its twin
EXCHANGES = {"the asked thing": True, "another thing": False}


@dataclasses.dataclass(frozen=True, eq=False)
class Cases:
    """Pictures of different things, each asked for the colour of one; in the twin everything has another colour.

    ``features``, ``others``: float16[n, 64, 96], of pictures and twins. ``thing``, ``another``: int[n], the place asked about and
    another thing's. ``own``, ``twin``: the right answers, before and as the twin has it.
    """

    scenes: S.Scenes
    twins: S.Scenes
    features: np.ndarray
    others: np.ndarray
    questions: list[str]
    thing: np.ndarray
    another: np.ndarray
    own: list[str]
    twin: list[str]

    def exchanged(self, what: str) -> np.ndarray:
        """The features after one of ``EXCHANGES``. Raises ValueError if there is none such."""
        known("exchange", what, EXCHANGES)
        place = self.thing if what == "the asked thing" else self.another
        return exchanged(self.features, place, self.others, of=vision.cell_of_patch(64))

    def unlike(self, i: int) -> bool:
        """Whether no other thing of picture i has the asked thing's colour, nor the twin's."""
        colours = [COLOURS[k] for k in self.scenes.colour[i][self.scenes.present[i]]]
        return colours.count(self.own[i]) == 1 and self.twin[i] not in colours

    def pictures(self, i: int) -> tuple[np.ndarray, tuple[int, int]]:
        """Case i for a figure: uint8[3, 96, 96, 3], as it is, with the asked thing and with another thing exchanged; both places."""
        scene, twin, places = self.scenes[[i]], self.twins[[i]], (int(self.thing[i]), int(self.another[i]))
        changed = [scene.replace(colour=np.where(scene.cell == place, twin.colour, scene.colour)) for place in places]
        return np.asarray(render.render(S.concatenate([scene, *changed]), 96)), places


def cases(count: int = COUNT) -> Cases:
    """Drawn anew for every probe alike; few under ``COURSE_FAST=1``."""
    rng = S.generator("test", 750)
    drawn = S.sample(rng, _FEW if runtime.is_fast() else count, objects=(2, 3), distinct=True)
    new, others = twins(drawn, "colour", rng)
    kept = new >= 0
    drawn, others, new = drawn[kept], others[kept], new[kept]
    slot = np.where(drawn.present, rng.random(drawn.present.shape), -1).argmax(1)
    rows = np.arange(len(drawn))
    thing = drawn.cell[rows, slot].astype(int)
    return Cases(
        scenes=drawn,
        twins=others,
        features=vision.patch_features(drawn, 64).astype(np.float16),
        others=vision.patch_features(others, 64).astype(np.float16),
        questions=[f"what colour is the {KINDS[k]}? {FORMATS['word'][0]}" for k in drawn.kind[rows, slot]],
        thing=thing,
        another=another_thing(drawn, thing, rng),
        own=[COLOURS[k] for k in drawn.colour[rows, slot]],
        twin=[COLOURS[k] for k in new],
    )


def example(say: Say, of: Cases) -> tuple:
    """What ``show.llava.exchange`` draws of a case that is answered right, where no other thing has either colour; else of the first."""
    said = [say(features[:64], of.questions[:64]) for features in (of.features, *map(of.exchanged, EXCHANGES))]
    i = next((k for k, word in enumerate(said[0]) if word == of.own[k] and of.unlike(k)), 0)
    return *of.pictures(i), of.questions[i], (of.own[i], of.twin[i]), [words[i] for words in said]


def measures(say: Say, of: Cases) -> dict[str, dict[str, float]]:
    """Of each exchange, among the questions answered right before it: the share now answered as the twin has it (``follows``),
    and still as before (``stays``)."""
    right = np.array(say(of.features, of.questions)) == of.own
    told = {}
    for what in EXCHANGES:
        now = np.array(say(of.exchanged(what), of.questions))
        n = max(right.sum(), 1)
        told[what] = {"follows": (right & (now == of.twin)).sum() / n, "stays": (right & (now == of.own)).sum() / n}
    return told
