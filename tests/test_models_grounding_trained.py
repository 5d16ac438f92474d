"""Notebook 08's models: what is asked for and nothing else teaches, near bins are near, a written box is read as it was, and each
model finds one thing among two."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from shared import normal, run

from course_utils import training
from course_utils.metrics.overlap import box_iou
from course_utils.models.grounding import grounder, packing, segmenter, two_stage
from course_utils.models.grounding.codes import Code
from course_utils.models.grounding.grounder import Grounder, GrounderConfig
from course_utils.models.grounding.packing import BOX, MASK, NOWHERE, Text
from course_utils.models.grounding.sequence import legal
from course_utils.nn.lm import LanguageModel, LMConfig
from course_utils.text import IGNORED
from course_utils.towers.regions import Regions

BINS, SIDE, D = 33, 4, 6
WORDS = packing.vocabulary(BINS)
LAYOUT = packing.layout(WORDS, Code(BINS))
CONFIG = GrounderConfig(LAYOUT, features=D, side=SIDE, width=16, depth=1, heads=2, hidden=24)
RED, BLUE = [[0.125, 0.25, 0.5, 0.75], [0.5, 0.125, 0.875, 0.375]]


def build(**changes):
    return Grounder(GrounderConfig(**(vars(CONFIG) | changes)), rngs=nnx.Rngs(0))


def packed(length=None):
    texts = [Text(["the", "red", "dog", BOX, *RED], 4), Text(["blue", "thing", BOX, *BLUE, "<end>"], 3)]
    return packing.pack(texts, WORDS, LAYOUT, CONFIG.patches, length)


def test_a_text_is_packed_behind_its_picture():
    made = packed()
    assert {name: array.shape for name, array in made.items()} == dict.fromkeys(("tokens", "labels", "fractions"), (2, 12))
    words = WORDS.words(made["tokens"][1])
    assert words == ["<image>"] * 4 + ["blue", "thing", BOX, "<loc0016>", "<loc0004>", "<loc0028>", "<loc0012>", "<end>"]
    assert made["fractions"][1].tolist() == [NOWHERE] * 6 + BLUE + [NOWHERE] * 2
    assert (made["labels"][0, :7] == IGNORED).all() and (made["labels"][0, 11:] == IGNORED).all()
    np.testing.assert_array_equal(made["labels"][0, 7:11], made["tokens"][0, 8:12])
    assert made["labels"][1, 10] == LAYOUT.end and made["labels"][1, 5] == IGNORED
    with pytest.raises(ValueError, match="needs 12 places, the picture's 4 among them, but there is room for 11"):
        packed(11)
    with pytest.raises(ValueError, match="no word of the words that point"):
        packing.pack([Text(["unicorn"], 1)], WORDS, LAYOUT, 4)


def test_what_is_no_box_is_none():
    tokens = LAYOUT.first + np.array([[0, 1, 20, 33 - 1], [5, 5, 5, 9], [0, 0, 9, 33], [-1, 0, 9, 9]])
    found = packing.boxes_of(tokens, LAYOUT)
    np.testing.assert_allclose(found[0], [0, 1 / 32, 20 / 32, 1])
    assert np.isnan(found[1:]).all()


@pytest.mark.parametrize("sigma", [0.0, 1 / 16])
def test_the_loss_by_hand(sigma):
    model, made, features = build(sigma=sigma), packed(), normal(3, SIDE**2, D)
    batch = made | {"picture": np.array([2, 0], np.int32), "pool": features}
    loss, shares = nnx.jit(grounder.grounding_loss)(model, batch)
    told = np.asarray(jax.nn.log_softmax(run(model, made["tokens"], features[[2, 0]])), float)
    terms, near = [], []
    for i, place in zip(*np.nonzero(made["labels"] != IGNORED)):
        aim, at = np.zeros(len(WORDS)), made["fractions"][i, place]
        if at >= 0 and sigma:
            bell = np.exp(-0.5 * ((np.arange(BINS) - at * (BINS - 1)) / (sigma * (BINS - 1))) ** 2)
            aim[LAYOUT.first : LAYOUT.first + BINS] = bell / bell.sum()
        else:
            aim[made["labels"][i, place]] = 1
        terms.append(-(aim * told[i, place]).sum())
        if at >= 0:
            near.append(abs(told[i, place, LAYOUT.first :][:BINS].argmax() / (BINS - 1) - at) <= 1 / 64)
    assert len(terms) == 9 and len(near) == 8
    np.testing.assert_allclose(loss, np.mean(terms), rtol=1e-4)
    np.testing.assert_allclose(shares["near"], np.mean(near))


def test_near_locations_begin_alike_and_far_ones_do_not():
    bins = 256
    table = grounder.neighbourly(bins, 64, rngs=nnx.Rngs(0))
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    alike = unit @ unit.T
    next_to = np.diagonal(alike, 1)
    assert next_to.min() > 0.95 and np.abs(np.diagonal(alike, bins // 2)).mean() < 0.25
    assert 0.7 < np.linalg.norm(table, axis=1).mean() < 1.4
    first = build().lm.embed.embedding[LAYOUT.first]
    assert not np.allclose(first, build(neighbours=False).lm.embed.embedding[LAYOUT.first])


def test_patches_are_merged_by_place():
    """A token knows the patches that it was merged from, and no other."""
    model, features = build(), jnp.asarray(normal(1, SIDE**2, D))
    for patch, token in ((0, 0), (1, 0), (2, 1), (4, 0), (7, 1), (8, 2), (15, 3)):
        moved = np.abs(model.patches(features.at[0, patch].add(1.0)) - model.patches(features))[0].max(1)
        assert (moved > 1e-6).tolist() == [k == token for k in range(4)]
    with pytest.raises(ValueError, match="3 × 3 patches do not tile 4 × 4"):
        build(merge=3)
    with pytest.raises(ValueError, match="in the form 'cells'"):
        build(layout=packing.layout(WORDS, Code(BINS, "cells")))


@pytest.mark.parametrize("legally", [False, True])
def test_writing_with_a_cache_is_writing_without(legally):
    model, features = build(), normal(2, SIDE**2, D)
    prompts = [["the", "red", "dog", BOX], ["blue", "thing", BOX]]
    got = grounder.write(model, WORDS, prompts, features, legally=legally)
    for prompt, own, seen in zip(prompts, got, features):
        tokens = [*map(WORDS.index, ["<image>"] * 4 + prompt)]
        for token in own.tolist():
            logits = run(model, np.array([tokens + [0] * (12 - len(tokens))]), seen[None])[0, len(tokens) - 1]
            assert token == (jnp.where(legal(jnp.array(tokens), LAYOUT), logits, -jnp.inf) if legally else logits).argmax()
            tokens.append(token)
    assert not legally or not np.isnan(packing.boxes_of(got, LAYOUT)).any()


def two_things(count, seed=0):
    """Pictures with a red and a blue thing in other quarters: features, which quarter each is in."""
    rng = np.random.default_rng(seed)
    quarters = np.array([rng.permutation(4)[:2] for _ in range(count)])
    features = 0.1 * rng.normal(size=(count, SIDE, SIDE, D)).astype(np.float32)
    for k in range(2):
        y, x = np.divmod(quarters[:, k], 2)
        for dy in range(2):
            for dx in range(2):
                features[np.arange(count), 2 * y + dy, 2 * x + dx, k] += 2
    return features.reshape(count, -1, D), quarters


def quarter_box(quarter):
    y, x = np.divmod(quarter, 2)
    return np.stack([y / 2 + 0.0625, x / 2 + 0.0625, y / 2 + 0.4375, x / 2 + 0.4375], -1)


def asked_of(count, seed=0):
    features, quarters = two_things(count, seed)
    which = np.arange(count) % 2
    prompts = [["the", ("red", "blue")[k], "thing"] for k in which]
    return features, prompts, quarters[np.arange(count), which], quarters[np.arange(count), 1 - which]


def drawn_from(arrays, size=32):
    def sample(rng):
        rows = rng.integers(len(arrays["tokens"]), size=size)
        return {name: array[rows] for name, array in arrays.items()}

    return sample


def taught(model, loss, arrays, data, steps=160):
    training.fit(model, loss, drawn_from(arrays), steps=steps, learning_rate=0.01, data=data, progress=False)
    return model


def test_a_grounder_finds_what_is_asked_for():
    features, prompts, quarter, other = asked_of(400)
    boxes = quarter_box(quarter)
    made = packing.pack([Text([*p, BOX, *b], 4) for p, b in zip(prompts, boxes.tolist())], WORDS, LAYOUT, CONFIG.patches)
    model = build(sigma=1 / 32)
    taught(model, grounder.grounding_loss, made | {"picture": np.arange(400, dtype=np.int32)}, {"pool": features})
    features, prompts, quarter, other = asked_of(60, seed=1)
    found = packing.boxes_of(grounder.write(model, WORDS, [[*p, BOX] for p in prompts], features), LAYOUT)
    right, wrong = (np.array([box_iou(a[None], b[None])[0, 0] for a, b in zip(found, quarter_box(q))]) for q in (quarter, other))
    assert (right > 0.5).mean() > 0.85 and (wrong > 0.5).mean() < 0.1


def test_a_segmenter_draws_what_is_asked_for():
    features, prompts, quarter, _ = asked_of(400)
    made = packing.pack([Text([*p, MASK], 4) for p in prompts], WORDS, LAYOUT, CONFIG.patches)
    y, x = np.divmod(np.arange(64), 8)
    inside = (y[None] // 4 * 2 + x[None] // 4 == quarter[:, None]).reshape(-1, 8, 8)
    model = segmenter.Segmenter(build(), WORDS, channels=4, pixels=2, hidden=12, rngs=nnx.Rngs(1))
    arrays = {"tokens": made["tokens"], "picture": np.arange(400, dtype=np.int32), "mask": inside}
    taught(model, segmenter.mask_loss, arrays, {"pool": features})
    features, prompts, quarter, _ = asked_of(60, seed=1)
    tokens = packing.pack([Text([*p, MASK], 4) for p in prompts], WORDS, LAYOUT, CONFIG.patches)["tokens"]
    said = segmenter.masks(model, tokens, features)
    inside = (y[None] // 4 * 2 + x[None] // 4 == quarter[:, None]).reshape(-1, 8, 8)
    assert said.shape == (60, 8, 8) and ((said & inside).sum((1, 2)) / (said | inside).sum((1, 2))).mean() > 0.7


def test_dice_and_entropy_by_hand():
    model = segmenter.Segmenter(build(), WORDS, channels=4, pixels=2, hidden=12, rngs=nnx.Rngs(1))
    tokens = packing.pack([Text(["red", "dog", MASK], 3), Text(["dog", MASK], 2)], WORDS, LAYOUT, 4)["tokens"]
    features, mask = normal(2, SIDE**2, D), normal(2, 8, 8, seed=3) > 0.5
    loss, told = nnx.jit(segmenter.mask_loss)(model, {"tokens": tokens, "picture": np.arange(2), "pool": features, "mask": mask})
    logits = np.asarray(run(model, tokens, features), float)
    p = 1 / (1 + np.exp(-logits))
    entropy = -np.where(mask, np.log(p), np.log(1 - p)).mean()
    dice = [(2 * a[m].sum() + 1) / (a.sum() + m.sum() + 1) for a, m in zip(p, mask)]
    np.testing.assert_allclose(loss, entropy + 1 - np.mean(dice), rtol=1e-4)
    said = logits > 0
    np.testing.assert_allclose(told["iou"], np.mean([(a & m).sum() / (a | m).sum() for a, m in zip(said, mask)]), rtol=1e-5)


def regions_of(quarters, features):
    """Both things as regions, in random order, and room for a third that is not there."""
    count = len(quarters)
    rng = np.random.default_rng(5)
    order = np.array([rng.permutation(2) for _ in range(count)])
    boxes = np.zeros((count, 3, 4), np.float32)
    seen = np.zeros((count, 3, D), np.float32)
    for k in range(2):
        quarter = quarters[np.arange(count), order[:, k]]
        boxes[:, k] = 64 * quarter_box(quarter)
        y, x = np.divmod(quarter, 2)
        seen[:, k] = features.reshape(count, SIDE, SIDE, D)[np.arange(count), 2 * y, 2 * x]
    return Regions(seen, boxes, np.zeros((count, 3, 2), np.float32), np.tile([True, True, False], (count, 1)))


def test_two_stages_choose_a_region():
    features, quarters = two_things(400)
    regions = regions_of(quarters, features)
    which = np.arange(400) % 2
    tokens = WORDS.encode([f"the {('red', 'blue')[k]} thing" for k in which], 5)
    true = 64 * quarter_box(quarters[np.arange(400), which])
    region = two_stage.right_region(regions, true)
    assert region.dtype == np.int32 and (region >= 0).all() and (region < 2).all()
    assert (two_stage.right_region(regions, true + 64) == -1).all()
    lm = LanguageModel(LMConfig(len(WORDS), width=16, depth=1, heads=2, hidden=24), rngs=nnx.Rngs(0))
    model = two_stage.RegionScorer(lm, D, rngs=nnx.Rngs(1))
    length = np.full(400, 3, np.int32)
    arrays = {"tokens": tokens, "length": length, "region": region, "picture": np.arange(400, dtype=np.int32)}
    loss, told = two_stage.scoring_loss(model, arrays | {"regions": regions.features, "there": regions.mask})
    assert 0.3 < float(loss) < 2 and 0.2 < float(told["accuracy"]) < 0.8
    nobody = arrays | {"region": np.full(400, -1, np.int32), "regions": regions.features, "there": regions.mask}
    assert float(two_stage.scoring_loss(model, nobody)[0]) == 0
    taught(model, two_stage.scoring_loss, arrays, {"regions": regions.features, "there": regions.mask}, steps=120)
    found = two_stage.ground(model, regions, tokens, length)
    assert (np.abs(found - true).max(1) < 1e-3).mean() > 0.95
    none = Regions(regions.features, regions.box, regions.kind, np.zeros_like(regions.mask))
    assert np.isnan(two_stage.ground(model, none, tokens, length)).all()
