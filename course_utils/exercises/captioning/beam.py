"""Exercise 02.4: one step of beam search."""

from __future__ import annotations

import numpy as np

from course_utils import decode
from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.judging import Mistake, Output, judge_outputs


def cases(seed: int) -> list[Case]:
    """Beams with finished texts among them, and a beam in which one text only counts, as at the start."""
    rng = np.random.default_rng([seed, 204])
    drawn = []
    for k, v, end in [(3, 5, 2), (4, 7, 2), (5, 3, 0), (2, 11, 4), (3, 7, 6)]:
        logits = 1.5 * rng.normal(size=(k, v))
        log_probs = (logits - np.log(np.exp(logits).sum(-1, keepdims=True))).astype(np.float32)
        scores = -np.sort(rng.uniform(0.5, 2.5, k)).astype(np.float32)
        finished = np.zeros(k, bool)
        finished[rng.integers(1, k)] = True
        drawn.append(Case((scores, log_probs, finished, end), f"K = {k}, V = {v}, text {int(finished.argmax())} is finished"))
    k, v, end = 3, 7, 2
    logits = rng.normal(size=(1, v)).repeat(k, 0)
    log_probs = (logits - np.log(np.exp(logits).sum(-1, keepdims=True))).astype(np.float32)
    first = np.array([0.0, -np.inf, -np.inf], np.float32)
    drawn.append(Case((first, log_probs, np.zeros(k, bool), end), "the first word: only text 0 counts", part="first"))
    drawn.append(Case((first[::-1].copy(), log_probs, np.zeros(k, bool), end), "only the last text counts", part="first"))
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


def _ended_stays_put(s, p, f, e):
    """A finished text keeps its score for every token."""
    return s[:, None] + np.where(f[:, None], 0.0, p)


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
    ("greedy-for-each", "Every text keeps its own best word. The K best of all K · V continuations win: two may come from one text.", _greedy_each),
    ("greedy-for-each-sorted", "Every text keeps its own best word. The K best of all K · V continuations win: two may come from one text.", _greedy_sorted),
    ("no-scores", "What the texts have cost so far is missing: add `scores[:, None]`.", _of_totals(lambda s, p, f, e: _totals(0 * s, p, f, e))),
    ("scores-only-first", "All continuations come from text 0. Rank those of all K texts together.", _of_first),
    ("finished-goes-on", "A finished text goes on. Its only continuation is `end`, again, at no cost.", _of_totals(lambda s, p, f, e: s[:, None] + p)),
    ("finished-pays", "A finished text pays for its `end` once more. Its continuation costs nothing: 0 in the place of the log-probability.", _of_totals(lambda s, p, f, e: s[:, None] + np.where(f[:, None] & (np.arange(p.shape[1]) != e), -np.inf, p))),
    ("finished-lost", "Finished texts disappear from the beam. They stay, with `end` again, at no cost.", _of_totals(lambda s, p, f, e: np.where(f[:, None], -np.inf, s[:, None] + p))),
    ("finished-with-any-word", "A finished text goes on with any word at no cost. Only `end` may follow.", _of_totals(_ended_stays_put)),
    ("finished-turned", "The flag is turned round: it is the finished texts that stay.", _of_totals(lambda s, p, f, e: _totals(s, p, ~f, e))),
    ("multiplied", "You multiply scores and log-probabilities. Logs add up.", _of_totals(lambda s, p, f, e: s[:, None] * np.where(f[:, None], np.where(np.arange(p.shape[1]) == e, 1.0, np.inf), p))),
    ("probabilities-added", "You add probabilities to log-probabilities. `log_probs` are logs already: add them as they are.", _of_totals(lambda s, p, f, e: _totals(s, np.exp(p), f, e))),
    ("worst", "These are the worst continuations. Take the highest totals.", _last),
    ("scores-across-words", "You add a score to each word, not to each text: `scores[:, None]` stands for the rows.", _of_totals(lambda s, p, f, e: np.resize(s, p.shape[1])[None] + np.where(f[:, None], np.where(np.arange(p.shape[1]) == e, 0.0, -np.inf), p))),
]  # fmt: skip
_TOTALS = [
    ("ascending", "The best comes last. Sort from the highest.", _ascending),
    ("gains-only", "These are the log-probabilities of the new words alone. The new score is that of the whole text.", lambda s, p, f, e: (lambda b, q, t: (b - s[q], q, t))(*beam_step(s, p, f, e))),
]  # fmt: skip
_PLACES = [
    ("ascending", "The best comes last. Sort from the highest.", _ascending),
    ("exchanged", "Parents and tokens have changed places.", _exchanged),
    ("divided-by-k", "You divide by K. The table has V columns: place // V is the text, place % V the word.", _rows_for_columns),
    ("not-split", "This is the place in the table of K · V. Split it: `place // V` is the text, `place % V` the word.", lambda s, p, f, e: (lambda b, q, t: (b, q * p.shape[1] + t, q * p.shape[1] + t))(*beam_step(s, p, f, e))),
    ("parents-in-order", "The parents are not 0 … K−1: a text can win several places, or none.", lambda s, p, f, e: (lambda b, q, t: (b, np.arange(len(s)), t))(*beam_step(s, p, f, e))),
]  # fmt: skip


def _mistakes(place, *lists):
    return [Mistake(key, says, lambda *a, fn=fn: fn(*a)[place]) for several in lists for key, says, fn in several]


def _parts(remark):
    return [("", 0.7, remark), ("first", 0.3, "Right in the middle of a search, wrong at its start, where only one text counts and the others have −∞:")]


def judge(cases: list[Case], answers: list) -> Verdict:
    """A good third of the points for each output."""
    return judge_outputs(
        cases, answers, beam_step,
        [
            Output("scores", 0, 0.4, "the K highest totals, the highest first, shape (K,)", _mistakes(0, _WHOLE, _TOTALS),
                   parts=_parts("The totals differ. Write down the table of K rows and V columns, and take its K highest.")),
            Output("parents", 1, 0.3, "which text each one continues, shape (K,)", _mistakes(1, _WHOLE, _PLACES),
                   parts=_parts("The parents differ: in which row of the table does each of the K highest stand?")),
            Output("tokens", 2, 0.3, "with which word each one goes on, shape (K,)", _mistakes(2, _WHOLE, _PLACES),
                   parts=_parts("The tokens differ: in which column of the table does each of the K highest stand?")),
        ],
    )  # fmt: skip


EXERCISE = Exercise("02.4", "beam_step", 4, decode.beam_step, cases, judge, compiled=True)
