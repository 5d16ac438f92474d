"""Notebook 04's arms: dual encoders, and fusion encoders that differ in streams, negatives, start, objectives and search."""

from course_utils.arms import Arm

DUAL, IN_ORDER = Arm(model="dual", depth=0), Arm(model="dual", depth=1)
RANDOM, HARD = Arm(stream="single", negatives="random"), Arm(stream="single", negatives="hard")
AS_THEY_COME, FROM_CHANCE = HARD.but(negatives="hard, as they come"), HARD.but(start="chance")
TWO_RANDOM, TWO_HARD = RANDOM.but(stream="two"), HARD.but(stream="two")
# what a control takes away (``binding.table``) → its arm
CONTROLS = {
    hide: HARD.but(control=control)
    for hide, control in {"picture": "another picture", "colours": "colours hidden", "order": "words sorted"}.items()
}
ALL_FOUR, WITHOUT_ALIGNMENT = (Arm(stream="single", objectives=which) for which in ("all four", "without alignment"))
