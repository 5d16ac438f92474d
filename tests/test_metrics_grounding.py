"""Overlap, run lengths and average precision agree with pycocotools; what is simpler, with its definition."""

import contextlib
import io

import numpy as np
import pytest

from course_utils.metrics import grounding as G
from course_utils.metrics.overlap import box_iou, mask_iou, rle_decode, rle_encode

HEIGHT, WIDTH = 11, 17
EXACT = {"rtol": 0, "atol": 1e-6}


def coco(name):
    return pytest.importorskip(f"pycocotools.{name}", reason="pycocotools is not part of this environment")


def boxes(rng, count):
    """Whole px, some without area."""
    low = rng.integers(0, [HEIGHT - 4, WIDTH - 7], (count, 2))
    return np.concatenate([low, np.minimum(low + rng.integers(0, 8, (count, 2)), [HEIGHT, WIDTH])], 1).astype(float)


def masks(rng, count):
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    inside = [(y >= a) & (x >= b) & (y < c) & (x < d) for a, b, c, d in boxes(rng, count)]
    return np.array(inside).reshape(count, HEIGHT, WIDTH) & (rng.random((count, HEIGHT, WIDTH)) < 0.9)


def xywh(box):
    """As COCO has boxes; in C order, since pycocotools reads any other wrongly and says nothing (findings/coco_box_order.sh)."""
    y, x, below, right = np.moveaxis(np.asarray(box), -1, 0)
    return np.ascontiguousarray(np.stack([x, y, right - x, below - y], -1))


def counted(mask):
    return coco("mask").encode(np.asfortranarray(mask.astype(np.uint8)))


# --- overlap


@pytest.mark.parametrize("seed", range(3))
def test_overlap_is_that_of_pycocotools(seed):
    rng = np.random.default_rng(seed)
    crowd = rng.random(13) < 0.4
    a, b = boxes(rng, 7) + rng.random((7, 4)) * [0, 0, 1, 1], boxes(rng, 13)
    np.testing.assert_allclose(box_iou(a, b, crowd), coco("mask").iou(xywh(a), xywh(b), crowd.tolist()), **EXACT)
    p, q = masks(rng, 7), masks(rng, 13)
    wanted = coco("mask").iou([counted(m) for m in p], [counted(m) for m in q], crowd.tolist())
    np.testing.assert_allclose(mask_iou(p, q, crowd), wanted, **EXACT)
    assert (wanted > 0).any() and (crowd[None] & (wanted > 0)).any()


def test_overlap_by_hand():
    a = np.array([[0.0, 0, 4, 2], [5, 5, 9, 7], [1, 1, 1, 1]])
    np.testing.assert_allclose(box_iou(a, [[2, 0, 6, 2]]), [[4 / 12], [2 * 0 / 12], [0]])
    np.testing.assert_allclose(box_iou(a[:1], [[2, 0, 6, 2]], [True]), [[1 / 2]])
    assert box_iou(a, a).trace() == 2 and box_iou(a, np.full((1, 4), np.nan)).tolist() == [[0]] * 3
    rng = np.random.default_rng(0)
    several, others = boxes(rng, 15).reshape(5, 3, 4), boxes(rng, 35).reshape(5, 7, 4)
    np.testing.assert_array_equal(box_iou(several, others)[2], box_iou(several[2], others[2]))
    assert mask_iou(np.zeros((2, 3, 5)), np.zeros((0, 3, 5))).shape == (2, 0)


@pytest.mark.parametrize("seed", range(4))
def test_run_lengths_are_those_of_pycocotools(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((HEIGHT, WIDTH)) < [0, 0.3, 0.9, 1][seed]
    counts, tool = rle_encode(mask), coco("mask")
    assert tool.frPyObjects({"counts": counts, "size": [HEIGHT, WIDTH]}, HEIGHT, WIDTH)["counts"] == counted(mask)["counts"]
    np.testing.assert_array_equal(rle_decode(counts, HEIGHT, WIDTH), mask)
    assert sum(counts[1::2]) == mask.sum() and min(counts[1:], default=1) > 0


def test_run_lengths_go_down_the_columns():
    assert rle_encode([[1, 0, 0], [1, 1, 0]]) == [0, 2, 1, 1, 2]
    with pytest.raises(ValueError, match="cover 6 pixels, but 3 × 3 has 9"):
        rle_decode([0, 2, 1, 1, 2], 3, 3)


# --- average precision


def draw(rng, shapes, *, images=7, kinds=3, crowds=0.2, ties=True):
    """Things, and detections near some of them; of the last kind there are detections alone."""
    count = 40
    true = {"image": rng.integers(images, size=count), "kind": rng.integers(kinds - 1, size=count), "shape": shapes(rng, count)}
    true["crowd"] = rng.random(count) < crowds
    copied = rng.integers(count, size=80)
    found = {name: true[name][copied] for name in ("image", "kind", "shape")}
    strayed = rng.random(80) < 0.4
    found["shape"] = np.where(strayed.reshape(-1, *[1] * (found["shape"].ndim - 1)), shapes(rng, 80), found["shape"])
    found["kind"] = np.where(rng.random(80) < 0.2, kinds - 1, found["kind"])
    return {**found, "score": rng.random(80).round(1 if ties else 9)}, true


def official(found, true, at, *, most=100):
    """Kind → AP at each IoU by COCOeval, and its mean; ids from 1 (it never finds the annotation 0)."""
    is_box = np.ndim(true["shape"]) == 2

    def entries(rows, **more):
        for k in range(len(rows["kind"])):
            shape = {"bbox": xywh(rows["shape"][k]).tolist()} if is_box else {"segmentation": counted(rows["shape"][k])}
            area = {"area": 1.0, "iscrowd": int(rows["crowd"][k])} if "crowd" in rows else {"score": float(rows["score"][k])}
            yield {"id": k + 1, "image_id": int(rows["image"][k]), "category_id": int(rows["kind"][k]), **shape, **area}

    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco("coco").COCO()
        truth.dataset = {
            "images": [{"id": k, "height": HEIGHT, "width": WIDTH} for k in range(9)],
            "categories": [{"id": k} for k in range(5)],
            "annotations": list(entries(true)),
        }
        truth.createIndex()
        told = truth.loadRes([{k: v for k, v in row.items() if k != "id"} for row in entries(found)])
        judge = coco("cocoeval").COCOeval(truth, told, "bbox" if is_box else "segm")
        judge.params.maxDets, judge.params.iouThrs, judge.params.areaRng = [most], np.array(at), [[0, 1e10]]
        judge.params.areaRngLbl = ["all"]
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, 0]  # (T, R, K), -1 without truths
    return {k: precision[:, :, k].mean(1) for k in range(5) if (precision[:, :, k] > -1).all()}, precision[precision > -1].mean()


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shapes", [boxes, masks])
def test_average_precision_is_that_of_cocoeval(seed, shapes):
    found, true = draw(np.random.default_rng(seed), shapes, crowds=0.3 * (seed % 3), ties=seed % 2 == 0)
    most = [100, 2][seed % 2]
    mean, kinds = G.average_precision(found, true, overlap=box_iou if shapes is boxes else mask_iou, most=most)
    wanted, wanted_mean = official(found, true, G.THRESHOLDS, most=most)
    assert set(kinds) == set(wanted) == {0, 1} and 0.01 < mean < 0.5
    for kind in kinds:
        np.testing.assert_allclose(kinds[kind], wanted[kind], **EXACT)
    assert mean == pytest.approx(wanted_mean, abs=1e-6)


def test_where_there_is_little_cocoeval_says_the_same():
    nothing = {name: np.zeros((0, 4) if name == "shape" else 0) for name in ("image", "kind", "score", "shape")}
    one = {"image": [3], "kind": [1], "shape": [[1, 1, 5, 5]], "crowd": [False]}
    assert G.average_precision(nothing, one) == (0, {1: pytest.approx(np.zeros(10))})
    in_another = {"image": [2, 3], "kind": [1, 1], "score": [0.9, 0.5], "shape": [[1, 1, 5, 5]] * 2}
    mean, _ = G.average_precision(in_another, one)
    assert mean == pytest.approx(0.5) == official(in_another, one, G.THRESHOLDS)[1]
    with pytest.raises(ValueError, match="nothing to find"):
        G.average_precision(in_another, {**one, "crowd": [True]})
    with pytest.raises(ValueError, match="found differ in length: image 1, kind 2"):
        G.average_precision({**in_another, "image": [2]}, one)
    with pytest.raises(ValueError, match="score is NaN"):
        G.average_precision({**in_another, "score": [0.1, np.nan]}, one)


def test_half_of_the_things_without_a_false_alarm_is_51_of_101_recalls():
    """And the order decides between equal scores; false alarms after the last hit cost nothing."""
    true = {"image": [0, 0], "kind": [0, 0], "shape": [[0, 0, 4, 4], [6, 6, 9, 9]]}
    hit, miss = [0, 0, 4, 4], [0, 10, 4, 14]
    for order, wanted in (([hit, miss], 51 / 101), ([miss, hit], 51 / 202)):
        mean, _ = G.average_precision({"image": [0, 0], "kind": [0, 0], "score": [0.5, 0.5], "shape": order}, true, [0.5])
        assert mean == pytest.approx(wanted)


def test_the_surest_chooses_first_and_things_come_before_crowds():
    overlap = np.array([[0.6, 0.9, 0.95], [0.7, 0.8, 0.3], [0.4, 0.3, 0.6], [0.4, 0.9, 0.6], [0.1, 0.2, 0.3]])
    crowd = np.array([False, False, True])
    assert G.greedy_match(overlap, crowd, 0.5).tolist() == [1, 0, 2, 2, -1]
    assert G.greedy_match(np.full((2, 2), 0.7), np.zeros(2, bool), 0.7).tolist() == [1, 0]


# --- one expression, one box or point


def test_accuracy_counts_boxes_that_overlap_enough():
    true = np.array([[0.0, 0, 4, 4]] * 4)
    found = [[0, 0, 4, 4], [0, 0, 4, 2], [0, 0, 4, 1.9], [np.nan] * 4]
    assert G.accuracy(found, true) == 0.5 and G.accuracy(found, true, 0.4) == 0.75
    with pytest.raises(ValueError, match=r"\(3, 4\) cannot be held against \(4, 4\)"):
        G.accuracy(found[:3], true)


def test_a_point_counts_inside_the_mask_alone():
    shape = np.zeros((1, 5, 7), bool)
    shape[0, 1, 6] = True
    points = np.array([[1.0, 6.0], [1.99, 6.99], [2.0, 6.5], [6.0, 1.0], [1.0, -1.0], [1.0, 7.0], [np.nan, np.nan]])
    assert [G.pointing(point[None], shape) for point in points] == [1, 1, 0, 0, 0, 0, 0]
    assert G.pointing(points, shape.repeat(7, 0)) == pytest.approx(2 / 7)
    with pytest.raises(ValueError, match="7 points and 1 masks"):
        G.pointing(points, shape)
