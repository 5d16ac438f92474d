"""Finding a caption's picture: a dual encoder, a fusion encoder, and the one after the other; what each costs."""

from __future__ import annotations

import collections
import functools
import time
from collections.abc import Callable

import numpy as np
from flax import nnx

from course_utils import runtime
from course_utils.arms import Arm
from course_utils.errors import known
from course_utils.experiments.fusion_encoder import arms, binding, dataset, trainer
from course_utils.experiments.fusion_encoder.dataset import CaptionedScenes
from course_utils.models import fusion_encoder as fe
from course_utils.models.fusion_encoder import dual
from course_utils.world import scenes as S

PICTURES = 128
SHORTLISTS = (2, 4, 8, 16)
_FEW = 16


@functools.lru_cache(maxsize=4)
def gallery(kind: str, n: int = PICTURES) -> CaptionedScenes:
    """``n`` test pictures with their captions.

    "alike": every picture's twin with exchanged colours is there as well. "ordinary": any pictures.

    Raises ValueError if there is no such gallery.
    """
    known("gallery", kind, ("alike", "ordinary"))
    n = min(n, _FEW) if runtime.is_fast() else n
    if kind == "ordinary":
        return dataset.draw(n, 3, test=True)
    test = binding.pairs()
    a, b = test.a[: n // 2], test.b[: n // 2]
    joined = (np.concatenate([getattr(a, name), getattr(b, name)]) for name in ("features", "tokens", "content"))
    return CaptionedScenes(S.concatenate([a.scenes, b.scenes]), *joined)


def truth(of: CaptionedScenes) -> np.ndarray:
    """bool[n, n]: which pictures (columns) a caption (row) describes; one at least."""
    return of.content[:, None] == of.content


def dual_table(model: dual.DualEncoder, of: CaptionedScenes) -> np.ndarray:
    """How well each caption (row) matches each picture (column), float32[n, n], by n + n forward passes."""
    return trainer.similarities(model, of).T


def fusion_table(model: nnx.Module, of: CaptionedScenes, pictures: np.ndarray | None = None) -> np.ndarray:
    """The same by a fusion encoder: one forward pass for each caption and each of its ``pictures`` int[n, k] (default: all).

    Returns float32[n, k].
    """
    n = len(of)
    pictures = np.broadcast_to(np.arange(n), (n, n)) if pictures is None else np.asarray(pictures)
    texts = np.repeat(np.arange(n), pictures.shape[1])
    return binding.logits(model, of.tokens[texts], of.features[pictures.ravel()]).reshape(pictures.shape)


def ranking(scores: np.ndarray) -> np.ndarray:
    """Pictures in the order of their scores, the best first: int[n, n]."""
    return np.argsort(-scores, 1, kind="stable")


def rerank_shortlist(dual_scores: np.ndarray, model: nnx.Module, of: CaptionedScenes, k: int, rerank: Callable = fe.rerank) -> np.ndarray:
    """The dual encoder's k best in the fusion encoder's order, then the rest: int[n, n]. ``rerank``: say a learner's."""
    fused = fusion_table(model, of, fe.shortlist(dual_scores, k))
    return np.asarray(rerank(dual_scores, fused))


def seconds_of(fn: Callable):
    """What ``fn()`` returns and the seconds it took, compilation not counted: it is run twice."""
    fn()
    start = time.perf_counter()
    found = fn()
    return found, time.perf_counter() - start


def compare(teacher: dual.DualEncoder, model: nnx.Module, of: CaptionedScenes, k: int, rerank: Callable = fe.rerank) -> dict[str, dict]:
    """Three ways to search: for each R@1, forward passes and seconds."""
    n, right = len(of), truth(of)
    apart, apart_s = seconds_of(lambda: dual_table(teacher, of))
    after, after_s = seconds_of(lambda: rerank_shortlist(apart, model, of, k, rerank))
    pairs, pairs_s = seconds_of(lambda: fusion_table(model, of))
    ways = {
        "dual": (ranking(apart), 2 * n, apart_s),
        f"dual, then fusion on {k}": (after, 2 * n + n * k, apart_s + after_s),
        "fusion on all pairs": (ranking(pairs), n * n, pairs_s),
    }
    return {
        name: {"R@1": fe.recall(ranking, right), "passes": passes, "seconds": seconds} for name, (ranking, passes, seconds) in ways.items()
    }


def run(teacher: dual.DualEncoder, model: nnx.Module, arm: Arm, n: int = PICTURES) -> dict[Arm, dict[str, float]]:
    """R@1 in both galleries of ``n``: of the dual encoder, of shortlists, and on all pairs, the ``arm`` of ``model`` itself."""
    found: dict[Arm, dict[str, float]] = collections.defaultdict(dict)
    for kind in ("alike", "ordinary"):
        of = gallery(kind, n)
        right, apart, together = truth(of), dual_table(teacher, of), fusion_table(model, of)
        found[arms.DUAL] |= {f"R@1 {kind}": fe.recall(ranking(apart), right), f"R@5 {kind}": fe.recall(ranking(apart), right, 5)}
        for k in SHORTLISTS:
            fused = np.take_along_axis(together, fe.shortlist(apart, k), 1)
            found[arm.but(shortlist=k)][f"R@1 {kind}"] = fe.recall(fe.rerank(apart, fused), right)
        found[arm][f"R@1 {kind}"] = fe.recall(ranking(together), right)
    return found
