"""One step of an LSTM that reads a word and what was looked at."""

from __future__ import annotations

import itertools

import numpy as np

from course_utils.exercises.arrays import normal, parameters, same, sigmoid
from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.models.captioning import attention


def cases(seed: int) -> list[Case]:
    """Batches of different sizes, with states that are not small."""
    rng = np.random.default_rng([seed, 202])
    drawn = []
    for b, d, d_w, d_v in [(3, 5, 4, 7), (5, 3, 6, 2), (2, 7, 3, 5), (1, 4, 2, 3)]:
        shapes = {"W_x": (d_w, 4 * d), "W_z": (d_v, 4 * d), "W_h": (d, 4 * d), "b": (4 * d,)}
        params = parameters(rng, shapes, spread=1.0, vectors=0.7)
        states = [normal(rng, b, size) for size in (d, d, d_w, d_v)]
        states[1] *= 2
        drawn.append(Case((params, *states), f"B = {b}, D = {d}, D_w = {d_w}, D_v = {d_v}"))
    return drawn


def _gates(params, h, word, context):
    return word @ params["W_x"] + context @ params["W_z"] + h @ params["W_h"] + params["b"]


def _variant(order="ifgo", gates=_gates, candidate=np.tanh, gate=sigmoid, keep=None, squash=np.tanh, out=None, interleaved=False):
    """An LSTM step with some of its pieces exchanged: h and c."""

    def fn(params, h, c, word, context):
        z = gates(params, h, word, context)
        parts = [z[:, k::4] for k in range(4)] if interleaved else np.split(z, 4, axis=-1)
        part = dict(zip(order, parts))
        i, f, o, g = gate(part["i"]), gate(part["f"]), gate(part["o"]), candidate(part["g"])
        new = keep(c, i, f, g) if keep else f * c + i * g
        return (out(o, new, c) if out else o * squash(new)), new

    return fn


def lstm_step(params, h, c, word, context):
    """The next h and c, float[B, D] each."""
    return _variant()(params, h, c, word, context)


def _reshaped(p, h, c, x, z):
    i, f, g, o = _gates(p, h, x, z).reshape(4, *h.shape)
    new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(new), new


def _output_gate_as_it_is(p, h, c, x, z):
    new = lstm_step(p, h, c, x, z)[1]
    return np.split(_gates(p, h, x, z), 4, axis=-1)[3] * np.tanh(new), new


def _bias_times(k):
    return _variant(gates=lambda p, h, x, z: _gates(p, h, x, z) + (k - 1) * p["b"])


_NAMED = ("ifgo", "ifog", "fiog", "figo", "iogf")
_OTHER_ORDERS = [
    (f"gates-as-{''.join(order)}", f"The gates are taken as {', '.join(order)}. They lie as i, f, g, o.", _variant("".join(order)))
    for order in itertools.permutations("ifgo")
    if "".join(order) not in _NAMED
]
_BOTH = [
    ("gates-in-torch-order-ifog", "The gates are taken as i, f, o, g. They lie as i, f, g, o.", _variant("ifog")),
    ("gates-as-fiog", "The gates are taken as f, i, o, g. They lie as i, f, g, o.", _variant("fiog")),
    (
        "forget-and-input-exchanged",
        "i and f have changed places: i lets in the new, f keeps the old; they lie as i, f, g, o.",
        _variant("figo"),
    ),
    ("gates-as-iogf", "The gates are taken as i, o, g, f. They lie as i, f, g, o.", _variant("iogf")),
    *_OTHER_ORDERS,
    ("gates-interleaved", "You take every fourth number. Each gate is a block of D numbers: split in four.", _variant(interleaved=True)),
    ("reshaped", "You reshape to (4, B, D), which mixes the rows. Cut the columns: `jnp.split(gates, 4, axis=-1)`.", _reshaped),
    (
        "no-context",
        'What was looked at is missing: add `context @ params["W_z"]`.',
        _variant(gates=lambda p, h, x, z: x @ p["W_x"] + h @ p["W_h"] + p["b"]),
    ),
    (
        "no-word",
        'The word is missing: add `word @ params["W_x"]`.',
        _variant(gates=lambda p, h, x, z: z @ p["W_z"] + h @ p["W_h"] + p["b"]),
    ),
    ("no-state", 'The state is missing: add `h @ params["W_h"]`.', _variant(gates=lambda p, h, x, z: x @ p["W_x"] + z @ p["W_z"] + p["b"])),
    ("no-bias", "The bias b is missing.", _variant(gates=lambda p, h, x, z: _gates(p, h, x, z) - p["b"])),
    ("bias-twice", "The bias b comes in twice. Add it once, to the sum of the three products.", _bias_times(2)),
    ("bias-thrice", "The bias b comes in three times. Add it once, to the sum of the three products.", _bias_times(3)),
    ("candidate-not-squashed", "g goes through tanh.", _variant(candidate=same)),
    ("candidate-sigmoid", "g goes through tanh, so that it can be negative; you use a sigmoid.", _variant(candidate=sigmoid)),
    ("gates-tanh", "The gates i, f and o go through a sigmoid: from 0, closed, to 1, open. You use tanh.", _variant(gate=np.tanh)),
    ("gates-not-squashed", "The gates i, f and o go through a sigmoid.", _variant(gate=same)),
    (
        "forget-plus-one",
        "You add 1 to the forget gate, as some libraries do at the start. Here b holds it already.",
        _variant(keep=None, gates=lambda p, h, x, z: _gates(p, h, x, z) + np.repeat([0, 1, 0, 0], h.shape[1])),
    ),
    (
        "cell-for-state",
        "You multiply the memory c with W_h. The gates read h.",
        lambda p, h, c, x, z: _variant(gates=lambda p, _, x, z: _gates(p, c, x, z))(p, h, c, x, z),
    ),
    (
        "arguments-exchanged",
        "h and c have changed places among the arguments: `lstm_step(params, h, c, word, context)`.",
        lambda p, h, c, x, z: lstm_step(p, c, h, x, z),
    ),
    (
        "state-for-cell",
        "You keep h in the place of c: c' = f ∘ c + i ∘ g.",
        lambda p, h, c, x, z: _variant(keep=lambda _, i, f, g: f * h + i * g)(p, h, c, x, z),
    ),
]
_CELL = [
    ("no-memory", "The old memory is lost: c' = f ∘ c + i ∘ g.", _variant(keep=lambda c, i, f, g: i * g)),
    (
        "gated-as-gru",
        "You keep 1 − i of the old, as a GRU does. An LSTM has a forget gate of its own.",
        _variant(keep=lambda c, i, f, g: (1 - i) * c + i * g),
    ),
    ("one-minus-forget", "You keep 1 − f. An open forget gate (1) keeps.", _variant(keep=lambda c, i, f, g: (1 - f) * c + i * g)),
    ("subtracted", "You subtract i ∘ g. It is added: c' = f ∘ c + i ∘ g.", _variant(keep=lambda c, i, f, g: f * c - i * g)),
    ("no-input-gate", "The input gate i is missing from i ∘ g.", _variant(keep=lambda c, i, f, g: f * c + g)),
    ("no-forget-gate", "The forget gate f is missing from f ∘ c.", _variant(keep=lambda c, i, f, g: c + i * g)),
    (
        "memory-squashed",
        "c' is not squashed; the tanh belongs to h' = o ∘ tanh(c').",
        _variant(keep=lambda c, i, f, g: np.tanh(f * c + i * g), squash=same),
    ),
]
_STATE = [
    ("no-tanh-on-cell", "h' = o ∘ tanh(c'): the tanh is missing.", _variant(squash=same)),
    ("old-cell-shown", "h' shows the old memory. It shows the new one: o ∘ tanh(c').", _variant(out=lambda o, new, c: o * np.tanh(c))),
    ("no-output-gate", "The output gate o is missing: h' = o ∘ tanh(c').", _variant(out=lambda o, new, c: np.tanh(new))),
    ("tanh-of-product", "The tanh stands around o ∘ c'. It stands around c' alone.", _variant(out=lambda o, new, c: np.tanh(o * new))),
    ("output-gate-not-squashed", "The output gate o goes through a sigmoid: h' = σ(o) ∘ tanh(c').", _output_gate_as_it_is),
    ("state-kept", "You add the old h. The new one is o ∘ tanh(c') alone.", lambda p, h, c, x, z: (h + lstm_step(p, h, c, x, z)[0], None)),
    ("old-state-returned", "This is the old h. Return the new one.", lambda p, h, c, x, z: (h, None)),
    ("sigmoid-of-cell", "h' = o ∘ tanh(c'); you use a sigmoid of c'.", _variant(squash=sigmoid)),
]

_ONLY_H = [("exchanged", "h and c come back in the other order: `return h, c`.", lambda *args: lstm_step(*args)[::-1])]
_ONLY_C = [
    (
        "exchanged",
        "Where c belongs stands h: `return h, c`, the new state first, then the new memory.",
        lambda *args: lstm_step(*args)[::-1],
    ),
    ("old-memory-returned", "This is the old c. Return the new one, c' = f ∘ c + i ∘ g.", lambda p, h, c, x, z: (None, c)),
]
C_MISTAKES = of_output(1, [*_BOTH, *_CELL, *_ONLY_C])
H_MISTAKES = of_output(0, [*_BOTH, *_CELL, *_STATE, *_ONLY_H])


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for c, half for h."""
    remark = "Compute the four gates of one row by hand: i, f, g, o, D numbers each."
    return judge_outputs(
        cases,
        answers,
        lstm_step,
        [
            Output("c", 1, 0.5, "the next memory, shape (B, D)", C_MISTAKES, remark=f"The memory differs. {remark}"),
            Output("h", 0, 0.5, "the next state, shape (B, D)", H_MISTAKES, remark=f"The state differs. {remark}"),
        ],
    )


EXERCISE = Exercise("02.2", "lstm_step", 4, attention.lstm_step, cases, judge, compiled=True)
