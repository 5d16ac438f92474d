"""What the glue does to the language model's own text: documents in which no picture stands."""

from __future__ import annotations

import numpy as np

from course_utils import runtime, training
from course_utils.losses import next_token
from course_utils.models.flamingo import flamingo
from course_utils.nn.lm import LanguageModel
from course_utils.world import corpus
from course_utils.world import scenes as S

COUNT = 256


def documents() -> dict[str, np.ndarray]:
    """Held-out documents of all kinds."""
    count = COUNT // 16 if runtime.is_fast() else COUNT
    return corpus.encode(corpus.documents(S.generator("test", 650), count, split="test"))


def _loss(model: flamingo.Flamingo | LanguageModel, batch):
    tokens = batch["tokens"]
    if isinstance(model, LanguageModel):
        logits = model(tokens)
    else:
        logits = model(tokens, np.zeros((len(tokens), 1, 1, model.config.features), np.float32))
    loss, told = next_token(logits, batch["labels"])
    return {"loss": loss[None], "right": told["accuracy"][None]}


def own_text(model: flamingo.Flamingo | LanguageModel) -> dict[str, float]:
    """Nats a word of what is asked for in :func:`documents`, and the share of these words ranked first."""
    of = documents()
    told = training.predict(model, _loss, of, size=len(of["tokens"]))
    return {"own text, nats": float(told["loss"][0]), "own text, right": float(told["right"][0])}
