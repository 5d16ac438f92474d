"""Flamingos trained and asked: what notebook 06's experiments share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from course_utils import decode, runtime, training
from course_utils.experiments.flamingo import dataset
from course_utils.models.flamingo import flamingo
from course_utils.nn.gated import by_number
from course_utils.nn.lm import LanguageModel
from course_utils.towers import language, vision
from course_utils.world import corpus
from course_utils.world.interleaved import Interleaved, Pictures

BATCH, STEPS, RATE = 32, 200, 1e-2
LIVE_STEPS = 150  # of the notebook
MUON = training.muon()  # in 250 steps AdamW does not get off the ground here
LONGEST = 12  # words that it writes
_ROWS = 16  # that are answered at once: one program for a test and for a single prompt
LMS = ("frozen", "fine-tuned", "never taught")


def language_model(which: str, seed: int) -> LanguageModel:
    """The shared one as it is, a copy that is taught along, or one that read nothing. Raises ValueError if unknown."""
    if which not in LMS:
        raise ValueError(f"lm is {which!r}; choose from {', '.join(LMS)}.")
    if which == "never taught":
        return language.untrained(seed)
    return nnx.clone(language.frozen_language_model()) if which == "fine-tuned" else language.frozen_language_model()


def untrained(*, seed: int = 0, lm: str = "frozen", parts: Mapping[str, Callable] | None = None, **config: Any) -> flamingo.Flamingo:
    """As it starts, with a gated block before every second one of the language model. ``config`` of :class:`FlamingoConfig`; ``parts``: other implementations, say a learner's."""
    image = corpus.vocabulary().index(corpus.IMAGE)
    settings = flamingo.FlamingoConfig(vision.WIDTH, image, **{"hidden": 256, "every": 2, **config})
    parts = dict(parts or {})
    if "mask" in parts:
        parts["mask"] = by_number(parts["mask"])
    return flamingo.Flamingo(language_model(lm, seed), settings, rngs=nnx.Rngs(seed), **parts)


def train(
    pool: Pictures,
    *,
    seed: int = 0,
    steps: int = STEPS,
    shares: Mapping[str, float] = dataset.NAMES,
    described: float = dataset.DESCRIBED,
    lm: str = "frozen",
    pack: Callable | None = None,
    draw: Callable[[np.random.Generator], dict[str, np.ndarray]] | None = None,
    model: flamingo.Flamingo | None = None,
    learning_rate: float = RATE,
    watch: Callable | None = None,
    optimizer: optax.GradientTransformation = MUON,
    **how: Any,
) -> tuple[flamingo.Flamingo, training.History]:
    """The glue taught on episodes of ``pool`` (or on what ``draw`` draws), the language model frozen unless ``lm`` says
    otherwise. ``pack``: what packs them, as :func:`dataset.packed`. ``model``: one to go on with; else ``how`` says how
    :func:`untrained` makes it."""
    model = model or untrained(seed=seed, lm=lm, **how)
    size = BATCH * runtime.preset().batch

    def sample(rng: np.random.Generator) -> dict[str, np.ndarray]:
        return dataset.packed(dataset.episodes(rng, pool, size, shares, described), pack)

    history = training.fit(
        model,
        flamingo.flamingo_loss,
        draw or sample,
        steps=steps,
        learning_rate=learning_rate,
        data={"pool": pool.features},
        trainable=nnx.Param if lm == "fine-tuned" else flamingo.GLUE,
        optimizer=optimizer,
        seed=seed,
        watch=watch,
        progress=False,
    )
    return model, history


def _next(model: flamingo.Flamingo, batch):
    logits = model(batch["tokens"], batch["features"].astype("float32"))
    return logits[jnp.arange(len(logits)), batch["place"]]


def next_logits(model: flamingo.Flamingo, arrays: Mapping[str, np.ndarray], features: np.ndarray, place: np.ndarray) -> np.ndarray:
    """What comes behind the token at ``place`` int[n] of each episode: logits float32[n, V].

    ``arrays`` of :func:`dataset.packed`; ``features`` float[n, I, N, D], those of their pictures.
    """
    batch = {"tokens": arrays["tokens"], "features": features, "place": place.astype(np.int32)}
    return training.predict(model, _next, batch, size=_ROWS)


def _written(model: flamingo.Flamingo, batch):
    shown = model.shown(batch["tokens"], batch["features"].astype("float32"))
    cache = model.lm.empty_cache(len(batch["tokens"]), batch["tokens"].shape[1] + batch["noise"].shape[1])
    state, last = decode.read_prompts(model.reader(), batch["tokens"], cache, shown)
    end = corpus.vocabulary().index(corpus.END)
    return decode.sample(decode.cached_step(model.reader()), state, len(last), batch["noise"], begin=last, end=end)


def written(model: flamingo.Flamingo, tokens: np.ndarray, features: np.ndarray, longest: int = LONGEST) -> np.ndarray:
    """The likeliest tokens behind each prompt, int32[n, T] with pictures float[n, I, N, D]: int32[n, ``longest``]."""
    batch = {"tokens": tokens, "features": features, "noise": np.zeros((len(tokens), longest, 1), np.float32)}
    return training.predict(model, _written, batch, size=64).tokens


def write(model: flamingo.Flamingo, pool: Pictures, prompts: Sequence[Interleaved]) -> list[list[str]]:
    """What a model writes behind each prompt, word by word, up to its end."""
    arrays = dataset.packed(prompts)
    return [corpus.vocabulary().words(row) for row in written(model, arrays["tokens"], pool.features[arrays["pictures"]])]
