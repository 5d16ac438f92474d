"""One step of beam search."""

from __future__ import annotations

import numpy as np

from course_utils import decode
from course_utils.exercises.arrays import log_softmax
from course_utils.exercises.core import Case, Exercise, Verdict
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
    k, v, end = 3, 7, 2
    logits = rng.normal(size=(1, v)).repeat(k, 0)
    log_probs = log_softmax(logits).astype(np.float32)
    first = np.array([0.0, -np.inf, -np.inf], np.float32)
    drawn.append(Case((first, log_probs, np.zeros(k, bool), end), "the first word: only beginning 0 counts", part="first"))
    drawn.append(Case((first[::-1].copy(), log_probs, np.zeros(k, bool), end), "only the last beginning counts", part="first"))
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


_SCORES, _FINISHED, _ORDER, _RETURN = (
    "scores[:, None]",
    "stays, log_probs",
    'np.argsort(-total, None, "stable")',
    "return best, parents, tokens",
)
_GREEDY = "Every beginning keeps its own best word. The K best of all K · V continuations win: two may come from one beginning."
_MULTIPLIED = "You multiply scores and log-probabilities. Logs add up."
_WORDS_ONLY = "These are the log-probabilities of the new words alone. The new score is that of the whole beginning, with its new word."

_WHOLE = edits(
    beam_step,
    ("greedy-for-each", _GREEDY, _ORDER, "(np.arange(k) * v + total.argmax(1))"),
    ("greedy-for-each-sorted", _GREEDY, _ORDER, "(np.arange(k) * v + total.argmax(1))[np.argsort(-total.max(1))]"),
    ("no-scores", "What the beginnings have cost so far is missing: add `scores[:, None]`.", _SCORES, "0 * scores[:, None]"),
    ("scores-only-first", "All continuations come from beginning 0. Rank those of all K beginnings together.", "-total", "-total[:1]"),
    (
        "finished-score-replaced",
        "You replace the score of a finished beginning. It keeps its score: add 0 to it at `end`.",
        *(_SCORES, "np.where(finished, 0, scores)[:, None]"),
    ),
    (
        "finished-goes-on",
        "You let a finished beginning go on as if it had not ended. Its only continuation is `end`, again, at no cost.",
        *(_FINISHED, "log_probs, log_probs"),
    ),
    (
        "finished-pays",
        "A finished beginning pays for its `end` once more. Its continuation costs nothing: 0 in the place of the log-probability.",
        *(_FINISHED, "stays + log_probs, log_probs"),
    ),
    (
        "finished-lost",
        "Finished beginnings disappear from the beam. They stay, with `end` again, at no cost.",
        _FINISHED,
        "-np.inf, log_probs",
    ),
    (
        "finished-with-any-word",
        "You let a finished beginning go on with any word, at no cost. Only `end` may follow.",
        *(_FINISHED, "0.0, log_probs"),
    ),
    ("finished-turned", "The flag is turned round: it is the finished beginnings that stay.", "finished[:", "~finished[:"),
    (
        "end-free-words-stay",
        "A finished beginning may still go on with other words. Only `end` may follow: put −∞ at all others.",
        *("-np.inf", "log_probs"),
    ),
    (
        "end-free-for-all",
        "`end` is free for every beginning. It costs nothing only for those that are finished already.",
        *("finished[:, None]", "finished[:, None] | (stays == 0)"),
    ),
    (
        "never-ends",
        "Beginnings that are not finished cannot end. For them `end` is a word like the others.",
        *(_FINISHED, "stays, np.where(stays == 0, -np.inf, log_probs)"),
    ),
    ("token-0-for-end", "A finished beginning goes on with token 0. It goes on with `end`, which may be any token.", "== end", "== 0"),
    (
        "last-token-for-end",
        "A finished beginning goes on with the last token. It goes on with `end`, which may be any token.",
        *("== end", "== v - 1"),
    ),
    (
        "finished-first",
        "Finished beginnings come first, whatever they score. They compete with the others.",
        *("-total", "-total - 1e4 * finished[:, None]"),
    ),
    (
        "best-goes-on-alone",
        "All continuations come from the best beginning. Rank those of all K beginnings together.",
        *(_ORDER, '(scores.argmax() * v + np.argsort(-total[scores.argmax()], kind="stable"))'),
    ),
    (
        "each-word-once",
        "No word is taken twice. The K best of all K · V continuations win: two may end with the same word.",
        *(_ORDER, "(total.argmax(0) * v + np.arange(v))[np.argsort(-total.max(0))]"),
    ),
    (
        "infinity-as-zero",
        "A score of −∞ counts as 0, the best there is. Leave it: that beginning then loses by itself.",
        *(_SCORES, "np.where(np.isfinite(scores), scores, 0)[:, None]"),
    ),
    ("multiplied", _MULTIPLIED, "] +", "] *", "0.0, -", "1.0, -"),
    ("multiplied", _MULTIPLIED, "] +", "] *"),
    (
        "worst",
        "These are the worst continuations, of score −∞. Take the highest totals. Or is there a 0 · ∞ on the way, which is NaN?",
        *("-total", "total"),
    ),
    ("multiplied", _MULTIPLIED, "] +", "] *", "0.0, -", "1.0, "),
    (
        "probabilities-added",
        "You add probabilities to log-probabilities. `log_probs` are logs already: add them as they are.",
        *(_FINISHED, "stays, np.exp(log_probs)"),
    ),
    ("worst", "These are the worst continuations. Take the highest totals.", "-total", "np.where(np.isfinite(total), total, np.inf)"),
    (
        "scores-across-words",
        "You add a score to each word, not to each beginning: `scores[:, None]` stands for the rows.",
        *(_SCORES, "np.resize(scores, v)"),
    ),
)
_IN_TABLE_ORDER, _ASCENDING = ("[:k]", "[:k]; order.sort()"), ("[:k]", "[:k][::-1]")
_TOTALS = edits(
    beam_step,
    ("in-table-order", "These are the right totals in the order of the table. The highest comes first.", *_IN_TABLE_ORDER),
    ("words-only", _WORDS_ONLY, "total[parents, tokens]", "log_probs[parents, tokens]"),
    (
        "parents-scores",
        "These are the scores of the beginnings before. Add the log-probability of the new word.",
        *("total[parents, tokens]", "scores[parents]"),
    ),
    ("probabilities-returned", "These are probabilities. Return their logarithms, as they come.", "return best", "return np.exp(best)"),
    ("averaged", "You divide by 2. A score is the sum of the log-probabilities, not their mean.", "return best", "return best / 2"),
    ("averaged", "You divide by K. Return the totals as they are.", "return best", "return best / k"),
    ("normalised", "You make the K scores one distribution. Return the totals as they are.", "return best", "return log_softmax(best)"),
    ("ascending", "The best comes last. Sort from the highest.", *_ASCENDING),
    ("gains-only", _WORDS_ONLY, "return best", "return best - scores[parents]"),
)
_PLACES = edits(
    beam_step,
    ("in-table-order", "The scores are sorted, parents and tokens are not: take all three in the order of the scores.", *_IN_TABLE_ORDER),
    (
        "ranks",
        "You count the beginnings in the order of their scores. Parents are their places as they came.",
        *(_RETURN, "return best, np.argsort(np.argsort(-scores))[parents], tokens"),
    ),
    ("from-1", "You count from 1. The first is 0.", _RETURN, "return best, parents + 1, tokens + 1"),
    ("true-division", "Your parents are not whole: divide with `//`.", _RETURN, "return best, order / v, tokens"),
    ("ascending", "The best comes last. Sort from the highest.", *_ASCENDING),
    ("exchanged", "Parents and tokens have changed places.", _RETURN, "return best, tokens, parents"),
    (
        "divided-by-k",
        "You divide by K. The table has V columns: place // V is the beginning, place % V the word.",
        *(_RETURN, "return best, order // k, order % k"),
    ),
    (
        "not-split",
        "This is the place in the table of K · V. Split it: `place // V` is the beginning, `place % V` the word.",
        *(_RETURN, "return best, order, order"),
    ),
    (
        "parents-in-order",
        "The parents are not 0 … K−1: a beginning can win several places, or none.",
        *(_RETURN, "return best, np.arange(k), tokens"),
    ),
)


def _parts(remark):
    return [
        ("", 0.7, remark),
        ("first", 0.3, "Right in the middle of a search, wrong at its start, where only one beginning counts and the others have −∞:"),
    ]


def judge(cases: list[Case], answers: list) -> Verdict:
    """A good third of the points for each output."""
    return judge_outputs(
        cases,
        answers,
        beam_step,
        [
            Output(
                "scores",
                0,
                0.4,
                "the K highest totals, the highest first, shape (K,)",
                of_output(0, _WHOLE + _TOTALS),
                parts=_parts("The totals differ. Write down the table of K rows and V columns, and take its K highest."),
            ),
            Output(
                "parents",
                1,
                0.3,
                "which beginning each one continues, shape (K,)",
                of_output(1, _PLACES + _WHOLE),
                parts=_parts("The parents differ: in which row of the table does each of the K highest stand?"),
            ),
            Output(
                "tokens",
                2,
                0.3,
                "with which word each one goes on, shape (K,)",
                of_output(2, _PLACES + _WHOLE),
                parts=_parts("The tokens differ: in which column of the table does each of the K highest stand?"),
            ),
        ],
    )


EXERCISE = Exercise("02.4", "beam_step", 4, decode.beam_step, cases, judge, compiled=True)
