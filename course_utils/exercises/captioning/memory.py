"""One step of an LSTM that reads a word and what was looked at."""

from __future__ import annotations

import itertools

import numpy as np

from course_utils.exercises.arrays import normal, parameters, sigmoid
from course_utils.exercises.core import Case, Exercise, Verdict
from course_utils.exercises.edits import edits
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


def lstm_step(params, h, c, word, context):
    """The next h and c, float[B, D] each."""
    gates = word @ params["W_x"] + context @ params["W_z"] + h @ params["W_h"] + params["b"]
    i, f, g, o = np.split(gates, 4, -1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    new = f * c + i * g
    state = o * np.tanh(new)
    return state, new


_NAMED = {
    "ifog": ("gates-in-torch-order-ifog", "The gates are taken as i, f, o, g. They lie as i, f, g, o."),
    "figo": ("forget-and-input-exchanged", "i and f have changed places: i lets in the new, f keeps the old; they lie as i, f, g, o."),
}


def _order(order: str) -> tuple[str, ...]:
    listed = ", ".join(order)
    named = f"gates-as-{order}", f"The gates are taken as {listed}. They lie as i, f, g, o."
    return *_NAMED.get(order, named), "i, f, g, o =", f"{listed} ="


_BIAS, _MEMORY, _SHOWN = ' + params["b"]', "f * c + i * g", "np.tanh(new)"

_BOTH = edits(
    lstm_step,
    *(_order("".join(order)) for order in itertools.permutations("ifgo") if "".join(order) != "ifgo"),
    (
        "gates-interleaved",
        "You take every fourth number. Each gate is a block of D numbers: split in four.",
        *("np.split(gates, 4, -1)", "(gates[:, k::4] for k in range(4))"),
    ),
    (
        "reshaped",
        "You reshape to (4, B, D), which mixes the rows. Cut the columns: `jnp.split(gates, 4, axis=-1)`.",
        *("np.split(gates, 4, -1)", "gates.reshape(4, *h.shape)"),
    ),
    ("no-context", 'What was looked at is missing: add `context @ params["W_z"]`.', 'context @ params["W_z"] + ', ""),
    ("no-word", 'The word is missing: add `word @ params["W_x"]`.', 'word @ params["W_x"] + ', ""),
    ("no-state", 'The state is missing: add `h @ params["W_h"]`.', 'h @ params["W_h"] + ', ""),
    ("no-bias", "The bias b is missing.", _BIAS, ""),
    ("bias-twice", "The bias b comes in twice. Add it once, to the sum of the three products.", _BIAS, 2 * _BIAS),
    ("bias-thrice", "The bias b comes in three times. Add it once, to the sum of the three products.", _BIAS, 3 * _BIAS),
    ("candidate-not-squashed", "g goes through tanh.", "np.tanh(g)", "g"),
    ("candidate-sigmoid", "g goes through tanh, so that it can be negative; you use a sigmoid.", "np.tanh(g)", "sigmoid(g)"),
    ("gates-tanh", "The gates i, f and o go through a sigmoid: from 0, closed, to 1, open. You use tanh.", "sigmoid", "np.tanh"),
    ("gates-not-squashed", "The gates i, f and o go through a sigmoid.", "sigmoid", ""),
    (
        "forget-plus-one",
        "You add 1 to the forget gate, as some libraries do at the start. Here b holds it already.",
        *("sigmoid(f)", "sigmoid(f + 1)"),
    ),
    ("cell-for-state", "You multiply the memory c with W_h. The gates read h.", "h @", "c @"),
    (
        "arguments-exchanged",
        "h and c have changed places among the arguments: `lstm_step(params, h, c, word, context)`.",
        *("params, h, c,", "params, c, h,"),
    ),
    ("state-for-cell", "You keep h in the place of c: c' = f ∘ c + i ∘ g.", "f * c", "f * h"),
    ("no-memory", "The old memory is lost: c' = f ∘ c + i ∘ g.", _MEMORY, "i * g"),
    ("gated-as-gru", "You keep 1 − i of the old, as a GRU does. An LSTM has a forget gate of its own.", "f * c", "(1 - i) * c"),
    ("one-minus-forget", "You keep 1 − f. An open forget gate (1) keeps.", "f * c", "(1 - f) * c"),
    ("subtracted", "You subtract i ∘ g. It is added: c' = f ∘ c + i ∘ g.", "+ i * g", "- i * g"),
    ("no-input-gate", "The input gate i is missing from i ∘ g.", "i * g", "g"),
    ("no-forget-gate", "The forget gate f is missing from f ∘ c.", "f * c", "c"),
    ("memory-squashed", "c' is not squashed; the tanh belongs to h' = o ∘ tanh(c').", _SHOWN, "new", _MEMORY, f"np.tanh({_MEMORY})"),
)
_STATE = edits(
    lstm_step,
    ("no-tanh-on-cell", "h' = o ∘ tanh(c'): the tanh is missing.", _SHOWN, "new"),
    ("old-cell-shown", "h' shows the old memory. It shows the new one: o ∘ tanh(c').", _SHOWN, "np.tanh(c)"),
    ("no-output-gate", "The output gate o is missing: h' = o ∘ tanh(c').", "o * np", "np"),
    ("tanh-of-product", "The tanh stands around o ∘ c'. It stands around c' alone.", "o * np.tanh(new)", "np.tanh(o * new)"),
    ("output-gate-not-squashed", "The output gate o goes through a sigmoid: h' = σ(o) ∘ tanh(c').", "sigmoid(o)", "o"),
    ("state-kept", "You add the old h. The new one is o ∘ tanh(c') alone.", "return state", "return h + state"),
    ("old-state-returned", "This is the old h. Return the new one.", "return state", "return h"),
    ("sigmoid-of-cell", "h' = o ∘ tanh(c'); you use a sigmoid of c'.", _SHOWN, "sigmoid(new)"),
    ("exchanged", "h and c come back in the other order: `return h, c`.", "return state", "return new"),
)
_CELL = edits(
    lstm_step,
    (
        "exchanged",
        "Where c belongs stands h: `return h, c`, the new state first, then the new memory.",
        *("return state, new", "return new, state"),
    ),
    ("old-memory-returned", "This is the old c. Return the new one, c' = f ∘ c + i ∘ g.", "return state, new", "return state, c"),
)


def judge(cases: list[Case], answers: list) -> Verdict:
    """Half of the points for c, half for h."""
    remark = "Compute the four gates of one row by hand: i, f, g, o, D numbers each."
    return judge_outputs(
        cases,
        answers,
        lstm_step,
        [
            Output("c", 1, 0.5, "the next memory, shape (B, D)", of_output(1, _BOTH + _CELL), remark=f"The memory differs. {remark}"),
            Output("h", 0, 0.5, "the next state, shape (B, D)", of_output(0, _BOTH + _STATE), remark=f"The state differs. {remark}"),
        ],
    )


EXERCISE = Exercise("02.2", "lstm_step", 4, attention.lstm_step, cases, judge, compiled=True)
