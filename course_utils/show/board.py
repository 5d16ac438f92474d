"""The drawing board: a white page on which diagrams are placed, pixel by pixel.

One unit is one CSS pixel (1/100 inch, drawn at 2x), the origin is the top left corner, y points down. Pictures enter
at the bottom left, words at the bottom right, depth runs up, the answer leaves at the top. Trained parts are solid,
frozen parts pale with a padlock. Boards need no pyplot: nothing is shown or kept open behind your back.
"""

from __future__ import annotations

import base64
import dataclasses
import io
from collections.abc import Sequence

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon
from matplotlib.text import Text
from PIL import Image as PillowImage

from course_utils.show.lint import complaints
from course_utils.show.marks import CROSS, TICK, Spot, elbow, font, shackle, spotlight, text_width
from course_utils.show.palette import NEUTRAL, ROLE, VERDICT, role as role_of

__all__ = ["Board", "Spot", "Still", "spotlight"]


@dataclasses.dataclass(frozen=True)
class Still:
    """A finished figure as a notebook shows it: PNG bytes, logical width in px, alternative text.

    IPython's own Image takes no alternative text in the release that Colab has.
    """

    data: bytes
    width: int
    alt: str

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        png = base64.b64encode(self.data).decode()
        return {"image/png": png, "text/plain": self.alt}, {"image/png": {"width": self.width, "alt": self.alt}}


class Board:
    """A page to place things on: ``b = Board(800, 480, "The title says the finding", "the subtitle what you see")``.

    Parameters
    ----------
    w, h : size in px; figures of the course are 800 wide.
    title, subtitle, footer : the finding; what is plotted, n, interval; source and status.
    alt : alternative text: kind of picture, finding, key numbers, at most 40 words.
    boxes, words : how much one figure may hold before :meth:`lint` complains (title and tokens are not counted).
    """

    PAD = 24  # page margin, px

    def __init__(
        self, w: float, h: float, title: str = "", subtitle: str = "", footer: str = "", *, alt: str = "", boxes: int = 8, words: int = 55
    ) -> None:
        self.w, self.h, self.alt = w, h, alt
        self.fig = Figure(figsize=(w / 100, h / 100), dpi=100, facecolor="white")
        FigureCanvasAgg(self.fig)
        self.ax = self.fig.add_axes([0, 0, 1, 1])
        self.ax.set(xlim=(0, w), ylim=(h, 0))
        self.ax.axis("off")
        self.ax.autoscale(False)
        self._limits = {"boxes": boxes, "words": words}
        self._boxes: list[tuple[Spot, list[Text]]] = []
        self._uncounted: set[Text] = set()
        if title:
            self._uncounted.add(self.text(self.PAD, 30, title, 12.5, weight="bold", va="baseline"))
        if subtitle:
            self.text(self.PAD, 52, subtitle, 9.5, NEUTRAL["ink2"], va="baseline")
        if footer:
            self._uncounted.add(self.text(self.PAD, h - 14, footer, 7.5, NEUTRAL["foot"], va="baseline"))

    # ---- words and areas

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 9.5,
        color: str | None = None,
        *,
        ha: str = "left",
        va: str = "center",
        weight: str = "normal",
        mono: bool = False,
        z: float = 6,
        **kwargs,
    ) -> Text:
        """Words at (x, y), ``size`` in pt. ``mono`` is for what a model reads or writes, and is taken literally."""
        return self.ax.text(
            x,
            y,
            text,
            color=color or NEUTRAL["ink"],
            ha=ha,
            va=va,
            zorder=z,
            parse_math=not mono,
            fontproperties=font(mono=mono, bold=weight == "bold", size=size),
            **kwargs,
        )

    def rect(
        self, x: float, y: float, w: float, h: float, fill: str, edge: str = "none", lw: float = 0.0, r: float = 6, z: float = 2, **kwargs
    ) -> FancyBboxPatch:
        """A rectangle with corners of radius ``r``."""
        patch = FancyBboxPatch(
            (x + r, y + r), w - 2 * r, h - 2 * r, boxstyle=f"round,pad={r},rounding_size={r}", fc=fill, ec=edge, lw=lw, zorder=z, **kwargs
        )
        self.ax.add_patch(patch)
        return patch

    def line(self, xs: Sequence[float], ys: Sequence[float], color: str, lw: float = 1.1, z: float = 4, **kwargs):
        """A plain line through the points (xs, ys)."""
        style = {"solid_capstyle": "round", "solid_joinstyle": "round", **kwargs}
        return self.ax.plot(xs, ys, color=color, lw=lw, zorder=z, **style)[0]

    # ---- the parts of a model

    def box(
        self,
        x: float,
        y: float,
        w: float,
        h: float,
        label: str,
        role: str = "ink",
        sub: str = "",
        *,
        frozen: bool = False,
        size: float = 10,
    ) -> Spot:
        """A module. Trained: solid fill, white text. Frozen: pale tint and a padlock. What learns is vivid."""
        shades, spot = role_of(role), Spot(x, y, w, h)
        fill, edge, ink = (shades["tint"], shades["main"], shades["deep"]) if frozen else (shades["fill"], shades["fill"], "white")
        self.rect(x, y, w, h, fill, edge, 1.1, r=8)
        if frozen:
            self.lock(x + w - 16, y + h / 2, shades["deep"], 1.15)
        middle = x + (w - 20 if frozen and text_width(label, size, bold=True) > w - 68 else w) / 2
        lift = min(9, h / 5) if sub else 0
        words = [self.text(middle, y + h / 2 - lift, label, size, ink, ha="center", weight="bold")]
        if sub:
            words.append(self.text(middle, y + h / 2 + lift + 1.5, sub, 8.5, ink, ha="center"))
        self._boxes.append((spot, words))
        return spot

    def tokens(
        self,
        x: float,
        y: float,
        words: Sequence[str | np.ndarray],
        role: str = "language",
        *,
        h: float = 24,
        gap: float = 4,
        size: float = 9,
        min_w: float = 24,
        filled: bool = True,
    ) -> list[Spot]:
        """A row of token chips. A string is a word; an image array is a picture's place in the sequence."""
        shades, spots = role_of(role), []
        for word in words:
            if isinstance(word, str):
                w = max(min_w, 4 * np.ceil((text_width(word, size, mono=True) + 13) / 4))
                self.rect(x, y, w, h, shades["tint"] if filled else NEUTRAL["paper"], shades["main"], 0.8, r=4)
                self._uncounted.add(self.text(x + w / 2, y + h / 2 + 0.5, word, size, shades["deep"], ha="center", mono=True))
                spots.append(Spot(x, y, w, h))
            else:
                spots.append(self.picture(word, x, y, h, r=4, edge=role_of("vision")["main"], lw=1.1))
            x = spots[-1].end + gap
        return spots

    def tokens_width(
        self, words: Sequence[str | np.ndarray], *, h: float = 24, gap: float = 4, size: float = 9, min_w: float = 24
    ) -> float:
        """The width in px that :meth:`tokens` will take, to centre a row."""
        each = [max(min_w, 4 * np.ceil((text_width(s, size, mono=True) + 13) / 4)) if isinstance(s, str) else h for s in words]
        return float(sum(each) + gap * (len(each) - 1))

    def arrow(
        self,
        *points: tuple[float, float],
        role: str = "ink",
        lw: float = 1.4,
        head: float = 7,
        r: float = 8,
        dashed: bool = False,
        z: float = 3,
        gap: float = 3,
    ) -> None:
        """An elbow arrow through ``points``, coloured by what flows; it stops ``gap`` px short of the last point."""
        color = role_of(role)["main"]
        path, triangle = elbow(points, r, head=head, gap=gap)
        self.ax.add_patch(PathPatch(path, fc="none", ec=color, lw=lw, zorder=z, capstyle="round", ls=(0, (3, 2)) if dashed else "-"))
        if triangle is not None:
            self.ax.add_patch(Polygon(triangle, fc=color, ec="none", zorder=z))

    def bracket(
        self, x0: float, x1: float, y: float, label: str = "", role: str = "ink", *, up: bool = False, size: float = 8.5, depth: float = 6
    ) -> None:
        """A bracket under (or, with ``up``, over) x0..x1 with a centred label."""
        d, shades = -depth if up else depth, role_of(role)
        self.line([x0, x0, x1, x1], [y, y + d, y + d, y], shades["main"])
        if label:
            self.text((x0 + x1) / 2, y + d + (-11 if up else 11), label, size, shades["deep"], ha="center")

    def lock(self, x: float, y: float, color: str, s: float = 1.0) -> None:
        """A small padlock centred at (x, y): this part is frozen."""
        y = y - s
        self.rect(x - 5 * s, y - s, 10 * s, 8 * s, color, r=1.6 * s, z=7)
        self.line(*shackle(x, y, s), color, lw=1.25 * s, z=7)

    # ---- pictures and verdicts

    def picture(
        self,
        image: np.ndarray,
        x: float,
        y: float,
        w: float,
        h: float | None = None,
        *,
        r: float = 6,
        edge: str | None = None,
        lw: float = 0.8,
        grid: int = 0,
        z: float = 2,
    ) -> Spot:
        """A picture (uint8 or float, 3 or 4 channels) with rounded corners; ``grid=8`` draws the 8×8 patch lines."""
        h, image = h or w, np.asarray(image)
        coarse = image.shape[0] * 2 <= h
        drawn = self.ax.imshow(
            image, extent=(x, x + w, y + h, y), aspect="auto", zorder=z, interpolation="nearest" if coarse else "antialiased"
        )
        drawn.set_clip_path(self.rect(x, y, w, h, "none", r=r))
        self.ax.set(xlim=(0, self.w), ylim=(self.h, 0))
        for i in range(1, grid):
            self.line([x + w * i / grid] * 2, [y, y + h], "white", 0.7, z + 0.1, alpha=0.9)
            self.line([x, x + w], [y + h * i / grid] * 2, "white", 0.7, z + 0.1, alpha=0.9)
        if lw:
            self.rect(x, y, w, h, "none", edge or NEUTRAL["rule"], lw, r=r, z=z + 0.5)
        return Spot(x, y, w, h)

    def mark(self, x: float, y: float, ok: bool, s: float = 8) -> None:
        """A right or wrong badge of radius ``s``: colour and shape."""
        color = VERDICT["right" if ok else "wrong"]["main"]
        self.ax.add_patch(Circle((x, y), s, fc=color, ec="white", lw=1.5, zorder=8))
        for stroke in TICK if ok else CROSS:
            self.line(x + s * stroke[:, 0], y + s * stroke[:, 1], "white", s * 0.21, 9)

    def legend(self, y: float = 25, roles: Sequence[str] = ("fusion",)) -> None:
        """What solid (in the given roles) and padlock mean, at the right end of the title's line."""
        x = self.w - self.PAD - 136
        for i, role in enumerate(reversed(roles)):
            self.rect(x - 16 * i, y - 6, 12, 12, role_of(role)["fill"], r=3)
        self.lock(x + 84, y, NEUTRAL["ink2"], 1.0)
        for dx, word in ((18, "trained"), (96, "frozen")):
            self._uncounted.add(self.text(x + dx, y, word, 8.5, NEUTRAL["ink2"]))

    def axes(self, x: float, y: float, w: float, h: float, **kwargs):
        """Real matplotlib axes inside the board, placed in px."""
        return self.fig.add_axes([x / self.w, 1 - (y + h) / self.h, w / self.w, h / self.h], **kwargs)

    # ---- quality and output

    def lint(self, min_edge: float = 12) -> list[str]:
        """What is wrong with the page: words that touch, leave the page or their box, have no glyph; too many parts.

        It does not see words over lines or pictures: look at the result as well.
        """
        return complaints(self.fig, self._boxes, self._uncounted, self._limits, min_edge)

    def png(self, scale: int = 2) -> bytes:
        """The page as PNG, ``scale`` device pixels to one px, in 256 colours, the palette's among them: a third of the size."""
        stream = io.BytesIO()
        self.fig.set_dpi(100 * scale)
        self.fig.canvas.draw()
        page = np.asarray(self.fig.canvas.buffer_rgba())[..., :3]
        self.fig.set_dpi(100)
        _few_colours(page).save(stream, format="png", optimize=True)
        return stream.getvalue()

    def save(self, path) -> None:
        """Writes the page as PNG at 2x, and prints what :meth:`lint` finds."""
        for complaint in self.lint():
            print("lint:", complaint)
        with open(path, "wb") as file:
            file.write(self.png())

    def show(self, alt: str = "") -> Still:
        """For notebooks: a sharp 2x picture at its logical width, with alternative text, never cropped."""
        alt = (alt or self.alt).strip()
        if not alt:
            raise ValueError("Every figure needs alternative text: say what it shows in at most 40 words.")
        return Still(self.png(), int(self.w), alt)


_COMMON, _NEAR = 128, 8  # colours that are chosen by how often they occur; levels of 255 that pass for the same colour


def _few_colours(page: np.ndarray) -> PillowImage.Image:
    """The page (uint8[h, w, 3]) in 256 colours near to all of its own.

    Those of the palette stay exact, however rare. Half go to what covers the page, so that a smooth ground stays smooth,
    the rest to what is far from these, so that a small picture on a large page keeps its colours.
    """
    own = sorted({shade for shades in (*ROLE.values(), *VERDICT.values()) for shade in shades.values() if shade[0] == "#"})
    few, plain = PillowImage.Quantize, PillowImage.Dither.NONE
    common = PillowImage.fromarray(page).quantize(_COMMON, few.MEDIANCUT, dither=plain)
    place, got = np.array(common), np.asarray(common.convert("RGB"))
    colours = common.getpalette()[: 3 * _COMMON] + [0] * (3 * _COMMON - len(common.getpalette()))
    far = (np.maximum(got, page) - np.minimum(got, page) > _NEAR).any(-1)
    if far.any():
        rare = PillowImage.fromarray(page[far][None]).quantize(256 - len(own) - _COMMON, few.MAXCOVERAGE, dither=plain)
        place[far] = _COMMON + np.asarray(rare)[0]
        colours += rare.getpalette()[: 3 * (256 - len(own) - _COMMON)]
    colours += [0] * (3 * (256 - len(own)) - len(colours))
    number = page.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    for k, shade in enumerate(own, 256 - len(own)):
        place[number == int(shade[1:], 16)] = k
    page = PillowImage.fromarray(place)
    page.putpalette([*colours, *(int(shade[i : i + 2], 16) for shade in own for i in (1, 3, 5))])
    return page
