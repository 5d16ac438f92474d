"""One step of beam search."""

import functools

import numpy as np

from course_utils import decode
from course_utils.exercises.arrays import log_softmax
from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output


def cases(seed: int) -> list[Case]:
    """Beams with finished beginnings among them, and beams in which only one beginning counts, as at the start."""
    rng = np.random.default_rng([seed, 204])
    drawn = []
    for k, v, end in [(3, 5, 2), (4, 7, 2), (5, 6, 0), (2, 11, 4), (3, 7, 6)]:
        while True:
            scores = -rng.uniform(0.5, 2.5, k)
            scores = (-np.sort(-scores) if k == 3 else scores).astype(np.float32)  # beginnings come in any order
            finished = np.zeros(k, bool)
            finished[rng.choice(np.arange(k == 3, k), 1 + (k == 5), replace=False)] = True
            logits = 1.5 * rng.normal(size=(k, v))
            logits[finished, end] += 2.0 * (k == 4)
            log_probs = log_softmax(logits).astype(np.float32)
            if _tells(scores, log_probs, finished, end):
                break
        says = ", ".join(map(str, np.flatnonzero(finished)))
        drawn.append(Case((scores, log_probs, finished, end), f"K = {k}, V = {v}, finished: {says}"))
    log_probs = log_softmax(rng.normal(size=(1, 7)).repeat(3, 0)).astype(np.float32)
    first = np.array([0.0, -np.inf, -np.inf], np.float32)
    for scores, says in ((first, "the first word: only beginning 0 counts"), (first[::-1].copy(), "only the last beginning counts")):
        drawn.append(Case((scores, log_probs, np.zeros(3, bool), 2), says, part="first"))
    return drawn


def beam_step(scores, log_probs, finished, end):
    """scores float[K], parents int[K], tokens int[K]."""
    k, v = log_probs.shape
    stays = np.where(np.arange(v) == end, 0.0, -np.inf)
    total = scores[:, None] + np.where(finished[:, None], stays, log_probs)
    order = np.argsort(-total, None, "stable")[:k]
    parents, tokens = order // v, order % v
    best = total[parents, tokens]
    return best, parents, tokens


def _tells(scores, log_probs, finished, end) -> bool:
    """Whether a beam shows the mistakes that matter: a finished beginning wins a place, another wins two (of more than two),
    and the winners do not stand in the table's order; of three, one that goes on wins most; of four, a finished one would
    win even if it paid for its end; of five, one that is not finished ends; of two, a finished one would win with a word."""
    new, parents, tokens = beam_step(scores, log_probs, finished, end)
    k, v = log_probs.shape
    twice, in_order = len(set(parents)) < k, (np.diff(parents * v + tokens) > 0).all()
    paid = (scores + log_probs[:, end])[finished].max()
    ends = (~finished[parents] & (tokens == end)).any()
    others = np.delete(scores[:, None] + log_probs, end, axis=1)[finished].max()
    shows = {2: others > new[-1], 3: not finished[parents[0]], 4: paid > new[-1], 5: ends}
    return finished[parents].any() and (k == 2 or (twice and not in_order)) and shows.get(k, True)


_SCORES, _FINISHED, _ORDER = "scores[:, None]", "stays, log_probs", 'np.argsort(-total, None, "stable")'
_TOTAL, _BEST_EACH = "total[parents, tokens]", "(np.arange(k) * v + total.argmax(1))"

SCORE_MISTAKES = edits(
    beam_step,
    (
        "greedy-for-each",
        "Every beginning keeps its own best word. The K best of all K · V continuations win: two may come from one beginning.",
        *(_ORDER, (_BEST_EACH, f"{_BEST_EACH}[np.argsort(-total.max(1))]")),
    ),
    (
        "zero-times-infinity",
        "0 · −∞ is not 0 but NaN: choose with `jnp.where(finished[:, None], …, …)`, do not multiply by who is finished.",
        "np.where(finished[:, None], stays, log_probs)",
        "(finished[:, None] * stays + ~finished[:, None] * log_probs)",
        _ORDER,
        (_ORDER, 'np.argsort(-np.nan_to_num(total, nan=np.inf), None, "stable")'),
    ),
    ("no-scores", "What the beginnings have cost so far is missing: add `scores[:, None]`.", _SCORES, f"0 * {_SCORES}"),
    (
        "from-one-beginning",
        "All continuations come from one beginning, the first or the best. Rank those of all K together.",
        *(_ORDER, ('np.argsort(-total[0], kind="stable")', '(scores.argmax() * v + np.argsort(-total[scores.argmax()], kind="stable"))')),
    ),
    (
        "finished-score-replaced",
        "You replace the score of a finished beginning. It keeps its score: add 0 to it at `end`.",
        *(_SCORES, "np.where(finished, 0, scores)[:, None]"),
    ),
    ("finished-goes-on", "A finished beginning goes on with words. It gets `end`, again, at no cost.", "log_probs, log_probs"),
    ("finished-pays", "A finished beginning pays for its `end` again. That is free: add 0.", "stays + log_probs, log_probs"),
    ("finished-lost", "Finished beginnings disappear. They stay, with `end` again, at no cost.", "-np.inf, log_probs"),
    (
        "finished-with-other-words",
        "A finished beginning may still go on with other words. Only `end` may follow: put −∞ at all others.",
        *("0.0, -np.inf", ("0.0, 0.0", "0.0, log_probs")),
    ),
    ("finished-turned", "The flag is turned round: it is the finished beginnings that stay.", "finished[:", "~finished[:"),
    (
        "end-free-for-all",
        "`end` is free for every beginning. It costs nothing only for those that are finished already.",
        *("finished[:, None]", "finished[:, None] | (stays == 0)"),
    ),
    (
        "never-ends",
        "Beginnings that are not finished cannot end. For them `end` is a word like the others.",
        "stays, np.where(stays == 0, -np.inf, log_probs)",
    ),
    (
        "each-word-once",
        "No word is taken twice. The K best of all K · V continuations win: two may end with the same word.",
        *(_ORDER, "(total.argmax(0) * v + np.arange(v))[np.argsort(-total.max(0))]"),
    ),
    ("multiplied", "You multiply scores and log-probabilities. Logs add up.", "] +", "] *", "0.0, -", ("0.0, -", "1.0, -", "1.0, ")),
    (
        "worst",
        "These are the worst continuations. Take the highest totals. Or is there a 0 · ∞ on the way, which is NaN?",
        *("-total", ("total", "np.where(np.isfinite(total), total, np.inf)")),
    ),
    (
        "probabilities-added",
        "You add probabilities to log-probabilities. `log_probs` are logs already: add them as they are.",
        "stays, np.exp(log_probs)",
    ),
    (
        "words-only",
        "These are the log-probabilities of the new words alone. The new score is that of the whole beginning, with its new word.",
        *(_TOTAL, ("log_probs[parents, tokens]", "total[parents, tokens] - scores[parents]")),
    ),
    ("parents-scores", "These are the scores of the beginnings before. Add the new word's log-probability.", _TOTAL, "scores[parents]"),
    (
        "not-the-totals",
        "You return probabilities, means or a distribution. Return the totals of logs as they are.",
        *("return best", ("return np.exp(best)", "return best / 2", "return log_softmax(best)")),
    ),
    ("not-highest-first", "Right totals in another order: the highest comes first.", "[:k]", ("[:k]; order.sort()", "[:k][::-1]")),
    at=_FINISHED,
)
_PLACES = edits(
    beam_step,
    ("from-1", "You count from 1. The first is 0.", "return best, parents + 1, tokens + 1"),
    ("exchanged", "Parents and tokens have changed places.", "return best, tokens, parents"),
    (
        "divided-by-k",
        "You divide by K. The table has V columns: place // V is the beginning, place % V the word.",
        "return best, order // k, order % k",
    ),
    (
        "not-split",
        "This is the place in the table of K · V. Split it: `place // V` is the beginning, `place % V` the word.",
        "return best, order, order",
    ),
    at="return best, parents, tokens",
)
PARENT_MISTAKES = _PLACES + edits(
    beam_step,
    (
        "ranks",
        "You count the beginnings in the order of their scores. Parents are their places as they came.",
        "best, np.argsort(np.argsort(-scores))[parents]",
    ),
    ("true-division", "Your parents are not whole: divide with `//`.", "best, order / v"),
    ("parents-in-order", "Parents are not 0 … K−1: a beginning can win several places, or none.", "best, np.arange(k)"),
    at="best, parents",
)
_END = "A finished beginning goes on with the first or last token. It goes on with `end`, which may be any."
TOKEN_MISTAKES = _PLACES + edits(beam_step, ("token-for-end", _END, "== end", ("== 0", "== v - 1")))

_START = "Right in the middle of a search, wrong at its start, where only one beginning counts and the others have −∞:"


def _output(name, place, weight, returns, mistakes, remark):
    parts = [("", 0.7, f"The {name} differ{remark}"), ("first", 0.3, _START)]
    return Output(name, place, weight, f"{returns}, shape (K,)", of_output(place, mistakes), parts=parts, kinds=place > 0)


_TABLE = ". Write down the table of K rows and V columns, and take its K highest."
_PLACE = ": in which {} of the table does each of the K highest stand?".format

judge = functools.partial(
    judge_outputs,
    reference=beam_step,
    outputs=[
        _output("scores", 0, 0.4, "the K highest totals, the highest first", SCORE_MISTAKES, _TABLE),
        _output("parents", 1, 0.3, "which beginning each one continues", PARENT_MISTAKES, _PLACE("row")),
        _output("tokens", 2, 0.3, "with which word each one goes on", TOKEN_MISTAKES, _PLACE("column")),
    ],
)

EXERCISE = Exercise("02.4", "beam_step", 4, decode.beam_step, cases, judge, compiled=True)
