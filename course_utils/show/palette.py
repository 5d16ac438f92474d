"""The colours of the course: a colour is a role, never a series number.

Blue is vision, amber is language, magenta is where the two meet. Each role has ``main`` (lines and marks), ``fill``
(solid boxes under white text), ``deep`` (text) and ``tint`` (areas). Right and wrong always carry a ✓ or ✗ as well.
The numbers live in ``palette.json``; :func:`use` applies them, and the plot style ``vlm.mplstyle``, to matplotlib.
"""

import json
from pathlib import Path

import matplotlib as mpl
import matplotlib.style
from matplotlib.colors import LinearSegmentedColormap

_HERE = Path(__file__).parent
_DATA = json.loads((_HERE / "palette.json").read_text(encoding="utf-8"))

NEUTRAL: dict[str, str] = _DATA["neutral"]
VERDICT: dict[str, dict[str, str]] = _DATA["verdict"]
OVERLAY: dict[str, object] = _DATA["overlay"]
SEQUENTIAL: str = _DATA["sequential"]["name"]
DIVERGING: str = _DATA["diverging"]["name"]
SANS, MONO = "DejaVu Sans", "DejaVu Sans Mono"

_GREY = {"deep": NEUTRAL["ink2"], "tint": NEUTRAL["panel"], "fill": NEUTRAL["ink2"]}
ROLE: dict[str, dict[str, str]] = {
    **_DATA["roles"],
    **{name: {**shades, "fill": shades["main"]} for name, shades in VERDICT.items()},
    "control": {**_GREY, "main": _DATA["control"]["main"]},
    "ink": {**_GREY, "main": NEUTRAL["ink2"], "deep": NEUTRAL["ink"]},
}


def _register(name: str, stops: list[str]) -> None:
    """Registers a colormap and its reverse, once."""
    for cmap in (made := LinearSegmentedColormap.from_list(name, stops, 256), made.reversed()):
        if cmap.name not in mpl.colormaps:
            mpl.colormaps.register(cmap)


def use() -> None:
    """Registers ``vlm_seq`` and ``vlm_div`` and applies the course's plot style. Calling it again changes nothing."""
    for kind in ("sequential", "diverging"):
        _register(_DATA[kind]["name"], _DATA[kind]["stops"])
    matplotlib.style.use(_HERE / "vlm.mplstyle")


def role(name: str) -> dict[str, str]:
    """The shades of one role.

    Raises KeyError if there is no such role; the message lists those there are.
    """
    if name not in ROLE:
        raise KeyError(f"There is no colour role {name!r}; choose one of {', '.join(ROLE)}.")
    return ROLE[name]
