"""Expected, yours, and where they differ: the picture on a learner's card for masks and maps.

Shapes as well as colours tell the errors of a mask apart: − is blocked and should be open, + is open and should be
blocked. Both maps share one scale; their difference has its own, symmetric one.
"""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_rgb, to_rgba

from course_utils.show.board import Board
from course_utils.show.palette import DIVERGING, NEUTRAL, ROLE, SEQUENTIAL, VERDICT

_BLOCKED, _WRONG = "#E8EBF0", VERDICT["wrong"]["main"]
_PANELS = (64, 304, 544)  # left sides, px
_SIDE = 200  # largest side of a panel, px
_TOP = 64
_TILE = 10  # smallest cell that is drawn as a rounded tile with its sign, px


def mask_difference(expected: np.ndarray, got: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which cells of a boolean mask are wrong: (blocked but should be open, open but should be blocked).

    Both arguments and both results are bool[rows, columns].

    Raises ValueError if the two masks differ in shape.
    """
    expected, got = np.atleast_2d(expected).astype(bool), np.atleast_2d(got).astype(bool)
    if expected.shape != got.shape:
        raise ValueError(f"The masks differ in shape: expected {expected.shape}, got {got.shape}.")
    return expected & ~got, got & ~expected


def describe(picture) -> str:
    """What the picture shows, in at most 40 words: alternative text, and the plain-text card's last line."""
    expected, got = np.atleast_2d(picture.expected), np.atleast_2d(picture.got)
    if expected.shape != got.shape:
        return f"Expected a {_size(expected)} {picture.kind}, yours is {_size(got)}."
    if picture.kind == "mask":
        missing, extra = mask_difference(expected, got)
        return (
            f"{_size(expected)} mask: {missing.sum() + extra.sum()} of {expected.size} cells differ; "
            f"{missing.sum()} blocked that should be open (−), {extra.sum()} open that should be blocked (+)."
        )
    lost = int((~np.isfinite(got.astype(float))).sum())
    gap = np.abs(got.astype(float) - expected)
    if lost:
        return f"{_size(expected)} map: {lost} of {got.size} numbers in yours are not finite."
    row, column = np.unravel_index(np.argmax(gap), gap.shape)
    return f"{_size(expected)} map: the largest difference is {gap.max():.3g}, in row {row}, column {column}."


def comparison(picture) -> Board:
    """Draws a :class:`course_utils.exercises.Picture` as a board of three panels (two where the shapes differ).

    Raises ValueError if the kind is neither ``"mask"`` nor ``"map"``.
    """
    if picture.kind not in ("mask", "map"):
        raise ValueError(f"A picture is a mask or a map, not {picture.kind!r}.")
    expected, got = np.atleast_2d(picture.expected), np.atleast_2d(picture.got)
    same = expected.shape == got.shape
    panels = [("expected", expected), ("yours", got)]
    cell = min(24.0, *(_SIDE / n for _, m in panels for n in m.shape))
    height = max(m.shape[0] for _, m in panels) * cell
    b = Board(800, _TOP + height + 56)
    b.text(_PANELS[0], 20, f"row = {picture.rows}, column = {picture.columns}", 8.5, NEUTRAL["ink2"])
    if not same:
        b.text(_PANELS[2], _TOP - 16, "the shapes differ", 10, VERDICT["wrong"]["deep"], weight="bold")
        b.text(_PANELS[2], _TOP + 8, f"expected {_size(expected)}, yours {_size(got)}", 9.5, NEUTRAL["ink2"])
    draw = _draw_mask if picture.kind == "mask" else _draw_map
    draw(b, expected, got, cell, same)
    return b


def _draw_mask(b: Board, expected: np.ndarray, got: np.ndarray, cell: float, same: bool) -> None:
    for x, name, mask in zip(_PANELS, ("expected", "yours"), (expected, got)):
        _heading(b, x, name, mask, cell)
        _cells(b, x, np.where(mask[..., None].astype(bool), ROLE["fusion"]["fill"], _BLOCKED)[..., 0], cell)
    foot = _TOP + max(len(expected), len(got)) * cell + 28
    if not same:
        return
    x, (missing, extra) = _PANELS[2], mask_difference(expected, got)
    _heading(b, x, "difference", expected, cell)
    base = np.where(expected.astype(bool), ROLE["fusion"]["tint"], "#F2F4F7")
    _cells(b, x, np.where(extra | missing, _WRONG, base), cell)
    for row, column in zip(*np.nonzero(missing | extra)):
        _error(b, x + (column + 0.5) * cell, _TOP + (row + 0.5) * cell, cell, plus=bool(extra[row, column]))
    for x, color, word in ((_PANELS[0], ROLE["fusion"]["fill"], "open"), (_PANELS[0] + 72, _BLOCKED, "blocked")):
        b.rect(x, foot - 8, 16, 16, color, r=3)
        b.text(x + 24, foot, word, 8.5, NEUTRAL["ink2"])
    for x, plus, count, words in (
        (_PANELS[1], False, missing.sum(), "blocked, should be open"),
        (_PANELS[2], True, extra.sum(), "open, should be blocked"),
    ):
        b.rect(x, foot - 8, 16, 16, _WRONG, r=3)
        _error(b, x + 8, foot, 16, plus=plus)
        b.text(x + 24, foot, f"{count} {words}", 8.5, NEUTRAL["ink"], weight="bold")


def _draw_map(b: Board, expected: np.ndarray, got: np.ndarray, cell: float, same: bool) -> None:
    expected, got = expected.astype(float), got.astype(float)
    finite = np.concatenate([m[np.isfinite(m)].ravel() for m in (expected, got)] + [np.zeros(1)])
    low, high = float(finite.min()), float(finite.max())
    foot = _TOP + max(len(expected), len(got)) * cell + 28
    for x, name, numbers in zip(_PANELS, ("expected", "yours"), (expected, got)):
        _heading(b, x, name, numbers, cell)
        _numbers(b, x, numbers, cell, SEQUENTIAL, low, high)
    _scale(b, _PANELS[0], foot, SEQUENTIAL, low, high, "one scale for both")
    if same:
        difference = got - expected
        reach = float(np.nanmax(np.abs(np.where(np.isfinite(difference), difference, 0)))) or 1.0
        _heading(b, _PANELS[2], "yours − expected", expected, cell)
        _numbers(b, _PANELS[2], difference, cell, DIVERGING, -reach, reach)
        _scale(b, _PANELS[2], foot, DIVERGING, -reach, reach, "")


def _heading(b: Board, x: float, name: str, matrix: np.ndarray, cell: float) -> None:
    b.text(x, _TOP - 16, name, 10, weight="bold")
    for i in range(0, matrix.shape[0], _step(matrix.shape[0], cell)):
        if x == _PANELS[0]:
            b.text(x - 8, _TOP + (i + 0.5) * cell, str(i), 7.5, NEUTRAL["ink2"], ha="right")
    for j in range(0, matrix.shape[1], _step(matrix.shape[1], cell)):
        b.text(x + (j + 0.5) * cell, _TOP + matrix.shape[0] * cell + 8, str(j), 7.5, NEUTRAL["ink2"], ha="center")


def _step(n: int, cell: float) -> int:
    """Every how many rows or columns a number fits."""
    return next((s for s in (1, 2, 5, 10, 20, 50, 100) if s * cell >= 16), n)


def _cells(b: Board, x: float, colors: np.ndarray, cell: float) -> None:
    """Cells in the given colours (str[rows, columns]), as tiles, or as one picture where tiles would be too small."""
    if cell < _TILE:
        names, which = np.unique(colors, return_inverse=True)
        rgb = np.array([to_rgb(name) for name in names])[which.reshape(colors.shape)]
        b.picture(rgb, x, _TOP, colors.shape[1] * cell, colors.shape[0] * cell, r=2)
        return
    for row, column in np.ndindex(colors.shape):
        b.rect(x + column * cell, _TOP + row * cell, cell - 2, cell - 2, str(colors[row, column]), r=min(3, cell / 6))


def _error(b: Board, x: float, y: float, cell: float, *, plus: bool) -> None:
    """A solid + or a hollow −, both red; in cells too small for a sign, solid or hollow alone tells."""
    gap, arm = (2 if cell >= _TILE else 0), cell * 0.2
    x, y = x - gap / 2, y - gap / 2
    if not plus:
        inner = (cell - gap) * (0.72 if cell >= _TILE else 0.5)
        b.rect(x - inner / 2, y - inner / 2, inner, inner, "white", r=min(2, inner / 6), z=3)
    if cell >= _TILE:
        ink = "white" if plus else _WRONG
        b.line([x - arm, x + arm], [y, y], ink, 1.5)
        if plus:
            b.line([x, x], [y - arm, y + arm], ink, 1.5)


def _numbers(b: Board, x: float, numbers: np.ndarray, cell: float, cmap: str, low: float, high: float) -> None:
    """A map as cells, never smoothed; what is not finite is grey with a cross."""
    finite = np.isfinite(numbers)
    shade = mpl.colormaps[cmap]((np.where(finite, numbers, low) - low) / ((high - low) or 1.0))
    shade[~finite] = to_rgba(_BLOCKED)
    h, w = numbers.shape[0] * cell, numbers.shape[1] * cell
    b.picture(shade, x, _TOP, w, h, r=min(3, cell / 3))
    for row, column in zip(*np.nonzero(~finite)):
        b.text(x + (column + 0.5) * cell, _TOP + (row + 0.5) * cell, "×", min(9, cell * 0.6), _WRONG, ha="center")


def _scale(b: Board, x: float, y: float, cmap: str, low: float, high: float, words: str) -> None:
    b.picture(mpl.colormaps[cmap](np.linspace(0, 1, 256))[None], x, y - 4, 96, 8, r=3)
    b.text(x, y + 14, _number(low), 8.5, NEUTRAL["ink2"])
    b.text(x + 96, y + 14, _number(high), 8.5, NEUTRAL["ink2"], ha="right")
    if words:
        b.text(x + 108, y, words, 8.5, NEUTRAL["ink2"])


def _number(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")


def _size(matrix: np.ndarray) -> str:
    return "×".join(str(n) for n in matrix.shape)
