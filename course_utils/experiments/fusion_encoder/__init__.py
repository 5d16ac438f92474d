"""Notebook 04: who binds colours to things, which negatives teach it, what searching costs, and UNITER's objectives.

``dataset``, ``trainer`` (what they share), ``binding``, ``retrieval``, ``objectives``, ``probe`` (tests), ``colleague`` (the run that looks
fine), ``arms``.
"""

from __future__ import annotations

import jax
from flax import nnx

from course_utils.arms import Arm, Recording
from course_utils.experiments.fusion_encoder import arms, binding, dataset, objectives, probe, retrieval, trainer
from course_utils.models import fusion_encoder as fe

SEEDS = 6  # some minutes each
PARTS = {"probe": probe}
SEEDS_OF_OBJECTIVES = 3  # of UNITER's four objectives, and of three of them


def binding_measures(model, **hide) -> dict[str, float]:
    """The three measures of the binding test."""
    return {f"binding, {what}": share for what, share in binding.accuracies(binding.table(model, binding.pairs(), **hide)).items()}


def pair_accuracy(model) -> dict[str, float]:
    """How often a pair that was drawn at random is judged right: true pairs, and pictures with another one's caption."""
    of = dataset.draw(binding.PAIRS, 5, test=True)
    true = binding.logits(model, of.tokens, of.features)
    other = binding.logits(model, of.tokens[::-1], of.features)
    differ = of.content != of.content[::-1]
    return {"random pairs judged right": float(((true > 0).mean() + (other[differ] <= 0).mean()) / 2)}


def run(seed: int) -> list[dict]:
    """All rows of one seed."""
    data = dataset.draw(seed=seed)
    teacher = trainer.train_dual(data, seed=seed)
    rows = arms.DUAL.rows(binding_measures(teacher))
    rows += arms.IN_ORDER.rows(binding_measures(trainer.train_dual(data, seed=seed, depth=arms.IN_ORDER.depth)))
    for arm in (arms.RANDOM, arms.HARD):
        model = trainer.train_fusion(data, teacher, arm.negatives, seed=seed)
        rows += arm.rows(binding_measures(model) | pair_accuracy(model))
        for way, values in retrieval.run(teacher, model, arm).items():
            if way != arms.DUAL or arm == arms.RANDOM:  # the dual encoder is the same for both
                rows += way.rows(values)
        print(f"  {arm.negatives} negatives done", flush=True)
    for hide, arm in arms.CONTROLS.items():
        rows += arm.rows(binding_measures(model, hide=hide))
    rows += arms.AS_THEY_COME.rows(binding_measures(trainer.train_fusion(data, teacher, arms.AS_THEY_COME.negatives, seed=seed)))
    rows += arms.FROM_CHANCE.rows(binding_measures(trainer.train_fusion(data, teacher, align=False, seed=seed)))
    for arm in (arms.TWO_HARD, arms.TWO_RANDOM):
        two = trainer.train_fusion(data, teacher, arm.negatives, stream=arm.stream, seed=seed)
        rows += arm.rows(binding_measures(two) | pair_accuracy(two))
    test = dataset.draw(objectives.TEST, 5, test=True)
    for arm in (arms.ALL_FOUR, arms.WITHOUT_ALIGNMENT) if seed < SEEDS_OF_OBJECTIVES else ():
        model = objectives.train(data, teacher, arm.objectives, seed=seed)
        rows += arm.rows(binding_measures(model) | objectives.run(model, test))
        print(f"  {arm.objectives} done", flush=True)
    return rows


def baselines() -> list[dict]:
    """What needs no training: the sizes of the models."""
    return [row for stream in fe.STREAMS for row in Arm(stream=stream).rows({"parameters": parameters(trainer.untrained(stream))})]


def parameters(model) -> int:
    """How many numbers a fusion encoder's stream learns, the tables and the last map of the first token left out."""
    state = nnx.to_flat_state(nnx.state(model.stream, nnx.Param))
    return sum(leaf.size for path, value in state if path[0] not in ("tables", "pool") for leaf in jax.tree.leaves(value))


def claims(recorded: Recording) -> dict[str, bool]:
    """What notebook 04 says of its recording, and whether it holds there."""
    caption = {arm: recorded[arm, measure] for arm, measure in recorded if measure == "binding, caption"}
    binds = {arm: sum(share >= 0.8 for share in found.values) for arm, found in caption.items()}
    dual, random, hard = caption[arms.DUAL], caption[arms.RANDOM], caption[arms.HARD]
    easy = {arm: recorded[arm, "random pairs judged right"] for arm in (arms.RANDOM, arms.HARD, arms.TWO_RANDOM, arms.TWO_HARD)}
    gains = [easy[arm].mean - easy[arm.but(negatives="hard")].mean for arm in (arms.RANDOM, arms.TWO_RANDOM)]
    four, pairs, alone = (recorded[arm, "R@1 alike"] for arm in (arms.HARD.but(shortlist=4), arms.HARD, arms.DUAL))
    one, two = (recorded[Arm(stream=stream), "parameters"].mean for stream in fe.STREAMS)
    hidden = {"hidden kinds": "another picture", "hidden colours": "another picture", "hidden regions": "another text"}
    plan, unaligned = (recorded[arm, "pointing by plan"].values for arm in (arms.ALL_FOUR, arms.WITHOUT_ALIGNMENT))
    thing, another, late = (recorded[arm, "follows"] for arm in (probe.THING, probe.ANOTHER, probe.BRIGHTEST[2]))
    return {
        "who pools first tosses a coin": abs(dual.mean - 0.5) < 0.03,
        **{f"{arm.control}: a coin": abs(caption[arm].mean - 0.5) < 0.03 for arm in arms.CONTROLS.values()},
        "it is the averaging that cannot bind": caption[arms.IN_ORDER].low > dual.high + 0.1,
        "reading in order, three of six bind": binds[arms.IN_ORDER] == 3,
        "with hard negatives every run binds": binds[arms.HARD] == 6 and hard.low > random.high + 0.3,
        "with hard negatives five of six nearly always": sum(share > 0.99 for share in hard.values) == 5,
        "of two streams all but one bind": binds[arms.TWO_HARD] == 5,
        "with negatives as they come four of six bind": binds[arms.AS_THEY_COME] == 4,
        "from chance one binds": binds[arms.FROM_CHANCE] == 1,
        "with random negatives none comes near": max(random.values + caption[arms.TWO_RANDOM].values) < 0.65,
        "random negatives are learned, and teach nothing": easy[arms.RANDOM].low > 0.98,
        "two streams are not of equal size": two > 3 * one,
        "random pairs would have chosen the wrong model": all(0 < gain < 0.03 for gain in gains),
        "a shortlist of four is nearly all pairs": abs(four.mean - pairs.mean) < 0.03,
        "a shortlist of four beats the dual encoder among twins": four.mean > alone.high + 0.3,
        **{
            f"{part} are found on the other side": recorded[arms.ALL_FOUR, part].low
            > recorded[arms.ALL_FOUR, f"{part}, {control}"].high + 0.6
            for part, control in hidden.items()
        },
        "alignment teaches the plan to point": min(plan) > max(unaligned) + 0.1,
        "choices follow the region of their thing": min(thing.values) > 0.8,
        "and no other thing's": max(another.values) < 0.1,
        "where a name looks is not always what is used": late.mean < thing.mean - 0.2,
        "of UNITER some runs bind": 0 < binds[arms.ALL_FOUR] + binds[arms.WITHOUT_ALIGNMENT] < 6,
    }
