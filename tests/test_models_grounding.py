"""Words that point: every convention keeps its bound, every text and sequence is read as it was written, and nothing crashes a reader."""

import itertools
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from course_utils import decode
from course_utils.models.grounding import codes, sequence, written
from course_utils.models.grounding.codes import Code
from course_utils.models.grounding.sequence import Layout
from course_utils.models.grounding.written import Mention

BINS = (2, 8, 33, 256, 1000)
STYLES = {"Qwen-VL": written.QWEN, "Shikra": written.SHIKRA, "Ferret": written.FERRET, "Kosmos-2": written.KOSMOS}


def boxes(count, seed=0, least=0.1):
    rng = np.random.default_rng(seed)
    low = rng.random((count, 2)) * (1 - least)
    return np.concatenate([low, low + least + (1 - low - least) * rng.random((count, 2))], -1)


# --- codes


@pytest.mark.parametrize(("form", "bins"), [*itertools.product(codes.FORMS, BINS)])
def test_no_coordinate_is_further_off_than_its_bound_and_some_nearly_are(form, bins):
    code, wanted = Code(bins, form), {"steps": 0.5 / (bins - 1), "cells": 0.5 / bins, "corners": 1 / bins}[form]
    drawn = np.concatenate([boxes(20_011, least=0), np.clip(boxes(20_011, 1, 0) * [1, 1, 0.5 / bins, 1], 0, 1)])
    drawn[:, 2:] = np.maximum(drawn[:, :2], drawn[:, 2:])
    mean, most = code.error(drawn)
    assert code.bound() == pytest.approx(wanted) and 0.9 * wanted < most <= wanted + 1e-12 and 0.2 * wanted < mean < 0.7 * wanted


@pytest.mark.parametrize("form", ["steps", "cells"])
def test_numbers_come_back_from_what_they_stand_for(form):
    code = Code(37, form, "xyxy")
    numbers = np.arange(37)[:, None] * [1, 0, 1, 0] + np.arange(37)[::-1, None] * [0, 1, 0, 1]
    np.testing.assert_array_equal(code.encode(code.decode(numbers)), numbers)
    np.testing.assert_array_equal(code.encode(code.decode(numbers)[:, [1, 0, 3, 2]]), numbers[:, [1, 0, 3, 2]])


def test_conventions_by_hand():
    box = np.array([0.25, 0.5, 0.75, 1.0])
    assert codes.PIX2SEQ.encode(box).tolist() == [250, 500, 749, 999]  # 249.75, 499.5 (to even), 749.25, 999
    assert Code(6).encode([0.5] * 4).tolist() == [2] * 4 and Code(4).encode([0.5] * 4).tolist() == [2] * 4  # 2.5 and 1.5
    assert codes.PALIGEMMA.encode(box).tolist() == [256, 512, 767, 1023]
    assert codes.FLORENCE2.encode(box).tolist() == [500, 250, 999, 750]
    assert codes.KOSMOS2.encode(box).tolist() == [8 * 32 + 16, 23 * 32 + 31]
    assert codes.PIX2SEQ.encode([-0.1, 0, 1.2, 1]).tolist() == [0, 0, 999, 999]
    np.testing.assert_allclose(codes.FLORENCE2.decode([500, 250, 999, 750]), [0.2505, 0.5005, 0.7505, 0.9995])


def test_corners_in_one_row_or_column_are_whole_cells():
    cell = 1 / 32
    for low, high in ((528, 528), (64, 70), (3, 995)):
        (a, b), (c, d) = divmod(low, 32), divmod(high, 32)
        np.testing.assert_allclose(codes.KOSMOS2.decode([low, high]), [a * cell, b * cell, (c + 1) * cell, (d + 1) * cell])
    flat = codes.KOSMOS2.encode([0.5, 0.25, 0.5, 0.5])  # without height: its upper cell is not below its lower one
    assert flat.tolist() == [16 * 32 + 8, 16 * 32 + 15]


def test_boxes_are_normalised_by_their_own_sides():
    px = np.array([[10.0, 10, 30, 60], [0, 0, 50, 100]])
    np.testing.assert_allclose(codes.normalise(px, 50, 100), [[0.2, 0.1, 0.6, 0.6], [0, 0, 1, 1]])
    np.testing.assert_allclose(codes.to_pixels(codes.normalise(px, 50, 100), 50, 100), px)


def test_soft_labels_are_bells_that_sum_to_one():
    fractions = np.array([[0, 0.5, 0.503], [0.1, 1.0, 0.9]])
    labels = np.asarray(codes.soft_labels(fractions, 31, 1.5))
    assert labels.shape == (2, 3, 31) and labels.dtype == np.float32
    np.testing.assert_allclose(labels.sum(-1), 1, atol=1e-6)
    np.testing.assert_array_equal(labels.argmax(-1), Code(31).encode(np.pad(fractions, ((0, 0), (0, 1))))[:, :3])
    np.testing.assert_allclose(labels[0, 1, 15 - 4 : 15], labels[0, 1, 19:15:-1], rtol=1e-5)
    np.testing.assert_allclose(labels[0, 1, 17] / labels[0, 1, 15], np.exp(-(2**2) / (2 * 1.5**2)), rtol=1e-5)
    middle = labels[0, 1] @ (np.arange(31) - 15) ** 2
    assert middle == pytest.approx(1.5**2, rel=0.01) and labels[0, 2, 16] > labels[0, 2, 14]


def test_what_is_no_code_is_refused():
    with pytest.raises(ValueError, match="steps, cells, corners"):
        Code(8, "bins")
    with pytest.raises(ValueError, match="yxyx, xyxy"):
        Code(8, order="xywh")
    with pytest.raises(ValueError, match="1 bins tell"):
        Code(1)
    with pytest.raises(ValueError, match="sigma is 0"):
        codes.soft_labels(np.zeros(3), 8, 0)


# --- text

TEXT = "the red dog; two cats, and a sign"
MENTIONS = [("the red dog", 0, 11, 1), ("two cats", 13, 21, 2)]


def mentions(seed):
    return [Mention(phrase, a, b, boxes(n, 7 * seed + n)) for phrase, a, b, n in MENTIONS]


@pytest.mark.parametrize("name", STYLES)
def test_a_text_is_read_as_it_was_written(name):
    style = STYLES[name]
    for seed in range(20):
        said = mentions(seed)
        text, told, skipped = written.read(written.write(TEXT, said, style), style)
        assert text == TEXT and skipped == 0 and [m[:3] for m in told] == [m[:3] for m in said]
        for mine, theirs in zip(told, said):
            assert np.abs(mine.boxes - theirs.boxes).max() <= style.code.bound() + 1e-9
    bare = written.write(" in a box", [Mention("", 0, 0, boxes(1))], style)
    assert written.read(bare, style)[0] == "in a box" and written.read(bare, style)[1][0][:3] == ("", 0, 0)


def test_marks_are_those_of_the_models():
    box = np.array([[0.11, 0.2, 0.3, 0.44], [0.5, 0.5, 1, 1]])
    said = [Mention("the red dog", 0, 11, box[:1]), Mention("two cats", 13, 21, box)]
    assert {name: written.write(TEXT[:21], said, style) for name, style in STYLES.items()} == {
        "Qwen-VL": "<ref>the red dog</ref><box>(200,110),(440,300)</box>; "
        "<ref>two cats</ref><box>(200,110),(440,300)</box><box>(500,500),(999,999)</box>",
        "Shikra": "the red dog[0.200,0.110,0.440,0.300]; two cats[0.200,0.110,0.440,0.300;0.500,0.500,1.000,1.000]",
        "Ferret": "the red dog [200, 110, 440, 300]; two cats [200, 110, 440, 300] [500, 500, 999, 999]",
        "Kosmos-2": "<phrase>the red dog</phrase><object><patch_index_0102><patch_index_0302></object>; <phrase>two cats</phrase><object>"
        "<patch_index_0102><patch_index_0302></delimiter_of_multi_objects/><patch_index_0528><patch_index_1023></object>",
    }


@pytest.mark.parametrize(
    ("name", "marked", "text", "phrases", "skipped"),
    [
        ("Qwen-VL", "<ref>a dog</ref><box>(1,2),(3", "a dog", [], 1),
        ("Qwen-VL", "<ref>a dog</ref> sits <box>(1,2),(30,40)</box>", "a dog sits", [""], 1),
        ("Qwen-VL", "<ref>a dog</ref><box>(30,40),(1,2)</box><box>(1,2),(30,40)</box>", "a dog", ["a dog"], 1),
        ("Qwen-VL", "<ref>a dog</ref><box>(1,2),(30,1000)</box> it", "a dog it", [], 1),
        ("Qwen-VL", "a dog <box>one</box>", "a dog", [], 1),
        ("Shikra", "a dog[0.1,0.2,0.3] and a cat[0.1,0.2,0.3,0.4]", "a dog and a cat", ["and a cat"], 1),
        ("Shikra", "a dog[0.1,0.2,0.3,0.4;0.5,0.2,0.3,0.4]", "a dog", ["a dog"], 1),
        ("Shikra", "a dog[0.1,0.2,0.3,1.4]. a cat[0.1", "a dog. a cat", [], 2),
        ("Ferret", "a dog [1, 2, 30, 40, 50], a cat [10, 20, 30, 40]", "a dog , a cat", ["a cat"], 1),
        ("Ferret", f"a dog [{'9' * 400}, 2, 30, 40]", "a dog", [], 1),
        ("Kosmos-2", "<phrase>a dog</phrase><object><patch_index_0863><patch_index_0044></object>", "a dog", [], 1),
        ("Kosmos-2", "<phrase>a dog</phrase><object><patch_index_0000><patch_index_2047></object>", "a dog", [], 1),
        ("Kosmos-2", "<phrase>a dog</phrase><object><patch_index_0000>", "a dog", [], 1),
    ],
)
def test_what_is_malformed_is_left_out_and_counted(name, marked, text, phrases, skipped):
    told = written.read(marked, STYLES[name])
    assert (told[0], [m.phrase for m in told[1]], told[2]) == (text, phrases, skipped)


@pytest.mark.parametrize("name", STYLES)
def test_no_text_crashes_a_reader(name):
    """Written texts, cut, doubled and shuffled; and a phrase is always what stands at its place."""
    rng, style = np.random.default_rng(0), STYLES[name]
    counts = []
    for seed in range(200):
        marked = written.write(TEXT, mentions(seed % 5), style)
        cuts = [0, *sorted(rng.integers(len(marked), size=3)), len(marked)]
        pieces = [marked[a:b] for a, b in itertools.pairwise(cuts)]
        text, told, skipped = written.read("".join(pieces[k] for k in rng.integers(4, size=5)), style)
        counts.append(skipped)
        for phrase, start, end, found in told:
            assert text[start:end] == phrase and len(found) and ((found >= 0) & (found <= 1)).all() and (found[:, :2] < found[:, 2:]).all()
    assert 0 in counts and max(counts) > 1


def test_kosmos_markup_is_read_as_transformers_reads_it():
    """Made with transformers 5.23.0, ``clean_text_and_extract_entities_with_bboxes``; a box without a phrase it names by its tokens."""
    cases = json.loads((Path(__file__).parent / "parity/kosmos2.json").read_text())
    for case in cases:
        text, told, _ = written.read(case["marked"], written.KOSMOS)
        assert text == case["text"]
        for mine, (phrase, span, found) in zip(told, case["entities"], strict=True):
            assert mine.phrase == ("" if phrase.startswith("<") else phrase) and [mine.start, mine.end] == np.maximum(span, 0).tolist()
            np.testing.assert_allclose(mine.boxes[:, [1, 0, 3, 2]], found)
    assert len(cases) == 14 and sum(len(case["entities"]) for case in cases) == 10


def test_what_cannot_be_marked_is_refused():
    said = mentions(0)
    with pytest.raises(ValueError, match="in the text's order"):
        written.write(TEXT, said[::-1], written.QWEN)
    with pytest.raises(ValueError, match="'two cats' does not stand at 13:21"):
        written.write("the red dog; one cat", said, written.QWEN)
    with pytest.raises(ValueError, match="other words"):
        written.write("a [red] dog", [], written.SHIKRA)


# --- sequences

LAYOUT = Layout(Code(32), first=7, kinds=5, end=3, size=47)


def things(seed, count=6):
    return boxes(count, seed), np.random.default_rng(seed).integers(5, size=count)


@pytest.mark.parametrize("arrangement", sequence.ARRANGEMENTS)
@pytest.mark.parametrize("form", ["steps", "cells"])
def test_a_sequence_is_read_as_it_was_written(arrangement, form):
    layout = Layout(Code(32, form, "xyxy"), 7, 5, 3, 47)
    for seed in range(10):
        drawn, kinds = things(seed)
        tokens = sequence.write(drawn, kinds, layout, arrangement, np.random.default_rng(seed))
        found, told, skipped = sequence.read([*tokens, 20, 21], layout)
        assert len(tokens) == 31 and tokens[-1] == 3 and skipped == 0
        area = np.prod(drawn[:, 2:] - drawn[:, :2], 1)
        order = {
            "sorted": np.argsort((drawn[:, :2] ** 2).sum(1)),
            "size": np.argsort(area)[::-1],
            "random": np.random.default_rng(seed).permutation(6),
        }[arrangement]
        np.testing.assert_array_equal(told, kinds[order])
        assert np.abs(found - drawn[order]).max() <= layout.code.bound() + 1e-9
    assert sequence.write(np.zeros((0, 4)), [], layout, "size") == [3] and sequence.read([3], layout)[0].shape == (0, 4)


@pytest.mark.parametrize(
    ("tokens", "kinds", "skipped"),
    [
        ([7, 8, 9, 10, 40, 3], [1], 0),
        ([7, 8, 9, 10, 40], [1], 0),  # without an end
        ([7, 8, 9, 10], [], 1),
        ([7, 8, 9, 40, 7, 8, 9, 10, 41, 3], [2], 1),
        ([7, 8, 9, 10, 11, 40, 3], [], 1),
        ([9, 8, 7, 10, 40, 7, 8, 9, 8, 40, 3], [], 2),
        ([40, 41, 7, 8, 9, 10, 40, 1, 46, 3, 40], [1], 3),
    ],
)
def test_tokens_that_are_no_box_are_skipped_and_counted(tokens, kinds, skipped):
    found, told, count = sequence.read(tokens, LAYOUT)
    assert (told.tolist(), count, found.shape) == (kinds, skipped, (len(kinds), 4))


def by_definition(tokens):
    """Legal tokens, one after the other: what makes a prefix of whole boxes and the end."""
    run = list(itertools.takewhile(lambda t: 7 <= t < 39, reversed(tokens)))[::-1]
    if len(run) >= 4:
        return {*range(39, 44)}
    return {*range(run[-2] + 1 if len(run) > 1 else 7, 39 if len(run) > 1 else 38)} | ({3} if not run else set())


def test_legal_is_what_its_definition_says():
    rng = np.random.default_rng(0)
    prefixes = [[], [5], [5, 20], [20, 21], [37, 37, 38], [20, 21, 22, 40], *(rng.integers(5, 44, 9).tolist() for _ in range(50))]
    prefixes += [sequence.write(*things(k), LAYOUT, "size")[: 1 + k % 11] for k in range(30)]
    padded = np.array([[5] * (11 - len(prefix)) + prefix[-11:] for prefix in prefixes])
    for prefix, may in zip(prefixes, jax.jit(lambda tokens: sequence.legal(tokens, LAYOUT))(padded)):
        assert set(np.flatnonzero(may).tolist()) == by_definition(prefix), prefix
    for prefix in prefixes[:3]:
        assert set(np.flatnonzero(sequence.legal(np.array(prefix, int), LAYOUT)).tolist()) == by_definition(prefix), prefix


def test_whoever_may_write_legal_tokens_alone_writes_boxes():
    """A model that knows nothing: left alone it writes none, constrained it writes nothing else."""

    def step(state, token):
        return state, jnp.full((64, 47), -jnp.log(47.0))

    noise = decode.gumbel(np.random.default_rng(0), 64, 41, 47)
    free = jax.jit(lambda: decode.sample(step, (), 64, noise, begin=5, end=3))()
    bound = sequence.constrained(step, LAYOUT)
    state = ((), jnp.full((64, 4), -1))
    held = jax.jit(lambda: decode.sample(bound, state, 64, noise, begin=5, end=3))()
    read = [[sequence.read(row, LAYOUT) for row in np.asarray(told.tokens)] for told in (free, held)]
    assert sum(skipped for *_, skipped in read[0]) > 30 and sum(len(kinds) for _, kinds, _ in read[0]) < 5
    assert all(skipped == (3 not in row) for row, (*_, skipped) in zip(np.asarray(held.tokens), read[1]))
    assert sum(len(kinds) for _, kinds, _ in read[1]) > 200
    assert np.isfinite(held.log_prob).all() and held.log_prob[0] > free.log_prob[0] * 47


def test_what_is_no_layout_is_refused():
    with pytest.raises(ValueError, match="take tokens 7 to 43 of 40"):
        Layout(Code(32), 7, 5, 3, 40)
    with pytest.raises(ValueError, match=r"with end \(20\) outside"):
        Layout(Code(32), 7, 5, 20, 47)
    with pytest.raises(ValueError, match="four locations a box"):
        Layout(codes.KOSMOS2, 7, 5, 3, 2000)
    with pytest.raises(ValueError, match="default_rng"):
        sequence.write(*things(0), LAYOUT)
    with pytest.raises(ValueError, match="Kinds are 0 to 4 here"):
        sequence.write(boxes(1), [5], LAYOUT, "size")
    with pytest.raises(ValueError, match="random, sorted, size"):
        sequence.write(*things(0), LAYOUT, "alphabetical")
