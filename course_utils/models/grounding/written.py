"""Boxes written into a text, beside the phrases that they belong to, and read out of it again.

After Qwen-VL (QwenLM/Qwen-VL, ``tokenization_qwen.py``), Shikra (shikras/shikra 1204f10, ``PlainBoxFormatter``), Ferret (apple/ml-ferret
5fc7ff8, ``train.py``) and Kosmos-2 (transformers 5.23.0, ``clean_text_and_extract_entities_with_bboxes``). Qwen-VL's and Ferret's own
readers go back to the edge of a cell, here to its middle; Qwen-VL's evaluation divides by 999, what draws its boxes by 1,000.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from course_utils.models.grounding.codes import KOSMOS2, Code


class Mention(NamedTuple):
    """A phrase of a text and the boxes of what it names.

    Attributes
    ----------
    phrase : text[start:end]; empty where a text has boxes without a phrase.
    start, end : int
    boxes : float64[n, 4], fractions, (ymin, xmin, ymax, xmax)
    """

    phrase: str
    start: int
    end: int
    boxes: np.ndarray


@dataclasses.dataclass(frozen=True)
class Style:
    """How boxes are written.

    Attributes
    ----------
    code : of the numbers.
    phrase : the phrase, ``{}``, and what stands around it.
    box : a box, its numbers ``{}``.
    join, around : what stands between the boxes of a phrase, and around all of them.
    mark : with which no text may interfere: ``"<"`` or ``"["``.
    lost : matches what was begun and is no box; counted.
    debris : matches what of it does not belong to the text.
    scale : by which the numbers are divided where they are written, with three decimals then.
    """

    code: Code
    phrase: str
    box: str
    join: str
    around: str
    mark: str
    lost: str
    debris: str
    scale: int = 1

    @functools.cached_property
    def pattern(self) -> re.Pattern:
        """Matches a phrase and its boxes, or boxes alone: groups 1 and 2."""
        number = r"\d{1,9}" if self.scale == 1 else r"\d(?:\.\d{0,9})?"
        letters = "([^<]*)" if self.mark == "<" else r"([^\[\].,;:!?]*?)"
        phrase, around = (re.escape(part).replace(r"\{\}", "{}") for part in (self.phrase, self.around))
        box = re.sub(r"\\{.*?\\}", lambda _: number, re.escape(self.box))
        return re.compile(f"(?:{phrase.format(letters)})?{around.format(f'({box}(?:{re.escape(self.join)}{box})*)')}")

    def numbers(self, boxes: str) -> np.ndarray:
        """The numbers in the boxes of a match, int[n, 4], or [n, 2] corners."""
        found = [round(float(x) * self.scale) for x in re.findall(r"\d+(?:\.\d*)?", boxes)]
        return np.reshape(found, (-1, 2 if self.code.form == "corners" else 4))


QWEN = Style(
    Code(1000, "cells", "xyxy"),
    *("<ref>{}</ref>", "<box>({},{}),({},{})</box>", "", "{}", "<"),
    *(r"<ref>(?![^<]*</ref><box>)|<box>", r"<box>[^<]*(?:</box>)?|</?(?:ref|box)>"),
)
SHIKRA = Style(Code(1001, order="xyxy"), "{}", "{},{},{},{}", ";", "[{}]", "[", r"\[", r"\[[^\[\]]*\]?", 1000)
FERRET = Style(Code(1000, "cells", "xyxy"), "{} ", "[{}, {}, {}, {}]", " ", "{}", "[", r"\[", r"\[[^\[\]]*\]?")
KOSMOS = Style(
    KOSMOS2,
    *("<phrase>{}</phrase>", "<patch_index_{:04d}><patch_index_{:04d}>", "</delimiter_of_multi_objects/>", "<object>{}</object>", "<"),
    *(r"<phrase>(?![^<]*</phrase><object>)|<object>", r"<.*?>"),
)


def write(text: str, mentions: Sequence[Mention], style: Style) -> str:
    """A text with the boxes of its phrases.

    Raises
    ------
    ValueError
        If mentions overlap or are out of order, a phrase is not what stands in the text, or the text has the style's ``mark``.
    """
    if style.mark in text:
        raise ValueError(f"The text has a {style.mark!r}, with which this style marks boxes; write it in other words.")
    out, at = "", 0
    for phrase, start, end, boxes in mentions:
        if not at <= start <= end or text[start:end] != phrase:
            raise ValueError(f"{phrase!r} does not stand at {start}:{end} behind the mention before it; give mentions in the text's order.")
        numbers = style.code.encode(boxes).tolist()
        if style.scale > 1:
            numbers = [[f"{x / style.scale:.3f}" for x in box] for box in numbers]
        marked = style.phrase.format(phrase) if phrase else ""
        out += text[at:start] + marked + style.around.format(style.join.join(style.box.format(*box) for box in numbers))
        at = end
    return out + text[at:]


def read(marked: str, style: Style) -> tuple[str, list[Mention], int]:
    """The inverse of :func:`write`, for texts of a model: what is malformed is left out and counted.

    Where a style does not mark its phrases (Shikra, Ferret), a phrase is all since the last of . , ; : ! ? or the last box.

    Returns
    -------
    text : without any marks, and without spaces around it
    mentions : those with a box
    skipped : boxes or phrases that were begun and are none, and boxes out of the picture, turned inside out or without any size
    """
    text, found, skipped, at = "", [], 0, 0
    for match in style.pattern.finditer(marked):
        between, phrase = marked[at : match.start()], match[1] or ""
        skipped += len(re.findall(style.lost, between))
        text += re.sub(style.debris, "", between)
        start = len(text) + len(phrase) - len(phrase.lstrip())
        text, at = text + phrase, match.end()
        numbers = style.numbers(match[2])
        boxes = style.code.decode(numbers)
        most = style.code.bins ** (4 // numbers.shape[1])  # there are so many locations, or corners
        good = (numbers < most).all(1) & (boxes[:, :2] < boxes[:, 2:]).all(1)
        skipped += int((~good).sum())
        if good.any():
            found.append(Mention(phrase.strip(), start, start + len(phrase.strip()), boxes[good]))
    skipped += len(re.findall(style.lost, marked[at:]))
    text += re.sub(style.debris, "", marked[at:])
    margin, text = len(text) - len(text.lstrip()), text.strip()
    start, end = (np.clip([m[k] - margin for m in found], 0, len(text)).astype(int).tolist() for k in (1, 2))
    return text, [m._replace(start=a, end=b) for m, a, b in zip(found, start, end)], skipped
