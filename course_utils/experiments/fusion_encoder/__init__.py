"""Notebook 04: who binds colours to things, which negatives teach it, what searching costs, and UNITER's objectives.

``matching`` (data sets and training), ``binding``, ``retrieval``, ``objectives`` (tests), ``colleague`` (the run that looks
fine).
"""

from __future__ import annotations

import jax
from flax import nnx

from course_utils.experiments.fusion_encoder import binding, matching, objectives, retrieval
from course_utils.models import fusion_encoder as fe

SEEDS = 6  # some minutes each
SEEDS_OF_OBJECTIVES = 3  # of UNITER's four objectives, and of three of them
CONTROLS = {"picture": "another picture", "colours": "colours hidden", "order": "words sorted"}


def bound(model, **hide) -> dict[str, float]:
    """The three measures of the binding test."""
    return {f"binding, {what}": share for what, share in binding.right(binding.table(model, binding.pairs(), **hide)).items()}


def decided(model) -> dict[str, float]:
    """How often a pair that was drawn at random is judged right: true pairs, and pictures with another one's caption."""
    of = matching.matched(binding.PAIRS, 5, test=True)
    true = binding.logits(model, of.tokens, of.features)
    other = binding.logits(model, of.tokens[::-1], of.features)
    differ = of.content != of.content[::-1]
    return {"random pairs judged right": float(((true > 0).mean() + (other[differ] <= 0).mean()) / 2)}


def run(seed: int) -> list[dict]:
    """All rows of one seed."""
    rows: list[dict] = []

    def tell(arm: str, values: dict[str, float]) -> None:
        rows.extend({"arm": arm, "measure": measure, "value": float(value)} for measure, value in values.items())

    data = matching.matched(seed=seed)
    teacher = matching.train_dual(data, seed=seed)
    tell("dual", bound(teacher))
    tell("dual, reading in order", bound(matching.train_dual(data, seed=seed, depth=1)))
    for negatives in ("random", "hard"):
        model = matching.train_fusion(data, teacher, negatives, seed=seed)
        name = f"fusion, {negatives} negatives"
        tell(name, bound(model) | decided(model))
        for (arm, measure), value in retrieval.run(teacher, model).items():
            if arm != "dual" or negatives == "random":  # the dual encoder is the same for both
                tell(arm if arm == "dual" else f"{arm}, {negatives} negatives", {measure: value})
        print(f"  {name} done", flush=True)
    for hide, control in CONTROLS.items():
        tell(control, bound(model, hide=hide))
    tell("fusion, negatives as they come", bound(matching.train_fusion(data, teacher, "hard, as they come", seed=seed)))
    tell("fusion, from chance", bound(matching.train_fusion(data, teacher, align=False, seed=seed)))
    for negatives in ("hard", "random"):
        two = matching.train_fusion(data, teacher, negatives, stream="two", seed=seed)
        tell(f"two streams, {negatives} negatives", bound(two) | decided(two))
    test = matching.matched(objectives.TEST, 5, test=True)
    for arm in objectives.ARMS if seed < SEEDS_OF_OBJECTIVES else ():
        model = objectives.train(data, teacher, arm, seed=seed)
        tell(f"UNITER, {arm}", bound(model) | objectives.run(model, test))
        print(f"  {arm} done", flush=True)
    return rows


def baselines() -> list[dict]:
    """What needs no training: the sizes of the models."""
    sizes = {f"{stream} stream": parameters(matching.untrained(stream)) for stream in fe.STREAMS}
    return [{"arm": name, "measure": "parameters", "value": float(size)} for name, size in sizes.items()]


def parameters(model) -> int:
    """How many numbers a fusion encoder's stream learns, the tables and the last map of the first token left out."""
    state = nnx.to_flat_state(nnx.state(model.stream, nnx.Param))
    return sum(leaf.size for path, value in state if path[0] not in ("tables", "pool") for leaf in jax.tree.leaves(value))
