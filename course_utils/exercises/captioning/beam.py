"""One step of beam search."""

from __future__ import annotations

import numpy as np

from course_utils import decode
from course_utils.exercises.arrays import log_softmax
from course_utils.exercises.core import Case, Exercise, Verdict
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


def _totals(scores, log_probs, finished, end):
    stays = np.where(np.arange(log_probs.shape[1]) == end, 0.0, -np.inf)
    return scores[:, None] + np.where(finished[:, None], stays, log_probs)


def _best(total, k):
    order = np.argsort(-total, axis=None, kind="stable")[:k]
    return total.ravel()[order], order // total.shape[1], order % total.shape[1]


def beam_step(scores, log_probs, finished, end):
    """scores float[K], parents int[K], tokens int[K]."""
    return _best(_totals(scores, log_probs, finished, end), len(scores))


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


def _of_totals(fn):
    """A mistake in the totals: ``fn(scores, log_probs, finished, end) → float[K, V]``."""
    return lambda s, p, f, e: _best(fn(s, p, f, e), len(s))


def _greedy_each(s, p, f, e):
    total = _totals(s, p, f, e)
    token = total.argmax(1)
    return total[np.arange(len(s)), token], np.arange(len(s)), token


def _greedy_sorted(s, p, f, e):
    best, parents, tokens = _greedy_each(s, p, f, e)
    order = np.argsort(-best, kind="stable")
    return best[order], parents[order], tokens[order]


def _of_first(s, p, f, e):
    best, parents, tokens = _best(_totals(s, p, f, e)[:1], len(s))
    return best, parents, tokens


def _rows_for_columns(s, p, f, e):
    best, parents, tokens = beam_step(s, p, f, e)
    place = parents * p.shape[1] + tokens
    return best, place // len(s), place % len(s)


def _is_end(p, e):
    return np.arange(p.shape[1]) == e


def _ended_stays_put(s, p, f, e):
    """A finished beginning keeps its score for every token."""
    return s[:, None] + np.where(f[:, None], 0.0, p)


def _only_best(s, p, f, e):
    best, _, tokens = _best(_totals(s, p, f, e)[s.argmax()][None], len(s))
    return best, np.full(len(s), s.argmax()), tokens


def _preferring(bonus):
    """The K best of other totals than those that are returned."""

    def fn(s, p, f, e):
        total = _totals(s, p, f, e)
        _, parents, tokens = _best(total + bonus * f[:, None], len(s))
        return total[parents, tokens], parents, tokens

    return fn


def _each_once(axis):
    """No row (0) or no column (1) of the table may win twice."""

    def fn(s, p, f, e):
        total, found = _totals(s, p, f, e), []
        for _ in s:
            place = np.unravel_index(total.argmax(), total.shape)
            found.append((total[place], *place))
            total[(place[0], slice(None)) if axis == 0 else (slice(None), place[1])] = -np.inf
        return tuple(map(np.array, zip(*found)))

    return fn


def _in_table_order(s, p, f, e):
    order = np.sort(np.argsort(-_totals(s, p, f, e), axis=None, kind="stable")[: len(s)])
    return _totals(s, p, f, e).ravel()[order], order // p.shape[1], order % p.shape[1]


def _ranked(s, p, f, e):
    order = np.argsort(-s, kind="stable")
    return beam_step(s[order], p[order], f[order], e)


def _after(fn):
    """A mistake after the step: ``fn(best, parents, tokens, scores, log_probs) → the three``."""
    return lambda s, p, f, e: fn(*beam_step(s, p, f, e), s, p)


def _worst_of_all(s, p, f, e):
    order = np.argsort(_totals(s, p, f, e), axis=None, kind="stable")[: len(s)]
    return _totals(s, p, f, e).ravel()[order], order // p.shape[1], order % p.shape[1]


def _last(s, p, f, e):
    total = np.where(np.isfinite(t := _totals(s, p, f, e)), t, np.inf)
    order = np.argsort(total, axis=None, kind="stable")[: len(s)]
    return total.ravel()[order], order // p.shape[1], order % p.shape[1]


def _ascending(s, p, f, e):
    return tuple(part[::-1] for part in beam_step(s, p, f, e))


def _exchanged(s, p, f, e):
    best, parents, tokens = beam_step(s, p, f, e)
    return best, tokens, parents


_WHOLE = [
    (
        "greedy-for-each",
        "Every beginning keeps its own best word. The K best of all K · V continuations win: two may come from one beginning.",
        _greedy_each,
    ),
    (
        "greedy-for-each-sorted",
        "Every beginning keeps its own best word. The K best of all K · V continuations win: two may come from one beginning.",
        _greedy_sorted,
    ),
    (
        "no-scores",
        "What the beginnings have cost so far is missing: add `scores[:, None]`.",
        _of_totals(lambda s, p, f, e: _totals(0 * s, p, f, e)),
    ),
    ("scores-only-first", "All continuations come from beginning 0. Rank those of all K beginnings together.", _of_first),
    (
        "finished-score-replaced",
        "You replace the score of a finished beginning. It keeps its score: add 0 to it at `end`.",
        _of_totals(lambda s, p, f, e: np.where(f[:, None], np.where(_is_end(p, e), 0.0, -np.inf), s[:, None] + p)),
    ),
    (
        "finished-goes-on",
        "You let a finished beginning go on as if it had not ended. Its only continuation is `end`, again, at no cost.",
        _of_totals(lambda s, p, f, e: s[:, None] + p),
    ),
    (
        "finished-pays",
        "A finished beginning pays for its `end` once more. Its continuation costs nothing: 0 in the place of the log-probability.",
        _of_totals(lambda s, p, f, e: s[:, None] + np.where(f[:, None] & (np.arange(p.shape[1]) != e), -np.inf, p)),
    ),
    (
        "finished-lost",
        "Finished beginnings disappear from the beam. They stay, with `end` again, at no cost.",
        _of_totals(lambda s, p, f, e: np.where(f[:, None], -np.inf, s[:, None] + p)),
    ),
    (
        "finished-with-any-word",
        "You let a finished beginning go on with any word, at no cost. Only `end` may follow.",
        _of_totals(_ended_stays_put),
    ),
    (
        "finished-turned",
        "The flag is turned round: it is the finished beginnings that stay.",
        _of_totals(lambda s, p, f, e: _totals(s, p, ~f, e)),
    ),
    (
        "end-free-words-stay",
        "A finished beginning may still go on with other words. Only `end` may follow: put −∞ at all others.",
        _of_totals(lambda s, p, f, e: s[:, None] + np.where(f[:, None] & _is_end(p, e), 0.0, p)),
    ),
    (
        "end-free-for-all",
        "`end` is free for every beginning. It costs nothing only for those that are finished already.",
        _of_totals(lambda s, p, f, e: np.where(_is_end(p, e), s[:, None], _totals(s, p, f, e))),
    ),
    (
        "never-ends",
        "Beginnings that are not finished cannot end. For them `end` is a word like the others.",
        _of_totals(lambda s, p, f, e: _totals(s, np.where(_is_end(p, e), -np.inf, p), f, e)),
    ),
    (
        "token-0-for-end",
        "A finished beginning goes on with token 0. It goes on with `end`, which may be any token.",
        lambda s, p, f, e: beam_step(s, p, f, 0),
    ),
    (
        "last-token-for-end",
        "A finished beginning goes on with the last token. It goes on with `end`, which may be any token.",
        lambda s, p, f, e: beam_step(s, p, f, p.shape[1] - 1),
    ),
    ("finished-first", "Finished beginnings come first, whatever they score. They compete with the others.", _preferring(1e4)),
    ("finished-last", "Finished beginnings come last, whatever they score. They compete with the others.", _preferring(-1e4)),
    ("best-goes-on-alone", "All continuations come from the best beginning. Rank those of all K beginnings together.", _only_best),
    ("each-once", "No beginning goes on twice. The K best of all K · V continuations win: two may come from one beginning.", _each_once(0)),
    ("each-word-once", "No word is taken twice. The K best of all K · V continuations win: two may end with the same word.", _each_once(1)),
    (
        "infinity-as-zero",
        "A score of −∞ counts as 0, the best there is. Leave it: that beginning then loses by itself.",
        _of_totals(lambda s, p, f, e: _totals(np.where(np.isfinite(s), s, 0.0), p, f, e)),
    ),
    (
        "multiplied",
        "You multiply scores and log-probabilities. Logs add up.",
        _of_totals(lambda s, p, f, e: s[:, None] * np.where(f[:, None], np.where(_is_end(p, e), 1.0, -np.inf), p)),
    ),
    (
        "multiplied",
        "You multiply scores and log-probabilities. Logs add up.",
        _of_totals(lambda s, p, f, e: s[:, None] * np.where(f[:, None], np.where(_is_end(p, e), 0.0, -np.inf), p)),
    ),
    (
        "worst",
        "These are the worst continuations, of score −∞. Take the highest totals. Or is there a 0 · ∞ on the way, which is NaN?",
        _worst_of_all,
    ),
    (
        "multiplied",
        "You multiply scores and log-probabilities. Logs add up.",
        _of_totals(lambda s, p, f, e: s[:, None] * np.where(f[:, None], np.where(np.arange(p.shape[1]) == e, 1.0, np.inf), p)),
    ),
    (
        "probabilities-added",
        "You add probabilities to log-probabilities. `log_probs` are logs already: add them as they are.",
        _of_totals(lambda s, p, f, e: _totals(s, np.exp(p), f, e)),
    ),
    ("worst", "These are the worst continuations. Take the highest totals.", _last),
    (
        "scores-across-words",
        "You add a score to each word, not to each beginning: `scores[:, None]` stands for the rows.",
        _of_totals(
            lambda s, p, f, e: np.resize(s, p.shape[1])[None] + np.where(f[:, None], np.where(np.arange(p.shape[1]) == e, 0.0, -np.inf), p)
        ),
    ),
]
_TOTALS = [
    ("in-table-order", "These are the right totals in the order of the table. The highest comes first.", _in_table_order),
    (
        "words-only",
        "These are the log-probabilities of the new words alone. The new score is that of the whole beginning, with its new word.",
        _after(lambda b, q, t, s, p: (p[q, t], q, t)),
    ),
    (
        "parents-scores",
        "These are the scores of the beginnings before. Add the log-probability of the new word.",
        _after(lambda b, q, t, s, p: (s[q], q, t)),
    ),
    (
        "probabilities-returned",
        "These are probabilities. Return their logarithms, as they come.",
        _after(lambda b, q, t, s, p: (np.exp(b), q, t)),
    ),
    (
        "averaged",
        "You divide by 2. A score is the sum of the log-probabilities, not their mean.",
        _after(lambda b, q, t, s, p: (b / 2, q, t)),
    ),
    ("averaged", "You divide by K. Return the totals as they are.", _after(lambda b, q, t, s, p: (b / len(s), q, t))),
    (
        "normalised",
        "You make the K scores one distribution. Return the totals as they are.",
        _after(lambda b, q, t, s, p: (b - np.log(np.exp(b).sum()), q, t)),
    ),
    ("ascending", "The best comes last. Sort from the highest.", _ascending),
    (
        "gains-only",
        "These are the log-probabilities of the new words alone. The new score is that of the whole beginning, with its new word.",
        _after(lambda b, q, t, s, p: (b - s[q], q, t)),
    ),
]
_PLACES = [
    ("in-table-order", "The scores are sorted, parents and tokens are not: take all three in the order of the scores.", _in_table_order),
    ("ranks", "You count the beginnings in the order of their scores. Parents are their places as they came.", _ranked),
    ("from-1", "You count from 1. The first is 0.", _after(lambda b, q, t, s, p: (b, q + 1, t + 1))),
    ("true-division", "Your parents are not whole: divide with `//`.", _after(lambda b, q, t, s, p: (b, q + t / p.shape[1], t))),
    ("ascending", "The best comes last. Sort from the highest.", _ascending),
    ("exchanged", "Parents and tokens have changed places.", _exchanged),
    ("divided-by-k", "You divide by K. The table has V columns: place // V is the beginning, place % V the word.", _rows_for_columns),
    (
        "not-split",
        "This is the place in the table of K · V. Split it: `place // V` is the beginning, `place % V` the word.",
        _after(lambda b, q, t, s, p: (b, q * p.shape[1] + t, q * p.shape[1] + t)),
    ),
    (
        "parents-in-order",
        "The parents are not 0 … K−1: a beginning can win several places, or none.",
        _after(lambda b, q, t, s, p: (b, np.arange(len(s)), t)),
    ),
]


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
                of_output(0, [*_WHOLE, *_TOTALS]),
                parts=_parts("The totals differ. Write down the table of K rows and V columns, and take its K highest."),
            ),
            Output(
                "parents",
                1,
                0.3,
                "which beginning each one continues, shape (K,)",
                of_output(1, [*_PLACES, *_WHOLE]),
                parts=_parts("The parents differ: in which row of the table does each of the K highest stand?"),
            ),
            Output(
                "tokens",
                2,
                0.3,
                "with which word each one goes on, shape (K,)",
                of_output(2, [*_PLACES, *_WHOLE]),
                parts=_parts("The tokens differ: in which column of the table does each of the K highest stand?"),
            ),
        ],
    )


EXERCISE = Exercise("02.4", "beam_step", 4, decode.beam_step, cases, judge, compiled=True)
