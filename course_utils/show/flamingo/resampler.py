"""What each latent of the Perceiver Resampler looks at."""

from __future__ import annotations

import jax
import numpy as np

from course_utils import training
from course_utils.errors import BadInput
from course_utils.models.flamingo.flamingo import Flamingo
from course_utils.show.board import Board, spotlight
from course_utils.show.flamingo.reading import SIDE, drawn, patches
from course_utils.show.palette import NEUTRAL, ROLE

_PX, _PITCH, _ACROSS = 136, 154, 5


def latent_looks(model: Flamingo, scene: str, side: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    """A scene, uint8[S, S, 3], and where each latent of the last layer looks at it: float32[M, N], the mean over heads.

    ``side``: 64 or 96 px, of N = 64 or 144 patches. What a row lacks to 1 went to the latents themselves.

    Raises BadInput if the model has no resampler; ValueError if the scene cannot be read.
    """
    if model.resampler is None:
        raise BadInput("latent_looks needs a model with a Perceiver Resampler; this one has none.")
    picture = drawn(scene, side=side)
    seen = patches(picture)
    weights = training.predict(model, _last, {"features": seen}, size=1)[0]
    return picture[0], weights.mean(0)[:, : seen.shape[1]]


def _last(model: Flamingo, batch) -> jax.Array:
    """Where the latents look in the last layer: float32[B, H, M, N + M]."""
    return model.resampler(batch["features"])[1][-1]


def latents(picture: np.ndarray, look: np.ndarray, scene: str = "") -> Board:
    """A picture, and for each latent a spotlight on what it reads.

    Parameters
    ----------
    picture : uint8[S, S, 3]. look : float[M, N], shares of the N patches, row by row. scene : what the picture shows.

    Raises BadInput if the N patches make no square.
    """
    look = np.asarray(look, float)
    rows = round(look.shape[-1] ** 0.5)
    if look.ndim != 2 or rows**2 != look.shape[1]:
        raise BadInput(f"look has shape {list(look.shape)}; give a row a latent, with a share for each patch of a square grid.")
    tops, flat = look.max(1), 1 / look.shape[1]
    high, low = int(tops.argmax()) + 1, int(tops.argmin()) + 1
    lines = -(-(len(look) + 1) // _ACROSS)
    b = Board(
        800,
        78 + lines * (_PX + 64),
        f"The brightest patch holds {tops.max():.1%} of latent {high}'s attention, {tops.min():.1%} of latent {low}'s",
        f"Last layer, mean over heads, each on its own scale. Evenly, each of {rows} × {rows} patches would get {flat:.1%}.",
        alt=f"A scene{scene and f', {scene},'} and {len(look)} spotlights, one a latent; the brightest patches hold "
        + ", ".join(f"{top:.1%}" for top in tops[:8])
        + ".",
        words=45 + 12 * len(look),
    )
    for i in range(len(look) + 1):
        x, y = Board.PAD + _PITCH * (i % _ACROSS), 76 + (_PX + 64) * (i // _ACROSS)
        if i == 0:
            b.picture(picture, x, y, _PX, grid=rows)
            b.text(x, y + _PX + 16, f"{rows} × {rows} patches", 8.5, NEUTRAL["ink2"])
            continue
        share = look[i - 1]
        b.picture(spotlight(picture, share.reshape(rows, rows)), x, y, _PX)
        b.text(x, y + _PX + 16, f"latent {i}", 8.5, ROLE["fusion"]["deep"], weight="bold")
        b.text(x + _PX, y + _PX + 16, f"top {share.max():.1%}", 8.5, ha="right")
        b.text(x, y + _PX + 33, f"{min(share.sum(), 1):.0%} on the picture", 8.5, NEUTRAL["ink2"])
    return b
