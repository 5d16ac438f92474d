"""Notebook 06's arms: what the glue is made of, what it is taught with, on which language model, and what a test takes away."""

from course_utils.arms import Arm

MAIN = Arm(model="flamingo")
UNDESCRIBED, UNGATED = MAIN.but(described="never"), MAIN.but(gates="none")
NEVER_TAUGHT, FINE_TUNED = (MAIN.but(lm=lm) for lm in ("never taught", "fine-tuned"))
MEAN, UNCOMPRESSED = (MAIN.but(resampler=resampler) for resampler in ("mean", "none"))
# arm → what ``trainer.train`` is told
TRAINED = {
    MAIN: {},
    UNDESCRIBED: {"described": 0.0},
    UNGATED: {"gated": False},
    NEVER_TAUGHT: {"lm": "never taught"},
    FINE_TUNED: {"lm": "fine-tuned"},
    MEAN: {"resampler": "mean"},
    UNCOMPRESSED: {"resampler": "none"},
}
CONTROLS = {control: MAIN.but(control=control) for control in ("blind", "names shuffled", "other pictures")}
COLLEAGUE = Arm(model="colleague's flamingo")
FEW_SHOT = Arm(model="flamingo", taught="names, captions, answers")
TUNED = FEW_SHOT.but(tuned="64 examples")
LM_ALONE = Arm(model="language model")
GLUE_ALONE, EVERYTHING = (Arm(learns=what) for what in ("glue", "everything"))
