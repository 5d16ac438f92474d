"""Notebook 00: one tower and three kinds of supervision."""

from course_utils.experiments import start_here as kinds
from course_utils.experiments.canaries import Canary
from course_utils.world import emoji

SEEN, UNSEEN = emoji.TRAINING_STYLES, emoji.HELD_OUT_STYLES


def _plain(arm: str) -> Canary:
    return Canary(
        lambda: kinds.train(arm)[0],
        lambda tower: {
            "training pictures": kinds.accuracy(tower, SEEN, new=False, label=kinds.training_labels(arm, 0)),
            "known emoji": kinds.accuracy(tower, UNSEEN, new=False),
            "new emoji": kinds.accuracy(tower, UNSEEN, new=True),
            "features": kinds.features(tower, kinds.task().pictures("noto", kinds.task().rows("noto", new=True))),
        },
        everywhere=arm == "true labels",
    )


CANARIES = {
    "true labels": _plain("true labels"),
    "shuffled labels": _plain("shuffled labels"),
    "leaking background": Canary(
        lambda: kinds.train("leaking background")[0],
        lambda tower: {
            "own background": kinds.accuracy(tower, SEEN, new=True, ground=kinds.GROUND),
            "another background": kinds.others_background(tower),
            "fooled": kinds.named_by_background(tower),
        },
    ),
    "without training": Canary(None, lambda: {row["arm"].baseline + row["measure"]: row["value"] for row in kinds.baselines()}),
}
