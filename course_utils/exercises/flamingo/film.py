"""Frames of a film, marked by when they are."""

import functools

import numpy as np

from course_utils.exercises.arrays import normal
from course_utils.exercises.comparison import agrees
from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import judge_values
from course_utils.nn import perceiver


def cases(seed: int) -> list[Case]:
    """Films of different lengths, a table with more rows than anything has; a photograph, which is a film of one frame."""
    rng = np.random.default_rng([seed, 605])
    return [
        Case(
            (normal(rng, films, frames, patches, d), normal(rng, rows, d)),
            f"B = {films}, F = {frames} frames of N = {patches} patches, D = {d}, {rows} rows in the table",
        )
        for films, frames, patches, d, rows in [(2, 3, 4, 5, 7), (3, 4, 2, 6, 8), (2, 5, 3, 4, 5), (2, 1, 4, 3, 5)]
    ]


def film_features(features, times):
    """float[B, F, N, D] and a table float[F or more, D] → float[B, F N, D]."""
    films, frames, patches, d = features.shape
    marked = features + times[:frames, None]
    return marked.reshape(films, frames * patches, d)


_MARKED, _RETURN, _TABLE = "features + times[:frames, None]", "return marked.reshape(films, frames * patches, d)", "times[:frames, None]"
MISTAKES = edits(
    film_features,
    (
        "by-patch",
        "The rows change from patch to patch. All patches of *frame f* get row f: it says when, not where.",
        _TABLE,
        (
            "times[:patches]",
            "np.resize(times[:frames], (frames * patches, d)).reshape(frames, patches, d)",
            "times[np.arange(frames * patches) % len(times)].reshape(frames, patches, d)",
        ),
    ),
    ("by-film", "Each film of the batch gets a row. Each *frame* gets one.", _TABLE, "times[:films, None, None]"),
    ("same-row", "All frames get the same row, so that nobody can tell which came first.", _TABLE, ("times[0]", "times[frames - 1]")),
    (
        "mean-row",
        "All frames get the same vector, a mean or a sum of rows, so that nobody can tell which came first.",
        _TABLE,
        ("times.mean(0)", "times[:frames].mean(0)", "times[:frames].sum(0)", "times.sum(0)"),
    ),
    ("last-rows", "You take the table's last rows. Frame f has row f, from the first.", _TABLE, "times[-frames:, None]"),
    ("reversed-times", "The rows are turned round: frame 0, the first, has row 0.", _TABLE, "times[:frames][::-1][:, None]"),
    (
        "from-row-1",
        "The first frame gets row 1. Rows count from 0, like frames.",
        _TABLE,
        "times[(1 + np.arange(frames)) % len(times), None]",
    ),
    (
        "first-patch-only",
        "Only the first patch of each frame is marked. All of its N patches are.",
        _TABLE,
        f"{_TABLE} * (np.arange(patches) == 0)[:, None]",
    ),
    (
        "not-added",
        "You multiply by the rows, or take them away. Add them.",
        _MARKED,
        ("features * times[:frames, None]", "features - times[:frames, None]"),
    ),
    (
        "rows-for-features",
        "The rows stand in the place of the features. Add them to the features.",
        _MARKED,
        "0 * features + times[:frames, None]",
    ),
    (
        "patch-after-patch",
        "The tokens stand patch by patch, each through all frames. They stand frame by frame: all patches of the first, then of the second.",
        _RETURN,
        "return marked.swapaxes(1, 2).reshape(films, frames * patches, d)",
    ),
    (
        "frames-backwards",
        "The last frame stands first. The first one does.",
        _RETURN,
        "return marked[:, ::-1].reshape(films, frames * patches, d)",
    ),
    (
        "frames-kept-apart",
        "The frames still have an axis of their own. The resampler reads one set of tokens a film: (B, F · N, D).",
        _RETURN,
        "return marked",
    ),
    (
        "batch-changed",
        "Films were joined, or their frames became films. One row is one film: (B, F · N, D).",
        _RETURN,
        ("return marked.reshape(films * frames * patches, d)", "return marked.reshape(films * frames, patches, d)"),
    ),
    (
        "averaged",
        "You average over frames or patches. Keep all of them: the latents decide what to look at.",
        _RETURN,
        ("return marked.mean(1)", "return marked.sum(1)", "return marked.mean(2)"),
    ),
    (
        "side-by-side",
        "The rows stand beside the features, which makes tokens twice as wide. Add them.",
        _RETURN,
        "return np.concatenate([features, 0 * features + times[:frames, None]], -1).reshape(films, frames * patches, 2 * d)",
    ),
)


def _first_frame_only(case, expected, got):
    """Where one frame alone is right, it is mostly the first."""
    patches = case.args[0].shape[2]
    if agrees(expected[:, :patches], got[:, :patches]):
        return "The first frame is right, the others are not: which row does each get, and where do its patches stand?", "first-frame-only"


judge = functools.partial(
    judge_values,
    reference=film_features,
    mistakes=MISTAKES,
    returns="the tokens of each film, frame by frame, shape (B, F · N, D)",
    patterns=[_first_frame_only],
    parts=[("", 1.0, "The tokens differ. Take one film by hand: row f on all patches of frame f, then the frames one behind the other.")],
)
EXERCISE = Exercise("06.5", "film_features", 2, perceiver.film_features, cases, judge, compiled=True)
