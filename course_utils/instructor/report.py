"""``report.html``: what an instructor wants to see after a grading, on one page that needs no server.

For each exercise how many earned how much and which misconception struck how many; for each hand-in its mark, what was
repaired, what to look at, and how long it took.
"""

import collections
import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from course_utils.instructor.preprocessors import RECORD
from course_utils.show.palette import NEUTRAL, ROLE, VERDICT

_STYLE = f"""
body {{ font: 15px/1.5 system-ui, sans-serif; color: {NEUTRAL["ink"]}; max-width: 1080px; margin: 32px auto; padding: 0 20px; }}
h1 {{ font-size: 24px; margin: 0 }} h2 {{ font-size: 18px; margin: 36px 0 8px }} .soft {{ color: {NEUTRAL["ink2"]} }}
table {{ border-collapse: collapse; width: 100% }} td, th {{ text-align: left; padding: 5px 12px 5px 0; vertical-align: top;
border-bottom: 1px solid {NEUTRAL["rule"]} }} th {{ font-weight: 600; color: {NEUTRAL["ink2"]} }} .n {{ text-align: right }} .n, .w, td:first-child {{ white-space: nowrap }}
.bar {{ display: flex; height: 14px; width: 260px; border-radius: 3px; overflow: hidden; background: {NEUTRAL["panel"]} }}
.flag {{ color: {ROLE["language"]["deep"]} }} .bad {{ color: {VERDICT["wrong"]["deep"]} }}
"""


def write(hand_ins: Sequence[Any], root: Path) -> Path:
    """Writes ``report.html`` about :class:`~course_utils.instructor.grade.HandIn` in ``root`` and returns its path."""
    parts = ["<h1>Grading report</h1>", f"<p class=soft>{_summary(hand_ins)}</p>"]
    for assignment in sorted({h.assignment for h in hand_ins if h.assignment}):
        mine = [h for h in hand_ins if h.assignment == assignment]
        records = {h.student: r for h in mine if h.status == "graded" and (r := record(root, h.student, assignment))}
        parts += [f"<h2>{escape(assignment)}</h2>", _exercises(list(records.values())), _students(mine, records)]
    if strays := [h for h in hand_ins if not h.assignment]:
        parts += ["<h2>No notebook</h2>", _students(strays, {})]
    path = root / "report.html"
    path.write_text(
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Grading report</title><style>{_STYLE}</style>" + "\n".join(parts),
        encoding="utf-8",
        errors="backslashreplace",
    )
    return path


def record(root: Path, student: str, assignment: str) -> dict[str, Any] | None:
    """What :class:`~course_utils.instructor.execute.Run` told of a hand-in, if it was graded."""
    try:
        return json.loads((root / "autograded" / student / assignment / RECORD).read_text())
    except (FileNotFoundError, ValueError):
        return None


def _summary(hand_ins: Sequence[Any]) -> str:
    counts = collections.Counter(h.status for h in hand_ins)
    return ", ".join(f"{n} {status}" for status, n in counts.most_common()) + "."


def _exercises(records: list[dict[str, Any]]) -> str:
    rows = []
    for name in sorted({e["exercise"] for r in records for e in r["exercises"]}):
        mine = [e for r in records for e in r["exercises"] if e["exercise"] == name]
        full, none = (sum(test(e["earned"], e["points"]) for e in mine) for test in (lambda a, b: a >= b, lambda a, b: a <= 0))
        shares = [
            (full, VERDICT["right"]["main"], "full"),
            (len(mine) - full - none, ROLE["language"]["main"], "part"),
            (none, NEUTRAL["rule"], "none"),
        ]
        bar = "".join(f"<div style='flex:{n};background:{colour}' title='{n} {what}'></div>" for n, colour, what in shares if n)
        struck = collections.Counter((e["diagnosis"], e["headline"]) for e in mine if e["diagnosis"] and e["earned"] < e["points"])
        told = "<br>".join(
            f"<b>{n}</b> · {escape(says)} <span class=soft>({escape(key[:60])})</span>" for (key, says), n in struck.most_common(6)
        )
        seconds = sorted(e["seconds"] for e in mine)[len(mine) // 2]
        rows.append(
            f"<tr><td><b>{escape(name)}</b></td><td><div class=bar>{bar}</div><span class=soft>{full} full, "
            f"{len(mine) - full - none} part, {none} none · mean {sum(e['earned'] for e in mine) / len(mine):.2f} of "
            f"{mine[0]['points']:g} · {seconds:g} s</span></td><td>{told}</td></tr>"
        )
    return (
        f"<table><tr><th>exercise<th>points earned (green: all, amber: some, grey: none)<th>what struck how many</tr>{''.join(rows)}</table>"
        if rows
        else ""
    )


def _students(hand_ins: Sequence[Any], records: dict[str, dict[str, Any]]) -> str:
    rows = []
    for h in hand_ins:
        about = records.get(h.student, {})
        flags = "".join(f"<div class=flag>⚑ {escape(flag)}</div>" for flag in about.get("flags", []))
        left = "".join(f"<div>cell {n + 1} ended its kernel and was left out</div>" for n in about.get("left_out", []))
        mark = f"{h.mark:g} / {h.of:g}" if h.mark is not None else f"<span class=bad>{escape(h.status)}</span>"
        waiting = f"{h.waiting:g} to read" if h.waiting else ""
        page = quote(f"feedback/{h.student}/{h.assignment}/{h.assignment}.html")
        name = f"<a href='{page}'>{escape(h.student)}</a>" if h.mark is not None else escape(h.student)
        seconds = f"{about['seconds']:.0f} s" if about else ""
        rows.append(f"<tr><td>{name}<td class=n>{mark}<td class=w>{waiting}<td class=n>{seconds}<td>{escape(h.note)}{left}{flags}</tr>")
    return f"<p></p><table><tr><th>student<th class=n>mark<th><th class=n>time<th>notes</tr>{''.join(rows)}</table>"
