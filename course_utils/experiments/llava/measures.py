"""What a LLaVA is asked: questions by type, in a form; captions; and what stage 2 took from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np

from course_utils.errors import known
from course_utils.experiments import own_text as measured
from course_utils.experiments.llava import trainer
from course_utils.experiments.llava.dataset import Pool
from course_utils.models.llava.llava import Llava
from course_utils.world import captions, questions
from course_utils.world import scenes as S
from course_utils.world.instructions import CAPTION, FORMATS

QUESTIONS, CAPTIONS = 512, 128
CONTROLS = ("", "zeroed", "other pictures")
Say = Callable[[np.ndarray, Sequence[str]], list[str]]  # features float[n, N, D], questions → answers


def shown(pool: Pool, control: str = "", count: int | None = None) -> np.ndarray:
    """The features of a pool's first pictures, or what a control puts in their place. Raises ValueError if there is none such."""
    known("control", control, CONTROLS)
    features = pool.features[:count]
    if control == "zeroed":
        return np.zeros_like(features)
    return np.roll(features, 1, 0) if control == "other pictures" else features


def asked(pool: Pool, types: Sequence[str] = questions.TYPES) -> tuple[list[str], list[str], np.ndarray]:
    """A question about each picture of a pool, its answer, and its type."""
    drawn = questions.ask(S.generator("test", 730), pool.scenes, types)
    right = [questions.ANSWERS[k] for k in questions.answer(pool.scenes, drawn)]
    return drawn.texts(), right, np.array(questions.TYPES)[drawn.type]


def vqa(say: Say, pool: Pool, control: str = "", form: str | None = "word") -> dict[str, float]:
    """The share of questions answered right, of all and by type, and the share answered in the ``form`` that is asked for.

    An answer is right if it is, in that form, exactly the right one. ``form``: of ``FORMATS``; ``None`` asks for none, and
    a word is right.
    """
    texts, right, types = asked(pool)
    prompt, pattern = FORMATS[form] if form else ("", "{}")
    said = say(shown(pool, control), [f"{text} {prompt}".strip() for text in texts])
    good = np.array([given == pattern.format(answer) for given, answer in zip(said, right)])
    told = {"right": good.mean(), "in the form": np.mean([in_form(given, form or "word") for given in said])}
    return told | {f"right, {name}": good[types == name].mean() for name in questions.TYPES}


def named(say: Say, pool: Pool) -> dict[str, float]:
    """The share of questions in whose answer, whatever its form, the right one stands; nobody says in which form it is wanted."""
    texts, right, _ = asked(pool)
    words = [answer.replace(",", " ").split() for answer in say(pool.features, texts)]
    return {"named": np.mean([answer in said for answer, said in zip(right, words)])}


def in_form(given: str, form: str) -> bool:
    """Whether an answer has a form of ``FORMATS``, whatever it says."""
    opening = FORMATS[form][1].format("")
    return given.startswith(opening) and given.removeprefix(opening) in questions.ANSWERS


def captioned(say: Say, pool: Pool, prompt: str = CAPTION[0]) -> dict[str, float]:
    """Captions of a pool's first pictures: the share that can be read as one, and F1 of what they name, in the mean.

    What a caption names are SPICE's tuples (Anderson et al., 2016): things, their colours, what signs say.
    """
    count = min(CAPTIONS, len(pool))
    said = say(shown(pool, count=count), [prompt] * count)
    scores, read = [], 0
    for given, truth in zip(said, captions.tuples(pool.scenes[np.arange(count)], "short")):
        try:
            found, read = captions.parse(given), read + 1
        except ValueError:
            found = Counter()
        scores.append(2 * (found & truth).total() / (found.total() + truth.total()))
    return {"captions, F1": np.mean(scores), "captions, readable": read / count}


def own_text(model: Llava) -> dict[str, float]:
    """Nats a word of the language model's own kind of text, without pictures."""
    return {"own text, nats": measured.measure(model.lm)["own text, nats"]}


def saying(model: Llava, side: int = 64, roles: bool = True, longest: int = 8) -> Say:
    """A model as one who answers."""
    return lambda features, texts: trainer.answers(model, features, texts, roles=roles, longest=longest, side=side)
