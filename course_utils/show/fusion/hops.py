"""One look against two: how many answers are right, and where each look goes."""

from __future__ import annotations

from collections.abc import Mapping

from course_utils.arms import Arm
from course_utils.show import charts, results
from course_utils.show.board import Board
from course_utils.show.palette import NEUTRAL, role as role_of

_ARMS = [Arm(score="dot-product", hops=hops, how=how) for how in ("plain", "shown") for hops in (1, 2)]
_ON = {"anchor": ("the dog", "vision"), "target": ("its match", "fusion"), "other": ("others", "ink"), "empty": ("empty", "control")}


def hops(recorded: Mapping, live: Mapping[Arm, Mapping]) -> Board:
    """Accuracy of four models with equal numbers of parameters, and the shares of attention of every look.

    Parameters
    ----------
    recorded : (arm, measure) → Estimate; arms with ``score``, ``hops`` and ``how``, measures "accuracy" and "hop k on …"; a guess.
    live : arm → {"accuracy": share}.
    """
    names = [f"{arm.hops} look{'s' * (arm.hops > 1)}, {arm.how}" for arm in _ARMS]
    found = [recorded[arm, "accuracy"] for arm in _ARMS]
    by_name = dict(zip(names, found))
    guess = recorded[Arm(questions="same", baseline="another thing"), "accuracy"].mean
    rows = [(i, k) for i, arm in enumerate(_ARMS) for k in range(1, arm.hops + 1)]
    b = Board(
        800,
        432,
        f"Two looks: {by_name['2 looks, plain'].mean:.0%} from answers alone, "
        f"{by_name['2 looks, shown'].mean:.0%} when the first is shown the way",
        f"“What has the same colour as the dog?” Equal parameters; mean of {found[0].seeds} recorded runs, with 95% intervals.",
        alt="Dot chart of right answers. "
        + ", ".join(f"{name} {e.mean:.0%}" for name, e in by_name.items())
        + f". Shown, look 1 is {recorded[_ARMS[-1], 'hop 1 on anchor'].mean:.0%} on the anchor, look 2 "
        f"{recorded[_ARMS[-1], 'hop 2 on target'].mean:.0%} on its match.",
        words=90,
    )
    pitch, top = 68, 92
    ax = b.axes(132, top, 268, pitch * len(_ARMS))
    charts.dots(ax, names, *results.percent(found), roles=["fusion" if arm.how == "shown" else "control" for arm in _ARMS], fmt="{:.0f}%")
    for y, arm in enumerate(_ARMS):
        if arm in live:
            charts.live(ax, 100 * live[arm]["accuracy"], y)
    charts.chance(ax, 100 * guess, "naming any other thing", vertical=True)
    ax.set(xlim=(0, 100), xticks=(0, 50, 100), xlabel="right answers, %")
    for i, k in rows:
        hops_of = _ARMS[i].hops
        height = 24
        y = top + pitch * (i + 0.5) - height / 2 + (0 if hops_of == 1 else (2 * k - 3) * 14)
        x, width = 508, 268
        b.text(500, y + height / 2, f"look {k}", 8.5, NEUTRAL["ink2"], ha="right")
        for what, (_, role) in _ON.items():
            share = recorded[_ARMS[i], f"hop {k} on {what}"].mean
            w = width * share
            if w < 1:
                continue
            fill = role_of(role)["fill"] if role in ("vision", "fusion") else NEUTRAL["mute" if role == "ink" else "rule"]
            b.rect(x, y, w, height, fill, r=min(2, w / 3))
            if w > 26:
                ink = "white" if role in ("vision", "fusion", "ink") else NEUTRAL["ink2"]
                b.text(x + w / 2, y + height / 2, f"{share:.0%}", 8.5, ink, ha="center")
            x += w
    b.text(484, 76, "looks at", 8.5, NEUTRAL["ink2"], ha="right")
    items = []
    for label, role in _ON.values():
        color = {"ink": NEUTRAL["mute"], "control": NEUTRAL["ink2"]}.get(role, role_of(role)["deep"])
        items.append(("■", label, NEUTRAL["rule"] if role == "control" else color, color))
    results.legend(b, 492, 76, items, size=8.5, weight="normal")
    results.key(b, 412, bool(live))
    return b
