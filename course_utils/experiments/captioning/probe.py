"""Is what is looked at what is used? In the look before a word, one place is exchanged for its twin's."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from course_utils import training
from course_utils.arms import Arm
from course_utils.experiments import probe
from course_utils.experiments.captioning import attention, dataset
from course_utils.experiments.probe import Cases
from course_utils.models import captioning
from course_utils.models.captioning import words
from course_utils.towers import grid
from course_utils.world.things import COLOURS

SEEDS = 3
THING, BRIGHTEST, ANOTHER = (Arm(way="attention", exchanged=place) for place in ("its thing", "brightest place", "another thing"))
_NEW = {"kind": words.SINGULAR, "colour": np.array([words.VOCAB.index(colour) for colour in COLOURS])}


def cases(data: dataset.CaptionSet, what: str, seed: int = 0) -> Cases:
    """Of each picture of several things one word, a "kind" or a "colour", that is about one of them; its answers are words."""
    rng, every = np.random.default_rng([seed, 205]), np.arange(len(data))
    new, twins = probe.twins(data.scenes, what, rng)
    about = attention.true_places(data)
    fits = (words.WORD_CLASS[data.tokens] == words.CLASSES.index(what)) & (about.sum(-1) == 1)
    at = np.where(fits, rng.random(fits.shape), -1).argmax(1)
    thing = about[every, at].argmax(-1)
    another = probe.another_thing(data.scenes, thing, rng)
    own, others = data.tokens[every, at], grid.scene_features(twins)
    kept = np.flatnonzero(fits.any(1) & (new >= 0) & (another >= 0))
    return Cases(data.scenes, twins, data.features, others, data.tokens, at, thing, another, own, _NEW[what][new])[kept]


def _told(model: captioning.Captioner, batch) -> tuple[jax.Array, jax.Array, jax.Array]:
    """What comes at the word ``at``, logits float32[B, V], of ``image``, and of ``other`` in this one look; shares float32[B, N]."""
    seen, other = model.start(batch["image"]), model.start(batch["other"])
    read = jnp.pad(batch["tokens"][:, :-1], ((0, 0), (1, 0)), constant_values=captioning.BEGIN)

    def along(carry, word):
        state = {**seen, **carry}
        after, *told = model.advance(state, word)
        _, *told_other = model.advance({**state, "places": other["places"]}, word)
        return {"h": after["h"], "c": after["c"]}, (told, told_other)

    _, found = jax.lax.scan(along, {"h": seen["h"], "c": seen["c"]}, model.embed(read).swapaxes(0, 1))
    (out, alpha), after = jax.tree.map(lambda a: a[batch["at"], jnp.arange(a.shape[1])][:, None], found)
    return model.score(out, alpha, seen)[:, 0], model.score(*after, seen)[:, 0], alpha[:, 0]


def told(model: captioning.Captioner, of: Cases, place: np.ndarray) -> dict[str, np.ndarray]:
    """What a model is about to say, logits float32[n, V], ``before`` and ``after`` the exchange of ``place`` int[n] in this
    look; and where it looked before it, ``look`` float32[n, 9]."""
    batch = {"image": of.features, "other": of.exchanged(place), "tokens": of.tokens, "at": of.at}
    return dict(zip(("before", "after", "look"), training.predict(model, _told, batch)))


def measures(model: captioning.Captioner, data: dataset.CaptionSet) -> dict[tuple[Arm, str], float]:
    """(arm, "kind follows", "kind stays", …) → share of :func:`probe.outcome`."""
    found = {}
    for what in probe.WHATS:
        of = cases(data, what)
        thing = told(model, of, of.thing)
        after = {THING: thing, BRIGHTEST: told(model, of, thing["look"].argmax(-1)), ANOTHER: told(model, of, of.another)}
        for arm, scores in after.items():
            found |= {(arm, f"{what} {name}"): share for name, share in probe.outcome(of, scores["before"], scores["after"]).items()}
    return found


def run(seed: int) -> list[dict]:
    """All rows of one seed, of the model "attention"."""
    found = measures(attention.soft_attention(seed), dataset.test_set())
    return [row for (arm, measure), share in found.items() for row in arm.rows({measure: share})]


def example(model: captioning.Captioner, of: Cases, i: int = 0) -> dict[str, Any]:
    """Case i, as the figure of the probe takes it: what may be said are the thing's own word and the twin's."""
    one = of[np.array([i])]
    found, elsewhere = (told(model, one, place) for place in (one.thing, one.another))
    logits = np.concatenate([found["before"], found["after"], elsewhere["after"]])
    pair = [int(one.own[0]), int(one.twin[0])]
    return {
        **of.drawn(i),
        "look": found["look"][0],
        "said": captioning.VOCAB.words(one.tokens[0])[: one.at[0] + 1],
        "at": int(one.at[0]),
        "words": tuple(captioning.VOCAB[token] for token in pair),
        "chances": np.asarray(jax.nn.softmax(logits))[:, pair],
    }
