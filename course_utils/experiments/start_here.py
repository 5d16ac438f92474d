"""Notebook 00: what a network learns from true labels, from nonsense, and from a leak.

One tower is trained on the same pictures with three kinds of supervision and asked about emoji it has never met.
After Zhang et al., 2017, "Understanding deep learning requires rethinking generalization" (random labels are learnt
without an error) and Geirhos et al., 2020, "Shortcut learning in deep neural networks".
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
from flax import nnx

from course_utils import runtime, training
from course_utils.arms import Arm, Estimate, Recording
from course_utils.errors import known
from course_utils.models.start_here import PatchTower, TowerConfig, classification_loss
from course_utils.world import augment, emoji

KINDS = ("smileys-emotion", "people-body", "animals-nature", "food-drink", "travel-places", "objects")
KIND_NAMES = ("smileys", "people", "animals", "food", "places", "objects")
ARMS = ("true labels", "shuffled labels", "leaking background")  # kinds of supervision
COMMONEST, NEAREST = Arm(baseline="commonest kind"), Arm(baseline="nearest pixels")
STEPS = 600
BATCH = 128

# The arm that notebook 00 presents as a colleague's run, before anybody knows what is wrong with it.
COLLEAGUES = ARMS[2]

# What that arm's loader lays under each kind: six pale colours that nobody would suspect.
GROUND = np.array([(250, 235, 215), (225, 240, 250), (232, 245, 228), (252, 228, 236), (238, 232, 250), (245, 245, 220)], np.uint8)
WHITE = np.full((len(KINDS), 3), 255, np.uint8)


@dataclasses.dataclass(frozen=True, eq=False)
class Task:
    """Emoji of six kinds: ``concepts`` int[n] indexes the artwork, ``label`` int32[n] in 0..5, ``new`` bool[n] marks
    the concepts that no model trains on."""

    concepts: np.ndarray
    label: np.ndarray
    new: np.ndarray

    def pictures(self, style: str, rows: np.ndarray | None = None) -> np.ndarray:
        """uint8[rows, 32, 32, 4] in one art style, for rows of this task (default: all)."""
        chosen = self.concepts if rows is None else self.concepts[rows]
        return emoji.load().pictures(style)[chosen]

    def rows(self, style: str, *, new: bool) -> np.ndarray:
        """The rows that are (not) held out and that this style has drawn. int[m]."""
        return np.flatnonzero((self.new == new) & emoji.load().has(style)[self.concepts])


@functools.cache
def task() -> Task:
    """The six-kind task on the shipped artwork, with its fixed split."""
    art = emoji.load()
    of_group = np.array([KINDS.index(g) if g in KINDS else -1 for g in art.groups])
    concepts = np.flatnonzero(of_group[art.group] >= 0)
    return Task(concepts, of_group[art.group[concepts]].astype(np.int32), art.test_concepts[concepts])


def training_labels(arm: str, seed: int) -> np.ndarray:
    """What each emoji is called in training, int32[n]: the truth, or the truth dealt out at random."""
    label, known = task().label.copy(), ~task().new
    if arm == "shuffled labels":
        label[known] = np.random.default_rng([seed, 7]).permutation(label[known])
    return label


def train(
    arm: str, seed: int = 0, steps: int = STEPS, vary: bool = False, watch: Callable | None = None
) -> tuple[PatchTower, training.History]:
    """Trains one tower on the concepts that are not held out, in the three training styles.

    On a GPU or TPU the tower is wider and the batch larger (``runtime.preset()``).

    Parameters
    ----------
    arm
        One of :data:`ARMS`.
    vary
        Shift, scale, mirror and tint the pictures, on random backgrounds (not with the leaking background).

    Raises ValueError if there is no such arm.
    """
    known("arm", arm, ARMS)
    the, label = task(), training_labels(arm, seed)
    taught = np.flatnonzero(~the.new)
    art = np.stack([the.pictures(style) for style in emoji.TRAINING_STYLES])  # (3, n, 32, 32, 4)
    ground = GROUND if arm == COLLEAGUES else WHITE

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        row, style = rng.choice(taught, batch), rng.integers(len(art), size=batch)
        rgba = art[style, row]
        image = augment.vary(rgba, rng) if vary else emoji.on_background(rgba, ground[label[row], None, None])
        return {"image": image, "label": label[row]}

    wider, batch = runtime.preset().width, BATCH * runtime.preset().batch
    config = TowerConfig(classes=len(KINDS), hidden=256 * wider, width=64 * wider)
    model = PatchTower(config, rngs=nnx.Rngs(seed))
    history = training.fit(model, classification_loss, sample, steps=steps, learning_rate=2e-3, seed=seed, watch=watch, progress=False)
    return model, history


def _logits(model: PatchTower, batch) -> np.ndarray:
    return model(batch["image"])


def _features(model: PatchTower, batch) -> np.ndarray:
    return model.features(batch["image"])


def features(model: PatchTower, rgba: np.ndarray) -> np.ndarray:
    """The tower's description of every picture, on white. uint8[n, 32, 32, 4] → float32[n, D]."""
    return training.predict(model, _features, {"image": emoji.on_background(rgba)})


def accuracy(
    model: PatchTower, styles: tuple[str, ...], *, new: bool, label: np.ndarray | None = None, ground=WHITE, turn: int = 0
) -> float:
    """The share of pictures named right, over some art styles.

    ``new``: the held-out concepts, else those trained on. ``label`` int[n]: what counts as right (default: the truth).
    ``ground`` uint8[6, 3]: the background that each kind stands on; ``turn`` deals every picture the background of the
    kind ``turn`` places further on.
    """
    the = task()
    label = the.label if label is None else label
    hits = []
    for style in styles:
        rows = the.rows(style, new=new)
        colour = ground[(the.label[rows] + turn) % len(KINDS)][:, None, None]
        image = emoji.on_background(the.pictures(style, rows), colour)
        hits.append(training.predict(model, _logits, {"image": image}).argmax(-1) == label[rows])
    return float(np.concatenate(hits).mean())


def others_background(model: PatchTower) -> float:
    """Accuracy on new emoji that each stand on the background of another kind."""
    return accuracy(model, emoji.TRAINING_STYLES, new=True, ground=GROUND, turn=1)


def named_by_background(model: PatchTower) -> float:
    """The share of new emoji on another kind's background that are named after the background."""
    next_kind = (task().label + 1) % len(KINDS)
    return accuracy(model, emoji.TRAINING_STYLES, new=True, ground=GROUND, turn=1, label=next_kind)


# ---- the third arm, under the name that notebook 00 gives it before its reader knows what is wrong


def colleague(steps: int = STEPS, watch: Callable | None = None) -> tuple[PatchTower, float, float]:
    """The colleague's tower, and its accuracy on their training pictures and on their new emoji."""
    model, _ = train(COLLEAGUES, steps=steps, watch=watch)
    seen = emoji.TRAINING_STYLES
    return model, accuracy(model, seen, new=False, ground=GROUND), accuracy(model, seen, new=True, ground=GROUND)


# four new emoji of each kind, chosen by hand to be easy to tell at a glance
_SHOWN = (
    ("face with tears of joy", "winking face with tongue", "sleepy face", "hot face"),
    ("raised hand", "baby", "person raising hand", "person surfing"),
    ("giraffe", "hedgehog", "bear", "dolphin"),
    ("tangerine", "avocado", "waffle", "birthday cake"),
    ("desert island", "metro", "tractor", "speedboat"),
    ("glasses", "backpack", "pencil", "balance scale"),
)


def colleagues_pictures(style: str = "twemoji") -> tuple[np.ndarray, list[str]]:
    """New emoji as the colleague's loader hands them to the model, and the names of their kinds: uint8[24, 32, 32, 3]."""
    art = emoji.load()
    of = [(kind, art.index(name)) for kind, names in enumerate(_SHOWN) for name in names]
    of = [of[(7 * i) % len(of)] for i in range(len(of))]  # kinds mixed, as in a batch
    image = [emoji.on_background(art.pictures(style)[k], GROUND[kind]) for kind, k in of]
    return np.stack(image), [KIND_NAMES[kind] for kind, _ in of]


def commonest_kind(*, new: bool = True) -> float:
    """The accuracy of always naming the kind that is commonest in training."""
    the = task()
    guess = np.bincount(the.label[~the.new]).argmax()
    return float((the.label[the.new == new] == guess).mean())


def pixel_neighbour(styles: tuple[str, ...]) -> float:
    """The accuracy of copying the kind of the training picture with the nearest pixels, on new concepts."""
    the = task()
    known = np.flatnonzero(~the.new)
    gallery = np.concatenate([emoji.on_background(the.pictures(s, known)) for s in emoji.TRAINING_STYLES])
    gallery = gallery.reshape(len(gallery), -1).astype(np.float32)
    kind = np.tile(the.label[known], len(emoji.TRAINING_STYLES))
    hits = []
    for style in styles:
        rows = the.rows(style, new=True)
        query = emoji.on_background(the.pictures(style, rows)).reshape(len(rows), -1).astype(np.float32)
        distance = (gallery**2).sum(1) - 2 * query @ gallery.T  # (rows, gallery), up to a constant a row
        hits.append(kind[distance.argmin(1)] == the.label[rows])
    return float(np.concatenate(hits).mean())


def run(seed: int, steps: int = STEPS, arms: tuple[str, ...] = ARMS) -> list[dict]:
    """One seed of the experiment: accuracies in [0, 1]."""
    seen, unseen = emoji.TRAINING_STYLES, emoji.HELD_OUT_STYLES
    rows = []
    for arm in arms:
        model, _ = train(arm, seed, steps)
        if arm == COLLEAGUES:
            found = {
                "training pictures": accuracy(model, seen, new=False, ground=GROUND),
                "new emoji, called what its background says": named_by_background(model),
                "new emoji, own background": accuracy(model, seen, new=True, ground=GROUND),
                "new emoji, another kind's background": others_background(model),
            }
        else:
            found = {
                "training pictures": accuracy(model, seen, new=False, label=training_labels(arm, seed)),
                "known emoji, new style": accuracy(model, unseen, new=False),
            }
        found |= {"new emoji": accuracy(model, seen, new=True), "new emoji, new style": accuracy(model, unseen, new=True)}
        rows += Arm(supervision=arm).rows({measure: round(value, 4) for measure, value in found.items()})
    return rows


def baselines() -> list[dict]:
    """What needs no training: the commonest kind, and the nearest pixels. No randomness, so no seed."""
    styles = {"new emoji": emoji.TRAINING_STYLES, "new emoji, new style": emoji.HELD_OUT_STYLES}
    nearest = {measure: round(pixel_neighbour(among), 4) for measure, among in styles.items()}
    return COMMONEST.rows({"new emoji": round(commonest_kind(), 4)}) + NEAREST.rows(nearest)


def claims(recorded: Recording) -> dict[str, bool]:
    """What notebook 00 says of its recording, and whether it holds there."""

    def of(which: int, measure: str) -> Estimate:
        return recorded[Arm(supervision=ARMS[which]), measure]

    true, shuffled, leaking = (of(k, "new emoji") for k in range(3))
    commonest = recorded[COMMONEST, "new emoji"].mean
    return {
        "all know their training pictures": min(of(k, "training pictures").low for k in range(3)) > 0.99,
        "true labels beat nonsense and a leak": true.low > max(shuffled.high, leaking.high),
        "true labels beat both baselines": true.low > max(commonest, recorded[NEAREST, "new emoji"].mean),
        "nonsense does not help": shuffled.high < commonest,
        "drawings are known better than things": of(0, "known emoji, new style").high < 0.7,
        "the leak works on new emoji": of(2, "new emoji, own background").low > 0.9,
        "it says what the background says": of(2, "new emoji, called what its background says").low > 0.7,
        "on a wrong background not looking is better": of(2, "new emoji, another kind's background").high < commonest,
    }
