"""Finds what a reader would stumble over on a board: words that touch or overflow, missing glyphs, crowding."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from course_utils.show.marks import Spot, missing_glyphs
from course_utils.show.palette import MONO


def complaints(
    fig: Figure, boxes: list[tuple[Spot, list[Text]]], uncounted: set[Text], limits: dict[str, int], min_edge: float
) -> list[str]:
    """One sentence for each fault; an empty list for a clean page. Lengths in px, boxes as placed on the board."""
    fig.canvas.draw()
    words = [(text, text.get_window_extent()) for text in _texts(fig)]
    page = fig.bbox
    found = [f"at the page edge: {_short(t)}" for t, e in words if _leaves(e, page, min_edge)]
    found += [f"touching: {_short(t)} and {_short(u)}" for i, (t, e) in enumerate(words) for u, f in words[i + 1 :] if _overlap(e, f)]
    found += [f"wider than its box: {_short(t)}" for spot, texts in boxes for t in texts if t.get_window_extent().width > spot.w - 8]
    found += [f"no glyph for {lost!r} in {_short(t)}; use a picture" for t, _ in words if (lost := _lost(t))]
    return found + list(_crowded(boxes, (t for t, _ in words if t not in uncounted), limits))


def _texts(fig: Figure) -> Iterator[Text]:
    """Every text that is really drawn: annotations, titles, axis labels, tick labels inside the view."""
    for ax in fig.axes:
        candidates = list(ax.texts)
        if ax.axison:
            candidates += [ax.title, ax._left_title, ax._right_title, ax.xaxis.label, ax.yaxis.label]
            for axis in (ax.xaxis, ax.yaxis):
                low, high = sorted(axis.get_view_interval())
                candidates += [t.label1 for t in axis.get_major_ticks() if low <= t.get_loc() <= high]
        yield from (t for t in candidates if t.get_visible() and t.get_text().strip())


def _leaves(extent: Bbox, page: Bbox, margin: float) -> bool:
    """Left and right need a margin; top and bottom only the page itself."""
    return extent.x0 < margin or extent.x1 > page.width - margin or extent.y0 < 2 or extent.y1 > page.height - 2


def _overlap(a: Bbox, b: Bbox) -> bool:
    return min(a.x1, b.x1) - max(a.x0, b.x0) > 1 and min(a.y1, b.y1) - max(a.y0, b.y0) > 1


def _lost(text: Text) -> str:
    """Characters without a glyph, mathematics left out."""
    literal = re.sub(r"\$.*?\$", "", text.get_text()) if text.get_parse_math() else text.get_text()
    return missing_glyphs(literal, mono=MONO in text.get_fontfamily())


def _crowded(boxes: list, texts: Iterable[Text], limits: dict[str, int]) -> Iterator[str]:
    count = sum(len(re.findall(r"[^\W\d_]{2,}", re.sub(r"\$.*?\$", "", t.get_text()))) for t in texts)
    if len(boxes) > limits["boxes"]:
        yield f"crowded: {len(boxes)} boxes, at most {limits['boxes']}; make two figures"
    if count > limits["words"]:
        yield f"crowded: {count} words, at most {limits['words']}; make two figures"


def _short(text: Text) -> str:
    return repr(text.get_text()[:40])
