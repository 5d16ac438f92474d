"""How much boxes and masks overlap, and masks as run lengths, as COCO has both (Lin et al., 2014).

Boxes are half-open (ymin, xmin, ymax, xmax), all of a call in px or all in fractions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def box_iou(a: np.ndarray, b: np.ndarray, crowd: np.ndarray | None = None) -> np.ndarray:
    """Intersection over union of every pair of boxes.

    Parameters
    ----------
    a, b : float[..., N, 4] and float[..., M, 4]
    crowd : bool[..., M], which of ``b`` are crowds: with these the intersection counts over the area of ``a`` alone.

    Returns
    -------
    float64[..., N, M], 0 where nothing is shared, and for boxes of NaN
    """
    a, b = np.asarray(a, float)[..., :, None, :], np.asarray(b, float)[..., None, :, :]
    shared = np.maximum(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0).prod(-1)
    return _ratio(shared, *(np.maximum(x[..., 2:] - x[..., :2], 0).prod(-1) for x in (a, b)), crowd)


def mask_iou(a: np.ndarray, b: np.ndarray, crowd: np.ndarray | None = None) -> np.ndarray:
    """:func:`box_iou` of masks, bool[..., N, H, W] and bool[..., M, H, W]."""
    a, b = (np.reshape(x, (*np.shape(x)[:-2], np.prod(np.shape(x)[-2:]))).astype(bool).astype(float) for x in (a, b))
    return _ratio(a @ b.swapaxes(-1, -2), a.sum(-1)[..., :, None], b.sum(-1)[..., None, :], crowd)


def _ratio(shared: np.ndarray, a: np.ndarray, b: np.ndarray, crowd: np.ndarray | None) -> np.ndarray:
    union = a + b - shared
    if crowd is not None:
        union = np.where(np.asarray(crowd, bool)[..., None, :], a, union)
    return np.divide(shared, union, out=np.zeros(union.shape), where=union > 0)


def rle_encode(mask: np.ndarray) -> list[int]:
    """The run lengths of a mask, bool[H, W], as COCO counts them: down one column after the other, first what is not covered."""
    pixels = np.asarray(mask, bool).T.ravel()
    return np.diff(np.flatnonzero(np.diff(pixels, prepend=False)), prepend=0, append=pixels.size).tolist()


def rle_decode(counts: Sequence[int], height: int, width: int) -> np.ndarray:
    """The mask of :func:`rle_encode`, bool[H, W]. Raises ValueError if the runs do not fill it."""
    if sum(counts) != height * width:
        raise ValueError(f"The runs cover {sum(counts)} pixels, but {height} × {width} has {height * width}; give height and width.")
    return np.repeat(np.arange(len(counts)) % 2 == 1, counts).reshape(width, height).T
