"""Where a word looks, head by head, and whether that is what decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ipywidgets
import jax
import numpy as np
from flax import nnx

from course_utils import training
from course_utils.arms import Arm
from course_utils.errors import BadInput
from course_utils.models.fusion_encoder import words as W
from course_utils.show import probe
from course_utils.show.board import Board, spotlight
from course_utils.show.palette import NEUTRAL, ROLE
from course_utils.show.scene_text import read_scene
from course_utils.show.widgets import Interactive, field, interactive
from course_utils.towers import grid
from course_utils.world import captions
from course_utils.world.render import render
from course_utils.world.things import KINDS, PLACES

SCENE = "red car left, blue dog top right"
_SIDE = 132


def word_looks(model: nnx.Module, scene: str = SCENE, word: str = "car", kinds: Sequence[str] = KINDS) -> Interactive:
    """A scene, its caption, one of its words: where that word looks, in every head of a block.

    ``model``: a fusion encoder of a single stream; ``kinds``: those that it has met.

    Raises BadInput if the model's stream has no attention over words and regions together.
    """
    if not hasattr(model.stream, "blocks"):
        raise BadInput("word_looks needs a single stream, in which words look at regions in every block.")
    return interactive(
        lambda scene, word, block: looks(model, scene, word, block, kinds).show(),
        scene=field(scene, "scene", SCENE),
        word=field(word, "word", width=200),
        block=ipywidgets.Dropdown(options=list(range(1, len(model.stream.blocks) + 1)), description=f"block of {len(model.stream.blocks)}"),
    )


def looks(model: nnx.Module, scene: str, word: str, block: int, kinds: Sequence[str] = KINDS) -> Board:
    """The static figure. ``block`` counts from 1.

    Raises ValueError if the scene cannot be read or shows a thing of no kind in ``kinds``, its caption is too long, or
    the word is not in it.
    """
    shown = read_scene(scene)
    if strange := [KINDS[k] for k in shown.kind[shown.present] if KINDS[k] not in kinds]:
        raise ValueError(f"This model has never met a {strange[0]}. It knows: {', '.join(kinds)}.")
    caption = captions.caption(shown)[0]
    said = W.VOCAB.split(caption)
    if word not in said:
        raise ValueError(f"The caption is “{caption}”. Pick one of its words; {word!r} is not among them.")
    tokens, features = W.VOCAB.encode([caption]), grid.scene_features(shown)
    match, maps = training.predict(model, _maps, {"tokens": tokens, "image": features}, size=1)
    rows = maps[0, block - 1][:, 1 + said.index(word)]  # (H, T + N)
    regions = rows[:, tokens.shape[1] :]
    picture = np.asarray(render(shown, 96))[0]
    top = [f"{PLACES[int(r.argmax())]}: {r.max():.0%}" for r in regions]
    b = Board(
        800,
        352,
        f"“{word}” looks at the picture with {regions.sum(1).mean():.0%} of its attention, the rest at words",
        f"Block {block}, every head by itself; one scale for all heads, so a dark map looks away. Match: {1 / (1 + np.exp(-match[0])):.0%}.",
        alt=f"A scene with the caption “{caption}”. " + " ".join(f"Head {h}, most at {words}." for h, words in enumerate(top, 1)),
        words=90,
    )
    x = Board.PAD
    for text in said:
        (chip,) = b.tokens(x, 72, [text], "fusion" if text == word else "language", filled=text == word)
        x = chip.end + 4
    b.picture(picture, Board.PAD, 128, _SIDE)
    b.text(Board.PAD, 128 + _SIDE + 16, "the scene", 8.5, NEUTRAL["ink2"])
    for h, (p, words) in enumerate(zip(regions, top)):
        x = Board.PAD + (_SIDE + 20) * (h + 1)
        b.picture(_lit(picture, p.reshape(3, 3), regions.max()), x, 128, _SIDE)
        b.text(x, 128 + _SIDE + 16, f"head {h + 1}", 8.5, ROLE["fusion"]["deep"], weight="bold")
        b.text(x, 128 + _SIDE + 34, words, 8.5)
        b.text(x, 128 + _SIDE + 51, f"{p.sum():.0%} on the picture", 8.5, NEUTRAL["ink2"])
    return b


def exchange(block: int = 2, **found) -> Board:
    """:func:`course_utils.show.probe.exchange` of a fusion encoder, and of the look of one of its blocks."""
    looks = f"“{found['said'][found['at']]}” looks"
    return probe.exchange(**found, looks=looks, chance=f"Look: block {block}. Bars: match.")


def exchanges(recorded: Mapping, live: Mapping[tuple[Arm, str], float] = {}) -> Board:
    """How often the choice between two captions follows an exchanged region. Both: (arm with ``exchanged``, "follows") → share."""
    hard = Arm(stream="single", negatives="hard")
    arms = {"its region": hard.but(exchanged="its thing")}
    arms |= {f"where its name looks, block {k}": hard.but(exchanged="brightest place", block=k) for k in (1, 2)}
    arms["another thing's"] = hard.but(exchanged="another thing")
    rows = {name: (arm, "follows") for name, arm in arms.items()}
    return probe.shares(recorded, rows, live, controls=list(rows)[-1:], measure="One region exchanged: right choices that turn over")


def _lit(picture: np.ndarray, weights: np.ndarray, brightest: float) -> np.ndarray:
    """:func:`spotlight` on a scale that ends at ``brightest``, not at the largest weight of this map.

    The scale enters as one more row, which is cut off again.
    """
    rows, height = len(weights), len(picture)
    scale = np.full((1, weights.shape[1]), brightest)
    longer = np.concatenate([picture, picture[: height // rows]])
    return spotlight(longer, np.concatenate([weights, scale]))[:height]


def _maps(model: nnx.Module, batch) -> tuple[jax.Array, jax.Array]:
    """The match float32[B], and the weights of all blocks float32[B, blocks, H, T + N, T + N]."""
    match, aux = model(batch["tokens"], batch["image"])
    return match, jax.numpy.stack(aux["attention"], 1)
