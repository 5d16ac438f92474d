"""Two more tasks without a gradient step: captions in a language, and answers in a form, that only the examples show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flax import nnx

from course_utils.experiments.flamingo import dataset, trainer
from course_utils.models.flamingo import flamingo
from course_utils.world import captions, corpus, interleaved
from course_utils.world import scenes as S
from course_utils.world.corpus import ANSWER_FORMS, END
from course_utils.world.interleaved import Interleaved, Pictures

SHOTS = {"captions": (0, 1, 2, 4), "answers": (0, 1, 2, 3)}
KINDS = {"captions": captions.LANGUAGES, "answers": tuple(range(1, len(ANSWER_FORMS)))}  # languages; forms, but for the plain one
COUNT, POOL = 200, 512
EXAMPLES, STEPS, RATE = 64, 60, 3e-3  # of fine-tuning


def episode(rng: np.random.Generator, pool: Pictures, task: str, which: str | int, shots: int) -> Interleaved:
    """``shots`` examples of a task, then one more: captions in the language ``which``, or answers in the form ``which``."""
    things = pool.scenes.present.sum(1)
    if task == "captions":
        return interleaved.caption_episode(rng, pool, rng.choice(np.flatnonzero(things == 1), shots + 1, replace=False), str(which))
    return interleaved.answer_episode(rng, pool, rng.choice(np.flatnonzero(things > 1), shots + 1, replace=False), int(which))


def prompt(whole: Interleaved) -> tuple[Interleaved, list[str]]:
    """An episode without its last answer, and that answer, its end left out."""
    words, asked = whole.document
    begin = len(words) - 1 - asked[::-1].index(False) + 1
    document = corpus.Document(words[:begin], asked[:begin])
    return Interleaved(document, whole.pictures), words[begin:-1]


def right(task: str, which: str | int, pool: Pictures, picture: int, wanted: list[str], given: list[str]) -> tuple[bool, bool]:
    """Whether what was written has the form that was asked for by example, and whether it says what is right, in that form.

    A caption has the form if it is one in that language, and is right if it says exactly what the picture shows.
    """
    given = given[: given.index(END)] if END in given else given
    if task == "captions":
        try:
            says = captions.parse(captions.join(given, str(which)), str(which))
        except ValueError:
            return False, False
        return True, says == captions.tuples(pool.scenes[[picture]], "short")[0]
    opening = corpus.split_words(ANSWER_FORMS[int(which)].format(""))
    in_form = given[: len(opening)] == opening and len(given) > len(opening)
    return in_form, in_form and given == wanted


def measure(
    model: flamingo.Flamingo, pool: Pictures, task: str, shots: int, kinds: Sequence[str | int] = (), count: int = COUNT
) -> dict[str, float]:
    """The share of new pictures with an answer in the form shown, and with the right one, over all ``KINDS``, or some."""
    rng, kinds = S.generator("test", 640), kinds or KINDS[task]
    drawn = [(which, episode(rng, pool, task, which, shots)) for which in kinds for _ in range(count // len(kinds))]
    prompts, wanted = zip(*(prompt(whole) for _, whole in drawn))
    written = trainer.write(model, pool, prompts)
    told = [right(task, which, pool, whole.pictures[-1], words, given) for (which, whole), words, given in zip(drawn, wanted, written)]
    return dict(zip(("in the form", "right"), np.mean(told, 0).tolist()))


def tuned(model: flamingo.Flamingo, pool: Pictures, task: str, which: str | int, seed: int = 0) -> flamingo.Flamingo:
    """A copy of a model whose glue is taught ``EXAMPLES`` examples of one task in one form, without examples in the prompt."""
    rng = S.generator("train", 641 + seed)
    arrays = dataset.packed([episode(rng, pool, task, which, 0) for _ in range(EXAMPLES)])
    copy = nnx.clone(model)

    def draw(rng: np.random.Generator) -> dict[str, np.ndarray]:
        row = rng.integers(EXAMPLES, size=trainer.BATCH)
        return {name: array[row] for name, array in arrays.items()}

    return trainer.train(pool, model=copy, draw=draw, steps=STEPS, learning_rate=RATE, seed=seed)[0]
