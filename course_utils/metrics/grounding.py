"""Boxes, masks and points against the truth: average precision as COCO has it (Lin et al., 2014), accuracy as RefCOCO, pointing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from course_utils.metrics.overlap import box_iou

THRESHOLDS = np.linspace(0.5, 0.95, 10)  # COCO's IoUs
RECALLS = np.linspace(0, 1, 101)  # where COCO samples the precision


def greedy_match(overlap: np.ndarray, crowd: np.ndarray, at: float) -> np.ndarray:
    """Which truth each detection finds: the surest chooses first, and takes what it overlaps most.

    A thing is found once, a crowd any number of times, but only by who finds no thing. Of equal overlaps the last is taken.

    Parameters
    ----------
    overlap : float[D, G], the detections by falling score
    crowd : bool[G]
    at : the least overlap

    Returns
    -------
    int[D], the index of a truth, -1 for a false alarm
    """
    found, free = np.full(len(overlap), -1), ~crowd
    for k, row in enumerate(overlap):
        for able in (free, crowd):
            near = np.where(able, row, -1)
            if near.max(initial=-1) >= min(at, 1 - 1e-10):
                found[k] = np.flatnonzero(near == near.max())[-1]
                free[found[k]] = False
                break
    return found


def average_precision(
    found: Mapping[str, np.ndarray],
    true: Mapping[str, np.ndarray],
    at: Sequence[float] = THRESHOLDS,
    *,
    overlap: Callable[..., np.ndarray] = box_iou,
    most: int = 100,
) -> tuple[float, dict[int, np.ndarray]]:
    """How well things are found: the precision, averaged over 101 recalls, as COCOeval for things of all sizes.

    At equal scores the earlier picture comes first, and in a picture what stands earlier in ``found``. Finding a crowd is neither
    right nor wrong. A kind without a thing to find has no average precision and no part in the mean; false alarms of it cost nothing.

    Parameters
    ----------
    found : ``image`` int[n], ``kind`` int[n], ``score`` float[n], ``shape`` float[n, 4]
    true : ``image`` int[m], ``kind`` int[m], ``shape`` float[m, 4]; and, where there are crowds, ``crowd`` bool[m]
    at : the overlaps from which on a thing is found, T of them; the mean over COCO's ten is its AP, ``[0.5]`` gives AP50
    overlap : of two ``shape``: :func:`~course_utils.metrics.overlap.box_iou`; with ``mask_iou`` these are bool[n, H, W] and bool[m, H, W]
    most : detections of a kind in a picture, the surest, that count

    Returns
    -------
    mean : float, over kinds and overlaps
    kinds : kind → float64[T]

    Raises
    ------
    ValueError
        If arrays differ in length, a score is NaN, or there is nothing to find.
    """
    true = {"crowd": np.zeros(len(true["kind"]), bool), **true}
    for name, arrays in (("found", found), ("true", true)):
        if len({len(array) for array in arrays.values()}) > 1:
            raise ValueError(f"The arrays of {name} differ in length: {', '.join(f'{key} {len(array)}' for key, array in arrays.items())}.")
    found, true = ({key: np.asarray(array) for key, array in arrays.items()} for arrays in (found, true))
    if np.isnan(found["score"]).any():
        raise ValueError("A score is NaN; give every detection a number, higher where the model is surer.")
    true["crowd"] = true["crowd"].astype(bool)
    kinds = np.unique(true["kind"][~true["crowd"]]).tolist()
    if not kinds:
        raise ValueError("There is nothing to find: give at least one truth that is no crowd.")
    scored = {
        kind: _of_kind(*({k: v[a["kind"] == kind] for k, v in a.items()} for a in (found, true)), at, overlap, most) for kind in kinds
    }
    return float(np.mean(list(scored.values()))), scored


def _of_kind(found: dict[str, np.ndarray], true: dict[str, np.ndarray], at: Sequence[float], overlap: Callable, most: int) -> np.ndarray:
    scores, outcomes = [np.zeros(0)], [np.zeros((len(at), 0), int)]  # 1 right, 0 wrong, -1 neither
    for image in np.unique(found["image"]):
        here = np.flatnonzero(found["image"] == image)
        here = here[np.argsort(-found["score"][here], kind="stable")][:most]
        there = true["image"] == image
        crowd = true["crowd"][there]
        table = overlap(found["shape"][here], true["shape"][there], crowd)
        matches = np.array([greedy_match(table, crowd, least) for least in at])  # (T, D)
        values = np.append(np.where(crowd, -1, 1), 0)  # the last for who finds nothing, -1
        scores.append(found["score"][here])
        outcomes.append(values[matches])
    order = np.argsort(-np.concatenate(scores), kind="stable")
    outcome = np.concatenate(outcomes, 1)[:, order]
    right, wrong = (outcome == 1).cumsum(1), (outcome == 0).cumsum(1)
    precision = right / np.maximum(right + wrong, 1)
    precision = np.maximum.accumulate(precision[:, ::-1], 1)[:, ::-1]  # the best at this recall or a higher one
    precision = np.pad(precision, ((0, 0), (0, 1)))  # 0 beyond the last
    recall = right / (~true["crowd"]).sum()
    return np.array([p[np.searchsorted(r, RECALLS)].mean() for p, r in zip(precision, recall)])


def accuracy(found: np.ndarray, true: np.ndarray, at: float = 0.5) -> float:
    """RefCOCO's: the share of expressions whose box has IoU ``at`` or more; float[N, 4] each, NaN where no box was given.

    Raises ValueError if there are not as many boxes as truths, or none.
    """
    found, true = np.asarray(found, float), np.asarray(true, float)
    if found.shape != true.shape or not len(true):
        raise ValueError(f"Boxes of shape {found.shape} cannot be held against {true.shape}; give one for each truth, NaN for none.")
    return float((box_iou(found[:, None], true[:, None]) >= at).mean())


def pointing(points: np.ndarray, masks: np.ndarray) -> float:
    """The share of points (y, x), float[N, 2] in px, that lie inside the true masks, bool[N, H, W]; NaN where none was given.

    A box points with its centre. Raises ValueError if there are not as many points as masks, or none.
    """
    points, masks = np.asarray(points, float), np.asarray(masks, bool)
    if len(points) != len(masks) or not len(masks):
        raise ValueError(f"There are {len(points)} points and {len(masks)} masks; give one for each, NaN for none.")
    size = masks.shape[1:]
    inside = ((points >= 0) & (points < size)).all(1)
    y, x = np.where(inside[:, None], points, 0).astype(int).T
    return float((inside & masks[np.arange(len(masks)), y, x]).mean())
