"""Notebook 07's arms: which stages, on what data, with which projector and pictures, and what a test takes away."""

from course_utils.arms import Arm
from course_utils.world.instructions import SHARES

MAIN = Arm(model="llava", stages="1 and 2")
UNTRAINED, STAGE_1, STAGE_2 = (MAIN.but(stages=stages) for stages in ("none", "1", "2"))
LITTLE = 256  # conversations
FEW, FEW_STAGE_2 = (arm.but(data="little") for arm in (MAIN, STAGE_2))
LINEAR, LARGE = MAIN.but(projector="linear"), MAIN.but(side=96)
NOT_ACADEMIC, UNPROMPTED, CAPTIONED, ONLY_YES = (
    MAIN.but(data=data) for data in ("no academic questions", "no formats asked for", "captions mixed in", "only yes")
)
BLIND = MAIN.but(pictures="blind")
_LLAVA_1 = {kind: 2 * share for kind, share in SHARES.items() if kind != "vqa"}
_CAPTIONED = {kind: 0.75 * share for kind, share in SHARES.items()} | {"caption": 0.25}
_LITTLE = {"first": LITTLE, "steps": 100}
# arm → what ``trainer.stage_2`` is told
TRAINED = {
    MAIN: {},
    NOT_ACADEMIC: {"data": {"shares": _LLAVA_1}},
    UNPROMPTED: {"data": {"formats": ()}},
    CAPTIONED: {"data": {"shares": _CAPTIONED}},
    ONLY_YES: {"data": {"only_yes": True}},
    STAGE_2: {},
    FEW: _LITTLE,
    FEW_STAGE_2: _LITTLE,
    LINEAR: {},
    LARGE: {"side": 96},
    BLIND: {"blind": True},
}
SHIPPED = CAPTIONED.but(taught="longer")
CONTROLS = {control: MAIN.but(control=control) for control in ("zeroed", "other pictures")}
COLLEAGUE = Arm(model="colleague's llava")
# on short answers and captions, which all three can read and write
RIVALS = ALL_TRAINED, PROJECTOR_ALONE, FLAMINGO = tuple(
    Arm(model=model, trained=trained, taught="short answers, captions")
    for model, trained in (("llava", "projector and LM"), ("llava", "projector"), ("flamingo", "resampler and gates"))
)
