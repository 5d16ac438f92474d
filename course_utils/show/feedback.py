"""What a learner sees after a check: one white card that says what is right or wrong, and never a traceback.

The card is HTML with inline styles only, so that it looks the same on light and dark pages, in JupyterLab and Colab,
trusted or not; its plain-text form serves terminals and screen readers.
"""

from __future__ import annotations

import dataclasses
from html import escape
from typing import Any, Literal

from course_utils.show import html
from course_utils.show.palette import NEUTRAL, VERDICT

_BADGE = (
    "<svg xmlns='http://www.w3.org/2000/svg' width='22' height='22' viewBox='-11 -11 22 22'>"
    "<circle r='10' fill='{color}'/><path d='{stroke}' fill='none' stroke='white' stroke-width='2.4' "
    "stroke-linecap='round' stroke-linejoin='round'/></svg>"
)
_STROKES = {"right": "M-4.5 .2L-1.2 3.6L4.6 -3.4", "wrong": "M-3.3 -3.3L3.3 3.3M-3.3 3.3L3.3 -3.3", "open": "M-4 0L4 0"}
_SHADES = {**VERDICT, "open": {"main": NEUTRAL["ink2"], "deep": NEUTRAL["ink2"]}}
_SIGNS = {"right": "✓", "wrong": "✗", "open": "–"}
_CODE = f"{html.CODE};font-size:12.5px;white-space:pre-wrap;overflow-wrap:anywhere"


@dataclasses.dataclass(frozen=True, repr=False)
class Card:
    """One check's outcome, ready to be shown. Made by :func:`card`."""

    verdict: Any  # course_utils.exercises.core.Verdict; that lies above this layer
    exercise_id: str
    name: str
    points: float | None
    done: int
    total: int
    running: Literal["yours", "course"]

    @property
    def _status(self) -> str:
        """Points of this exercise and progress through the notebook, as far as they are known."""
        parts = []
        if self.points is not None and self._mark != "open":
            earned = round(self.points * max(0.0, min(1.0, self.verdict.score)), 2)
            parts.append(f"{earned:g} of {self.points:g} points")
        if self.total:
            parts.append(f"{self.done} of {self.total} exercise{'s' * (self.total != 1)} done")
        return " · ".join(parts)

    @property
    def _now(self) -> str:
        if self.running == "yours":
            return "From here on, this notebook runs your version of"
        if self.verdict.accepted:
            return "For now, this notebook runs the course's version of"
        return "Until this is right, this notebook runs the course's version of"

    def __repr__(self) -> str:
        v = self.verdict
        lines = [f"{_SIGNS[self._mark]} {self.exercise_id} {self.name}: {v.headline}"]
        for label, text in (("expected", v.expected), ("got", v.got)):
            if text:
                first, *rest = text.splitlines()
                lines += [f"  {label + ':':<10}{first}", *(" " * 12 + line for line in rest)]
        if v.picture is not None:
            from course_utils.show.compare import describe

            lines.append("  " + describe(v.picture))
        if self._status:
            lines.append("  " + self._status)
        return "\n".join([*lines, f"  {self._now} {self.name}."])

    def _repr_html_(self) -> str:
        v, shades = self.verdict, _SHADES[self._mark]
        body = [self._header(shades)]
        if v.measured is not None:
            body.append(_scale(v.measured, shades))
        elif v.expected or v.got:
            body.append(_pair(v.expected, v.got))
        if v.picture is not None:
            body.append(_picture(v.picture))
        body.append(self._footer(shades))
        return html.card("".join(body), edge=shades["main"])

    @property
    def _mark(self) -> Literal["right", "wrong", "open"]:
        if self.verdict.diagnosis == "not-run":
            return "open"
        return "right" if self.verdict.accepted else "wrong"

    @property
    def _word(self) -> str:
        measured = self.verdict.measured
        if self._mark == "open":
            return "Not run"
        if measured is not None and self.verdict.accepted:
            return f"{measured.reached} of {len(measured.thresholds)} thresholds"
        return "Right" if self.verdict.passed else "Not yet"

    def _header(self, shades: dict[str, str]) -> str:
        word = self._word
        svg = _BADGE.format(color=shades["main"], stroke=_STROKES[self._mark])
        badge = (
            f'<img alt="{word}" width="22" height="22" '
            f'src="{html.uri(svg.encode(), "svg+xml")}" '
            'style="display:inline-block;vertical-align:middle;margin:0 10px 0 0;width:22px;height:22px">'
        )
        return (
            f'<div style="line-height:22px">{badge}<span style="font-weight:700;color:{shades["deep"]};'
            f'vertical-align:middle">{word}</span><span style="color:{NEUTRAL["ink2"]};font-size:12.5px;'
            f'vertical-align:middle;margin-left:12px">{escape(self.exercise_id)} &nbsp;'
            f'<span style="{_CODE}">{escape(self.name)}</span></span></div>'
            f'<div style="font-weight:700;font-size:15px;margin:8px 0 2px">{escape(self.verdict.headline)}</div>'
        )

    def _footer(self, shades: dict[str, str]) -> str:
        share = 100 * self.done / self.total if self.total else 0
        bar = (
            f'<div style="background:{NEUTRAL["rule"]};border-radius:3px;height:5px;width:160px;margin:8px 0 2px">'
            f'<div style="background:{VERDICT["right"]["main"]};border-radius:3px;height:5px;width:{share:.0f}%">'
            "</div></div>"
            if self.total
            else ""
        )
        status = f'<div style="font-weight:700">{escape(self._status)}</div>' if self._status else ""
        return (
            f'<div style="border-top:1px solid {NEUTRAL["rule"]};margin-top:12px;padding-top:8px;font-size:12.5px;'
            f'color:{NEUTRAL["ink2"]}">{status}<div>{self._now} '
            f'<span style="{_CODE}">{escape(self.name)}</span>.</div>{bar}</div>'
        )


def card(
    verdict: Any,
    *,
    exercise_id: str,
    name: str,
    points: float | None = None,
    done: int = 0,
    total: int = 0,
    running: Literal["yours", "course"] = "course",
) -> Card:
    """The card for one verdict: rich in a notebook, plain text elsewhere.

    Parameters
    ----------
    verdict : a :class:`course_utils.exercises.core.Verdict`.
    exercise_id, name : ``"NN.k"`` and the function that the learner writes.
    points : the exercise's points, or None where it is ungraded; the card shows what ``verdict.score`` earns of them.
    done, total : exercises passed so far in this notebook, and all of them (0: say nothing).
    running : whose version of the function the notebook uses from here on.
    """
    return Card(verdict, exercise_id, name, points, done, total, running)


def _pair(expected: str, got: str) -> str:
    """Expected and got as two labelled rows in monospace."""
    rows = []
    for label, text in (("expected", expected), ("got", got)):
        if text:
            rows.append(
                f'<div style="display:flex;margin:2px 0"><div style="flex:0 0 76px;color:{NEUTRAL["ink2"]};'
                f'font-size:12.5px">{label}</div><div style="{_CODE};flex:1 1 auto">{escape(text)}</div></div>'
            )
    return f'<div style="background:{NEUTRAL["panel"]};border-radius:6px;padding:8px 12px;margin-top:8px">' + "".join(rows) + "</div>"


def _scale(measured, shades: dict[str, str]) -> str:
    """A bar from 0 to 100 % with a tick at every threshold; a tick that is reached is checked."""
    ticks, last = [], 0.0
    for k, threshold in enumerate(measured.thresholds):
        reached = k < measured.reached
        color = shades["deep"] if reached else NEUTRAL["ink2"]
        ticks.append(
            f'<div style="flex:0 0 {100 * (threshold - last):.2f}%;box-sizing:border-box;border-right:2px solid {color};'
            f"color:{color};font-weight:{700 if reached else 400};font-size:12px;line-height:14px;text-align:right;"
            f'padding:8px 5px 0 0;white-space:nowrap">{"✓ " * reached}{threshold:.0%}</div>'
        )
        last = threshold
    return (
        f'<div style="background:{NEUTRAL["panel"]};border-radius:6px;padding:12px;margin-top:8px">'
        f'<div style="background:{NEUTRAL["rule"]};height:10px">'
        f'<div style="background:{shades["main"]};height:10px;width:{100 * measured.value:.1f}%"></div></div>'
        f'<div style="display:flex">{"".join(ticks)}</div></div>'
    )


def _picture(picture) -> str:
    from course_utils.show.compare import comparison, describe

    return (
        f'<img alt="{escape(describe(picture), quote=True)}" src="{html.uri(comparison(picture).png())}" '
        'style="display:block;width:100%;max-width:760px;height:auto;margin:8px 0 0;background:#FFFFFF">'
    )
